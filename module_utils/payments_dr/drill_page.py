"""A drill as a page that a person reads: one HTML file with its picture in it, which loads nothing. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from html import escape
from typing import Any

#: The picture, in its own units.
WIDTH, HEIGHT, LEFT, BARS = 960, 300, 60, 160
COLOURS = ("#2563eb", "#d97706", "#6b7280")
STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.25rem .75rem;text-align:left;border-bottom:1px solid #ddd}
td.n{text-align:right;font-variant-numeric:tabular-nums}svg{width:100%;height:auto}.bad{color:#b91c1c;font-weight:600}
"""


def render(report: dict[str, Any], rates: list[tuple[float, dict[str, int]]]) -> str:
    """The page of a drill's report (library/drill_report.py documents it); `rates` is drill.histogram's answer."""
    title = f"Drill: {report['kind']}, {report['direction']}, {report['mode']}"
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
        f"<style>{STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(report['verdict'])}</p>",
        picture(report, rates),
        _figures(report),
        _timeline(report),
        f"<p>{escape(report['environment'])}, {escape(report['generated_at'])}.",
        f"Timings: {escape(report['timings'])}.</p>",
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def picture(report: dict[str, Any], rates: list[tuple[float, dict[str, int]]]) -> str:
    """Acknowledged payments over time as bars, a colour for each region, and what happened as marks above them."""
    if not rates:
        return "<p>No payment was acknowledged.</p>"
    regions = sorted({region for _, counts in rates for region in counts})
    began, ended = rates[0][0], max([rates[-1][0], *(event["at"] for event in report["timeline"])])
    scale = (WIDTH - LEFT) / max(ended - began, 1.0)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Payments acknowledged over time">',
        *_silence(report, began, scale),
        *_bars(rates, regions, began, scale),
        *_marks(report["timeline"], began, scale),
        *_legend(regions),
        "</svg>",
    ]
    return "\n".join(parts)


def _place(at: float, began: float, scale: float) -> float:
    return round(LEFT + max(0.0, at - began) * scale, 1)


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _bars(rates: list[tuple[float, dict[str, int]]], regions: list[str], began: float, scale: float) -> Iterator[str]:
    most = max(sum(counts.values()) for _, counts in rates) or 1
    width = round(max(1.0, (rates[1][0] - rates[0][0]) * scale - 0.5 if len(rates) > 1 else 4.0), 1)
    floor = HEIGHT - 30
    for at, counts in rates:
        base = float(floor)
        for number, region in enumerate(regions):
            height = round(BARS * counts.get(region, 0) / most, 1)
            base -= height
            if height:
                yield _box(_place(at, began, scale), base, width, height, COLOURS[number % len(COLOURS)])
    yield f'<line x1="{LEFT}" y1="{floor}" x2="{WIDTH}" y2="{floor}" stroke="#111"/>'
    yield f'<text x="4" y="{floor - BARS + 10}" font-size="12">{most} paid</text>'


def _silence(report: dict[str, Any], began: float, scale: float) -> Iterator[str]:
    """The time without an acknowledgement, shaded, with its length."""
    silence = report.get("interruption")
    if not silence:
        return
    start, end = (_place(silence[name], began, scale) for name in ("last_before", "first_after"))
    yield _box(start, HEIGHT - 30 - BARS, max(end - start, 1.0), BARS, "#fee2e2")
    middle = (start + end) / 2
    yield (
        f'<text x="{middle:.1f}" y="{HEIGHT - 36 - BARS / 2:.1f}" font-size="14" text-anchor="middle">'
        f"{silence['seconds']:.1f} s</text>"
    )


def _marks(timeline: list[dict[str, Any]], began: float, scale: float) -> Iterator[str]:
    """A numbered mark for each event; the table below says what the numbers mean."""
    for number, event in enumerate(timeline, 1):
        at = _place(event["at"], began, scale)
        height = 14 + 14 * ((number - 1) % 5)  # neighbours stand in different rows
        yield f'<line x1="{at}" y1="{height}" x2="{at}" y2="{HEIGHT - 30}" stroke="#9ca3af" stroke-dasharray="2 3"/>'
        yield (
            f'<text x="{at}" y="{height}" font-size="12" text-anchor="middle">{number}'
            f"<title>{escape(event['what'])}</title></text>"
        )


def _legend(regions: list[str]) -> Iterator[str]:
    for number, region in enumerate(regions):
        x = LEFT + 160 * number
        yield _box(x, HEIGHT - 18, 12, 12, COLOURS[number % len(COLOURS)])
        yield f'<text x="{x + 18}" y="{HEIGHT - 8}" font-size="12">{escape(region)}</text>'


def _figures(report: dict[str, Any]) -> str:
    objective = report["objective"]
    rto = "never interrupted" if report["rto_seconds"] is None else f"{report['rto_seconds']:.1f} s"
    rows = [
        ("RTO, as the clients saw it", rto, f"under {objective['rto_seconds']} s"),
        ("RPO", f"{report['rpo_seconds']:.1f} s", f"under {objective['rpo_seconds']} s"),
        ("Acknowledged", f"{report['acknowledged']:,}", ""),
        ("Lost", f"{report['lost']:,}", "0"),
        ("Lost by replication, replayed from the journal", f"{report['lost_by_replication']:,}", ""),
        ("Doubled", f"{report['duplicated']:,}", "0"),
        ("Without an answer", f"{report['unanswered']:,}", ""),
    ]
    cells = "".join(
        f'<tr><th>{escape(name)}</th><td class="n">{escape(value)}</td><td>{escape(wanted)}</td></tr>'
        for name, value, wanted in rows
    )
    return f"<table><tr><th></th><th>measured</th><th>objective</th></tr>{cells}</table>"


def _timeline(report: dict[str, Any]) -> str:
    began = report["began"]
    rows = "".join(
        f'<tr><td class="n">{number}</td><td class="n">{event["at"] - began:+.1f} s</td>'
        f"<td>{escape(_clock(event['at']))}</td><td>{escape(event['what'])}</td></tr>"
        for number, event in enumerate(report["timeline"], 1)
    )
    return (
        f"<h2>What happened</h2><table><tr><th></th><th>since the outage</th><th>UTC</th><th></th></tr>{rows}</table>"
    )


def _clock(at: float) -> str:
    return datetime.datetime.fromtimestamp(at, datetime.UTC).strftime("%H:%M:%S")
