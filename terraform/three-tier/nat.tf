# NAT gateways: a public one for the Internet in each zone, or one for all, and a private one towards the operators.

locals {
  nat_zones = var.nat_gateway_per_zone ? local.index : { (local.first_zone) = 0 }
}

resource "aws_eip" "nat" {
  for_each = local.nat_zones

  domain = "vpc"

  tags = { Name = "${var.name}-nat-${each.key}" }

  # An address works only while the VPC has its gateway.
  depends_on = [aws_internet_gateway.shop]
}

resource "aws_nat_gateway" "public" {
  for_each = local.nat_zones

  subnet_id     = aws_subnet.public[each.key].id
  allocation_id = aws_eip.nat[each.key].id

  tags = { Name = "${var.name}-${each.key}" }

  depends_on = [aws_internet_gateway.shop]
}

resource "aws_nat_gateway" "private" {
  subnet_id                          = aws_subnet.app[local.first_zone].id
  connectivity_type                  = "private"
  secondary_private_ip_address_count = 1

  tags = { Name = "${var.name}-private" }
}
