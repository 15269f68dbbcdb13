# The REST API. All of it goes to the function, which does the routing; /health has a route of its own so that the
# probes of Route 53 can be told from payments in metrics and limits: a standby answers them 503 by design.

resource "aws_api_gateway_rest_api" "payments" {
  name        = local.api_gateway_name
  description = "Payments API of ${var.region}"
  # Only the custom domains, with their certificate and TLS policy, are a way in.
  disable_execute_api_endpoint = true

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  tags = { Name = local.api_gateway_name }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_resource" "proxy" {
  rest_api_id = aws_api_gateway_rest_api.payments.id
  parent_id   = aws_api_gateway_rest_api.payments.root_resource_id
  path_part   = "{proxy+}"
}

resource "aws_api_gateway_resource" "health" {
  rest_api_id = aws_api_gateway_rest_api.payments.id
  parent_id   = aws_api_gateway_rest_api.payments.root_resource_id
  path_part   = "health"
}

locals {
  routes = {
    root   = { resource_id = aws_api_gateway_rest_api.payments.root_resource_id, method = "ANY" }
    proxy  = { resource_id = aws_api_gateway_resource.proxy.id, method = "ANY" }
    health = { resource_id = aws_api_gateway_resource.health.id, method = "GET" }
  }
}

resource "aws_api_gateway_method" "this" {
  #checkov:skip=CKV_AWS_59:The request names no identity provider; callers are bounded by throttling, and /health must answer Route 53's checkers
  #checkov:skip=CKV2_AWS_53:The function validates every field, and answers problem details that a gateway model cannot
  for_each = local.routes

  rest_api_id   = aws_api_gateway_rest_api.payments.id
  resource_id   = each.value.resource_id
  http_method   = each.value.method
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "this" {
  for_each = local.routes

  rest_api_id             = aws_api_gateway_rest_api.payments.id
  resource_id             = each.value.resource_id
  http_method             = aws_api_gateway_method.this[each.key].http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = aws_lambda_function.payments.invoke_arn
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.payments.id

  # A deployment is a snapshot: what is in it has to be in the trigger, or a change would never go live.
  triggers = {
    routes = sha1(jsonencode([
      aws_api_gateway_resource.proxy.path_part,
      aws_api_gateway_resource.health.path_part,
      [for method in aws_api_gateway_method.this : [method.resource_id, method.http_method, method.authorization]],
      [for integration in aws_api_gateway_integration.this : [integration.resource_id, integration.type, integration.uri]],
    ]))
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "api_access" {
  name              = "/aws/apigateway/${local.api_gateway_name}"
  retention_in_days = var.function.log_retention_days
  kms_key_id        = aws_kms_key.this.arn

  tags = { Name = "/aws/apigateway/${local.api_gateway_name}" }
}

# API Gateway dictates this name, and would make the group itself: without retention or key, and for ever.
resource "aws_cloudwatch_log_group" "api_execution" {
  name              = "API-Gateway-Execution-Logs_${aws_api_gateway_rest_api.payments.id}/${local.stage_name}"
  retention_in_days = var.function.log_retention_days
  kms_key_id        = aws_kms_key.this.arn

  tags = { Name = "API-Gateway-Execution-Logs-${local.here}" }
}

resource "aws_api_gateway_stage" "this" {
  #checkov:skip=CKV_AWS_120:The answer to a payment must never come from a cache
  #checkov:skip=CKV2_AWS_29:The request has no WAF; throttling bounds abuse, and docs/costs.md has what one would cost
  #checkov:skip=CKV2_AWS_51:The back end is a Lambda integration, which IAM authenticates; client certificates are for HTTP back ends
  rest_api_id          = aws_api_gateway_rest_api.payments.id
  deployment_id        = aws_api_gateway_deployment.this.id
  stage_name           = local.stage_name
  description          = "Payments API, ${var.environment}"
  xray_tracing_enabled = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api_access.arn
    # No body, no query and no authorization header: nothing of a payment is in an access log.
    format = jsonencode({
      request_id         = "$context.requestId"
      time               = "$context.requestTime"
      domain             = "$context.domainName"
      method             = "$context.httpMethod"
      resource           = "$context.resourcePath"
      status             = "$context.status"
      protocol           = "$context.protocol"
      source_ip          = "$context.identity.sourceIp"
      response_bytes     = "$context.responseLength"
      latency_ms         = "$context.responseLatency"
      integration_ms     = "$context.integrationLatency"
      integration_status = "$context.integrationStatus"
      integration_error  = "$context.integrationErrorMessage"
      trace_id           = "$context.xrayTraceId"
    })
  }

  tags = { Name = local.stage_name }

  depends_on = [aws_api_gateway_account.this, aws_cloudwatch_log_group.api_execution]
}

resource "aws_api_gateway_method_settings" "all" {
  #checkov:skip=CKV_AWS_225:The answer to a payment must never come from a cache
  rest_api_id = aws_api_gateway_rest_api.payments.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = true # for each route: the 5XX alarm tells payments from probes
    logging_level          = "ERROR"
    data_trace_enabled     = false # it would log bodies
    throttling_rate_limit  = var.throttling.rate_limit
    throttling_burst_limit = var.throttling.burst_limit
  }
}
