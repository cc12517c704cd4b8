"""What keeps a store in order: whether all of it is as it was signed, what is mended, and what is not needed any more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from compiler.releases import approvals, entries, pointer
from compiler.releases.changes import change
from compiler.releases.documents import Tampered, opened
from compiler.releases.entries import Entry
from compiler.releases.pointer import Held, Pointer
from compiler.releases.policy import digest
from compiler.releases.publish import Author, Contended, PublishError, copy, current, held_bytes
from compiler.releases.stores import POINTER, Store
from tessera.bundle import BundleError

_NAME = 64  # characters of a bundle's name


def repair(store: Store, keys: Mapping[str, bytes]) -> Pointer:
    """Bring pointer and copy together: the newer of the two that can be believed takes the other's place.

    Raises:
        Tampered: where neither can. PublishError, StoreError.
    """
    content = store.copy()
    try:
        copied = pointer.read(opened("pointer", content, keys, "the copy")) if content else None
    except Tampered:
        copied = None
    try:
        found = current(store, keys)
        if copied is None or copied.serial <= found.serial:
            copy(store, keys)
            return found
    except (Tampered, PublishError):
        if copied is None:
            raise
    old = store.get(POINTER)
    if not (store.create(POINTER, content) if old is None else store.replace(POINTER, content, old.etag)):
        raise Contended("somebody else wrote the pointer meanwhile; look again")
    return copied


def prune(store: Store, author: Author, keep: int) -> tuple[str, ...]:
    """Forget releases but the latest `keep`, and remove the bundles that were live once and that no release needs any more.

    The pointer says first what is not retained any more, then the bytes go: so nothing that it names is ever missing. A bundle that
    somebody publishes again at this very moment is put back. The release log stays, and so do bundles that wait for approval.

    Returns:
        the names of the removed objects.
    Raises:
        PublishError, Tampered, StoreError, KeyFileError.
    """
    known = current(store, author.keys)
    if len(known.retained) > keep:
        known = change(store, author, "prune", lambda was: replace(was, retained=was.retained[:keep]), why=f"keep {keep}")
    released = {entry.bundle for entry in entries.walk(store, known.head, known.serial, author.keys) if entry.bundle}
    there = [name for folder in ("bundles/", approvals.FOLDER) for name in store.names(folder)]
    removed = {}
    for name in there:
        bundle = name.removeprefix(approvals.FOLDER).removeprefix("bundles/")[:_NAME]
        if bundle in released - _needed(known) and (found := store.get(name)):
            store.delete(name)
            removed[name] = bundle, found.content
    needed = _needed(current(store, author.keys))
    for name, (bundle, content) in removed.items():
        if bundle in needed:
            store.put(name, content)
    return tuple(name for name, (bundle, _) in removed.items() if bundle not in needed)


def _needed(known: Pointer) -> set[str]:
    """The bundles that a pointer names."""
    return {bundle for one in _all(known) for bundle in one.bundles}


def _all(known: Pointer) -> Iterable[Held]:
    """Every release that a pointer names."""
    yield known.live
    yield from known.retained
    if known.canary:
        yield known.canary.release
    if known.shadow:
        yield known.shadow.release


def history(store: Store, keys: Mapping[str, bytes]) -> list[Entry]:
    """The release log, the newest first, verified from end to end and against the pointer.

    Raises:
        PublishError, Tampered, StoreError.
    """
    known = current(store, keys)
    found = list(entries.walk(store, known.head, known.serial, keys))
    live = next((one.bundle for one in found if one.action in ("publish", "promote", "rollback")), None)
    if live != known.live.bundle:
        raise Tampered(f"the pointer says that {known.live.bundle[:12]} is live, and the release log {str(live)[:12]}: one of them was forged by somebody with a key")
    return found


def audit(store: Store, keys: Mapping[str, bytes]) -> list[str]:
    """What is wrong in a store, a line each; empty where pointer, copy, log, approvals and every retained bundle are as they were signed.

    Raises:
        PublishError, StoreError.
    """
    wrong = []

    def look(what: Callable[[], Any]) -> Any:
        try:
            return what()
        except (Tampered, PublishError, BundleError) as error:
            wrong.append(str(error))
            return None

    known = look(lambda: current(store, keys))
    if known is None:
        return wrong
    log = look(lambda: history(store, keys)) or []
    wrong += _missing_approvals(store, log, _needed(known))
    for one in _all(known):
        for name in one.bundles:
            look(lambda: held_bytes(store, name, keys))
        if known.policy:
            look(lambda: approvals.given(store, one.bundle, known.policy, digest(known.policy)))
    return wrong + _copy_problems(store, known, keys)


def _missing_approvals(store: Store, log: Iterable[Entry], needed: set[str]) -> list[str]:
    """The approvals that the release log tells of, and that are not there any more; of bundles that are needed."""
    told = {(entry.bundle, name) for entry in log if entry.bundle in needed for name in entry.approvals}
    gone = [(bundle, name) for bundle, name in sorted(told) if store.get(f"{approvals.FOLDER}{bundle}/{name}.json") is None]
    return [f"{name}'s approval of {bundle[:12]}, of which the release log tells, is missing: somebody has removed it" for bundle, name in gone]


def _copy_problems(store: Store, known: Pointer, keys: Mapping[str, bytes]) -> list[str]:
    content = store.copy()
    if content is None:
        return ["the pointer's copy for the edges is missing; they read the pointer itself, 'tessera releases repair' writes it"]
    try:
        told = pointer.read(opened("pointer", content, keys, "the pointer's copy for the edges"))
    except Tampered as error:
        return [f"{error}; 'tessera releases repair' writes it anew"]
    if told.serial < known.serial:
        return [f"the pointer's copy for the edges is of the release {told.serial}, and {known.serial} is published; 'tessera releases repair' writes it"]
    if told.serial > known.serial:
        return [f"the pointer is of the release {known.serial}, and its copy of {told.serial}: somebody has put an older pointer back"]
    return []
