"""A small site that Tessera personalises in front of an origin of somebody else's: how it is started and asked."""

from __future__ import annotations

import gzip
import re
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Mapping, NamedTuple
from urllib.parse import urlsplit

from compiler.local import local
from compiler.serve import release
from compiler.sign import public_of
from host.process import Host
from tests.shop import Shop
from tests.site.pages_site import write
from tests.views import NEW_YORK, TUESDAY, View, Views, at

DEADLINE = 1.0  # seconds
SLOTS = {"top": ("body", "prepend", "note"), "word": ("#p", "inner", "word")}
PAGE = b'<!doctype html><html><head><title>t</title></head><body><p id="p">one</p><p id="draw">none</p></body></html>'
FILLED = re.compile(rb'<body><aside class="test-note">for [^<]+</aside><p id="p">put here</p><p id="draw"><b>(first|second)</b></p></body></html>$')
NOBODY = "tessera_consent=none"


def site_of(folder: Path) -> Path:
    """A site with a note, a word, and a test with two arms that draws for each visitor."""
    site = write(folder, SLOTS, {})
    (site / "experiments").mkdir()
    (site / "experiments" / "draw.yaml").write_text("arms: {a: {weight: 50}, b: {weight: 50, set: {text: second}}}\n")
    (site / "content" / "draw.html").write_text("<b>{{text}}</b>")
    (site / "content" / "draw.yaml").write_text("fields: {text: text}\nvariants: {only: {text: first}}\n")
    (site / "slots" / "draw.yaml").write_text('place: {page: page, selector: "#draw", do: inner}\ncomponent: draw\ntest: draw\nladder: {default: only}\n')
    return site


def start(folder: Path, variables: Mapping[str, str], **options: Any) -> Shop:
    place = local(folder / "local")
    site = site_of(folder / "site")
    shared = {"TESSERA_PUBLIC_KEYS": public_of(place.signing_key), "TESSERA_ENV": "production", "TESSERA_POLL_SECONDS": "1", "TESSERA_ORIGIN_DEADLINE": f"{DEADLINE * 1000:.0f}"}
    host = Host(site / "public", place.state, secrets={"TESSERA_COOKIE_KEYS": place.cookie_key.read_text().strip()}, variables={**shared, **variables}, **options)
    host.start()
    return Shop(host, place, release(site, place, host.admin).bundle)


class Raw(NamedTuple):
    """An answer as it came over the wire."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for other, value in self.headers if other == name), None)

    def all(self, name: str) -> list[str]:
        return [value for other, value in self.headers if other == name]


def raw(views: Views, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Raw:
    """Ask without a client that decodes, follows or adds anything but Host; `_` stands for `-` in names."""
    connection = HTTPConnection(urlsplit(views.shop.url).netloc, timeout=60)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in {**headers, **({"content-length": str(len(body))} if body is not None else {})}.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return Raw(answer.status, [(name.lower(), value) for name, value in answer.getheaders()], answer.read())
    finally:
        connection.close()


def decoded(answer: Raw) -> bytes:
    """The body, decoded once where its headers say that it is encoded."""
    return gzip.decompress(answer.body) if answer.header("content-encoding") == "gzip" else answer.body


NOW = at(TUESDAY)["now"]


def seen(views: Views, path: str, seconds: int = 0, **request: Any) -> View:
    """A view some seconds after the first."""
    return views.get(path, facts=NEW_YORK | {"now": NOW + 1000 * seconds}, **{"cookie": NOBODY, **request})
