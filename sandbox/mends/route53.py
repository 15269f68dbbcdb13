"""Route 53: health checks come back as they were configured, and tell their status."""

from __future__ import annotations

import datetime
import functools
import re
from xml.etree.ElementTree import Element, SubElement

from ministack.core.responses import get_account_id
from ministack.services import route53

from sandbox import health, wire, zones

TEST_PATH = f"/{route53.API_VERSION}/testdnsanswer"
STATUS_PATH = re.compile(rf"^/{route53.API_VERSION}/healthcheck/([^/]+)/(status|lastfailurereason)$")
CONFIG = wire.service("route53").shape_for("HealthCheckConfig")
# UpdateHealthCheck cannot set these; ResetElements empties these.
RESETTABLE = {"FullyQualifiedDomainName", "Regions", "ResourcePath", "ChildHealthChecks"}
# https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html (Regions)
CHECKER_REGIONS = (
    "us-east-1",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "sa-east-1",
)
SUCCESS = "Success: HTTP Status Code 200, OK"
FAILURE = "Failure: the endpoint did not answer as healthy within its time limits."
DEFAULTS = {"MeasureLatency": False, "Inverted": False, "Disabled": False}
ENDPOINT_DEFAULTS = {"RequestInterval": 30, "FailureThreshold": 3}
PORTS = {"HTTP": 80, "HTTP_STR_MATCH": 80, "HTTPS": 443, "HTTPS_STR_MATCH": 443}


def apply() -> None:
    """Replace the health check parser, builder and update, and add GetHealthCheckStatus."""
    route53._parse_health_check_config = parse_config
    route53._build_health_check_el = build_health_check
    route53._update_health_check = update_health_check
    route53._create_health_check = functools.partial(create_health_check, route53._create_health_check)
    route53._delete_health_check = functools.partial(delete_health_check, route53._delete_health_check)
    route53.handle_request = functools.partial(handle_request, route53.handle_request)


async def handle_request(inner, method, path, headers, body, query_params) -> tuple:
    """Answer the status operations and TestDNSAnswer, which the emulator does not know; hand on everything else."""
    if method == "GET" and (found := STATUS_PATH.match(path)):
        return health_check_status(*found.groups())
    if method == "GET" and path == TEST_PATH:
        return test_dns_answer({name: values[0] for name, values in query_params.items()})
    return await inner(method, path, headers, body, query_params)


def parse_config(element) -> dict:
    """Read HealthCheckConfig: the emulator lost the regions and children of a check, as `["", ""]`.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html
    """
    return wire.from_xml(element, CONFIG)


def build_health_check(parent: Element, check: dict) -> None:
    """Write a HealthCheck: booleans in lower case, every field that the configuration has.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheck.html
    """
    shape = wire.service("route53").shape_for("HealthCheck")
    wire.to_xml(
        SubElement(parent, "HealthCheck"),
        {
            "Id": check["id"],
            "CallerReference": check["caller_reference"],
            "HealthCheckConfig": check["config"],
            "HealthCheckVersion": check.get("version", 1),
            "CloudWatchAlarmConfiguration": None,
        },
        shape,
    )


def create_health_check(inner, body: bytes) -> tuple:
    """CreateHealthCheck fills in the documented defaults (interval 30 s, threshold 3, port, SNI for HTTPS).

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHealthCheck.html
    """
    known = set(route53._health_checks)
    answer = inner(body)
    for identifier in set(route53._health_checks) - known:
        config = route53._health_checks[identifier]["config"]
        config.update({**defaults(config), **config})
    return answer


def defaults(config: dict) -> dict:
    """Return the values that AWS gives to the fields that a new check leaves open."""
    kind = config.get("Type", "")
    if kind in ("CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL"):
        return {name: value for name, value in DEFAULTS.items() if name != "MeasureLatency"}
    filled = DEFAULTS | ENDPOINT_DEFAULTS
    if kind in PORTS:
        filled["Port"] = PORTS[kind]
        filled["EnableSNI"] = kind.startswith("HTTPS")
    return filled


def update_health_check(identifier: str, body: bytes) -> tuple:
    """UpdateHealthCheck: fields that are sent replace, ResetElements clears, HealthCheckVersion must match.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_UpdateHealthCheck.html
    """
    check = route53._health_checks.get(identifier)
    if check is None:
        return _no_such(identifier)
    sent = wire.from_xml(route53._parse_body(body), wire.operation("route53", "UpdateHealthCheck").input_shape)
    version = check.get("version", 1)
    if sent.pop("HealthCheckVersion", version) != version:
        return route53._error_response("HealthCheckVersionMismatch", f"The health check has version {version}.", 409)
    cleared = RESETTABLE & set(sent.pop("ResetElements", []))
    kept = {name: value for name, value in check["config"].items() if name not in cleared}
    check["config"] = kept | sent
    check["version"] = version + 1
    return route53._xml_response("UpdateHealthCheckResponse", lambda root: build_health_check(root, check))


def delete_health_check(inner, identifier: str) -> tuple:
    """DeleteHealthCheck takes the tags along.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_DeleteHealthCheck.html
    """
    answer = inner(identifier)
    if identifier not in route53._health_checks:
        route53._tags.pop(("healthcheck", identifier), None)
    return answer


def health_check_status(identifier: str, what: str) -> tuple:
    """GetHealthCheckStatus and GetHealthCheckLastFailureReason: every checker says what sandbox/health.py decides.

    Calculated checks have no status of their own and are refused, as by AWS.
    https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHealthCheckStatus.html
    https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHealthCheckLastFailureReason.html
    """
    check = route53._health_checks.get(identifier)
    if check is None:
        return _no_such(identifier)
    config = check["config"]
    if config.get("Type") in ("CALCULATED", "RECOVERY_CONTROL"):
        return route53._error_response("InvalidInput", f"{identifier} is a calculated health check: it has no status.")
    healthy = health.is_healthy(get_account_id(), identifier)
    report = {
        "Status": health.reports.get(identifier) or (SUCCESS if healthy else FAILURE),
        "CheckedTime": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    name = "GetHealthCheckStatus" if what == "status" else "GetHealthCheckLastFailureReason"
    seen = (
        []
        if healthy and what == "lastfailurereason"
        else [
            {"Region": region, "IPAddress": f"192.0.2.{number}", "StatusReport": report}
            for number, region in enumerate(config.get("Regions") or CHECKER_REGIONS, 1)
        ]
    )
    shape = wire.operation("route53", name).output_shape
    return route53._xml_response(
        f"{name}Response", lambda root: wire.to_xml(root, {"HealthCheckObservations": seen}, shape)
    )


def test_dns_answer(asked: dict[str, str]) -> tuple:
    """TestDNSAnswer: what the sandbox's DNS server answers for a name of one zone now.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_TestDNSAnswer.html
    """
    zone = route53._zones.get(asked["hostedzoneid"])
    if zone is None:
        return route53._error_response("NoSuchHostedZone", f"No hosted zone with ID {asked['hostedzoneid']}", 404)
    name, kind = zones.canonical(asked["recordname"]), asked["recordtype"]
    records = zones.Zone(zones.canonical(zone["name"]), list(route53._records.get(zone["id"], [])))
    account = get_account_id()
    answer = zones.answer([records], name, kind, lambda check: health.is_healthy(account, check))
    shape = wire.operation("route53", "TestDNSAnswer").output_shape
    return route53._xml_response(
        "TestDNSAnswerResponse",
        lambda root: wire.to_xml(
            root,
            {
                "Nameserver": "ns-1.awsdns-1.com",
                "RecordName": asked["recordname"],
                "RecordType": kind,
                "RecordData": [record.value for record in answer.records if record.type == kind],
                "ResponseCode": answer.rcode,
                "Protocol": "UDP",
            },
            shape,
        ),
    )


def _no_such(identifier: str) -> tuple:
    return route53._error_response("NoSuchHealthCheck", f"A health check with id {identifier} does not exist.", 404)
