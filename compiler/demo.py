"""`tessera demo --once`: the home page as two visitors, and what the log says was decided for each."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Mapping
from urllib.request import ProxyHandler, Request, build_opener

from compiler.local import Local
from compiler.serve import Say, assets_of, cookie_of, host_for, profiles_of, release
from host.admin import Admin
from host.process import Host

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
TRIES = 5  # new visitors that are asked for before one in the holdout is shown
PATIENCE = 20.0  # seconds to wait for a page view to reach the log


def once(site: Path, place: Local, say: Say) -> int:
    """Ask for the home page as a new visitor and as an example customer; print what the log says was decided.

    Returns:
        the exit code: 0 where the pages came and were decided.
    """
    with host_for(assets_of(site), place) as host:
        live = release(site, place, host.admin)
        say(f"bundle {live.bundle[:12]}, {live.size:,} bytes, at {host.url}")
        told = [_new_visitor(host, say)]
        customer = _customer(profiles_of(site))
        if customer is not None:
            cookie = f"tessera={cookie_of(place, customer['id'])}; tessera_consent={'.'.join(customer.get('consent', []))}"
            told.append(_ask(host, f"the visitor '{customer['id']}'", {"cookie": cookie}, say))
        return 0 if all(told) else 1


def _new_visitor(host: Host, say: Say) -> list[dict[str, Any]]:
    """A new visitor gets a random id, so now and then one falls into the holdout; then another is asked for."""
    for _ in range(TRIES):
        rows = _ask(host, "a new visitor", {}, say)
        if not any(row["holdout"] for row in rows):
            break
        say("(this one is held out and always gets the defaults; here is another)")
    return rows


def _customer(visitors: list[dict]) -> dict | None:
    customers = (v for v in visitors if v["attributes"].get("visitor", {}).get("lifecycle") == "customer")
    return next(customers, visitors[0] if visitors else None)


def _ask(host: Host, who: str, headers: Mapping[str, str], say: Say) -> list[dict[str, Any]]:
    before = set(host.admin.list_r2("LOG"))
    request = Request(host.url + "/", headers={"user-agent": AGENT, **headers})
    with build_opener(ProxyHandler({})).open(request, timeout=60) as response:
        say(f"\nhome page as {who}: {response.status}, {len(response.read()):,} bytes")
    rows = _logged(host.admin, before)
    width = max((len(row["slot"]) for row in rows), default=0)
    for row in rows:
        say(f"{row['slot'].ljust(width)} {row['variant']} {row['level']} {row['reason']}")
    return rows


def _logged(admin: Admin, before: set[str]) -> list[dict[str, Any]]:
    """The rows of the first log file that was not there before; [] where none comes in time."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        for key in sorted(set(admin.list_r2("LOG")) - before):
            found = admin.get_r2("LOG", key)
            return [json.loads(line) for line in found.content.splitlines()] if found else []
        time.sleep(0.1)
    return []
