"""Messages held against dnspython's, and against what no server should send."""

import contextlib

import dns.message
import dns.rdatatype
import dns.rrset
import pytest
from ansible.module_utils.payments_dr import dns_wire
from hypothesis import given
from hypothesis import strategies as st

NAME = "beacon-us-east-1.payments.example.com"
RECORDS = [
    ("A", 60, "127.0.1.1"),
    ("CNAME", 30, "d-1.execute-api.us-east-1.amazonaws.com."),
    ("NS", 172800, "ns-1.awsdns-01.org."),
    ("TXT", 60, '"up"'),
]


def response(*records, number=7):
    query = dns.message.make_query(f"{NAME}.", "A", id=number)
    made = dns.message.make_response(query)
    for kind, ttl, value in records:
        made.answer.append(dns.rrset.from_text(f"{NAME}.", ttl, "IN", kind, value))
    return made.to_wire()


@pytest.mark.parametrize("kind", dns_wire.TYPES)
def test_a_question_is_what_a_library_would_ask(kind):
    asked = dns.message.from_wire(dns_wire.question(f"{NAME}.", kind, 7))
    assert asked.to_wire() == dns.message.make_query(f"{NAME}.", kind, id=7).to_wire()


@pytest.mark.parametrize(("kind", "ttl", "value"), RECORDS)
def test_a_record_is_read(kind, ttl, value):
    found = dns_wire.answer(response((kind, ttl, value)), 7)
    assert found == dns_wire.Answer("NOERROR", False, [dns_wire.Record(kind, ttl, value.strip('."'))])


def test_compressed_names_and_other_types_are_read_over():
    found = dns_wire.answer(response(("AAAA", 60, "::1"), *RECORDS), 7)
    assert [record.kind for record in found.records] == [kind for kind, _, _ in RECORDS]


def test_texts_in_several_pieces_are_one():
    assert dns_wire.answer(response(("TXT", 60, '"u" "p"')), 7).records[0].value == "up"


def test_an_answer_to_another_question_is_none():
    with pytest.raises(dns_wire.MessageError, match="another question"):
        dns_wire.answer(response(), 8)
    with pytest.raises(dns_wire.MessageError, match="another question"):
        dns_wire.answer(dns_wire.question(NAME, "A", 7), 7)


def test_a_name_that_leads_in_circles_is_damaged():
    header = dns_wire.HEADER.pack(7, dns_wire.RESPONSE, 0, 1, 0, 0)
    with pytest.raises(dns_wire.MessageError, match="points forwards"):
        dns_wire.answer(header + b"\xc0\x0c", 7)


@given(st.binary(max_size=80), st.integers(0, 200))
def test_whatever_comes_is_an_answer_or_damaged(noise, cut):
    for wire in (b"\0\7\x80\0\0\1\0\2\0\0\0\0" + noise, response(*RECORDS)[:cut] + noise):
        with contextlib.suppress(dns_wire.MessageError):
            assert isinstance(dns_wire.answer(wire, 7), dns_wire.Answer)
