# Who talked to what, which an auditor of payments asks for.

resource "aws_cloudwatch_log_group" "flow" {
  name              = "/aws/vpc/flow-logs/vpc-${local.here}"
  retention_in_days = var.function.log_retention_days
  kms_key_id        = aws_kms_key.this.arn

  tags = { Name = "/aws/vpc/flow-logs/vpc-${local.here}" }
}

resource "aws_flow_log" "this" {
  vpc_id                   = aws_vpc.this.id
  traffic_type             = "ALL"
  log_destination_type     = "cloud-watch-logs"
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow_logs.arn
  max_aggregation_interval = 600 # the longest, and so the fewest records to pay for

  tags = { Name = "flow-log-${local.here}" }
}

data "aws_iam_policy_document" "flow_logs_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["${local.arn_prefix.ec2}:vpc-flow-log/*"]
    }
  }
}

data "aws_iam_policy_document" "flow_logs" {
  statement {
    sid       = "WriteThisGroup"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    resources = ["${aws_cloudwatch_log_group.flow.arn}:*"]
  }

  statement {
    sid       = "FindThisGroup"
    actions   = ["logs:DescribeLogGroups"]
    resources = ["${local.arn_prefix.logs}:log-group:*"]
  }
}

resource "aws_iam_role" "flow_logs" {
  name               = "role-flow-logs-${local.here}"
  description        = "VPC flow logs write to their log group"
  assume_role_policy = data.aws_iam_policy_document.flow_logs_trust.json

  tags = { Name = "role-flow-logs-${local.here}" }
}

resource "aws_iam_role_policy" "flow_logs" {
  name   = "policy-flow-logs-${local.here}"
  role   = aws_iam_role.flow_logs.id
  policy = data.aws_iam_policy_document.flow_logs.json
}
