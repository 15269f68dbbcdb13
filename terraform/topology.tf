# What recovery has to know about both regions, published in each: it must need neither Terraform nor its state.

locals {
  regions = { primary = module.primary, dr = module.dr }
  # Keyed by region, since that is what an operator and the inventory say.
  topology_regions = {
    for role, region in local.regions : local.region_of[role] => {
      dr_role           = role
      cluster           = region.database.cluster
      cluster_arn       = region.database.cluster_arn
      instances         = region.database.instances
      bucket            = region.bucket.name
      kms_key_arn       = region.kms_key_arn
      function          = region.function.name
      failover_function = region.failover.name
      address           = local.own_domains[role]
      gateway           = region.api.gateways.shared
      own_gateway       = region.api.gateways.own
      certificate_arn   = region.api.certificate_arn
      alerts_topic_arn  = region.alerts_topic_arn
      health_check      = aws_route53_health_check.endpoint[role].id
      beacon            = local.beacons[role]
      alarms            = concat(region.alarm_kinds, role == "primary" ? concat(keys(local.health_alarms), ["standing-by"]) : [])
    }
  }

  topology = {
    version            = 1
    environment        = var.environment
    environment_suffix = var.environmentSuffix
    account_id         = var.account_id
    global_cluster     = aws_rds_global_cluster.this.global_cluster_identifier
    secret_name        = var.database.secret_name
    function_version   = var.function.version
    failover_version   = var.failover.version
    ttl_seconds        = var.record_ttl_seconds
    zone               = { id = data.aws_route53_zone.this.zone_id, name = var.domain_name }
    api_name           = local.api_domain
    health_check = {
      primary           = aws_route53_health_check.serving.id
      secondary         = aws_route53_health_check.away.id
      interval_seconds  = var.health_check.interval_seconds
      failure_threshold = var.health_check.failure_threshold
    }
    regions = local.topology_regions
  }
}

resource "aws_ssm_parameter" "topology_primary" {
  #checkov:skip=CKV2_AWS_34:Identifiers only, no secret; recovery must be able to read it without KMS
  provider = aws.primary

  name        = local.topology_parameter
  description = "Both regions' identifiers, for recovery and verification"
  type        = "String"
  tier        = "Standard"
  value       = jsonencode(local.topology)

  tags = { Name = local.topology_parameter }

  lifecycle {
    precondition {
      condition     = length(jsonencode(local.topology)) <= 4096
      error_message = "The topology is over the 4096 characters of a standard parameter: shorten environmentSuffix or domain_name, or list fewer instances."
    }
  }
}

resource "aws_ssm_parameter" "topology_dr" {
  #checkov:skip=CKV2_AWS_34:Identifiers only, no secret; recovery must be able to read it without KMS
  provider = aws.dr

  name        = aws_ssm_parameter.topology_primary.name
  description = aws_ssm_parameter.topology_primary.description
  type        = "String"
  tier        = "Standard"
  value       = jsonencode(local.topology)

  tags = { Name = local.topology_parameter }
}
