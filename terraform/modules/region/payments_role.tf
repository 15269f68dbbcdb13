# What the payments function may do. Resource "*" stands only where AWS offers nothing narrower.

data "aws_iam_policy_document" "lambda_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "lambda" {
  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.lambda.arn}:*"]
  }

  statement {
    sid       = "ReadDatabaseSecret"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [data.aws_secretsmanager_secret.database.arn]
  }

  statement {
    sid       = "WriteTransactionLog"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.transaction_logs.arn}/*"]
  }

  statement {
    sid       = "SendDeadLetters"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_letters.arn]
  }

  statement {
    sid       = "UseTheKeyThroughItsServices"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.this.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${var.region}.amazonaws.com", "sqs.${var.region}.amazonaws.com"]
    }
  }

  # Who may acknowledge, and what the other region acknowledged before this one took over.
  statement {
    sid       = "ReadOwnEpochAndJournal"
    actions   = ["dynamodb:GetItem"]
    resources = [aws_dynamodb_table.epoch.arn, aws_dynamodb_table.journal.arn]
  }

  # A transaction of both: the entry goes in only while the other region has no newer epoch.
  statement {
    sid       = "JournalInTheOtherRegion"
    actions   = ["dynamodb:PutItem"]
    resources = ["${local.peer_arn_prefix.dynamodb}:table/${local.peer_journal_table}"]
  }

  statement {
    sid       = "OnlyUnderTheEpochOfTheOtherRegion"
    actions   = ["dynamodb:ConditionCheckItem"]
    resources = ["${local.peer_arn_prefix.dynamodb}:table/${local.peer_epoch_table}"]
  }

  # What DynamoDB asks of KMS in the caller's name, for reading and for writing:
  # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
  statement {
    sid       = "UseBothKeysThroughDynamodb"
    actions   = local.table_key_actions
    resources = [aws_kms_key.this.arn, var.peer_kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = local.dynamodb_services
    }
  }

  # Lambda decrypts the environment variables in the role's name.
  statement {
    sid       = "ReadOwnEnvironment"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.this.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:lambda:FunctionArn"
      values   = ["${local.arn_prefix.lambda}:function:${local.function_name}"]
    }
  }

  # A secret under a customer managed key; under AWS's own key no permission is needed.
  dynamic "statement" {
    for_each = startswith(local.secret_key, "arn:") ? [local.secret_key] : []

    content {
      sid       = "DecryptDatabaseSecret"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["secretsmanager.${var.region}.amazonaws.com"]
      }
    }
  }

  # X-Ray knows no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
  statement {
    sid       = "Trace"
    actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [var.region]
    }
  }

  # Lambda attaches the function to the VPC in the role's name, and checks for these when the function is made:
  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
  statement {
    sid = "AttachToVpc"
    actions = [
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:AssignPrivateIpAddresses",
      "ec2:UnassignPrivateIpAddresses",
    ]
    resources = concat(
      ["${local.arn_prefix.ec2}:network-interface/*", aws_security_group.lambda.arn],
      [for subnet in aws_subnet.private : subnet.arn],
    )
  }

  statement {
    sid       = "LookAtVpc"
    actions   = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [var.region]
    }
  }

  # The Lambda service needs those two statements; the function's own code does not, and is refused.
  statement {
    sid    = "CodeKeepsOffTheVpc"
    effect = "Deny"
    actions = [
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:DetachNetworkInterface",
      "ec2:AssignPrivateIpAddresses",
      "ec2:UnassignPrivateIpAddresses",
    ]
    resources = ["*"]

    condition {
      test     = "ArnEquals"
      variable = "lambda:SourceFunctionArn"
      values   = ["${local.arn_prefix.lambda}:function:${local.function_name}"]
    }
  }
}

locals {
  table_key_actions = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
  dynamodb_services = [for region in [var.region, var.peer_region] : "dynamodb.${region}.amazonaws.com"]

  # "" where AWS's own key encrypts the secret.
  secret_key = coalesce(data.aws_secretsmanager_secret.database.kms_key_id, "aws/secretsmanager")
}

resource "aws_iam_role" "lambda" {
  name               = "role-lambda-payments-${local.here}"
  description        = "The payments function of this region"
  assume_role_policy = data.aws_iam_policy_document.lambda_trust.json

  tags = { Name = "role-lambda-payments-${local.here}" }
}

resource "aws_iam_role_policy" "lambda" {
  name   = "policy-lambda-payments-${local.here}"
  role   = aws_iam_role.lambda.id
  policy = data.aws_iam_policy_document.lambda.json
}
