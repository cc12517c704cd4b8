"""`tessera preview`: a link that shows certain variants or arms, or what a persona would see, to whoever opens it."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from ipaddress import ip_address
from pathlib import Path
from typing import Iterable, NoReturn, Sequence
from urllib.parse import urlsplit

import click

from compiler.terminal import DECIDED, JSON, STATE, emit_json, fail, opened

LONGEST = 30 * 86_400  # seconds that a link may be good for


@click.command()
@DECIDED
@click.option("--as", "persona", metavar="NAME|FILE", help="A visitor of the scenarios, or a visitor's file (NAME.json): see with their eyes.")
@click.option("--arm", "arms", multiple=True, metavar="EXPERIMENT=ARM", help="An experiment's arm (may be repeated).")
@click.option("--variant", "variants", multiple=True, metavar="SLOT=VARIANT", help="A slot's variant, or `none` (may be repeated).")
@click.option("--for", "span", default="1h", show_default=True, metavar="DURATION", help="How long the link is good for, at most 30d.")
@click.option("--path", default="/", show_default=True, metavar="PATH", help="The page's path, with its query where it has one.")
@click.option("--url", metavar="URL", help="Where the site is, such as http://localhost:8787 (default: https:// and its first host).")
@click.option("--site", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="SITE_DIR", help="With a bundle: the folder whose scenarios have the visitor (default: rulesets/<site> here).")
@click.option("--cookie-key", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="The key that signs the site's cookies, as TESSERA_COOKIE_KEYS has it (default: this machine's development key).")
@STATE
@JSON
def preview(
    source: Path,
    persona: str | None,
    arms: tuple[str, ...],
    variants: tuple[str, ...],
    span: str,
    path: str,
    url: str | None,
    site: Path | None,
    cookie_key: Path | None,
    state: Path | None,
    as_json: bool,
) -> None:
    """Print a link to a page that shows these arms and variants, or what somebody would see; nothing seen by it counts.

    The link is signed by the key of the site's cookies. Without --cookie-key that is this machine's development key, and the
    link is for `tessera dev` here.

    \b
    Examples:
      tessera preview rulesets/store --as ana
      tessera preview store.tessera --as ana --arm hero_headline=benefit --url http://localhost:8787
      tessera preview rulesets/store --variant hero=win_back --for 2d --path '/?utm_source=mail'
    """
    from tessera.preview import MAX_TOKEN, PARAMETER, sign
    from tessera.types import parse_duration

    seconds = parse_duration(span)
    if seconds is None or not 1 <= seconds <= LONGEST:
        fail(f"--for {span}: write a duration of at most 30d, such as 90m, 8h or 2d", 2)
    if not path.startswith("/") or path.startswith("//") or "#" in path:
        fail(f"--path {path}: begin it with one slash, and leave a fragment (#…) out", 2)
    if not (arms or variants or persona):
        raise click.UsageError("Give at least one --as, --arm or --variant.")
    bundle = opened(source)
    wished = _wishes(bundle, arms, variants)
    somebody = _somebody(bundle, persona, site or _folder(source, bundle.site)) if persona else None
    address = _address(url) if url else _host(bundle.hosts)
    until = int(time.time() + seconds)
    token = sign(wished, until, _key(cookie_key, state), somebody)
    if len(token) > MAX_TOKEN:
        fail("a link cannot hold so many wishes or facts; leave some out")
    link = f"{address}{path}{'&' if '?' in path else '?'}{PARAMETER}={token}"
    if as_json:
        told = {"url": link, "until": datetime.fromtimestamp(until, timezone.utc).isoformat(), "as": persona, "shows": wished}
        emit_json({**told, "facts": dict(somebody.attributes) if somebody else {}})
        return
    click.echo(link)


def _wishes(bundle, arms: Iterable[str], variants: Iterable[str]) -> dict[str, str]:
    """Experiment → arm and `slot.<name>` → variant, all of which there are."""
    by_experiment = {e.name: e.design.arms for e in bundle.experiments}
    by_slot = {slot.name: [*(name for name, _ in slot.variants), "none"] for slot in bundle.slots}
    wished = {name: arm for name, arm in (_wish(text, "experiment", "arm", by_experiment) for text in arms)}
    return wished | {f"slot.{name}": variant for name, variant in (_wish(text, "slot", "variant", by_slot) for text in variants)}


def _wish(text: str, of: str, what: str, known: dict[str, Sequence[str]]) -> tuple[str, str]:
    """`name=choice` as a pair of names that there are; ends with 1 and the nearest name otherwise."""
    name, _, choice = text.partition("=")
    if name not in known:
        _unknown(of, name, known)
    if choice not in known[name]:
        _unknown(f"{what} of '{name}'", choice, known[name])
    return name, choice


def _unknown(what: str, name: str, known: Iterable[str]) -> NoReturn:
    from compiler.diagnostics import nearest

    near = nearest(name, known)
    fail(f"no {what} is called '{name}'; " + (f"did you mean '{near}'?" if near else f"known are {', '.join(known) or 'none'}"))


def _folder(source: Path, name: str) -> Path | None:
    """The site's folder: the source itself, or of a bundle where the sites of this project are."""
    beside = Path("rulesets") / name
    return source if source.is_dir() else beside if (beside / "site.yaml").is_file() else None


def _somebody(bundle, name: str, site: Path | None):
    """The persona of a name; ends with 1 where there is none."""
    from compiler.personas import named, persona
    from compiler.visitors import VisitorError

    try:
        found, unknown = persona(bundle, named(name, site))
    except VisitorError as error:
        fail(str(error))
    for attribute in unknown:
        click.echo(f"tessera: warning: the site does not know the attribute '{attribute}'; it is ignored", err=True)
    return found


def _address(url: str) -> str:
    """Scheme and host of a site's address; ends with 2 for what is none."""
    try:
        found = urlsplit(url)
        good = found.scheme in ("http", "https") and found.hostname and found.port != 0 and found.path in ("", "/")
    except ValueError:
        good = False
    if not good or found.query or found.fragment or "@" in found.netloc:
        fail(f"--url {url}: write scheme and host, such as http://localhost:8787; the page goes into --path", 2)
    return f"{found.scheme}://{found.netloc}"


def _host(hosts: Sequence[str]) -> str:
    """Where the site is, by its hosts: the first that others can reach, else the first that is none of a family of hosts."""
    named = [host for host in hosts if not host.startswith("*.")]
    public = [host for host in named if not _is_local(host)]
    if not named:
        fail(f"the site's hosts are {', '.join(hosts)}; say with --url which one")
    return f"https://{public[0]}" if public else f"http://{named[0]}"


def _is_local(host: str) -> bool:
    name = host.partition(":")[0]
    try:
        ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
    return True


def _key(file: Path | None, state: Path | None):
    """The key that signs cookies: the first of a file, or the development key."""
    from compiler.local import local
    from tessera import identity

    try:
        found = file or local(state).cookie_key
        return identity.keys(found.read_text())[0]
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    except ValueError as error:
        hint = "" if file else "; remove the file, and a new key is made"
        fail(f"{found}: {error}{hint}")
