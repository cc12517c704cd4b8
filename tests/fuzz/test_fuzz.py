"""A sample of the night's fuzzing; that its checks find what they are for; and that what it found stays mended."""

from __future__ import annotations

import hmac
import json
import random
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.edge import effort  # noqa: F401
from tests.edge.sites import AT
from tests.fuzz import nightly, pages, worlds
from tests.fuzz.material import LONGEST, Source, encoded, mutated, random_bytes
from tests.fuzz.targets import TARGETS, Target, run
from tests.fuzz.turns import browsers_host, is_at_home
from tessera.context import Request
from tessera.turn import turn
from tessera import consumer, events, fold, identity, preview, render, snapshot, tcf, visit

SLOW = {"pages": 100, "turn": 250, "api": 250, "events": 250, "mine": 250, "agents": 250, "templates": 250}
USUAL = 500  # inputs of a target
TEXTS = ("bridge", "tcf", "gpp", "cookies", "structured", "agents", "consent")  # targets whose input is a text as it comes


def made(target: Target, seed: int) -> bytes:
    """An input of the night's, by its number."""
    chance = random.Random(seed)
    if target.seeds and chance.random() < 0.7:
        return mutated(chance.choice(target.seeds), chance.choice(target.seeds), chance)
    return random_bytes(chance)


@pytest.mark.parametrize("name", TARGETS)
def test_a_sample(name):
    target = TARGETS[name]
    target.take(b"")  # what is made once is made here
    for seed in target.seeds:
        run(target, seed)

    @settings(max_examples=10_000 if effort.NIGHTLY else SLOW.get(name, USUAL))
    @given(st.binary(max_size=100) | st.integers(0, 2**32).map(lambda seed: made(target, seed)))
    def all_of_them(data):
        run(target, data)

    all_of_them()


REPEATED = ("a", ";", "a=b; ", "=", '"', "(", "(((a ", '"\\', "a, ", ":AAAA", "~", ".", "A", "\x1f", "\x1e", "%", "\ud800", "{", "[", " ", "Mozilla/5.0 (X11) ", "1.1.", "tessera=1.k.a.1.a; ", "Android ")


@pytest.mark.parametrize("name", TEXTS)
def test_a_long_text_takes_little_time(name):
    for piece in REPEATED:
        run(TARGETS[name], encoded(piece) * (1_000_000 // len(encoded(piece))), 1.0)


# --- that the checks can fail ---------------------------------------------------------------------------------------------


ANYTHING = SimpleNamespace(digest=hmac.digest, compare_digest=lambda one, other: True)


def _raises(*told):
    raise IndexError("an error that nobody documents")


def _forgets(heard, applied):
    return sorted(heard.happenings, key=lambda one: one.moment)


BROKEN = {  # what is broken → the target that finds it, and how it is broken
    "text is not escaped": ("pages", lambda patch: patch.setitem(render.ESCAPES, "text", lambda value: value)),
    "attributes are not escaped": ("pages", lambda patch: patch.setitem(render.ESCAPES, "attr", lambda value: value.replace("<", ""))),
    "addresses are escaped as text": ("pages", lambda patch: patch.setitem(render.ESCAPES, "url", render.escape_text)),
    "sets of images are escaped as text": ("pages", lambda patch: patch.setitem(render.ESCAPES, "srcset", render.escape_text)),
    "JSON is not escaped": ("pages", lambda patch: patch.setattr(pages, "escape_json", json.dumps)),
    "parts of addresses are not escaped": ("templates", lambda patch: patch.setitem(render.ESCAPES, "urlpart", lambda value: value)),
    "any signature of a cookie is taken": ("forged-cookies", lambda patch: patch.setattr(identity, "hmac", ANYTHING)),
    "any signature of a preview is taken": ("forged-previews", lambda patch: patch.setattr(preview, "hmac", ANYTHING)),
    "any address is taken for the site's own": ("addresses", lambda patch: patch.setattr(visit, "is_own", lambda target, hosts: True)),
    "a reader raises what is not documented": ("tcf", lambda patch: patch.setattr(tcf, "held", _raises)),
    "events are counted twice": ("fold", lambda patch: patch.setattr(fold, "_fresh", _forgets)),
    "control characters get into pages": ("pages", lambda patch: patch.setattr(render, "_CONTROL", {})),
}  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_broken_is_found(broken, monkeypatch):
    name, breaks = BROKEN[broken]
    target = TARGETS[name]
    target.take(b"")
    identity._proven.cache_clear()
    breaks(monkeypatch)
    try:
        for seed in range(3_000):
            try:
                run(target, made(target, seed))
            except Exception:
                return
    finally:
        identity._proven.cache_clear()
    pytest.fail(f"{name} does not find it")


def test_an_input_that_takes_long_is_found():
    def busy(data: bytes) -> None:
        end = time.thread_time() + 0.1
        while time.thread_time() < end:
            pass

    with pytest.raises(AssertionError, match="s for 3 bytes"):
        run(Target(busy), b"abc", 0.05)


@pytest.mark.parametrize("address, host", [
    ("/new", "shop.example"), ("new?x=//evil.example", "shop.example"), ("//evil.example/", "evil.example"), ("/\\evil.example", "evil.example"), ("\\\\evil.example", "evil.example"), ("https://evil.example", "evil.example"),
    ("https:evil.example", "shop.example"), ("HTTPS:\\\\evil.example\\@shop.example", "evil.example"), ("https:///evil.example", "evil.example"), ("https://shop.example@evil.example/", "evil.example"),
    ("ht\ntps://evil.example", "evil.example"), (" //evil.example", "evil.example"), ("\t/\n/evil.example", "evil.example"), ("javascript:alert(1)", None), ("data:,x", None), ("http://shop.example/", "shop.example without TLS"),
    ("https://shop.example:443/", "shop.example:443"), ("https://www.shop.example?@evil.example", "www.shop.example"),
])  # fmt: skip
def test_addresses_are_read_as_browsers_do(address, host):
    assert browsers_host(address, "https://shop.example/") == host
    assert is_at_home(address) == (host in ("shop.example", "shop.example:443", "www.shop.example"))


def test_the_address_of_another_site_is_not_at_home():
    assert not is_at_home("https://evilshop.example/") and not is_at_home("https://shop.example.evil.example/")


# --- what inputs are made of ----------------------------------------------------------------------------------------------


def test_bytes_make_the_same_values_again_and_none_are_needed():
    data = random.Random(5).randbytes(600)
    for make in (worlds.request, worlds.document, worlds.message, worlds.snapshot, worlds.stored, worlds.token, lambda s: s.value()):
        assert repr(make(Source(data))) == repr(make(Source(data)))
        make(Source(b""))


def test_changed_inputs_are_bounded_and_differ():
    chance, seed = random.Random(1), b"a=b; c=d"
    found = {mutated(seed * 400, seed, chance) for _ in range(200)}
    assert len(found) > 190 and max(map(len, found)) <= LONGEST


# --- the night ------------------------------------------------------------------------------------------------------------


def test_the_inputs_are_shared_out():
    jobs = nightly.planned({name: target.share for name, target in TARGETS.items()}, 2_000_000, 1, (nightly.GUIDED, nightly.MUTATED))
    assert {job.target for job in jobs} == set(TARGETS) and sum(job.inputs for job in jobs) >= 2_000_000
    assert 0.3 < sum(job.inputs for job in jobs if job.engine == nightly.GUIDED) / sum(job.inputs for job in jobs) < 0.36
    assert {job.engine for job in nightly.planned({"a": 1}, 10, 1, (nightly.MUTATED,))} == {nightly.MUTATED}


def test_what_fails_is_kept_once_with_its_traceback(tmp_path, monkeypatch):
    def planted(data: bytes) -> None:
        if b"<" in data:
            raise ValueError("planted")

    monkeypatch.setitem(TARGETS, "planted", Target(planted, (b"a<b", b"ab")))
    assert nightly.mutate(nightly.Job("planted", nightly.MUTATED, 300, 1), tmp_path) == 300
    (path,) = nightly.failed(tmp_path, ["planted", "turn"])["planted"]
    assert b"<" in path.read_bytes() and "ValueError: planted" in path.with_suffix(".txt").read_text()
    with pytest.raises(ValueError, match="planted"):
        nightly.replay("planted", path)
    told = nightly.report([nightly.Outcome(nightly.Job("planted", nightly.MUTATED, 300, 1), 300, 1.0, "")], {"planted": [path]})
    assert told["failed"]["planted"][0]["why"] == "ValueError: planted" and told["inputs"] == 300


def test_a_night_of_one_target(tmp_path):
    command = [sys.executable, "-m", "tests.fuzz.nightly", "--inputs", "300", "--target", "cookies", "--json", "--jobs", "1", "--seed", "1", "--place", str(tmp_path)]
    ended = subprocess.run(command, cwd=nightly.ROOT, capture_output=True, text=True, timeout=300)
    told = json.loads(ended.stdout)
    assert (ended.returncode, told["failed"]) == (0, {}) and told["inputs"] >= 300, ended.stderr
    assert {row["engine"] for row in told["rows"]} >= {nightly.MUTATED}


# --- what fuzzing found ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["1e400", "-1e400", "NaN", "9" * 400, "null", '"x"', "true", "[]"])
@pytest.mark.parametrize("place", ['["v",%s,"",{},{},{}]', '["v",0,"",{"a":["x",%s]},{},{}]', '["v",0,"",{},{"recovery":[%s]},{}]'])
def test_a_snapshot_with_a_moment_that_is_none_is_none(place, moment):
    assert snapshot.read(f"v.[1,{int(AT)},{(place % moment)[1:]}", "v") is None
    assert snapshot.read(f"v.[1,{int(AT)},{(place % 5)[1:]}", "v") is not None


@pytest.mark.parametrize("url", ["http://[", "//[::1", "https://shop.example:443]/", "https://\u2100/", "", "\0"])
@pytest.mark.parametrize("site", [worlds.everything, worlds.leading, worlds.cookieless])
def test_a_url_that_is_none_is_a_page_view_all_the_same(site, url):
    facts = Request(url=url, now=str(int(AT * 1000)), nonce=worlds.VIEW, page="home", newcomer="fresh", country="BR")
    assert turn(site(), worlds.KEYS, "\x1f".join(facts), worlds.page_of).startswith(("page\x1f", "redirect\x1faway\x1f/new\x1f"))


@pytest.mark.parametrize("unit, told, key", [
    ("ada@example.com", {}, None), ("x" * 65, {}, None), ("", {}, None), ("u-1", {}, "u-1"), ("ada@example.com", {"profile": "a1"}, "a1"), (None, {}, None),
])  # fmt: skip
def test_a_decision_for_a_unit_that_can_have_no_profile_is_logged(unit, told, key):
    view = {"id": worlds.VIEW, "at": AT, "purposes": ["analytics"], "unit": unit, "page": None, "inputs": {}, "slots": [{"slot": "hero"}], **told}
    found = consumer.read("m", json.dumps({"view": view, "page_status": "flag", "places": {}}))
    assert found.key == key and json.loads(found.lines)["unit"] == unit


@pytest.mark.parametrize("message", [{"profile": "a b"}, {"view": {"profile": "a b"}}])
def test_a_profile_whose_key_is_none_is_refused(message):
    view = {"id": worlds.VIEW, "at": AT, "purposes": ["analytics"], "unit": "u1", "page": None, "inputs": {}, "slots": []} | message.pop("view", {})
    with pytest.raises(consumer.Unreadable):
        consumer.read("m", json.dumps({"view": view, "page_status": "flag", "places": {}, **message}))


JUNK = (
    None, 0, 3, -1, True, "x", "", [], ["x"], [None], [[]], [{}], {}, {"a": 1}, {"a": [1]}, {"recovery": 3}, {"recovery": "x"}, {"recovery": ["x"]}, {"recovery": [None, {}]}, {"recovery": {}}, float("inf"), 10**400, -1e308, [1e308] * 3,
    {"recovery": [1e308, 1e308]}, {"visitor.plan": "x"}, {"visitor.recent": [{"item": "kenya", "at": 10**400}]}, {"visitor.recent": [{"item": {}, "at": "x"}]}, {"visitor.recent": [[1, 2]]}, {"visitor.recent": ["a", 5]}, {"visitor.taste": {"a": None, "b": 10**400}},
)  # fmt: skip
STORED = {
    "v": 2, "attributes": {"visitor.plan": "x"}, "updated_at": {}, "updated": AT, "created": AT, "last": AT, "seen": {}, "applied": [], "state": {}, "level": "individual", "visitors": [worlds.VISITOR], "purposes": ["analytics"],
    "jurisdiction": "rest", "sticky": {},
}  # fmt: skip
CARRIED = f'{worlds.VISITOR}.[1,{int(AT) - 1000},"{worlds.VISITOR}",5,"",{{"visitor.plan":["x",3]}},{{"recovery":[3]}},{{"{worlds.VIEW[:8]}":{{"hero":{{}},"banner":"spring"}}}}]'


@pytest.mark.parametrize("part", STORED)
def test_junk_in_any_part_of_a_stored_profile_leaves_a_page_view(part):
    known = f"tessera={identity.sign(worlds.VISITOR, int(AT), worlds.KEYS[0])}"
    facts = Request(url="https://shop.example/", now=str(int(AT * 1000)), nonce=worlds.VIEW, page="home", newcomer="fresh", country="BR", cookie=known)
    for junk in JUNK:
        for carried in ("", CARRIED):
            for account in ("", "ada"):
                asked = "\x1f".join(facts._replace(snapshot=carried, account=account))
                told = json.dumps({**STORED, part: junk})
                assert turn(worlds.everything(), worlds.KEYS, f"{asked}\x1eok\x1f{told}", worlds.page_of).startswith("page\x1f")
                body = '{"events":[{"event":"exposure","view":"%s","slot":"hero"}]}' % worlds.VIEW
                assert events.turn(worlds.everything(), worlds.KEYS, f"{asked}\x1eok\x1f{told}\x1e{body}").startswith("events\x1f")
