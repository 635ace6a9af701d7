# Who talked to whom. Without this file nothing is recorded.

resource "aws_flow_log" "shop" {
  vpc_id                   = aws_vpc.shop.id
  traffic_type             = "ALL"
  log_destination_type     = "s3"
  log_destination          = var.flow_log_destination
  max_aggregation_interval = 60

  tags = { Name = var.name }
}

resource "aws_flow_log" "refused" {
  subnet_id            = aws_subnet.data[local.first_zone].id
  traffic_type         = "REJECT"
  log_destination_type = "s3"
  log_destination      = var.flow_log_destination
  log_format           = "$${version} $${interface-id} $${srcaddr} $${dstaddr} $${srcport} $${dstport} $${protocol} $${action}"

  tags = { Name = "${var.name}-refused" }
}
