"""Conditions, shares and dates of bundles in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from tessera.match import bits
from tessera.phrase import TESTS, expression, moment, quoted
from tessera.resolved import Bundle, Run

LONGEST = 240  # characters of a condition
MOST = 5  # names of a list that are told


def condition(bundle: Bundle, mask: int) -> str:
    """What a rule asks, as its conjunctions say it: the postings that decide, joined by and and or."""
    said = sorted(_conjunction(bundle, number) for number in bits(mask))
    return cut(" or ".join(said) if len(said) == 1 else " or ".join(f"({one})" if " and " in one else one for one in said))


def _conjunction(bundle: Bundle, number: int) -> str:
    postings = bundle.postings
    said = sorted(_literal(bundle, *postings.questions[question]) for question in postings.literals[number])
    if number in bundle.trees:
        said.append(expression(bundle.trees[number]))
    return " and ".join(said) or "always"


def _literal(bundle: Bundle, term: int, op: str, argument: Any, negated: bool) -> str:
    attribute, function, _ = bundle.postings.terms[term]
    shown = f"{function}({attribute})" if function else attribute
    if op == "has":
        return f"{shown} is {'not known' if negated else 'known'}"
    declared = bundle.attributes.get(attribute)
    kind = declared.type.removeprefix("list<").removesuffix(">") if declared and not function else ""
    said = TESTS.get(op, f"{op}({{0}}, {{1}})").format(shown, quoted(argument, kind))
    if not negated:
        return said
    return said.replace(" is ", " is not ", 1) if " is " in said else f"not ({said})"


def tree(condition: Any) -> str:
    """A condition that is kept as a tree; `never` for none."""
    return "never" if condition is None else expression(condition)


def run(run: Run | None) -> str:
    """When something is live."""
    if run is None or (run.start is None and run.end is None):
        return "always"
    clock = " by the visitor's clock" if run.local else ""
    began = f"from {moment(run.start)}" if run.start is not None else ""
    ends = f"until {moment(run.end)}" if run.end is not None else ""
    return " ".join(filter(None, (began, ends))) + clock


def percent(share: float) -> str:
    """A share as people read it: so many digits that nothing that is there reads as nothing."""
    value = 100 * share
    if value == 0 or value == 100:
        return f"{value:.0f} %"
    if value < 0.1:
        return "< 0.1 %"
    return f"{min(value, 99.9):.1f} %"


def some(names: Collection[str]) -> str:
    """How many, and the first of them by name."""
    first = sorted(map(str, names))[:MOST]
    return f"{len(names)} ({', '.join(first)}{', …' if len(names) > MOST else ''})"


def every(names: Iterable[str]) -> str:
    return ", ".join(names)


def cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
