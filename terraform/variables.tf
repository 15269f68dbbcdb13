# What both regions share. The objects for each region are in variables_regions.tf.

variable "environment" {
  description = "Name of the environment; the Environment tag and part of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*$", var.environment))
    error_message = "environment must be lower-case letters and digits, starting with a letter (such as prod)."
  }
}

# The request names this variable, so it keeps the spelling that Terraform's style would not choose.
variable "environmentSuffix" {
  description = "Ends every resource name, so that two deployments of one environment do not meet."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]+(-[a-z0-9]+)*$", var.environmentSuffix))
    error_message = "environmentSuffix must be lower-case letters, digits and single inner hyphens (such as pay1)."
  }

  # s3-transaction-logs-us-east-1- takes 30 of the 63 characters that a bucket name may have.
  validation {
    condition     = length("${var.environment}-${var.environmentSuffix}") <= 33
    error_message = "environmentSuffix is too long: environment, a hyphen and environmentSuffix together may have 33 characters, since s3-transaction-logs-<region>-<environment>-<environmentSuffix> must fit the 63 of a bucket name. Shorten environmentSuffix."
  }
}

variable "account_id" {
  description = "The account that everything is made in; the providers refuse any other."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must be the 12 digits of the production account, as a string."
  }
}

variable "deploy_role_arn" {
  description = "Role in that account which Terraform assumes."
  type        = string

  validation {
    condition     = can(regex("^arn:aws:iam::${var.account_id}:role/.+$", var.deploy_role_arn))
    error_message = "deploy_role_arn must be the ARN of a role in account_id: arn:aws:iam::<account_id>:role/<name>."
  }
}

variable "domain_name" {
  description = "Existing public hosted zone, in the same account."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain_name))
    error_message = "domain_name must be the name of a public hosted zone, without a trailing dot (such as payments.example.com)."
  }
}

variable "api_name" {
  description = "Label of the API in the zone: api gives api.<zone> and api-<region>.<zone>."
  type        = string
  default     = "api"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$", var.api_name))
    error_message = "api_name must be one DNS label of lower-case letters, digits and inner hyphens (such as api)."
  }
}

variable "database" {
  description = "Aurora. The secret holds {username, password}; it exists before, with a replica in the dr region."
  type = object({
    secret_name = string
    name        = optional(string, "payments")
    username    = optional(string, "payments")
    # 17.7 is the long-term-support minor of PostgreSQL 17 (until February 2030); docs/decisions/0003.
    engine_version        = optional(string, "17.7")
    backup_retention_days = optional(number, 7)
    # Raise it after a rotation of the secret: the password itself is in no plan to compare.
    password_version = optional(number, 1)
  })

  validation {
    condition     = length(trimspace(var.database.secret_name)) > 0 && !startswith(var.database.secret_name, "arn:")
    error_message = "database.secret_name must be the name of an existing secret, not an ARN: each region finds its own replica by name."
  }
  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database.name)) && can(regex("^[a-z][a-z0-9_]{0,62}$", var.database.username))
    error_message = "database.name and database.username must be lower-case letters, digits and underscores, starting with a letter."
  }
  validation {
    condition     = can(regex("^[0-9]+\\.[0-9]+$", var.database.engine_version))
    error_message = "database.engine_version must be an exact Aurora PostgreSQL version, <major>.<minor>: both regions must run the same one."
  }
  validation {
    condition     = var.database.backup_retention_days >= 1 && var.database.backup_retention_days <= 35
    error_message = "database.backup_retention_days must be from 1 to 35."
  }
  validation {
    condition     = var.database.password_version >= 1 && floor(var.database.password_version) == var.database.password_version
    error_message = "database.password_version must be a whole number from 1; raise it by one after the secret was rotated."
  }
}

variable "read_database_secret" {
  description = "Whether to open the secret. false is for a plan by somebody who may not, and leaves the password as it is."
  type        = bool
  default     = true
}

variable "function" {
  description = "The payments function; package is the path of its zip, the same for both regions."
  type = object({
    package              = string
    version              = string
    memory_mb            = optional(number, 512)
    timeout_seconds      = optional(number, 10)
    reserved_concurrency = optional(number, 50)
    log_retention_days   = optional(number, 365)
    log_level            = optional(string, "INFO")
  })

  validation {
    condition     = fileexists(var.function.package)
    error_message = "function.package must be the path of an existing zip: build the package first."
  }
  validation {
    condition     = var.function.memory_mb >= 128 && var.function.memory_mb <= 10240
    error_message = "function.memory_mb must be from 128 to 10240."
  }
  validation {
    condition     = var.function.timeout_seconds >= 1 && var.function.timeout_seconds <= 29
    error_message = "function.timeout_seconds must be from 1 to 29: API Gateway gives up after 29 seconds."
  }
  validation {
    condition     = var.function.reserved_concurrency >= 1
    error_message = "function.reserved_concurrency must be 1 or more: 0 would refuse every payment."
  }
  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.function.log_retention_days
    )
    error_message = "function.log_retention_days must be a retention that CloudWatch Logs offers, such as 30, 90, 365 or 400."
  }
  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.function.log_level)
    error_message = "function.log_level must be DEBUG, INFO, WARNING or ERROR."
  }
}

variable "durability" {
  description = "strict refuses payments while the other region cannot be reached; available accepts them while DNS still leads here."
  type        = string
  default     = "available"

  validation {
    condition     = contains(["strict", "available"], var.durability)
    error_message = "durability must be strict (no payment without a copy in the other region) or available (an outage of the standby stops no payment)."
  }
}

variable "journal" {
  description = "How long each region keeps what the other one acknowledged."
  type = object({
    retention_days = optional(number, 35)
  })
  default = {}

  # Less could expire before an outage of a week, with what follows it, is reconciled.
  validation {
    condition     = var.journal.retention_days >= 7 && var.journal.retention_days <= 3650 && floor(var.journal.retention_days) == var.journal.retention_days
    error_message = "journal.retention_days must be a whole number from 7 to 3650: an entry may not expire before a failover is reconciled."
  }
}

variable "failover" {
  description = "The failover function: package is the path of its zip, the rest is how long it waits and what it believes, in seconds."
  type = object({
    package                = string
    version                = string
    detection_seconds      = optional(number, 60)
    agreement_seconds      = optional(number, 60)
    probe_interval_seconds = optional(number, 5)
    calm_interval_seconds  = optional(number, 10)
    lag_age_seconds        = optional(number, 300)
  })

  validation {
    condition     = fileexists(var.failover.package)
    error_message = "failover.package must be the path of an existing zip: build the package first."
  }
  validation {
    condition     = var.failover.probe_interval_seconds >= 1 && var.failover.probe_interval_seconds <= 10
    error_message = "failover.probe_interval_seconds must be from 1 to 10."
  }
  validation {
    condition     = var.failover.calm_interval_seconds >= 5 && var.failover.calm_interval_seconds <= 20
    error_message = "failover.calm_interval_seconds must be from 5 to 20: probes further apart than 20 s do not count together."
  }
  # Shorter than an in-region failover of Aurora would move a region that mends itself.
  validation {
    condition     = var.failover.detection_seconds >= 30 && var.failover.detection_seconds <= 300
    error_message = "failover.detection_seconds must be from 30 to 300: Aurora replaces a dead writer within its own region in less than a minute."
  }
  validation {
    condition     = var.failover.agreement_seconds >= 10 && var.failover.agreement_seconds <= 300
    error_message = "failover.agreement_seconds must be from 10 to 300."
  }
  validation {
    condition     = var.failover.lag_age_seconds >= 60 && var.failover.lag_age_seconds <= 900
    error_message = "failover.lag_age_seconds must be from 60 to 900: Aurora publishes its lag once a minute."
  }
}

variable "health_check" {
  description = "How Route 53 watches each region's endpoint."
  type = object({
    interval_seconds  = optional(number, 10)
    failure_threshold = optional(number, 6)
  })
  default = {}

  validation {
    condition     = contains([10, 30], var.health_check.interval_seconds)
    error_message = "health_check.interval_seconds must be 10 or 30: Route 53 offers no other."
  }
  validation {
    condition     = var.health_check.failure_threshold >= 1 && var.health_check.failure_threshold <= 10
    error_message = "health_check.failure_threshold must be from 1 to 10."
  }
}

variable "record_ttl_seconds" {
  description = "TTL of the failover records; part of the recovery time, so it is explicit."
  type        = number
  default     = 60

  validation {
    condition     = var.record_ttl_seconds >= 1 && var.record_ttl_seconds <= 300
    error_message = "record_ttl_seconds must be from 1 to 300: clients keep the failed region for that long."
  }
}

variable "objectives" {
  description = "What the business was promised, and the time a promotion is reckoned to take."
  type = object({
    rto_seconds       = optional(number, 900)
    rpo_seconds       = optional(number, 300)
    promotion_seconds = optional(number, 300)
  })
  default = {}

  validation {
    condition     = var.objectives.rpo_seconds >= 60 && var.objectives.rpo_seconds <= 300
    error_message = "objectives.rpo_seconds must be from 60 to 300: the business was promised an RPO under 5 minutes."
  }
  validation {
    condition     = var.objectives.rto_seconds <= 900
    error_message = "objectives.rto_seconds must be 900 at most: the business was promised an RTO under 15 minutes."
  }
  # DNS moves while the promotion runs, but clients are only served once both are done: the sum is the safe bound.
  validation {
    condition     = var.health_check.interval_seconds * var.health_check.failure_threshold + var.record_ttl_seconds + var.objectives.promotion_seconds < var.objectives.rto_seconds
    error_message = "objectives.rto_seconds cannot be met: health_check.interval_seconds x failure_threshold + record_ttl_seconds + objectives.promotion_seconds must be less. Lower one of them."
  }
  # The function looks once a minute, so it may start the window a minute late.
  validation {
    condition     = 60 + var.failover.detection_seconds + var.failover.agreement_seconds + var.objectives.promotion_seconds < var.objectives.rto_seconds
    error_message = "objectives.rto_seconds cannot be met by the failover function: 60 + failover.detection_seconds + failover.agreement_seconds + objectives.promotion_seconds must be less. Lower one of them."
  }
}

variable "alert_emails" {
  description = "Who is told, in both regions. Each has to confirm two subscriptions."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.alert_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", email))])
    error_message = "alert_emails must hold e-mail addresses only."
  }
}

variable "storage" {
  description = "Life of a transaction log object, in days since it was written."
  type = object({
    infrequent_access_days = optional(number, 30)
    archive_days           = optional(number, 90)
    expire_days            = optional(number, 2557)
    noncurrent_days        = optional(number, 30)
  })
  default = {}

  validation {
    condition     = var.storage.infrequent_access_days >= 30 && var.storage.archive_days >= var.storage.infrequent_access_days + 30 && var.storage.expire_days > var.storage.archive_days
    error_message = "storage must have infrequent_access_days of at least 30, archive_days at least 30 later, and expire_days after that."
  }
  validation {
    condition     = var.storage.noncurrent_days >= 1
    error_message = "storage.noncurrent_days must be 1 or more."
  }
}

variable "throttling" {
  description = "Requests a second, and the burst, that each region's API lets through."
  type = object({
    rate_limit  = optional(number, 200)
    burst_limit = optional(number, 400)
  })
  default = {}

  validation {
    condition     = var.throttling.rate_limit > 0 && var.throttling.burst_limit >= 1
    error_message = "throttling.rate_limit and throttling.burst_limit must be above 0."
  }
}

variable "api_latency_threshold_ms" {
  description = "Average latency above which a region counts as too slow to serve."
  type        = number
  default     = 2000

  validation {
    condition     = var.api_latency_threshold_ms >= 100 && var.api_latency_threshold_ms <= 29000
    error_message = "api_latency_threshold_ms must be from 100 to 29000 (API Gateway's own limit)."
  }
}

variable "manage_api_gateway_account" {
  description = "Whether this deployment owns API Gateway's log role, of which an account has one for each region."
  type        = bool
  default     = true
}

variable "aws_max_retries" {
  description = "How often the providers repeat a call that failed."
  type        = number
  default     = 10

  validation {
    condition     = var.aws_max_retries >= 0 && var.aws_max_retries <= 25
    error_message = "aws_max_retries must be from 0 to 25."
  }
}
