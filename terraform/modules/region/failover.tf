# The function that watches the other region, and promotes this one's database when that has gone: the same zip and
# settings in both regions. Outside the VPC, because it needs no database and must not hang on a NAT gateway.

resource "aws_cloudwatch_log_group" "failover" {
  name              = "/aws/lambda/${local.failover_name}"
  retention_in_days = var.function.log_retention_days
  kms_key_id        = aws_kms_key.this.arn

  tags = { Name = "/aws/lambda/${local.failover_name}" }
}

# Whether the function may act. Each region reads its own: an operator can set one that the other cannot reach.
# It begins as manual: until deploy.yml has migrated and verified, an API that does not serve is no outage.
resource "aws_ssm_parameter" "failover_mode" {
  #checkov:skip=CKV2_AWS_34:A switch, no secret; it must be readable without KMS
  name        = local.mode_parameter
  description = "Whether the failover function of this region acts by itself: automatic or manual"
  type        = "String"
  tier        = "Standard"
  value = jsonencode({
    mode = "manual"
    by   = "terraform"
    why  = "not verified yet"
    at   = plantimestamp()
  })

  tags = { Name = local.mode_parameter }

  lifecycle {
    ignore_changes = [
      value, # operations': mode.yml and the function itself change it
    ]
  }
}

# What the other region's payments function had reserved before it was fenced from here. Apart from the mode, because SSM
# has no conditional write: who sets the mode must not take a fence's memory back (docs/decisions/0012).
resource "aws_ssm_parameter" "fence" {
  #checkov:skip=CKV2_AWS_34:A number, no secret; it must be readable without KMS
  name        = local.fence_parameter
  description = "What the other region's payments function had reserved before it was fenced from here"
  type        = "String"
  tier        = "Standard"
  value       = jsonencode({})

  tags = { Name = local.fence_parameter }

  lifecycle {
    ignore_changes = [
      value, # operations': the recovery playbooks and the failover function change it
    ]
  }
}

resource "aws_lambda_function" "failover" {
  #checkov:skip=CKV_AWS_116:The next minute asks again; an evaluation that is kept for later would judge what has passed
  #checkov:skip=CKV_AWS_117:It talks to public endpoints only, and must work when the VPC's way out does not
  #checkov:skip=CKV_AWS_272:The zip is built and uploaded by the same deployment that would sign it; source_code_hash shows any change
  function_name = local.failover_name
  description   = "Promotes this region when ${var.peer_region} has gone, ${var.failover.version}"
  role          = aws_iam_role.failover.arn

  filename         = var.failover.package
  source_code_hash = filebase64sha256(var.failover.package)
  handler          = "failover.handler.handler"
  runtime          = "python3.13"
  architectures    = ["arm64"]

  memory_size                    = 512 # its time is what botocore takes to start, which is bought with memory
  timeout                        = 900 # the longest: it waits for the end of a promotion
  reserved_concurrent_executions = 1   # the next minute's event waits, or is dropped, while one run acts
  kms_key_arn                    = aws_kms_key.this.arn
  publish                        = false

  environment {
    variables = {
      FAILOVER_VERSION   = var.failover.version
      FAILOVER_POLICY    = jsonencode(var.failover.policy)
      LOG_LEVEL          = var.function.log_level
      TOPOLOGY_PARAMETER = var.topology_parameter
    }
  }

  tracing_config {
    mode = "Active"
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = var.function.log_level == "WARNING" ? "WARN" : var.function.log_level
    system_log_level      = "INFO"
    log_group             = aws_cloudwatch_log_group.failover.name
  }

  tags = { Name = local.failover_name }

  # Lambda checks what the role may do when it is made.
  depends_on = [aws_iam_role_policy.failover]
}

# An event is about its own minute: what could not run then is dropped, and the next one comes.
resource "aws_lambda_function_event_invoke_config" "failover" {
  function_name                = aws_lambda_function.failover.function_name
  maximum_event_age_in_seconds = local.failover_event_age_seconds
  maximum_retry_attempts       = 0
}

resource "aws_cloudwatch_event_rule" "failover" {
  name                = "rule-failover-${local.here}"
  description         = "Lets the failover function of this region evaluate"
  schedule_expression = "rate(1 minute)"

  tags = { Name = "rule-failover-${local.here}" }
}

resource "aws_cloudwatch_event_target" "failover" {
  rule      = aws_cloudwatch_event_rule.failover.name
  target_id = "lambda-failover"
  arn       = aws_lambda_function.failover.arn

  retry_policy {
    maximum_event_age_in_seconds = local.failover_event_age_seconds
    maximum_retry_attempts       = 0
  }

  # An event that may not invoke would be lost without a word.
  depends_on = [aws_lambda_permission.failover, aws_lambda_function_event_invoke_config.failover]
}

resource "aws_lambda_permission" "failover" {
  statement_id   = "rule-failover-${local.tail}"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.failover.function_name
  principal      = "events.amazonaws.com"
  source_account = var.account_id
  source_arn     = aws_cloudwatch_event_rule.failover.arn
}
