# Bad values are refused before anything is asked of AWS, and the message names the variable.

mock_provider "aws" {
  alias  = "primary"
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "dr"
  source = "./tests/mocks"
}

# Not mocked, because no mock can hold an ephemeral resource; never called, since the secret stays closed.
provider "aws" {
  alias                       = "secrets"
  region                      = "us-east-1"
  access_key                  = "never-used"
  secret_key                  = "never-used"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  read_database_secret = false
  environment          = "prod"
  environmentSuffix    = "pay1"
  account_id           = "222222222222"
  deploy_role_arn      = "arn:aws:iam::222222222222:role/role-deploy"
  domain_name          = "payments.example.com"
  database             = { secret_name = "payments/aurora/master" }
  function             = { package = "versions.tf", version = "1.2.3" }
  failover             = { package = "versions.tf", version = "1.2.4" }
  primary = {
    region             = "us-east-1"
    vpc_cidr           = "10.10.0.0/16"
    availability_zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
    aurora             = {}
  }
  dr = {
    region             = "us-east-2"
    vpc_cidr           = "10.20.0.0/16"
    availability_zones = ["us-east-2a", "us-east-2b", "us-east-2c"]
    aurora             = {}
  }
}

run "a_name_too_long_for_a_bucket" {
  command = plan

  variables {
    environmentSuffix = "a-suffix-of-twenty-nine-chars"
  }

  expect_failures = [var.environmentSuffix]
}

run "shared_values" {
  command = plan

  variables {
    environment              = "Prod"
    account_id               = "2222"
    domain_name              = "payments.example.com."
    api_name                 = "api.v1"
    database                 = { secret_name = "arn:aws:secretsmanager:us-east-1:222222222222:secret:x" }
    function                 = { package = "no-such.zip", version = "1.2.3" }
    durability               = "mostly"
    journal                  = { retention_days = 6 }
    failover                 = { package = "no-such.zip", version = "1.2.4", detection_seconds = 20 }
    health_check             = { interval_seconds = 15 }
    record_ttl_seconds       = 600
    alert_emails             = ["oncall"]
    storage                  = { archive_days = 31 }
    throttling               = { rate_limit = 0 }
    api_latency_threshold_ms = 50
    aws_max_retries          = 99
  }

  expect_failures = [
    var.environment, var.account_id, var.domain_name, var.api_name, var.database,
    var.function, var.durability, var.journal, var.failover, var.health_check, var.record_ttl_seconds, var.alert_emails, var.storage, var.throttling,
    var.api_latency_threshold_ms, var.aws_max_retries,
  ]
}

# Their checks look at environment and account_id too, and wait until those are right.
run "suffix_and_role" {
  command = plan

  variables {
    environmentSuffix = "Pay_1"
    deploy_role_arn   = "arn:aws:iam::333333333333:role/role-deploy"
  }

  expect_failures = [var.environmentSuffix, var.deploy_role_arn]
}

run "primary_in_the_wrong_region" {
  command = plan

  variables {
    primary = {
      region             = "us-east-2"
      vpc_cidr           = "10.10.0.0/24"
      availability_zones = ["us-east-2a", "us-east-2a", "us-east-2b"]
      nat_gateways       = 2
      aurora             = { min_capacity = 8, max_capacity = 4 }
    }
  }

  expect_failures = [var.primary]
}

run "the_same_region_twice" {
  command = plan

  variables {
    dr = {
      region              = "us-east-1"
      vpc_cidr            = "10.10.0.0/16"
      availability_zones  = ["us-east-1a", "us-east-1b", "us-east-1c"]
      interface_endpoints = ["com.amazonaws.us-east-1.kms"]
      aurora              = { instances = 0 }
    }
  }

  expect_failures = [var.dr]
}

run "standby_smaller_than_active" {
  command = plan

  variables {
    dr = {
      region             = "us-east-2"
      vpc_cidr           = "10.20.0.0/16"
      availability_zones = ["us-east-2a", "us-east-2b", "us-east-2c"]
      aurora             = { max_capacity = 4 }
    }
  }

  expect_failures = [var.dr]
}

run "settings_that_cannot_meet_the_rto" {
  command = plan

  variables {
    health_check = { interval_seconds = 30, failure_threshold = 10 }
    objectives   = { rto_seconds = 600, promotion_seconds = 300 }
  }

  expect_failures = [var.objectives]
}

run "a_window_that_cannot_meet_the_rto" {
  command = plan

  variables {
    failover   = { package = "versions.tf", version = "1.2.4", detection_seconds = 300 }
    objectives = { rto_seconds = 600, promotion_seconds = 250 }
  }

  expect_failures = [var.objectives]
}
