# Named lists of address blocks, to be used in rules and routes.

resource "aws_ec2_managed_prefix_list" "partners" {
  name           = "${var.name}-partners"
  address_family = "IPv4"
  max_entries    = 10

  dynamic "entry" {
    for_each = var.partners

    content {
      cidr        = entry.key
      description = entry.value
    }
  }
}

resource "aws_ec2_managed_prefix_list" "operations" {
  name           = "${var.name}-operations"
  address_family = "IPv4"
  max_entries    = 5
}

resource "aws_ec2_managed_prefix_list_entry" "operations" {
  prefix_list_id = aws_ec2_managed_prefix_list.operations.id
  cidr           = aws_vpc.operations.cidr_block
  description    = "the VPC of the operators"
}
