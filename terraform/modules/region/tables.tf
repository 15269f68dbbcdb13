# What keeps an acknowledged payment when this region's peer is lost: a journal of what the peer acknowledged, and the
# epoch, which says who may acknowledge. Two plain tables in each region, no global table, whose replication would lose the
# last moments just as the database's does; docs/decisions/0016.

# Written by the peer's payments function, beside its own database, before it acknowledges; read here after a failover.
resource "aws_dynamodb_table" "journal" {
  name         = local.journal_table
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "idempotency_key"

  # Fully destroyable; deploy.yml refuses a plan that would delete it unasked.
  deletion_protection_enabled = false

  attribute {
    name = "idempotency_key"
    type = "S"
  }

  # Long after the database has it in both regions: the function writes when, journal.retention_days says how long.
  ttl {
    attribute_name = "expires"
    enabled        = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.this.arn
  }

  point_in_time_recovery {
    enabled = true
  }

  tags = { Name = local.journal_table }
}

# One item. A promotion raises it in the region that takes over, and from then on refuses what the other one journals.
resource "aws_dynamodb_table" "epoch" {
  name         = local.epoch_table
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "scope"

  deletion_protection_enabled = false # as above

  attribute {
    name = "scope"
    type = "S"
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.this.arn
  }

  point_in_time_recovery {
    enabled = true
  }

  tags = { Name = local.epoch_table }
}

# The first epoch names the primary, where the first writer is. The same in both regions.
resource "aws_dynamodb_table_item" "epoch" {
  table_name = aws_dynamodb_table.epoch.name
  hash_key   = aws_dynamodb_table.epoch.hash_key

  item = jsonencode({
    scope    = { S = "payments" }
    epoch    = { N = "1" }
    active   = { S = var.dr_role == "primary" ? var.region : var.peer_region }
    replayed = { BOOL = true }
    by       = { S = "terraform" }
    why      = { S = "first deployment" }
    at       = { S = plantimestamp() }
  })

  lifecycle {
    ignore_changes = [
      item, # operations': every promotion raises it, and no deployment may take that back
    ]
  }
}
