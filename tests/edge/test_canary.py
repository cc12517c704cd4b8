"""For whom the canary decides: visitors by their id, users of the HTTP API by the one that the caller names."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from compiler.pipeline import compile_site
from tests.shop import STORE
from tessera import identity
from tessera.assign import LINE, bucket
from tessera.bundle import load, unseal
from tessera.canary import lane_of, of_call
from tessera.context import Request
from tessera.identity import Key
from tessera.release import Canary

KEYS = (Key("k", b"0" * 32),)
NAME = "c" * 64
NEWCOMER = "a-fresh-id"


def canary(share: float, *countries: str) -> Canary:
    return Canary(NAME, "", int(share * LINE), "salt", frozenset(countries))


@pytest.fixture(scope="module")
def live():
    return load(unseal(compile_site(STORE).bundle))


def facts(**told: str) -> str:
    return "\x1f".join(Request(**{"url": "http://localhost/", "now": "1795536600000", "newcomer": NEWCOMER, "country": "US", **told}))


def cookie(visitor: str) -> str:
    return f"tessera={identity.sign(visitor, 1795536000, KEYS[0])}"


@pytest.mark.parametrize("visitor", [f"v{number}" for number in range(12)])
def test_who_has_an_id_is_told_by_it(live, visitor):
    expected = "canary" if bucket("salt", visitor) < LINE // 2 else "control"
    assert lane_of(canary(0.5), live, KEYS, facts(cookie=cookie(visitor))) == expected


def test_who_is_given_an_id_is_told_by_that_one(live):
    at = bucket("salt", NEWCOMER) / LINE
    assert lane_of(canary(at + 0.01), live, KEYS, facts()) == "canary"
    assert lane_of(canary(at - 0.01), live, KEYS, facts()) == "control"


@pytest.mark.parametrize("told, lane", [
    ({"country": "DE"}, "live"), ({"country": "DE", "cookie": "tessera_consent=personalization"}, "control"), ({"cookie": "tessera_consent=none"}, "live"),
    ({"cookie": "tessera=1.k.v1.6b000000.forged"}, "control"),
])  # fmt: skip
def test_who_may_have_no_id_is_neither_in_the_canary_nor_its_control(live, told, lane):
    assert lane_of(canary(0.0), live, KEYS, facts(**told)) == lane


def test_elsewhere(live):
    assert lane_of(canary(1.0, "DE"), live, KEYS, facts(cookie=cookie("v1"))) == "live"
    assert lane_of(canary(1.0, "DE"), live, KEYS, facts(cookie=cookie("v1"), country="DE")) == "canary"


OLD, NEW = SimpleNamespace(name="old"), SimpleNamespace(name="new")


def call(family: str, path: list[str], body=None, **query: str) -> str:
    return json.dumps({"family": family, "path": path, "query": query, "text": None if body is None else json.dumps(body)})


@pytest.mark.parametrize("text, new", [
    (call("ofrep", ["evaluate", "flags"], {"context": {"targetingKey": "in"}}), True),
    (call("ofrep", ["evaluate", "flags"], {"context": {"targetingKey": "out"}}), False),
    (call("v1", ["personalize", "email"], {"user": "in"}), True),
    (call("v1", ["recommendations", "products"], user="in"), True),
    (call("v1", ["user", "in", "profile"]), True),
    (call("v1", ["user", "out", "profile"]), False),
    (call("v1", ["personalize", "email"], {"user": 5}), False),
    (call("v1", ["personalize", "email"], []), False),
    (call("v1", ["personalize", "email"], {"context": 7}), False),
    (json.dumps({"family": "v1", "path": ["rank"], "query": {}, "text": "{" * 500}), False),
])  # fmt: skip
def test_calls_of_the_api(text, new):
    units = [f"u{number}" for number in range(50)]
    inside, outside = (next(unit for unit in units if (bucket("salt", unit) < LINE // 2) is is_in) for is_in in (True, False))
    text = text.replace('"in"', f'"{inside}"').replace('"out"', f'"{outside}"').replace('\\"in\\"', f'\\"{inside}\\"').replace('\\"out\\"', f'\\"{outside}\\"')
    assert of_call(canary(0.5), OLD, {NAME: NEW}, text) is (NEW if new else OLD)
    assert of_call(None, OLD, {NAME: NEW}, text) is OLD
    assert of_call(canary(1.0), OLD, {}, text) is OLD, "it could not be loaded"


def test_a_call_from_a_country():
    text = call("ofrep", ["evaluate", "flags"], {"context": {"targetingKey": "u", "country": "DE"}})
    assert of_call(canary(1.0, "DE"), OLD, {NAME: NEW}, text) is NEW
    assert of_call(canary(1.0, "FR"), OLD, {NAME: NEW}, text) is OLD
