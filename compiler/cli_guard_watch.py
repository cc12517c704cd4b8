"""One look of `tessera guard watch`: the figures, an alarm in words, and what is done about it."""

from __future__ import annotations

import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compiler import guarding
from compiler.terminal import emit_json

if TYPE_CHECKING:
    from compiler.release_options import Place
    from compiler.guarding import Change
    from compiler.releases.pointer import Pointer
    from learn.guard_types import Metric
    from learn.guard_watch import Figure

QUIET, ALARM, UNKNOWN = 0, 4, 3


def look(at: Place, known: Pointer, options: dict[str, Any], metric: Metric, quiet: bool) -> int:
    """Look once; the exit code. Nothing is printed where nothing dropped and `quiet`.

    Raises:
        BadFile, PublishError, Tampered, StoreError, KeyFileError.
    """
    from learn.guard_watch import Watch, figures, series

    until = (options["until"] or time.time()) - options["delay"]
    live = guarding.went_live(at.store, known, at.author.keys)
    watch = Watch(options["window"], options["baseline"], options["slack"], options["false_alarm"])
    with tempfile.TemporaryDirectory(prefix="tessera-guard-") as scratch:
        counts = series(options["log"], metric, watch, live.at, until, Path(scratch))
    found = figures(counts, metric, watch)
    alarms = [one for one in found if one.alarm]
    code = UNKNOWN if not found[0].known else ALARM if alarms else QUIET
    if quiet and not alarms:
        return code
    held = why_not(live, alarms, until, watch.bin, options["recent"]) if alarms else None
    done = None
    if alarms and options["apply"] and held is None and live.before is not None:
        done = guarding.go_back(at.store, at.author, known, live.before, _told(alarms[0]), at.keep)
    report = {
        "alarm": bool(alarms), "known": found[0].known, "figures": [one.as_json() for one in found], "metric": metric.name, "days": counts.days, "until": _iso(until),
        "live": live.bundle, "live_since": _iso(live.at), "live_by": live.who, "action": live.action, "before": live.before, "held": held,
        "applied": done is not None, "released": done.serial if done else None,
    }  # fmt: skip
    if options["as_json"]:
        emit_json(report)
    else:
        _say(report, found, live)
    return code


def why_not(live: Change, alarms: list[Figure], until: float, width: float, recent: float) -> str | None:
    """Why the live release is not rolled back for a drop; None where it is.

    Args:
        width: seconds within which the beginning of a drop is known. recent: for how long after it went live a release is suspected.
    """
    begun = min(one.since for one in alarms)
    if live.before is None:
        return "nothing was live before it"
    if live.action == "rollback":
        return "it is itself a rollback, and the drop goes on: going back and forth would not end it"
    if until - live.at > recent:
        return f"it has been live since {_iso(live.at)}: a drop after so long is not likely its doing"
    if begun < live.at - width:
        return f"the drop began at {_iso(begun)}, before it went live"
    return None


def _told(figure: Figure) -> str:
    from learn.guard_watch import words

    return f"{words(figure)}, since {_iso(figure.since)}"


def _say(report: dict[str, Any], found: tuple[Figure, Figure], live: Change) -> None:
    if not report["known"]:
        click.echo(f"the log reaches back {report['days']} whole days; at least 3 are needed to know what is usual")
        return
    for one in found:
        click.echo(f"{'ALARM' if one.alarm else 'ok   '} {_told(one)}")
    who = f" ({live.action} by {live.who})" if live.who else ""
    click.echo(f"live since {report['live_since']}: {live.bundle[:12]}{who}; before it: {(live.before or 'nothing')[:12]}")
    if report["applied"]:
        click.echo(f"rolled back to {(live.before or '')[:12]}: done")
    elif report["alarm"]:
        click.echo(f"not rolled back: {report['held'] or '--apply does it'}")


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="seconds")
