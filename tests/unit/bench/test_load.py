"""Throughput counts what was acknowledged, and never waits for a client that cannot pay."""

import pytest

from tests.bench import load
from tests.scenarios.api import Answer


class Payer:
    """Answers with the statuses of a list, the last one for ever."""

    def __init__(self, *statuses):
        self.statuses = list(statuses)

    def pay(self, key, **_):
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if status is None:
            raise ConnectionResetError
        return Answer(status, {}, {})

    def hang_up(self):
        pass


def test_a_new_environment_may_refuse_first():
    run = load.throughput(lambda: Payer(503, 503, 201), clients=3, seconds=0.05)
    assert run.refused == 0
    assert run.took and all(0 <= one < 5 for one in run.took)


def test_what_was_not_acknowledged_is_no_payment():
    statuses = [*[201] * load.WARM_UP_EACH, 429, None, 503, None, 429, 201]
    assert load.throughput(lambda: Payer(*statuses), clients=1, seconds=0.05).refused == 5


def test_a_client_that_never_pays_ends_the_run(monkeypatch):
    monkeypatch.setattr(load, "WARM_UP_SECONDS", 0.05)
    with pytest.raises(RuntimeError, match="a client paid 0 times"):
        load.throughput(lambda: Payer(503), clients=2, seconds=0.05)
