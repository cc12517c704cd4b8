"""The Worker as a native Python Worker on Python 3.12, where no JavaScript can be imported: the bridge is edge/bridge.py."""

from __future__ import annotations

import json
import time

import pytest

from compiler.serve import FACTS, assets_of, cookie_of
from native_host import origin
from tests.shop import STORE
from conftest import wait_for

HOME = (assets_of(STORE) / "index.html").read_bytes()
ORIGIN_HEADERS = {"etag": '"v1"', "expires": "Mon, 02 Nov 2027 10:00:00 GMT", "age": "7", "cache-control": "public, max-age=600", "x-frame-options": "DENY"}


def cookie(native, visitor: str, consent: str = "personalization.analytics") -> dict[str, str]:
    return {"cookie": f"tessera={cookie_of(native.place, visitor)}; tessera_consent={consent}"}


def test_it_is_the_older_python_and_the_bridge_in_python(native):
    assert native.about()["python"].startswith("3.12.")
    assert native.host.said('"event": "bridge-in-python"') == 1


def test_without_a_release_and_with_a_forged_one_the_page_is_the_original(native):
    assert [(reply.status, reply.body) for reply in (native.empty, native.refused)] == [(200, HOME)] * 2
    assert native.why.startswith("bundle rejected: wrong signature")


@pytest.mark.parametrize("visitor", ["carl", "ana", "fay"])
@pytest.mark.parametrize("path", ["/", "/?utm_source=linkedin"])
def test_a_personal_page_is_byte_for_byte_that_of_the_embedded_host(native, shop, visitor, path):
    told = cookie(native, visitor)
    embedded = shop.get(path, headers=told, facts={**FACTS, "now": native.facts["now"]})
    reply = native.get(path, headers=told)
    assert reply.body == embedded.body != HOME
    assert reply.headers["etag"] == embedded.headers["etag"]
    assert {name: reply.headers.get(name) for name in ("cache-control", "vary", "content-type")} == {
        name: embedded.headers.get(name) for name in ("cache-control", "vary", "content-type")
    }
    assert "set-cookie" not in reply.headers, "it can seal no snapshot"


def test_the_record_in_the_log(native):
    admin = native.host.admin

    def recorded(unit: str) -> dict[str, dict]:
        """The rows of a first page view, by slot."""
        admin.put_kv("PROFILES", f"profile:{unit}", admin.get_kv("PROFILES", "profile:fay"))
        native.get("/", headers=cookie(native, unit))
        return wait_for(lambda: {row["slot"]: row for key in admin.list_r2("LOG", "decisions/") for row in rows_of(key) if row["unit"] == unit})

    def rows_of(key: str) -> list[dict]:
        return [json.loads(line) for line in admin.get_r2("LOG", key).content.splitlines()]

    recorded("nina")  # after a start this is the page's first reading
    rows = recorded("noel")
    assert {row["page_status"] for row in rows.values()} == {"plan-hit"}
    assert {row["place"] for row in rows.values()} <= {"spliced", "kept"}
    assert rows["hero"]["served_from"] == "store"


def test_a_page_view_is_in_the_profile(native):
    admin = native.host.admin
    admin.put_kv("PROFILES", "profile:vera", admin.get_kv("PROFILES", "profile:fay"))

    def applied() -> int:
        return len(json.loads(admin.get_kv("PROFILES", "profile:vera")).get("applied", ()))

    def viewed() -> bool:
        """Whether one more page view counts within seconds."""
        before, until = applied(), time.monotonic() + 8
        assert native.get("/", headers=cookie(native, "vera")).status == 200
        while applied() == before and time.monotonic() < until:
            time.sleep(0.1)
        return applied() == before + 1

    for _ in range(2):  # the truth is begun from the copy, and then written on its condition
        assert viewed()
    truth = json.loads(admin.get_r2("STATE", "profiles/vera.json").content)
    assert truth == json.loads(admin.get_kv("PROFILES", "profile:vera")) and truth["purposes"] == ["analytics", "personalization"]
    assert not admin.list_r2("LOG", "retried/")


def test_without_consent_nobody_is_told_apart(native):
    replies = [native.get("/", headers=cookie(native, visitor, "none")) for visitor in ("carl", "ana")]
    assert replies[0].body == replies[1].body
    assert all("tessera=;" in reply.headers["set-cookie"] for reply in replies)


def test_a_newcomer_gets_a_cookie_and_a_visitor_who_is_known_none(native):
    assert native.get("/", headers={"cookie": "tessera_consent=analytics"}).headers["set-cookie"].startswith("tessera=1.")
    assert "set-cookie" not in native.get("/", headers=cookie(native, "carl")).headers


def test_head_and_not_modified(native):
    told = cookie(native, "carl")
    get, head = native.get("/", headers=told), native.get("/", headers=told, method="HEAD")
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", get.headers["etag"])
    same = native.get("/", headers={**told, "if-none-match": f'"x", {get.headers["etag"]}'})
    assert (same.status, same.body, same.headers["etag"]) == (304, b"", get.headers["etag"])
    other = native.get("/", headers={**cookie(native, "ana"), "if-none-match": get.headers["etag"]})
    assert other.status == 200


def test_what_is_no_page_passes(native):
    reply = native.get("/shop.css")
    assert (reply.status, reply.body) == (200, (assets_of(STORE) / "shop.css").read_bytes())
    assert native.get("/no/such/page").status == 404
    assert native.get("/_tessera/slots?page=/").status == 404


def test_headers_of_the_origin(native):
    reply = native.page({**cookie(native, "carl"), **origin(HOME, **ORIGIN_HEADERS)})
    assert set(reply.headers) & set(ORIGIN_HEADERS) == {"cache-control", "etag", "x-frame-options"}
    assert (reply.headers["cache-control"], reply.headers["vary"]) == ("private, no-cache", "Cookie")
    assert reply.headers["etag"].startswith('W/"')


@pytest.mark.parametrize("body, told, why", [
    (HOME, {"status": 500}, "status"), (HOME, {"content_type": "application/json"}, "type"), (HOME, {"content_disposition": "attachment"}, "type"),
    (HOME, {"content_type": "text/html; charset=latin1"}, "charset"), (b'<meta charset="latin1">' + HOME, {}, "charset"), (b"\xff" + HOME, {}, "charset"),
    (HOME, {"more": 2_200_000}, "size"),
], ids=range(7))  # fmt: skip
def test_unsuitable_pages_pass_untouched(native, body, told, why):
    before = native.about()["counts"].get(f"passed:{why}", 0)
    reply = native.page({**cookie(native, "carl"), **origin(body, **told)})
    assert (reply.status, reply.body) == (told.get("status", 200), body + b" " * told.get("more", 0))
    assert native.about()["counts"][f"passed:{why}"] == before + 1


def test_a_cookie_rides_on_a_page_that_passes(native):
    reply = native.page({"cookie": "tessera_consent=analytics", **origin(HOME, status=404, **ORIGIN_HEADERS)})
    assert (reply.status, reply.body, reply.headers["cache-control"]) == (404, HOME, "private, no-cache")
    assert reply.headers["set-cookie"].startswith("tessera=1.") and "expires" not in reply.headers


def test_a_page_without_its_slots_says_so(native):
    before = native.about()["counts"].get("missing:hero", 0)
    assert native.page({**cookie(native, "carl"), **origin("<p>other</p>")}).body.startswith(b"<p>other</p>")
    assert native.about()["counts"]["missing:hero"] == before + 1


def test_an_origin_that_says_nothing_counts_as_failed(native):
    began = time.monotonic()
    reply = native.page(origin(HOME, wait=4000))
    assert (reply.status, reply.headers["cache-control"]) == (504, "no-store")
    assert time.monotonic() - began < 3.5


def test_nothing_is_left_behind_by_a_page(native):
    """A reading makes a handler for every slot and every end tag; JavaScript would hold them, and with them the reading, for ever."""
    for number in range(3):
        assert native.page({**cookie(native, "carl"), **origin(HOME + b"<!-- %d -->" % number)}).headers["etag"].startswith("W/")
    assert native.host.readings() == 0
