terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 6.0"
    }
  }
}

# Endpoint, region and keys come from the environment: type the export lines that `culvert up` prints.
provider "aws" {
  default_tags {
    tags = {
      Stack       = var.name
      Environment = var.environment
    }
  }
}

provider "aws" {
  alias = "untagged"
}
