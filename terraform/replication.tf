# Transaction logs, both ways, since roles swap. Objects carry their replication status, so nothing goes in circles.

locals {
  stores = {
    primary = { region = var.primary.region, bucket = module.primary.bucket, key_arn = module.primary.kms_key_arn }
    dr      = { region = var.dr.region, bucket = module.dr.bucket, key_arn = module.dr.kms_key_arn }
  }
  # Providers cannot be chosen by for_each, so each direction has its own replication configuration below.
  replication = {
    primary = { source = local.stores.primary, target = local.stores.dr }
    dr      = { source = local.stores.dr, target = local.stores.primary }
  }
}

data "aws_iam_policy_document" "replication_trust" {
  provider = aws.primary
  for_each = local.replication

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [each.value.source.bucket.arn]
    }
  }
}

data "aws_iam_policy_document" "replication" {
  provider = aws.primary
  for_each = local.replication

  statement {
    sid       = "ReadSource"
    actions   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
    resources = [each.value.source.bucket.arn]
  }

  statement {
    sid       = "ReadVersions"
    actions   = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
    resources = ["${each.value.source.bucket.arn}/*"]
  }

  # No s3:ReplicateDelete: what is deleted in one region must not vanish from the other.
  statement {
    sid       = "WriteReplicas"
    actions   = ["s3:ReplicateObject", "s3:ReplicateTags"]
    resources = ["${each.value.target.bucket.arn}/*"]
  }

  # With a bucket key the encryption context is the bucket, not the object:
  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
  statement {
    sid       = "DecryptSource"
    actions   = ["kms:Decrypt"]
    resources = [each.value.source.key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${each.value.source.region}.amazonaws.com"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [each.value.source.bucket.arn, "${each.value.source.bucket.arn}/*"]
    }
  }

  statement {
    sid       = "EncryptReplicas"
    actions   = ["kms:Encrypt", "kms:GenerateDataKey"]
    resources = [each.value.target.key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${each.value.target.region}.amazonaws.com"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [each.value.target.bucket.arn, "${each.value.target.bucket.arn}/*"]
    }
  }
}

# IAM is global; each role carries the home role of the region whose bucket it reads.
resource "aws_iam_role" "replication" {
  provider = aws.primary
  for_each = local.replication

  name               = "role-s3-replication-${each.value.source.region}-${local.tail}"
  description        = "S3 replicates the transaction logs of ${each.value.source.region}"
  assume_role_policy = data.aws_iam_policy_document.replication_trust[each.key].json

  tags = { Name = "role-s3-replication-${each.value.source.region}-${local.tail}", DR-Role = each.key }
}

resource "aws_iam_role_policy" "replication" {
  provider = aws.primary
  for_each = local.replication

  name   = "policy-s3-replication-${each.value.source.region}-${local.tail}"
  role   = aws_iam_role.replication[each.key].id
  policy = data.aws_iam_policy_document.replication[each.key].json
}

resource "aws_s3_bucket_replication_configuration" "from_primary" {
  provider = aws.primary

  bucket = module.primary.bucket.name
  role   = aws_iam_role.replication["primary"].arn

  rule {
    id       = "transaction-logs"
    status   = "Enabled"
    priority = 0

    filter {}

    delete_marker_replication {
      status = "Disabled"
    }

    source_selection_criteria {
      sse_kms_encrypted_objects {
        status = "Enabled"
      }
      replica_modifications {
        status = "Enabled"
      }
    }

    destination {
      bucket = local.replication.primary.target.bucket.arn

      encryption_configuration {
        replica_kms_key_id = local.replication.primary.target.key_arn
      }

      # 15 minutes is the only time S3 promises; the alarm on ReplicationLatency keeps to the RPO (docs/decisions/0004).
      replication_time {
        status = "Enabled"
        time {
          minutes = 15
        }
      }

      metrics {
        status = "Enabled"
        event_threshold {
          minutes = 15
        }
      }
    }
  }

  depends_on = [aws_iam_role_policy.replication]
}

resource "aws_s3_bucket_replication_configuration" "from_dr" {
  provider = aws.dr

  bucket = module.dr.bucket.name
  role   = aws_iam_role.replication["dr"].arn

  rule {
    id       = "transaction-logs"
    status   = "Enabled"
    priority = 0

    filter {}

    delete_marker_replication {
      status = "Disabled"
    }

    source_selection_criteria {
      sse_kms_encrypted_objects {
        status = "Enabled"
      }
      replica_modifications {
        status = "Enabled"
      }
    }

    destination {
      bucket = local.replication.dr.target.bucket.arn

      encryption_configuration {
        replica_kms_key_id = local.replication.dr.target.key_arn
      }

      replication_time {
        status = "Enabled"
        time {
          minutes = 15
        }
      }

      metrics {
        status = "Enabled"
        event_threshold {
          minutes = 15
        }
      }
    }
  }

  depends_on = [aws_iam_role_policy.replication]
}
