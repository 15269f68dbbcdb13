"""Finds what looks like a card number in a client's own words, so that it is neither stored nor logged.

A card number has 13 to 19 digits, perhaps in groups, of which the last is a check digit (ISO/IEC 7812-1), and starts
like the ranges that card networks issue. Without the last condition one in ten order numbers, and every tenth
timestamp, would be refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

SHORTEST, LONGEST = 13, 19
# Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay, Maestro; Mir and Mastercard's ranges in 2.
NETWORKS = re.compile(r"[3-6]\d{12,18}|81\d{14,17}|2(?:20[0-4]|22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12,15}")
# A random UUID holds such digits once in ten thousand, and is the usual key.
UUID = re.compile(r"(?i)(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])")
# Groups of digits that people put one separator between. Letters around them make it something else: a hash, an ARN.
GROUPED = re.compile(r"(?<![0-9A-Za-z])\d+(?:[ ./_-]\d+)*(?![0-9A-Za-z])")


def looks_like_card(text: str) -> bool:
    """Whether `text` holds a plausible card number, in any script's digits."""
    return any(NETWORKS.fullmatch(digits) and passes_luhn(digits) for digits in _candidates(_plain_digits(text)))


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (Luhn, ISO/IEC 7812-1 annex B)."""
    doubled = [int(digit) * 2 for digit in digits[-2::-2]]
    total = sum(map(int, digits[-1::-2])) + sum(value - 9 if value > 9 else value for value in doubled)
    return total % 10 == 0


def _plain_digits(text: str) -> str:
    """The text with wide and other scripts' digits as ASCII, odd spaces and dashes as plain ones, UUIDs taken out."""
    characters = []
    for character in unicodedata.normalize("NFKC", text):
        category = unicodedata.category(character)
        if category == "Nd":
            characters.append(str(unicodedata.digit(character)))
        elif category == "Cf":  # invisible: soft hyphens, zero width joiners
            continue
        else:
            characters.append({"Zs": " ", "Pd": "-"}.get(category, character))
    return UUID.sub("#", "".join(characters))


def _candidates(text: str) -> Iterator[str]:
    """Digits of every row of adjacent groups that is as long as a card number."""
    for found in GROUPED.finditer(text):
        groups = re.split(r"\D", found.group())
        for first in range(len(groups)):
            digits = ""
            for group in groups[first:]:
                digits += group
                if len(digits) > LONGEST:
                    break
                if len(digits) >= SHORTEST:
                    yield digits
