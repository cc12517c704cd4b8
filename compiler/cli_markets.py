"""`tessera markets`: how far each market of a site is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from compiler.terminal import JSON, SITE, compiled, emit_json

HEAD = ("market", "language", "currency", "copy", "prices", "item texts", "calendar", "rollout")


@click.command()
@SITE
@click.option("--missing", is_flag=True, help="Also list the texts that are missing, with their places.")
@JSON
def markets(site: Path, missing: bool, as_json: bool) -> None:
    """How much of its copy, prices and calendar each market has, in the order of the rollout, and which is next.

    Copy counts the texts that visitors read, in the market's language; prices and item texts the cells of the catalogue in the
    market's own columns. `tessera audit` tells the same as findings with their places.

    \b
    Examples:
      tessera markets my-site
      tessera markets my-site --missing
      tessera markets my-site --json
    """
    from compiler.localisation import standings

    found = standings(compiled(site, quiet=True).ruleset)
    if as_json:
        emit_json([_plain(one) for one in found])
        return
    if not found:
        click.echo(f"{site}: no markets; declare some in site.yaml, under `markets:`")
        return
    rows = [HEAD, *map(_cells, found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    for one in found if missing else ():
        for text in one.missing:
            click.echo(f"{text.place.file}:{text.place.line}:{text.place.column}: {text.about} is missing in {one.market.language} ({one.market.name})")


def _cells(one: Any) -> tuple[str, ...]:
    """A market's row of the table."""
    copy = _told(one.copy_share, f"{one.texts - len(one.missing)}/{one.texts}") if one.texts else "-"
    prices = _told(one.price_share) if one.prices else "-"
    names = _told(one.name_share) if one.names else "-"
    calendar = "missing" if one.days is None else f"{one.market.calendar} ({len(one.days)} days)" if one.market.calendar else "-"
    state = f"waits for {', '.join(one.waits_for)}" if one.waits_for and not one.is_complete else one.state
    return (one.market.name, one.market.language or "-", one.market.currency or "-", copy, prices, names, calendar, state)


def _told(share: float, counted: str = "") -> str:
    """A share that is 100% only where nothing is missing."""
    text = "100%" if share == 1 else f"{min(share, 0.999):.1%}"
    return f"{text} ({counted})" if counted else text


def _plain(one: Any) -> dict[str, Any]:
    return {
        "market": one.market.name,
        "language": one.market.language,
        "currency": one.market.currency,
        "after": list(one.market.after),
        "texts": one.texts,
        "copy": round(one.copy_share, 6),
        "prices": round(one.price_share, 6) if one.prices else None,
        "item_texts": round(one.name_share, 6) if one.names else None,
        "calendar": one.market.calendar,
        "days": len(one.days) if one.days is not None else None,
        "ready": one.is_complete,
        "rollout": one.state,
        "waits_for": list(one.waits_for),
        "missing": [{"text": text.about, "file": text.place.file, "line": text.place.line, "column": text.place.column} for text in one.missing],
    }
