"""Coercion: a value of the declared type, or unknown; never an exception."""

import math
from dataclasses import FrozenInstanceError
from itertools import combinations

import pytest
from hypothesis import given

from tests.edge import hostile
from tests.edge.sites import TIERS, TYPES
from tessera.types import MAX_DEPTH, MAX_LIST, MAX_TEXT, Attribute, ListedItem, Profile, Visit, coerce, moment_of, parse_duration, parse_json, parse_time, parse_version, version_text

NAN, INF = float("nan"), float("inf")
ROWS = [  # type, raw, typed
    ("string", "a", "a"), ("string", "", ""), ("string", 1, None), ("string", None, None), ("string", ["a"], None), ("string", True, None),
    ("string", "x" * (MAX_TEXT + 1), "x" * MAX_TEXT), ("ip", "192.0.2.1", "192.0.2.1"), ("ip", "2001:0DB8::0:1", "2001:db8::1"), ("ip", "192.0.2.256", None), ("ip", 3221225985, None),
    ("enum", "free", "free"), ("enum", "Free", None), ("enum", "lapsed", None), ("enum", 1, None), ("enum", None, None),
    ("ip", "::ffff:192.0.2.1", "192.0.2.1"),
    ("any", None, None), ("any", True, True), ("any", 1, 1), ("any", 1.5, 1.5), ("any", NAN, None), ("any", 2**63, 9.223372036854775808e18), ("any", 10**400, None),
    ("any", "x" * 2000, "x" * MAX_TEXT), ("any", [1, [True, None], {"a": NAN}], (1, (True, None), {"a": None})), ("any", {"a": {"b": [1]}, 2: 3}, {"a": {"b": (1,)}}),
    ("any", [0] * 1000, (0,) * MAX_LIST), ("any", b"x", None), ("list<any>", [1, None, "a"], (1, "a")), ("map<string, any>", {"a": [1]}, {"a": (1,)}),
    ("bool", True, True), ("bool", False, False), ("bool", 1, None), ("bool", "true", None), ("bool", None, None),
    ("int", 3, 3), ("int", 3.0, 3), ("int", 3.5, None), ("int", "3", None), ("int", True, None), ("int", 2**63 - 1, 2**63 - 1), ("int", 2**63, None),
    ("int", -(2**63), -(2**63)), ("int", -(2**63) - 1, None), ("int", NAN, None), ("int", INF, None), ("int", 1e300, None), ("int", 10**400, None),
    ("double", 3, 3.0), ("double", 0.5, 0.5), ("double", "0.5", None), ("double", False, None), ("double", NAN, None), ("double", INF, None),
    ("double", -INF, None), ("double", 10**400, None), ("double", 1e308, 1e308),
    ("timestamp", "1970-01-02", 86_400.0), ("timestamp", "1970-01-01T01:00:00+01:00", 0.0), ("timestamp", "1970-01-01T00:00:00Z", 0.0),
    ("timestamp", 5, 5.0), ("timestamp", "tomorrow", None), ("timestamp", "2026-02-30", None), ("timestamp", NAN, None), ("timestamp", "", None),
    ("timestamp", "\ud800", None), ("timestamp", True, None), ("timestamp", "2026-01-01" + "0" * 100, None),
    ("duration", "90s", 90.0), ("duration", "7d", 604_800.0), ("duration", "250ms", 0.25), ("duration", "1h30m", None), ("duration", 3, 3.0),
    ("duration", "-1s", None), ("duration", "٣d", None), ("duration", "9999999999d", None), ("duration", "7d\n", None),
    ("version", "1.2.3", (1, 2, 3, 1, ())), ("version", "v1.2", (1, 2, 0, 1, ())), ("version", "1", (1, 0, 0, 1, ())), ("version", 1.2, None),
    ("version", "1.2.3+build.7", (1, 2, 3, 1, ())), ("version", "1.2.3-rc.1", (1, 2, 3, 0, ((1, 0, "rc"), (0, 1, "1")))), ("version", "1.2.3.4", None),
    ("version", "١.٢.٣", None), ("version", "", None), ("version", "1.0.0-", None), ("version", "1.0.0-a..b", None), ("version", "1.0.0-.", None), ("version", "1+", None), ("version", "1." * 100, None), ("version", "1.2.3\n", None),
    ("list<string>", ["a", 1, None, "b"], ("a", "b")), ("list<string>", "ab", None), ("list<string>", ("a",), ("a",)), ("list<string>", [], ()),
    ("list<string>", {"a": 1}, None), ("list<string>", ["a"] * (MAX_LIST + 1), ("a",) * MAX_LIST), ("list<int>", [1, 2.0, "3", True], (1, 2)),
    ("list<item>", ["a", {"item": "b", "at": "1970-01-02"}, {"item": 1}, {"at": 1}], (ListedItem("a"), ListedItem("b", 86_400.0))),
    ("list<item>", [{"item": "a", "at": NAN}], (ListedItem("a"),)), ("list<item>", [{"item": "x" * 5000}], (ListedItem("x" * MAX_TEXT),)),
    ("map<string, string>", {"a": "b", "c": 1}, {"a": "b"}), ("map<string,int>", {"a": 1, 2: 3}, {"a": 1}), ("map<string, string>", ["a"], None),
    ("map<string, int>", {str(n): n for n in range(MAX_LIST + 9)}, {str(n): n for n in range(MAX_LIST)}),
]  # fmt: skip


def _attribute(kind: str) -> Attribute:
    return Attribute("visitor.x", kind, values=frozenset(TIERS if kind == "enum" else ()))


@pytest.mark.parametrize("kind, raw, typed", ROWS, ids=[f"{kind} {raw!r:.24}".encode("ascii", "replace").decode() for kind, raw, _ in ROWS])
def test_coerce(kind, raw, typed):
    found = coerce(_attribute(kind), raw)
    assert found == typed and isinstance(found, type(typed))


EVERY = sorted({*TYPES.values(), "list<double>", "list<version>", "list<timestamp>", "map<string, double>", "map<string, duration>", "any", "list<any>"})


@given(hostile.values)
def test_nothing_makes_coerce_raise_and_what_it_gives_is_of_the_type(raw):
    for kind in EVERY:
        found = coerce(_attribute(kind), raw)
        assert found is None or _fits(kind, found)
        if isinstance(found, str):
            assert len(found) <= MAX_TEXT


@pytest.mark.parametrize("raw", hostile.NASTY, ids=range(len(hostile.NASTY)))
def test_nasty_values_are_coerced_or_unknown(raw):
    for kind in EVERY:
        for wrapped in (raw, [raw], {"a": raw}, [{"item": raw, "at": raw}]):
            found = coerce(_attribute(kind), wrapped)
            assert found is None or _fits(kind, found)


def _fits(kind: str, value: object) -> bool:
    if kind.startswith("list<"):
        return isinstance(value, tuple) and len(value) <= MAX_LIST and all(_fits(kind[5:-1], v) for v in value)
    if kind.startswith("map<"):
        element = kind[4:-1].split(",")[1].strip()
        return isinstance(value, dict) and len(value) <= MAX_LIST and all(isinstance(k, str) and _fits(element, v) for k, v in value.items())
    if kind in ("double", "timestamp", "duration"):
        return type(value) is float and math.isfinite(value)
    if kind == "int":
        return type(value) is int and -(2**63) <= value < 2**63
    if kind == "item":
        return type(value) is ListedItem and (value.at is None or math.isfinite(value.at))
    if kind == "enum":
        return value in TIERS
    if kind == "any":
        return _is_plain(value, 0)
    return type(value) is {"string": str, "ip": str, "bool": bool, "version": tuple}[kind]


def _is_plain(value: object, depth: int) -> bool:
    if isinstance(value, tuple):
        return depth < MAX_DEPTH and len(value) <= MAX_LIST and all(_is_plain(part, depth + 1) for part in value)
    if isinstance(value, dict):
        return depth < MAX_DEPTH and len(value) <= MAX_LIST and all(type(k) is str and _is_plain(v, depth + 1) for k, v in value.items())
    return value is None or type(value) in (bool, int, str) or type(value) is float and math.isfinite(value)


# semver.org 2.0.0, section 11, and what the leniency of two parts and a `v` adds
ASCENDING = (
    "0.0.0-0", "0.0.0-1", "0.0.0-7", "0.0.0-10", "0.0.0-99999999999999999999", "0.0.0-100000000000000000000", "0.0.0", "0.9", "1.0.0-0.3.7", "1.0.0-1", "1.0.0-2", "1.0.0-11", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
    "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "v1.0.1", "1.2.9", "1.2.10", "1.10.0", "2.0.0", "2.1", "2.1.1", "10.0.0", "999999999.0.0",
)  # fmt: skip


@pytest.mark.parametrize("lower, higher", list(combinations(ASCENDING, 2)))
def test_semantic_precedence(lower, higher):
    assert parse_version(lower) < parse_version(higher)


@pytest.mark.parametrize("one, other", [("1.0.0", "1.0.0+build"), ("1", "1.0.0"), ("v2.1", "2.1.0"), ("1.0.0-a+x", "1.0.0-a+y")])
def test_versions_of_equal_precedence(one, other):
    assert parse_version(one) == parse_version(other)


@pytest.mark.parametrize("text", ASCENDING)
def test_a_version_is_written_as_it_is_read(text):
    assert parse_version(version_text(parse_version(text))) == parse_version(text)


@given(hostile.text)
def test_texts_are_parsed_or_refused(text):
    for read in (parse_time, parse_duration, parse_version, moment_of):
        read(text)


def test_values_are_frozen():
    for value in (Visit(), Profile(), Attribute("a", "string")):
        with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
            value.name = "b"
    with pytest.raises(TypeError):
        Visit().values["a"] = 1


@pytest.mark.parametrize("text", ["1", "1.2", "v1.2.3", "0.0.0-alpha", "1.2.3-rc.1", "1.0.0-0.a.12", "1.2.3+build.7"])
def test_a_version_as_text_reads_back(text):
    version = parse_version(text)
    assert parse_version(version_text(version)) == version


@pytest.mark.parametrize("text", ["[" * 65 + "]" * 65, '{"a":' * 65, "[" * 100_000, '"' + "[" * 65 + '"', "x", "", "[1", "1" * 101, "9" * 5000], ids=range(9))
def test_json_that_is_not_read(text):
    with pytest.raises(ValueError):
        parse_json(text, 100 if set(text) == {"1"} else 1_000_000)


def test_json_within_its_bounds():
    assert parse_json("[" * 64 + "]" * 64, 128) is not None
    assert parse_json("[" + ",".join(['{"a":[]}'] * 500) + "]", 10_000) == [{"a": []}] * 500
