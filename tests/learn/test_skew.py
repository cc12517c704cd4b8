"""Training sees what the edge saw: page views of the running shop, whose logged inputs are made again from its logs."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from learn import features
from learn.features import skew
from tessera import fold
from tessera.bundle import load, unseal
from tessera.resolved import Bundle
from tests.compiler.commands import run
from tests.shop import STORE, Shop
from tests.site.consent_site import Visitor
from tests.site.counting import eventually
from tests.views import NEW_YORK

DAY = 86_400_000
START = 1_795_514_400_000  # 2026-11-24 10:00 UTC
DAYS = (0, 0.01, 2, 9)  # a second look after a quarter of an hour, two days later, a week later
VISITS = (  # pages and events of a visit, by visitor
    (["/", "kochere", "/p/kochere", "add:kochere", "/cart"], ["/", "nyeri"], ["/cart", "buy:kochere", "/"], ["/", "glass-press", "/c/filter"]),
    (["/p/nyeri", "nyeri", "/"], ["/cart", "/", "hide:nyeri", "/"], ["/", "lintong", "lintong", "/p/lintong"], ["add:lintong", "drop:lintong", "/cart"]),
    (["/"], ["/p/kochere", "kochere", "add:kochere"], ["/"], ["/", "buy:kochere", "/"]),
)  # fmt: skip
VIEWS = sum(step.startswith("/") for visits in VISITS for steps in visits for step in steps)
EVENTS = {"add": "add_to_cart", "buy": "purchase", "hide": "hide", "drop": "remove_from_cart"}


def event_of(step: str) -> dict[str, Any]:
    name, _, item = step.rpartition(":")
    return {"event": EVENTS.get(name, "view_item"), "item": item, "ago": 1500}


def rows(shop: Shop, folder: str, names: set[str]) -> list[dict[str, Any]]:
    """The rows that the log has of these visitors."""
    found = [shop.admin.get_r2("LOG", key).content for key in shop.admin.list_r2("LOG", f"{folder}/")]
    return [row for text in found for row in map(json.loads, text.splitlines()) if row["unit"] in names]


@pytest.fixture(scope="module")
def logs(shop) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What was logged, events and decisions, of visitors who come on several days."""
    visitors = [Visitor(shop) for _ in VISITS]
    for number, day in enumerate(DAYS):
        now = START + int(day * DAY)
        for visitor, visits in zip(visitors, VISITS):
            for step in visits[number]:
                now += 7_321
                visitor.facts = NEW_YORK | {"now": now}
                answer = visitor.ask(step) if step.startswith("/") else visitor.ask("/_tessera/events", "POST", {"events": [event_of(step)]})
                assert answer.status in (200, 202), answer.body
        told = [sum(not step.startswith("/") for visits in VISITS for steps in visits[: number + 1] for step in steps)]
        names = {visitor.id for visitor in visitors}
        assert eventually(lambda: len(rows(shop, "events", names)) == told[0])
        assert eventually(lambda: all(folded(shop, visitor.id, visits[: number + 1]) for visitor, visits in zip(visitors, VISITS)))
    assert eventually(lambda: len({row["id"] for row in rows(shop, "decisions", names)}) == VIEWS)
    return rows(shop, "events", names), rows(shop, "decisions", names)


def folded(shop: Shop, visitor: str, visits: Any) -> bool:
    """Whether the stored profile has everything of some visits."""
    stored = shop.admin.get_kv("PROFILES", f"profile:{visitor}")
    return stored is not None and len(json.loads(stored)["applied"]) == sum(len(steps) for steps in visits)


@pytest.fixture(scope="module")
def bundle(shop) -> Bundle:
    return load(unseal(shop.admin.get_r2("BUNDLES", f"bundles/{shop.bundle}.tessera").content))


def test_logged_inputs_are_made_again_from_the_logs(bundle, logs):
    found = skew(bundle, *logs)
    assert found.differences == ()
    assert found.views == VIEWS and found.compared > 3 * VIEWS
    names = {name for row in logs[1] for name in row["inputs"]}
    assert names >= {"visitor.recent", "visitor.visits", "visitor.cart_value", "visitor.lifecycle", "visitor.bought", "visitor.hidden"}


def later(bundle: Bundle, document: Any, purposes: frozenset[str], at: float) -> dict[str, Any]:
    return features.values(bundle, document, purposes, at + 40 * DAY / 1000)


def without_defaults(bundle: Bundle, document: Any, purposes: frozenset[str], at: float) -> dict[str, Any]:
    return features.values(bundle, document, purposes, at) if document else {}


def at_the_end(bundle: Bundle, document: Any, message: Any) -> Any:
    """The mistake of mistakes: a page view that knows of itself."""
    return fold.fold(bundle, document, message) if "view" not in message else document


@pytest.mark.parametrize(("skewed", "attribute"), [
    ({"made": later}, "visitor.recent"), ({"made": without_defaults}, "visitor.lifecycle"), ({"step": at_the_end}, "visitor.visits"),
])  # fmt: skip
def test_a_skewed_feature_is_found(bundle, logs, skewed, attribute):
    assert attribute in {one.attribute for one in skew(bundle, *logs, **skewed).differences}


def test_an_event_that_training_does_not_have_is_found(bundle, logs):
    events, decisions = logs
    lost = [row for row in events if row["event"] != "add_to_cart"]
    assert {"visitor.cart_value", "visitor.lifecycle"} <= {one.attribute for one in skew(bundle, lost, decisions).differences}


def test_the_command_says_so(tmp_path, logs):
    for name, found in zip(("events", "decisions"), logs):
        write(tmp_path / name / "date=2026-11-24" / "a.ndjson", found)
    ask = ("train", STORE, "--events", tmp_path, "--check-skew", tmp_path)
    result = run(*ask)
    assert (result.exit_code, result.stdout.splitlines()[-1].split("; ")[0].split(", ")[1]) == (0, "0 differ"), result.output
    write(tmp_path / "events" / "date=2026-11-24" / "a.ndjson", [row for row in logs[0] if row["event"] != "purchase"])
    result = run(*ask, "--json")
    assert result.exit_code == 1 and "visitor.bought" in {one["attribute"] for one in json.loads(result.stdout)["differences"]}


def test_examples_know_what_was_known_and_what_came(bundle, logs):
    found = features.examples(bundle, *logs, "purchase", 3 * DAY / 1000)
    views = {row["id"]: row for row in logs[1]}
    bought = [(row["unit"], row["at"]) for row in logs[0] if row["event"] == "purchase"]
    assert len(found) == sum(views[id_]["at"] + 3 * DAY / 1000 <= max(row["received"] for row in [*logs[0], *({"received": row["at"]} for row in logs[1])]) for id_ in views)
    for one in found:
        row = views[one.view]
        assert one.came == any(unit == row["unit"] and 0 < at - one.at <= 3 * DAY / 1000 for unit, at in bought)
        shared = one.known.keys() & row["inputs"].keys()
        assert {name: row["inputs"][name] for name in shared} == {name: one.known[name] for name in shared} and "request.country" in shared
    assert {one.came for one in found} == {True, False} and any("visitor.visits" in one.known for one in found)


def test_examples_are_a_table_that_propensity_reads(tmp_path, logs):
    for name, rows_ in zip(("events", "decisions"), logs):
        write(tmp_path / name / "date=2026-11-24" / "a.ndjson", rows_)
    ask = ("features", STORE, "--events", tmp_path, "--decisions", tmp_path, "--within", 3)
    assert run(*ask, "--target", "purchase", "--out", tmp_path / "intent.csv").exit_code == 0
    with open(tmp_path / "intent.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert {row["purchase"] for row in table} == {"0", "1"} and {"view", "at", "visitor.visits", "visitor.lifecycle", "request.country"} <= table[0].keys()
    assert run(*ask, "--target", "sale", "--out", tmp_path / "intent.csv").exit_code == 2


def write(path: Path, found: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in found))
