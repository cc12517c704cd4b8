"""GrowthBook's conditions (MongoDB's query language, evaluated by JavaScript) → CEL over the functions of `growthbook`.

Semantics: evalCondition of packages/sdk-js/src/mongrule.ts in growthbook/growthbook, spec 0.8.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from compiler.frontends import javascript
from compiler.frontends.site import RESERVED, Attribute, Names, Segment
from compiler.frontends.terms import LONGEST, joined_by
from tessera.dialects.javascript import to_text, truthy

TRUE, FALSE = "true", "false"
INLINE = 400  # characters of a list that stands within a condition; longer ones become segments
CHUNK = 8000  # characters of a list in one segment; a condition has at most 10,000
MOST_NESTED = 20  # saved groups one within the other
MOST_RESOLVED = 2000  # ways in which saved groups stand within each other
_VARIABLES = ("x", "y")  # of lists within each other; of more, the edge does not go through all elements
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_COMPARISONS = {
    "$eq": "eq", "$ne": "ne", "$lt": "lt", "$lte": "le", "$gt": "gt", "$gte": "ge",
    "$veq": "veq", "$vgt": "vgt", "$vgte": "vge", "$vlt": "vlt", "$vlte": "vle", "$type": "type_is",
}  # fmt: skip
_LISTS = {"$in": ("any_of", False), "$nin": ("any_of", True), "$ini": ("any_of_ci", False), "$nini": ("any_of_ci", True)}


class Inexpressible(Exception):
    """A condition, or a part of one, that has no counterpart; the text says which."""


@dataclass(frozen=True)
class Place:
    """Where a condition's paths begin: the visitor's attributes, a value that stands for `value`, or an element of a list."""

    kind: str  # attributes, value or element
    text: str = ""


VISITOR = Place("attributes")


def literal(value: Any) -> str:
    """A JSON value as a literal of CEL."""
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(held)}" for key, held in value.items()) + "}"
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return repr(float(value))
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def call(function: str, *arguments: str) -> str:
    return f"growthbook.{function}({', '.join(arguments)})"


def both(parts: Iterable[str]) -> str:
    """The conjunction of conditions."""
    kept = [part for part in parts if part != TRUE]
    if FALSE in kept:
        return FALSE
    return " && ".join(_grouped(part, "||") for part in kept) if len(kept) > 1 else kept[0] if kept else TRUE


def either(parts: Iterable[str]) -> str:
    """The disjunction of conditions."""
    kept = [part for part in parts if part != FALSE]
    if TRUE in kept:
        return TRUE
    return " || ".join(_grouped(part, "&&") for part in kept) if len(kept) > 1 else kept[0] if kept else FALSE


def negated(part: str) -> str:
    if part in (TRUE, FALSE):
        return FALSE if part == TRUE else TRUE
    if joined_by(part):
        return f"!({part})"
    for name, opposite in (("eq", "ne"), ("ne", "eq")):
        if part.startswith(f"growthbook.{name}("):
            return f"growthbook.{opposite}{part[len('growthbook.') + len(name) :]}"
    return part.removeprefix("!") if part.startswith("!") else f"!{part}"


def _grouped(part: str, operator: str) -> str:
    return f"({part})" if operator in joined_by(part) else part


@dataclass
class Conditions:
    """Translates the conditions of one payload; remembers the attributes that they read and the segments that they need."""

    groups: Mapping[str, Any] = field(default_factory=dict)
    _names: Names = field(default_factory=Names)
    attributes: dict[str, Attribute] = field(default_factory=dict)
    segments: dict[str, Segment] = field(default_factory=dict)
    _segment_names: Names = field(default_factory=Names)
    _resolving: tuple[str, ...] = ()  # the saved groups that are being translated, one within the other
    _resolved: dict[tuple, str] = field(default_factory=dict)

    def attribute(self, original: str) -> str:
        """`visitor.plan` for the attribute that callers give as `plan`."""
        name = self._names.of(original)
        self.attributes.setdefault(original, Attribute(name, original))
        return f"visitor.{name}"

    def condition(self, condition: Any, place: Place = VISITOR, depth: int = 0) -> str:
        """The CEL text for a condition object; `true` for an empty one, and for what is no object and has no parts.

        Raises:
            Inexpressible: see there.
        """
        parts = []
        for key, wanted in _entries(condition):
            if key in ("$or", "$nor"):
                found = self._either(wanted, place, depth)
                parts.append(found if key == "$or" else negated(found))
            elif key == "$and":
                parts += [self.condition(one, place, depth) for one in _list(wanted)]
            elif key == "$not":
                parts.append(negated(self.condition(wanted, place, depth)))
            elif key == "$savedGroup":
                parts.append(self._saved_group(wanted, place, depth))
            else:
                parts.append(self._value(wanted, self._subject(place, key), place, depth))
        return self._short(both, parts, place)

    def _short(self, joined: Callable[[Iterable[str]], str], parts: list[str], place: Place) -> str:
        """The parts joined; of many parts, those that stand together as a segment."""
        if place.kind != "attributes" or sum(map(len, parts)) <= CHUNK:
            return joined(parts)
        return joined(part if part in (TRUE, FALSE) else self.segment("conditions", part) for part in map(joined, _chunks(parts, str)))

    def _saved_group(self, reference: Any, place: Place, depth: int) -> str:
        """A reference to a saved group by its id: to a list of values of an attribute, or to a condition. Any other holds for nobody."""
        name, key = (reference.get("id"), reference.get("attributeKey", "")) if isinstance(reference, dict) else (None, None)
        group = self.groups.get(name) if isinstance(name, str) else None
        if not isinstance(group, dict) or not isinstance(key, str) or name in self._resolving:
            return FALSE
        if group.get("type") == "list":
            key = key if "attributeKey" in reference else group.get("attributeKey")
            values = group.get("values")
            if not isinstance(key, str) or not isinstance(values, list):
                return FALSE
            return self._member("any_of", self._subject(place, key), values, place, name)
        if group.get("type") != "condition" or not isinstance(group.get("condition"), dict):
            return FALSE
        return self._group_condition(name, group["condition"], place, depth)

    def _group_condition(self, name: str, condition: dict, place: Place, depth: int) -> str:
        """The condition that a saved group stands for, of attributes as a segment."""
        outer = self._resolving
        known = (name, frozenset(outer), place, depth)
        if known not in self._resolved:
            if len(outer) >= MOST_NESTED or outer and len(self._resolved) >= MOST_RESOLVED:
                raise Inexpressible("saved groups that refer to each other too deep, or in too many ways")
            self._resolving = (*outer, name)
            try:
                found = self.condition(condition, place, depth)
            finally:
                self._resolving = outer
            plain = place.kind != "attributes" or found in (TRUE, FALSE)
            self._resolved[known] = found if plain else self.segment(name, found)
        return self._resolved[known]

    def _either(self, conditions: Any, place: Place, depth: int) -> str:
        parts = [self.condition(one, place, depth) for one in _list(conditions)]
        return self._short(either, parts, place) if parts else TRUE

    def _subject(self, place: Place, path: str) -> str:
        first, *others = path.split(".")
        if place.kind == "element":
            return _path(place.text, [first, *others])
        if place.kind == "value":
            if first != "value":
                return "null"
            return call("get", place.text, literal(".".join(others))) if others else place.text
        return _path(self.attribute(first), others)

    def _value(self, condition: Any, subject: str, place: Place, depth: int) -> str:
        """What evalConditionValue says of a subject."""
        if condition is None and place.kind == "attributes" and _plain(subject):
            return f"!has({subject})"
        if not isinstance(condition, dict) or not is_operators(condition):
            return call("is", subject, literal(condition))
        return both(self._operator(name, wanted, subject, place, depth) for name, wanted in condition.items())

    def _operator(self, name: str, wanted: Any, subject: str, place: Place, depth: int) -> str:
        if name in _COMPARISONS:
            return call(_COMPARISONS[name], subject, literal(wanted))
        if name == "$vne":
            return negated(call("veq", subject, literal(wanted)))
        if name == "$exists":
            missing = self._value(None, subject, place, depth)
            return negated(missing) if truthy(wanted) else missing
        if name in _LISTS:
            function, turned = _LISTS[name]
            if not isinstance(wanted, list):
                return FALSE
            found = self._member(function, subject, wanted, place, None)
            return negated(found) if turned else found
        if name in ("$inGroup", "$notInGroup"):
            original = to_text(wanted)
            values = _values(self.groups.get(original, []))
            if values is None:
                return FALSE
            found = self._member("any_of", subject, values, place, original)
            return found if name == "$inGroup" else negated(found)
        if name == "$not":
            return negated(self._value(wanted, subject, place, depth))
        if name == "$size":
            return both([call("type_is", subject, '"array"'), self._value(wanted, call("size", subject), Place("element"), depth)])
        if name == "$elemMatch":
            return self._element(wanted, subject, depth)
        if name in ("$all", "$alli"):
            return self._all(name == "$alli", wanted, subject, depth) if isinstance(wanted, list) else FALSE
        if name in ("$regex", "$regexi"):
            return self._pattern(wanted, name == "$regexi", subject)
        return FALSE

    def _element(self, wanted: Any, subject: str, depth: int) -> str:
        """$elemMatch: an element that is not null and meets a condition of its own or on what is in it."""
        variable = _variable(depth)
        inner = Place("element", variable)
        if isinstance(wanted, dict) and is_operators(wanted):
            held = self._value(wanted, variable, inner, depth + 1)
        else:
            held = self.condition(wanted, inner, depth + 1)
        return _exists(subject, variable, both([call("ne", variable, "null"), held]))

    def _all(self, insensitive: bool, wanted: list, subject: str, depth: int) -> str:
        """$all: for each of those wanted, an element that meets it."""
        if not any(isinstance(one, dict) and is_operators(one) for one in wanted):
            return call("all_of_ci" if insensitive else "all_of", subject, literal(wanted))
        variable = _variable(depth)
        inner = Place("element", variable)
        parts = [call("type_is", subject, '"array"')]
        for one in wanted:
            if insensitive and isinstance(one, str):
                parts.append(call("all_of_ci", subject, literal([one])))
            else:
                parts.append(_exists(subject, variable, self._value(one, variable, inner, depth + 1)))
        return both(parts)

    def _pattern(self, wanted: Any, insensitive: bool, subject: str) -> str:
        if not isinstance(wanted, str):
            return FALSE
        try:
            return call("matches", subject, literal(javascript.re2(wanted, insensitive)))
        except javascript.InvalidPattern:
            return FALSE
        except javascript.UnsupportedPattern as error:
            raise Inexpressible(str(error)) from None

    def url(self, kind: Any, pattern: Any) -> str:
        """Whether a pattern of URL targeting fits the page's address."""
        if kind == "simple" and isinstance(pattern, str):
            return call("url_is", "request.url", literal(pattern))
        if kind != "regex" or not isinstance(pattern, str):
            return FALSE
        try:
            return call("url_matches", "request.url", literal(javascript.re2(pattern)))
        except javascript.InvalidPattern:
            return FALSE
        except javascript.UnsupportedPattern as error:
            raise Inexpressible(str(error)) from None

    def _member(self, function: str, subject: str, values: list, place: Place, group: str | None) -> str:
        """Whether a subject is one of some values: of a saved group, and of many values, as segments."""
        if place.kind != "attributes" or group is None and len(literal(values)) <= INLINE:
            return call(function, subject, literal(values))
        original = f"{subject.removeprefix('visitor.')} list" if group is None else group
        return either(self.segment(original, call(function, subject, literal(chunk))) for chunk in _chunks(values))

    def segment(self, original: str, when: str) -> str:
        """`segment.name` for a condition; the same one for the same condition."""
        if len(when) > LONGEST:
            raise Inexpressible(f"a condition of {len(when):,} characters, at most {LONGEST:,} are possible")
        if when not in self.segments:
            number = 1 + sum(segment.original == original for segment in self.segments.values())
            name = self._segment_names.of(original if number == 1 else f"{original} {number}")
            self.segments[when] = Segment(name, original, when)
        return f"segment.{self.segments[when].name}"


def is_operators(condition: dict) -> bool:
    """Whether an object holds operators: it has keys, and all begin with `$`."""
    return bool(condition) and all(key.startswith("$") for key in condition)


def _entries(value: Any) -> list[tuple[str, Any]]:
    """`Object.entries(value)`: the elements of a list and the characters of a text stand under their numbers."""
    if isinstance(value, dict):
        return list(value.items())
    return [(str(number), part) for number, part in enumerate(value)] if isinstance(value, (list, str)) else []


def _list(value: Any) -> list:
    return list(value) if isinstance(value, (list, str)) else []


def _values(group: Any) -> list | None:
    """The values of a saved group, which stands as a list or as an object that says so; None for any other."""
    if isinstance(group, dict) and group.get("type") == "list":
        group = group.get("values")
    return group if isinstance(group, list) else None


def _chunks(values: list, text: Callable[[Any], str] = literal) -> list[list]:
    """A list in pieces whose texts have at most about CHUNK characters; at least one piece."""
    chunks: list[list] = [[]]
    size = 0
    for value in values:
        length = len(text(value)) + 6
        if size + length > CHUNK and chunks[-1]:
            chunks.append([])
            size = 0
        chunks[-1].append(value)
        size += length
    return chunks


def _path(text: str, parts: list[str]) -> str:
    if all(_IDENTIFIER.fullmatch(part) and part not in RESERVED and part != "length" for part in parts):
        return ".".join([text, *parts])
    return call("get", text, literal(".".join(parts)))


def _plain(subject: str) -> bool:
    return not subject.startswith("growthbook.")


def _exists(subject: str, variable: str, held: str) -> str:
    """Whether something holds for an element of a list."""
    return f"{call('elements', subject)}.exists({variable}, {held})" if held != FALSE else FALSE


def _variable(depth: int) -> str:
    """The name of a list's element."""
    if depth >= len(_VARIABLES):
        raise Inexpressible("lists within lists within lists")
    return _VARIABLES[depth]
