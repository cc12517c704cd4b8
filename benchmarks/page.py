"""CPU per personalised page of the example shop, against the same page served without Tessera, in one run.

    .venv/bin/python -m benchmarks.page [--requests 400] [--rounds 5] [--json]

The CPU is that of the whole host process tree (workerd, its router, its stores, node). For a known visitor: cookie,
consent, one profile read, decisions, rendering, splicing; and after the response the record, the queue, its consumer, the log.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.measure import cost, cpu_seconds, interleaved, report
from compiler.local import local
from compiler.serve import assets_of, cookie_of, host_for, release
from host.tools import node

ROOT = Path(__file__).parent.parent
STORE = ROOT / "rulesets" / "store"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"


def asks(url: str, path: str, headers: dict[str, str], requests: int, pid: int):
    """A run: `requests` requests over one connection; gives CPU milliseconds per request of the process tree."""

    def run() -> float:
        connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
        before = cpu_seconds(pid)
        for _ in range(requests):
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            response.read()
            assert response.status == 200, response.status
        used = cpu_seconds(pid) - before
        connection.close()
        return 1000 * used / requests

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        place = local(Path(folder))
        assets = assets_of(STORE)
        plain = subprocess.Popen([node(), ROOT / "benchmarks" / "plain_host.mjs", assets], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            plain_url = json.loads(plain.stdout.readline())["url"]
            with host_for(assets, place, environment="production") as host:
                release(STORE, place, host.admin)
                known = f"tessera={cookie_of(place, 'carl')}; tessera_consent=personalization.analytics"
                for name, path, cookie in (
                    ("no slots: passed through", "/privacy", known),
                    ("home, 6 slots, no consent: no store read", "/", "tessera_consent=none"),
                    ("home, 6 slots, known visitor", "/", known),
                    ("product, 4 slots, known visitor", "/p/kochere", known),
                ):
                    ours = asks(host.url, path, {"cookie": cookie, "user-agent": AGENT}, options.requests, host.pid)
                    theirs = asks(plain_url, path, {"user-agent": AGENT}, options.requests, plain.pid)
                    ours(), theirs()  # warm up
                    rows.append(cost(name, "static assets alone", *interleaved(options.rounds, ours, theirs), "ms CPU/request"))
        finally:
            plain.stdin.close()
            plain.wait(30)
    report(rows, options.json)


if __name__ == "__main__":
    main()
