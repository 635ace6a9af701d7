# Dedicated network ACLs for public, private and database subnets, rule by rule, and a default ACL that lets nothing
# through. Instances with different duties are kept apart even where someone is careless with security groups.

data "aws_availability_zones" "available" {
  state = "available"
}

locals {
  block = "10.60.0.0/16"
  world = "0.0.0.0/0"

  subnets = {
    public   = { net = 0, zone = data.aws_availability_zones.available.names[0] }
    private  = { net = 1, zone = data.aws_availability_zones.available.names[1] }
    database = { net = 2, zone = data.aws_availability_zones.available.names[2] }
  }

  # Of each ACL its rules, by number; within a direction the first that matches decides.
  rules = {
    public = {
      ingress = {
        90  = { action = "deny", protocol = "tcp", from = 22, to = 22, block = local.world }
        100 = { action = "allow", protocol = "tcp", from = 80, to = 80, block = local.world }
        110 = { action = "allow", protocol = "tcp", from = 443, to = 443, block = local.world }
        120 = { action = "allow", protocol = "tcp", from = 1024, to = 65535, block = local.world }
        130 = { action = "allow", protocol = "icmp", type = 8, code = 0, block = local.world }
        140 = { action = "allow", protocol = "47", block = "198.51.100.0/24" }
      }
      egress = {
        100 = { action = "allow", protocol = "-1", block = local.world }
      }
    }
    private = {
      ingress = {
        100 = { action = "allow", protocol = "-1", block = local.block }
        110 = { action = "allow", protocol = "udp", from = 1024, to = 65535, block = local.world }
        120 = { action = "allow", protocol = "tcp", from = 1024, to = 65535, block = local.world }
      }
      egress = {
        100   = { action = "allow", protocol = "-1", block = local.world }
        32766 = { action = "deny", protocol = "-1", block = local.world }
      }
    }
    database = {
      ingress = {
        100 = { action = "allow", protocol = "tcp", from = var.database_port, to = var.database_port, block = aws_subnet.this["private"].cidr_block }
        110 = { action = "allow", protocol = "icmp", type = -1, code = -1, block = local.block }
      }
      egress = {
        100 = { action = "allow", protocol = "tcp", from = 1024, to = 65535, block = aws_subnet.this["private"].cidr_block }
      }
    }
  }

  flat = merge(flatten([
    for acl, directions in local.rules : [
      for direction, rules in directions : {
        for number, rule in rules : "${acl}-${direction}-${number}" => merge(
          { from = null, to = null, type = null, code = null },
          rule,
          { acl = acl, egress = direction == "egress", number = number },
        )
      }
    ]
  ])...)
}

resource "aws_vpc" "this" {
  cidr_block                       = local.block
  assign_generated_ipv6_cidr_block = true

  tags = { Name = var.name }
}

resource "aws_subnet" "this" {
  for_each = local.subnets

  vpc_id            = aws_vpc.this.id
  availability_zone = each.value.zone
  cidr_block        = cidrsubnet(local.block, 8, each.value.net)
  ipv6_cidr_block   = cidrsubnet(aws_vpc.this.ipv6_cidr_block, 8, each.value.net)

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_network_acl" "this" {
  for_each = aws_subnet.this

  vpc_id     = aws_vpc.this.id
  subnet_ids = [each.value.id]

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_network_acl_rule" "this" {
  for_each = local.flat

  network_acl_id = aws_network_acl.this[each.value.acl].id
  egress         = each.value.egress
  rule_number    = each.value.number
  rule_action    = each.value.action
  protocol       = each.value.protocol
  from_port      = each.value.from
  to_port        = each.value.to
  icmp_type      = each.value.type
  icmp_code      = each.value.code
  cidr_block     = each.value.block
}

resource "aws_network_acl_rule" "ipv6" {
  for_each = toset(["ingress", "egress"])

  network_acl_id  = aws_network_acl.this["public"].id
  egress          = each.value == "egress"
  rule_number     = 200
  rule_action     = "allow"
  protocol        = "-1"
  ipv6_cidr_block = "::/0"
}

# The rules of the last one are in one piece, since its numbers are to be without gaps.
resource "aws_network_acl" "quarantine" {
  vpc_id = aws_vpc.this.id

  ingress {
    rule_no         = 1
    action          = "deny"
    protocol        = "udp"
    from_port       = 53
    to_port         = 53
    ipv6_cidr_block = "::/0"
  }

  ingress {
    rule_no    = 2
    action     = "allow"
    protocol   = "tcp"
    from_port  = var.database_port
    to_port    = var.database_port
    cidr_block = local.block
  }

  egress {
    rule_no         = 1
    action          = "allow"
    protocol        = "58"
    icmp_type       = -1
    icmp_code       = -1
    from_port       = 0
    to_port         = 0
    ipv6_cidr_block = "::/0"
  }

  tags = { Name = "${var.name}-quarantine" }
}

# A subnet for which nobody chose an ACL talks to nobody.
resource "aws_default_network_acl" "this" {
  default_network_acl_id = aws_vpc.this.default_network_acl_id

  tags = { Name = "${var.name}-default" }

  lifecycle {
    ignore_changes = [subnet_ids]
  }
}

data "aws_network_acls" "of_the_vpc" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-*" }

  depends_on = [aws_network_acl.this, aws_network_acl.quarantine, aws_default_network_acl.this]
}

output "network_acls" {
  value = length(data.aws_network_acls.of_the_vpc.ids)
}
