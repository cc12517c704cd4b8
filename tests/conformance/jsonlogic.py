"""json-logic/compat-tables: the classic set (compatible.json), each case a flag that is on where its rule has the expected value.

The other files of the suite are proposals beyond JsonLogic, which json-logic-js does not follow.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from compiler.contexts import visit_of
from compiler.frontends.jsonlogic import Data, Inexpressible, Translator, literal
from compiler.frontends.site import Attribute, Flag, Rule, Site
from tests.conformance.case import Case
from tests.conformance.flags import compiled, decided
from tessera.resolved import Bundle

FILES = ("compatible.json",)
BATCH = 100  # cases that are compiled as one site
DATA = Data("visitor.data")


def cases(root: Path) -> Iterator[Case]:
    """One case a rule."""
    for file in FILES:
        rows = [row for row in json.loads((root / "jsonlogic" / file).read_text("utf-8")) if isinstance(row, dict)]
        named = [(f"{file}#{number} {row['description']}", row) for number, row in enumerate(rows)]
        for start in range(0, len(named), BATCH):
            yield from _batch(named[start : start + BATCH])


def _batch(named: list[tuple[str, dict[str, Any]]]) -> Iterator[Case]:
    flags = [_flag(number, row) for number, (_, row) in enumerate(named)]
    try:
        bundle = _compiled([flag for flag in flags if isinstance(flag, Flag)])
    except AssertionError as refused:
        if len(named) == 1:
            yield Case(named[0][0], f"does not compile: {refused}")
            return
        for one in named:
            yield from _batch([one])
        return
    for (name, row), flag in zip(named, flags):
        if not isinstance(flag, Flag):
            yield Case(name, flag)
            continue
        holds, _, _ = decided(bundle, flag.name, visit_of(bundle, {"data": row.get("data")}))
        yield Case(name, None if holds else f"{flag.rules[0].when} does not hold for {json.dumps(row.get('data'))}")


def _compiled(flags: list[Flag]) -> Bundle:
    with TemporaryDirectory() as folder:
        return compiled(Site("jsonlogic", (Attribute("data", "data"),), tuple(flags)), Path(folder))


def _flag(number: int, row: dict[str, Any]) -> Flag | str:
    """The flag of a case, or why there is none."""
    if "result" not in row:
        return f"expects the error {row['error']}, which no classic rule raises"
    try:
        when = f"({Translator().value(row['rule'], DATA).text}) == {literal(row['result'])}"
    except Inexpressible as found:
        return f"cannot be expressed: {found}"
    return Flag(f"case_{number}", f"case_{number}", {"yes": True, "no": False}, (Rule("holds", when, show="yes"),), "no")
