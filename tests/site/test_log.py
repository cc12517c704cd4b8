"""The log: every field of a decision, with its type; partitioned by date; enough to decide the same again."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from tests.views import BOTH, HAMBURG, LONDON, NEW_YORK, OAKLAND, TUESDAY, Views, at
from tessera.bundle import load, unseal
from tessera.resolved import Bundle
from tessera.decide import decide
from tessera.record import outcome
from tessera.types import Visit, coerce
from tessera.visit import units

TEXT, NUMBER, BOOL, LIST, MAP, NONE = str, (int, float), bool, list, dict, type(None)
PAGE_VIEW = {
    "v": int, "id": TEXT, "page": TEXT, "channel": TEXT, "at": NUMBER, "offset": int, "bundle": TEXT, "unit": (TEXT, NONE), "unit_kind": (TEXT, NONE),
    "inputs": MAP, "ages": MAP, "sticky": MAP, "seen": MAP, "purposes": LIST, "jurisdiction": TEXT, "served_from": TEXT, "fallbacks": LIST, "page_status": TEXT, "lane": TEXT, "took": NUMBER,
}  # fmt: skip
OUTCOME = {
    "slot": TEXT, "variant": TEXT, "level": TEXT, "rule": (TEXT, NONE), "segment": (TEXT, NONE), "campaign": (TEXT, NONE),
    "experiment": (TEXT, NONE), "arm": (TEXT, NONE), "holdout": BOOL, "propensity": NUMBER, "reason": TEXT, "model": (TEXT, NONE),
    "model_version": (TEXT, NONE), "score": (*NUMBER, NONE), "items": LIST, "alternatives": LIST, "component": TEXT, "place": (TEXT, NONE),
}  # fmt: skip
REASONS = {"rule", "test", "rank", "consent", "cap", "paused", "holdout", "preview", "bot", "default", "error"}
VISITORS = [f"reader-{n}" for n in range(12)]  # enough for both arms of both experiments


@pytest.fixture(scope="module")
def bundle(views: Views) -> Bundle:
    return load(unseal(views.shop.admin.get_r2("BUNDLES", f"bundles/{views.shop.bundle}.tessera").content))


@pytest.fixture(scope="module")
def readers(views: Views) -> list[str]:
    """Visitors of whom the store knows what they looked at, when, and how often they were reminded of their cart."""
    for n, visitor in enumerate(VISITORS):
        recent = [{"item": item, "at": f"2026-11-{10 + n:02}T08:{n:02}:00Z"} for item in ("kochere", "glass-press", "nyeri")]
        recent.append({"item": "lintong", "at": "2026-11-02T08:00:00Z"})
        seen = [f"2026-11-{day}T12:00:00Z" for day in (16, 18, 20, 22)][: n % 5]
        known = {"lifecycle": ["new", "engaged", "customer", "lapsed"][n % 4], "visits": n, "cart_value": 10.5 * n, "recent": recent, "open_case": n == 7}
        profile = {"id": visitor, "attributes": {"visitor": known}, "seen": {"cart_recovery": seen}, "updated": "2026-11-24T09:00:00Z"}
        views.shop.admin.put_kv("PROFILES", f"profile:{visitor}", json.dumps(profile))
    return VISITORS


def test_a_row_is_complete(views):
    for path in ("/", "/c/filter", "/p/kochere", "/cart"):
        view = views.get(path, cookie=views.shop.cookie("carl"), facts=LONDON | at(TUESDAY))
        for row in view.rows.values():
            assert row.keys() - {"file"} == PAGE_VIEW.keys() | OUTCOME.keys()
            for field, kind in (PAGE_VIEW | OUTCOME).items():
                assert isinstance(row[field], kind), field
                assert kind is BOOL or kind != NUMBER or not isinstance(row[field], bool), field


def test_what_a_row_says(views, bundle):
    view = views.get("/", cookie=views.shop.cookie("carl"), facts=LONDON | at(TUESDAY))
    for slot, row in view.rows.items():
        assert row["bundle"] == bundle.name and row["unit"] == "carl" and row["unit_kind"] == "visitor"
        assert (row["page"], row["channel"], row["jurisdiction"], row["served_from"]) == ("home", "web", "uk", "store")
        assert row["purposes"] == ["analytics", "personalization"] and row["fallbacks"] == []
        assert datetime.fromtimestamp(row["at"], timezone.utc) == datetime.fromisoformat(TUESDAY)
        assert row["reason"] in REASONS and row["level"] in ("individual", "segment", "cohort", "default")
        assert 0 < row["propensity"] <= 1 and row["place"] in ("spliced", "kept") and row["page_status"].startswith("plan")
        assert (row["variant"] == "none") == (row["place"] == "kept"), slot
        assert row["inputs"].keys() >= row["ages"].keys() and all(age >= 0 for age in row["ages"].values())
        assert row["component"] == slot
    carousel = view.rows["carousel"]
    assert carousel["items"] and carousel["alternatives"] and carousel["model"] and len(carousel["model_version"]) == 12
    assert carousel["score"] >= carousel["alternatives"][0]["score"]
    assert not set(carousel["items"]) & {other["item"] for other in carousel["alternatives"]}
    assert {row["id"] for row in view.rows.values()} == {view.row["id"]}
    assert views.get("/", cookie=views.shop.cookie("carl")).row["id"] != view.row["id"]


def test_what_was_shown_is_what_was_logged(views):
    view = views.get("/", cookie=views.shop.cookie("carl"), facts=LONDON | at(TUESDAY))
    related = view.text.partition('id="related"')[2].partition("</ul>")[0]
    assert [part.partition('"')[0] for part in related.split('data-sku="')[1:]] == view.rows["carousel"]["items"]


@pytest.mark.parametrize("moment, date", [
    ("2026-11-24T23:59:59+00:00", "2026-11-24"), ("2026-11-25T00:00:00+00:00", "2026-11-25"), ("2026-11-25T00:30:00+01:00", "2026-11-24"), ("2027-01-01T03:00:00-05:00", "2027-01-01"),
])
def test_rows_lie_in_the_folder_of_their_utc_day(views, moment, date):
    files = {row["file"] for row in views.get("/", facts=NEW_YORK | at(moment)).rows.values()}
    assert len(files) == 1 and files.pop().startswith(f"decisions/date={date}/")


def test_every_view_is_logged_once(views):
    seen = [views.get(facts=NEW_YORK | at("2026-12-08T12:00:00+00:00")) for _ in range(10)]
    assert len({view.row["id"] for view in seen}) == 10
    ids = []
    for key in views.files("2026-12-08"):
        ids += [(row["id"], row["slot"]) for row in map(json.loads, views.shop.admin.get_r2("LOG", key).content.splitlines())]
    assert len(ids) == len(set(ids)) == sum(len(view.rows) for view in seen)


def test_robots_get_the_default_and_say_so(views):
    view = views.get("/", cookie=views.shop.cookie("carl"), headers={"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"})
    assert {row["reason"] for row in view.rows.values()} == {"bot"}


def replay(bundle: Bundle, row: dict) -> dict[str, dict]:
    """Decide again what a row was decided on, with nothing but the row and its bundle."""
    values = {name: coerce(bundle.attributes[name], value) for name, value in row["inputs"].items()}
    visit = Visit(
        units=units(row["unit"], values),
        values=values,
        purposes=frozenset(row["purposes"]),
        jurisdiction=row["jurisdiction"],
        at=row["at"],
        offset=row["offset"],
        seen={name: tuple(times) if isinstance(times, list) else times for name, times in row["seen"].items()},
    )
    return {bundle.slots[d.slot].name: outcome(bundle, d) for d in decide(bundle, visit, row["page"])}


def test_a_logged_decision_can_be_taken_again(views, bundle, readers):
    taken = []
    for n, visitor in enumerate(["carl", "nora", "emil", "dora", *readers]):
        facts = (NEW_YORK, HAMBURG | {"ip": "192.0.2.9"}, LONDON, OAKLAND)[n % 4] | at(f"2026-11-24T{6 + n:02}:20:00+00:00")
        for path in ("/", "/p/kochere", "/cart"):
            taken.append(views.get(path, cookie=views.shop.cookie(visitor), facts=facts))
    taken += [views.get(facts=NEW_YORK | at(TUESDAY)), views.get(facts=HAMBURG | at(TUESDAY)), views.get(facts=HAMBURG | at(TUESDAY), cookie=f"tessera_consent={BOTH}")]
    for view in taken:
        again = replay(bundle, view.row)
        for slot, row in view.rows.items():
            assert {name: row[name] for name in again[slot]} == again[slot], (view.row["unit"], slot)
    rows = [row for view in taken for row in view.rows.values()]
    assert {"rule", "test", "consent", "cap", "paused", "holdout", "default"} <= {row["reason"] for row in rows}
    assert {row["arm"] for row in rows} == {None, "control", "benefit", "popular", "taste"}


def test_a_campaign_pauses_on_the_visitors_own_clock(views, bundle):
    """Its last day ends at midnight where the visitor is, and a row tells enough to see that."""
    last = at("2027-03-31T22:30:00+00:00")
    shop = views.shop
    west = views.get("/", cookie=shop.cookie("emil"), facts=NEW_YORK | last)
    east = views.get("/", cookie=shop.cookie("emil"), facts=HAMBURG | last)
    for view in (west, east):
        assert replay(bundle, view.row)["banner"]["reason"] == view.rows["banner"]["reason"]
    assert (west.row["offset"], east.row["offset"]) == (-240, 120)
