"""Web Platform Tests, URL patterns: by the platform in workerd, which finds pages by them, and by the compiler's package.

A case passes where both do as the suite says. What it leaves open (a pattern that asks nothing of a component) follows the
suite's own runner: an empty input, with one empty group unless the component is said to be empty.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from host.tools import ROOT, node
from tests.conformance.case import Case

SCRIPT = Path(__file__).with_name("urlpattern_host.mjs")
COMPONENTS = ("protocol", "username", "password", "hostname", "port", "pathname", "search", "hash")
Outcome = Mapping[str, Any]


def cases(root: Path) -> Iterator[Case]:
    rows = json.loads((root / "urlpattern" / "urlpatterntestdata.json").read_text("utf-8"))
    for number, (row, platform) in enumerate(zip(rows, by_the_platform(rows), strict=True)):
        problems = [f"{name}: {told}" for name, outcome in (("workerd", platform), ("compiler", by_the_compiler(row))) if (told := problem(row, outcome))]
        name = f"{number} {json.dumps(row['pattern'], ensure_ascii=False)} {json.dumps(row.get('inputs'), ensure_ascii=False)}"
        yield Case(name, "; ".join(problems) or None)


def by_the_platform(rows: list[dict[str, Any]]) -> list[Outcome]:
    """What workerd makes of all cases."""
    done = subprocess.run([str(node()), str(SCRIPT)], cwd=ROOT, input=json.dumps(rows), capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)
    if done.returncode:
        raise RuntimeError(f"{SCRIPT.name} failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def by_the_compiler(row: dict[str, Any]) -> Outcome:
    """What the package makes of a case with which the compiler checks patterns (compiler/values.py)."""
    pattern_of = import_module("urlpattern").URLPattern  # by name: this module is called so, too
    try:
        made = pattern_of(*row["pattern"])
    except (ValueError, TypeError):
        return {"made": "error"}
    parts = {name: getattr(made, name) for name in COMPONENTS}
    if not row.get("inputs"):
        return {"made": parts}
    try:
        return {"made": parts, "test": made.test(*row["inputs"]), "match": made.exec(*row["inputs"])}
    except (ValueError, TypeError):
        return {"made": parts, "test": "error", "match": "error"}


def problem(row: Mapping[str, Any], found: Outcome) -> str | None:
    """The first thing that is not as the suite says."""
    expected = row.get("expected_obj", {})
    if expected == "error" or found["made"] == "error":
        return None if found["made"] == expected else f"the pattern is {found['made']}, expected {expected}"
    for name, text in expected.items():
        if found["made"][name] != text:
            return f"{name} of the pattern is {found['made'][name]!r}, expected {text!r}"
    if not row.get("inputs"):
        return None
    match, wanted = found["match"], row["expected_match"]
    if wanted in ("error", None) or match in ("error", None):
        return None if match == wanted and (match == "error" or found["test"] is False) else f"the match is {match}, expected {wanted}"
    empty = row.get("exactly_empty_components", ())
    for name in COMPONENTS:
        whole = wanted.get(name) or {"input": "", "groups": {} if name in empty else {"0": ""}}
        if {**match[name]} != whole:
            return f"{name} of the match is {match[name]}, expected {whole}"
    return None if found["test"] is True else "test() says no"
