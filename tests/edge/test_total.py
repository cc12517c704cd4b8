"""No visit whatsoever makes a decision, its explanation or its record fail, on no site: the shop, random ones, imported ones."""

import json
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.emit import emit
from compiler.lower import tree
from compiler.patterns import compile
from tests.conformance.flags import compiled
from tests.edge import hostile
from tests.edge.conditions import LISTS, conditions
from tests.edge.ladders import built, sites, visits
from tests.edge.sites import ALL, AT, TYPES, bundle, call, is_, program, rule, shop, slot
from tests.golden.imports import source
from tessera.bundle import load, unseal
from tessera.decide import decide, decide_slots, runner_up, value_of
from tessera.dialects import FUNCTIONS
from tessera.enrol import given as arms_given
from tessera.evaluate import bind, evaluate
from tessera.explain import explain
from tessera.record import page_view, rows, text
from tessera.sound import shaped, sound
from tessera.types import Attribute, Visit, coerce

TOOLS = ("eppo", "flagd", "growthbook", "optimizely", "unleash")
PROGRAMS = tuple(map(compile, ("(a|aa)+$", "(?i)é.*\\b", "[^a]{3}x?", "")))


@cache
def site(name: str):
    if name == "shop":
        return bundle(shop())
    with TemporaryDirectory() as folder:
        return compiled(import_module(f"compiler.frontends.{name}").read(source(name)), Path(folder))


@cache
def strangers(name: str) -> st.SearchStrategy[Visit]:
    found = site(name)
    keys = ["visitor", "account", "session", "@holdout", *(e.name for e in found.experiments), *(f"{e.key}__0" for e in found.experiments)]
    keys += [f"slot.{s.name}" for s in found.slots] + [arm for e in found.experiments for arm in e.design.arms] + [c.name for c in found.campaigns]
    return hostile.visits(sorted(found.attributes), keys)


def survive(found: Any, visit: Visit) -> None:
    """Everything that is asked about a visit, twice: the second time from interned outcomes."""
    decisions = decide(found, visit)
    assert decide_slots(found, visit, range(len(found.slots))) == decisions == decide(found, visit)
    assert decide_slots(found, visit, range(len(found.slots))[::-1]) == decisions[::-1]
    assert [d.slot for d in decisions] == list(range(len(found.slots)))
    for decision in decisions:
        value_of(found, decision)
        runner_up(found, visit, decision)
    for decision in decisions[:: max(1, len(decisions) // 3)]:
        explain(found, visit, decision)
    arms_given(found, decisions)
    told = page_view(found, visit, decisions, view="v", page=None)
    json.loads(text(found, visit, decisions, view="v", page=None))
    assert json.loads(text(found, shaped(visit), decisions, view="v", page=None)) == told
    flat = rows({"view": told, "page_status": "planned", "places": {}})
    assert json.loads(json.dumps(flat, allow_nan=False)) == flat


@pytest.mark.parametrize("name", ["shop", *TOOLS])
def test_a_hostile_visit_is_decided_explained_and_recorded(name):
    @given(strangers(name))
    def all_of_them(visit):
        survive(site(name), visit)

    all_of_them()


@pytest.mark.parametrize("misfit", hostile.MISFITS, ids=range(len(hostile.MISFITS)))
@pytest.mark.parametrize("name", ["shop", *TOOLS])
def test_a_misfit_anywhere_in_a_visit_is_survived(name, misfit):
    found, whole = site(name), Visit(units={"visitor": "u"}, purposes=ALL, at=AT)
    survive(found, whole._replace(values=dict.fromkeys(found.attributes, misfit)))
    survive(found, whole._replace(values={key: typed for key, a in found.attributes.items() if (typed := coerce(a, misfit)) is not None}))
    survive(found, whole._replace(units=dict.fromkeys(("visitor", "account"), misfit), seen={"recovery": misfit}, sticky={"a__0": misfit}, ages={"visitor.plan": misfit}))
    for field in Visit._fields if name == "shop" else ():
        survive(found, whole._replace(**{field: misfit}))


@given(sites(), st.integers(0, 2**32), st.data())
def test_a_random_site_survives_hostile_visits_and_decides_the_others_as_before(made, seed, data):
    sealed = unseal(emit(built(made)))
    found = load(sealed)
    known = visits(made, seed, 5)
    before = [decide(load(sealed), visit) for visit in known]
    keys = ["visitor", "account", "slot.f0", "slot.f1", "@holdout", "capped", "paused", *(e.name for e in made.experiments), "key__2", "arm0"]
    for visit in data.draw(st.lists(hostile.visits(sorted(TYPES), keys), min_size=1, max_size=3)):
        survive(found, visit)
    assert [decide(found, visit) for visit in known] == before
    for visit in known:
        survive(found, visit)


@given(conditions, st.dictionaries(st.sampled_from(sorted(TYPES)), hostile.values.map(lambda raw: coerce(Attribute("", "any"), raw))))
def test_a_tree_over_values_of_any_type_never_raises(when, values):
    evaluate(bind(tree(when), {name: frozenset(members) for name, members in LISTS.items()}), values)


# --- what a visit is worth once the misfits are out of it ------------------------------------------------------------------------


@given(st.deferred(lambda: strangers("shop")))
def test_what_is_sound_stays_as_it_is(visit):
    once = sound(site("shop"), visit)
    assert sound(site("shop"), once) == once and shaped(once) == once


@given(sites(), st.integers(0, 2**32))
def test_a_visit_of_the_declared_types_is_sound(made, seed):
    found = load(unseal(emit(built(made))))
    for visit in visits(made, seed, 5):
        visit = visit._replace(values={name: value for name, value in visit.values.items() if name != "visitor.ip"})  # some of the test's are none
        assert sound(found, visit) == visit


def test_one_wrong_value_costs_no_other():
    found = bundle(program(slot("hero", (rule("r", call("eq", call("size", call("index", is_("visitor.plan", "a").args[0], 0)), 1), "a"), rule("v", is_("visitor.plan", "pro"), "a")))))
    values = {"visitor.plan": "pro", "visitor.tags": object()}
    assert [d.rule for d in decide(found, Visit(values=values, purposes=ALL))] == [1]
    assert sound(found, Visit(values={"visitor.plan": ["x"], "visitor.age": 3})).values == {"visitor.age": 3}


# --- values that are nested or long ----------------------------------------------------------------------------------------------

DEEP = tuple(coerce(Attribute("", "any"), one) for one in hostile.MISFITS)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_of_other_tools_are_total_over_nested_values(name):
    function = FUNCTIONS[name]
    for arity in function.arity or range(5):
        for start in range(len(DEEP)):
            operands = [DEEP[(start + 7 * place) % len(DEEP)] for place in range(arity)]
            if function.pattern:
                operands[-1] = PROGRAMS[start % len(PROGRAMS)]
            function.call(*operands)


@pytest.mark.parametrize("op, start", [("and", True), ("or", False), ("not", True)])
def test_a_condition_as_deep_as_the_compiler_allows_is_evaluated(op, start):
    from compiler.cel import Environment

    told = {"not": lambda inner: f"!({inner})", "and": lambda inner: f"(visitor.vip && ({inner} || visitor.vip))", "or": lambda inner: f"(visitor.vip || ({inner} && visitor.vip))"}[op]
    environment = Environment({name: kind for name, kind in TYPES.items() if kind != "enum"})
    text, deepest = "size(visitor.facts) > 0", None
    while not isinstance(found := environment.compile(text), list):
        text, deepest = told(text), found
    assert deepest is not None
    for values in ({}, {"visitor.facts": ("a",)}, {"visitor.vip": start, "visitor.facts": {}}):
        evaluate(tree(deepest), values)
    decided = bundle(program(slot("hero", (rule("r", deepest, "a"),))))
    survive(decided, Visit(values={"visitor.vip": start}, purposes=ALL))
