"""Visitor files: the visit that the edge would have seen; what is wrong with a file is said in one line."""

import json
from functools import cache

import pytest
from hypothesis import given

from compiler.visitors import VisitorError, page_of, read_file, visit_of
from tests.edge import hostile
from tests.edge.sites import ALL, AT, DAY, bundle, program, shop, slot
from tessera.decide import decide
from tessera.types import ListedItem

SHOP = cache(lambda: bundle(shop()))
WHEN = "2025-12-03T11:15:00+01:00"
BASE = {"id": "ana", "consent": ["personalization", "analytics"], "at": WHEN}


def seen(page: str = "home", **file):
    return visit_of(SHOP(), {**BASE, **file}, page)


def test_a_whole_file():
    found, unknown = seen(
        attributes={"visitor": {"plan": "pro", "recent": ["kenya"], "shoe": 42}, "account": {"domain": "acme.com"}, "request": {"country": "BR"}},
        updated="2025-12-03T10:00:00Z",
        seen={"recovery": 2},
        arms={"headline": "benefit"},
    )
    assert unknown == ["visitor.shoe"]
    assert found.units == {"visitor": "ana", "account": "acme.com"} and found.purposes == ALL and found.jurisdiction == "rest"
    assert found.values == {
        "visitor.plan": "pro", "visitor.recent": (ListedItem("kenya"),), "visitor.open_case": False, "account.domain": "acme.com",
        "request.country": "BR", "request.region": "BR", "request.hour": 11, "request.bot": False, "request.gpc": False,
    }  # fmt: skip
    assert (found.at, found.offset, found.seen, found.forced) == (AT, 60, {"recovery": 2}, {"headline": "benefit"})
    assert found.ages["visitor.plan"] == 900.0 and found.served_from == "store"


@pytest.mark.parametrize(
    "file, purposes, jurisdiction, unit",
    [
        ({}, ALL, "eea", "ana"),
        ({"consent": []}, frozenset(), "eea", None),
        ({"consent": None}, frozenset(), "eea", None),
        ({"consent": None, "attributes": {"request": {"country": "BR"}}}, ALL, "rest", "ana"),
        ({"consent": None, "attributes": {"request": {"region": "US-CA", "gpc": True}}}, frozenset(), "california", None),
        ({"consent": ["analytics", "telepathy"]}, frozenset({"analytics"}), "eea", "ana"),
        ({"id": None, "attributes": {"country": "BR"}}, ALL, "rest", None),
    ],
)
def test_consent(file, purposes, jurisdiction, unit):
    found, _ = seen(**file)
    assert (found.purposes, found.jurisdiction, found.units.get("visitor")) == (purposes, jurisdiction, unit)


@pytest.mark.parametrize(
    "file, hour, offset",
    [
        ({}, 11, 60),
        ({"at": "2025-12-03T10:15:00"}, 10, 0),
        ({"at": "2025-12-03T10:15:00Z"}, 10, 0),
        ({"attributes": {"request": {"timezone": "America/New_York"}}}, 5, -300),
        ({"attributes": {"request": {"timezone": "Asia/Kathmandu"}}}, 16, 345),
        ({"attributes": {"request": {"hour": 3}}}, 3, 60),
    ],
)
def test_the_visitors_own_clock(file, hour, offset):
    found, _ = seen(**file)
    assert (found.values["request.hour"], found.offset) == (hour, offset)


def test_what_the_file_says_of_the_request_stands_above_what_follows_from_it():
    found, unknown = seen(attributes={"request": {"country": "DE", "region": "US-CA", "bot": True, "hour": "late", "ip": "192.0.2.9"}})
    assert (found.values["request.region"], found.values["request.bot"], found.values["request.hour"]) == ("US-CA", True, 11)
    assert found.values["account.domain"] == "acme.com", "look-ups run as at the edge"
    assert unknown == ["request.ip"] or unknown == []


@pytest.mark.parametrize(
    "file, says",
    [
        ({"at": "tomorrow"}, "'at' must be an ISO time"),
        ({"at": 5}, "'at' must be an ISO time"),
        ({"at": "0001-01-01"}, "'at' must be an ISO time"),
        ({"at": "9999-12-31T23:59:59-23:59"}, "'at' must be an ISO time"),
        ({"consent": "personalization"}, "'consent' must be a list"),
        ({"consent": [1]}, "'consent' must be a list"),
        ({"id": 7}, "'id' must be a text"),
        ({"arms": "control"}, "'arms' must name an arm"),
        ({"arms": ["ab"]}, "'arms' must name an arm"),
        ({"arms": {"headline": 1}}, "'arms' must name an arm"),
        ({"attributes": {"request": {"timezone": "Mars/Olympus"}}}, "unknown time zone 'Mars/Olympus'"),
        ({"attributes": {"request": {"timezone": "Europe"}}}, "unknown time zone 'Europe'"),
        ({"attributes": {"request": {"timezone": "../../etc/passwd"}}}, "unknown time zone"),
        ({"attributes": {"request": {"timezone": "x" * 5000}}}, "unknown time zone"),
        ({"attributes": {"request": {"timezone": "\0"}}}, "unknown time zone"),
    ],
)
def test_what_is_wrong_is_said(file, says):
    with pytest.raises(VisitorError, match=says) as caught:
        seen(**file)
    assert "\n" not in str(caught.value)


@given(hostile.json_values, hostile.json_values, hostile.text)
def test_no_file_makes_it_raise_anything_else(attributes, other, text):
    facts = dict.fromkeys(("country", "city", "timezone", "ip", "language", "referrer", "host", "path", "utm_source", "gpc", "region"), text)
    for file in ({"attributes": attributes, "seen": other, "updated": other}, {"attributes": {"request": facts}}, {"consent": other}, {"id": other}, {"arms": other}):
        try:
            found, _ = seen(**file)
        except VisitorError as error:
            assert "\n" not in str(error)
        else:
            decide(SHOP(), found)


@pytest.mark.parametrize("page, name", [("home", "home"), ("/", "home"), ("/p/kenya", "product"), ("p/kenya", "product"), ("/p/kenya?x=1", "product"), ("product", "product")])
def test_page_of(page, name):
    assert page_of(SHOP(), page) == name


@pytest.mark.parametrize("page", ["/nowhere", "/p/", "/p/a/b", "", "?", "\ud800", "/" + "x" * 10_000])
def test_no_page(page):
    if page in ("", "?"):
        assert page_of(SHOP(), page) == "home"
        return
    with pytest.raises(VisitorError, match="its pages are home"):
        page_of(SHOP(), page)


def test_the_first_pattern_wins():
    site = bundle(program(slot("hero"), pages=(("gift", "/p/gift"), ("product", "/p/:sku"))))
    assert [page_of(site, p) for p in ("/p/gift", "/p/x")] == ["gift", "product"]


@pytest.mark.parametrize(
    "content, says",
    [
        (None, "no such file"),
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "a visitor is a JSON object, not list"),
        (b'{"name": "ana"}', "unknown key 'name'; known are id, attributes, consent"),
    ],
)
def test_broken_files(tmp_path, content, says):
    path = tmp_path / "ana.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(VisitorError, match=says) as caught:
        read_file(path)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(VisitorError, match="cannot be read"):
        read_file(tmp_path)


def test_a_file_is_read(tmp_path):
    path = tmp_path / "ana.json"
    path.write_text(json.dumps(BASE))
    assert read_file(path) == BASE


def test_without_a_time_it_is_now():
    from time import time

    found, _ = visit_of(SHOP(), {"id": "ana"}, "home")
    assert abs(found.at - time()) < DAY
