"""Models that lead to others: which stand in where one knows nothing of a visitor, and which are the parts of a cascade."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from compiler.diagnostics import Diagnostics
from compiler.syntax import Entry, Ruleset


def needs_history(ruleset: Ruleset, name: str) -> bool:
    """Whether a model ranks nothing for a visitor of whom nothing is known. What stands in for a part of a cascade is not asked."""
    cascade = ruleset.models[name].spec.cascade if name in ruleset.models else ()
    if cascade:
        return not any(_ranks_anyway(ruleset, part) for part in reached(ruleset, name, _cascade))
    return not any(_ranks_anyway(ruleset, each) for each in reached(ruleset, name))


def reached(ruleset: Ruleset, name: str, to: Callable[[Entry[Any]], Sequence[str]] | None = None) -> tuple[str, ...]:
    """A model with all that stand in for it or are parts of it (or where `to` leads), each once, also where they form a circle."""
    to = to or _next
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one in ruleset.models and one not in found:
            found[one] = None
            waiting += to(ruleset.models[one])
    return tuple(found)


def _ranks_anyway(ruleset: Ruleset, name: str) -> bool:
    spec = ruleset.models[name].spec
    return spec.score is not None or spec.visitor is not None and spec.visitor.from_.startswith("page.")


def _cascade(entry: Entry[Any]) -> Sequence[str]:
    return entry.spec.cascade


def _next(entry: Entry[Any]) -> list[str]:
    """The other models that one leads to; that it names itself is told as a name that does not exist."""
    spec = entry.spec
    named = (*spec.cascade, spec.visitor.else_ if spec.visitor is not None else None)
    return [name for name in named if name not in (None, entry.name)]


def circles(ruleset: Ruleset, diagnostics: Diagnostics) -> None:
    """Each circle is told once, at its first model by name."""
    told: set[str] = set()
    for name, entry in ruleset.models.items():
        within = {other for each in _next(entry) for other in reached(ruleset, each)}
        if name in within and name not in told:
            told |= {other for other in within if name in {far for each in _next(ruleset.models[other]) for far in reached(ruleset, each)}}
            path = ("cascade",) if entry.spec.cascade else ("visitor", "else")
            message = f"'{name}' leads back to itself, through {', '.join(sorted(told & within - {name}))}"
            diagnostics.error("E085", entry.place(*path), message, "let the chain end in a model with `score:`, or leave its end open: the ladder goes on then")


def parts(ruleset: Ruleset, name: str) -> tuple[str, ...]:
    """The models of a cascade, each once; in place of a cascade among them its own parts."""
    return tuple(dict.fromkeys(_flat(ruleset, name, frozenset())))


def _flat(ruleset: Ruleset, name: str, above: frozenset[str]) -> list[str]:
    cascade = ruleset.models[name].spec.cascade if name in ruleset.models else ()
    if not cascade:
        return [name]
    return [each for part in cascade if part not in above | {name} for each in _flat(ruleset, part, above | {name})]
