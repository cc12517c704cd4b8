"""RE2's syntax of regular expressions → a tree of five kinds of node. https://github.com/google/re2/wiki/Syntax

What a program of tessera.automaton cannot tell, or RE2 refuses, is a ValueError with a message for the author. Captures
and greediness make no difference to whether a text matches, so the tree does not hold them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Union

from compiler import charsets
from compiler.charsets import Ranges

MOST_REPEATS = 1000  # RE2's bound, also for repetitions within repetitions
DEEPEST = 100  # groups within groups
_PLAIN_ESCAPES = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_PERL_SETS = {"d": charsets.DIGIT, "s": charsets.SPACE, "w": charsets.WORD}
_SETS = frozenset("dDsSwWpP")
_OCTAL, _HEX = frozenset("01234567"), frozenset("0123456789abcdefABCDEF")
_FLAGS = frozenset("imsU")
_NAMED = ("L", "Mn", "Mc", "Nd", "Nl", "Pc")  # what the name of a group is made of


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of a set."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Look:
    """Nothing, at a place: `begin_text`, `end_text`, `begin_line`, `end_line`, `word` (a boundary) or `not_word`."""

    kind: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """One part after the other; without parts: nothing, anywhere."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Any one of the parts."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part at least so often and at most so often; None: as often as one likes."""

    part: "Node"
    least: int
    most: int | None


Node = Union[Chars, Look, Sequence, Choice, Repeat]


def parse(pattern: str) -> Node:
    """The tree of a pattern. Raises ValueError for what RE2 refuses, and for `\\C` (a byte is not a character)."""
    return _Parser(pattern).whole()


class _Group:
    """A group that is open: its finished alternatives, the parts of the one at hand, and the flags outside of it."""

    def __init__(self, outer: frozenset[str]) -> None:
        self.outer = outer
        self.choices: list[Node] = []
        self.parts: list[Node] = []

    def next_choice(self) -> None:
        self.choices.append(_sequence(self.parts))
        self.parts = []

    def node(self) -> Node:
        self.next_choice()
        return self.choices[0] if len(self.choices) == 1 else Choice(tuple(self.choices))


class _Parser:
    def __init__(self, pattern: str) -> None:
        self.pattern, self.at = pattern, 0
        self.flags: frozenset[str] = frozenset()
        self.open = [_Group(self.flags)]
        self.repeated = ""  # the repetition operator that has just been read

    def whole(self) -> Node:
        while self.at < len(self.pattern):
            self._item()
        if len(self.open) > 1:
            raise ValueError("missing ): a group is not closed")
        return self.open[0].node()

    # --- reading

    def _take(self, text: str) -> bool:
        """Whether the text stands next; then it is passed over."""
        found = self.pattern.startswith(text, self.at)
        self.at += len(text) * found
        return found

    def _char(self) -> str:
        """The next character, passed over; "" at the end."""
        char = self.pattern[self.at : self.at + 1]
        self.at += len(char)
        return char

    def _next(self, offset: int = 0) -> str:
        return self.pattern[self.at + offset : self.at + offset + 1]

    def _push(self, node: Node) -> None:
        self.open[-1].parts.append(node)

    # --- items

    def _item(self) -> None:
        repeated, self.repeated = self.repeated, ""
        char = self._next()
        if char in "*+?" or char == "{" and self._counts(self.at) is not None:
            self._repetition(repeated)
        elif char == "(":
            self._opening()
        elif char == ")":
            self._closing()
        elif self._take("|"):
            self.open[-1].next_choice()
        elif char == "[":
            self._push(Chars(self._bracket()))
        elif char == "\\":
            self._escape()
        elif self._take("."):
            self._push(Chars(charsets.EVERYTHING if "s" in self.flags else charsets.complement(charsets.NEWLINE)))
        elif self._take("^"):
            self._push(Look("begin_line" if "m" in self.flags else "begin_text"))
        elif self._take("$"):
            self._push(Look("end_line" if "m" in self.flags else "end_text"))
        else:
            self._literal(ord(self._char()))

    def _literal(self, point: int) -> None:
        self._push(Chars(self._folded(((point, point),))))

    def _folded(self, ranges: Ranges) -> Ranges:
        return charsets.folded(ranges) if "i" in self.flags else ranges

    def _repetition(self, before: str) -> None:
        start = self.at
        least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(self._next()) or self._bounds()
        self.at = self.at if self.at > start else self.at + 1
        self._take("?")
        written = self.pattern[start : self.at]
        if before:
            raise ValueError(f"bad repetition operator: {before}{written}: a repetition cannot be repeated without a group, (?:…)")
        if not self.open[-1].parts:
            raise ValueError(f"no argument for repetition operator: {written}")
        node = Repeat(self.open[-1].parts.pop(), least, most)
        if _within_bounds(node, MOST_REPEATS) == 0:
            raise ValueError(f"invalid repetition size: {written}: at most {MOST_REPEATS} in all")
        self._push(node)
        self.repeated = written

    def _bounds(self) -> tuple[int, int | None]:
        """Passes over `{n}`, `{n,}` or `{n,m}`."""
        start = self.at
        least, most, self.at = self._counts(start) or (0, 0, start)
        if least > MOST_REPEATS or most is not None and not least <= most <= MOST_REPEATS:
            raise ValueError(f"invalid repetition size: {self.pattern[start : self.at]}")
        return least, most

    def _counts(self, start: int) -> tuple[int, int | None, int] | None:
        """(least, most, where it ends) of the counts at a brace; None where the brace stands for itself."""
        end = self.pattern.find("}", start)
        low, comma, high = self.pattern[start + 1 : end].partition(",")
        if end < 0 or not _is_count(low) or high and not _is_count(high):
            return None
        return int(low), int(high) if high else None if comma else int(low), end + 1

    # --- groups

    def _opening(self) -> None:
        outer, start = self.flags, self.at
        self.at += 1
        if self._take("?") and not self._named() and not self._flags(start):
            return
        if len(self.open) > DEEPEST:
            raise ValueError(f"more than {DEEPEST} groups within each other")
        self.open.append(_Group(outer))

    def _named(self) -> bool:
        """Passes over `P<name>` or `<name>`."""
        start = self.at
        if self._next() == "<" and self._next(1) in ("=", "!") or not (self._take("P<") or self._take("<")):
            return False
        end = self.pattern.find(">", self.at)
        name = self.pattern[self.at : end]
        if end < 0 or not name or not all(_names(char) for char in name):
            raise ValueError(f"invalid named capture group: (?{self.pattern[start : end + 1 if end >= 0 else None]}")
        self.at = end + 1
        return True

    def _flags(self, start: int) -> bool:
        """Passes over flags, and sets them; whether they open a group."""
        flags, negated, told = set(self.flags), False, True
        while (char := self._char()) in _FLAGS or char == "-" and not negated:
            negated, told = negated or char == "-", char != "-"
            if char != "-":
                (flags.discard if negated else flags.add)(char)
        written = self.pattern[start : self.at]
        if char not in (":", ")") or not told:
            hint = ": RE2 cannot look ahead or behind" if char in ("=", "!", "<") else ""
            raise ValueError(f"invalid perl operator: {written}{hint}")
        self.flags = frozenset(flags)
        return char == ":"

    def _closing(self) -> None:
        if len(self.open) == 1:
            raise ValueError("unexpected ): there is no group to close")
        self.at += 1
        group = self.open.pop()
        self.flags = group.outer
        self._push(group.node())

    # --- escapes

    def _escape(self) -> None:
        looks = {"A": "begin_text", "z": "end_text", "b": "word", "B": "not_word"}
        kind = self._next(1)
        if kind and kind in looks:
            self.at += 2
            self._push(Look(looks[kind]))
        elif self._take("\\Q"):
            end = self.pattern.find("\\E", self.at)
            for char in self.pattern[self.at : end if end >= 0 else None]:
                self._literal(ord(char))
            self.at = end + 2 if end >= 0 else len(self.pattern)
        elif kind == "C":
            raise ValueError("\\C, a single byte, is not supported: texts are made of characters; write (?s:.)")
        else:
            ranges = self._set()
            self._push(Chars(ranges)) if ranges is not None else self._literal(self._point())

    def _set(self) -> Ranges | None:
        """Passes over `\\d`, `\\PL`, `\\p{Greek}`…; None where no set of characters stands here."""
        kind = self._next(1)
        if self._next() != "\\" or kind not in _SETS:
            return None
        self.at += 2
        if kind in "pP":
            return self._unicode(kind == "P")
        ranges = self._folded(_PERL_SETS[kind.lower()])
        return charsets.complement(ranges) if kind.isupper() else ranges

    def _unicode(self, negated: bool) -> Ranges:
        start = self.at - 2
        name = self._char()
        if name == "{":
            end = self.pattern.find("}", self.at)
            name = self.pattern[self.at : end] if end >= 0 else ""
            self.at = end + 1 if end >= 0 else len(self.pattern)
        ranges = charsets.group(name.removeprefix("^"))
        if ranges is None:
            raise ValueError(f"invalid character class range: {self.pattern[start : self.at]}")
        ranges = self._folded(ranges)
        return charsets.complement(ranges) if negated != name.startswith("^") else ranges

    def _point(self) -> int:
        """Passes over an escape that stands for one character."""
        start = self.at
        self.at += 1
        char = self._char()
        if not char:
            raise ValueError("trailing \\ at the end of the pattern")
        if char in _PLAIN_ESCAPES:
            return _PLAIN_ESCAPES[char]
        point = self._number(char)
        if point is None and (not char.isascii() or char.isalnum()):
            hint = ": RE2 has no back-references" if char.isdigit() else ""
            raise ValueError(f"invalid escape sequence: {self.pattern[start : self.at]}{hint}")
        return ord(char) if point is None else point

    def _number(self, char: str) -> int | None:
        """The code point of `\\x41`, `\\x{1F600}`, `\\012` or `\\0`, whose first character has been read."""
        if char == "0" or char in _OCTAL and self._next() in _OCTAL:
            digits = char + self._digits(_OCTAL, 2)
            return int(digits, 8)
        if char != "x":
            return None
        if not self._take("{"):
            digits = self._digits(_HEX, 2)
            return int(digits, 16) if len(digits) == 2 else None
        digits = self._digits(_HEX, len(self.pattern))
        return int(digits, 16) if digits and self._take("}") and int(digits, 16) <= charsets.LAST else None

    def _digits(self, allowed: frozenset[str], most: int) -> str:
        start = self.at
        while self.at - start < most and self._next() in allowed:
            self.at += 1
        return self.pattern[start : self.at]

    # --- sets in brackets

    def _bracket(self) -> Ranges:
        start = self.at
        self.at += 1
        negated, found, first = self._take("^"), list[tuple[int, int]](), True
        while first or self._next() != "]":
            if not self._next():
                raise ValueError(f"missing ]: {self.pattern[start:]}")
            first = False
            found += self._bracketed()
        self.at += 1
        ranges = charsets.joined(found)
        return charsets.complement(ranges) if negated else ranges

    def _bracketed(self) -> Ranges:
        """A class, a range or a character of a set in brackets."""
        ranges = self._posix()
        if ranges is None:
            ranges = self._set()
        if ranges is not None:
            return ranges
        begin = self.at
        low = high = self._bracket_point()
        if self._next() == "-" and self._next(1) not in ("]", ""):
            self.at += 1
            high = self._bracket_point()
        if high < low:
            raise ValueError(f"invalid character class range: {self.pattern[begin : self.at]}")
        return self._folded(((low, high),))

    def _bracket_point(self) -> int:
        return self._point() if self._next() == "\\" else ord(self._char())

    def _posix(self) -> Ranges | None:
        """Passes over `[:alpha:]` or `[:^alpha:]`."""
        end = self.pattern.find(":]", self.at + 2)
        if not self.pattern.startswith("[:", self.at) or end < 0:
            return None
        name = self.pattern[self.at + 2 : end]
        ranges = charsets.POSIX.get(name.removeprefix("^"))
        if ranges is None:
            raise ValueError(f"invalid character class range: [:{name}:]")
        self.at = end + 2
        ranges = self._folded(ranges)
        return charsets.complement(ranges) if name.startswith("^") else ranges


def _is_count(text: str) -> bool:
    """Whether RE2 reads a text as a count: no leading zero, not more than it can hold."""
    return text.isascii() and text.isdigit() and (text == "0" or text[0] != "0") and len(text) <= 9


def _names(char: str) -> bool:
    point = ord(char)
    return any(low <= point <= high for name in _NAMED for low, high in charsets.group(name) or ())


def _sequence(parts: Iterable[Node]) -> Node:
    found = tuple(parts)
    return found[0] if len(found) == 1 else Sequence(found)


def _within_bounds(node: Node, left: int) -> int:
    """What is left of the bound on repetitions in the innermost one; 0 where it is exceeded, as RE2 counts."""
    if isinstance(node, (Chars, Look)):
        return left
    if isinstance(node, Repeat):
        times = node.least if node.most is None else node.most
        counted = times if (node.least, node.most) not in ((0, None), (1, None), (0, 1)) else 0
        return _within_bounds(node.part, left // counted if counted else left)
    return min((_within_bounds(part, left) for part in node.parts), default=left)
