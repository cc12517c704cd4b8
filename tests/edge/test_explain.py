"""Plain sentences: what was shown and why, and for every rule tried before it what kept it from holding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge.conditions import LISTS, conditions, visitors
from tests.edge.sites import ALL, ALWAYS, AT, bundle, call, either, ir, is_, named, no, program, ref, rule, show, slot, experiment, table
from tests.edge.test_decide import SHOP, visit
from tessera.decide import decide
from tessera.explain import explain
from tessera.types import ListedItem, Visit, parse_version


@pytest.mark.parametrize("row", **named(table("explain.yaml")))
def test_what_is_said(row):
    seen = visit(row)
    (decision,) = (d for d in decide(SHOP(), seen) if SHOP().slots[d.slot].name == row["slot"])
    found = explain(SHOP(), seen, decision)
    assert found.sentence == row["says"]
    said = {a.rule: a.because for a in found.attempts}
    assert [said.get(name, "")[: len(begins)] for name, begins in row.get("tried", {}).items()] == list(row.get("tried", {}).values())
    assert "tried" not in row or set(said) == set(row["tried"]) or row["tried"]


def site(*rules: ir.Rule, **more) -> object:
    return bundle(program(slot("hero", rules), lists=tuple(LISTS.items()), **more))


def said(when: ir.Expr, values: dict) -> str:
    """What is said of the one rule with this condition."""
    compiled = site(rule("r", when, "a"))
    seen = Visit(values=values, purposes=ALL)
    (decision,) = decide(compiled, seen)
    (attempt,) = explain(compiled, seen, decision).attempts
    assert attempt.held is (decision.rule == 0)
    return attempt.because


PLAN, AGE, TAGS = "visitor.plan", "visitor.age", "visitor.tags"
ROWS = [  # condition, values, the sentence
    (is_(PLAN, "pro"), {PLAN: "pro"}, 'visitor.plan is "pro"'),
    (is_(PLAN, "pro"), {PLAN: "free"}, 'visitor.plan is not "pro" (it is "free")'),
    (is_(PLAN, "pro"), {}, "visitor.plan is not known"),
    (is_(PLAN, "pro", "ne"), {PLAN: "free"}, 'visitor.plan is not "pro" (it is "free")'),
    (is_(PLAN, "pro", "ne"), {PLAN: "pro"}, 'visitor.plan is "pro" (it is "pro")'),
    (is_(PLAN, ("a", "b"), "in"), {PLAN: "c"}, 'visitor.plan is not one of ["a", "b"] (it is "c")'),
    (is_(PLAN, tuple("abcdefg"), "in"), {PLAN: "a"}, 'visitor.plan is one of ["a", "b", "c", "d", "e", …] (it is "a")'),
    (is_(AGE, 3, "gt"), {AGE: 2}, "visitor.age is not above 3 (it is 2)"),
    (is_(AGE, 3, "le"), {AGE: 2}, "visitor.age is at most 3 (it is 2)"),
    (no(is_(AGE, 3, "lt")), {AGE: 2}, "visitor.age is not at least 3 (it is 2)"),
    (is_(PLAN, "a is b", "contains"), {PLAN: "x"}, 'it is not so that visitor.plan contains "a is b" (it is "x")'),
    (is_(PLAN, "a is b", "starts_with"), {PLAN: "a is b!"}, 'visitor.plan starts with "a is b" (it is "a is b!")'),
    (no(is_(PLAN, "x", "ends_with")), {PLAN: "y"}, 'it is not so that visitor.plan ends with "x" (it is "y")'),
    (is_(PLAN, "{0} {1}"), {PLAN: "{}"}, 'visitor.plan is not "{0} {1}" (it is "{}")'),
    (call("in", "a", ref(TAGS)), {TAGS: ("b",)}, 'it is not so that visitor.tags has "a" (it is ["b"])'),
    (call("in", "a", ref("visitor.recent")), {"visitor.recent": (ListedItem("a"),)}, 'visitor.recent has "a" (it is ["a"])'),
    (ir.Has(PLAN), {}, "visitor.plan is not known"),
    (no(ir.Has(PLAN)), {PLAN: "a"}, "visitor.plan is known"),
    (no(ir.Has(PLAN)), {}, "visitor.plan is not known"),
    (ref("visitor.vip"), {"visitor.vip": False}, "visitor.vip is not true (it is false)"),
    (call("eq", call("size", ref(TAGS)), 0), {TAGS: ("a",)}, "size(visitor.tags) is not 0 (it is 1)"),
    (is_(PLAN, ir.Ref("lists.partners", "list<string>"), "in"), {PLAN: "acme"}, 'visitor.plan is in the list "partners" (it is "acme")'),
    (either(is_(PLAN, "a"), is_(AGE, 1)), {PLAN: "b", AGE: 2}, 'visitor.plan is not "a" (it is "b"); visitor.age is not 1 (it is 2)'),
    (ALWAYS, {}, "it always holds"),
    (call("eq", call("add", ref(AGE), 1), 2), {AGE: 1}, "(visitor.age + 1) == 2 holds"),
    (call("eq", call("add", ref(AGE), 1), 2), {AGE: 2}, "(visitor.age + 1) == 2 does not hold"),
]


@pytest.mark.parametrize("when, values, sentence", ROWS, ids=[row[2][:50].encode("ascii", "replace").decode() for row in ROWS])
def test_what_is_said_of_a_condition(when, values, sentence):
    assert said(when, values) == sentence


def test_a_version_is_told_as_it_is_written():
    """Whoever reads the sentence never saw how versions are compared."""
    app = call("ge", ref("visitor.app"), ir.Const("1.2.0", "version"))
    assert said(app, {"visitor.app": parse_version("1.1.0-rc.1")}) == "visitor.app is not at least 1.2.0 (it is 1.1.0-rc.1)"


def test_a_moment_is_told_as_a_date():
    since = call("ge", ref("visitor.since"), ir.Const(AT, "timestamp"))
    assert said(since, {"visitor.since": AT - 86_400}) == "visitor.since is not at least 2025-12-03T10:15:00Z (it is 2025-12-02T10:15:00Z)"


SPENT = ir.Campaign("spring", None, (1, 86_400), None)


def test_the_campaign_that_holds_a_rule_back_is_told_whatever_other_rules_speak_of():
    compiled = bundle(
        program(
            slot("hero", (rule("tagged", is_("request.country", "its campaign"), "a"), rule("capped", ALWAYS, "a", campaign="spring"))),
            campaigns=(SPENT,),
        )
    )
    seen = Visit(values={"request.country": "campaign"}, seen={"spring": 1}, purposes=ALL)
    (decision,) = decide(compiled, seen)
    assert decision.why == "cap"
    assert "the rule 'capped' holds but its campaign 'spring' was already seen 1 times" in explain(compiled, seen, decision).sentence


def test_a_campaign_that_is_not_capped_is_not_blamed():
    aside = ir.Action(variant="a", experiment="e", arms=(show("a"), show("b")))
    compiled = site(rule("r", ALWAYS, aside, campaign="spring"), campaigns=(SPENT,), experiments=(experiment("e", share=0),))
    seen = Visit(units={"visitor": "u"}, purposes=ALL)
    (decision,) = decide(compiled, seen)
    assert explain(compiled, seen, decision).attempts[0].because == "the visitor is outside the experiment 'e'"


@given(st.lists(conditions, min_size=1, max_size=4), visitors, st.sampled_from([ALL, frozenset()]))
def test_every_decision_can_be_explained(whens, values, purposes):
    compiled = site(*(rule(f"r{i}", when, "a") for i, when in enumerate(whens)))
    seen = Visit(values=values, purposes=purposes)
    for decision in decide(compiled, seen):
        found = explain(compiled, seen, decision)
        assert found.sentence.endswith(".") and all(a.because for a in found.attempts)
        assert [a.held for a in found.attempts].count(True) == (decision.rule >= 0)
        assert decision.rule < 0 or found.attempts[-1].rule == compiled.rules[decision.rule].name


# --- what else it could have been --------------------------------------------------------------------------------------


def otherwise(compiled, seen: Visit) -> list[tuple]:
    (decision,) = decide(compiled, seen)
    return [tuple(other) for other in explain(compiled, seen, decision).alternatives]


PRO, OLD = is_(PLAN, "pro"), is_(AGE, 3, "gt")


def test_the_runner_up_is_what_the_ladder_goes_on_to():
    compiled = site(rule("first", PRO, "a"), rule("second", OLD, None), rule("third", ALWAYS, "b"))
    assert otherwise(compiled, Visit(values={PLAN: "pro", AGE: 4}, purposes=ALL)) == [("none", "the rule 'second' holds too", None)]
    assert otherwise(compiled, Visit(values={PLAN: "pro"}, purposes=ALL)) == [("b", "the rule 'third' holds too", None)]
    assert otherwise(site(rule("only", PRO, "a")), Visit(values={PLAN: "pro"}, purposes=ALL)) == [("b", "the default", None)]


def test_of_an_experiment_the_other_arms_come_first():
    tested = ir.Action(experiment="e", arms=(show("a"), show("b"), show(None)))
    compiled = site(rule("r", ALWAYS, tested), experiments=(experiment("e", ("x", 20), ("y", 30), ("z", 50)),))
    seen = Visit(units={"visitor": "u"}, purposes=ALL, forced={"e": "y"})
    arms = [("a", "the arm 'x' of the experiment", 0.2), ("none", "the arm 'z' of the experiment", 0.5)]
    assert otherwise(compiled, seen) == [*arms, ("b", "the default", None)]


def test_of_a_default_the_rule_that_came_nearest():
    compiled = site(rule("two", call("and", PRO, OLD), "a"), rule("one", OLD, None), rule("also_one", PRO, "b"))
    assert otherwise(compiled, Visit(values={PLAN: "free", AGE: 1}, purposes=ALL)) == [
        ("none", "the rule 'one' came nearest: visitor.age is not above 3 (it is 1)", None)
    ]
    assert otherwise(site(), Visit()) == []


def test_a_slot_that_needs_another_is_explained_by_it():
    parent = slot("parent", (rule("r", PRO, "a"),), None)
    child = slot("child", (rule("with_parent", call("eq", ir.Ref("slot.parent", "string"), "a"), "a"),), needs=("parent",))
    compiled = bundle(program(parent, child))
    for values, held, because in (({PLAN: "pro"}, True, 'slot.parent == "a" holds'), ({}, False, 'slot.parent == "a" does not hold')):
        seen = Visit(values=values, purposes=ALL)
        (attempt,) = explain(compiled, seen, decide(compiled, seen)[1]).attempts
        assert (attempt.held, attempt.because) == (held, because)
