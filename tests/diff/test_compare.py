"""What a comparison says is what deciding and rendering everything twice says, for every kind of change; names change nothing."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from compiler.diff import compare, markdown
from compiler.diff.page import page
from tessera.decide import held_out_of_all
from tessera.enrol import assigned
from tessera.evaluate import evaluate
from tessera.types import Visit
from tests.diff import generated
from tests.diff.generated import CHANGES, differing, sites, visitors
from tests.edge.conditions import ANYTHING
from tests.edge.sites import ALL, TYPES, bundle

EACH, CROWD = 15, 30  # 315 changes in all, and 30 of prices below


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_shares_are_those_of_brute_force(change):
    @settings(max_examples=EACH, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(sites(), st.integers(0, 2**32))
    def holds(site, seed):
        changed = change(site, Random(seed))
        old, new = bundle(site), bundle(changed.site)
        crowd = visitors(old, new, seed, CROWD, wishes=changed.effect)
        expected = [differing(old, new, visitor, changed.names) for visitor in crowd]
        report = compare(old, new, crowd)
        assert {one.name: one.changed for one in report.slots} == {one.name: sum(one.name in found for found in expected) for one in report.slots}
        assert (report.visitors, report.changed) == (CROWD, sum(map(bool, expected)))
        assert changed.effect or report.share == 0

    holds()


@settings(max_examples=30, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(sites(), st.integers(0, 2**32))
def test_prices_that_rankings_go_by_change_what_is_ranked(site, seed):
    site = generated.priced(site, Random(seed))
    changed = generated.price(site, Random(seed))
    old, new = bundle(site), bundle(changed.site)
    crowd = visitors(old, new, seed, CROWD)
    expected = [differing(old, new, visitor, {}) for visitor in crowd]
    report = compare(old, new, crowd)
    assert {one.name: one.changed for one in report.slots} == {one.name: sum(one.name in found for found in expected) for one in report.slots}


@settings(max_examples=20, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(sites(), st.integers(0, 2**32))
def test_the_order_of_rules_that_exclude_each_other_changes_nothing(site, seed):
    site = generated.idle(site)
    cart, _, home = next(one for one in site.slots if one.name == "s0").rules
    old, new = bundle(site), bundle(generated.with_rules(site, "s0", (home, cart)))
    assert compare(old, new, visitors(old, new, seed, CROWD)).share == 0


@pytest.mark.parametrize("change", [generated.weights, generated.salt, generated.share, generated.holdout, generated.known, generated.renamed], ids=lambda change: change.__name__)
def test_arms_are_those_that_both_bundles_give(change):
    @settings(max_examples=EACH // 3, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(sites(), st.integers(0, 2**32))
    def holds(site, seed):
        changed = change(site, Random(seed))
        old, new = bundle(site), bundle(changed.site)
        crowd = visitors(old, new, seed, CROWD, wishes=False)
        told = {one.was or one.name: one for one in compare(old, new, crowd).experiments}
        for before, after in zip(old.experiments, new.experiments):
            pairs = [(arm(old, before, one.old), arm(new, after, one.new)) for one in crowd]
            moved = sum(a != b and None not in (a, b) for a, b in pairs)
            left, joined = (sum(one[i] is not None and one[1 - i] is None for one in pairs) for i in (0, 1))
            found = told.get(before.name)
            assert (moved, left, joined) == ((0, 0, 0) if found is None else (found.moved, found.left, found.joined)), before.name
            assert found is None or (sum(many for *_, many in found.matrix), found.before) == (CROWD, sum(a is not None for a, _ in pairs))
        assert change is not generated.renamed or not told

    holds()


def arm(site, experiment, visit) -> int | None:
    """The arm for which a visit counts, by number."""
    found = assigned(experiment, visit)
    return found.arm if found.enrolled and not held_out_of_all(site, visit) else None


@settings(max_examples=10, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(sites(), st.integers(0, 2**32))
def test_members_are_those_of_the_conditions(site, seed):
    old, new = bundle(site), bundle(generated.segment(site, Random(seed)).site)
    crowd = visitors(old, new, seed, CROWD)
    for one in compare(old, new, crowd).segments:
        ours, theirs = ([evaluate(side.segments[one.name], visit.values) is True for visit in visits] for side, visits in ((old, [v.old for v in crowd]), (new, [v.new for v in crowd])))
        assert (one.before, one.after, one.members) == (sum(ours), sum(theirs), sum(a or b for a, b in zip(ours, theirs)))
        assert (one.joined, one.left) == (sum(b and not a for a, b in zip(ours, theirs)), sum(a and not b for a, b in zip(ours, theirs)))


@settings(max_examples=15, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(sites(), st.integers(0, 2**32))
def test_no_visit_makes_it_fail(site, seed):
    """Visits of wrong types too, such as nobody has who came through the edge."""
    old, new = bundle(site), bundle(generated.condition(site, Random(seed)).site)
    random = Random(seed)
    crowd = [Visit({"visitor": "u"}, {name: random.choice(ANYTHING) for name in TYPES if random.random() < 0.7}, random.choice([ALL, frozenset()])) for _ in range(CROWD)]
    report = compare(old, new, crowd)
    assert report.visitors == CROWD and markdown(report) and page(report)
