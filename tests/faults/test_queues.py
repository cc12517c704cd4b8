"""Between a queue and the stores: whatever fails, what was accepted is in the log once and in the profile once; or it is dead and said."""

from __future__ import annotations

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Iterator

import pytest

from compiler import replay
from host.process import Conflict
from tests.site.counting import Counting, clicks, eventually
from tessera.bundle import load, unseal

pytestmark = pytest.mark.xdist_group("queues")
IN_TIME = 5.0  # seconds from an event to the profile
ACCOUNT = "a" + "0" * 32


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counting]:
    running = Counting.start(tmp_path_factory.mktemp("queues"))
    yield running
    running.shop.host.stop()


def message(visitor: str, *targets: str, id_: str = "", **more: object) -> str:
    """What the queue of events carries of clicks."""
    clicked = [{"event": "click", "target": target} for target in targets]
    shared = {"unit": visitor, "unit_kind": "visitor", "purposes": ["analytics", "personalization"], "jurisdiction": "rest", "bot": False, "bundle": "b"}
    return json.dumps({"events": clicked, "id": id_ or f"{visitor}-{targets[0]}", "received": time.time(), **shared, **more})


def test_an_event_is_in_the_profile_within_seconds(site):
    visitor = site.newcomer()
    started = time.monotonic()
    assert site.post(visitor, ["a"]) == 202
    assert eventually(lambda: clicks(site.copy(visitor)) == 1)
    took = time.monotonic() - started
    print(f"from the event to the profile in KV: {took:.2f} s")
    assert took < IN_TIME
    assert site.truth(visitor) == site.copy(visitor)


FAULTS = [
    ("LOG", "throw", "log-not-written"), ("STATE", "throw", "profiles-not-written"), ("STATE.put", "throw", "profiles-not-written"),
    ("PROFILES.put", "throw", "profiles-not-written"), ("STATE", "garbage", "messages-refused"),
]  # fmt: skip


@pytest.mark.parametrize("store, mode, said", FAULTS)
def test_a_store_that_fails_between_queue_and_profile_loses_nothing_and_counts_nothing_twice(site, store, mode, said):
    visitors = [site.newcomer() for _ in range(3)]
    before = site.counts().get(said, 0)
    site.fault(**{store: mode})
    try:
        for target in ("a", "b"):
            assert [site.post(visitor, [target, f"{target}2"]) for visitor in visitors] == [202] * 3
        if said:
            assert eventually(lambda: site.counts().get(said, 0) > before)
        else:
            time.sleep(0.5)
    finally:
        site.fault()
    for visitor in visitors:
        assert eventually(lambda: clicks(site.copy(visitor)) == 4, 30), (site.copy(visitor), site.truth(visitor))
        assert eventually(lambda: site.truth(visitor) == site.copy(visitor))
        assert site.targets(visitor) == ["a", "a2", "b", "b2"]
    assert eventually(lambda: not site.shop.admin.list_r2("LOG", "retried/")), "what was remembered is forgotten"


def test_of_many_at_once_while_stores_come_and_go_each_is_kept_once(site):
    """A journal of what was accepted, against the log and the profiles."""
    visitors = [site.newcomer() for _ in range(4)]
    accepted: dict[str, list[str]] = {visitor: [] for visitor in visitors}

    def report(n: int) -> None:
        visitor = visitors[n % 4]
        if site.post(visitor, [f"{n:03}"]) == 202:
            accepted[visitor].append(f"{n:03}")

    with ThreadPoolExecutor(4) as pool:
        for part, fault in enumerate(({"STATE.put": "throw"}, {}, {"PROFILES.put": "throw"}, {"LOG.put": "throw", "STATE": "throw"}, {})):
            site.fault(**fault)
            list(pool.map(report, range(part * 16, part * 16 + 16)))
    site.fault()
    for visitor, journal in accepted.items():
        assert eventually(lambda: clicks(site.copy(visitor)) == len(journal), 30), (site.copy(visitor), len(journal))
        assert eventually(lambda: site.truth(visitor) == site.copy(visitor))
        assert site.targets(visitor) == sorted(journal) and len(journal) == 20


def test_the_same_message_twice_is_folded_once(site):
    visitor = site.newcomer()
    texts = [message(visitor, "a"), message(visitor, "b")]
    for text in (*texts, *reversed(texts), texts[0]):
        site.shop.admin.send("EVENTS", text)
    site.shop.admin.send("EVENTS", message(visitor, "c"))
    assert eventually(lambda: "c" in site.targets(visitor) and clicks(site.copy(visitor)) == 3)


def test_two_who_write_the_same_profile_lose_nothing(site):
    """Somebody else writes the truth again and again while events come."""
    visitor, admin = site.newcomer(), site.shop.admin
    others = 0
    for n in range(12):
        assert site.post(visitor, [str(n)]) == 202
        found = admin.get_r2("STATE", f"profiles/{visitor}.json")
        if found:
            document = json.loads(found.content)
            document["attributes"]["visitor.others"] = others + 1
            try:
                admin.put_r2("STATE", f"profiles/{visitor}.json", json.dumps(document), if_match=found.etag)
                others += 1
            except Conflict:
                pass
    assert eventually(lambda: clicks(site.truth(visitor)) == 12)
    assert site.truth(visitor)["attributes"].get("visitor.others", 0) == others


def test_what_cannot_be_read_or_folded_is_dead_and_holds_nobody_up(site):
    visitor, newer = site.newcomer(), site.newcomer()
    document = json.dumps({"v": 9, "attributes": {}})
    site.shop.admin.put_r2("STATE", f"profiles/{newer}.json", document)
    poison = ["{", '{"events": 5}', '{"command": "sing", "at": 1, "profile": "x"}', message(newer, "kept"), message("x", "x", profile="../else")]
    for text in poison:
        site.shop.admin.send("EVENTS", text)
    started = time.monotonic()
    assert site.post(visitor, ["a"]) == 202
    assert eventually(lambda: clicks(site.copy(visitor)) == 1)
    assert time.monotonic() - started < IN_TIME, "the others are not held up"
    rows = eventually(lambda: rows if len(rows := site.rows("dead")) >= len(poison) else None, 30)
    told = {json.dumps(row["message"]): (row["why"], row["logged"]) for row in rows}
    assert told[json.dumps("{")] == ("not a message (JSONDecodeError)", False)
    assert told[json.dumps(json.loads(poison[3]))] == ("profile-newer", True)
    assert len(told) == len(poison) and all(row["queue"] == "dead" for row in rows)
    assert site.shop.admin.get_r2("STATE", f"profiles/{newer}.json").content.decode() == document
    assert site.targets(newer) == ["kept"], "its lines are in the log, once"
    assert site.counts()["dead-letters"] >= len(poison)
    assert eventually(lambda: not site.shop.admin.list_r2("LOG", "retried/"))


def test_a_login_takes_along_what_is_known_and_later_events_begin_anew(site):
    visitor = site.newcomer()
    assert site.post(visitor, ["a", "b"]) == 202
    assert eventually(lambda: clicks(site.copy(visitor)) == 2)
    login = json.dumps({"command": "login", "profile": ACCOUNT, "visitor": visitor, "at": time.time(), "purposes": ["personalization"]})
    for text in (login, login):
        site.shop.admin.send("EVENTS", text)
    assert eventually(lambda: site.copy(visitor).get("moved_to") == ACCOUNT)
    assert clicks(site.truth(ACCOUNT)) == clicks(site.copy(ACCOUNT)) == 2 and clicks(site.truth(visitor)) == 0
    assert site.truth(ACCOUNT)["visitors"] == [visitor]
    assert eventually(lambda: json.loads(site.shop.admin.get_kv("PROFILES", f"alias:{ACCOUNT}") or b"{}").get("visitors") == [visitor])
    site.shop.admin.send("EVENTS", message(visitor, "c", profile=ACCOUNT))
    assert site.post(visitor, ["d"]) == 202
    assert eventually(lambda: clicks(site.copy(ACCOUNT)) == 3 and clicks(site.copy(visitor)) == 1)
    site.shop.admin.send("EVENTS", json.dumps(json.loads(login) | {"at": time.time() + 60}))
    assert eventually(lambda: clicks(site.copy(ACCOUNT)) == 4 and clicks(site.copy(visitor)) == 0)


def test_onto_a_tombstone_nothing_is_folded(site):
    visitor = site.newcomer()
    assert site.post(visitor, ["a"]) == 202
    assert eventually(lambda: clicks(site.copy(visitor)) == 1)
    site.shop.admin.send("EVENTS", json.dumps({"command": "erase", "profile": visitor, "at": 1795600000.0}))
    assert eventually(lambda: site.copy(visitor) == {"v": 2, "erased": 1795600000.0})
    assert site.post(visitor, ["b"]) == 202 and site.post(other := site.newcomer(), ["c"]) == 202
    assert eventually(lambda: clicks(site.copy(other)) == 1)
    assert site.truth(visitor) == site.copy(visitor) == {"v": 2, "erased": 1795600000.0}


def sorted_ids(document: dict) -> dict:
    """A document but for the order in which messages happened to be delivered."""
    return document | {"applied": sorted(document.get("applied", ()))}


def test_what_a_killed_process_had_logged_and_not_folded_comes_back_from_the_log(site):
    """The queue of the embedded host lives in memory, so a process that is killed takes with it what was not kept: what the log
    holds makes the profiles that a run without interruption makes."""
    calm, struck = site.newcomer(), site.newcomer()
    for visitor in (calm, struck):
        site.shop.get("/page", cookie=site.shop.cookie(visitor))
        assert [site.post(visitor, targets) for targets in (["a", "b"], ["c"], ["a"])] == [202] * 3
        assert eventually(lambda: clicks(site.copy(visitor)) == 4 and "visitor.visits" in site.copy(visitor)["attributes"])
    before = site.truth(struck)
    site.fault(STATE="hang")
    assert [site.post(struck, targets) for targets in (["d"], ["e", "f"])] == [202] * 2
    assert eventually(lambda: len(site.targets(struck)) == 7)
    os.killpg(site.shop.host.pid, signal.SIGKILL)
    site.shop.host.stop()
    site.shop.host.start()

    assert site.targets(struck) == ["a", "a", "b", "c", "d", "e", "f"], "what was accepted is in the log"
    assert site.truth(struck) == before, "and not in the profile"
    bundle = load(unseal(site.shop.admin.get_r2("BUNDLES", f"bundles/{site.shop.bundle}.tessera").content))
    of = {unit: [[row for row in site.rows(folder) if row["unit"] == unit] for folder in ("events", "decisions")] for unit in (calm, struck)}
    assert sorted_ids(replay.profiles(bundle, replay.messages(*of[calm]))[calm]) == sorted_ids(site.truth(calm))
    again = replay.messages(*of[struck])
    for each in again:
        site.shop.admin.send("DECISIONS" if "view" in each else "EVENTS", json.dumps(each))
    assert eventually(lambda: clicks(site.copy(struck)) == 7)
    assert sorted_ids(site.copy(struck)) == sorted_ids(replay.profiles(bundle, again)[struck])
    assert len(site.targets(struck)) == 7 and site.copy(calm) == site.truth(calm), "nothing is logged anew"
