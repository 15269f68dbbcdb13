locals {
  engine       = "aurora-postgresql"
  engine_major = split(".", var.database.engine_version)[0]
  is_home      = var.dr_role == "primary"
  # One instance in each zone before a second one in any.
  instances = {
    for number in range(1, var.aurora.instances + 1) :
    tostring(number) => var.availability_zones[(number - 1) % length(var.availability_zones)]
  }
  # Not the same night in both regions, so that maintenance never touches both clusters at once.
  maintenance_window = local.is_home ? "tue:07:00-tue:07:30" : "thu:07:00-thu:07:30"
}

# The existing secret, or its replica in this region. Its metadata only: the value never enters the state.
data "aws_secretsmanager_secret" "database" {
  name = var.database.secret_name
}

resource "aws_db_subnet_group" "this" {
  name        = "aurora-subnets-${local.here}"
  description = "Private subnets in three zones"
  subnet_ids  = [for subnet in aws_subnet.private : subnet.id]

  tags = { Name = "aurora-subnets-${local.here}" }
}

resource "aws_rds_cluster_parameter_group" "this" {
  # The major version is in the name: an upgrade needs the next family's group while this one is still in use.
  name        = "aurora-parameters-${local.engine_major}-${local.here}"
  description = "TLS only, and what an auditor has to see logged"
  family      = "${local.engine}${local.engine_major}"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "ssl_min_protocol_version"
    value = "TLSv1.2"
  }

  # Schema changes, never the values of a payment.
  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  tags = { Name = "aurora-parameters-${local.engine_major}-${local.here}" }
}

# RDS would make this group itself, without retention or key, and leave it behind when the cluster is gone.
resource "aws_cloudwatch_log_group" "postgresql" {
  name              = "/aws/rds/cluster/${local.cluster_name}/postgresql"
  retention_in_days = var.function.log_retention_days
  kms_key_id        = aws_kms_key.this.arn

  tags = { Name = "/aws/rds/cluster/${local.cluster_name}/postgresql" }
}

resource "aws_rds_cluster" "this" {
  #checkov:skip=CKV_AWS_139:The request wants everything destroyable; destroy.yml asks for the name of the environment instead
  #checkov:skip=CKV_AWS_162:The function logs in with the existing secret; a second way in would only be another door to guard
  #checkov:skip=CKV2_AWS_8:Aurora's continuous backup and the other region are the backup; an AWS Backup vault would outlive a destroy
  cluster_identifier        = local.cluster_name
  global_cluster_identifier = var.global_cluster_identifier
  engine                    = local.engine
  engine_mode               = "provisioned" # which is what Serverless v2 runs in
  engine_version            = var.database.engine_version

  # A secondary takes name, user and password from the primary, and AWS refuses to be told them.
  database_name              = local.is_home ? var.database.name : null
  master_username            = local.is_home ? var.database.username : null
  master_password_wo         = local.is_home ? var.master_password : null
  master_password_wo_version = local.is_home ? var.database.password_version : null

  db_subnet_group_name            = aws_db_subnet_group.this.name
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.this.name
  vpc_security_group_ids          = [aws_security_group.aurora.id]
  port                            = 5432

  storage_encrypted = true
  kms_key_id        = aws_kms_key.this.arn
  # AWS wants a request that is signed for the writer's region before it makes an encrypted secondary; the provider
  # signs one when it is told that region. Only used when the cluster is made.
  source_region = local.is_home ? null : var.peer_region

  serverlessv2_scaling_configuration {
    min_capacity = var.aurora.min_capacity
    max_capacity = var.aurora.max_capacity
  }

  enabled_cloudwatch_logs_exports = ["postgresql"]
  backup_retention_period         = var.database.backup_retention_days
  preferred_backup_window         = "05:00-05:30"
  preferred_maintenance_window    = local.maintenance_window
  copy_tags_to_snapshot           = true
  apply_immediately               = true

  # Fully destroyable: nothing of the cluster stays.
  deletion_protection      = false
  skip_final_snapshot      = true
  delete_automated_backups = true

  tags = { Name = local.cluster_name }

  lifecycle {
    ignore_changes = [
      replication_source_identifier, # Aurora sets it on whoever is the secondary, and clears it on the writer: roles swap
      global_cluster_identifier,     # failback detaches and rejoins a member; Terraform must not undo that half-way
      engine_version,                # upgrades go through the global cluster, and a rejoined member may report its own
      master_username,               # a rejoined secondary may not report it, and a difference would replace the cluster
      database_name,                 # likewise
    ]
  }

  depends_on = [aws_cloudwatch_log_group.postgresql]
}

resource "aws_rds_cluster_instance" "this" {
  #checkov:skip=CKV_AWS_226:A patch level that differs between the regions can forbid a failover, so minor versions move on purpose, both together
  #checkov:skip=CKV_AWS_118:Its log group RDSOSMetrics is one for the whole account and would stay behind; Performance Insights shows the load
  for_each = local.instances

  identifier         = "aurora-instance-${var.region}-${each.key}-${local.tail}"
  cluster_identifier = aws_rds_cluster.this.id
  engine             = local.engine
  instance_class     = "db.serverless"
  availability_zone  = each.value

  # Tier 1 readers of Serverless v2 keep the writer's size, and so are ready to take over from it.
  promotion_tier               = 1
  db_subnet_group_name         = aws_db_subnet_group.this.name
  publicly_accessible          = false
  auto_minor_version_upgrade   = false
  apply_immediately            = true
  copy_tags_to_snapshot        = true
  preferred_maintenance_window = local.maintenance_window
  ca_cert_identifier           = "rds-ca-rsa2048-g1"

  performance_insights_enabled    = true
  performance_insights_kms_key_id = aws_kms_key.this.arn

  tags = { Name = "aurora-instance-${var.region}-${each.key}-${local.tail}" }
}
