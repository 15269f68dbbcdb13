"""Is an acknowledged payment safe in the other region, and do both regions agree who may acknowledge?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..epoch import GATES
from ..topology import Place
from .model import GLOBAL, Check, Scene, none_of, same

#: The attribute by which journal entries expire: lambda/payments writes it, Terraform's tables.tf names it.
EXPIRES = "expires"
#: The alarms that say that acknowledged payments wait for their copy: now, and for minutes.
UNJOURNALED = ("payments-unjournaled", "journal-pending")


def checks(scene: Scene) -> Iterator[Check]:
    """Each region's two tables and its epoch, and what the epochs say together."""
    seen = {region: facts["journal"] for region, facts in scene.facts.items()}
    for region, found in seen.items():
        place = scene.topology.places[region]
        yield _table("journal-table", place, scene.topology.journal_table(region), found["journal_table"], EXPIRES)
        yield _table("epoch-table", place, scene.topology.epoch_table(region), found["epoch_table"], "")
        yield from _epoch(scene, region, found)
    epochs = {region: found["epoch"] for region, found in seen.items() if found["epoch"]}
    if len(epochs) > 1:
        yield _agreement(epochs)
    if scene.active and epochs:
        yield _names_the_writer(scene.active, epochs)
    if scene.active in scene.facts:
        yield _journaling(scene)


def _table(name: str, place: Place, table: str, found: dict[str, Any] | None, expires: str) -> Check:
    expected = f"{table}: ACTIVE, encrypted with {place.kms_key_arn}, restorable"
    expected += f", items expire by {expires}" if expires else ", no item expires"
    if found is None:
        return same(name, place.region, expected, f"{table} does not exist")
    faults = [found["status"]] if found["status"] != "ACTIVE" else []
    if found["kms_key_arn"] != place.kms_key_arn:
        faults.append(f"encrypted with {found['kms_key_arn'] or 'a key of AWS'}")
    if not found["restorable"]:
        faults.append("point-in-time recovery is off")
    if found["expires_by"] != expires:
        faults.append(f"items expire by {found['expires_by']}" if found["expires_by"] else "no item expires")
    return none_of(name, place.region, expected, [f"{table}: {', '.join(faults)}"] if faults else [])


def _epoch(scene: Scene, region: str, found: dict[str, Any]) -> Iterator[Check]:
    """It can be read, its gates are those of this epoch, and nothing waits for a replay. Before the first promotion
    there are no gates; after one, a gate that was left behind lets in what was fenced."""
    table, epoch = scene.topology.epoch_table(region), found["epoch"]
    yield none_of(
        "epoch-readable",
        region,
        f"the epoch of {region} can be read",
        [] if epoch else [found["epoch_problem"]],
    )
    if not epoch:
        return
    wanted, gates = f"{epoch['number']} {epoch['active']}", found["gates"]
    behind = [f"{gate} {gates.get(gate, 'missing')}" for gate in GATES if gates.get(gate) != wanted]
    if not gates and epoch["number"] == 1:
        behind = []
    yield none_of("epoch-gates", region, f"{table}: every gate at epoch {wanted}", behind)
    if region == scene.active:
        expected = f"the database of {region} has what the journal has"
        observed = expected if epoch["replayed"] else f"nobody has replayed it since epoch {epoch['number']} began"
        yield Check("journal-replayed", region, epoch["replayed"], expected, observed, warning=True)


def _agreement(epochs: dict[str, dict[str, Any]]) -> Check:
    """While the other region could not be told of a promotion, it refuses or is refused: nothing is lost by it."""
    said = {region: f"epoch {epoch['number']} of {epoch['active']}" for region, epoch in epochs.items()}
    agree = len(set(said.values())) == 1
    told = "; ".join(f"{what}, says {region}" for region, what in said.items())
    return none_of("epoch-agrees", GLOBAL, "the same epoch in both regions", [] if agree else [told])


def _names_the_writer(active: str, epochs: dict[str, dict[str, Any]]) -> Check:
    """The newest epoch counts: under it alone payments are acknowledged."""
    newest = max(epochs.values(), key=lambda epoch: epoch["number"])
    expected = f"epoch {newest['number']} lets {active} acknowledge payments, where the writer is"
    faults = [] if newest["active"] == active else [f"epoch {newest['number']} lets {newest['active']}"]
    return none_of("epoch-active", GLOBAL, expected, faults)


def _journaling(scene: Scene) -> Check:
    """Whether the region that serves gets its payments into the other one; a warning, since it serves."""
    alarms = scene.facts[scene.active]["services"]["alarms"]
    loud = {one["name"] for one in alarms if one["state"] == "ALARM"}
    names = [scene.topology.alarm(kind, scene.active) for kind in UNJOURNALED]
    peer = scene.topology.peer(scene.active).region
    found = [f"{name} is in ALARM: acknowledged payments have no copy in {peer}" for name in names if name in loud]
    expected = f"{' and '.join(names)} not in ALARM"
    return Check("payments-journaled", scene.active, not found, expected, "; ".join(found) or expected, warning=True)
