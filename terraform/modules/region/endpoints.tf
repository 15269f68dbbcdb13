# Gateway endpoints cost nothing, and keep S3 and DynamoDB traffic off the NAT gateways, which charge for each byte.
# Interface endpoints cost by the hour: docs/costs.md has the arithmetic that says when one pays.

data "aws_iam_policy_document" "endpoint" {
  #checkov:skip=CKV_AWS_1:An endpoint policy grants nothing: it narrows the endpoint to identities of this account
  #checkov:skip=CKV_AWS_49:An endpoint policy grants nothing: it narrows the endpoint to identities of this account
  statement {
    sid       = "ThisAccountOnly"
    actions   = ["*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [var.account_id]
    }
  }
}

resource "aws_vpc_endpoint" "gateway" {
  for_each = toset(["s3", "dynamodb"])

  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [for table in aws_route_table.private : table.id]
  policy            = data.aws_iam_policy_document.endpoint.json

  tags = { Name = "vpce-${each.key}-${local.here}" }
}

resource "aws_vpc_endpoint" "interface" {
  for_each = toset(var.interface_endpoints)

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for subnet in aws_subnet.private : subnet.id]
  security_group_ids  = [aws_security_group.endpoints[0].id]
  policy              = data.aws_iam_policy_document.endpoint.json

  tags = { Name = "vpce-${each.key}-${local.here}" }
}
