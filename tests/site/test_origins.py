"""Tessera in front of somebody else's site: what comes from it, and what reaches it.

The origin is a real HTTP server; the Worker runs as in production, with a host of its own.
"""

from __future__ import annotations

import gzip
import subprocess
from urllib.parse import urlsplit

import pytest

from host.tools import node
from tests.shop import BROWSER
from tests.site.fronting import FILLED, NOBODY, PAGE, decoded, raw, seen, start
from tests.site.origin import HTML, Origin, Told
from tests.views import Views

pytestmark = pytest.mark.xdist_group("origins")


@pytest.fixture
def views(fronted: Views) -> Views:
    return fronted


def brotli(content: bytes) -> bytes:
    script = "process.stdout.write(require('zlib').brotliCompressSync(require('fs').readFileSync(0)))"
    return subprocess.run([node(), "-e", script], input=content, capture_output=True, check=True).stdout


# --- how pages come -----------------------------------------------------------------------------------------------------

COMING = {
    "as it is": Told(PAGE), "gzip": Told(PAGE, encoding="gzip"), "chunked": Told(PAGE, chunked=True), "gzip, chunked": Told(PAGE, encoding="gzip", chunked=True),
    "identity": Told(PAGE, encoding="identity"), "upper case type": Told(PAGE, type="TEXT/HTML;Charset=UTF-8"), "no charset": Told(PAGE, type="text/html"),
    "byte order mark": Told(b"\xef\xbb\xbf" + PAGE), "with an etag": Told(PAGE, etag='"1"'), "compressed, with an etag": Told(PAGE, encoding="gzip", etag='"1"'),
}  # fmt: skip


@pytest.mark.parametrize("name", [*COMING, "br"])
def test_a_page_is_filled_however_it_comes(views, origin, path, name):
    origin.pages[path] = COMING.get(name) or Told(brotli(PAGE), encoding="br")
    for _ in range(2):
        plain = raw(views, path)
        assert plain.status == 200 and FILLED.search(plain.body) and plain.header("content-encoding") is None
        assert FILLED.search(decoded(raw(views, path, accept_encoding="gzip")))
    assert "accept-encoding" not in origin.last(path).headers  # the platform asks for what it can read itself


PASSING = {
    "status": Told(b"<p id=p>gone</p>", 404), "status of an error": Told(b"<p id=p>broken</p>", 500), "type": Told(b'{"a": 1}', type="application/json"),
    "type of xhtml": Told(PAGE, type="application/xhtml+xml"), "type of a download": Told(PAGE, headers=[("content-disposition", 'attachment; filename="p.html"')]),
    "type unknown": Told(PAGE, type=None), "charset": Told(b"caf\xe9 " + PAGE, type="text/html; charset=iso-8859-1"),
    "charset by bytes": Told(b"<!doctype html><p id=p>caf\xe9</p>"), "size": Told(PAGE + b" " * 2_200_000),
    "size that is not told": Told(PAGE + b" " * 2_200_000, chunked=True), "encoding": Told(PAGE, encoding="zstd"),
}  # fmt: skip


@pytest.mark.parametrize("name", PASSING)
def test_a_page_that_cannot_be_filled_comes_byte_for_byte(views, origin, path, name):
    origin.pages[path] = told = PASSING[name]
    for _ in range(2):
        view = views.get(path, cookie=NOBODY)
        assert (view.answer.status, view.answer.body) == (told.status, told.body)
        assert view.row["page_status"] == f"passed:{name.partition(' ')[0]}"


@pytest.mark.parametrize("name", ["charset", "charset by bytes", "type"])
def test_such_a_page_is_decoded_at_most_once(views, origin, path, name):
    told = PASSING[name]
    origin.pages[path] = Told(told.body, told.status, told.type, encoding="gzip")
    assert decoded(raw(views, path, accept_encoding="gzip", cookie=NOBODY)) == told.body
    assert decoded(raw(views, path, cookie=NOBODY)) == told.body


def test_what_was_compressed_twice_is_decoded_once(views, origin, path):
    origin.pages[path] = Told(gzip.compress(PAGE), encoding="gzip")
    answer = raw(views, path, accept_encoding="gzip", cookie=NOBODY)
    assert gzip.decompress(decoded(answer)) == PAGE


FILES = {
    "/files/picture.png": Told(bytes(range(256)) * 40, type="image/png"), "/files/archive.gz": Told(gzip.compress(PAGE), type="application/gzip"),
    "/files/data.json": Told(b'{"a": "\\u00e9"}', type="application/json; charset=utf-8"), "/files/page.html": Told(PAGE), "/files/nothing": Told(b"", 204, None),
}  # fmt: skip


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_whatever_is_no_page_of_the_site_passes_untouched(views, origin, file, encoding):
    told = FILES[file]
    origin.pages[file] = Told(told.body, told.status, told.type, [("etag", '"f"'), ("cache-control", "public, max-age=9"), ("x-own", "1")], encoding if told.body else "")
    answer = raw(views, f"{file}?v=1&v=2", accept_encoding="gzip", cookie="a=1; tessera_consent=all")
    assert (answer.status, answer.header("etag"), answer.header("cache-control"), answer.header("x-own")) == (told.status, '"f"', "public, max-age=9", "1")
    assert decoded(answer) == told.body and answer.all("set-cookie") == []
    asked = origin.last(file)
    assert (asked.path, asked.headers["cookie"]) == (f"{file}?v=1&v=2", "a=1; tessera_consent=all") and "gzip" in asked.headers["accept-encoding"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_forms_and_calls_reach_the_origin_with_their_bodies(views, origin, path, method):
    origin.pages[path] = lambda asked: Told(asked.method.encode() + b" " + asked.body, 201, "text/plain", [("set-cookie", "sent=1")])
    body = bytes(range(256)) * 300
    answer = raw(views, f"{path}?x=1", method, body, content_type="application/octet-stream", origin="https://example.com")
    assert (answer.status, answer.body, answer.all("set-cookie")) == (201, method.encode() + b" " + body, ["sent=1"])
    asked = origin.last(path)
    assert (asked.path, asked.headers["content-type"], asked.headers["origin"]) == (f"{path}?x=1", "application/octet-stream", "https://example.com")
    assert origin.count(path) == 1


def test_ranges_are_for_files_not_for_personal_pages(views, origin, path):
    part = Told(b"\x01\x02", 206, "image/png", [("content-range", "bytes 1-2/9")])
    origin.pages["/files/part.png"] = part
    answer = raw(views, "/files/part.png", range="bytes=1-2")
    assert (answer.status, answer.body, answer.header("content-range")) == (206, part.body, "bytes 1-2/9")
    assert origin.last("/files/part.png").headers["range"] == "bytes=1-2"
    page = raw(views, path, range="bytes=0-9", if_range='"x"')
    assert page.status == 200 and FILLED.search(page.body)
    assert not {"range", "if-range"} & set(origin.last(path).headers)


def test_head(views, origin, path):
    origin.pages[path] = Told(PAGE, headers=[("x-own", "1")])
    get, head = raw(views, path, cookie=NOBODY), raw(views, path, "HEAD", cookie=NOBODY)
    assert (head.status, head.body, head.header("etag"), head.header("x-own")) == (200, b"", get.header("etag"), "1")
    origin.pages[path] = Told(b"{}", 200, "application/json")
    passed = raw(views, path, "HEAD", cookie=NOBODY)
    assert (passed.status, passed.body, passed.header("content-type")) == (200, b"", "application/json")
    origin.pages["/files/head"] = Told(b"12345", 200, "text/plain")
    assert (raw(views, "/files/head", "HEAD").status, origin.last("/files/head").method) == (200, "HEAD")


def test_validators(views, origin, path):
    """Ours is of the page and of what was put into it; the origin's says nothing of a personal page."""
    origin.pages[path] = Told(PAGE, etag='"theirs"')
    told = {"cookie": f"{NOBODY}; a=1", "user_agent": "x"}
    first = raw(views, path, **told)
    ours = first.header("etag")
    again = raw(views, path, if_none_match=f'"other", {ours}', **told)
    assert (again.status, again.body, again.header("etag"), again.header("cache-control")) == (304, b"", ours, "private, no-cache")
    assert raw(views, path, if_none_match='"theirs"', **told).status == 200
    origin.pages[path] = Told(PAGE.replace(b"none", b"NONE"), etag='"new"')
    changed = raw(views, path, if_none_match=ours, **told)
    assert changed.status == 200 and changed.header("etag") != ours


LOCATIONS = {
    "{origin}/there?a=1#b": "/there?a=1#b", "/there": "/there", "there": "/deep/there", "../there": "/there", "?page=2": "/deep/from?page=2",
    "https://other.example/x": "https://other.example/x", "//other.example/x": "//other.example/x", "{origin}//other.example/x": "/other.example/x", "http://[": "http://[",
}  # fmt: skip


@pytest.mark.parametrize("status, location", [*((302, location) for location in LOCATIONS), *((status, "/there") for status in (301, 303, 307, 308))])
def test_redirects_of_the_origin_stay_on_this_site(views, origin, location, status):
    origin.pages["/deep/from"] = Told(b"moved", status, headers=[("location", location.format(origin=origin.url))])
    answer = raw(views, "/deep/from")
    assert (answer.status, answer.header("location"), answer.body) == (status, LOCATIONS[location], b"moved")


def test_a_page_that_redirects_passes(views, origin, path):
    origin.pages[path] = Told(b"", 302, headers=[("location", f"{origin.url}/login"), ("set-cookie", "back=1; Path=/")])
    answer = raw(views, path, cookie=NOBODY)
    assert (answer.status, answer.header("location"), answer.all("set-cookie")) == (302, "/login", ["back=1; Path=/"])


# --- cookies and headers ------------------------------------------------------------------------------------------------

COOKIES = ["sid=1; Path=/; HttpOnly", "theme=dark; Expires=Wed, 01 Jan 2031 00:00:00 GMT", "a=b,c", "sid=2; Path=/x"]


@pytest.mark.parametrize("told", [Told(PAGE), Told(b"{}", type="application/json"), Told(PAGE, 404)], ids=["filled", "another type", "not found"])
def test_cookies_of_the_origin_come_one_by_one_beside_ours(views, origin, path, told):
    origin.pages[path] = Told(told.body, told.status, told.type, [("set-cookie", cookie) for cookie in COOKIES])
    answer = raw(views, path, user_agent=BROWSER)
    theirs = [cookie for cookie in answer.all("set-cookie") if not cookie.startswith("tessera")]
    ours = [cookie for cookie in answer.all("set-cookie") if cookie.startswith("tessera=")]
    assert theirs == COOKIES and len(ours) == 1


def test_cookies_for_the_origins_own_domain_are_made_this_sites(views, origin, path):
    """A browser would refuse them: they come from another host than they are for."""
    given = ["a=1; Domain=shop.example.com; Path=/", "b=2; domain=.127.0.0.1; Secure", "c=3"]
    origin.pages[path] = Told(PAGE, headers=[("set-cookie", cookie) for cookie in given])
    answer = raw(views, path, cookie=NOBODY)
    assert answer.all("set-cookie") == ["a=1; Path=/", "b=2; domain=.127.0.0.1; Secure", "c=3"]


def test_what_the_origin_is_told_of_a_request(views, origin, path):
    """For whom and as what it was asked; a visitor's own claims about that do not reach it. Its cookies all do."""
    claims = {"x_forwarded_for": "6.6.6.6", "x_forwarded_host": "evil.example", "x_forwarded_proto": "gopher", "connection": "keep-alive, x-hop", "te": "trailers"}
    cookie = f"tessera={'x' * 20}; {NOBODY}; cart=7"
    raw(views, f"{path}?q=%C3%A9&q=+", accept_language="de", referer="https://example.com/", cookie=cookie, **claims)
    asked = origin.last(path)
    here = urlsplit(views.shop.url).netloc
    assert (asked.headers["host"], asked.headers["x-forwarded-host"], asked.headers["x-forwarded-proto"]) == (f"127.0.0.1:{origin.port}", here, "http")
    assert asked.headers["x-forwarded-for"] == "127.0.0.1"
    assert (asked.path, asked.headers["cookie"], asked.headers["accept-language"], asked.headers["referer"]) == (f"{path}?q=%C3%A9&q=+", cookie, "de", "https://example.com/")
    assert not {"te", "transfer-encoding", "tessera-host-token"} & set(asked.headers)


# --- what users of other tools complained of ----------------------------------------------------------------------------


def test_a_newcomers_draw_is_not_baked_into_a_shared_cache(views, origin, path):
    """"A cold visitor's random draw is baked into the shared cache: the split collapses." """
    origin.pages[path] = Told(PAGE, headers=[("cache-control", "public, max-age=600")])
    drawn: list[bytes] = []
    ids = set()
    for _ in range(60):
        answer = raw(views, path, user_agent=BROWSER)
        drawn.append(FILLED.search(answer.body)[1])
        ids.add(answer.header("set-cookie"))
    assert origin.count(path) == 1, "the page itself is kept"
    assert len(ids) == 60 and 12 <= drawn.count(b"second") <= 48


def test_a_personalised_page_is_not_taken_from_a_cache_when_the_client_navigates(views, origin, path):
    """"Personalised pages served from cache on client navigation." A browser may keep them, but must ask before it shows them."""
    origin.pages[path] = Told(PAGE, headers=[("cache-control", "public, max-age=600"), ("vary", "Accept-Encoding")])
    first = raw(views, path, cookie=NOBODY, sec_fetch_mode="cors", sec_fetch_dest="empty")
    assert first.header("cache-control") == "private, no-cache"
    assert sorted(name.strip().lower() for name in first.header("vary").split(",")) == ["accept-encoding", "cookie"]
    changed = raw(views, path, cookie="tessera_consent=all", if_none_match=first.header("etag"), user_agent=BROWSER)
    assert changed.status == 200 and changed.all("set-cookie"), "another visitor is not told that nothing has changed"


def test_our_cookie_does_not_make_the_origins_pages_uncacheable(views, origin, path):
    """"Set-Cookie makes CDN caching impossible; Vary: Cookie explodes." Both are on our answers alone, behind the cache."""
    origin.pages[path] = Told(PAGE, headers=[("cache-control", "public, max-age=600")])
    answers = [raw(views, path, cookie=f"visit={n}", user_agent=BROWSER) for n in range(10)]
    assert all(answer.all("set-cookie") and "Cookie" in answer.header("vary") for answer in answers)
    assert origin.count(path) == 1


def test_proxied_cookies_headers_and_encodings_come_as_they_are(views, origin, path):
    """"Proxied cookies and headers change; gzip decoded twice." """
    own = [("set-cookie", cookie) for cookie in COOKIES] + [("link", "</a.css>; rel=preload"), ("link", "</b.css>; rel=preload"), ("x-frame-options", "DENY"), ("content-language", "de")]
    for address, told in ((path, PAGE), ("/files/api", b'{"a": 1}')):
        origin.pages[address] = Told(told, type=HTML if told == PAGE else "application/json", headers=own, encoding="gzip")
        answer = raw(views, address, cookie=NOBODY, accept_encoding="gzip")
        body = decoded(answer)
        assert FILLED.search(body) if told == PAGE else body == told
        assert answer.all("set-cookie") == COOKIES
        assert (", ".join(answer.all("link")), answer.header("x-frame-options"), answer.header("content-language")) == ("</a.css>; rel=preload, </b.css>; rel=preload", "DENY", "de")


# --- a service binding in place of an address ---------------------------------------------------------------------------


def test_a_service_binding_is_asked_as_this_site(tmp_path):
    with Origin({"/a": Told(PAGE, etag='"1"', encoding="gzip"), "/files/a": Told(b"file", type="text/plain")}) as origin:
        shop = start(tmp_path, {}, services={"ORIGIN": f"127.0.0.1:{origin.port}"})
        try:
            views = Views(shop)
            statuses = []
            for _ in range(2):
                view = seen(views, "/a")
                assert FILLED.search(view.answer.body)
                statuses.append(view.row["page_status"])
            assert statuses == ["planned", "plan-hit"] and origin.last("/a").headers["if-none-match"] == '"1"'
            assert origin.last("/a").headers["host"] == urlsplit(shop.url).netloc
            assert shop.get("/files/a?x=1").body == b"file" and origin.last("/files/a").path == "/files/a?x=1"
        finally:
            shop.host.stop()
