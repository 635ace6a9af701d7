# Who may talk to whom: the world to web, web to the application, the application to the database. Nobody else.

resource "aws_security_group" "web" {
  name        = "${var.name}-web"
  description = "Takes requests from the world"
  vpc_id      = aws_vpc.shop.id

  tags = { Name = "${var.name}-web" }
}

resource "aws_vpc_security_group_ingress_rule" "web" {
  for_each = toset(["80", "443"])

  security_group_id = aws_security_group.web.id
  description       = "the world"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_ingress_rule" "web_ipv6" {
  for_each = toset(["80", "443"])

  security_group_id = aws_security_group.web.id
  description       = "the world"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
  cidr_ipv6         = "::/0"
}

resource "aws_vpc_security_group_ingress_rule" "web_partners" {
  security_group_id = aws_security_group.web.id
  description       = "partners, by their list"
  ip_protocol       = "udp"
  from_port         = 4500
  to_port           = 4500
  prefix_list_id    = aws_ec2_managed_prefix_list.partners.id
}

resource "aws_vpc_security_group_ingress_rule" "web_echo" {
  security_group_id = aws_security_group.web.id
  description       = "echo requests"
  ip_protocol       = "icmp"
  from_port         = 8
  to_port           = 0
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "web" {
  security_group_id            = aws_security_group.web.id
  description                  = "requests to the application"
  ip_protocol                  = "tcp"
  from_port                    = var.app_port
  to_port                      = var.app_port
  referenced_security_group_id = aws_security_group.app.id
}

resource "aws_security_group" "app" {
  name        = "${var.name}-app"
  description = "Takes requests from web"
  vpc_id      = aws_vpc.shop.id

  tags = { Name = "${var.name}-app" }
}

resource "aws_vpc_security_group_ingress_rule" "app" {
  security_group_id            = aws_security_group.app.id
  description                  = "requests from web"
  ip_protocol                  = "tcp"
  from_port                    = var.app_port
  to_port                      = var.app_port
  referenced_security_group_id = aws_security_group.web.id
}

resource "aws_vpc_security_group_egress_rule" "app" {
  security_group_id = aws_security_group.app.id
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "app_ipv6" {
  security_group_id = aws_security_group.app.id
  ip_protocol       = "-1"
  cidr_ipv6         = "::/0"
}

# The rules of a group can be written in one piece with it.
resource "aws_security_group" "data" {
  name        = "${var.name}-data"
  description = "Takes queries from the application"
  vpc_id      = aws_vpc.shop.id

  ingress {
    description     = "queries"
    protocol        = "tcp"
    from_port       = 5432
    to_port         = 5432
    security_groups = [aws_security_group.app.id]
  }

  ingress {
    description = "replication"
    protocol    = "tcp"
    from_port   = 5432
    to_port     = 5432
    self        = true
  }

  dynamic "ingress" {
    for_each = var.maintenance ? [var.operations_cidr] : []

    content {
      description = "operators, while there is something to mend"
      protocol    = "tcp"
      from_port   = 22
      to_port     = 22
      cidr_blocks = [ingress.value]
    }
  }

  egress {
    description = "replication"
    protocol    = "tcp"
    from_port   = 5432
    to_port     = 5432
    self        = true
  }

  egress {
    protocol         = "-1"
    from_port        = 0
    to_port          = 0
    cidr_blocks      = [var.operations_cidr]
    ipv6_cidr_blocks = ["::/0"]
  }

  tags = { Name = "${var.name}-data" }
}

# Or by the older resource, one for each rule.
resource "aws_security_group" "inspector" {
  name_prefix = "${var.name}-inspector-"
  description = "Sees what the application sends to others"
  vpc_id      = aws_vpc.shop.id

  tags = { Name = "${var.name}-inspector" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group_rule" "inspector_ingress" {
  security_group_id        = aws_security_group.inspector.id
  type                     = "ingress"
  description              = var.maintenance ? "nothing is inspected now" : "what is to be inspected"
  protocol                 = "-1"
  from_port                = 0
  to_port                  = 0
  source_security_group_id = aws_security_group.app.id
}

resource "aws_security_group_rule" "inspector_egress" {
  security_group_id = aws_security_group.inspector.id
  type              = "egress"
  description       = var.maintenance ? "nothing goes on now" : "what was inspected"
  protocol          = "-1"
  from_port         = 0
  to_port           = 0
  cidr_blocks       = ["0.0.0.0/0"]
  ipv6_cidr_blocks  = ["::/0"]
}

# The data tier's group is known in the operators' VPC, too: their replicas wear it there.
resource "aws_vpc_security_group_vpc_association" "data" {
  security_group_id = aws_security_group.data.id
  vpc_id            = aws_vpc.operations.id
}
