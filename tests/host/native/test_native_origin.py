"""The bridge in Python before a site elsewhere, and with stores that fail; its redirects, and the nonces of its pages."""

from __future__ import annotations

import json

import pytest

from compiler.serve import assets_of, cookie_of
from conftest import go_live, wait_for
from tests.shop import STORE
from tests.site.origin import Origin, Told

HOME = (assets_of(STORE) / "index.html").read_bytes()
SITE = """\
tessera: 1
name: moves
hosts: [localhost, 127.0.0.1]
pages: {old: /old, other: /other}
purposes: {analytics: {tcf: [1, 8]}}
jurisdictions: {rest: {allow: [analytics]}}
assets: {dir: public}
log: {purpose: analytics, keep: 1d}
"""
SLOTS = {
    "move": 'place: {page: old, do: redirect}\nvalues: {new: "/new?from=old#part"}\nladder: {default: new}\n',
    "script": 'place: {page: other, selector: "#s", do: inner}\ncomponent: script\nladder: {default: only}\n',
}


@pytest.fixture
def site():
    with Origin() as origin:
        yield origin


@pytest.fixture
def carl(native):
    return {"cookie": f"tessera={cookie_of(native.place, 'carl')}; tessera_consent=personalization.analytics"}


@pytest.fixture(scope="module")
def moves(native, tmp_path_factory):
    """Another release in the place of the shop's, as long as the tests of this module last that ask for it."""
    folder = tmp_path_factory.mktemp("moves")
    for name, text in SLOTS.items():
        (folder / "slots").mkdir(exist_ok=True)
        (folder / "slots" / f"{name}.yaml").write_text(text)
    (folder / "public").mkdir()
    (folder / "content").mkdir()
    (folder / "content" / "script.html").write_text("<script>let shown = 1</script>")
    (folder / "content" / "script.yaml").write_text("fields: {}\nvariants: {only: {}}\n")
    (folder / "site.yaml").write_text(SITE)
    for site in (folder, STORE):
        go_live(native.host, native.place, site)
        if site is folder:
            yield


def settings(**changes: str) -> dict[str, str]:
    return {"x-settings": json.dumps(changes)}


def test_a_site_elsewhere(native, site, carl):
    site.pages["/base/"] = Told(HOME, headers=[("set-cookie", "sid=1; Domain=origin.example; Path=/")], encoding="gzip", etag='"1"')
    here = native.get("/", headers=carl)
    reply = native.get("/?a=1", headers={**carl, **settings(TESSERA_ORIGIN=f"{site.url}/base/"), "x-forwarded-for": "1.1.1.1", "range": "bytes=0-9"})
    assert (reply.status, reply.body, reply.headers["etag"]) == (200, here.body, here.headers["etag"])
    assert [value for name, value in reply.every if name == "set-cookie"] == ["sid=1; Path=/"]
    (asked,) = site.asked
    assert asked.path == "/base/?a=1" and asked.headers["x-forwarded-proto"] == "http" and asked.headers["x-forwarded-for"] == native.facts["ip"]
    assert asked.headers["x-forwarded-host"] == native.host.url.partition("//")[2] and "range" not in asked.headers


@pytest.mark.parametrize("location, here", [("/base/next?q#f", "/next?q#f"), ("https://else.example/x", "https://else.example/x")])
def test_redirects_of_a_site_elsewhere(native, site, location, here):
    site.pages["/base/"] = Told(b"", 302, headers=[("location", location)])
    reply = native.get("/", headers=settings(TESSERA_ORIGIN=f"{site.url}/base"))
    assert reply.status == 302
    assert reply.headers["location"] == (native.host.url + here if here.startswith("/") else here)


def test_what_is_no_page_reaches_a_site_elsewhere_as_it_is(native, site):
    site.pages["/form"] = lambda asked: Told(asked.body[::-1], 201, "text/plain", etag='"x"')
    reply = native.get("/form", method="POST", body=b"abc", headers=settings(TESSERA_ORIGIN=site.url))
    assert (reply.status, reply.body, reply.headers["etag"]) == (201, b"cba", '"x"')


@pytest.mark.parametrize("told, status", [(Told(HOME, wait=4), 504), (Told(HOME, stall=4), 504), (Told(HOME, breaks=True), 200)])
def test_a_site_elsewhere_that_fails(native, site, carl, told, status):
    """A page that breaks off is asked for again, once: it may be cut short, but it is the origin's."""
    answers = iter([told] * (3 if status == 504 else 1))
    site.pages["/"] = lambda asked: next(answers, Told(HOME))
    reply = native.get("/", headers={**carl, **settings(TESSERA_ORIGIN=site.url)})
    assert reply.status == status
    assert (reply.headers.get("retry-after"), reply.body == HOME) == (("5", False) if status == 504 else (None, True))


def test_a_site_that_is_not_there(native):
    assert native.get("/", headers=settings(TESSERA_ORIGIN="http://127.0.0.1:9")).status == 502


@pytest.mark.parametrize("how, told", [("hang", "profile-late"), ("fail", "profile-error")])
def test_a_store_of_profiles_that_fails(native, carl, how, told):
    before = native.about()["counts"].get(told, 0)
    reply = native.get("/", headers={**carl, **settings(PROFILES=how)})
    assert reply.status == 200 and reply.headers["cache-control"] == "private, no-cache"
    assert native.about()["counts"][told] == before + 1


def test_a_queue_that_fails(native, carl):
    assert native.get("/", headers={**carl, **settings(DECISIONS="fail")}).body == native.get("/", headers=carl).body
    assert wait_for(lambda: native.about()["counts"].get("log-lost"))


def test_development_is_told_the_time(native, carl):
    assert native.get("/", headers={**carl, **settings(TESSERA_ENV="development")}).headers["server-timing"].startswith("tessera;dur=")


def test_a_redirect_that_was_decided(native, moves):
    reply = native.get("/old?a=1")
    assert (reply.status, reply.headers["location"], reply.headers["cache-control"]) == (302, "/new?from=old&a=1#part", "private, no-store")
    assert reply.headers["set-cookie"].startswith("tessera=1.") and reply.body == b""


@pytest.mark.parametrize("policy, attribute", [("script-src 'nonce-c2VjcmV0'", ' nonce="c2VjcmV0"'), ("default-src 'self'", "")])
def test_the_nonce_of_a_page(native, site, moves, policy, attribute):
    site.pages["/other"] = Told(b'<body><p id="s"></p></body>', headers=[("content-security-policy", policy)])
    reply = native.get("/other", headers=settings(TESSERA_ORIGIN=site.url))
    assert f'<p id="s"><script{attribute}>let shown = 1</script></p>'.encode() in reply.body
