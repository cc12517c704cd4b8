"""Conditions made simpler without changing what they mean: each pass maps an expression to one of the same three-valued meaning.

Constants are folded by the edge's own operators, so that semantics exist once. An unknown constant is Const(None): it
is never true, and neither is its negation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from compiler.ir import Call, Const, Expr, Fold, Has, Local, Ref
from compiler.lower import tree
from tessera.dialects import FUNCTIONS
from tessera.evaluate import evaluate

UNKNOWN = Const(None, "null")
TRUE, FALSE = Const(True, "bool"), Const(False, "bool")
_TWO_VALUED = frozenset({"has_key", "is_null"})
_BOOLEAN = _TWO_VALUED | {"and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "in", "contains", "starts_with", "ends_with", "matches", "share"}
_TYPES = {bool: "bool", int: "int", float: "double", str: "string"}


def simplified(expr: Expr) -> Expr:
    """The expression after all passes, run until none changes it."""
    while True:
        before = expr
        for simplify in PASSES:
            expr = _everywhere(expr, simplify)
        if expr == before:
            return expr


def _everywhere(expr: Expr, simplify: Callable[[Expr], Expr]) -> Expr:
    """Apply a pass to every part, the inner ones first."""
    if isinstance(expr, Call):
        expr = Call(expr.op, tuple(_everywhere(arg, simplify) for arg in expr.args), expr.offset)
    elif isinstance(expr, Fold):
        initial = None if expr.initial is None else _everywhere(expr.initial, simplify)
        expr = Fold(expr.kind, expr.var, _everywhere(expr.range, simplify), _everywhere(expr.body, simplify), expr.offset, initial)
    return simplify(expr)


def fold(expr: Expr) -> Expr:
    """What reads nothing of the visitor → its value, where that is one value, and not a list or a map."""
    if not isinstance(expr, (Call, Fold)) or not _closed(expr, frozenset()):
        return expr
    value = evaluate(tree(expr), {})
    if value is None:
        return Const(None, "null", expr.offset)
    if type(value) not in _TYPES or isinstance(value, float) and not math.isfinite(value):
        return expr
    return Const(value, _TYPES[type(value)], expr.offset)


def decide(expr: Expr) -> Expr:
    """Connectives of which a part is constant."""
    if not isinstance(expr, Call):
        return expr
    if expr.op == "if" and isinstance(expr.args[0], Const):
        condition = expr.args[0].value
        return UNKNOWN if not isinstance(condition, bool) else expr.args[1] if condition else expr.args[2]
    if expr.op == "not" and isinstance(expr.args[0], Call) and expr.args[0].op == "not" and is_boolean(expr.args[0].args[0]):
        return expr.args[0].args[0]
    if expr.op not in ("and", "or"):
        return expr
    ends, neutral = (FALSE, TRUE) if expr.op == "and" else (TRUE, FALSE)
    parts = tuple(arg for arg in expr.args if arg != neutral)
    if ends in parts or any(_opposite(part) in parts for part in parts if _is_two_valued(part)):
        return ends
    return _joined(expr, parts, neutral)


def flatten(expr: Expr) -> Expr:
    """`a && (b && c)` → `a && b && c`, each operand once."""
    if not isinstance(expr, Call) or expr.op not in ("and", "or"):
        return expr
    parts = tuple(dict.fromkeys(_operands(expr, expr.op)))
    return _joined(expr, parts, TRUE if expr.op == "and" else FALSE)


def absorb(expr: Expr) -> Expr:
    """`a || a && b` → `a`, and `a && (a || b)` → `a`."""
    if not isinstance(expr, Call) or expr.op not in ("and", "or"):
        return expr
    inner = "or" if expr.op == "and" else "and"
    sets = [frozenset(_operands(part, inner)) for part in expr.args]
    kept = tuple(part for part, own in zip(expr.args, sets) if not any(other < own for other in sets))
    return _joined(expr, kept, TRUE if expr.op == "and" else FALSE)


PASSES: tuple[Callable[[Expr], Expr], ...] = (fold, decide, flatten, absorb)


def is_boolean(expr: Expr) -> bool:
    """Whether the value is true, false or unknown, and nothing else, whatever the visitor's values."""
    if isinstance(expr, Call):
        return expr.op in _BOOLEAN or expr.op in FUNCTIONS and FUNCTIONS[expr.op].returns == "bool"
    if isinstance(expr, (Const, Ref)):
        return expr.type == "bool"
    return isinstance(expr, Has) or isinstance(expr, Fold) and expr.kind in ("exists", "all", "exists_one")


def _is_two_valued(expr: Expr) -> bool:
    if isinstance(expr, Call):
        return _is_two_valued(expr.args[0]) if expr.op == "not" else expr.op in _TWO_VALUED
    return isinstance(expr, Has)


def _opposite(expr: Expr) -> Expr:
    return expr.args[0] if isinstance(expr, Call) and expr.op == "not" else Call("not", (expr,))


def _joined(expr: Call, parts: tuple[Expr, ...], neutral: Const) -> Expr:
    """The connective over fewer parts; the part itself where one is left that is a boolean."""
    if not parts:
        return neutral
    return parts[0] if len(parts) == 1 and is_boolean(parts[0]) else Call(expr.op, parts, expr.offset)


def _operands(expr: Expr, op: str) -> Iterator[Expr]:
    if isinstance(expr, Call) and expr.op == op:
        for arg in expr.args:
            yield from _operands(arg, op)
    else:
        yield expr


def _closed(expr: Any, local: frozenset[str]) -> bool:
    """Whether nothing that is not written in the expression decides its value."""
    if isinstance(expr, (Ref, Has)):
        return False
    if isinstance(expr, Local):
        return expr.name in local
    if isinstance(expr, Call):
        return all(_closed(arg, local) for arg in expr.args)
    if isinstance(expr, Fold):
        inner = local | {expr.var} | ({"accumulator"} if expr.kind == "reduce" else set())
        return all(_closed(part, local) for part in (expr.range, expr.initial) if part is not None) and _closed(expr.body, inner)
    return True
