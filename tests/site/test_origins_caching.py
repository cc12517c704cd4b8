"""Tessera in front of somebody else's site: how often it is asked, what happens when it fails, and who may keep the answers."""

from __future__ import annotations

import json
import threading
from itertools import count

import pytest

from tests.shop import BROWSER
from tests.site.fronting import DEADLINE, FILLED, NOBODY, PAGE, raw, seen, start
from tests.site.origin import Asked, Origin, Told
from tests.views import Views, cookies_of

pytestmark = pytest.mark.xdist_group("origins")

OF_CACHES = {"expires", "age", "cdn-cache-control", "cloudflare-cdn-cache-control", "surrogate-control", "x-accel-expires"}


@pytest.fixture
def views(fronted: Views) -> Views:
    return fronted


# --- how often the origin is asked --------------------------------------------------------------------------------------

KEEPING = [  # headers, seconds of the views → how often the origin was asked, statuses
    ([("cache-control", "max-age=60")], (0, 30, 59, 61), 2, ["planned", "plan-hit", "plan-hit", "plan-hit"]),
    ([("cache-control", "public, s-maxage=10, max-age=600")], (0, 9, 11), 2, ["planned", "plan-hit", "plan-hit"]),
    ([("cache-control", "max-age=60"), ("age", "50")], (0, 9, 11), 2, ["planned", "plan-hit", "plan-hit"]),
    ([("cache-control", "MAX-AGE=60, Must-Revalidate")], (0, 59, 61), 2, ["planned", "plan-hit", "plan-hit"]),
    ([("cache-control", "max-age=60"), ("vary", "Accept-Encoding")], (0, 1), 1, ["planned", "plan-hit"]),
    ([("cache-control", "max-age=60"), ("vary", "Cookie")], (0, 1), 2, ["planned", "plan-hit"]),
    ([("cache-control", "max-age=60"), ("vary", "*")], (0, 1), 2, ["planned", "planned"]),
    ([("cache-control", "max-age=60"), ("set-cookie", "sid=1")], (0, 1), 2, ["planned", "plan-hit"]),
    ([("cache-control", "no-cache, max-age=60")], (0, 1), 2, ["planned", "plan-hit"]),
    ([("cache-control", "no-store")], (0, 1), 2, ["planned", "planned"]),
    ([("cache-control", "private, max-age=60")], (0, 1), 2, ["planned", "planned"]),
    ([("cache-control", "max-age=nonsense")], (0, 1), 2, ["planned", "plan-hit"]),
    ([("cache-control", "max-age=-5")], (0, 1), 2, ["planned", "plan-hit"]),
    ([("expires", "Tue, 24 Nov 2099 15:30:00 GMT")], (0, 1), 1, ["planned", "plan-hit"]),
    ([], (0, 1), 2, ["planned", "plan-hit"]),
]  # fmt: skip


@pytest.mark.parametrize("headers, moments, asked, statuses", KEEPING, ids=[" ".join(f"{n}: {v}" for n, v in row[0]) or "nothing said" for row in KEEPING])
def test_a_page_is_kept_as_long_as_its_origin_allows(views, origin, path, headers, moments, asked, statuses):
    origin.pages[path] = Told(PAGE, headers=headers)
    taken = [seen(views, path, moment) for moment in moments]
    assert all(FILLED.search(view.answer.body) for view in taken)
    assert origin.count(path) == asked
    assert [view.row["page_status"] for view in taken] == statuses


def test_a_page_is_asked_for_again_by_its_etag(views, origin, path):
    origin.pages[path] = Told(PAGE, etag='"1"')
    taken = [seen(views, path) for _ in range(3)]
    assert [view.row["page_status"] for view in taken] == ["planned", "plan-hit", "plan-hit"]
    assert origin.last(path).headers["if-none-match"] == '"1"'
    origin.pages[path] = Told(PAGE.replace(b"</body>", b"<i>new</i></body>"), etag='"2"')
    assert b"<i>new</i></body>" in seen(views, path).answer.body


def test_pages_with_another_query_are_other_pages(views, origin, path):
    origin.pages[path] = lambda asked: Told(PAGE.replace(b"none", asked.path.encode()), headers=[("cache-control", "max-age=60")])
    for query in ("", "?a=1", "?a=2", "?a=1"):
        seen(views, path + query)
    assert [asked.path for asked in origin.asked if asked.path.startswith(path)] == [path, f"{path}?a=1", f"{path}?a=2"]


def test_who_reloads_gets_the_page_anew(views, origin, path):
    origin.pages[path] = Told(PAGE, headers=[("cache-control", "max-age=60")])
    seen(views, path)
    seen(views, path, headers={"cache-control": "no-cache"})
    assert origin.count(path) == 2


def test_a_stale_page_is_served_while_it_is_asked_for(views, origin, path):
    origin.pages[path] = Told(PAGE, headers=[("cache-control", "max-age=10, stale-while-revalidate=60")])
    seen(views, path)
    renewed = threading.Event()

    def slowly(asked: Asked) -> Told:
        renewed.set()
        return Told(PAGE.replace(b"<title>t", b"<title>new"), headers=[("cache-control", "max-age=10")], wait=0.2)

    origin.pages[path] = slowly
    view = seen(views, path, 20)
    assert b"<title>t" in view.answer.body and view.row["page_status"] == "stale:refreshing"
    assert renewed.wait(5)
    titles = [b"<title>new" in seen(views, path, 20).answer.body for _ in range(20)]
    assert titles[-1] and origin.count(path) == 2


# --- when the origin fails ----------------------------------------------------------------------------------------------

SORRY = b"This page is not available right now"


def test_an_origin_that_is_late_is_not_waited_for(views, origin, path):
    origin.pages[path] = Told(PAGE, wait=3 * DEADLINE)
    for address in (path, "/files/late"):
        origin.pages["/files/late"] = Told(b"x", wait=3 * DEADLINE)
        answer = views.shop.get(address)
        assert answer.status == 504 and SORRY in answer.body and answer.headers["cache-control"] == "no-store"
        assert origin.count(address) == 1  # its lateness is not doubled by asking twice


def test_nor_one_that_stops_in_the_middle_of_a_page(views, origin, path):
    origin.pages[path] = Told(PAGE, stall=3 * DEADLINE)
    assert views.shop.get(path).status == 504


FAILING = {
    "late": (Told(PAGE, wait=2 * DEADLINE), "stale:origin"), "stops": (Told(PAGE, stall=2 * DEADLINE), "stale:origin"),
    "breaks off": (Told(PAGE, breaks=True), "stale:origin"), "error": (Told(b"broken", 503), "stale:503"),
}  # fmt: skip


@pytest.mark.parametrize("control, is_served", [
    ("max-age=10", True), ("max-age=10, stale-if-error=100", True), ("s-maxage=10, stale-if-error=100", True), ("max-age=10, stale-if-error=5", False),
    ("max-age=10, must-revalidate", False), ("s-maxage=10", False), ("no-cache", False),
])  # fmt: skip
def test_a_stale_page_stands_in_where_the_origin_allows_it(views, origin, path, control, is_served):
    origin.pages[path] = Told(PAGE, headers=[("cache-control", control)])
    seen(views, path)
    origin.pages[path] = Told(b"broken", 503)
    view = seen(views, path, 20)
    assert view.answer.status == (200 if is_served else 503)
    assert view.row["page_status"] == ("stale:503" if is_served else "passed:status")


@pytest.mark.parametrize("how", FAILING)
def test_a_stale_page_stands_in_however_the_origin_fails(views, origin, path, how):
    origin.pages[path] = Told(PAGE, headers=[("cache-control", "max-age=10")])
    seen(views, path)
    origin.pages[path], status = FAILING[how]
    view = seen(views, path, 20)
    assert view.answer.status == 200 and FILLED.search(view.answer.body) and view.row["page_status"] == status
    assert view.answer.headers["cache-control"] == "private, no-cache"


def test_a_page_that_breaks_off_once_comes_whole_but_untouched(views, origin, path):
    answers = iter((Told(PAGE, breaks=True), Told(PAGE)))
    origin.pages[path] = lambda asked: next(answers)
    view = seen(views, path)
    assert (view.answer.status, view.answer.body, view.row["page_status"]) == (200, PAGE, "passed:broken")


def test_a_file_that_breaks_off_is_not_made_whole(views, origin):
    origin.pages["/files/half"] = Told(b"x" * 1000, type="image/png", breaks=True)
    with pytest.raises(Exception, match="IncompleteRead|Connection"):
        raw(views, "/files/half")


def test_an_origin_below_a_folder_until_it_is_gone(tmp_path):
    pages = {
        "/shop/a": Told(PAGE, headers=[("cache-control", "max-age=10")]),
        "/shop/go": lambda asked: Told(b"", 302, headers=[("location", f"http://{asked.headers['host']}/shop/a?x=1")]),
        "/shop/up": Told(b"", 302, headers=[("location", "/elsewhere")]), "/shop/home": Told(b"", 302, headers=[("location", "/shop")]),
    }  # fmt: skip
    with Origin(pages) as origin:
        shop = start(tmp_path, {"TESSERA_ORIGIN": f"{origin.url}/shop/"})
        views = Views(shop)
        assert FILLED.search(seen(views, "/a").answer.body)
        assert [shop.get(path).headers["location"] for path in ("/go", "/up", "/home")] == ["/a?x=1", "/elsewhere", "/"]
    try:
        kept = seen(views, "/a", 20)
        assert FILLED.search(kept.answer.body) and kept.row["page_status"] == "stale:origin"
        for address, method in (("/b", "GET"), ("/files/b", "GET"), ("/b", "POST")):
            answer = shop.get(address, method=method)
            assert answer.status == 502 and SORRY in answer.body, (address, method)
            assert answer.headers["cache-control"] == "no-store" and cookies_of(answer) == []
        assert shop.says('"origin-failed"')
        assert json.loads(shop.get("/.well-known/tessera").body)["bundle"] == shop.bundle
    finally:
        shop.host.stop()


# --- nothing that is one visitor's reaches a shared cache ---------------------------------------------------------------

SHARED = [
    ("cache-control", "public, max-age=600, s-maxage=600"), ("expires", "Tue, 24 Nov 2099 15:30:00 GMT"), ("cdn-cache-control", "max-age=600"),
    ("cloudflare-cdn-cache-control", "max-age=600"), ("surrogate-control", "max-age=600"), ("x-accel-expires", "600"), ("age", "5"), ("etag", '"theirs"'),
]  # fmt: skip
KINDS = {"filled": Told(PAGE, headers=SHARED), "another type": Told(b"{}", type="application/json", headers=SHARED), "not found": Told(PAGE, 404, headers=SHARED), "another charset": Told(b"caf\xe9", headers=SHARED)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_answer_with_a_fresh_assignment_can_be_shared(views, origin, path, kind, method):
    origin.pages[path] = KINDS[kind]
    answer = raw(views, path, method, user_agent=BROWSER)
    names = {name for name, _ in answer.headers}
    assert any(cookie.startswith("tessera=") for cookie in answer.all("set-cookie"))
    assert answer.header("cache-control") == "private, no-cache" and not names & (OF_CACHES - {"age"})


def test_no_personal_answer_can_be_shared(views, origin, path):
    origin.pages[path] = KINDS["filled"]
    known = raw(views, path, cookie=NOBODY)
    again = raw(views, path, cookie=NOBODY, if_none_match=known.header("etag"))
    assert (known.status, again.status) == (200, 304)
    for answer in (known, again):
        assert answer.header("cache-control") == "private, no-cache" and "Cookie" in answer.header("vary")
        assert not {name for name, _ in answer.headers} & OF_CACHES and "theirs" not in (answer.header("etag") or "")


PRIVATE = [
    [("cache-control", "private, max-age=60")], [("cache-control", "no-store")], [("vary", "Cookie"), ("cache-control", "max-age=60")],
    [("cache-control", "max-age=60"), ("set-cookie", "sid=1")], [("cache-control", "no-cache")], [],
]  # fmt: skip


@pytest.mark.parametrize("headers", PRIVATE, ids=[" ".join(f"{n}: {v}" for n, v in row) or "nothing said" for row in PRIVATE])
def test_an_origins_page_for_one_visitor_is_never_anothers(views, origin, path, headers):
    origin.pages[path] = lambda asked: Told(PAGE.replace(b"<title>t", b"<title>" + asked.headers["cookie"].encode()), headers=headers)
    for visitor in ("anna", "ben", "anna", "carl"):
        assert f"<title>{NOBODY}; who={visitor}</title>" in seen(views, path, cookie=f"{NOBODY}; who={visitor}").text


@pytest.mark.parametrize("control, is_shared", [("max-age=60", False), ("public, max-age=60", True), ("s-maxage=60", True)])
def test_a_page_behind_a_password_is_shared_only_where_the_origin_says_so(views, origin, path, control, is_shared):
    origin.pages[path] = lambda asked: Told(PAGE.replace(b"<title>t", b"<title>" + asked.headers.get("authorization", "nobody").encode()), headers=[("cache-control", control)])
    assert "<title>Basic eA==" in seen(views, path, headers={"authorization": "Basic eA=="}).text
    assert ("<title>Basic eA==" in seen(views, path).text) == is_shared


def test_a_page_that_has_not_changed_keeps_the_nonce_that_stands_in_it(views, origin, path):
    """An origin that draws a nonce for every answer draws one for "not modified" too, where no page comes with it."""
    nonces = count(1)
    page = PAGE.replace(b"</head>", b"<script nonce=n1></script></head>")
    origin.pages[path] = lambda asked: Told(page, etag='"1"', headers=[("content-security-policy", f"script-src 'nonce-n{next(nonces)}'"), ("x-own", f"{next(nonces)}")])
    first, again = seen(views, path).answer, seen(views, path).answer
    assert first.headers["content-security-policy"] == again.headers["content-security-policy"] == "script-src 'nonce-n1'"
    assert (first.headers["x-own"], again.headers["x-own"]) == ("2", "4")
