"""Redirects: where they lead, with which query, and never in a circle."""

import pytest

from tests.edge.routed import places
from tests.edge.sites import ALWAYS, AT, bundle, call, experiment, ir, program, ref, rule, show, slot
from tessera.context import Request
from tessera.decide import decide
from tessera.identity import Key
from tessera.types import Profile, Visit
from tessera.visit import arrive, destination, fillings, redirected, settle

KEYS = (Key("k", b"secret-secret-secret"),)
SITE = "https://shop.example"


def leads(name: str, *targets: str, pages: tuple[str, ...] = ("home",), rules: tuple = (), default: str | None = "t0", **more) -> ir.Slot:
    """A redirect whose variants t0, t1… lead to the targets."""
    variants = tuple(ir.Variant(f"t{n}", ()) for n in range(len(targets)))
    return slot(name, rules, default, pages=pages, selector="", operation="redirect", component="", variants=variants, values=targets, **more)


def page_of(url: str) -> str:
    """The page of a small site: /a is page a, and so on."""
    path = url.removeprefix(SITE).partition("#")[0].partition("?")[0].strip("/")
    return "home" if not path else path if len(path) == 1 else ""


def went(site, path: str = "/", newcomer: str = "fresh") -> str | None:
    """Where a page view is sent, None where it stays."""
    url = SITE + path
    arrival = arrive(site, KEYS, Request(url=url, now=str(int(AT * 1000)), page=page_of(url), newcomer=newcomer))
    seen = settle(site, arrival, Profile())
    found = destination(site, arrival, seen, decide(site, seen, arrival.request.page), page_of)
    return found[1] if found else None


@pytest.mark.parametrize("target, path, address", [
    ("/new", "/", "/new"), ("/new", "/?a=1&b", "/new?a=1&b"), ("/new", "/?", "/new"), ("/new?x=1", "/?a=1", "/new?x=1&a=1"), ("/new#part", "/?a=1", "/new?a=1#part"),
    ("/new?x=1#part", "/", "/new?x=1#part"), ("/new", "/?next=https://evil.example/&a=//evil", "/new?next=https://evil.example/&a=//evil"),
    ("https://www.shop.example", "/?@evil.example", "https://www.shop.example?@evil.example"), ("/new", "/#frag", "/new"),
    ("/", "/", None), ("/", "/?a=1", None), ("/?x=1", "/", None), ("/#part", "/", None), ("https://shop.example/", "/?a=1", None), ("https://shop.example/new", "/", "https://shop.example/new"),
    ("https://evil.example/", "/", None), ("//evil.example/", "/", None), ("https://shop.example.evil.example/", "/", None), ("javascript:alert(1)", "/", None),
    ("https://evilshop.example/", "/", None), ("https://shop.example@evil.example/", "/", None), ("/\\evil.example", "/", None), ("http://shop.example/", "/", None),
])  # fmt: skip
def test_where_it_leads(target, path, address):
    site = bundle(program(leads("away", target), hosts=("shop.example", "*.shop.example")))
    decisions = decide(site, Visit(at=AT), "home")
    found = redirected(site, SITE + path, decisions)
    assert (found and found[1]) == address == went(site, path)


def test_to_show_nothing_is_to_stay():
    assert went(bundle(program(leads("away", "/new", default=None)))) is None


def test_the_first_that_leads_away_counts():
    site = bundle(program(leads("own", "/"), leads("one", "/one"), leads("two", "/two")))
    found = redirected(site, f"{SITE}/", decide(site, Visit(at=AT), "home"))
    assert found is not None and (site.slots[found[0].slot].name, found[1]) == ("one", "/one")


CIRCLES = {
    "there and back": (leads("one", "/b", pages=("a",)), leads("two", "/a", pages=("b",))),
    "round three": (leads("one", "/b", pages=("a",)), leads("two", "/c", pages=("b",)), leads("three", "https://shop.example/a", pages=("c",))),
    "into a circle": (leads("one", "/b", pages=("a",)), leads("two", "/c", pages=("b",)), leads("three", "/b", pages=("c",))),
    "with queries": (leads("one", "/b?x=1", pages=("a",)), leads("two", "/a?y=1#z", pages=("b",))),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_nobody_is_sent_into_a_circle(name):
    site = bundle(program(*CIRCLES[name]))
    assert [went(site, path) for path in ("/a", "/b?q=1")] == [None, None]


def test_a_circle_by_rules_that_ask_for_the_page():
    there = rule("there", call("eq", ref("request.path"), "/a"), "t0")
    back = rule("back", call("eq", ref("request.path"), "/b"), "t1")
    site = bundle(program(leads("both", "/b", "/a", pages=("a", "b"), rules=(there, back), default=None), attributes=(ir.Attribute("request.path", "string", None, None, None, None, ()),)))
    assert went(site, "/a") is None and went(site, "/b") is None


def test_a_chain_that_ends_is_followed():
    site = bundle(program(*(leads(f"s{n}", f"/{chr(98 + n)}", pages=(chr(97 + n),)) for n in range(4))))
    assert [went(site, f"/{page}") for page in "abcde"] == ["/b", "/c", "/d", "/e", None]


def test_a_chain_without_end_is_not():
    site = bundle(program(*(leads(f"s{n}", f"/{chr(98 + n)}", pages=(chr(97 + n),)) for n in range(20))))
    assert went(site, "/a") is None


def test_a_page_that_is_nobodys_ends_the_way():
    assert went(bundle(program(leads("away", "/elsewhere", pages=("a", "home"))))) == "/elsewhere"


def test_an_experiment_over_both_pages_sends_each_visitor_once():
    arms = ir.Action(experiment="e", arms=(show("t0"), show("t1")))
    both = leads("both", "/a", "/b", pages=("a", "b"), rules=(rule("all", ALWAYS, arms),), default=None)
    site = bundle(program(both, experiments=(experiment("e"),), jurisdictions=(ir.Jurisdiction("rest", None, ("analytics",), False),)))
    ways = {tuple(went(site, f"/{page}", newcomer=f"u{number}") for page in "ab") for number in range(40)}
    assert ways == {(None, "/a"), ("/b", None)}


def test_a_redirect_is_no_slot_of_the_page_that_is_answered():
    site = bundle(program(leads("away", "/"), slot("hero")))
    arrival = arrive(site, KEYS, Request(url=f"{SITE}/", now=str(int(AT * 1000)), page="home"))
    seen = settle(site, arrival, Profile())
    decisions = decide(site, seen, "home")
    assert [name for name in places(site, "home") if name] == ["hero"]
    assert len(fillings(site, "home", seen, decisions)) == len(places(site, "home"))
