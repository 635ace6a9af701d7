# Network ACLs: what may cross the edge of a subnet at all, whatever security groups say. They know no connections, so
# answers need rules of their own.

locals {
  ephemeral = { from = 1024, to = 65535 }

  public_ingress = {
    100 = { protocol = "tcp", from = 80, to = 80, block = "0.0.0.0/0" }
    110 = { protocol = "tcp", from = 443, to = 443, block = "0.0.0.0/0" }
    120 = { protocol = "tcp", from = local.ephemeral.from, to = local.ephemeral.to, block = "0.0.0.0/0" }
    130 = { protocol = "udp", from = local.ephemeral.from, to = local.ephemeral.to, block = "0.0.0.0/0" }
  }
  public_ingress_ipv6 = {
    200 = { protocol = "tcp", from = 80, to = 80, block = "::/0" }
    210 = { protocol = "tcp", from = 443, to = 443, block = "::/0" }
    220 = { protocol = "tcp", from = local.ephemeral.from, to = local.ephemeral.to, block = "::/0" }
  }
}

resource "aws_network_acl" "public" {
  vpc_id     = aws_vpc.shop.id
  subnet_ids = [for subnet in aws_subnet.public : subnet.id]

  tags = { Name = "${var.name}-public" }
}

resource "aws_network_acl_rule" "public_ingress" {
  for_each = local.public_ingress

  network_acl_id = aws_network_acl.public.id
  rule_number    = each.key
  rule_action    = "allow"
  protocol       = each.value.protocol
  from_port      = each.value.from
  to_port        = each.value.to
  cidr_block     = each.value.block
}

resource "aws_network_acl_rule" "public_ingress_ipv6" {
  for_each = local.public_ingress_ipv6

  network_acl_id  = aws_network_acl.public.id
  rule_number     = each.key
  rule_action     = "allow"
  protocol        = each.value.protocol
  from_port       = each.value.from
  to_port         = each.value.to
  ipv6_cidr_block = each.value.block
}

resource "aws_network_acl_rule" "public_echo" {
  network_acl_id = aws_network_acl.public.id
  rule_number    = 300
  rule_action    = "allow"
  protocol       = "icmp"
  icmp_type      = -1
  icmp_code      = -1
  cidr_block     = "0.0.0.0/0"
}

resource "aws_network_acl_rule" "public_echo_ipv6" {
  network_acl_id  = aws_network_acl.public.id
  rule_number     = 310
  rule_action     = "allow"
  protocol        = "58"
  icmp_type       = 128
  icmp_code       = 0
  ipv6_cidr_block = "::/0"
}

resource "aws_network_acl_rule" "public_egress" {
  network_acl_id = aws_network_acl.public.id
  egress         = true
  rule_number    = 100
  rule_action    = "allow"
  protocol       = "-1"
  cidr_block     = "0.0.0.0/0"
}

resource "aws_network_acl_rule" "public_egress_ipv6" {
  network_acl_id  = aws_network_acl.public.id
  egress          = true
  rule_number     = 200
  rule_action     = "allow"
  protocol        = "-1"
  ipv6_cidr_block = "::/0"
}

# The data tier's rules, in one piece with their ACL: queries come in from the application, answers go back there.
resource "aws_network_acl" "data" {
  vpc_id = aws_vpc.shop.id

  dynamic "ingress" {
    for_each = local.index

    content {
      rule_no    = 100 + ingress.value
      action     = "allow"
      protocol   = "tcp"
      from_port  = 5432
      to_port    = 5432
      cidr_block = aws_subnet.app[ingress.key].cidr_block
    }
  }

  dynamic "ingress" {
    for_each = local.index

    content {
      rule_no         = 200 + ingress.value
      action          = "allow"
      protocol        = "tcp"
      from_port       = 5432
      to_port         = 5432
      ipv6_cidr_block = aws_subnet.app[ingress.key].ipv6_cidr_block
    }
  }

  ingress {
    rule_no    = 300
    action     = var.maintenance ? "allow" : "deny"
    protocol   = "-1"
    from_port  = 0
    to_port    = 0
    cidr_block = var.operations_cidr
  }

  egress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    from_port  = local.ephemeral.from
    to_port    = local.ephemeral.to
    cidr_block = var.vpc_cidr
  }

  egress {
    rule_no         = 200
    action          = "allow"
    protocol        = "tcp"
    from_port       = local.ephemeral.from
    to_port         = local.ephemeral.to
    ipv6_cidr_block = aws_vpc.shop.ipv6_cidr_block
  }

  egress {
    rule_no    = 300
    action     = "allow"
    protocol   = "icmp"
    icmp_type  = 3
    icmp_code  = 4
    from_port  = 0
    to_port    = 0
    cidr_block = "0.0.0.0/0"
  }

  tags = { Name = "${var.name}-data" }
}

resource "aws_network_acl_association" "data" {
  for_each = aws_subnet.data

  subnet_id      = each.value.id
  network_acl_id = aws_network_acl.data.id
}
