"""Releases that must not go live: before there is any bundle, and while a good one decides. A host of its own, started cold."""

from __future__ import annotations

import json
import struct
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Callable

import msgpack
import pytest

from compiler import sign
from compiler.emit import _body
from compiler.local import local
from compiler.pipeline import compile_site
from compiler.releases.stores import POINTER
from compiler.serve import _now, assets_of, host_for, profiles_of, publish_here, seed
from tests.releasing import payload, pointer
from tests.shop import STORE, Shop
from tests.views import NEW_YORK, TUESDAY, Views, at
from tessera.columns import pack, unpack
from tessera.bundle import FORMAT, HEADER, LENGTHS, READ, READS, SIGNATURE_MAGIC, TRAILER, unseal

pytestmark = pytest.mark.xdist_group("releases")

HOME = (STORE / "public" / "index.html").read_bytes()
WHEN = NEW_YORK | at(TUESDAY)
NEWER = max(READS) + 1  # a format that no worker reads yet
PATIENCE = 12.0  # seconds, for a pointer that is read much more often


@dataclass
class Edge:
    """A host whose releases a test forges. `good` and `next` are two bundles that it would take."""

    views: Views
    good: bytes
    next: bytes
    other_key: Any

    @property
    def shop(self) -> Shop:
        return self.views.shop

    @property
    def name(self) -> str:
        return unseal(self.good).name

    def point(self, pointer: bytes) -> None:
        self.shop.admin.put_r2("BUNDLES", POINTER, pointer)
        self.shop.admin.put_kv("RELEASES", "current", pointer)

    def put(self, data: bytes, name: str | None = None) -> None:
        """Store bytes as a bundle, by this or their own name, and point at them; no check is made."""
        name = name or HEADER.unpack_from(data)[4].hex()
        self.shop.admin.put_r2("BUNDLES", f"bundles/{name}.tessera", data)
        self.point(self.pointer(name))

    def pointer(self, name: str) -> bytes:
        return pointer(self.shop.place.signing_key, name)

    def signed(self, data: bytes) -> bytes:
        return sign.sign(data, self.shop.place.signing_key)

    def ask(self, path: str = "/?utm_source=newsletter"):
        return self.shop.get(path, cookie=self.shop.cookie("carl"), facts=WHEN)

    def told(self, wanted: Callable[[dict], bool]) -> dict:
        """What the worker says of itself, once it says what is wanted."""
        until = time.monotonic() + PATIENCE
        while True:
            answer = self.ask()
            assert answer.status == 200
            found = json.loads(self.shop.get("/.well-known/tessera").body)
            if wanted(found) or time.monotonic() > until:
                return found
            time.sleep(0.1)


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Edge:
    place = local(tmp_path_factory.mktemp("releases"))
    other_key = place.root / "other.key"
    sign.generate(other_key)
    good = sign.sign(compile_site(STORE).bundle, place.signing_key)
    host = host_for(assets_of(STORE), place)
    host.variables |= {"TESSERA_POLL_SECONDS": "0.4"}
    with host:
        seed(host.admin, profiles_of(STORE), _now())
        following = sign.sign(reforged(good, with_another_deadline), place.signing_key)
        yield Edge(Views(Shop(host, place, unseal(good).name)), good, following, other_key)


def flipped(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def unsigned(data: bytes) -> bytes:
    return data[: HEADER.size + HEADER.unpack_from(data)[3]]


def reforged(data: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The unsigned bundle with changed sections."""
    body = bytes(unseal(data).body)
    length, _ = LENGTHS.unpack_from(body)
    envelope = msgpack.unpackb(body[LENGTHS.size : LENGTHS.size + length])
    raw = {name: body[offset : offset + size] for name, offset, size, _ in envelope["sections"]}
    kinds = {name: kind for name, _, _, kind in envelope["sections"]}
    sections = {name: msgpack.unpackb(part, strict_map_key=False) if kinds[name] == "msgpack" else part for name, part in raw.items()}
    change(sections)
    packed = [(name, msgpack.packb(part) if kinds[name] == "msgpack" else part, kinds[name]) for name, part in sections.items()]
    changed = _body(envelope["site"], [one for one in packed if one[2] != "held"], [one for one in packed if one[2] == "held"])
    return HEADER.pack(data[:8], FORMAT, 0, len(changed), sha256(changed).digest(), bytes(8)) + changed


def newer(data: bytes) -> bytes:
    return data[:8] + struct.pack(">I", NEWER) + data[12:]


def signed_by_another_in_our_name(edge: Edge) -> bytes:
    theirs = sign.sign(edge.next, edge.other_key)
    _, key_id, _ = TRAILER.unpack(edge.next[-TRAILER.size :])
    _, _, signature = TRAILER.unpack(theirs[-TRAILER.size :])
    return theirs[: -TRAILER.size] + TRAILER.pack(SIGNATURE_MAGIC, key_id, signature)


def with_another_deadline(sections: dict[str, Any]) -> None:
    sections["site"]["deadline"] += 1


def without_items(sections: dict[str, Any]) -> None:
    del sections["items"]


BAD = {
    "one flipped byte": (lambda e: e.put(flipped(e.next, 5000)), "does not match its digest"),
    "a flipped byte of the signature": (lambda e: e.put(flipped(e.next, len(e.next) - 5)), "wrong signature"),
    "signed by an unknown key": (lambda e: e.put(sign.sign(e.next, e.other_key)), "signed by the unknown key"),
    "signed by another key in our name": (lambda e: e.put(signed_by_another_in_our_name(e)), "wrong signature"),
    "not signed": (lambda e: e.put(unsigned(e.next)), "not signed"),
    "of a newer format": (lambda e: e.put(newer(e.next)), f"format {NEWER}, this worker reads {READ}"),
    "truncated": (lambda e: e.put(e.next[:-2000]), "truncated"),
    "cut to nothing": (lambda e: e.put(b"", "0" * 64), "000000000000 is not in the store"),
    "a web page": (lambda e: e.put(HOME, "1" * 64), "not a Tessera bundle"),
    "another bundle's bytes": (lambda e: e.put(e.next, "2" * 64), "asked for 222222222222"),
    "sections that do not fit": (lambda e: e.put(e.signed(reforged(e.next, without_items))), "malformed section"),
    "a bundle that is not there": (lambda e: e.point(e.pointer("3" * 64)), "333333333333 is not in the store"),
    "a pointer that is no JSON": (lambda e: e.point(b"\xff{"), "the pointer cannot be read"),
    "a pointer to nothing": (lambda e: e.point(b"{}"), "the pointer is not signed"),
    "a pointer without a signature": (lambda e: e.point(json.dumps({"payload": json.dumps(payload("4" * 64)), "key": "0" * 16, "signature": ""}).encode()), "the pointer's signature is damaged"),
    "a pointer that was changed": (lambda e: e.point(e.pointer("5" * 64).replace(b"5" * 64, b"6" * 64)), "the pointer's signature is wrong"),
    "a pointer by an unknown key": (lambda e: e.point(pointer(e.other_key, e.name)), "release rejected: signed by the unknown key"),
    "a pointer to a newer format alone": (lambda e: e.point(pointer(e.shop.place.signing_key, "7" * 64, live={**payload("7" * 64)["live"], "format": NEWER})), f"format {NEWER}, this worker reads {READ}"),
    "a pointer of another kind": (lambda e: e.point(b'["bundle"]'), "the pointer cannot be read"),
    "a pointer without end": (lambda e: e.point(b"[" * 100_000), "the pointer cannot be read"),
    "a pointer to a path": (lambda e: e.point(e.pointer("../../secrets")), "the pointer cannot be read"),
}


def check_refused(edge: Edge, name: str, bundle: str | None) -> None:
    forge, why = BAD[name]
    forge(edge)
    before = edge.shop.said("bundle-refused")
    told = edge.told(lambda found: why in (found["refused"] or "") and edge.shop.said("bundle-refused") > before)
    assert why in (told["refused"] or "") and "\n" not in told["refused"]
    assert told["bundle"] == bundle
    assert edge.shop.says(why)


# The tests below tell one story, in order: a cold start, bad releases, a good one, bad ones again.


def test_a_cold_start_without_a_release_serves_original_pages(edge):
    for path, file in (("/", "index.html"), ("/p/kochere", "p/kochere.html"), ("/cart", "cart.html"), ("/shop.css", "shop.css")):
        started = time.monotonic()
        answer = edge.shop.get(path, cookie=edge.shop.cookie("carl"))
        assert (answer.status, answer.body) == (200, (STORE / "public" / file).read_bytes())
        assert time.monotonic() - started < 5 and not answer.headers.get_all("set-cookie")
    assert edge.shop.get("/nowhere").status == 404
    told = edge.told(lambda found: bool(found["refused"]))
    assert (told["bundle"], told["site"], told["published"]) == (None, None, None)
    assert told["refused"] == "no release is published; run 'tessera publish'"
    assert edge.shop.says("serving original pages")


def test_a_cold_start_with_stores_that_hang_serves_original_pages_in_time(edge):
    edge.shop.fault(RELEASES="hang", BUNDLES="hang")
    try:
        until = time.monotonic() + 4
        while time.monotonic() < until:
            started = time.monotonic()
            assert edge.ask().body == HOME
            assert time.monotonic() - started < 4
    finally:
        edge.shop.fault()
    assert edge.shop.says("bundle-late")


@pytest.mark.parametrize("name", BAD)
def test_a_bad_first_release_leaves_the_original_pages(edge, name):
    check_refused(edge, name, None)
    assert edge.ask().body == HOME


def test_a_good_release_recovers(edge):
    publish_here(edge.shop.admin, edge.good, edge.shop.place)
    told = edge.told(lambda found: found["bundle"] is not None)
    assert (told["bundle"], told["refused"]) == (edge.name, None)
    assert b"reading our letters" in edge.ask().body


@pytest.mark.parametrize("name", BAD)
def test_a_bad_release_leaves_the_last_good_bundle(edge, name):
    check_refused(edge, name, edge.name)
    assert b"reading our letters" in edge.ask().body


def test_the_way_back_is_to_point_at_the_good_one(edge):
    edge.put(edge.good)
    assert edge.told(lambda found: found["refused"] is None)["refused"] is None
    assert edge.shop.says(f"keeping {edge.name[:12]}", len(BAD))


def test_a_new_release_takes_over_within_the_poll(edge):
    edge.put(edge.next)
    assert edge.told(lambda found: found["bundle"] == unseal(edge.next).name)["bundle"] == unseal(edge.next).name
    assert b"reading our letters" in edge.ask().body
    edge.put(edge.good)
    assert edge.told(lambda found: found["bundle"] == edge.name)["bundle"] == edge.name


def breaks_in_rendering(sections: dict[str, Any]) -> None:
    """Every text of the shop ends in a part that the renderer cannot make."""
    sections["content"] = [[*content, ["var", "request.city", "no-such-context", ""]] for content in sections["content"]]


def breaks_in_deciding(sections: dict[str, Any]) -> None:
    """The default of every slot is a variant that is not there, and no rule is left to avoid it."""
    for slot in sections["decisions"]["slots"]:
        slot[7] = 99


def breaks_for_some(sections: dict[str, Any]) -> None:
    """Every rule that shows a variant shows one that is not there; the defaults are whole."""
    rules = sections["decisions"]["rules"]
    rules["actions"] = pack([300 if action % 3 == 0 else action for action in unpack(rules["actions"])])


@pytest.mark.parametrize("breaks", [breaks_in_rendering, breaks_in_deciding])
def test_a_bundle_that_fails_for_everybody_is_refused_before_it_decides_for_anybody(edge, breaks):
    """Signed with the right key, and broken."""
    edge.put(edge.signed(reforged(edge.good, breaks)))
    told = edge.told(lambda found: "fails to decide the page 'home'" in (found["refused"] or ""))
    assert "fails to decide the page 'home'" in told["refused"] and told["bundle"] == edge.name
    assert b"reading our letters" in edge.ask().body
    edge.put(edge.good)


def test_an_exception_on_the_way_to_a_decision_serves_the_original_page(edge):
    """Signed with the right key, accepted, and broken for some."""
    bad = edge.signed(reforged(edge.good, breaks_for_some))
    edge.put(bad)
    assert edge.told(lambda found: found["bundle"] == unseal(bad).name)["refused"] is None
    before = edge.shop.said("decision-failed")
    answer = edge.shop.get("/?utm_source=newsletter", facts=WHEN, cookie="tessera_consent=none")
    assert (answer.status, answer.body) == (200, HOME)
    assert not answer.headers.get_all("set-cookie")
    assert edge.shop.says("decision-failed", before + 1)
    assert edge.shop.get("/privacy").status == 200
    edge.put(edge.good)
    assert edge.told(lambda found: found["bundle"] == edge.name and not found["refused"])["bundle"] == edge.name
    assert b"reading our letters" in edge.ask().body


def test_a_log_that_hangs_costs_no_page(edge):
    """Last, because the queue waits for it."""
    edge.shop.fault(LOG="hang", DECISIONS="hang")
    started = time.monotonic()
    assert all(b"reading our letters" in edge.ask().body for _ in range(5))
    assert time.monotonic() - started < 5
    edge.shop.fault()


def test_without_a_cookie_key_the_pages_are_the_original_ones(tmp_path):
    place = local(tmp_path)
    host = host_for(assets_of(STORE), place)
    host.secrets = {}
    with host:
        publish_here(host.admin, sign.sign(compile_site(STORE).bundle, place.signing_key), place)
        shop = Shop(host, place, "")
        answer = shop.get("/", facts=WHEN)
        assert (answer.status, answer.body) == (200, HOME)
        assert shop.says("no cookie key is set")
