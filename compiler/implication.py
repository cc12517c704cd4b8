"""What tests say together: whether they can all hold, and what follows from them.

Sound but not complete: a contradiction that is told is one for every visitor, not every contradiction is found. Values
that can be listed (of an equality, an enumeration, a few whole numbers) are tried with the edge's own operators.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from compiler.ir import Call, Conjunction, Const, Expr, Literal, Term, Test
from tessera.evaluate import operation
from tessera.operators import OPERATORS
from tessera.types import version_text

_OPPOSITE = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}
_SIGNS = {"eq": "==", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "in": "in"}
_CALLS = {"contains": "contains", "starts_with": "startsWith", "ends_with": "endsWith", "matches": "matches", "lower_ascii": "lowerAscii", "upper_ascii": "upperAscii"}
_FEW = 64  # whole numbers between two thresholds that are tried one by one


class World(NamedTuple):
    """What is known of the attributes.

    Attributes:
        kinds: attribute → kind (`int`, `enum`…).
        members: enumeration → its values.
        lists: named list → its values.
    """

    kinds: Mapping[str, str]
    members: Mapping[str, tuple[str, ...]] = {}
    lists: Mapping[str, frozenset[str]] = {}


def conflict(conjunction: Conjunction, world: World) -> tuple[Literal | Expr, ...]:
    """Some literals (or trees) of a conjunction that never hold together; none where no contradiction is found."""
    parts = operands(conjunction.tree)
    for part in parts:
        if isinstance(part, Const) and part.value is not True:
            return (part,)
        if isinstance(part, Call) and part.op == "not" and part.args[0] in parts:
            return part.args[0], part
    for literals in by_attribute(conjunction.literals).values():
        found = _contradiction(literals, world)
        if found:
            return found
    return ()


def follows(literal: Literal, literals: Sequence[Literal], world: World) -> bool:
    """Whether a literal holds wherever these literals, of its attribute, all do."""
    if literal in literals:
        return True
    if literal.test.op == "has" and not literal.negated:
        return any(map(_needs_value, literals))
    if "." in literal.test.op or not (literal.test.op == "has" or any(map(_needs_value, literals))):
        return False  # only of a known value is a test either true or false
    return bool(_contradiction((*literals, opposite(literal)), world))


def implies(one: Conjunction, other: Conjunction, world: World) -> bool:
    """Whether the other conjunction holds wherever the first one does."""
    if not set(operands(other.tree)) <= set(operands(one.tree)):
        return False
    known = by_attribute(one.literals)
    return all(follows(literal, known.get(literal.test.term.attribute, ()), world) for literal in other.literals)


def operands(tree: Expr | None) -> tuple[Expr, ...]:
    """What must all hold for a tree to hold."""
    return () if tree is None else tree.args if isinstance(tree, Call) and tree.op == "and" else (tree,)


def by_attribute(literals: Iterable[Literal]) -> dict[str, tuple[Literal, ...]]:
    """The literals of each attribute."""
    found: dict[str, tuple[Literal, ...]] = {}
    for literal in literals:
        name = literal.test.term.attribute
        found[name] = (*found.get(name, ()), literal)
    return found


def opposite(literal: Literal) -> Literal:
    """What holds of a known value for which the literal does not."""
    test = literal.test
    if test.op in _OPPOSITE and test.term.ordered:
        return Literal(Test(test.term, _OPPOSITE[test.op], test.argument), literal.negated)
    return Literal(test, not literal.negated)


def _needs_value(literal: Literal) -> bool:
    """Whether a literal holds of known values alone; functions of other tools may hold of missing ones."""
    return "." not in literal.test.op and (literal.test.op != "has" or not literal.negated)


# --- contradictions of one attribute -------------------------------------------------------------------------------------


def _contradiction(literals: Sequence[Literal], world: World) -> tuple[Literal, ...]:
    for number, literal in enumerate(literals):
        other = opposite(literal)
        if other in literals[:number]:
            return other, literal
    values = listed(literals, world)
    if values is not None:
        return () if any(_all_hold(literals, value, world) for value in values) else tuple(literals)
    by_term: dict[tuple[str, str], list[Literal]] = {}
    for literal in literals:
        by_term.setdefault((literal.test.term.attribute, literal.test.term.function), []).append(literal)
    for (_, function), same in by_term.items():
        found = _no_text(same) or _no_number(same, world) or (_no_result(same, world) if function else ())
        if found:
            return found
    return ()


def _no_result(literals: Sequence[Literal], world: World) -> tuple[Literal, ...]:
    """The tests of a function's value, where it is to equal what another of them refuses."""
    asked = [_of_value(literal) for literal in literals]
    values = _equal(asked)
    return () if values is None or any(_all_hold(asked, value, world) for value in values) else tuple(literals)


def listed(literals: Sequence[Literal], world: World) -> Sequence[Any] | None:
    """Values among which an attribute's must be for the literals to hold; None where they cannot be listed."""
    if any(literal.test.op == "has" and literal.negated for literal in literals):
        return (None,)
    plain = [literal for literal in literals if not literal.test.term.function]
    values = _equal(plain)
    if values is not None:
        return values
    if not any(map(_needs_value, literals)):
        return None
    name = literals[0].test.term.attribute
    if world.kinds.get(name) == "bool":
        return (True, False)
    if world.members.get(name):
        return world.members[name]
    low, high = _bounds(plain)
    if world.kinds.get(name) == "int" and low is not None and high is not None and high[0] - low[0] <= _FEW:
        return range(low[0], high[0] + 1)
    return None


def _equal(literals: Iterable[Literal]) -> tuple[Any, ...] | None:
    """The values that the first equality or membership allows."""
    for literal in literals:
        if literal.test.op in ("eq", "in") and not literal.negated:
            return literal.test.argument if literal.test.op == "in" else (literal.test.argument,)
    return None


def _all_hold(literals: Iterable[Literal], value: Any, world: World) -> bool:
    """Whether all literals can hold of a value; None is a missing one."""
    return all(_holds(literal, value, world) for literal in literals)


def _holds(literal: Literal, value: Any, world: World) -> bool:
    test = literal.test
    if test.op == "has":
        return (value is not None) is not literal.negated
    if test.term.function and value is not None:
        value = OPERATORS[test.term.function](value)
    if test.op == "in_list":
        if value is not None and test.argument not in world.lists:
            return True  # it may
        answer = OPERATORS["in"](value, world.lists.get(test.argument, frozenset()))
    elif test.op == "has_element":
        answer = OPERATORS["in"](test.argument, value)
    else:
        answer = operation(test.op)(value, test.argument)
    return answer is (not literal.negated)


Bound = tuple[Any, bool]  # a threshold, and whether it is itself left out


def _bounds(literals: Iterable[Literal]) -> tuple[Bound | None, Bound | None]:
    """The highest lower and the lowest upper threshold."""
    low: Bound | None = None
    high: Bound | None = None
    for literal in literals:
        op, argument = literal.test.op, literal.test.argument
        if not literal.test.term.ordered or op not in _OPPOSITE:
            continue
        bound = argument, op in ("lt", "gt")
        if op in ("gt", "ge"):
            low = bound if low is None or (argument, bound[1]) > low else low
        else:
            high = bound if high is None or (argument, not bound[1]) < (high[0], not high[1]) else high
    return low, high


def _no_number(literals: Sequence[Literal], world: World) -> tuple[Literal, ...]:
    """The thresholds between which there is nothing."""
    ordered = [literal for literal in literals if literal.test.term.ordered]
    low, high = _bounds(ordered)
    whole = bool(ordered) and (ordered[0].test.term.function == "size" or world.kinds.get(ordered[0].test.term.attribute) == "int")
    if low is not None and high is not None:
        if low[0] > high[0] or low[0] == high[0] and (low[1] or high[1]) or whole and low[0] + low[1] > high[0] - high[1]:
            return tuple(literal for literal in ordered if (literal.test.argument, literal.test.op in ("lt", "gt")) in (low, high) and literal.test.op in _OPPOSITE)
    if whole and ordered[0].test.term.function == "size" and high is not None and high[0] - high[1] < 0:
        return tuple(literal for literal in ordered if literal.test.op in ("lt", "le"))
    return ()


def _of_value(literal: Literal) -> Literal:
    """The literal, asked of the function's value itself."""
    term = literal.test.term
    return Literal(Test(Term(term.attribute, "", term.ordered), literal.test.op, literal.test.argument), literal.negated)


def _no_text(literals: Sequence[Literal]) -> tuple[Literal, ...]:
    """Two tests of the parts of a text that exclude each other."""
    wanted = [literal for literal in literals if not literal.negated and literal.test.op in ("starts_with", "ends_with", "contains")]
    for number, one in enumerate(wanted):
        for other in wanted[:number]:
            if one.test.op == other.test.op and _ends_differ(one.test.op, one.test.argument, other.test.argument):
                return other, one
    for refused in literals:
        if refused.negated and refused.test.op in ("starts_with", "ends_with", "contains"):
            for one in wanted:
                if _has_part(one, refused):
                    return one, refused
    return ()


def _ends_differ(op: str, a: str, b: str) -> bool:
    if op == "starts_with":
        return not a.startswith(b) and not b.startswith(a)
    return op == "ends_with" and not a.endswith(b) and not b.endswith(a)


def _has_part(one: Literal, refused: Literal) -> bool:
    """Whether every text with the one part has the refused part too."""
    text, part = one.test.argument, refused.test.argument
    if refused.test.op == "contains":
        return part in text
    return one.test.op == refused.test.op and OPERATORS[refused.test.op](text, part) is True


# --- in words ------------------------------------------------------------------------------------------------------------


def written(literal: Literal) -> str:
    """A literal as an author would write it."""
    test = literal.test
    name = test.term.attribute
    if test.term.function:
        name = f"size({name})" if test.term.function == "size" else f"{name}.{_CALLS[test.term.function]}()"
    if test.op == "has":
        return f"{'!' * literal.negated}has({name})"
    if test.op == "eq" and isinstance(test.argument, bool):
        return f"{'!' * (literal.negated == test.argument)}{name}"
    if test.op == "eq" and literal.negated:
        return f"{name} != {_value(test.argument)}"
    return f"!({_asked(name, test)})" if literal.negated else _asked(name, test)


def told(conflicts: Sequence[tuple[Literal | Expr, ...]]) -> str:
    """Why a condition never holds, whose alternatives all have a conflict."""
    if len(conflicts) == 1 and len(conflicts[0]) > 1 and all(isinstance(part, Literal) for part in conflicts[0]):
        *others, last = (written(literal) for literal in conflicts[0])
        return f"{', '.join(others)} and {last} exclude each other"
    return "its condition contradicts itself" if conflicts else "its condition is never true"


def _asked(name: str, test: Test) -> str:
    if test.op == "in_list":
        return f"{name} in lists.{test.argument}"
    if test.op == "has_element":
        return f"{_value(test.argument)} in {name}"
    if test.op == "in":
        return f"{name} in [{', '.join(map(_value, test.argument[:5]))}{', …' if len(test.argument) > 5 else ''}]"
    if test.op in _SIGNS:
        return f"{name} {_SIGNS[test.op]} {_value(test.argument)}"
    argument = test.argument[0] if test.op == "matches" else test.argument
    return f"{test.op}({name}, …)" if "." in test.op else f"{name}.{_CALLS[test.op]}({_value(argument)})"


def _value(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return f'version("{version_text(value)}")'
    return str(value).lower() if isinstance(value, bool) else str(value)
