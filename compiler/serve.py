"""A site in the embedded host: compile, sign, publish, seed its profiles, follow its files."""

from __future__ import annotations

import json
import time
import urllib.request
from datetime import datetime, timezone
from pathlib import Path
from typing import Callable, Mapping

import click

from compiler.diagnostics import Rejected
from compiler.local import Local
from compiler.pipeline import compile_site
from compiler.publish import Release, publish, seed
from compiler.sign import public_of, sign
from compiler.visitors import read_file
from host.process import Admin, Host
from tessera import identity

FACTS = {"country": "US", "regionCode": "NY", "city": "New York", "continent": "NA", "timezone": "America/New_York", "ip": "198.18.0.1"}
Say = Callable[[str], object]


def host_for(
    assets: Path,
    place: Local,
    *,
    port: int = 0,
    facts: Mapping[str, object] = {},
    environment: str = "development",
    snapshot: bool = True,
) -> Host:
    """The embedded host over a site's static pages, with this machine's development keys."""
    return Host(
        assets,
        place.state,
        port=port,
        secrets={"TESSERA_COOKIE_KEYS": place.cookie_key.read_text().strip()},
        variables={"TESSERA_PUBLIC_KEYS": public_of(place.signing_key), "TESSERA_ENV": environment, "TESSERA_POLL_SECONDS": "1"},
        facts={**FACTS, **facts},
        snapshot=snapshot,
    )


def _now() -> datetime:
    return datetime.now(timezone.utc)


def profiles_of(site: Path) -> list[dict]:
    """The example visitors of a site's `profiles` folder."""
    return [read_file(path) for path in sorted((site / "profiles").glob("*.json"))]


def publish_locally(place: Local, data: bytes) -> Release:
    """Publish through the running host of this folder, or through its store, opened for the moment."""
    running = Admin.running(place.state)
    if running is not None:
        return publish(running, data, _now())
    with Host(place.root, place.state, secrets={}, variables={}, store_only=True) as store:
        return publish(Admin(store.admin_url, store.token), data, _now())


def release(site: Path, place: Local, admin: Admin) -> Release:
    """Compile, sign and publish a site, and seed its example profiles.

    Raises:
        Rejected: with every error of the site; nothing is changed.
    """
    data = sign(compile_site(site).bundle, place.signing_key)
    seed(admin, profiles_of(site), _now())
    return publish(admin, data, _now())


def assets_of(site: Path) -> Path:
    """The folder of the site's static pages."""
    return site / (compile_site(site).ruleset.site.spec.assets.dir)


def serve(site: Path, place: Local, *, port: int, facts: Mapping[str, object], say: Say) -> None:
    """Run until interrupted; every change of the site's files is compiled and published.

    Raises:
        HostError: the host cannot start.
    """
    with host_for(assets_of(site), place, port=port, facts=facts) as host:
        admin = Admin(host.admin_url, host.token)
        live = release(site, place, admin)
        say(f"\n  {host.url}\n\n  bundle {live.bundle[:12]}, {live.size:,} bytes; stop with Ctrl-C")
        for visitor in profiles_of(site):
            say(f"  as {visitor['id']}: {as_visitor(host, place, visitor)}")
        try:
            _follow(site, place, admin, say)
        except KeyboardInterrupt:
            say("\nstopping")


def as_visitor(host: Host, place: Local, visitor: Mapping) -> str:
    """A link, of this host alone, that makes a browser one of the example visitors."""
    query = {"tessera": cookie_of(place, visitor["id"]), "tessera_consent": ".".join(visitor.get("consent", [])) or "none"}
    return host.link_as(query)


def cookie_of(place: Local, visitor: str) -> str:
    """The id cookie of a visitor, signed with this machine's development key."""
    return identity.sign(visitor, int(time.time()), identity.keys(place.cookie_key.read_text())[0])


def _stamps(site: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in site.rglob("*") if path.is_file()}


def _follow(site: Path, place: Local, admin: Admin, say: Say) -> None:
    before = _stamps(site)
    while True:
        time.sleep(0.5)
        after = _stamps(site)
        if after == before:
            continue
        before = after
        try:
            live = release(site, place, admin)
        except Rejected as rejected:
            say(f"{rejected.diagnostics.render()}\n\nthe last good bundle stays live")
        else:
            say(f"live: {live.bundle[:12]}, {live.size:,} bytes")


def once(site: Path, place: Local, say: Say) -> int:
    """Ask for the home page as a new visitor and as an example customer; print what the log says was decided.

    Returns:
        the exit code: 0 where both pages came and both were decided.
    """
    with host_for(assets_of(site), place) as host:
        admin = Admin(host.admin_url, host.token)
        live = release(site, place, admin)
        say(f"bundle {live.bundle[:12]}, {live.size:,} bytes, at {host.url}")
        visitors = profiles_of(site)
        known = next((v for v in visitors if v["attributes"].get("visitor", {}).get("lifecycle") == "customer"), visitors[0] if visitors else None)
        told = _ask(host, admin, "a new visitor", "", say)
        if known is None:
            return 0 if told else 1
        consents = ".".join(known.get("consent", []))
        cookie = f"tessera={cookie_of(place, known['id'])}; tessera_consent={consents}"
        return 0 if _ask(host, admin, f"the visitor '{known['id']}'", cookie, say) and told else 1


def _ask(host: Host, admin: Admin, who: str, cookie: str, say: Say) -> bool:
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
    request = urllib.request.Request(host.url + "/", headers={"cookie": cookie, "user-agent": agent} if cookie else {"user-agent": agent})
    before = set(admin.list_r2("LOG"))
    with urllib.request.urlopen(request, timeout=60) as response:
        size, status = len(response.read()), response.status
    say(f"\nhome page as {who}: {status}, {size:,} bytes")
    rows = _logged(admin, before)
    width = max((len(row["slot"]) for row in rows), default=0)
    for row in rows:
        say(f"{row['slot'].ljust(width)} {row['variant']} {row['level']} {row['reason']}")
    return bool(rows)


def _logged(admin: Admin, before: set[str], patience: float = 20.0) -> list[dict]:
    """The rows of the first log file that was not there before; [] where none comes in time."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        for key in sorted(set(admin.list_r2("LOG")) - before):
            found = admin.get_r2("LOG", key)
            return [json.loads(line) for line in found.content.splitlines()] if found else []
        time.sleep(0.2)
    return []
