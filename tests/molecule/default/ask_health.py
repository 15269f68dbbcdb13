"""Calls the handler in the zip that is named on the command line as API Gateway does, and prints what it answers.

Unpacked, as Lambda does it. There is no AWS here: whom the function would ask listens nowhere, and it says so itself.
"""

import sys
import tempfile
import zipfile
from types import SimpleNamespace

EVENT = {
    "httpMethod": "GET",
    "path": "/health",
    "headers": {},
    "multiValueHeaders": {},
    "queryStringParameters": None,
    "multiValueQueryStringParameters": None,
    "body": None,
    "isBase64Encoded": False,
    "requestContext": {"requestId": "molecule", "stage": "test"},
}
CONTEXT = SimpleNamespace(
    function_name="payments",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:333333333333:function:payments",
    aws_request_id="molecule",
    get_remaining_time_in_millis=lambda: 10_000,
)

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(sys.argv[1]) as zipped:
            zipped.extractall(folder)
        sys.path.insert(0, folder)
        from payments.handler import handler, logger

        logger.setLevel("CRITICAL")  # it logs to standard output, where the answer goes
        response = handler(EVENT, CONTEXT)
    if response["statusCode"] != 503:
        sys.exit(f"GET /health: {response}")
    print(response["body"])
