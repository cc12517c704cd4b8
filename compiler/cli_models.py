"""What `check` and `build` tell of a site's models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from compiler.terminal import fail


def reported(compiled: Any, models: bool, against: Path | None = None, beside: Path | None = None) -> list[dict[str, Any]]:
    """The rows of the report, where it is asked for.

    What changed much since a bundle before goes to the site's messages.

    Args:
        against: that bundle; ends the command where it cannot be read. beside: one that is compared with where there is one that can be.
    """
    before = against or (beside if beside is not None and beside.is_file() else None)
    if before is not None and compiled.program.models:
        from compiler.model_report import judge
        from tessera.bundle import BundleError

        try:
            judge(compiled, before.read_bytes())
        except (BundleError, OSError) as error:
            if against is not None:
                fail(f"{against}: {error}")
    if not models:
        return []
    from compiler.model_report import rows

    return rows(compiled.program)


def say_models(told: list[dict[str, Any]]) -> None:
    """Print the report, and what its columns are."""
    from compiler.model_report import text

    click.echo(text(told))
    if any("compared" in row for row in told):
        click.echo("overlap: the ten best shared with the exact ten; recall: the exact ten among the hundred best; Spearman, Kendall: rank correlation\n")
