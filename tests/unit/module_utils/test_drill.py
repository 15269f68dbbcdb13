"""What a drill measured, from made-up observations."""

import pytest
from ansible.module_utils.payments_dr import drill
from ansible.module_utils.payments_dr.load import Paid


def paid(at, identifier="x", region="us-east-1", reference="", amount=100, began=None):
    return Paid(
        key=f"k-{at}",
        reference=reference or f"r-{at}",
        amount=amount,
        began=at - 0.1 if began is None else began,
        ended=at,
        id=identifier,
        region=region,
        address="127.0.0.1",
        tries=1,
        problem="",
    )


def entry(payment, **changes):
    return {"id": payment.id, "reference": payment.reference, "amount": payment.amount, **changes}


def test_the_interruption_is_the_longest_silence_that_the_outage_made():
    payments = [paid(at) for at in (0, 40, 41, 42, 100, 101, 200)]
    assert drill.interruption(payments, began=42.5, ended=101.5) == drill.Interruption(101, 200)
    assert drill.interruption(payments, began=42.5, ended=100.5) == drill.Interruption(42, 100)
    assert drill.interruption(payments, began=42.5, ended=100.5).seconds == 58


def test_without_two_acknowledgements_there_is_no_interruption_to_measure():
    assert drill.interruption([], 0, 10) is None
    assert drill.interruption([paid(1), paid(2, identifier="")], 0, 10) is None
    assert drill.interruption([paid(1), paid(2)], 5, 10) is None


def test_a_load_that_began_during_the_outage_measures_none():
    assert drill.interruption([paid(243.7), paid(244), paid(248.3), paid(249)], 0, 250) is None


def test_served_since_counts_what_was_sent_later_and_acknowledged_by_the_region():
    payments = [paid(9.5), paid(11, began=9), paid(12), paid(13, identifier=""), paid(14, region="us-east-2")]
    assert [one.ended for one in drill.served_since(payments, 10)] == [12, 14]
    assert [one.ended for one in drill.served_since(payments, 10, "us-east-2")] == [14]


def test_everything_in_the_ledger_once_is_neither_lost_nor_doubled():
    payments = [paid(1, "a"), paid(2, "b"), paid(3, "")]
    found = drill.proof(payments, [entry(payments[0]), entry(payments[1]), entry(payments[2], id="c")], began=2.5)
    assert found == {
        "acknowledged": 2,
        "lost": [],
        "doubled": [],
        "unanswered": 1,
        "charged_unanswered": 1,
        "rpo_seconds": 0.0,
    }


@pytest.mark.parametrize("ledger", [[], [{"id": "a", "reference": "r-1", "amount": 99}]])
def test_a_payment_that_is_missing_or_of_another_amount_is_lost(ledger):
    payments = [paid(1, "a"), paid(2, "b", began=1.9)]
    found = drill.proof(payments, [*ledger, entry(payments[1])], began=4)
    assert [one["id"] for one in found["lost"]] == ["a"]
    assert found["rpo_seconds"] == 3


def test_a_reference_that_stands_twice_is_doubled_and_others_of_the_ledger_do_not_matter():
    payments = [paid(1, "a")]
    others = [{"id": "z1", "reference": "other", "amount": 1}, {"id": "z2", "reference": "other", "amount": 1}]
    found = drill.proof(payments, [entry(payments[0]), entry(payments[0], id="twin"), *others], began=0)
    assert found["doubled"] == ["r-1"]
    assert found["lost"] == []


def test_moves_name_the_first_acknowledgement_of_each_region():
    payments = [paid(1), paid(2), paid(5, region="us-east-2"), paid(6, region="us-east-2"), paid(9), paid(4, "")]
    assert drill.moves(payments) == [(1, "us-east-1"), (5, "us-east-2"), (9, "us-east-1")]


def test_a_payment_that_was_charged_before_the_move_and_is_answered_after_it_is_no_move_back():
    payments = [paid(1), paid(5, region="us-east-2", began=2), paid(5.5, began=3), paid(6, region="us-east-2")]
    assert drill.moves(payments) == [(1, "us-east-1"), (5, "us-east-2")]
