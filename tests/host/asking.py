"""A client of the test Worker."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Mapping
from urllib.parse import urlsplit

from host.process import Host
from host.tools import ROOT

PAGES = Path(os.environ.get("TESSERA_SHARED", ROOT.parent / "shared")) / "pages"  # real pages; the tests that need them are skipped where they are not
COOKIE_KEYS = "k1:c2VjcmV0LWtleS1vZi10aGUtdGVzdHM"
HTML = {"content-type": "text/html; charset=utf-8"}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    every: list[tuple[str, str]]
    body: bytes

    @property
    def report(self) -> str:
        """`page|slot=status|…`"""
        return self.headers["x-report"]

    def json(self) -> Any:
        return json.loads(self.body)


def ask(url: str, path: str, method: str, headers: Mapping[str, str], body: bytes | None, patience: float = 30) -> Reply:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=patience)
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        every = [(name.lower(), value) for name, value in response.getheaders()]
        return Reply(response.status, dict(every), every, response.read())
    finally:
        connection.close()


@dataclass(frozen=True)
class Client:
    """Asks the test Worker for things. A task is a mapping with `do`, the name of one of its methods."""

    host: Host

    def get(self, path: str, *, method: str = "GET", headers: Mapping[str, str] = {}, body: bytes | None = None) -> Reply:
        return ask(self.host.url, path, method, headers, body)

    def task(self, path: str = "/", *, method: str = "GET", headers: Mapping[str, str] = {}, **task: Any) -> Reply:
        return self.get(path, method=method, headers={"x-task": json.dumps(task), **headers})

    def page(self, path: str, slots: list, *, origin: Mapping[str, Any] | None = None, **more: Any) -> Reply:
        """Ask for a page with slots; `origin` describes the origin's answer instead of the static pages."""
        extra = {} if origin is None else {"origin": origin}
        return self.task(path, do="page", slots=slots, **extra, **more)

    def own(self, path: str, **kwargs: Any) -> Reply:
        """A request with the host's token."""
        return self.get(path, headers={"tessera-host-token": self.host.token, **kwargs.pop("headers", {})}, **kwargs)

    def faults(self, **faults: str | None) -> Reply:
        return self.own("/.host/faults", method="POST", body=json.dumps(faults).encode())


def served(body: bytes | str, **headers: str) -> dict[str, Any]:
    """An origin that answers this page."""
    content = body.encode() if isinstance(body, str) else body
    return {"headers": HTML | headers, "body": b64encode(content).decode()}
