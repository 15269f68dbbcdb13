"""What is taken for a card number. The numbers are the networks' published test numbers."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

NUMBERS = {
    "Visa": "4111111111111111", "Visa, 13 digits": "4222222222222", "Mastercard": "5555555555554444",
    "Mastercard, 2 series": "2223003122003222", "American Express": "378282246310005", "Diners": "30569309025904",
    "Discover": "6011111111111117", "JCB": "3530111333300000", "UnionPay": "6200000000000005",
    "Maestro, 19 digits": "6304000000000000000",
}  # fmt: skip


@pytest.fixture(scope="module")
def cards(package):
    return package("cards")


@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)
def test_a_card_number_is_seen_however_it_is_written(cards, number):
    fours = [number[at : at + 4] for at in range(0, len(number), 4)]
    wide = number.translate({ord("0") + n: 0xFF10 + n for n in range(10)})
    arabic = number.translate({ord("0") + n: 0x660 + n for n in range(10)})
    for text in (
        number, " ".join(fours), "-".join(fours), ".".join(fours), "\u00a0".join(fours), "\u2010".join(fours),
        "\u200b".join(number), wide, arabic, f"card:{number}", f"{number}, 12/27", f"{number} 123", f"({number})",
        f"12 {number}", f"{number}-2027",
    ):  # fmt: skip
        assert cards.looks_like_card(text), text


@pytest.mark.parametrize(
    "text",
    ["", "order 4711", "4111111111111112", "1700000000000", "20261122104654", "2026-11-22 10:46:54",
     "0000000000000000", "9" * 16, "411111111111", "4" * 20, "a4111111111111111b", "+49 30 901820 4711",
     "arn:aws:iam::222222222222:role/x"],
)  # fmt: skip
def test_other_numbers_are_let_through(cards, text):
    assert not cards.looks_like_card(text)


@given(st.uuids())
def test_no_uuid_is_taken_for_a_card(cards, identifier):
    assert not cards.looks_like_card(str(identifier))


def test_a_uuid_of_digits_is_none_and_hides_none(cards):
    digits = str(uuid.UUID("41111111-1111-1111-8111-111111111111"))
    assert not cards.looks_like_card(digits)
    assert cards.looks_like_card(f"{digits} 4111111111111111")


@given(st.integers(min_value=10**11, max_value=10**18 - 1))
def test_exactly_one_check_digit_fits(cards, number):
    assert sum(cards.passes_luhn(f"{number}{digit}") for digit in range(10)) == 1


@given(st.text())
def test_any_text_is_decided(cards, text):
    assert cards.looks_like_card(text) in (True, False)
