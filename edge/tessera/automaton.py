"""Patterns at the edge: programs made of regular expressions by the compiler, run in time linear in the text.

A program is plain values, one of

    (pattern, "table", low, points, classes, width, moves, final)
    (pattern, "steps", low, points, classes, kinds, sets, code)

Characters fall into classes that no part of the pattern tells apart: `low` has the class of each of the first 128
characters, a byte each; from `points[i]` on (sorted code points from 128) it is `classes[i]`. A *table* is a
deterministic automaton: from state s the class c leads to `moves[s * width + c]`, from state 0; the text matches where
the byte `final[s]` of the last state is 1. *Steps* are for patterns whose table would be large: `code` holds three numbers each

    0 0 0           the text matches
    1 set next      one character, of a class for which `sets[class]` has the set
    2 next other    either way
    3 mask next     nothing, where bit 4 × kind of the character before + kind of the one after is set in the mask

and begins at step 0; `kinds` has the kind of each class, EDGE stands for no character.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, Sequence

LONGEST = 1024  # characters of a text that are looked at
EDGE, NEWLINE, WORD, OTHER = range(4)  # kinds of characters
MATCH, CHARS, SPLIT, LOOK = range(4)  # steps
Program = tuple[Any, ...]


def matches(text: str, program: Program) -> bool:
    """Whether the pattern is found anywhere in the text's first LONGEST characters."""
    _, form, low, points, of, *rest = program
    found = classes(text[:LONGEST], low, points, of)
    return _walk(found, *rest) if form == "table" else _run(found, *rest)


def classes(text: str, low: bytes, points: Sequence[int], of: Sequence[int]) -> Sequence[int]:
    """The class of each character."""
    if text.isascii():
        return text.encode("ascii").translate(low.ljust(256))
    return [low[point] if point < 128 else of[bisect_right(points, point) - 1] for point in map(ord, text)]


def _walk(found: Sequence[int], width: int, moves: bytes, final: bytes) -> bool:
    state = 0
    for one in found:
        state = moves[state * width + one]
    return final[state] == 1


def _run(found: Sequence[int], kinds: bytes, sets: Sequence[Sequence[int]], code: Sequence[int]) -> bool:
    """Run steps: a table as far as this text needs it, each move worked out once."""
    states = [(frozenset((0,)), EDGE)]
    numbers = {states[0]: 0}
    moves: dict[tuple[int, int], int] = {}
    state = 0
    for one in found:
        after = moves.get((state, one))
        if after is None:
            reached = advance(*states[state], kinds[one], frozenset(sets[one]), code)
            if reached is None:
                return True
            after = numbers.setdefault((reached, kinds[one]), len(states))
            if after == len(states):
                states.append((reached, kinds[one]))
            moves[state, one] = after
        state = after
    return accepts(*states[state], code)


def advance(held: frozenset[int], before: int, after: int, inside: frozenset[int], code: Sequence[int]) -> frozenset[int] | None:
    """The steps to go on with after a character, the first step always among them; None once the text matches.

    Args:
        held: the steps before the character.
        before, after: the kinds of the last character and of this one.
        inside: the sets that this one is in.
        code: the program's steps.
    """
    reached = {0}
    for step in _reached(held, before, after, code):
        at = 3 * step
        if code[at] == MATCH:
            return None
        if code[at] == CHARS and code[at + 1] in inside:
            reached.add(code[at + 2])
    return frozenset(reached)


def accepts(held: frozenset[int], before: int, code: Sequence[int]) -> bool:
    """Whether the text matches, if it ends here."""
    return any(code[3 * step] == MATCH for step in _reached(held, before, EDGE, code))


def _reached(held: frozenset[int], before: int, after: int, code: Sequence[int]) -> set[int]:
    """All steps that can be reached without a character; each is visited once."""
    seen = set(held)
    waiting = list(held)
    while waiting:
        at = 3 * waiting.pop()
        if code[at] == SPLIT:
            ways: Sequence[int] = code[at + 1 : at + 3]
        elif code[at] == LOOK and code[at + 1] >> 4 * before + after & 1:
            ways = code[at + 2 : at + 3]
        else:
            continue
        for way in ways:
            if way not in seen:
                seen.add(way)
                waiting.append(way)
    return seen
