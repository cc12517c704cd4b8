"""What the commands share: their common arguments, how they print and fail, how they compile a site and open a bundle."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NoReturn

import click

SITE = click.argument("site", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="SITE_DIR")
DECIDED = click.argument("source", type=click.Path(exists=True, path_type=Path), metavar="SITE_OR_BUNDLE")
BUNDLE = click.argument("bundle", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="BUNDLE")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
STATE = click.option("--state", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Folder of local keys and stores (default: .tessera).")


def fail(message: str, code: int = 1) -> NoReturn:
    """End with one clear line on standard error."""
    click.echo(f"tessera: {message}", err=True)
    sys.exit(code)


def emit_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def moment_of(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """Epoch seconds of an ISO 8601 time; without a zone it is UTC."""
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no time; write 2026-11-24 or 2026-11-24T15:30:00+01:00.") from error
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp()


class Group(click.Group):
    """Keeps the commands in the order of a day's work, and each command's examples as they are written."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def compiled(site: Path, *, quiet: bool = False, judged: Callable[[Any], Any] | None = None):
    """The compiled site; prints every message (`judged` may add some), and ends with 1 where it is rejected."""
    from compiler.diagnostics import Rejected
    from compiler.pipeline import compile_site

    try:
        result = compile_site(site)
    except Rejected as rejected:
        click.echo(rejected.diagnostics.render(), err=True)
        click.echo(f"\n{count(rejected.diagnostics)}", err=True)
        sys.exit(1)
    if judged is not None:
        judged(result)
    if result.diagnostics.items and not quiet:
        click.echo(result.diagnostics.render() + "\n", err=True)
    return result


def count(diagnostics) -> str:
    errors = sum(item.severity == "error" for item in diagnostics.items)
    warnings = len(diagnostics.items) - errors
    told = [f"{n} {word}{'s' if n != 1 else ''}" for n, word in ((errors, "error"), (warnings, "warning")) if n]
    return ", ".join(told) or "no errors"


def diagnostic(item) -> dict[str, Any]:
    place = {"file": item.place.file, "line": item.place.line, "column": item.place.column, "length": item.place.length}
    return {"code": item.code, "severity": item.severity, "message": item.message, **place, "fix": item.fix}


def opened(path: Path, keys: tuple[str, ...] = ()):
    """A bundle file, verified and loaded, or a site's folder, compiled; ends with 1 and one line where it is refused."""
    from compiler.sign import KeyFileError, public_keys, verify
    from tessera.bundle import BundleError, load, unseal

    if path.is_dir():
        if keys:
            fail(f"{path}: --key verifies a bundle, and this is a folder; build and sign it first")
        return load(unseal(compiled(path, quiet=True).bundle))
    try:
        sealed = unseal(path.read_bytes())
        if keys:
            verify(sealed, {k: v for file in keys for k, v in public_keys(Path(file).read_text(errors="replace")).items()})
        return load(sealed)
    except (BundleError, KeyFileError) as error:
        fail(f"{path}: {error}")
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
