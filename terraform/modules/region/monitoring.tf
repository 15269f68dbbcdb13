# Alarms, as data. All of them stand in both regions, because roles swap: the Aurora ones see data only where the
# cluster is a secondary, so missing data there is the normal state of the active region.

locals {
  alarm_period_seconds = 60

  # Lag grows by at most a second each second. At 40 % of the RPO, two datapoints of a minute later, there is
  # still a fifth of it left (300 s: 120 + 2 x 60 = 240) for somebody to act before the promise is broken.
  rpo_lag_threshold_ms         = var.objectives.rpo_seconds * 1000 * 0.4
  replication_lag_threshold_ms = var.objectives.rpo_seconds * 1000 * 0.1

  cluster_dimensions  = { DBClusterIdentifier = aws_rds_cluster.this.cluster_identifier }
  function_dimensions = { FunctionName = aws_lambda_function.payments.function_name }
  api_dimensions      = { ApiName = aws_api_gateway_rest_api.payments.name, Stage = aws_api_gateway_stage.this.stage_name }
  health_dimensions   = merge(local.api_dimensions, { Resource = "/health", Method = "GET" })

  alarms = {
    aurora-rpo-lag = {
      description = "Payments that would be lost if the active region died now exceed 40 % of the RPO."
      namespace   = "AWS/RDS", metric = "AuroraGlobalDBRPOLag", statistic = "Maximum"
      dimensions  = local.cluster_dimensions
      threshold   = local.rpo_lag_threshold_ms, datapoints = null, evaluations = 2, missing = "notBreaching"
    }
    aurora-replication-lag = {
      description = "Replication into this region has been slow for five minutes."
      namespace   = "AWS/RDS", metric = "AuroraGlobalDBReplicationLag", statistic = "Average"
      dimensions  = local.cluster_dimensions
      threshold   = local.replication_lag_threshold_ms, datapoints = null, evaluations = 5, missing = "notBreaching"
    }
    aurora-capacity = {
      description = "The database is at its largest allowed size: raise aurora.max_capacity, in both regions."
      namespace   = "AWS/RDS", metric = "ACUUtilization", statistic = "Maximum"
      dimensions  = local.cluster_dimensions
      threshold   = 90, datapoints = 10, evaluations = 15, missing = "notBreaching"
    }
    # Route 53 watches this one too, and takes neither percentiles nor "M out of N" datapoints. Probes are part of it, so
    # that it still has data when all payments have been sent away, and the region can be seen to have recovered.
    api-latency = {
      description = "The API of this region is too slow."
      namespace   = "AWS/ApiGateway", metric = "Latency", statistic = "Average"
      dimensions  = local.api_dimensions
      threshold   = var.api_latency_threshold_ms, datapoints = null, evaluations = 3, missing = "missing"
    }
    lambda-errors = {
      description = "The payments function raises errors."
      namespace   = "AWS/Lambda", metric = "Errors", statistic = "Sum"
      dimensions  = local.function_dimensions
      threshold   = 0, datapoints = 2, evaluations = 5, missing = "notBreaching"
    }
    lambda-throttles = {
      description = "The payments function is out of concurrency: payments are refused."
      namespace   = "AWS/Lambda", metric = "Throttles", statistic = "Sum"
      dimensions  = local.function_dimensions
      threshold   = 0, datapoints = 2, evaluations = 5, missing = "notBreaching"
    }
    # What the schedule could not repair; a standby has nothing to say. The function measures it: lambda/payments/actions.py
    transaction-log = {
      description = "Payments have waited for their transaction log object for five minutes."
      namespace   = "Payments", metric = "TransactionLogPending", statistic = "Minimum"
      dimensions  = { service = aws_lambda_function.payments.function_name }
      threshold   = 0, datapoints = null, evaluations = 5, missing = "notBreaching"
    }
    # What the schedule could not journal: the other region is still away, or holds another payment under the same key.
    journal-pending = {
      description = "Payments have waited for their copy in ${var.peer_region} for five minutes."
      namespace   = "Payments", metric = "JournalPending", statistic = "Minimum"
      dimensions  = { service = aws_lambda_function.payments.function_name }
      threshold   = 0, datapoints = null, evaluations = 5, missing = "notBreaching"
    }
    # Only with durability available: an outage of this region now could lose them. The repair journals them later.
    payments-unjournaled = {
      description = "Payments are acknowledged without a copy in ${var.peer_region}, which cannot be reached."
      namespace   = "Payments", metric = "PaymentsUnjournaled", statistic = "Sum"
      dimensions  = { service = aws_lambda_function.payments.function_name }
      threshold   = 0, datapoints = null, evaluations = 1, missing = "notBreaching"
    }
    journal-refused = {
      description = "The journal in ${var.peer_region} refuses this region's payments: another epoch has begun there."
      namespace   = "Payments", metric = "JournalRefused", statistic = "Sum"
      dimensions  = { service = aws_lambda_function.payments.function_name }
      threshold   = 0, datapoints = null, evaluations = 1, missing = "notBreaching"
    }
    lambda-dead-letters = {
      description = "Invocations have failed for good and wait in the dead letter queue."
      namespace   = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", statistic = "Maximum"
      dimensions  = { QueueName = aws_sqs_queue.dead_letters.name }
      threshold   = 0, datapoints = null, evaluations = 1, missing = "notBreaching"
    }
    # S3 publishes latency in the destination's region and failures in the source's:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html
    s3-replication-latency = {
      description = "Transaction logs of the other region reach this one later than the RPO allows."
      namespace   = "AWS/S3", metric = "ReplicationLatency", statistic = "Maximum"
      dimensions  = { SourceBucket = local.peer_bucket_name, DestinationBucket = local.bucket_name, RuleId = "transaction-logs" }
      threshold   = var.objectives.rpo_seconds, datapoints = null, evaluations = 1, missing = "notBreaching"
    }
    s3-replication-failed = {
      description = "Transaction logs of this region could not be replicated."
      namespace   = "AWS/S3", metric = "OperationsFailedReplication", statistic = "Sum"
      dimensions  = { SourceBucket = local.bucket_name, DestinationBucket = local.peer_bucket_name, RuleId = "transaction-logs" }
      threshold   = 0, datapoints = null, evaluations = 1, missing = "notBreaching"
    }
    # The switch: one datapoint in this region sends the traffic out of the other. Silence keeps what was last said.
    evacuate = {
      description = "Somebody has asked for ${var.peer_region} to be evacuated."
      namespace   = "PaymentsDR", metric = "Evacuate", statistic = "Maximum"
      dimensions  = { Region = var.peer_region }
      threshold   = 0, datapoints = null, evaluations = 1, missing = "ignore"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "alarm-${each.key}-${local.here}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = local.alarm_period_seconds
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  datapoints_to_alarm = each.value.datapoints
  evaluation_periods  = each.value.evaluations
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alerts.arn]
  ok_actions          = [aws_sns_topic.alerts.arn]

  tags = { Name = "alarm-${each.key}-${local.here}" }
}

# Without the probes: a standby answers them 503 by design, and would be in alarm for as long as all is well.
resource "aws_cloudwatch_metric_alarm" "api_5xx" {
  alarm_name          = "alarm-api-5xx-${local.here}"
  alarm_description   = "More than 1 % of the payment requests of this region fail."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 1
  datapoints_to_alarm = 2
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]
  ok_actions          = [aws_sns_topic.alerts.arn]

  metric_query {
    id          = "rate"
    label       = "Failed payment requests, %"
    expression  = "100 * (FILL(errors, 0) - FILL(probe_errors, 0)) / (FILL(requests, 0) - FILL(probes, 0))"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = {
      errors       = { metric = "5XXError", dimensions = local.api_dimensions }
      probe_errors = { metric = "5XXError", dimensions = local.health_dimensions }
      requests     = { metric = "Count", dimensions = local.api_dimensions }
      probes       = { metric = "Count", dimensions = local.health_dimensions }
    }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/ApiGateway"
        metric_name = metric_query.value.metric
        dimensions  = metric_query.value.dimensions
        stat        = "Sum"
        period      = local.alarm_period_seconds
      }
    }
  }

  tags = { Name = "alarm-api-5xx-${local.here}" }
}

# ACM renews by itself while the validation records stand; this tells when it could not, in time to act.
resource "aws_cloudwatch_metric_alarm" "certificate_expiry" {
  alarm_name          = "alarm-certificate-expiry-${local.here}"
  alarm_description   = "The API's certificate in this region expires in less than 30 days and was not renewed."
  namespace           = "AWS/CertificateManager"
  metric_name         = "DaysToExpiry"
  dimensions          = { CertificateArn = aws_acm_certificate.this.arn }
  statistic           = "Minimum"
  period              = 86400
  comparison_operator = "LessThanThreshold"
  threshold           = 30
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]
  ok_actions          = [aws_sns_topic.alerts.arn]

  tags = { Name = "alarm-certificate-expiry-${local.here}" }
}
