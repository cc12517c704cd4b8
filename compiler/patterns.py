"""Patterns (RE2 syntax) → plain prefix, suffix, contains or alternation tests where they are such, else automata.

The automata run at the edge in time linear in the text (tessera.automaton); nothing backtracks.
"""

from __future__ import annotations

from collections.abc import Callable

from compiler.ir import Call, Const, Expr, Fold
from compiler.regex_program import compile
from tessera.dialects import FUNCTIONS

__all__ = ["compile", "plain", "without"]
_SPECIAL = frozenset("\\.+*?()|[]{}^$")


def plain(subject: Expr, pattern: str, offset: int) -> Expr | None:
    """`subject.matches(pattern)` by plain tests; None where the pattern needs more."""
    starts, ends = pattern.startswith("^"), pattern.endswith("$") and not pattern.endswith("\\$")
    body = pattern[starts : len(pattern) - ends]
    grouped = _ungrouped(body)
    if grouped is None and "|" in body and (starts or ends):
        return None  # ^a|b$ anchors only the outer alternatives
    texts = [_literal(part) for part in (body if grouped is None else grouped).split("|")]
    if any(text is None for text in texts):
        return None
    if starts and ends:
        return Call("in", (subject, Const(tuple(texts), "list<string>")), offset)
    op = "starts_with" if starts else "ends_with" if ends else "contains"
    tests = tuple(Call(op, (subject, Const(text, "string")), offset) for text in texts)
    return tests[0] if len(tests) == 1 else Call("or", tests, offset)


def _ungrouped(body: str) -> str | None:
    """The inside of a pattern that is one group as a whole; None for any other."""
    for opening in ("(?:", "("):
        inside = body[len(opening) : -1]
        if body.startswith(opening) and body.endswith(")") and not body.endswith("\\)") and "(" not in inside and ")" not in inside:
            return inside
    return None


def _literal(text: str) -> str | None:
    """The text that a pattern without operators matches; None where there is an operator."""
    out, escaped = [], False
    for char in text:
        if escaped:
            if char.isalnum():
                return None
            out.append(char)
            escaped = False
        elif char == "\\":
            escaped = True
        elif char in _SPECIAL:
            return None
        else:
            out.append(char)
    return None if escaped else "".join(out)


def without(expr: Expr, refuse: Callable[[Const, str], None]) -> Expr | None:
    """The expression with plain tests or programs in place of its patterns.

    Args:
        refuse: is told of each pattern that the edge cannot run, and why; then there is no expression.
    """
    if isinstance(expr, Fold):
        parts = [without(part, refuse) for part in (expr.range, expr.body, expr.initial) if part is not None]
        return None if None in parts else Fold(expr.kind, expr.var, parts[0], parts[1], expr.offset, *parts[2:])
    if not isinstance(expr, Call):
        return expr
    args = [without(arg, refuse) for arg in expr.args]
    if None in args:
        return None
    simple = plain(args[0], args[1].value, expr.offset) if expr.op == "matches" else None
    if simple is not None:
        return simple
    if expr.op == "matches" or expr.op in FUNCTIONS and FUNCTIONS[expr.op].pattern:
        args[-1] = _program(args[-1], refuse)
    return None if None in args else Call(expr.op, tuple(args), expr.offset)


def _program(pattern: Const, refuse: Callable[[Const, str], None]) -> Const | None:
    try:
        return Const(compile(pattern.value), "pattern", pattern.offset)
    except ValueError as error:
        refuse(pattern, str(error))
        return None
