variable "name" {
  description = "What the resources are called."
  type        = string
  default     = "manage-default-vpc"
}

variable "environment" {
  description = "A tag of everything."
  type        = string
  default     = "test"
}

variable "hardened" {
  description = "Whether the account's settings are those of the careful: no public addresses, no way in from the internet, no SSH, metadata with a token only."
  type        = bool
  default     = true
}
