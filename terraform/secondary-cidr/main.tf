# A VPC that has outgrown its block: further blocks of addresses, with subnets in them that share one NAT gateway.

data "aws_availability_zones" "available" {
  state = "available"
}

locals {
  zones = data.aws_availability_zones.available.names
  # The halves of each further block.
  subnets = merge([
    for block, zone in var.blocks : {
      for half in range(2) : "${block}/${half}" => { block = block, half = half, zone = local.zones[(zone + half) % 3] }
    }
  ]...)
}

resource "aws_vpc" "this" {
  cidr_block = "10.50.0.0/16"

  tags = { Name = var.name }

  # Both are looked after below.
  lifecycle {
    ignore_changes = [assign_generated_ipv6_cidr_block, ipv6_cidr_block, tags["Network"], tags_all["Network"]]
  }
}

resource "aws_vpc_ipv4_cidr_block_association" "this" {
  for_each = var.blocks

  vpc_id     = aws_vpc.this.id
  cidr_block = each.key
}

# Also IPv6 can come later.
resource "aws_vpc_ipv6_cidr_block_association" "this" {
  vpc_id                           = aws_vpc.this.id
  assign_generated_ipv6_cidr_block = true
}

resource "aws_vpc_dhcp_options" "this" {
  domain_name         = "${var.name}.internal"
  domain_name_servers = ["AmazonProvidedDNS"]

  tags = { Name = var.name }
}

resource "aws_vpc_dhcp_options_association" "this" {
  vpc_id          = aws_vpc.this.id
  dhcp_options_id = aws_vpc_dhcp_options.this.id
}

resource "aws_subnet" "public" {
  vpc_id            = aws_vpc.this.id
  availability_zone = local.zones[0]
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 8, 0)

  tags = { Name = "${var.name}-public" }
}

resource "aws_subnet" "private" {
  for_each = local.subnets

  vpc_id            = aws_vpc_ipv4_cidr_block_association.this[each.value.block].vpc_id
  availability_zone = each.value.zone
  cidr_block        = cidrsubnet(each.value.block, 1, each.value.half)

  tags = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_subnet" "ipv6" {
  vpc_id            = aws_vpc.this.id
  availability_zone = local.zones[2]
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 8, 1)
  ipv6_cidr_block   = cidrsubnet(aws_vpc_ipv6_cidr_block_association.this.ipv6_cidr_block, 8, 1)

  tags = { Name = "${var.name}-ipv6" }
}

resource "aws_internet_gateway" "this" {
  tags = { Name = var.name }
}

resource "aws_internet_gateway_attachment" "this" {
  vpc_id              = aws_vpc.this.id
  internet_gateway_id = aws_internet_gateway.this.id
}

resource "aws_eip" "nat" {
  domain = "vpc"

  tags = { Name = var.name }

  depends_on = [aws_internet_gateway_attachment.this]
}

resource "aws_nat_gateway" "this" {
  subnet_id     = aws_subnet.public.id
  allocation_id = aws_eip.nat.id

  tags = { Name = var.name }

  depends_on = [aws_internet_gateway_attachment.this]
}

# The main route table, as it is, serves the public subnet.
resource "aws_default_route_table" "this" {
  default_route_table_id = aws_vpc.this.default_route_table_id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway_attachment.this.internet_gateway_id
  }

  tags = { Name = "${var.name}-public" }
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.this.id

  route {
    cidr_block     = "0.0.0.0/0"
    nat_gateway_id = aws_nat_gateway.this.id
  }

  tags = { Name = "${var.name}-private" }
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  subnet_id      = each.value.id
  route_table_id = aws_route_table.private.id
}

# A tag from another configuration than that of the resource.
resource "aws_ec2_tag" "network" {
  resource_id = aws_vpc.this.id
  key         = "Network"
  value       = "${var.name} of ${var.environment}"
}

output "blocks" {
  value = [for association in aws_vpc_ipv4_cidr_block_association.this : association.cidr_block]
}
