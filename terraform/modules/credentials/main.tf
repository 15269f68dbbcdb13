# A module of its own for one reason: terraform test cannot mock an ephemeral resource, but it can override a module.

terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

variable "secret_arn" {
  description = "The existing secret: JSON with username and password."
  type        = string
}

# Opened for the length of a plan or an apply, and written to neither plan nor state.
ephemeral "aws_secretsmanager_secret_version" "this" {
  secret_id = var.secret_arn
}

output "password" {
  description = "The master password; may only go into a write-only argument."
  value       = jsondecode(ephemeral.aws_secretsmanager_secret_version.this.secret_string)["password"]
  ephemeral   = true
}
