"""The HTTP API without a platform: what is answered, asked for, refused, and told of decisions."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Mapping

import pytest

from compiler.openapi import OPERATIONS as DOCUMENTED
from compiler.pipeline import compile_site
from tests.shop import ROOT
from tests.site.api_site import ROLES, write
from tessera import api, api_told
from tessera.api_call import RECORD, Call
from tessera.api_routes import ROLES as ALLOWED
from tessera.api_routes import ROUTES, find
from tessera.bundle import load, unseal
from tessera.decide import decide
from tessera.identity import account_key
from tessera.resolved import Bundle
from tessera.types import LADDER

AT = 1_796_000_000.0
VIEW = "0b5a2f6e-1c7d-4e8f-9a0b-3c4d5e6f7a8b"
ALL = ["personalization", "analytics"]
CARL = {"v": 2, "attributes": {"visitor.visits": 5, "visitor.cart_value": 30.0, "visitor.lifecycle": "engaged"}, "updated": AT - 100, "purposes": ALL}
TASTE = {"v": 2, "attributes": {"visitor.recent": ["kochere", "nyeri", "huila"], "visitor.visits": 6}, "updated": AT - 5, "purposes": ALL}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return load(unseal(compile_site(write(tmp_path_factory.mktemp("api"))).bundle))


def page_of(url: str) -> str:
    path = url.partition("://")[2].partition("/")[2].partition("?")[0]
    return {"": "home", "cart": "cart"}.get(path, "product" if path.startswith("p/") else "")


def ask(bundle: Bundle, method: str, path: str | tuple[str, ...], body: Any = None, stored: Mapping[str, Any] = {}, role: str = "admin", **more: Any) -> dict:
    """The answer to a call by a bridge whose stores hold these documents, by their names; what was written is under `written`."""
    told = {name: value if isinstance(value, str) else json.dumps(value) for name, value in stored.items()}
    given: dict[str, Any] = {}
    written = None
    headers = {"content-type": "application/json"} | more.pop("headers", {})
    for _ in range(8):
        call = Call(method, tuple(path.split("/")) if isinstance(path, str) else path, more.get("query", {}), headers, body, "", role, "test", AT, VIEW, given, AT - 60)
        answer = api.answer(bundle, call, page_of)
        if "write" in answer:
            written = answer["write"]
            given["written"] = True
        elif "need" in answer and answer["need"]["what"] == "reads":
            given["reads"] = {key: ["ok", told[key]] if key in told else ["none", ""] for key in answer["need"]["keys"]}
        elif "need" in answer and answer["need"]["what"] == "profiles":
            given["profiles"] = {key: {"text": told.get(f"profile:{key}", ""), "etag": "e1"} for key in answer["need"]["keys"]}
        elif "need" in answer:
            given[answer["need"]["what"]] = more["log"]
        else:
            body = answer.get("body")
            return {**answer, "body": json.loads(body) if isinstance(body, str) and body else body, "written": written and json.loads(written["text"])}
    raise AssertionError("it asks again and again")


def personalized(bundle: Bundle, channel: str = "webpage", **body: Any) -> dict:
    stored = body.pop("stored", {"profile:carl": CARL, "profile:tess": TASTE})
    return ask(bundle, "POST", f"personalize/{channel}", body, stored)


def slots(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {slot["slot"]: slot for slot in answer["body"]["slots"]}


# --- who may do what --------------------------------------------------------------------------------------------------------

MATRIX = {
    "read_profile": "reader writer admin", "read_preferences": "reader writer admin", "recommend": "reader writer admin",
    "personalize": "reader writer admin", "rank": "reader writer admin", "explain": "reader writer admin", "write_profile": "writer admin", "write_preferences": "writer admin",
    "add_interactions": "writer admin", "export_user": "admin", "erase_user": "admin",
}  # fmt: skip


@pytest.mark.parametrize("role", [*ROLES, "", "owner"])
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_who_may_do_what(bundle, route, role):
    path = tuple({"{id}": "carl", "{kind}": "products", "{channel}": "email"}.get(part, part) for part in route.path)
    answer = api.answer(bundle, Call(route.method, path, headers={"content-type": "application/json"}, body={}, role=role), page_of)
    assert ("insufficient" in answer) == (role not in MATRIX[route.operation].split())


def test_every_operation_is_done_and_documented():
    assert {route.operation for route in ROUTES} == set(api.OPERATIONS) == set(DOCUMENTED) == set(MATRIX)
    assert find("GET", ("user", "", "profile")) == (None, [])
    assert tuple(ALLOWED) == ROLES


# --- refusals ---------------------------------------------------------------------------------------------------------------

LONG = "x" * 65
REFUSED = [  # method, path, body, status, what the problem names
    ("GET", "nothing", None, 404, None), ("GET", "user", None, 404, None), ("POST", "user/carl/profile", {}, 405, None), ("GET", "user/carl/export/x", None, 404, None),
    ("GET", f"user/{LONG}/profile", None, 422, "id"), ("GET", "user/a b/profile", None, 422, "id"), ("GET", "user/account:/profile", None, 422, "id"),
    ("GET", f"user/account:{'x' * 257}/profile", None, 422, "id"), ("GET", "user/account:a\n/profile", None, 422, "id"),
    ("GET", "user/nobody/profile", None, 404, None), ("GET", "user/gone/profile", None, 410, None), ("GET", "user/broken/profile", None, 409, None),
    ("GET", "user/newer/profile", None, 409, None), ("GET", "user/gone/preferences", None, 410, None),
    ("PUT", "user/gone/profile", {"attributes": {"visits": 1}, "consent": ALL}, 410, None), ("PUT", "user/newer/preferences", {"level": "default"}, 409, None),
    ("POST", "user/gone/interactions", {"events": [{"event": "login"}], "consent": ALL}, 410, None),
    ("PUT", "user/carl/profile", None, 422, "body"), ("PUT", "user/carl/profile", [], 422, "body"), ("PUT", "user/carl/profile", {"attribute": {}}, 422, "attribute"),
    ("PUT", "user/carl/profile", {"attributes": []}, 422, "attributes"), ("PUT", "user/carl/profile", {"attributes": {"shoe_size": 1}}, 422, "attributes.shoe_size"),
    ("PUT", "user/carl/profile", {"attributes": {"visits": "many"}}, 422, "attributes.visitor.visits"),
    ("PUT", "user/carl/profile", {"attributes": {"visits": 1.5}}, 422, "attributes.visitor.visits"),
    ("PUT", "user/carl/profile", {"attributes": {"lifecycle": "vip"}}, 422, "attributes.visitor.lifecycle"),
    ("PUT", "user/carl/profile", {"attributes": {"request.country": "DE"}}, 422, "attributes.request.country"),
    ("PUT", "user/carl/profile", {"attributes": {"account.name": "x"}}, 422, "attributes.account.name"),
    ("PUT", "user/carl/profile", {"attributes": {"visits": 1}, "consent": ["personalisation"]}, 422, "consent"),
    ("PUT", "user/carl/profile", {"attributes": {"visits": 1}, "consent": []}, 409, None), ("PUT", "user/new/profile", {"attributes": {"visits": 1}}, 409, None),
    ("PUT", "user/carl/profile", {"attributes": {str(i): 1 for i in range(257)}}, 422, "attributes"),
    ("PUT", "user/carl/preferences", {}, 422, "body"), ("PUT", "user/carl/preferences", {"level": "all"}, 422, "level"),
    ("PUT", "user/carl/preferences", {"level": ["individual"]}, 422, "level"), ("PUT", "user/carl/preferences", {"purposes": "analytics"}, 422, "purposes"),
    ("POST", "user/carl/interactions", {"events": []}, 422, "events"), ("POST", "user/carl/interactions", {"events": [{"event": "login"}] * 51}, 422, "events"),
    ("POST", "user/new/interactions", {"events": [{"event": "login"}]}, 422, "events.0.consent"),
    ("POST", "user/carl/interactions", {"events": [{"event": "login"}], "id": ""}, 422, "id"),
    ("POST", "user/carl/interactions", {"events": [{"event": "login", "consent": ["x"]}]}, 422, "events.0.consent"),
    ("POST", "personalize/fax", {}, 404, None), ("POST", "personalize/webpage", {}, 422, "page"), ("POST", "personalize/webpage", {"page": "/nowhere"}, 422, "page"),
    ("POST", "personalize/webpage", {"page": "https://elsewhere.example/"}, 422, "page"), ("POST", "personalize/webpage", {"page": "http://["}, 422, "page"),
    ("POST", "personalize/webpage", {"page": "javascript:alert(1)"}, 422, "page"), ("POST", "personalize/webpage", {"page": 3}, 422, "page"),
    ("POST", "personalize/email", {"page": "/"}, 422, "page"), ("POST", "personalize/email", {"slots": ["hero"]}, 422, "slots"),
    ("POST", "personalize/webpage", {"slots": []}, 422, "slots"), ("POST", "personalize/webpage", {"slots": ["nothing"]}, 422, "slots"),
    ("POST", "personalize/webpage", {"slots": [["hero"]]}, 422, "slots"), ("POST", "personalize/email", {"user": {}}, 422, "user"),
    ("POST", "personalize/email", {"user": "a/b"}, 422, "user"), ("POST", "personalize/email", {"context": []}, 422, "context"),
    ("POST", "personalize/email", {"context": {str(i): 1 for i in range(65)}}, 422, "context"), ("POST", "personalize/email", {"consent": "all"}, 422, "consent"),
    ("POST", "personalize/email", {"peek": 1}, 422, "peek"), ("POST", "personalize/email", {"peek": None}, 422, "peek"), ("POST", "personalize/email", {"users": 1}, 422, "users"),
    ("POST", "explain", {}, 422, "slot"), ("POST", "explain", {"slot": "nothing"}, 422, "slot"), ("POST", "explain", {"slot": None}, 422, "slot"),
]  # fmt: skip
STORED = {
    "profile:carl": CARL, "profile:gone": {"v": 2, "erased": AT - 9}, "profile:broken": "{", "profile:newer": {"v": 3, "attributes": {}},
}  # fmt: skip


@pytest.mark.parametrize("method, path, body, status, where", REFUSED)
def test_what_is_refused(bundle, method, path, body, status, where):
    answer = ask(bundle, method, path, body, STORED)
    problem = answer["body"]
    assert (answer["status"], problem["status"], problem.get("where")) == (status, status, where)
    assert answer["headers"]["content-type"].startswith("application/problem+json") and problem["type"].startswith("/_tessera/problems/") and problem["title"]
    assert answer["written"] is None and not answer.get("decisions") and not answer.get("commands")


QUERIES = [
    ({"limit": "0"}, "limit"), ({"limit": "51"}, "limit"), ({"limit": "1e1"}, "limit"), ({"limit": "¹"}, "limit"), ({"page": "-1"}, "page"), ({"page": "101"}, "page"),
    ({"user": ""}, "user"), ({"slot": "x"}, "slot"), ({"address": "/nowhere"}, "page"), ({"consent": "all"}, "consent"), ({"peek": "yes"}, "peek"), ({"usr": "a"}, "usr"),
]  # fmt: skip


@pytest.mark.parametrize("query, where", QUERIES)
def test_parameters_that_are_refused(bundle, query, where):
    answer = ask(bundle, "GET", "recommendations/products", query=query)
    assert (answer["status"], answer["body"]["where"]) == (422, where)


@pytest.mark.parametrize("kind, status", [("", 415), ("text/plain", 415), ("application/jsonp", 415), ("application/json; charset=utf-8", 200), ("Application/JSON", 200)])
def test_only_json_is_read(bundle, kind, status):
    assert ask(bundle, "POST", "personalize/email", {}, headers={"content-type": kind})["status"] == status


def test_the_bridges_text(bundle):
    told = {"family": "v1", "method": "POST", "path": ["personalize", "email"], "query": {}, "headers": {"content-type": "application/json"}}
    own = {"role": "reader", "subject": "x", "at": AT, "nonce": VIEW, "facts": ""}
    head, body, message = api.turn(bundle, (), json.dumps({**told, **own, "text": "{}"}), page_of, "2026-11-01T00:00:00Z").split(RECORD)
    assert json.loads(head)["status"] == 200 and json.loads(body)["metadata"]["bundle_age_seconds"] > 0
    assert message.startswith("DECISIONS ") and json.loads(message.partition(" ")[2])["view"]["channel"] == "email"
    for text, status in (("{", 400), ("[" * 65 + "]" * 65, 400), ("[" * 30_000, 400)):
        head, body = api.turn(bundle, (), json.dumps({**told, **own, "text": text}), page_of).split(RECORD)
        assert (json.loads(head)["status"], json.loads(body)["title"]) == (status, "The body cannot be read")
    asks, nothing = api.turn(bundle, (), json.dumps({**told, **own, "text": '{"user": "carl"}'}), page_of).split(RECORD)
    assert json.loads(asks)["need"]["keys"] == ["profile:carl", "facts:carl"] and not nothing
    assert json.loads(api.turn(None, (), json.dumps({**told, **own}), page_of).split(RECORD)[0])["status"] == 503


# --- personalize ------------------------------------------------------------------------------------------------------------


def test_a_page_is_decided_as_the_page_itself_would_be(bundle):
    answer = personalized(bundle, user="carl", page="/")
    found = slots(answer)
    assert list(found) == [bundle.slots[number].name for number in bundle.slots_of("home")]
    banner = found["banner"]
    assert (banner["variant"], banner["campaign"], banner["segment"], banner["level"]) == ("cart_reminder", "cart_recovery", "cart_left", "segment")
    assert banner["content"]["type"] == "text/html" and "still in the cart" in banner["content"]["value"]
    assert banner["reasoning"].startswith("'cart_reminder' was shown, because the rule 'cart_left' (segment level) holds: visitor.cart_value")
    assert banner["alternatives"][-1] == {"variant": "none", "reasoning": "the default", "weight": None}
    assert found["hero"]["experiment"] == "hero_headline" and found["hero"]["confidence"] == 0.5
    metadata = answer["body"]["metadata"]
    assert metadata["bundle"] == bundle.name and (metadata["bundle_age_seconds"], metadata["decided_at"]) == (60, AT)
    assert (metadata["profile_age_seconds"], metadata["served_from"], metadata["view"], metadata["purposes"]) == (100, "store", VIEW, sorted(ALL))
    (message,) = map(json.loads, answer["decisions"])
    assert (message["page_status"], message["view"]["unit"], message["view"]["page"], message["view"]["channel"]) == ("api", "carl", "home", "web")
    assert {row["slot"]: row["variant"] for row in message["view"]["slots"]} == {name: slot["variant"] for name, slot in found.items()}
    assert message["places"]["banner"] == "offered" and message["places"]["almanac"] == "kept"


@pytest.mark.parametrize(
    "channel, body, expected",
    [
        ("email", {"user": "carl"}, {"mail_basket": ("basket", "text/html", '<p><a href="/cart">Your basket is waiting</a></p>')}),
        ("email", {}, {"mail_basket": ("none", None, None)}),
        ("mobile", {"context": {"country": "DE"}}, {"app_notice": ("tasting", "text/html", '<p><a href="/p/first-flight">Taste &amp; tell</a></p>')}),
        ("mobile", {"context": {"country": "FR"}}, {"app_notice": ("basket", "text/html", '<p><a href="/cart">Your basket is waiting</a></p>')}),
        ("ads", {}, {"ad_line": ("tasting", "text/plain", "Taste & tell")}),
        ("mobile", {"slots": ["app_notice"]}, {"app_notice": ("basket", "text/html", '<p><a href="/cart">Your basket is waiting</a></p>')}),
    ],
)
def test_other_channels(bundle, channel, body, expected):
    answer = personalized(bundle, channel, **body)
    found = {name: (slot["variant"], *(slot["content"] or {"type": None, "value": None}).values()) for name, slot in slots(answer).items()}
    assert found == expected and answer["body"]["page"] is None
    assert json.loads(answer["decisions"][0])["view"]["channel"] == channel


def test_only_what_is_asked_for(bundle):
    assert list(slots(personalized(bundle, page="/", slots=["hero", "mail_basket", "cta", "hero"]))) == ["hero", "cta"]
    part = personalized(bundle, slots=["hero"])
    assert list(slots(part)) == ["hero"] and json.loads(part["decisions"][0])["view"]["channel"] == "api"  # no page view
    assert personalized(bundle, user="carl", page="/", peek=True)["decisions"] == [] and personalized(bundle, page="/", peek=True)["body"]["metadata"]["view"] is None


def test_context_and_consent(bundle):
    told = personalized(bundle, page="/", context={"country": "DE", "hour": 11, "weekday": "mon", "city": "Ulm", "shoe": 4, "device": 3, "visitor": {"visits": "x"}})
    banner = slots(told)["banner"]
    assert (banner["variant"], banner["level"], told["body"]["metadata"]["jurisdiction"]) == ("next_day_de", "cohort", "eea") and "Ulm" in banner["content"]["value"]
    assert told["body"]["metadata"]["ignored"] == ["shoe", "visitor.visits"] or told["body"]["metadata"]["ignored"] == ["request.device", "shoe", "visitor.visits"]
    known = {"cart_value": 12}
    for consent, country, purposes, variant in (
        (None, "US", ["analytics", "personalization"], "cart_reminder"), (None, "DE", [], "none"), (["personalization"], "DE", ["personalization"], "cart_reminder"), ([], "US", [], "none"),
    ):  # fmt: skip
        answer = personalized(bundle, page="/", context={"country": country, **known}, consent=consent)
        assert (answer["body"]["metadata"]["purposes"], slots(answer)["banner"]["variant"]) == (purposes, variant)
    assert slots(personalized(bundle, user="carl", page="/", consent=[]))["banner"]["variant"] == "none"  # what is told now goes before what is stored
    logged = json.loads(personalized(bundle, user="carl", page="/", consent=["personalization"])["decisions"][0])
    assert logged["view"]["unit"] is None and "visitor.cart_value" not in logged["view"]["inputs"]  # without the purpose of the log


def test_wishes_caps_and_erasure_hold(bundle):
    def banner(**more: Any) -> dict:
        return slots(personalized(bundle, user="carl", page="/", stored={"profile:carl": {**CARL, **more}}))["banner"]

    assert banner()["variant"] == "cart_reminder"
    assert (banner(level="cohort")["variant"], banner(level="cohort")["reason"]) == ("none", "preference")
    capped = banner(seen={"cart_recovery": [AT - 10, AT - 20, AT - 30]})
    assert (capped["variant"], capped["reason"]) == ("none", "cap") and "already seen 3 times" in capped["reasoning"]
    erased = personalized(bundle, user="carl", page="/", stored={"profile:carl": {"v": 2, "erased": AT}}, consent=ALL)
    assert slots(erased)["banner"]["variant"] == "none" and json.loads(erased["decisions"][0])["view"]["unit"] is None


@pytest.mark.parametrize("stored, fallback", [("{", "profile-broken"), ({"v": 9, "attributes": {}}, "profile-newer")])
def test_a_profile_that_cannot_be_read(bundle, stored, fallback):
    answer = personalized(bundle, user="carl", page="/", stored={"profile:carl": stored}, consent=ALL)
    assert answer["status"] == 200 and answer["body"]["metadata"]["fallbacks"] == [fallback] and answer["body"]["metadata"]["served_from"] == "none"


def test_a_store_that_is_late(bundle):
    for status in ("late", "error"):
        reads = {"profile:carl": [status, ""], "facts:carl": [status, ""]}
        call = Call("POST", ("personalize", "email"), headers={"content-type": "application/json"}, body={"user": "carl", "consent": ALL}, at=AT, nonce=VIEW, given={"reads": reads})
        assert json.loads(api.answer(bundle, call, page_of)["body"])["metadata"]["fallbacks"] == [f"profile-{status}"]


def test_an_account_and_what_was_loaded_in_bulk(bundle):
    key = account_key(bundle.site, "4711")
    facts = {"v": 2, "attributes": {"visitor.cart_value": 9.0}, "updated": AT - 50}
    answer = personalized(bundle, user="account:4711", page="/", stored={f"facts:{key}": facts}, consent=ALL)
    assert slots(answer)["banner"]["variant"] == "cart_reminder" and json.loads(answer["decisions"][0])["view"]["unit"] == key
    older = {**CARL, "attributes": {"visitor.cart_value": 0.0}, "updated_at": {"visitor.cart_value": AT - 60}}
    for loaded, variant in ((AT - 50, "cart_reminder"), (AT - 70, "none")):  # the newer counts
        stored = {"profile:carl": older, "facts:carl": {**facts, "updated": loaded}}
        assert slots(personalized(bundle, user="carl", page="/", stored=stored))["banner"]["variant"] == variant


# --- explain and recommendations ----------------------------------------------------------------------------------------------


def test_explanations(bundle):
    answer = ask(bundle, "POST", "explain", {"user": "carl", "slot": "hero", "page": "/"}, {"profile:carl": CARL})
    told = answer["body"]
    assert [(each["rule"], each["held"]) for each in told["attempts"]] == [("abm", False), ("customer", False), ("lapsed", False), ("engaged", True)]
    assert told["attempts"][1]["reasoning"] == 'visitor.lifecycle is not "customer" (it is "engaged")'
    assert told["reasoning"].startswith("'demo' was shown, because the rule 'engaged'") and not answer["decisions" if "decisions" in answer else "written"]
    nearest = ask(bundle, "POST", "explain", {"slot": "almanac", "page": "/"})["body"]["alternatives"]
    assert "came nearest" in nearest[-1]["reasoning"]


def recommended(bundle: Bundle, kind: str, stored: Mapping[str, Any] = {"profile:carl": CARL, "profile:tess": TASTE}, **query: str) -> dict:
    return ask(bundle, "GET", f"recommendations/{kind}", None, stored, query=query)


def test_products_page_by_page(bundle):
    whole = recommended(bundle, "products", limit="12")["body"]
    ids = [item["id"] for item in whole["items"]]
    assert len(set(ids)) == len(ids) == 12 and whole["items"][0]["model"] == "trending" and whole["next"] == 2
    parts, page = [], "1"
    while page and len(parts) < 12:
        answer = recommended(bundle, "products", limit="5", page=page)
        parts += [item["id"] for item in answer["body"]["items"]]
        page = str(answer["body"]["next"] or "")
        logged = json.loads(answer["decisions"][0])["view"]["slots"][0]
        assert logged["items"] == [item["id"] for item in answer["body"]["items"]]
    assert parts[:12] == ids
    for item in whole["items"]:
        assert 0 <= item["confidence"] <= 1 and item["fields"]["name"] and item["alternatives"] and item["reasoning"].startswith("Number ")


def test_products_by_taste(bundle):
    """Whoever has a taste gets other items, as sure as they are close to it; without consent they are as for everybody."""
    for seed in range(20):
        key = f"tess{seed}"
        answer = recommended(bundle, "products", {f"profile:{key}": TASTE}, user=key, limit="6", slot="carousel")["body"]
        if answer["items"][0]["model"] == "personal":
            break
    assert answer["items"][0]["level"] == "individual" and not {"kochere", "nyeri", "huila"} & {item["id"] for item in answer["items"]}
    close = [item["confidence"] for item in answer["items"]]
    assert all(0 < each <= 1 for each in close)
    assert recommended(bundle, "products", {f"profile:{key}": TASTE}, user=key, consent="")["body"]["items"][0]["model"] == "trending"


def test_content_offers_and_the_next_best_action(bundle):
    content = recommended(bundle, "content", user="carl", address="/")["body"]["items"]
    assert {item["slot"] for item in content} <= {bundle.slots[number].name for number in bundle.slots_of("home")} and all(item["content"] for item in content)
    offers = recommended(bundle, "offers", user="carl", address="/")["body"]["items"]
    assert [(item["slot"], item["campaign"]) for item in offers] == [("banner", "cart_recovery")]
    every = recommended(bundle, "offers", user="carl")
    assert {item["slot"] for item in every["body"]["items"]} == {"mail_basket"} and json.loads(every["decisions"][0])["view"]["channel"] == "api"
    best = recommended(bundle, "next_best_action", user="carl", limit="1")["body"]["items"]
    assert [(item["slot"], item["level"]) for item in best] == [("mail_basket", "segment")]
    ranked = recommended(bundle, "next_best_action", user="tess", limit="50")["body"]["items"]
    order = [(LADDER.index(item["level"]), -item["confidence"]) for item in ranked]
    assert order == sorted(order) and all(item["rule"] for item in ranked)
    assert recommended(bundle, "next_best_action", user="carl", peek="1")["decisions"] == []


def test_parameters_of_a_context_are_typed(bundle):
    query = {"context.country": "DE", "context.hour": "11", "context.weekday": "mon", "context.visits": "many", "address": "/"}
    answer = recommended(bundle, "content", **query)["body"]
    assert "banner" in {item["slot"] for item in answer["items"]} and answer["metadata"]["ignored"] == ["visits"] or answer["metadata"]["ignored"] == ["visitor.visits"]


def test_confidence_is_a_share(bundle):
    """Of all decisions: the propensity, and of what is ranked its closeness; never outside of 0 and 1."""
    for stored in (CARL, TASTE, {**CARL, "attributes": {"visitor.recent": ["no-such-item"]}}):
        for slot in slots(personalized(bundle, user="carl", page="/", stored={"profile:carl": stored})).values():
            assert 0 <= slot["confidence"] <= 1 and (slot["experiment"] or slot["items"] or slot["reason"] == "rank" or slot["confidence"] == 1)


def test_what_is_kept_of_decisions_is_what_they_are(bundle):
    """An answer is the same whether or not the decision was answered before."""
    fresh = replace(bundle, outcomes=type(bundle.outcomes)(len(bundle.postings.literals), bundle.outcomes.masks))
    again = personalized(bundle, user="carl", page="/")
    assert personalized(bundle, user="carl", page="/") == again and bundle.outcomes.api
    assert personalized(fresh, user="carl", page="/")["body"] == again["body"]
    assert api_told.MOST_TOLD < 10_000 and decide(bundle, api.api_decisions.ask(bundle, Call("GET", ()), None, {}, None).visit, "home")


# --- profiles, preferences, interactions ----------------------------------------------------------------------------------------


def test_writing_a_profile(bundle):
    new = ask(bundle, "PUT", "user/new/profile", {"attributes": {"visits": 2, "visitor.cart_value": 1, "open_case": True}, "consent": ALL})
    assert new["status"] == 201 and new["written"]["attributes"] == {"visitor.visits": 2, "visitor.cart_value": 1.0, "visitor.open_case": True}
    assert new["written"]["updated_at"]["visitor.visits"] == new["written"]["created"] == AT and new["written"]["purposes"] == sorted(ALL) and new["written"]["v"] == 2
    changed = ask(bundle, "PUT", "user/carl/profile", {"attributes": {"visits": 9, "lifecycle": None}}, {"profile:carl": CARL})
    assert changed["status"] == 200 and changed["body"]["attributes"] == {"visitor.visits": 9, "visitor.cart_value": 30.0}
    assert (changed["body"]["updated_at"]["visitor.visits"], changed["body"]["updated_at"]["visitor.cart_value"]) == (AT, AT - 100)
    first = {"attributes": {"visits": 1}, "updated": "2026-11-01T00:00:00Z", "seen": {"cart_recovery": 2}}  # a document of version 1
    kept = ask(bundle, "PUT", "user/old/profile", {"attributes": {"visits": 3}, "consent": ALL}, {"profile:old": first})["written"]
    assert kept["v"] == 2 and kept["attributes"]["visitor.visits"] == 3 and len(kept["seen"]["cart_recovery"]) == 2
    without = ask(bundle, "PUT", "user/new/profile", {"attributes": {"open_case": True}})  # that has no purpose
    assert without["status"] == 201


def test_impossible_profiles_are_refused(bundle):
    answer = ask(bundle, "PUT", "user/carl/profile", {"attributes": {"recent": ["x" * 1000] * 256}}, {"profile:carl": CARL})
    assert (answer["status"], answer["body"]["where"], answer["written"]) == (422, "attributes", None) and "characters" in answer["body"]["detail"]


def test_reading_a_profile(bundle):
    stored = {"profile:carl": {**CARL, "level": "segment", "secret": 1}, "facts:carl": {"v": 2, "attributes": {"visitor.orders": 3}, "updated": AT}}
    told = ask(bundle, "GET", "user/carl/profile", None, stored)["body"]
    assert told["attributes"] == CARL["attributes"] and told["facts"] == {"visitor.orders": 3} and told["level"] == "segment" and "secret" not in told
    assert ask(bundle, "GET", "user/onlyfacts/profile", None, {"facts:onlyfacts": stored["facts:carl"]})["body"]["facts"] == {"visitor.orders": 3}


def test_preferences(bundle):
    new = ask(bundle, "GET", "user/new/preferences")["body"]
    assert (new["level"], new["purposes"]) == ("individual", None) and list(new["levels"]) == list(LADDER)
    set_ = ask(bundle, "PUT", "user/carl/preferences", {"level": "cohort", "purposes": ["analytics"]}, {"profile:carl": CARL})
    assert (set_["body"]["level"], set_["body"]["purposes"]) == ("cohort", ["analytics"]) and set_["written"]["attributes"] == CARL["attributes"]
    assert set_["body"]["description"] == f"{new['levels']['cohort']} The purposes chosen are analytics."
    assert ask(bundle, "GET", "user/carl/preferences", None, {"profile:carl": set_["written"]})["body"] == set_["body"]


def test_interactions(bundle):
    events = [{"event": "view_item", "item": "kochere"}, {"event": "login", "consent": ["personalization"]}, {"event": "nonsense"}, {"event": "purchase", "order": "o1", "consent": []}, 7]
    answer = ask(bundle, "POST", "user/carl/interactions", {"events": events, "id": "batch-1"}, {"profile:carl": CARL})
    assert (answer["status"], answer["body"]["accepted"], [each["event"] for each in answer["body"]["refused"]]) == (202, 3, [2, 4])
    known, personal, nothing = answer["commands"]
    assert (known["unit"], known["profile"], known["purposes"], known["received"]) == ("carl", "carl", sorted(ALL), AT)
    assert (personal["unit"], personal["profile"], personal["events"]) == (None, "carl", [{"event": "login"}])
    assert (nothing["unit"], nothing["profile"], nothing["events"]) == (None, None, [{"event": "purchase"}])  # nobody's order
    again = ask(bundle, "POST", "user/carl/interactions", {"events": events, "id": "batch-1"}, {"profile:carl": CARL})
    assert [each["id"] for each in again["commands"]] == [each["id"] for each in answer["commands"]] and len({each["id"] for each in answer["commands"]}) == 3
    assert ask(bundle, "POST", "user/dora/interactions", {"events": events, "id": "batch-1", "consent": ALL})["body"]["id"] != answer["body"]["id"]


# --- export and erasure ---------------------------------------------------------------------------------------------------------


def test_export(bundle):
    row = {"slot": "hero", "variant": "demo", "reason": "rule", "rule": "engaged", "level": "segment", "segment": "engaged", "campaign": None, "experiment": None, "model": None}
    log = {"rows": [["decisions", row], ["events", {"event": "click"}]], "files": 2, "next": "events/date=2026-11-22/x.ndjson"}
    key = account_key(bundle.site, "a")
    stored = {"profile:carl": {"v": 2, "attributes": {}, "moved_to": key}, f"profile:{key}": {**CARL, "visitors": ["carl", "phone"]}, "facts:phone": {"v": 2, "attributes": {"visitor.orders": 1}}}
    told = ask(bundle, "GET", "user/carl/export", None, stored, log=log)["body"]
    assert told["aliases"] == ["carl", key, "phone"] and [each["key"] for each in told["profiles"]] == ["carl", key] and list(told["facts"]) == ["facts:phone"]
    assert told["decisions"][0]["reasoning"] == "The slot 'hero' showed 'demo', because the rule 'engaged' held at the level segment for the segment 'engaged'."
    assert told["events"] == [{"event": "click"}] and told["next"] == log["next"]
    after = ask(bundle, "GET", "user/carl/export", None, stored, log={**log, "next": None}, query={"cursor": log["next"]})["body"]
    assert (after["profiles"], after["facts"], after["aliases"], after["next"]) == ([], {}, [], None)
    for query in ({"cursor": "bundles/x"}, {"cursor": "events/" + "x" * 300}, {"page": "2"}):
        assert ask(bundle, "GET", "user/carl/export", None, stored, log=log, query=query)["status"] == 422


@pytest.mark.parametrize(
    "checked, next_, status",
    [
        ({"profiles": [{"key": "carl", "profile": True, "copy": True, "facts": True, "alias": True}], "lines": 0, "whole": True}, None, "erased"),
        ({"profiles": [{"key": "carl", "profile": True, "copy": False, "facts": True, "alias": True}], "lines": 0, "whole": True}, None, "pending"),
        ({"profiles": [], "lines": 1, "whole": True}, None, "pending"),
        (None, "events/x", "pending"),
    ],
)
def test_the_receipt_of_an_erasure_says_what_was_found(bundle, checked, next_, status):
    log = {"log": {"read": 4, "rewritten": 2, "lines": 7, "next": next_}, "verified": checked, "sweep": AT + 900}
    answer = ask(bundle, "DELETE", "user/carl", None, {"profile:carl": CARL}, log=log)
    assert (answer["status"], answer["body"]["status"]) == (200 if status == "erased" else 202, status) and len(answer["body"]["receipt"]) == 64


def test_the_table_of_roles_in_the_documents():
    rows = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in (ROOT / "docs" / "api.md").read_text().splitlines() if line.startswith(("| `user/", "| `recomm", "| `person", "| `rank`", "| `explain`"))]
    told = {(method, path): " ".join(role for role, may in zip(ROLES, marks) if may == "yes") for path, method, *marks in rows if len(marks) == len(ROLES)}
    assert told == {(route.method, "/".join(route.path)): MATRIX[route.operation] for route in ROUTES}


# --- what is remembered of decisions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["personalize", "explain"])
def test_what_one_visitor_was_told_changes_nothing_for_another(bundle, first):
    """Of decisions it is remembered what is the same for everybody: those who come later are told what the first would be."""

    def told(user: str | None, consent: list[str], how: str) -> list[Any]:
        stored = {"profile:carl": CARL, "profile:tess": TASTE}
        body = {"user": user, "page": "/", "consent": consent}
        if how == "explain":
            names = [bundle.slots[number].name for number in bundle.pages_slots["home"]]
            return [ask(bundle, "POST", "explain", {**body, "slot": name}, stored)["body"] for name in names]
        return ask(bundle, "POST", "personalize/webpage", body, stored)["body"]["slots"]

    cases = [(user, consent, how) for how in (first, "personalize", "explain") for user in ("carl", "tess", "new", None) for consent in (ALL, ALL[:1], [])]
    bundle.outcomes.api.clear()
    later = [told(*case) for case in cases]
    for case, found in zip(cases, later):
        bundle.outcomes.api.clear()
        assert found == told(*case), case
