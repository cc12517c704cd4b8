"""`tessera features`: both logs → a table of what was known at each page view and what came of it, for `tessera propensity`."""

from __future__ import annotations

import csv
from pathlib import Path

import click

from compiler.terminal import JSON, SITE, compiled, emit_json, fail

FILES = {"required": True, "multiple": True, "metavar": "FILES"}


@click.command()
@SITE
@click.option("--events", help="The log of events: files, folders or patterns.", **FILES)
@click.option("--decisions", help="The decision log, likewise.", **FILES)
@click.option("--target", required=True, metavar="EVENT", help="The event that is to be foretold, such as purchase.")
@click.option("--within", type=click.FloatRange(0, min_open=True), required=True, metavar="DAYS", help="How long after a page view it counts.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="What to write: .csv.")
@JSON
def features(site: Path, events: tuple[str, ...], decisions: tuple[str, ...], target: str, within: float, out: Path, as_json: bool) -> None:
    """Write what was known of a visitor at each page view, as the edge knew it, and whether an event came of it.

    Attributes are made again of the events that had been received by then, by the edge's own code; see `tessera train --check-skew`.
    Columns: view, at (epoch seconds), the attributes and facts of the request by full name, and the target (1 or 0).

    Exit 0: written. 1: a file cannot be used, or nothing can be written. 2: an option is wrong.

    \b
    Examples:
      tessera features rulesets/store --events log/events --decisions log/decisions --target purchase --within 7 --out intent.csv
      tessera propensity intent.csv --target purchase --time at --drop view --out rulesets/store/models/intent.json
    """
    from learn import logs
    from learn.features import examples
    from learn.identity_files import BadFile, replacing
    from tessera.bundle import load, unseal
    from tessera.vocabulary import EVENTS

    if target not in EVENTS:
        fail(f"--target {target}: there is no such event; there are {', '.join(EVENTS)}", 2)
    if out.suffix != ".csv":
        fail(f"{out}: the name tells the format: .csv", 2)
    bundle = load(unseal(compiled(site, quiet=True).bundle))
    try:
        happened, decided = logs.files_of(events), logs.files_of(decisions, skipped=logs.NO_DECISIONS)
        found = examples(bundle, logs.rows_of(happened), logs.rows_of(decided), target, within * 86_400)
        if not found:
            fail(f"{decided[0]}: no page view of a known visitor lies {within:g} days before the end of the logs")
        names = sorted({name for one in found for name in one.known})
        with replacing(out) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["view", "at", *names, target])
            rows.writerows([one.view, one.at, *(_cell(one.known.get(name)) for name in names), int(one.came)] for one in found)
    except BadFile as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or out}: {error.strerror or error}")
    came = sum(one.came for one in found)
    if as_json:
        emit_json({"file": str(out), "rows": len(found), "came": came, "features": names})
        return
    click.echo(f"{len(found):,} page views, {came:,} with {target} within {within:g} days; {len(names)} features\nwrote {out}")


def _cell(value: object) -> object:
    """A value as CSV has it; nothing is empty."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else value
