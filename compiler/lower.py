"""Conditions → disjunctive normal form over tests of single attributes; what does not fit stays a tree.

Negations are pushed to the tests (De Morgan's laws hold in Kleene's logic), so a conjunction is true exactly where the
condition, evaluated as a tree, is true. The two must agree for every visitor.
"""

from __future__ import annotations

from itertools import product
from typing import Mapping

from compiler.ir import Call, Conjunction, Const, Expr, Fold, Has, Literal, Local, Ref, Term, Test
from tessera.types import parse_version

MAX_CONJUNCTIONS = 64  # of one rule; beyond it the rule is evaluated as a tree
_ORDERED = frozenset({"int", "double", "timestamp", "duration", "version"})
_TEXTS = frozenset({"string", "enum", "ip"})
_COMPARE = {"eq": "eq", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}  # with the sides exchanged
_NEGATED = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}


class _TooMany(Exception):
    """The normal form would exceed the bound."""


def inline(expr: Expr, segments: Mapping[str, Expr], markets: Mapping[str, Expr] = {}) -> Expr:
    """Replace references to segments, and to markets (by their full names), by their conditions. The checker has refused cycles."""
    if isinstance(expr, Ref) and expr.name.startswith("segment."):
        return inline(segments[expr.name[8:]], segments, markets)
    if isinstance(expr, Ref) and expr.name in markets:
        return markets[expr.name]
    if isinstance(expr, Call):
        return Call(expr.op, tuple(inline(arg, segments, markets) for arg in expr.args), expr.offset)
    if isinstance(expr, Fold):
        initial = None if expr.initial is None else inline(expr.initial, segments, markets)
        return Fold(expr.kind, expr.var, inline(expr.range, segments, markets), inline(expr.body, segments, markets), expr.offset, initial)
    return expr


def lower(expr: Expr, types: Mapping[str, str]) -> tuple[Conjunction, ...]:
    """The condition as conjunctions; none at all where it can never be true.

    Args:
        expr: a boolean condition without references to segments.
        types: attribute name → declared type.
    """
    return tuple(c for c in alternatives(expr, types) if not _impossible(c))


def alternatives(expr: Expr, types: Mapping[str, str]) -> tuple[Conjunction, ...]:
    """The same, with the conjunctions that can never be true."""
    try:
        return tuple(_dnf(expr, False, types))
    except _TooMany:
        return (Conjunction((), expr),)


def _dnf(expr: Expr, negated: bool, types: Mapping[str, str]) -> list[Conjunction]:
    if isinstance(expr, Const):
        return [Conjunction(())] if expr.value is (not negated) else []
    if isinstance(expr, Call) and expr.op == "not":
        return _dnf(expr.args[0], not negated, types)
    if isinstance(expr, Call) and expr.op in ("and", "or"):
        parts = [_dnf(arg, negated, types) for arg in expr.args]
        return _any(parts) if (expr.op == "or") is not negated else _all(parts)
    literal = _literal(expr, negated, types)
    if literal is not None:
        return [Conjunction((literal,))]
    return [Conjunction((), Call("not", (expr,)) if negated else expr)]


def _any(parts: list[list[Conjunction]]) -> list[Conjunction]:
    found = list(dict.fromkeys(c for part in parts for c in part))
    if len(found) > MAX_CONJUNCTIONS:
        raise _TooMany
    return found


def _all(parts: list[list[Conjunction]]) -> list[Conjunction]:
    size = 1
    for part in parts:
        size *= len(part)
    if size > MAX_CONJUNCTIONS:
        raise _TooMany
    return list(dict.fromkeys(_join(chosen) for chosen in product(*parts)))


def _join(parts: tuple[Conjunction, ...]) -> Conjunction:
    literals = tuple(dict.fromkeys(literal for part in parts for literal in part.literals))
    trees = tuple(part.tree for part in parts if part.tree is not None)
    return Conjunction(literals, trees[0] if len(trees) == 1 else Call("and", trees) if trees else None)


def _impossible(conjunction: Conjunction) -> bool:
    """A test and its own negation, or two different values asked of one attribute."""
    wanted: dict[Term, set] = {}
    for literal in conjunction.literals:
        if Literal(literal.test, not literal.negated) in conjunction.literals:
            return True
        if not literal.negated and literal.test.op in ("eq", "in"):
            values = set(literal.test.argument if literal.test.op == "in" else (literal.test.argument,))
            wanted[literal.test.term] = wanted.get(literal.test.term, values) & values
    return any(not values for values in wanted.values())


def _literal(expr: Expr, negated: bool, types: Mapping[str, str]) -> Literal | None:
    """The expression as one test of one attribute against a constant, if it is one."""
    if isinstance(expr, Ref) and types.get(expr.name) == "bool":
        return Literal(Test(Term(expr.name, "", False), "eq", not negated))
    if isinstance(expr, Has) and expr.name in types:
        return Literal(Test(Term(expr.name, "", False), "has", True), negated)
    if not isinstance(expr, Call) or len(expr.args) != 2:
        return None
    if "." in expr.op:  # a function of a dialect, of one attribute and one constant
        subject, argument = expr.args
        if isinstance(subject, Ref) and subject.name in types and isinstance(argument, Const):
            return Literal(Test(Term(subject.name, "", False), expr.op, constant(argument)), negated)
        return None
    return _comparison(expr.op, *expr.args, negated, types)


def _comparison(op: str, left: Expr, right: Expr, negated: bool, types: Mapping[str, str]) -> Literal | None:
    if op == "ne":
        return _comparison("eq", left, right, not negated, types)
    if isinstance(left, Const) and op in _COMPARE:
        op, left, right = _COMPARE[op], right, left
    if op == "in":
        return _membership(left, right, negated, types)
    term = _term(left, types)
    if term is None or not isinstance(right, Const):
        return None
    if op in _NEGATED:
        return Literal(Test(term, _NEGATED[op] if negated else op, constant(right))) if term.ordered and _fits(right, term, types) else None
    if op == "eq" and _single(right) and _fits(right, term, types):
        return Literal(Test(term, "eq", constant(right)), negated)
    if op in ("contains", "starts_with", "ends_with", "matches"):
        return Literal(Test(term, op, right.value), negated)
    return None


def _single(const: Const) -> bool:
    return not const.type.startswith(("list", "map")) and const.value is not None


def _fits(const: Const, term: Term, types: Mapping[str, str]) -> bool:
    """Whether a constant is of the type of what it is asked of, so that look-ups and thresholds compare as the operators do."""
    kind = {"": types[term.attribute], "size": "int"}.get(term.function, "string")
    of = const.type.removeprefix("list<").removesuffix(">")
    return const.value == () or of == kind or of in _TEXTS and kind in _TEXTS


def _membership(element: Expr, collection: Expr, negated: bool, types: Mapping[str, str]) -> Literal | None:
    if isinstance(collection, Ref) and not collection.name.startswith("lists."):
        if isinstance(element, Const) and types.get(collection.name, "").startswith("list<"):
            return Literal(Test(Term(collection.name, "", False), "has_element", constant(element)), negated)
        return None
    term = _term(element, types)
    if term is None:
        return None
    if isinstance(collection, Ref):
        return Literal(Test(term, "in_list", collection.name[6:]), negated)
    if isinstance(collection, Const) and isinstance(collection.value, tuple) and _fits(collection, term, types):
        return Literal(Test(term, "in", tuple(dict.fromkeys(constant(collection)))), negated)
    return None


def _term(expr: Expr, types: Mapping[str, str]) -> Term | None:
    if isinstance(expr, Ref) and expr.name in types and types[expr.name] != "any":
        return Term(expr.name, "", types[expr.name] in _ORDERED)
    if isinstance(expr, Call) and expr.op in ("size", "lower_ascii", "upper_ascii") and isinstance(expr.args[0], Ref) and types.get(expr.args[0].name, "any") != "any":
        return Term(expr.args[0].name, expr.op, expr.op == "size")
    return None


def constant(const: Const) -> object:
    """A literal as the edge holds such values: versions as tuples that sort by precedence, moments and doubles as floats."""
    read = _READ.get(const.type.removeprefix("list<").removesuffix(">"))
    if read is None:
        return const.value
    return tuple(map(read, const.value)) if const.type.startswith("list<") else read(const.value)


_READ = {"version": parse_version, "double": float, "timestamp": float, "duration": float}


def tree(expr: Expr) -> tuple:
    """The expression as a tree that tessera.evaluate understands."""
    if isinstance(expr, Const):
        return ("const", constant(expr))
    if isinstance(expr, Ref):
        return ("list", expr.name[6:]) if expr.name.startswith("lists.") else ("ref", expr.name)
    if isinstance(expr, Local):
        return ("local", expr.name)
    if isinstance(expr, Has):
        return ("has", expr.name)
    if isinstance(expr, Fold):
        initial = () if expr.initial is None else (tree(expr.initial),)
        return (expr.kind, expr.var, tree(expr.range), tree(expr.body), *initial)
    return (expr.op, *(tree(arg) for arg in expr.args))
