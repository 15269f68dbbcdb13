# Both regions answer to the shared name, which fails over, and each to one of its own, which does not.
# A regional domain needs its certificate in the same region, so each region has one, with both names.

resource "aws_acm_certificate" "this" {
  domain_name               = var.api_domains.shared
  subject_alternative_names = [var.api_domains.own]
  validation_method         = "DNS"

  tags = { Name = "certificate-payments-${local.here}" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_acm_certificate_validation" "this" {
  certificate_arn         = aws_acm_certificate.this.arn
  validation_record_fqdns = var.certificate_validation_fqdns
}

resource "aws_api_gateway_domain_name" "this" {
  for_each = var.api_domains

  domain_name              = each.value
  regional_certificate_arn = aws_acm_certificate_validation.this.certificate_arn
  security_policy          = "TLS_1_2"

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  tags = { Name = "domain-${each.key}-${local.here}" }
}

resource "aws_api_gateway_base_path_mapping" "this" {
  for_each = aws_api_gateway_domain_name.this

  api_id      = aws_api_gateway_rest_api.payments.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  domain_name = each.value.domain_name
}
