"""`tessera profiles load`: pre-computed attributes and aliases go into the profile store in bulk."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click

from compiler.profile_options import CLOUDFLARE, CONFIG, DIR, FILE, LEAST_TTL, store_of
from compiler.terminal import JSON, STATE, compiled, emit_json, fail

MOST_TOLD = 50  # refused rows that are printed; all are counted


@click.command()
@click.argument("file", required=False, type=FILE, metavar="[FILE]")
@click.option("--site", required=True, type=DIR, metavar="SITE_DIR", help="The site whose attributes these are.")
@click.option("--id", "id_", metavar="COLUMN", help="The column of the visitor's id (default: visitor, id, unit or user_id).")
@click.option("--ignore", multiple=True, metavar="COLUMN", help="Leave a column out (may be repeated).")
@click.option("--aliases", type=FILE, metavar="FILE", help='Load aliases too: rows {"account": …, "visitors": [ids]}.')
@click.option("--ttl", metavar="DURATION", help="How long the store keeps it (default: the longest `keep` of the site's attributes).")
@click.option("--strict", is_flag=True, help="Look at all rows first, and store nothing where one is wrong.")
@click.option("--dry-run", is_flag=True, help="Look at all rows, and store nothing.")
@click.option("--restart", is_flag=True, help="Begin anew where a load was interrupted.")
@CLOUDFLARE
@CONFIG
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write files for `wrangler kv bulk put` in place of storing.")
@STATE
@JSON
def load(
    file: Path | None, site: Path, id_: str | None, ignore: tuple[str, ...], aliases: Path | None, ttl: str | None, strict: bool, dry_run: bool,
    restart: bool, cloudflare: bool, config: Path, out: Path | None, state: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Store pre-computed attributes of visitors: a file of rows, as a feature store or a CDP writes them.

    FILE is Parquet, NDJSON (also .ndjson.gz) or CSV. Its columns are the site's attributes, by full or bare name, or in structs
    `visitor` and `account`. A row that is wrong anywhere is refused whole, with its place and the reason; the others are stored,
    and the exit code is 1. A load that was interrupted goes on where it stood when it is called again.

    \b
    Examples:
      tessera profiles load features.parquet --site rulesets/store
      tessera profiles load crm.csv --site rulesets/store --id customer --ignore segment --strict
      tessera profiles load features.ndjson.gz --site rulesets/store --cloudflare
      tessera profiles load --aliases aliases.ndjson --site rulesets/store
    """
    from compiler.profile_load import LoadError
    from compiler.row_files import RowFileError
    from host.tools import HostError

    if file is None and aliases is None:
        fail("name a FILE of attributes, or --aliases FILE", 2)
    if cloudflare and out is not None:
        fail("--cloudflare and --out are two targets; choose one", 2)
    seconds = _span(ttl)
    compiled_site = compiled(site, quiet=True)
    loads = [(path, kind) for path, kind in ((file, "facts"), (aliases, "alias")) if path is not None]
    told = []
    with ExitStack() as stack:
        try:
            store = None if dry_run else stack.enter_context(store_of(cloudflare, config, out, state))
            target = str(out.resolve()) if out else "cloudflare" if cloudflare else "local"
            for path, kind in loads:
                one = _Load(path, kind, compiled_site, id_, frozenset(ignore), seconds, target, as_json)
                told.append(one.run(store, strict=strict, restart=restart))
        except (RowFileError, LoadError, HostError) as error:
            fail(f"{error}{_go_on(loads)}")
        except OSError as error:
            fail(f"{error.filename}: {error.strerror}{_go_on(loads)}")
    if as_json:
        emit_json(told)
    sys.exit(1 if any(one["refused"] for one in told) else 0)


def _go_on(loads: list) -> str:
    from compiler.profile_load import state_of

    return "; what was stored stays, and the same command goes on from there" if any(state_of(path).exists() for path, _ in loads) else ""


class _Load:
    """One file's load, and what is said of it."""

    def __init__(self, path: Path, kind: str, site, id_: str | None, ignored: frozenset[str], ttl: int | None, target: str, as_json: bool) -> None:
        from compiler.register import longest_keep

        self.path, self.kind, self.site, self.as_json = path, kind, site, as_json
        self.id, self.ignored, self.target = id_, ignored, target
        self.ttl = ttl or max(LEAST_TTL, longest_keep(site.program))
        self.told: list[dict[str, Any]] = []
        self.count = 0

    def run(self, store, *, strict: bool, restart: bool) -> dict[str, Any]:
        """Load the file, or only look at it where there is no store; what came of it."""
        from compiler import profile_load
        from compiler.row_files import open_rows

        source = open_rows(self.path)
        self.unit = source.unit
        fresh = profile_load.Progress(profile_load.digest_of(self.path), self._settings(), time.time())
        progress = fresh if restart or store is None else profile_load.resumed(self.path, fresh)
        maker = self._maker(source, progress.started)
        problems = maker.columns(source.columns, source.structs) if source.columns is not None else []
        if problems:
            for problem in problems:
                click.echo(f"{self.path}: {problem}", err=True)
            raise profile_load.LoadError(f"{self.path}: nothing was stored")
        began = time.monotonic()
        if progress.row and not self.as_json:
            click.echo(f"{self.path}: goes on after {self.unit} {progress.row}", err=True)
        if store is None or strict:
            with self._bar(source, "checking") as moved:
                good, bad = profile_load.check(source, maker, progress.row, tell=self._tell, moved=moved)
            if store is None or bad:
                return self._done(good if store is None else 0, bad, progress.row, began, "none" if store is None else "strict")
        with self._bar(source, "loading") as moved:
            done = profile_load.run(source, maker, store, progress, self.ttl, tell=self._tell, moved=moved)
        return self._done(done.loaded, done.refused, progress.row, began, "stored")

    def _maker(self, source, at: float):
        from compiler.fact_rows import Aliases, Facts

        if self.kind == "alias":
            return Aliases(self.site.program.site)
        bundle = self._bundle()
        return Facts(bundle.site, bundle.attributes, self.id, self.ignored, source.written, at, _gate(bundle, at))

    def _bundle(self):
        from tessera.bundle import load as loaded
        from tessera.bundle import unseal

        return loaded(unseal(self.site.bundle))

    def _settings(self) -> str:
        from compiler.profile_load import settings_of

        program = self.site.program
        return settings_of(self.kind, program.site, program.attributes, self.id, sorted(self.ignored), self.ttl, self.target)

    @contextmanager
    def _bar(self, source, label: str):
        """A bar on standard error, where somebody looks at it."""
        hidden = self.as_json or not sys.stderr.isatty()
        with click.progressbar(length=source.size, label=f"{label} {self.path.name}", file=sys.stderr, hidden=hidden) as bar:
            yield lambda position: bar.update(max(0, position - bar.pos))

    def _tell(self, refused) -> None:
        self.count += 1
        if self.count > MOST_TOLD:
            return
        for problem in refused.problems:
            self.told.append({"file": str(self.path), self.unit: refused.number, **problem._asdict()})
            if not self.as_json:
                click.echo(f"{self.path}:{refused.number}: {problem}", err=True)

    def _done(self, loaded: int, refused: int, after: int, began: float, what: str) -> dict[str, Any]:
        seconds = time.monotonic() - began
        if not self.as_json:
            if self.count > MOST_TOLD:
                click.echo(f"… and {self.count - MOST_TOLD:,} more refused rows", err=True)
            words = {"stored": "stored", "none": "good, nothing was stored (--dry-run)", "strict": "stored, because rows are wrong (--strict)"}[what]
            click.echo(f"{self.path}: {loaded:,} rows {words}, {refused:,} refused, {seconds:.1f} s")
        return {
            "file": str(self.path), "kind": self.kind, "loaded": loaded, "refused": refused, "after": after, "ttl": self.ttl,
            "target": self.target if what == "stored" else None, "seconds": round(seconds, 3), "problems": self.told,
        }  # fmt: skip


def _gate(bundle, at: float):
    """What makes a profile impossible, as the edge's own gate says."""
    from tessera.quality import problems

    return lambda document: problems(bundle, document, at=at)


def _span(text: str | None) -> int | None:
    """Seconds of `30d`; ends with 2 for what is no such time."""
    from tessera.types import parse_duration

    if text is None:
        return None
    seconds = parse_duration(text)
    if seconds is None or seconds < LEAST_TTL:
        fail(f"--ttl {text}: write a time of a minute or more, such as 30d", 2)
    return int(seconds)
