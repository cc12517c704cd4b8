"""Re-ranking over the API and for a page: nothing is lost, what is known decides, and what decided is logged."""

from __future__ import annotations

import json
from typing import Any, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.pipeline import compile_site
from tests.edge.browsing import KEYS
from tests.edge.test_api import ALL, AT, TASTE, VIEW, ask
from tests.shop import STORE
from tessera import api_rank, identity, mine
from tessera.bundle import load, unseal
from tessera.context import Request
from tessera.log import files
from tessera.record import outcome
from tessera.resolved import Bundle
from tessera.types import Decision

DARK = {**TASTE, "attributes": {"visitor.recent": ["night-ferry", "monsoon-coast", "stovetop-moka"], "visitor.bought": ["harbour-blend", "lever-one"]}}
STORED = {"profile:bright": TASTE, "profile:dark": DARK}
IDS = ["harbour-blend", "kochere", "night-ferry", "lake-kivu", "little-owl", "boquete-gesha"]


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load(unseal(compile_site(STORE).bundle))


def ranked(bundle: Bundle, user: str | None = None, ids: Any = IDS, status: int = 200, stored: Mapping[str, Any] = STORED, **body: Any) -> dict:
    """The body of an answer, with what was logged under `row`."""
    answer = ask(bundle, "POST", "rank", {"ids": ids, **({"user": user} if user else {}), **body}, stored)
    assert answer["status"] == status, answer
    rows = [json.loads(message)["view"] for message in answer.get("decisions") or ()]
    return {**answer["body"], "view": rows[0] if rows else None, "row": rows[0]["slots"][0] if rows else None}


def order(told: Mapping[str, Any]) -> list[str]:
    return [item["id"] for item in told["items"]]


# --- the order ----------------------------------------------------------------------------------------------------------------


def test_two_tastes_have_two_orders(bundle):
    bright, dark = ranked(bundle, "bright", weight=1), ranked(bundle, "dark", weight=1)
    assert order(bright)[:3] == ["lake-kivu", "boquete-gesha", "kochere"] and order(dark)[:2] == ["night-ferry", "little-owl"]
    assert {item["reason"] for told in (bright, dark) for item in told["items"]} == {"personal"} and bright["model"] == dark["model"] == "affinity"
    assert [item["score"] for item in bright["items"]] == sorted((item["score"] for item in bright["items"]), reverse=True)
    assert {item["id"]: item["position_before"] for item in bright["items"]} == {item: place for place, item in enumerate(IDS, 1)}
    assert bright["items"][0]["reasoning"] == (
        "It came as number 4; by the model 'affinity' for this visitor it has 1.00 from 0 (the least of these items) to 1 (the most), which counts 100%."
    )


@pytest.mark.parametrize("weight, expected", [(0, IDS), (1, ["harbour-blend", "kochere", "night-ferry", "lake-kivu", "little-owl", "boquete-gesha"])])
def test_of_whom_nothing_is_known_what_sells_ranks(bundle, weight, expected):
    told = ranked(bundle, "new", weight=weight, consent=ALL)
    assert (order(told), told["model"], {item["reason"] for item in told["items"]}) == (expected, "trending", {"popular"})
    assert "by the model 'trending', the same for everybody, it has" in told["items"][0]["reasoning"]


@pytest.mark.parametrize(
    "user, more, reason, why",
    [
        ("bright", {"model": "goes_with", "consent": []}, "consent", "there is no consent to what it would be ranked by"),
        ("new", {"model": "goes_with", "consent": ALL}, "default", "no model knows anything of this visitor"),
        ("bright", {"context": {"request.bot": True}}, "bot", "robots get what everybody gets"),
        ("kept", {}, "preference", "the visitor wishes for no more"),
        ("bright", {"slot": "shelf", "consent": []}, "consent", "there is no consent to what it would be ranked by"),
    ],
)
def test_why_items_stay_as_they_came(bundle, user, more, reason, why):
    stored = {**STORED, "profile:kept": {**TASTE, "level": "default"}}
    told = ranked(bundle, user, ["kochere", "nothing", "night-ferry"], stored=stored, **more)
    assert order(told) == ["kochere", "nothing", "night-ferry"] and told["model"] is None
    assert [item["reason"] for item in told["items"]] == ["given", "unknown", "given"]
    assert told["items"][0]["reasoning"] == f"It came as number 1 and stays there: {why}."
    assert (told["row"]["reason"], told["row"]["items"], told["row"]["score"]) == (reason, [], None)


def test_who_is_held_out_gets_what_everybody_gets(bundle):
    name = next(f"u{n}" for n in range(500) if ranked(bundle, f"u{n}", ["kochere"], peek=True, stored={f"profile:u{n}": TASTE})["model"] is None)
    told = ranked(bundle, name, stored={f"profile:{name}": TASTE}, weight=1)
    assert order(told) == IDS and told["row"]["holdout"] is True and told["row"]["reason"] == "holdout"
    assert ranked(bundle, name, slot="carousel", stored={f"profile:{name}": TASTE})["row"]["reason"] == "holdout"


@pytest.mark.parametrize("level, reason", [("individual", "personal"), ("segment", "popular"), ("cohort", "popular"), ("default", "given")])
def test_nobody_gets_more_than_they_wish_for(bundle, level, reason):
    told = ranked(bundle, "kept", stored={"profile:kept": {**TASTE, "level": level}})
    assert {item["reason"] for item in told["items"]} == {reason} and told["metadata"]["level"] == level


def test_what_the_page_is_about_ranks_without_consent(bundle):
    told = ranked(bundle, None, weight=1, model="similar", page="/p/night-ferry", consent=[], context={"country": "DE"})
    assert {item["reason"] for item in told["items"]} == {"similar"} and order(told)[:2] == ["night-ferry", "little-owl"]
    assert told["row"]["level"] == "cohort" and told["view"]["unit"] is None


def test_a_cascade_puts_what_its_first_part_knows_first(bundle):
    ids = ["gift-card", "stovetop-moka", "cone-dripper", "lake-kivu", "monsoon-coast"]
    told = ranked(bundle, "bright", ids, model="personal", weight=1)
    assert order(told)[:2] == ["cone-dripper", "lake-kivu"], "bought together with what was looked at"
    assert told["model"] == "personal" and {item["reason"] for item in told["items"]} == {"personal"}
    assert "by the model 'goes_with'" in told["items"][0]["reasoning"] and "by the model 'affinity'" in told["items"][-1]["reasoning"]


def test_lists_are_silent_on_what_they_do_not_know(bundle):
    told = ranked(bundle, "bright", ["gift-card", "cone-dripper"], model="goes_with", weight=1)
    assert [(item["id"], item["reason"]) for item in told["items"]] == [("cone-dripper", "personal"), ("gift-card", "given")]
    assert told["items"][1]["reasoning"] == "It came as number 1; 'goes_with' says nothing of it."


def test_items_that_the_catalogue_does_not_have_come_last(bundle):
    told = ranked(bundle, "bright", ["gone", "night-ferry", "\ud800", "kochere"], weight=1)
    assert [item["reason"] for item in told["items"]] == ["personal", "personal", "unknown", "unknown"]
    assert [(item["position_before"], item["score"]) for item in told["items"][2:]] == [(1, None), (3, None)]
    assert told["items"][2]["reasoning"] == "It came as number 1, and it is no item of the catalogue, so it stays behind those that are."


def test_relevance_outweighs_the_order_and_is_weighed_against_the_model(bundle):
    ids, relevance = ["night-ferry", "kochere", "lake-kivu"], [1.0, 5.0, 3.0]
    assert order(ranked(bundle, "bright", ids, relevance=relevance, weight=0)) == ["kochere", "lake-kivu", "night-ferry"]
    assert order(ranked(bundle, "dark", ids, relevance=relevance, weight=1))[0] == "night-ferry"
    assert ranked(bundle, "dark", ids, relevance=[0, 0, 0])["items"][0]["score"] == 1.0


NUMBERS = st.floats(-1e100, 1e100) | st.integers(-(10**30), 10**30)


@given(
    st.lists(st.sampled_from([*IDS, "gone", ""]), max_size=12).flatmap(lambda ids: st.tuples(st.just(ids), st.none() | st.lists(NUMBERS, min_size=len(ids), max_size=len(ids)))),
    st.sampled_from(["bright", "dark", "new"]), st.floats(0, 1), st.sampled_from([{}, {"model": "personal"}, {"model": "trending"}, {"slot": "carousel"}, {"slot": "shelf"}, {"slot": "hero"}]),
)  # fmt: skip
def test_nothing_is_lost_or_invented(bundle, asked, user, weight, how):
    ids, relevance = asked
    told = ranked(bundle, user, ids, relevance=relevance, weight=weight, consent=ALL, **how)
    assert sorted(item["position_before"] for item in told["items"]) == list(range(1, len(ids) + 1))
    assert all(ids[item["position_before"] - 1] == item["id"] for item in told["items"])
    scores = [item["score"] for item in told["items"] if item["score"] is not None]
    assert all(0 <= score <= 1 for score in scores) and (told["model"] is None or scores == sorted(scores, reverse=True))
    assert told == ranked(bundle, user, ids, relevance=relevance, weight=weight, consent=ALL, **how), "the same question has the same answer"


# --- slots --------------------------------------------------------------------------------------------------------------------


def test_a_slot_ranks_as_its_ladder_decides(bundle):
    tile = ranked(bundle, "dark", slot="shelf", weight=1, explain=True)
    assert tile["model"] == "affinity" and order(tile)[0] == "night-ferry" and tile["row"]["rule"] == "nearest" and tile["row"]["variant"] == "espresso"
    assert tile["explanation"].startswith("'espresso' was shown, because the rule 'nearest' (individual level) holds: size(visitor.recent)")
    row = ranked(bundle, "new", slot="carousel", consent=ALL)["row"]
    assert (row["slot"], row["level"], row["model"], row["reason"]) == ("carousel", "default", "trending", "default")
    assert ranked(bundle, "dark", slot="hero")["model"] is None, "a slot that ranks nothing leaves the order"


def test_only_where_it_is_asked_for_do_a_slots_filters_count(bundle):
    name = next(f"u{n}" for n in range(99) if ranked(bundle, f"u{n}", slot="carousel", peek=True, stored={f"profile:u{n}": DARK})["model"] == "personal")
    ids = ["harbour-blend", "boquete-gesha", "nothing", "lever-one", "lintong"]
    stored = {f"profile:{name}": DARK}
    assert sorted(order(ranked(bundle, name, ids, slot="carousel", stored=stored))) == sorted(ids)
    told = ranked(bundle, name, ids, slot="carousel", filter=True, stored=stored, relevance=[5, 4, 3, 2, 1])
    assert order(told) == ["lintong", "nothing"], "what was bought, what is not in stock and what costs too much is out"
    assert told["filtered"] == ["harbour-blend", "boquete-gesha", "lever-one"]


# --- refusals ------------------------------------------------------------------------------------------------------------------

REFUSED = [
    ({}, "ids"), ({"ids": "kochere"}, "ids"), ({"ids": [1]}, "ids"), ({"ids": ["x" * 201]}, "ids"), ({"ids": ["x"] * 1001}, "ids"), ({"ids": [], "model": "none"}, "model"),
    ({"ids": [], "slot": "nothing"}, "slot"), ({"ids": [], "slot": "carousel", "model": "affinity"}, "model"), ({"ids": [], "weight": 1.1}, "weight"),
    ({"ids": [], "weight": True}, "weight"), ({"ids": ["a"], "relevance": []}, "relevance"), ({"ids": ["a"], "relevance": ["1"]}, "relevance"),
    ({"ids": ["a"], "relevance": [10**400]}, "relevance"), ({"ids": ["a"], "relevance": [float("inf")]}, "relevance"), ({"ids": ["a"], "relevance": [True]}, "relevance"),
    ({"ids": [], "filter": True}, "filter"), ({"ids": [], "filter": 1, "slot": "carousel"}, "filter"), ({"ids": [], "explain": None}, "explain"), ({"ids": [], "model": ["affinity"]}, "model"),
    ({"ids": [], "page": "/nowhere"}, "page"), ({"ids": [], "user": "a b"}, "user"), ({"ids": [], "peek": 0}, "peek"), ({"ids": [], "top": 3}, "top"),
]  # fmt: skip


@pytest.mark.parametrize("body, where", REFUSED)
def test_what_is_refused(bundle, body, where):
    answer = ask(bundle, "POST", "rank", body)
    assert (answer["status"], answer["body"].get("where")) == (422, where) and not answer.get("decisions")
    if "page" not in body and "user" not in body and float("inf") not in body.get("relevance", ()):
        own = page_call(bundle, body)
        assert own["status"] == 422 and own["body"]["error"].startswith(where) and "record" not in own


# --- the log -------------------------------------------------------------------------------------------------------------------


def test_what_was_ranked_is_logged(bundle):
    told = ranked(bundle, "bright", ["gone", *IDS], weight=1)
    row = told["row"]
    assert row.keys() - {"slot"} == outcome(bundle, Decision(0, -1, "default")).keys()
    assert (row["slot"], row["variant"], row["level"], row["reason"], row["model"], row["model_version"]) == (
        "@rank", "affinity", "individual", "rank", "affinity", next(model.version for model in bundle.models if model.name == "affinity"),
    )  # fmt: skip
    known = [item for item in told["items"] if item["reason"] != "unknown"]
    assert row["items"] == [item["id"] for item in known] and row["score"] == known[0]["score"]
    assert row["alternatives"] == [{"item": item["id"], "score": item["score"]} for item in known[1:4]]
    assert (told["view"]["id"], told["view"]["unit"], told["view"]["channel"], told["metadata"]["view"]) == (VIEW, "bright", "api", VIEW)
    message = ask(bundle, "POST", "rank", {"ids": IDS, "user": "bright"}, STORED)["decisions"][0]
    ((key, lines),) = files([("m1", message)])
    stored = json.loads(lines)
    assert key.startswith("decisions/date=") and (stored["slot"], stored["page_status"], stored["place"]) == ("@rank", "api", "offered")


def test_what_nobody_is_shown_is_not_logged(bundle):
    for body in ({"peek": True}, {"ids": []}):
        told = ranked(bundle, "bright", **body)
        assert told["row"] is None and told["metadata"]["view"] is None


def test_without_the_purpose_of_the_log_nobody_is_named(bundle):
    view = ranked(bundle, "bright", consent=["personalization"])["view"]
    assert view["unit"] is None and not any(name.startswith("visitor.") for name in view["inputs"]) and view["slots"][0]["model"] == "affinity"


def test_a_long_list_is_ranked_whole_and_logged_in_part(bundle):
    told = ranked(bundle, "bright", IDS * 166, explain=True)
    assert len(told["items"]) == 996 and len(told["row"]["items"]) == api_rank.MOST_LOGGED
    close = [item["confidence"] for item in told["items"]]
    assert all(0 <= each <= 1 for each in close[: api_rank.MOST_CLOSE]) and set(close[api_rank.MOST_CLOSE :]) == {None}


# --- pages of the site ---------------------------------------------------------------------------------------------------------


def page_call(bundle: Bundle, body: Any, visitor: str = "", told: str | None = None, **facts: str) -> dict[str, Any]:
    cookie = f"tessera={identity.set_cookie(visitor, AT, KEYS[0]).partition(';')[0].partition('=')[2]}; tessera_consent=personalization.analytics" if visitor else ""
    given = {"now": str(round(AT * 1000)), "method": "POST", "url": "https://shop.example.com/search", "nonce": VIEW, "newcomer": "fresh", "cookie": cookie, "country": "US", **facts}
    text = "\x1f".join(Request(**given))
    asked = {"operation": "rank", "facts": text, "body": body if isinstance(body, str) else json.dumps(body)}
    return json.loads(mine.answer(bundle, KEYS, json.dumps(asked if told is None else {**asked, "told": told})))


def test_a_page_asks_by_the_visitors_cookie(bundle):
    assert page_call(bundle, {"ids": IDS}, "bright")["read"] == ["profile:bright", "facts:bright"]
    told = page_call(bundle, {"ids": IDS, "weight": 1}, "bright", f"ok\x1f{json.dumps(TASTE)}\x1f")
    assert order(told["body"]) == order(ranked(bundle, "bright", weight=1)) and told["body"]["view"] == VIEW and not told["cookies"]
    record = json.loads(told["record"])
    assert (record["unit"], record["slots"][0]["slot"], record["slots"][0]["model"]) == ("bright", "@rank", "affinity")


@pytest.mark.parametrize("facts, reason", [({}, "popular"), ({"country": "DE"}, "popular"), ({"user_agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}, "given")])
def test_who_comes_without_a_cookie_is_nobody_and_stays_nobody(bundle, facts, reason):
    told = page_call(bundle, {"ids": IDS, "weight": 1}, **facts)
    assert (told["status"], told["cookies"], {item["reason"] for item in told["body"]["items"]}) == (200, "", {reason})
    assert json.loads(told["record"])["unit"] is None


def test_whose_profile_was_erased_is_nobody(bundle):
    told = page_call(bundle, {"ids": IDS}, "bright", f"ok\x1f{json.dumps({'v': 2, 'erased': AT})}\x1f")
    assert {item["reason"] for item in told["body"]["items"]} == {"popular"} and json.loads(told["record"])["unit"] is None


@pytest.mark.parametrize("body", ["", "{", "[" * 5000, "x" * 70_000])
def test_a_page_that_sends_no_json(bundle, body):
    assert page_call(bundle, body)["status"] == 400
