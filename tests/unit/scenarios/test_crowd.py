"""What the clients are to do is drawn once, and has in it what it is meant to have."""

import http.client
from collections import Counter

import pytest

from tests.scenarios import crowd
from tests.scenarios.api import Answer
from tests.scenarios.crowd import Errand, plan


@pytest.fixture(scope="module")
def errands():
    return plan("p", payments=1000, clients=8, seed=3)


def test_the_same_seed_gives_the_same_errands(errands):
    assert plan("p", 1000, 8, 3) == errands
    assert plan("p", 1000, 8, 4) != errands


def test_every_payment_is_somebodys_and_many_are_several_peoples(errands):
    senders = Counter(errand.key for own in errands for errand in own)
    assert set(senders) == {f"p-{number}" for number in range(1000)}
    shares = Counter(senders.values())
    assert set(shares) == {1, 2, 3}
    assert 200 < shares[2] < 400 and 50 < shares[3] < 150


def test_nobody_has_a_payment_twice_and_those_who_share_one_agree(errands):
    orders = {}
    for own in errands:
        keys = [errand.key for errand in own]
        assert len(keys) == len(set(keys))
        for errand in own:
            assert orders.setdefault(errand.key, errand.order) == errand.order


def test_all_kinds_of_clients_are_there(errands):
    everybody = [errand for own in errands for errand in own]
    assert {errand.hang_ups for errand in everybody} == {0, 1, 2}
    assert any(errand.asks_again for errand in everybody)
    assert any(errand.asks_for_another for errand in everybody)


class Script:
    """A client that gets the answers of a list, one after the other, and notes what it sent."""

    def __init__(self, *answers):
        self.answers, self.sent, self.abandoned = list(answers), [], 0

    def send(self, method, path, body, headers):
        self.sent.append(body)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def abandon(self, *_):
        self.abandoned += 1

    def hang_up(self):
        pass


CREATED = Answer(201, {}, {"id": "1"})


def lived(client, **errand):
    return crowd.pay([[Errand("k", {"amount": 5}, **errand)]], lambda: client)


def test_a_client_asks_until_it_knows(monkeypatch):
    monkeypatch.setattr(crowd, "PAUSE_SECONDS", 0)
    client = Script(http.client.RemoteDisconnected(), Answer(409, {}, {}), Answer(503, {}, {}), CREATED)
    experience = lived(client, hang_ups=2)
    assert [one.document for one in experience.told] == [{"id": "1"}]
    assert client.abandoned == 2
    assert experience.happened == {
        "went away": 2, "answer lost": 1, "answered 409": 1, "answered 503": 1, "acknowledged": 1,
    }  # fmt: skip
    assert experience.complaints == []


@pytest.mark.parametrize("answers", [[Answer(422, {}, {})], [CREATED, CREATED]])
def test_what_must_not_be_is_a_complaint(answers):
    experience = lived(Script(*answers), asks_for_another=True)
    assert len(experience.complaints) == 1


def test_a_payment_that_is_never_acknowledged_is_a_complaint(monkeypatch):
    monkeypatch.setattr(crowd, "DEADLINE_SECONDS", 0)
    assert lived(Script()).complaints == ["k: not acknowledged; the last answer was None"]
