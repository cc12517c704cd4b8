"""Every ranked decision says in the log and in words by which model: items, variants, cascades, and what stands in."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from compiler import ir
from compiler.pipeline import compile_site
from tests.edge.test_rankings import COLUMNS, IDS, actions, site, tree_of, visits
from tests.shop import STORE
from tessera.api_told import confidence
from tessera.bundle import load, unseal
from tessera.decide import decide_slots
from tessera.evaluate import evaluate
from tessera.explain import brief, explain
from tessera.ranking import action_of, admitting
from tessera.record import outcome, text
from tessera.resolved import Bundle
from tessera.types import Decision, ListedItem, Visit

AT = 1_796_000_000.0
ALL = frozenset(("personalization", "analytics"))
DARK, BRIGHT = ("night-ferry", "monsoon-coast", "stovetop-moka"), ("kochere", "nyeri", "cone-dripper")


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load(unseal(compile_site(STORE).bundle))


def decided(bundle: Bundle, slot: str, page: str, recent: tuple[str, ...], path: str = "/", arm: str = "taste") -> tuple[Visit, Decision]:
    values = {"request.page": page, "request.path": path, **({"visitor.recent": tuple(ListedItem(item, AT - 60) for item in recent)} if recent else {})}
    seen = Visit({"visitor": "v"}, values, ALL, "rest", AT, forced={"carousel_ranker": arm, "@holdout": "out"})
    number = next(i for i, each in enumerate(bundle.slots) if each.name == slot)
    return seen, decide_slots(bundle, seen, (number,))[0]


CASES = [  # slot, page, recent, path; model, what is shown first, what comes next, the end of the sentence
    ("carousel", "home", DARK, "/", "personal", "harbour-blend", "item",
     "; ranked by the model 'personal' (goes_with, then affinity, then trending), without the items of visitor.bought."),
    ("carousel", "home", (), "/", "trending", "harbour-blend", "item", "because no rule holds; ranked by the model 'trending'."),
    ("carousel", "product", (), "/p/kochere", "similar", "lake-kivu", "item", "; ranked by the model 'similar'."),
    ("bundle", "product", (), "/p/kochere", "pair", "cone-dripper", "item", "; ranked by the model 'pair' (together, then similar)."),
    ("bundle", "product", (), "/p/stovetop-moka", "pair", "little-owl", "item", "; ranked by the model 'pair' (together, then similar)."),
    ("shelf", "home", DARK, "/", "affinity", "espresso", "variant", "; by the model 'affinity' it is the nearest to this visitor, before 'gifts'."),
    ("shelf", "home", BRIGHT, "/", "affinity", "filter", "variant", "; by the model 'affinity' it is the nearest to this visitor, before 'gifts'."),
    ("offer", "cart", BRIGHT, "/cart", "affinity", "dripper", "variant", "; by the model 'affinity' it is the nearest to this visitor, before 'press'."),
]  # fmt: skip


@pytest.mark.parametrize("slot, page, recent, path, model, first, kind, said", CASES)
def test_what_was_ranked_and_by_what(bundle, slot, page, recent, path, model, first, kind, said):
    seen, decision = decided(bundle, slot, page, recent, path)
    row = outcome(bundle, decision)
    version = next(each.version for each in bundle.models if each.name == model)
    assert (row["model"], row["model_version"]) == (model, version) and version
    assert (row["items"][0] if kind == "item" else row["variant"]) == first
    others = row["alternatives"]
    assert others and all(other.keys() == {kind, "score"} for other in others) and isinstance(row["score"], float)
    if model not in ("personal", "pair"):  # of a cascade each part has scores of its own
        assert row["score"] >= others[0]["score"] and [other["score"] for other in others] == sorted((other["score"] for other in others), reverse=True)
    told = json.loads(text(bundle, seen, (decision,), view="v", page=page))["slots"][0]
    assert {name: told[name] for name in row} == json.loads(json.dumps(row))
    assert explain(bundle, seen, decision).sentence.endswith(said) and brief(bundle, seen, decision).sentence.endswith(said)
    assert 0 < confidence(bundle, seen, decision) <= 1 and action_of(bundle, decision) is not None


def test_what_the_next_variant_is_stands_among_the_alternatives(bundle):
    seen, decision = decided(bundle, "shelf", "home", DARK)
    found = {each.variant: each for each in explain(bundle, seen, decision).alternatives}
    assert found["gifts"].because == "the next variant by score" and found["gifts"].weight < decision.nearest[0].score
    assert found["none"].because == "the default"


def test_of_whom_nothing_is_known_no_variant_is_the_nearest(bundle):
    seen, decision = decided(bundle, "shelf", "home", ("gone", "away"))
    row = outcome(bundle, decision)
    assert (row["variant"], row["model"], row["reason"], row["alternatives"]) == ("none", None, "default", [])
    assert explain(bundle, seen, decision).attempts[0].because == "its model knows nothing of this visitor"


@settings(max_examples=100, deadline=None)
@given(actions, visits)
def test_single_items_are_admitted_as_a_ranking_admits_them(action, visit):
    made = site(action)
    admits = admitting(made, visit, made.slots[0].default)
    hidden = {item.id for name in action.without for item in visit.values.get(name, ())}
    facts = [{**visit.values, **{f"item.{name}": values[row] for name, values in COLUMNS}} for row in range(len(IDS))]
    expected = [IDS[row] not in hidden and (action.where is None or evaluate(tree_of(action.where), facts[row]) is True) for row in range(len(IDS))]
    assert [admits(row) for row in range(len(IDS))] == expected


def test_what_stands_in_is_told():
    made = site(ir.Action("cards", "taste", 3, pin=("item-05",)))
    seen = Visit(values={"request.page": "product"}, at=AT)
    (decision,) = decide_slots(made, seen, (0,))
    assert outcome(made, decision)["model"] == "popular" and outcome(made, decision)["items"][0] == "item-05"
    said = "ranked by the model 'popular', which stands in for 'taste', with item-05 pinned to the front."
    assert explain(made, seen, decision).sentence.endswith(said)
