"""The tables of User-Agents: which row of a table is the first whose pattern holds.

The tables are uap-core's, some 1,300 patterns (scripts/agent_tables.py). No visitor's text may cost much, so:

- only the first LONGEST characters of a User-Agent are looked at;
- a pattern is tried where one of the texts is there that it needs, and of one table at most TRIED are;
- no pattern repeats anything without a bound: what a repetition may take back is bounded, too. The standard library's
  `re` has no linear time, but these patterns are known, and tests/edge/test_agents.py tries to make them slow;
- patterns are compiled when they are first tried.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Mapping, NamedTuple, Sequence

from tessera import agent_table_browsers, agent_table_devices_1, agent_table_devices_2, agent_table_systems

LONGEST = 512
TRIED = 64
GRAM = 3
_SOURCES = {
    "browsers": (agent_table_browsers.ROWS,),
    "systems": (agent_table_systems.ROWS,),
    "devices": (agent_table_devices_1.ROWS, agent_table_devices_2.ROWS),
}


class Table(NamedTuple):
    """Rows in their order; `grams`: the first characters of a needed text → such texts with their rows; `always`:
    the rows that need none."""

    rows: Sequence[str]
    grams: Mapping[str, Sequence[tuple[str, Sequence[int]]]]
    always: Sequence[int]


class Found(NamedTuple):
    """What matched, and what the row says: replacements in which `$1` stands for the first group."""

    match: re.Match[str]
    said: tuple[str, ...]

    def group(self, number: int) -> str:
        """The text of a group, empty where there is none."""
        return (self.match[number] or "") if number <= self.match.re.groups else ""

    def replaced(self, place: int, otherwise: str) -> str:
        """What the row says in a place, with its groups filled in."""
        text = self.said[place] if place < len(self.said) and self.said[place] else otherwise
        return re.sub(r"\$(\d)", lambda digit: self.group(int(digit[1])), text).strip()


def first(name: str, agent: str) -> Found | None:
    """The first row of a table (browsers, systems, devices) whose pattern holds."""
    table, text = _table(name), agent[:LONGEST]
    for number in candidates(table, text.lower())[:TRIED]:
        pattern, said = _compiled(table.rows[number])
        if match := pattern.search(text):
            return Found(match, said)
    return None


def candidates(table: Table, lower: str) -> list[int]:
    """The rows that may hold, by the texts that are there."""
    grams = {lower[place : place + size] for size in (GRAM, GRAM - 1) for place in range(len(lower) - size + 1)}
    found = set(table.always)
    for gram in grams & table.grams.keys():
        for text, rows in table.grams[gram]:
            if text in lower:
                found.update(rows)
    return sorted(found)


@lru_cache(maxsize=len(_SOURCES))
def _table(name: str) -> Table:
    rows = [line for source in _SOURCES[name] for line in source.split("\n")]
    texts: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        for text in row.partition("\t")[0].split("¦"):
            texts.setdefault(text, []).append(number)
    always = texts.pop("", [])
    grams: dict[str, list[tuple[str, Sequence[int]]]] = {}
    for text, numbers in texts.items():
        grams.setdefault(text[:GRAM], []).append((text, numbers))
    return Table(rows, grams, always)


@lru_cache(maxsize=512)
def _compiled(row: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    _, flag, pattern, *said = row.split("\t")
    return re.compile(pattern, re.ASCII | (re.IGNORECASE if flag else 0)), tuple(said)
