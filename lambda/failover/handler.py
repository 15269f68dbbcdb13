"""The failover function's door: an event of the schedule in, one evaluation, what it decided out.

What is made here is made once for each execution environment, before its first event.
"""

from __future__ import annotations

from typing import Any

from payments_dr.waiters import Clock

from .clients import ClientFactory
from .journal import Journal
from .settings import Settings
from .watch import Watch

settings = Settings.from_environment()
_clock = Clock()
watch = Watch(settings, ClientFactory(), _clock, Journal(settings.here, settings.version, _clock))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Lambda's entry point. The event says nothing that matters; the answer is for whoever invokes it by hand."""
    decision = watch.run(lambda: context.get_remaining_time_in_millis() / 1000)
    return {"region": settings.here, "action": str(decision.action), "reason": decision.reason}
