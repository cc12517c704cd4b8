"""`tessera log`: the log as files, and what of it has outlived its period goes."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import click

from compiler.files import write_atomically
from compiler.profile_options import CLOUDFLARE, CONFIG, DIR, DRY, NAMES, bucket
from compiler.terminal import JSON, STATE, Group, compiled, emit_json, fail


@click.group(cls=Group)
def log() -> None:
    """Look after the decision log.

    \b
    Examples:
      tessera log fetch --out logs
      tessera log expire --site rulesets/store
    """


@log.command()
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Where the files go, below their days.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Only days from this one on.")
@CLOUDFLARE
@CONFIG
@NAMES
@STATE
@JSON
def fetch(out: Path, since: datetime | None, cloudflare: bool, config: Path, names: Path | None, state: Path | None, as_json: bool) -> None:
    """Copy decisions, events and what shadows decided into a folder, for `guard`, `train` and `diff`. Files that are there already stay.

    Only this machine's store lists its files by itself. Of Cloudflare's, any client of S3 copies a bucket faster.

    \b
    Examples:
      tessera log fetch --out logs
      tessera log fetch --out logs --since 2026-11-20
      tessera guard --to local --log logs
    """
    from compiler.retention import logged
    from host.tools import HostError

    copied = there = 0
    try:
        with bucket("LOG", cloudflare, config, names, state) as (store, _):
            wanted = [name for name in store.names() if (file := logged(name)) and file.folder != "dead" and (since is None or file.ended > since.replace(tzinfo=timezone.utc).timestamp())]
            with click.progressbar(wanted, label="files", file=sys.stderr) as shown:
                for name in shown:
                    if (out / name).exists():
                        there += 1
                    elif (found := store.get(name)) is not None:
                        (out / name).parent.mkdir(parents=True, exist_ok=True)
                        write_atomically(out / name, found.content)
                        copied += 1
    except HostError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or out}: {error.strerror}")
    if as_json:
        emit_json({"copied": copied, "there": there, "folder": str(out)})
        return
    click.echo(f"{copied} files copied to {out}, {there} were there")


@log.command()
@click.option("--site", required=True, type=DIR, metavar="SITE_DIR", help="The site whose `log.keep` and attributes count.")
@DRY
@CLOUDFLARE
@CONFIG
@NAMES
@STATE
@JSON
def expire(site: Path, dry_run: bool, cloudflare: bool, config: Path, names: Path | None, state: Path | None, as_json: bool) -> None:
    """Remove the days of the log that are older than `log.keep`, and blank values that may be kept for less.

    A value of an attribute whose `keep` is shorter than the log's becomes null in the rows of days that are older than that, and
    so does what a form told for such an attribute. Call it once a day. Exit 1 where a file could not be written.

    \b
    Examples:
      tessera log expire --site rulesets/store
      tessera log expire --site rulesets/store --dry-run
      tessera log expire --site rulesets/store --cloudflare --names names.txt
    """
    from compiler.expiry import expire_log
    from compiler.retention import plan
    from host.tools import HostError

    program = compiled(site, quiet=True).program
    say = (lambda line: None) if as_json else click.echo
    try:
        with bucket("LOG", cloudflare, config, names, state) as (store, _):
            due = plan(store.names(), program, time.time())
            done = expire_log(store, due, say, dry_run)
    except HostError as error:
        fail(str(error))
    told(done, "files", "blanked", as_json, dry_run, foreign=list(due.foreign))


def told(done, what: str, rewritten: str, as_json: bool, dry_run: bool, **more) -> None:
    """Say how it went, and end with 1 where something was left."""
    if as_json:
        emit_json({"looked": done.looked, "removed": done.removed, "rewritten": done.rewritten, "left": list(done.left), "dry_run": dry_run, **more})
    else:
        for name in done.left:
            click.echo(f"tessera: {name} was left as it is: it cannot be read, or is written to all the time", err=True)
        click.echo(f"{done.removed} {what} removed, {done.rewritten} {rewritten}{' (not done: --dry-run)' if dry_run else ''}")
    sys.exit(1 if done.left else 0)
