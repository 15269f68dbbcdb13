# The payments function: the same zip, settings and names in both regions; only the region's own addresses differ.

resource "aws_cloudwatch_log_group" "lambda" {
  name              = "/aws/lambda/${local.function_name}"
  retention_in_days = var.function.log_retention_days
  kms_key_id        = aws_kms_key.this.arn

  tags = { Name = "/aws/lambda/${local.function_name}" }
}

# Asynchronous invocations that failed for good. What the schedule sends is worth nothing once a later run succeeded, so
# a letter stays for an hour, and the alarm on the queue ends by itself.
resource "aws_sqs_queue" "dead_letters" {
  name                       = "sqs-payments-dlq-${local.here}"
  kms_master_key_id          = aws_kms_key.this.arn
  message_retention_seconds  = 3600
  visibility_timeout_seconds = 60

  tags = { Name = "sqs-payments-dlq-${local.here}" }
}

data "aws_iam_policy_document" "dead_letters" {
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [aws_sqs_queue.dead_letters.arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.url
  policy    = data.aws_iam_policy_document.dead_letters.json
}

resource "aws_lambda_function" "payments" {
  #checkov:skip=CKV_AWS_272:The zip is built and uploaded by the same deployment that would sign it; source_code_hash shows any change
  function_name = local.function_name
  description   = "Payments API, ${var.function.version}"
  role          = aws_iam_role.lambda.arn

  filename         = var.function.package
  source_code_hash = filebase64sha256(var.function.package)
  handler          = "payments.handler.handler"
  runtime          = "python3.13"
  architectures    = ["arm64"]

  memory_size                    = var.function.memory_mb
  timeout                        = var.function.timeout_seconds
  reserved_concurrent_executions = var.function.reserved_concurrency
  kms_key_arn                    = aws_kms_key.this.arn
  # No published versions: the API calls $LATEST, and the way back is to deploy the earlier zip in both regions.
  publish = false

  environment {
    variables = {
      ENVIRONMENT            = var.environment
      ENVIRONMENT_SUFFIX     = var.environmentSuffix
      PAYMENTS_REGION_ROLE   = var.dr_role
      PAYMENTS_VERSION       = var.function.version
      LOG_LEVEL              = var.function.log_level
      DATABASE_ENDPOINT      = aws_rds_cluster.this.endpoint
      DATABASE_NAME          = var.database.name
      DATABASE_SECRET_ARN    = data.aws_secretsmanager_secret.database.arn
      TRANSACTION_LOG_BUCKET = aws_s3_bucket.transaction_logs.bucket

      # What a payment needs before it is acknowledged: docs/decisions/0016.
      PEER_REGION            = var.peer_region
      JOURNAL_TABLE          = aws_dynamodb_table.journal.name
      EPOCH_TABLE            = aws_dynamodb_table.epoch.name
      PEER_JOURNAL_TABLE     = local.peer_journal_table
      PEER_EPOCH_TABLE       = local.peer_epoch_table
      DURABILITY             = var.durability
      JOURNAL_RETENTION_DAYS = var.journal.retention_days
      # The witness that neither region owns: the name that fails over, where it leads when this region serves, and who
      # says so without a cache that remembers for the record's TTL.
      API_NAME         = var.api_domains.shared
      API_GATEWAY      = aws_api_gateway_domain_name.this["shared"].regional_domain_name
      API_NAME_SERVERS = join(",", var.name_servers)
    }
  }

  vpc_config {
    subnet_ids         = [for subnet in aws_subnet.private : subnet.id]
    security_group_ids = [aws_security_group.lambda.id]
  }

  dead_letter_config {
    target_arn = aws_sqs_queue.dead_letters.arn
  }

  tracing_config {
    mode = "Active"
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = var.function.log_level == "WARNING" ? "WARN" : var.function.log_level
    system_log_level      = "INFO"
    log_group             = aws_cloudwatch_log_group.lambda.name
  }

  tags = { Name = local.function_name }

  lifecycle {
    ignore_changes = [
      reserved_concurrent_executions, # operations': 0 fences a region, and no deployment may open it (docs/decisions/0009)
    ]
  }

  # Lambda checks what the role may do when it is made.
  depends_on = [aws_iam_role_policy.lambda]
}

resource "aws_lambda_permission" "api" {
  statement_id   = "api-payments-${local.tail}"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.payments.function_name
  principal      = "apigateway.amazonaws.com"
  source_account = var.account_id
  source_arn     = "${aws_api_gateway_rest_api.payments.execution_arn}/${local.stage_name}/*"
}
