"""The snapshot in the cookie and what the store tells: they decide alike, and whichever is newer counts."""

import json
from functools import cache

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.edge import hostile
from tests.edge.folding import declared, site, told
from tests.edge.sites import AT, DAY, ITEMS, TIERS, TYPES, attribute, bundle, is_, program, rule, shop, slot
from tessera import recall, snapshot
from tessera.context import Request
from tessera.decide import decide
from tessera.fold import fold, newest
from tessera.identity import COOKIE, MAX_COOKIE, Key, set_cookie, sign
from tessera.profile import document as stored_document
from tessera.snapshot import Snapshot
from tessera.visit import arrive, settle

SHOP = cache(lambda: bundle(shop()))
KEYS = (Key("k", b"secret-secret-secret"),)
COOKIES = f"tessera={sign('visitor-1', int(AT), KEYS[0])}"
NAMES = frozenset(name for name in TYPES if not name.startswith("request."))
ROOM = snapshot.MAX_TEXT
SECONDS = st.integers(0, 20 * DAY).map(lambda before: AT - before)
MOMENTS = st.integers(0, 20 * DAY * 1000).map(lambda before: round(AT - before / 1000, 3))


def attributes(moments: st.SearchStrategy[float]) -> st.SearchStrategy[dict]:
    """Values as documents hold them, of every type that the shop's decisions read, and of any."""
    item = st.sampled_from(ITEMS)
    return st.fixed_dictionaries({}, optional={
        "visitor.plan": st.sampled_from(["lapsed", "pro"]), "visitor.tier": st.sampled_from(TIERS), "visitor.age": st.integers(0, 5),
        "visitor.spend": st.integers(-100, 10_000).map(lambda n: n / 100), "visitor.since": moments, "visitor.vip": st.booleans(),
        "visitor.recent": st.lists(item | st.builds(lambda item, at: {"item": item, "at": at}, item, moments), max_size=6),
        "visitor.tags": st.lists(st.sampled_from("abc"), max_size=4), "visitor.traits": st.dictionaries(st.sampled_from("abc"), st.text(max_size=4)),
        "visitor.facts": hostile.json_values.filter(_is_json), "account.domain": st.sampled_from(["acme.com", "x.org"]), "visitor.open_case": st.booleans(),
    })  # fmt: skip


def _is_json(value) -> bool:
    """Whether it is what a stored document can hold; three digits, as snapshots keep of numbers in maps."""
    try:
        return json.loads(json.dumps(value, allow_nan=False)) == value and not _has_float(value)
    except ValueError:
        return False


def _has_float(value) -> bool:
    parts = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    return isinstance(value, float) or any(map(_has_float, parts))


@st.composite
def documents(draw, moments=MOMENTS) -> dict:
    found = draw(attributes(moments))
    seen = draw(st.dictionaries(st.just("recovery"), st.lists(moments, max_size=4, unique=True).map(sorted)))
    last = draw(moments)
    return {"v": 2, "attributes": found, "updated_at": {name: draw(moments) for name in found}, "updated": last, "last": last, "seen": seen}


def carried(document: dict, at: float = AT, key: str = "visitor-1", room: int = ROOM, names: frozenset[str] = NAMES, shown=()) -> Snapshot | None:
    """The document as it comes back in a cookie."""
    text = snapshot.write(Snapshot(document, at, key, dict(shown)), names, room)
    return snapshot.read(f"visitor-1.{text}", "visitor-1")


def decided(document: dict, page: str):
    """What is known and decided by a document."""
    request = Request(url="https://shop.example/", now=str(int(AT * 1000)), offset="0", country="BR", page=page, cookie=COOKIES)
    known = recall.Recalled(document, AT, "cookie")
    seen = settle(SHOP(), arrive(SHOP(), KEYS, request), known.profile(SHOP(), AT))
    return seen.values, seen.seen, decide(SHOP(), seen, page)


@given(documents(SECONDS), st.sampled_from(["home", "product"]))
@example({"v": 2, "attributes": {"visitor.facts": [["kettle", 2], ["a", "b"]]}, "updated": AT, "seen": {}}, "home")
def test_a_snapshot_decides_as_its_document_does(document, page):
    assert decided(carried(document).document, page) == decided(document, page)


@given(documents())
@example({"v": 2, "attributes": {}, "updated": AT, "seen": {"recovery": [AT - 1000.123, AT - 7.5]}})
def test_of_the_same_history_the_stores_copy_is_the_newer(document):
    """Whatever was left out or cut short on the way: the store's stays, and nothing is counted twice."""
    known = carried(document, at=AT + 0.4, room=600)
    assume(known)
    met = newest(document, known.document)
    assert met["attributes"] == document["attributes"] and met.get("seen", document["seen"]) == document["seen"]


def test_what_happened_on_this_device_counts_until_the_store_has_something_newer():
    site_ = site(declared("visitor.orders", "int", "events.purchase"))
    before = {"v": 2, "attributes": {"visitor.orders": 1}, "updated_at": {"visitor.orders": AT - 60.123}, "updated": AT - 60.123, "last": AT - 60.123}
    message = told("m", {"event": "purchase"}, at=AT + 5.678, profile="visitor-1")
    own = carried(fold(site_, before, message), names=frozenset({"visitor.orders"}))
    behind = recall.told(site_, own, "visitor-1", "visitor-1", f"ok\x1f{json.dumps(before)}", AT + 400)
    assert behind.document["attributes"] == {"visitor.orders": 2}, "the queue is not through yet"
    after = fold(site_, fold(site_, before, message), told("n", {"event": "purchase"}, at=AT + 9, profile="visitor-1"))
    ahead = recall.told(site_, own, "visitor-1", "visitor-1", f"ok\x1f{json.dumps(after)}", AT + 400)
    assert ahead.document["attributes"] == {"visitor.orders": 3}, "another device bought something too"
    assert (behind.served_from, behind.at, behind.fallbacks) == ("store", AT + 400, ())


# --- hostile text --------------------------------------------------------------------------------------------------------

ANY = hostile.json_values | st.sampled_from([10**400, float("nan"), float("inf"), -1, "x" * 2000])
SHAPED = st.tuples(
    st.just(1), st.just(AT) | ANY, st.just("visitor-1") | ANY, st.just(5) | ANY, st.sampled_from(["", "cohort"]) | ANY,
    st.dictionaries(st.sampled_from(sorted(NAMES)), st.tuples(ANY, st.just(3) | ANY) | ANY) | ANY, st.dictionaries(st.just("recovery"), st.lists(ANY)) | ANY,
    st.dictionaries(hostile.text, st.dictionaries(hostile.text, ANY)) | ANY,
)  # fmt: skip


HUGE = [json.dumps([1, AT, "visitor-1", last, "", {"visitor.spend": [80, written]}, {"recovery": [seen]}, {}]) for last, written, seen in ((10**400, 1, 1), (1, 10**400, 1), (1, 1, 10**400))]


@given(st.one_of(hostile.text, ANY.map(lambda value: json.dumps(value)), SHAPED.map(lambda value: json.dumps(value))), st.sampled_from(["visitor-1.", "visitor-2.", ""]))
@example(HUGE[0], "visitor-1.")
@example(HUGE[1], "visitor-1.")
@example(HUGE[2], "visitor-1.")
def test_no_text_makes_it_raise(text, owner):
    found = snapshot.read(owner + text, "visitor-1")
    assert found is None or owner
    if found is not None:
        known = recall.carried(SHOP(), found, "visitor-1", AT + 1, False)
        decided(known.document, "home")
        recall.told(SHOP(), found, "visitor-1", "visitor-1", 'ok\x1f{"attributes": {"visitor": {"spend": 80}}}', AT + 1)


GOOD = snapshot.write(Snapshot({"v": 2, "attributes": {"visitor.spend": 80.0}, "updated": AT}, AT, "visitor-1"), NAMES, ROOM)
UNREAD = {
    "of another visitor": f"visitor-2.{GOOD}", "of nobody": GOOD, "empty": "visitor-1.", "a newer version": f"visitor-1.{GOOD.replace('[1,', '[2,', 1)}",
    "one field more": f"visitor-1.{GOOD[:-1]},0]", "cut": f"visitor-1.{GOOD[:-5]}", "too long": f"visitor-1.{GOOD}{' ' * snapshot.MAX_TEXT}",
}  # fmt: skip


@pytest.mark.parametrize("text", UNREAD.values(), ids=UNREAD)
def test_what_is_none_is_not_read(text):
    assert snapshot.read(f"visitor-1.{GOOD}", "visitor-1") and snapshot.read(text, "visitor-1") is None


# --- size ------------------------------------------------------------------------------------------------------------------

LONG = st.text(max_size=400)
LARGE = st.fixed_dictionaries({}, optional={name: st.one_of(LONG, st.lists(LONG, max_size=40), st.dictionaries(LONG, st.floats() | LONG, max_size=40)) for name in sorted(NAMES)})


@given(LARGE, st.dictionaries(LONG, st.lists(MOMENTS, max_size=64), max_size=8), st.dictionaries(st.sampled_from("abc"), st.text(max_size=80), max_size=3))
def test_the_cookie_has_at_most_1024_characters_whatever_the_profile(values, seen, sticky):
    known = recall.Recalled({"v": 2, "attributes": values, "updated": AT, "seen": seen}, AT, "store")
    cookie = set_cookie("v" * 64, AT, KEYS[0], sticky, recall.writing(SHOP(), known, "v" * 64, frozenset({"personalization"})))
    value, _, rest = cookie.partition("; ")[0].partition("\x02")
    text = rest.removesuffix("\x02")
    sealed = -(-(len(text) + 28) * 4 // 3) if text else 0
    assert text.isascii() and len(value) + sealed <= MAX_COOKIE and value.startswith(f"{COOKIE}=")


def test_lists_give_way_before_anything_else_does():
    document = {"v": 2, "attributes": {"visitor.recent": [{"item": f"item-{n}", "at": AT - n} for n in range(200)], "visitor.plan": "pro"}, "updated": AT}
    found = carried(document, room=500).document["attributes"]
    assert found["visitor.plan"] == "pro" and found["visitor.recent"] == document["attributes"]["visitor.recent"][: len(found["visitor.recent"])]
    assert 3 <= len(found["visitor.recent"]) < 200


# --- how long it is good for ------------------------------------------------------------------------------------------------

KEPT = {"v": 2, "attributes": {"visitor.spend": 80.0}, "updated_at": {"visitor.spend": AT}, "updated": AT, "last": AT}
AGES = [  # seconds since it was compared, what the store told (None: not asked) → served from, fallbacks, whether its fact is known
    (300, None, "cookie", (), True), (86_400, None, "cookie", (), True), (86_401, None, "none", (), False),
    (301, "late", "cookie", ("profile-late",), True), (86_400, "error\x1fdown", "cookie", ("profile-error",), True), (86_400, "ok\x1fnonsense", "cookie", ("profile-broken",), True),
    (86_401, "late", "none", ("profile-late",), False), (86_401, "error\x1fdown", "none", ("profile-error",), False), (301, 'ok\x1f{"v": 3}', "cookie", ("profile-newer",), True),
    (301, "none", "store", (), True), (86_401, "none", "store", (), True),
]  # fmt: skip


@pytest.mark.parametrize("age, answered, served_from, fallbacks, known", AGES)
def test_until_when_a_snapshot_is_good(age, answered, served_from, fallbacks, known):
    own = carried(KEPT)
    now = AT + age
    found = recall.carried(SHOP(), own, "visitor-1", now, False) if answered is None else recall.told(SHOP(), own, "visitor-1", "visitor-1", answered, now)
    assert (found.served_from, found.fallbacks) == (served_from, fallbacks)
    assert ((found.document or {}).get("attributes", {}).get("visitor.spend") == 80.0) is known
    assert recall.is_fresh(SHOP(), own, "visitor-1", now) is (age <= SHOP().max_age)


def test_a_snapshot_is_of_one_profile():
    own = carried(KEPT)
    assert not recall.is_fresh(SHOP(), own, "another", AT) and recall.carried(SHOP(), own, "another", AT, False).document == {}
    other = recall.told(SHOP(), own, "another", "someone", "late", AT + 1)
    assert (other.document, other.served_from) == (None, "none")


@pytest.mark.parametrize("after, known", [(1800, True), (1801, False)])
@pytest.mark.parametrize("answered", [None, "none", "late"])
def test_facts_of_a_session_end_with_it(after, known, answered):
    """`keep: session` and no sign of life for half an hour."""
    site_ = bundle(program(slot("hero", (rule("pro", is_("visitor.plan", "pro"), "a"), rule("known", is_("visitor.vip", True), "a"))),
                           attributes=(attribute("visitor.plan"), attribute("visitor.vip", keep=90 * DAY))))  # fmt: skip
    own = carried({"v": 2, "attributes": {"visitor.plan": "pro", "visitor.vip": True}, "updated": AT, "last": AT})
    now = AT + after
    found = recall.carried(site_, own, "visitor-1", now, False) if answered is None else recall.told(site_, own, "visitor-1", "visitor-1", answered, now)
    assert found.document["attributes"] == {"visitor.vip": True} | ({"visitor.plan": "pro"} if known else {})


def test_a_login_takes_along_what_the_device_knows():
    own = carried(KEPT)
    account = {"v": 2, "attributes": {"visitor.plan": "pro"}, "updated_at": {"visitor.plan": AT - 9}, "updated": AT - 9, "created": AT - 99}
    found = recall.told(SHOP(), own, "account-1", "visitor-1", f"ok\x1f{json.dumps(account)}", AT + 1)
    assert found.document["attributes"] == {"visitor.spend": 80.0, "visitor.plan": "pro"} and "visitor-1" in found.document["visitors"]
    known = {**account, "visitors": ["visitor-1"]}
    again = recall.told(SHOP(), own, "account-1", "visitor-1", f"ok\x1f{json.dumps(known)}", AT + 1)
    assert again.document["attributes"] == {"visitor.plan": "pro"}, "the account has that visitor's history already"


def test_documents_of_the_first_version_are_read_as_those_of_the_second():
    first = {"attributes": {"visitor": {"spend": 80}, "plan": "pro"}, "updated_at": {"plan": "2025-12-03T10:00:00Z"}, "updated": "2025-12-03T10:14:00Z", "seen": {"recovery": 2}}
    found, why = stored_document(json.dumps(first), SHOP().attributes, AT)
    assert why == "" and found["v"] == 2
    assert found["attributes"] == {"visitor.spend": 80, "visitor.plan": "pro"}
    assert found["updated_at"] == {"visitor.spend": AT - 60, "visitor.plan": AT - 900}
    assert found["seen"] == {"recovery": [AT - 60, AT - 60.001]}
    assert decided(found, "home") == decided(json.loads(json.dumps(found)), "home")
