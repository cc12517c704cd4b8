"""Conditions as trees: what masks cannot express, and whatever yields a value. The two must agree where both can decide."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

from tessera import assign
from tessera.dialects import FUNCTIONS
from tessera.operators import OPERATORS, conjunction, disjunction, negation


def evaluate(tree: Sequence, values: Mapping[str, Any], scope: Mapping[str, Any] | None = None) -> Any:
    """The value of a condition as a tree, None where it is unknown.

    A tree is a tuple: ("const", v), ("ref", name), ("has", name), ("local", var), ("and"|"or", t…), ("not", t),
    ("if", condition, then, else), ("exists"|"all"|"exists_one"|"map"|"filter", var, range, body),
    ("reduce", var, range, body, initial), or (operator, t…). Named lists were put in place of ("list", name) by `bind`.
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
        return evaluate(tree[2 if condition else 3], values, scope) if isinstance(condition, bool) else None
    if op in _FOLDS:
        return _fold(tree, values, scope)
    return operation(op)(*(evaluate(t, values, scope) for t in tree[1:]))


def operation(op: str) -> Callable[..., Any]:
    """The function of an operator, or of a dialect's function by its full name (`growthbook.gt`)."""
    return FUNCTIONS[op].call if "." in op else OPERATORS[op] if op in OPERATORS else _OWN[op]


def _share(salt: str, unit: Any, parts: int) -> Any:
    """Whether a unit is among so many parts per million; unknown where the unit is."""
    text = assign.unit_text(unit)
    return None if text is None else assign.bucket(salt, text) < assign.point(parts, 1_000_000)


_OWN: dict[str, Callable[..., Any]] = {"share": _share}


_FOLDS = ("exists", "all", "exists_one", "map", "filter", "reduce")


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
    kind, var, over, body = tree[:4]
    elements = evaluate(over, values, scope)
    if not isinstance(elements, (tuple, list, dict, frozenset)):
        return None
    outer = scope or {}
    if kind == "reduce":
        total = evaluate(tree[4], values, scope)
        for element in elements:
            total = evaluate(body, values, {**outer, var: element, "accumulator": total})
        return total
    elements = [getattr(element, "id", element) for element in elements]
    answers = (evaluate(body, values, {**outer, var: element}) for element in elements)
    if kind == "exists":
        return disjunction(answers)
    if kind == "all":
        return conjunction(answers)
    known = list(answers)
    if kind == "map":
        return tuple(known)
    if any(answer is not True and answer is not False for answer in known):
        return None
    return known.count(True) == 1 if kind == "exists_one" else tuple(e for e, kept in zip(elements, known) if kept)
