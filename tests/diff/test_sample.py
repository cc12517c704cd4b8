"""Made-up visitors: the same for the same seed, such as the edge would see, and meeting what conditions ask."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from benchmarks import diff as benchmark
from compiler.diff import Plan, compare, scoring
from compiler.diff.distributions import DistributionError, Range, Weights, read
from compiler.diff.sample import Sample
from compiler.diff.twins import Deciding, twin
from compiler.kernel import NumpyKernel
from tessera.decide import decide, held_out_of_all
from tessera.profile import permitted
from tessera.render import render
from tessera.resolved import Bundle
from tessera.types import Profile, Visit
from tests.diff import shops

AT = 1_796_000_000.0  # 2026-11-30
PAGES = ("home", "category", "product", "cart", None)


@cache
def plan(name: str) -> Plan:
    return Plan(*shops.pair(name))


def sample(name: str, count: int, seed: int = 0, told=None) -> list:
    return list(Sample(plan(name), count, seed, told or {}, AT))


def shown(bundle: Bundle, visit: Visit, page: str | None) -> dict[str, str | None]:
    """Of each slot of a page what it shows."""
    found = {}
    for decision in decide(bundle, visit, page):
        slot = bundle.slots[decision.slot]
        if bool(slot.pages) == (page is not None):
            found[slot.name] = None if decision.content < 0 else render(bundle.contents[decision.content], visit.values, bundle.items, decision.items)
    return found


@pytest.mark.parametrize("name", shops.names())
def test_shares_on_the_shop_are_those_of_deciding_everything_twice(name):
    old, new = shops.pair(name)
    crowd = sample(name, 150, seed=3)
    slots: dict[str, int] = {}
    pages: dict[str | None, int] = {}
    changed = 0
    for visitor in crowd:
        found = set()
        for page in PAGES:
            before, after = visitor.view(page, page)
            ours, theirs = shown(old, before, page), shown(new, after, page)
            here = {slot for slot in ours.keys() | theirs.keys() if ours.get(slot) != theirs.get(slot)}
            pages[page] = pages.get(page, 0) + bool(here)
            found |= here
        changed += bool(found)
        for slot in found:
            slots[slot] = slots.get(slot, 0) + 1
    report = compare(old, new, crowd, plan=plan(name))
    assert {one.name: one.changed for one in report.slots if one.changed} == slots
    assert report.changed == changed and report.visitors == 150
    assert [one.changed for one in report.pages] == [pages[page] for page in PAGES]
    assert (report.share == 0) == (name in shops.UNSEEN)


def test_the_benchmark_finds_the_same_by_its_peer():
    old, new = shops.pair("a day's work")
    crowd = sample("a day's work", 60)
    told = compare(old, new, crowd)
    benchmark.check("a case", told, *benchmark.both(old, new, crowd))
    with pytest.raises(SystemExit, match="by deciding twice"):
        benchmark.check("a case", told, told.changed + 1, Counter())


def test_what_is_proved_is_not_looked_at():
    assert {plan("a day's work").names(number) for number in plan("a day's work").open} == {("banner",), ("cta",), ("hero",)}
    assert not plan("names").open and not plan("the holdout").open


def twins(name: str) -> set[str]:
    """The open slots that decide the same in both."""
    told = plan(name)
    sides = Deciding(told.old), Deciding(told.new)
    return {told.names(number)[-1] for number in told.open if twin(*sides, told.slots[number]) is not None}


def test_what_decides_the_same_is_decided_once():
    assert {"bundle", "carousel"} <= twins("prices")
    assert twins("prices and a text") >= {"bundle", "carousel", "cta"} and "banner" not in twins("prices and a text")
    assert not {"bundle", "carousel"} & twins("a price that a filter reads"), "it ranks others"
    assert "carousel" not in twins("a boost") | twins("stock") | twins("a share")


@pytest.mark.parametrize("name", ["prices", "stock", "a boost"])
def test_numpy_scores_many_items_as_python_does(name, monkeypatch):
    crowd = sample(name, 150, seed=4)
    expected = compare(*shops.pair(name), crowd)
    monkeypatch.setattr(scoring, "MANY", 1)
    told = Plan(*shops.pair(name))
    assert isinstance(told.old_forms.scoring, NumpyKernel) and isinstance(told.new_forms.scoring, NumpyKernel)
    assert compare(told.old, told.new, crowd, plan=told) == expected


def test_who_moves_into_the_holdout_or_out_of_it_sees_something_else():
    told, crowd = plan("the holdout"), sample("the holdout", 400, seed=2)
    moved = [told.held(one.old) != told.held_now(one.new) for one in crowd]
    assert moved == [held_out_of_all(told.old, one.old) != held_out_of_all(told.new, one.new) for one in crowd] and any(moved)
    report = compare(told.old, told.new, crowd, plan=told)
    assert 0 < report.changed <= sum(moved)


@pytest.mark.parametrize("name", ["the shop", "consent"])
def test_visits_are_such_as_the_edge_makes(name):
    for visitor in sample(name, 300, seed=5):
        for bundle, visit in ((plan(name).old, visitor.old), (plan(name).new, visitor.new)):
            stored = Profile({key: value for key, value in visit.values.items() if not key.startswith("request.")})
            facts = {key: value for key, value in visit.values.items() if key.startswith("request.")}
            assert permitted(bundle, stored, facts, visit.purposes, "home")[0] == visit.values
            assert visit.units == ({"visitor": visit.units["visitor"], **({"account": visit.values["account.domain"]} if "account.domain" in visit.values else {})} if visit.purposes else {})


def test_a_seed_makes_the_same_visitors():
    assert [visitor.old for visitor in sample("the shop", 50)] == [visitor.old for visitor in sample("the shop", 50)]
    assert [visitor.old for visitor in sample("the shop", 50)] == [visitor.old for visitor in sample("the shop", 500)][:50]
    assert [visitor.old for visitor in sample("the shop", 50)] != [visitor.old for visitor in sample("the shop", 50, seed=1)]


def test_every_rule_of_the_shop_is_met():
    bundle = plan("the shop").old
    met = set()
    for visitor in sample("the shop", 1500):
        for page in PAGES:
            met |= {decision.rule for decision in decide(bundle, visitor.view(page, page)[0], page)}
    assert {rule.name for number, rule in enumerate(bundle.rules) if number not in met} == set()


def test_weights_of_ones_own_count(tmp_path):
    file = tmp_path / "weights.yaml"
    file.write_text("request.country: {DE: 3, US: 1}\nrequest.hour: {9: 1}\nvisitor.lifecycle: {customer: 1, ~: 1}\nvisitor.visits: {low: 5, high: 9}\nvisitor.recent: {low: 2, high: 2, missing: 0.5}\nconsent: {all: 1}\n")
    told = read(file, {"request.country", "request.hour", "visitor.lifecycle", "visitor.visits", "visitor.recent"})
    assert told["visitor.visits"] == Range(5.0, 9.0, 0.0) and isinstance(told["consent"], Weights)
    crowd = [visitor.old.values for visitor in sample("the shop", 1000, told=told)]
    assert {values["request.country"] for values in crowd} == {"DE", "US"} and 700 < sum(values["request.country"] == "DE" for values in crowd) < 800
    assert {values["request.region"] for values in crowd if values["request.country"] == "DE"} == {"EEA"}
    assert {values["request.hour"] for values in crowd} == {9} and {values["request.daypart"] for values in crowd} == {"morning"}
    assert {values["visitor.lifecycle"] for values in crowd} == {"customer", "new"}, "what is not known has the attribute's default"
    assert {values["visitor.visits"] for values in crowd} == {5, 6, 7, 8, 9}
    assert {len(values.get("visitor.recent", ())) for values in crowd} == {0, 2}


@pytest.mark.parametrize(
    "text, said",
    [
        ("[1]", "a mapping is needed"), ("request.contry: {DE: 1}", "is no attribute that either bundle reads"), ("request.country: DE", "must be {value: weight"), (": [", "not YAML"),
        ("request.country: {DE: -1}", "weights are numbers from 0"), ("request.country: {DE: 0}", "weights are numbers from 0"), ("request.country: {low: 2, high: 1}", "a range is"),
        ("request.country: {low: 1, high: 2, missing: 2}", "`missing` is a share"), ("request.country: {DE: .nan}", "weights are numbers"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_in_one_line(tmp_path, text, said):
    file = tmp_path / "weights.yaml"
    file.write_text(text)
    with pytest.raises(DistributionError, match=said) as caught:
        read(file, {"request.country"})
    assert "\n" not in str(caught.value)
