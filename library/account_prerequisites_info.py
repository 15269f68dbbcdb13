#!/usr/bin/python
"""Looks up what a deployment takes for granted in the account. What is missing is said by payments_dr.prerequisites."""

DOCUMENTATION = r"""
---
module: account_prerequisites_info
short_description: Find what a deployment takes for granted in the AWS account
version_added: 1.0.0
description:
  - Looks up, as seen from one region, the account that the credentials and the role lead to, the database's secret with
    its replicas, the public hosted zone, and how much Lambda concurrency is left to reserve.
  - Fails with every missing thing at once, each naming its variable and the mend, so that nothing is created first.
  - The secret's value is not read. Changes nothing, so check mode makes no difference.
options:
  account_id:
    description: The account that is to be deployed to.
    type: str
    required: true
  secret_name:
    description: The existing secret with the database's credentials.
    type: str
    required: true
  replica_region:
    description: Region that must hold a replica of the secret. Without it no replica is asked for.
    type: str
  domain_name:
    description: The existing public hosted zone.
    type: str
    required: true
  function_name:
    description: The payments function; when it exists, its reserved concurrency is already set aside.
    type: str
    required: true
  reserved_concurrency:
    description: Concurrency that the payments function will reserve.
    type: int
    required: true
  endpoint_mend:
    description: What to do when nothing answers at the endpoint URL; said in the error.
    type: str
    default: ''
extends_documentation_fragment:
  - assumed_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author:
  - Payments Platform (@payments-platform)
"""

EXAMPLES = r"""
- name: Find the secret, the zone and the account
  account_prerequisites_info:
    region: us-east-1
    assume_role_arn: arn:aws:iam::222222222222:role/role-deploy
    account_id: "222222222222"
    secret_name: payments/aurora/master
    replica_region: us-east-2
    domain_name: payments.example.com
    function_name: lambda-payments-us-east-1-prod-a1
    reserved_concurrency: 100
"""

RETURN = r"""
account_id:
  description: The account that the role leads to.
  returned: success
  type: str
  sample: "222222222222"
caller_arn:
  description: Who we are there.
  returned: success
  type: str
  sample: arn:aws:sts::222222222222:assumed-role/role-deploy/payments-dr
zone_id:
  description: The hosted zone's identifier.
  returned: success
  type: str
  sample: Z0123456789ABCDEFGHIJ
secret_arn:
  description: The secret's ARN in this region.
  returned: success
  type: str
  sample: arn:aws:secretsmanager:us-east-1:222222222222:secret:payments/aurora/master-AbCdEf
errors:
  description: What is missing. Both regions may miss the same; the variable tells.
  returned: failure
  type: list
  elements: dict
  sample: [{variable: domain_name, message: "domain_name: there is no public hosted zone payments.example.com; ..."}]
"""

from ansible.module_utils.payments_dr import prerequisites
from ansible.module_utils.payments_dr.aws import AWS_SPEC, client
from ansible.module_utils.payments_dr.calls import AwsFailure, concurrently, describing
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def find_secret(secretsmanager, name):
    """DescribeSecret's answer, or None when there is no such secret."""
    with describing(f"look up the secret {name}"):
        try:
            return secretsmanager.describe_secret(SecretId=name)
        except secretsmanager.exceptions.ResourceNotFoundException:
            return None


def find_zones(route53, domain_name):
    """The hosted zones of exactly this name; ListHostedZonesByName begins at the name and goes on behind it."""
    with describing(f"look up the hosted zone {domain_name}"):
        answer = route53.list_hosted_zones_by_name(DNSName=domain_name, MaxItems="10")
    return [zone for zone in answer["HostedZones"] if zone["Name"].rstrip(".") == domain_name]


def find_concurrency(functions, function_name):
    """(concurrency that nobody has reserved, what the function has reserved already)."""
    with describing("read Lambda's account settings"):
        unreserved = functions.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    with describing(f"read the reserved concurrency of {function_name}"):
        try:
            held = functions.get_function_concurrency(FunctionName=function_name).get("ReservedConcurrentExecutions", 0)
        except functions.exceptions.ResourceNotFoundException:
            held = 0
    return unreserved, held


def gather(module):
    """Everything that the account must have, as AWS says it is."""
    params = module.params
    sts, secrets, route53, functions = (client(module, name) for name in ("sts", "secretsmanager", "route53", "lambda"))
    with describing("ask who we are"):
        caller = sts.get_caller_identity()
    found = concurrently(
        {
            "secret": lambda: find_secret(secrets, params["secret_name"]),
            "zones": lambda: find_zones(route53, params["domain_name"]),
            "concurrency": lambda: find_concurrency(functions, params["function_name"]),
        }
    )
    return {"caller": caller, **found}


def main():
    module = AnsibleAWSModule(
        argument_spec={
            "account_id": {"type": "str", "required": True},
            "secret_name": {"type": "str", "required": True, "no_log": False},
            "replica_region": {"type": "str"},
            "domain_name": {"type": "str", "required": True},
            "function_name": {"type": "str", "required": True},
            "reserved_concurrency": {"type": "int", "required": True},
            "endpoint_mend": {"type": "str", "default": ""},
            **AWS_SPEC,
        },
        supports_check_mode=True,
    )
    try:
        found = gather(module)
        errors = prerequisites.missing(found, module.params, module.region)
    except AwsFailure as failure:
        errors = [prerequisites.explain(failure.message, failure.code, failure.unreachable, module.params)]
    if errors:
        by_variable = [{"variable": error.partition(":")[0], "message": error} for error in errors]
        module.fail_json(msg="\n".join(errors), errors=by_variable)
    module.exit_json(
        changed=False,
        account_id=found["caller"]["Account"],
        caller_arn=found["caller"]["Arn"],
        zone_id=found["zones"][0]["Id"].rsplit("/", 1)[-1],
        secret_arn=found["secret"]["ARN"],
    )


if __name__ == "__main__":
    main()
