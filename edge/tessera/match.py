"""Masks: which conjunctions hold for a visitor's values, with one look-up per attribute and an AND of integers.

Bit i of a mask stands for conjunction i; conjunctions are numbered slot by slot and rule by rule from the last to the
first, so the first rule of a slot that holds is the highest set bit of the slot's mask. Below the rules of each slot one
conjunction without a test stands for its default. The bundle holds sparse postings (`Postings`), which become masks when it
is loaded. Compare "Indexing Boolean Expressions" (Whang et al., VLDB 2009).
"""

from __future__ import annotations

from bisect import bisect_right
from copy import copy
from dataclasses import dataclass, replace
from math import inf, nextafter
from typing import Any, Callable, Iterator, Mapping, Sequence

from tessera.columns import unpack
from tessera.evaluate import operation
from tessera.operators import OPERATORS

_OPPOSITE = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}


class Postings:
    """What the conditions ask, as the bundle holds it: each question, and the conjunctions that want its answer.

    Attributes:
        terms: (attribute, function name or "", ordered?) each.
        questions: (term, operator, argument, negated?) each, term by term; `in_list` names a list. A negated one is
            wanted where its answer is known and false.
        conjunctions: how many there are.
    """

    def __init__(self, section: Mapping[str, Any]) -> None:
        self.terms: Sequence[tuple[str, str, bool]] = section["terms"]
        self.conjunctions: int = section["conjunctions"]
        self.questions: list[tuple[int, str, Any, bool]] = []
        kinds = [(name, negated) for name in section["operators"] for negated in (False, True)]
        for term, (values, codes, sizes, picks) in enumerate(section["questions"]):
            values, codes, sizes, picks = map(unpack, (values, codes, sizes, picks))
            arguments = [values[pick] for pick in picks]
            at = 0
            for code, size in zip(codes, sizes):
                name, negated = kinds[code]
                argument = tuple(arguments[at : at + size]) if name == "in" else arguments[at]
                self.questions.append((term, name, argument, negated))
                at += size
        self._numbers, self._counts = unpack(section["numbers"]), unpack(section["counts"])
        if len(self._counts) != len(self.questions) or sum(self._counts) != len(self._numbers):
            raise ValueError("the postings do not fit the questions")
        self._literals: list[list[int]] | None = None

    def some(self, place: Mapping[int, int]) -> Postings:
        """What some conjunctions ask alone, each under its new number."""
        numbers, counts, at = [], [], 0
        for count in self._counts:
            found = [place[number] for number in self._numbers[at : at + count] if number in place]
            numbers += found
            counts.append(len(found))
            at += count
        asked = [i for i, count in enumerate(counts) if count]
        fewer = copy(self)
        fewer.conjunctions, fewer._numbers, fewer._counts, fewer._literals = len(place), numbers, [counts[i] for i in asked], None
        fewer.questions = [self.questions[i] for i in asked]
        return fewer

    def masks(self) -> list[int]:
        """Question → the conjunctions that want it."""
        shift, numbers, at, found = (1).__lshift__, self._numbers, 0, []
        for count in self._counts:
            end = at + count
            found.append(1 << numbers[at] if count == 1 else sum(map(shift, numbers[at:end])))
            at = end
        return found

    @property
    def literals(self) -> list[list[int]]:
        """Conjunction → its questions, by number."""
        if self._literals is None:
            found: list[list[int]] = [[] for _ in range(self.conjunctions)]
            at = 0
            for question, count in enumerate(self._counts):
                for number in self._numbers[at : at + count]:
                    found[number].append(question)
                at += count
            self._literals = found
        return self._literals


# The rows of an index are plain tuples: the interpreter takes these apart without a call, which it cannot with named ones.

Table = tuple[str, dict[Any, int], int]
"""Equality and membership: attribute; value → survivors, None for an unknown value; the survivors of a value that no test names."""

Scale = tuple[str, tuple, tuple[int, ...], int]
"""Thresholds: attribute; boundaries that cut the line into half-open regions; survivors of each region, and of an unknown value."""

Computed = tuple[str, Callable[[Any], Any], Table | Scale]
"""A table or scale over a function of the attribute (`size`): attribute, function, and what its result is looked up in."""

Check = tuple[Callable[[Any, Any], Any], Any, int, int, int]
"""A test that is asked by itself: its function, its argument, and the survivors of the answers true, false and unknown."""

Checks = tuple[str, Callable[[Any], Any] | None, int, int, tuple[Check, ...]]
"""What neither a table nor a scale answers: attribute; function of it, if any; the survivors of an unknown value, and of any
known one before the checks are asked; the checks."""


@dataclass(frozen=True, slots=True)
class Index:
    """All masks of a bundle; `everything`: the mask of all conjunctions, `untested`: of those that ask for nothing."""

    tables: tuple[Table, ...]
    scales: tuple[Scale, ...]
    computed: tuple[Computed, ...]
    checks: tuple[Checks, ...]
    everything: int
    untested: int


def build(postings: Postings, lists: Mapping[str, frozenset]) -> Index:
    """Turn sparse postings into masks."""
    everything, tested = (1 << postings.conjunctions) - 1, 0
    valued: list[list[_Asked]] = [[] for _ in postings.terms]
    others: list[list[_Asked]] = [[] for _ in postings.terms]
    for (term, op, argument, negated), mask in zip(postings.questions, postings.masks()):
        tested |= mask
        asked = valued if op == "eq" or op == "in" or op in _OPPOSITE and postings.terms[term][2] else others
        asked[term].append((op, argument, 0, mask) if negated else (op, argument, mask, 0))
    tables, scales, computed, checks = [], [], [], []
    for number, (attribute, name, ordered) in enumerate(postings.terms):
        if valued[number]:
            used = 0
            for _, _, wanting, refusing in valued[number]:
                used |= wanting | refusing
            kind = _scale if ordered else _table
            found = kind(attribute, valued[number], everything & ~used, everything)
            if name:
                computed.append((attribute, OPERATORS[name], found))
            else:
                (scales if ordered else tables).append(found)
        if others[number]:
            checks.append(_checks(attribute, OPERATORS[name] if name else None, others[number], lists, everything))
    return Index(tuple(tables), tuple(scales), tuple(computed), tuple(checks), everything, everything & ~tested)


_Asked = tuple[str, Any, int, int]  # operator, argument, the conjunctions that want it true, those that want it false


def _checks(attribute: str, function: Callable | None, tests: Sequence[_Asked], lists: Mapping, everything: int) -> Checks:
    absent = present = everything
    found: list[Check] = []
    for op, argument, wanting, refusing in tests:
        if op == "has":
            absent &= ~wanting
            present &= ~refusing
            continue
        argument = lists[argument] if op == "in_list" else argument
        asked, if_true, if_false = question(op), everything & ~refusing, everything & ~wanting
        answer = asked(None, argument)
        absent &= if_true if answer is True else if_false if answer is False else if_true & if_false
        found.append((asked, argument, if_true, if_false, if_true & if_false))
    return (attribute, function, absent, present, tuple(found))


def question(op: str) -> Callable[[Any, Any], Any]:
    """The function of a test, of the value and the argument."""
    return OPERATORS["in"] if op == "in_list" else _has_element if op == "has_element" else operation(op)


def _has_element(collection: Any, element: Any) -> Any:
    return OPERATORS["in"](element, collection)


def _values(op: str, argument: Any) -> tuple:
    return argument if op == "in" else (argument,)


def _table(attribute: str, tests: list[_Asked], absent: int, everything: int) -> Table:
    """A conjunction survives where every test that it wants names the value; `twice` are those that want several."""
    wanted = twice = 0
    for _, _, wanting, _ in tests:
        twice |= wanted & wanting
        wanted |= wanting
    other = everything & ~wanted
    unnamed = other | twice
    table: dict[Any, int] = {}
    get = table.get
    for op, argument, wanting, _ in tests:
        for value in argument if op == "in" else (argument,):
            table[value] = get(value, unnamed) | wanting
    if twice:
        for op, argument, wanting, _ in tests:
            if wanting & twice:
                for value in table.keys() - frozenset(_values(op, argument)):
                    table[value] &= ~(wanting & twice)
    for op, argument, _, refusing in tests:
        if refusing:
            for value in _values(op, argument):
                table[value] &= ~refusing
    table[None] = absent
    return (attribute, table, other)


def _scale(attribute: str, tests: list[_Asked], absent: int, everything: int) -> Scale:
    """Every test holds on intervals [from, to) of the line; a conjunction dies where a test that it wants does not hold."""
    cuts, thresholds, points = set(), [], []  # where answers change, for regions begin there
    for op, argument, wanting, refusing in tests:
        if op in ("eq", "in"):
            values = _values(op, argument)
            cuts.update(values, map(_next, values))
            points.append((values, wanting, refusing))
            continue
        cut = argument if op in ("lt", "ge") else _next(argument)
        cuts.add(cut)
        thresholds.append((cut, refusing, wanting) if op in ("lt", "le") else (cut, wanting, refusing))
    edges = sorted(cuts)
    region = {edge: i + 1 for i, edge in enumerate(edges)}  # the region that begins at an edge
    from_on, up_to = [0] * (len(edges) + 1), [0] * (len(edges) + 1)  # who dies from a region on, and up to one
    for cut, below, above in thresholds:
        begins = region[cut]
        up_to[begins - 1] |= below
        from_on[begins] |= above
    for i in range(1, len(from_on)):
        from_on[i] |= from_on[i - 1]
        up_to[-1 - i] |= up_to[-i]
    asked = [("in", tuple(map(region.__getitem__, values)), wanting, refusing) for values, wanting, refusing in points]
    _, named, other = _table(attribute, asked, 0, everything)
    regions = tuple(named.get(i, other) & ~(from_on[i] | up_to[i]) for i in range(len(from_on)))
    return (attribute, tuple(edges), regions, absent)


def _next(value: Any) -> Any:
    """The smallest value of the kind above this one; of a version (five parts), a tuple that lies between it and all above."""
    if isinstance(value, int):
        return value + 1
    return nextafter(value, inf) if isinstance(value, float) else (*value, "")


def match(index: Index, values: Mapping[str, Any]) -> int:
    """The mask of the conjunctions that hold, their trees left out of account.

    Raises:
        TypeError: for a value that is not of its attribute's type.
    """
    get = values.get
    alive = index.everything
    for attribute, survivors, other in index.tables:
        alive &= survivors.get(get(attribute), other)
    if alive == index.untested:
        return alive
    for attribute, boundaries, regions, absent in index.scales:
        value = get(attribute)
        alive &= absent if value is None else regions[bisect_right(boundaries, value)]
    for attribute, function, over in index.computed:
        value = get(attribute)
        alive &= _look(over, None if value is None else function(value))
    for attribute, function, absent, present, checks in index.checks:
        value = get(attribute)
        if function is not None and value is not None:
            value = function(value)
        if value is None:
            alive &= absent
            continue
        alive &= present
        for asked, argument, if_true, if_false, if_unknown in checks:
            answer = asked(value, argument)
            alive &= if_true if answer is True else if_false if answer is False else if_unknown
    return alive


def _look(over: Table | Scale, value: Any) -> int:
    if len(over) == 3:
        _, survivors, other = over
        return survivors.get(value, other)
    _, boundaries, regions, absent = over
    return absent if value is None else regions[bisect_right(boundaries, value)]


def without(index: Index, hidden: frozenset[str]) -> Index:
    """The masks without those of the hidden attributes: what matches could hold whatever these were."""
    parts = ("tables", "scales", "computed", "checks")
    return replace(index, **{part: tuple(row for row in getattr(index, part) if row[0] not in hidden) for part in parts})


def bits(mask: int) -> Iterator[int]:
    """The numbers of the conjunctions in a mask, in the order of their rules: the highest first."""
    while mask:
        top = mask.bit_length() - 1
        yield top
        mask ^= 1 << top
