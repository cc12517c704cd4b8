"""A made-up log of events, the same at every run: visitors with a taste, who come several times, look, put into baskets and buy."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

BOTH = ["analytics", "personalization"]
START = 1_790_000_000  # epoch seconds
DAY = 86_400
KINDS = 6  # of taste


def log(items: list[str], visitors: int = 120, seed: int = 5, prefix: str = "v") -> list[dict[str, Any]]:
    """Rows in order of receipt; `items` are cut into KINDS tastes."""
    rng = random.Random(seed)
    rows: list[dict[str, Any]] = []

    def add(visitor: str, event: str, at: float, **told: Any) -> None:
        rows.append(row(f"{visitor}-{len(rows)}", event, visitor, at, **told))

    for number in range(visitors):
        visitor, at = f"{prefix}{number:04}", START + rng.random() * 20 * DAY
        taste = items[rng.randrange(KINDS) :: KINDS]
        for _ in range(rng.randrange(2, 7)):
            basket = []
            for _ in range(rng.randrange(1, 7)):
                item = rng.choice(taste) if rng.random() < 0.8 else rng.choice(items)
                at += rng.random() * 200
                add(visitor, "view_item", at, item=item)
                if rng.random() < 0.4:
                    add(visitor, "add_to_cart", at + 5, item=item)
                    basket.append(item)
            if basket and rng.random() < 0.7:
                add(visitor, "purchase", at + 60, items=sorted(set(basket)), order=f"o-{visitor}-{len(rows)}")
            at += rng.random() * 8 * DAY
    return sorted(rows, key=lambda one: (one["received"], one["id"]))


def row(id_: str, event: str, unit: str | None, at: float, *, purposes: Iterable[str] = BOTH, bot: bool = False, **told: Any) -> dict[str, Any]:
    """A row of the log, with every field that training reads and some that it does not."""
    at = round(at, 3)
    return {
        "v": 1, "id": id_, "event": event, "at": at, "view": None, "slot": None, "page": None, "item": None, "items": None, "order": None, **told,
        "received": at + 0.25, "bundle": "b", "unit": unit, "unit_kind": "visitor" if unit else None, "purposes": sorted(purposes), "jurisdiction": "rest", "bot": bot,
    }  # fmt: skip


SITE = """\
tessera: 1
name: little
hosts: [localhost]
pages: {home: /, item: "/p/:sku"}
attributes:
  visitor:
    recent: {type: list<item>, purpose: personalization, keep: 30d, from: events.view_item}
purposes:
  personalization: {tcf: [1]}
  analytics: {tcf: [1, 8]}
jurisdictions: {rest: {allow: [personalization, analytics]}}
items: {file: items.csv, id: sku, fields: {name: string}}
log: {purpose: analytics, keep: 90d}
"""


def site(folder: Path, items: Iterable[str]) -> Path:
    """A site with these items, and nothing else that training reads."""
    folder.mkdir()
    (folder / "site.yaml").write_text(SITE)
    (folder / "items.csv").write_text("sku,name\n" + "".join(f"{item},{item}\n" for item in items))
    return folder


def save(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one, separators=(",", ":")) + "\n" for one in rows))
    return path
