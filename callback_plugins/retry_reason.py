"""Says what a repeated task has seen: Ansible only counts the retries that are left."""

from __future__ import annotations

from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: retry_reason
type: notification
short_description: Say why a task is tried again
description:
  - For a task with C(until), prints after each try in vain what its module said, where it said something. A wait of an
    hour then shows how far it is.
"""

#: Where a module says in a sentence what it found, the most telling first.
SENTENCES = ("msg", "reason")


def sentence(result: dict[str, Any]) -> str:
    """What a module's result says of itself; "" when it says nothing."""
    return next((str(result[name]) for name in SENTENCES if result.get(name)), "")


class CallbackModule(CallbackBase):
    """Prints a line for each try in vain, under Ansible's own."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "retry_reason"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_retry(self, result) -> None:
        said = sentence(result.result)
        if said:
            self._display.display(f"    {said}")
