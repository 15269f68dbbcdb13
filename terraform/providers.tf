# Every resource names its provider: there is no default one that could put something in the wrong region.

provider "aws" {
  alias               = "primary"
  region              = var.primary.region
  allowed_account_ids = [var.account_id]
  max_retries         = var.aws_max_retries

  assume_role {
    role_arn     = var.deploy_role_arn
    session_name = "terraform-${local.tail}"
  }

  default_tags {
    tags = merge(local.tags, { DR-Role = "primary" })
  }
}

# Reads the value of the database secret and makes nothing. Apart, because terraform test can mock any provider but
# one of an ephemeral resource.
provider "aws" {
  alias               = "secrets"
  region              = var.primary.region
  allowed_account_ids = [var.account_id]
  max_retries         = var.aws_max_retries

  assume_role {
    role_arn     = var.deploy_role_arn
    session_name = "terraform-${local.tail}"
  }
}

provider "aws" {
  alias               = "dr"
  region              = var.dr.region
  allowed_account_ids = [var.account_id]
  max_retries         = var.aws_max_retries

  assume_role {
    role_arn     = var.deploy_role_arn
    session_name = "terraform-${local.tail}"
  }

  default_tags {
    tags = merge(local.tags, { DR-Role = "dr" })
  }
}
