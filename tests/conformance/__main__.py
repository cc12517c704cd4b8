"""Run one suite.

    .venv/bin/python -m tests.conformance msgpack
    .venv/bin/python -m tests.conformance msgpack --root ../shared/conformance --json

Ends with the line `N passed, N failed`, after a line for what was skipped and why; exit 1 where a case failed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from tests.conformance.suites import SUITES, run

SHARED = Path(os.environ.get("TESSERA_SHARED", Path(__file__).parents[2].parent / "shared"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", choices=SUITES, help="the suite to run")
    parser.add_argument("--root", type=Path, default=SHARED / "conformance", help="the folder of the suites (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the failures and counts as JSON before the last line")
    parser.add_argument("--failures", type=int, default=10, metavar="N", help="how many failures to print (default: %(default)s)")
    options = parser.parse_args()
    try:
        cases = list(run(options.suite, options.root))
    except FileNotFoundError as error:
        parser.error(f"{error.filename} is not there; name the folder of the suites with --root")
    failed = [case for case in cases if case.problem]
    skipped = Counter(case.skipped for case in cases if case.skipped)
    passed = len(cases) - len(failed) - sum(skipped.values())
    if options.json:
        told = [asdict(case) for case in failed[: options.failures]]
        print(json.dumps({"suite": options.suite, "passed": passed, "failed": len(failed), "skipped": dict(skipped), "failures": told}))
    else:
        for case in failed[: options.failures]:
            print(f"FAILED {case.name}: {case.problem}")
    for reason, count in skipped.items():
        print(f"skipped {count}: {reason}")
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
