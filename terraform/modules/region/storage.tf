# The transaction logs of this region. replication.tf in the root ties the two buckets together.

resource "aws_s3_bucket" "transaction_logs" {
  #checkov:skip=CKV_AWS_144:Replicated both ways by replication.tf in the root, which checkov cannot follow through module outputs
  #checkov:skip=CKV2_AWS_62:Nothing consumes object events; replication is watched by CloudWatch metrics and alarms
  bucket        = local.bucket_name
  force_destroy = true # fully destroyable; deploy.yml refuses a plan that would delete it unasked

  tags = { Name = local.bucket_name }
}

resource "aws_s3_bucket_versioning" "transaction_logs" {
  bucket = aws_s3_bucket.transaction_logs.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "transaction_logs" {
  bucket = aws_s3_bucket.transaction_logs.id

  rule {
    bucket_key_enabled = true # one KMS call for many objects

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.this.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "transaction_logs" {
  bucket = aws_s3_bucket.transaction_logs.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "transaction_logs" {
  bucket = aws_s3_bucket.transaction_logs.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "transaction_logs" {
  bucket = aws_s3_bucket.transaction_logs.id

  rule {
    id     = "transaction-logs"
    status = "Enabled"

    filter {}

    transition {
      days          = var.storage.infrequent_access_days
      storage_class = "STANDARD_IA"
    }

    # Instant retrieval: a reconciliation must not wait hours for a restore.
    transition {
      days          = var.storage.archive_days
      storage_class = "GLACIER_IR"
    }

    expiration {
      days = var.storage.expire_days
    }

    noncurrent_version_expiration {
      noncurrent_days = var.storage.noncurrent_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  # S3 takes no days and no marker clean-up in one rule.
  rule {
    id     = "orphaned-delete-markers"
    status = "Enabled"

    filter {}

    expiration {
      expired_object_delete_marker = true
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  # Rules on noncurrent versions mean nothing before there are versions.
  depends_on = [aws_s3_bucket_versioning.transaction_logs]
}

data "aws_iam_policy_document" "transaction_logs" {
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.transaction_logs.arn, "${aws_s3_bucket.transaction_logs.arn}/*"]

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

  # An upload may leave the encryption to the bucket's default, but not name a weaker one.
  statement {
    sid       = "KmsOnly"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.transaction_logs.arn}/*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringNotEquals"
      variable = "s3:x-amz-server-side-encryption"
      values   = ["aws:kms"]
    }

    # Without this an upload that leaves it to the default, and so has no such header, would be judged too.
    condition {
      test     = "Null"
      variable = "s3:x-amz-server-side-encryption"
      values   = ["false"]
    }
  }

  statement {
    sid       = "ThisKeyOnly"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.transaction_logs.arn}/*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "ArnNotEquals"
      variable = "s3:x-amz-server-side-encryption-aws-kms-key-id"
      values   = [aws_kms_key.this.arn]
    }

    condition {
      test     = "Null"
      variable = "s3:x-amz-server-side-encryption-aws-kms-key-id"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "transaction_logs" {
  bucket = aws_s3_bucket.transaction_logs.id
  policy = data.aws_iam_policy_document.transaction_logs.json

  # S3 refuses both at once: "a conflicting conditional operation".
  depends_on = [aws_s3_bucket_public_access_block.transaction_logs]
}

resource "aws_s3_bucket_logging" "transaction_logs" {
  bucket = aws_s3_bucket.transaction_logs.id

  target_bucket = aws_s3_bucket.access_logs.id
  target_prefix = "transaction-logs/"

  depends_on = [aws_s3_bucket_policy.access_logs]
}
