"""Made-up logs of two releases with known differences, as the edge writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

START = 1_790_000_400.0  # epoch seconds, the beginning of an hour
LIVE, CANARY = "a" * 64, "c" * 64


@dataclass(frozen=True)
class Behaviour:
    """Of the visitors of one release. `took`: median of the milliseconds; `lost`: the share whose views never reach the log."""

    converts: float = 0.08
    errors: float = 0.001
    fallbacks: float = 0.004
    took: float = 40.0
    spends: float = 30.0
    lost: float = 0.0


def view(id_: str, at: float, unit: str | None, bundle: str = LIVE, lane: str | None = "control", **told: Any) -> list[dict[str, Any]]:
    """The rows of a page view: one slot, with every field that the edge writes of it."""
    country = told.pop("country", "DE")
    row = {
        "v": 1, "id": id_, "page": "home", "channel": "web", "at": round(at, 3), "offset": 60, "bundle": bundle, "unit": unit,
        "unit_kind": "visitor" if unit else None, "inputs": {"request.country": country, "request.bot": False, "request.device": "mobile", "visitor.visits": 3},
        "ages": {}, "sticky": {}, "seen": {}, "purposes": ["analytics"], "jurisdiction": "eea", "served_from": "store", "fallbacks": [], "lane": lane, "took": None,
        "page_status": "plan-hit", "slot": "hero", "variant": "evergreen", "level": "default", "rule": None, "segment": None, "campaign": None, "experiment": None,
        "arm": None, "holdout": False, "propensity": 1.0, "reason": "default", "model": None, "model_version": None, "score": None, "items": [],
        "alternatives": [], "component": "hero", "place": "spliced",
    }  # fmt: skip
    return [row | told]


def event(id_: str, name: str, at: float, unit: str | None, **told: Any) -> dict[str, Any]:
    """A row of the log of events."""
    row = {
        "v": 1, "id": id_, "event": name, "at": round(at, 3), "received": round(at, 3) + 0.2, "view": None, "slot": None, "page": "/", "value": None, "currency": None,
        "item": None, "items": None, "quantity": None, "order": None, "bundle": LIVE, "unit": unit, "unit_kind": "visitor", "purposes": ["analytics"],
        "jurisdiction": "eea", "bot": False,
    }  # fmt: skip
    return row | told


def visitors(count: int, share: float, live: Behaviour, canary: Behaviour, seed: int = 1, hours: float = 3.0, start: float = START) -> tuple[list[dict], list[dict]]:
    """Decisions and events of so many visitors, who come evenly over the hours, each once or twice."""
    rng = np.random.default_rng(seed)
    decisions: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    arms, draws, arrivals = rng.random(count) < share, rng.random((count, 5)), np.sort(rng.random(count)) * hours * 3600
    times, values = rng.lognormal(0.0, 0.4, count), rng.lognormal(0.0, 0.5, count)
    for number in range(count):
        how, bundle, lane = (canary, CANARY, "canary") if arms[number] else (live, LIVE, "control")
        unit, at, draw = f"v{number:06}", start + arrivals[number], draws[number]
        if draw[3] < how.lost:
            continue
        told = {"bundle": bundle, "lane": lane, "took": round(how.took * times[number], 2)}
        if draw[0] < how.errors:
            told |= {"page_status": "passed:error", "place": "kept"}
        if draw[1] < how.fallbacks:
            told |= {"fallbacks": ["profile-late"]}
        decisions += view(f"{unit}-1", at, unit, **told)
        if draw[4] < 0.5:
            decisions += view(f"{unit}-2", at + 40, unit, bundle=bundle, lane=lane, took=5.0)
        if draw[2] < how.converts:
            events.append(event(f"{unit}-e", "purchase", at + 90, unit, value=round(how.spends * values[number], 2), currency="EUR"))
    return decisions, events


def save(folder: Path, decisions: Iterable[dict[str, Any]], events: Iterable[dict[str, Any]]) -> Path:
    """The log's folder, partitioned by day as the consumer writes it."""
    for kind, rows, moment in (("decisions", decisions, "at"), ("events", events, "received")):
        days: dict[str, list[str]] = {}
        for row in rows:
            day = datetime.fromtimestamp(row[moment], timezone.utc).strftime("date=%Y-%m-%d")
            days.setdefault(day, []).append(json.dumps(row, separators=(",", ":")))
        for day, lines in days.items():
            file = folder / kind / day / "0123456789abcdef01234567.ndjson"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("\n".join(lines) + "\n")
    return folder
