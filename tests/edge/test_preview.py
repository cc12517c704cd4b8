"""Preview tokens: only what this site signed, and only in time."""

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tests.edge.sites import ALL, ALWAYS, AT, attribute, bundle, experiment, ir, is_, program, rule, show, slot
from tessera import identity
from tessera.context import Request
from tessera.decide import decide
from tessera.enrol import given as arms_given
from tessera.explain import explain
from tessera.identity import Key
from tessera.preview import MAX_TOKEN, NO_WISH, Persona, Wish, _mac, played, sign, verify, wish, wished
from tessera.record import page_view
from tessera.types import Visit

KEY, OLD, FOREIGN = (Key(name, name.encode() * 8) for name in ("key", "old", "foreign"))
KEYS = (KEY, OLD)
WISH = {"headline": "benefit", "slot.hero": "none"}
GOOD = sign(WISH, int(AT) + 60, KEY)


@pytest.mark.parametrize("token, now, found", [
    (GOOD, AT, WISH), (GOOD, AT + 59.9, WISH), (GOOD, AT + 60, {}), (sign(WISH, int(AT) + 60, OLD), AT, WISH),
    (sign(WISH, int(AT) + 60, FOREIGN), AT, {}), (sign(WISH, int(AT) + 60, Key("key", FOREIGN.secret)), AT, {}),
    ("", AT, {}), ("1.key", AT, {}), (GOOD + ".", AT, {}), (GOOD + "A", AT, {}), ("2" + GOOD[1:], AT, {}), (sign({}, int(AT) + 60, KEY), AT, {}),
    (sign({"a": "b" * 4000}, int(AT) + 60, KEY), AT, {}),
])  # fmt: skip
def test_verify(token, now, found):
    assert verify(token, KEYS, now) == Wish(found)


def test_every_changed_character_is_rejected():
    for place in range(len(GOOD)):
        for other in "A.0-":
            if other != GOOD[place]:
                assert verify(GOOD[:place] + other + GOOD[place + 1 :], KEYS, AT) == NO_WISH


def test_a_cookie_is_no_token_and_a_token_no_cookie():
    cookie = identity.sign("v", int(AT), KEY, {"a": "b"})
    assert verify(cookie, KEYS, AT) == NO_WISH
    assert identity.verify(GOOD, KEYS, AT).id is None


BARE = {"a": {}, "p": None, "t": None, "o": 0, "s": {}}


@pytest.mark.parametrize("payload", [
    "x", 5, None, [], [1], [1, 2], ["later", {}], [9e99, ["a"]], [9e99, None], [9e99, {}, 1], {"a": 1, "b": 2},
    [9e99, {}, {}], [9e99, {}, {"a": {}, "p": None, "t": None, "o": 0}], [9e99, {}, {**BARE, "a": []}], [9e99, {}, {**BARE, "s": 5}], [9e99, {}, {**BARE, "o": 10**9}], [9e99, {}, BARE, BARE],
    [9e99, {}, {**BARE, "o": None}], [9e99, {}, {**BARE, "o": 10**400}], [9e99, {}, {**BARE, "p": 5}], [9e99, {}, {**BARE, "t": -1}], [9e99, {}, {**BARE, "t": 1e300}], [9e99, {}, {**BARE, "t": "x"}],
    [9e99, {}, {**BARE, "t": 10**400}], [9e99, {}, {**BARE, "o": float("nan")}], [9e99, {}, {**BARE, "t": float("nan")}],
], ids=range(26))  # fmt: skip
def test_what_is_signed_but_no_wish_is_none(payload):
    text = f"1.key.{urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b'=').decode()}"
    assert verify(f"{text}.{_mac(KEY, text)}", KEYS, AT) == NO_WISH


@pytest.mark.parametrize("url, found", [
    (f"https://x.example/?tessera_preview={GOOD}", WISH), (f"https://x.example/?a=1&tessera_preview={GOOD}#f", WISH),
    (f"https://x.example/tessera_preview={GOOD}", {}), (f"https://x.example/#?tessera_preview={GOOD}", {}),
    (f"https://x.example/?tessera_preview=&tessera_preview={GOOD}", WISH), (f"https://x.example/?tessera_preview=x&tessera_preview={GOOD}", {}),
    (f"https://x.example/?{'a=1&' * 5000}tessera_preview={GOOD}", {}), (f"https://[x/?tessera_preview={GOOD}", {}), ("https://x.example/?tessera_preview", {}),
])  # fmt: skip
def test_wished(url, found):
    assert wished(url, KEYS, AT) == found


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=5), st.integers(0, 2**40))
def test_what_is_signed_is_wished(forced, until):
    forced = json.loads(json.dumps(forced))
    token = sign(forced, until, KEY)
    assert verify(token, KEYS, until - 1) == Wish(forced) and verify(token, KEYS, until) == NO_WISH


@given(hostile.text)
def test_no_token_and_no_url_makes_it_raise_or_is_believed(text):
    for token in (text, f"1.key.{text}", f"1.key.{text}.x", GOOD[:30] + text):
        assert verify(token, KEYS, AT) == NO_WISH
        assert wished(f"https://x.example/?tessera_preview={token}", KEYS, AT) == {}
        assert wished(f"{token}?tessera_preview", KEYS, AT) == {}


# --- what a preview does to the decisions --------------------------------------------------------------------------------


def shop():
    """A hero with a test on a rule, and a shelf with one of its own; everybody is held out."""
    tested = lambda name: rule("all", ALWAYS, ir.Action(experiment=name, arms=(show("a"), show("b"))))  # noqa: E731
    trials = (experiment("one", sticky=("one", 0, 0)), experiment("two", sticky=("two", 0, 0)))
    return bundle(program(slot("hero", (tested("one"),)), slot("shelf", (tested("two"),)), experiments=trials, holdout=(1_000_000, "h")))


def test_who_is_held_out_sees_a_preview_too():
    site, held_out = shop(), Visit(units={"visitor": "u"}, purposes=ALL, at=AT)
    assert [d.why for d in decide(site, held_out)] == ["holdout", "holdout"]
    for forced in ({"one": "change"}, {"slot.hero": "b"}):
        hero, shelf = decide(site, held_out._replace(forced=forced, preview=True))
        assert (hero.variant, hero.why, hero.holdout) == (1, "preview", False)
        assert shelf.why == "preview" and arms_given(site, (hero, shelf)) == {}, "no test of the page view counts"


def test_a_preview_is_logged_for_nobody():
    site = shop()
    visit = Visit(units={"visitor": "u"}, purposes=ALL, at=AT, sticky={"one__0": "change"}, seen={"spring": 2}, forced={"slot.hero": "b"}, preview=True)
    told = page_view(site, visit, decide(site, visit), view="v", page="home")
    assert (told["unit"], told["unit_kind"], told["sticky"], told["seen"], told["ages"]) == (None, None, {}, {}, {})
    assert '"u"' not in json.dumps(told)


def test_robots_are_shown_no_preview():
    site = shop()
    visit = Visit(units={"visitor": "u"}, values={"request.bot": True}, purposes=ALL, at=AT, forced={"slot.hero": "b"}, preview=True)
    assert [d.why for d in decide(site, visit)] == ["bot", "bot"]


def test_a_preview_is_explained():
    site = shop()
    visit = Visit(units={"visitor": "u"}, purposes=ALL, at=AT, forced={"slot.hero": "b"}, preview=True)
    assert explain(site, visit, decide(site, visit)[0]).sentence == "'b' was shown, because a preview wishes for it."


# --- somebody's eyes ------------------------------------------------------------------------------------------------------

ANA = Persona({"visitor.plan": "gold", "request.country": "DE"}, ("personalization", "analytics"), AT + 3600, 60, {"spring": 2})


@pytest.mark.parametrize("persona", [ANA, Persona({}), Persona({"visitor.recent": ["a", {"item": "b", "at": 5}]}, (), None, -840, {"spring": [1.5, 2]})])
def test_a_token_carries_a_persona(persona):
    token = sign(WISH, int(AT) + 60, KEY, persona)
    assert wish(f"https://x.example/?tessera_preview={token}", KEYS, AT) == Wish(WISH, persona)
    assert wished(f"https://x.example/?tessera_preview={token}", KEYS, AT) == WISH


@given(st.dictionaries(hostile.text, hostile.json_values, max_size=4))
def test_whatever_a_persona_is_told_to_be_it_can_be_signed_and_read(facts):
    try:
        token = sign({}, int(AT) + 60, KEY, Persona(facts))
    except RecursionError:
        return
    found = verify(token, KEYS, AT)
    assert found == NO_WISH or set(found.persona.attributes) == set(json.loads(json.dumps(facts).encode("utf-8", "replace")) if len(token) <= MAX_TOKEN else ())


def personal():
    """A hero for the gold plan and one for Germany; what the plan is needs consent."""
    rules = (rule("gold", is_("visitor.plan", "gold"), "a"), rule("germany", is_("request.country", "DE"), "a", level="cohort"))
    return bundle(program(slot("hero", rules), attributes=(attribute("visitor.plan"), attribute("request.country")), jurisdictions=(ir.Jurisdiction("rest", None, (), False),)))


@pytest.mark.parametrize("persona, chosen", [
    (ANA, "gold"), (ANA._replace(purposes=()), "germany"), (ANA._replace(purposes=None), "germany"), (ANA._replace(attributes={"visitor.plan": "gold"}), "gold"),
    (ANA._replace(attributes={}), None), (ANA._replace(attributes={"visitor.plan": 5, "request.country": ["DE"]}), None), (ANA._replace(attributes={"visitor.nothing": 1}), None),
])  # fmt: skip
def test_a_page_is_decided_as_for_the_persona(persona, chosen):
    site = personal()
    request = Request(url="https://x.example/", now=str(round(AT * 1000)), country="FR", page="home", user_agent="Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0")
    (decision,) = decide(site, played(site, request, {}, persona), "home")
    assert (site.rules[decision.rule].name if decision.rule >= 0 else None) == chosen


def test_what_the_persona_does_not_say_of_the_request_is_the_requests_own():
    site = personal()
    request = Request(url="https://x.example/", now=str(round(AT * 1000)), country="DE", page="home")
    visit = played(site, request, WISH, Persona({}))
    assert (visit.values["request.country"], visit.at, visit.forced, visit.preview) == ("DE", AT, WISH, True)
    assert played(site, request, {}, ANA).at == AT + 3600 and played(site, request, {}, ANA).offset == 60


def test_a_persona_is_nobody_in_the_log():
    site = shop()
    visit = played(site, Request(url="https://x.example/", page="home"), {}, ANA)
    told = page_view(site, visit, decide(site, visit), view="v", page="home")
    assert (told["unit"], told["unit_kind"], told["seen"], told["ages"]) == (None, None, {}, {}) and visit.units["visitor"] == "preview"
    assert {one["reason"] for one in told["slots"]} == {"preview"} and all(one.get("unit") is None for one in told["slots"])
