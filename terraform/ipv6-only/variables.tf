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
  description = "Whether instances of the private subnets are led to IPv4 hosts, by DNS64 and a NAT gateway."
  type        = bool
  default     = true
}
