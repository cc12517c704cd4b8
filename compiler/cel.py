"""Conditions: CEL text, type-checked against a site's attributes, becomes the expressions of `ir`.

The library (cel-expr-python) parses and checks. Each namespace is a proto2 message type, so that `has(visitor.plan)`
and mistyped names are checked properly; versions and addresses are message types of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from compiler import ir
from compiler.cel_library import library
from compiler.diagnostics import Problem
from compiler.types import Type, parse

LONGEST = 10_000  # code points of one expression
NAMESPACES = ("request", "visitor", "account", "segment", "lists", "slot", "sticky")


@dataclass(frozen=True)
class Environment:
    """What a condition may speak of.

    Args:
        attributes: full name (`visitor.plan`) → type as in site.yaml (`string`, `list<item>`, `[free, paid]`).
        segments: names of segments, without the namespace.
        lists: name of a list → type of its values (`string`).
        items: field of an item → type, or None where there are no items.
        slots: name of a slot → type of what it decides (`bool`, `string`, `any`).
        sticky: names of experiments whose arms are kept; `sticky.name` tells whether the visitor has one.
        markets: what `market.name` may be: names of markets, and what their calendars tell.
        purposes: names of consent purposes; `consent.name` tells whether it is in force. Only filters of rankings may ask.
        about: full name → a few words on where the fact comes from, for messages.
    Raises:
        ValueError: for a type that does not exist.
    """

    attributes: Mapping[str, str]
    segments: Iterable[str] = ()
    lists: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, str] | None = None
    about: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, str] = field(default_factory=dict)
    sticky: Iterable[str] = ()
    purposes: Iterable[str] = ()
    markets: Iterable[str] = ()

    def __post_init__(self) -> None:
        names = {name: parse(text) for name, text in self.attributes.items()}
        names |= {f"segment.{name}": Type("bool") for name in self.segments}
        names |= {f"lists.{name}": Type("list", text.removeprefix("list<").removesuffix(">")) for name, text in self.lists.items()}
        names |= {f"slot.{name}": parse(text) for name, text in self.slots.items()}
        names |= {f"sticky.{name}": Type("bool") for name in self.sticky}
        names |= {f"market.{name}": Type("bool") for name in self.markets}
        names |= {f"consent.{name}": Type("bool") for name in self.purposes}
        names |= {f"item.{name}": parse(text) for name, text in (self.items or {}).items()}
        object.__setattr__(self, "names", dict(sorted(names.items())))
        object.__setattr__(self, "_library", None)

    names: dict[str, Type] = field(init=False, repr=False, compare=False)
    _library: Any = field(init=False, repr=False, compare=False)

    @property
    def library(self) -> Any:
        """The library's environment, made when first asked for."""
        if self._library is None:
            object.__setattr__(self, "_library", library(self.names, NAMESPACES))
        return self._library

    def compile(self, text: str, expect: str = "bool", scope: tuple[str, ...] = NAMESPACES) -> ir.Expr | list[Problem]:
        """Parse, check and normalise one expression.

        Args:
            text: CEL.
            expect: the type it must have, as in site.yaml (`bool`, `double`, `string`…).
            scope: the namespaces that may be used at this place (`item` only where items are filtered).
        Returns:
            The expression, or every problem of it in the order of the text; offsets are code points in `text`.
        """
        from compiler.cel_explain import explain
        from compiler.cel_lower import lower
        from compiler.cel_tree import TooDeep, Tree

        if len(text) > LONGEST:
            return [Problem(0, 1, "E020", f"the condition is longer than {LONGEST:,} characters", "split it into named segments, or use a list")]
        problems: list[Problem] = []
        try:
            try:
                compiled = self.library.compile(text)
            except RuntimeError as refused:
                problems, tree = explain(str(refused), text, self, scope)
            else:
                tree = Tree(compiled.serialize(), text)
                problems = _wrong_type(compiled.return_type().name(), expect, tree)
            if tree is None:
                return problems
            expression, found = lower(tree, self, scope)
        except TooDeep:
            return [Problem(0, 1, "E024", "the condition is nested too deeply", "split it into named segments")]
        problems = _merge(problems, found)
        return problems or expression


def refs(expression: ir.Expr) -> tuple[str, ...]:
    """The declared names that an expression reads, in full, sorted."""
    return tuple(sorted(_refs(expression)))


def _refs(expression: ir.Expr) -> set[str]:
    if isinstance(expression, (ir.Ref, ir.Has)):
        return {expression.name}
    if isinstance(expression, ir.Call):
        return set().union(*map(_refs, expression.args))
    if isinstance(expression, ir.Fold):
        return set().union(*map(_refs, (expression.range, expression.body, *([expression.initial] if expression.initial else []))))
    return set()


def _wrong_type(actual: str, expect: str, tree: Any) -> list[Problem]:
    from compiler.cel_explain import compare

    name = {"BOOL": "bool", "INT": "int", "DOUBLE": "double", "STRING": "string", "TIMESTAMP": "timestamp", "DURATION": "duration",
            "tessera.Version": "version", "tessera.Ip": "ip", "google.protobuf.Timestamp": "timestamp", "google.protobuf.Duration": "duration"}
    found = name.get(actual, actual.lower())
    if found in (expect, "dyn") or actual.startswith("tessera.") and found == actual.lower():
        return []  # a bare namespace is reported when the tree is lowered
    start, length = tree.span(tree.root)
    fix = compare(tree.text[start : start + length], found) if expect == "bool" else f"convert it, for example {expect}(…)"
    return [Problem(start, length, "E025", f"the expression must be {expect}, this one is {found}", fix)]


def _merge(library: list[Problem], own: list[Problem]) -> list[Problem]:
    """All problems in the order of the text, without those of either side that only follow from one of the other."""
    names = [problem for problem in library if problem.code not in ("E022", "E025")]
    unsupported = [problem for problem in own if problem.code == "E024"]
    kept = [problem for problem in own if not any(_within(problem, other) for other in names)]
    kept += [problem for problem in library if problem.code != "E022" or not any(_within(other, problem) for other in unsupported)]
    return sorted(dict.fromkeys(kept), key=lambda problem: problem[:4])


def _within(inner: Problem, outer: Problem) -> bool:
    return outer.offset <= inner.offset < outer.offset + outer.length
