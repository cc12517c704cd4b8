"""Sets of characters as sorted, disjoint, inclusive ranges of code points; RE2's named groups and foldings of case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

Ranges = tuple[tuple[int, int], ...]
LAST = 0x10FFFF
NOTHING: Ranges = ()
EVERYTHING: Ranges = ((0, LAST),)
NEWLINE: Ranges = ((10, 10),)
DIGIT: Ranges = ((48, 57),)
SPACE: Ranges = ((9, 10), (12, 13), (32, 32))  # Perl's \s: without the vertical tab
WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
POSIX: Mapping[str, Ranges] = {
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": DIGIT,
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": WORD,
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}
_TABLE = Path(__file__).parent / "unicode.txt"  # written by scripts/unicode_groups.py


def joined(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The union of any ranges."""
    out: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if out and low <= out[-1][1] + 1:
            out[-1] = out[-1][0], max(out[-1][1], high)
        else:
            out.append((low, high))
    return tuple(out)


def complement(ranges: Ranges) -> Ranges:
    """Every other character."""
    edges = [-1, *(point for low, high in ranges for point in (low - 1, high + 1)), LAST + 1]
    gaps = [(edges[0] + 1, edges[1])] + [(low, high) for low, high in zip(edges[2::2], edges[3::2])]
    gaps[-1] = gaps[-1][0], LAST
    return tuple((low, high) for low, high in gaps if low <= high)


def folded(ranges: Ranges) -> Ranges:
    """The characters, and those that differ from one of them in nothing but case."""
    extra = [(ord(other), ord(other)) for char, orbit in _foldings() if _within(char, ranges) for other in orbit]
    return joined((*ranges, *extra))


def group(name: str) -> Ranges | None:
    """A Unicode category or script by RE2's name (`L`, `Lu`, `Greek`, `Any`); None for a name that RE2 does not know."""
    return EVERYTHING if name == "Any" else _groups().get(name)


def _within(point: int, ranges: Ranges) -> bool:
    return any(low <= point <= high for low, high in ranges)


@lru_cache(maxsize=1)
def _lines() -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in _TABLE.read_text("ascii").splitlines():
        name, *words = line.split()
        found.setdefault(name, []).extend(words)
    return found


@lru_cache(maxsize=1)
def _groups() -> Mapping[str, Ranges]:
    return {name: tuple(_range(word) for word in words) for name, words in _lines().items() if name != "fold"}


def _range(word: str) -> tuple[int, int]:
    low, _, high = word.partition("-")
    return int(low, 16), int(high or low, 16)


@lru_cache(maxsize=1)
def _foldings() -> tuple[tuple[int, str], ...]:
    """(code point, the characters that are the same but for case) of every character that has such."""
    orbits = ("".join(chr(int(point, 16)) for point in word.split(",")) for word in _lines()["fold"])
    return tuple((ord(char), orbit) for orbit in orbits for char in orbit)
