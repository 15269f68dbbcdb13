"""What a reconciliation found, for programs (JSON), for a spreadsheet (CSV), as a page, and as lines on a terminal.

Written payment by payment, so that a million differences need no memory. Idempotency keys are shown hashed; references
and metadata are not shown. Amounts are in the currencies' minor units.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import hashlib
import itertools
import json
import os
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any, TextIO

from .reconciliation import CAUSES, SOURCES
from .reconciliation_rows import ID_BYTES
from .reconciliation_table import Table

#: Differences that the page shows; the CSV has all of them.
SHOWN = 1000
#: What becomes of the payments that are known, in the order in which it is shown.
CLASSES = ("database", "replayed", "left", "open")
COLUMNS = (
    *("payment_id", "amount", "currency", "made_at", "region", "cause", "explained", "outcome", "sources", "key_hash"),
    "charged_as",
    "database_amount",
    "database_currency",
)
STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.25rem .75rem;text-align:left;border-bottom:1px solid #ddd}
td.n{text-align:right;font-variant-numeric:tabular-nums}.bad{color:#b91c1c;font-weight:600}
.sign{border-top:1px solid #111;margin-top:5rem;width:24rem}
"""


def balance(sums: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each currency (reconciliation_table.sums): all payments that any source knows, and what became of them, each
    as {"count", "amount"}. What the database has counts as the database says, and is known as the journal says, where
    that has it; `balanced` when what is known is what became of it."""
    totals: dict[str, dict[str, Any]] = defaultdict(
        lambda: {name: {"count": 0, "amount": 0} for name in ("known", "journaled", *CLASSES)}
    )
    for row in sums:
        groups = ["known", *(["journaled"] if row["journaled"] else []), *_class_of(row)]
        for name in groups:
            booked = name == "database"
            found = totals[row["booked_in" if booked else "currency"]][name]
            found["count"] += row["count"]
            found["amount"] += row["booked" if booked else "amount"]
    return [{"currency": currency, **found, "balanced": _balanced(found)} for currency, found in totals.items()]


def _class_of(row: Mapping[str, Any]) -> list[str]:
    if row["charged"]:
        return ["database"]
    cause = CAUSES.get(row["cause"])
    if cause is None:
        return []  # nobody knows what became of it, so it shows up in the balance
    if not cause.explained:
        return ["open"]
    return ["replayed" if cause.replays else "left"]


def _balanced(found: Mapping[str, Mapping[str, int]]) -> bool:
    return all(sum(found[name][what] for name in CLASSES) == found["known"][what] for what in ("count", "amount"))


def summary(table: Table, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The report without its differences. `facts`: environment, generated_at, by, active, standby, since, dry_run,
    unread, inserted, covered, epoch."""
    totals, unexplained = balance(table.sums()), table.unexplained()
    counts = table.counts()
    return {
        **facts,
        "explained": not unexplained and all(one["balanced"] for one in totals),
        "unexplained": unexplained,
        "payments": counts.pop("payments"),
        "sources": counts,
        "causes": [
            {"cause": name, "count": count, "explained": CAUSES[name].explained, "sentence": CAUSES[name].sentence}
            for name, count in table.causes().items()
        ],
        "totals": totals,
    }


def lines(report: Mapping[str, Any]) -> list[str]:
    """The report for a terminal."""
    word = "EXPLAINED" if report["explained"] else "NOT EXPLAINED"
    verb = "would be replayed" if report["dry_run"] else "replayed"
    replayed = sum(one["replayed"]["count"] for one in report["totals"])
    told = [
        f"{word}: {report['environment']}, {report['payments']:,} payments since {report['since']}, "
        f"{replayed:,} {verb}, {report['unexplained']:,} unexplained",
        f"active {report['active']}, epoch {report['epoch']['number']}, "
        + ("its journal is replayed" if report["epoch"]["replayed"] else "its journal is not known to be replayed"),
    ]
    if not report["covered"]:
        told.append(
            "NOT COVERED: the failover is older than what was compared; leave reconciliation_days at its default"
        )
    for name, reason in report["unread"].items():
        told.append(f"NOT READ {name}: {reason}")
    for one in report["causes"]:
        told.append(f"{one['count']:>9,}  {one['cause']}: {one['sentence']}")
        if mend := CAUSES[one["cause"]].mend:
            told.append(f"           mend: {mend}")
    return [*told, *(_in_words(one) for one in report["totals"])]


def _in_words(one: Mapping[str, Any]) -> str:
    parts = ", ".join(f"{name} {one[name]['count']:,} ({one[name]['amount']:,})" for name in CLASSES)
    known = f"{one['currency'] or 'no currency'}: {one['known']['count']:,} ({one['known']['amount']:,}) known"
    return f"{known} = {parts}" + ("" if one["balanced"] else ": DOES NOT BALANCE")


def write(table: Table, report: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """reconcile.json, .csv and .html in the folder, for the owner only, each whole or not at all. Raises OSError."""
    writers = {"json": _json, "csv": _csv, "html": _html}
    for kind, writer in writers.items():
        with _whole(folder / f"reconcile.{kind}") as file:
            writer(file, report, _differences(table))
    return {kind: str(folder / f"reconcile.{kind}") for kind in writers}


def _differences(table: Table) -> Iterator[dict[str, Any]]:
    for rows in table.differences():
        yield from map(_difference, rows)


def _difference(row: Mapping[str, Any]) -> dict[str, Any]:
    made = datetime.datetime.fromtimestamp(row["made"] / 1000, datetime.UTC).isoformat(timespec="milliseconds")
    key = hashlib.sha256(row["key"].encode()).hexdigest()[:16] if row["key"] else ""
    values = (
        str(uuid.UUID(bytes=row["id"])) if len(row["id"]) == ID_BYTES else "",
        row["amount"],
        row["currency"] or "",
        made.replace("+00:00", "Z") if row["made"] else "",
        row["region"] or "",
        row["cause"],
        CAUSES[row["cause"]].explained,
        row["outcome"],
        " ".join(name for name, bit in SOURCES.items() if row["seen"] & bit),
        key,
        str(uuid.UUID(bytes=row["twin"])) if row["twin"] else "",
        row["booked"],
        row["booked_in"] or "",
    )
    return dict(zip(COLUMNS, values, strict=True))


def _json(file: TextIO, report: Mapping[str, Any], differences: Iterator[dict[str, Any]]) -> None:
    head = json.dumps(report, indent=2, ensure_ascii=False)
    file.write(head.removesuffix("\n}") + ',\n  "differences": [')
    for number, one in enumerate(differences):
        file.write(("," if number else "") + "\n    " + json.dumps(one, ensure_ascii=False))
    file.write("\n  ]\n}\n")


def _csv(file: TextIO, report: Mapping[str, Any], differences: Iterator[dict[str, Any]]) -> None:
    table = csv.DictWriter(file, COLUMNS)
    table.writeheader()
    table.writerows(differences)


def _html(file: TextIO, report: Mapping[str, Any], differences: Iterator[dict[str, Any]]) -> None:
    title = f"Reconciliation: {report['environment']}"
    word, style = ("Explained", "good") if report["explained"] else ("Not explained", "bad")
    file.write(
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>\n<h1>{escape(title)}</h1>\n"
        f'<p class="{style}">{word}{" (dry run: nothing was changed)" if report["dry_run"] else ""}</p>\n'
        f"<p>{report['payments']:,} payments made since {escape(report['since'])}; {escape(report['active'])} is "
        f"active under epoch {report['epoch']['number']}. Reconciled by {escape(report['by'])} at "
        f"{escape(report['generated_at'])}. Amounts in minor units: cents, or yen.</p>\n"
    )
    if not report["covered"]:
        file.write('<p class="bad">Payments from the time of the last failover were not compared.</p>\n')
    for name, reason in report["unread"].items():
        file.write(f'<p class="bad">Not read: {escape(name)}: {escape(reason)}</p>\n')
    file.write("<h2>Totals</h2>\n" + _totals(report["totals"]))
    file.write("<h2>Causes</h2>\n" + _causes(report["causes"]))
    file.write("<h2>Differences</h2>\n" + _rows(COLUMNS))
    for one in itertools.islice(differences, SHOWN):
        file.write(_row(one.values()))
    file.write("</table>\n")
    if next(differences, None) is not None:
        file.write(f"<p>The first {SHOWN:,}; reconcile.csv has all of them.</p>\n")
    file.write('<p class="sign">Seen and agreed: name, date, signature</p>\n</body></html>\n')


def _totals(totals: list[dict[str, Any]]) -> str:
    names = ("known", *CLASSES, "journaled")
    head = ("currency", *(f"{name} ({what})" for name in names for what in ("count", "amount")), "balanced")
    body = [
        (one["currency"] or "?", *(one[name][what] for name in names for what in ("count", "amount")), one["balanced"])
        for one in totals
    ]
    return _rows(head) + "".join(map(_row, body)) + "</table>\n"


def _causes(causes: list[dict[str, Any]]) -> str:
    body = [
        (one["cause"], one["count"], one["explained"], one["sentence"], CAUSES[one["cause"]].mend) for one in causes
    ]
    return (
        _rows(("cause", "payments", "explained", "what it means", "what to do"))
        + "".join(map(_row, body))
        + "</table>\n"
    )


def _rows(head: tuple[str, ...]) -> str:
    return "<table><tr>" + "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in head) + "</tr>\n"


def _row(values: Any) -> str:
    return "<tr>" + "".join(map(_cell, values)) + "</tr>\n"


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return f"<td{'' if value else ' class=bad'}>{'yes' if value else 'NO'}</td>"
    if isinstance(value, int):
        return f'<td class="n">{value:,}</td>'
    return f"<td>{escape(str(value or ''))}</td>"


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[TextIO]:
    """A file that readers find as it was before or complete; only its owner may read it."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(
        os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8", newline=""
    ) as file:
        yield file
    draft.replace(path)
