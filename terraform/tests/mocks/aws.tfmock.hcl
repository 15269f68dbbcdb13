# What a mocked AWS answers where the provider checks the form of it: documents must be JSON, ARNs must be ARNs.

mock_data "aws_iam_policy_document" {
  defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_data "aws_secretsmanager_secret" {
  defaults = {
    arn        = "arn:aws:secretsmanager:us-east-1:222222222222:secret:payments/aurora/master-AbCdEf"
    kms_key_id = ""
  }
}

mock_data "aws_route53_zone" {
  defaults = { zone_id = "Z0000000000000000000" }
}
