# The VPC of the shop, dual stack, with three tiers in each availability zone.

data "aws_availability_zones" "available" {
  state = "available"
}

locals {
  zones      = slice(data.aws_availability_zones.available.names, 0, var.zones)
  first_zone = local.zones[0]
  # The place of each zone in the address plan.
  index = { for index, zone in local.zones : zone => index }
}

resource "aws_vpc" "shop" {
  cidr_block                           = var.vpc_cidr
  assign_generated_ipv6_cidr_block     = true
  enable_dns_support                   = true
  enable_dns_hostnames                 = true
  enable_network_address_usage_metrics = var.maintenance

  tags = { Name = var.name }
}

resource "aws_vpc_ipv4_cidr_block_association" "data" {
  vpc_id     = aws_vpc.shop.id
  cidr_block = var.data_cidr
}

resource "aws_subnet" "public" {
  for_each = local.index

  vpc_id                          = aws_vpc.shop.id
  availability_zone               = each.key
  cidr_block                      = cidrsubnet(var.vpc_cidr, 8, each.value)
  ipv6_cidr_block                 = cidrsubnet(aws_vpc.shop.ipv6_cidr_block, 8, each.value)
  map_public_ip_on_launch         = !var.maintenance
  assign_ipv6_address_on_creation = true

  tags = { Name = "${var.name}-public-${each.key}" }
}

resource "aws_subnet" "app" {
  for_each = local.index

  vpc_id                          = aws_vpc.shop.id
  availability_zone               = each.key
  cidr_block                      = cidrsubnet(var.vpc_cidr, 8, 16 + each.value)
  ipv6_cidr_block                 = cidrsubnet(aws_vpc.shop.ipv6_cidr_block, 8, 16 + each.value)
  assign_ipv6_address_on_creation = true

  tags = { Name = "${var.name}-app-${each.key}" }
}

resource "aws_subnet" "data" {
  for_each = local.index

  vpc_id                          = aws_vpc_ipv4_cidr_block_association.data.vpc_id
  availability_zone               = each.key
  cidr_block                      = cidrsubnet(aws_vpc_ipv4_cidr_block_association.data.cidr_block, 6, each.value)
  ipv6_cidr_block                 = cidrsubnet(aws_vpc.shop.ipv6_cidr_block, 8, 32 + each.value)
  assign_ipv6_address_on_creation = true

  tags = { Name = "${var.name}-data-${each.key}" }
}

# Addresses that nothing gets by chance: those of database replicas that have yet to be made.
resource "aws_ec2_subnet_cidr_reservation" "replicas" {
  for_each = aws_subnet.data

  subnet_id        = each.value.id
  cidr_block       = cidrsubnet(each.value.cidr_block, 4, 15)
  reservation_type = "explicit"
  description      = "replicas in ${each.key}"
}

resource "aws_internet_gateway" "shop" {
  vpc_id = aws_vpc.shop.id

  tags = { Name = var.name }
}

resource "aws_egress_only_internet_gateway" "shop" {
  vpc_id = aws_vpc.shop.id

  tags = { Name = var.name }
}

resource "aws_vpc_dhcp_options" "shop" {
  domain_name         = var.domain
  domain_name_servers = ["AmazonProvidedDNS"]

  tags = { Name = var.name }
}

resource "aws_vpc_dhcp_options_association" "shop" {
  vpc_id          = aws_vpc.shop.id
  dhcp_options_id = aws_vpc_dhcp_options.shop.id
}

# Nothing wears the group that AWS makes but what names no group; it lets nothing through.
resource "aws_default_security_group" "shop" {
  vpc_id = aws_vpc.shop.id

  tags = { Name = "${var.name}-nothing" }
}
