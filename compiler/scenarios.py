"""`tessera test`: a site's own scenarios, decided by the edge's own code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator, Mapping

from compiler.diagnostics import Place
from compiler.syntax import Ruleset
from compiler.visitors import VisitorError, page_of, visit_of
from tessera.resolved import Bundle
from tessera.decide import HOLDOUT, decide
from tessera.explain import explain
from tessera.record import outcome
from tessera.types import Decision, Visit

# what a scenario may expect of a slot → where the record says it
EXPECTED = {"why": "reason"}
DEFAULT_AT = "2026-12-01T12:00:00+00:00"  # when a scenario does not say, so that it passes on any day


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that does not hold: what was expected, what came, and the plain reason."""

    slot: str
    field: str
    expected: Any
    got: Any
    because: str


@dataclass(frozen=True, slots=True)
class Result:
    """A scenario and what came of it; it passed where there are no failures and no `problem` (one line)."""

    name: str
    place: Place
    failures: tuple[Failure, ...] = ()
    problem: str | None = None

    @property
    def passed(self) -> bool:
        return not self.failures and self.problem is None


def of_site(ruleset: Ruleset) -> Iterator[tuple[str, Place, Mapping[str, Any], Mapping[str, Any] | None]]:
    """A site's scenarios, as `run` takes them."""
    for entry in ruleset.scenarios.values():
        personas = {name: {"id": name, **(told or {})} for name, told in (entry.node.plain.get("visitors") or {}).items()}
        for position, scenario in enumerate(entry.node.plain["scenarios"]):
            persona = personas.get(scenario["as"]) if "as" in scenario else None
            yield scenario["name"], entry.place("scenarios", position, "name"), scenario, persona


def run(bundle: Bundle, scenarios: Iterator[tuple[str, Place, Mapping[str, Any], Mapping[str, Any] | None]]) -> list[Result]:
    """Run scenarios given as (name, place, scenario, its named visitor or None)."""
    return [_run(bundle, *row) for row in scenarios]


def _run(bundle: Bundle, name: str, place: Place, scenario: Mapping[str, Any], persona: Mapping[str, Any] | None) -> Result:
    try:
        page = page_of(bundle, scenario["page"])
        visit, unknown = visit_of(bundle, visitor(scenario, persona), page, scenario["page"])
    except VisitorError as error:
        return Result(name, place, problem=str(error))
    if unknown:
        return Result(name, place, problem=f"the site has no attribute '{unknown[0]}'")
    decisions = {bundle.slots[d.slot].name: d for d in decide(bundle, visit, page)}
    failures: list[Failure] = []
    for slot, expected in scenario["expect"].items():
        if slot not in decisions:
            return Result(name, place, problem=f"the page '{page}' has no slot '{slot}'")
        failures += _compare(bundle, visit, slot, decisions[slot], expected)
    return Result(name, place, tuple(failures))


def _compare(bundle: Bundle, visit: Visit, slot: str, decision: Decision, expected: Mapping[str, Any]) -> Iterator[Failure]:
    told = outcome(bundle, decision)
    for field, wanted in expected.items():
        got = told[EXPECTED.get(field, field)]
        if got != wanted:
            yield Failure(slot, field, wanted, got, explain(bundle, visit, decision).sentence)


def visitor(scenario: Mapping[str, Any], persona: Mapping[str, Any] | None) -> dict[str, Any]:
    """A scenario's visitor as a visitor file: the persona's facts with the scenario's own (`with`) on top.

    Nobody is held out unless the scenario says `holdout: true`, so that salts may change.
    """
    facts: dict[str, Any] = {}
    told: dict[str, Any] = {"id": "scenario", "at": DEFAULT_AT}
    held_out = False
    for source in (persona or {}, scenario.get("with") or {}):
        for key, value in source.items():
            if key in ("visitor", "account", "request"):
                facts[key] = {**facts.get(key, {}), **value}
            elif key == "gpc":
                facts["request"] = {**facts.get("request", {}), "gpc": value}
            elif key == "holdout":
                held_out = value
            else:
                told[key] = value
    told["arms"] = {HOLDOUT: "in" if held_out else "out", **(scenario.get("arms") or {})}
    return {**told, "attributes": facts}
