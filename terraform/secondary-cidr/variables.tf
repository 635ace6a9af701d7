variable "name" {
  description = "What the resources are called."
  type        = string
  default     = "secondary-cidr"
}

variable "environment" {
  description = "A tag of everything."
  type        = string
  default     = "test"
}

variable "blocks" {
  description = "Blocks that the VPC has besides 10.50.0.0/16, each a /16, with the zone of their subnets."
  type        = map(number)
  default = {
    "10.51.0.0/16"  = 0
    "100.64.0.0/16" = 1
  }
}
