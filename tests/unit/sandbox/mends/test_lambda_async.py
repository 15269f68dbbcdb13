"""How long Lambda waits between the attempts of an asynchronous event, and when it gives up."""

import pytest


@pytest.fixture(scope="module")
def module():
    from sandbox.mends import lambda_async

    return lambda_async


def test_a_function_that_fails_is_tried_twice_more_after_one_and_two_minutes(module):
    attempts = module.Attempts(module.Settings())
    assert [attempts.wait(False, age) for age in (0, 60, 180)] == [60, 120, None]


def test_without_retries_the_first_failure_is_the_last(module):
    assert module.Attempts(module.Settings(retries=0)).wait(False, 0) is None


def test_a_throttled_event_waits_longer_and_longer_until_it_is_too_old(module):
    attempts = module.Attempts(module.Settings(retries=0, age=60))
    assert [attempts.wait(True, age) for age in (0, 1, 3, 7, 15, 31)] == [1, 2, 4, 8, 16, None]
    patient = module.Attempts(module.Settings())
    assert [patient.wait(True, 0) for _ in range(12)][-3:] == [300, 300, 300]


def test_a_retry_that_would_come_too_late_is_not_made(module):
    assert module.Attempts(module.Settings(age=90)).wait(False, 45) is None


def test_the_settings_are_those_of_the_function(module):
    config = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    assert module.Settings.of({"event_invoke_config": config}) == module.Settings(0, 60)
    assert module.Settings.of({"event_invoke_configs": {"$LATEST": config}}) == module.Settings(0, 60)
    assert module.Settings.of({}) == module.Settings(2, 6 * 3600)
