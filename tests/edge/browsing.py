"""A browser that comes again, without a platform: it keeps cookies, a store keeps profiles, and what a page view told is at hand.

What the bridge does in between is done here in short: a snapshot is sealed by keeping its text aside (edge/sealed.mjs is tested
where it runs), and the store is asked where Python wants that.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Sequence

from tests.edge.sites import AT
from tessera import events, mine
from tessera.context import Request
from tessera.fold import fold
from tessera.identity import Key, recognise
from tessera.resolved import Bundle
from tessera.turn import turn

US, RS, GS = "\x1f", "\x1e", "\x1d"
KEYS = (Key("k", b"secret-secret-secret"),)
SEALED = re.compile("~1\x02([^\x02]*)\x02")


class Store(dict):
    """Profiles by key, as texts; `fault`: late or error where it does not answer. `asked`: the keys that were wanted."""

    fault = ""
    asked: list[str] = []

    def answer(self, keys: Sequence[str]) -> str:
        self.asked = [*self.asked, *keys]
        if self.fault:
            return f"{self.fault}{US}"
        return US.join(("ok", *(self.get(key.removeprefix("profile:"), "") if key.startswith("profile:") else "" for key in keys)))


@dataclass
class View:
    """A page view: the message of the queue, Set-Cookie values with what was sealed taken out, contents."""

    message: dict[str, Any]
    cookies: list[str]
    fillings: list[str]
    raw: str

    @property
    def record(self) -> dict[str, Any]:
        return self.message["view"]

    def slot(self, name: str) -> dict[str, Any]:
        return next(slot for slot in self.record["slots"] if slot["slot"] == name)


@dataclass
class Browser:
    """`facts`: of its requests; `now`: epoch seconds."""

    bundle: Bundle
    store: Store
    facts: dict[str, str] = field(default_factory=lambda: {"country": "BR"})
    jar: dict[str, str] = field(default_factory=dict)
    now: float = AT
    account: str = ""
    name: str = "b"
    sealed: dict[str, str] = field(default_factory=dict)
    views: int = 0

    @property
    def header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.jar.items())

    @property
    def id(self) -> str | None:
        """The id that its cookie proves."""
        return recognise(self.header, KEYS, self.now).id

    def view(self, page: str = "home", keys: Sequence[Key] = KEYS, **facts: str) -> View:
        """A page view, with what it does to the jar; the message goes nowhere."""
        text = US.join(self.request(page, **facts))
        answer = turn(self.bundle, keys, text, lambda _: "")
        if answer.startswith("read"):
            answer = turn(self.bundle, keys, f"{text}{RS}{self.store.answer(answer.split(US)[1].split(GS))}", lambda _: "")
        first, *fillings = answer.split(RS)
        kind, cookie, record, whose, _ = first.split(US)
        assert kind == "page", kind
        return View(json.loads(f'{{"view":{record}{whose}}}'), self.take(cookie), fillings, answer)

    def report(self, *told: dict[str, Any]) -> dict[str, Any]:
        """What happened, reported; the queue's message."""
        facts, body = US.join(self.request("", method="POST")), json.dumps({"events": told})
        answer = events.turn(self.bundle, KEYS, RS.join((facts, "", body)))
        if answer.startswith("read"):
            answer = events.turn(self.bundle, KEYS, RS.join((facts, self.store.answer(answer.split(US)[1].split(GS)), body)))
        kind, _, refused, message, cookies = answer.split(US)
        assert (kind, refused) == ("events", "[]"), answer
        self.take(cookies)
        return json.loads(message)

    def ask(self, operation: str, body: Any = None, method: str = "GET", page: str = "") -> dict[str, Any]:
        """What visitors ask of themselves."""
        given = {"operation": operation, "facts": US.join(self.request(page, method=method)), "body": "" if body is None else json.dumps(body)}
        answer = json.loads(mine.answer(self.bundle, KEYS, json.dumps(given)))
        if "read" in answer:
            answer = json.loads(mine.answer(self.bundle, KEYS, json.dumps({**given, "told": self.store.answer(answer["read"])})))
        self.take(answer["cookies"])
        return answer

    def request(self, page: str, **facts: str) -> Request:
        self.views += 1
        own = self.jar.get("tessera", "")
        snapshot = f"{own.split('.')[2]}.{self.sealed[own]}" if own in self.sealed else ""
        told = {"url": "https://shop.example/", "now": str(round(self.now * 1000)), "offset": "0", "page": page, "cookie": self.header, "snapshot": snapshot, "account": self.account}
        return Request(**{**told, "nonce": f"view-{self.name}-{self.views:04}", "newcomer": f"new-{self.name}-{self.views:04}", **self.facts, **facts})

    def take(self, cookies: str) -> list[str]:
        """Put Set-Cookie values into the jar."""
        found = []
        for cookie in filter(None, cookies.split(GS)):
            plain = SEALED.sub(f"~1{self.name}{self.views}", cookie)
            name, _, value = plain.partition(";")[0].partition("=")
            self.sealed |= {value: text for text in SEALED.findall(cookie)}
            if "Max-Age=0;" in plain or not value:
                self.jar.pop(name, None)
            else:
                self.jar[name] = value
            found.append(plain)
        return found


def consume(bundle: Bundle, store: Store, message: dict[str, Any]) -> None:
    """What the queue's consumer does with a message: fold it into the profile that it belongs to."""
    key = message.get("profile")
    if key is None:
        return
    document = fold(bundle, json.loads(store[key]) if key in store else None, message)
    if document:
        store[key] = json.dumps(document)
