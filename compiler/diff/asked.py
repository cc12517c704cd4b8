"""What conditions ask of each attribute: the constants that a sample must have for rules to be met."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tessera.resolved import Bundle

MOST = 64  # constants of a list that are taken
_ORDER = ("lt", "le", "gt", "ge")
_PARTS = ("contains", "starts_with", "ends_with")


@dataclass(slots=True)
class Asked:
    """Of one attribute: values that it is compared with, thresholds, elements of a list or keys of a map, lengths, and thresholds by key."""

    values: dict[Any, None] = field(default_factory=dict)
    cuts: dict[Any, None] = field(default_factory=dict)
    elements: dict[Any, None] = field(default_factory=dict)
    sizes: dict[int, None] = field(default_factory=dict)
    keyed: dict[Any, None] = field(default_factory=dict)


def asked(*bundles: Bundle) -> dict[str, Asked]:
    """What all conditions of some bundles ask: of rules, segments, jurisdictions and pauses."""
    found: dict[str, Asked] = {}
    for bundle in bundles:
        for term, op, argument, _ in bundle.postings.questions:
            attribute, function, _ = bundle.postings.terms[term]
            if op == "in_list":
                op, argument = "in", bundle.lists[argument]
            _note(found.setdefault(attribute, Asked()), function, op, argument)
        trees = [*bundle.trees.values(), *bundle.segments.values(), *(when for _, when, _, _ in bundle.jurisdictions), *(c.pause for c in bundle.campaigns)]
        trees += [when for _, when in (bundle.markets.rows if bundle.markets else ())]
        for tree in trees:
            _walk(found, tree)
    return found


def _note(one: Asked, function: str, op: str, argument: Any) -> None:
    if function == "size":
        one.sizes.update(dict.fromkeys(_whole(argument)))
    elif op == "has_element":
        one.elements[argument] = None
    elif op in ("eq", "ne", "in") or op in _PARTS:
        one.values.update(dict.fromkeys(_constants(argument, op == "in")))
    elif op in _ORDER:
        one.cuts[argument] = None


def _constants(argument: Any, several: bool) -> list[Any]:
    if not several or not isinstance(argument, (tuple, frozenset)):
        return [argument] if _is_plain(argument) else []
    known = [value for value in argument if _is_plain(value)]
    return (sorted(known, key=lambda value: (type(value).__name__, str(value))) if isinstance(argument, frozenset) else known)[:MOST]


def _is_plain(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return value is not None and not isinstance(value, frozenset)


def _whole(argument: Any) -> list[int]:
    return [value for value in (argument if isinstance(argument, tuple) else (argument,)) if isinstance(value, int) and 0 <= value < 1000]


def _walk(found: dict[str, Asked], tree: Any) -> None:
    """A tree's comparisons of attributes with constants."""
    for op, *parts in _nodes(tree):
        constants = [part[1] for part in parts if _is(part, "const")]
        for part in parts:
            name, function = _subject(part)
            if name is None:
                continue
            one = found.setdefault(name, Asked())
            for constant in constants:
                if op == "in" and not isinstance(constant, (tuple, frozenset)):  # an element in a list, or a key in a map
                    one.elements.update(dict.fromkeys(_constants(constant, False)))
                elif op == "index":
                    one.elements.update(dict.fromkeys(_constants(constant, False)))
                elif function == "index":
                    one.keyed.update(dict.fromkeys(_constants(constant, False)))
                elif isinstance(constant, (int, float)) and not isinstance(constant, bool) and op in (*_ORDER, "eq", "ne"):
                    _note(one, function, "ge", constant) if function != "size" else _note(one, function, op, constant)
                else:
                    _note(one, function, "in" if isinstance(constant, (tuple, frozenset)) else "eq", constant)


def _subject(part: Any) -> tuple[str | None, str]:
    """The attribute that a part is or is a function of, and the function."""
    if _is(part, "ref"):
        return part[1], ""
    if isinstance(part, tuple) and len(part) > 1 and _is(part[1], "ref"):
        return part[1][1], part[0]
    return None, ""


def _is(part: Any, op: str) -> bool:
    return isinstance(part, tuple) and len(part) == 2 and part[0] == op


def _nodes(tree: Any) -> Iterator[Sequence]:
    if isinstance(tree, tuple) and tree and isinstance(tree[0], str) and tree[0] not in ("const", "ref", "has", "local"):
        yield tree
        for part in tree[1:]:
            yield from _nodes(part)
