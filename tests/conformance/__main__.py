"""Run one suite.

    .venv/bin/python -m tests.conformance msgpack
    .venv/bin/python -m tests.conformance msgpack --root ../shared/conformance --json

Ends with the line `N passed, N failed`, after a line for each reason why cases were skipped; exit 1 where a case failed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from tests.conformance.scoreboard import listed, score
from tests.conformance.suites import SUITES, run

SHARED = Path(os.environ.get("TESSERA_SHARED", Path(__file__).parents[2].parent / "shared"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", choices=SUITES, help="the suite to run")
    parser.add_argument("--root", type=Path, default=SHARED / "conformance", help="the folder of the suites (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the counts, the failures and what was skipped as JSON, in a line before")
    parser.add_argument("--failures", type=int, default=10, metavar="N", help="how many failures to print (default: %(default)s)")
    options = parser.parse_args()
    try:
        cases = list(run(options.suite, options.root))
    except FileNotFoundError as error:
        parser.error(f"{error.filename} is not there; name the folder of the suites with --root")
    found = score(options.suite, cases)
    told = found.failures[: options.failures]
    if options.json:
        skipped = {reason: len(names) for reason, names in found.skipped.items()}
        counts = {"suite": options.suite, "passed": found.passed, "failed": len(found.failures), "skipped": skipped}
        print(json.dumps(counts | {"skipped_cases": found.skipped, "failures": [asdict(case) for case in told]}))
    else:
        for case in told:
            print(f"FAILED {case.name}: {case.problem}")
    for reason, names in found.skipped.items():
        print(f"skipped {len(names)}: {reason} ({listed(names)})")
    print(f"{found.passed} passed, {len(found.failures)} failed")
    return 1 if found.failures else 0


if __name__ == "__main__":
    sys.exit(main())
