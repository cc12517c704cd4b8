"""`tessera decide` and `tessera explain`: what they tell of a visitor, and of bundles that are not fit to decide."""

from __future__ import annotations

import json
import re
import struct
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.compiler.commands import STORE, refused, run, same
from tests.golden.cases import HERE
from tessera.bundle import FORMAT, HEADER, MAGIC, RESERVED

PROFILES = sorted((STORE / "profiles").glob("*.json"))
OUTCOME = [
    "variant", "level", "rule", "segment", "campaign", "experiment", "arm", "holdout", "propensity", "reason", "model", "model_version", "score", "items",
    "alternatives", "component",
]  # fmt: skip


# --- broken bundles --------------------------------------------------------------------------------------------------------


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda data: b"", "not a Tessera bundle"),
        (lambda data: b"PK\x03\x04" + data, "not a Tessera bundle"),
        (lambda data: data[:40], "not a Tessera bundle"),
        (lambda data: data[:-7], "truncated"),
        (lambda data: flipped(data, len(data) // 2), "does not match its digest"),
        (lambda data: flipped(data, 40), "does not match its digest"),
        (lambda data: data[:8] + struct.pack(">I", 7) + data[12:], "format 7, this worker reads 5"),
        (lambda data: data + b"more", "damaged signature trailer"),
        (lambda data: data + data, "damaged signature trailer"),
    ],
)
@pytest.mark.parametrize("command", ["decide", "explain"])
def test_a_broken_bundle_is_told(small, tmp_path, spoil, told, command):
    path, visitor = tmp_path / "broken.tessera", tmp_path / "v.json"
    path.write_bytes(spoil(small.read_bytes()))
    visitor.write_text("{}")
    line = refused(command, path, "--visitor", visitor)
    assert line.startswith(f"tessera: {path}: bundle rejected: ") and told in line


def test_a_body_that_is_well_sealed_but_nonsense_is_told(tmp_path):
    for body in (b"", b"\0\0\0\1\x80", b"\xff\xff\xff\xff", b"\0\0\0\2\x81\xc0"):
        path = tmp_path / "nonsense.tessera"
        path.write_bytes(HEADER.pack(MAGIC, FORMAT, 0, len(body), sha256(body).digest(), RESERVED) + body)
        (tmp_path / "v.json").write_text("{}")
        assert "malformed section" in refused("decide", path, "--visitor", tmp_path / "v.json")


def test_a_changed_signature_is_told(site):
    run("keygen", "own.key")
    run("build", "site", "--out", "signed.tessera", "--sign", "own.key")
    data = Path("signed.tessera").read_bytes()
    Path("signed.tessera").write_bytes(flipped(data, len(data) - 1))
    Path("ana.json").write_text("{}")
    assert "wrong signature" in refused("decide", "signed.tessera", "--visitor", "ana.json", "--key", "own.pub")


# --- decide and explain ----------------------------------------------------------------------------------------------------


def decided(bundle: Path, visitor: dict[str, Any], folder: Path, page: str | None = "/") -> dict[str, Any]:
    path = folder / "visitor.json"
    path.write_text(json.dumps(visitor))
    result = run("decide", bundle, "--visitor", path, *(("--page", page) if page else ()), "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert list(told) == ["bundle", "decisions"] and re.fullmatch("[0-9a-f]{64}", told["bundle"])
    for one in told["decisions"].values():
        assert list(one) == OUTCOME
    return told["decisions"]


def test_decide_json_without_a_page_has_every_slot(store, tmp_path):
    ana = json.loads((STORE / "profiles/ana.json").read_text())
    everywhere = decided(store, ana, tmp_path, None)
    assert sorted(everywhere) == sorted(path.stem for path in (STORE / "slots").glob("*.yaml"))
    assert everywhere["hero"]["variant"] == "case_study" and everywhere["hero"]["reason"] == "rule" and everywhere["hero"]["rule"] == "abm"
    home = decided(store, ana, tmp_path, "/")
    assert sorted(home) == ["almanac", "banner", "carousel", "cta", "hero", "legal_notice", "shelf", "testimonial"]
    assert home == {slot: everywhere[slot] for slot in home} == decided(store, ana, tmp_path, "home")


def test_the_table_names_slot_variant_level_reason_rule_and_test(store):
    lines = run("decide", store, "--visitor", STORE / "profiles/ana.json", "--page", "/").stdout.splitlines()
    hero = next(line for line in lines if line.startswith("hero"))
    assert hero.split()[:4] == ["hero", "case_study", "segment", "rule"] and "abm hero_headline=" in hero
    assert len(lines) == 8 and not any(line != line.rstrip() for line in lines)


CUSTOMER = {"visitor": {"lifecycle": "customer"}, "request": {"country": "DE", "region": "EEA", "city": "Hamburg"}}


@pytest.mark.parametrize(
    ("visitor", "variant", "reason"),
    [
        ({"id": "n", "attributes": CUSTOMER, "consent": ["personalization", "analytics"]}, "upsell", "rule"),
        ({"id": "n", "attributes": CUSTOMER, "consent": ["personalization"]}, "upsell", "rule"),
        ({"id": "n", "attributes": CUSTOMER, "consent": ["analytics"]}, "evergreen", "consent"),
        ({"id": "n", "attributes": CUSTOMER, "consent": []}, "evergreen", "consent"),
        ({"id": "n", "attributes": CUSTOMER}, "evergreen", "consent"),  # nothing chosen: the EEA allows nothing
        ({"id": "n", "attributes": {"visitor": {"lifecycle": "customer"}, "request": {"country": "US", "region": "US-NY"}}}, "upsell", "rule"),
        ({"id": "n", "attributes": {"lifecycle": "customer"}, "consent": ["personalization"]}, "upsell", "rule"),
        ({"id": "n", "attributes": {"visitor.lifecycle": "customer"}, "consent": ["personalization"]}, "upsell", "rule"),
        ({"id": "n", "attributes": {"lifecycle": 7}, "consent": ["personalization"]}, "educational", "rule"),  # the attribute's default
    ],
)
def test_consent_and_names_of_attributes(store, tmp_path, visitor, variant, reason):
    visitor = {"at": "2026-11-24T10:30:00+01:00", "arms": {"hero_headline": "control", "@holdout": "out"}, **visitor}
    hero = decided(store, visitor, tmp_path)["hero"]
    assert (hero["variant"], hero["reason"]) == (variant, reason)


def test_an_id_alone_is_a_visitor(store, tmp_path):
    assert decided(store, {"id": "somebody"}, tmp_path)["cta"]["variant"] == "browse"
    assert decided(store, {}, tmp_path)["cta"]["variant"] == "browse"


def test_the_time_decides_where_it_is_told_and_is_now_where_it_is_not(store, tmp_path):
    germany = {"attributes": {"request": {"country": "DE", "region": "EEA", "timezone": "Europe/Berlin"}}}
    assert decided(store, {**germany, "at": "2026-11-24T10:30:00+01:00"}, tmp_path)["banner"]["variant"] == "next_day_de"
    assert decided(store, {**germany, "at": "2026-11-28T10:30:00+01:00"}, tmp_path)["banner"]["variant"] == "weekend_de"
    assert decided(store, {**germany, "at": "2026-11-24T20:30:00+01:00"}, tmp_path)["banner"]["variant"] == "none"
    assert decided(store, germany, tmp_path)["banner"]["variant"] in ("next_day_de", "weekend_de", "none")


def test_unknown_attributes_are_ignored_with_a_warning(store, tmp_path):
    path = tmp_path / "v.json"
    path.write_text('{"id": "n", "attributes": {"visitor": {"lifecycel": "new"}, "shoe_size": 4}}')
    result = run("decide", store, "--visitor", path, "--json")
    assert result.exit_code == 0 and json.loads(result.stdout)
    assert result.stderr.splitlines() == [
        f"tessera: warning: the site does not know the attribute '{name}'; it is ignored" for name in ("visitor.lifecycel", "shoe_size")
    ]


@pytest.mark.parametrize(
    "content",
    [
        None, b"", b"no json", b"[]", b'"ana"', b"null", b"\xff\xfe", b'{"id": 5}', b'{"name": "ana"}', b'{"consent": "personalization"}', b'{"consent": [1]}', b'{"consent": {}}',
        b'{"at": "yesterday"}', b'{"at": 5}', b'{"attributes": {"request": {"timezone": "Mars/Olympus"}}}', b'{"arms": ["control"]}', b"[" * 100_000, b'{"at": "2026-13-01T00:00:00Z"}',
    ],
)  # fmt: skip
def test_a_broken_visitor_file_is_told(small, tmp_path, content):
    path = tmp_path / "visitor.json"
    if content is not None:
        path.write_bytes(content)
    line = refused("decide", small, "--visitor", path)
    assert line.startswith("tessera: ")


@pytest.mark.parametrize(
    "content",
    [
        {"attributes": []}, {"attributes": None}, {"attributes": {"visitor": 5}}, {"attributes": {"": {}}}, {"seen": []}, {"seen": {"spring": "often"}}, {"seen": {"spring": -3}}, {"updated": 7},
        {"updated_at": []}, {"attributes": {"visitor": {"recent": [{"item": 5}, None, ["x"]], "visits": 1e400}}}, {"id": ""}, {"id": "x" * 5000}, {"consent": ["unknown"]},
        {"at": "9998-12-31T23:59:59Z"}, {"at": "1970-01-01T00:00:00Z"}, {"attributes": {"request": {"hour": "ten", "city": "\ud800", "host": "[", "path": "?"}}}, {"arms": {"nothing": "x"}},
    ],
)  # fmt: skip
def test_a_hostile_visitor_file_never_raises(small, tmp_path, content):
    path = tmp_path / "visitor.json"
    path.write_text(json.dumps(content))
    for command in (("decide",), ("decide", "--json"), ("explain",)):
        result = run(command[0], small, "--visitor", path, *command[1:])
        assert result.exit_code in (0, 1) and "Traceback" not in result.output
        if result.exit_code == 1:
            assert result.stderr.startswith("tessera: ") and result.stderr.count("\n") == 1


def test_a_page_that_matches_nothing_is_told(small, tmp_path):
    (tmp_path / "v.json").write_text("{}")
    for page in ("/nowhere", "nowhere", "", "https://shop.example.com/", "//", "/p/a/b", "\x00"):
        line = refused("decide", small, "--visitor", tmp_path / "v.json", "--page", page) if page else ""
        assert not page or ("no page of this site matches" in line and "home (/), product (/p/:sku)" in line)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_explain_tells_the_profiles_of_the_shop(store, profile):
    result = run("explain", store, "--visitor", profile)
    assert result.exit_code == 0 and result.stderr == ""
    same(HERE / "explain" / f"{profile.stem}.txt", result.stdout)


def test_decide_says_why_on_demand(store):
    plain = json.loads(run("decide", store, "--visitor", STORE / "profiles/carl.json", "--json").stdout)["decisions"]["hero"]
    told = json.loads(run("decide", store, "--visitor", STORE / "profiles/carl.json", "--json", "--why").stdout)["decisions"]["hero"]
    why = {key: told[key] for key in ("sentence", "tried")}
    assert told == plain | {**why, "alternatives": told["alternatives"]} and why["tried"][-1]["rule"] == plain["rule"]
    assert told["alternatives"][-1].keys() == {"variant", "because", "weight"}
    assert why["sentence"] in run("decide", store, "--visitor", STORE / "profiles/carl.json", "--why").stdout


def test_explain_json_and_one_slot(store):
    told = json.loads(run("explain", store, "--visitor", STORE / "profiles/carl.json", "--slot", "hero", "--json").stdout)
    assert list(told) == ["hero"] and list(told["hero"]) == ["sentence", "tried", "alternatives"]
    assert [(one["rule"], one["level"], one["held"]) for one in told["hero"]["tried"]] == [("abm", "segment", False), ("customer", "segment", True)]
    assert "customer" in told["hero"]["sentence"] and told["hero"]["tried"][1]["because"] == 'visitor.lifecycle is "customer"'
    line = refused("explain", store, "--visitor", STORE / "profiles/carl.json", "--slot", "heros")
    assert line.startswith("tessera: no slot 'heros'") and "hero" in line


def test_explain_checks_the_key_where_one_is_given(small, tmp_path):
    (tmp_path / "v.json").write_text("{}")
    run("keygen", tmp_path / "own.key")
    assert "not signed" in refused("explain", small, "--visitor", tmp_path / "v.json", "--key", tmp_path / "own.pub")
