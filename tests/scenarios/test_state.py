"""Names and tags, read from the state that was applied rather than from the code."""

import json
import os
import re
from pathlib import Path

import pytest

from .conftest import ROOT, SUFFIX
from .state import applied, terraform

TAIL = f"-sandbox-{SUFFIX}"
# Where a resource's name stands, and which resource types its names begin with: the catalogue of the naming convention.
NAMES = {
    "aws_acm_certificate": ("tags.Name", "certificate"),
    "aws_api_gateway_rest_api": ("name", "api"),
    "aws_api_gateway_stage": ("stage_name", "stage"),
    "aws_cloudwatch_dashboard": ("dashboard_name", "dashboard"),
    "aws_cloudwatch_event_rule": ("name", "rule"),
    "aws_cloudwatch_log_group": ("name", "/aws/|API-Gateway-Execution-Logs_"),
    "aws_cloudwatch_metric_alarm": ("alarm_name", "alarm"),
    "aws_db_subnet_group": ("name", "aurora-subnets"),
    "aws_default_security_group": ("tags.Name", "sg"),
    "aws_dynamodb_table": ("name", "table"),
    "aws_eip": ("tags.Name", "eip"),
    "aws_flow_log": ("tags.Name", "flow-log"),
    "aws_iam_role": ("name", "role"),
    "aws_internet_gateway": ("tags.Name", "igw"),
    "aws_kms_alias": ("name", "alias/kms"),
    "aws_kms_key": ("tags.Name", "kms"),
    "aws_lambda_function": ("function_name", "lambda"),
    "aws_nat_gateway": ("tags.Name", "nat"),
    "aws_rds_cluster": ("cluster_identifier", "aurora-cluster"),
    "aws_rds_cluster_instance": ("identifier", "aurora-instance"),
    "aws_rds_cluster_parameter_group": ("name", "aurora-parameters"),
    "aws_rds_global_cluster": ("global_cluster_identifier", "aurora-global"),
    "aws_route53_health_check": ("tags.Name", "healthcheck"),
    "aws_route_table": ("tags.Name", "rtb"),
    "aws_s3_bucket": ("bucket", "s3"),
    "aws_security_group": ("tags.Name", "sg"),
    "aws_sns_topic": ("name", "sns"),
    "aws_sqs_queue": ("name", "sqs"),
    "aws_ssm_parameter": ("name", "parameter"),
    "aws_subnet": ("tags.Name", "subnet"),
    "aws_vpc": ("tags.Name", "vpc"),
    "aws_vpc_endpoint": ("tags.Name", "vpce"),
}
# AWS names it itself, or it has no name: a DNS record, a custom domain, a rule or a setting of something named.
NAMELESS = re.compile(
    r"aws_(acm_certificate_validation|api_gateway_(account|base_path_mapping|deployment|domain_name|integration|method"
    r"|method_settings|resource)|cloudwatch_event_target|dynamodb_table_item|iam_role_policy|iam_role_policy_attachment"
    r"|lambda_function_event_invoke_config|lambda_permission|route|route53_record|route_table_association"
    r"|s3_bucket_.*|sns_topic_policy|sns_topic_subscription|sqs_queue_policy"
    r"|vpc_security_group_(egress|ingress)_rule)"
)


@pytest.fixture(scope="module")
def resources(deployment) -> list[dict]:
    """Every managed resource of the applied state."""
    found = [one for one in applied(deployment)["resources"] if one["mode"] == "managed"]
    assert len(found) > 200
    return found


def home_role(resource: dict) -> str:
    for role in ("primary", "dr"):
        if resource["address"].startswith(f"module.{role}."):
            return role
    return ""


def test_every_taggable_resource_has_both_tags(resources):
    taggable = [one for one in resources if "tags_all" in one["values"]]
    assert len(taggable) > 90
    for one in taggable:
        tags = one["values"]["tags_all"] or {}
        assert tags.get("Environment") == "sandbox", one["address"]
        assert tags.get("DR-Role") in {"primary", "dr", "global"}, one["address"]
        if home_role(one):
            assert tags["DR-Role"] == home_role(one), one["address"]


def test_every_resource_type_is_named_by_the_convention_or_has_no_name(resources):
    unknown = {one["type"] for one in resources if one["type"] not in NAMES and not NAMELESS.fullmatch(one["type"])}
    assert unknown == set()


def test_every_name_is_resource_type_environment_suffix(resources):
    named = [one for one in resources if one["type"] in NAMES]
    names = {}
    for one in named:
        path, begins = NAMES[one["type"]]
        value = one["values"]
        for part in path.split("."):
            value = (value or {}).get(part)
        assert value, f"{one['address']} has no {path}"
        assert re.match(rf"({begins})", value), f"{one['address']}: {value}"
        # What AWS writes for a cluster or a stage goes on behind the name.
        assert re.search(rf"{TAIL}(/postgresql)?$", value), f"{one['address']}: {value}"
        region = (one["values"].get("arn") or ":::").split(":")[3]
        names.setdefault((one["type"], value, region), []).append(one["address"])
    assert [addresses for addresses in names.values() if len(addresses) > 1] == []


def test_both_regions_have_the_same(resources):
    """One module, used twice: what differs is only what happens once in the world."""
    by_role = {role: [] for role in ("primary", "dr")}
    for one in resources:
        if home_role(one):
            address = one["address"].split(".", 2)[2].replace("us-east-2", "us-east-1")
            by_role[home_role(one)].append(address)
    assert len(by_role["primary"]) > 90
    assert sorted(by_role["primary"]) == sorted(by_role["dr"])


def test_nothing_is_retained(resources):
    for one in resources:
        values = one["values"]
        assert not values.get("deletion_protection"), one["address"]
        assert not values.get("prevent_destroy"), one["address"]
        assert not values.get("deletion_protection_enabled"), one["address"]
        if one["type"] == "aws_rds_cluster":
            assert values["skip_final_snapshot"] is True
        if one["type"] == "aws_s3_bucket":
            assert values["force_destroy"] is True
        if one["type"] == "aws_cloudwatch_log_group":
            assert values["skip_destroy"] is False
            assert values["retention_in_days"] > 0


def test_a_state_with_a_lock_that_a_dead_run_left_says_how_to_break_it(deployment, playbook, sandbox):
    bucket = f"s3-terraform-state-us-east-2{TAIL}"
    s3, key = sandbox.client("s3", "us-east-2"), "payments-dr/terraform.tfstate.tflock"
    lock = {
        "ID": "11111111-2222-3333-4444-555555555555",
        "Operation": "OperationTypeApply",
        "Info": "",
        "Who": "dead@host",
        "Version": "1.11.4",
        "Created": "2026-01-01T00:00:00Z",
        "Path": f"{bucket}/payments-dr/terraform.tfstate",
    }
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(lock))
    try:
        result = playbook("deploy", "--tags", "plan", "-e", "infrastructure_lock_timeout=1")
        assert result.code != 0
        assert lock["ID"] in result.output
        assert "run again with -e infrastructure_unlock=" in result.output
        result = playbook("deploy", "--tags", "plan", "-e", f"infrastructure_unlock={lock['ID']}")
        assert result.code == 0, result.output
    finally:
        s3.delete_object(Bucket=bucket, Key=key)


def secret_value(sandbox) -> str:
    answer = sandbox.client("secretsmanager").get_secret_value(SecretId="payments/aurora/master")
    return json.loads(answer["SecretString"])["password"]


def test_the_password_is_nowhere(deployment, sandbox, playbook):
    """State and its versions, plan, variable files, logs, outputs, what was printed, and the process list."""
    password = secret_value(sandbox)
    places = {"process list": "\n".join(deployment.processes.command_lines), "printed": "\n".join(deployment.outputs)}
    places |= {str(path): contents(path) for path in deployment.folder.rglob("*") if path.is_file()}
    places |= state_versions(sandbox)
    places["terraform show"] = terraform(deployment, "show", "-json")
    places["plan"] = terraform(deployment, "show", "-json", str(deployment.folder / "plan"))
    places["reports"] = "\n".join(contents(path) for path in (ROOT / "build" / "reports").iterdir())
    assert len(places) > 12
    assert [place for place, text in places.items() if password in text] == []
    assert any("terraform" in line and "apply" in line for line in deployment.processes.command_lines)


def contents(path: Path) -> str:
    """A file as text; of a zip (a plan is one) what is in it."""
    import zipfile

    if os.access(path, os.X_OK) and path.stat().st_size > 100_000_000:
        return ""  # the provider itself
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as zipped:
            return "\n".join(zipped.read(name).decode(errors="replace") for name in zipped.namelist())
    return path.read_bytes().decode(errors="replace")


def state_versions(sandbox) -> dict[str, str]:
    """Every version of the state there ever was, in the bucket and in its replica."""
    found = {}
    for region in ("us-east-1", "us-east-2"):
        s3, bucket = sandbox.client("s3", region), f"s3-terraform-state-{region}{TAIL}"
        for version in s3.list_object_versions(Bucket=bucket).get("Versions", []):
            body = s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])["Body"]
            found[f"{bucket} {version['Key']} {version['VersionId']}"] = body.read().decode()
    assert len([place for place in found if "us-east-1" in place]) > 0, "the state is replicated"
    return found
