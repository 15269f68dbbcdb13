output "region" {
  description = "This region."
  value       = var.region
}

output "network" {
  description = "VPC, subnets by zone, NAT addresses, endpoints, security groups."
  value = {
    vpc_id              = aws_vpc.this.id
    private_subnet_ids  = { for zone, subnet in aws_subnet.private : zone => subnet.id }
    public_subnet_ids   = { for zone, subnet in aws_subnet.public : zone => subnet.id }
    nat_gateway_ids     = { for zone, gateway in aws_nat_gateway.this : zone => gateway.id }
    nat_public_ips      = { for zone, address in aws_eip.nat : zone => address.public_ip }
    gateway_endpoints   = { for name, endpoint in aws_vpc_endpoint.gateway : name => endpoint.id }
    interface_endpoints = { for name, endpoint in aws_vpc_endpoint.interface : name => endpoint.id }
    lambda_group_id     = aws_security_group.lambda.id
    aurora_group_id     = aws_security_group.aurora.id
    flow_log_group      = aws_cloudwatch_log_group.flow.name
  }
}

output "kms_key_arn" {
  description = "Key that encrypts all that this region stores."
  value       = aws_kms_key.this.arn
}

output "kms_alias" {
  description = "Its alias."
  value       = aws_kms_alias.this.name
}

output "database" {
  description = "The cluster of this region and its instances."
  value = {
    cluster         = aws_rds_cluster.this.cluster_identifier
    cluster_arn     = aws_rds_cluster.this.arn
    resource_id     = aws_rds_cluster.this.cluster_resource_id
    endpoint        = aws_rds_cluster.this.endpoint
    reader_endpoint = aws_rds_cluster.this.reader_endpoint
    port            = aws_rds_cluster.this.port
    instances       = [for number in sort(keys(local.instances)) : aws_rds_cluster_instance.this[number].identifier]
    secret_arn      = data.aws_secretsmanager_secret.database.arn
    parameter_group = aws_rds_cluster_parameter_group.this.name
    log_group       = aws_cloudwatch_log_group.postgresql.name
  }
}

# A secondary cluster can only be made once the primary has a running instance. Passing the identifier on through
# this output makes the dr cluster wait for just that, where a module-level depends_on would make all of dr wait.
output "global_cluster_with_instances" {
  description = "The global cluster's identifier, known once this region's instances are there."
  value       = var.global_cluster_identifier
  depends_on  = [aws_rds_cluster_instance.this]
}

# Replication refuses buckets without versioning, so nobody gets to know the bucket before it has it.
output "bucket" {
  description = "Bucket of the transaction logs."
  value = {
    name        = aws_s3_bucket.transaction_logs.bucket
    arn         = aws_s3_bucket.transaction_logs.arn
    access_logs = aws_s3_bucket.access_logs.bucket
  }
  depends_on = [aws_s3_bucket_versioning.transaction_logs]
}

output "function" {
  description = "The payments function."
  value = {
    name              = aws_lambda_function.payments.function_name
    arn               = aws_lambda_function.payments.arn
    code_sha256       = aws_lambda_function.payments.source_code_hash # code_sha256 still tells the old one after an update
    role_arn          = aws_iam_role.lambda.arn
    log_group         = aws_cloudwatch_log_group.lambda.name
    dead_letter_queue = aws_sqs_queue.dead_letters.url
    repair_rule       = aws_cloudwatch_event_rule.repair.name
  }
}

output "tables" {
  description = "The journal of what the other region acknowledged, and the epoch that says who may."
  value = {
    journal     = aws_dynamodb_table.journal.name
    journal_arn = aws_dynamodb_table.journal.arn
    epoch       = aws_dynamodb_table_item.epoch.table_name
    epoch_arn   = aws_dynamodb_table.epoch.arn
  }
}

output "failover" {
  description = "The function that fails over to here, what wakes it, and the parameters that hold its mode and the fences it knows of."
  value = {
    name            = aws_lambda_function.failover.function_name
    arn             = aws_lambda_function.failover.arn
    code_sha256     = aws_lambda_function.failover.source_code_hash # as above
    role_arn        = aws_iam_role.failover.arn
    log_group       = aws_cloudwatch_log_group.failover.name
    rule            = aws_cloudwatch_event_target.failover.rule
    mode_parameter  = aws_ssm_parameter.failover_mode.name
    fence_parameter = aws_ssm_parameter.fence.name
  }
}

output "api" {
  description = "The REST API, its stage and its custom domains."
  value = {
    id                  = aws_api_gateway_rest_api.payments.id
    name                = aws_api_gateway_rest_api.payments.name
    stage               = aws_api_gateway_stage.this.stage_name
    access_log_group    = aws_cloudwatch_log_group.api_access.name
    execution_log_group = aws_cloudwatch_log_group.api_execution.name
    certificate_arn     = aws_acm_certificate.this.arn
    # By kind of name: shared (fails over) and own (does not).
    # By way of their mappings: a name without one answers nothing but 403.
    domains  = { for kind, mapping in aws_api_gateway_base_path_mapping.this : kind => mapping.domain_name }
    gateways = { for kind, domain in aws_api_gateway_domain_name.this : kind => domain.regional_domain_name }
    zone_ids = { for kind, domain in aws_api_gateway_domain_name.this : kind => domain.regional_zone_id }
  }
}

output "certificate_validation" {
  description = "For each name of the certificate, the record that proves it."
  value = {
    for option in aws_acm_certificate.this.domain_validation_options : option.domain_name => {
      name  = option.resource_record_name
      type  = option.resource_record_type
      value = option.resource_record_value
    }
  }
}

output "alerts_topic_arn" {
  description = "Topic of this region's alerts."
  value       = aws_sns_topic.alerts.arn
}

output "alarm_kinds" {
  description = "Kinds of the alarms here; each is named alarm-<kind>-<region>-<environment>-<environmentSuffix>."
  value       = sort(concat(keys(local.alarms), keys(local.failover_alarms), ["api-5xx", "certificate-expiry"]))
}

# Route 53 copies an alarm's definition when a check on it is made: whoever makes one has to know when it changes.
output "health_alarms" {
  description = "Alarms that Route 53 watches: name, and a fingerprint of the definition."
  value = {
    for kind in ["evacuate", "api-latency"] : kind => {
      name        = aws_cloudwatch_metric_alarm.this[kind].alarm_name
      fingerprint = sha1(jsonencode(local.alarms[kind]))
    }
  }
}

output "dashboard" {
  description = "Dashboard of this region."
  value       = aws_cloudwatch_dashboard.payments.dashboard_name
}
