"""Would the failover happen by itself: function, schedule, mode; and is nothing left of an earlier one?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..mode import AUTOMATIC
from ..topology import Place
from .model import GLOBAL, Check, Scene, none_of, same
from .services import unlike

#: Seconds after which the dead-man alarm goes off, too: five minutes without an evaluation.
SILENCE = 300


def checks(scene: Scene) -> Iterator[Check]:
    """Each region's function, and what the two must have in common: roles swap."""
    seen = {region: facts["failover"] for region, facts in scene.facts.items()}
    for region, found in seen.items():
        place = scene.topology.places[region]
        yield from _function(scene, place, found)
        yield from _mode(place, found)
        yield _fences(place, found)
    functions = [found["function"] for found in seen.values()]
    if len(functions) > 1 and all(functions):
        mine, other = functions
        expected = f"{mine['name']} like {other['name']}"
        yield none_of("failover-identical", GLOBAL, expected, unlike(mine, other))


def _function(scene: Scene, place: Place, found: dict[str, Any]) -> Iterator[Check]:
    function, name = found["function"], place.failover_function
    if function is None:
        yield same("failover-state", place.region, f"{name}: Active, Successful", f"{name} does not exist")
        return
    observed = f"{name}: {function['state']}, {function['last_update']}"
    yield same("failover-state", place.region, f"{name}: Active, Successful", observed)
    version = scene.topology.failover_version
    yield same("failover-version", place.region, f"{name}: {version}", f"{name}: {function['version'] or 'none'}")
    ago = found["evaluated_seconds_ago"]
    expected = f"{name} evaluated in the last {SILENCE} s"
    observed = f"{name} evaluated {ago} s ago" if ago is not None else f"{name}: CloudWatch counted no evaluation"
    yield Check("failover-evaluating", place.region, ago is not None and ago <= SILENCE, expected, observed)


def _mode(place: Place, found: dict[str, Any]) -> Iterator[Check]:
    """A mode that nobody can read is nobody's will. A manual one is somebody's, and so a warning only."""
    mode = found["mode"]
    yield none_of(
        "failover-mode",
        place.region,
        f"the mode of {place.region} can be read",
        [found["mode_problem"]] if mode is None else [],
    )
    if mode is None:
        return
    expected = f"the mode of {place.region} is {AUTOMATIC}"
    observed = expected
    if mode["mode"] != AUTOMATIC:
        observed = f"it is {mode['mode']} since {mode['at']}, by {mode['by']}: {mode['why']}"
    yield Check("failover-armed", place.region, mode["mode"] == AUTOMATIC, expected, observed, warning=True)


def _fences(place: Place, found: dict[str, Any]) -> Check:
    """What cannot be read counts as a fence: nobody can say that there is none."""
    fences, problem = found["fences"], found["fences_problem"]
    left = [f"{region} (concurrency before: {earlier})" for region, earlier in (fences or {}).items()]
    return none_of(
        "failover-fence", place.region, f"no fence is remembered in {place.region}", left + [problem] * bool(problem)
    )
