"""`tessera import`: another tool's file of flags and experiments → a site, with a list of what has no counterpart."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from compiler.terminal import JSON, count, diagnostic, emit_json, fail

TOOLS = ("growthbook", "unleash", "flagd", "optimizely", "eppo")
LEFT_OUT = "write it by hand, or change it in the tool and import again"


@click.command(name="import")
@click.argument("tool", type=click.Choice(TOOLS))
@click.argument("file", metavar="FILE")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="SITE_DIR", help="The folder to write the site to.")
@click.option("--force", is_flag=True, help="Write into a folder that has something in it; files of the same names are replaced.")
@click.option("--fractional", type=click.IntRange(1, 3), metavar="1|2|3", help="flagd alone: the version of `fractional` that the file is written for (2).")
@JSON
def import_(tool: str, file: str, out: Path, force: bool, fractional: int | None, as_json: bool) -> None:
    """Take over another tool's flags and experiments as a site. FILE is its JSON (`-`: standard input); buckets are kept.

    Exit 0: everything was taken over. 2: so was all but what is listed. 1: nothing was, or the site does not pass the check.

    \b
    Examples:
      tessera import growthbook features.json --out my-flags
      curl -s https://cdn.example.com/datafile.json | tessera import optimizely - --out my-flags
      tessera decide my-flags --context '{"id": "u1"}'
    """
    from compiler.files import write_atomically
    from compiler.frontends.site import ImportRefused
    from compiler.frontends.write import write

    if fractional and tool != "flagd":
        raise click.UsageError("--fractional goes with flagd.")
    shown = "standard input" if file == "-" else file
    text = _text(file, shown)
    try:
        site = import_module(f"compiler.frontends.{tool}").read(text, **({"fractional": fractional} if fractional else {}))
    except ImportRefused as error:
        place = f":{error.line}:{error.column}" if error.line else ""
        fail(f"{shown}{place}: {error}; nothing was written")
    files = write(site)
    try:
        if out.is_dir() and any(out.iterdir()) and not force:
            fail(f"{out}: this folder is not empty; choose another, or replace what is in it with --force")
        older = _older(out, files)
        for name, content in files.items():
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content.encode("utf-8"))
    except OSError as error:
        fail(f"{error.filename or out}: {error.strerror}")
    diagnostics = _checked(out)
    report = {
        "site": str(out),
        **{kind: len(getattr(site, kind)) for kind in ("flags", "experiments", "segments", "attributes")},
        "files": list(files),
        "older": older,
        "unsupported": [{"file": shown, "where": one.where, "what": one.what, "fix": one.fix or LEFT_OUT} for one in site.unsupported],
        "problems": [diagnostic(item) for item in diagnostics.items],
    }
    if as_json:
        emit_json(report)
    else:
        _told(report, out, diagnostics)
    sys.exit(1 if diagnostics.failed else 2 if site.unsupported else 0)


def _text(file: str, shown: str) -> str:
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        fail(f"{shown}:{line}:{column}: not UTF-8; nothing was written")
    except OSError as error:
        fail(f"{shown}: {error.strerror}; nothing was written")


def _older(out: Path, files: dict[str, str]) -> list[str]:
    """The slots, experiments and segments that are in the folder and not among the files to be written."""
    found = [path.relative_to(out).as_posix() for kind in ("slots", "experiments") for path in sorted((out / kind).glob("*.yaml"))]
    return [name for name in [*found, *(["segments.yaml"] if (out / "segments.yaml").exists() else [])] if name not in files]


def _checked(out: Path):
    from compiler.diagnostics import Rejected
    from compiler.pipeline import compile_site

    try:
        return compile_site(out).diagnostics
    except Rejected as rejected:
        return rejected.diagnostics


def _told(report: dict[str, Any], out: Path, diagnostics) -> None:
    counts = ", ".join(f"{report[kind]} {kind if report[kind] != 1 else kind[:-1]}" for kind in ("flags", "experiments", "segments", "attributes"))
    click.echo(f"wrote {out}: {counts}")
    for name in report["older"]:
        click.echo(f"kept {out / name}, which {report['site']} had before: remove it if it is no longer wanted")
    if diagnostics.items:
        click.echo(diagnostics.render() + "\n")
    click.echo(f"{out}: {count(diagnostics)}")
    if report["unsupported"]:
        click.echo(f"\nnot taken over: {len(report['unsupported'])}")
    for one in report["unsupported"]:
        click.echo(f"{one['file']}: {one['where']}: {one['what']}\n  fix: {one['fix']}")
