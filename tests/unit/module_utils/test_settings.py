"""What an inventory may hold, and what Terraform gets of it."""

import copy

import pytest
from ansible.module_utils.payments_dr import settings

KNOWN = ["us-east-1", "us-east-2", "eu-west-1"]
SHARED = {
    "environment_name": "prod",
    "environment_suffix": "a1",
    "account_id": "222222222222",
    "deploy_role_arn": "arn:aws:iam::222222222222:role/role-deploy",
    "domain_name": "payments.example.com",
    "api_name": "api",
    "database": {
        "secret_name": "payments/aurora/master",
        "username": "payments",
        "name": "payments",
        "engine_version": "17.7",
        "backup_retention_days": 7,
        "password_version": 1,
    },
    "function": {
        "memory_mb": 512,
        "timeout_seconds": 10,
        "reserved_concurrency": 20,
        "log_retention_days": 30,
        "log_level": "INFO",
    },
    "durability": "available",
    "journal": {"retention_days": 35},
    "failover": {
        "detection_seconds": 60,
        "agreement_seconds": 60,
        "probe_interval_seconds": 5,
        "calm_interval_seconds": 10,
        "lag_age_seconds": 300,
    },
    "health_check": {"interval_seconds": 10, "failure_threshold": 6},
    "record_ttl_seconds": 60,
    "objectives": {"rto_seconds": 900, "rpo_seconds": 300, "promotion_seconds": 120},
    "alert_emails": ["oncall@example.com"],
    "storage": {"infrequent_access_days": 30, "archive_days": 90, "expire_days": 365, "noncurrent_days": 30},
    "throttling": {"rate_limit": 500, "burst_limit": 1000},
    "api_latency_threshold_ms": 2000,
    "manage_api_gateway_account": True,
    "aws_max_retries": 2,
}


def region(name="us-east-1", role="primary", cidr="10.10.0.0/16"):
    return {
        "host": name,
        "region": name,
        "dr_role": role,
        "vpc_cidr": cidr,
        "availability_zones": [f"{name}a", f"{name}b", f"{name}c"],
        "nat_gateways": 1,
        "interface_endpoints": [],
        "aurora": {"instances": 2, "min_capacity": 0.5, "max_capacity": 4},
    }


def regions():
    return [region(), region("us-east-2", "dr", "10.11.0.0/16")]


def changed(variables, path, value):
    """A copy of `variables` with one of them, named as in the rules, replaced."""
    result = copy.deepcopy(variables)
    *groups, field = path.split(".")
    inner = result
    for group in groups:
        inner = inner[group]
    inner[field] = value
    return result


def test_a_right_inventory_has_no_errors():
    assert settings.errors_in(SHARED, regions(), KNOWN) == []


@pytest.mark.parametrize("name", settings.SHARED_RULES)
def test_a_missing_shared_variable_is_named(name):
    (error,) = settings.shared_errors(changed(SHARED, name, None))
    assert error.startswith(f"{name} (group_vars/all): is not set; set it to ")


@pytest.mark.parametrize("name", settings.REGION_RULES)
def test_a_missing_variable_of_a_region_is_named_with_its_file(name):
    errors = settings.region_errors([changed(region(), name, None), regions()[1]], KNOWN)
    assert any(error.startswith(f"{name} (host_vars/us-east-1): is not set") for error in errors)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("environment_name", "Prod"),
        ("environment_name", "p"),
        ("environment_suffix", "a-1"),
        ("environment_suffix", 7),
        ("account_id", 222222222222),
        ("account_id", "1234"),
        ("deploy_role_arn", "role-deploy"),
        ("domain_name", "localhost"),
        ("domain_name", "-a.example.com"),
        ("api_name", "api.v1"),
        ("database.engine_version", 16.8),
        ("database.backup_retention_days", 36),
        ("function.timeout_seconds", 30),
        ("function.timeout_seconds", True),
        ("function.log_retention_days", 31),
        ("durability", "strictly"),
        ("journal.retention_days", 6),
        ("failover.detection_seconds", 20),
        ("failover.probe_interval_seconds", 0.5),
        ("failover.calm_interval_seconds", 21),
        ("failover.lag_age_seconds", True),
        ("health_check.interval_seconds", 20),
        ("health_check.interval_seconds", True),
        ("record_ttl_seconds", "60"),
        ("alert_emails", "a@example.com"),
        ("alert_emails", ["a@example.com", "a@example.com"]),
        ("alert_emails", ["nobody"]),
        ("storage.infrequent_access_days", 29),
    ],
)
def test_a_wrong_shared_variable_is_named_with_its_value(name, value):
    (error,) = settings.shared_errors(changed(SHARED, name, value))
    assert error.startswith(f"{name} (group_vars/all): is {value!r} and must be ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dr_role", "secondary"),
        ("vpc_cidr", "10.10.0.0/8"),
        ("vpc_cidr", "8.8.0.0/16"),
        ("vpc_cidr", "10.10.0.1/16"),
        ("vpc_cidr", 10),
        ("availability_zones", ["us-east-1a", "us-east-1b"]),
        ("availability_zones", ["us-east-1a", "us-east-1a", "us-east-1b"]),
        ("nat_gateways", 2),
        ("nat_gateways", True),
        ("interface_endpoints", ["Secrets Manager"]),
        ("aurora.instances", 0),
        ("aurora.max_capacity", 0.3),
        ("aurora.max_capacity", True),
    ],
)
def test_a_wrong_variable_of_a_region_is_named_with_its_value(name, value):
    errors = settings.region_errors([changed(region(), name, value), regions()[1]], KNOWN)
    assert any(error.startswith(f"{name} (host_vars/us-east-1): is {value!r} and must be ") for error in errors)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ({"region": "us-east-9"}, {}, "region (host_vars/us-east-1): 'us-east-9' is not a region of AWS with Aurora"),
        ({}, {"region": "us-east-1"}, "region: us-east-1 is given to 2 hosts"),
        ({}, {"dr_role": "primary"}, "dr_role: the group regions needs one host with primary and one with dr"),
        ({}, {"vpc_cidr": "10.10.128.0/17"}, "vpc_cidr: 10.10.0.0/16 of us-east-1 and 10.10.128.0/17 of us-east-2"),
        ({"region": "us-east-2"}, {}, "availability_zones (host_vars/us-east-1): us-east-1a, us-east-1b, us-east-1c"),
        (
            {"aurora": {"instances": 1, "min_capacity": 4, "max_capacity": 2}},
            {},
            "aurora.max_capacity (host_vars/us-east-1)",
        ),
    ],
)
def test_regions_that_do_not_fit_together(first, second, said):
    one, other = regions()
    errors = settings.region_errors([one | first, other | second], KNOWN)
    assert any(error.startswith(said) for error in errors), errors


def test_a_suffix_too_long_for_a_bucket_says_how_long_it_may_be():
    longest = "x" * 28
    assert settings.errors_in(SHARED | {"environment_suffix": longest}, regions(), KNOWN) == []
    (error,) = settings.errors_in(SHARED | {"environment_suffix": longest + "x"}, regions(), KNOWN)
    assert error.startswith("environment_suffix: ")
    assert error.endswith("64 characters, and S3 allows 63; shorten it to 28 characters or fewer")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("storage.archive_days", 20, "storage: infrequent_access_days, archive_days and expire_days must rise"),
        ("objectives.promotion_seconds", 800, "failover: the function may need 60 + detection_seconds"),
        ("throttling.burst_limit", 100, "throttling.burst_limit: is below throttling.rate_limit"),
        (
            "account_id",
            "999999999999",
            "deploy_role_arn: arn:aws:iam::222222222222:role/role-deploy is not in account_id",
        ),
    ],
)
def test_shared_variables_that_contradict_each_other(name, value, said):
    (error,) = settings.shared_errors(changed(SHARED, name, value))
    assert error.startswith(said)


def test_every_error_is_told_at_once():
    wrong = changed(changed(SHARED, "domain_name", "x"), "record_ttl_seconds", 0)
    errors = settings.errors_in(wrong, [region(role="dr"), regions()[1]], KNOWN)
    assert [error.split()[0] for error in errors] == ["domain_name", "record_ttl_seconds", "dr_role:"]


def test_terraform_gets_its_own_names_and_nothing_else():
    shared = settings.shared_variables(SHARED | {"left_over": 1})
    assert shared["environment"] == "prod"
    assert shared["environmentSuffix"] == "a1"
    assert shared["function"] == SHARED["function"]
    assert not {"environment_name", "environment_suffix", "left_over"} & set(shared)


def test_a_region_stands_under_its_home_role():
    variables = settings.region_variables(region("us-east-2", "dr"))
    assert list(variables) == ["dr"]
    assert variables["dr"]["region"] == "us-east-2"
    assert not {"host", "dr_role"} & set(variables["dr"])
