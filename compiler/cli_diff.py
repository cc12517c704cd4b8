"""`tessera diff`: which visitors would see something else, and why."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from compiler.release_options import share_of
from compiler.terminal import emit_json, fail, opened

OVER = 3  # the exit code where more visitors than allowed see something else
FORMATS = ("text", "json", "markdown", "html")
COUNT = 20_000
STEP = 500  # visitors between two looks of the progress bar


def _source(name: str):
    return click.argument(name, type=click.Path(exists=True, path_type=Path), metavar=name.upper())


@click.command()
@_source("old")
@_source("new")
@click.option("--visitors", type=click.Path(path_type=Path), metavar="FILE", help="Visitors as a JSON list or one a line, as --visitor takes them; or rows of the decision log.")
@click.option("--log", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER", help="The decision log: a visitor for each page view below decisions/date=….")
@click.option("--sample", type=click.IntRange(1, 10_000_000), metavar="N", help=f"So many visitors made up from what the site asks (default: {COUNT:,}).")
@click.option("--seed", type=int, default=0, show_default=True, help="Of --sample: the same seed makes the same visitors.")
@click.option("--at", metavar="TIME", help="Of --sample: the beginning of the week of the visits (default: today).")
@click.option("--distributions", type=click.Path(path_type=Path), metavar="FILE", help="Of --sample: how often which value occurs, as YAML.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="What is written.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write to a file, not to the terminal.")
@click.option("--examples", type=click.IntRange(0, 100), default=5, show_default=True, metavar="N", help="So many visitors are told of.")
@click.option("--fail-over", callback=share_of, metavar="SHARE", help=f"Exit {OVER} where more visitors see something else, such as 10%.")
def diff(
    old: Path,
    new: Path,
    visitors: Path | None,
    log: Path | None,
    sample: int | None,
    seed: int,
    at: str | None,
    distributions: Path | None,
    form: str,
    out: Path | None,
    examples: int,
    fail_over: float | None,
) -> None:
    """Say what changes for visitors between two releases of a site, each a bundle or a site's folder.

    Exit 0; 1 where something cannot be read; 3 with --fail-over.

    \b
    Examples:
      tessera diff live.tessera rulesets/store
      tessera diff live.tessera next.tessera --log tessera-log --format markdown
      tessera diff live.tessera next.tessera --format html --out diff.html --fail-over 10%
    """
    if sum(given is not None for given in (visitors, log, sample)) > 1:
        raise click.UsageError("Give one of --visitors, --log and --sample.")

    from compiler.diff import Plan, compare
    from compiler.diff.distributions import DistributionError
    from compiler.visitors import VisitorError

    plan = Plan(opened(old), opened(new))
    try:
        crowd, total, told = _crowd(plan, visitors, log, COUNT if sample is None else sample, seed, at, distributions)
        report = compare(plan.old, plan.new, _watched(crowd, total), sample=told, examples=examples, ids=log is None, plan=plan)
    except (VisitorError, DistributionError) as error:
        fail(str(error))
    _write(report, form, out)
    if fail_over is not None and report.share > fail_over:
        click.echo(f"tessera: {100 * report.share:.4g} % of visitors see something else, more than {100 * fail_over:g} %", err=True)
        sys.exit(OVER)


def _crowd(plan, visitors: Path | None, log: Path | None, count: int, seed: int, at: str | None, distributions: Path | None):
    """The visitors, how many there are where that is known, and how they were come by."""
    from compiler.contexts import moment
    from compiler.diff.distributions import CONSENT, read
    from compiler.diff.given import from_file, from_log
    from compiler.diff.sample import Sample

    if (visitors or log) and (distributions or at):
        raise click.UsageError("--at and --distributions go with --sample.")
    if visitors is not None:
        return from_file(plan, visitors), None, "visitors of a file"
    if log is not None:
        return from_log(plan, log), None, "page views of the decision log"
    known = {a.name for bundle in (plan.old, plan.new) for a in bundle.reads} - {CONSENT}
    weights = {} if distributions is None else read(distributions, known)
    told = f"{count:,} visitors made up from what the site asks (seed {seed}{', weights from a file' if weights else ''})"
    return Sample(plan, count, seed, weights, None if at is None else moment(at)), count, told


def _watched(crowd: Iterable, total: int | None) -> Iterable:
    """The same with a progress bar, where somebody is looking."""
    if not sys.stderr.isatty():
        yield from crowd
        return
    with click.progressbar(length=total, label="visitors", file=sys.stderr, show_pos=total is None) as bar:
        number = 0
        for number, visitor in enumerate(crowd, 1):
            if number % STEP == 0:
                bar.update(STEP)
            yield visitor
        bar.update(number % STEP)


def _write(report, form: str, out: Path | None) -> None:
    from compiler.diff import as_json, markdown

    if form == "json" and out is None:
        emit_json(as_json(report))
        return
    if form == "json":
        import json

        text = json.dumps(as_json(report), ensure_ascii=False, indent=2) + "\n"
    elif form == "markdown":
        text = markdown(report)
    elif form == "html":
        from compiler.diff.page import page

        text = page(report)
    else:
        from compiler.diff.text import text as for_terminal

        text = for_terminal(report) + "\n"
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"{out}: cannot be written ({error.strerror})")
