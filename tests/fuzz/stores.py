"""Targets: what stores hold and queues carry."""

from __future__ import annotations

import json

from tests.edge.sites import AT
from tests.fuzz import worlds
from tests.fuzz.material import Source
from tests.fuzz.worlds import KEYS, NAMES, PURPOSES, VISITOR
from tessera import consumer, preview, profile, snapshot, types
from tessera.decide import decide
from tessera.documents import MAX_PROFILE, is_newer, is_tombstone, text
from tessera.fold import fold, merge, newest, written
from tessera.quality import problems
from tessera.record import page_view


def a_stored_profile(data: bytes) -> None:
    s = Source(data)
    site = worlds.everything()
    found, problem = profile.document(s.json(worlds.document(s)), site.attributes, AT)
    assert (found is None) == bool(problem)
    if found is not None and "erased" not in found:
        known = profile.read(found, site.attributes, AT)
        values, ages = profile.permitted(site, known, {}, frozenset(PURPOSES))
        for name, value in values.items():
            assert types.coerce(site.attributes[name], value) == value, f"{name}: {value!r}"
        assert ages.keys() <= values.keys() and profile.permitted(site, known, {}, frozenset())[0].keys() <= {a.name for a in site.stored if a.purpose is None}


def a_snapshot(data: bytes) -> None:
    s = Source(data)
    told = s.json(worlds.snapshot(s)) if not s.chance(10) else s.text()
    found = snapshot.read(f"{VISITOR}.{told}", VISITOR)
    assert snapshot.read(f"other.{told}", VISITOR) is None
    if found is not None:
        profile.read(found.document, worlds.everything().attributes, AT)
        room = s.pick((700, 100, 40, 0))
        again = snapshot.write(found, frozenset(NAMES), room)
        assert len(again) <= room and again.isascii()
        assert not again or snapshot.read(f"{VISITOR}.{again}", VISITOR) is not None


def a_message_folded(data: bytes) -> None:
    """A message that the edge wrote is folded onto whatever is stored, within bounds, and once."""
    s = Source(data)
    site = worlds.everything()
    before, told = worlds.plain(worlds.document(s)) if not s.chance(5) else None, worlds.message(s)
    after = fold(site, before, told)
    if after is before:
        return
    assert len(text(after)) <= MAX_PROFILE and not is_tombstone(before) and not is_newer(before)
    problems(site, after, at=AT, before=before)
    if len(json.dumps(before)) < MAX_PROFILE // 2:  # of what is larger, parts are given up
        assert fold(site, json.loads(text(after)), told) == json.loads(text(after)), "a second delivery counts for nothing"


def a_hostile_message(data: bytes) -> None:
    s = Source(data)
    told = s.json(worlds.message(s, odd=2)) if not s.chance(10) else s.json(s.value(("command", "view", "events", "profile", "visitor", "at", "purposes", "id", "received")))
    try:
        found = consumer.read("m", told)
    except consumer.Unreadable:
        return
    after = consumer.folded(worlds.everything(), None, [found]).document if found.kind in consumer.FOLDERS else None
    assert after is None or len(consumer.encoded(after)) <= MAX_PROFILE
    consumer.files([found])
    consumer.dead(told, AT, "q", "")


def documents_that_meet(data: bytes) -> None:
    s = Source(data)
    site = worlds.everything()
    one, two = worlds.plain(worlds.document(s)), worlds.plain(worlds.document(s))
    newest(one, two)
    joined = merge(site, one if not s.chance(4) else None, {**two, "visitors": [VISITOR]}, s.pick((None, PURPOSES, ())))
    assert joined is None or joined is one or len(text(joined)) <= MAX_PROFILE
    found = written(site, one, s.mapping(NAMES, 3), AT)
    assert is_tombstone(one) or is_newer(one) or len(text(found)) <= MAX_PROFILE


def a_document_judged(data: bytes) -> None:
    s = Source(data)
    document = worlds.document(s) if not s.chance(10) else s.value(NAMES)
    found = problems(worlds.everything(), document, at=s.pick((None, AT)))
    assert all(isinstance(one, str) and one for one in found)
    if isinstance(document, dict):
        assert not problems(worlds.everything(), document, at=AT, before=document)


def a_persona(data: bytes) -> None:
    """A signed preview is taken as the persona would make it, whatever its facts."""
    s = Source(data)
    site = worlds.everything()
    wish = preview.verify(worlds.token(s), KEYS, AT)
    if wish.persona is not None:
        seen = preview.played(site, worlds.request(s), wish.forced, wish.persona)
        decisions = decide(site, seen, "home")
        json.loads(json.dumps(page_view(site, seen, decisions, view="v", page="home"), allow_nan=False))
    assert "<script" not in preview.banner(wish.forced)
