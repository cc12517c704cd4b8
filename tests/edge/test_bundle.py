"""The format: whatever was changed in a bundle is refused, with one line that says why."""

import struct
from functools import cache
from hashlib import sha256

import msgpack
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from compiler.emit import emit
from compiler.sign import key_id, verify
from tests.edge.sites import ALWAYS, DAY, bundle, experiment, ir, program, rule, shop, slot, vector_model
from tessera.bundle import ALIGN, FORMAT, HEADER, MAGIC, MAX_BYTES, SIGNATURE_MAGIC, TRAILER, BundleError, load, unseal
from tessera.resolved import Run
from tessera.decide import decide
from tessera.types import Visit

KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
RAW, OTHER_RAW = (key.public_key().public_bytes_raw() for key in (KEY, OTHER))
TRUSTED = {key_id(RAW): RAW}


@cache
def small() -> bytes:
    return emit(program(slot("hero", (rule("all", ALWAYS, "a"),)), attributes=()))


def signed(data: bytes, key: Ed25519PrivateKey = KEY, claims: bytes = RAW) -> bytes:
    return data + TRAILER.pack(SIGNATURE_MAGIC, bytes.fromhex(key_id(claims)), key.sign(unseal(data).signed))


def accept(data: bytes) -> None:
    """What the Worker does before it decides by a bundle."""
    sealed = unseal(data)
    verify(sealed, TRUSTED)
    load(sealed)


def refused(data: bytes) -> str:
    with pytest.raises(BundleError) as caught:
        accept(data)
    message = str(caught.value)
    assert message.startswith("bundle rejected: ") and "\n" not in message and len(message) < 300
    assert "; " in message, "a message says how to mend it"
    return message


def test_a_signed_bundle_is_accepted():
    accept(signed(small()))


def test_the_name_is_the_digest_of_the_body():
    assert unseal(small()).name == sha256(small()[HEADER.size :]).hexdigest() == bundle_of(small()).name


def bundle_of(data: bytes):
    return load(unseal(data))


def test_every_flipped_byte_is_refused():
    data = signed(small())
    for place in range(len(data)):
        for bit in (0x01, 0x80, 0xFF):
            refused(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])


def test_without_a_signature_every_flipped_byte_is_refused_all_the_same():
    data = small()
    for place in range(len(data)):
        with pytest.raises(BundleError):
            unseal(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])


def test_every_truncation_is_refused():
    data = signed(small())
    for length in range(len(data)):
        refused(data[:length])


@pytest.mark.parametrize("rest", [b"\0", b"ED25", bytes(TRAILER.size), TRAILER.pack(b"ED26", bytes(8), bytes(64))])
def test_what_follows_the_body_must_be_a_signature(rest):
    assert "trailer" in refused(small() + rest)


@pytest.mark.parametrize(
    "data, says",
    [
        (b"", "not a Tessera bundle"),
        (b"<!doctype html>" + bytes(80), "not a Tessera bundle"),
        (MAGIC, "not a Tessera bundle"),
        (HEADER.pack(MAGIC, 4, 0, 0, bytes(32), bytes(8)), f"format 4, this worker reads {FORMAT}"),
        (HEADER.pack(MAGIC, FORMAT, 1, 0, bytes(32), bytes(8)), "damaged header"),
        (HEADER.pack(MAGIC, FORMAT, 0, 0, bytes(32), b"reserved"), "damaged header"),
        (HEADER.pack(MAGIC, FORMAT, 0, 2**63, bytes(32), bytes(8)), "truncated"),
        (HEADER.pack(MAGIC, FORMAT, 0, 0, bytes(32), bytes(8)), "digest"),
        (HEADER.pack(MAGIC, FORMAT, 0, 0, sha256(b"").digest(), bytes(8)), "not signed"),
        (bytes(MAX_BYTES + 1), f"at most {MAX_BYTES}"),
    ],
)
def test_what_a_refusal_says(data, says):
    assert says in refused(data)


def test_an_unsigned_bundle_is_refused():
    assert "not signed" in refused(small())


def test_a_signature_of_another_key_is_refused():
    assert f"unknown key {key_id(OTHER_RAW)}" in refused(signed(small(), OTHER, OTHER_RAW))


def test_a_signature_of_another_key_under_a_trusted_name_is_refused():
    assert "wrong signature" in refused(signed(small(), OTHER, RAW))


def test_the_signature_of_another_bundle_is_refused():
    other = emit(program(slot("hero"), attributes=()))
    assert "wrong signature" in refused(small() + signed(other)[-TRAILER.size :])


def test_a_signature_covers_the_version_too():
    data = signed(small())
    assert unseal(data).signed.endswith(data[: HEADER.size])


def resealed(body: bytes) -> bytes:
    """A body under a right digest: what only whoever holds the key could send."""
    return HEADER.pack(MAGIC, FORMAT, 0, len(body), sha256(body).digest(), bytes(8)) + body


@given(st.data())
def test_a_body_that_is_damaged_before_it_is_sealed_is_refused_or_loads(data):
    body = bytearray(emit(shop())[HEADER.size :])
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        load(unseal(resealed(bytes(body))))
    except BundleError as error:
        assert "\n" not in str(error) and len(str(error)) < 300


@given(st.binary(max_size=200))
def test_arbitrary_bodies_are_refused(body):
    with pytest.raises(BundleError):
        load(unseal(resealed(body)))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data):
    with pytest.raises(BundleError):
        unseal(data)
    with pytest.raises(BundleError):
        unseal(MAGIC + data)


@pytest.mark.parametrize(
    "program_, says",
    [
        (program(slot("c"), item_ids=("a",), models=(vector_model(),)), "sections of affinity do not fit the items"),
        (program(slot("c"), item_ids=tuple("abcdefgh"), models=(ir.Model("m", "1", "int8", None, 1.0, 16, (("rows", b"\1" * 127), ("scales", bytes(32)))),)), "sections of m do not fit"),
        (program(slot("c"), item_ids=tuple("abcdefgh"), models=(ir.Model("m", "1", "int8", None, 1.0, 16, (("rows", b"\1" * 128), ("scales", bytes(31)))),)), "malformed section"),
        (program(slot("c"), models=(ir.Model("m", "1", "lists"),)), "malformed section"),
        (program(slot("c"), reads=("visitor.nobody",)), "malformed section"),
    ],
)
def test_sections_must_fit_each_other(program_, says):
    with pytest.raises(BundleError, match=says):
        bundle(program_)


def test_the_layout_is_as_documented():
    data = emit(shop())
    magic, version, flags, length, digest, reserved = struct.unpack(">8sIIQ32s8s", data[:64])
    assert (magic, version, flags, length, reserved) == (b"TESSERA\0", FORMAT, 0, len(data) - 64, bytes(8))
    body = data[64:]
    size, head = struct.unpack(">II", body[:8])
    envelope = msgpack.unpackb(body[8 : 8 + size])
    assert envelope["site"] == "shop"
    end = 8 + size
    for _, offset, length, kind in envelope["sections"]:
        assert offset % ALIGN == 0 and offset >= end and not any(body[end:offset]) and (kind == "held") == (offset >= head)
        end = offset + length
    assert end == len(body)


def test_everything_arrives():
    site = bundle(shop())
    assert (site.site, site.hosts, dict(site.pages)["product"]) == ("shop", ("shop.example",), "/p/:sku")
    assert [s.name for s in site.slots] == ["hero", "banner", "carousel", "notice"]
    assert site.slots_of("home") == (0, 1, 3) and site.slots_of("product") == (1, 2) and site.slots_of(None) == (0, 1, 2, 3)
    assert site.slots_of("nowhere") == ()
    assert site.slots[0].purposes == {"personalization"} and not site.slots[0].always and site.slots[3].always
    assert [r.level for r in site.rules] == ["segment", "segment", "cohort", "segment", "individual"]
    assert site.experiments[1].design.layer == ("reco", 0, 2**64 * 800_000 // 1_000_000)
    assert site.items.row_of["kettle"] == 3 and site.items.columns["price"][7] is None
    assert site.size == len(emit(shop())) and site.deadline == 20
    assert site.attributes["visitor.tier"].values == {"free", "pro", "team"}


@pytest.mark.parametrize(
    "run, at, offset, holds",
    [
        (Run(100.0, 200.0, False), 100.0, 0, True),
        (Run(100.0, 200.0, False), 200.0, 0, False),
        (Run(100.0, 200.0, False), 99.9, 600, False),
        (Run(None, 200.0, False), -1e18, 0, True),
        (Run(100.0, None, False), 1e18, 0, True),
        (Run(None, None, False), 0.0, 0, True),
        (Run(0.0, 3600.0, True), -3600.0, 60, True),
        (Run(0.0, 3600.0, True), 0.0, 60, False),
        (Run(0.0, DAY, True), DAY + 1, -60, True),
    ],
)
def test_when_a_run_holds(run, at, offset, holds):
    assert run.holds(at, offset) is holds


def test_an_empty_site_decides_nothing():
    empty = bundle(program(attributes=(), jurisdictions=(), experiments=(experiment("unused"),)))
    assert decide(empty, Visit()) == ()
