"""From starting workerd to the first personalised page, step by step, with and without the memory snapshot, in one run.

    .venv/bin/python -m benchmarks.cold [--rounds 5] [--json]

workerd runs without Miniflare, a fresh process for each start; the page, the release pointer and the bundle come from memory of
the same process, so that nothing but starting is measured. The snapshot is built before the clock starts. Below the comparison the
steps tell where the time goes.
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import tempfile
import time
from dataclasses import asdict, replace
from http.client import HTTPResponse
from pathlib import Path
from typing import Mapping

from benchmarks import page_site
from benchmarks.measure import cost, report
from benchmarks.page_workers import Running, Worker, Workshop
from host.build import Module, build

HERE = Path(__file__).parent
PEER = "without snapshot"
STEPS = {
    "script": "workerd starts and compiles the modules",
    "interpreter": "Python runs: the snapshot is restored, or the interpreter set up",
    "python": "the Worker is imported",
    "request": "the first request comes in",
    "bridge": "the bridge is imported",
    "pointer": "the release pointer is read",
    "bundle": "the bundle is fetched, verified and loaded",
    "page": "the page is planned, decided and answered",
}
WHOLE = "first personalised page"


def worker(workshop: Workshop, *, snapshot: bool) -> Worker:
    """The product, with the module that notes the steps in place of the page benchmark's."""
    whole = workshop.tessera(stored=False)
    noted = Module("ESModule", "cold_tessera.mjs", str(HERE / "cold_tessera.mjs"))
    image = Module("Data", "snap.bin", str(build(snapshot=snapshot).snapshot))
    modules = [image if each.name == image.name else each for each in whole.modules if not each.name.startswith("page_")]
    return replace(whole, modules=(noted, *modules))


def first_page(worker: Worker, request: bytes) -> dict[str, float]:
    """Milliseconds of each step of one start, and of the whole."""
    started = time.time()
    with Running(worker) as running:
        body = _ask(running.port, request)
        ended = time.time()
        if not all(f'data-slot="{slot.name}"' in body for slot in page_site.SLOTS):
            raise SystemExit(f"the first page is not personalised:\n{running.log()[-2000:]}")
        steps = json.loads(running.get("/.bench/steps"))
    if [step for step, _ in steps] != list(STEPS):
        raise SystemExit(f"other steps than expected: {steps}")
    times = [1000 * started, *(at for _, at in steps)]
    return {step: after - before for step, before, after in zip(STEPS, times, times[1:])} | {WHOLE: 1000 * (ended - started)}


def _ask(port: int, request: bytes) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        connection.sendall(request)
        with HTTPResponse(connection) as response:
            response.begin()
            return response.read().decode()


def tell(ours: Mapping[str, float], theirs: Mapping[str, float], as_json: bool) -> None:
    """The one comparison as the other benchmarks print theirs, and below it the steps, which are no comparison."""
    row = cost(WHOLE, PEER, ours[WHOLE], theirs[WHOLE], "ms")
    report([row], False)
    print(f"\n{'milliseconds':<66}{'snapshot':>10}{'without':>10}")
    for step, why in STEPS.items():
        print(f"{why:<66}{ours[step]:>10.0f}{theirs[step]:>10.0f}")
    if as_json:
        steps = [{"step": why, "snapshot": ours[step], "without": theirs[step], "unit": "ms"} for step, why in STEPS.items()]
        print(json.dumps({"rows": [asdict(row)], "steps": steps}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(Path(folder))
        request = page_site.requests(workshop.cookie_keys, time.time())[0]
        starts: dict[bool, list[dict[str, float]]] = {True: [], False: []}
        workers = {snapshot: worker(workshop, snapshot=snapshot) for snapshot in starts}
        for _ in range(options.rounds):  # in turn, so that the machine's moods hit both alike
            for snapshot, found in starts.items():
                found.append(first_page(workers[snapshot], request))
    ours, theirs = ({name: statistics.median(start[name] for start in found) for name in found[0]} for found in starts.values())
    tell(ours, theirs, options.json)


if __name__ == "__main__":
    main()
