"""What caches, browsers and tools may rely on: headers, methods, validators, and what is none of the Worker's business."""

from __future__ import annotations

import gzip
import json
import time
from datetime import datetime, timezone

import pytest

from tests.shop import STORE
from tests.views import HAMBURG, NEW_YORK, TUESDAY, at, cookies_of

PUBLIC = STORE / "public"
PAGES = ("/", "/c/filter", "/p/kochere", "/cart")
OF_THE_ORIGIN = (
    "last-modified", "expires", "age", "accept-ranges", "cf-cache-status", "cdn-cache-control",
    "cloudflare-cdn-cache-control", "surrogate-control",
)  # fmt: skip


def names(answer) -> set[str]:
    return {name.lower() for name in answer.headers.keys()}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("consent", ["all", "none"])
def test_no_shared_cache_keeps_a_personal_page(views, path, consent):
    answer = views.get(path, cookie=f"tessera_consent={consent}").answer
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "cookie" in answer.headers["vary"].lower()
    assert not names(answer) & set(OF_THE_ORIGIN)
    assert answer.headers["etag"].startswith('W/"'), "the page's own, not the origin's"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert int(answer.headers["content-length"]) == len(answer.body)


@pytest.mark.parametrize("path", PAGES)
def test_head_tells_what_get_would(views, path):
    get, head = (views.get(path, method=method) for method in ("GET", "HEAD"))
    assert (head.answer.status, head.answer.body) == (200, b"")
    assert names(get.answer) - names(head.answer) <= {"content-length"}
    assert head.answer.headers["cache-control"] == "private, no-cache" and cookies_of(head.answer)
    assert head.rows.keys() == get.rows.keys()


@pytest.mark.parametrize("headers", [
    {"if-none-match": '"other"'}, {"if-modified-since": "Fri, 31 Dec 2100 23:59:59 GMT"}, {"range": "bytes=0-99"}, {"if-match": '"other"'},
    {"range": "bytes=0-9", "if-range": '"x"'}, {"if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT"}, {"accept-encoding": "gzip"},
])
def test_what_is_asked_of_the_origins_bytes_does_not_apply_to_a_personal_page(views, headers):
    plain = views.get(facts=NEW_YORK | at(TUESDAY), cookie=views.shop.cookie("carl"))
    asked = views.get(facts=NEW_YORK | at(TUESDAY), cookie=views.shop.cookie("carl"), headers=headers)
    packed = asked.answer.headers["content-encoding"] == "gzip"
    body = gzip.decompress(asked.answer.body) if packed else asked.answer.body
    assert (asked.answer.status, body) == (200, plain.answer.body)
    assert not names(asked.answer) & {"content-range", "accept-ranges"}


def test_a_browser_that_has_the_very_page_is_told_so(views):
    first = views.get(facts=NEW_YORK | at(TUESDAY), cookie=views.shop.cookie("carl")).answer
    kept = "; ".join([cookie.partition(";")[0] for cookie in cookies_of(first)] + ["tessera_consent=personalization.analytics"])
    asked, etag = {"facts": NEW_YORK | at(TUESDAY), "cookie": kept}, first.headers["etag"]
    view = views.get(**asked, headers={"if-none-match": etag})
    assert (view.answer.status, view.answer.body, view.answer.headers["etag"]) == (304, b"", etag)
    assert view.rows["hero"]["place"] == "spliced", "it was shown"
    for other in ({"facts": HAMBURG | at(TUESDAY)}, {"cookie": views.shop.cookie("ana")}, {"path": "/cart"}):
        answer = views.get(**{**asked, **other}, headers={"if-none-match": etag}).answer
        assert answer.status == 200 and answer.headers["etag"] != etag


@pytest.mark.parametrize("path, file, kind", [
    ("/shop.css", "shop.css", "text/css"), ("/shop.js", "shop.js", "javascript"), ("/img/mark.svg", "img/mark.svg", "image/svg+xml"),
    ("/privacy", "privacy.html", "text/html"), ("/thanks", "thanks.html", "text/html"),
])
def test_what_is_no_page_with_slots_comes_untouched_with_its_validators(views, path, file, kind):
    view = views.get(path, cookie=views.shop.cookie("carl"))
    answer = view.answer
    assert (answer.status, answer.body) == (200, (PUBLIC / file).read_bytes())
    assert kind in answer.headers["content-type"] and answer.headers["cache-control"].startswith("public")
    assert cookies_of(answer) == [] and "vary" not in names(answer)
    again = views.get(path, headers={"if-none-match": answer.headers["etag"]}).answer
    assert (again.status, again.body) == (304, b"")


def test_only_pages_with_slots_are_logged(views):
    unlogged = [views.get(path) for path in ("/shop.css", "/privacy", "/img/mark.svg", "/.well-known/tessera")]
    assert views.get("/").was_logged(20)
    assert not any(view.was_logged(0.2) for view in unlogged)


def test_a_page_that_does_not_exist(views):
    for path in ("/nowhere", "/p/unknown", "/c/unknown"):
        answer = views.get(path, cookie=views.shop.cookie("carl")).answer
        assert (answer.status, answer.body) == (404, (PUBLIC / "404.html").read_bytes()), path
    newcomer = views.get("/p/unknown").answer
    assert not cookies_of(newcomer) or newcomer.headers["cache-control"] == "private, no-cache"


def test_the_status_of_a_page_that_passed_is_logged(views):
    row = views.get("/p/unknown", cookie=views.shop.cookie("carl")).row
    assert (row["page"], row["page_status"], row["place"]) == ("product", "passed:status", "kept")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_reach_the_origin(views, method):
    view = views.get("/", method=method, cookie=views.shop.cookie("carl"))
    assert view.answer.status == 405 and cookies_of(view.answer) == []


def test_the_long_name_of_a_page_leads_to_its_short_one(views):
    for long, short in (("/index.html", "/"), ("/p/kochere.html", "/p/kochere"), ("/cart.html", "/cart")):
        answer = views.get(long).answer
        assert (answer.status, answer.headers["location"]) == (307, short)


@pytest.mark.parametrize("query", ["?", "?a=1", "?tessera=carl&tessera_consent=all", "?country=DE", "?arm=benefit&preview=1", "?utm=x&UTM_SOURCE=newsletter", "?" + "x" * 3000])
def test_parameters_change_nothing(views, query):
    asked = {"cookie": views.shop.cookie("carl"), "facts": NEW_YORK | at(TUESDAY)}
    plain, other = views.get("/", **asked), views.get("/" + query, **asked)
    assert other.answer.body == plain.answer.body


READERS, STARTERS, FRIENDS = "Thank you for reading our letters", "Everything for the first cup", "Seen it, now smell it"
BROWSE, SEARCHER, RECOMMENDED = "Not sure where to start?", "Find it by taste, not by name", "Somebody sent you. Good taste."


@pytest.mark.parametrize("query, headline", [
    ("?utm_source=newsletter", READERS), ("?utm_medium=cpc", STARTERS), ("?utm_medium=CPC&x=1", STARTERS), ("?gclid=1", STARTERS),
    ("?utm_source=facebook.com", FRIENDS), ("?utm_source=%00%1f%1e", BROWSE), ("?utm_medium=email", READERS),
])
def test_but_a_campaigns_do(views, query, headline):
    assert f"<h2>{headline}</h2>" in views.get("/" + query, cookie="tessera_consent=none").text


@pytest.mark.parametrize("referrer, headline", [
    ("https://www.google.de/", SEARCHER), ("https://t.co/abc", FRIENDS), ("https://blog.example/post", RECOMMENDED), ("nonsense", BROWSE),
])
def test_and_the_page_the_visitor_came_from(views, referrer, headline):
    assert f"<h2>{headline}</h2>" in views.get("/", cookie="tessera_consent=none", headers={"referer": referrer}).text


def test_nobody_but_the_hosts_owner_sets_facts(views):
    shop = views.shop
    german = json.dumps(HAMBURG | at("2026-11-24T10:00:00+01:00"))
    note = b'id="delivery-note"'
    ours = shop.get("/p/kochere", cookie="tessera_consent=none", headers={"tessera-host-facts": german, "tessera-host-token": shop.host.token})
    assert note in ours.body and b"To Hamburg" not in ours.body and b"To Germany in one to two days" in ours.body or b"free of charge" in ours.body
    for token in ({}, {"tessera-host-token": "wrong"}):
        theirs = shop.get("/p/kochere", cookie="tessera_consent=none", headers={"tessera-host-facts": german, "cf-ipcountry": "DE", **token})
        assert note in theirs.body and b"To North America" in theirs.body


def test_server_timing_is_told_in_development(views):
    for path in PAGES:
        assert views.get(path).answer.headers["server-timing"].startswith("tessera;dur=")


def test_the_worker_says_what_decides_here(views):
    shop = views.shop
    shop.get("/")
    answer = shop.get("/.well-known/tessera", cookie=shop.cookie("carl"))
    assert (answer.status, answer.headers["content-type"], answer.headers["cache-control"]) == (200, "application/json", "no-store")
    assert cookies_of(answer) == []
    told = json.loads(answer.body)
    assert told["bundle"] == shop.bundle and told["site"] == "store" and told["refused"] is None
    assert told["bytes"] == len(shop.admin.get_r2("BUNDLES", f"bundles/{shop.bundle}.tessera").content)
    published = datetime.fromisoformat(told["published"])
    assert 0 <= told["age"] <= 3600 and abs(time.time() - published.timestamp() - told["age"]) < 5
    assert published.tzinfo == timezone.utc
    assert sorted(told) == [
        "age", "bundle", "bytes", "canary", "counts", "format", "formats", "off", "published", "python", "refused", "serial", "shadow", "site", "tessera",
    ]  # fmt: skip
    assert shop.place.cookie_key.read_text().partition(":")[2] not in answer.text
