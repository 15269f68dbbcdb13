"""GET /health says of the epoch what a payment would be answered, so that nobody is led to refusals."""

import time
import types

import pytest
from botocore.exceptions import ReadTimeoutError

REGION, PEER = "us-east-1", "us-east-2"


def health(function):
    status, document, headers = function("GET", "/health")
    assert document["region"] == function.module.settings.region and document["version"] == "abc123"
    assert status == 200 or headers["Retry-After"].isdigit()
    return status, document.get("code", "")


def paid(function, order, key="key"):
    status, document, _ = function.pay(order, key=key)
    return status, document.get("code", "")


@pytest.fixture
def reads(function, monkeypatch, aws):
    """Counts the readings of the epoch; `broken` makes them fail."""

    class Table:
        count, broken = 0, False

        def get_item(self, **given):
            self.count += 1
            if self.broken:
                raise ReadTimeoutError(endpoint_url="https://dynamodb")
            return aws.here.client.get_item(**given)

    table = Table()
    monkeypatch.setattr(function.module._durability._epochs, "_client", lambda: table)
    return table


@pytest.fixture
def later(function, monkeypatch):
    """Lets seconds pass, as the function's own clock has them."""
    passed = [0.0]
    clock = types.SimpleNamespace(time=lambda: time.time() + passed[0], monotonic=time.monotonic)
    monkeypatch.setitem(function.module.journal.Since.__init__.__globals__, "time", clock)
    return lambda more: passed.__setitem__(0, passed[0] + more)


def test_a_writer_whose_epoch_names_the_other_region_is_not_well(function, peer, order, aws):
    assert health(function) == (200, "")
    aws.here.promote(PEER)
    function.forget()
    assert health(function) == (503, "fenced") == paid(function, order)
    aws.here.promote(REGION)
    assert health(function) == (200, "") and paid(function, order) == (201, "")


def test_a_standby_is_a_standby_and_its_epoch_is_not_read(function, server, reads):
    server.read_only(True)
    assert health(function) == (503, "standby") and reads.count == 0
    server.read_only(False)


def test_the_epoch_is_kept_as_payments_keep_it(function, order, reads, later):
    for _ in range(5):
        assert health(function) == (200, "")
    assert paid(function, order) == (201, "") and reads.count == 1
    later(2.1)
    health(function)
    assert paid(function, order, "another") == (201, "") and reads.count == 2


def test_a_table_that_is_silent_for_a_moment_makes_nobody_ill(function, order, reads, later):
    health(function)
    reads.broken = True
    for number in range(5):
        later(10)
        assert health(function) == (200, "") and paid(function, order, f"key-{number}") == (201, "")


def test_a_table_that_stays_silent_stops_payments_and_health_says_so(function, order, reads, later):
    health(function)
    reads.broken = True
    later(61)
    assert health(function) == (503, "epoch-unknown") == paid(function, order)
    reads.broken = False
    assert health(function) == (200, "")


@pytest.mark.parametrize("strict", [True, False])
def test_a_silent_peer_is_no_illness_of_this_region(function, order, cut, dns, monkeypatch, strict):
    monkeypatch.setattr(function.module._durability, "_strict", strict)
    cut(function)
    dns(function, "nowhere")
    assert paid(function, order)[0] == 503
    assert health(function) == (200, "")


def test_whoever_was_told_that_the_other_region_took_over_says_so(function, order, aws, cut):
    aws.there.promote(PEER)
    assert health(function) == (200, "")  # its own table says so, and nobody has told it yet
    assert paid(function, order) == (503, "fenced")
    assert health(function) == (503, "fenced")
    mend = cut(function)
    assert health(function) == (503, "fenced") == paid(function, order)
    mend()
    aws.there.promote(REGION, replayed=True)  # Aurora refused, and it was taken back
    assert health(function) == (200, "") and paid(function, order) == (201, "")
