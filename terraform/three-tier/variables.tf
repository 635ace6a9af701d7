variable "name" {
  description = "What the resources are called."
  type        = string
  default     = "shop"
}

variable "environment" {
  description = "A tag of everything."
  type        = string
  default     = "test"
}

variable "vpc_cidr" {
  description = "The addresses of the public and of the application tier, a /16."
  type        = string
  default     = "10.20.0.0/16"
}

variable "data_cidr" {
  description = "The addresses of the data tier, a further block of the VPC, a /18."
  type        = string
  default     = "10.21.0.0/18"
}

variable "operations_cidr" {
  description = "The addresses of the VPC of the operators, a /24."
  type        = string
  default     = "10.30.0.0/24"
}

variable "zones" {
  description = "How many availability zones the stack spans: 2 or 3."
  type        = number
  default     = 2
}

variable "nat_gateway_per_zone" {
  description = "Whether each zone has a NAT gateway of its own. Otherwise all use that of the first zone."
  type        = bool
  default     = true
}

variable "app_port" {
  description = "The port that the application listens on."
  type        = number
  default     = 8080
}

variable "partners" {
  description = "Address blocks of partners who may reach the web tier, each with what it is."
  type        = map(string)
  default = {
    "198.51.100.0/25"   = "first partner"
    "198.51.100.128/25" = "second partner"
  }
}

variable "domain" {
  description = "The domain in which instances look up short names."
  type        = string
  default     = "shop.internal"
}

variable "public_key" {
  description = "The SSH key of the operators."
  type        = string
  default     = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGLEi2vG1xNPiKUbgyi5UCybook4dx70q7s7RHyiKt33 operators"
}

variable "flow_log_destination" {
  description = "Where flow logs are kept: see the README of Culvert."
  type        = string
  default     = "arn:aws:s3:::flow-logs/shop/"
}

variable "maintenance" {
  description = "Whether the application tier is cut off from the Internet, the inspector is idle and answers are short."
  type        = bool
  default     = false
}
