"""The small right site of tests/golden, mended until an audit finds nothing in it but what its jurisdictions say; and its log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.golden.cases import apply, base_site

AT = "2026-04-01"
RULES = (("hero", "business", "partners", "headline", "control"), ("hero", "welcome", "regulars", "headline", "benefit"), ("hero", "welcome", "germany", None, None),
         ("hero", "everyone", None, None, None), ("shelf", "affinity", "taste", "ranker", "taste"), ("shelf", "trending", None, None, None))  # fmt: skip
INPUTS: Mapping[str, Any] = {
    "request.page": "home", "visitor.plan": "pro", "visitor.visits": 5, "visitor.recent": ["kenya"], "visitor.opened": False, "account.domain": "acme.example",
}  # fmt: skip
CLEAN: Mapping[str, Mapping[str, str]] = {
    "site.yaml": {
        "    plan:   {type: [free, pro], purpose: personalization, keep: 180d}": "    plan:   {type: [free, pro], purpose: personalization, keep: 180d, from: crm}",
        "    visits: {type: int, purpose: personalization, keep: 180d}": "    visits: {type: int, purpose: personalization, keep: 180d, from: visits}",
        "    spent:  {type: double, purpose: personalization, keep: 180d}\n": "",
        "    recent: {type: list<item>, purpose: personalization, keep: 30d}": "    recent: {type: list<item>, purpose: personalization, keep: 30d, from: events.view_item}",
        "    opened: {type: bool, purpose: none, keep: 1d}": "    opened: {type: bool, purpose: none, keep: 1d, from: support}",
    },
    "segments.yaml": {"owner: growth}": "owner: growth, about: pays for more}", "owner: sales}": "owner: sales, about: a partner's network}"},
    "experiments/headline.yaml": {"goal: click": "goal: click\nowner: growth\nrun: {from: 2026-03-15, until: 2026-05-15}"},
    "experiments/ranker.yaml": {"goal: order": "goal: order\nowner: data\nrun: {from: 2026-03-15, until: 2026-05-15}"},
    "campaigns/spring.yaml": {"goal: order": "goal: order\nowner: growth\nabout: the first coffee of the year"},
}
PERMITTED = "ignore: [{code: A070, why: known}]\n"  # what the base site's jurisdictions say of every attribute with a purpose


def clean_site(folder: Path, edits: Mapping[str, Any] = {}) -> Path:
    """The clean site with these edits, at `folder`."""
    site = base_site(folder)
    apply(site, {"change": CLEAN})
    apply(site, edits)
    return site


def write_log(folder: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """A log of these rows, all of one day."""
    day = folder / "decisions" / "date=2026-03-30"
    day.mkdir(parents=True)
    (day / "a.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def rows(without: Sequence[str] = (), inputs: Mapping[str, Any] = {}) -> list[dict[str, Any]]:
    """A log in which everything of the clean site happens, but for rows with one of these words; a value None takes an input away."""
    told = {name: value for name, value in {**INPUTS, **inputs}.items() if value is not None}
    return [
        {"v": 1, "id": str(number), "at": 1774800000.0 + number, "inputs": told, "slot": slot, "variant": variant, "rule": rule, "experiment": experiment, "arm": arm}
        for number, (slot, variant, rule, experiment, arm) in enumerate(RULES)
        if not {slot, variant, rule, experiment} & set(without)
    ]
