output "topology" {
  description = "What recovery and verification have to know; also in SSM, in both regions."
  value       = local.topology
}

output "api_url" {
  description = "Where payments go: fails over."
  value       = "https://${local.api_domain}"
}

output "region_urls" {
  description = "Each region's own address: does not fail over."
  value       = { for role, domain in local.own_domains : local.region_of[role] => "https://${domain}" }
}

output "global_cluster" {
  description = "The Aurora global cluster."
  value = {
    identifier  = aws_rds_global_cluster.this.global_cluster_identifier
    arn         = aws_rds_global_cluster.this.arn
    resource_id = aws_rds_global_cluster.this.global_cluster_resource_id
    engine      = "${aws_rds_global_cluster.this.engine} ${aws_rds_global_cluster.this.engine_version_actual}"
  }
}

output "health_checks" {
  description = "Route 53 health checks."
  value = {
    serving       = aws_route53_health_check.serving.id
    evacuation    = aws_route53_health_check.evacuation.id
    latency       = aws_route53_health_check.latency.id
    away          = aws_route53_health_check.away.id
    standing_by   = aws_route53_health_check.standing_by.id
    evacuated     = aws_route53_health_check.evacuated.id
    evacuation_dr = aws_route53_health_check.evacuation_dr.id
    endpoints     = { for role, check in aws_route53_health_check.endpoint : local.region_of[role] => check.id }
  }
}

output "replication_roles" {
  description = "Roles that S3 replicates with, by the region whose bucket they read."
  value = {
    (var.primary.region) = module.replication_from_primary.role_arn
    (var.dr.region)      = module.replication_from_dr.role_arn
  }
}

output "topology_parameter" {
  description = "SSM parameter, of this name in both regions."
  value       = aws_ssm_parameter.topology_primary.name
}

output "regions" {
  description = "Every endpoint and identifier of each region."
  value = {
    for role, region in local.regions : local.region_of[role] => {
      dr_role          = role
      network          = region.network
      kms_key_arn      = region.kms_key_arn
      kms_alias        = region.kms_alias
      database         = region.database
      bucket           = region.bucket
      function         = region.function
      tables           = region.tables
      failover         = region.failover
      api              = region.api
      alerts_topic_arn = region.alerts_topic_arn
      alarm_kinds      = region.alarm_kinds
      dashboard        = region.dashboard
    }
  }
}
