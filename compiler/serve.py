"""A site in the embedded host: compile, sign, publish, seed its profiles, follow its files."""

from __future__ import annotations

import json
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Callable, Mapping
from urllib.request import ProxyHandler, Request, build_opener

from compiler.diagnostics import Rejected
from compiler.local import Local, author
from compiler.pipeline import compile_site
from compiler.releases.documents import Tampered
from compiler.releases.local_store import LocalStore
from compiler.releases.pointer import Held
from compiler.releases.publish import PublishError, publish
from compiler.releases.stores import StoreError
from compiler.sign import public_of, sign
from compiler.visitors import VisitorError, read_file
from host.process import Admin, Host
from tessera import identity

FACTS = {"country": "US", "regionCode": "NY", "city": "New York", "continent": "NA", "timezone": "America/New_York", "ip": "198.18.0.1"}
TAKE_OVER = 10.0  # seconds that the edge may take to follow the pointer here
Say = Callable[[str], object]


def host_for(
    assets: Path,
    place: Local,
    *,
    port: int = 0,
    facts: Mapping[str, object] = {},
    environment: str = "development",
    snapshot: bool = True,
    origin: str | None = None,
) -> Host:
    """The embedded host over a site's static pages or over the site at `origin`, with this machine's development keys."""
    pages = {} if origin is None else {"TESSERA_ORIGIN": origin}
    return Host(
        assets,
        place.state,
        port=port,
        secrets={"TESSERA_COOKIE_KEYS": place.cookie_key.read_text().strip()},
        variables={"TESSERA_PUBLIC_KEYS": public_of(place.signing_key), "TESSERA_ENV": environment, "TESSERA_POLL_SECONDS": "1", **pages},
        facts={**FACTS, **facts},
        snapshot=snapshot,
    )


def _now() -> datetime:
    return datetime.now(timezone.utc)


def profiles_of(site: Path) -> list[dict]:
    """The example visitors of a site's `profiles` folder."""
    return [read_file(path) for path in sorted((site / "profiles").glob("*.json"))]


def seed(store: Admin, visitors: list[dict], now: datetime) -> int:
    """Put the site's example profiles into the profile store, as if written now, so that none is too old; returns how many."""
    for visitor in visitors:
        stored = {key: value for key, value in visitor.items() if key not in ("at", "arms", "updated", "updated_at")}
        stored["updated"] = now.isoformat(timespec="seconds")
        store.put_kv("PROFILES", f"profile:{visitor['id']}", json.dumps(stored).encode())
    return len(visitors)


def publish_here(admin: Admin, data: bytes, place: Local) -> Held:
    """Put a signed bundle live in the store of this machine, whatever was live. Raises: PublishError, Tampered, StoreError."""
    return publish(LocalStore(admin, "local"), [data], author(place), begin_anew=True, sign_anew=True).live


def release(site: Path, place: Local, admin: Admin) -> Held:
    """Compile, sign and publish a site, and seed its example profiles.

    Raises:
        Rejected: with every error of the site; nothing is changed. PublishError, Tampered, StoreError.
    """
    data = sign(compile_site(site).bundle, place.signing_key)
    seed(admin, profiles_of(site), _now())
    return publish_here(admin, data, place)


def assets_of(site: Path) -> Path:
    """The folder of the site's static pages."""
    return site / (compile_site(site).ruleset.site.spec.assets.dir)


def serve(site: Path, place: Local, *, port: int, facts: Mapping[str, object], say: Say, origin: str | None = None) -> None:
    """Run until interrupted; every change of the site's files is compiled and published.

    Args:
        origin: the address of a running site whose pages are personalised in place of the static ones.
    Raises:
        HostError: the host cannot start.
    """
    pages = assets_of(site) if origin is None else _nothing(place)
    with host_for(pages, place, port=port, facts=facts, origin=origin) as host:
        live = release(site, place, host.admin)
        say(f"\n  {host.url}{f', in front of {origin}' if origin else ''}\n\n  bundle {live.bundle[:12]}, {live.size:,} bytes; stop with Ctrl-C")
        for visitor in profiles_of(site):
            say(f"  as {visitor['id']}: {as_visitor(host, place, visitor)}")
        try:
            _follow(site, place, host, say)
        except KeyboardInterrupt:
            say("\nstopping")


def _nothing(place: Local) -> Path:
    """A folder without pages, for a host that stands in front of another site."""
    folder = place.root / "no-pages"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def as_visitor(host: Host, place: Local, visitor: Mapping) -> str:
    """A link, of this host alone, that makes a browser one of the example visitors."""
    query = {"tessera": cookie_of(place, visitor["id"]), "tessera_consent": ".".join(visitor.get("consent", [])) or "none"}
    return host.link_as(query)


def cookie_of(place: Local, visitor: str) -> str:
    """The id cookie of a visitor, signed with this machine's development key."""
    return identity.sign(visitor, int(time.time()), identity.keys(place.cookie_key.read_text())[0])


def _taken_over(host: Host, live: Held) -> None:
    """Wait until the edge decides by a release: it looks at the pointer when a page is asked for."""
    about = Request(f"{host.url}/.well-known/tessera")
    until = time.monotonic() + TAKE_OVER
    while time.monotonic() < until:
        with build_opener(ProxyHandler({})).open(about, timeout=30) as response:
            if json.load(response)["bundle"] == live.bundle:
                return
        time.sleep(0.2)


def _stamps(site: Path) -> dict[Path, int]:
    """When each file was last written; one that vanishes meanwhile is left out."""
    found = {}
    for path in site.rglob("*"):
        try:
            found[path] = path.stat().st_mtime_ns
        except FileNotFoundError:
            continue
    return found


def _follow(site: Path, place: Local, host: Host, say: Say) -> None:
    """Release the site anew after each change; start the host anew where the static pages changed."""
    before = _stamps(site)
    while True:
        time.sleep(0.5)
        after = _stamps(site)
        if after == before:
            continue
        changed = {path for path, _ in before.items() ^ after.items()}
        before = after
        try:
            if any(path.is_relative_to(host.assets) for path in changed):
                host.restart()
            live = release(site, place, host.admin)
            _taken_over(host, live)
        except Rejected as rejected:
            say(f"{rejected.diagnostics.render()}\n\nthe last good bundle stays live")
        except (VisitorError, PublishError, Tampered, StoreError) as error:
            say(f"{error}\nthe last good bundle stays live")
        else:
            say(f"live: {live.bundle[:12]}, {live.size:,} bytes")
