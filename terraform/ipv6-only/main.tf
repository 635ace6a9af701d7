# A VPC whose instances have IPv6 addresses only: subnets without any IPv4 block. The public ones are reached from the
# Internet; the private ones reach it. Where NAT gateways translate between the families, as AWS's do and Culvert's do
# not yet, they reach hosts that have IPv4 alone, too.

data "aws_availability_zones" "available" {
  state = "available"
}

locals {
  index = { for index, zone in slice(data.aws_availability_zones.available.names, 0, 2) : zone => index }
}

resource "aws_vpc" "this" {
  cidr_block                       = "10.40.0.0/24"
  assign_generated_ipv6_cidr_block = true
  enable_dns_hostnames             = true

  tags = { Name = var.name }
}

resource "aws_subnet" "public" {
  for_each = local.index

  vpc_id                                         = aws_vpc.this.id
  availability_zone                              = each.key
  ipv6_native                                    = true
  ipv6_cidr_block                                = cidrsubnet(aws_vpc.this.ipv6_cidr_block, 8, each.value)
  assign_ipv6_address_on_creation                = true
  enable_resource_name_dns_aaaa_record_on_launch = true

  tags = { Name = "${var.name}-public-${each.key}" }
}

resource "aws_subnet" "private" {
  for_each = local.index

  vpc_id                                         = aws_vpc.this.id
  availability_zone                              = each.key
  ipv6_native                                    = true
  ipv6_cidr_block                                = cidrsubnet(aws_vpc.this.ipv6_cidr_block, 8, 16 + each.value)
  assign_ipv6_address_on_creation                = true
  enable_dns64                                   = var.legacy
  enable_resource_name_dns_aaaa_record_on_launch = true

  tags = { Name = "${var.name}-private-${each.key}" }
}

# The one subnet with IPv4: a NAT gateway lives in it.
resource "aws_subnet" "nat" {
  vpc_id            = aws_vpc.this.id
  availability_zone = keys(local.index)[0]
  cidr_block        = "10.40.0.0/28"

  tags = { Name = "${var.name}-nat" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_egress_only_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_eip" "nat" {
  domain = "vpc"

  tags = { Name = var.name }

  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  subnet_id     = aws_subnet.nat.id
  allocation_id = aws_eip.nat.id

  tags = { Name = var.name }

  depends_on = [aws_internet_gateway.this]
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-public" }
}

resource "aws_route" "public" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route" "public_ipv6" {
  route_table_id              = aws_route_table.public.id
  destination_ipv6_cidr_block = "::/0"
  gateway_id                  = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "public" {
  for_each = aws_subnet.public

  subnet_id      = each.value.id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table_association" "nat" {
  subnet_id      = aws_subnet.nat.id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-private" }
}

resource "aws_route" "private" {
  route_table_id              = aws_route_table.private.id
  destination_ipv6_cidr_block = "::/0"
  egress_only_gateway_id      = aws_egress_only_internet_gateway.this.id
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  subnet_id      = each.value.id
  route_table_id = aws_route_table.private.id
}

# An instance needs no IPv4 address.
data "aws_ami" "host" {
  most_recent = true
  owners      = ["culvert"]
}

resource "aws_instance" "service" {
  ami                = data.aws_ami.host.id
  instance_type      = "t3.micro"
  subnet_id          = values(aws_subnet.private)[0].id
  ipv6_address_count = 1

  tags = { Name = "${var.name}-service" }
}

resource "aws_network_interface" "service" {
  subnet_id          = values(aws_subnet.private)[0].id
  ipv6_address_count = 2

  attachment {
    instance     = aws_instance.service.id
    device_index = 1
  }

  tags = { Name = "${var.name}-service" }
}

output "ipv6_cidr_block" {
  value = aws_vpc.this.ipv6_cidr_block
}

output "service_addresses" {
  value = aws_network_interface.service.ipv6_addresses
}
