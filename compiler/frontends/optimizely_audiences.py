"""Optimizely's audiences → segments, and the attributes that they read.

A condition that Optimizely's SDKs cannot evaluate (an unknown match, a value of a wrong form) is unknown here as well. An
attribute that is only compared with texts is declared as one, likewise with truth values: a value of another type is then
unknown, as it is to Optimizely. Any other attribute takes any value, and Optimizely's own comparisons decide.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from compiler.frontends.site import Attribute, ImportRefused, Names, Segment, Unsupported
from compiler.frontends.terms import ALWAYS, LONGEST, NEVER, all_of, any_of, literal, negated, objects, text
from tessera.dialects.optimizely import LARGEST

BUCKETING_ID, QUALIFIED = "$opt_bucketing_id", "$opt_qualified_segments"
USER_IDS = ("user_id", "$opt_user_id")
KINDS = ("custom_attribute", "third_party_dimension")
UNKNOWN = "optimizely.unknown()"
ORDERED = ("gt", "ge", "lt", "le")
VERSIONED = tuple(f"semver_{order}" for order in ("eq", "gt", "ge", "lt", "le"))
OPERATORS = ("and", "or", "not")


class Term(NamedTuple):
    """A condition as CEL; `single` where a `!` before it negates it as a whole; `bare`: without its own parentheses, where it has them."""

    text: str
    single: bool
    bare: str = ""


class Audiences:
    """The audiences of a datafile; those that are asked for become segments."""

    def __init__(self, document: dict[str, Any], unsupported: list[Unsupported]) -> None:
        found = [*objects(document, "audiences", "the datafile"), *objects(document, "typedAudiences", "the datafile")]
        self._audiences = {text(each, "id", "an audience"): each for each in found}
        self._trees = {number: _tree(each) for number, each in self._audiences.items()}
        self._types = _types(leaf for tree in self._trees.values() for leaf in _leaves(tree))
        self._unsupported = unsupported
        self._names, self._segment_names = Names(), Names()
        self._segments: dict[str, Segment | None] = {}
        self._parts: list[Segment] = []
        own = next(name for name in USER_IDS if name not in self._types or name == USER_IDS[-1])
        self._declared: dict[str, Attribute] = {}
        self.user = self._unit(own)
        self.bucketing_id = self._unit(BUCKETING_ID)

    def attributes(self) -> tuple[Attribute, ...]:
        return tuple(self._declared.values())

    def segments(self) -> tuple[Segment, ...]:
        return (*self._parts, *(segment for segment in self._segments.values() if segment))

    def condition(self, conditions: Any, where: str) -> str:
        """The condition that a rule's audiences make: a tree of their ids, or a list of which one must hold."""
        if not conditions:
            return ALWAYS
        term = self._built(conditions, where, lambda leaf: Term(self._segment(leaf), True) if isinstance(leaf, str) else Term(UNKNOWN, True))
        return term.text

    # --- segments

    def _segment(self, number: str) -> str:
        if number not in self._audiences:
            return UNKNOWN
        name = self._segment_names.of(self._original(number))
        if number not in self._segments:
            self._segments[number] = None
            original = self._original(number)
            term = self._built(self._trees[number], f"audience {original}", self._leaf)
            if len(term.text) > LONGEST:
                what = f"a condition of {len(term.text):,} characters, at most {LONGEST:,} are possible"
                self._unsupported.append(Unsupported(f"audience {original}", f"{what}; it holds for nobody", "split it into several audiences"))
                term = Term(UNKNOWN, True)
            self._segments[number] = Segment(name, original, term.bare or term.text)
        return f"segment.{name}"

    def _original(self, number: str) -> str:
        """An audience's name; with its id where another has the name."""
        name = str(self._audiences[number].get("name") or number)
        first = next(one for one, each in self._audiences.items() if str(each.get("name") or one) == name)
        return name if first == number else f"{name} {number}"

    def _part(self, when: str, where: str) -> Term:
        """A part of a long condition as a segment of its own."""
        original = f"{where.removeprefix('audience ')} part {len(self._parts) + 1}"
        name = self._segment_names.of(original)
        self._parts.append(Segment(name, original, when))
        return Term(f"segment.{name}", True)

    # --- trees

    def _built(self, tree: Any, where: str, leaf: Any) -> Term:
        """The condition of a tree of operators; a list without one is an `or`."""
        if isinstance(tree, Term):
            return tree
        if not isinstance(tree, list):
            return leaf(tree)
        if not tree:
            return Term(UNKNOWN, True)
        operator, operands = (tree[0], tree[1:]) if isinstance(tree[0], str) and tree[0] in OPERATORS else ("or", tree)
        if operator == "not":
            if not operands:
                return Term(UNKNOWN, True)
            term = self._built(operands[0], where, leaf)
            return Term(negated(term.text if term.single else f"({term.text})"), True)
        if operator == "or":
            operands = self._joined(operands)
        terms = [self._built(operand, where, leaf) for operand in operands]
        if len(terms) == 1:
            return terms[0]
        if operator == "and":
            held = list({term.text: term for term in terms if term.text != ALWAYS}.values())
            return held[0] if len(held) == 1 else Term(all_of(term.text for term in held), not held)
        if sum(len(term.text) for term in terms) > LONGEST // 2:
            terms = [self._part(any_of(part), where) for part in chunks([term.text for term in terms], LONGEST // 2)]
        held = list({term.text: term for term in terms if term.text != NEVER}.values())
        if len(held) == 1:
            return held[0]
        joined = any_of(term.text for term in held)
        return Term(joined, True, joined[1:-1] if joined.startswith("(") else "")

    def _joined(self, operands: list[Any]) -> list[Any]:
        """The alternatives, where several texts for one attribute are one list of them (or several, where it is long)."""
        listed: dict[str, list[str]] = {}
        for operand in operands:
            if isinstance(operand, dict) and self._is_text(operand):
                listed.setdefault(operand["name"], []).append(operand["value"])
        joined: list[Any] = []
        for operand in operands:
            if not (isinstance(operand, dict) and self._is_text(operand)):
                joined.append(operand)
            elif values := listed.pop(operand["name"], None):
                name = self._attribute(operand["name"])
                for part in chunks(list(dict.fromkeys(values)), LONGEST // 2):
                    joined.append(Term(f"{name} in {literal(part)}" if len(part) > 1 else f"{name} == {literal(part[0])}", False))
        return joined

    def _is_text(self, leaf: dict[str, Any]) -> bool:
        """Whether a leaf compares an attribute that is a text with one."""
        return _kind(leaf) == "string" and _match(leaf) == "exact" and self._types.get(leaf["name"]) == "string"

    # --- leaves

    def _leaf(self, leaf: Any) -> Term:
        kind = _kind(leaf)
        if not kind:
            return Term(UNKNOWN, True)
        match, value = _match(leaf), leaf.get("value")
        if match == "qualified":
            return Term(f"optimizely.qualified({self._attribute(QUALIFIED)}, {literal(value)})", True)
        name = self._attribute(leaf["name"])
        declared = self._types[leaf["name"]]
        if match == "exists":
            return Term(f"has({name})", True)
        if match == "exact" and declared == "string":
            return Term(f"{name} == {literal(value)}", False)
        if match == "exact" and declared == "bool":
            return Term(name if value else f"!{name}", True)
        if match == "substring" and declared == "string":
            return Term(f"{name}.contains({literal(value)})", True)
        return Term(f"optimizely.{match}({name}, {literal(value)})", True)

    def _attribute(self, original: str) -> str:
        kind = self._types.get(original, "any")
        name = self._declared.setdefault(original, Attribute(self._names.of(original), original, kind)).name
        return f"visitor.{name}"

    def _unit(self, original: str) -> str:
        """The reference to an attribute that is hashed: a text, whatever else audiences ask of it."""
        if self._types.get(original, "string") == "string":
            self._types[original] = "string"
            return self._attribute(original)
        own = f"{original} as text"
        self._declared[own] = Attribute(self._names.of(own), original, "string")
        return f"visitor.{self._declared[own].name}"


def _tree(audience: dict[str, Any]) -> Any:
    conditions = audience.get("conditions")
    if not isinstance(conditions, str):
        return conditions
    try:
        return json.loads(conditions)
    except (ValueError, RecursionError) as error:
        raise ImportRefused(f"audience {audience.get('name')}: `conditions` is not JSON ({error})") from None


def _leaves(tree: Any) -> Iterator[Any]:
    if not isinstance(tree, list):
        yield tree
        return
    for part in tree:
        yield from _leaves(part)


def _types(leaves: Iterable[Any]) -> dict[str, str]:
    """Attribute → `string` or `bool` where it is compared with such alone, else `any`."""
    kinds: dict[str, set[str]] = {}
    for leaf in leaves:
        kind = _kind(leaf)
        if kind and _match(leaf) != "qualified":
            kinds.setdefault(leaf["name"], set()).add(kind)
    return {name: found.copy().pop() if len(found) == 1 and found <= {"string", "bool"} else "any" for name, found in kinds.items()}


def _match(leaf: dict[str, Any]) -> Any:
    match = leaf.get("match")
    return "exact" if match is None else match


def _kind(leaf: Any) -> str:
    """What a leaf compares with: string, bool, number, or any; "" where Optimizely cannot evaluate it."""
    if not isinstance(leaf, dict) or leaf.get("type") not in KINDS:
        return ""
    match, value, name = _match(leaf), leaf.get("value"), leaf.get("name")
    if match == "qualified":
        return "any" if _is_text(value) else ""
    if not _is_text(name) or not name:
        return ""
    if match == "exists":
        return "any"
    if match == "exact":
        return "string" if _is_text(value) else "bool" if isinstance(value, bool) else "number" if _is_number(value) else ""
    if match in ORDERED:
        return "number" if _is_number(value) else ""
    return "string" if (match == "substring" or match in VERSIONED) and _is_text(value) else ""


def _is_text(value: Any) -> bool:
    """A text that a file can hold: without half a surrogate pair."""
    return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and abs(value) <= LARGEST


def chunks(texts: list[str], most: int) -> Iterator[list[str]]:
    """The texts in stretches of at most so many characters (a text that is longer stands alone)."""
    chunk: list[str] = []
    size = 0
    for each in texts:
        needed = len(literal(each)) + 4
        if chunk and size + needed > most:
            yield chunk
            chunk, size = [], 0
        chunk.append(each)
        size += needed
    if chunk:
        yield chunk

