# Who decides where the traffic goes: Route 53's checkers, and whoever evacuates a region.

# A region is healthy when a payment could be accepted there now: GET /health says 200 only where the local database
# takes writes. Route 53 itself limits the response time: 4 s to connect, 2 s to answer.
resource "aws_route53_health_check" "endpoint" {
  provider = aws.primary
  for_each = local.own_domains

  type              = "HTTPS"
  fqdn              = each.value
  port              = 443
  resource_path     = "/health"
  enable_sni        = true
  request_interval  = var.health_check.interval_seconds
  failure_threshold = var.health_check.failure_threshold
  measure_latency   = true

  tags = merge(local.global_tags, { Name = "healthcheck-endpoint-${local.region_of[each.key]}-${local.tail}" })

  # A new check counts as healthy until it has failed often enough: made before there is anything to answer it, it would
  # send the first minute's traffic, and an alarm, the wrong way.
  depends_on = [aws_route53_record.own]
}

# The switch stands in the other region, so that it works when this one is dark.
resource "aws_route53_health_check" "evacuation" {
  provider = aws.primary

  type                            = "CLOUDWATCH_METRIC"
  cloudwatch_alarm_name           = module.dr.health_alarms["evacuate"].name
  cloudwatch_alarm_region         = var.dr.region
  insufficient_data_health_status = "LastKnownStatus"
  triggers                        = { alarm = module.dr.health_alarms["evacuate"].fingerprint }

  tags = merge(local.global_tags, { Name = "healthcheck-evacuation-${var.primary.region}-${local.tail}" })
}

# Likewise for the dr region: one that nobody can fence may claim to be well while the primary region is to be promoted.
resource "aws_route53_health_check" "evacuation_dr" {
  provider = aws.primary

  type                            = "CLOUDWATCH_METRIC"
  cloudwatch_alarm_name           = module.primary.health_alarms["evacuate"].name
  cloudwatch_alarm_region         = var.primary.region
  insufficient_data_health_status = "LastKnownStatus"
  triggers                        = { alarm = module.primary.health_alarms["evacuate"].fingerprint }

  tags = merge(local.global_tags, { Name = "healthcheck-evacuation-${var.dr.region}-${local.tail}" })
}

resource "aws_route53_health_check" "latency" {
  provider = aws.primary

  type                            = "CLOUDWATCH_METRIC"
  cloudwatch_alarm_name           = module.primary.health_alarms["api-latency"].name
  cloudwatch_alarm_region         = var.primary.region
  insufficient_data_health_status = "LastKnownStatus"
  triggers                        = { alarm = module.primary.health_alarms["api-latency"].fingerprint }

  tags = merge(local.global_tags, { Name = "healthcheck-latency-${var.primary.region}-${local.tail}" })
}

# The PRIMARY record asks this one: all of the three have to be healthy.
resource "aws_route53_health_check" "serving" {
  provider = aws.primary

  type                   = "CALCULATED"
  child_health_threshold = 3
  child_healthchecks = [
    aws_route53_health_check.endpoint["primary"].id,
    aws_route53_health_check.evacuation.id,
    aws_route53_health_check.latency.id,
  ]

  tags = merge(local.global_tags, { Name = "healthcheck-serving-${var.primary.region}-${local.tail}" })
}

# The way home (docs/decisions/0015). When the SECONDARY record's check is unhealthy, Route 53 answers PRIMARY whatever
# PRIMARY's own check says. So the name leads home as soon as the dr region, active, goes down, and not only when the
# primary region has been promoted and has passed its checks for a minute.
resource "aws_route53_health_check" "standing_by" {
  provider = aws.primary

  type                            = "CLOUDWATCH_METRIC"
  cloudwatch_alarm_name           = aws_cloudwatch_metric_alarm.standing_by.alarm_name
  cloudwatch_alarm_region         = var.primary.region
  insufficient_data_health_status = "LastKnownStatus" # healthy, not standing by, before there was any
  triggers                        = { alarm = sha1(jsonencode(local.standing_by_alarm)) }

  tags = merge(local.global_tags, { Name = "healthcheck-standing-by-${var.primary.region}-${local.tail}" })
}

# Whoever evacuates the primary region wants nobody there, whatever else is unhealthy; unless both are evacuated.
resource "aws_route53_health_check" "evacuated" {
  provider = aws.primary

  type                            = "CLOUDWATCH_METRIC"
  cloudwatch_alarm_name           = module.dr.health_alarms["evacuate"].name
  cloudwatch_alarm_region         = var.dr.region
  insufficient_data_health_status = "LastKnownStatus"
  invert_healthcheck              = true
  triggers                        = { alarm = module.dr.health_alarms["evacuate"].fingerprint }

  tags = merge(local.global_tags, { Name = "healthcheck-evacuated-${var.primary.region}-${local.tail}" })
}

# The SECONDARY record asks this one. Two healthy children are enough: the dr region is not evacuated, and it takes
# payments, or the primary region is not standing by (it is active, or was until a moment ago), or that is evacuated.
resource "aws_route53_health_check" "away" {
  provider = aws.primary

  type                   = "CALCULATED"
  child_health_threshold = 2
  child_healthchecks = [
    aws_route53_health_check.endpoint["dr"].id,
    aws_route53_health_check.evacuation_dr.id,
    aws_route53_health_check.standing_by.id,
    aws_route53_health_check.evacuated.id,
  ]

  tags = merge(local.global_tags, { Name = "healthcheck-away-${var.dr.region}-${local.tail}" })
}

# A latch that is moved in calm times only. The failover function says 1 while its region is a standby and Route 53's
# checkers find the other one well, and 0 while its region is active and they find it well; silence keeps what was last
# said. Nothing has to be done when a region goes down, then.
locals {
  standing_by_alarm = {
    namespace          = "PaymentsDR"
    metric_name        = "StandingBy"
    dimensions         = { Region = var.primary.region }
    statistic          = "Maximum"
    period             = 60
    evaluation_periods = 1
    treat_missing_data = "ignore"
  }
}

resource "aws_cloudwatch_metric_alarm" "standing_by" {
  provider = aws.primary

  alarm_name          = "alarm-standing-by-${var.primary.region}-${local.tail}"
  alarm_description   = "${var.primary.region} is the standby: should ${var.dr.region} go down, the name leads back here at once."
  namespace           = local.standing_by_alarm.namespace
  metric_name         = local.standing_by_alarm.metric_name
  dimensions          = local.standing_by_alarm.dimensions
  statistic           = local.standing_by_alarm.statistic
  period              = local.standing_by_alarm.period
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = local.standing_by_alarm.evaluation_periods
  treat_missing_data  = local.standing_by_alarm.treat_missing_data
  alarm_actions       = [module.primary.alerts_topic_arn]
  ok_actions          = [module.primary.alerts_topic_arn]

  tags = { Name = "alarm-standing-by-${var.primary.region}-${local.tail}" }
}

# AWS/Route53 metrics exist in us-east-1 only, and so do these alarms.
locals {
  # The dr endpoint alone has no alarm: as a standby it answers 503, by design and all day.
  health_alarms = {
    health-endpoint = {
      description = "The API of ${var.primary.region} does not accept payments, or not in time."
      checks      = [aws_route53_health_check.endpoint["primary"].id]
    }
    health-serving = {
      description = "api traffic has left ${var.primary.region}: its endpoint, latency or evacuation check is unhealthy."
      checks      = [aws_route53_health_check.serving.id]
    }
    health-anywhere = {
      description = "No region accepts payments."
      checks      = [for check in aws_route53_health_check.endpoint : check.id]
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "health" {
  provider = aws.primary
  for_each = local.health_alarms

  alarm_name          = "alarm-${each.key}-${var.primary.region}-${local.tail}"
  alarm_description   = each.value.description
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  evaluation_periods  = 1
  treat_missing_data  = "breaching" # a check that reports nothing is no reason for calm
  alarm_actions       = [module.primary.alerts_topic_arn]
  ok_actions          = [module.primary.alerts_topic_arn]

  # 1 while any of the checks is healthy.
  metric_query {
    id          = "healthy"
    label       = "Healthy"
    expression  = "MAX(METRICS())"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { for index, check in each.value.checks : "check${index}" => check }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/Route53"
        metric_name = "HealthCheckStatus"
        dimensions  = { HealthCheckId = metric_query.value }
        stat        = "Minimum"
        period      = 60
      }
    }
  }

  tags = { Name = "alarm-${each.key}-${var.primary.region}-${local.tail}" }
}
