"""Releases: the bundle first, by its name; the entry of the release log; the pointer last, on condition; then its copy for the edges.

Whatever breaks off, the store has the old release or the new one, whole: an edge goes by the pointer alone, which is one object,
and what it names was there before it. Of two who publish at once one gets the pointer; the other is told, and has changed nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from compiler.releases import approvals, entries, pointer
from compiler.releases.documents import Tampered, opened, sealed
from compiler.releases.entries import Action, Entry
from compiler.releases.pointer import Canary, Held, Pointer, Shadow
from compiler.releases.policy import CanaryPlan, digest
from compiler.releases.stores import POINTER, Store
from compiler.sign import verify
from tessera.bundle import HEADER, BundleError, Sealed, load, unseal

KEEP = 20  # releases that stay to go back to, unless the policy says
IN_FORCE: Mapping[str, Any] = {"target": "", "needs": [], "people": {}}  # in place of a policy: the pointer's stays
ROUNDS = 20  # at bringing the copy up to date while others publish


class PublishError(Exception):
    """Nothing was changed for visitors; one line that says why, and what to do."""


class Contended(PublishError):
    """Somebody else changed the pointer meanwhile."""


class Unapproved(PublishError):
    """The bundle is in the store, and somebody's approval is missing."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes a release: a name, the key that signs, whose documents are believed (raw public keys by name), and a clock."""

    who: str
    key: Path
    keys: Mapping[str, bytes]
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(timezone.utc))

    def now(self) -> str:
        return self.clock().isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a store says is released, and the mark by which a write notices that somebody else wrote.

    `serial`, `head`: of the newest entry of the log, after which the next one comes.
    """

    pointer: Pointer | None
    etag: str | None
    serial: int = 0
    head: str | None = None


# --- reading ----------------------------------------------------------------------------------------------------------------


def seen(store: Store, keys: Mapping[str, bytes]) -> Seen:
    """The pointer, verified.

    Raises:
        Tampered, StoreError.
    """
    found = store.get(POINTER)
    if found is None:
        return Seen(None, None)
    told = pointer.read(opened("pointer", found.content, keys, f"the pointer of {store.name}"))
    return Seen(told, found.etag, told.serial, told.head)


def anew(store: Store, keys: Mapping[str, bytes]) -> Seen:
    """A store whose pointer is not to be believed, as if nothing were released; the release log goes on after its newest entry."""
    found = store.get(POINTER)
    head, newest = entries.newest(store, keys)
    return Seen(None, found.etag if found else None, newest, head)


def current(store: Store, keys: Mapping[str, bytes]) -> Pointer:
    """What is released. Raises: PublishError, where nothing is; Tampered, StoreError."""
    found = seen(store, keys).pointer
    if found is None:
        raise PublishError(f"nothing is released in {store.name} yet; run 'tessera publish'")
    return found


def bundle_file(name: str) -> str:
    """The object that holds a bundle."""
    return f"bundles/{name}.tessera"


def held_bytes(store: Store, name: str, keys: Mapping[str, bytes]) -> bytes:
    """A bundle's bytes from the store, verified by name and signature.

    Raises:
        PublishError: where it is not kept any more. Tampered: where it is another. StoreError.
    """
    found = store.get(bundle_file(name))
    if found is None:
        raise PublishError(f"the bundle {name[:12]} is not in {store.name}: it was never published there, or is not retained any more")
    try:
        read = unseal(found.content)
        verify(read, dict(keys))
    except BundleError as error:
        raise Tampered(f"the bundle {name[:12]} in {store.name} was changed: {error}") from None
    if read.name != name:
        raise Tampered(f"the bundle {name[:12]} in {store.name} was replaced by {read.name[:12]}")
    return found.content


# --- writing ----------------------------------------------------------------------------------------------------------------


def stage(store: Store, files: Sequence[bytes], keys: Mapping[str, bytes], now: str, sign_anew: bool = False) -> tuple[str, Held]:
    """Put signed bundles of one site, in several formats, into the store; nothing is released by it.

    A bundle that is there already stays as it is, whoever signed this one: edges may be about to load it.

    Args:
        sign_anew: put this signature in the place of the one that is there, for keys that are replaced.

    Returns:
        the site's name, and the release that they are.
    Raises:
        BundleError: where one is no bundle, or not signed by one of the keys. PublishError, StoreError.
    """
    told = []
    for data in files:
        read = unseal(data)
        if read.key_id is not None and read.key_id not in keys:
            raise PublishError(f"the bundle is signed by the key {read.key_id}, which is not among those that are trusted here; sign it with --key's, or name its .pub with --trust")
        verify(read, dict(keys))
        site = load(read).site
        if sign_anew or not _is_there(store, read, data, keys):
            store.put(bundle_file(read.name), data)
            back = store.get(bundle_file(read.name))
            if back is None or back.content != data:
                raise PublishError(f"{store.name} does not give back {bundle_file(read.name)} as it was put; the old release stays live")
        told.append((HEADER.unpack_from(data)[1], read.name, len(data), site))
    if len({site for *_, site in told}) != 1:
        raise PublishError(f"these are bundles of several sites ({', '.join(sorted({site for *_, site in told}))}); publish each by itself")
    if len({format_ for format_, *_ in told}) != len(told):
        raise PublishError("two of the bundles are of the same format; a release has one of each")
    (format_, name, size, site), *others = sorted(told, reverse=True)
    return site, Held(name, size, format_, now, tuple((one, length, version) for version, one, length, _ in others))


def _is_there(store: Store, read: Sealed, data: bytes, keys: Mapping[str, bytes]) -> bool:
    """Whether a bundle is in the store already, whole and signed by a key that is believed.

    Raises:
        PublishError: where it is whole, and signed by a key that others may believe.
    """
    found = store.get(bundle_file(read.name))
    if found is None or found.content == data:
        return found is not None
    try:
        there = unseal(found.content)
        if there.name == read.name and there.key_id is not None and there.key_id not in keys:
            raise PublishError(
                f"{read.name[:12]} is in {store.name} already, signed by the key {there.key_id}; name its .pub with --trust, or put this signature "
                "in its place with --sign-anew, once every edge believes the new key"
            )
        verify(there, dict(keys))
    except BundleError:
        return False  # damaged: it is put there again
    return there.name == read.name


def publish(
    store: Store,
    files: Sequence[bytes],
    author: Author,
    *,
    canary: CanaryPlan | None = None,
    shadow: float | None = None,
    policy: Mapping[str, Any] | None = IN_FORCE,
    source: Mapping[str, Any] | None = None,
    why: str = "",
    keep: int = KEEP,
    begin_anew: bool = False,
    sign_anew: bool = False,
) -> Pointer:
    """Put a signed bundle live, for everybody or as a canary, or let it decide beside the live one.

    Args:
        files: the bundle, or the same site's bundles in several formats. canary: for whom, where not for everybody.
        shadow: the share of page views (0 to 1) that it decides beside the live one, unseen. policy: of the policy file, for the
            pointer to carry. source: git's revision. keep: how many releases stay to go back to. begin_anew: take the place
            of a pointer that was damaged or forged, or is of another site that is neither frozen nor under a policy. sign_anew: as `stage` takes it.
    Raises:
        BundleError: the bytes are no bundle, or not signed by one of the author's keys.
        Unapproved: somebody's approval is missing; the bundle waits in the store.
        PublishError: the target is frozen, another publisher came first, or the store does not give back what was put.
        Tampered, StoreError, KeyFileError.
    """
    before = _before(store, author.keys, begin_anew)
    site, release = stage(store, files, author.keys, author.now(), sign_anew)
    if begin_anew and before.pointer and before.pointer.site != site and not (before.pointer.policy or before.pointer.frozen):
        before = replace(before, pointer=None)
    known = before.pointer
    if known and known.frozen:
        raise PublishError(f"{store.name} is frozen: {known.frozen}; 'tessera releases unfreeze' lets releases through again")
    if known and known.site != site:
        raise PublishError(f"this is a bundle of the site '{site}', and {store.name} holds releases of '{known.site}'; publish it elsewhere")
    rules = (known.policy if known else None) if policy is IN_FORCE else policy
    approved = _approved(store, release, known.policy if known else None, rules)
    if (canary or shadow) and known is None:
        raise PublishError(f"{store.name} has no live release that a canary could be compared with; publish one for everybody first")
    if known and _is_same(known, release, canary, shadow) and rules == known.policy:
        copy(store, author.keys)
        return known

    def changed(was: Pointer | None, at: str) -> Pointer:
        if was is None:
            return Pointer(1, site, at, "", release, policy=rules)
        told = replace(was, policy=rules)
        if shadow:
            return replace(told, shadow=Shadow(release, shadow))
        if canary:
            return replace(told, canary=Canary(release, canary.share, f"canary-{was.serial + 1}", canary.countries, canary.header))
        return made_live(told, release, keep)

    action: Action = "shadow" if shadow else "canary" if canary else "publish"
    return commit(store, author, before, changed, action, release.bundle, source, approved, why)


def _before(store: Store, keys: Mapping[str, bytes], begin_anew: bool) -> Seen:
    try:
        return seen(store, keys)
    except Tampered:
        if begin_anew:
            return anew(store, keys)
        raise


def _is_same(known: Pointer, release: Held, canary: CanaryPlan | None, shadow: float | None) -> bool:
    """Whether the pointer says already what is to be published."""
    if shadow:
        return known.shadow is not None and (known.shadow.release.bundles, known.shadow.sample) == (release.bundles, shadow)
    if canary:
        now = known.canary
        return now is not None and (now.release.bundles, now.share, now.countries, now.header) == (release.bundles, canary.share, canary.countries, canary.header)
    return known.live.bundles == release.bundles and known.canary is None


def made_live(was: Pointer, release: Held, keep: int = KEEP) -> Pointer:
    """The pointer with another live release; what was live is retained, and there is no canary any more."""
    retained = [one for one in (was.live, *was.retained) if one.bundles != release.bundles]
    shadow = None if was.shadow and was.shadow.release.bundles == release.bundles else was.shadow
    return replace(was, live=release, canary=None, shadow=shadow, retained=tuple(retained[:keep]))


def _approved(store: Store, release: Held, in_force: Mapping[str, Any] | None, wanted: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Who has approved; a policy that takes another's place must please both.

    Raises:
        Unapproved, Tampered, StoreError.
    """
    names: dict[str, None] = {}
    for rules in ([wanted] if in_force == wanted else [in_force, wanted]):
        if rules is None:
            continue
        for bundle in release.bundles:
            try:
                given = approvals.given(store, bundle, rules, digest(wanted))
                missing = approvals.missing(rules, given)
            except (LookupError, TypeError):
                raise Tampered("the policy in the pointer cannot be read; a newer version of Tessera may have written it") from None
            if missing:
                changes = " (the policy itself changes, so those whom the one in force asks must agree)" if rules is not wanted else ""
                raise Unapproved(
                    f"{bundle[:12]} is in the store and waits for the approval of {', '.join(missing)}{changes}; "
                    f"each of them runs 'tessera approve {bundle[:12]} …', then publish again"
                )
            names |= dict.fromkeys(given)
    return tuple(names)


def commit(
    store: Store,
    author: Author,
    before: Seen,
    changed: Callable[[Pointer | None, str], Pointer],
    action: Action,
    bundle: str | None,
    source: Mapping[str, Any] | None = None,
    approved: Sequence[str] = (),
    why: str = "",
) -> Pointer:
    """Write the entry of the log, then the pointer on condition that nobody else has, then the copy.

    Raises:
        Contended: where somebody else has. StoreError, KeyFileError.
    """
    _check_not_put_back(store, author.keys, before)
    at, was = author.now(), before.pointer
    serial = before.serial + 1
    entry = Entry(
        serial, at, author.who, action, bundle, was.live.bundle if was else None, dict(source) if source else None, tuple(approved), why,
        before.head,
    )  # fmt: skip
    head = entries.write(store, entry, author.key)
    found = replace(changed(was, at), serial=serial, at=at, head=head)
    content = sealed("pointer", found.payload(), author.key)
    written = store.create(POINTER, content) if before.etag is None else store.replace(POINTER, content, before.etag)
    if not written:
        raise Contended(_who_came_first(store, author, serial))
    copy(store, author.keys)
    return found


def _check_not_put_back(store: Store, keys: Mapping[str, bytes], before: Seen) -> None:
    """Raises: Tampered, where the copy for the edges is newer than the pointer: somebody has put an older pointer back."""
    content = store.copy()
    try:
        copied = pointer.read(opened("pointer", content, keys, "the copy")).serial if content and before.pointer else 0
    except Tampered:
        return  # 'verify' tells of it, and it is about to be written
    if copied > before.serial and copied > (seen(store, keys).serial):  # else somebody else published just now, and comes first
        raise Tampered(
            f"the pointer of {store.name} is of the release {before.serial}, and its copy of {copied}: somebody has put an older pointer back; "
            "'tessera releases repair' takes the newer one"
        )


def _who_came_first(store: Store, author: Author, serial: int) -> str:
    try:
        now = current(store, author.keys)
        entry = next(entries.walk(store, now.head, now.serial, author.keys))
    except (PublishError, Tampered, StopIteration):
        return f"another release was published in {store.name} meanwhile; look at it ('tessera releases list'), then publish again"
    return (
        f"{entry.who} came first with the release {entry.serial} ({entry.action} of {(entry.bundle or '-')[:12]}, {entry.at}); "
        "nothing was changed: look at it ('tessera releases list'), then publish again"
    )


def copy(store: Store, keys: Mapping[str, bytes]) -> None:
    """Bring the pointer's copy for the edges up to date, also when others publish meanwhile: whoever writes it last looks once more.

    Raises:
        PublishError: where others publish all the time. Tampered, StoreError.
    """
    for _ in range(ROUNDS):
        found = store.get(POINTER)
        if found is None or store.copy() == found.content:
            return
        opened("pointer", found.content, keys, f"the pointer of {store.name}")
        store.put_copy(found.content)
        again = store.get(POINTER)
        if again is not None and again.etag == found.etag:
            return
    raise PublishError(f"others publish to {store.name} all the time; the edges follow as soon as the next of them is done")
