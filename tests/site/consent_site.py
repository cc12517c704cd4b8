"""A site with the rules of several jurisdictions, which keeps what visitors do; and browsers of it that keep their cookies."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Iterator, Mapping
from urllib.parse import urlsplit

from host.process import Host
from tests.shop import BROWSER, Shop
from tests.shop import start as start_site
from tests.site.fronting import Raw
from tests.site.pages_site import write
from tests.views import NEW_YORK
from tessera import identity

SITE = """\
tessera: 1
name: places
hosts: [localhost, 127.0.0.1]
pages: {page: "/:name"}
attributes:
  visitor:
    clicks: {type: int, purpose: personalization, keep: 30d, from: events.click}
    visits: {type: int, purpose: personalization, keep: 30d, from: visits}
purposes:
  personalization: {tcf: [1, 3], us: [targeted]}
  analytics:       {tcf: [1, 2], us: [sale, sharing]}
jurisdictions:
  eea:        {when: 'request.region == "EEA"', allow: []}
  uk:         {when: 'request.country == "GB"', allow: []}
  brazil:     {when: 'request.country == "BR"', allow: []}
  california: {when: 'request.region == "US-CA"', allow: [personalization, analytics], gpc: deny}
  colorado:   {when: 'request.region == "US-CO"', allow: [personalization, analytics], gpc: deny}
  rest:       {allow: [personalization, analytics]}
assets: {dir: public}
log: {purpose: analytics, keep: 1d}
"""
GREETING = """\
place: {page: page, selector: "#p", do: inner}
component: word
ladder:
  segment: [{rule: clicked, when: 'visitor.clicks > 0', show: keen}]
  cohort: [{rule: everyone, when: 'request.gpc == false || request.gpc', show: plain}]
  default: none
"""
DRAW = """\
place: {page: page, selector: "#draw", do: inner}
component: word
ladder:
  cohort: [{rule: everyone, when: 'request.gpc == false || request.gpc', test: draw}]
  default: none
"""
PAGE = b'<!doctype html><html><head><title>t</title></head><body><p id="p">one</p><p id="draw">none</p></body></html>'
WORDS = "fields: {word: text}\nvariants: {plain: {word: plain}, keen: {word: keen}, odd: {word: odd}, even: {word: even}}\n"
ID = re.compile(r"tessera=[12]\.\w+\.([\w-]+)\.")


def site_of(folder: Path, more: str = "") -> Path:
    site = write(folder, {"top": ("body", "prepend", "note")}, {"page.html": PAGE})
    (site / "site.yaml").write_text(SITE + more)
    (site / "content" / "word.html").write_text("<b>{{word}}</b>")
    (site / "content" / "word.yaml").write_text(WORDS)
    (site / "slots" / "greeting.yaml").write_text(GREETING)
    (site / "slots" / "draw.yaml").write_text(DRAW)
    (site / "experiments").mkdir()
    (site / "experiments" / "draw.yaml").write_text("purpose: analytics\nunit: visitor\narms: {odd: {weight: 50, show: odd}, even: {weight: 50, show: even}}\n")
    return site


@contextmanager
def running(folder: Path, more: str = "", environment: str = "production") -> Iterator[Shop]:
    """`more`: keys of site.yaml."""
    shop = start_site(folder / "local", site_of(folder / "site", more), environment=environment)
    try:
        yield shop
    finally:
        shop.host.stop()


@dataclass
class Visitor:
    """A browser that keeps its cookies; `facts` and `headers` go with every request. `answers`: as they came over the wire."""

    shop: Shop
    facts: Mapping[str, Any] = field(default_factory=lambda: NEW_YORK)
    headers: dict[str, str] = field(default_factory=dict)
    jar: dict[str, str] = field(default_factory=dict)
    answers: list[Raw] = field(default_factory=list)

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.jar.items())

    @property
    def id(self) -> str | None:
        found = ID.match(f"tessera={self.jar.get('tessera', '')}")
        return found[1] if found else None

    def ask(self, path: str = "/page", method: str = "GET", body: Any = None, **headers: str) -> Raw:
        """Ask, and keep the cookies of the answer."""
        own = {"user-agent": BROWSER, "tessera-host-token": self.shop.host.token, "tessera-host-facts": json.dumps(dict(self.facts)), **self.headers, **headers}
        if self.jar:
            own["cookie"] = self.cookie
        if body is not None:
            own |= {"content-type": "application/json", "origin": self.shop.url}
        connection = HTTPConnection(urlsplit(self.shop.url).netloc, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), own)
            answer = connection.getresponse()
            told = Raw(answer.status, [(name.lower(), value) for name, value in answer.getheaders()], answer.read())
        finally:
            connection.close()
        for cookie in told.all("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            if value and "Max-Age=0" not in cookie:
                self.jar[name] = value
            else:
                self.jar.pop(name, None)
        self.answers.append(told)
        return told

    def click(self) -> Raw:
        return self.ask("/_tessera/events", "POST", {"events": [{"event": "click", "target": "here"}]})


def key_of(shop: Shop) -> identity.Key:
    return identity.keys(shop.place.cookie_key.read_text())[0]


def counted(host: Host, **faults: str | None) -> dict[str, int]:
    """Set faults; how often the bindings that were counted were called since the last time, by method."""
    connection = HTTPConnection(urlsplit(host.url).netloc, timeout=30)
    try:
        connection.request("POST", "/.host/faults", json.dumps(faults), {"tessera-host-token": host.token})
        return json.loads(connection.getresponse().read()).get("calls", {})
    finally:
        connection.close()
