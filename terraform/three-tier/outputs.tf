output "vpc_id" {
  value = aws_vpc.shop.id
}

output "instances" {
  description = "The instances, to be used with `culvert exec` and `culvert logs`."
  value = {
    web       = aws_instance.web.id
    app       = aws_instance.app.id
    data      = aws_instance.data.id
    inspector = aws_instance.inspector.id
  }
}

output "private_addresses" {
  value = {
    web  = aws_instance.web.private_ip
    app  = aws_instance.app.private_ip
    data = aws_instance.data.private_ip
  }
}

output "web_address" {
  description = "The public address of the web tier."
  value       = aws_eip.web.public_ip
}

output "nat_addresses" {
  description = "The addresses that others see of the application, by zone."
  value       = { for zone, nat in aws_nat_gateway.public : zone => nat.public_ip }
}
