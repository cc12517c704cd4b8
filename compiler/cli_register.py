"""`tessera register`: what a site keeps of its visitors, what for, for how long, and what ends it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import click

from compiler.terminal import SITE, compiled, fail


@click.command()
@SITE
@click.option("--json", "format_", flag_value="json", help="As JSON.")
@click.option("--csv", "format_", flag_value="csv", help="As CSV.")
@click.option("--markdown", "format_", flag_value="markdown", default=True, help="As a document (unless another is named).")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it there.")
def register(site: Path, format_: str, out: Path | None) -> None:
    """Write the register of processing: every attribute, field, cookie, rule and experiment with its purpose, store and period.

    \b
    Examples:
      tessera register rulesets/store --out register.md
      tessera register rulesets/store --csv --out register.csv
      tessera register rulesets/store --json | jq '.[] | select(.sensitive)'
    """
    from compiler.files import write_atomically

    text = written(compiled(site, quiet=True), format_)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        write_atomically(out, text.encode())
    except OSError as error:
        fail(f"{out}: {error.strerror}")


def written(site, format_: str) -> str:
    """The register of a compiled site as `markdown`, `csv` or `json`."""
    from compiler.register import csv_lines, markdown, rows

    found = rows(site)
    if format_ == "json":
        return json.dumps([row.plain() for row in found], ensure_ascii=False, indent=2) + "\n"
    if format_ == "csv":
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(csv_lines(found))
        return text.getvalue()
    return markdown(site.program.site, found)
