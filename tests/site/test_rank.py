"""POST /_tessera/rank on the running shop: who may ask, what is answered, and what is logged of it."""

from __future__ import annotations

import json

import pytest

from tests.shop import Shop
from tests.site.test_api import post
from tests.views import cookies_of

IDS = ["harbour-blend", "kochere", "night-ferry", "nothing"]
ASKED = json.dumps({"ids": IDS, "weight": 1})
PATH = "/_tessera/rank"


def rank(shop: Shop, text: str = ASKED, path: str = PATH, **headers: str | None):
    return post(shop, text, path=path, **headers)


def test_results_are_ranked_by_the_visitors_cookie_and_logged(views):
    answer = rank(views.shop, cookie=views.shop.cookie("carl"))
    told = json.loads(answer.body)
    assert answer.status == 200 and [item["id"] for item in told["items"]] == ["night-ferry", "harbour-blend", "kochere", "nothing"]
    assert [item["reason"] for item in told["items"]] == ["personal", "personal", "personal", "unknown"]
    assert (told["model"], told["bundle"]) == ("affinity", views.shop.bundle[:12]) and not cookies_of(answer)
    assert answer.headers["cache-control"] == "private, no-store" and answer.headers["cross-origin-resource-policy"] == "same-origin"
    (row,) = views.rows_of(told["view"])
    assert (row["slot"], row["unit"], row["model"], row["model_version"], row["page_status"], row["place"]) == (
        "@rank", "carl", "affinity", told["model_version"], "api", "offered",
    )  # fmt: skip
    assert row["items"] == ["night-ferry", "harbour-blend", "kochere"] and row["score"] == told["items"][0]["score"]
    assert row["alternatives"][0] == {"item": "harbour-blend", "score": told["items"][1]["score"]}


def test_who_has_no_cookie_gets_none_and_is_nobody(views):
    answer = rank(views.shop)
    told = json.loads(answer.body)
    assert (answer.status, cookies_of(answer), {item["reason"] for item in told["items"]}) == (200, [], {"popular", "unknown"})
    assert [row["unit"] for row in views.rows_of(told["view"])] == [None]


def test_the_page_that_it_is_for(views):
    asked = json.dumps({"ids": IDS, "model": "similar", "weight": 1})
    told = json.loads(rank(views.shop, asked, f"{PATH}?page=/p/kochere").body)
    assert (told["items"][0]["id"], told["items"][0]["reason"]) == ("kochere", "similar")
    assert json.loads(rank(views.shop, asked).body)["model"] is None, "no page, no product"


def test_a_slot_of_the_site(views):
    told = json.loads(rank(views.shop, json.dumps({"ids": IDS, "slot": "carousel"})).body)
    assert (told["slot"], told["model"]) == ("carousel", "trending")
    (row,) = views.rows_of(told["view"])
    assert (row["slot"], row["place"]) == ("carousel", "offered")


REFUSED = [
    ({"origin": "https://evil.example"}, PATH, ASKED, 403), ({"sec_fetch_site": "cross-site"}, PATH, ASKED, 403), ({"origin": None}, PATH, ASKED, 403),
    ({"content_type": "text/plain"}, PATH, ASKED, 415), ({"content_type": None}, PATH, ASKED, 415), ({}, f"{PATH}?page=https://evil.example/", ASKED, 400),
    ({}, PATH, "{", 400), ({}, PATH, "", 400), ({}, PATH, "[]", 422), ({}, PATH, '{"ids": 1}', 422), ({}, PATH, json.dumps({"ids": ["x" * 200] * 500}), 413),
    ({}, PATH, '{"ids": [], "user": "carl"}', 422), ({}, PATH, '{"ids": [], "consent": ["personalization"]}', 422),
]  # fmt: skip


@pytest.mark.parametrize("headers, path, text, status", REFUSED, ids=range(len(REFUSED)))
def test_what_is_refused(views, headers, path, text, status):
    answer = rank(views.shop, text, path, **headers)
    assert answer.status == status and isinstance(json.loads(answer.body)["error"], str) and not cookies_of(answer)


def test_only_post(views):
    answer = views.shop.get(PATH)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_thousand_ids_are_answered(views):
    ids = [f"strange-{n}" for n in range(970)] + ["kochere"] * 30
    told = json.loads(rank(views.shop, json.dumps({"ids": ids}), cookie=views.shop.cookie("carl")).body)
    assert len(told["items"]) == 1000 and told["items"][0]["id"] == "kochere" and told["items"][0]["position_before"] == 971
