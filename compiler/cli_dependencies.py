"""`tessera dependencies`: what needs what, and what breaks if something goes."""

from __future__ import annotations

import json
from pathlib import Path

import click

from compiler.terminal import SITE, compiled, fail


@click.command()
@SITE
@click.option("--format", "format_", type=click.Choice(["text", "json", "svg"]), default="text", show_default=True, help="Sentences, a graph as JSON, or a picture.")
@click.option("--of", "of", metavar="NAME", help="Only what this needs, and what breaks if it goes: visitor.cart_value, segment.lapsed, rule.hero.abm, event.purchase…")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write to a file in place of the terminal.")
def dependencies(site: Path, format_: str, of: str | None, out: Path | None) -> None:
    """Show which rule needs which attribute, model, source, segment, list, content, experiment and campaign.

    \b
    Examples:
      tessera dependencies rulesets/store
      tessera dependencies rulesets/store --of visitor.cart_value
      tessera dependencies rulesets/store --format svg --out store.svg
      tessera dependencies rulesets/store --format json
    """
    from compiler.dependencies import Unknown, named
    from compiler.dependency_edges import graph
    from compiler.files import write_atomically

    whole = graph(compiled(site, quiet=True).ruleset)
    try:
        id_ = None if of is None else named(whole, of)
    except Unknown as error:
        fail(str(error))
    told = written(whole, id_, format_)
    if out is None:
        click.echo(told, nl=False)
        return
    try:
        write_atomically(out, told.encode())
    except OSError as error:
        fail(f"{out}: {error.strerror}")


def written(whole, id_: str | None, format_: str) -> str:
    """The dependencies, or those of one thing, as `text`, `json` or `svg`."""
    from compiler.dependencies import text, text_of
    from compiler.dependency_svg import svg

    if format_ == "svg":
        part = (whole if id_ is None else whole.around(id_)).joined()
        return svg(part, id_ if id_ in part.nodes else None)
    if format_ == "json":
        told = whole.plain() if id_ is None else {"of": id_, "needs": list(whole.below(id_)), "needed_by": list(whole.above(id_)), **whole.around(id_).plain()}
        return json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    return text(whole) if id_ is None else text_of(whole, id_)
