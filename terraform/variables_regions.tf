# One object for each region. primary and dr are home roles: they never change, whoever is active today.

variable "primary" {
  description = "The primary region."
  type = object({
    region              = string
    vpc_cidr            = string
    availability_zones  = list(string)
    nat_gateways        = optional(number, 3)
    interface_endpoints = optional(list(string), [])
    aurora = object({
      instances    = optional(number, 3)
      min_capacity = optional(number, 0.5)
      max_capacity = optional(number, 8)
    })
  })

  validation {
    condition     = var.primary.region == "us-east-1"
    error_message = "primary.region must be us-east-1: the request says so, and the AWS/Route53 metrics that its alarms watch exist nowhere else."
  }
  validation {
    condition     = can(cidrhost(var.primary.vpc_cidr, 0)) && try(tonumber(split("/", var.primary.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.primary.vpc_cidr)[1]) <= 20, false)
    error_message = "primary.vpc_cidr must be an IPv4 network from /16 to /20 (such as 10.10.0.0/16)."
  }
  validation {
    condition     = length(distinct(var.primary.availability_zones)) == 3 && alltrue([for zone in var.primary.availability_zones : startswith(zone, var.primary.region)])
    error_message = "primary.availability_zones must name three different zones of primary.region."
  }
  validation {
    condition     = contains([1, 3], var.primary.nat_gateways)
    error_message = "primary.nat_gateways must be 1 (cheaper) or 3 (one in each zone)."
  }
  validation {
    condition     = length(distinct(var.primary.interface_endpoints)) == length(var.primary.interface_endpoints) && alltrue([for name in var.primary.interface_endpoints : can(regex("^[a-z][a-z0-9.-]*$", name)) && !startswith(name, "com.amazonaws")])
    error_message = "primary.interface_endpoints must list short service names once each (such as secretsmanager), without com.amazonaws.<region>."
  }
  validation {
    condition     = var.primary.aurora.instances >= 1 && var.primary.aurora.instances <= 15
    error_message = "primary.aurora.instances must be from 1 to 15 (3 puts one in each zone)."
  }
  validation {
    condition     = var.primary.aurora.min_capacity >= 0.5 && var.primary.aurora.max_capacity <= 256 && var.primary.aurora.min_capacity <= var.primary.aurora.max_capacity
    error_message = "primary.aurora.min_capacity and max_capacity must be from 0.5 to 256 ACUs, min_capacity not above max_capacity."
  }
}

variable "dr" {
  description = "The disaster recovery region."
  type = object({
    region              = string
    vpc_cidr            = string
    availability_zones  = list(string)
    nat_gateways        = optional(number, 3)
    interface_endpoints = optional(list(string), [])
    aurora = object({
      instances    = optional(number, 3)
      min_capacity = optional(number, 0.5)
      max_capacity = optional(number, 8)
    })
  })

  validation {
    condition     = var.dr.region == "us-east-2"
    error_message = "dr.region must be us-east-2: the request says so, and a second region must not be the first one again."
  }
  validation {
    condition     = can(cidrhost(var.dr.vpc_cidr, 0)) && try(tonumber(split("/", var.dr.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.dr.vpc_cidr)[1]) <= 20, false)
    error_message = "dr.vpc_cidr must be an IPv4 network from /16 to /20 (such as 10.20.0.0/16)."
  }
  # Different networks keep the way open to peer the two, which equal ones would close for good.
  validation {
    condition     = var.dr.vpc_cidr != var.primary.vpc_cidr
    error_message = "dr.vpc_cidr must differ from primary.vpc_cidr."
  }
  validation {
    condition     = length(distinct(var.dr.availability_zones)) == 3 && alltrue([for zone in var.dr.availability_zones : startswith(zone, var.dr.region)])
    error_message = "dr.availability_zones must name three different zones of dr.region."
  }
  validation {
    condition     = contains([1, 3], var.dr.nat_gateways)
    error_message = "dr.nat_gateways must be 1 (cheaper) or 3 (one in each zone)."
  }
  validation {
    condition     = length(distinct(var.dr.interface_endpoints)) == length(var.dr.interface_endpoints) && alltrue([for name in var.dr.interface_endpoints : can(regex("^[a-z][a-z0-9.-]*$", name)) && !startswith(name, "com.amazonaws")])
    error_message = "dr.interface_endpoints must list short service names once each (such as secretsmanager), without com.amazonaws.<region>."
  }
  validation {
    condition     = var.dr.aurora.instances >= 1 && var.dr.aurora.instances <= 15
    error_message = "dr.aurora.instances must be from 1 to 15: without an instance nothing can be promoted."
  }
  validation {
    condition     = var.dr.aurora.min_capacity >= 0.5 && var.dr.aurora.max_capacity <= 256 && var.dr.aurora.min_capacity <= var.dr.aurora.max_capacity
    error_message = "dr.aurora.min_capacity and max_capacity must be from 0.5 to 256 ACUs, min_capacity not above max_capacity."
  }
  # A standby that cannot grow as large as the active would fail over into an overload.
  validation {
    condition     = var.dr.aurora.max_capacity >= var.primary.aurora.max_capacity
    error_message = "dr.aurora.max_capacity must not be below primary.aurora.max_capacity: the standby has to carry the same load."
  }
}
