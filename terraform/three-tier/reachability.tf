# Terraform itself can ask whether the tiers reach each other as they should.

resource "aws_ec2_network_insights_path" "web_to_app" {
  source           = aws_instance.web.id
  destination      = aws_instance.app.id
  protocol         = "tcp"
  destination_port = var.app_port
}

resource "aws_ec2_network_insights_analysis" "web_to_app" {
  network_insights_path_id = aws_ec2_network_insights_path.web_to_app.id

  depends_on = [
    aws_vpc_security_group_ingress_rule.app,
    aws_vpc_security_group_egress_rule.web,
    aws_network_acl_rule.public_egress,
    aws_network_acl_rule.public_ingress,
  ]
}

output "web_reaches_app" {
  value = aws_ec2_network_insights_analysis.web_to_app.path_found
}

# That the world reaches web, whatever the port of the application is.
resource "aws_ec2_network_insights_path" "world_to_web" {
  source           = aws_internet_gateway.shop.id
  destination      = aws_instance.web.id
  protocol         = "tcp"
  destination_port = 443
}

resource "aws_ec2_network_insights_analysis" "world_to_web" {
  network_insights_path_id = aws_ec2_network_insights_path.world_to_web.id

  depends_on = [
    aws_vpc_security_group_ingress_rule.web,
    aws_network_acl_rule.public_egress,
    aws_network_acl_rule.public_ingress,
  ]
}

output "world_reaches_web" {
  value = aws_ec2_network_insights_analysis.world_to_web.path_found
}
