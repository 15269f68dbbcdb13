"""The proof finds what it is there to find."""

import pytest

from tests.scenarios.books import Stored, disagreements, odd_objects
from tests.scenarios.crowd import Told


def document(number, **changes):
    own = {"id": f"id-{number}", "created_at": "2026-01-31T23:59:59.999Z", "amount": number, "reference": f"k-{number}"}
    return own | changes


def told(number, **changes):
    return Told(f"k-{number}", {"amount": number}, document(number, **changes))


def entries(*numbers):
    return [(f"k-{number}", document(number)) for number in numbers]


ALL = [told(1), told(1), told(2)]


def test_nothing_is_wrong_when_all_agree():
    assert disagreements(ALL, {"here": entries(1, 2), "there": entries(2, 1)}) == []


@pytest.mark.parametrize(
    ("held", "sentence"),
    [
        (entries(1), "here: 1 acknowledged, but not there: k-2"),
        (entries(1, 2, 3), "here: 1 there, but never acknowledged: k-3"),
        (entries(1, 2, 2), "here: 1 there more than once: k-2"),
        ([*entries(1), ("k-2", document(2, amount=3))], "here: 1 other than acknowledged: k-2"),
        ([*entries(1), ("k-2", document(2, id="other"))], "here: 1 other than acknowledged: k-2"),
        ([*entries(1), ("k-2", document(2)), ("k-2", document(2, id="x"))], "here: 1 there more than once: k-2"),
    ],
)
def test_every_difference_is_named(held, sentence):
    assert sentence in disagreements(ALL, {"here": held})


def test_a_key_with_two_answers_is_named():
    (wrong,) = disagreements([told(1), told(1, id="another")], {})
    assert wrong.startswith("k-1: acknowledged as ") and "another" in wrong


def test_an_answer_to_another_order_is_named():
    (wrong,) = disagreements([told(1, amount=7)], {})
    assert wrong.startswith('k-1: asked for {"amount": 1}, acknowledged ')


def stored(name="transactions/2026/01/31/id-1.json", versions=1, status="REPLICA"):
    return Stored(name, versions, status, document(1))


@pytest.mark.parametrize(
    ("one", "sentences"),
    [
        (stored(), []),
        (stored(versions=2), ["transactions/2026/01/31/id-1.json has 2 versions"]),
        (stored(status="PENDING"), ["transactions/2026/01/31/id-1.json is PENDING, not REPLICA"]),
        (stored(status=""), ["transactions/2026/01/31/id-1.json is not replicated, not REPLICA"]),
        (stored("transactions/x.json"), ["transactions/x.json should be transactions/2026/01/31/id-1.json"]),
    ],
)
def test_an_object_that_is_not_as_it_must_be_is_named(one, sentences):
    assert odd_objects("us-east-2", [one]) == [f"the log in us-east-2: {sentence}" for sentence in sentences]
