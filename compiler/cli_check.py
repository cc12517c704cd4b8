"""`tessera check`: what is wrong with a site's files and, with --live, with its pages as their origin answers them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from compiler.cli_models import reported, say_models
from compiler.terminal import JSON, SITE, count, diagnostic, emit_json, fail


@click.command()
@SITE
@click.option("--live", "origin", metavar="URL", help="Look at the site's pages at their origin too.")
@click.option("--page", "pages", multiple=True, metavar="NAME=/PATH", help="With --live: an address of a page; may be given several times.")
@click.option("--models", is_flag=True, help="Tell how much of each model's ranking is left when it is quantized.")
@click.option("--against", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="BUNDLE", help="Warn of models and items that changed much since this bundle.")
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
@JSON
def check(site: Path, origin: str | None, pages: tuple[str, ...], models: bool, against: Path | None, strict: bool, as_json: bool) -> None:
    """Report everything that is wrong with a site, all at once; exit 1 where anything is.

    With --live the pages are fetched from their origin (not from Tessera) and planned as the edge does it: selectors that
    match nothing or nothing that can be filled, pages that would stay as they are, and headers that keep pages from being
    kept. Pages whose pattern has parameters are looked at where a scenario or --page names an address.

    With --models and --json an object is printed: `messages`, and `models` with the figures.

    \b
    Examples:
      tessera check rulesets/store
      tessera check rulesets/store --json | jq '.[].message'
      tessera check rulesets/store --models --against store.tessera
      tessera check my-site --live http://localhost:3000
      tessera check my-site --live https://origin.example.com --page product=/p/1 --page product=/p/2 --strict
    """
    from compiler.diagnostics import Rejected
    from compiler.pipeline import compile_site

    if pages and origin is None:
        fail("--page goes with --live URL", 2)
    about = f"{site}"
    told = []
    try:
        compiled = compile_site(site)
        diagnostics = compiled.diagnostics
        told = reported(compiled, models, against)
        if origin is not None:
            about += f": {_live(compiled, origin, pages)} looked at"
    except Rejected as rejected:
        diagnostics = rejected.diagnostics
    if as_json:
        messages = [diagnostic(item) for item in diagnostics.items]
        emit_json({"messages": messages, "models": told} if models else messages)
    else:
        if diagnostics.items:
            click.echo(diagnostics.render() + "\n")
        if models:
            say_models(told)
        click.echo(f"{about}: {count(diagnostics)}")
    sys.exit(1 if diagnostics.failed or (strict and diagnostics.items) else 0)


def _live(compiled, told: str, pages: tuple[str, ...]) -> str:
    """Look at the pages of an origin; what is wrong goes to the site's diagnostics. How many there were, in words."""
    from compiler import live
    from compiler.origins import OriginUnreachable, origin_of, reach
    from host.tools import HostError

    try:
        origin = origin_of(told)
        asked, unknown = live.addresses(compiled, _addresses(compiled, pages))
        reach(origin)
        seen = live.look(compiled, origin, asked, lambda done, address, one: click.echo(f"[{done}/{len(asked)}] {address.page} {address.path}: {_said(one)}", err=True))
    except (OriginUnreachable, HostError) as error:
        fail(str(error))
    live.judge(compiled, asked, seen, unknown)
    return f"{len(asked)} page{'s' if len(asked) != 1 else ''}"


def _addresses(compiled, pages: tuple[str, ...]):
    from compiler.live import Address

    known = compiled.ruleset.site.spec.pages
    for told in pages:
        name, _, path = told.partition("=")
        if not path.startswith("/"):
            fail(f"--page is written NAME=/path, such as product=/p/1; not '{told}'", 2)
        if name not in known:
            fail(f"--page {told}: the site has no page '{name}'; its pages are {', '.join(known)}", 2)
        yield Address(name, path)


def _said(seen) -> str:
    if seen.error:
        return seen.error
    return f"{seen.status}, {seen.size:,} bytes" if seen.size else f"{seen.status}"
