# Rules are resources of their own, each with its reason: inline ones would fight with them at every apply.
# AWS refuses a group name that begins with sg-, which is kept for identifiers: the Name tag says it instead.

resource "aws_security_group" "lambda" {
  name        = "security-group-lambda-${local.here}"
  description = "Payments function: out to the database and to AWS APIs, nothing in"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "sg-lambda-${local.here}" }
}

resource "aws_security_group" "aurora" {
  name        = "security-group-aurora-${local.here}"
  description = "Aurora: in from the payments function, nothing out"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "sg-aurora-${local.here}" }
}

resource "aws_security_group" "endpoints" {
  count = length(var.interface_endpoints) > 0 ? 1 : 0

  name        = "security-group-endpoints-${local.here}"
  description = "Interface endpoints: in from the payments function, nothing out"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "sg-endpoints-${local.here}" }
}

resource "aws_vpc_security_group_egress_rule" "lambda_to_aurora" {
  security_group_id            = aws_security_group.lambda.id
  description                  = "PostgreSQL to the cluster of this region"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.aurora.id

  tags = { Name = "sgr-lambda-aurora-${local.here}" }
}

# To anywhere, since AWS's endpoints (and those of the peer region, where payments are journalled) have no fixed
# addresses; only 443, and only through NAT or a VPC endpoint.
resource "aws_vpc_security_group_egress_rule" "lambda_to_https" {
  security_group_id = aws_security_group.lambda.id
  description       = "HTTPS to AWS APIs"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"

  tags = { Name = "sgr-lambda-https-${local.here}" }
}

# The zone's authoritative servers are asked only while the other region cannot be reached; UDP alone, since the answer is
# one CNAME. What the VPC's own resolver is asked passes no security group.
resource "aws_vpc_security_group_egress_rule" "lambda_to_dns" {
  security_group_id = aws_security_group.lambda.id
  description       = "DNS to the authoritative servers of the zone"
  ip_protocol       = "udp"
  from_port         = 53
  to_port           = 53
  cidr_ipv4         = "0.0.0.0/0"

  tags = { Name = "sgr-lambda-dns-${local.here}" }
}

resource "aws_vpc_security_group_ingress_rule" "aurora_from_lambda" {
  security_group_id            = aws_security_group.aurora.id
  description                  = "PostgreSQL from the payments function"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.lambda.id

  tags = { Name = "sgr-aurora-lambda-${local.here}" }
}

resource "aws_vpc_security_group_ingress_rule" "endpoints_from_lambda" {
  count = length(aws_security_group.endpoints)

  security_group_id            = aws_security_group.endpoints[0].id
  description                  = "HTTPS from the payments function"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.lambda.id

  tags = { Name = "sgr-endpoints-lambda-${local.here}" }
}
