"""A repeated request gets the answer that was lost; another one is carried out."""

import asyncio

import pytest

from sandbox.retries import KEPT_ANSWERS, Retries


class Counting:
    """An application that numbers what it carries out, and answers with `status`."""

    def __init__(self, status=200):
        self.status, self.done = status, 0

    async def __call__(self, scope, receive, send):
        self.done += 1
        number = self.done
        await asyncio.sleep(0.01)
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": b"%d" % number})


def request(app, invocation="a", attempt=1, method="POST", lost=False):
    """The body that the client gets; with `lost` the client is gone when the answer comes."""
    headers = [(b"amz-sdk-invocation-id", invocation.encode()), (b"amz-sdk-request", b"attempt=%d; max=3" % attempt)]
    sent = []

    async def send(message):
        if lost:
            raise ConnectionResetError
        sent.append(message)

    async def run():
        await app({"type": "http", "method": method, "path": "/", "headers": headers}, None, send)
        return b"".join(one.get("body", b"") for one in sent)

    return run()


def in_turn(*requests):
    async def run():
        return [await one for one in requests]

    return asyncio.run(run())


def test_a_repeated_request_is_carried_out_once():
    app = Retries(inner := Counting())
    assert in_turn(request(app), request(app, attempt=2), request(app, attempt=3)) == [b"1", b"1", b"1"]
    assert inner.done == 1


def test_an_answer_that_the_client_did_not_get_is_given_again():
    app = Retries(inner := Counting())
    assert in_turn(request(app, lost=True), request(app, attempt=2)) == [b"", b"1"]
    assert inner.done == 1


def test_one_that_overtakes_the_first_waits_for_it():
    app = Retries(inner := Counting())

    async def both():
        return await asyncio.gather(request(app), request(app, attempt=2))

    assert asyncio.run(both()) == [b"1", b"1"]
    assert inner.done == 1


@pytest.mark.parametrize(
    "second", [{"invocation": "b", "attempt": 2}, {"attempt": 1}, {"method": "GET", "attempt": 2}], ids=str
)
def test_another_request_is_carried_out(second):
    app = Retries(inner := Counting())
    assert in_turn(request(app), request(app, **second)) == [b"1", b"2"]
    assert inner.done == 2


@pytest.mark.parametrize("status", [400, 429, 500, 503])
def test_what_failed_is_tried_again(status):
    app = Retries(inner := Counting(status))
    in_turn(request(app), request(app, attempt=2))
    assert inner.done == 2


def test_only_so_many_answers_are_kept():
    app = Retries(Counting())
    in_turn(*(request(app, invocation=str(number)) for number in range(KEPT_ANSWERS + 10)))
    assert len(app.answers) == KEPT_ANSWERS
