"""Propensities in a site: what is compiled, what is refused, and what two visitors of different intent get."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compiler.diagnostics import Rejected
from compiler.pipeline import compile_site
from tessera.bundle import load, unseal
from tessera.context import Request
from tessera.decide import decide
from tessera.explain import explain
from tessera.profile import read as profile_of
from tessera.record import inputs, page_view
from tessera.visit import Arrival, settle

ALL = frozenset({"personalization", "analytics"})
TREE = {"feature": [0, 1], "split": [5.0, [1]], "left": [-1, -2], "right": [1, -3], "missing": [1, 0], "leaves": [-2.0, 2.0, 0.5]}
MODEL: dict[str, Any] = {
    "tessera_propensity": 1, "kind": "trees", "target": "bought", "features": [{"name": "PageValues"}, {"name": "Month", "values": ["Feb", "Nov"]}, {"name": "Region"}],
    "trees": [TREE], "calibration": None, "measured": {"auc": 0.9, "rows": 100}, "gates": {"auc": 0.8},
}  # fmt: skip
WEIGHTS: dict[str, Any] = {
    **{key: value for key, value in MODEL.items() if key != "trees"}, "kind": "weights", "bias": -1.0,
    "weights": [{"weight": 0.5, "missing": 0.0}, {"weights": [0.0, 1.0], "missing": -0.5, "other": 0.0}, {"weight": 0.0}], "calibration": {"slope": 2.0, "intercept": 0.1},
}  # fmt: skip
SITE = """tessera: 1
hosts: [shop.example]
pages: {home: /, plain: /plain, elsewhere: /elsewhere}
purposes: {personalization: {}, analytics: {}}
jurisdictions: {everywhere: {allow: []}}
log: {purpose: analytics}
attributes:
  visitor:
    page_values: {type: double, purpose: personalization, keep: 30d}
    month: {type: string, purpose: personalization, keep: 30d}
    region: {type: int, purpose: none, keep: 30d, default: 1}
    counted: {type: int, purpose: analytics, keep: 30d}
    intent: {type: double, purpose: personalization, keep: session, from: model.intent}
"""
FILES = {
    "site.yaml": SITE,
    "models/intent.yaml": "propensity: {file: models/intent.json}\nfeatures: {PageValues: visitor.page_values, Month: visitor.month, Region: visitor.region}\n",
    "models/intent.json": json.dumps(MODEL),
    "slots/offer.yaml": """place: {page: home, selector: h1, do: replace}
component: offer
ladder:
  individual:
    - {rule: eager, when: 'visitor.intent > 0.7', show: now}
    - {rule: doubtful, when: 'visitor.intent <= 0.7', show: help}
  default: usual
""",
    "content/offer.yaml": "fields: {text: text}\nvariants: {now: {text: Buy now}, help: {text: May we help?}, usual: {text: Welcome}}\n",
    "content/offer.html": "<b>{{text}}</b>\n",
    "slots/other.yaml": "place: {page: plain, selector: h1, do: replace}\ncomponent: offer\nladder: {default: usual}\n",
}  # fmt: skip
EAGER, DOUBTFUL = {"visitor.page_values": 9.0, "visitor.month": "Nov"}, {"visitor.page_values": 1.0, "visitor.month": "Nov"}


def site(folder: Path, **changed: str) -> Path:
    for name, text in {**FILES, **changed}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def messages(folder: Path, **changed: str) -> list[tuple[str, str, str]]:
    try:
        found = compile_site(site(folder, **changed), "site").diagnostics
    except Rejected as rejected:
        found = rejected.diagnostics
    return [(item.code, f"{item.place.file}:{item.place.line}", item.message) for item in found.items]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory):
    compiled = compile_site(site(tmp_path_factory.mktemp("site")), "site")
    assert [item.render() for item in compiled.diagnostics.items] == []
    return load(unseal(compiled.bundle))


def visit(bundle: Any, attributes: dict[str, Any] | None, page: str = "home", purposes: frozenset[str] = ALL):
    stored = None if attributes is None else profile_of({"attributes": attributes}, bundle.attributes, 0.0)
    return settle(bundle, Arrival(Request(page=page), "ana", True, "", "known", purposes, "everywhere", {"request.page": page}), stored)


def shown(bundle: Any, seen: Any) -> str:
    (decision,) = decide(bundle, seen, "home")
    return bundle.slots[decision.slot].variants[decision.variant][0]


def test_a_condition_on_intent_decides_differently_for_two_visitors(bundle):
    eager, doubtful, unknown = (visit(bundle, attributes) for attributes in (EAGER, DOUBTFUL, {}))
    assert [round(one.values["visitor.intent"], 4) for one in (eager, doubtful)] == [0.8808, 0.1192]
    assert [shown(bundle, one) for one in (eager, doubtful)] == ["now", "help"]
    assert "visitor.intent" not in unknown.values and shown(bundle, unknown) == "usual"


def test_it_is_logged_with_what_it_was_made_of_and_explained(bundle):
    seen = visit(bundle, EAGER)
    (decision,) = decide(bundle, seen, "home")
    told = explain(bundle, seen, decision)
    assert inputs(bundle, seen)["visitor.intent"] == seen.values["visitor.intent"] and {*EAGER} < {*inputs(bundle, seen)}
    assert page_view(bundle, seen, (decision,), view="v", page="home")["inputs"]["visitor.intent"] == seen.values["visitor.intent"]
    assert any("visitor.intent" in attempt.because and "0.88" in attempt.because for attempt in told.attempts), told


def test_a_logged_decision_is_taken_again_from_its_inputs(bundle):
    """The same score from the logged features alone, bit for bit: what trains is what decides."""
    logged = json.loads(json.dumps(inputs(bundle, visit(bundle, EAGER))))
    features = {name: value for name, value in logged.items() if name != "visitor.intent"}
    assert visit(bundle, features).values["visitor.intent"] == logged["visitor.intent"]


@pytest.mark.parametrize(
    "attributes, page, purposes, known",
    [
        (EAGER, "home", ALL, True),
        (EAGER, "home", frozenset({"analytics"}), False),
        (EAGER, "home", frozenset(), False),
        (EAGER, "plain", ALL, False),
        ({"visitor.month": "Nov"}, "home", ALL, True),
        ({"visitor.month": 5, "visitor.page_values": "many"}, "home", ALL, False),
        (None, "home", ALL, False),
    ],
    ids=["permitted", "without its purpose", "without any", "where nothing reads it", "a part is known", "of wrong types", "nothing could be asked"],
)  # fmt: skip
def test_it_is_predicted_only_where_it_may_be_and_is_read(bundle, attributes, page, purposes, known):
    assert ("visitor.intent" in visit(bundle, attributes, page, purposes).values) is known


def test_what_is_told_stands_in_for_what_is_predicted(bundle):
    assert visit(bundle, {**DOUBTFUL, "visitor.intent": 0.9}).values["visitor.intent"] == 0.9
    assert visit(bundle, {**EAGER, "visitor.intent": "much"}).values["visitor.intent"] < 0.9


def test_a_store_is_not_asked_for_what_is_predicted(bundle, tmp_path):
    assert bundle.loaded and not load(unseal(compile_site(of_events_alone(tmp_path)).bundle)).loaded


def of_events_alone(folder: Path) -> Path:
    """A site whose model needs nothing that other systems load."""
    attributes = "    visits: {type: int, purpose: personalization, keep: 30d, from: visits}\n    intent: {type: double, purpose: personalization, keep: session, from: model.intent}\n"
    model = {**MODEL, "features": [{"name": "visits"}], "trees": [{"feature": [0], "split": [2.0], "left": [-1], "right": [-2], "missing": [1], "leaves": [-1.0, 1.0]}]}
    return site(folder, **{
        "site.yaml": SITE.partition("    page_values")[0] + attributes, "models/intent.json": json.dumps(model),
        "models/intent.yaml": "propensity: {file: models/intent.json}\nfeatures: {visits: visitor.visits}\n",
    })  # fmt: skip


def test_logistic_weights_are_compiled_as_well(tmp_path):
    bundle = load(unseal(compile_site(site(tmp_path, **{"models/intent.json": json.dumps(WEIGHTS)})).bundle))
    assert round(visit(bundle, {**EAGER, "visitor.region": 3}).values["visitor.intent"], 6) == round(1 / (1 + 2.718281828459045 ** -(2 * 4.5 + 0.1)), 6)


def test_it_lies_in_a_section_of_its_own_and_costs_few_bytes(bundle):
    assert 0 < bundle.sizes["propensities"] < 400
    assert [(one.attribute, one.name, one.pages, one.features) for one in bundle.propensities] == [
        ("visitor.intent", "intent", frozenset({"home"}), ("visitor.page_values", "visitor.month"))
    ], "the region is not asked about, so it is not read"


def test_where_nothing_reads_it_it_is_not_in_the_bundle(tmp_path):
    compiled = compile_site(site(tmp_path, **{"slots/offer.yaml": "place: {page: home, selector: h1, do: replace}\ncomponent: offer\nladder: {default: usual}\n"}))
    assert compiled.program.propensities == () and "propensities" not in load(unseal(compiled.bundle)).sizes


# --- what is refused -----------------------------------------------------------------------------------------------------


def model(**changed: Any) -> dict[str, str]:
    return {"models/intent.json": json.dumps({**MODEL, **changed})}


def tree(**changed: Any) -> dict[str, str]:
    return model(trees=[{**TREE, **changed}])


def attribute(old: str, new: str) -> dict[str, str]:
    assert SITE.count(old) == 1
    return {"site.yaml": SITE.replace(old, new)}


def mapping(text: str) -> dict[str, str]:
    return {"models/intent.yaml": f"propensity: {{file: models/intent.json}}\n{text}\n"}


INTENT = "{type: double, purpose: personalization, keep: session, from: model.intent}"


@pytest.mark.parametrize(
    "changed, expected",
    [
        ({"models/intent.json": "{"}, ("E086", "models/intent.yaml:1", "no JSON")),
        ({"models/intent.json": json.dumps(MODEL).replace("-2.0", "NaN")}, ("E086", "models/intent.yaml:1", "no JSON")),
        ({"models/intent.json": json.dumps(MODEL).replace("-2.0", "1e999")}, ("E086", "models/intent.yaml:1", "finite")),
        (model(tessera_propensity=2), ("E086", "models/intent.yaml:1", "tessera_propensity")),
        (model(trees=[]), ("E086", "models/intent.yaml:1", "trees")),
        (model(features=[{"name": "PageValues"}] * 2), ("E086", "models/intent.yaml:1", "twice")),
        (tree(left=[0, -2]), ("E086", "models/intent.yaml:1", "reached")),
        (tree(left=[-1, -1]), ("E086", "models/intent.yaml:1", "reached once")),
        (tree(right=[1, -9]), ("E086", "models/intent.yaml:1", "neither a node nor a leaf")),
        (tree(split=[5.0, [7]]), ("E086", "models/intent.yaml:1", "Month")),
        (tree(split=[5.0, 1.0]), ("E086", "models/intent.yaml:1", "Month")),
        (tree(missing=[1]), ("E086", "models/intent.yaml:1", "one length")),
        (model(calibration={"at": [0.5, 0.5], "of": [0.1, 0.2]}), ("E086", "models/intent.yaml:1", "does not rise")),
        (model(kind="weights"), ("E086", "models/intent.yaml:1", "weight")),
        (mapping("features: {PageValues: visitor.page_values}"), ("E087", "models/intent.yaml:2", "no attribute for Month")),
        (mapping("features: {PageValues: visitor.page_values, Month: visitor.month, Moon: visitor.region}"), ("E087", "models/intent.yaml:2", "unknown feature 'Moon'")),
        (mapping("features: {PageValues: visitor.month, Month: visitor.month}"), ("E087", "models/intent.yaml:2", "PageValues is a number, and visitor.month is string")),
        (mapping("features: {PageValues: visitor.page_values, Month: visitor.page_values}"), ("E087", "models/intent.yaml:2", "Month is a category")),
        (mapping("features: {PageValues: visitor.page_value, Month: visitor.month}"), ("E021", "models/intent.yaml:2", "unknown attribute 'visitor.page_value'")),
        (mapping("features: {PageValues: visitor.counted, Month: visitor.month}"), ("E088", "site.yaml:13", "visitor.counted, which needs the purpose 'analytics'")),
        (attribute("from: model.intent", "from: model.intend"), ("E088", "site.yaml:13", "unknown propensity 'model.intend'".replace("model.", ""))),
        (attribute(INTENT, INTENT.replace("double", "int")), ("E088", "site.yaml:13", "not int")),
        (attribute(INTENT, INTENT.replace("session", "7d")), ("E088", "site.yaml:13", "kept nowhere")),
        (attribute(INTENT, INTENT.replace("}", ", default: 0.5}")), ("E088", "site.yaml:13", "no default")),
        (attribute(INTENT, f"{INTENT}\n    again: {INTENT}"), ("E088", "site.yaml:14", "makes visitor.intent already")),
        (model(gates={"auc": 0.95}), ("E089", "models/intent.yaml:1", "auc is 0.9, and is to be at least 0.95")),
        (model(gates={"ece": 0.1}), ("E089", "models/intent.yaml:1", "ece is not told")),
        (model(trees=[{**TREE, "leaves": [tree_ + 0.1, tree_ + 0.2, tree_ + 0.3], "split": [tree_ + 0.5, [1]]} for tree_ in range(500)] ), None),
        ({"slots/offer.yaml": FILES["slots/offer.yaml"].replace("show: now", "rank: intent, take: 3")}, ("E037", "slots/offer.yaml:5", "unknown model 'intent'")),
        ({"models/intent.yaml": "features: {PageValues: visitor.page_values}\n"}, ("E016", "models/intent.yaml:1", "propensity")),
        ({"models/intent.yaml": "propensity: {file: models/intent.jsn}\nfeatures: {PageValues: visitor.page_values}\n"}, ("E014", "models/intent.yaml:1", "does not exist")),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_at_its_place(tmp_path, changed, expected):
    found = messages(tmp_path / "site", **changed)
    if expected is None:
        assert found == []
        return
    code, place, part = expected
    assert any(one == code and at.endswith(place) and part in message for one, at, message in found), found


def test_a_model_that_is_too_large_is_refused(tmp_path):
    stump = {"feature": list(range(63)), "left": [*range(1, 63), -1], "right": [~leaf for leaf in range(1, 64)], "missing": [0] * 63}
    wide = [{**stump, "feature": [0] * 63, "split": [number + node / 64 for node in range(63)], "leaves": [number + 0.1 * leaf for leaf in range(64)]} for number in range(100)]
    found = messages(tmp_path, **model(trees=wide))
    assert [code for code, _, _ in found] == ["E089"] and "at most 60,000" in found[0][2]


def test_a_model_that_nothing_uses_is_told(tmp_path):
    text = SITE.replace(f"    intent: {INTENT}\n", "")
    found = messages(tmp_path, **{"site.yaml": text, "slots/offer.yaml": "place: {page: home, selector: h1, do: replace}\ncomponent: offer\nladder: {default: usual}\n"})
    assert ("W005", "site/models/intent.yaml:1", "nothing uses the model 'intent'") in found
