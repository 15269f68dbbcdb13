# One screen for each region, in the order in which an on-call asks: is it serving, is it the database, are we ready.

locals {
  # [title, statistic, metrics as CloudWatch wants them in a dashboard]
  graphs = [
    ["API requests and failures", "Sum", [
      ["AWS/ApiGateway", "Count", "ApiName", local.api_gateway_name, "Stage", local.stage_name],
      [".", "4XXError", ".", ".", ".", "."],
      [".", "5XXError", ".", ".", ".", "."],
    ]],
    ["API latency (ms)", "Average", [
      ["AWS/ApiGateway", "Latency", "ApiName", local.api_gateway_name, "Stage", local.stage_name],
      [".", "IntegrationLatency", ".", ".", ".", "."],
    ]],
    ["Function", "Sum", [
      ["AWS/Lambda", "Invocations", "FunctionName", local.function_name],
      [".", "Errors", ".", "."],
      [".", "Throttles", ".", "."],
    ]],
    ["Function duration (ms) and concurrency", "Maximum", [
      ["AWS/Lambda", "Duration", "FunctionName", local.function_name],
      [".", "ConcurrentExecutions", ".", ".", { yAxis = "right" }],
    ]],
    ["Payments waiting for their transaction log object", "Maximum", [
      ["Payments", "TransactionLogPending", "service", local.function_name],
    ]],
    ["Payments acknowledged without a copy in the other region, refused by its journal, waiting for it", "Sum", [
      ["Payments", "PaymentsUnjournaled", "service", local.function_name],
      [".", "JournalRefused", ".", "."],
      [".", "JournalPending", ".", ".", { stat = "Maximum" }],
    ]],
    ["Aurora capacity (ACU) and connections", "Maximum", [
      ["AWS/RDS", "ServerlessDatabaseCapacity", "DBClusterIdentifier", local.cluster_name],
      [".", "DatabaseConnections", ".", ".", { yAxis = "right" }],
    ]],
    ["Aurora lag while standby (ms)", "Maximum", [
      ["AWS/RDS", "AuroraGlobalDBRPOLag", "DBClusterIdentifier", local.cluster_name],
      [".", "AuroraGlobalDBReplicationLag", ".", "."],
    ]],
    ["Transaction logs arriving here: latency (s)", "Maximum", [
      ["AWS/S3", "ReplicationLatency", "SourceBucket", local.peer_bucket_name, "DestinationBucket", local.bucket_name, "RuleId", "transaction-logs"],
    ]],
    ["Transaction logs leaving here: failures", "Sum", [
      ["AWS/S3", "OperationsFailedReplication", "SourceBucket", local.bucket_name, "DestinationBucket", local.peer_bucket_name, "RuleId", "transaction-logs"],
    ]],
  ]

  alarm_arns = concat(
    [for alarm in aws_cloudwatch_metric_alarm.this : alarm.arn],
    [aws_cloudwatch_metric_alarm.api_5xx.arn, aws_cloudwatch_metric_alarm.certificate_expiry.arn],
  )
}

resource "aws_cloudwatch_dashboard" "payments" {
  dashboard_name = "dashboard-payments-${local.here}"

  dashboard_body = jsonencode({
    widgets = concat(
      [{
        type       = "alarm", x = 0, y = 0, width = 24, height = 4
        properties = { title = "Alarms of ${var.region} (home role: ${var.dr_role})", alarms = local.alarm_arns }
      }],
      [for index, graph in local.graphs : {
        type = "metric", x = (index % 2) * 12, y = 4 + floor(index / 2) * 6, width = 12, height = 6
        properties = {
          title  = graph[0], stat = graph[1], metrics = graph[2]
          region = var.region, period = local.alarm_period_seconds, view = "timeSeries"
        }
      }],
    )
  })
}
