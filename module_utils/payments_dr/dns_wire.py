"""DNS messages as bytes: a question in, an answer out. Pure; only for the types of record that we ask for.

A library would do it too, but the failover function is to need nothing that Lambda's Python does not bring.
https://www.rfc-editor.org/rfc/rfc1035#section-4
"""

from __future__ import annotations

import dataclasses
import struct

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "TXT": 16}
RCODES = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")
INTERNET, RESPONSE, TRUNCATED, RECURSION_DESIRED = 1, 0x8000, 0x0200, 0x0100
HEADER = struct.Struct(">6H")  # number, flags, and how many questions, answers, authorities, additionals
FIXED = struct.Struct(">HHIH")  # of a record, after its name: type, class, TTL, length of the data
POINTER = 0xC0
LONGEST_NAME = 255


class MessageError(OSError):
    """What came is no answer to the question."""


@dataclasses.dataclass(frozen=True)
class Record:
    """One record of an answer. `value` is an address, a name without its last dot, or a text without quotes."""

    kind: str
    ttl_seconds: int
    value: str


@dataclasses.dataclass(frozen=True)
class Answer:
    """`truncated` says that the whole answer has to be asked for over TCP."""

    rcode: str
    truncated: bool
    records: list[Record]


def question(name: str, kind: str, number: int) -> bytes:
    """The message that asks for one name and type; `number` (0 to 65535) comes back in the answer."""
    labels = [label.encode("idna") for label in name.rstrip(".").split(".")]
    encoded = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return HEADER.pack(number, RECURSION_DESIRED, 1, 0, 0, 0) + encoded + struct.pack(">2H", TYPES[kind], INTERNET)


def answer(wire: bytes, number: int) -> Answer:
    """The answer section of a message. Raises MessageError for what is damaged, or answers something else."""
    try:
        told, flags, questions, answers, _, _ = HEADER.unpack_from(wire)
        if told != number or not flags & RESPONSE:
            raise MessageError("the answer is to another question")
        place = HEADER.size
        for _ in range(questions):
            place = _name(wire, place)[1] + 4
        records = []
        for _ in range(answers):
            record, place = _record(wire, place)
            records += [record] if record else []
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise MessageError(f"the answer is damaged: {error}") from error
    code = flags & 0x000F
    rcode = RCODES[code] if code < len(RCODES) else f"RCODE{code}"
    return Answer(rcode, bool(flags & TRUNCATED), records)


def _record(wire: bytes, place: int) -> tuple[Record | None, int]:
    """The record that begins at `place`, None for a type that we never ask for; and where the next one begins."""
    _, place = _name(wire, place)
    number, _, ttl, length = FIXED.unpack_from(wire, place)
    begin, end = place + FIXED.size, place + FIXED.size + length
    if end > len(wire):
        raise MessageError("the answer is damaged: a record is cut off")
    kind = next((name for name, value in TYPES.items() if value == number), "")
    if not kind:
        return None, end
    return Record(kind, ttl, _value(wire, kind, begin, end)), end


def _value(wire: bytes, kind: str, begin: int, end: int) -> str:
    if kind == "A":
        return ".".join(str(part) for part in struct.unpack(">4B", wire[begin:end]))
    if kind in ("CNAME", "NS"):
        return _name(wire, begin)[0]
    texts = []
    while begin < end:
        length = wire[begin]
        texts.append(wire[begin + 1 : begin + 1 + length])
        begin += 1 + length
    return b"".join(texts).decode()


def _name(wire: bytes, place: int) -> tuple[str, int]:
    """The name at `place` without its last dot, and where it ends. A pointer may lead backwards only, so that no
    message leads in circles: https://www.rfc-editor.org/rfc/rfc1035#section-4.1.4"""
    labels: list[str] = []
    after, earliest = 0, place
    while length := wire[place]:
        if length & POINTER == POINTER:
            target = struct.unpack_from(">H", wire, place)[0] & 0x3FFF
            after = after or place + 2
            if target >= earliest:
                raise MessageError("the answer is damaged: a name points forwards")
            place = earliest = target
            continue
        labels.append(wire[place + 1 : place + 1 + length].decode("ascii"))
        if length & POINTER or sum(map(len, labels)) > LONGEST_NAME:
            raise MessageError("the answer is damaged: a name is too long")
        place += 1 + length
    return ".".join(labels), after or place + 1
