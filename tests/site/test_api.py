"""Tessera's own addresses on the running shop: slots for applications, the browser's script, and what browsers report."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from http.client import HTTPConnection
from urllib.parse import quote, urlsplit

import pytest

from host.tools import ROOT as TOOLS
from tests.shop import BROWSER, ROOT, STORE, Answer, Shop
from tests.site.locate import fillings, places
from tests.site.test_inside_slots import FILLS
from tests.views import BOTH, HAMBURG, NEW_YORK, TUESDAY, at, cookies_of, id_of
from tessera import identity, preview

HOME = (STORE / "public" / "index.html").read_bytes()
WHEN = NEW_YORK | at(TUESDAY)
VIEW = "0b5a2f6e-1c7d-4e8f-9a0b-3c4d5e6f7a8b"
EXPOSURE = {"event": "exposure", "view": VIEW, "slot": "hero"}


def slots(views, page: str = "/", **more):
    return views.get(f"/_tessera/slots?page={quote(page, safe='')}", **more)


# --- slots --------------------------------------------------------------------------------------------------------------


def test_the_slots_of_a_page_are_those_that_the_page_would_have(views):
    cookie = views.shop.cookie("carl")
    page = views.get("/?utm_source=newsletter", cookie=cookie, facts=WHEN)
    found = slots(views, "/?utm_source=newsletter", cookie=cookie, facts=WHEN)
    told = json.loads(found.answer.body)
    assert found.answer.status == 200 and told["page"] == "home" and told["bundle"] == views.shop.bundle[:12]
    assert told["slots"].keys() == page.rows.keys() == found.rows.keys()
    put = fillings(HOME, page.answer.body, places(STORE, "home"), FILLS)
    city = {page.city: found.city}
    for name, slot in told["slots"].items():
        row = found.rows[name]
        assert {key: slot[key] for key in ("variant", "level", "experiment", "arm")} == {key: row[key] for key in ("variant", "level", "experiment", "arm")}
        assert (slot["variant"], slot["arm"]) == (page.rows[name]["variant"], page.rows[name]["arm"])
        assert (row["page_status"], row["place"]) == ("slots", "kept" if slot["content"] is None else "offered")
        assert row["id"] == told["view"]
        if slot["content"] is not None:
            assert slot["content"].replace(*city.values(), *city) in put[name].decode(), name


def test_the_address_of_the_page_decides_and_where_the_application_is_counts_as_inside(views):
    found = slots(views, "/p/kochere?utm_source=newsletter", facts=WHEN, headers={"referer": f"{views.shop.url}/"})
    told = json.loads(found.answer.body)
    assert told["page"] == "product" and {place["selector"] for place in told["slots"].values()}
    inputs = slots(views, "/?gclid=1", facts=WHEN).row["inputs"]
    assert inputs["request.source"] == "paid"
    assert slots(views, "/", facts=WHEN, headers={"referer": f"{views.shop.url}/cart"}).row["inputs"]["request.source"] == "internal"


def test_cookies_and_consent_are_as_on_a_page(views):
    new = slots(views, facts=WHEN)
    assert cookies_of(new.answer)[0].startswith("tessera=") and new.row["unit"]
    known = slots(views, cookie=views.shop.cookie("carl"), facts=NEW_YORK)
    assert id_of(known.answer) == known.row["unit"] == "carl"
    again = slots(views, cookie=f"{cookies_of(known.answer)[0].partition(';')[0]}; tessera_consent={BOTH}", facts=NEW_YORK)
    assert (cookies_of(again.answer), again.row["unit"], again.row["served_from"]) == ([], "carl", "cookie")
    unasked = slots(views, facts=HAMBURG | at(TUESDAY))
    assert (cookies_of(unasked.answer), unasked.row["unit"]) == ([], None)


def test_a_preview_has_no_view_that_could_be_counted(views):
    keys = identity.keys(views.shop.place.cookie_key.read_text().strip())
    token = preview.sign({"slot.hero": "upsell"}, int(time.time()) + 600, keys[0])
    told = json.loads(slots(views, f"/?tessera_preview={token}").answer.body)
    assert (told["view"], told["slots"]["hero"]["variant"]) == (None, "upsell")
    assert json.loads(slots(views).answer.body)["view"]


def test_as_fragments_of_markup(views):
    html = slots(views, cookie=views.shop.cookie("carl"), facts=WHEN).answer
    answer = views.get("/_tessera/slots?page=/&format=html", cookie=views.shop.cookie("carl"), facts=WHEN).answer
    assert answer.headers["content-type"] == "text/html; charset=utf-8" and answer.headers["cache-control"] == "private, no-store"
    decided = [name for name, slot in json.loads(html.body)["slots"].items() if slot["content"] is not None]
    assert [line.split('"')[1] for line in answer.text.split("<template ")[1:]] == decided


def test_nothing_keeps_it_and_no_other_site_reads_it(views):
    headers = slots(views).answer.headers
    assert headers["cache-control"] == "private, no-store" and headers["content-type"] == "application/json; charset=utf-8"
    assert headers["x-content-type-options"] == "nosniff" and headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers and "etag" not in headers


REFUSED = [
    ("/_tessera/slots", {}, 400), ("/_tessera/slots?page=", {}, 400), ("/_tessera/slots?page=https://evil.example/", {}, 400),
    ("/_tessera/slots?page=//evil.example/", {}, 400), ("/_tessera/slots?page=https:evil.example", {}, 400), ("/_tessera/slots?page=http://", {}, 400),
    ("/_tessera/slots?page=javascript:alert(1)", {}, 400), (f"/_tessera/slots?page=/{'a' * 2048}", {}, 400), ("/_tessera/slots?page=/privacy", {}, 404),
    ("/_tessera/slots?page=/nowhere", {}, 404), ("/_tessera/slots?page=/", {"method": "HEAD"}, 405), ("/_tessera/slots?page=/", {"method": "POST"}, 405),
    ("/_tessera/slots?page=/", {"headers": {"sec-fetch-site": "cross-site"}}, 403), ("/_tessera/slots?page=/", {"headers": {"sec-fetch-site": "same-site"}}, 403),
    ("/_tessera/slots?page=/", {"headers": {"origin": "https://evil.example"}}, 403), ("/_tessera/", {}, 404), ("/_tessera/other", {}, 404),
    ("/_tessera/constructor", {}, 404),
]  # fmt: skip


@pytest.mark.parametrize("path, request_, status", REFUSED, ids=range(len(REFUSED)))
def test_what_is_refused(views, path, request_, status):
    answer = views.shop.get(path, **request_)
    assert answer.status == status and not cookies_of(answer)
    assert request_.get("method") == "HEAD" or isinstance(json.loads(answer.body)["error"], str)
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("page", ["/", "/?a=1#part", "{url}/", "{url}/?a=1", "/c/../", "\\"])
def test_pages_by_path_or_address(views, page):
    assert json.loads(slots(views, page.format(url=views.shop.url)).answer.body)["page"] == "home"


def test_an_address_elsewhere_that_only_holds_the_prefix_is_the_origins(views):
    assert views.shop.get("/?next=/_tessera/slots").status == 200
    assert views.shop.get("/c/_tessera/slots").status == 404


# --- the browser's script ---------------------------------------------------------------------------------------------


def test_the_script_is_small_and_kept_by_its_validator(views):
    answer = views.shop.get("/_tessera/client.mjs")
    assert answer.status == 200 and answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert 0 < len(answer.body) <= 2048
    assert answer.headers["cache-control"].startswith("public") and not cookies_of(answer)
    again = views.shop.get("/_tessera/client.mjs", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    head = views.shop.get("/_tessera/client.mjs", method="HEAD")
    assert (head.status, head.body) == (200, b"") and views.shop.get("/_tessera/client.mjs", method="POST").status == 405


def test_the_script_is_up_to_date_with_its_source():
    if not (TOOLS / "node_modules" / "esbuild").is_dir():
        pytest.skip("no esbuild")
    checked = subprocess.run([sys.executable, ROOT / "scripts" / "browser_client.py", "--check"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


# --- events -------------------------------------------------------------------------------------------------------------


def post(shop: Shop, body: bytes | str, *, path: str = "/_tessera/events", **headers: str | None) -> Answer:
    """POST a body as a page of the shop would; a header of None is left out."""
    asked = {"origin": shop.url, "content-type": "application/json", "user-agent": BROWSER} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection = HTTPConnection(urlsplit(shop.url).netloc, timeout=30)
    try:
        connection.request("POST", path, body if isinstance(body, bytes) else body.encode(), {name: value for name, value in asked.items() if value is not None})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def body(*events) -> str:
    return json.dumps({"events": events})


def event_rows(shop: Shop, view: str, count: int, patience: float = 15.0) -> list[dict]:
    """The logged events of a page view; waits for so many."""
    until = time.monotonic() + patience
    found: list[dict] = []
    while len(found) < count and time.monotonic() < until:
        keys = shop.admin.list_r2("LOG", "events/")
        lines = (line for key in keys for line in shop.admin.get_r2("LOG", key).content.splitlines())
        found = [row for row in map(json.loads, lines) if row["view"] == view]
        time.sleep(0.1)
    return found


def counted(shop: Shop, name: str) -> int:
    return json.loads(shop.get("/.well-known/tessera").body)["counts"].get(name, 0)


def test_events_are_taken_and_logged(views):
    view = "11111111" + VIEW[8:]
    shop = views.shop
    answer = post(shop, body(EXPOSURE | {"view": view, "ago": 3000}, {"event": "bought"}, {"event": "click", "view": view, "slot": "hero"}), cookie=shop.cookie("carl"))
    told = json.loads(answer.body)
    assert (answer.status, told["accepted"], [each["event"] for each in told["refused"]]) == (202, 2, [1])
    assert id_of(answer) in (None, "carl") and answer.headers["cache-control"] == "private, no-store"
    rows = event_rows(shop, view, 2)
    assert [(row["event"], row["slot"], row["unit"], row["purposes"], row["bundle"]) for row in rows] == [
        (name, "hero", "carl", ["analytics", "personalization"], shop.bundle) for name in ("exposure", "click")
    ]
    assert round(rows[0]["received"] - rows[0]["at"], 3) == 3 and time.time() - rows[0]["received"] < 60
    assert counted(shop, "events-refused") >= 1


@pytest.mark.parametrize("cookie, unit", [("tessera_consent=none", None), ("personal", None), ("", None)])
def test_without_the_purpose_of_the_log_nobody_is_named(views, cookie, unit):
    view = f"2222222{len(cookie) % 10}" + VIEW[8:]
    cookie = views.shop.cookie("carl", "personalization") if cookie == "personal" else cookie
    assert post(views.shop, body(EXPOSURE | {"view": view}), cookie=cookie or None).status == 202
    assert [row["unit"] for row in event_rows(views.shop, view, 1)] == [unit]


ODD = [
    ({"origin": None}, 403), ({"origin": "https://evil.example"}, 403), ({"origin": "null"}, 403), ({"sec_fetch_site": "cross-site"}, 403),
    ({"sec_fetch_site": "same-site"}, 403), ({"origin": None, "sec_fetch_site": "same-origin"}, 202), ({"content_type": "text/html"}, 415), ({"content_type": None}, 415),
    ({"content_type": "application/jsonx"}, 415), ({"content_encoding": "gzip"}, 415), ({"content_type": "text/plain;charset=UTF-8"}, 202),
    ({"content_type": "Application/JSON; charset=utf-8"}, 202),
]  # fmt: skip


@pytest.mark.parametrize("headers, status", ODD, ids=range(len(ODD)))
def test_who_may_report_and_in_which_form(views, headers, status):
    answer = post(views.shop, body(EXPOSURE), **headers)
    assert answer.status == status and ("error" in json.loads(answer.body)) == (status != 202)


BODIES = [
    (b"", 400), (b"x", 400), (b"\xff\xfe", 400), (b"{}", 400), (b"[" * 60_000, 400), (b'{"events": []}', 400), (body(*[EXPOSURE] * 51).encode(), 400),
    (body(EXPOSURE).encode() + b" " * 65_536, 413), (b"[" * 65_537, 413), (body(EXPOSURE).encode() + b"\x1e\x1f", 400), (body({}).encode(), 202),
]  # fmt: skip


@pytest.mark.parametrize("content, status", BODIES, ids=range(len(BODIES)))
def test_bodies_that_are_none(views, content, status):
    assert post(views.shop, content).status == status


def test_a_body_without_end_is_given_up(views):
    """Chunked, so that no length is told in advance; the end never comes, and the answer does."""
    connection = HTTPConnection(urlsplit(views.shop.url).netloc, timeout=8)
    connection.putrequest("POST", "/_tessera/events")
    for name, value in {"origin": views.shop.url, "content-type": "application/json", "transfer-encoding": "chunked"}.items():
        connection.putheader(name, value)
    connection.endheaders()
    for _ in range(7):
        connection.send(b"2710\r\n" + b" " * 10_000 + b"\r\n")
    assert connection.getresponse().status == 413
    connection.close()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS"])
def test_only_post(views, method):
    assert views.shop.get("/_tessera/events", method=method).status == 405


@pytest.mark.parametrize("mode", ["throw", "hang"])
def test_what_the_queue_does_not_take_is_not_said_to_be_accepted(views, mode):
    shop = views.shop
    before = counted(shop, "events-lost")
    shop.fault(EVENTS=mode)
    try:
        started = time.monotonic()
        answer = post(shop, body(EXPOSURE))
        assert (answer.status, answer.headers["retry-after"]) == (503, "5") and time.monotonic() - started < 9
    finally:
        shop.fault(EVENTS=None)
    assert counted(shop, "events-lost") == before + 1
    assert post(shop, body(EXPOSURE)).status == 202

