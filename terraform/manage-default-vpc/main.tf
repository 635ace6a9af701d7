# Takes what every account has from the start into Terraform's care: the default VPC with its subnets, route table,
# network ACL, security group and DHCP options, and the account's own settings. Destroying this forgets them and leaves
# them where they are.

data "aws_availability_zones" "available" {
  state = "available"
}

resource "aws_default_vpc" "this" {
  enable_dns_hostnames = true

  tags = { Name = var.name }
}

resource "aws_default_subnet" "this" {
  for_each = toset(data.aws_availability_zones.available.names)

  availability_zone       = each.value
  map_public_ip_on_launch = !var.hardened

  tags = { Name = "${var.name}-${each.value}" }

  depends_on = [aws_default_vpc.this]
}

data "aws_internet_gateway" "this" {
  filter {
    name   = "attachment.vpc-id"
    values = [aws_default_vpc.this.id]
  }
}

resource "aws_default_route_table" "this" {
  default_route_table_id = aws_default_vpc.this.default_route_table_id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = data.aws_internet_gateway.this.id
  }

  tags = { Name = var.name }
}

resource "aws_default_network_acl" "this" {
  default_network_acl_id = aws_default_vpc.this.default_network_acl_id

  ingress {
    rule_no    = 90
    action     = var.hardened ? "deny" : "allow"
    protocol   = "tcp"
    from_port  = 22
    to_port    = 22
    cidr_block = "0.0.0.0/0"
  }

  ingress {
    rule_no    = 100
    action     = "allow"
    protocol   = "-1"
    from_port  = 0
    to_port    = 0
    cidr_block = "0.0.0.0/0"
  }

  egress {
    rule_no    = 100
    action     = "allow"
    protocol   = "-1"
    from_port  = 0
    to_port    = 0
    cidr_block = "0.0.0.0/0"
  }

  tags = { Name = var.name }

  lifecycle {
    ignore_changes = [subnet_ids]
  }
}

resource "aws_default_security_group" "this" {
  vpc_id = aws_default_vpc.this.id

  dynamic "ingress" {
    for_each = var.hardened ? [] : ["self"]

    content {
      protocol  = "-1"
      from_port = 0
      to_port   = 0
      self      = true
    }
  }

  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = { Name = var.name }
}

# The provider puts no tags on them when it adopts them, only afterwards: so the default tags would never be there.
resource "aws_default_vpc_dhcp_options" "this" {
  provider = aws.untagged

  tags = var.hardened ? null : { Name = var.name }
}

# The account's settings.

resource "aws_vpc_block_public_access_options" "this" {
  internet_gateway_block_mode = var.hardened ? "block-ingress" : "off"
}

resource "aws_vpc_block_public_access_exclusion" "this" {
  vpc_id                          = aws_default_vpc.this.id
  internet_gateway_exclusion_mode = var.hardened ? "allow-egress" : "allow-bidirectional"

  tags = { Name = var.name }

  depends_on = [aws_vpc_block_public_access_options.this]
}

resource "aws_ec2_instance_metadata_defaults" "this" {
  http_tokens                 = var.hardened ? "required" : "optional"
  http_put_response_hop_limit = 2
}

data "aws_vpc" "default" {
  default = true

  depends_on = [aws_default_vpc.this]
}

output "cidr_block" {
  value = data.aws_vpc.default.cidr_block
}
