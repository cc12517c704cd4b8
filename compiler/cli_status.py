"""`tessera status`: whether the releases of a site are as they should be, in the store, at the edges and in the log."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compiler.cli_guard import span as span_of
from compiler.release_options import POLICY, TO, TRUST, policy_and_target, share_of
from compiler.terminal import JSON, STATE, emit_json, fail

if TYPE_CHECKING:
    from compiler.status import Part, Trouble


@click.command()
@TO
@click.option("--edge", "edges", multiple=True, metavar="URL", help="An edge to ask, such as https://shop.example.com, besides the policy's (may be repeated).")
@click.option("--log", "log", multiple=True, metavar="FOLDER", help="The log's folder: tell how page views went (may be repeated).")
@click.option("--window", callback=span_of, default="1h", show_default=True, metavar="TIME", help="How much of the log counts, up to now.")
@click.option("--errors", callback=share_of, default="0.5%", show_default=True, metavar="SHARE", help="Of the page views in the log may fail open.")
@click.option("--fallbacks", callback=share_of, default="1%", show_default=True, metavar="SHARE", help="Of the page views in the log may fall back.")
@click.option("--slow", type=click.FloatRange(min=1), default=500.0, show_default=True, metavar="MS", help="What the p95 of the page views may be.")
@click.option("--deep", is_flag=True, help="Read every retained bundle, every approval and the whole release log.")
@click.option("--ignore", multiple=True, metavar="CODE", help="Tell of this trouble, and do not count it, such as count:origin-failed (may be repeated).")
@POLICY
@click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="KEYFILE", envvar="TESSERA_SIGNING_KEY", help="Believe what this private key signed (default: the local folder's, where there is one; or TESSERA_SIGNING_KEY).")
@TRUST
@STATE
@JSON
def status(
    to: str, edges: tuple[str, ...], log: tuple[str, ...], window: float, errors: float, fallbacks: float, slow: float, deep: bool, ignore: tuple[str, ...],
    policy: Path | None, key: Path | None, trust: tuple[Path, ...], state: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Say whether all is well: what is released, whether the edges follow, and how page views went.

    It changes nothing, and needs no private key: --trust or TESSERA_PUBLIC_KEYS says whose releases are believed. Each trouble is a
    line that says what it is and what to do.

    Exit 0: all is well. 1: there is trouble. 2: an option is wrong.

    \b
    Examples:
      tessera status
      tessera status --to production --trust release.pub
      tessera status --to production --edge https://shop.example.com --log log --window 1h --json
      tessera status --to production --deep
    """
    from compiler.status import Limits, of_edges
    from compiler.status_edges import ask_all, place_of

    now = time.time()
    rules, target = policy_and_target(to, policy)
    try:
        urls = list(dict.fromkeys(map(place_of, (*(target.edges if target else ()), *edges))))
    except ValueError as error:
        fail(str(error), 2)
    held = _store(target.to if target else to, key, trust, state, now, deep)
    answers = ask_all(urls, held.pointer.serial if held.pointer else None)
    asked = of_edges(answers, held.pointer, now)
    logged = _log(log, now, window, Limits(errors, fallbacks, slow), bool(held.told.get("off"))) if log else None
    parts = [held, asked, *([logged] if logged else [])]
    troubles = [one for part in parts for one in part.troubles]
    counted = [one for one in troubles if one.code not in ignore]
    wanted = rules.of(target) if rules and target else None
    held.told["policy"] = None if target is None or held.pointer is None else "same" if wanted == held.pointer.policy else "differs"
    if as_json:
        emit_json({
            "at": datetime.fromtimestamp(now, timezone.utc).isoformat(timespec="seconds"), "well": not counted, "store": held.told,
            "edges": asked.told["edges"], "log": logged.told if logged else None,
            "troubles": [{"where": one.where, "code": one.code, "says": one.says, "do": one.do, "ignored": one.code in ignore} for one in troubles],
        })  # fmt: skip
    else:
        _say(held.told, asked.told["edges"], logged.told if logged else None)
        _conclude(troubles, counted)
    sys.exit(1 if counted else 0)


# --- what is asked ----------------------------------------------------------------------------------------------------------


def _store(to: str, key: Path | None, trust: tuple[Path, ...], state: Path | None, now: float, deep: bool) -> Part:
    from compiler.releases.stores import StoreError
    from compiler.releases.targets import open_target
    from compiler.sign import KeyFileError
    from compiler.status import of_store, unreachable
    from host.tools import HostError

    try:
        with open_target(to, state) as store:
            keys = _believed(to, key, trust, state)
            if not keys:
                fail("nobody's releases are believed: say whose with --trust PUBKEY, or TESSERA_PUBLIC_KEYS", 2)
            return of_store(store, keys, now, deep)
    except KeyFileError as error:
        fail(str(error), 2)
    except (StoreError, HostError) as error:
        return unreachable(to, str(error))


def _believed(to: str, key: Path | None, trust: tuple[Path, ...], state: Path | None) -> dict[str, bytes]:
    """Raw public keys by name. The local folder's key is one of them where there is one; none is made. Raises: KeyFileError."""
    from compiler.local import FOLDER, Local
    from compiler.releases.documents import trusted
    from compiler.sign import public_of

    kind, _, folder = to.partition(":")
    mine = Local(Path(folder) if kind == "local" and folder else state or Path(FOLDER)).signing_key
    own = [key] if key else [mine] if mine.exists() else []
    return trusted((*map(public_of, own), *(path.read_text(errors="replace") for path in trust), os.environ.get("TESSERA_PUBLIC_KEYS", "")))


def _log(log: tuple[str, ...], now: float, window: float, limits: Any, is_off: bool) -> Part:
    from compiler.status import Part, Trouble, of_log

    try:
        from learn.identity_files import BadFile
        from learn.log_health import health

        with tempfile.TemporaryDirectory(prefix="tessera-status-") as scratch:
            return of_log(health(log, now - window, now, Path(scratch)), limits, is_off)
    except ImportError as error:
        fail(f"--log needs {error.name}: pip install 'tessera-edge[learn]'")
    except (BadFile, OSError) as error:
        return Part({}, (Trouble("log", "log-unreadable", str(error), "look at --log: the folder that has decisions/"),))


# --- what is said -----------------------------------------------------------------------------------------------------------


def _say(store: dict[str, Any], edges: list[dict[str, Any]], log: dict[str, Any] | None) -> None:
    for name, text in (*_of_store(store), *map(_of_edge, edges), *(_of_log(log) if log else ())):
        click.echo(f"{name:<9} {text}")


def _of_store(store: dict[str, Any]) -> Iterator[tuple[str, str]]:
    from compiler.status import spoken

    read = f", read in {store['read_ms']:.0f} ms" if store.get("read_ms") is not None else ""
    yield "store", f"{store['target']}{read if store['reachable'] else ', not reachable'}"
    if "serial" not in store:
        return
    yield "release", f"{store['serial']} of {store['site']}, {spoken(store['age'])} old"
    yield "live", _held(store["live"])
    if canary := store["canary"]:
        where = f" in {', '.join(canary['countries'])}" if canary["countries"] else ""
        yield "canary", f"{_held(canary)}, for {canary['share']:.3g} of visitors{where}"
    if shadow := store["shadow"]:
        yield "shadow", f"{_held(shadow)}, beside {shadow['sample']:.3g} of page views"
    yield from ((name, store[name]) for name in ("off", "frozen") if store[name])
    if store["needs"]:
        yield "needs", f"approval of {', '.join(store['needs'])}{' (the policy file says otherwise)' if store['policy'] == 'differs' else ''}"
    yield "copy", f"of the release {store['copy']['serial']}" + (", the same as the pointer" if store["copy"]["agrees"] else "")
    yield "retained", f"{len(store['retained'])}" + (f", a rollback goes to {_held(store['retained'][0])}" if store["retained"] else ": there is nothing to go back to")


def _held(release: dict[str, Any]) -> str:
    from compiler.status import spoken

    return f"{release['bundle'][:12]}, format {release['format']}, {spoken(release['age'])} old"


def _of_edge(edge: dict[str, Any]) -> tuple[str, str]:
    if edge["why"]:
        return "edge", f"{edge['url']}: no answer"
    noted = ", ".join(f"{name} {times:,}" for name, times in {**edge["counts"], **edge["noted"]}.items())
    behind = f" ({edge['behind']} behind)" if edge["behind"] and edge["behind"] > 0 else ""
    return "edge", f"{edge['url']}: release {edge['serial']}{behind}, {(edge['bundle'] or 'no bundle')[:12]}, {edge['ms']:.0f} ms{'; ' if noted else ''}{noted}"


def _of_log(log: dict[str, Any]) -> Iterator[tuple[str, str]]:
    from compiler.status import spoken

    newest = f", the last {spoken(log['until'] - log['newest'])} ago" if log["newest"] else ""
    yield "log", f"{_lane(log['total'])} in {spoken(log['until'] - log['since'])}{newest}"
    for lane in log["lanes"]:
        yield "", f"{lane['lane']:<8} {(lane['bundle'] or '-')[:12]:<12} {_lane(lane)}"


def _lane(lane: dict[str, Any]) -> str:
    views = lane["views"]
    took = f", p50 {lane['p50']:,.0f} ms, p95 {lane['p95']:,.0f} ms" if lane["p95"] is not None else ""
    rates = f", {lane['errors'] / views:.2%} failed open, {lane['fallbacks'] / views:.2%} fell back" if views else ""
    return f"{views:,} page view{'s' if views != 1 else ''}{rates}{took}"


def _conclude(troubles: list[Trouble], counted: list[Trouble]) -> None:
    for one in troubles:
        click.echo(f"tessera: {one} [{one.code}{'' if one in counted else ', ignored'}]", err=True)
    click.echo("all is well" if not counted else f"{len(counted)} trouble{'s' if len(counted) != 1 else ''}")
