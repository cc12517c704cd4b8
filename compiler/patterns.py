"""Patterns (RE2 syntax) that are plain prefix, suffix, contains or alternation tests → those tests.

What is left over would need an automaton at the edge; it is refused with a fix, never run as a backtracking expression.
"""

from __future__ import annotations

from compiler.ir import Call, Const, Expr

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
