"""Slots: levels in order, names resolved, actions and purposes of each rule."""

import pytest

from compiler import ir
from tests.golden.cases import compiled, messages


def slot(result, name: str) -> ir.Slot:
    return next(one for one in result.program.slots if one.name == name)


def test_rules_stand_in_the_order_of_the_levels_whatever_the_file_says(tmp_path):
    text = """\
place: {page: [home, product], selector: main, do: after}
component: hero
ladder:
  default: none
  cohort: [{rule: third, when: 'request.hour > 3', show: everyone}]
  segment: [{rule: second, when: 'visitor.visits > 3', show: none}]
  individual: [{rule: first, when: 'size(visitor.recent) > 1', show: welcome}]
"""
    found = slot(compiled(tmp_path, write={"slots/note.yaml": text}), "note")
    assert [(rule.name, rule.level, rule.action.variant) for rule in found.rules] == [
        ("first", "individual", "welcome"), ("second", "segment", None), ("third", "cohort", "everyone"),
    ]  # fmt: skip
    assert (found.pages, found.selector, found.operation, found.default, found.test) == (("home", "product"), "main", "after", ir.Action(), None)


def test_a_rule_knows_its_segment_campaign_and_purposes(tmp_path):
    partners, regulars, germany = slot(compiled(tmp_path), "hero").rules
    assert (partners.segment, partners.campaign, partners.purposes) == ("partner", None, ("personalization",))
    assert (regulars.segment, regulars.campaign, regulars.purposes) == (None, "spring", ("personalization",))
    assert (germany.segment, germany.campaign, germany.purposes) == (None, None, ())


def test_the_holdout_passes_over_the_slots_it_excepts(tmp_path):
    result = compiled(tmp_path)
    assert (slot(result, "hero").always, slot(result, "shelf").always) == (False, True)


def test_a_test_on_a_rule_has_actions_and_a_test_on_the_slot_has_patches(tmp_path):
    result = compiled(tmp_path)
    assert slot(result, "hero").test == ir.Action(experiment="headline", arms=(None, None))
    action = slot(result, "shelf").rules[0].action
    assert (action.experiment, [arm.model for arm in action.arms], [arm.take for arm in action.arms]) == ("ranker", ["trending", "affinity"], [2, 2])
    assert action.arms[0].where is None and isinstance(action.arms[1].where, ir.Call)


def test_only_variants_that_something_shows_are_in_the_bundle(tmp_path):
    change = {"slots/hero.yaml": {"show: business": "show: welcome"}, "scenarios/core.yaml": {"variant: business": "variant: welcome"}}
    found = slot(compiled(tmp_path, change=change), "hero")
    assert [variant.name for variant in found.variants] == ["everyone", "welcome"]
    assert all(len(variant.contents) == 3 for variant in found.variants), "as it is, and once for each arm"


def test_segments_are_put_into_the_conditions(tmp_path):
    change = {"segments.yaml": {"account.domain in lists.partners": "segment.paying && account.domain in lists.partners"}}
    rule = slot(compiled(tmp_path, change=change), "hero").rules[0]
    (conjunction,) = rule.conjunctions
    assert [(literal.test.term.attribute, literal.test.op) for literal in conjunction.literals] == [("visitor.plan", "eq"), ("account.domain", "in_list")]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("request.hour > 3", []),
        ("visitor.opened", ["E040"]),
        ("segment.paying", ["E040"]),
        ("has(visitor.visits) || request.hour > 3", ["E040"]),
        ("request.country in lists.partners", []),
        ("request.country == 'DE' && false", ["W004"]),
    ],
)
def test_cohort_rules_read_the_request_alone(tmp_path, when, expected):
    assert [code for code, _ in messages(tmp_path, change={"slots/hero.yaml": {"'request.country == \"DE\"'": f'"{when}"'}})] == expected


@pytest.mark.parametrize(
    ("default", "models", "expected"),
    [
        ("{rank: trending, take: 2}", {}, []),
        ("{rank: affinity, take: 2}", {}, ["E043"]),
        ("{rank: affinity, take: 2}", {"{half_life: 7d}": "{half_life: 7d}, else: trending"}, []),
        ("{rank: trending, take: 2, where: 'item.price < visitor.spent'}", {}, ["E043"]),
        ("{rank: trending, take: 2, where: '!visitor.opened'}", {}, []),
        ("{test: headline}", {}, ["E016", "E060", "E061", "E064"]),
        ("none", {}, []),
    ],
)
def test_the_way_down_ends_without_consent(tmp_path, default, models, expected):
    change = {"slots/shelf.yaml": {"{rank: trending, take: 2}": default}, "models/affinity.yaml": models}
    assert sorted({code for code, _ in messages(tmp_path, change=change)}) == sorted(expected)


@pytest.mark.parametrize(
    "change",
    [
        {"slots/hero.yaml": {"when: segment.partner": "when: segment.partner, share: 50%, unit: account"}},
        {"experiments/headline.yaml": {"goal: click": "goal: click\nunit: account"}},
        {"experiments/headline.yaml": {"goal: click": "goal: click\nunit: visitor.plan\nfallback_unit: account"}},
    ],
)
def test_what_tells_the_account_is_read_where_accounts_are_told_apart(tmp_path, change):
    segments = {"segments.yaml": {"account.domain in lists.partners": "visitor.visits > 1"}}
    assert "account.domain" in compiled(tmp_path, change={**segments, **change}).program.reads


def test_a_name_that_does_not_exist_is_told_once_even_where_it_is_used_often(tmp_path):
    change = {"segments.yaml": {"lists.partners": "lists.nobody"}, "slots/hero.yaml": {"'visitor.visits > 3'": "segment.partner && visitor.visits > 3"}}
    assert [code for code, _ in messages(tmp_path, change=change)] == ["E030"]
