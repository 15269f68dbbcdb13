# API Gateway writes logs with one role for each account and region. A second deployment in the same account leaves
# manage_api_gateway_account false, and relies on the first one's.

data "aws_iam_policy_document" "apigateway_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["apigateway.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "apigateway_logs" {
  count = var.manage_api_gateway_account ? 1 : 0

  name               = "role-apigateway-logs-${local.here}"
  description        = "API Gateway writes its access and execution logs"
  assume_role_policy = data.aws_iam_policy_document.apigateway_trust.json

  tags = { Name = "role-apigateway-logs-${local.here}" }
}

# AWS's own policy: API Gateway checks for its permissions when the role is set, and documents no narrower set.
resource "aws_iam_role_policy_attachment" "apigateway_logs" {
  count = var.manage_api_gateway_account ? 1 : 0

  role       = aws_iam_role.apigateway_logs[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}

resource "aws_api_gateway_account" "this" {
  count = var.manage_api_gateway_account ? 1 : 0

  cloudwatch_role_arn = aws_iam_role.apigateway_logs[0].arn
  reset_on_delete     = true # or the setting would go on naming a role that is gone

  depends_on = [aws_iam_role_policy_attachment.apigateway_logs]
}
