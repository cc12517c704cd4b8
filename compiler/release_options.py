"""What the commands about releases share: their options, and the target that these name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from compiler.terminal import fail

UNAPPROVED = 3  # the exit code of a bundle that waits for somebody
KEY = click.option("--key", type=click.Path(path_type=Path), metavar="KEYFILE", envvar="TESSERA_SIGNING_KEY", help="Sign with this private key (default: the local folder's; or TESSERA_SIGNING_KEY).")
TRUST = click.option("--trust", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="PUBKEY", help="Believe what this public key signed, besides one's own (may be repeated; TESSERA_PUBLIC_KEYS counts too).")
WHO = click.option("--who", metavar="NAME", envvar="TESSERA_WHO", help="Who does it, for the release log (default: who is logged in).")
TO = click.option("--to", default="local", show_default=True, metavar="TARGET", help="A target of the policy file, local, local:DIR, cloudflare:…, a folder, or an address that fsspec knows.")
POLICY = click.option("--policy", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE", help="The policy file (default: release.yaml here, where there is one).")
WHY = click.option("--why", default="", metavar="TEXT", help="Why, for the release log.")


@dataclass(frozen=True, slots=True)
class Place:
    """A store that is opened, who works on it, and what the policy file says of it (None without one)."""

    store: Any
    author: Any
    target: Any
    policy: Any

    @property
    def keep(self) -> int:
        return self.target.keep if self.target else 20


def policy_and_target(to: str, policy: Path | None) -> tuple[Any, Any]:
    """The policy file, and the target that it has by this name; None for what there is not. Ends where the file is wrong."""
    from compiler.releases.policy import FILE, PolicyError, read_policy

    path = policy or (Path(FILE) if Path(FILE).is_file() else None)
    if path is None:
        return None, None
    try:
        found = read_policy(path)
    except PolicyError as error:
        click.echo(str(error), err=True)
        fail(f"{path}: the policy cannot be used; nothing was done")
    return found, found.targets.get(to)


@contextmanager
def place(to: str, policy: Path | None, state: Path | None, key: Path | None = None, trust: tuple[Path, ...] = (), who: str | None = None, signs: bool = True) -> Iterator[Place]:
    """Open a target; whatever goes wrong with it or with what is done there ends with one line.

    Args:
        signs: whether a private key is needed; without, the local folder gets none where it has none.
    """
    from compiler.local import FOLDER, Local, local, login
    from compiler.releases.approvals import NotAsked
    from compiler.releases.documents import Tampered
    from compiler.releases.publish import Author, PublishError, Unapproved
    from compiler.releases.stores import StoreError
    from compiler.releases.targets import open_target
    from compiler.sign import KeyFileError
    from host.tools import HostError
    from tessera.bundle import BundleError

    rules, target = policy_and_target(to, policy)
    where = target.to if target else to
    folder = Path(where.removeprefix("local:")) if where.startswith("local:") else state
    signing = key or Local((folder or Path(FOLDER)).absolute()).signing_key
    if key is None and signs:
        signing = local(folder).signing_key
    try:
        author = Author(who or login(), signing, believed(signing if key or signing.exists() else None, trust))
        with open_target(where, state) as store:
            yield Place(store, author, target, rules)
    except Unapproved as error:
        fail(str(error), UNAPPROVED)
    except (PublishError, Tampered, StoreError, BundleError, KeyFileError, NotAsked, HostError) as error:
        fail(str(error))


def believed(signing: Path | None, trust: tuple[Path, ...] = ()) -> dict[str, bytes]:
    """Raw public keys by name: one's own, those that were given, and those of TESSERA_PUBLIC_KEYS. Raises: KeyFileError."""
    import os

    from compiler.releases.documents import trusted
    from compiler.sign import public_of

    told = (public_of(signing) if signing else "", *(path.read_text(errors="replace") for path in trust), os.environ.get("TESSERA_PUBLIC_KEYS", ""))
    return trusted(told)


def share_of(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """`5%` or `0.05` as a share from 0 to 1."""
    if value is None:
        return None
    try:
        share = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise click.BadParameter(f"'{value}' is no share; write it like 5% or 0.05")
    return share


def told_of(found: Any) -> dict[str, Any]:
    """What a pointer says, as the commands print it."""
    payload = found.payload()
    return {name: payload[name] for name in ("live", "canary", "shadow", "off", "frozen")}
