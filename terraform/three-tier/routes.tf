# Route tables: public subnets reach the Internet both ways, the application by NAT and egress only, the data tier not.

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.shop.id

  tags = { Name = "${var.name}-public" }
}

resource "aws_route" "public" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.shop.id
}

resource "aws_route" "public_ipv6" {
  route_table_id              = aws_route_table.public.id
  destination_ipv6_cidr_block = "::/0"
  gateway_id                  = aws_internet_gateway.shop.id
}

resource "aws_route_table_association" "public" {
  for_each = aws_subnet.public

  subnet_id      = each.value.id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table" "app" {
  for_each = local.index

  vpc_id = aws_vpc.shop.id

  tags = { Name = "${var.name}-app-${each.key}" }
}

resource "aws_route" "app" {
  for_each = aws_route_table.app

  route_table_id         = each.value.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.public[var.nat_gateway_per_zone ? each.key : local.first_zone].id
}

resource "aws_route" "app_ipv6" {
  for_each = aws_route_table.app

  route_table_id              = each.value.id
  destination_ipv6_cidr_block = "::/0"
  egress_only_gateway_id      = aws_egress_only_internet_gateway.shop.id
}

resource "aws_route" "app_operations" {
  for_each = aws_route_table.app

  route_table_id             = each.value.id
  destination_prefix_list_id = aws_ec2_managed_prefix_list.operations.id
  vpc_peering_connection_id  = aws_vpc_peering_connection_accepter.operations.id
}

# What the inspector is to see before it goes anywhere else.
resource "aws_route" "app_inspected" {
  for_each = aws_route_table.app

  route_table_id         = each.value.id
  destination_cidr_block = "203.0.113.0/24"
  network_interface_id   = aws_network_interface.inspector.id
}

resource "aws_route_table_association" "app" {
  for_each = aws_subnet.app

  subnet_id      = each.value.id
  route_table_id = var.maintenance ? aws_route_table.isolated.id : aws_route_table.app[each.key].id
}

# The data tier: written with its routes in one piece, and reached from the operators' VPC.
resource "aws_route_table" "data" {
  vpc_id = aws_vpc.shop.id

  route {
    cidr_block                = var.operations_cidr
    vpc_peering_connection_id = aws_vpc_peering_connection_accepter.operations.id
  }

  dynamic "route" {
    for_each = var.maintenance ? [] : ["::/0"]

    content {
      ipv6_cidr_block        = route.value
      egress_only_gateway_id = aws_egress_only_internet_gateway.shop.id
    }
  }

  tags = { Name = "${var.name}-data" }
}

resource "aws_route_table_association" "data" {
  for_each = aws_subnet.data

  subnet_id      = each.value.id
  route_table_id = aws_route_table.data.id
}

# What is in no other table reaches nothing outside the VPC.
resource "aws_route_table" "isolated" {
  vpc_id = aws_vpc.shop.id

  tags = { Name = "${var.name}-isolated" }
}

resource "aws_main_route_table_association" "shop" {
  vpc_id         = aws_vpc.shop.id
  route_table_id = var.maintenance ? aws_route_table.data.id : aws_route_table.isolated.id
}
