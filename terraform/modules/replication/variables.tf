variable "tail" {
  description = "End of every name: environment-environmentSuffix."
  type        = string
}

variable "account_id" {
  description = "Account of both buckets."
  type        = string
}

variable "source_store" {
  description = "Region, bucket and key of what is replicated."
  type = object({
    region  = string
    bucket  = object({ name = string, arn = string })
    key_arn = string
  })
}

variable "target_store" {
  description = "Region, bucket and key that it is replicated to."
  type = object({
    region  = string
    bucket  = object({ name = string, arn = string })
    key_arn = string
  })
}
