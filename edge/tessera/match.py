"""Masks: which conjunctions hold for a visitor's values, with one look-up per attribute and an AND of integers.

Bit i of a mask stands for conjunction i; conjunctions are numbered slot by slot, rule by rule, so the first rule that
holds is the lowest set bit. Compare "Indexing Boolean Expressions" (Whang et al., VLDB 2009). `evaluate` decides the
same conditions as trees, for what masks cannot express.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Mapping, Sequence

from tessera.operators import OPERATORS, conjunction, disjunction, negation

_OPPOSITE = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}


@dataclass(frozen=True, slots=True)
class Check:
    """A test that is asked once: masks of the conjunctions that survive a true, a false, an unknown answer."""

    function: Callable[[Any, Any], Any]
    argument: Any
    if_true: int
    if_false: int
    if_unknown: int


@dataclass(frozen=True, slots=True)
class Term:
    """All that the rules ask of one attribute (or of a function of it), as masks."""

    attribute: str
    function: Callable[[Any], Any] | None
    absent: int
    present: int
    table: Mapping[Any, int]
    other: int
    points: tuple
    regions: tuple[int, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """The terms of a bundle, and `everything`: the mask of all conjunctions."""

    terms: tuple[Term, ...]
    everything: int


def build(terms: Sequence, tests: Sequence, conjunctions: Sequence, lists: Mapping[str, frozenset]) -> Index:
    """Turn sparse postings into masks.

    Args:
        terms: (attribute, function name or "", ordered?) each.
        tests: (term, operator, argument) each; `in_list` names a list.
        conjunctions: literals each: 2 × test, plus one where the test is negated.
        lists: the named lists of the site.
    """
    asked: list[dict[int, list[tuple[int, bool]]]] = [{} for _ in terms]  # term → test → [(conjunction, negated)]
    for number, literals in enumerate(conjunctions):
        for literal in literals:
            test, negated = literal >> 1, bool(literal & 1)
            asked[tests[test][0]].setdefault(test, []).append((number, negated))
    everything = (1 << len(conjunctions)) - 1
    built = [_term(term, asked[i], tests, lists, everything) for i, term in enumerate(terms)]
    return Index(tuple(built), everything)


def _mask(numbers: Any) -> int:
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask


def _term(term: Sequence, asked: Mapping[int, list], tests: Sequence, lists: Mapping, everything: int) -> Term:
    attribute, function, ordered = term
    absent, present = everything, everything
    value_tests, checks = [], []
    for test, uses in asked.items():
        op, argument = tests[test][1], tests[test][2]
        wanting = _mask(n for n, negated in uses if not negated)
        refusing = _mask(n for n, negated in uses if negated)
        if op == "has":
            absent &= ~wanting
            present &= ~refusing
            continue
        absent &= ~(wanting | refusing)
        if (ordered and op in _OPPOSITE) or op in ("eq", "in"):
            value_tests.append((op, argument, wanting, refusing))
        else:
            argument = lists[argument] if op == "in_list" else argument
            checks.append(_check(op, argument, wanting, refusing, everything))
    points, regions = _regions(value_tests, everything) if ordered else ((), ())
    table, other = _table(value_tests, everything) if not ordered else ({}, everything)
    call = OPERATORS[function] if function else None
    return Term(attribute, call, absent, present, table, other, points, regions, tuple(checks))


def _check(op: str, argument: Any, wanting: int, refusing: int, everything: int) -> Check:
    if op == "in_list":
        function = OPERATORS["in"]
    elif op == "has_element":
        function = _has_element
    else:
        function = OPERATORS[op]
    return Check(function, argument, everything & ~refusing, everything & ~wanting, everything & ~(wanting | refusing))


def _has_element(collection: Any, element: Any) -> Any:
    return OPERATORS["in"](element, collection)


def _values(op: str, argument: Any) -> tuple:
    return argument if op == "in" else (argument,)


def _table(tests: list, everything: int) -> tuple[dict, int]:
    """Equality and membership: value → survivors, and the survivors of a value that no test names.

    A conjunction survives where every test that it wants names the value; `twice` are those that want several.
    """
    wanted = twice = 0
    for _, _, wanting, _ in tests:
        twice |= wanted & wanting
        wanted |= wanting
    other = everything & ~wanted
    table: dict[Any, int] = {}
    for op, argument, wanting, _ in tests:
        for value in _values(op, argument):
            table[value] = table.get(value, other | twice) | wanting
    for op, argument, wanting, _ in tests:
        if wanting & twice:
            inside = frozenset(_values(op, argument))
            for value in table.keys() - inside:
                table[value] &= ~(wanting & twice)
    for op, argument, _, refusing in tests:
        for value in _values(op, argument):
            table[value] &= ~refusing
    return table, other


def _regions(tests: list, everything: int) -> tuple[tuple, tuple[int, ...]]:
    """Thresholds: sorted points cut the line into regions; survivors of each.

    Regions are odd at a point and even between points. A conjunction dies in all regions up to one, or from one on.
    """
    points = sorted({point for op, argument, _, _ in tests for point in _values(op, argument)})
    number = {point: 2 * i + 1 for i, point in enumerate(points)}
    equal = [("in", tuple(number[p] for p in _values(op, a)), wanting, refusing) for op, a, wanting, refusing in tests if op not in _OPPOSITE]
    table, other = _table(equal, everything)
    regions = [table.get(region, other) for region in range(2 * len(points) + 1)]
    up_to, from_on = [0] * len(regions), [0] * len(regions)
    for op, argument, wanting, refusing in tests:
        if op in _OPPOSITE:
            _dies(_OPPOSITE[op], number[argument], wanting, up_to, from_on)
            _dies(op, number[argument], refusing, up_to, from_on)
    for region in range(1, len(regions)):
        from_on[region] |= from_on[region - 1]
        up_to[-1 - region] |= up_to[-region]
    return tuple(points), tuple(alive & ~(up_to[i] | from_on[i]) for i, alive in enumerate(regions))


def _dies(op: str, region: int, mask: int, up_to: list[int], from_on: list[int]) -> None:
    """Note that the conjunctions of a mask die wherever the value stands in this relation to the region's point."""
    if op in ("lt", "le"):
        up_to[region - (op == "lt")] |= mask
    else:
        from_on[region + (op == "gt")] |= mask


def match(index: Index, values: Mapping[str, Any], wildcard: frozenset[str] = frozenset()) -> int:
    """The mask of the conjunctions that hold. Attributes in `wildcard` are left out of account (anything could be)."""
    alive = index.everything
    for term in index.terms:
        if term.attribute in wildcard:
            continue
        value = values.get(term.attribute)
        if value is not None and term.function is not None:
            value = term.function(value)
        if value is None:
            alive &= term.absent
            continue
        alive &= term.present
        if term.table:
            alive &= term.table.get(value, term.other)
        if term.points:
            at = bisect_left(term.points, value)
            alive &= term.regions[2 * at + (at < len(term.points) and term.points[at] == value)]
        for check in term.checks:
            answer = check.function(value, check.argument)
            alive &= check.if_true if answer is True else check.if_false if answer is False else check.if_unknown
        if not alive:
            break
    return alive


def bits(mask: int) -> Iterator[int]:
    """The numbers of the conjunctions in a mask, the first first."""
    while mask:
        yield (mask & -mask).bit_length() - 1
        mask &= mask - 1


# --- trees ----------------------------------------------------------------------------------------------------------


def evaluate(tree: Sequence, values: Mapping[str, Any], scope: Mapping[str, Any] | None = None) -> Any:
    """The value of a condition as a tree, None where it is unknown.

    A tree is a tuple: ("const", v), ("ref", name), ("has", name), ("local", var), ("and"|"or", t…), ("not", t),
    ("if", condition, then, else), ("exists"|"all"|"exists_one", var, range, body) or (operator, t…). Named lists
    were put in place of ("list", name) by `bind`.
    """
    op = tree[0]
    if op == "const":
        return tree[1]
    if op == "ref":
        return values.get(tree[1])
    if op == "has":
        return values.get(tree[1]) is not None
    if op == "local":
        return scope[tree[1]] if scope else None
    if op == "and":
        return conjunction(evaluate(t, values, scope) for t in tree[1:])
    if op == "or":
        return disjunction(evaluate(t, values, scope) for t in tree[1:])
    if op == "not":
        return negation(evaluate(tree[1], values, scope))
    if op == "if":
        condition = evaluate(tree[1], values, scope)
        return None if condition is None else evaluate(tree[2 if condition else 3], values, scope)
    if op in _FOLDS:
        return _fold(tree, values, scope)
    return OPERATORS[op](*(evaluate(t, values, scope) for t in tree[1:]))


_FOLDS = ("exists", "all", "exists_one")


def names(tree: Any) -> frozenset[str]:
    """The attributes that a tree reads."""
    if not isinstance(tree, tuple) or not tree or tree[0] == "const":
        return frozenset()
    if tree[0] in ("ref", "has"):
        return frozenset(tree[1:])
    return frozenset().union(*map(names, tree[1:]))


def bind(tree: Any, lists: Mapping[str, frozenset]) -> Any:
    """The tree with ("list", name) replaced by the list itself; None stays None."""
    if not isinstance(tree, tuple) or not tree or tree[0] == "const":
        return tree
    if tree[0] == "list":
        return ("const", lists[tree[1]])
    return tuple(bind(part, lists) for part in tree)


def _fold(tree: Sequence, values: Mapping[str, Any], scope: Mapping[str, Any] | None) -> Any:
    kind, var, over, body = tree
    elements = evaluate(over, values, scope)
    if elements is None:
        return None
    outer = scope or {}
    answers = (evaluate(body, values, {**outer, var: getattr(e, "id", e)}) for e in elements)
    if kind == "exists":
        return disjunction(answers)
    if kind == "all":
        return conjunction(answers)
    known = list(answers)
    return None if None in known else known.count(True) == 1
