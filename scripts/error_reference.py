#!/usr/bin/env python3
"""Write docs/errors.md: every code of `tessera check` with what it means and an example from the golden cases.

    scripts/error_reference.py            write it
    scripts/error_reference.py --check    exit with 1 where it is out of date
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from compiler.diagnostics import CODES  # noqa: E402
from tests.golden.cases import Case, cases  # noqa: E402
from tests.golden.live_cases import live_cases  # noqa: E402

PAGE = ROOT / "docs" / "errors.md"
HEAD = """\
# Errors and warnings

`tessera check` reports everything that is wrong with a site at once: where (file, line, column), what, and how to mend
it. Errors (E…) keep a site from being built; warnings (W…) do not. E09… and W02… are about pages as their origin answers
them, and come with `tessera check --live` alone. With `--json` each message is an object with `code`, `severity`, `message`,
`file`, `line`, `column`, `length` and `fix`. Codes keep their meaning; scripts may rely on them.

This page is written by `scripts/error_reference.py` from the messages that the tests pin.
"""


def page() -> str:
    """The text of docs/errors.md."""
    examples: dict[str, Case] = {}
    for case in (*cases(), *live_cases()):
        examples.setdefault(case.code, case)
    codes = sorted(CODES, key=lambda code: (code[0] == "W", code))
    index = [f"| [{code}](#{code.lower()}) | {CODES[code]} |" for code in codes]
    parts = [HEAD, "| code | meaning |\n|---|---|\n" + "\n".join(index) + "\n"]
    return "\n".join(parts + [section(code, examples[code]) for code in codes])


def section(code: str, case: Case) -> str:
    """What one code means, and an example: what the author did, and the message."""
    return f"## {code}\n\n{sentence(CODES[code])} For example, {case.about}:\n\n```text\n{example(code, case)}\n```\n"


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def example(code: str, case: Case) -> str:
    """The first message of the code in the case's output."""
    return next(message for message in case.expect.rstrip("\n").split("\n\n") if f" {code} " in message.split("\n")[0])


def main() -> int:
    if "--check" in sys.argv[1:]:
        if PAGE.exists() and PAGE.read_text("utf-8") == page():
            return 0
        print("docs/errors.md is out of date: run scripts/error_reference.py", file=sys.stderr)
        return 1
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
