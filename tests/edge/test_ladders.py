"""Whole decisions: random sites against a decider that knows only the documents, whatever was decided before."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import ir
from compiler.emit import emit
from tests.edge import effort
from tests.edge.ladders import VALUES, built, expected, sites, visits
from tessera.bundle import load, unseal
from tessera.decide import decide, value_of
from tessera.record import outcome
from tessera.types import LADDER, Visit


def told(bundle: Any, visit: Visit) -> list[tuple[str | None, int, str | None]]:
    found = []
    for number, d in enumerate(decide(bundle, visit)):
        assert d.slot == number and value_of(bundle, d) is (tuple(VALUES.values())[d.variant] if d.variant >= 0 else None)
        arm = bundle.experiments[d.experiment].design.arms[d.arm] if d.experiment >= 0 else None
        found.append((tuple(VALUES)[d.variant] if d.variant >= 0 else None, d.rule, arm))
    return found


@settings(max_examples=effort.RULE_SETS)
@given(sites(), st.integers(0, 2**32))
def test_the_first_rule_that_holds_and_is_not_held_back_decides(site, seed):
    """Asked of CROWD visitors each, in one order, then in another of the same bundle: what was decided before changes nothing."""
    sealed = unseal(emit(built(site)))
    compiled = load(sealed)
    seen = visits(site, seed, effort.CROWD)
    first = [decide(compiled, visit) for visit in seen]
    for visit in seen:
        assert told(compiled, visit) == expected(site, visit)
    backwards = load(sealed)
    assert [decide(backwards, visit) for visit in reversed(seen)] == first[::-1]
    assert [decide(compiled, visit) for visit in seen] == first


UNSAID = {"default", "consent", "preference"}  # why nothing of a ladder decided: what is not looked at needs no consent


def leveled(program: ir.Program, most: str = LADDER[0]) -> ir.Program:
    """The site with the rules of each ladder from individual to cohort, and without those of levels above one."""
    kept = LADDER[LADDER.index(most) :]
    slots = []
    for slot in program.slots:
        rules = [replace(rule, level=LADDER[min(number, 2)]) for number, rule in enumerate(slot.rules)]
        slots.append(replace(slot, rules=tuple(rule for rule in rules if rule.level in kept)))
    return replace(program, slots=tuple(slots))


def outcomes(bundle: Any, visit: Visit) -> list[dict[str, Any]]:
    found = [outcome(bundle, decision) for decision in decide(bundle, visit)]
    return [{**one, "reason": "" if one["reason"] in UNSAID else one["reason"]} for one in found]


@settings(max_examples=effort.RULE_SETS // 3)
@given(sites(), st.integers(0, 2**32), st.sampled_from(LADDER[1:]))
def test_a_visitor_who_wants_less_is_decided_for_as_if_there_were_no_rules_above(site, seed, most):
    program = built(site)
    whole, rest = (load(unseal(emit(one))) for one in (leveled(program), leveled(program, most)))
    for visit in visits(site, seed, effort.CROWD):
        assert outcomes(whole, visit._replace(most=most)) == outcomes(rest, visit)
        assert outcomes(whole, visit._replace(most=LADDER[0])) == outcomes(whole, visit)
