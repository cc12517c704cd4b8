#!/usr/bin/env python3
"""Run every suite and write its figures into the tables of docs/conformance.md; the text around them is kept by hand.

    scripts/conformance_scoreboard.py            write them
    scripts/conformance_scoreboard.py --check    exit with 1 where they are out of date
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "edge")]

from tests.conformance.__main__ import SHARED  # noqa: E402
from tests.conformance.scoreboard import PAGE, current, score  # noqa: E402
from tests.conformance.suites import SUITES, run  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where the page is out of date")
    parser.add_argument("--root", type=Path, default=SHARED / "conformance", help="the folder of the suites (default: %(default)s)")
    options = parser.parse_args()
    page = PAGE.read_text("utf-8")
    found = current(page, [score(suite, run(suite, options.root)) for suite in SUITES])
    if options.check:
        if found == page:
            return 0
        print("docs/conformance.md is out of date: run scripts/conformance_scoreboard.py", file=sys.stderr)
        return 1
    PAGE.write_text(found, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
