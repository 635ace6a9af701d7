# An instance of each tier in the first zone, and one that inspects what passes through it. User data that starts with
# `#!` runs as the instance's main process.

data "aws_ami" "host" {
  most_recent = true
  owners      = ["culvert"]
}

resource "aws_key_pair" "operators" {
  key_name   = "${var.name}-operators"
  public_key = var.public_key
}

resource "aws_instance" "web" {
  ami                         = data.aws_ami.host.id
  instance_type               = "t3.micro"
  subnet_id                   = aws_subnet.public[local.first_zone].id
  vpc_security_group_ids      = [aws_security_group.web.id]
  key_name                    = aws_key_pair.operators.key_name
  user_data_replace_on_change = true
  user_data                   = <<-END
    #!/bin/sh
    exec python3 -m http.server 80
  END

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = var.maintenance ? 1 : 2
    instance_metadata_tags      = "enabled"
  }

  tags = { Name = "${var.name}-web" }
}

resource "aws_eip" "web" {
  domain = "vpc"

  tags = { Name = "${var.name}-web" }

  depends_on = [aws_internet_gateway.shop]
}

resource "aws_eip_association" "web" {
  allocation_id = aws_eip.web.id
  instance_id   = aws_instance.web.id
}

resource "aws_instance" "app" {
  ami                    = data.aws_ami.host.id
  instance_type          = "t3.micro"
  subnet_id              = aws_subnet.app[local.first_zone].id
  vpc_security_group_ids = [aws_security_group.app.id]
  user_data              = <<-END
    #!/bin/sh
    exec python3 -m http.server ${var.app_port} --bind ::
  END

  tags = { Name = "${var.name}-app" }

  # It starts once it can reach what it needs.
  depends_on = [aws_route.app, aws_route_table_association.app]
}

resource "aws_instance" "data" {
  ami                    = data.aws_ami.host.id
  instance_type          = "t3.micro"
  subnet_id              = aws_subnet.data[local.first_zone].id
  private_ip             = cidrhost(aws_subnet.data[local.first_zone].cidr_block, 10)
  vpc_security_group_ids = [aws_security_group.data.id]
  user_data              = <<-END
    #!/bin/sh
    exec python3 -m http.server 5432 --bind ::
  END

  tags = { Name = "${var.name}-data" }
}

resource "aws_instance" "inspector" {
  ami           = data.aws_ami.host.id
  instance_type = "t3.micro"
  subnet_id     = aws_subnet.app[local.first_zone].id

  tags = { Name = "${var.name}-inspector" }

  depends_on = [aws_default_security_group.shop]
}

# To inspect is to be sent what is meant for others.
resource "aws_network_interface" "inspector" {
  subnet_id          = aws_subnet.app[local.first_zone].id
  description        = var.maintenance ? "idle" : "inspects"
  source_dest_check  = var.maintenance
  security_groups    = [aws_security_group.inspector.id]
  ipv6_address_count = 1
  private_ips = toset(concat(
    [cidrhost(aws_subnet.app[local.first_zone].cidr_block, 10)],
    var.maintenance ? [] : [cidrhost(aws_subnet.app[local.first_zone].cidr_block, 11)],
  ))

  tags = { Name = "${var.name}-inspector" }
}

resource "aws_network_interface_attachment" "inspector" {
  instance_id          = aws_instance.inspector.id
  network_interface_id = aws_network_interface.inspector.id
  device_index         = 1
}

resource "aws_network_interface_sg_attachment" "inspector" {
  security_group_id    = aws_security_group.inspector.id
  network_interface_id = aws_instance.inspector.primary_network_interface_id
}
