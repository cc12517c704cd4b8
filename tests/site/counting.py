"""A small site that keeps what visitors do, and what a test asks of it: report events, and look at what is stored then."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any, Callable, Iterable
from urllib.parse import urlsplit

from tests.shop import BROWSER, Shop, start
from tests.site.pages_site import SITE, write

ATTRIBUTES = """\
attributes:
  visitor:
    clicks: {type: int, purpose: personalization, keep: 30d, from: events.click}
    visits: {type: int, purpose: personalization, keep: 30d, from: visits}
    where:  {type: list<string>, purpose: personalization, keep: 30d, from: events.click.target}
"""
PAGE = b'<!doctype html><html><head><title>t</title></head><body><p id="p">one</p></body></html>'
STORES = ("STATE", "PROFILES", "LOG", "EVENTS", "DECISIONS", "STATE.get", "STATE.put", "PROFILES.get", "PROFILES.put", "LOG.put")

_numbers = count(1)


def site_of(folder: Path) -> Path:
    site = write(folder, {"word": ("#p", "inner", "word")}, {"page.html": PAGE})
    (site / "site.yaml").write_text(SITE + ATTRIBUTES)
    return site


def eventually(check: Callable[[], Any], seconds: float = 20.0) -> Any:
    """What a check finds, once it finds something; what it found last where that takes too long."""
    until = time.monotonic() + seconds
    while not (found := check()) and time.monotonic() < until:
        time.sleep(0.05)
    return found


@dataclass(frozen=True)
class Counting:
    """The running site."""

    shop: Shop
    site: Path

    @classmethod
    def start(cls, folder: Path) -> Counting:
        site = site_of(folder / "site")
        return cls(start(folder / "local", site, environment="production"), site)

    def newcomer(self) -> str:
        """The id of a visitor whom no other test knows."""
        return f"visitor-{next(_numbers)}"

    def post(self, visitor: str, targets: Iterable[str], patience: float = 30.0) -> int:
        """Report clicks on these targets as a page would; the answer's status."""
        body = json.dumps({"events": [{"event": "click", "target": target} for target in targets]})
        headers = {"origin": self.shop.url, "content-type": "application/json", "user-agent": BROWSER, "cookie": self.shop.cookie(visitor)}
        connection = HTTPConnection(urlsplit(self.shop.url).netloc, timeout=patience)
        try:
            connection.request("POST", "/_tessera/events", body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def truth(self, key: str) -> dict[str, Any]:
        found = self.shop.admin.get_r2("STATE", f"profiles/{key}.json")
        return json.loads(found.content) if found else {}

    def copy(self, key: str) -> dict[str, Any]:
        return json.loads(self.shop.admin.get_kv("PROFILES", f"profile:{key}") or "{}")

    def rows(self, folder: str = "events") -> list[dict[str, Any]]:
        """The rows of the log."""
        admin = self.shop.admin
        return [json.loads(line) for key in admin.list_r2("LOG", f"{folder}/") for line in admin.get_r2("LOG", key).content.splitlines()]

    def targets(self, visitor: str) -> list[str]:
        """What the log says that a visitor clicked on."""
        return sorted(row["target"] for row in self.rows() if row["unit"] == visitor)

    def fault(self, **faults: str) -> None:
        """Make stores fail, by name or `STORE.method`, and all others work."""
        self.shop.admin.fault(**(dict.fromkeys(STORES) | faults))

    def counts(self) -> dict[str, int]:
        return json.loads(self.shop.get("/.well-known/tessera").body)["counts"]


def clicks(document: dict[str, Any]) -> int:
    return document.get("attributes", {}).get("visitor.clicks", 0)
