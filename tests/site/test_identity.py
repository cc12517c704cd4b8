"""Who the visitor is, and what they permit: cookies in, cookies out, and what the log says of it."""

from __future__ import annotations

import json
import time

import pytest

from tests.views import BOTH, HAMBURG, LONDON, NEW_YORK, NOWHERE, OAKLAND, TUESDAY, at, cookies_of, id_of
from tessera import identity

CLEARED = "tessera=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax"


def key(shop) -> identity.Key:
    return identity.keys(shop.place.cookie_key.read_text())[0]


def signed(shop, visitor: str, age: float = 0, by: identity.Key | None = None) -> str:
    return identity.sign(visitor, int(time.time() - age), by or key(shop))


def test_a_new_visitor_gets_an_id_that_the_first_view_is_logged_under(views):
    view = views.get()
    (cookie,) = cookies_of(view.answer)
    value, *attributes = cookie.split("; ")
    assert sorted(attributes) == ["HttpOnly", "Max-Age=15552000", "Path=/", "SameSite=Lax", "Secure"]
    assert identity.verify(value.removeprefix("tessera="), [key(views.shop)], time.time()).id == id_of(view.answer)
    assert (view.row["unit"], view.row["unit_kind"]) == (id_of(view.answer), "visitor")
    again = views.get(cookie=value)
    assert cookies_of(again.answer) == [] and again.row["unit"] == view.row["unit"]
    assert views.get().row["unit"] not in (None, view.row["unit"])


def test_a_page_view_never_has_the_id_of_its_visitor(views):
    for consent in (BOTH, "personalization"):
        view = views.get(cookie=f"tessera_consent={consent}")
        assert id_of(view.answer) and view.row["id"] != id_of(view.answer)


@pytest.mark.parametrize("consent, gets_id, unit_logged", [
    (None, False, False), ("none", False, False), ("", False, False), ("nonsense", False, False), ("x" * 600, False, False),
    ("personalization", True, False), ("analytics", True, True), (BOTH, True, True), ("all", True, True),
])
def test_in_germany_only_consent_gives_an_id(views, consent, gets_id, unit_logged):
    view = views.get(facts=HAMBURG, cookie="" if consent is None else f"tessera_consent={consent}")
    assert bool(cookies_of(view.answer)) == gets_id
    assert (view.row["unit"] is not None) == unit_logged
    assert view.row["jurisdiction"] == "eea"


@pytest.mark.parametrize("facts, headers, consent, purposes, jurisdiction", [
    (NEW_YORK, {}, None, 2, "rest"), (NEW_YORK, {}, "none", 0, "rest"), (NEW_YORK, {"sec-gpc": "1"}, None, 2, "rest"),
    (NEW_YORK, {}, "broken", 0, "rest"), (LONDON, {}, None, 0, "uk"), (OAKLAND, {}, None, 2, "california"),
    (OAKLAND, {"sec-gpc": "1"}, None, 0, "california"), (OAKLAND, {"sec-gpc": "1"}, BOTH, 2, "california"),
    (OAKLAND, {"sec-gpc": "1"}, "analytics", 1, "california"), (NOWHERE, {}, None, 0, "eea"), (NOWHERE, {}, BOTH, 2, "eea"),
])
def test_what_is_in_force(views, facts, headers, consent, purposes, jurisdiction):
    view = views.get(facts=facts, headers=headers, cookie=f"tessera_consent={consent}" if consent else "")
    assert (len(view.row["purposes"]), view.row["jurisdiction"]) == (purposes, jurisdiction)
    assert bool(cookies_of(view.answer)) == bool(purposes)


def bad_cookies(shop) -> dict[str, str]:
    good = signed(shop, "carl")
    head, mac = good.rsplit(".", 1)
    other = identity.Key(key(shop).id, b"another secret of 32 bytes......")
    return {
        "forged signature": f"{head}.{'A' * len(mac)}",
        "another's id": good.replace(".carl.", ".emil."),
        "another key": signed(shop, "carl", by=other),
        "unknown key": signed(shop, "carl", by=identity.Key("old", other.secret)),
        "cut off": good[:-3],
        "only the id": "carl",
        "empty": "",
        "dots": "....",
        "another version": good.replace("1.", "2.", 1),
        "a later time": good.replace(head.rsplit(".", 1)[1], "ffffffff"),
        "oversized": good + "A" * 2000,
        "vast": "A" * 12_000,
        "not ASCII": "1.dev.c\xe4rl.0.x",
        "quotes and commas": '"1.dev.carl,";',
    }


def test_a_cookie_that_does_not_verify_is_ignored_and_replaced(views):
    taken = {}
    for name, cookie in bad_cookies(views.shop).items():
        taken[name] = views.get(cookie=f"tessera={cookie}")
        refused = views.get(cookie=f"tessera={cookie}; tessera_consent=none")
        assert cookies_of(refused.answer) == [CLEARED], name
    for name, view in taken.items():
        fresh = id_of(view.answer)
        assert view.answer.status == 200 and fresh and fresh not in ("carl", "emil"), name
        assert view.row["unit"] == fresh and view.rows["hero"]["rule"] in ("newcomer", None), name
    assert len({view.row["unit"] for view in taken.values()}) == len(taken)


def test_of_several_cookies_the_one_that_verifies_counts(views):
    good, bad = signed(views.shop, "carl"), bad_cookies(views.shop)["forged signature"]
    for cookie in (f"tessera={bad}; tessera={good}", f"tessera={good}; tessera={bad}", f"a=b;tessera={good};c", f'tessera="{good}"'):
        view = views.get(cookie=cookie)
        assert id_of(view.answer) == view.row["unit"] == "carl" and len(cookies_of(view.answer)) == 1, cookie


def test_an_old_cookie_is_renewed_with_the_same_id(views):
    old = views.get(cookie=f"tessera={signed(views.shop, 'carl', age=3 * 86_400)}")
    assert id_of(old.answer) == old.row["unit"] == "carl"
    fresh = views.get(cookie=cookies_of(old.answer)[0].partition(";")[0])
    assert (cookies_of(fresh.answer), fresh.row["unit"]) == ([], "carl"), "it has everything that a page view could put in it"


def test_withdrawal_clears_the_cookie_and_ends_personalisation_at_once(views):
    before = views.get(cookie=views.shop.cookie("carl"), facts=NEW_YORK | at(TUESDAY))
    after = views.get(cookie=views.shop.cookie("carl", "none"), facts=NEW_YORK | at(TUESDAY))
    assert before.rows["hero"]["variant"] == "upsell" and before.row["served_from"] == "store"
    assert cookies_of(after.answer) == [CLEARED]
    assert (after.rows["hero"]["variant"], after.rows["hero"]["reason"]) == ("evergreen", "consent")
    assert (after.row["unit"], after.row["purposes"], after.row["served_from"]) == (None, [], "none")


def test_a_refusal_behind_a_mass_of_cookies_still_counts(views):
    filler = "; ".join(f"filler{n}={'x' * 1000}" for n in range(20))
    view = views.get(cookie=f"{filler}; tessera_consent=none")
    assert view.answer.status == 200
    assert cookies_of(view.answer) == [] and view.row["purposes"] == []


def test_without_analytics_no_line_tells_an_id_or_a_stored_fact(views):
    shop = views.shop
    known = views.get(cookie=shop.cookie("carl", "personalization"))
    fresh = views.get(cookie="tessera_consent=personalization")
    assert known.rows["hero"]["variant"] == "upsell", "it personalises"
    for view, id_ in ((known, "carl"), (fresh, id_of(fresh.answer))):
        told = json.dumps(list(view.rows.values()))
        assert id_ not in told and "visitor." not in told and "account." not in told
        assert (view.row["unit"], view.row["ages"], view.row["seen"]) == (None, {}, {})
    assert all(row["experiment"] is None for view in (known, fresh) for row in view.rows.values())


def test_the_log_of_the_worker_tells_no_secret_and_no_id(views):
    fresh = views.get()
    assert fresh.rows
    told = views.shop.host.log_file.read_text()
    secret = views.shop.place.cookie_key.read_text().partition(":")[2]
    assert id_of(fresh.answer) not in told and secret not in told and views.shop.host.token not in told


def test_why_tells_a_customer_in_sentences(views):
    asked = {"cookie": views.shop.cookie("carl"), "facts": LONDON | at(TUESDAY), "headers": {"sec-fetch-site": "same-origin"}}
    told = json.loads(views.shop.get("/_tessera/why?page=/", **asked).body)
    shown = views.get(cookie=asked["cookie"], facts=asked["facts"]).rows
    assert {name: slot["variant"] for name, slot in told["slots"].items()} == {name: row["variant"] for name, row in shown.items()}
    assert told["slots"]["hero"]["variant"] == "upsell" and "customer" in told["slots"]["hero"]["why"]
    assert told["known"]["visitor.lifecycle"]["value"] == "customer" and told["known"]["visitor.lifecycle"]["purpose"] == "personalization"
    assert all(len(slot["why"]) > 20 for slot in told["slots"].values())
