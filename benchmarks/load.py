"""From a bundle's bytes to a Bundle that decides, masks included, in Pyodide inside workerd; milliseconds of CPU.

    .venv/bin/python -m benchmarks.load [--rounds 5] [--profile] [--json]

First: what an isolate does once, straight after its start, and again for every release. Again: the same once WebAssembly
has been compiled for speed. The peer is the time that Tessera allows itself. --profile tells instead, natively, where the time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import sys

from benchmarks.decide import bundles, say
from benchmarks.measure import cost, report
from benchmarks.worker import Workers
from benchmarks.workload import workload
from tessera.bundle import load, unseal

RULES = 1000
ALLOWED = 20.0  # milliseconds
REPEATED = 10
EMPTY, SETTLED = 8, 4  # requests that load nothing, and from which of them on they all cost the same


def profile(bundle: bytes) -> None:
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(REPEATED):
        load(unseal(bundle))
    profiler.disable()
    pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(18)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    bundle, _ = bundles(workload(RULES))
    if options.profile:
        return profile(bundle)
    first, again = [], []
    for number in range(options.rounds):
        with Workers() as workers:
            empty = [workers.load_bundle(bundle, 0) for _ in range(EMPTY)]
            base = statistics.median(empty[SETTLED:])  # the first requests pay for things that are no loading
            first.append(1000 * (workers.load_bundle(bundle, 1) - base))
            again.append(1000 * (workers.load_bundle(bundle, REPEATED) - base) / REPEATED)
        say(f"round {number + 1}: first {first[-1]:.1f} ms, again {again[-1]:.1f} ms")
    report(
        [
            cost(f"load {RULES:,} rules, first", f"{ALLOWED:g} ms allowed", statistics.median(first), ALLOWED, "ms CPU"),
            cost(f"load {RULES:,} rules, again", f"{ALLOWED:g} ms allowed", statistics.median(again), ALLOWED, "ms CPU"),
        ],
        options.json,
    )


if __name__ == "__main__":
    main()
