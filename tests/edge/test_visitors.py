"""Visitors over many page views, natively: who they are, what they permit and choose, and what of them is kept where."""

import json
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import ir
from tests.edge import effort
from tests.edge.browsing import KEYS, Browser, Store, consume
from tests.edge.folding import declared
from tests.edge.sites import ALWAYS, AT, attribute, bundle, experiment, is_, program, rule, shop, show, slot
from tessera import consumer, identity
from tessera.identity import Key, account_key, clear_cookie, recognise, sign
from tessera.types import LADDER

EEA = {"country": "DE"}
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
BOTH = "personalization.analytics"
JURISDICTIONS = (ir.Jurisdiction("eea", is_("request.region", "EEA"), (), False), ir.Jurisdiction("rest", None, ("personalization", "analytics"), False))
OLD_1 = "1.k.visitor-1.69300da4.DPfX4eVwnMHCYlVqT7UHgBN2DUkYMnD1mWJw-sQeHJ0"
OLD_2 = "2.k.visitor-1.69300da4.a2VwdF9fMh9jaGFuZ2U.-mx6jlnDuDoS9BIGzpzggO8_bmoeFcCx44U4hHUq8ac"


@cache
def site(**more):
    """A greeting by stored facts, two experiments that need analytics (one kept in the cookie), one that needs nothing."""
    tests = (experiment("hashed"), experiment("kept", sticky=("kept", 2, 0)))
    slots = [slot(f"in_{e.name}", (rule("all", ALWAYS, ir.Action(experiment=e.name, arms=(show("a"), show("b"))), level="cohort"),)) for e in tests]
    greeting = slot("greeting", (
        rule("pro", is_("visitor.plan", "pro"), "a", level="individual"), rule("regular", is_("visitor.visits", 2, "ge"), "a"), rule("late", is_("request.hour", 18, "ge"), "a", level="cohort"),
    ))  # fmt: skip
    known = (*map(attribute, ("request.region", "request.hour", "request.bot", "request.gpc")),
             declared("visitor.plan", "string", None, keep=86_400 * 90), declared("visitor.visits", "int", "visits", keep=86_400 * 90))  # fmt: skip
    login = (("algorithm", "HS256"), ("audience", "a"), ("cookie", "login"), ("issuer", "i"), ("jwks", None), ("secret", "S"))
    fields = {"attributes": known, "experiments": tests, "jurisdictions": JURISDICTIONS, "login": None if more.get("cookieless") else login, **more}
    return bundle(program(*slots, greeting, **fields))


def stored(plan: str = "pro", visits: int = 5, at: float = AT - 60) -> str:
    attributes = {"visitor.plan": plan, "visitor.visits": visits}
    return json.dumps({"v": 2, "attributes": attributes, "updated_at": dict.fromkeys(attributes, at), "updated": at, "last": at})


# --- whatever happens ------------------------------------------------------------------------------------------------------

BROWSERS = st.integers(0, 1)
STEPS = st.lists(st.one_of(
    st.tuples(st.just("view"), BROWSERS), st.tuples(st.just("view"), BROWSERS), st.tuples(st.just("consent"), BROWSERS, st.sampled_from([BOTH, "analytics", "personalization", "all"])),
    st.tuples(st.just("withdraw"), BROWSERS), st.tuples(st.just("login"), BROWSERS), st.tuples(st.just("logout"), BROWSERS), st.tuples(st.just("choose"), BROWSERS, st.sampled_from(LADDER)),
    st.tuples(st.just("wait"), st.sampled_from([1, 301, 1801, 90_000])), st.tuples(st.just("store"), st.sampled_from(["", "late", "error"])), st.tuples(st.just("consume")),
), min_size=4, max_size=25)  # fmt: skip


class Person:
    """Two browsers of one person, the store, the messages that no consumer has taken yet, and what must hold of every page view."""

    def __init__(self) -> None:
        self.store = Store()
        self.browsers = [Browser(site(), self.store, EEA, name=f"b{number}") for number in range(2)]
        self.waiting, self.arms, self.was = [], {}, [None, None]

    def take(self, step: tuple) -> None:
        what, *told = step
        if what == "view":
            self.view(told[0])
        elif what == "wait":
            for browser in self.browsers:
                browser.now += told[0]
        elif what == "store":
            self.store.fault = told[0]
        elif what == "consume":
            for message in self.waiting:
                consume(site(), self.store, message)
            self.waiting = []
        elif what in ("consent", "withdraw"):
            self.browsers[told[0]].jar["tessera_consent"] = told[1] if what == "consent" else "none"
        elif what == "choose":
            self.browsers[told[0]].ask("preferences", {"level": told[1]}, "PUT")
        else:
            self.browsers[told[0]].account = "ana" if what == "login" else ""

    def view(self, number: int) -> None:
        browser = self.browsers[number]
        before, chosen = browser.id, browser.jar.get("tessera_consent", "none").split(".level-")[0]
        view = browser.view()
        if chosen in ("none", ""):
            self.nobody(browser, view, before)
            return
        record, unit = view.record, browser.id
        assert unit is not None and unit == (before or unit), "the id that it had, and one from the first response on"
        assert view.message["visitor"] == unit and view.message["profile"] == (account_key("shop", "ana") if browser.account else unit)
        analytics, is_tested = "analytics" in record["purposes"], not browser.jar["tessera_consent"].endswith("level-default")
        assert record["unit"] == (unit if analytics else None)
        for name in ("hashed", "kept"):
            shown = view.slot(f"in_{name}")
            if not is_tested:
                continue
            assert (shown["experiment"] is not None) == analytics and (analytics or shown["variant"] == "a"), "the first arm, and not enrolled"
            if analytics:
                assert self.arms.setdefault((name, unit), shown["arm"]) == shown["arm"], "an arm that was given stays"
        if self.store.fault and record["served_from"] != "cookie":
            assert record["fallbacks"] in ([], [f"profile-{self.store.fault}"])
        assert unit not in (record["id"], self.was[1 - number]), "another device is another visitor"
        self.was[number] = unit
        self.waiting.append(view.message)

    def nobody(self, browser: Browser, view, before: str | None) -> None:
        assert browser.id is None and "tessera" not in browser.jar
        assert view.cookies == ([clear_cookie()] if before else []), "what there was is taken away, and nothing is given"
        assert not {"profile", "visitor"} & view.message.keys() and (view.record["unit"], view.record["served_from"]) == (None, "none")
        assert all(slot["experiment"] is None for slot in view.record["slots"]) and view.slot("greeting")["reason"] != "rule"
        for id_ in filter(None, self.was):
            assert id_ not in view.raw


@settings(max_examples=effort.RULE_SETS)
@given(STEPS)
def test_one_identity_and_its_assignments_whatever_happens(steps):
    """One id from the first response on, arms that stay at login and logout and while the store is down; and nobody without consent."""
    person = Person()
    for step in steps:
        person.take(step)


@pytest.mark.parametrize("steps", ["view login view logout view", "login view logout view login view"])
def test_a_login_and_a_logout_change_no_arm(steps):
    person = Person()
    person.take(("consent", 0, BOTH))
    for step in steps.split():
        person.take((step, 0))
    assert len({unit for _, unit in person.arms}) == 1


def test_what_was_done_before_a_login_counts_after_it():
    store = Store({account_key("shop", "ana"): json.dumps({"v": 2, "attributes": {"visitor.visits": 1}, "updated": AT - 9, "created": AT - 900, "last": AT - 9})})
    browser = Browser(site(), store)
    browser.view()
    before = browser.id
    store[before] = stored(plan="pro")
    browser.now += 400
    assert browser.view().record["inputs"]["visitor.plan"] == "pro"
    browser.account = "ana"
    after = browser.view()
    assert after.record["inputs"]["visitor.plan"] == "pro" and browser.id == before
    assert f"profile:{account_key('shop', 'ana')}" in store.asked


def test_at_a_login_what_is_permitted_is_sent_after_the_account_until_it_has_come():
    account = account_key("shop", "ana")
    browser = Browser(site(), Store({"visitor-1": stored()}), EEA, jar={"tessera": OLD_1, "tessera_consent": "personalization"}, account="ana")
    command = json.loads(browser.view().raw.split("\x1e")[0].split("\x1f")[4])
    assert command == {"command": "login", "at": AT, "purposes": ["personalization"], "profile": account, "visitor": "visitor-1"}
    browser.store[account] = json.dumps({"v": 2, "attributes": {}, "updated": AT, "visitors": ["visitor-1"]})
    browser.now += 400
    assert browser.view().raw.split("\x1e")[0].split("\x1f")[4] == ""


# --- preferences, and why --------------------------------------------------------------------------------------------------


def known(**more) -> Browser:
    """A browser whose visitor the store knows, after a first page view."""
    browser = Browser(site(**more), Store({"visitor-1": stored()}), jar={"tessera": OLD_1})
    browser.view()
    return browser


LEVELS = [("individual", "a", "rule", "pro"), ("segment", "a", "rule", "regular"), ("cohort", "b", "preference", None), ("default", "b", "preference", None)]


@pytest.mark.parametrize("level, variant, reason, by", LEVELS)
def test_a_choice_of_level_counts_from_the_next_page_view_on(level, variant, reason, by):
    browser = known()
    assert browser.view().slot("greeting")["rule"] == "pro"
    told = browser.ask("preferences", {"level": level}, "PUT")
    assert (told["status"], told["body"]["level"]) == (200, level)
    shown = browser.view().slot("greeting")
    assert (shown["variant"], shown["reason"], shown["rule"]) == (variant, reason, by)
    assert browser.ask("preferences")["body"]["level"] == level
    assert browser.view(now=str(round((AT + 10 * 3600) * 1000))).slot("greeting")["rule"] == {"cohort": "late", "default": None}.get(level, by)


def test_a_level_that_is_stored_holds_on_every_device():
    browser = Browser(site(), Store({"visitor-1": json.dumps({**json.loads(stored()), "level": "cohort"})}), jar={"tessera": OLD_1})
    assert browser.view().slot("greeting")["reason"] == "preference"
    browser.store.fault = "error"
    assert browser.view().slot("greeting")["reason"] == "preference", "also by the snapshot"


def test_what_is_personal_works_where_measurement_is_refused():
    """Stored facts decide, and nobody is counted."""
    browser = known()
    told = browser.ask("preferences", {"purposes": ["personalization"]}, "PUT")
    assert told["body"]["purposes"] == {"personalization": True, "analytics": False} and browser.jar["tessera_consent"] == "personalization"
    view = browser.view()
    assert view.slot("greeting")["rule"] == "pro" and view.record["unit"] is None
    assert (view.slot("in_hashed")["experiment"], view.slot("in_hashed")["variant"]) == (None, "a")


PURPOSES = [([], "consent", None), (["analytics"], "consent", "hashed"), (["personalization"], "rule", None), (["analytics", "personalization"], "rule", "hashed")]


@pytest.mark.parametrize("purposes, reason, tested", PURPOSES)
def test_purposes_are_chosen_one_by_one(purposes, reason, tested):
    browser = known()
    assert browser.ask("preferences", {"purposes": purposes}, "PUT")["body"]["purposes"] == {name: name in purposes for name in ("personalization", "analytics")}
    view = browser.view()
    assert (view.slot("greeting")["reason"], view.slot("in_hashed")["experiment"], view.record["purposes"]) == (reason, tested, purposes)


def test_no_purpose_at_all_takes_the_cookies_away_at_once():
    browser = known()
    told = browser.ask("preferences", {"purposes": []}, "PUT")
    assert told["body"]["purposes"] == {"personalization": False, "analytics": False} and browser.jar == {"tessera_consent": "none"}
    assert browser.view().record["unit"] is None


REFUSED = [[], None, {}, "all", {"purposes": "all"}, {"purposes": ["telepathy"]}, {"purposes": [["x"]]}, {"level": "most"}, {"level": None}, {"level": ["cohort"]}, {"level": "cohort", "more": 1}, {"purposes": [None]}]


@pytest.mark.parametrize("body", REFUSED, ids=map(str, range(len(REFUSED))))
def test_what_is_no_choice_changes_nothing(body):
    browser = known()
    before = dict(browser.jar)
    told = browser.ask("preferences", body, "PUT")
    assert told["status"] == 400 and told["body"]["error"] and (browser.jar, told["cookies"]) == (before, "")


def test_why_a_page_is_as_it_is_in_words():
    browser = known()
    told = browser.ask("why", page="home")["body"]
    greeting = told["slots"]["greeting"]
    assert (greeting["variant"], greeting["level"], greeting["reason"]) == ("a", "individual", "rule") and "pro" in greeting["why"]
    assert told["known"]["visitor.plan"] == {"value": "pro", "purpose": "personalization", "age_seconds": 60}
    assert (told["purposes"], told["level"], told["jurisdiction"]) == (["analytics", "personalization"], "individual", "rest")
    nobody = Browser(site(), Store(), EEA).ask("why", page="home")["body"]
    assert nobody["known"] == {} and nobody["slots"]["greeting"]["reason"] == "consent"


def test_asking_why_enrols_and_tells_nobody():
    browser = Browser(site(), Store())
    told = browser.ask("why", page="home")
    assert (told["cookies"], told["command"], browser.jar) == ("", None, {})


def test_to_be_forgotten_takes_the_cookies_and_sends_the_erasure():
    browser = known()
    told = browser.ask("forget", method="DELETE")
    assert (told["status"], told["command"]) == (202, {"command": "erase", "profile": "visitor-1", "visitor": "visitor-1", "at": AT})
    assert browser.id is None
    assert browser.ask("forget", method="DELETE")["command"] is None
    account = known()
    account.account = "ana"
    assert account.ask("forget", method="DELETE")["command"]["profile"] == account_key("shop", "ana")


@pytest.mark.parametrize("others", [(), ("profile-1",)], ids=["asked first", "with a snapshot past its age"])
def test_who_was_erased_gets_a_new_id_and_nothing_of_the_old(others):
    browser = known() if others else Browser(site(), Store(), jar={"tessera": OLD_2})
    browser.store["visitor-1"] = json.dumps({"v": 2, "erased": AT})
    browser.now += 400
    view = browser.view()
    assert browser.id not in (None, "visitor-1") and view.record["unit"] == view.message["profile"] == browser.id
    assert "visitor-1" not in view.raw and "visitor.plan" not in view.record["inputs"] and view.record["fallbacks"] == ["erased"]
    assert recognise(browser.header, KEYS, browser.now).sticky.keys() <= {"kept__2"} and "pro" not in "".join(browser.sealed[browser.jar["tessera"]])


# --- snapshots -----------------------------------------------------------------------------------------------------------------


def test_the_store_is_asked_once_in_five_minutes_and_never_of_a_newcomer():
    browser = Browser(site(), Store())
    views = [browser.view() for _ in range(3)]
    assert browser.store.asked == [] and views[1].cookies == views[2].cookies == []
    browser.now += 300
    browser.view()
    assert browser.store.asked == []
    browser.now += 1
    assert browser.view().cookies and browser.store.asked == [f"profile:{browser.id}", f"facts:{browser.id}"], "in one call"
    assert browser.view().cookies == [] and len(browser.store.asked) == 2


AGES = [(301, "cookie", ["profile-error"], "pro"), (86_400, "cookie", ["profile-error"], "pro"), (86_401, "none", ["profile-error"], None)]


@pytest.mark.parametrize("age, served_from, fallbacks, by", AGES)
def test_where_the_store_is_down_the_snapshot_decides_for_a_day(age, served_from, fallbacks, by):
    browser = known()
    browser.store.fault = "error"
    browser.now += age
    view = browser.view()
    assert (view.record["served_from"], view.record["fallbacks"], view.slot("greeting")["rule"]) == (served_from, fallbacks, by)
    assert browser.id == "visitor-1"


def test_nothing_is_carried_for_a_purpose_that_is_not_in_force():
    browser = Browser(site(), Store({"visitor-1": stored()}), jar={"tessera": OLD_1, "tessera_consent": "analytics"})
    browser.view(cookie=f"{browser.header}")
    assert "pro" not in "".join(browser.sealed.values())
    browser.jar["tessera_consent"] = BOTH
    browser.now += 400
    browser.view()
    assert '"visitor.plan":["pro"' in browser.sealed[browser.jar["tessera"]]


# --- without cookies ---------------------------------------------------------------------------------------------------------


def test_without_cookies_the_same_visitor_has_the_same_arm_all_day_and_is_nobody():
    """A unit of the day: for who needs A/B tests before any consent to store something."""
    shops = site(cookieless=True)
    facts = {"country": "BR", "ip": "192.0.2.4", "user_agent": BROWSER}
    day = AT - AT % 86_400
    def arms(at: float, **more: str) -> list[str]:
        browser = Browser(shops, Store(), facts | more, now=at, jar={"tessera": OLD_1})
        view = browser.view()
        assert view.cookies == [clear_cookie()] and browser.jar == {} and browser.view().cookies == []
        assert (view.record["unit"], view.record["unit_kind"], view.record["inputs"].keys() & {"visitor.plan"}) == (None, None, set())
        assert "profile" not in view.message and browser.store.asked == []
        unit = identity.of_the_day(KEYS[-1], at, "shop.example", *map((facts | more).get, ("ip", "user_agent")))
        assert unit not in view.raw
        return [view.slot(f"in_{name}")["arm"] for name in ("hashed", "kept")]

    assert arms(day) == arms(day + 43_200) == arms(day + 86_399)
    assert len({tuple(arms(day + n * 86_400)) for n in range(12)}) > 1, "another day, another draw"
    assert len({tuple(arms(day, ip=f"192.0.2.{n}")) for n in range(12)}) > 1


def test_a_unit_of_the_day_tells_nothing_and_needs_the_key():
    told = ("shop.example", "192.0.2.4", "Mozilla/5.0")
    first = identity.of_the_day(KEYS[0], AT, *told)
    assert first == identity.of_the_day(KEYS[0], AT + 60, *told)
    others = [identity.of_the_day(Key("k", b"another-secret-secret"), AT, *told), identity.of_the_day(KEYS[0], AT + 86_400, *told), identity.of_the_day(KEYS[0], AT, "shop.example", "192.0.2.4M", "ozilla/5.0")]
    assert len({first, *others}) == 4 and len(first) == 32


# --- what earlier releases wrote -----------------------------------------------------------------------------------------------

OLDER = [(OLD_1, {}), (OLD_2, {"kept__2": "change"}), (f"{OLD_1}~1AAAA", {}), (f"{OLD_2}~2not-yet-known", {"kept__2": "change"})]


@pytest.mark.parametrize("value, sticky", OLDER)
def test_cookies_of_earlier_releases_are_good(value, sticky):
    assert (recognise(f"tessera={value}", KEYS, AT).id, dict(recognise(f"tessera={value}", KEYS, AT).sticky)) == ("visitor-1", sticky)
    browser = Browser(site(), Store({"visitor-1": stored()}), jar={"tessera": value})
    view = browser.view()
    assert (view.record["unit"], view.slot("greeting")["rule"], browser.id) == ("visitor-1", "pro", "visitor-1")
    if sticky:
        assert view.slot("in_kept")["arm"] == "change"
    assert sign("visitor-1", 1764756900, KEYS[0], sticky) == value.partition("~")[0], "and an earlier release reads what this one signs"


def test_a_session_of_an_earlier_release_goes_on():
    old = "1.k.s1.69300da4.xWSxO6V5OPGqQr8DMgBdODuq_UmnXVRhbWnflRrGNqA"
    assert recognise(f"{identity.SESSION}={old}", KEYS, AT, identity.SESSION).id == "s1"


def test_a_profile_of_the_first_version_decides_as_it_did():
    first = json.dumps({"id": "visitor-1", "attributes": {"visitor": {"plan": "pro"}, "visits": 5}, "updated": "2025-12-03T10:14:00Z", "seen": {"recovery": 2}})
    browser = Browser(site(), Store({"visitor-1": first}), jar={"tessera": OLD_1})
    view = browser.view()
    assert view.slot("greeting")["rule"] == "pro" and view.record["ages"] == {"visitor.plan": 60, "visitor.visits": 60}
    consume(site(), browser.store, view.message)
    document = json.loads(browser.store["visitor-1"])
    assert document["v"] == 2 and document["attributes"]["visitor.plan"] == "pro" and document["seen"] == {"recovery": [AT - 60.001, AT - 60]}
    browser.now += 400
    assert browser.view().slot("greeting")["rule"] == "pro"


def test_a_profile_of_a_later_version_is_neither_read_nor_overwritten():
    later = json.dumps({"v": 3, "attributes": {"visitor.plan": "pro"}})
    browser = Browser(site(), Store({"visitor-1": later}), jar={"tessera": OLD_1})
    view = browser.view()
    assert (view.slot("greeting")["rule"], view.record["fallbacks"]) == (None, ["profile-newer"])
    consume(site(), browser.store, view.message)
    assert browser.store["visitor-1"] == later


def test_rotating_the_key_keeps_everybody():
    new = (Key("new", b"a-new-secret-of-tests"), *KEYS)
    browser = known()
    browser.now += 400
    browser.view(keys=new)
    assert browser.jar["tessera"].split(".")[1:3] == ["new", "visitor-1"]


SHOP = cache(lambda: bundle(replace(shop(), jurisdictions=JURISDICTIONS)))


def test_a_cap_that_store_and_snapshot_both_tell_of_counts_once():
    seen = [AT - 3000.123, AT - 2000.456]
    document = {"v": 2, "attributes": {"visitor.spend": 80.0}, "updated": AT, "seen": {"recovery": seen}, "last": AT}
    browser = Browser(SHOP(), Store({"visitor-1": json.dumps(document)}), jar={"tessera": OLD_1})
    for _ in range(4):
        assert browser.view().slot("banner")["reason"] == "rule"
        browser.now += 400


def test_what_an_earlier_release_left_in_the_queues_is_logged_and_counted():
    """Messages that were under way when this release was deployed: they tell of no profile, and the unit stands for it."""
    shared = {"bundle": "b", "unit": "visitor-1", "unit_kind": "visitor", "purposes": ["analytics", "personalization"], "jurisdiction": "rest"}
    reported = {"events": [{"event": "click", "slot": "hero"}], "id": "n", "received": AT, "bot": False, **shared}
    viewed = {"view": {"id": "v", "page": "home", "channel": "web", "at": AT, "offset": 0, "inputs": {}, "slots": [{"slot": "hero", "variant": "a"}], **shared}, "page_status": "planned", "places": {}}
    messages = [consumer.read(str(number), json.dumps(message)) for number, message in enumerate((reported, viewed))]
    assert [(message.kind, message.key) for message in messages] == [("events", "visitor-1"), ("view", "visitor-1")]
    assert len(list(consumer.files(messages))) == 2
    document = consumer.folded(site(), None, messages).document
    assert document["attributes"] == {"visitor.visits": 1}
