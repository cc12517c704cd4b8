"""Who gets which arm: units, fallbacks, ranges, ramps, holdouts, sticky arms, previews; flags that need other flags."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge.sites import ALL, ALWAYS, AT, DAY, attribute, both, bundle, call, experiment, ir, is_, program, rule, show, slot
from tessera import assign
from tessera.decide import HOLDOUT, decide, value_of
from tessera.enrol import assigned, given as arms_given
from tessera.types import Visit

DEVICE = attribute("visitor.device", "string", None)
LOGIN = attribute("visitor.login", "any", None)


def flag(name: str, rules: tuple, default: str | None = "off", values: dict | None = None, **more) -> ir.Slot:
    values = values or {"on": True, "off": False}
    variants = tuple(ir.Variant(variant, ()) for variant in values)
    return slot(name, rules, default, pages=(), selector="", operation="", component="", variants=variants, flag=name, values=tuple(values.values()), **more)


def site(trial: ir.Experiment, *others: ir.Rule, **more):
    """A flag whose one rule runs the experiment; outside of it the ladder goes on."""
    arms = tuple(show(arm.name) for arm in trial.arms)
    values = {arm.name: f"value of {arm.name}" for arm in trial.arms} | {"off": None}
    tested = rule("tested", ALWAYS, ir.Action(experiment=trial.name, arms=arms))
    attributes = program().attributes + (DEVICE, LOGIN)
    return bundle(program(flag("f", (tested, *others), values=values), experiments=(trial,), attributes=attributes, **more))


def who(unit: str = "u1", **more) -> Visit:
    return Visit(**{"units": {"visitor": unit}, "purposes": ALL, "at": AT, **more})


def arm(compiled, visit: Visit) -> str | None:
    (decision,) = decide(compiled, visit)
    return compiled.experiments[0].design.arms[decision.arm] if decision.experiment >= 0 else None


UNITS = [f"u{n}" for n in range(400)]


def shares(compiled, units=UNITS, **more) -> Counter:
    return Counter(arm(compiled, who(unit, **more)) for unit in units)


def test_a_flag_gives_its_value_and_nothing_for_none():
    compiled = bundle(program(flag("f", (rule("r", is_("visitor.plan", "pro"), "on"),), default=None)))
    (held,), (not_held,) = decide(compiled, who(values={"visitor.plan": "pro"})), decide(compiled, who())
    assert (value_of(compiled, held), held.why) == (True, "rule")
    assert (value_of(compiled, not_held), not_held.variant, not_held.why) == (None, -1, "default")


def test_a_flag_is_on_no_page():
    compiled = bundle(program(flag("f", ()), slot("hero")))
    assert compiled.slots_of("home") == (1,) and compiled.slots_of(None) == (0, 1)


# --- slots that need other slots -------------------------------------------------------------------------------------


def chain():
    """c needs b, b needs a."""
    on = lambda name: ir.Ref(f"slot.{name}", "bool")  # noqa: E731
    a = flag("a", (rule("pro", is_("visitor.plan", "pro"), "on"),))
    b = flag("b", (rule("with_a", both(on("a"), is_("request.country", "DE")), "on"),), needs=("a",))
    c = flag("c", (rule("with_b", on("b"), "on"),), needs=("a", "b"))
    return bundle(program(c, b, a))


@pytest.mark.parametrize("values, expected", [
    ({}, [False, False, False]),
    ({"visitor.plan": "pro"}, [False, False, True]),
    ({"visitor.plan": "pro", "request.country": "DE"}, [True, True, True]),
    ({"request.country": "DE"}, [False, False, False]),
])  # fmt: skip
def test_a_slot_is_decided_after_those_that_it_needs(values, expected):
    compiled = chain()
    for _ in range(2):  # the second time from interned outcomes
        assert [value_of(compiled, d) for d in decide(compiled, Visit(values=values, purposes=ALL))] == expected


def test_a_slot_on_a_page_is_known_by_its_variant():
    hero = slot("hero", (rule("pro", is_("visitor.plan", "pro"), "a"),), None)
    child = flag("child", (rule("r", call("eq", ir.Ref("slot.hero", "string"), "a"), "on"), rule("n", call("eq", ir.Ref("slot.hero", "string"), "none"), "off")), None, needs=("hero",))
    compiled = bundle(program(hero, child))
    assert [value_of(compiled, d) for d in decide(compiled, Visit(values={"visitor.plan": "pro"}))] == ["a", True]
    assert [value_of(compiled, d) for d in decide(compiled, Visit())] == ["none", False]


# --- units -----------------------------------------------------------------------------------------------------------


def test_an_attribute_is_a_unit_and_takes_only_those_of_whom_it_is_known():
    compiled = site(experiment("e", unit="visitor.device", purpose=None), rule("rest", ALWAYS, "off"))
    assert arm(compiled, who()) is None
    by_device = {device: arm(compiled, who(values={"visitor.device": device})) for device in UNITS}
    assert set(by_device.values()) == {"control", "change"}
    assert all(arm(compiled, who("another", values={"visitor.device": device})) == got for device, got in by_device.items())


def test_numbers_and_bools_are_units_as_texts():
    compiled = site(experiment("e", unit="visitor.login", purpose=None))
    by_text = {text: arm(compiled, who(values={"visitor.login": text})) for text in ("5", "5.5", "true")}
    assert {text: arm(compiled, who(values={"visitor.login": value})) for text, value in (("5", 5), ("5.5", 5.5), ("true", True))} == by_text


def test_the_fallback_unit_is_used_where_the_first_is_not_known():
    compiled = site(experiment("e", unit="visitor.login", fallback_unit="visitor.device", purpose=None))
    direct = site(experiment("e", unit="visitor.device", purpose=None))
    for device in UNITS[:50]:
        assert arm(compiled, who(values={"visitor.device": device})) == arm(direct, who(values={"visitor.device": device}))
        both_known = who(values={"visitor.device": "d0", "visitor.login": device})
        assert arm(compiled, both_known) == arm(direct, who(values={"visitor.device": device}))


@pytest.mark.parametrize("kind", ["session", "account"])
def test_a_kind_of_unit_that_the_visitor_does_not_have_gives_the_first_arm_and_enrols_nobody(kind):
    compiled = site(experiment("e", unit=kind, purpose=None))
    assert assigned(compiled.experiments[0], who())[:2] == (0, False)
    assert assigned(compiled.experiments[0], who(units={kind: "x"})).enrolled


# --- allocation ------------------------------------------------------------------------------------------------------


def test_ranges_of_buckets_say_who_gets_what():
    trial = experiment("e", hash="growthbook_v2", purpose=None)
    trial = replace(trial, arms=(ir.Arm("a", 0, ((0, 2000), (9000, 10000))), ir.Arm("b", 0, ((2000, 5000),))))
    compiled = site(trial)
    for unit in UNITS:
        n = assign.HASHES["growthbook_v2"].number("e", unit, 10_000)
        assert arm(compiled, who(unit)) == ("a" if n < 2000 or n >= 9000 else "b" if n < 5000 else None)
    assert compiled.experiments[0].design.allocations[0][1].propensities == (0.5, 0.5)


@pytest.mark.parametrize("kind", sorted(assign.HASHES))
def test_every_hash_divides_by_weight(kind):
    found = shares(site(experiment("e", ("a", 25), ("b", 75), hash=kind, purpose=None)))
    assert found[None] == 0 and 60 <= found["a"] <= 140


RAMP = ((int(AT), 100_000), (int(AT + DAY), 500_000), (int(AT + 2 * DAY), 1_000_000))


def test_a_ramp_takes_more_and_more_and_moves_nobody():
    compiled = site(experiment("e", ramp=RAMP))
    steps = [{unit: arm(compiled, who(unit, at=AT + days * DAY)) for unit in UNITS} for days in (-1, 0, 1, 2, 30)]
    taken = [sum(got is not None for got in step.values()) for step in steps]
    assert taken[0] == 0 and 15 <= taken[1] <= 75 and 150 <= taken[2] <= 250 and taken[3] == taken[4] == len(UNITS)
    for earlier, later in zip(steps, steps[1:]):
        assert all(later[unit] == got for unit, got in earlier.items() if got is not None)


def test_an_experiments_own_holdout_is_kept_out_of_it_alone():
    compiled = site(experiment("e", holdout=(250_000, "held")), rule("rest", ALWAYS, "off"))
    out = {unit for unit in UNITS if arm(compiled, who(unit)) is None}
    assert out == {unit for unit in UNITS if assign.bucket("held", unit) < assign.point(250_000, 1_000_000)} and 60 < len(out) < 140


def test_a_run_begins_and_ends():
    compiled = site(experiment("e", run=ir.Run(AT, AT + DAY, False)))
    assert [arm(compiled, who(at=at)) is not None for at in (AT - 1, AT, AT + DAY - 1, AT + DAY)] == [False, True, True, False]


def test_a_share_of_a_rule_is_a_rollout():
    rollout = call("share", ir.Const("f/half", "string"), ir.Ref("unit.visitor", "any"), 500_000)
    compiled = bundle(program(flag("f", (rule("half", both(ALWAYS, rollout), "on"),))))
    on = {unit for unit in UNITS if value_of(compiled, decide(compiled, who(unit))[0])}
    assert on == {unit for unit in UNITS if assign.bucket("f/half", unit) < assign.point(500_000, 1_000_000)}
    assert value_of(compiled, decide(compiled, Visit(purposes=ALL))[0]) is False  # nobody's share is known without a unit


# --- sticky ----------------------------------------------------------------------------------------------------------

STICKY = ("e", 3, 0)


def test_a_kept_arm_survives_new_weights_another_unit_and_login():
    before = site(experiment("e", ("a", 50), ("b", 50), sticky=STICKY))
    after = site(experiment("e", ("a", 0), ("b", 100), ("c", 0), sticky=STICKY, salt="another"))
    units = [unit for unit in UNITS if arm(before, who(unit)) == "a"]
    kept = arms_given(before, decide(before, who(units[0])))
    assert kept == {"e__3": "a"} and shares(after, units) == {"b": len(units)}
    assert shares(after, units, sticky=kept) == {"a": len(units)}
    assert arms_given(after, decide(after, who("somebody-else", sticky=kept))) == kept


@pytest.mark.parametrize("kept, expected", [
    ({"e__3": "b"}, "b"), ({"e__2": "b"}, "a"), ({"e__3": "gone"}, "a"), ({"other__3": "b"}, "a"), ({"e__1": "b"}, None), ({"e__1": "b", "e__3": "b"}, None),
])  # fmt: skip
def test_versions_of_a_kept_arm(kept, expected):
    """A kept arm of another version is forgotten; one below min_version keeps the visitor out."""
    compiled = site(experiment("e", ("a", 100), ("b", 0), sticky=("e", 3, 2)))
    assert arm(compiled, who(sticky=kept)) == expected


def test_a_kept_arm_counts_only_with_the_experiments_purpose():
    compiled = site(experiment("e", ("a", 100), ("b", 0), sticky=STICKY))
    assert assigned(compiled.experiments[0], who(sticky={"e__3": "b"}, purposes=frozenset()))[:2] == (0, False)


def test_a_condition_can_ask_for_a_kept_arm():
    tested = rule("tested", ir.Ref("sticky.e", "bool"), ir.Action(experiment="e", arms=(show("on"), show("off"))))
    compiled = bundle(program(flag("f", (tested,), None), experiments=(experiment("e", ("a", 100), ("b", 0), sticky=STICKY),)))
    told = [decide(compiled, who(sticky=kept))[0] for kept in ({}, {"e__3": "b"})]
    assert [(d.why, value_of(compiled, d)) for d in told] == [("default", None), ("test", False)]


@pytest.mark.parametrize("unit", ["account", "visitor.login"])
def test_a_kept_arm_survives_the_end_of_a_login_and_does_not_count(unit):
    compiled = site(experiment("e", ("a", 100), ("b", 0), sticky=STICKY, unit=unit))
    assert assigned(compiled.experiments[0], who(sticky={"e__3": "b"})) == (1, False, 1.0)
    (decision,) = decide(compiled, who(sticky={"e__3": "b"}))
    assert (value_of(compiled, decision), decision.experiment) == ("value of b", -1)


def test_what_is_not_sticky_gives_nothing_to_keep():
    compiled = site(experiment("e"))
    assert arms_given(compiled, decide(compiled, who())) == {}


# --- previews --------------------------------------------------------------------------------------------------------


def test_a_preview_forces_an_arm_and_says_so():
    compiled = site(experiment("e", sticky=STICKY))
    for name in ("control", "change"):
        (decision,) = decide(compiled, who(forced={"e": name}, preview=True))
        assert (value_of(compiled, decision), decision.why, decision.propensity) == (f"value of {name}", "preview", 1.0)
        assert arms_given(compiled, (decision,)) == {}


@pytest.mark.parametrize("at, preview, value", [(AT - 1, True, "value of change"), (AT - 1, False, None), (AT, False, "value of change")])
def test_a_preview_shows_an_arm_before_its_experiment_begins(at, preview, value):
    compiled = site(experiment("e", run=ir.Run(AT, AT + DAY, False)))
    (decision,) = decide(compiled, who(forced={"e": "change"}, preview=preview, at=at))
    assert value_of(compiled, decision) == value


@pytest.mark.parametrize("wish, value", [("on", True), ("none", None), ("gone", None)])
def test_a_preview_forces_a_variant(wish, value):
    compiled = bundle(program(flag("f", (rule("r", ALWAYS, "off"),), "off")))
    (decision,) = decide(compiled, who(forced={"slot.f": wish}, preview=True))
    assert (value_of(compiled, decision), decision.why, decision.rule) == (value, "preview", -1)


# --- the quick path --------------------------------------------------------------------------------------------------


@given(st.lists(st.text(max_size=40), min_size=1, max_size=5), st.sampled_from(sorted(assign.HASHES)), st.booleans())
def test_the_second_time_is_as_the_first(units, kind, consent):
    trial = experiment("e", ("a", 30), ("b", 30), hash=kind, share=800_000)
    visits = [who(unit, purposes=ALL if consent else frozenset()) for unit in units]
    warm = site(trial, rule("rest", is_("visitor.plan", "pro"), "off"))
    for visit in visits:
        decide(warm, visit)
    for visit in visits:
        assert decide(warm, visit) == decide(site(trial, rule("rest", is_("visitor.plan", "pro"), "off")), visit)


def test_held_out_visitors_get_no_interned_outcome():
    compiled = bundle(program(flag("f", (rule("r", ALWAYS, "on"),)), holdout=(500_000, "h")))
    for forced in ({}, {HOLDOUT: "in"}, {HOLDOUT: "out"}):
        for unit in UNITS[:50]:
            held = forced.get(HOLDOUT, "in" if assign.bucket("h", unit) < 2**63 else "out") == "in"
            (decision,) = decide(compiled, who(unit, forced=forced))
            assert (decision.why, value_of(compiled, decision)) == (("holdout", False) if held else ("rule", True))


def test_values_of_a_wrong_type_are_unknown():
    compiled = bundle(program(flag("f", (rule("r", both(is_("visitor.age", 3, "gt"), is_("visitor.plan", "pro")), "on"),))))
    for values in ({"visitor.age": "many", "visitor.plan": "pro"}, {"visitor.age": 5, "visitor.plan": ["pro"]}, {"visitor.age": 5, "visitor.plan": {}}):
        assert [d.why for d in decide(compiled, Visit(values=values, purposes=ALL))] == ["default"]
