"""The example shop, running in the embedded host: what tests ask it, and what it logged."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from http.client import HTTPMessage
from pathlib import Path
from typing import Any, Mapping
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from compiler.local import Local
from compiler.serve import cookie_of, host_for, release
from host.admin import Admin
from host.process import Host

ROOT = Path(__file__).parent.parent
STORE = ROOT / "rulesets" / "store"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
BINDINGS = ("PROFILES", "PROFILES.put", "STATE", "RELEASES", "BUNDLES", "LOG", "DECISIONS", "EVENTS", "ASSETS")
GERMANY = {"country": "DE", "regionCode": "HH", "city": "Hamburg", "continent": "EU", "timezone": "Europe/Berlin"}


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_opener = build_opener(ProxyHandler({}), _NoRedirect())


@dataclass(frozen=True)
class Answer:
    """A response, whatever its status."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True)
class Shop:
    """The running shop."""

    host: Host
    place: Local
    bundle: str

    @property
    def url(self) -> str:
        return self.host.url

    @property
    def admin(self) -> Admin:
        return self.host.admin

    def cookie(self, visitor: str, consent: str = "personalization.analytics") -> str:
        """A Cookie header: an example visitor's signed id, and a consent choice."""
        return f"tessera={cookie_of(self.place, visitor)}; tessera_consent={consent}"

    def get(
        self, path: str = "/", *, cookie: str = "", facts: Mapping[str, Any] | None = None, method: str = "GET", headers: Mapping[str, str] = {}
    ) -> Answer:
        """Ask for a page; `facts` override what the platform tells of the request (country, timezone, now, ip…)."""
        told = {"user-agent": BROWSER, **({"cookie": cookie} if cookie else {}), **headers}
        if facts is not None:
            told |= {"tessera-host-token": self.host.token, "tessera-host-facts": json.dumps(facts)}
        try:
            with _opener.open(Request(self.url + path, headers=told, method=method), timeout=60) as response:
                return Answer(response.status, response.headers, response.read())
        except HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def fault(self, **bindings: str | None) -> None:
        """Make these bindings throw, hang or answer garbage, and all others work (again)."""
        body = json.dumps(dict.fromkeys(BINDINGS) | bindings).encode()
        request = Request(self.url + "/.host/faults", body, {"tessera-host-token": self.host.token}, method="POST")
        _opener.open(request, timeout=30).close()

    def logged(self, before: set[str], patience: float = 20.0) -> list[dict[str, Any]]:
        """The rows of all log files that were not there before; waits for the first."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            fresh = sorted(self.log_files() - before)
            if fresh:
                return [json.loads(line) for key in fresh for line in self.admin.get_r2("LOG", key).content.splitlines()]
            time.sleep(0.1)
        return []

    def said(self, words: str) -> int:
        """How often the Worker's own log has these words so far."""
        return self.host.log_file.read_text().count(words)

    def says(self, words: str, times: int = 1, patience: float = 15.0) -> bool:
        """Whether the Worker's log has these words so often; the log comes a little after the answer, so it is waited for."""
        until = time.monotonic() + patience
        while self.said(words) < times and time.monotonic() < until:
            time.sleep(0.1)
        return self.said(words) >= times

    def log_files(self) -> set[str]:
        """Names of the log's files; what is only remembered until it was tried again is no log."""
        return {name for name in self.admin.list_r2("LOG") if not name.startswith("retried/")}


def start(root: Path, site: Path = STORE, **options: Any) -> Shop:
    """Compile, publish and run a site with keys and stores of its own below `root`; stop it with `shop.host.stop()`."""
    from compiler.local import local
    from compiler.serve import assets_of

    place = local(root)
    host = host_for(assets_of(site), place, **options)
    host.start()
    live = release(site, place, host.admin)
    return Shop(host, place, live.bundle)
