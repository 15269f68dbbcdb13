"""A REST API in front of a function that does what its path says, as Terraform would make it."""

import http.client
import io
import json
import socket
import ssl
import zipfile

HANDLER = """
def handler(event, context):
    path = event["path"]
    print('{"_aws": {"CloudWatchMetrics": [{"Namespace": "Test", "Dimensions": [["Path"]], "Metrics": '
          '[{"Name": "Calls", "Unit": "Count"}]}]}, "Path": "%s", "Calls": 1}' % path)
    if path.endswith("/broken"):
        raise RuntimeError("a secret of the inside")
    status = 503 if path.endswith("/down") else 200
    if path.endswith("/health"):
        status = 200 if not (event.get("stageVariables") or {}).get("down") else 503
    return {"statusCode": status, "headers": {"Content-Type": "application/json"},
            "body": __import__("json").dumps({"context": event["requestContext"], "headers": event["headers"]})}
"""
FORMAT = {
    "id": "$context.requestId",
    "ip": "$context.identity.sourceIp",
    "status": "$context.status",
    "method": "$context.httpMethod",
    "resource": "$context.resourcePath",
    "domain": "$context.domainName",
    "agent": "$context.identity.userAgent",
    "error": "$context.integrationErrorMessage",
    "integration": "$context.integrationStatus",
    "ms": "$context.integrationLatency",
    "what": "$context.nothing",
}


class Api:
    """One REST API with a custom domain in one region."""

    def __init__(self, sandbox, name, region="us-east-1"):
        self.sandbox, self.name, self.region = sandbox, name, region
        self.domain = f"{name}.payments.example.com"
        self.stage = f"stage-{name}"
        self.group = f"/aws/apigateway/{name}"
        self.gateway = sandbox.client("apigateway", region)
        self._make_function()
        self._make_routes()
        self._make_stage()
        self._make_domain()

    def _make_function(self):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("index.py", HANDLER)
        self.function = self.sandbox.client("lambda", self.region).create_function(
            FunctionName=f"lambda-{self.name}",
            Runtime="python3.13",
            Handler="index.handler",
            Architectures=["arm64"],
            Role="arn:aws:iam::222222222222:role/any",
            Code={"ZipFile": packed.getvalue()},
        )["FunctionArn"]

    def _make_routes(self):
        self.id = self.gateway.create_rest_api(name=self.name, endpointConfiguration={"types": ["REGIONAL"]})["id"]
        root = self.gateway.get_resources(restApiId=self.id)["items"][0]["id"]
        uri = f"arn:aws:apigateway:{self.region}:lambda:path/2015-03-31/functions/{self.function}/invocations"
        for part, method in (("health", "GET"), ("{proxy+}", "ANY")):
            made = self.gateway.create_resource(restApiId=self.id, parentId=root, pathPart=part)["id"]
            self.gateway.put_method(restApiId=self.id, resourceId=made, httpMethod=method, authorizationType="NONE")
            self.gateway.put_integration(
                restApiId=self.id,
                resourceId=made,
                httpMethod=method,
                type="AWS_PROXY",
                integrationHttpMethod="POST",
                uri=uri,
            )

    def _make_stage(self):
        self.sandbox.client("logs", self.region).create_log_group(logGroupName=self.group)
        self.gateway.create_deployment(restApiId=self.id, stageName=self.stage)
        arn = f"arn:aws:logs:{self.region}:222222222222:log-group:{self.group}"
        self.patch(
            {
                "/accessLogSettings/destinationArn": arn,
                "/accessLogSettings/format": json.dumps(FORMAT),
                "/*/*/metrics/enabled": "true",
            }
        )

    def _make_domain(self):
        made = self.gateway.create_domain_name(
            domainName=self.domain, endpointConfiguration={"types": ["REGIONAL"]}, securityPolicy="TLS_1_2"
        )
        self.gateway.create_base_path_mapping(
            domainName=self.domain, basePath="(none)", restApiId=self.id, stage=self.stage
        )
        self.target = made["regionalDomainName"]

    def patch(self, changes):
        """Update the stage: values by JSON pointer."""
        self.gateway.update_stage(
            restApiId=self.id,
            stageName=self.stage,
            patchOperations=[{"op": "replace", "path": path, "value": value} for path, value in changes.items()],
        )

    def call(self, path, method="GET", **headers):
        """Call it through its custom domain; return status, headers and the JSON body."""
        config = self.sandbox.config
        context = ssl.create_default_context(cafile=config.dir / "ca.pem")
        connection = http.client.HTTPSConnection(self.domain, config.tls_port, context=context, timeout=20)
        raw = socket.create_connection((config.addresses[self.region], config.tls_port), timeout=20)
        connection.sock = context.wrap_socket(raw, server_hostname=self.domain)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, json.loads(answer.read() or "null")
        finally:
            connection.close()

    def logged(self):
        """Return the lines of the access log."""
        events = self.sandbox.client("logs", self.region).filter_log_events(logGroupName=self.group)["events"]
        return [json.loads(event["message"]) for event in events]
