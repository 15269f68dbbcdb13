"""Harm done to a good deployment, each with the checks that must fail: (name, region, words that they must say)."""

from ansible.module_utils.payments_dr.epoch import GATES

from tests.unit.module_utils import deployed
from tests.unit.module_utils.deployed import EAST, OHIO, REGIONS


def rule(facts, region=EAST):
    return facts[region]["s3"]["rules"][0]


def record(route53, name, failover):
    return next(one for one in route53["records"] if one["name"].startswith(name) and one["failover"] == failover)


def check(route53, identifier):
    return next(one for one in route53["health_checks"] if one["id"] == identifier)


def answer(route53, name):
    return next(one for one in route53["answers"] if one["name"].startswith(name))


def set_in(path, value):
    """A sabotage: puts `value` at a path of the facts."""

    def sabotage(facts, route53):
        *way, last = path
        target = facts
        for key in way:
            target = target[key]
        target[last] = value

    return sabotage


def drop(path, index=0):
    """A sabotage: removes one entry of a list in the facts."""

    def sabotage(facts, route53):
        target = facts
        for key in path:
            target = target[key]
        del target[index]

    return sabotage


def in_route53(change):
    """A sabotage: changes what Route 53 holds."""
    return lambda facts, route53: change(route53)


def detach(facts, route53):
    for region in REGIONS:
        facts[region]["aurora"]["members"] = [deployed.members()[0]]


def two_writers(facts, route53):
    for region in REGIONS:
        for member in facts[region]["aurora"]["members"]:
            member["role"] = "writer"


def writer_elsewhere(facts, route53):
    for region in REGIONS:
        facts[region]["topology"].update(active_region="", standby_region="")


def silent(facts, route53):
    facts[OHIO]["services"]["alarms"][0]["actions_enabled"] = False


def evacuated(facts, route53):
    next(one for one in facts[OHIO]["services"]["alarms"] if "evacuate" in one["name"])["state"] = "ALARM"


def other_document(facts, route53):
    facts[OHIO]["topology"]["document"]["regions"][EAST]["bucket"] = "another-bucket"


SERVICES, AURORA, S3, JOURNAL = (OHIO, "services"), (OHIO, "aurora"), (OHIO, "s3"), (OHIO, "journal")
OPEN_TTL = {"ttl_seconds": 3600}


def mode_unreadable(facts, route53):
    problem = "parameter parameter-failover-mode-test-a1 not found in us-east-2: run deploy.yml"
    facts[OHIO]["failover"].update(mode=None, mode_problem=problem)


def fences_unreadable(facts, route53):
    problem = "parameter parameter-fence-test-a1 not found in us-east-2: run deploy.yml"
    facts[OHIO]["failover"].update(fences=None, fences_problem=problem)


def epoch(number, active):
    """A sabotage: both regions have this epoch."""

    def sabotage(facts, route53):
        for region in REGIONS:
            facts[region]["journal"]["epoch"].update(number=number, active=active)
            facts[region]["journal"]["gates"] = dict.fromkeys(GATES, f"{number} {active}")

    return sabotage


def epoch_unreadable(facts, route53):
    facts[OHIO]["journal"].update(epoch=None, epoch_problem="table-epoch-us-east-2-test-a1 has no item payments")


SABOTAGES = {
    "journal gone": (
        set_in([*JOURNAL, "journal_table"], None),
        [("journal-table", OHIO, "table-journal-us-east-2-test-a1 does not exist")],
    ),
    "journal being made": (
        set_in([*JOURNAL, "journal_table", "status"], "CREATING"),
        [("journal-table", OHIO, "table-journal-us-east-2-test-a1: CREATING")],
    ),
    "journal under a key of AWS": (
        set_in([*JOURNAL, "journal_table", "kms_key_arn"], ""),
        [("journal-table", OHIO, "encrypted with a key of AWS")],
    ),
    "journal not restorable": (
        set_in([*JOURNAL, "journal_table", "restorable"], False),
        [("journal-table", OHIO, "point-in-time recovery is off")],
    ),
    "journal entries for ever": (
        set_in([*JOURNAL, "journal_table", "expires_by"], ""),
        [("journal-table", OHIO, "table-journal-us-east-2-test-a1: no item expires")],
    ),
    "epoch that expires": (
        set_in([*JOURNAL, "epoch_table", "expires_by"], "at"),
        [("epoch-table", OHIO, "table-epoch-us-east-2-test-a1: items expire by at")],
    ),
    "epoch not restorable": (
        set_in([*JOURNAL, "epoch_table", "restorable"], False),
        [("epoch-table", OHIO, "point-in-time recovery is off")],
    ),
    "epoch gone": (
        epoch_unreadable,
        [("epoch-readable", OHIO, "table-epoch-us-east-2-test-a1 has no item payments")],
    ),
    "epoch of the region that lost": (
        epoch(2, OHIO),
        [("epoch-active", "global", "epoch 2 lets us-east-2")],
    ),
    "epochs differ": (
        lambda facts, _: (
            facts[OHIO]["journal"]["epoch"].update(number=3),
            facts[OHIO]["journal"].update(gates=dict.fromkeys(GATES, "3 us-east-1")),
        ),
        [("epoch-agrees", "global", "epoch 1 of us-east-1, says us-east-1; epoch 3 of us-east-1, says us-east-2")],
    ),
    "a gate left behind": (
        set_in([*JOURNAL, "gates", "gate-15"], "1 us-east-2"),
        [("epoch-gates", OHIO, "gate-15 1 us-east-2")],
    ),
    "replication rule disabled": (
        lambda facts, _: rule(facts).update(status="Disabled"),
        [("s3-rule-enabled", EAST, "s3-transaction-logs-us-east-1-test-a1 rule transaction-logs: Disabled")],
    ),
    "KMS key missing in the rule": (
        lambda facts, _: rule(facts).update(replica_kms_key_arn=""),
        [("s3-rule-kms", EAST, "s3-transaction-logs-us-east-1-test-a1 rule transaction-logs: replica key missing")],
    ),
    "KMS objects left out": (
        lambda facts, _: rule(facts).update(kms_objects=False),
        [("s3-rule-kms", EAST, "objects with KMS left out")],
    ),
    "rule limited to a prefix": (
        lambda facts, _: rule(facts).update(prefix="2024/"),
        [("s3-rule-destination", EAST, "objects under 2024/")],
    ),
    "rule leads elsewhere": (
        lambda facts, _: rule(facts).update(destination_bucket="elsewhere"),
        [("s3-rule-destination", EAST, "elsewhere")],
    ),
    "replication unmeasured": (
        lambda facts, _: rule(facts).update(metrics=False),
        [("s3-rule-metrics", EAST, "metrics off")],
    ),
    "way back missing": (
        drop([*S3, "rules"]),
        [("s3-rule-enabled", OHIO, "us-east-2-test-a1 rule transaction-logs: missing")],
    ),
    "versioning suspended": (
        set_in([*S3, "versioning"], "Suspended"),
        [("s3-versioning", OHIO, "s3-transaction-logs-us-east-2-test-a1: Suspended")],
    ),
    "bucket missing": (
        set_in([*S3, "exists"], False),
        [("s3-bucket", OHIO, "s3-transaction-logs-us-east-2-test-a1 does")],
    ),
    "bucket not encrypted with our key": (
        set_in([*S3, "encryption"], {"algorithm": "AES256", "kms_key_arn": ""}),
        [("s3-encryption", OHIO, "AES256")],
    ),
    "probe object does not arrive": (
        set_in([*S3, "probe"], {"key": "verification/probe-1", "arrived": False, "latency_seconds": 120.0}),
        [("s3-probe", OHIO, "verification/probe-1 had not arrived after 120.0 s")],
    ),
    "secondary detached": (detach, [("aurora-member", OHIO, "aurora-cluster-us-east-2-test-a1 detached")]),
    "instance missing": (
        drop([*AURORA, "cluster", "instances"]),
        [("aurora-instances", OHIO, "aurora-instance-us-east-2-1-test-a1 does not exist")],
    ),
    "instance not available": (
        set_in([*AURORA, "cluster", "instances", 1, "status"], "rebooting"),
        [("aurora-instances", OHIO, "aurora-instance-us-east-2-2-test-a1 rebooting")],
    ),
    "cluster gone": (
        set_in([*AURORA, "cluster"], None),
        [("aurora-cluster", OHIO, "us-east-2-test-a1 does not exist")],
    ),
    "cluster busy": (set_in([*AURORA, "cluster", "status"], "backing-up"), [("aurora-cluster", OHIO, "backing-up")]),
    "database key replaced": (
        set_in([*AURORA, "cluster", "kms_key_arn"], "arn:other"),
        [("aurora-encryption", OHIO, "arn:other")],
    ),
    "engine versions differ": (
        set_in([*AURORA, "cluster", "engine_version"], "16.6"),
        [("aurora-engine-version", OHIO, "aurora-cluster-us-east-2-test-a1 runs 16.6")],
    ),
    "resynchronizing": (
        set_in([*AURORA, "members", 1, "synchronization_status"], "pending-resync"),
        [("aurora-synchronization", OHIO, "pending-resync")],
    ),
    "lag over the objective": (
        set_in([*AURORA, "rpo_lag"], {"milliseconds": 300_001.0, "age_seconds": 60}),
        [("aurora-rpo-lag", OHIO, "300.0 s behind")],
    ),
    "lag unknown": (set_in([*AURORA, "rpo_lag"], None), [("aurora-rpo-lag", OHIO, "no AuroraGlobalDBRPOLag")]),
    "failover running": (
        set_in([EAST, "aurora", "global_cluster", "failover_state"], "failing-over"),
        [("aurora-global-cluster", "global", "aurora-global-test-a1 is failing-over, says us-east-1")],
    ),
    "two writers": (two_writers, [("aurora-global-cluster", "global", "has writers arn:aws:rds:us-east-1")]),
    "writer in another region": (
        writer_elsewhere,
        [("aurora-global-cluster", "global", "the writer of aurora-global-test-a1 is in no region of the topology")],
    ),
    "regions disagree who is active": (
        set_in([OHIO, "topology", "active_region"], OHIO),
        [("aurora-global-cluster", "global", "do not agree who is active")],
    ),
    "record deleted": (
        in_route53(lambda r: r["records"].remove(record(r, "api.", "PRIMARY"))),
        [("dns-record", EAST, "api.payments.example.com CNAME PRIMARY missing")],
    ),
    "record leads elsewhere": (
        in_route53(lambda r: record(r, "api.", "SECONDARY").update(values=["d-x"])),
        [("dns-record", OHIO, "-> d-x")],
    ),
    "record without health check": (
        in_route53(lambda r: record(r, "api.", "PRIMARY").update(health_check_id="")),
        [("dns-health-check", EAST, "api.payments.example.com CNAME PRIMARY: health check none")],
    ),
    "secondary record with the endpoint's health check": (
        in_route53(lambda r: record(r, "api.", "SECONDARY").update(health_check_id="endpoint-us-east-2")),
        [("dns-health-check", OHIO, "endpoint-us-east-2")],
    ),
    "secondary record without health check": (
        in_route53(lambda r: record(r, "api.", "SECONDARY").update(health_check_id="")),
        [("dns-health-check", OHIO, "api.payments.example.com CNAME SECONDARY: health check none")],
    ),
    "TTL raised": (
        in_route53(lambda r: record(r, "api.", "SECONDARY").update(ttl_seconds=300)),
        [("dns-ttl", OHIO, "api.payments.example.com CNAME SECONDARY: TTL 300 s")],
    ),
    "TTL raised beyond the RTO": (
        in_route53(lambda r: record(r, "api.", "PRIMARY").update(OPEN_TTL)),
        [("dns-ttl", EAST, "TTL 3600 s"), ("rto-budget", "global", "10 s x 6 + TTL 3600 s + promotion 120 s = 3780 s")],
    ),
    "own address gone": (
        in_route53(lambda r: r["records"].remove(record(r, "api-us-east-2", ""))),
        [("dns-address", OHIO, "api-us-east-2.payments.example.com missing")],
    ),
    "beacon wrong": (
        in_route53(lambda r: record(r, "beacon-us-east-2", "PRIMARY").update(values=["down"])),
        [("dns-beacon", OHIO, "beacon-us-east-2.payments.example.com TXT PRIMARY: down")],
    ),
    "beacon without health check": (
        in_route53(lambda r: record(r, "beacon-us-east-1", "PRIMARY").update(health_check_id="")),
        [("dns-beacon", EAST, "health check none")],
    ),
    "beacon lives long": (
        in_route53(lambda r: record(r, "beacon-us-east-1", "SECONDARY").update(OPEN_TTL)),
        [("dns-beacon-ttl", EAST, "beacon-us-east-1.payments.example.com TXT: TTL 3600 s")],
    ),
    "answer is the other region": (
        in_route53(lambda r: answer(r, "api.").update(values=["d-shared.execute-api.us-east-2.amazonaws.com"])),
        [("dns-answer", EAST, "d-shared.execute-api.us-east-2.amazonaws.com (us-east-2) says ns1.example")],
    ),
    "no answer": (
        in_route53(
            lambda r: answer(r, "api.").update(values=[], ttl_seconds=None, error="no answer from ns1: timed out")
        ),
        [("dns-answer", EAST, "no answer from ns1: timed out")],
    ),
    "beacon of the active region says down": (
        in_route53(lambda r: answer(r, "beacon-us-east-1").update(values=["down"])),
        [("dns-beacon-answer", EAST, "beacon-us-east-1.payments.example.com TXT -> down")],
    ),
    "endpoint check disabled": (
        in_route53(lambda r: check(r, "endpoint-us-east-2").update(disabled=True)),
        [("health-check-enabled", OHIO, "health check endpoint-us-east-2 disabled")],
    ),
    "calculated check disabled": (
        in_route53(lambda r: check(r, "calculated").update(disabled=True)),
        [("health-check-children-enabled", EAST, "health check calculated disabled")],
    ),
    "evacuation check disabled": (
        in_route53(lambda r: check(r, "evacuation").update(disabled=True)),
        [("health-check-children-enabled", EAST, "health check evacuation disabled")],
    ),
    "endpoint check elsewhere": (
        in_route53(lambda r: check(r, "endpoint-us-east-2").update(fqdn="example.com")),
        [("health-check-endpoint", OHIO, "HTTPS example.com/health")],
    ),
    "endpoint check inverted": (
        in_route53(lambda r: check(r, "endpoint-us-east-2").update(inverted=True)),
        [("health-check-endpoint", OHIO, "inverted")],
    ),
    "endpoint check slow": (
        in_route53(lambda r: check(r, "endpoint-us-east-2").update(interval_seconds=30)),
        [("health-check-pace", OHIO, "health check endpoint-us-east-2: 30 s x 6")],
    ),
    "calculated check gone": (
        in_route53(lambda r: r["health_checks"].remove(check(r, "calculated"))),
        [("health-check-calculated", EAST, "health check calculated does not exist")],
    ),
    "evacuation unplugged": (
        in_route53(lambda r: check(r, "evacuation").update(alarm_name="alarm-other")),
        [("health-check-calculated", EAST, "lacks a check on alarm-evacuate-us-east-2-test-a1 in us-east-2")],
    ),
    "evacuation forgets": (
        in_route53(lambda r: check(r, "evacuation").update(insufficient_data_status="Healthy")),
        [
            (
                "health-check-calculated",
                EAST,
                "lacks LastKnownStatus for missing data of alarm-evacuate-us-east-2-test-a1",
            )
        ],
    ),
    "one healthy child is enough": (
        in_route53(lambda r: check(r, "calculated").update(health_threshold=1)),
        [("health-check-calculated", EAST, "wants 1 of 3 children")],
    ),
    "way home: calculated check gone": (
        in_route53(lambda r: r["health_checks"].remove(check(r, "away"))),
        [("health-check-calculated", OHIO, "health check away does not exist")],
    ),
    "way home: all children have to be healthy": (
        in_route53(lambda r: check(r, "away").update(health_threshold=4)),
        [("health-check-calculated", OHIO, "wants 4 of 4 children healthy, not 2")],
    ),
    "way home: inverted": (
        in_route53(lambda r: check(r, "away").update(inverted=True)),
        [("health-check-calculated", OHIO, "health check away is inverted")],
    ),
    "way home: another child": (
        in_route53(lambda r: check(r, "away")["children"].append("latency")),
        [("health-check-calculated", OHIO, "health check away has 5 children, not 4")],
    ),
    "way home: latch unplugged": (
        in_route53(lambda r: check(r, "away")["children"].remove("standing-by")),
        [("health-check-calculated", OHIO, "lacks a check on alarm-standing-by-us-east-1-test-a1 in us-east-1")],
    ),
    "way home: latch turned round": (
        in_route53(lambda r: check(r, "standing-by").update(inverted=True)),
        [("health-check-calculated", OHIO, "lacks a check on alarm-standing-by-us-east-1-test-a1 in us-east-1")],
    ),
    "way home: latch forgets": (
        in_route53(lambda r: check(r, "standing-by").update(insufficient_data_status="Unhealthy")),
        [("health-check-calculated", OHIO, "LastKnownStatus for missing data of alarm-standing-by-us-east-1-test-a1")],
    ),
    "way home: an evacuation that is not heard": (
        in_route53(lambda r: check(r, "evacuated").update(inverted=False)),
        [("health-check-calculated", OHIO, "lacks an inverted check on alarm-evacuate-us-east-2-test-a1")],
    ),
    "way home: an evacuation of us-east-2 that is not heard": (
        in_route53(lambda r: check(r, "evacuation-dr").update(alarm_name="")),
        [("health-check-calculated", OHIO, "lacks a check on alarm-evacuate-us-east-1-test-a1 in us-east-1")],
    ),
    "way home: latch disabled": (
        in_route53(lambda r: check(r, "standing-by").update(disabled=True)),
        [("health-check-children-enabled", OHIO, "health check standing-by disabled")],
    ),
    "alarm removed": (
        drop([*SERVICES, "alarms"]),
        [("alarms-present", OHIO, "alarm-aurora-rpo-lag-us-east-2-test-a1 does not exist")],
    ),
    "alarm actions disabled": (
        silent,
        [("alarms-speak", OHIO, "alarm-aurora-rpo-lag-us-east-2-test-a1 has its actions")],
    ),
    "alarm tells nobody": (
        set_in([*SERVICES, "alarms", 1, "alarm_actions"], []),
        [("alarms-speak", OHIO, "alarm-api-latency-us-east-2-test-a1 does not tell")],
    ),
    "alarm threshold over the RPO": (
        set_in([*SERVICES, "alarms", 0, "threshold"], 600_000.0),
        [("rpo-alarm", OHIO, "alarm-aurora-rpo-lag-us-east-2-test-a1 goes off at 600000.0 ms")],
    ),
    "evacuation switch thrown": (
        evacuated,
        [
            (
                "evacuation-switch",
                OHIO,
                "alarm-evacuate-us-east-2-test-a1 is in ALARM: traffic is sent away from us-east-1",
            )
        ],
    ),
    "topic gone": (
        set_in([*SERVICES, "topic"], None),
        [("alerts-topic", OHIO, "sns-alerts-us-east-2-test-a1 does not")],
    ),
    "certificate near expiry": (
        set_in([*SERVICES, "certificate", "days_left"], 29),
        [("certificate-expiry", OHIO, "arn:aws:acm:us-east-2:222222222222:certificate/api: 29 days left")],
    ),
    "certificate not issued": (
        set_in([*SERVICES, "certificate", "status"], "PENDING_VALIDATION"),
        [("certificate", OHIO, "PENDING_VALIDATION")],
    ),
    "certificate of another name": (
        set_in([*SERVICES, "certificate", "names"], ["api.payments.example.com"]),
        [("certificate", OHIO, "ISSUED for api.payments.example.com")],
    ),
    "certificate gone": (
        set_in([*SERVICES, "certificate"], None),
        [("certificate", OHIO, "certificate/api does not exist")],
    ),
    "secret replica missing": (
        set_in([*SERVICES, "secret"], None),
        [("secret-replica", OHIO, "payments/aurora/master in us-east-2: missing")],
    ),
    "secret replica failed": (
        set_in([EAST, "services", "secret", "replicas", 0, "status"], "Failed"),
        [("secret-replica", OHIO, "payments/aurora/master in us-east-2: Failed")],
    ),
    "secret replica stale": (
        set_in([*SERVICES, "secret", "current_version"], "v0"),
        [("secret-replica", OHIO, "version v0, but v1")],
    ),
    "secret about to be deleted": (
        set_in([*SERVICES, "secret", "deleted"], True),
        [("secret-replica", OHIO, "waiting to be deleted")],
    ),
    "function fenced": (
        set_in([*SERVICES, "function", "reserved_concurrency"], 0),
        [("function-concurrency", OHIO, "lambda-payments-us-east-2-test-a1: reserved concurrency 0")],
    ),
    "function without reserve": (
        set_in([*SERVICES, "function", "reserved_concurrency"], None),
        [("function-concurrency", OHIO, "reserved concurrency none")],
    ),
    "repair switched off": (
        set_in([*SERVICES, "repair_rule", "state"], "DISABLED"),
        [("repair-schedule", OHIO, "rule-repair-us-east-2-test-a1: DISABLED")],
    ),
    "repair deleted": (
        set_in([EAST, "services", "repair_rule"], None),
        [("repair-schedule", EAST, "rule-repair-us-east-1-test-a1 does not exist")],
    ),
    "repair seldom": (
        set_in([*SERVICES, "repair_rule", "schedule"], "rate(1 day)"),
        [("repair-schedule", OHIO, "rate(1 day)")],
    ),
    "repair wakes nobody": (
        set_in([*SERVICES, "repair_rule", "targets"], []),
        [("repair-schedule", OHIO, "wakes nobody")],
    ),
    "function of another version": (
        set_in([*SERVICES, "function", "version"], "old"),
        [
            ("function-version", OHIO, "lambda-payments-us-east-2-test-a1: old"),
            ("function-identical", OHIO, "version old"),
        ],
    ),
    "function failed": (
        set_in([*SERVICES, "function", "state"], "Failed"),
        [("function-state", OHIO, "Failed, Success")],
    ),
    "function gone": (
        set_in([*SERVICES, "function"], None),
        [("function-state", OHIO, "us-east-2-test-a1 does not exist")],
    ),
    "function with other code": (
        set_in([*SERVICES, "function", "code_sha256"], "xyz="),
        [("function-identical", OHIO, "code xyz= in lambda-payments-us-east-2-test-a1")],
    ),
    "failover function gone": (
        set_in([OHIO, "failover", "function"], None),
        [("failover-state", OHIO, "lambda-failover-us-east-2-test-a1 does not exist")],
    ),
    "failover function old": (
        set_in([OHIO, "failover", "function", "version"], "old"),
        [
            ("failover-version", OHIO, "lambda-failover-us-east-2-test-a1: old"),
            ("failover-identical", "global", "version"),
        ],
    ),
    "failover function silent": (
        set_in([OHIO, "failover", "evaluated_seconds_ago"], None),
        [("failover-evaluating", OHIO, "counted no evaluation")],
    ),
    "failover function has been silent": (
        set_in([EAST, "failover", "evaluated_seconds_ago"], 301),
        [("failover-evaluating", EAST, "evaluated 301 s ago")],
    ),
    "mode unreadable": (mode_unreadable, [("failover-mode", OHIO, "run deploy.yml")]),
    "fence forgotten": (
        set_in([OHIO, "failover", "fences"], {EAST: 20}),
        [("failover-fence", OHIO, "us-east-1 (concurrency before: 20)")],
    ),
    "fences unreadable": (fences_unreadable, [("failover-fence", OHIO, "run deploy.yml")]),
    "health of another version": (
        set_in([*SERVICES, "health", "version"], "old"),
        [("api-health", OHIO, "api-us-east-2.payments.example.com: 200 us-east-2 old")],
    ),
    "health of another region": (
        set_in([*SERVICES, "health", "region"], EAST),
        [("api-health", OHIO, "api-us-east-2.payments.example.com: 200 us-east-1")],
    ),
    "active region not well": (
        set_in([EAST, "services", "health", "status_code"], 503),
        [("api-health", EAST, "api-us-east-1.payments.example.com: 503")],
    ),
    "standby broken": (set_in([*SERVICES, "health", "status_code"], 502), [("api-health", OHIO, ": 502 us-east-2")]),
    "no health answer": (
        set_in([*SERVICES, "health", "error"], "https://api-us-east-2.payments.example.com: timed out"),
        [("api-health", OHIO, "timed out")],
    ),
    "topologies differ": (
        other_document,
        [("topology-agrees", "global", "differs between us-east-1 and us-east-2: regions.us-east-1.bucket")],
    ),
}
