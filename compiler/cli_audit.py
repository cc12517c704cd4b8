"""`tessera audit`: what of a site is inactive, redundant, unseen, unowned, or not permitted everywhere."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from compiler.terminal import JSON, SITE, compiled, emit_json, fail

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@SITE
@click.option("--log", "log", type=FOLDER, metavar="FOLDER", help="The decision log (the folder with decisions/date=…): what nobody was shown, who is in no segment.")
@click.option("--at", metavar="TIME", help="The time of the audit, such as 2026-12-03 or 2026-12-03T20:15:00+01:00 (now, unless given).")
@click.option("--conventions", "agreed", type=FILE, metavar="FILE", help="What the owners agreed on: names, owners, metadata, what is ignored (YAML).")
@click.option("--strict", is_flag=True, help="Exit 1 where anything is found.")
@JSON
def audit(site: Path, log: Path | None, at: str | None, agreed: Path | None, strict: bool, as_json: bool) -> None:
    """Find what is valid and yet inactive, redundant, unseen, unowned or not permitted everywhere.

    Each finding has a code, its place, and how to mend it; docs/audit.md explains every code. What `tessera check` warns of is among
    them. Exit 1 where a finding is an error or, with --strict, where there is any.

    \b
    Examples:
      tessera audit rulesets/store
      tessera audit rulesets/store --at 2027-07-01 --strict
      tessera audit rulesets/store --log .tessera/log --json
      tessera audit rulesets/store --conventions conventions.yaml
    """
    from compiler.audit import audit as findings_of
    from compiler.audit.conventions import Conventions
    from compiler.audit.subject import Subject

    moment = _moment(at)
    conventions = Conventions() if agreed is None else _conventions(agreed)
    site_ = compiled(site, quiet=True)
    subject = Subject(site_, moment, conventions, None if log is None else _evidence(log, site_.bundle))
    found = findings_of(subject)
    if as_json:
        told = subject.log and {"rows": subject.log.rows, "days": subject.log.days, "first": subject.log.first, "last": subject.log.last}
        emit_json({"site": subject.program.site, "at": subject.at, "log": told, "counts": _counts(found), "findings": [one.plain() for one in found]})
    else:
        for one in found:
            click.echo(one.render() + "\n")
        click.echo(f"{site}: {_summary(found)}")
    sys.exit(1 if any(one.severity == "error" for one in found) or strict and found else 0)


def _moment(at: str | None) -> float:
    """Epoch seconds of a date or time; now where it is not given."""
    from datetime import datetime, timezone

    if at is None:
        return time.time()
    try:
        told = datetime.fromisoformat(at)
        return (told if told.tzinfo else told.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError):
        fail(f"--at: '{at}' is no time; write one like 2026-12-03 or 2026-12-03T20:15:00+01:00")


def _conventions(path: Path):
    from compiler.audit.conventions import read_conventions
    from compiler.diagnostics import Rejected
    from compiler.terminal import count

    try:
        return read_conventions(path)
    except Rejected as rejected:
        click.echo(f"{rejected.diagnostics.render()}\n\n{count(rejected.diagnostics)}", err=True)
        sys.exit(1)


def _evidence(folder: Path, bundle: bytes):
    from compiler.audit.evidence import LogError, read_log
    from tessera.bundle import load, unseal

    if sys.stderr.isatty():
        click.echo(f"reading {folder} …", err=True)
    try:
        return read_log(folder, load(unseal(bundle)))
    except LogError as error:
        fail(str(error))


def _counts(found) -> dict[str, int]:
    from compiler.audit.findings import SEVERITIES

    return {severity: sum(one.severity == severity for one in found) for severity in SEVERITIES}


def _summary(found) -> str:
    told = [f"{n} {word}{'s' if n != 1 else ''}" for word, n in _counts(found).items() if n]
    return ", ".join(told) or "nothing found"
