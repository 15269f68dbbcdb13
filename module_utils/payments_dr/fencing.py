"""Fencing a region: its payments function gets a reserved concurrency of 0, so that nothing there takes a payment.

Best effort, as a region that has to be fenced seldom answers. What was reserved before is remembered in the *other*
region, before the fence goes up: an interruption between the two loses nothing.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
"""

from __future__ import annotations

import dataclasses
from typing import Any

from . import fence_memory
from .calls import BRISK, STEADY, AwsFailure, Clients, Patience, describing
from .fence_memory import Fences
from .parameters import ParameterError
from .topology import Topology

CLOSED = 0


@dataclasses.dataclass(frozen=True)
class Fence:
    """What was found and done. `reachable` is whether the region answered; `fenced` whether its function takes nothing
    now, None when nobody knows. `before` and `after` are reserved concurrencies (None: nothing reserved, or not known),
    `earlier` is what the other region remembers. `sentence` says it for people."""

    region: str
    reachable: bool
    changed: bool
    fenced: bool | None
    before: int | None
    after: int | None
    earlier: int | None
    sentence: str


@dataclasses.dataclass(frozen=True)
class _Ground:
    """The function that is fenced, the memory of the other region, and whether anything may be changed."""

    awslambda: Any
    function: str
    region: str
    memory: _Memory
    changing: bool

    def reserved(self) -> int | None:
        with describing(f"read the concurrency of {self.function}", self.region):
            answer = self.awslambda.get_function_concurrency(FunctionName=self.function)
        return answer.get("ReservedConcurrentExecutions")

    def reserve(self, concurrency: int | None) -> None:
        if not self.changing:
            return
        with describing(f"set the concurrency of {self.function} to {_words(concurrency)}", self.region):
            if concurrency is None:
                self.awslambda.delete_function_concurrency(FunctionName=self.function)
            else:
                self.awslambda.put_function_concurrency(
                    FunctionName=self.function, ReservedConcurrentExecutions=concurrency
                )


@dataclasses.dataclass(frozen=True)
class _Memory:
    """The fences that the region that stays remembers."""

    ssm: Any
    parameter: str
    region: str
    changing: bool

    def fences(self) -> Fences:
        """Raises AwsFailure, and ParameterError."""
        return fence_memory.read(self.ssm, self.parameter)

    def remember(self, earlier: int | None) -> None:
        found = self.fences()
        self._put(found, {**found, self.region: earlier})

    def forget(self) -> None:
        found = self.fences()
        self._put(found, {region: value for region, value in found.items() if region != self.region})

    def _put(self, found: Fences, fences: Fences) -> None:
        if self.changing and fences != found:
            fence_memory.write(self.ssm, self.parameter, fences)


def fence(clients: Clients, topology: Topology, region: str, changing: bool = True) -> Fence:
    """Closes the payments function of `region`, if the region answers within seconds; never waits longer.

    A region that does not answer is a Fence with reachable false. Where the other region cannot remember, the fence
    goes up all the same, and the sentence says so. Raises AwsFailure when the region answers and refuses.
    """
    try:
        ground = _ground(clients, topology, region, BRISK, changing)
        before = ground.reserved()
        if before == CLOSED:
            return Fence(region, True, False, True, CLOSED, CLOSED, None, f"{ground.function} was already fenced")
        forgotten = _remembered(ground, before)
        ground.reserve(CLOSED)
    except AwsFailure as failure:
        if not failure.unreachable:
            raise
        return Fence(region, False, False, None, None, None, None, f"{region} could not be fenced: {failure.message}")
    done = "fenced" if changing else "would be fenced"
    sentence = f"{ground.function} {done}: concurrency {_words(before)} -> 0{forgotten}"
    return Fence(region, True, True, changing, before, CLOSED, before, sentence)


def open_fence(
    clients: Clients, topology: Topology, region: str, concurrency: int | None = None, changing: bool = True
) -> Fence:
    """Lets the payments function of `region` work again, with `concurrency` or else with what was remembered.

    A function that is not fenced stays as it is. Raises AwsFailure also when the region does not answer, and when
    nobody knows what to reserve; ParameterError when the memory cannot be read.
    """
    ground = _ground(clients, topology, region, STEADY, changing)
    before = ground.reserved()
    fences = ground.memory.fences()
    if before != CLOSED:
        if region in fences:
            ground.memory.forget()
        sentence = f"{ground.function} was not fenced: concurrency {_words(before)}"
        return Fence(region, True, region in fences, False, before, before, fences.get(region), sentence)
    if concurrency is None and region not in fences:
        raise AwsFailure(
            f"Nothing remembers the concurrency of {ground.function}: give reserved_concurrency", "Unknown"
        )
    after = concurrency if concurrency is not None else fences[region]
    ground.reserve(after)
    ground.memory.forget()
    sentence = f"{ground.function} {'opened' if changing else 'would be opened'}: concurrency 0 -> {_words(after)}"
    return Fence(region, True, True, not changing, before, after, fences.get(region), sentence)


def keep(clients: Clients, topology: Topology, region: str, concurrency: int, changing: bool = True) -> Fence:
    """Reserves `concurrency` for the payments function of `region`, unless it is fenced: what a deployment does.

    Raises AwsFailure also when the region does not answer.
    """
    ground = _ground(clients, topology, region, STEADY, changing)
    before = ground.reserved()
    if before == CLOSED and concurrency != CLOSED:
        return Fence(region, True, False, True, CLOSED, CLOSED, None, f"{ground.function} is fenced, and stays so")
    if before == concurrency:
        return Fence(
            region, True, False, concurrency == CLOSED, before, before, None, f"{ground.function} is as it was"
        )
    ground.reserve(concurrency)
    sentence = f"{ground.function}: concurrency {_words(before)} -> {concurrency}"
    return Fence(region, True, True, concurrency == CLOSED, before, concurrency, None, sentence)


def _ground(clients: Clients, topology: Topology, region: str, patience: Patience, changing: bool) -> _Ground:
    parameter = fence_memory.parameter_name(topology.environment, topology.environment_suffix)
    ssm = clients("ssm", topology.peer(region).region, STEADY)
    memory = _Memory(ssm, parameter, region, changing)
    return _Ground(clients("lambda", region, BRISK), topology.places[region].function, region, memory, changing)


def _remembered(ground: _Ground, before: int | None) -> str:
    """ "" when the other region keeps what was reserved, else a half sentence that says what was not kept, and why."""
    try:
        ground.memory.remember(before)
    except (AwsFailure, ParameterError) as failure:
        return f"; not remembered ({failure})"
    return ""


def _words(concurrency: int | None) -> str:
    return "unreserved" if concurrency is None else str(concurrency)
