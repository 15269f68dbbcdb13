# Who watches the one that watches: an alarm when it falls silent, and one when it has acted.

locals {
  failover_alarms = {
    failover-silent = {
      description = "The failover function of ${var.region} has not evaluated for five minutes: nobody would fail over to here by itself."
      metric      = "Evaluations", comparison = "LessThanThreshold", threshold = 1, evaluations = 5, missing = "breaching"
    }
    failover-promoted = {
      description = "The failover function has promoted ${var.region} by itself. The mode is manual now: see docs/runbooks/failover.md."
      metric      = "Promotions", comparison = "GreaterThanThreshold", threshold = 0, evaluations = 1, missing = "notBreaching"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "failover" {
  for_each = local.failover_alarms

  alarm_name          = "alarm-${each.key}-${local.here}"
  alarm_description   = each.value.description
  namespace           = "PaymentsDR"
  metric_name         = each.value.metric
  dimensions          = { Region = var.region }
  statistic           = "Sum"
  period              = local.alarm_period_seconds
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  evaluation_periods  = each.value.evaluations
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alerts.arn]
  ok_actions          = [aws_sns_topic.alerts.arn]

  tags = { Name = "alarm-${each.key}-${local.here}" }

  # Silence before the function is there is no news.
  depends_on = [aws_cloudwatch_event_target.failover]
}
