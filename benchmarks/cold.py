"""Time from starting the host to the first personalised page, with and without the memory snapshot, in one run.

    .venv/bin/python -m benchmarks.cold [--rounds 3] [--json]

The snapshot is built before the clock starts; the store already holds the release.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from urllib.request import Request, urlopen

from benchmarks.measure import cost, interleaved, report
from benchmarks.page import AGENT, STORE
from compiler.local import local
from compiler.serve import assets_of, cookie_of, host_for, release


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = local(Path(folder))
        assets = assets_of(STORE)
        with host_for(assets, place) as host:  # builds the snapshot and publishes
            release(STORE, place, host.admin)
        headers = {"user-agent": AGENT, "cookie": f"tessera={cookie_of(place, 'carl')}; tessera_consent=personalization.analytics"}

        def first(snapshot: bool):
            def run() -> float:
                started = time.perf_counter()
                with host_for(assets, place, snapshot=snapshot) as host:
                    with urlopen(Request(host.url + "/", headers=headers), timeout=120) as response:
                        assert b"Good to see you again" in response.read()
                    return time.perf_counter() - started

            return run

        ours, theirs = interleaved(options.rounds, first(True), first(False))
        report([cost("first personalised page", "without snapshot", ours, theirs, "s")], options.json)


if __name__ == "__main__":
    main()
