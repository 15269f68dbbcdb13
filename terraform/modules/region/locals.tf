data "aws_partition" "current" {}

locals {
  partition = data.aws_partition.current.partition
  tail      = "${var.environment}-${var.environmentSuffix}"

  # <region>-<environment>-<environmentSuffix>: the end of every name in this module.
  here  = "${var.region}-${local.tail}"
  there = "${var.peer_region}-${local.tail}"

  # Named here because the peer's alarms and policies have to know them before they exist.
  bucket_name      = "s3-transaction-logs-${local.here}"
  peer_bucket_name = "s3-transaction-logs-${local.there}"
  cluster_name     = "aurora-cluster-${local.here}"
  function_name    = "lambda-payments-${local.here}"
  api_gateway_name = "api-payments-${local.here}"
  stage_name       = "stage-${local.tail}"

  arn_prefix = {
    ec2    = "arn:${local.partition}:ec2:${var.region}:${var.account_id}"
    lambda = "arn:${local.partition}:lambda:${var.region}:${var.account_id}"
    logs   = "arn:${local.partition}:logs:${var.region}:${var.account_id}"
  }
}
