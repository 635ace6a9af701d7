variable "name" {
  description = "What the resources are called."
  type        = string
  default     = "network-acls"
}

variable "environment" {
  description = "A tag of everything."
  type        = string
  default     = "test"
}

variable "database_port" {
  description = "The port of the database."
  type        = number
  default     = 5432
}
