"""The parts that imported conditions are made of, as CEL text; and the attributes that they read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from compiler import patterns
from compiler.frontends.document import parse
from compiler.frontends.site import Attribute, Experiment, Flag, ImportRefused, Names, Segment

_PIECES = re.compile(r'"(?:[^"\\]|\\.)*"|[()\[\]{}]|&&|\|\|')  # texts, brackets, and what joins conditions
_ATTRIBUTE = re.compile(r"\bvisitor\.([a-z0-9_]+)")

ALWAYS, NEVER = "true", "false"
LONGEST = 10_000  # characters of a condition


class Attributes:
    """The attributes that an imported site reads, in the order in which they were first asked for."""

    def __init__(self) -> None:
        self._names = Names()

    def of(self, original: str) -> str:
        """The reference to the attribute that callers supply under a name: `userId` → `visitor.user_id`."""
        return f"visitor.{self._names.of(original)}"

    def read_by(self, flags: Iterable[Flag], experiments: Iterable[Experiment] = (), segments: Iterable[Segment] = ()) -> tuple[Attribute, ...]:
        """Those that a site's conditions read or its experiments randomise."""
        texts = [rule.when for flag in flags for rule in flag.rules] + [segment.when for segment in segments]
        texts += [unit for experiment in experiments for unit in (experiment.unit, experiment.fallback_unit) if unit]
        read = set(_ATTRIBUTE.findall(" ".join(texts)))
        return tuple(Attribute(name, original) for original, name in self._names.taken.items() if name in read)


def literal(value: Any) -> str:
    """A text, a number, a truth value, null or a list of such as CEL."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(literal, value))}]"
    return json.dumps(value, ensure_ascii=False)


def all_of(terms: Iterable[str]) -> str:
    """The terms joined by `and`; a term that joins by `or` has its own parentheses."""
    held = [term for term in dict.fromkeys(terms) if term != ALWAYS]
    return NEVER if NEVER in held else " && ".join(held) or ALWAYS


def any_of(terms: Iterable[str]) -> str:
    """The terms joined by `or`, in parentheses where there are several."""
    held = [term for term in dict.fromkeys(terms) if term != NEVER]
    if ALWAYS in held:
        return ALWAYS
    return f"({' || '.join(held)})" if len(held) > 1 else "".join(held) or NEVER


def bare(condition: str) -> str:
    """A condition without parentheses around the whole of it."""
    if not condition.startswith("("):
        return condition
    depth, end = 0, len(condition)
    for found in _PIECES.finditer(condition):
        depth += (found.group() == "(") - (found.group() == ")")
        if depth == 0 and found.group() == ")":
            end = found.end()
            break
    return condition[1:-1] if end == len(condition) else condition


def joined_by(condition: str) -> set[str]:
    """Which of && and || stand in a condition outside brackets and texts."""
    found, depth = set(), 0
    for piece in _PIECES.findall(condition):
        depth += (piece in "([{") - (piece in ")]}")
        if depth == 0 and piece in ("&&", "||"):
            found.add(piece)
    return found


def negated(term: str) -> str:
    """The opposite of a single term: of a call, a reference, or what is in parentheses."""
    if term in (ALWAYS, NEVER):
        return NEVER if term == ALWAYS else ALWAYS
    return term.removeprefix("!") if term.startswith("!") else f"!{term}"


def refused_pattern(pattern: str) -> str:
    """Why a pattern cannot be expressed; "" where it can."""
    try:
        patterns.compile(pattern)
    except ValueError as error:
        return str(error)
    return ""


def loaded(source: str) -> dict[str, Any]:
    """The JSON object of a foreign file, every text of which can be written.

    Raises:
        ImportRefused: where it is none.
    """
    found = parse(source)
    try:
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise ImportRefused("a text holds half a surrogate pair, which is no character") from None
    return found


def objects(holder: dict[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    """The objects of a list of a foreign file; none where there is no such list.

    Raises:
        ImportRefused: where it is something else.
    """
    found = holder.get(key)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(element, dict) for element in found):
        raise ImportRefused(f"{where}: `{key}` is not a list of objects")
    return found


def mapping(holder: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    """The object under a key of a foreign file; an empty one where there is none.

    Raises:
        ImportRefused: where it is something else.
    """
    found = holder.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ImportRefused(f"{where}: `{key}` is not an object")
    return found


def text(holder: dict[str, Any], key: str, where: str) -> str:
    """The text under a key of a foreign file.

    Raises:
        ImportRefused: where there is none, or an empty one.
    """
    found = holder.get(key)
    if not isinstance(found, str):
        raise ImportRefused(f"{where}: `{key}` is not a text")
    if not found:
        raise ImportRefused(f"{where}: `{key}` is empty")
    return found
