data "aws_partition" "current" {}

locals {
  partition = data.aws_partition.current.partition
  tail      = "${var.environment}-${var.environmentSuffix}"

  # <region>-<environment>-<environmentSuffix>: the end of every name in this module.
  here  = "${var.region}-${local.tail}"
  there = "${var.peer_region}-${local.tail}"

  # Named here because the peer's alarms and policies have to know them before they exist.
  bucket_name        = "s3-transaction-logs-${local.here}"
  peer_bucket_name   = "s3-transaction-logs-${local.there}"
  cluster_name       = "aurora-cluster-${local.here}"
  function_name      = "lambda-payments-${local.here}"
  peer_function_name = "lambda-payments-${local.there}"
  failover_name      = "lambda-failover-${local.here}"
  journal_table      = "table-journal-${local.here}"
  peer_journal_table = "table-journal-${local.there}"
  epoch_table        = "table-epoch-${local.here}"
  peer_epoch_table   = "table-epoch-${local.there}"
  mode_parameter     = "parameter-failover-mode-${local.tail}"
  fence_parameter    = "parameter-fence-${local.tail}"
  api_gateway_name   = "api-payments-${local.here}"
  stage_name         = "stage-${local.tail}"

  # An event of the schedule is about its own minute; one that waits for longer is dropped.
  failover_event_age_seconds = 60

  arn_prefix = { for service in ["cloudwatch", "ec2", "lambda", "logs", "rds", "ssm"] :
    service => "arn:${local.partition}:${service}:${var.region}:${var.account_id}"
  }
  peer_arn_prefix = { for service in ["dynamodb", "lambda", "ssm"] :
    service => "arn:${local.partition}:${service}:${var.peer_region}:${var.account_id}"
  }
}
