"""The release log: who changed what, when and why. A chain of signed entries, each named by its hash and naming the one before.

The signed pointer names the newest, so an entry that is changed, taken away or put in between is found; an entry that was
written for a change that never came about hangs on nothing, and does not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from compiler.releases.documents import Tampered, opened, sealed
from compiler.releases.stores import Store

FOLDER = "releases/log/"
Action = Literal["publish", "canary", "widen", "shadow", "promote", "abort", "rollback", "freeze", "unfreeze", "off", "on", "prune"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of the pointer.

    Attributes:
        bundle: the one concerned, None for none. before: the one that was live. source: git's `revision`, and whether the working
            copy was `dirty`. approvals: who had approved the bundle. previous: the name of the entry before, None for the first.
    """

    serial: int
    at: str
    who: str
    action: Action
    bundle: str | None
    before: str | None
    source: Mapping[str, Any] | None
    approvals: tuple[str, ...]
    why: str
    previous: str | None


def write(store: Store, entry: Entry, key_file: Path) -> str:
    """Put an entry into the store; its name. Raises: StoreError, KeyFileError."""
    content = sealed("entry", asdict(entry), key_file)
    name = sha256(content).hexdigest()
    store.create(f"{FOLDER}{name}.json", content)
    return name


def walk(store: Store, head: str, serial: int, keys: Mapping[str, bytes]) -> Iterator[Entry]:
    """The entries from the newest to the first, each verified as it comes.

    Raises:
        Tampered: where the chain is broken. StoreError.
    """
    name: str | None = head
    while name is not None:
        what = f"the entry {serial} of the release log ({name[:12]})"
        found = store.get(f"{FOLDER}{name}.json")
        if found is None:
            raise Tampered(f"{what} is missing: somebody has removed it")
        if sha256(found.content).hexdigest() != name:
            raise Tampered(f"{what} was changed: its bytes do not have its name")
        entry = _read(opened("entry", found.content, keys, what), what)
        if entry.serial != serial:
            raise Tampered(f"{what} has the number {entry.serial}: entries were put in between, or left out")
        yield entry
        name, serial = entry.previous, serial - 1
    if serial:
        raise Tampered(f"the release log begins with the entry {serial + 1}: what was before it is missing")


def newest(store: Store, keys: Mapping[str, bytes]) -> tuple[str | None, int]:
    """The name and the number of the newest entry that is signed by one of the keys; (None, 0) where there is none. Raises: StoreError."""
    found: tuple[str | None, int] = (None, 0)
    for name in store.names(FOLDER):
        stored = store.get(name)
        digest = name.removeprefix(FOLDER).removesuffix(".json")
        try:
            told = _read(opened("entry", stored.content, keys, name), name) if stored and sha256(stored.content).hexdigest() == digest else None
        except Tampered:
            continue
        if told and told.serial > found[1]:
            found = digest, told.serial
    return found


def _read(payload: Mapping[str, Any], what: str) -> Entry:
    try:
        told = {field.name: payload[field.name] for field in fields(Entry)}
        return Entry(**{**told, "serial": int(told["serial"]), "approvals": tuple(told["approvals"])})
    except (LookupError, TypeError, ValueError):
        raise Tampered(f"{what} is signed, but cannot be read; a newer version of Tessera may have written it") from None
