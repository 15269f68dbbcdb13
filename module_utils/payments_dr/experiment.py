"""Experiments of AWS Fault Injection Service: one of a template is begun, or whatever runs of it is ended.

They are found by their template and not by an identifier that somebody has to keep: who was killed after the begin,
or comes later, can end one all the same.
https://docs.aws.amazon.com/fis/latest/APIReference/API_ExperimentState.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from .calls import AwsFailure, describing
from .waiters import Clock, Seen, Wait, until

RUNNING, COMPLETED, STOPPING = "running", "completed", "stopping"
#: Of what is over nothing more comes. One that completed has done what its template says, such as a reboot.
OVER = frozenset({COMPLETED, "stopped", "failed", "cancelled"})


@dataclasses.dataclass(frozen=True)
class Experiment:
    """One experiment: its identifier, its status as FIS has it, and the reason that FIS gives, which may be empty."""

    id: str
    status: str
    reason: str = ""

    @property
    def sentence(self) -> str:
        return f"the experiment {self.id} is {self.status}" + (f": {self.reason}" if self.reason else "")


@dataclasses.dataclass(frozen=True)
class Done:
    """What was found or made, and whether anything was changed."""

    experiments: tuple[Experiment, ...]
    changed: bool
    sentence: str


@dataclasses.dataclass(frozen=True)
class Laboratory:
    """The experiments of one template, in the region of the client `fis`. `say` hears what is waited for."""

    fis: Any
    template: str
    clock: Clock
    wait: Wait
    say: Callable[[str], None]
    changing: bool = True

    def begin(self, name: str) -> Done:
        """Begins an experiment, tagged with `name`, and waits until it runs; one that is under way is as good.

        Raises AwsFailure when there is no such template, or when it came to nothing; Late when it does not run in time.
        """
        found = [one for one in self._under_way() if one.status != STOPPING]
        if not found and not self.changing:
            return Done((), True, f"an experiment of {self.template} would be begun")
        identifier = found[0].id if found else self._start(name)
        ran = until(f"{identifier} to run", lambda: self._begun(identifier), self.wait, self.clock, self.say)
        return Done((ran,), not found, ran.sentence)

    def end(self) -> Done:
        """Stops every experiment that is under way, and waits until they are over. Raises AwsFailure, and Late."""
        found = self._under_way()
        if not found:
            return Done((), False, f"no experiment of {self.template} is under way")
        if not self.changing:
            return Done(tuple(found), True, f"would be stopped: {', '.join(one.id for one in found)}")
        for one in found:
            if one.status != STOPPING:
                self._stop(one.id)
        ended = tuple(self._until_over(one.id) for one in found)
        return Done(ended, True, "; ".join(one.sentence for one in ended))

    def _under_way(self) -> list[Experiment]:
        with describing(f"list the experiments of {self.template}", self.fis.meta.region_name):
            pages = self.fis.get_paginator("list_experiments").paginate(experimentTemplateId=self.template)
            listed = [_experiment(entry) for entry in pages.build_full_result()["experiments"]]
        return [one for one in listed if one.status not in OVER]

    def _start(self, name: str) -> str:
        with describing(f"start an experiment of {self.template}", self.fis.meta.region_name):
            answer = self.fis.start_experiment(experimentTemplateId=self.template, tags={"Name": name})
        return answer["experiment"]["id"]

    def _stop(self, identifier: str) -> None:
        """It may have ended by itself in this moment, which FIS refuses to stop; whether it did is looked at next."""
        with describing(f"stop the experiment {identifier}", self.fis.meta.region_name):
            try:
                self.fis.stop_experiment(id=identifier)
            except self.fis.exceptions.ValidationException:
                if self._look(identifier).status not in OVER:
                    raise

    def _look(self, identifier: str) -> Experiment:
        with describing(f"look at the experiment {identifier}", self.fis.meta.region_name):
            return _experiment(self.fis.get_experiment(id=identifier)["experiment"])

    def _begun(self, identifier: str) -> Seen:
        now = self._look(identifier)
        if now.status in OVER and now.status != COMPLETED:
            raise AwsFailure(f"{now.sentence}: correct the template {self.template}", "ExperimentFailed")
        return Seen(now.status in (RUNNING, COMPLETED), now.sentence, now)

    def _until_over(self, identifier: str) -> Experiment:
        def look() -> Seen:
            now = self._look(identifier)
            return Seen(now.status in OVER, now.sentence, now)

        return until(f"{identifier} to be over", look, self.wait, self.clock, self.say)


def _experiment(entry: dict[str, Any]) -> Experiment:
    state = entry.get("state", {})
    return Experiment(entry["id"], state.get("status", ""), state.get("reason", ""))
