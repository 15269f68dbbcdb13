# Both regions are the same, but for what is told them: names, tags, networks, database, function.

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
  alert_emails         = ["oncall@example.com"]
  database             = { secret_name = "payments/aurora/master" }
  # Any file: its content is only hashed.
  function = { package = "versions.tf", version = "1.2.3" }
  failover = { package = "versions.tf", version = "1.2.4" }
  primary = {
    region              = "us-east-1"
    vpc_cidr            = "10.10.0.0/16"
    availability_zones  = ["us-east-1a", "us-east-1b", "us-east-1c"]
    interface_endpoints = ["secretsmanager"]
    aurora              = {}
  }
  dr = {
    region             = "us-east-2"
    vpc_cidr           = "10.20.0.0/16"
    availability_zones = ["us-east-2a", "us-east-2b", "us-east-2c"]
    nat_gateways       = 1
    aurora             = { instances = 4 }
  }
}

# One plan for all: a run takes seconds, an assertion none.
run "both_regions" {
  command = plan

  assert {
    condition = alltrue([
      output.regions["us-east-1"].bucket.name == "s3-transaction-logs-us-east-1-prod-pay1",
      output.regions["us-east-2"].bucket.name == "s3-transaction-logs-us-east-2-prod-pay1",
      output.regions["us-east-1"].function.name == "lambda-payments-us-east-1-prod-pay1",
      output.regions["us-east-2"].function.name == "lambda-payments-us-east-2-prod-pay1",
      output.regions["us-east-1"].failover.name == "lambda-failover-us-east-1-prod-pay1",
      output.regions["us-east-2"].failover.rule == "rule-failover-us-east-2-prod-pay1",
      output.regions["us-east-1"].database.cluster == "aurora-cluster-us-east-1-prod-pay1",
      output.regions["us-east-2"].database.cluster == "aurora-cluster-us-east-2-prod-pay1",
      output.regions["us-east-1"].api.name == "api-payments-us-east-1-prod-pay1",
      output.regions["us-east-2"].kms_alias == "alias/kms-payments-us-east-2-prod-pay1",
      output.regions["us-east-2"].dashboard == "dashboard-payments-us-east-2-prod-pay1",
      output.topology_parameter == "parameter-topology-prod-pay1",
      output.global_cluster.identifier == "aurora-global-prod-pay1",
      output.regions["us-east-2"].function.repair_rule == "rule-repair-us-east-2-prod-pay1",
      output.regions["us-east-1"].tables.journal == "table-journal-us-east-1-prod-pay1",
      output.regions["us-east-2"].tables.epoch == "table-epoch-us-east-2-prod-pay1",
    ])
    error_message = "A name does not have the form type-qualifier-environment-environmentSuffix."
  }

  assert {
    condition = alltrue([
      for tagged in concat(
        [aws_rds_global_cluster.this, aws_route53_health_check.serving, aws_route53_health_check.latency, aws_route53_health_check.evacuation],
        [aws_route53_health_check.away, aws_route53_health_check.standing_by, aws_route53_health_check.evacuated, aws_route53_health_check.evacuation_dr],
        values(aws_route53_health_check.endpoint),
      ) : tagged.tags["DR-Role"] == "global"
    ])
    error_message = "What belongs to no region must be tagged DR-Role = global."
  }

  assert {
    condition = alltrue([
      for region in values(output.regions) : length(region.network.private_subnet_ids) == 3 && length(region.network.public_subnet_ids) == 3
    ])
    error_message = "Each region needs private and public subnets in three zones."
  }

  assert {
    condition     = length(output.regions["us-east-1"].network.nat_gateway_ids) == 3 && keys(output.regions["us-east-2"].network.nat_gateway_ids) == ["us-east-2a"]
    error_message = "nat_gateways must decide how many NAT gateways there are."
  }

  assert {
    condition = alltrue([
      for region in values(output.regions) : keys(region.network.gateway_endpoints) == ["dynamodb", "s3"]
    ])
    error_message = "Gateway endpoints cost nothing and must always be there."
  }

  assert {
    condition     = keys(output.regions["us-east-1"].network.interface_endpoints) == ["secretsmanager"] && length(output.regions["us-east-2"].network.interface_endpoints) == 0
    error_message = "Interface endpoints must be those that were asked for."
  }

  assert {
    condition     = output.regions["us-east-1"].alarm_kinds == output.regions["us-east-2"].alarm_kinds
    error_message = "Roles swap, so both regions need the same alarms."
  }

  assert {
    condition = length(setsubtract([
      "aurora-rpo-lag", "aurora-replication-lag", "api-5xx", "api-latency", "lambda-errors", "lambda-throttles",
      "lambda-dead-letters", "transaction-log", "payments-unjournaled", "journal-refused", "journal-pending", "s3-replication-latency", "s3-replication-failed", "evacuate",
    ], output.regions["us-east-2"].alarm_kinds)) == 0
    error_message = "An alarm that the design asks for is missing."
  }

  assert {
    condition     = length(setsubtract(["failover-silent", "failover-promoted"], output.regions["us-east-2"].alarm_kinds)) == 0
    error_message = "The failover function must be watched, too."
  }

  assert {
    condition     = setsubtract(output.topology.regions["us-east-1"].alarms, output.topology.regions["us-east-2"].alarms) == toset(["health-anywhere", "health-endpoint", "health-serving", "standing-by"])
    error_message = "The alarms on health checks stand in us-east-1 only, where AWS/Route53 metrics are, and so does the latch of the way home."
  }

  assert {
    condition     = length(output.topology.regions["us-east-1"].instances) == 3 && length(output.topology.regions["us-east-2"].instances) == 4
    error_message = "aurora.instances must decide how many instances there are."
  }

  assert {
    condition     = output.topology.regions["us-east-2"].instances[0] == "aurora-instance-us-east-2-1-prod-pay1"
    error_message = "Instances are numbered from 1."
  }
}
