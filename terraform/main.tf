# One system, two regions: the same module twice, and the global database that ties them.
# What belongs to neither region alone is in dns.tf, health.tf, replication.tf and topology.tf.

locals {
  tail = "${var.environment}-${var.environmentSuffix}"
  tags = {
    Environment       = var.environment
    EnvironmentSuffix = var.environmentSuffix
  }
  region_of = { primary = var.primary.region, dr = var.dr.region }
  # Route 53 and the global cluster belong to no region: this overrides the providers' DR-Role.
  global_tags = { DR-Role = "global" }

  # Named here because each region's function has to know them before they exist.
  global_cluster_name = "aurora-global-${local.tail}"
  topology_parameter  = "parameter-topology-${local.tail}"

  # As payments_dr.policy.Policy has it.
  failover = {
    package = var.failover.package
    version = var.failover.version
    policy = {
      detection_seconds      = var.failover.detection_seconds
      agreement_seconds      = var.failover.agreement_seconds
      probe_interval_seconds = var.failover.probe_interval_seconds
      calm_interval_seconds  = var.failover.calm_interval_seconds
      lag_age_seconds        = var.failover.lag_age_seconds
      rpo_seconds            = var.objectives.rpo_seconds
      promotion_seconds      = var.objectives.promotion_seconds
    }
  }
}

resource "aws_rds_global_cluster" "this" {
  provider = aws.primary

  global_cluster_identifier = local.global_cluster_name
  engine                    = "aurora-postgresql"
  engine_version            = var.database.engine_version
  database_name             = var.database.name
  storage_encrypted         = true
  deletion_protection       = false # fully destroyable
  force_destroy             = true  # a member that an operator left behind must not keep it alive

  tags = merge(local.global_tags, { Name = local.global_cluster_name })

  lifecycle {
    ignore_changes = [
      database_name, # AWS reports it only while the first writer is a member; a difference would replace the cluster
    ]
  }
}

# The existing secret, JSON with username and password. Opened for the length of a plan or an apply, written to neither
# plan nor state; the password only ever goes into a write-only argument.
ephemeral "aws_secretsmanager_secret_version" "database" {
  provider = aws.secrets
  count    = var.read_database_secret ? 1 : 0

  secret_id = var.database.secret_name
}

locals {
  # Where the secret stays closed this stands in for it, and is only sent if something would set the password: with
  # fewer than 8 characters AWS refuses it, so it can never become one.
  master_password = var.read_database_secret ? jsondecode(ephemeral.aws_secretsmanager_secret_version.database[0].secret_string)["password"] : "unread"
}

module "primary" {
  source    = "./modules/region"
  providers = { aws = aws.primary }

  environment       = var.environment
  environmentSuffix = var.environmentSuffix
  account_id        = var.account_id
  region            = var.primary.region
  peer_region       = var.dr.region
  dr_role           = "primary"

  vpc_cidr            = var.primary.vpc_cidr
  availability_zones  = var.primary.availability_zones
  nat_gateways        = var.primary.nat_gateways
  interface_endpoints = var.primary.interface_endpoints

  aurora                    = var.primary.aurora
  master_password           = local.master_password
  database                  = var.database
  global_cluster_identifier = aws_rds_global_cluster.this.id

  storage                      = var.storage
  function                     = var.function
  durability                   = var.durability
  journal                      = var.journal
  peer_kms_key_arn             = module.dr.kms_key_arn
  failover                     = local.failover
  topology_parameter           = local.topology_parameter
  global_cluster_name          = local.global_cluster_name
  throttling                   = var.throttling
  api_domains                  = { shared = local.api_domain, own = local.own_domains.primary }
  name_servers                 = data.aws_route53_zone.this.name_servers
  certificate_validation_fqdns = local.certificate_validation_fqdns.primary
  manage_api_gateway_account   = var.manage_api_gateway_account

  objectives               = var.objectives
  api_latency_threshold_ms = var.api_latency_threshold_ms
  alert_emails             = var.alert_emails
}

module "dr" {
  source    = "./modules/region"
  providers = { aws = aws.dr }

  environment       = var.environment
  environmentSuffix = var.environmentSuffix
  account_id        = var.account_id
  region            = var.dr.region
  peer_region       = var.primary.region
  dr_role           = "dr"

  vpc_cidr            = var.dr.vpc_cidr
  availability_zones  = var.dr.availability_zones
  nat_gateways        = var.dr.nat_gateways
  interface_endpoints = var.dr.interface_endpoints

  aurora   = var.dr.aurora
  database = var.database
  # Through the primary's output, so that only the dr cluster waits for the primary's instances.
  global_cluster_identifier = module.primary.global_cluster_with_instances

  storage                      = var.storage
  function                     = var.function
  durability                   = var.durability
  journal                      = var.journal
  peer_kms_key_arn             = module.primary.kms_key_arn
  failover                     = local.failover
  topology_parameter           = local.topology_parameter
  global_cluster_name          = local.global_cluster_name
  throttling                   = var.throttling
  api_domains                  = { shared = local.api_domain, own = local.own_domains.dr }
  name_servers                 = data.aws_route53_zone.this.name_servers
  certificate_validation_fqdns = local.certificate_validation_fqdns.dr
  manage_api_gateway_account   = var.manage_api_gateway_account

  objectives               = var.objectives
  api_latency_threshold_ms = var.api_latency_threshold_ms
  alert_emails             = var.alert_emails
}
