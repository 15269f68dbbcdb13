# One direction: what is written to the source's bucket is replicated to the target's. The provider is the source's region.

data "aws_iam_policy_document" "trust" {
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
      values   = [var.source_store.bucket.arn]
    }
  }
}

data "aws_iam_policy_document" "this" {
  statement {
    sid       = "ReadSource"
    actions   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
    resources = [var.source_store.bucket.arn]
  }

  statement {
    sid       = "ReadVersions"
    actions   = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
    resources = ["${var.source_store.bucket.arn}/*"]
  }

  # No s3:ReplicateDelete: what is deleted in one region must not vanish from the other.
  statement {
    sid       = "WriteReplicas"
    actions   = ["s3:ReplicateObject", "s3:ReplicateTags"]
    resources = ["${var.target_store.bucket.arn}/*"]
  }

  # With a bucket key the encryption context is the bucket, not the object:
  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
  statement {
    sid       = "DecryptSource"
    actions   = ["kms:Decrypt"]
    resources = [var.source_store.key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${var.source_store.region}.amazonaws.com"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [var.source_store.bucket.arn, "${var.source_store.bucket.arn}/*"]
    }
  }

  statement {
    sid       = "EncryptReplicas"
    actions   = ["kms:Encrypt", "kms:GenerateDataKey"]
    resources = [var.target_store.key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${var.target_store.region}.amazonaws.com"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [var.target_store.bucket.arn, "${var.target_store.bucket.arn}/*"]
    }
  }
}

resource "aws_iam_role" "this" {
  name               = "role-s3-replication-${var.source_store.region}-${var.tail}"
  description        = "S3 replicates the transaction logs of ${var.source_store.region}"
  assume_role_policy = data.aws_iam_policy_document.trust.json

  tags = { Name = "role-s3-replication-${var.source_store.region}-${var.tail}" }
}

resource "aws_iam_role_policy" "this" {
  name   = "policy-s3-replication-${var.source_store.region}-${var.tail}"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.this.json
}

resource "aws_s3_bucket_replication_configuration" "this" {
  bucket = var.source_store.bucket.name
  role   = aws_iam_role.this.arn

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
      bucket = var.target_store.bucket.arn

      encryption_configuration {
        replica_kms_key_id = var.target_store.key_arn
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

  depends_on = [aws_iam_role_policy.this]
}
