"""A deployment that is as it should be, in the shape of the info modules' results. Tests break one thing each."""

from ansible.module_utils.payments_dr.checks.model import Policy
from ansible.module_utils.payments_dr.epoch import GATES

EAST, OHIO = "us-east-1", "us-east-2"
REGIONS = [EAST, OHIO]
TAIL = "test-a1"
ACCOUNT = "222222222222"
ZONE = "payments.example.com"
KINDS = ["aurora-rpo-lag", "api-latency", "evacuate", "payments-unjournaled", "journal-pending"]
LATCH = "standing-by"
POLICY = Policy(
    rto_seconds=900,
    rpo_seconds=300,
    promotion_seconds=120,
    record_ttl_seconds=60,
    interval_seconds=10,
    failure_threshold=6,
    reserved_concurrency=20,
    instances={EAST: 2, OHIO: 2},
    certificate_days=30,
    lag_required=True,
    rule="transaction-logs",
    replication_minutes=15,
)


def peer(region):
    return OHIO if region == EAST else EAST


def kinds(region):
    """The alarms of a region: the latch of the way home is in the primary one only."""
    return [*KINDS, LATCH] if region == EAST else KINDS


def role(region):
    return "primary" if region == EAST else "dr"


def place(region):
    """One region of the topology document."""
    return {
        "dr_role": role(region),
        "cluster": f"aurora-cluster-{region}-{TAIL}",
        "cluster_arn": f"arn:aws:rds:{region}:{ACCOUNT}:cluster:aurora-cluster-{region}-{TAIL}",
        "instances": [f"aurora-instance-{region}-{number}-{TAIL}" for number in (1, 2)],
        "bucket": f"s3-transaction-logs-{region}-{TAIL}",
        "kms_key_arn": f"arn:aws:kms:{region}:{ACCOUNT}:key/payments",
        "function": f"lambda-payments-{region}-{TAIL}",
        "failover_function": f"lambda-failover-{region}-{TAIL}",
        "address": f"api-{region}.{ZONE}",
        "gateway": f"d-shared.execute-api.{region}.amazonaws.com",
        "own_gateway": f"d-own.execute-api.{region}.amazonaws.com",
        "certificate_arn": f"arn:aws:acm:{region}:{ACCOUNT}:certificate/api",
        "alerts_topic_arn": f"arn:aws:sns:{region}:{ACCOUNT}:sns-alerts-{region}-{TAIL}",
        "health_check": f"endpoint-{region}",
        "beacon": f"beacon-{region}.{ZONE}",
        "alarms": kinds(region),
    }


def document():
    """The published topology."""
    return {
        "version": 1,
        "environment": "test",
        "environment_suffix": "a1",
        "account_id": ACCOUNT,
        "global_cluster": f"aurora-global-{TAIL}",
        "secret_name": "payments/aurora/master",
        "function_version": "3f9a0c1d2e4b",
        "failover_version": "5c07e1b2a9d4",
        "ttl_seconds": 60,
        "zone": {"id": "Z1", "name": ZONE},
        "api_name": f"api.{ZONE}",
        "health_check": {"primary": "calculated", "secondary": "away", "interval_seconds": 10, "failure_threshold": 6},
        "regions": {region: place(region) for region in REGIONS},
    }


def members(writer=EAST):
    """The members of the global database."""
    return [
        {
            "cluster_arn": place(region)["cluster_arn"],
            "cluster": place(region)["cluster"],
            "region": region,
            "role": "writer" if region == writer else "reader",
            "synchronization_status": "connected",
        }
        for region in REGIONS
    ]


def topology(writer=EAST):
    """What topology_info returns."""
    return {
        "reachable": True,
        "reason": "",
        "published": True,
        "problem": "",
        "document": document(),
        "global_cluster_status": "available",
        "members": members(writer),
        "active_region": writer,
        "standby_region": peer(writer),
    }


def aurora(region, writer=EAST):
    """What aurora_global_cluster_info returns."""
    return {
        "reachable": True,
        "reason": "",
        "global_cluster": {
            "id": f"aurora-global-{TAIL}",
            "status": "available",
            "engine_version": "16.8",
            "storage_encrypted": True,
            "failover_state": "",
        },
        "members": members(writer),
        "cluster": {
            "id": place(region)["cluster"],
            "arn": place(region)["cluster_arn"],
            "status": "available",
            "engine_version": "16.8",
            "storage_encrypted": True,
            "kms_key_arn": place(region)["kms_key_arn"],
            "instances": [
                {
                    "id": identifier,
                    "status": "available",
                    "engine_version": "16.8",
                    "availability_zone": f"{region}a",
                    "instance_class": "db.serverless",
                }
                for identifier in place(region)["instances"]
            ],
        },
        "rpo_lag": None if region == writer else {"milliseconds": 84.0, "age_seconds": 50},
    }


def s3(region):
    """What s3_replication_info returns."""
    return {
        "reachable": True,
        "reason": "",
        "bucket": place(region)["bucket"],
        "exists": True,
        "versioning": "Enabled",
        "encryption": {"algorithm": "aws:kms", "kms_key_arn": place(region)["kms_key_arn"]},
        "rules": [
            {
                "id": "transaction-logs",
                "status": "Enabled",
                "prefix": "",
                "destination_bucket": place(peer(region))["bucket"],
                "replica_kms_key_arn": place(peer(region))["kms_key_arn"],
                "kms_objects": True,
                "replica_modifications": True,
                "delete_markers": False,
                "metrics": True,
                "replication_time_minutes": 15,
            }
        ],
        "probe": None,
    }


def alarm(kind, region):
    """The name of an alarm."""
    return f"alarm-{kind}-{region}-{TAIL}"


def services(region, writer=EAST):
    """What region_services_info returns."""
    return {
        "reachable": True,
        "reason": "",
        "health": {
            "status_code": 200,
            "status": "ok",
            "region": region,
            "version": "3f9a0c1d2e4b",
            "connect_ms": 3,
            "answer_ms": 9,
            "error": "",
        },
        "function": {
            "name": place(region)["function"],
            "state": "Active",
            "last_update": "Successful",
            "version": "3f9a0c1d2e4b",
            "code_sha256": "abc=",
            "runtime": "python3.13",
            "architecture": "arm64",
            "memory_mb": 512,
            "timeout_seconds": 10,
            "reserved_concurrency": 20,
        },
        "repair_rule": {
            "name": f"rule-repair-{region}-{TAIL}",
            "state": "ENABLED",
            "schedule": "rate(1 minute)",
            "targets": [f"arn:aws:lambda:{region}:{ACCOUNT}:function:{place(region)['function']}"],
        },
        "certificate": {
            "arn": place(region)["certificate_arn"],
            "status": "ISSUED",
            "days_left": 200,
            "names": sorted([f"api.{ZONE}", place(region)["address"]]),
        },
        "secret": {
            "arn": f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:payments/aurora/master-AbCdEf",
            "deleted": False,
            "primary_region": EAST,
            "current_version": "v1",
            "replicas": [{"region": OHIO, "status": "InSync"}] if region == EAST else [],
        },
        "alarms": [
            {
                "name": alarm(kind, region),
                "state": "ALARM" if kind == LATCH and region != writer else "OK",
                "actions_enabled": True,
                "alarm_actions": [place(region)["alerts_topic_arn"]],
                "threshold": 240_000.0,
            }
            for kind in kinds(region)
        ],
        "topic": {"arn": place(region)["alerts_topic_arn"], "subscriptions": 1},
    }


def failover(region):
    """What failover_function_info returns."""
    return {
        "reachable": True,
        "reason": "",
        "function": {
            **services(region)["function"],
            "name": place(region)["failover_function"],
            "version": "5c07e1b2a9d4",
            "timeout_seconds": 900,
            "reserved_concurrency": 1,
        },
        "mode": {
            "mode": "automatic",
            "by": "terraform",
            "why": "first deployment",
            "at": "2026-11-01T08:00:00Z",
        },
        "mode_problem": "",
        "fences": {},
        "fences_problem": "",
        "evaluated_seconds_ago": 70,
    }


def table(kind, region):
    """One table as journal_info returns it."""
    return {
        "name": f"table-{kind}-{region}-{TAIL}",
        "status": "ACTIVE",
        "kms_key_arn": place(region)["kms_key_arn"],
        "restorable": True,
        "expires_by": "expires" if kind == "journal" else "",
    }


def journal(region, writer=EAST):
    """What journal_info returns; the second epoch of a region that was promoted, the first one of another."""
    number = 1 if writer == EAST else 2
    began = {"by": "terraform", "why": "first deployment", "at": "2026-11-01T08:00:00Z"}
    return {
        "reachable": True,
        "reason": "",
        "journal_table": table("journal", region),
        "epoch_table": table("epoch", region),
        "epoch": {"number": number, "active": writer, "replayed": True, **began},
        "epoch_problem": "",
        "gates": dict.fromkeys(GATES, f"{number} {writer}") if number > 1 else {},
    }


def record(name, kind, role, set_identifier, check, value):
    """One record set as route53_failover_info returns it."""
    return {
        "name": name,
        "type": kind,
        "ttl_seconds": 60,
        "set_identifier": set_identifier,
        "failover": role,
        "health_check_id": check,
        "values": [value],
    }


def records():
    """Every record of the topology."""
    api = f"api.{ZONE}"
    found = [
        record(api, "CNAME", "PRIMARY", "primary", "calculated", place(EAST)["gateway"]),
        record(api, "CNAME", "SECONDARY", "dr", "away", place(OHIO)["gateway"]),
    ]
    for region in REGIONS:
        here = place(region)
        found.append(record(here["address"], "CNAME", "", "", "", here["own_gateway"]))
        found.append(record(here["beacon"], "TXT", "PRIMARY", "up", here["health_check"], "up"))
        found.append(record(here["beacon"], "TXT", "SECONDARY", "down", "", "down"))
    return found


def health_check(identifier, kind, **fields):
    """One health check as route53_failover_info returns it."""
    return {
        "id": identifier,
        "type": kind,
        "disabled": False,
        "inverted": False,
        "fqdn": "",
        "path": "",
        "interval_seconds": 0,
        "failure_threshold": 0,
        "children": [],
        "health_threshold": 0,
        "alarm_name": "",
        "alarm_region": "",
        "insufficient_data_status": "",
        **fields,
    }


def following(identifier, kind, region, **more):
    """A health check that follows an alarm."""
    fields = {"alarm_name": alarm(kind, region), "alarm_region": region, "insufficient_data_status": "LastKnownStatus"}
    return health_check(identifier, "CLOUDWATCH_METRIC", **fields, **more)


def health_checks():
    """The endpoint checks, the calculated checks of PRIMARY and SECONDARY, and their other children."""
    pace = {"path": "/health", "interval_seconds": 10, "failure_threshold": 6}
    serving, away = (
        ["endpoint-us-east-1", "evacuation", "latency"],
        ["endpoint-us-east-2", "evacuation-dr", "evacuated", LATCH],
    )
    return [
        *(health_check(f"endpoint-{one}", "HTTPS", fqdn=place(one)["address"], **pace) for one in REGIONS),
        health_check("calculated", "CALCULATED", children=serving, health_threshold=3),
        health_check("away", "CALCULATED", children=away, health_threshold=2),
        following("evacuation", "evacuate", OHIO),
        following("evacuation-dr", "evacuate", EAST),
        following("latency", "api-latency", EAST),
        following("evacuated", "evacuate", OHIO, inverted=True),
        following(LATCH, LATCH, EAST),
    ]


def answer(name, kind, value):
    """One answer as route53_failover_info returns it."""
    told = {"rcode": "NOERROR", "values": [value], "ttl_seconds": 60, "error": ""}
    return {"name": name, "type": kind, "server": "ns1.example", **told}


def answers(active=EAST):
    """What DNS answers while `active` serves."""
    told = [answer(f"api.{ZONE}", "CNAME", place(active)["gateway"])]
    for region in REGIONS:
        told.append(answer(place(region)["address"], "CNAME", place(region)["own_gateway"]))
        told.append(answer(place(region)["beacon"], "TXT", "up" if region == active else "down"))
    return told


def route53(active=EAST):
    """What route53_failover_info returns."""
    seen = {"records": records(), "health_checks": health_checks(), "answers": answers(active)}
    return {"reachable": True, "reason": "", **seen}


def facts(writer=EAST):
    """The facts of both regions."""
    return {
        region: {
            "topology": topology(writer),
            "aurora": aurora(region, writer),
            "s3": s3(region),
            "services": services(region, writer),
            "failover": failover(region),
            "journal": journal(region, writer),
        }
        for region in REGIONS
    }
