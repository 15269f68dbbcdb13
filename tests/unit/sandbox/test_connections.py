"""The door of a region's endpoint: who comes in, who is reset, who is left without a word."""

import socket

import pytest

from sandbox.connections import Door
from sandbox.outages import Kind


@pytest.fixture
def door():
    """A door that is out for 127.0.0.2 alone, as a partition is for the other region's functions."""
    kinds = {"127.0.0.2": None}
    made = Door.at(("127.0.0.1", 0), kinds.get)
    made.settimeout(2)
    yield made, kinds
    made.let_go()
    made.close()


def caller(door, source):
    made = socket.create_connection(door.getsockname(), timeout=2, source_address=(source, 0))
    made.sendall(b"anybody there?")
    return made


def test_the_world_comes_in_while_the_other_region_does_not(door):
    door, kinds = door
    kinds["127.0.0.2"] = Kind.HANG
    with caller(door, "127.0.0.1") as outside:
        inside, address = door.accept()
        with inside:
            assert (address, inside.recv(8)) == (outside.getsockname(), b"anybody ")


def test_a_dark_region_resets_its_callers(door):
    door, kinds = door
    kinds["127.0.0.2"] = Kind.DARK
    with caller(door, "127.0.0.2") as outside:
        with pytest.raises(ConnectionAbortedError):
            door.accept()
        with pytest.raises(ConnectionResetError):
            outside.recv(1)


def test_one_that_hangs_says_nothing_until_it_lets_go(door):
    door, kinds = door
    kinds["127.0.0.2"] = Kind.HANG
    with caller(door, "127.0.0.2") as outside:
        with pytest.raises(ConnectionAbortedError):
            door.accept()
        outside.settimeout(0.1)
        with pytest.raises(TimeoutError):
            outside.recv(1)
        door.let_go()
        outside.settimeout(2)
        with pytest.raises(ConnectionResetError):
            outside.recv(1)


def test_an_answer_in_two_parts_does_not_wait_for_the_caller_to_have_got_the_first(door):
    door, _ = door
    with caller(door, "127.0.0.1"):
        inside, _ = door.accept()
        with inside:
            assert inside.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
