# The operators' VPC, which keeps the route table, the network ACL and the security group that AWS made with it, and
# its peering with the shop's VPC.

resource "aws_vpc" "operations" {
  cidr_block           = var.operations_cidr
  enable_dns_hostnames = true

  tags = { Name = "${var.name}-operations" }
}

resource "aws_subnet" "operations" {
  vpc_id            = aws_vpc.operations.id
  availability_zone = local.first_zone
  cidr_block        = cidrsubnet(aws_vpc.operations.cidr_block, 1, 0)

  tags = { Name = "${var.name}-operations" }
}

resource "aws_default_route_table" "operations" {
  default_route_table_id = aws_vpc.operations.default_route_table_id

  route {
    cidr_block                = var.vpc_cidr
    vpc_peering_connection_id = aws_vpc_peering_connection_accepter.operations.id
  }

  route {
    cidr_block                = var.data_cidr
    vpc_peering_connection_id = aws_vpc_peering_connection_accepter.operations.id
  }

  tags = { Name = "${var.name}-operations" }
}

resource "aws_default_network_acl" "operations" {
  default_network_acl_id = aws_vpc.operations.default_network_acl_id

  ingress {
    rule_no    = 100
    action     = "allow"
    protocol   = "-1"
    from_port  = 0
    to_port    = 0
    cidr_block = "10.0.0.0/8"
  }

  egress {
    rule_no    = 100
    action     = "allow"
    protocol   = "-1"
    from_port  = 0
    to_port    = 0
    cidr_block = "10.0.0.0/8"
  }

  tags = { Name = "${var.name}-operations" }

  lifecycle {
    # Subnets come to the default ACL of themselves.
    ignore_changes = [subnet_ids]
  }
}

resource "aws_default_security_group" "operations" {
  vpc_id = aws_vpc.operations.id

  ingress {
    protocol  = "-1"
    from_port = 0
    to_port   = 0
    self      = true
  }

  # Across a peering, groups can be named as in one VPC.
  ingress {
    description     = "monitoring"
    protocol        = "tcp"
    from_port       = 9100
    to_port         = 9100
    security_groups = [aws_security_group.app.id]
  }

  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["10.0.0.0/8"]
  }

  tags = { Name = "${var.name}-operations" }

  depends_on = [aws_vpc_peering_connection_accepter.operations]
}

resource "aws_vpc_peering_connection" "operations" {
  vpc_id      = aws_vpc.shop.id
  peer_vpc_id = aws_vpc.operations.id

  # A VPC gets no further block while a peering connection waits to be accepted.
  depends_on = [aws_vpc_ipv4_cidr_block_association.data]

  tags = { Name = "${var.name}-operations" }
}

# With a provider of its own this could be another account's.
resource "aws_vpc_peering_connection_accepter" "operations" {
  vpc_peering_connection_id = aws_vpc_peering_connection.operations.id
  auto_accept               = true

  tags = { Name = "${var.name}-operations" }
}

resource "aws_vpc_peering_connection_options" "operations" {
  vpc_peering_connection_id = aws_vpc_peering_connection_accepter.operations.id

  accepter {
    allow_remote_vpc_dns_resolution = true
  }

  requester {
    allow_remote_vpc_dns_resolution = !var.maintenance
  }
}
