"""The verdict as people and programs get it."""

import json

from ansible.module_utils.payments_dr import report
from ansible.module_utils.payments_dr.checks.model import Check
from ansible.module_utils.payments_dr.checks.verdict import Verdict

from tests.unit.module_utils.deployed import POLICY

GOOD = Check("s3-versioning", "us-east-1", True, "b: Enabled", "b: Enabled")
SYMPTOM = Check("dns-answer", "us-east-1", False, "api -> here", "api -> there")
CAUSE = Check("dns-record", "us-east-2", False, "api SECONDARY", "api SECONDARY missing")
BAD = Verdict(False, "us-east-1", "us-east-2", None, [GOOD, SYMPTOM, CAUSE])


def test_failed_checks_come_first_causes_before_symptoms_each_with_its_mend():
    assert report.lines(BAD, POLICY, "test-a1") == [
        "NOT READY: test-a1, 2 of 3 checks failed",
        "active us-east-1, standby us-east-2, RTO budget unknown of 900 s",
        "FAILED dns-record (us-east-2)",
        "  expected api SECONDARY",
        "  observed api SECONDARY missing",
        "  mend     run playbooks/deploy.yml: it puts back what was changed by hand",
        "FAILED dns-answer (us-east-1)",
        "  expected api -> here",
        "  observed api -> there",
        "  mend     see api-health, health-check-* and evacuation-switch: DNS sends payments elsewhere",
        "passed: us-east-1 1",
    ]


def test_culprits_are_named_in_one_line():
    assert report.culprits(BAD) == "dns-record (us-east-2), dns-answer (us-east-1)"
    assert report.culprits(Verdict(True, "", "", 1, [GOOD])) == ""


def test_a_document_is_plain_and_says_everything():
    told = report.document(BAD, POLICY, "test-a1", "2026-01-31T03:00:07Z")
    assert json.loads(json.dumps(told)) == told
    assert list(told) == [
        "ready",
        "environment",
        "generated_at",
        "active",
        "standby",
        "objective",
        "rto_budget_seconds",
        "checks",
    ]
    assert told["checks"][2] == {
        "name": "dns-record",
        "region": "us-east-2",
        "ok": False,
        "expected": "api SECONDARY",
        "observed": "api SECONDARY missing",
        "warning": False,
    }


def test_a_warning_is_told_and_counted_apart():
    warned = Check("failover-armed", "us-east-2", False, "the mode is automatic", "it is manual", warning=True)
    told = report.lines(Verdict(True, "us-east-1", "us-east-2", 240, [GOOD, warned]), POLICY, "test-a1")
    assert told == [
        "READY: test-a1, 0 of 2 checks failed, 1 warning",
        "active us-east-1, standby us-east-2, RTO budget 240 s of 900 s",
        "WARNING failover-armed (us-east-2)",
        "  expected the mode is automatic",
        "  observed it is manual",
        "  mend     nothing fails over to there by itself: find out why, then playbooks/mode.yml -e mode=automatic",
        "passed: us-east-1 1",
    ]
    assert report.culprits(Verdict(True, "", "", 240, [warned])) == ""
