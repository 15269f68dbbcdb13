# What runs by itself: every minute the function writes the transaction log objects that a crash or an outage of S3 left
# out. In both regions, because roles swap: where there is no writer a run says so and does nothing.

resource "aws_cloudwatch_event_rule" "repair" {
  name                = "rule-repair-${local.here}"
  description         = "Completes the transaction log from the database's outbox"
  schedule_expression = "rate(1 minute)"

  tags = { Name = "rule-repair-${local.here}" }

  # The first run should find a database.
  depends_on = [aws_rds_cluster_instance.this]
}

resource "aws_cloudwatch_event_target" "repair" {
  rule      = aws_cloudwatch_event_rule.repair.name
  target_id = "payments"
  arn       = aws_lambda_function.payments.arn
  input     = jsonencode({ action = "repair" })

  # The shortest age that AWS takes, and no attempt but the first: the next minute's run is the repetition.
  retry_policy {
    maximum_event_age_in_seconds = 60
    maximum_retry_attempts       = 0
  }

  depends_on = [aws_lambda_permission.repair]
}

resource "aws_lambda_permission" "repair" {
  statement_id  = "repair-payments-${local.tail}"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.payments.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.repair.arn
}

# The same for what Lambda does with an event that failed: only schedules invoke this function asynchronously.
resource "aws_lambda_function_event_invoke_config" "payments" {
  function_name                = aws_lambda_function.payments.function_name
  maximum_event_age_in_seconds = 60
  maximum_retry_attempts       = 0
}
