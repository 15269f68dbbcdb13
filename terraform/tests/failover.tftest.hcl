# What moves the traffic, what keeps the copies, and what tells somebody.

mock_provider "aws" {
  alias  = "primary"
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "dr"
  source = "./tests/mocks"
}

# Not mocked, because no mock can hold an ephemeral resource; never called, since the secret stays closed.
provider "aws" {
  alias                       = "secrets"
  region                      = "us-east-1"
  access_key                  = "never-used"
  secret_key                  = "never-used"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

# A mock cannot know which names a certificate has to prove.
override_resource {
  target = module.primary.aws_acm_certificate.this
  values = {
    domain_validation_options = [
      { domain_name = "api.payments.example.com", resource_record_name = "_a.api.payments.example.com", resource_record_type = "CNAME", resource_record_value = "_a.acm-validations.aws" },
      { domain_name = "api-us-east-1.payments.example.com", resource_record_name = "_b.api-us-east-1.payments.example.com", resource_record_type = "CNAME", resource_record_value = "_b.acm-validations.aws" },
    ]
  }
}

override_resource {
  target = module.dr.aws_acm_certificate.this
  values = {
    domain_validation_options = [
      { domain_name = "api.payments.example.com", resource_record_name = "_a.api.payments.example.com", resource_record_type = "CNAME", resource_record_value = "_a.acm-validations.aws" },
      { domain_name = "api-us-east-2.payments.example.com", resource_record_name = "_c.api-us-east-2.payments.example.com", resource_record_type = "CNAME", resource_record_value = "_c.acm-validations.aws" },
    ]
  }
}

variables {
  read_database_secret     = false
  environment              = "prod"
  environmentSuffix        = "pay1"
  account_id               = "222222222222"
  deploy_role_arn          = "arn:aws:iam::222222222222:role/role-deploy"
  domain_name              = "payments.example.com"
  database                 = { secret_name = "payments/aurora/master" }
  function                 = { package = "versions.tf", version = "1.2.3" }
  failover                 = { package = "versions.tf", version = "1.2.4" }
  record_ttl_seconds       = 30
  objectives               = { rpo_seconds = 200 }
  api_latency_threshold_ms = 1500
  primary = {
    region             = "us-east-1"
    vpc_cidr           = "10.10.0.0/16"
    availability_zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
    aurora             = {}
  }
  dr = {
    region             = "us-east-2"
    vpc_cidr           = "10.20.0.0/16"
    availability_zones = ["us-east-2a", "us-east-2b", "us-east-2c"]
    aurora             = {}
  }
}

# Applied, to mocks, since most of it is about which identifier goes where.
run "failover" {
  assert {
    condition = alltrue([
      aws_route53_record.api_primary.name == "api.payments.example.com",
      aws_route53_record.api_primary.type == "CNAME",
      aws_route53_record.api_primary.set_identifier == "primary",
      one(aws_route53_record.api_primary.failover_routing_policy).type == "PRIMARY",
      aws_route53_record.api_primary.health_check_id == aws_route53_health_check.serving.id,
      aws_route53_record.api_secondary.name == aws_route53_record.api_primary.name,
      aws_route53_record.api_secondary.set_identifier == "dr",
      one(aws_route53_record.api_secondary.failover_routing_policy).type == "SECONDARY",
    ])
    error_message = "The API needs a PRIMARY record on the calculated check, and a SECONDARY one of the same name."
  }

  assert {
    condition     = aws_route53_record.api_secondary.health_check_id == aws_route53_health_check.away.id && alltrue([for record in aws_route53_record.beacon_down : record.health_check_id == null])
    error_message = "The API's SECONDARY record is answered by the calculated check of the way home, and that of a beacon always."
  }

  assert {
    condition = alltrue([
      for record in concat([aws_route53_record.api_primary, aws_route53_record.api_secondary], values(aws_route53_record.beacon_up), values(aws_route53_record.beacon_down)) : record.ttl == 30
    ])
    error_message = "record_ttl_seconds must be the TTL of every failover record."
  }

  assert {
    condition = alltrue([
      for role, record in aws_route53_record.beacon_up : alltrue([
        record.name == "beacon-${role == "primary" ? "us-east-1" : "us-east-2"}.payments.example.com",
        record.health_check_id == aws_route53_health_check.endpoint[role].id,
        record.records == toset(["up"]),
        aws_route53_record.beacon_down[role].records == toset(["down"]),
      ])
    ])
    error_message = "Each region needs a beacon, up on its own endpoint check and down otherwise."
  }

  assert {
    condition = alltrue([
      for check in aws_route53_health_check.endpoint :
      check.type == "HTTPS" && check.resource_path == "/health" && check.measure_latency && check.enable_sni && check.request_interval == 10 && check.failure_threshold == 6
    ])
    error_message = "The endpoint checks must ask HTTPS /health every 10 s, six times, and measure the latency."
  }

  assert {
    condition = alltrue([
      aws_route53_health_check.serving.type == "CALCULATED",
      aws_route53_health_check.serving.child_health_threshold == length(aws_route53_health_check.serving.child_healthchecks),
      aws_route53_health_check.serving.child_healthchecks == toset([
        aws_route53_health_check.endpoint["primary"].id, aws_route53_health_check.evacuation.id, aws_route53_health_check.latency.id,
      ]),
    ])
    error_message = "The primary serves only while endpoint, evacuation and latency are all healthy."
  }

  assert {
    condition = alltrue([
      aws_route53_health_check.evacuation.cloudwatch_alarm_name == "alarm-evacuate-us-east-2-prod-pay1",
      aws_route53_health_check.evacuation.cloudwatch_alarm_region == "us-east-2",
      aws_route53_health_check.evacuation.insufficient_data_health_status == "LastKnownStatus",
      aws_route53_health_check.latency.cloudwatch_alarm_region == "us-east-1",
    ])
    error_message = "The switch that evacuates us-east-1 must stand in us-east-2, and keep its state when nothing is published."
  }

  assert {
    condition = alltrue([
      aws_route53_health_check.away.type == "CALCULATED",
      aws_route53_health_check.away.child_health_threshold == 2,
      aws_route53_health_check.away.child_healthchecks == toset([
        aws_route53_health_check.endpoint["dr"].id, aws_route53_health_check.evacuation_dr.id,
        aws_route53_health_check.standing_by.id, aws_route53_health_check.evacuated.id,
      ]),
      aws_route53_health_check.evacuation_dr.cloudwatch_alarm_name == "alarm-evacuate-us-east-1-prod-pay1",
      aws_route53_health_check.evacuation_dr.cloudwatch_alarm_region == "us-east-1",
      aws_route53_health_check.evacuation_dr.insufficient_data_health_status == "LastKnownStatus",
      aws_route53_health_check.evacuation_dr.invert_healthcheck != true,
      aws_route53_health_check.evacuated.invert_healthcheck == true,
      aws_route53_health_check.evacuated.cloudwatch_alarm_name == aws_route53_health_check.evacuation.cloudwatch_alarm_name,
      aws_route53_health_check.evacuated.cloudwatch_alarm_region == "us-east-2",
      aws_route53_health_check.evacuated.insufficient_data_health_status == "LastKnownStatus",
    ])
    error_message = "The name may stay away while us-east-2 is not evacuated, and serves, or us-east-1 does not stand by, or is evacuated: any two of the four."
  }

  assert {
    condition = alltrue([
      aws_route53_health_check.standing_by.cloudwatch_alarm_name == "alarm-standing-by-us-east-1-prod-pay1",
      aws_route53_health_check.standing_by.cloudwatch_alarm_region == "us-east-1",
      aws_route53_health_check.standing_by.insufficient_data_health_status == "LastKnownStatus",
      aws_route53_health_check.standing_by.invert_healthcheck != true,
      aws_cloudwatch_metric_alarm.standing_by.dimensions["Region"] == "us-east-1",
      aws_cloudwatch_metric_alarm.standing_by.treat_missing_data == "ignore",
      aws_cloudwatch_metric_alarm.standing_by.datapoints_to_alarm == null,
    ])
    error_message = "The latch must keep its state when nothing is published, and a region that never said a word does not stand by."
  }

  assert {
    condition     = alltrue([for check in [aws_route53_health_check.evacuation, aws_route53_health_check.evacuation_dr, aws_route53_health_check.latency, aws_route53_health_check.standing_by, aws_route53_health_check.evacuated] : length(check.triggers["alarm"]) == 40])
    error_message = "A check must follow its alarm's definition, which Route 53 copies only when the check is made."
  }

  assert {
    condition = alltrue([
      for region, place in output.topology.regions : place.failover_function == "lambda-failover-${region}-prod-pay1"
    ]) && output.topology.failover_version == "1.2.4"
    error_message = "Recovery must find each region's failover function and its version by the topology."
  }

  assert {
    condition     = length(jsonencode(output.topology)) < 3700
    error_message = "The topology must leave room below the 4096 characters of a standard parameter for longer names and more instances."
  }

  assert {
    condition     = length(aws_route53_record.certificate_validation) == 3
    error_message = "Three names are to be proven, the shared one once for both regions."
  }
}

run "objectives_become_thresholds" {
  command = plan

  module {
    source = "./modules/region"
  }

  providers = {
    aws = aws.dr
  }

  variables {
    region                       = "us-east-2"
    peer_region                  = "us-east-1"
    dr_role                      = "dr"
    vpc_cidr                     = "10.20.0.0/16"
    availability_zones           = ["us-east-2a", "us-east-2b", "us-east-2c"]
    nat_gateways                 = 1
    interface_endpoints          = []
    aurora                       = { instances = 3, min_capacity = 0.5, max_capacity = 4 }
    database                     = { secret_name = "payments/aurora/master", name = "payments", username = "payments", engine_version = "17.7", backup_retention_days = 7, password_version = 1 }
    global_cluster_identifier    = "aurora-global-prod-pay1"
    storage                      = { infrequent_access_days = 30, archive_days = 90, expire_days = 365, noncurrent_days = 30 }
    function                     = { package = "versions.tf", version = "1.2.3", memory_mb = 512, timeout_seconds = 10, reserved_concurrency = 20, log_retention_days = 365, log_level = "INFO" }
    durability                   = "strict"
    journal                      = { retention_days = 21 }
    peer_kms_key_arn             = "arn:aws:kms:us-east-1:222222222222:key/11111111-1111-1111-1111-111111111111"
    failover                     = { package = "versions.tf", version = "1.2.4", policy = { detection_seconds = 60 } }
    topology_parameter           = "parameter-topology-prod-pay1"
    global_cluster_name          = "aurora-global-prod-pay1"
    throttling                   = { rate_limit = 10, burst_limit = 20 }
    api_domains                  = { shared = "api.payments.example.com", own = "api-us-east-2.payments.example.com" }
    name_servers                 = ["ns-1.awsdns-01.org", "ns-2.awsdns-02.com"]
    certificate_validation_fqdns = ["_a.payments.example.com"]
    manage_api_gateway_account   = false
    objectives                   = { rto_seconds = 900, rpo_seconds = 200, promotion_seconds = 300 }
    alert_emails                 = ["oncall@example.com"]
  }

  assert {
    condition = alltrue([
      aws_cloudwatch_metric_alarm.this["aurora-rpo-lag"].metric_name == "AuroraGlobalDBRPOLag",
      aws_cloudwatch_metric_alarm.this["aurora-rpo-lag"].threshold == 80000,
      aws_cloudwatch_metric_alarm.this["aurora-replication-lag"].threshold == 20000,
      aws_cloudwatch_metric_alarm.this["s3-replication-latency"].threshold == 200,
      aws_cloudwatch_metric_alarm.this["api-latency"].threshold == 1500,
    ])
    error_message = "Thresholds must be derived from the objectives: RPO lag (ms) at 40 %, replication lag (ms) at 10 %, S3 latency (s) at the RPO."
  }

  assert {
    condition = alltrue([
      aws_cloudwatch_metric_alarm.this["s3-replication-latency"].dimensions["DestinationBucket"] == "s3-transaction-logs-us-east-2-prod-pay1",
      aws_cloudwatch_metric_alarm.this["s3-replication-latency"].dimensions["SourceBucket"] == "s3-transaction-logs-us-east-1-prod-pay1",
      aws_cloudwatch_metric_alarm.this["s3-replication-failed"].dimensions["SourceBucket"] == "s3-transaction-logs-us-east-2-prod-pay1",
    ])
    error_message = "S3 publishes latency where replicas arrive, and failures where they come from."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["evacuate"].dimensions["Region"] == "us-east-1" && aws_cloudwatch_metric_alarm.this["evacuate"].treat_missing_data == "ignore"
    error_message = "The alarm here evacuates the other region, and keeps its state when nothing is published."
  }

  assert {
    condition = alltrue([
      for kind in ["api-latency", "evacuate"] :
      contains(["Average", "Maximum"], aws_cloudwatch_metric_alarm.this[kind].statistic) && aws_cloudwatch_metric_alarm.this[kind].datapoints_to_alarm == null
    ])
    error_message = "Route 53 takes no percentile and no M out of N alarm."
  }

  assert {
    condition = alltrue([
      aws_lambda_function.failover.function_name == "lambda-failover-us-east-2-prod-pay1",
      length(aws_lambda_function.failover.vpc_config) == 0,
      aws_lambda_function.failover.reserved_concurrent_executions == 1,
      aws_lambda_function.failover.timeout == 900,
      one(aws_lambda_function.failover.environment).variables["TOPOLOGY_PARAMETER"] == "parameter-topology-prod-pay1",
      jsondecode(one(aws_lambda_function.failover.environment).variables["FAILOVER_POLICY"]).detection_seconds == 60,
    ])
    error_message = "The failover function must stand outside the VPC, run once at a time, and be told its policy."
  }

  assert {
    condition = alltrue([
      aws_cloudwatch_event_rule.failover.schedule_expression == "rate(1 minute)",
      one(aws_cloudwatch_event_target.failover.retry_policy).maximum_event_age_in_seconds == 60,
      one(aws_cloudwatch_event_target.failover.retry_policy).maximum_retry_attempts == 0,
      aws_lambda_function_event_invoke_config.failover.maximum_event_age_in_seconds == 60,
      aws_lambda_function_event_invoke_config.failover.maximum_retry_attempts == 0,
    ])
    error_message = "The failover function must run every minute, and an event of an earlier one must not wait."
  }

  assert {
    condition = alltrue([
      aws_cloudwatch_metric_alarm.failover["failover-silent"].treat_missing_data == "breaching",
      aws_cloudwatch_metric_alarm.failover["failover-silent"].comparison_operator == "LessThanThreshold",
      aws_cloudwatch_metric_alarm.failover["failover-promoted"].metric_name == "Promotions",
      alltrue([for alarm in aws_cloudwatch_metric_alarm.failover : alarm.dimensions["Region"] == "us-east-2"]),
    ])
    error_message = "A function that stopped evaluating must set off an alarm, and so must one that promoted."
  }

  assert {
    condition = alltrue([
      for table in [aws_dynamodb_table.journal, aws_dynamodb_table.epoch] :
      table.billing_mode == "PAY_PER_REQUEST" && !table.deletion_protection_enabled && length(table.replica) == 0
      && one(table.server_side_encryption).enabled && one(table.point_in_time_recovery).enabled
    ])
    error_message = "Journal and epoch must be plain tables of their own region: encrypted, restorable, destroyable, without replicas."
  }

  assert {
    condition = alltrue([
      aws_dynamodb_table.journal.hash_key == "idempotency_key",
      one(aws_dynamodb_table.journal.ttl).attribute_name == "expires" && one(aws_dynamodb_table.journal.ttl).enabled,
      length([for ttl in aws_dynamodb_table.epoch.ttl : ttl if ttl.enabled]) == 0,
    ])
    error_message = "A journal entry must expire by itself, the epoch never."
  }

  # The dr region here: the first epoch names the other one all the same.
  assert {
    condition = alltrue([
      jsondecode(aws_dynamodb_table_item.epoch.item).scope.S == "payments",
      jsondecode(aws_dynamodb_table_item.epoch.item).epoch.N == "1",
      jsondecode(aws_dynamodb_table_item.epoch.item).active.S == "us-east-1",
      jsondecode(aws_dynamodb_table_item.epoch.item).replayed.BOOL,
      aws_dynamodb_table_item.epoch.table_name == "table-epoch-us-east-2-prod-pay1",
    ])
    error_message = "The first epoch must name the primary region, with nothing to replay."
  }

  assert {
    condition = alltrue([
      one(aws_lambda_function.payments.environment).variables["PEER_REGION"] == "us-east-1",
      one(aws_lambda_function.payments.environment).variables["JOURNAL_TABLE"] == "table-journal-us-east-2-prod-pay1",
      one(aws_lambda_function.payments.environment).variables["EPOCH_TABLE"] == "table-epoch-us-east-2-prod-pay1",
      one(aws_lambda_function.payments.environment).variables["PEER_JOURNAL_TABLE"] == "table-journal-us-east-1-prod-pay1",
      one(aws_lambda_function.payments.environment).variables["PEER_EPOCH_TABLE"] == "table-epoch-us-east-1-prod-pay1",
      one(aws_lambda_function.payments.environment).variables["DURABILITY"] == "strict",
      one(aws_lambda_function.payments.environment).variables["JOURNAL_RETENTION_DAYS"] == "21",
      one(aws_lambda_function.payments.environment).variables["API_NAME"] == "api.payments.example.com",
      one(aws_lambda_function.payments.environment).variables["API_NAME_SERVERS"] == "ns-1.awsdns-01.org,ns-2.awsdns-02.com",
    ])
    error_message = "The payments function must know both regions' tables, what to do without the other, and the witness's name."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["journal-pending"].statistic == "Minimum" && aws_cloudwatch_metric_alarm.this["journal-pending"].evaluation_periods == 5
    error_message = "What the schedule journals within minutes is no alarm; what stays is."
  }

  assert {
    condition = alltrue([
      for kind, metric in { payments-unjournaled = "PaymentsUnjournaled", journal-refused = "JournalRefused" } :
      aws_cloudwatch_metric_alarm.this[kind].metric_name == metric && aws_cloudwatch_metric_alarm.this[kind].threshold == 0
      && aws_cloudwatch_metric_alarm.this[kind].evaluation_periods == 1
      && aws_cloudwatch_metric_alarm.this[kind].dimensions["service"] == "lambda-payments-us-east-2-prod-pay1"
    ])
    error_message = "The first payment without a copy, and the first that a journal refused, must set off an alarm."
  }

  assert {
    condition     = aws_ssm_parameter.failover_mode.name == "parameter-failover-mode-prod-pay1" && aws_ssm_parameter.failover_mode.type == "String"
    error_message = "Each region must hold the mode of its own failover function."
  }

  assert {
    condition     = aws_ssm_parameter.fence.name == "parameter-fence-prod-pay1" && nonsensitive(aws_ssm_parameter.fence.value) == "{}"
    error_message = "Each region must remember the fence around the other in a parameter of its own, none at first."
  }

  assert {
    condition = alltrue([
      aws_rds_cluster.this.storage_encrypted,
      aws_rds_cluster.this.skip_final_snapshot,
      aws_rds_cluster.this.delete_automated_backups,
      !aws_rds_cluster.this.deletion_protection,
      aws_s3_bucket.transaction_logs.force_destroy,
      contains([for parameter in aws_rds_cluster_parameter_group.this.parameter : "${parameter.name}=${parameter.value}"], "rds.force_ssl=1"),
      aws_rds_cluster_parameter_group.this.family == "aurora-postgresql17",
    ])
    error_message = "The database must be encrypted, take TLS only, and be destroyable without leftovers."
  }

  assert {
    condition     = toset([for instance in aws_rds_cluster_instance.this : instance.availability_zone]) == toset(["us-east-2a", "us-east-2b", "us-east-2c"])
    error_message = "Three instances must stand in three zones."
  }

  assert {
    condition     = length(aws_api_gateway_account.this) == 0
    error_message = "A second deployment in an account must be able to leave API Gateway's log role alone."
  }
}
