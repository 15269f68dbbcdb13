# Transaction logs, both ways, since roles swap. Objects carry their replication status, so nothing goes in circles.

locals {
  stores = {
    primary = { region = var.primary.region, bucket = module.primary.bucket, key_arn = module.primary.kms_key_arn }
    dr      = { region = var.dr.region, bucket = module.dr.bucket, key_arn = module.dr.kms_key_arn }
  }
}

module "replication_from_primary" {
  source    = "./modules/replication"
  providers = { aws = aws.primary }

  tail         = local.tail
  account_id   = var.account_id
  source_store = local.stores.primary
  target_store = local.stores.dr
}

module "replication_from_dr" {
  source    = "./modules/replication"
  providers = { aws = aws.dr }

  tail         = local.tail
  account_id   = var.account_id
  source_store = local.stores.dr
  target_store = local.stores.primary
}
