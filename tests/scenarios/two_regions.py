"""Both regions as the outage scenarios see them: who is active, what was decided and told, and what is left over."""

from __future__ import annotations

import contextlib
import datetime
import time
from collections.abc import Callable, Iterator
from typing import Any

from module_utils.payments_dr import fence_memory
from module_utils.payments_dr import mode as modes
from module_utils.payments_dr.dns_query import addresses, ask
from module_utils.payments_dr.evacuation import ALARM_KIND
from module_utils.payments_dr.handover import State, read_state
from module_utils.payments_dr.health_probe import ask_health
from module_utils.payments_dr.json_object import json_object
from module_utils.payments_dr.waiters import timestamp
from sandbox import inbox

from .conftest import REGIONS, Sandbox
from .looking import eventually
from .stagehand import Stagehand

# A region is well again after seconds, or in real time a minute, once the machine has time to answer its checkers.
SETTLED_SECONDS = 300
# Between two looks at all of a region, or at its log.
PAUSE_SECONDS = 0.3
CONNECTED = "connected"


class Site(Stagehand):
    """What holds in both regions, seen from behind."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox)
        self.sandbox = sandbox
        self.dns = sandbox.engineer["PAYMENTS_DNS"]
        self.ca_file = sandbox.engineer["PAYMENTS_CA"]

    def peer(self, region: str) -> str:
        return self.topology.peer(region).region

    @property
    def writer(self) -> str:
        """The region that holds the writer now."""
        state = self._state()
        assert state.writer, f"there is not one writer: {state}"
        return state.writer.region

    @property
    def moving(self) -> bool:
        """Whether a switchover or failover is under way."""
        return self._state().handover is not None

    def _state(self) -> State:
        return read_state(self.client("rds", REGIONS[0]), self.topology.global_cluster)

    # -- what people and functions are told

    def set_mode(self, mode: str) -> None:
        """Both regions' mode, as mode.yml puts it."""
        name = modes.parameter_name(self.topology.environment, self.topology.environment_suffix)
        wanted = modes.Mode(mode, "the scenarios", "the next outage", timestamp(time.time()))
        for region in REGIONS:
            modes.set_mode(self.client("ssm", region), name, wanted)

    def fences(self, region: str) -> dict[str, int | None]:
        """What the region remembers of fences that were put up from there."""
        name = fence_memory.parameter_name(self.topology.environment, self.topology.environment_suffix)
        return fence_memory.read(self.client("ssm", region), name)

    def mode(self, region: str) -> modes.Mode:
        """As the function of the region reads it."""
        name = modes.parameter_name(self.topology.environment, self.topology.environment_suffix)
        return modes.read(self.client("ssm", region), name)

    def mails(self, since: float) -> list[dict[str, Any]]:
        """What the functions and playbooks have sent since (seconds since 1970, cut to whole ones); alarms are not."""
        sent = [mail for mail in inbox.read(self.folder) if mail["time"] >= timestamp(since)[:19]]
        return [mail for mail in sent if not mail["subject"].startswith(("ALARM:", "OK:", "INSUFFICIENT_DATA:"))]

    def told(self, since: float, region: str, words: str) -> dict[str, Any] | None:
        """The first mail of the region's topic with these words in its subject."""
        found = (mail for mail in self.mails(since) if mail["region"] == region and words in mail["subject"])
        return next(found, None)

    def decisions(self, region: str, since: float) -> list[dict[str, Any]]:
        """What the region's failover function decided: the fields of its log, oldest first, each with `at`.

        A log is there when the invocation has ended, and has that time: what was seen says when it was.
        """
        logs = self.client("logs", region)
        group = f"/aws/lambda/{self.topology.places[region].failover_function}"
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=int(since * 1000), filterPattern="decision"
        )
        lines = [json_object(event["message"]) for event in pages.build_full_result()["events"]]
        made = [
            line["decision"] | {"at": datetime.datetime.fromisoformat(line["observation"]["now"]).timestamp()}
            for line in lines
            if line.get("event") == "decision"
        ]
        return [one for one in made if one["at"] >= since]

    def decided(self, region: str, since: float, action: str, *guards: str, seconds: float = 60) -> dict[str, Any]:
        """Wait for a decision since then that is `action`, with all of `guards` among those that do not hold."""

        def look() -> dict[str, Any] | None:
            made = self.decisions(region, since)
            return next((one for one in made if one["action"] == action and set(guards) <= set(refused_by(one))), None)

        what = f"{region} to decide: {action} {' '.join(guards)}".rstrip()
        return eventually(look, what, seconds, PAUSE_SECONDS)

    # -- where clients are led, and what they would find

    def leads(self) -> str:
        """The region that the public name leads to; "" when it leads nowhere."""
        found = addresses(self.topology.api_name, [self.dns])
        return next((region for region, address in self.config.addresses.items() if [address] == found), "")

    def health(self, region: str) -> str:
        """What the region's own address says of itself, in a word."""
        answer = ask_health(
            self.topology.places[region].address,
            self.config.addresses[region],
            self.config.tls_port,
            self.ca_file,
            tries=1,
        )
        body = answer["body"]
        return str(body.get("code") or body.get("status") or answer["status_code"] or answer["error"])

    def checkers(self, region: str) -> list[str]:
        """What the region's beacon says."""
        return ask(self.topology.places[region].beacon, "TXT", self.dns)["values"]

    # -- the end of a row

    def unsettled(self, active: str) -> Iterator[str]:
        """What is not yet as it is when `active` serves, the other region is its standby and nothing is left over.

        Looked at one after the other, what comes last last: who only waits asks for the first.
        """
        standby = self.peer(active)
        wanted: list[tuple[str, Callable[[], Any], Any]] = [
            ("the global database", self._database, ("available", None, active, {CONNECTED})),
            ("fences", lambda: [region for region in REGIONS if self._reserved(region) == 0], []),
            ("remembered fences", lambda: [region for region in REGIONS if self.fences(region)], []),
            ("switches", lambda: [region for region in REGIONS if self._evacuated(region)], []),
            (f"the checkers of {active}", lambda: self.checkers(active), ["up"]),
            (f"the checkers of {standby}", lambda: self.checkers(standby), ["down"]),
            ("the name leads to", self.leads, active),
            (f"the health of {active}", lambda: self.health(active), "ok"),
            (f"the health of {standby}", lambda: self.health(standby), "standby"),
        ]
        for what, look, want in wanted:
            if (seen := look()) != want:
                yield f"{what}: {seen}, not {want}"

    def _database(self) -> tuple[str, Any, str, set[str]]:
        state = self._state()
        connections = {member.synchronization_status or CONNECTED for member in state.found}
        return state.status, state.handover, state.writer.region if state.writer else "", connections

    def _evacuated(self, region: str) -> bool:
        """Whether the switch, in the other region, keeps clients out of this one."""
        where = self.peer(region)
        alarm = self.topology.alarm(ALARM_KIND, where)
        found = self.client("cloudwatch", where).describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
        return found[0]["StateValue"] == "ALARM"

    def _reserved(self, region: str) -> int | None:
        name = self.topology.places[region].function
        answer = self.client("lambda", region).get_function_concurrency(FunctionName=name)
        return answer.get("ReservedConcurrentExecutions")

    def settle(self, active: str) -> float:
        """Wait until `active` serves and the other region could take over; answers how many seconds that took."""
        began = time.monotonic()
        try:
            eventually(lambda: next(self.unsettled(active), None) is None, "", SETTLED_SECONDS, PAUSE_SECONDS)
        except AssertionError:
            left = list(self.unsettled(active))
            assert not left, f"{active} is not alone in charge after {SETTLED_SECONDS} s: {'; '.join(left)}"
        return time.monotonic() - began

    def begin_in(self, active: str) -> None:
        """Have `active` be the active region, with nothing out and nothing left over, whatever was before."""
        self.restore()
        eventually(lambda: self._state().handover is None and self._state().writer, "a move of the writer to end")
        if self.writer != active:
            self._switch_over(active)
        self.settle(active)

    def _switch_over(self, target: str) -> None:
        member = self._state().member(target)
        assert member, f"{target} has no cluster in the global database"
        eventually(lambda: {one.synchronization_status for one in self._state().found} <= {"", CONNECTED})
        self.client("rds", self.writer).switchover_global_cluster(
            GlobalClusterIdentifier=self.topology.global_cluster, TargetDbClusterIdentifier=member.cluster_arn
        )
        eventually(lambda: self._state().handover is None and self.writer == target, f"a switchover to {target}")

    @contextlib.contextmanager
    def without(self, region: str, *kinds: str) -> Iterator[float]:
        """Something is out for a while; yields when it began."""
        began = self.out(region, *kinds)
        try:
            yield began
        finally:
            self.restore(region)


def refused_by(decision: dict[str, Any]) -> list[str]:
    """The guards that do not hold."""
    return [guard["name"] for guard in decision["guards"] if not guard["holds"]]
