# One customer managed key for each region encrypts all that the region stores: database, bucket, logs, queue,
# topic, environment. A region must be able to decrypt its own data while the other one is dark.

data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:In a key policy * is this key alone
  #checkov:skip=CKV_AWS_111:In a key policy * is this key alone
  #checkov:skip=CKV_AWS_356:In a key policy * is this key alone
  statement {
    sid       = "AccountDecidesByIam"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${var.account_id}:root"]
    }
  }

  statement {
    sid       = "LogGroupsOfThisDeployment"
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${var.region}.amazonaws.com"]
    }

    # Every log group here ends with the environment and its suffix, or with the stage or log type after them.
    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["${local.arn_prefix.logs}:log-group:*${local.tail}*"]
    }
  }

  statement {
    sid       = "AlarmsToTheEncryptedTopic"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

resource "aws_kms_key" "this" {
  description             = "Payments data of ${local.here}"
  enable_key_rotation     = true
  deletion_window_in_days = 7 # the shortest: a destroyed deployment should not linger
  policy                  = data.aws_iam_policy_document.key.json

  tags = { Name = "kms-payments-${local.here}" }
}

resource "aws_kms_alias" "this" {
  name          = "alias/kms-payments-${local.here}"
  target_key_id = aws_kms_key.this.key_id
}
