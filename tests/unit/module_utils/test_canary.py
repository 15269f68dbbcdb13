"""The canary: charged once, in the region that was meant, and told when it is not."""

import pytest
from ansible.module_utils.payments_dr.canary import Canary, RefusedError
from ansible.module_utils.payments_dr.payments_client import Answer
from ansible.module_utils.payments_dr.waiters import Late

from tests.unit.module_utils.deployed import EAST, OHIO
from tests.unit.module_utils.fake_aws import START, Time

WELL = Answer(200, {}, {"status": "ok", "region": OHIO}, "192.0.2.2")
STANDBY = Answer(503, {}, {"code": "standby", "detail": "On standby.", "region": OHIO}, "192.0.2.2")
PAID = Answer(201, {}, {"id": "one", "region": OHIO}, "192.0.2.2")


class Api:
    """What the clients are answered, in turn; an exception is raised. `asked` has (method, key) of every request."""

    def __init__(self, *answers):
        self.answers, self.asked, self.made, self.closed = list(answers), [], 0, 0

    def client(self):
        self.made += 1
        return self

    def request(self, method, path):
        assert (method, path) == ("GET", "/health")
        return self._answer("health")

    def pay(self, key, payment):
        assert payment == {"amount": 1, "currency": "USD", "reference": "canary"}
        return self._answer(key)

    def close(self):
        self.closed += 1

    def _answer(self, asked):
        self.asked.append(asked)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def pay(api, region="", seconds=10):
    return Canary(api.client, "api.example.com", region, "canary", Time().clock).pay(seconds)


def test_a_payment_is_told_with_all_that_a_report_needs():
    api = Api(PAID)
    paid = pay(api)
    assert (paid["id"], paid["region"], paid["address"], paid["tries"]) == ("one", OHIO, "192.0.2.2", 1)
    assert paid["key"] == api.asked[0] and paid["key"].startswith("canary-")
    assert (paid["latency_ms"], paid["seconds"]) == (0, 0)
    assert paid["accepted_at"].startswith("2026-") and START > 0


def test_what_fails_for_a_moment_is_sent_again_under_the_same_key_by_a_new_client():
    api = Api(OSError("refused"), Answer(500, {}, {}, "x"), Answer(409, {}, {}, "x"), PAID)
    assert pay(api)["tries"] == 4
    assert len(set(api.asked)) == 1
    assert api.made == api.closed == 4, "each try asks DNS anew"


def test_a_region_is_waited_for_before_anything_is_paid():
    api = Api(STANDBY, Answer(200, {}, {"status": "ok", "region": EAST}, "x"), WELL, PAID)
    assert pay(api, OHIO)["tries"] == 3
    assert api.asked[:3] == ["health"] * 3


def test_a_payment_that_another_region_took_after_all_does_not_count():
    elsewhere = Answer(201, {}, {"id": "two", "region": EAST}, "x")
    api = Api(WELL, elsewhere, WELL, PAID)
    assert pay(api, OHIO)["region"] == OHIO
    assert api.asked[1] != api.asked[3], "a key is answered the same for ever"


def test_the_deadline_says_what_was_answered_last():
    api = Api(*[STANDBY] * 50)
    with pytest.raises(Late, match=f"a payment at api.example.com in {OHIO}, in vain. Last seen: 503 On standby. from"):
        pay(api, OHIO, seconds=3)


def test_what_is_wrong_for_good_is_not_repeated():
    api = Api(Answer(422, {}, {"detail": "amount must be positive."}, "x"))
    with pytest.raises(RefusedError, match="refused: 422 amount must be positive."):
        pay(api)
    assert len(api.asked) == 1
