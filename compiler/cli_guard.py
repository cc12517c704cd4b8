"""`tessera guard`: whether a canary goes on, waits or is taken back; and a watchdog for figures that suddenly drop."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compiler.release_options import KEY, POLICY, TO, TRUST, WHO, Place, place
from compiler.terminal import JSON, STATE, Group, emit_json, fail, moment_of

if TYPE_CHECKING:
    from learn.guard import Verdict
    from learn.guard_types import Metric, Plan, Trial

CODES = {"promote": 0, "hold": 3, "rollback": 4}
DIR = click.Path(exists=True, file_okay=False, path_type=Path)
SETTLE = 120  # seconds until every edge goes by a new pointer
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def span(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """Seconds of 60s, 30m, 12h or 7d."""
    if value is None:
        return None
    number, unit = value[:-1], value[-1:]
    if not number.isascii() or not number.isdecimal() or unit not in UNITS or not 0 < int(number) * UNITS[unit] <= 3660 * 86_400:
        raise click.BadParameter(f"{value!r} is no time; write 60s, 30m, 12h or 7d.")
    return float(int(number) * UNITS[unit])


_SHARED = (
    TO,
    click.option("--log", "log", multiple=True, required=False, metavar="FILES", help="The log, with decisions and events: folders, files or patterns (several times)."),
    click.option("--site", type=DIR, metavar="SITE_DIR", help="Whose metrics.yaml tells what the metric is."),
    click.option("--metric", metavar="NAME", help="A metric of the site, in place of the plan's."),
    click.option("--until", callback=moment_of, metavar="TIME", help="Judge as of then: what the log tells of later does not count (default: now)."),
    click.option("--apply", is_flag=True, help="Do it. Without it, what would be done is said."),
    POLICY, KEY, TRUST, WHO, STATE, JSON,
)  # fmt: skip


def _shared(command: Callable[..., Any]) -> Callable[..., Any]:
    return reduce(lambda told, option: option(told), reversed(_SHARED), command)


@click.group(cls=Group, invoke_without_command=True)
@_shared
@click.option("--strict", is_flag=True, help="Promote only where harm beyond what is tolerated is excluded, and not only not shown.")
@click.option("--settle", callback=span, default=f"{SETTLE}s", show_default=True, metavar="TIME", help="After a change, until every edge goes by it: what is logged before that does not count.")
@click.pass_context
def guard(context: click.Context, **options: Any) -> None:
    """Compare the canary with the live release in the log: promote it, wait, or take it back.

    Errors, fallbacks, response times, the sample ratio and the metric of the plan are compared, by intervals that hold however often
    this is called. Nothing is changed without --apply.

    Exit 0: it may go on. 3: not enough is known yet. 4: it does harm. 1: something cannot be read. 2: an option is wrong.

    \b
    Examples:
      tessera guard --to production --policy release.yaml --site rulesets/store --log log
      tessera guard --to local --log log --site rulesets/store --metric order --json
      tessera guard --to production --policy release.yaml --site rulesets/store --log log --key keys/release.key --apply
      tessera guard watch --to production --policy release.yaml --site rulesets/store --log log --metric order
    """
    if context.invoked_subcommand is not None:
        if any(context.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE for name in options):
            fail(f"options go behind the name of the command: tessera guard {context.invoked_subcommand} …", 2)
        return
    from compiler import guarding
    from compiler.releases.publish import current

    with _place(options) as at:
        known = current(at.store, at.author.keys)
        plan = guarding.plan_of(at.target.guard if at.target else None, options["metric"])
        metric = _metric(options["site"], plan.metric)
        until = options["until"] or time.time()
        trial, began = guarding.trial_of(at.store, known, at.author.keys, options["settle"], until)
        verdict = _verdict(options, trial, metric, plan, max(0.0, until - began))
        wanted = options["apply"] and verdict.action != "hold"
        done = guarding.step(at.store, at.author, known, verdict.to, verdict.reasons[0], at.keep) if wanted else None
    report = {
        **verdict.as_json(), "target": at.store.name, "site": known.site, "live": known.live.bundle, "bundle": known.canary.release.bundle, "serial": known.serial,
        "since": _iso(began), "until": _iso(until), "metric": metric.name if metric else None, "applied": done is not None, "released": done.serial if done else None,
    }  # fmt: skip
    if options["as_json"]:
        emit_json(report)
    else:
        _say(report, verdict, done is not None)
    sys.exit(CODES[verdict.action])


@guard.command()
@_shared
@click.option("--window", callback=span, default="1h", show_default=True, metavar="TIME", help="How quickly a drop is to be found: it is looked at in twelfths of it.")
@click.option("--baseline", callback=span, default="7d", show_default=True, metavar="TIME", help="How many days before are compared with: from 21 days on, the same weekdays.")
@click.option("--slack", type=click.FloatRange(0, 0.9), default=0.1, show_default=True, metavar="SHARE", help="A drop by less is none.")
@click.option("--false-alarm", callback=span, default="30d", show_default=True, metavar="TIME", help="The mean time between false alarms, at the least.")
@click.option("--delay", callback=span, default=f"{SETTLE}s", show_default=True, metavar="TIME", help="How late rows may come into the log: the newest are not looked at yet.")
@click.option("--every", callback=span, default="60s", show_default=True, metavar="TIME", help="How often to look.")
@click.option("--once", is_flag=True, help="Look once.")
@click.option("--recent", callback=span, default="1d", show_default=True, metavar="TIME", help="With --apply: a release that is live for longer is not rolled back.")
def watch(once: bool, every: float, **options: Any) -> None:
    """Watch a metric of the live release, and tell when it suddenly drops against the same hours of the days before.

    It ends at the first alarm, which says what dropped, since when, and which release went live before. With --apply that release
    is rolled back, where the drop began after it went live, and where it is not itself a rollback.

    Exit 0: nothing dropped (--once). 4: an alarm. 3: the log does not reach back far enough (--once). 1: something cannot be read.

    \b
    Examples:
      tessera guard watch --to local --log log --site rulesets/store --metric order
      tessera guard watch --to production --policy release.yaml --site rulesets/store --log log --metric order --once --json
    """
    from compiler.cli_guard_watch import look
    from compiler.releases.publish import current

    while True:
        with _place(options) as at:
            name = options["metric"] or (at.target.guard.metric if at.target and at.target.guard else None)
            if name is None:
                fail("--metric NAME is missing, and the policy has no metric for this target", 2)
            code = look(at, current(at.store, at.author.keys), options, _metric(options["site"], name), quiet=not once)
        if once or code == CODES["rollback"]:
            sys.exit(code)
        time.sleep(every)


# --- what both do -----------------------------------------------------------------------------------------------------------


@contextmanager
def _place(options: dict[str, Any]) -> Iterator[Place]:
    """The target, as `tessera releases` opens it. What goes wrong with the log ends in one line as well."""
    try:
        import duckdb, scipy.stats  # noqa: E401, F401
    except ImportError as error:
        fail(f"this command needs {error.name}: pip install 'tessera-edge[learn]'")
    from compiler.guarding import Unguardable
    from learn.identity_files import BadFile

    if not options["log"]:
        fail("--log FOLDER is missing: the log's folder, with decisions and events", 2)
    try:
        with place(options["to"], options["policy"], options["state"], options["key"], options["trust"], options["who"]) as at:
            yield at
    except (BadFile, Unguardable) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or options['to']}: {error.strerror or error}")


def _metric(site: Path | None, name: str | None) -> Metric | None:
    """The metric of the site, None where the plan has none. Raises: Unguardable."""
    from compiler.guarding import metric_of

    if name is None:
        return None
    if site is None:
        fail(f"--site SITE_DIR is missing: its metrics.yaml tells what '{name}' is", 2)
    return metric_of(site, name)


def _verdict(options: dict[str, Any], trial: Trial, metric: Metric | None, plan: Plan, age: float) -> Verdict:
    from learn.guard import judge
    from learn.guard_log import count

    with tempfile.TemporaryDirectory(prefix="tessera-guard-") as scratch:
        counted = count(options["log"], trial, metric, Path(scratch))
    return judge(counted, plan, trial.share, age, metric, options["strict"])


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="seconds")


def _say(report: dict[str, Any], verdict: Verdict, done: bool) -> None:
    from learn.guard import told_left_out

    click.echo(f"canary {report['bundle'][:12]} ({100 * report['share']:.3g} % since {report['since']}) against {report['live'][:12]}, in {report['target']}")
    for name in ("control", "canary"):
        side = report[name]
        click.echo(f"{name:<8} {side['visitors']:>10,} visitors {side['views']:>11,} views {side['errors']:>7,} failed {side['fallbacks']:>7,} fell back {side['converted']:>7,} converted")
    for one in verdict.checks:
        click.echo(f"  {one.state:<9} {one.says}")
    for line in (*told_left_out(verdict.counted), *([f"{report['crossed']:,} visitors saw both"] if report["crossed"] else [])):
        click.echo(f"not counted: {line}")
    click.echo(f"\n{verdict.action}")
    for why in verdict.reasons:
        click.echo(f"  {why}")
    if verdict.action != "hold":
        what = "the canary is taken back" if verdict.to is None else "the canary goes live for everybody" if verdict.to >= 1 else f"the canary goes to {100 * verdict.to:.3g} % of the visitors"
        click.echo(f"{what}: {'done' if done else 'not done, --apply does it'}")
