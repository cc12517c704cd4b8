"""A site in the embedded host: compile, sign, publish, seed its profiles, follow its files."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Callable, Mapping

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
