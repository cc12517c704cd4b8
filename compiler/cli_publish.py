"""`tessera publish` and `tessera approve`: what is put live, and who agreed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from compiler.release_options import KEY, POLICY, TO, TRUST, WHO, WHY, Place, place, share_of, told_of
from compiler.terminal import JSON, STATE, emit_json, fail


def _header(value: str | None) -> tuple[str, str] | None:
    if value is None:
        return None
    name, _, told = value.partition("=")
    if not name or not told:
        raise click.BadParameter(f"'{value}' is no header; write it like x-canary=a-long-random-text")
    return name.lower(), told


@click.command()
@click.argument("bundles", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="BUNDLE...")
@TO
@click.option("--canary", callback=share_of, metavar="SHARE", help="To this share of visitors alone, such as 5%; who gets it keeps it.")
@click.option("--country", "countries", multiple=True, metavar="CODE", help="With --canary: only visitors of this country (may be repeated).")
@click.option("--header", metavar="NAME=VALUE", help="With --canary: requests with this header always get it.")
@click.option("--shadow", callback=share_of, metavar="SHARE", help="To nobody: let it decide beside the live one for this share of page views, and log what differs.")
@click.option("--stage", "staged", is_flag=True, help="Only put it into the store, for others to approve.")
@click.option("--anew", is_flag=True, help="Take the place of a pointer that was damaged or forged.")
@click.option("--sign-anew", is_flag=True, help="Put this signature in the place of another key's, once every edge believes the new key.")
@click.option("--source", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR", help="The working copy it was built from: its git revision goes into the release log.")
@POLICY
@KEY
@TRUST
@WHO
@WHY
@STATE
@JSON
def publish(
    bundles: tuple[Path, ...], to: str, canary: float | None, countries: tuple[str, ...], header: str | None, shadow: float | None, staged: bool, anew: bool, sign_anew: bool,
    source: Path | None, policy: Path | None, key: Path | None, trust: tuple[Path, ...], who: str | None, why: str, state: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Put a signed bundle live: the bytes first, by their name; the pointer last.

    Broken off anywhere, the old release stays live. Of two who publish at once the second is told, and changes nothing. Several
    BUNDLEs are one site in several formats, of which each edge takes the newest that it reads. Exit 3 where somebody's approval is missing.

    \b
    Examples:
      tessera build rulesets/store --out store.tessera --sign .tessera/keys/signing.key
      tessera publish store.tessera
      tessera publish store.tessera --canary 5% --country DE --why "winter hero"
      tessera publish store.tessera --shadow 1%
      tessera publish store.tessera --to production --key release.key --source . --who ana
    """
    from compiler.releases.policy import CanaryPlan
    from compiler.releases.publish import IN_FORCE, stage
    from compiler.releases.publish import publish as put_live

    if canary is None and (countries or header):
        fail("--country and --header go with --canary", 2)
    if canary is not None and shadow is not None:
        fail("give either --canary or --shadow", 2)
    with place(to, policy, state, key, trust, who) as at:
        files = [path.read_bytes() for path in bundles]
        if staged:
            _, held = stage(at.store, files, at.author.keys, at.author.now(), sign_anew)
            _say_staged(held, at, as_json)
            return
        known = _known(at)
        plan = CanaryPlan(canary, countries, _header(header)) if canary is not None else None
        rules = at.policy.of(at.target) if at.target else IN_FORCE
        found = put_live(
            at.store, files, at.author, canary=plan, shadow=shadow, policy=rules, source=_source(source), why=why, keep=at.keep, begin_anew=anew, sign_anew=sign_anew
        )
    held = found.shadow.release if shadow else found.canary.release if canary is not None and found.canary else found.live
    if as_json:
        emit_json({"bundle": held.bundle, "bytes": held.size, "serial": found.serial, "before": known.live.bundle if known else None, **told_of(found)})
        return
    words = f"shadow of {100 * shadow:g} % of page views" if shadow else f"canary for {100 * canary:g} % of visitors" if canary is not None else "live"
    click.echo(f"{words}: {held.bundle} ({held.size:,} bytes), release {found.serial}")
    if known and known.live.bundle != found.live.bundle:
        click.echo(f"before: {known.live.bundle}")
    click.echo(f"edges follow {at.store.bound}")


def _known(at: Place) -> Any:
    from compiler.releases.documents import Tampered
    from compiler.releases.publish import seen

    try:
        return seen(at.store, at.author.keys).pointer
    except Tampered:
        return None


def _source(folder: Path | None) -> dict[str, Any] | None:
    from compiler.releases.sources import revision

    if folder is None:
        return None
    found = revision(folder)
    if found is None:
        fail(f"{folder}: no working copy of git; leave --source out, or commit first")
    return {"revision": found.commit, "dirty": found.dirty}


def _say_staged(held: Any, at: Place, as_json: bool) -> None:
    if as_json:
        emit_json({"bundle": held.bundle, "bytes": held.size, "staged": True})
        return
    click.echo(f"in the store, not live: {held.bundle} ({held.size:,} bytes)")
    if at.target and at.target.needs:
        click.echo(f"waits for the approval of {', '.join(at.target.needs)}: tessera approve {held.bundle[:12]} --to {at.target.name} --as NAME --key KEYFILE")


# --- approve ----------------------------------------------------------------------------------------------------------------


@click.command()
@click.argument("bundle", metavar="BUNDLE")
@TO
@click.option("--as", "name", required=True, metavar="NAME", help="Who approves: a name among the policy's people.")
@click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True, metavar="KEYFILE", help="Your private key.")
@POLICY
@WHY
@STATE
@JSON
def approve(bundle: str, to: str, name: str, key: Path, policy: Path | None, why: str, state: Path | None, as_json: bool) -> None:
    """Approve a bundle for a target whose policy asks you: a signature of yours in the store.

    BUNDLE is a file, or the beginning of the name of a bundle in the store. Look at what it changes first: `tessera diff`.

    \b
    Example:
      tessera publish store.tessera --to production --stage
      tessera approve 9f2c41d0 --to production --as ana --key ana.key --why "copy read"
    """
    from datetime import datetime, timezone

    from compiler.releases.approvals import approve as sign_it
    from compiler.releases.policy import digest

    with place(to, policy, state, key, (), name) as at:
        if at.target is None:
            fail(f"--to {to}: the policy file names no such target; approvals are given for targets of the policy file")
        person = at.policy.people.get(name)
        if person is None:
            fail(f"'{name}' is none of the policy's people: {', '.join(sorted(at.policy.people)) or 'there are none'}")
        whole = _bundle_named(at.store, bundle)
        sign_it(at.store, whole, at.target.name, digest(at.policy.of(at.target)), person, key, datetime.now(timezone.utc), why)
    if as_json:
        emit_json({"bundle": whole, "target": at.target.name, "who": name})
        return
    click.echo(f"{name} approves {whole[:12]} for {at.target.name}")


def _bundle_named(store: Any, text: str) -> str:
    """The whole name of a bundle that is in the store. Ends where there is none."""
    from tessera.bundle import BundleError, unseal

    if Path(text).is_file():
        try:
            text = unseal(Path(text).read_bytes()).name
        except BundleError as error:
            fail(f"{text}: {error}")
    found = [name[len("bundles/") : -len(".tessera")] for name in store.names(f"bundles/{text}") if name.endswith(".tessera")]
    if len(found) != 1:
        fail(f"'{text[:16]}' is {'the beginning of several bundles' if found else 'no bundle'} in {store.name}; put it there with 'tessera publish --stage'")
    return found[0]
