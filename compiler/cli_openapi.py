"""`tessera openapi`."""

from __future__ import annotations

from pathlib import Path

import click

from compiler.terminal import fail


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it there instead of printing it.")
def openapi(out: Path | None) -> None:
    """Print the OpenAPI document of the HTTP API.

    \b
    Examples:
      tessera openapi
      tessera openapi --out openapi.json
    """
    from compiler.files import write_atomically
    from compiler.openapi import text

    if out is None:
        click.echo(text(), nl=False)
        return
    try:
        write_atomically(out, text().encode())
    except OSError as error:
        fail(f"{out}: {error.strerror}")
    click.echo(f"wrote {out}")
