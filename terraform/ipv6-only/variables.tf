variable "name" {
  description = "What the resources are called."
  type        = string
  default     = "ipv6-only"
}

variable "environment" {
  description = "A tag of everything."
  type        = string
  default     = "test"
}

variable "legacy" {
  description = "Whether instances of the private subnets see the names of IPv4 hosts, by DNS64."
  type        = bool
  default     = true
}
