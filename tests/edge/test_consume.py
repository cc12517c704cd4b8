"""The queues' consumer, broken off at every call of a store: what is delivered again is in the log once and in the profiles once."""

from __future__ import annotations

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from functools import partial
from hashlib import sha256
from importlib import util
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any, Callable

import pytest

from compiler.pipeline import compile_site
from compiler.sign import generate, sign
from host.tools import EDGE
from tests.site.counting import site_of
from tessera.bundle import load, unseal

AT = 1_795_600_000.0
ACCOUNT = "a" + "0" * 32
RETRIES = 3


def ran(work: Any) -> Any:
    """What a coroutine gives, in a thread of its own: a browser test before may have left a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


class Failed(Exception):
    """A store's call that fails."""


class Killed(Exception):
    """What nobody catches: the process ends here."""


@pytest.fixture(scope="module")
def consume():
    """edge/consume.py, with an exception of ours for those of the platform."""
    platform = ModuleType("bridge_platform")
    platform.THROWN, platform.brief = (Failed,), str
    sys.modules["bridge_platform"] = platform
    try:
        spec = util.spec_from_file_location("consume_under_test", EDGE / "consume.py")
        module = util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.consume
    finally:
        del sys.modules["bridge_platform"]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("counting")
    generate(folder / "key")
    return load(unseal(sign(compile_site(site_of(folder / "site")).bundle, folder / "key")))


class Stores:
    """The stores as the bridge has them, in memory; the call of a number fails: before it does anything, after, or for good."""

    def __init__(self, failing: int = -1, mode: str = "before", pace: Callable[[], int] = lambda: 1) -> None:
        self.pace = pace  # how many turns of the loop a call takes
        self.truths: dict[str, str] = {}
        self.copies: dict[str, str] = {}
        self.log: dict[str, str] = {}
        self.calls, self.failing, self.mode = 0, failing, mode
        self.keeps: dict[str, int] = {}

    async def _called(self, effect: Any = lambda: None) -> Any:
        number, self.calls = self.calls, self.calls + 1
        for _ in range(self.pace()):
            await asyncio.sleep(0)
        if number == self.failing and self.mode == "before":
            raise Failed("before")
        done = effect()
        for _ in range(self.pace()):
            await asyncio.sleep(0)
        if number == self.failing:
            raise Failed("after") if self.mode == "after" else Killed()
        return done

    async def readProfile(self, _: Any, key: str) -> SimpleNamespace:
        def read() -> SimpleNamespace:
            found = self.truths.get(key)
            return SimpleNamespace(text=self.copies.get(f"profile:{key}", "") if found is None else found, etag="" if found is None else _etag(found))

        return await self._called(read)

    async def writeProfile(self, env: Any, key: str, text: str, etag: str, keep: int) -> bool:
        def write() -> bool:
            fits = etag == (_etag(self.truths[key]) if key in self.truths else "")
            if fits:
                self.truths[key] = text
            return fits

        if not await self._called(write):
            return False
        if keep:
            await self.copyProfile(env, key, keep, text)
        return True

    async def copyProfile(self, _: Any, key: str, keep: int, text: str = "") -> None:
        """As profiles.mjs does it: what is written meanwhile is copied too."""
        while key in self.truths:
            text = text or self.truths[key]
            await self._called(lambda: (self.copies.update({f"profile:{key}": text}), self.keeps.update({key: keep})))
            if await self._called(lambda: self.truths[key] == text):
                return
            text = ""

    async def readAlias(self, _: Any, account: str) -> str:
        return await self._called(lambda: self.copies.get(f"alias:{account}", ""))

    async def writeAlias(self, _: Any, account: str, text: str, keep: int) -> None:
        await self._called(lambda: self.copies.update({f"alias:{account}": text}))

    async def readLog(self, _: Any, key: str) -> str:
        return await self._called(lambda: self.log.get(key, ""))

    async def writeLog(self, _: Any, key: str, text: str) -> None:
        await self._called(lambda: self.log.update({key: text}))

    async def removeLog(self, _: Any, key: str) -> None:
        await self._called(lambda: self.log.pop(key, None))

    def document(self, key: str) -> dict[str, Any]:
        return json.loads(self.truths.get(key, "{}"))

    def lines(self, folder: str) -> list[dict[str, Any]]:
        return [json.loads(line) for key, text in sorted(self.log.items()) if key.startswith(f"{folder}/") for line in text.splitlines()]


def _etag(text: str) -> str:
    return sha256(text.encode()).hexdigest()


class Handle:
    """A message of a batch, as the platform hands it over."""

    def __init__(self, id_: str, body: str, attempts: int = 1) -> None:
        self.id, self.body, self.attempts, self.timestamp = id_, body, attempts, datetime.fromtimestamp(AT, timezone.utc)
        self.outcome: Any = None

    def ack(self) -> None:
        self.outcome = "kept"

    def retry(self, delaySeconds: int) -> None:
        assert delaySeconds == min(2 ** (self.attempts - 1), 300)
        self.outcome = "again"


def delivered(consume: Any, bundle: Any, stores: Stores, batches: list[list[Handle]]) -> list[str]:
    """A queue: what is not acknowledged comes again, behind the batches that wait already; then it is dead. What was said."""
    said: list[str] = []

    async def live() -> Any:
        return bundle

    def give(queue: str, handles: list[Handle]) -> None:
        batch = SimpleNamespace(queue=queue, messages=handles)
        try:
            ran(consume(batch, stores, None, live, lambda event, **_: said.append(event)))
        except Killed:
            said.append("killed")

    waiting, dead = list(batches), []
    while waiting:
        handles = waiting.pop(0)
        give("tessera-events", handles)
        left = [Handle(h.id, h.body, h.attempts + 1) for h in handles if h.outcome != "kept"]
        dead += [Handle(h.id, h.body) for h in left if h.attempts > RETRIES + 1]
        if again := [h for h in left if h.attempts <= RETRIES + 1]:
            waiting.append(again)
    while dead:
        give("tessera-dead", dead)
        dead = [Handle(h.id, h.body, h.attempts + 1) for h in dead if h.outcome != "kept"]
    return said


def clicked(visitor: str, target: str, **more: Any) -> Handle:
    shared = {"unit": visitor, "unit_kind": "visitor", "purposes": ["analytics", "personalization"], "jurisdiction": "rest", "bot": False, "bundle": "b"}
    id_ = f"{visitor}-{target}"
    return Handle(id_, json.dumps({"events": [{"event": "click", "target": target}], "id": id_, "received": AT + len(target), **shared, **more}))


def login(visitor: str, at: float = AT, **more: Any) -> Handle:
    command = {"command": "login", "profile": ACCOUNT, "visitor": visitor, "at": at, "purposes": ["personalization"], **more}
    return Handle(f"login-{visitor}-{at}", json.dumps(command))


def clicks(document: dict[str, Any]) -> int:
    return document.get("attributes", {}).get("visitor.clicks", 0)


def story() -> list[list[Handle]]:
    """A visitor who clicks, logs in with an account that has a history, and comes back without login; and a broken message."""
    return [
        [clicked("device", "a"), clicked("phone", "b", profile=ACCOUNT), Handle("broken", "{"), clicked("device", "cc")],
        [login("device")],
        [clicked("device", "ddd"), clicked("phone", "eee", profile=ACCOUNT)],
    ]


def judge(stores: Stores) -> None:
    """That nothing was lost and nothing counted twice."""
    account, device = stores.document(ACCOUNT), stores.document("device")
    assert clicks(account) + clicks(device) == 5
    assert sorted(account["attributes"]["visitor.where"] + device["attributes"].get("visitor.where", [])) == ["a", "b", "cc", "ddd", "eee"]
    assert account["visitors"] == ["device"] and "moving" not in device
    for key, text in stores.truths.items():
        assert stores.copies[f"profile:{key}"] == text, key
    assert json.loads(stores.copies[f"alias:{ACCOUNT}"])["visitors"] == ["device"]
    assert sorted(row["target"] for row in stores.lines("events")) == ["a", "b", "cc", "ddd", "eee"]
    assert [row["message"] for row in stores.lines("dead")] == ["{"]
    assert not [key for key in stores.log if key.startswith("retried/")]


def calls_of(consume: Any, bundle: Any) -> int:
    stores = Stores()
    delivered(consume, bundle, stores, story())
    judge(stores)
    account, device = stores.document(ACCOUNT), stores.document("device")
    assert (clicks(account), clicks(device), device["moved_to"]) == (4, 1, ACCOUNT), "what comes after the login without it begins anew"
    return stores.calls


@pytest.mark.parametrize("mode", ["before", "after", "killed"])
def test_wherever_a_call_of_a_store_breaks_off_nothing_is_lost_or_counted_twice(consume, bundle, mode):
    for number in range(calls_of(consume, bundle)):
        stores = Stores(number, mode)
        said = delivered(consume, bundle, stores, story())
        try:
            judge(stores)
        except (AssertionError, KeyError) as error:
            raise AssertionError(f"call {number} {mode}: {error}; {said}") from error


def test_consumers_at_once_lose_nothing(consume, bundle):
    """Events and logins of one device in several batches at the same time, at every pace."""
    for seed in range(150):
        stores = Stores(pace=partial(Random(seed).randrange, 7))
        waiting = [
            [clicked("device", "a"), clicked("device", "bb")], [clicked("device", "ccc"), login("device")], [clicked("device", "dddd")],
            [login("device", AT + 5)], [clicked("phone", "e", profile=ACCOUNT)],
        ]  # fmt: skip

        async def deliver(handles: list[Handle]) -> None:
            while handles:
                await consume(SimpleNamespace(queue="tessera-events", messages=handles), stores, None, partial(asyncio.sleep, 0, bundle), lambda *_, **__: None)
                handles = [Handle(h.id, h.body, h.attempts + 1) for h in handles if h.outcome != "kept"]

        async def every() -> None:
            await asyncio.gather(*map(deliver, waiting))

        ran(every())
        account, device = stores.document(ACCOUNT), stores.document("device")
        assert clicks(account) + clicks(device) == 5 and "moving" not in device, seed
        assert sorted(row["target"] for row in stores.lines("events")) == ["a", "bb", "ccc", "dddd", "e"], seed
        assert all(stores.copies[f"profile:{key}"] == text for key, text in stores.truths.items()), seed


def test_a_message_that_fails_holds_nobody_up_and_is_said(consume, bundle):
    stores = Stores()
    stores.truths["newer"] = json.dumps({"v": 9})
    impossible = json.dumps({"v": 2, "attributes": {"visitor.clicks": 2**62}, "updated": AT})
    stores.truths["full"] = impossible
    said = delivered(consume, bundle, stores, [[clicked("newer", "a"), clicked("full", "b"), clicked("fine", "c")]])
    assert clicks(stores.document("fine")) == 1 and stores.document("newer") == {"v": 9} and stores.truths["full"]
    assert said.count("messages-refused") == RETRIES + 1 and "dead-letters" in said
    assert {row["why"] for row in stores.lines("dead")} >= {"profile-newer"} and all(row["logged"] for row in stores.lines("dead"))


def test_without_a_release_the_log_is_written_and_the_profile_waits(consume, bundle):
    stores, handle = Stores(), clicked("early", "a")

    async def none() -> None:
        return None

    said: list[str] = []
    ran(consume(SimpleNamespace(queue="tessera-events", messages=[handle]), stores, None, none, lambda event, **_: said.append(event)))
    assert handle.outcome == "again" and said == ["profiles-not-written"] and stores.truths == {}
    delivered(consume, bundle, stores, [[Handle(handle.id, handle.body, 2)]])
    assert clicks(stores.document("early")) == 1 and len(stores.lines("events")) == 1


def test_an_impossible_profile_leaves_the_old_one(consume, bundle, monkeypatch):
    monkeypatch.setattr("tessera.consumer.problems", lambda *_, **__: ["visitor.clicks: a count or an amount below 0"])
    stores = Stores()
    delivered(consume, bundle, stores, [[clicked("odd", "a")]])
    assert stores.truths == {} and [row["why"] for row in stores.lines("dead")] == ["visitor.clicks: a count or an amount below 0"]


def test_a_login_to_an_erased_account_takes_nothing_along(consume, bundle):
    stores = Stores()
    stores.truths[ACCOUNT] = json.dumps({"v": 2, "erased": AT})
    delivered(consume, bundle, stores, [[clicked("device", "a")], [login("device")], [clicked("device", "bb")]])
    assert clicks(stores.document("device")) == 2 and stores.document(ACCOUNT) == {"v": 2, "erased": AT}


def test_a_second_login_of_the_same_device_takes_along_what_is_new(consume, bundle):
    stores = Stores()
    batches = [[clicked("device", "a")], [login("device")], [clicked("device", "bb")], [login("device", AT + 9)], [login("device", AT + 10)]]
    delivered(consume, bundle, stores, batches)
    assert clicks(stores.document(ACCOUNT)) == 2 and clicks(stores.document("device")) == 0


def test_a_choice_of_the_visitor_holds_on_the_device_and_in_the_account(consume, bundle):
    stores = Stores()
    stores.truths["device"] = json.dumps({"v": 2, "attributes": {"visitor.clicks": 1}, "updated": AT, "level": "default"})
    delivered(consume, bundle, stores, [[login("device")]])
    assert stores.document(ACCOUNT)["level"] == stores.document("device")["level"] == "default"
    assert stores.keeps["device"] >= 400 * 86_400, "and is not forgotten at the edges before cookies are"
