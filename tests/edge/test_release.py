"""The release pointer as the edge reads it: what is released and for whom, or one line that says what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.releasing import PUBLISHED, payload, pointer
from tests.releases.sites import author
from tessera.bundle import READS, BundleError
from tessera.hashes import LINE, bucket
from tessera.release import MAX_POINTER, Canary, Pointer, Shadow, described, opened, pointed, read

NAME, OTHER = "0123456789abcdef" * 4, "fedcba9876543210" * 4
TRIED = {"bundle": OTHER, "size": 5, "format": 5, "published": PUBLISHED, "also": []}
CANARY = {**TRIED, "share": 0.25, "salt": "canary-7", "countries": ["DE"], "header": {"name": "X-Canary", "value": "y"}}
SIGNED = {"payload": "{}", "key": "0" * 16, "signature": "A" * 86}


def told(**more: Any) -> Pointer:
    return read(json.dumps(payload(NAME, serial=7, **more)))


def test_a_pointer():
    assert told() == Pointer(7, NAME, PUBLISHED)
    assert told(off="legal asked").off == "legal asked"


def test_a_canary_and_a_shadow():
    found = told(canary=CANARY, shadow={**TRIED, "sample": 0.01})
    assert found.canary == Canary(OTHER, PUBLISHED, LINE // 4, "canary-7", frozenset({"DE"}), ("x-canary", "y"))
    assert found.shadow == Shadow(OTHER, 0.01)


@pytest.mark.parametrize("change", [
    {"share": 1.5}, {"share": -1}, {"share": "5%"}, {"share": None}, {"share": float("nan")}, {"salt": ""}, {"salt": 5}, {"salt": "x" * 300}, {"bundle": "x"}, {"format": 99},
    {"format": []}, {"published": None}, {"countries": [5]}, {"countries": ["X"] * 301 + [str(n) for n in range(301)]}, {"countries": 7}, {"also": 5},
])  # fmt: skip
def test_a_canary_that_cannot_be_read_is_none(change):
    assert read(json.dumps(payload(NAME, canary={**CANARY, **change})).replace("NaN", '"NaN"')).canary is None


@pytest.mark.parametrize("header", [{"name": "x y", "value": "1"}, {"name": "x", "value": ""}, {"name": "x"}, {"name": 5, "value": "1"}, [], "x", {"name": "x", "value": "v" * 300}])
def test_a_header_that_cannot_be_one_forces_nobody(header):
    assert told(canary={**CANARY, "header": header}).canary.header is None


@pytest.mark.parametrize("sample", [0, 2, -1, "all", None])
def test_a_shadow_without_a_sample_is_none(sample):
    assert told(shadow={**TRIED, "sample": sample}).shadow is None


@pytest.mark.parametrize("formats, live, also, expected", [
    ({5}, (NAME, 5), [(OTHER, 6)], NAME), ({5, 6}, (NAME, 5), [(OTHER, 6)], OTHER), ({6}, (NAME, 7), [(OTHER, 6)], OTHER), ({5, 6, 7}, (NAME, 7), [(OTHER, 6)], NAME),
])  # fmt: skip
def test_of_several_formats_the_newest_that_is_read_here_counts(formats, live, also, expected):
    held = {**TRIED, "bundle": live[0], "format": live[1], "also": [{"bundle": name, "size": 1, "format": version} for name, version in also]}
    assert read(json.dumps(payload(NAME, live=held)), formats).bundle == expected


def test_a_release_in_no_format_that_is_read_here():
    with pytest.raises(BundleError, match="^release rejected: format 9, this worker reads 5 and 6; redeploy the edge or publish it in such a format too$"):
        read(json.dumps(payload(NAME, live={**TRIED, "format": 9})), {5, 6})


@pytest.mark.parametrize("text", [
    "", "null", "5", "[]", '["payload"]', "{" * 100, "[" * 5000, "x" * (MAX_POINTER + 1),
])  # fmt: skip
def test_what_is_no_pointer(text):
    with pytest.raises(BundleError, match="the pointer cannot be read"):
        opened(text)


@pytest.mark.parametrize("change, why", [
    ({"payload": None}, "not signed"), ({"key": None}, "not signed"), ({"signature": None}, "not signed"), ({"signature": 5}, "not signed"),
    ({"key": "x"}, "damaged"), ({"key": "0" * 15}, "damaged"), ({"signature": ""}, "damaged"), ({"signature": "A" * 80}, "damaged"), ({"signature": "ä" * 86}, "damaged"),
    ({"signature": "A" * 85 + "="}, "damaged"),
])  # fmt: skip
def test_what_is_not_signed(change, why):
    with pytest.raises(BundleError, match=why):
        opened(json.dumps({**SIGNED, **change}))


@pytest.mark.parametrize("change", [
    {"serial": 0}, {"serial": "7"}, {"serial": True}, {"serial": None}, {"live": None}, {"live": []}, {"live": {}}, {"live": {**TRIED, "bundle": "../../keys"}},
    {"live": {**TRIED, "bundle": OTHER.upper()}}, {"live": {**TRIED, "bundle": OTHER + "\n"}}, {"live": {**TRIED, "also": 5}}, {"live": {**TRIED, "published": None}},
])  # fmt: skip
def test_what_releases_nothing(change):
    with pytest.raises(BundleError, match="the pointer cannot be read"):
        read(json.dumps({**payload(NAME), **change}))


@given(st.text(alphabet='{}[]":,0123456789abcdef \\payloadkeysignature', max_size=300))
def test_no_text_makes_reading_raise_anything_else(text):
    for reader in (opened, read):
        try:
            reader(text)
        except BundleError:
            continue


JSON = st.recursive(st.none() | st.booleans() | st.integers(-9, 99) | st.floats() | st.text(max_size=6), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8)


@given(st.fixed_dictionaries({}, optional={key: JSON for key in ("serial", "live", "canary", "shadow", "off")}), st.sampled_from(["live", "canary", "shadow"]), st.dictionaries(st.sampled_from([*CANARY, "sample"]), JSON, max_size=3))
def test_whatever_stands_in_it_reading_raises_nothing_else(change, where, inner):
    whole = {**payload(NAME), **change}
    if where not in change:
        whole[where] = {**CANARY, **inner}
    try:
        found = read(json.dumps(whole))
    except BundleError:
        return
    assert json.dumps(pointed(found, {found.bundle})) and json.dumps(described(found))


def test_what_the_compiler_signs_is_what_the_edge_takes_apart(tmp_path):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    who = author(tmp_path)
    signed = opened(pointer(who.key, NAME, serial=3).decode())
    Ed25519PublicKey.from_public_bytes(who.keys[signed.key_id]).verify(signed.signature, signed.message)
    assert read(signed.payload) == Pointer(3, NAME, PUBLISHED)


@given(st.text(min_size=1, max_size=20), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_takes_the_canary_from_nobody(unit, one, other):
    small, large = sorted((one, other))
    lanes = [Canary(OTHER, PUBLISHED, int(share * LINE), "salt").lane(unit, "") for share in (small, large)]
    assert lanes in (["control", "control"], ["control", "canary"], ["canary", "canary"])
    assert (lanes[0] == "canary") == (bucket("salt", unit) < int(small * LINE))


@pytest.mark.parametrize("share, countries, unit, country, lane", [
    (1.0, (), None, "", "canary"), (0.5, (), None, "", "live"), (1.0, ("DE",), None, "FR", "live"), (1.0, ("DE",), None, "DE", "canary"), (0.0, (), "u", "", "control"),
    (0.0, ("DE",), "u", "FR", "live"), (0.0, (), None, "", "live"),
])  # fmt: skip
def test_who_gets_the_canary(share, countries, unit, country, lane):
    assert Canary(OTHER, PUBLISHED, int(share * LINE), "s", frozenset(countries)).lane(unit, country) == lane


def test_what_is_told_of_a_pointer_keeps_the_headers_value_to_itself():
    found = described(told(canary=CANARY, shadow={**TRIED, "sample": 0.5}, off="why"))
    assert found["canary"] == {"bundle": OTHER, "share": 0.25, "countries": ["DE"], "header": "x-canary", "published": PUBLISHED}
    assert (found["serial"], found["off"], found["shadow"]) == (7, "why", {"bundle": OTHER, "sample": 0.5})
    assert set(described(None).values()) == {None}


def test_what_is_not_loaded_is_not_pointed_at():
    found = told(canary=CANARY, shadow={**TRIED, "sample": 0.5})
    assert pointed(found, [NAME]) == {"live": NAME, "bundles": [NAME], "canary": None, "shadow": None}
    assert pointed(found, [NAME, OTHER])["canary"] == {"name": OTHER, "header": ("x-canary", "y")}
    assert pointed(told(off="x"), [NAME])["live"] == ""
    assert READS
