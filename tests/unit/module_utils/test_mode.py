"""The mode: read strictly, written once."""

import json

import pytest
from ansible.module_utils.payments_dr import mode as modes
from ansible.module_utils.payments_dr.mode import Mode
from ansible.module_utils.payments_dr.parameters import ParameterError

from tests.unit.module_utils.deployed import OHIO
from tests.unit.module_utils.fake_aws import AUTOMATIC, PARAMETER, World

MANUAL = Mode("manual", "anna", "upgrade", "2026-11-22T12:00:00Z")


@pytest.fixture
def world():
    return World()


def ssm(world):
    return world.clients("ssm", OHIO, None)


def test_the_name_is_the_same_in_both_regions():
    assert modes.parameter_name("test", "a1") == PARAMETER


def test_what_terraform_writes_is_read():
    document = {"mode": "automatic", "by": "terraform", "why": "first deployment", "at": "2026-11-01T08:00:00Z"}
    assert Mode.parse(json.dumps(document)) == AUTOMATIC
    assert json.loads(AUTOMATIC.as_json()) == document


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("automatic", "not JSON"),
        ('"automatic"', "found 'automatic'"),
        ('{"mode": "auto"}', "expected automatic or manual, found 'auto'"),
        ("{}", "found None"),
    ],
)
def test_what_is_no_mode_is_not_automatic(world, text, told):
    world.regions[OHIO].parameters[PARAMETER] = text
    with pytest.raises(ParameterError, match=told) as caught:
        modes.read(ssm(world), PARAMETER)
    assert f"parameter {PARAMETER} in {OHIO}" in str(caught.value)
    assert "set it with mode.yml" in str(caught.value)


def test_a_missing_parameter_is_named_with_the_mend(world):
    del world.regions[OHIO].parameters[PARAMETER]
    with pytest.raises(ParameterError, match=f"{PARAMETER} not found in {OHIO}: run deploy.yml"):
        modes.read(ssm(world), PARAMETER)


def test_setting_tells_what_was_there(world):
    assert modes.set_mode(ssm(world), PARAMETER, MANUAL) == (AUTOMATIC, True)
    assert modes.read(ssm(world), PARAMETER) == MANUAL


def test_the_same_mode_again_keeps_who_set_it(world):
    modes.write(ssm(world), PARAMETER, MANUAL)
    again = Mode("manual", "bert", "also", "later")
    assert modes.set_mode(ssm(world), PARAMETER, again) == (MANUAL, False)
    assert modes.read(ssm(world), PARAMETER) == MANUAL


def test_what_cannot_be_read_is_replaced(world):
    world.regions[OHIO].parameters[PARAMETER] = "broken"
    assert modes.set_mode(ssm(world), PARAMETER, MANUAL) == (None, True)
    assert modes.read(ssm(world), PARAMETER) == MANUAL


def test_without_changing_nothing_is_put(world):
    assert modes.set_mode(ssm(world), PARAMETER, MANUAL, changing=False) == (AUTOMATIC, True)
    assert world.changes() == []
