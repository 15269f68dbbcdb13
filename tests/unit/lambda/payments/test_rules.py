"""The rules of a payment, without a database."""

import contextlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

VALID = {"amount": 1, "currency": "USD", "reference": "r"}


@pytest.fixture(scope="module")
def rules(package):
    return package("rules")


@pytest.mark.parametrize("name", ["amount", "currency", "reference"])
def test_a_missing_field_is_named(rules, name):
    document = {field: value for field, value in VALID.items() if field != name}
    order, faults = rules.check(document)
    assert (order, [(fault.field, fault.detail) for fault in faults]) == (None, [(name, "is missing")])


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("amount", [0, -1, 10_000_000_000, 1e10, 0.0, -0.0, 1.5, float("inf"), float("nan"), "1", True, None, []]),
        ("currency", ["usd", "US", "USDX", "XXX", "XTS", "XAU", "BGN", "", " USD", "ＵＳＤ", None, 840, ["USD"]]),
        ("reference", ["", "x" * 65, None, 1, ["r"], "a\0b", "line\nbreak", "\x7f", "\x85", "\ud800", "caf\ufffd"]),
        ("metadata", [None, [], "text", 1, True, {str(n): "" for n in range(21)}, {"": "x"}, {"a b": "x"},
                      {"x" * 41: "x"}, {"é": "x"}, {"4111111111111111": "x"}]),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_by_its_field(rules, name, values):
    for value in values:
        order, faults = rules.check({**VALID, name: value})
        assert order is None and [fault.field for fault in faults] == [name], value


@pytest.mark.parametrize("value", [1, None, [], {}, "x" * 201, "a\tb", "card 4111 1111 1111 1111"])
def test_a_wrong_value_in_metadata_is_refused_by_its_name(rules, value):
    order, faults = rules.check({**VALID, "metadata": {"good": "x", "bad": value}})
    assert order is None and [fault.field for fault in faults] == ["metadata.bad"]


def test_an_integer_may_be_written_with_a_point(rules):
    order, _ = rules.check(rules.parse(b'{"amount": 1.0e1, "currency": "USD", "reference": "r"}'))
    assert order == rules.Order(**{**VALID, "amount": 10}) and isinstance(order.amount, int)
    assert order.fingerprint() == rules.Order(**{**VALID, "amount": 10}).fingerprint()


def test_the_limits_themselves_are_allowed(rules):
    for change in (
        {"amount": 9_999_999_999},
        {"reference": "💶" * 64},
        {"metadata": {f"{n:040}": "\u00fc" * 200 for n in range(20)}},
    ):
        assert rules.check({**VALID, **change})[1] == []


def test_the_largest_payment_fits_however_it_is_escaped(rules):
    largest = {**VALID, "reference": "💶" * 64, "metadata": {f"{n:040}": "💶" * 200 for n in range(20)}}
    assert rules.check(largest)[1] == []
    assert len(json.dumps(largest, indent=2)) < rules.LARGEST_BODY


def test_every_fault_is_told_at_once_and_an_unknown_field_is_one(rules):
    _, faults = rules.check({"amount": 0, "currency": "usd", "card": "x", "4111111111111111": 1, "\ud800": 1})
    assert [fault.field for fault in faults] == [
        "(card number)", "card", "\\ud800", "reference", "amount", "currency",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"1", b"null", b'"text"', b"{}x", b"\xff\xfe{}", '{"a":1}'.encode("utf-16"), b"\xef\xbb\xbf{}",
     b'{"amount": NaN}', b'{"amount": Infinity}', b'{"a": 1, "a": 1}', b'{"m": {"a": "1", "a": "2"}}',
     b"[" * 100_000, b'{"a":' * 100_000, b'{"amount": ' + b"9" * 5000 + b"}", b"amount=1", b"\0"],
)  # fmt: skip
def test_what_is_no_json_object_is_refused(rules, body):
    with pytest.raises(rules.BodyError):
        rules.parse(body)


def test_what_is_wrong_with_json_is_not_repeated(rules):
    with pytest.raises(rules.BodyError) as caught:
        rules.parse(b'{"card": 4111111111111111')
    assert "4111" not in str(caught.value) and "line 1, column 26" in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [[], [""], ["x" * 256], ["a", "b"], ["a b"], ["é"], ["tab\t"], ["4111111111111111"], ["k-4111-1111-1111-1111"]],
)
def test_a_key_that_cannot_be_is_refused_by_name(rules, values):
    assert [fault.field for fault in rules.check_key(values)] == ["Idempotency-Key"]


@pytest.mark.parametrize(
    "key", ["x", "x" * 255, "!~", "8e03978e-40d5-43e8-bc93-6894a57f9324", "2026-11-22T10:46:54Z/7"]
)
def test_other_keys_are_taken(rules, key):
    assert rules.check_key([key]) == []


def test_the_fingerprint_is_of_the_payment_and_not_of_its_spelling(rules):
    def fingerprint(**change):
        return rules.Order(**{**VALID, "metadata": {"a": "1", "b": "2"}, **change}).fingerprint()

    assert fingerprint() == fingerprint(metadata={"b": "2", "a": "1"})
    different = [fingerprint(), fingerprint(amount=2), fingerprint(currency="EUR"), fingerprint(reference="s"),
                 fingerprint(metadata={}), fingerprint(metadata={"a": "1", "b": "3"})]  # fmt: skip
    assert len(set(different)) == len(different)


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])  # the first text of a run is
@given(document=st.dictionaries(
    st.sampled_from(["amount", "currency", "reference", "metadata", "other"]),
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
                 lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)),
))  # fmt: skip
def test_any_document_is_an_order_or_a_list_of_faults(rules, document):
    order, faults = rules.check(document)
    assert (order is None) == bool(faults)
    if order:
        assert len(order.fingerprint()) == 32
    for fault in faults:
        fault.field.encode("ascii"), fault.detail.encode("ascii")


@given(body=st.binary())
def test_any_bytes_are_an_object_or_refused(rules, body):
    with contextlib.suppress(rules.BodyError):
        assert isinstance(rules.parse(body), dict)
