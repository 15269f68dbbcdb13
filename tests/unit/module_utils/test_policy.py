import json

import pytest
from ansible.module_utils.payments_dr.policy import Policy, PolicyError


def test_a_policy_comes_from_a_dict_or_its_json_and_has_defaults():
    given = {"detection_seconds": 90, "rpo_seconds": 120}
    assert Policy.parse(given) == Policy.parse(json.dumps(given)) == Policy(detection_seconds=90, rpo_seconds=120)
    assert Policy.parse({}) == Policy()


def test_the_default_window_is_longer_than_a_failover_within_the_region():
    assert Policy().detection_seconds >= 60


BAD = {
    "not json": ("{", "not JSON"),
    "a list": ([], "expected a dict"),
    "unknown": ({"patience": 3}, "patience: unknown"),
    "zero": ({"rpo_seconds": 0}, "rpo_seconds: expected seconds above 0, found 0"),
    "text": ({"rpo_seconds": "300"}, "rpo_seconds: expected seconds"),
    "true": ({"rpo_seconds": True}, "rpo_seconds: expected seconds"),
    "not a number": ({"rpo_seconds": float("nan")}, "rpo_seconds: expected seconds"),
    "gap as long as the window": ({"longest_gap_seconds": 60}, "longest_gap_seconds: two probes"),
    "probes too far apart": ({"probe_interval_seconds": 30}, "probe_interval_seconds: must not exceed"),
    "calm probes too far apart": ({"calm_interval_seconds": 21}, "calm_interval_seconds: must not exceed"),
}


@pytest.mark.parametrize(("document", "words"), BAD.values(), ids=BAD)
def test_a_policy_nobody_should_act_by_is_refused_by_name(document, words):
    with pytest.raises(PolicyError, match=words):
        Policy.parse(document)
