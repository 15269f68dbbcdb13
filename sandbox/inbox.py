"""What the alert topics sent by e-mail: one JSON object a line in DIR/inbox.jsonl, and a screen of it.

https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
On AWS a subscriber confirms first; here an address is subscribed at once, since nobody reads its mail.
"""

from __future__ import annotations

import asyncio
import datetime
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sandbox.config import Config
from sandbox.errors import SandboxError

FILE = "inbox.jsonl"


def mail(topic_arn: str, address: str, subject: str, message: str, identifier: str, now: float) -> dict[str, Any]:
    """Return the mail about one message: what is kept of it; `now` in epoch seconds."""
    region, _, topic = topic_arn.split(":")[3:6]
    return {
        "time": datetime.datetime.fromtimestamp(now, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "topic": topic,
        "to": address,
        "subject": subject or "AWS Notification Message",
        "message": message,
        "message_id": identifier,
    }


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the mails of the sandbox in `folder`, the oldest first; none when nothing was ever sent."""
    path = folder / FILE
    try:
        with path.open() as lines:
            for number, line in enumerate(lines, 1):
                yield _parsed(line, path, number)
    except FileNotFoundError:
        return


def _parsed(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        return json.loads(line)
    except ValueError as error:
        raise SandboxError(f"{path}, line {number}, is not JSON: {error}; remove it") from error


def screen(folder: Path) -> str:
    """Return the mails as text: when, where, to whom, the subject, and for an alarm why."""
    return "\n".join(line for each in read(folder) for line in _lines(each)) or "Nothing was sent"


def as_json(folder: Path) -> str:
    """Return the mails as a JSON list."""
    return json.dumps(list(read(folder)), indent=2)


def _lines(each: Mapping[str, Any]) -> list[str]:
    body = each["message"]
    try:
        alarm = json.loads(body)
        said = [alarm["AlarmDescription"], alarm["NewStateReason"]]
    except (ValueError, KeyError, TypeError):
        said = body.splitlines()
    head = f"{each['time']}  {each['region']}  {each['to']}  {each['subject']}"
    return [head, *(f"    {line}" for line in said if line)]


async def run(config: Config) -> None:
    """Keep what is sent while the sandbox runs."""
    from sandbox.mends import sns  # imports the emulator, which the command line can do without

    with (config.dir / FILE).open("a") as file:

        def keep(*facts) -> None:
            file.write(json.dumps(mail(*facts, now=config.clock.now())) + "\n")
            file.flush()

        sns.deliver = keep
        try:
            await asyncio.Event().wait()
        finally:
            sns.deliver = None
