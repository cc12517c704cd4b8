"""How soon what a visitor does counts: on the next page by the renewed cookie, and elsewhere by the stored profile.

    .venv/bin/python -m benchmarks.freshness [--rounds 10] [--json]

The example shop in the embedded host. A visitor puts something into the cart; the next page view with the answer's cookie must
remind of it, and so must, once the profile is written, one with the same id and no snapshot, as from another edge. Beside the
measured times stands what is bound by the platform: Cloudflare says that a change in KV may take 60 seconds and more until every
edge reads it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.measure import cost, report
from compiler.local import local
from compiler.serve import assets_of, cookie_of, host_for, release

SITE = Path(__file__).parent.parent / "rulesets" / "store"
REMINDER = b"still in the cart"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
WANTED = 5_000.0  # milliseconds
KV_BOUND = 60_000.0  # milliseconds, by the vendor's documentation
ADDED = json.dumps({"events": [{"event": "add_to_cart", "item": "kochere", "value": 15.9, "quantity": 1}]})


class Visitor:
    """A browser with one cookie of ours."""

    def __init__(self, url: str, cookie: str) -> None:
        self.connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
        self.url, self.cookie = url, cookie

    def ask(self, method: str, path: str, body: str | None = None) -> bytes:
        headers = {"cookie": f"{self.cookie}; tessera_consent=personalization.analytics", "user-agent": AGENT, "origin": self.url}
        self.connection.request(method, path, body, headers | ({"content-type": "application/json"} if body else {}))
        answer = self.connection.getresponse()
        set_ = [value for name, value in answer.getheaders() if name.lower() == "set-cookie" and value.startswith("tessera=")]
        self.cookie = set_[0].partition(";")[0] if set_ else self.cookie
        return answer.read()

    def is_reminded(self) -> bool:
        return REMINDER in self.ask("GET", "/c/filter")


def measured(url: str, signed: str) -> tuple[float, float]:
    """Milliseconds from the event until the same browser is reminded, and until another one with its id is."""
    here = Visitor(url, f"tessera={signed}")
    if here.is_reminded():
        raise SystemExit("reminded before anything was in the cart")
    started = time.perf_counter()
    here.ask("POST", "/_tessera/events", ADDED)
    if not here.is_reminded():
        raise SystemExit("the next page does not know of the event")
    at_once = time.perf_counter() - started
    while not Visitor(url, f"tessera={signed}").is_reminded():
        if time.perf_counter() - started > 60:
            raise SystemExit("the profile was not written within a minute")
        time.sleep(0.02)
    return 1000 * at_once, 1000 * (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = local(Path(folder))
        with host_for(assets_of(SITE), place) as host:
            release(SITE, place, host.admin)
            times = [measured(host.url, cookie_of(place, f"visitor-{number}")) for number in range(options.rounds)]
    at_once, elsewhere = (statistics.median(each) for each in zip(*times))
    print(f"reminded on the next page, by the cookie: {at_once:.0f} ms with the page itself (median of {options.rounds})")
    print(f"reminded elsewhere, by the profile: {elsewhere:.0f} ms; longest {max(each for _, each in times):.0f} ms")
    print(f"in production KV may take {KV_BOUND / 1000:.0f} s and more until every edge reads a change")
    rows = (cost("event to the next page", "wanted", at_once, WANTED, "ms"), cost("event to the profile elsewhere", "wanted", elsewhere, WANTED, "ms"))
    report(rows, options.json)


if __name__ == "__main__":
    main()
