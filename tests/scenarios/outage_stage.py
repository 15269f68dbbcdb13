"""Where an outage plays: both regions, the playbooks, and what was measured so far."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

from .hurried import HURRY
from .looking import eventually
from .recovering import REPORTS
from .two_regions import PAUSE_SECONDS, Site

# What is promised, at the sandbox's pace.
RTO_SECONDS, RPO_SECONDS = 900 / HURRY, 300 / HURRY
# Until what is looked for is there: the machine may be busy with other tests, and whoever is late is judged afterwards.
DEADLINE = 4 * RTO_SECONDS
# What status.yml says of APIs that do not answer within two seconds, as on a busy machine.
UNKNOWN = ("look again", "neither region's API answers")


@dataclasses.dataclass
class Stage:
    """`measured` becomes build/reports/outages.json."""

    site: Site
    playbook: Callable[..., Any]
    measured: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def status(self) -> dict[str, str]:
        """What status.yml says is to be typed next, and why; who is only told to look again does."""

        def look() -> dict[str, str] | None:
            result = self.playbook("status")
            assert result.code == 0, result.output
            following = json.loads((REPORTS / "status.json").read_text())["next"]
            return None if any(words in following["why"] for words in UNKNOWN) else following

        return eventually(look, "status.yml to know what is to be typed", DEADLINE)

    def fail_over(self, target: str, *more: str) -> Any:
        """What came of failover.yml, typed and confirmed."""
        return self.playbook(
            "failover", "-e", f"to={target}", "-e", f"confirm={self.site.topology.global_cluster}", *more
        )

    def reconcile(self) -> None:
        """What the journal has and the database lacks is put into it, and everything is explained."""
        result = self.playbook("reconcile")
        assert result.code == 0, result.output

    def note(self, row: str, proof: dict[str, Any], **more: Any) -> None:
        counts = {"lost": len(proof["lost"]), "doubled": len(proof["doubled"])}
        self.measured.append({"row": row, "acknowledged": proof["acknowledged"], **counts, **more})


def evaluations(site: Site, region: str, since: float, count: int) -> list[dict[str, Any]]:
    """Wait until the region's function has decided so often."""
    what = f"{count} decisions of {region}"
    return eventually(
        lambda: made if len(made := site.decisions(region, since)) >= count else None, what, DEADLINE, PAUSE_SECONDS
    )
