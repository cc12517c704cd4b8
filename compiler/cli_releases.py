"""`tessera releases`: what is released, and what is done to it afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any

import click

from compiler.release_options import KEY, POLICY, TO, TRUST, WHO, WHY, Place, place, share_of, told_of
from compiler.terminal import JSON, STATE, Group, emit_json, fail

@click.group(cls=Group)
def releases() -> None:
    """Look at releases and change them: go back, promote, freeze, switch off.

    \b
    Examples:
      tessera releases list
      tessera releases rollback --why "orders fell"
      tessera releases promote --to production
      tessera releases off --why "legal asked"
    """


def opened(act: Callable[..., None], signs: bool = False) -> Callable[..., None]:
    """A command of a target: it gets the opened place, whether JSON is wanted, and its own options. Without `signs` it only looks,
    and needs no private key."""

    @wraps(act)
    def command(to: str, policy: Path | None, key: Path | None, trust: tuple[Path, ...], state: Path | None, as_json: bool, who: str | None = None, **own: Any) -> None:
        with place(to, policy, state, key, trust, who, signs) as at:
            act(at, as_json, **own)

    for option in (JSON, STATE, *((WHO,) if signs else ()), TRUST, KEY, POLICY, TO):
        command = option(command)
    return command


@releases.command("list")
@click.option("--number", "-n", type=click.IntRange(1), default=20, show_default=True, help="How many, the newest first.")
@opened
def list_(at: Place, as_json: bool, number: int) -> None:
    """The release log, the newest first: who, when, what, from which commit, approved by whom.

    \b
    Examples:
      tessera releases list
      tessera releases list --to production -n 5 --json
    """
    from dataclasses import asdict
    from itertools import islice

    from compiler.releases.entries import walk
    from compiler.releases.publish import current

    known = current(at.store, at.author.keys)
    found = list(islice(walk(at.store, known.head, known.serial, at.author.keys), number))
    if as_json:
        emit_json([asdict(entry) for entry in found])
        return
    kept = {one.bundle for one in known.retained}
    for entry in found:
        source = f" of {entry.source['revision'][:10]}{' (changed)' if entry.source['dirty'] else ''}" if entry.source else ""
        agreed = f", approved by {', '.join(entry.approvals)}" if entry.approvals else ""
        why = f": {entry.why}" if entry.why else ""
        mark = "live" if entry.bundle == known.live.bundle else "kept" if entry.bundle in kept else ""
        click.echo(f"{entry.serial:>4}  {entry.at}  {entry.action:<9} {(entry.bundle or '')[:12]:<12}  {mark:<4}  {entry.who}{source}{agreed}{why}")


@releases.command()
@opened
def show(at: Place, as_json: bool) -> None:
    """What is released: live, canary, shadow, what may be gone back to, and whether anything is frozen or off.

    \b
    Example:
      tessera releases show --to production
    """
    from compiler.releases.publish import current

    known = current(at.store, at.author.keys)
    if as_json:
        emit_json(known.payload())
        return
    rows = [("site", known.site), ("release", f"{known.serial} of {known.at}"), ("live", _held(known.live))]
    if known.canary:
        where = f" in {', '.join(known.canary.countries)}" if known.canary.countries else ""
        header = f", and for the header {known.canary.header[0]}" if known.canary.header else ""
        rows.append(("canary", f"{_held(known.canary.release)} for {100 * known.canary.share:g} % of visitors{where}{header}"))
    if known.shadow:
        rows.append(("shadow", f"{_held(known.shadow.release)} beside {100 * known.shadow.sample:g} % of page views"))
    rows += [(name, why) for name, why in (("off", known.off), ("frozen", known.frozen)) if why]
    if known.policy:
        rows.append(("needs", ", ".join(known.policy["needs"])))
    rows += [("retained" if number == 0 else "", _held(one)) for number, one in enumerate(known.retained)]
    for name, text in rows:
        click.echo(f"{name:<9} {text}")


def _held(release: Any) -> str:
    return f"{release.bundle[:12]}, {release.size:,} bytes, format {release.format}, published {release.published}"


@releases.command()
@click.option("--release", "wanted", metavar="NAME", help="The beginning of the name of a retained bundle (default: the live one).")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where to write it.")
@opened
def fetch(at: Place, as_json: bool, wanted: str | None, out: Path) -> None:
    """Write a released bundle to a file, verified: to compare with, to decide by, to keep.

    \b
    Examples:
      tessera releases fetch --out live.tessera
      tessera diff live.tessera rulesets/store
    """
    from compiler.files import write_atomically
    from compiler.releases.changes import retained
    from compiler.releases.publish import current, held_bytes

    known = current(at.store, at.author.keys)
    release = known.live if wanted is None or known.live.bundle.startswith(wanted) else retained(known, wanted)
    data = held_bytes(at.store, release.bundle, at.author.keys)
    try:
        write_atomically(out, data)
    except OSError as error:
        fail(f"{out}: {error.strerror}")
    if as_json:
        emit_json({"bundle": release.bundle, "bytes": len(data), "file": str(out)})
        return
    click.echo(f"wrote {out}: {release.bundle[:12]}, {len(data):,} bytes")


@releases.command()
@opened
def verify(at: Place, as_json: bool) -> None:
    """Check that nothing was tampered with: the pointer and its copy, the whole release log, approvals, every retained bundle. Exit 1 where anything was.

    \b
    Example:
      tessera releases verify --to production --trust release.pub
    """
    from compiler.releases.upkeep import audit

    wrong = audit(at.store, at.author.keys)
    if as_json:
        emit_json({"intact": not wrong, "problems": wrong})
    else:
        for line in wrong:
            click.echo(f"tessera: {line}", err=True)
        click.echo("all is as it was signed" if not wrong else f"{len(wrong)} problem{'s' if len(wrong) != 1 else ''}")
    raise SystemExit(1 if wrong else 0)


def _changing(name: str, text: str, needs_why: bool = False) -> Callable[[Callable[..., Any]], click.Command]:
    """A command that changes the pointer by a function of the place, the reason and its own arguments, and says what came of it."""

    def decorate(act: Callable[..., Any]) -> click.Command:
        def command(to: str, policy: Path | None, key: Path | None, trust: tuple[Path, ...], who: str | None, why: str, state: Path | None, as_json: bool, **own: Any) -> None:
            if needs_why and not why:
                fail("say why: --why TEXT; it stands in the release log, and whoever meets it wants to know", 2)
            with place(to, policy, state, key, trust, who) as at:
                started = time.monotonic()
                found = act(at, why, **own)
                took = time.monotonic() - started
            if as_json:
                emit_json({"serial": found.serial, "seconds": round(took, 3), "bound": at.store.bound, **told_of(found)})
                return
            state_ = f"off ({found.off})" if found.off else found.live.bundle[:12]
            click.echo(f"{name}: release {found.serial}, live {state_}; {took:.2f} s, edges follow {at.store.bound}")

        command.__doc__ = text
        for option in (JSON, STATE, WHY, WHO, TRUST, KEY, POLICY, TO):
            command = option(command)
        for option in getattr(act, "options", ()):
            command = option(command)
        return releases.command(name)(command)

    return decorate


def _with(*options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def decorate(act: Callable[..., Any]) -> Callable[..., Any]:
        act.options = options
        return act

    return decorate


@_changing("rollback", """Go back to the release before, or to any that is retained. Needs no approval, and is possible while frozen.

    \b
    Examples:
      tessera releases rollback --why "orders fell"
      tessera releases rollback --release 9f2c41d0 --to production
    """)  # fmt: skip
@_with(click.option("--release", "wanted", metavar="NAME", help="The beginning of the name of a retained bundle (default: the one before)."))
def _rollback(at: Place, why: str, wanted: str | None) -> Any:
    from compiler.releases.changes import rollback

    return rollback(at.store, at.author, wanted, why, at.keep)


@_changing("promote", """Make the canary the live release for everybody, or with --share give it to another share of visitors.

    \b
    Examples:
      tessera releases promote --share 25%
      tessera releases promote --why "a week without harm"
    """)  # fmt: skip
@_with(click.option("--share", callback=share_of, metavar="SHARE", help="Keep it a canary, for this share of visitors."))
def _promote(at: Place, why: str, share: float | None) -> Any:
    from compiler.releases.changes import promote, widen

    return promote(at.store, at.author, why, at.keep) if share is None else widen(at.store, at.author, share, why)


@_changing("abort", """Take the canary and the shadow back; the live release decides for everybody.

    \b
    Example:
      tessera releases abort --why "fallbacks rose"
    """)  # fmt: skip
def _abort(at: Place, why: str) -> Any:
    from compiler.releases.changes import abort

    return abort(at.store, at.author, why)


@_changing("freeze", """Let no release through, until `unfreeze`. Going back and switching off stay possible.

    \b
    Example:
      tessera releases freeze --why "Black Friday" --to production
    """, needs_why=True)  # fmt: skip
def _freeze(at: Place, why: str) -> Any:
    from compiler.releases.changes import freeze

    return freeze(at.store, at.author, why)


@_changing("unfreeze", """Let releases through again.

    \b
    Example:
      tessera releases unfreeze --to production
    """)  # fmt: skip
def _unfreeze(at: Place, why: str) -> Any:
    from compiler.releases.changes import unfreeze

    return unfreeze(at.store, at.author, why)


@_changing("off", """The kill switch: edges serve the original pages, and the API answers that no release is live, until `on`.

    \b
    Example:
      tessera releases off --why "legal asked" --to production
    """, needs_why=True)  # fmt: skip
def _off(at: Place, why: str) -> Any:
    from compiler.releases.changes import switch_off

    return switch_off(at.store, at.author, why)


@_changing("on", """Personalise again after `off`.

    \b
    Example:
      tessera releases on --to production
    """)  # fmt: skip
def _on(at: Place, why: str) -> Any:
    from compiler.releases.changes import switch_on

    return switch_on(at.store, at.author, why)


@releases.command()
@opened
def repair(at: Place, as_json: bool) -> None:
    """Write the pointer's copy for the edges anew; or the pointer from its copy, where it was damaged and the copy was not.

    \b
    Example:
      tessera releases repair --to production
    """
    from compiler.releases.upkeep import repair as mend

    found = mend(at.store, at.author.keys)
    if as_json:
        emit_json({"serial": found.serial, **told_of(found)})
        return
    click.echo(f"pointer and copy agree: release {found.serial}, live {found.live.bundle[:12]}")


@releases.command()
@click.option("--keep", type=click.IntRange(0, 100), metavar="N", help="How many earlier releases stay to go back to (default: the policy's, else 20).")
@partial(opened, signs=True)
def prune(at: Place, as_json: bool, keep: int | None) -> None:
    """Remove bundles that no release needs any more. The release log stays.

    \b
    Example:
      tessera releases prune --keep 10 --to production
    """
    from compiler.releases.upkeep import prune as remove

    removed = remove(at.store, at.author, at.keep if keep is None else keep)
    if as_json:
        emit_json({"removed": list(removed)})
        return
    click.echo(f"{len(removed)} object{'s' if len(removed) != 1 else ''} removed")
