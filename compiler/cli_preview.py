"""`tessera preview`: a link that shows certain variants or arms, for a while, to whoever opens it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Iterable, Sequence

import click

from compiler.terminal import DECIDED, STATE, fail, opened

LONGEST = 30 * 86_400  # seconds that a link may be good for


@click.command()
@DECIDED
@click.option("--arm", "arms", multiple=True, metavar="EXPERIMENT=ARM", help="An experiment's arm (may be repeated).")
@click.option("--variant", "variants", multiple=True, metavar="SLOT=VARIANT", help="A slot's variant, or `none` (may be repeated).")
@click.option("--for", "span", default="1h", show_default=True, metavar="DURATION", help="How long the link is good for, at most 30d.")
@click.option("--path", default="/", show_default=True, metavar="PATH", help="The page's path, with its query where it has one.")
@STATE
def preview(source: Path, arms: tuple[str, ...], variants: tuple[str, ...], span: str, path: str, state: Path | None) -> None:
    """Print a link to a page that shows these arms and variants; nothing that is seen by it counts.

    The link is signed with this machine's development key, so it is for `tessera dev` here.

    \b
    Examples:
      tessera preview rulesets/store --variant hero=win_back
      tessera preview rulesets/store --arm hero_headline=benefit --for 2d --path '/?utm_source=mail'
    """
    from compiler.local import local
    from tessera import identity
    from tessera.preview import MAX_TOKEN, PARAMETER, sign
    from tessera.types import parse_duration

    seconds = parse_duration(span)
    if seconds is None or not 1 <= seconds <= LONGEST:
        fail(f"--for {span}: write a duration of at most 30d, such as 90m, 8h or 2d", 2)
    if not path.startswith("/") or path.startswith("//") or "#" in path:
        fail(f"--path {path}: begin it with one slash, and leave a fragment (#…) out", 2)
    if not arms and not variants:
        raise click.UsageError("Give at least one --arm or --variant.")
    bundle = opened(source)
    by_experiment = {e.name: e.design.arms for e in bundle.experiments}
    by_slot = {slot.name: [*(name for name, _ in slot.variants), "none"] for slot in bundle.slots}
    wished = {name: arm for name, arm in (_wish(text, "experiment", "arm", by_experiment) for text in arms)}
    wished |= {f"slot.{name}": variant for name, variant in (_wish(text, "slot", "variant", by_slot) for text in variants)}
    try:
        found = local(state)
        key = identity.keys(found.cookie_key.read_text())[0]
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    except ValueError as error:
        fail(f"{found.cookie_key}: {error}; remove the file, and a new key is made")
    token = sign(wished, int(time.time() + seconds), key)
    if len(token) > MAX_TOKEN:
        fail("a link cannot hold so many wishes; leave some out")
    click.echo(f"{path}{'&' if '?' in path else '?'}{PARAMETER}={token}")


def _wish(text: str, of: str, what: str, known: dict[str, Sequence[str]]) -> tuple[str, str]:
    """`name=choice` as a pair of names that there are; ends with 1 and the nearest name otherwise."""
    name, _, choice = text.partition("=")
    if name not in known:
        _unknown(of, name, known)
    if choice not in known[name]:
        _unknown(f"{what} of '{name}'", choice, known[name])
    return name, choice


def _unknown(what: str, name: str, known: Iterable[str]) -> None:
    from compiler.diagnostics import nearest

    near = nearest(name, known)
    fail(f"no {what} is called '{name}'; " + (f"did you mean '{near}'?" if near else f"known are {', '.join(known) or 'none'}"))
