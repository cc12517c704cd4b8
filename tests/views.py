"""Page views that a test finds again in the log: each comes from a city of its own."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import count
from typing import Any, Mapping

from tests.shop import Answer, Shop

TUESDAY = "2026-11-24T15:30:00+00:00"  # inside every run of the example shop; 10:30 in New York, 16:30 in Berlin
NEW_YORK = {"country": "US", "regionCode": "NY", "continent": "NA", "timezone": "America/New_York"}
OAKLAND = {"country": "US", "regionCode": "CA", "continent": "NA", "timezone": "America/Los_Angeles"}
HAMBURG = {"country": "DE", "regionCode": "HH", "continent": "EU", "timezone": "Europe/Berlin"}
LONDON = {"country": "GB", "regionCode": "ENG", "continent": "EU", "timezone": "Europe/London"}
NOWHERE = {"country": None, "regionCode": None, "continent": None, "timezone": None, "ip": "0.0.0.0"}
BOTH = "personalization.analytics"

_numbers = count(1)


def at(moment: str) -> dict[str, int]:
    """The fact that it is this moment (ISO 8601)."""
    return {"now": int(datetime.fromisoformat(moment).timestamp() * 1000)}


def cookies_of(answer: Answer) -> list[str]:
    """The Set-Cookie headers."""
    return answer.headers.get_all("set-cookie") or []


def id_of(answer: Answer) -> str | None:
    """The visitor's id that an answer sets."""
    found = re.match(r"tessera=1\.\w+\.([\w-]+)\.", next(iter(cookies_of(answer)), ""))
    return found[1] if found else None


@dataclass
class Views:
    """Page views of a running site and what it logged of them. Its content or rules must read `request.city`."""

    shop: Shop
    _rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    _by_id: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _read: set[str] = field(default_factory=set)

    def get(self, path: str = "/", *, facts: Mapping[str, Any] = NEW_YORK, **request: Any) -> View:
        city = f"Town {next(_numbers)}"
        day = datetime.fromtimestamp(facts["now"] / 1000 if "now" in facts else time.time(), timezone.utc)
        return View(self, city, f"{day:%Y-%m-%d}", self.shop.get(path, facts={**facts, "city": city}, **request))

    def rows(self, city: str, day: str, patience: float = 20.0) -> dict[str, dict[str, Any]]:
        """The logged rows of the page view from a city, by slot; {} where none come in time."""
        until = time.monotonic() + patience
        while city not in self._rows and time.monotonic() < until:
            self._follow(day)
            time.sleep(0.05)
        return self._rows.get(city, {})

    def rows_of(self, view: str, patience: float = 20.0) -> list[dict[str, Any]]:
        """The rows logged today under the id of a page view, or of a call; waits for the first."""
        until = time.monotonic() + patience
        while view not in self._by_id and time.monotonic() < until:
            self._follow(f"{datetime.now(timezone.utc):%Y-%m-%d}")
            time.sleep(0.05)
        return self._by_id.get(view, [])

    def files(self, day: str) -> set[str]:
        """The log files of a day."""
        return set(self.shop.admin.list_r2("LOG", f"decisions/date={day}/"))

    def _follow(self, day: str) -> None:
        for key in sorted(self.files(day) - self._read):
            for line in self.shop.admin.get_r2("LOG", key).content.splitlines():
                row = json.loads(line)
                self._by_id.setdefault(row["id"], []).append(row)
                self._rows.setdefault(row["inputs"].get("request.city"), {})[row["slot"]] = row | {"file": key}
            self._read.add(key)


@dataclass(frozen=True)
class View:
    """One page view."""

    views: Views
    city: str
    day: str
    answer: Answer

    @property
    def text(self) -> str:
        return self.answer.text

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """What was logged of it, by slot."""
        rows = self.views.rows(self.city, self.day)
        assert rows, f"nothing was logged of the view from {self.city}"
        return rows

    @property
    def row(self) -> dict[str, Any]:
        """One of its rows, for what all of them share."""
        return next(iter(self.rows.values()))

    def was_logged(self, patience: float = 3.0) -> bool:
        return bool(self.views.rows(self.city, self.day, patience))
