"""Regular expressions → programs of tessera.automaton: the steps of the pattern, and where they are few the table of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler import charsets, regex_syntax
from compiler.charsets import Ranges
from compiler.regex_syntax import Chars, Choice, Look, Node, Repeat
from tessera import automaton
from tessera.automaton import EDGE, NEWLINE, OTHER, WORD, Program

MOST_STEPS = 2_000  # of a program, once its repetitions are written out
MOST_NUMBERS = 20_000  # of a program, in all
MOST_STATES = 256  # of a table: a state is a byte of it
LARGEST_TABLE = 16_384  # bytes
_KINDS = range(4)
_LOOKS = {  # where nothing may stand: (kind before, kind after)
    "begin_text": lambda before, after: before == EDGE,
    "end_text": lambda before, after: after == EDGE,
    "begin_line": lambda before, after: before in (EDGE, NEWLINE),
    "end_line": lambda before, after: after in (EDGE, NEWLINE),
    "word": lambda before, after: (before == WORD) != (after == WORD),
    "not_word": lambda before, after: (before == WORD) == (after == WORD),
}


def compile(pattern: str) -> Program:
    """The program of tessera.automaton that finds a pattern in a text: plain, hashable values.

    Raises:
        ValueError: with a message for the author, for what RE2 refuses and for a pattern that would take too large a program.
    """
    steps = _Steps(regex_syntax.parse(pattern))
    alphabet = _Alphabet(tuple(steps.sets), frozenset(steps.looks))
    size = len(steps.code) + len(alphabet.points) + sum(map(len, alphabet.sets))
    if size > MOST_NUMBERS:
        raise ValueError(f"the pattern is too large: its program would take {size:,} numbers, at most {MOST_NUMBERS:,} are possible")
    table = _table(alphabet, steps.code)
    letters = (alphabet.low, alphabet.points, alphabet.classes)
    return (pattern, "table", *letters, *table) if table else (pattern, "steps", *letters, alphabet.kinds, alphabet.sets, steps.code)


class _Steps:
    """The steps of a tree, written from the end, so that each knows the one after it.

    Attributes:
        code: three numbers a step, from the first step on.
        sets: the sets of characters → their numbers.
        looks: the kinds of looks that occur.
    """

    def __init__(self, tree: Node) -> None:
        self.sets: dict[Ranges, int] = {}
        self.looks: set[str] = set()
        self._steps: list[tuple[int, int, int]] = []
        start = self._node(tree, self._add(automaton.MATCH, 0, 0))
        self.code = tuple(number for step in self._ordered(start) for number in step)

    def _add(self, kind: int, first: int, second: int) -> int:
        if len(self._steps) == MOST_STEPS:
            raise ValueError(f"the pattern is too large: with its repetitions written out it has more than {MOST_STEPS:,} steps")
        self._steps.append((kind, first, second))
        return len(self._steps) - 1

    def _node(self, node: Node, after: int) -> int:
        """Write the steps of a node; returns the first of them."""
        if isinstance(node, Chars):
            return self._add(automaton.CHARS, self.sets.setdefault(node.ranges, len(self.sets)), after)
        if isinstance(node, Look):
            self.looks.add(node.kind)
            allowed = (4 * before + then for before in _KINDS for then in _KINDS if _LOOKS[node.kind](before, then))
            return self._add(automaton.LOOK, sum(1 << bit for bit in allowed), after)
        if isinstance(node, Repeat):
            return self._repeat(node, after)
        if isinstance(node, Choice):
            return self._choice(node, after)
        for part in reversed(node.parts):
            after = self._node(part, after)
        return after

    def _choice(self, node: Choice, after: int) -> int:
        *others, first = (self._node(part, after) for part in reversed(node.parts))
        for other in others:
            first = self._add(automaton.SPLIT, first, other)
        return first

    def _repeat(self, node: Repeat, after: int) -> int:
        end, least = after, node.least
        if node.most is None:
            again = self._add(automaton.SPLIT, 0, after)
            body = self._node(node.part, again)
            self._steps[again] = automaton.SPLIT, body, after
            after, least = (body, least - 1) if least else (again, 0)
        else:
            for _ in range(node.most - node.least):
                after = self._add(automaton.SPLIT, self._node(node.part, after), end)
        for _ in range(least):
            after = self._node(node.part, after)
        return after

    def _ordered(self, start: int) -> list[tuple[int, int, int]]:
        """The steps in the order in which they are reached, numbered anew."""
        numbers: dict[int, int] = {}
        waiting = [start]
        while waiting:
            step = waiting.pop()
            if step not in numbers:
                numbers[step] = len(numbers)
                waiting += [next_ for next_ in reversed(self._next(step))]
        return [self._renumbered(step, numbers) for step in numbers]

    def _next(self, step: int) -> tuple[int, ...]:
        kind, first, second = self._steps[step]
        return (first, second) if kind == automaton.SPLIT else () if kind == automaton.MATCH else (second,)

    def _renumbered(self, step: int, numbers: dict[int, int]) -> tuple[int, int, int]:
        kind, first, second = self._steps[step]
        if kind == automaton.MATCH:
            return kind, 0, 0
        return kind, numbers[first] if kind == automaton.SPLIT else first, numbers[second]


class _Alphabet:
    """The classes of characters that a program tells apart, numbered by their first characters.

    Attributes:
        low: the class of each ASCII character, a byte each.
        points, classes: from `points[i]` on (from 128) it is `classes[i]`.
        kinds: the kind of each class, a byte each.
        sets: class → the numbers of the sets that it is in.
    """

    def __init__(self, sets: tuple[Ranges, ...], looks: frozenset[str]) -> None:
        told = [*sets, *((charsets.WORD,) if looks & {"word", "not_word"} else ()), *((charsets.NEWLINE,) if looks & {"begin_line", "end_line"} else ())]
        numbers: dict[tuple[int, tuple[int, ...]], int] = {}
        starts: list[tuple[int, int]] = []  # (code point, class from there on)
        for point, inside in _stretches(told):
            kind = EDGE if not looks else _kind(point, told[len(sets) :])
            one = numbers.setdefault((kind, tuple(n for n in inside if n < len(sets))), len(numbers))
            starts.append((point, one))
        self.kinds = bytes(kind for kind, _ in numbers)
        self.sets = tuple(inside for _, inside in numbers)
        edges = [*starts[1:], (charsets.LAST + 1, 0)]
        self.low = bytes(one for (point, one), (end, _) in zip(starts, edges) for _ in range(point, min(end, 128)))
        high = [(max(point, 128), one) for (point, one), (end, _) in zip(starts, edges) if end > 128]
        high = [pair for i, pair in enumerate(high) if i == 0 or high[i - 1][1] != pair[1]]
        self.points, self.classes = tuple(point for point, _ in high), tuple(one for _, one in high)


def _kind(point: int, told: list[Ranges]) -> int:
    for kind, ranges in ((WORD, charsets.WORD), (NEWLINE, charsets.NEWLINE)):
        if ranges in told and any(low <= point <= high for low, high in ranges):
            return kind
    return OTHER


def _stretches(sets: list[Ranges]) -> Iterator[tuple[int, list[int]]]:
    """(first code point, numbers of the sets that hold it) of each stretch in which no set begins or ends."""
    edges: dict[int, set[int]] = {0: set()}
    for number, ranges in enumerate(sets):
        for low, high in ranges:
            for point in (low, high + 1):
                edges.setdefault(point, set()).symmetric_difference_update((number,))
    inside: set[int] = set()
    for point in sorted(edges):
        inside ^= edges[point]
        if point <= charsets.LAST:
            yield point, sorted(inside)


def _table(alphabet: _Alphabet, code: tuple[int, ...]) -> tuple[int, bytes, bytes] | None:
    """(width, moves, final) of the deterministic automaton; None where it would be large."""
    kinds, width = alphabet.kinds, len(alphabet.kinds)
    found: Any = None  # the state of a text that has matched
    numbers: dict[Any, int] = {(frozenset((0,)), EDGE): 0}
    moves = bytearray()
    states = list(numbers)
    for state in states:
        for one in range(width):
            reached = None if state is found else automaton.advance(*state, kinds[one], frozenset(alphabet.sets[one]), code)
            after = found if reached is None else (reached, kinds[one])
            if after not in numbers:
                numbers[after] = len(numbers)
                states.append(after)
            moves.append(numbers[after] & 255)
        if len(states) > MOST_STATES or len(states) * width > LARGEST_TABLE:
            return None
    return width, bytes(moves), bytes(state is found or automaton.accepts(*state, code) for state in states)
