"""The front rows of a large site decide what all of its rules decide."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge.conditions import LISTS, conditions, visitors
from tests.edge.sites import ALL, AT, bundle, experiment, ir, is_, program, rule, show, slot
from tessera.decide import decide, decide_slots
from tessera.front import LARGE, front
from tessera.outcomes import Outcomes
from tessera.types import Visit

TESTED = ir.Action(experiment="e", arms=(show("a"), show("b")))


def site(ladders: list, default: str | None = "b"):
    """A slot for each list of conditions; every third rule runs the experiment."""
    slots = (
        slot(f"s{i}", tuple(rule(f"r{n}", when, "a" if (i + n) % 3 else TESTED) for n, when in enumerate(ladder)), default)
        for i, ladder in enumerate(ladders)
    )
    return bundle(program(*slots, experiments=(experiment("e", share=800_000),), lists=tuple(LISTS.items())))


def with_front(compiled, depth: int):
    """The same bundle as if it were large, with so many conjunctions of each slot in front."""
    masks = compiled.outcomes.masks
    fresh = Outcomes(compiled.postings.conjunctions, masks)
    return replace(compiled, front=front(compiled.postings, masks, compiled.lists, large=0, depth=depth), outcomes=fresh)


@given(st.lists(st.lists(conditions, max_size=4), min_size=1, max_size=4), st.lists(visitors, min_size=1, max_size=6), st.integers(1, 5), st.sampled_from([ALL, frozenset()]))
def test_it_decides_as_the_whole_does(ladders, seen, depth, purposes):
    whole = site(ladders)
    fronted = with_front(whole, depth)
    visits = [Visit(units={"visitor": f"u{i}"}, values=values, purposes=purposes, at=AT) for i, values in enumerate(seen)]
    for visit in (*visits, *visits):
        assert decide(fronted, visit) == decide(whole, visit)
        assert decide_slots(fronted, visit, [len(ladders) - 1]) == decide_slots(whole, visit, [len(ladders) - 1])


@pytest.mark.parametrize("rules, large", [(20, False), (LARGE, True)])
def test_only_a_large_site_has_one(rules, large):
    compiled = site([[is_("visitor.age", n) for n in range(rules)]])
    assert (compiled.front is not None) is large
    for n in (0, 17, rules - 1):
        (decision,) = decide(compiled, Visit(values={"visitor.age": n}, units={"visitor": "u"}, purposes=ALL))
        assert decision.rule == n or decision.why == "default"


def test_a_slot_without_rules_has_its_default():
    whole = site([[], [is_("visitor.age", 1)], []])
    assert [d.why for d in decide(with_front(whole, 1), Visit(values={"visitor.age": 1}, units={"visitor": "u1"}, purposes=ALL))][::2] == ["default"] * 2
