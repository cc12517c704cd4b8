"""Conditions in words: what a test found, and a tree as the expression that it came from."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Sequence

from tessera.record import plain
from tessera.types import ListedItem, is_version, version_text

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MOST = 200  # characters of an expression that are told
TESTS = {
    "eq": "{0} is {1}",
    "in": "{0} is one of {1}",
    "in_list": "{0} is in the list {1}",
    "lt": "{0} is below {1}",
    "le": "{0} is at most {1}",
    "gt": "{0} is above {1}",
    "ge": "{0} is at least {1}",
    "contains": "{0} contains {1}",
    "starts_with": "{0} starts with {1}",
    "ends_with": "{0} ends with {1}",
    "has_element": "{0} has {1}",
    "matches": "{0} matches the pattern",
}
_INFIX = {
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "in": "in",
    "add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%", "and": "&&", "or": "||",
}  # fmt: skip


def quoted(value: Any, kind: str = "") -> str:
    """A value as it is written in a condition; `kind` is its type, or that of its elements."""
    if kind == "version" and is_version(value):
        return version_text(value)
    if kind == "timestamp" and isinstance(value, float):
        return moment(value)
    if isinstance(value, (list, tuple)) and not isinstance(value, ListedItem):
        head = ", ".join(quoted(v, kind) for v in value[:5])
        return f"[{head}{', …' if len(value) > 5 else ''}]"
    if value is None:
        return "null"
    value = plain(value.id if isinstance(value, ListedItem) else value)
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else str(value)


def moment(seconds: float) -> str:
    """Epoch seconds as ISO 8601 text."""
    try:
        return (_EPOCH + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    except (OverflowError, ValueError):
        return str(seconds)


def expression(tree: Any) -> str:
    """A tree as the expression that it came from, cut where it is long."""
    text = _text(tree)
    return text if len(text) <= MOST else f"{text[: MOST - 1]}…"


def _text(tree: Sequence) -> str:
    op, *parts = tree
    if op == "const":
        return quoted(parts[0]) if not isinstance(parts[0], frozenset) else "a list"
    if op in ("ref", "local"):
        return parts[0]
    if op == "has":
        return f"has({parts[0]})"
    if op == "not":
        return f"!({_text(parts[0])})"
    if op == "if":
        return f"{_text(parts[0])} ? {_text(parts[1])} : {_text(parts[2])}"
    if op in ("exists", "all", "exists_one", "map", "filter", "reduce"):
        return f"{_text(parts[1])}.{op}({parts[0]}, {_text(parts[2])})"
    told = [f"({_text(part)})" if part[0] in _INFIX and op in _INFIX else _text(part) for part in parts]
    return f" {_INFIX[op]} ".join(told) if op in _INFIX and len(told) > 1 else f"{op}({', '.join(told)})"
