#!/usr/bin/env python3
"""Write edge/tessera/agent_table_*.py: how browsers, systems and devices name themselves, from uap-core's patterns.

    scripts/agent_tables.py            write them (needs ua-parser-builtins, which carries the patterns)
    scripts/agent_tables.py --check    exit with 1 where they are out of date

The package's file is read, never run. Two things are done to a pattern. Every repetition gets an upper bound, so that no
User-Agent makes trying it costly. And the texts are found of which one must be there for the pattern to hold, whatever
the case: only patterns with such a text are tried at the edge (edge/tessera/agents.py).
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

EDGE = Path(__file__).parents[1] / "edge" / "tessera"
PACKAGE = "ua-parser-builtins"
NAMES = ("browsers", "systems", "devices")
ROWS = 330  # of one module
BOUND = 100  # of a repetition of characters; of a group it is GROUPS
GROUPS = 3
MANY = 130  # texts that may stand for a part of a pattern
SHORTEST, LONGEST = 2, 14  # characters of such a text
GRAM = 3
BETWEEN = "¦"  # between the texts of a row; no pattern holds it
HEAD = '''"""{title} Written by scripts/agent_tables.py.

From uap-core's regexes.yaml as in {package} {version}; copyright its authors, Apache License 2.0 (http://www.apache.org/licenses/LICENSE-2.0).
"""

'''
TITLES = {
    "browsers": "How browsers and robots name themselves in a User-Agent.",
    "systems": "How operating systems are named in a User-Agent.",
    "devices": "How devices are named in a User-Agent",
}
# texts that most visitors send: a text that is found here singles out few
USUAL = """\
mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko) chrome/140.0.0.0 safari/537.36 edg/140.0.0.0
mozilla/5.0 (linux; android 10; k) applewebkit/537.36 (khtml, like gecko) chrome/140.0.0.0 mobile safari/537.36
mozilla/5.0 (linux; android 15; sm-s921b build/ap3a; wv) applewebkit/537.36 (khtml, like gecko) version/4.0 chrome/140.0 mobile safari/537.36
mozilla/5.0 (iphone; cpu iphone os 18_5 like mac os x) applewebkit/605.1.15 (khtml, like gecko) version/18.5 mobile/15e148 safari/604.1
mozilla/5.0 (macintosh; intel mac os x 10_15_7) applewebkit/605.1.15 (khtml, like gecko) version/18.5 safari/605.1.15
mozilla/5.0 (x11; linux x86_64; rv:140.0) gecko/20100101 firefox/140.0
mozilla/5.0 (compatible; somebot/1.0; +https://www.example.com/bot.html)
someapp/1 cfnetwork/1410.0.3 darwin/22.6.0""".splitlines()


# --- a pattern with bounds ------------------------------------------------------------------------------------------

_PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d*,?\d*\}|[+*()]|[^+*()\\\[{]", re.DOTALL)


def bounded(pattern: str) -> str:
    """The pattern with an upper bound of every repetition."""
    parts = _PARTS.findall(pattern)
    assert "".join(parts) == pattern, pattern
    for place, part in enumerate(parts):
        if part in "+*":
            parts[place] = f"{{{int(part == '+')},{GROUPS if parts[place - 1] == ')' else BOUND}}}"
        elif re.fullmatch(r"\{\d+,\}", part):
            parts[place] = f"{part[:-1]}{BOUND}}}"
    return "".join(parts)


# --- texts of which one must be there -------------------------------------------------------------------------------

Texts = frozenset[str]


def needed(pattern: str) -> Texts:
    """Texts in lower case of which one is in whatever the pattern matches; the choice that singles out the fewest User-Agents.

    Empty where the pattern asks for no text of SHORTEST characters or more.
    """
    return _plain(min(_required(parser.parse(pattern)), key=_commonness, default=frozenset()))


def _plain(texts: Texts) -> Texts:
    """The texts without what adds little: the end of long ones, the mark before a name, and texts that hold another."""
    short = {text.lstrip("; ")[:LONGEST] if len(text.lstrip("; ")) > GRAM else text[:LONGEST] for text in texts}
    return frozenset(text for text in short if not any(other != text and other in text for other in short))


def _commonness(texts: Texts) -> tuple[int, int, int, str]:
    """How many of the usual User-Agents have one of the texts, then how short the texts are, then how many."""
    usual = sum(any(text in agent for text in texts) for agent in USUAL)
    return (usual, -min(GRAM, min(map(len, texts))), len(texts), min(texts))


def _required(sequence: Any) -> list[Texts]:
    """All that a sequence of parts needs: of each of the sets one text."""
    found, exact = _walk(sequence)
    return found + _whole(exact)


def _whole(exact: Texts) -> list[Texts]:
    return [exact] if min(map(len, exact)) >= SHORTEST else []


def _walk(sequence: Any) -> tuple[list[Texts], Texts]:
    """The needs that are settled, and the texts with which the sequence ends since then (the empty text: anything)."""
    found: list[Texts] = []
    exact: Texts = frozenset([""])
    for part in sequence:
        choices = _choices(part)
        joined = None if choices is None else frozenset(a + b for a, b in product(exact, choices))
        if joined is not None and len(joined) <= MANY:
            exact = joined
            continue
        found += _whole(exact)
        exact = choices if choices is not None and len(choices) <= MANY else frozenset([""])
        found += _inner(part) if choices is None else _whole(choices)
    return found, exact


def _choices(part: Any) -> Texts | None:
    """The few texts that a part may be, or None where they are many."""
    code, value = part
    if code is op.LITERAL:
        return frozenset([chr(value).lower()])
    if code is op.AT:
        return frozenset([""])
    if code is op.IN:
        return _characters(value)
    if code is op.SUBPATTERN:
        return _all_of(value[3])
    if code is op.BRANCH:
        each = [_all_of(branch) for branch in value[1]]
        return None if None in each else frozenset().union(*each)  # type: ignore[arg-type]
    if code in (op.MAX_REPEAT, op.MIN_REPEAT):
        low, high, inner = value
        once = _all_of(inner) if high <= GROUPS else None
        if once is None or len(once) ** high > MANY:
            return None
        return frozenset("".join(each) for times in range(low, high + 1) for each in product(once, repeat=times))
    return None


def _characters(members: Any) -> Texts | None:
    if any(code is not op.LITERAL and code is not op.RANGE for code, _ in members):
        return None
    points = [value for code, value in members if code is op.LITERAL]
    points += [point for code, value in members if code is op.RANGE for point in range(value[0], value[1] + 1)]
    return frozenset(chr(point).lower() for point in points)


def _all_of(sequence: Any) -> Texts | None:
    """The texts of a sequence where they are few altogether."""
    result: Texts = frozenset([""])
    for part in sequence:
        choices = _choices(part)
        if choices is None or len(result) * len(choices) > 5 * MANY:
            return None
        result = frozenset(a + b for a, b in product(result, choices))
    return result


def _inner(part: Any) -> list[Texts]:
    """What a part needs that may be many texts."""
    code, value = part
    if code is op.SUBPATTERN:
        return _required(value[3])
    if code is op.BRANCH:
        each = [min(_required(branch), key=_commonness, default=None) for branch in value[1]]
        return [] if None in each else [frozenset().union(*each)]  # type: ignore[arg-type]
    if code in (op.MAX_REPEAT, op.MIN_REPEAT) and value[0] > 0:
        return _required(value[2])
    return []


# --- the modules ----------------------------------------------------------------------------------------------------


def published() -> dict[str, list[tuple[str, ...]]]:
    """The rows of the package by table: pattern, `i` where the case does not matter, then what it says."""
    spec = find_spec("ua_parser_builtins")
    assert spec and spec.origin, f"{PACKAGE} is not installed"
    tree = ast.parse(Path(spec.origin).with_name("matchers.py").read_text("utf-8"))
    (lists,) = (node.value.elts for node in tree.body if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Tuple))
    return {name: [_row(name, list(map(ast.literal_eval, call.args))) for call in table.elts] for name, table in zip(NAMES, lists, strict=True)}


def _row(name: str, told: list[str | None]) -> tuple[str, ...]:
    pattern, *said = (text or "" for text in told)
    flag = said.pop(0) if name == "devices" and said else ""
    return (pattern, flag, *said)


def line_of(row: tuple[str, ...]) -> str:
    """A row as the edge reads it: the needed texts, the flag, the pattern, and what it says, with tabs between."""
    pattern, flag, *said = row
    texts = BETWEEN.join(sorted(needed(pattern)))
    line = "\t".join([texts, flag, bounded(pattern), *said]).rstrip("\t")
    assert "'''" not in line and line.count(BETWEEN) == texts.count(BETWEEN) and "\n" not in line, line
    return line


def modules() -> Iterator[tuple[Path, str]]:
    """The files and their texts."""
    for name, rows in published().items():
        lines = list(map(line_of, rows))
        parts = [lines[start : start + ROWS] for start in range(0, len(lines), ROWS)] if name == "devices" else [lines]
        for number, part in enumerate(parts, 1):
            title = TITLES[name] if len(parts) == 1 else f"{TITLES[name]}, part {number} of {len(parts)}."
            head = HEAD.format(title=title, package=PACKAGE, version=version(PACKAGE))
            own = f"{name}_{number}" if len(parts) > 1 else name
            yield EDGE / f"agent_table_{own}.py", head + "ROWS = r'''" + "\n".join(part) + "'''\n"


def main(options: list[str]) -> int:
    old = [path for path, text in modules() if not path.is_file() or path.read_text("utf-8") != text]
    if options == ["--check"]:
        print("\n".join(f"{path.name} is out of date" for path in old) or "up to date")
        return 1 if old else 0
    for path, text in modules():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
