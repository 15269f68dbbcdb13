# The names that clients resolve. Answering them is Route 53's data plane; only making them is its control plane.

data "aws_route53_zone" "this" {
  provider = aws.primary

  name         = var.domain_name
  private_zone = false
}

locals {
  api_domain = "${var.api_name}.${var.domain_name}"
  own_domains = {
    primary = "${var.api_name}-${var.primary.region}.${var.domain_name}"
    dr      = "${var.api_name}-${var.dr.region}.${var.domain_name}"
  }
  # An environment that shares the zone with another has its own api_name, and so its own beacons.
  beacon_label = var.api_name == "api" ? "beacon" : "beacon-${var.api_name}"
  beacons = {
    primary = "${local.beacon_label}-${var.primary.region}.${var.domain_name}"
    dr      = "${local.beacon_label}-${var.dr.region}.${var.domain_name}"
  }
}

# The name that fails over. CNAMEs, not aliases: an alias to an API Gateway domain has a TTL of 60 s that cannot be
# told, and the TTL is part of the recovery time (docs/decisions/0001).
resource "aws_route53_record" "api_primary" {
  provider = aws.primary

  zone_id         = data.aws_route53_zone.this.zone_id
  name            = local.api_domain
  type            = "CNAME"
  ttl             = var.record_ttl_seconds
  records         = [module.primary.api.gateways.shared]
  set_identifier  = "primary"
  health_check_id = aws_route53_health_check.serving.id

  failover_routing_policy {
    type = "PRIMARY"
  }
}

# Its check is healthy whenever the primary region has been active until now: it must not fail only because a standby takes
# no payments, or everybody would be sent back to the region that is down (docs/decisions/0015).
resource "aws_route53_record" "api_secondary" {
  provider = aws.primary

  zone_id         = data.aws_route53_zone.this.zone_id
  name            = local.api_domain
  type            = "CNAME"
  ttl             = var.record_ttl_seconds
  records         = [module.dr.api.gateways.shared]
  set_identifier  = "dr"
  health_check_id = aws_route53_health_check.away.id

  failover_routing_policy {
    type = "SECONDARY"
  }
}

# Each region's own name: what the health checks ask, and an operator who wants to know about one region.
resource "aws_route53_record" "own" {
  provider = aws.primary
  for_each = local.own_domains

  zone_id = data.aws_route53_zone.this.zone_id
  name    = each.value
  type    = "CNAME"
  ttl     = var.record_ttl_seconds
  records = [{ primary = module.primary.api, dr = module.dr.api }[each.key].gateways.own]
}

# Beacons tell, in a DNS answer, what Route 53's checkers think of a region: the standby can ask any authoritative
# server, where the API that would say so lives in us-east-1, and may be dark with it.
resource "aws_route53_record" "beacon_up" {
  provider = aws.primary
  for_each = local.beacons

  zone_id         = data.aws_route53_zone.this.zone_id
  name            = each.value
  type            = "TXT"
  ttl             = var.record_ttl_seconds
  records         = ["up"]
  set_identifier  = "up"
  health_check_id = aws_route53_health_check.endpoint[each.key].id

  failover_routing_policy {
    type = "PRIMARY"
  }
}

resource "aws_route53_record" "beacon_down" {
  provider = aws.primary
  for_each = local.beacons

  zone_id        = data.aws_route53_zone.this.zone_id
  name           = each.value
  type           = "TXT"
  ttl            = var.record_ttl_seconds
  records        = ["down"]
  set_identifier = "down"

  failover_routing_policy {
    type = "SECONDARY"
  }
}

# Proof of ownership, once for each name. ACM asks the same record of every certificate of an account for one name,
# whatever its region, so the shared name is proven by the primary's record for both; a second one would collide.
locals {
  certificate_proofs = { primary = module.primary.certificate_validation, dr = module.dr.certificate_validation }
  certificate_names = {
    (local.api_domain)          = "primary"
    (local.own_domains.primary) = "primary"
    (local.own_domains.dr)      = "dr"
  }
  certificate_validation_fqdns = {
    for role in ["primary", "dr"] : role => [
      for name in [local.api_domain, local.own_domains[role]] : aws_route53_record.certificate_validation[name].fqdn
    ]
  }
}

resource "aws_route53_record" "certificate_validation" {
  provider = aws.primary
  for_each = local.certificate_names

  zone_id = data.aws_route53_zone.this.zone_id
  name    = local.certificate_proofs[each.value][each.key].name
  type    = local.certificate_proofs[each.value][each.key].type
  records = [local.certificate_proofs[each.value][each.key].value]
  ttl     = 300
}
