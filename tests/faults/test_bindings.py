"""Stores, queue and origin that fail while the shop runs: the visitor gets the page, as personal as it can be, in time."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.shop import STORE
from tests.site.locate import fillings, places
from tests.site.test_inside_slots import FILLS
from tests.views import NEW_YORK, TUESDAY, Views, at

HOME = (STORE / "public" / "index.html").read_bytes()
DEADLINE = 3.0  # seconds, on a busy machine; a store's own deadline is 20 ms
MODES = ("throw", "hang", "garbage")
WHEN = NEW_YORK | at(TUESDAY)


@pytest.fixture
def fault(views: Views):
    """Make bindings fail; all work again afterwards."""
    views.get("/")  # the bundle is loaded
    yield views.shop.fault
    views.shop.fault()


def carl(views: Views, path: str = "/?utm_source=newsletter"):
    """The page as a returning customer of a campaign gets it, within the deadline and never as an error."""
    started = time.monotonic()
    view = views.get(path, cookie=views.shop.cookie("carl"), facts=WHEN)
    assert time.monotonic() - started < DEADLINE
    assert view.answer.status == 200
    return view


def eventually(check, seconds: float = 15.0):
    until = time.monotonic() + seconds
    while not (found := check()) and time.monotonic() < until:
        time.sleep(0.2)
    return found


def about(views: Views) -> dict:
    views.get("/")
    return json.loads(views.shop.get("/.well-known/tessera").body)


def is_personal(view) -> bool:
    found = fillings(HOME, view.answer.body, places(STORE, "home"), FILLS)
    return found is not None and b"reading our letters" in found["cta"]


@pytest.mark.parametrize("mode, fallback", [("throw", "profile-error"), ("hang", "profile-late"), ("garbage", "profile-broken")])
def test_without_the_profile_the_ladder_falls_and_the_record_says_so(views, fault, mode, fallback):
    before = carl(views)
    fault(PROFILES=mode)
    during = carl(views)
    fresh = views.get("/", facts=WHEN)
    fault()
    after = carl(views)
    assert before.rows["hero"]["variant"] == after.rows["hero"]["variant"] == "upsell"
    assert is_personal(during)
    assert during.row["fallbacks"] == [fallback] and during.row["served_from"] == "none"
    assert (during.rows["hero"]["variant"], during.rows["hero"]["level"]) == ("evergreen", "default")
    assert during.rows["cta"]["variant"] == "readers" and during.rows["carousel"]["items"]
    assert during.row["unit"] == "carl" and not [name for name in during.row["inputs"] if name == "visitor.lifecycle"]
    assert (before.row["fallbacks"], fresh.row["fallbacks"], after.row["fallbacks"]) == ([], [], [])


ODD_PROFILES = [
    (b"", None),  # as good as none
    (b"null", "profile-broken"),
    (b"[]", "profile-broken"),
    (b"{", "profile-broken"),
    (b"\xff\xfe", "profile-broken"),
    (b"[" * 60_000, "profile-broken"),
    (b'{"a":' * 10_000, "profile-broken"),
    (b'{"a":"' + b"x" * 70_000 + b'"}', "profile-broken"),
    (b'{"attributes": {"visitor": {"visits": ' + b"9" * 60_000 + b"}}}", "profile-broken"),
    (b"{}", None),
    (b'{"attributes": {"visitor": {"cart_value": NaN}}}', "profile-broken"),
    (b'{"attributes": 5, "seen": [], "updated": {}}', None),
    (b'{"attributes": {"visitor": {"lifecycle": {"a": 1}, "recent": "x", "visits": 1e400, "bought": [[], {}, null]}}}', None),
    (b'{"attributes": {"visitor": {"recent": [{"item": "kochere", "at": "when"}, {"item": 5}, {"item": "nyeri", "at": 1e300}, "lintong"]}}}', None),
    (b'{"attributes": {"visitor": {"cart_value": 5.0}}, "seen": {"cart_recovery": ["x", -5, null], "b": 1e99}}', None),
]


def test_a_stored_profile_that_is_none(views):
    """Whatever lies in the store, the page is personal by the rest, and the interpreter survives it. (None of the ids is held out.)"""
    taken = []
    for n, (profile, _) in enumerate(ODD_PROFILES):
        views.shop.admin.put_kv("PROFILES", f"profile:damaged-{n}", profile)
        taken.append(views.get("/?utm_source=newsletter", cookie=views.shop.cookie(f"damaged-{n}"), facts=WHEN))
    for view, (profile, fallback) in zip(taken, ODD_PROFILES):
        assert view.answer.status == 200 and is_personal(view), profile[:40]
        assert view.row["fallbacks"] == ([fallback] if fallback else []), profile[:40]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("binding", ["RELEASES", "BUNDLES"])
def test_the_last_good_bundle_stays_while_the_store_fails(views, fault, binding, mode):
    fault(**{binding: mode})
    until = time.monotonic() + 2.2  # the pointer is read every second
    while time.monotonic() < until:
        assert is_personal(carl(views))
        time.sleep(0.3)
    told = about(views)
    assert told["bundle"] == views.shop.bundle
    assert told["refused"] is None  # the pointer itself, or nothing to load
    if (binding, mode) == ("RELEASES", "garbage"):
        assert views.shop.says("pointer-copy-broken")
    fault()
    assert eventually(lambda: about(views)["refused"] is None)


def test_both_stores_of_the_release_fail(views, fault):
    fault(RELEASES="throw", BUNDLES="throw")
    told = eventually(lambda: (found := about(views))["refused"] and found)
    assert "injected fault" in told["refused"] and "\n" not in told["refused"] and told["bundle"] == views.shop.bundle
    assert is_personal(carl(views))
    assert views.shop.says("bundle-refused")
    fault()
    assert eventually(lambda: about(views)["refused"] is None)


@pytest.mark.parametrize("mode", MODES)
def test_a_queue_that_fails_costs_the_record_and_not_the_page(views, fault, mode):
    fault(DECISIONS=mode)
    during = carl(views)
    assert is_personal(during)
    fault()
    assert carl(views).rows
    assert not during.was_logged(0.3)
    if mode == "throw":
        assert views.shop.says("log-lost")


@pytest.mark.parametrize("mode", ["throw", "garbage"])
def test_a_log_that_fails_costs_no_page(views, fault, mode):
    fault(LOG=mode)
    assert all(is_personal(carl(views)) for _ in range(3))
    fault()
    assert carl(views).rows, "the log goes on afterwards"


@pytest.mark.parametrize("mode", [*MODES, "error", "break"])
def test_a_page_that_is_known_needs_no_origin(views, fault, mode):
    carl(views)
    fault(ASSETS=mode)
    assert is_personal(carl(views))


def test_what_is_no_page_needs_the_origin(views, fault):
    """And where it fails, the visitor is told so at once, in a page that nobody keeps."""
    fault(ASSETS="throw")
    for path in ("/shop.css", "/nowhere"):
        answer = views.get(path).answer
        assert (answer.status, answer.headers["cache-control"]) == (502, "no-store")
    fault()
    assert views.get("/shop.css").answer.body == (STORE / "public" / "shop.css").read_bytes()


def test_everything_fails_but_the_origin(views, fault):
    fault(PROFILES="throw", RELEASES="throw", BUNDLES="throw", DECISIONS="throw", LOG="throw")
    for path in ("/?utm_source=newsletter", "/"):
        view = carl(views, path)
        assert fillings(HOME, view.answer.body, places(STORE, "home"), FILLS) is not None
    assert is_personal(carl(views))
    assert views.shop.get("/.well-known/tessera").status == 200
    assert views.shop.get("/nowhere").status == 404


def test_many_at_once_while_the_profiles_hang(views, fault):
    fault(PROFILES="hang")
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: carl(views), range(32)))
    assert all(is_personal(view) for view in seen)
    assert {tuple(view.row["fallbacks"]) for view in seen} == {("profile-late",)}
