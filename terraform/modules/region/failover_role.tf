# What the failover function may do. It acts from this region for this region; in the other one it may only turn the
# payments function down or up, and note the mode.

data "aws_iam_policy_document" "failover" {
  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.failover.arn}:*"]
  }

  statement {
    sid       = "ReadTopology"
    actions   = ["ssm:GetParameter"]
    resources = ["${local.arn_prefix.ssm}:parameter/${var.topology_parameter}"]
  }

  # One failover by itself puts the mode to manual, wherever it can be reached.
  statement {
    sid       = "SetMode"
    actions   = ["ssm:GetParameter", "ssm:PutParameter"]
    resources = [aws_ssm_parameter.failover_mode.arn, "${local.peer_arn_prefix.ssm}:parameter/${local.mode_parameter}"]
  }

  # The fence around the other region is remembered here.
  statement {
    sid       = "RememberTheFence"
    actions   = ["ssm:GetParameter", "ssm:PutParameter"]
    resources = [aws_ssm_parameter.fence.arn]
  }

  statement {
    sid     = "LookAtAndPromoteTheGlobalDatabase"
    actions = ["rds:DescribeGlobalClusters", "rds:FailoverGlobalCluster"]
    resources = [
      "arn:${local.partition}:rds::${var.account_id}:global-cluster:${var.global_cluster_name}",
      "${local.arn_prefix.rds}:cluster:${local.cluster_name}",
    ]
  }

  statement {
    sid       = "LookAtTheOwnCluster"
    actions   = ["rds:DescribeDBClusters"]
    resources = ["${local.arn_prefix.rds}:cluster:${local.cluster_name}"]
  }

  # A question about a cluster's instances is a question about all instances, says IAM.
  statement {
    sid       = "LookAtInstances"
    actions   = ["rds:DescribeDBInstances"]
    resources = ["${local.arn_prefix.rds}:db:*"]
  }

  # Neither knows resources: https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
  statement {
    sid       = "ReadLagAndEvents"
    actions   = ["cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "rds:DescribeEvents"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [var.region]
    }
  }

  # The switch that sends the traffic out of the other region.
  statement {
    sid       = "Evacuate"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "cloudwatch:namespace"
      values   = ["PaymentsDR"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [var.region]
    }
  }

  statement {
    sid       = "SeeTheSwitch"
    actions   = ["cloudwatch:DescribeAlarms"]
    resources = ["${local.arn_prefix.cloudwatch}:alarm:alarm-evacuate-${local.here}"]
  }

  statement {
    sid       = "FenceTheOtherRegion"
    actions   = ["lambda:GetFunctionConcurrency", "lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency"]
    resources = ["${local.peer_arn_prefix.lambda}:function:${local.peer_function_name}"]
  }

  # A promotion raises the epoch here, and there where that can be reached; the journals are the payments function's.
  statement {
    sid     = "RaiseTheEpoch"
    actions = ["dynamodb:GetItem", "dynamodb:PutItem"]
    resources = [
      aws_dynamodb_table.epoch.arn,
      "${local.peer_arn_prefix.dynamodb}:table/${local.peer_epoch_table}",
    ]
  }

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

  statement {
    sid       = "TellPeople"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alerts.arn]
  }

  statement {
    sid       = "UseTheKeyOfTheTopic"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.this.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["sns.${var.region}.amazonaws.com"]
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
      values   = ["${local.arn_prefix.lambda}:function:${local.failover_name}"]
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
}

resource "aws_iam_role" "failover" {
  name               = "role-lambda-failover-${local.here}"
  description        = "The failover function of this region"
  assume_role_policy = data.aws_iam_policy_document.lambda_trust.json

  tags = { Name = "role-lambda-failover-${local.here}" }
}

resource "aws_iam_role_policy" "failover" {
  name   = "policy-lambda-failover-${local.here}"
  role   = aws_iam_role.failover.id
  policy = data.aws_iam_policy_document.failover.json
}
