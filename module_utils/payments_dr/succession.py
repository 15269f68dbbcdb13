"""Who may acknowledge payments, as the writer moves from one region to the other (design, decision 13).

Before Aurora is asked for a failover the target's epoch is raised: from that moment on the other region's payments are
not journalled there any more, so it acknowledges none, however alive it is. A switchover loses nothing, and leaves the
old region its right until the writer has moved.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from . import epoch as epochs
from .calls import STEADY, AwsFailure, Clients, concurrently
from .epoch import Epoch, EpochError, EpochTaken
from .topology import Topology
from .waiters import Clock, timestamp

#: Attempts while somebody else raises the same epoch.
ATTEMPTS = 3
OPERATOR = "an operator"


@dataclasses.dataclass(frozen=True)
class Succession:
    """Changes epochs on behalf of `by`, for the writer's move to `target`."""

    clients: Clients
    topology: Topology
    target: str
    clock: Clock
    say: Callable[[str], None]
    by: str = OPERATOR

    @property
    def other(self) -> str:
        return self.topology.peer(self.target).region

    def claim(self, why: str) -> None:
        """Names the target active in its own table, and so fences the other region, before Aurora is asked.

        Only the target is called. It raises the epoch though the target is named already: that may be what it was left
        with when the other region took over. What that one acknowledged last may be in the journal alone, so `replayed`
        is False from now on. Raises AwsFailure.
        """
        self._raise(self._read(self.target), why)

    def confirm(self, why: str) -> None:
        """The target holds the writer, whoever moved it: claims what nobody has claimed for it. Raises AwsFailure."""
        before = self._read(self.target)
        if before.active != self.target:
            self._raise(before, why)

    def _raise(self, before: Epoch, why: str) -> None:
        for _ in range(ATTEMPTS):
            raised = self._next([before], self.target, replayed=False, why=why)
            if self._put(self.target, raised, before):
                self.say(f"epoch {raised.number} of {self.target} has begun: {self.other} can acknowledge no payment")
                return
            before = self._read(self.target)
            if before.active == self.target:
                return  # who was quicker wants the same
        raise AwsFailure(f"The epoch of {self.target} is raised by somebody else again and again", "EpochTaken")

    def give_back(self, why: str) -> None:
        """Undoes a claim, since the writer stays where it is: a new epoch in which the other region is active again.

        Whoever moves the writer after all claims it again at the end. Raises AwsFailure.
        """
        claimed = self._read(self.target)
        if claimed.active != self.target:
            return
        back = self._next([claimed], self.other, replayed=True, why=why)
        if self._put(self.target, back, claimed):
            self.say(f"epoch {back.number} of {self.target} has begun: {self.other} may acknowledge payments again")

    def settle(self, why: str, *, moved: bool) -> None:
        """After a switchover: the target is active under one epoch in both regions. Raises AwsFailure.

        `moved` says that a switchover was seen to move the writer: it lost nothing, whatever a function has made of it
        that found itself the writer meanwhile. Otherwise it may have been a failover, which is still to be replayed.
        """
        for _ in range(ATTEMPTS):
            if self._agree(self._both(), why, replayed=moved):
                return
        raise AwsFailure(f"The epoch of {self.target} is raised by somebody else again and again", "EpochTaken")

    def inform(self, why: str) -> None:
        """The same after a failover, once the other region follows; unless that one has begun a newer epoch for itself.

        Whoever asks may have been frozen, or cut off, since they saw it follow: it was promoted meanwhile, and nothing
        is changed. Raises AwsFailure.
        """
        found = self._both()
        if found[self.other].active == self.other and found[self.other].number >= found[self.target].number:
            self.say(f"{self.other} has begun epoch {found[self.other].number} for itself: it is told nothing")
            return
        self._agree(found, why)

    def _both(self) -> dict[str, Epoch]:
        return concurrently({region: lambda region=region: self._read(region) for region in self._regions})

    def _agree(self, found: dict[str, Epoch], why: str, *, replayed: bool = False) -> bool:
        """False when somebody was quicker in the target's own table: its function, that found itself the writer."""
        known, ours = list(found.values()), found[self.target]
        agreed = {one.active for one in known} == {self.target} and len({one.number for one in known}) == 1
        if agreed and (ours.replayed or not replayed):
            return True
        settled = ours if ours.active == self.target else self._next(known, self.target, replayed=replayed, why=why)
        if settled.number < max(one.number for one in known):
            settled = self._next(known, self.target, replayed=ours.replayed, why=why)
        settled = dataclasses.replace(settled, replayed=settled.replayed or replayed)
        for region in self._regions:
            if found[region] != settled and not self._put(region, settled, found[region]) and region == self.target:
                return False
        self.say(f"epoch {settled.number}: {self.target} may acknowledge payments, as both regions know")
        return True

    def must_be_replayed(self) -> None:
        """Raises AwsFailure while the other region, active, has a journal whose payments its database may lack.

        A switchover would leave that journal behind, where nobody looks a key up any more.
        """
        active = self._read(self.other)
        if active.active == self.other and not active.replayed:
            raise AwsFailure(epochs.unreplayed(self.other, active.number), "NotReplayed")

    def epoch(self) -> Epoch:
        """The target's own. Raises AwsFailure."""
        return self._read(self.target)

    @property
    def _regions(self) -> tuple[str, str]:
        """The target first: who stops between the two leaves a region that can acknowledge."""
        return self.target, self.other

    def _next(self, known: list[Epoch], active: str, *, replayed: bool, why: str) -> Epoch:
        at = timestamp(self.clock.now())
        return epochs.next_epoch(known, active, replayed=replayed, by=self.by, why=why, at=at)

    def _read(self, region: str) -> Epoch:
        try:
            return epochs.read(self.clients("dynamodb", region, STEADY), self.topology.epoch_table(region))
        except EpochError as error:
            raise AwsFailure(str(error), "NoEpoch") from error

    def _put(self, region: str, new: Epoch, before: Epoch) -> bool:
        """False when somebody was quicker."""
        table = self.topology.epoch_table(region)
        try:
            epochs.put(self.clients("dynamodb", region, STEADY), table, new, before.number)
        except EpochTaken as taken:
            self.say(str(taken))
            return False
        return True
