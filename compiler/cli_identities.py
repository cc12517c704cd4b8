"""`tessera identities`: files of records or visitors → a table that says which of them are one person."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from compiler.terminal import JSON, emit_json, fail

STRONG = ("account", "email", "phone", "national_id")  # as learn.identity_kinds has it, which is not loaded for --help
HOW = (("exact", "by an identifier"), ("probable", "by what is similar"), ("alone", "on their own"))


def _told(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """--column kind=COLUMN, given several times."""
    told = {}
    for value in values:
        kind, equals, column = value.partition("=")
        if not equals or not column:
            raise click.BadParameter(f"{value!r} is not KIND=COLUMN, such as email=mail.")
        told[kind] = column
    return told


def _exact(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    kinds = tuple(kind.strip() for kind in value.split(",") if kind.strip() and value != "none")
    for kind in kinds:
        if kind not in STRONG:
            raise click.BadParameter(f"{kind!r} is not one of {', '.join(STRONG)}; or `none`.")
    return kinds


def _pattern(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    try:
        if value is not None and re.compile(value).groups < 1:
            raise click.BadParameter("the pattern needs a group in brackets, which is the person: 'rec-(\\d+)-'.")
    except re.error as error:
        raise click.BadParameter(f"{value!r} is not a pattern: {error}.") from error
    return value


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE...")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="What to write: .ndjson, .csv or .parquet.")
@click.option("--by", type=click.Choice(["record", "account"]), default="record", show_default=True, help="A row for each record, or for each account with its visitors.")
@click.option("--id", "id_", metavar="COLUMN", help="The column that names a record (default: one called unique_id, id, rec_id, visitor, …).")
@click.option("--same-ids", is_flag=True, help="An id means the same in all files.")
@click.option("--column", "columns", multiple=True, callback=_told, metavar="KIND=COLUMN", help="What a column is, where its name does not say it: email=mail.")
@click.option("--exact", default=",".join(STRONG), show_default=True, callback=_exact, metavar="KINDS", help="Identifiers that link where they agree; `none`: not any.")
@click.option("--most", type=click.IntRange(2), default=50, show_default=True, help="An identifier that more ids than this have names nobody.")
@click.option("--threshold", type=click.FloatRange(0.01, 1), default=0.5, show_default=True, help="From which probability on two are one person.")
@click.option("--link-only", is_flag=True, help="Link between the files only, not within one.")
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True, help="What scores the pairs.")
@click.option("--master", default="local[2]", show_default=True, metavar="URL", help="Where Spark runs.")
@click.option("--truth", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE", help="A CSV of id and person, to measure by.")
@click.option("--truth-column", metavar="COLUMN", help="The same as a column of the files.")
@click.option("--truth-pattern", callback=_pattern, metavar="REGEX", help="The same as a part of the id, in brackets.")
@JSON
def identities(
    files: tuple[Path, ...], out: Path, by: str, id_: str | None, same_ids: bool, columns: dict[str, str], exact: tuple[str, ...], most: int,
    threshold: float, link_only: bool, engine: str, master: str, truth: Path | None, truth_column: str | None, truth_pattern: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Find out which records are one person, and write it as a table. FILE is .csv, .tsv, .ndjson (or these .gz) or .parquet.

    Identifiers that agree link records for certain; names, dates of birth and addresses make links probable, with weights that
    are learned from the files themselves. Nothing is written where anything is wrong.

    Exit 0: written. 1: a file cannot be used, or nothing can be written. 2: an option is wrong.

    \b
    Examples:
      tessera identities crm.csv --out aliases.ndjson
      tessera identities crm.csv events.ndjson --by account --out accounts.ndjson
      tessera identities a.csv b.csv --link-only --truth-pattern 'rec-(\\d+)-' --out aliases.parquet
      tessera identities crm.csv --column email=mail --exact email --threshold 0.9 --out aliases.csv --json
    """
    try:
        from learn.identity_files import WRITTEN, BadFile, Wanted
        from learn.identity_kinds import NAMES
        from learn.identity_links import Asked, resolve
        from learn.engines import NoSpark

        import splink  # noqa: F401  what is missing is said before anything is read
    except ImportError as error:
        fail(f"this command needs {error.name}: pip install 'tessera-edge[learn]'")
    if out.suffix not in WRITTEN:
        fail(f"{out}: the name tells the format: {', '.join(WRITTEN)}", 2)
    if not out.parent.is_dir():
        fail(f"{out}: there is no folder {out.parent}; make it first")
    if link_only and len(files) < 2:
        fail("--link-only links between files: name two or more", 2)
    if sum(each is not None for each in (truth, truth_column, truth_pattern)) > 1:
        fail("the truth comes from one place: --truth, --truth-column or --truth-pattern", 2)
    for kind in columns:
        if kind not in NAMES:
            fail(f"--column {kind}={columns[kind]}: the kinds are {', '.join(NAMES)}", 2)
    wanted = Wanted(id_, columns, truth_column, same_ids, most)
    asked = Asked(files, out, wanted, exact, threshold, link_only, by == "account", engine, master, truth, truth_pattern)
    try:
        with _progress() as tell:
            outcome = resolve(asked, tell)
    except (BadFile, NoSpark) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or out}: {error.strerror or error}")
    report = _report(asked, outcome)
    emit_json(report) if as_json else _say(report)


@contextmanager
def _progress() -> Iterator[Any]:
    """A bar on standard error, where that is a terminal."""
    from learn.identity_links import STEPS

    if not sys.stderr.isatty():
        yield lambda step: None
        return
    with click.progressbar(length=STEPS, file=sys.stderr, label="identities", show_eta=False, item_show_func=lambda step: step or "") as bar:
        yield lambda step: bar.update(1 if bar.pos < STEPS - 1 else 0, step)
        bar.update(STEPS - bar.pos, "done")


def _report(asked: Any, outcome: Any) -> dict[str, Any]:
    measure = outcome.measure
    measured = {} if measure is None else {
        "truth": {"pairs": measure.true, "found": measure.said, "precision": measure.precision, "recall": measure.recall, "f1": measure.f1}
    }  # fmt: skip
    return {
        "file": str(asked.out), "rows": outcome.loaded.rows, "ids": outcome.loaded.ids, "persons": outcome.groups,
        **{how: outcome.count(how) for how, _ in HOW}, "engine": asked.engine, "threshold": asked.threshold,
        "files": [{"file": str(f.path), "id": f.id, "columns": dict(f.columns), "unused": list(f.unused)} for f in outcome.loaded.files],
        "notes": list(outcome.notes), **measured,
    }  # fmt: skip


def _say(report: dict[str, Any]) -> None:
    for file in report["files"]:
        said = ", ".join(f"{kind} ({column})" if kind != column else kind for kind, column in file["columns"].items())
        unused = f"; unused: {', '.join(file['unused'])}" if file["unused"] else ""
        click.echo(f"{file['file']}: id {file['id']}; {said or 'nothing else'}{unused}")
    for note in report["notes"]:
        click.echo(f"note: {note}")
    parts = ", ".join(f"{report[how]:,} {words}" for how, words in HOW)
    click.echo(f"{report['ids']:,} ids are {report['persons']:,} persons ({parts})")
    if "truth" in report:
        truth = report["truth"]
        click.echo(f"of {truth['pairs']:,} true pairs: precision {truth['precision']:.4f}, recall {truth['recall']:.4f}, F1 {truth['f1']:.4f}")
    click.echo(f"wrote {report['file']}")
