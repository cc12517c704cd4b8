"""Preview tokens: only what this site signed, and only in time."""

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tests.edge.sites import ALL, ALWAYS, AT, bundle, experiment, ir, program, rule, show, slot
from tessera import identity
from tessera.decide import decide
from tessera.enrol import given as arms_given
from tessera.explain import explain
from tessera.identity import Key
from tessera.preview import _mac, sign, verify, wished
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
    (sign({"a": "b" * 2000}, int(AT) + 60, KEY), AT, {}),
])  # fmt: skip
def test_verify(token, now, found):
    assert verify(token, KEYS, now) == found


def test_every_changed_character_is_rejected():
    for place in range(len(GOOD)):
        for other in "A.0-":
            if other != GOOD[place]:
                assert verify(GOOD[:place] + other + GOOD[place + 1 :], KEYS, AT) == {}


def test_a_cookie_is_no_token_and_a_token_no_cookie():
    cookie = identity.sign("v", int(AT), KEY, {"a": "b"})
    assert verify(cookie, KEYS, AT) == {}
    assert identity.verify(GOOD, KEYS, AT).id is None


@pytest.mark.parametrize("payload", ["x", 5, None, [], [1], [1, 2], ["later", {}], [9e99, ["a"]], [9e99, None], [9e99, {}, 1], {"a": 1, "b": 2}], ids=repr)
def test_what_is_signed_but_no_wish_is_none(payload):
    text = f"1.key.{urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b'=').decode()}"
    assert verify(f"{text}.{_mac(KEY, text)}", KEYS, AT) == {}


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
    assert verify(token, KEYS, until - 1) == forced and verify(token, KEYS, until) == {}


@given(hostile.text)
def test_no_token_and_no_url_makes_it_raise_or_is_believed(text):
    for token in (text, f"1.key.{text}", f"1.key.{text}.x", GOOD[:30] + text):
        assert verify(token, KEYS, AT) == {}
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
