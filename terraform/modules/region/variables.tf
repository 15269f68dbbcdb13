# Checked where they enter, in the root module; the types here only say what each part needs.

variable "environment" {
  description = "Name of the environment."
  type        = string
}

variable "environmentSuffix" {
  description = "Ends every resource name."
  type        = string
}

variable "account_id" {
  description = "Account that all of this is in."
  type        = string
}

variable "region" {
  description = "This region."
  type        = string
}

variable "peer_region" {
  description = "The other region."
  type        = string
}

variable "dr_role" {
  description = "Home role of this region, primary or dr. It never changes, whoever is active."
  type        = string

  validation {
    condition     = contains(["primary", "dr"], var.dr_role)
    error_message = "dr_role must be primary or dr."
  }
}

variable "vpc_cidr" {
  description = "IPv4 network of the VPC."
  type        = string
}

variable "availability_zones" {
  description = "Three zones of this region."
  type        = list(string)
}

variable "nat_gateways" {
  description = "1, or 3 for one in each zone."
  type        = number
}

variable "interface_endpoints" {
  description = "Short names of the services that get an interface endpoint."
  type        = list(string)
}

variable "aurora" {
  description = "Instances, and their capacity in ACUs."
  type = object({
    instances    = number
    min_capacity = number
    max_capacity = number
  })
}

variable "database" {
  description = "As in the root module."
  type = object({
    secret_name           = string
    name                  = string
    username              = string
    engine_version        = string
    backup_retention_days = number
    password_version      = number
  })
}

variable "master_password" {
  description = "Password of the master user, for the primary only: a secondary takes it from there."
  type        = string
  default     = null
  ephemeral   = true
}

variable "global_cluster_identifier" {
  description = "The global cluster to join. For dr it must only be known once the primary's instances are there."
  type        = string
}

variable "storage" {
  description = "Lifecycle of the transaction logs, in days."
  type = object({
    infrequent_access_days = number
    archive_days           = number
    expire_days            = number
    noncurrent_days        = number
  })
}

variable "function" {
  description = "The payments function."
  type = object({
    package              = string
    version              = string
    memory_mb            = number
    timeout_seconds      = number
    reserved_concurrency = number
    log_retention_days   = number
    log_level            = string
  })
}

variable "durability" {
  description = "What the payments function does while it cannot journal in the other region: strict or available."
  type        = string
}

variable "journal" {
  description = "The journal of what the other region acknowledged."
  type = object({
    retention_days = number
  })
}

variable "peer_kms_key_arn" {
  description = "Key of the other region, which its tables are encrypted with."
  type        = string
}

variable "failover" {
  description = "The failover function; policy is what it decides by, as payments_dr.policy.Policy has it."
  type = object({
    package = string
    version = string
    policy  = map(number)
  })
}

variable "topology_parameter" {
  description = "SSM parameter with both regions' identifiers, of this name in each region."
  type        = string
}

variable "global_cluster_name" {
  description = "Name of the global cluster, known before it is there."
  type        = string
}

variable "throttling" {
  description = "Requests a second, and burst, of the API."
  type = object({
    rate_limit  = number
    burst_limit = number
  })
}

variable "api_domains" {
  description = "Names that the API answers to: shared by both regions, and this region's own."
  type = object({
    shared = string
    own    = string
  })
}

variable "name_servers" {
  description = "Authoritative servers of the zone of these names, which belong to no region."
  type        = list(string)
}

variable "certificate_validation_fqdns" {
  description = "DNS records that prove the names of the certificate; made in the root, once for both regions."
  type        = list(string)
}

variable "manage_api_gateway_account" {
  description = "Whether to set API Gateway's log role, of which an account has one for each region."
  type        = bool
}

variable "objectives" {
  description = "Objectives that the alarms are derived from."
  type = object({
    rto_seconds       = number
    rpo_seconds       = number
    promotion_seconds = number
  })
}

variable "api_latency_threshold_ms" {
  description = "Average latency above which this region counts as too slow."
  type        = number
}

variable "alert_emails" {
  description = "Subscribers of the alerts."
  type        = list(string)
}
