terraform {
  # 1.11 is the first version with write-only arguments, which keep the database password out of the state.
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }

  # Partial on purpose: bucket, key and region come from a backend configuration file, since the state bucket
  # (in the dr region, so that it survives the loss of the primary) differs between environments.
  backend "s3" {}
}
