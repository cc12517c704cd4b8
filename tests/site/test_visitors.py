"""What visitors permit, where they are: read from raw responses and from the log. This site has a host of its own."""

from __future__ import annotations

import json
import time
from itertools import count

import pytest

from tests.site.consent_site import Visitor, counted, key_of, running
from tests.site.counting import eventually
from tests.views import HAMBURG, LONDON, NEW_YORK, OAKLAND
from tessera import identity

pytestmark = pytest.mark.xdist_group("visitors")

DENVER = {"country": "US", "regionCode": "CO", "continent": "NA", "timezone": "America/Denver"}
RIO = {"country": "BR", "regionCode": "RJ", "continent": "SA", "timezone": "America/Sao_Paulo"}
BOTH = ("analytics", "personalization")
TC = "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA"  # purposes 1, 2 and 3
NO_SALE = "DBABBg~BAkYAEBA.QA"  # a GPP string: sharing is refused
CLEARED = "tessera=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax"
STORES = ("PROFILES", "STATE", "RELEASES", "BUNDLES", "LOG", "EVENTS")
_towns = count(1)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with running(tmp_path_factory.mktemp("visitors")) as found:
        yield found


@pytest.fixture(autouse=True)
def works(shop):
    yield
    counted(shop.host, **dict.fromkeys((*STORES, "DECISIONS")))


_known: dict[str, dict[str, dict]] = {}  # town → slot → row
_read: set[str] = set()


def rows(shop, town: str) -> dict[str, dict]:
    """The logged rows of the page view from a town, by slot; each file of the log is read once."""

    def found() -> dict[str, dict] | None:
        fresh = sorted({*shop.admin.list_r2("LOG", "decisions/")} - _read)
        for row in (json.loads(line) for key in fresh for line in shop.admin.get_r2("LOG", key).content.splitlines()):
            _known.setdefault(row["inputs"].get("request.city"), {})[row["slot"]] = row
        _read.update(fresh)
        return _known.get(town)

    return eventually(found)


class View:
    """A page view, and its rows of the log."""

    def __init__(self, visitor: Visitor, **headers: str) -> None:
        town = f"Town {next(_towns)}"
        visitor.facts = {**visitor.facts, "city": town}
        self.answer = visitor.ask(**headers)
        self.rows = rows(visitor.shop, town)
        self.row = self.rows["draw"]
        assert self.answer.status == 200 and town.encode() in self.answer.body

    def is_nobodys(self, *ids: str) -> bool:
        """No id is given, sent or logged; the first arm, and nobody is enrolled; nothing but the page's own headers tells anything."""
        given = [cookie for cookie in self.answer.all("set-cookie") if cookie != CLEARED]
        told = json.dumps([self.answer.headers, self.answer.body.decode(), self.rows])
        outcome = (self.row["unit"], self.row["unit_kind"], self.row["experiment"], self.row["arm"], self.row["variant"], self.row["reason"])
        return not given and outcome == (None, None, None, None, "odd", "consent") and not any(id_ in told for id_ in ids)


PLACES = {  # jurisdiction: facts, purposes in force without a choice, and with Global Privacy Control
    "eea": (HAMBURG, (), ()), "uk": (LONDON, (), ()), "brazil": (RIO, (), ()), "california": (OAKLAND, BOTH, ()), "colorado": (DENVER, BOTH, ()), "rest": (NEW_YORK, BOTH, BOTH),
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_each_jurisdiction_from_the_first_response_to_withdrawal(shop, name):
    facts, before, with_gpc = PLACES[name]
    visitor = Visitor(shop, facts)
    first = View(visitor)
    assert (first.row["jurisdiction"], tuple(first.row["purposes"])) == (name, before)
    if not before:
        assert first.is_nobodys() and visitor.jar == {} and first.answer.all("set-cookie") == []
    else:
        assert visitor.id == first.row["unit"] and first.row["experiment"] == "draw", "an id from this very response on"

    signal = View(Visitor(shop, facts, {"sec-gpc": "1"}))
    assert tuple(signal.row["purposes"]) == with_gpc and signal.is_nobodys() is not bool(with_gpc)

    visitor.jar["tessera_consent"] = "personalization"  # of two purposes one
    partial = View(visitor)
    assert (partial.row["purposes"], partial.row["unit"], partial.row["experiment"], partial.row["variant"]) == (["personalization"], None, None, "odd")
    known = visitor.id
    assert known and known not in json.dumps(partial.rows), "an id for what was allowed, which the log does not know"

    visitor.jar["tessera_consent"] = "personalization.analytics"
    whole = View(visitor, **{"sec-gpc": "1"})
    assert (whole.row["purposes"], whole.row["unit"], whole.row["experiment"]) == (list(BOTH), known, "draw"), "what somebody chose stands above a signal"

    visitor.jar["tessera_consent"] = "none"
    after = View(visitor)
    assert after.answer.all("set-cookie") == [CLEARED] and after.is_nobodys(known) and "tessera" not in visitor.jar
    assert View(visitor).answer.all("set-cookie") == []


STRINGS = [  # cookie, place → purposes in force
    (f"euconsent-v2={TC}", HAMBURG, BOTH), ("euconsent-v2=CPSG_8APSG_8ANwAAAENAwCAAAAAAAAAAAAAAAAAAAAA", HAMBURG, ()), ("euconsent-v2=broken", NEW_YORK, ()),
    (f"gpp={NO_SALE}", DENVER, ("personalization",)), (f"gpp={NO_SALE}", HAMBURG, ()), ("gpp=broken", DENVER, ()),
    ("usprivacy=1YYN", OAKLAND, ("personalization",)), ("usprivacy=1YNN", OAKLAND, BOTH), ("usprivacy=1YNN", HAMBURG, ()),
]  # fmt: skip


@pytest.mark.parametrize("cookie, facts, purposes", STRINGS, ids=range(len(STRINGS)))
def test_consent_strings_are_read_on_the_request_that_carries_them(shop, cookie, facts, purposes):
    name, _, value = cookie.partition("=")
    visitor = Visitor(shop, facts, jar={name: value})
    view = View(visitor)
    assert tuple(view.row["purposes"]) == purposes and bool(visitor.id) == bool(purposes)
    assert (view.row["unit"] is not None) == ("analytics" in purposes) and (purposes or view.is_nobodys())


# --- what a page view costs ------------------------------------------------------------------------------------------------


RELEASE = ("RELEASES.get", "BUNDLES.get")  # asked for now and then, whoever comes


def calls(shop) -> dict[str, int]:
    """What the stores were asked for since the last time. The queue takes nothing from now on, so that its consumer asks for nothing."""
    found = counted(shop.host, **dict.fromkeys(STORES, "count"), DECISIONS="throw")
    return {name: times for name, times in found.items() if name not in RELEASE}


def viewed(visitor: Visitor) -> dict[str, int]:
    """What a page view asks of the stores."""
    calls(visitor.shop)
    assert visitor.ask().status == 200
    return calls(visitor.shop)


def test_a_fresh_snapshot_asks_no_store_and_any_other_visitor_asks_once(shop):
    """Look-ups for each flag meet the limits of the platform: here it is one for a page, and mostly none."""
    calls(shop)
    while time.sleep(2) or calls(shop):
        pass  # what came before is still being consumed
    visitor = Visitor(shop)
    assert viewed(visitor) == {}, "a newcomer is in no store"
    assert viewed(visitor) == {}, "who has a fresh snapshot is known by it"
    signed = identity.sign("long-gone", int(time.time()), key_of(shop))
    returning = Visitor(shop, jar={"tessera": signed})
    assert viewed(returning) == {"PROFILES.get": 1}
    assert viewed(returning) == {} and returning.id == "long-gone"
    assert viewed(Visitor(shop, HAMBURG, jar={"tessera": signed})) == {}, "nobody is looked up without consent"


def test_a_store_that_hangs_costs_a_page_its_deadline_and_no_more(shop):
    counted(shop.host, PROFILES="hang")
    visitor = Visitor(shop, jar={"tessera": identity.sign("slow", int(time.time()), key_of(shop))})
    started = time.monotonic()
    view = View(visitor)
    assert time.monotonic() - started < 8, "the fault itself would take a minute"
    assert (view.row["fallbacks"], view.row["served_from"], view.row["unit"]) == (["profile-late"], "none", "slow")


# --- from an event to the next page view ----------------------------------------------------------------------------------


def test_an_event_counts_on_the_very_next_page(shop):
    """With every store hanging: it can only be the cookie."""
    visitor = Visitor(shop)
    assert b"<b>plain</b>" in visitor.ask().body
    counted(shop.host, PROFILES="hang", STATE="hang", LOG="hang")
    answer = visitor.click()
    assert answer.status == 202 and json.loads(answer.body)["accepted"] == 1
    assert b"<b>keen</b>" in visitor.ask().body


def test_an_event_counts_on_another_device_within_seconds(shop):
    visitor = Visitor(shop)
    visitor.ask()
    assert visitor.click().status == 202
    other = identity.sign(visitor.id, int(time.time()), key_of(shop))
    assert eventually(lambda: b"<b>keen</b>" in Visitor(shop, jar={"tessera": other}).ask().body, 5)


def test_without_consent_an_event_makes_nobody_known(shop):
    visitor = Visitor(shop, HAMBURG)
    visitor.ask()
    answer = visitor.click()
    assert answer.status == 202 and answer.all("set-cookie") == [] and visitor.jar == {}
    assert b"<b>plain</b>" in visitor.ask().body


# --- where state cannot be reached -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds, served_from, word", [(1200, "cookie", b"keen"), (90_000, "none", b"plain")])
def test_where_the_store_is_down_the_snapshot_decides_until_it_is_too_old(shop, seconds, served_from, word):
    now = round(time.time() * 1000)
    visitor = Visitor(shop, {**NEW_YORK, "now": now})
    visitor.ask()
    visitor.click()
    counted(shop.host, PROFILES="throw")
    visitor.facts = {**visitor.facts, "now": now + 1000 * seconds}
    view = View(visitor)
    assert (view.row["served_from"], view.row["fallbacks"]) == (served_from, ["profile-error"])
    assert b"<b>" + word + b"</b>" in view.answer.body and visitor.id == view.row["unit"]


# --- what visitors may ask and choose --------------------------------------------------------------------------------------


def test_a_choice_of_level_takes_effect_at_once_and_is_told(shop):
    visitor = Visitor(shop)
    visitor.ask()
    visitor.click()
    assert b"<b>keen</b>" in visitor.ask().body
    told = visitor.ask("/_tessera/preferences", "PUT", {"level": "cohort"})
    assert told.status == 200 and json.loads(told.body)["level"] == "cohort"
    assert b"<b>plain</b>" in visitor.ask().body
    assert json.loads(visitor.ask("/_tessera/preferences", **{"sec-fetch-site": "same-origin"}).body)["level"] == "cohort"
    visitor.ask("/_tessera/preferences", "PUT", {"level": "individual"})
    assert b"<b>keen</b>" in visitor.ask().body


def test_why_tells_in_words_what_the_page_shows(shop):
    visitor = Visitor(shop)
    visitor.ask()
    visitor.click()
    answer = visitor.ask("/_tessera/why?page=/page", **{"sec-fetch-site": "same-origin"})
    told = json.loads(answer.body)
    assert answer.status == 200 and answer.header("cache-control") == "private, no-store" and answer.all("set-cookie") == []
    assert (told["slots"]["greeting"]["variant"], told["slots"]["greeting"]["reason"]) == ("keen", "rule") and "visitor.clicks" in told["slots"]["greeting"]["why"]
    assert told["known"]["visitor.clicks"]["value"] == 1 and told["known"]["visitor.clicks"]["purpose"] == "personalization"
    assert visitor.ask("/_tessera/why?page=/no/page", **{"sec-fetch-site": "same-origin"}).status == 404


@pytest.mark.parametrize("path, method, body", [("/_tessera/preferences", "PUT", {"level": "default"}), ("/_tessera/profile", "DELETE", None), ("/_tessera/why?page=/page", "GET", None)])
def test_no_other_site_asks_or_chooses_for_a_visitor(shop, path, method, body):
    visitor = Visitor(shop)
    visitor.ask()
    before = dict(visitor.jar)
    assert visitor.ask(path, method, body, **{"sec-fetch-site": "cross-site", "origin": "https://evil.example"}).status == 403
    assert visitor.jar == before


def test_to_be_forgotten_is_queued_before_it_is_confirmed(shop):
    visitor = Visitor(shop)
    visitor.ask()
    was = visitor.id
    counted(shop.host, EVENTS="throw")
    assert visitor.ask("/_tessera/profile", "DELETE", origin=shop.url).status == 503 and visitor.id == was
    counted(shop.host, EVENTS=None)
    assert visitor.ask("/_tessera/profile", "DELETE", origin=shop.url).status == 202 and visitor.id is None
    back = identity.sign(was, int(time.time()), key_of(shop))  # from a backup of the browser, say
    fresh = Visitor(shop, jar={"tessera": back})
    assert eventually(lambda: fresh.ask() and fresh.id not in (None, was) or fresh.jar.update(tessera=back), 10)
    assert fresh.id not in (None, was)
