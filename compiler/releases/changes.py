"""What is done to a release once it is there: promoted, widened, taken back, frozen, switched off. Each is one move of the pointer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from compiler.releases.entries import Action
from compiler.releases.pointer import Canary, Held, Pointer
from compiler.releases.publish import KEEP, Author, Contended, PublishError, commit, current, held_bytes, made_live, seen
from compiler.releases.stores import Store


def change(store: Store, author: Author, action: Action, changed: Callable[[Pointer], Pointer], *, bundle: str | None = None, why: str = "", judged: int | None = None) -> Pointer:
    """Change what is released there.

    Args:
        judged: the serial number of the release that was looked at before; None for whatever is there.
    Raises:
        PublishError, Tampered, StoreError, KeyFileError.
    """
    before = seen(store, author.keys)
    if before.pointer is None:
        raise PublishError(f"nothing is released in {store.name} yet; run 'tessera publish'")
    if judged is not None and before.pointer.serial != judged:
        raise Contended(f"the release {before.pointer.serial} came meanwhile, and {judged} was judged; nothing was done, look again")
    return commit(store, author, before, lambda was, at: changed(was), action, bundle, why=why)


def _canary(known: Pointer) -> Canary:
    if known.canary is None:
        raise PublishError("there is no canary; 'tessera publish BUNDLE --canary 5%' begins one")
    return known.canary


def _thawed(known: Pointer) -> None:
    if known.frozen:
        raise PublishError(f"releases are frozen: {known.frozen}; 'tessera releases unfreeze' lets them through again")


def promote(store: Store, author: Author, why: str = "", keep: int = KEEP, judged: int | None = None) -> Pointer:
    """Make the canary the live release, for everybody."""
    known = current(store, author.keys)
    _thawed(known)
    release = _canary(known).release
    held_bytes(store, release.bundle, author.keys)
    return change(store, author, "promote", lambda was: made_live(was, _same_canary(was, release), keep), bundle=release.bundle, why=why, judged=judged)


def widen(store: Store, author: Author, share: float, why: str = "", judged: int | None = None) -> Pointer:
    """Give the canary to another share of visitors (0 to 1). Who has it keeps it where the share grows."""
    known = current(store, author.keys)
    _thawed(known)
    release = _canary(known).release

    def wider(was: Pointer) -> Pointer:
        _same_canary(was, release)
        return replace(was, canary=replace(_canary(was), share=share))

    return change(store, author, "widen", wider, bundle=release.bundle, why=why, judged=judged)


def abort(store: Store, author: Author, why: str = "", judged: int | None = None) -> Pointer:
    """Take the canary and the shadow back; the live release decides for everybody."""
    known = current(store, author.keys)
    if known.canary is None and known.shadow is None:
        raise PublishError("there is neither a canary nor a shadow to take back")
    tried = known.canary or known.shadow
    return change(store, author, "abort", lambda was: replace(was, canary=None, shadow=None), bundle=tried.release.bundle, why=why, judged=judged)


def _same_canary(was: Pointer, release: Held) -> Held:
    if was.canary is None or was.canary.release.bundles != release.bundles:
        raise Contended("the canary was changed meanwhile; nothing was done")
    return release


def rollback(store: Store, author: Author, to: str | None = None, why: str = "", keep: int = KEEP, judged: int | None = None) -> Pointer:
    """Go back to a retained release, the one before unless `to` names another by the beginning of its name. Needs no approval,
    since it had them, and is possible where releases are frozen.

    Raises:
        PublishError: where there is none, or it is not retained. Tampered, StoreError, KeyFileError.
    """
    release = retained(current(store, author.keys), to)
    for name in release.bundles:
        held_bytes(store, name, author.keys)
    return change(store, author, "rollback", lambda was: made_live(was, release, keep), bundle=release.bundle, why=why, judged=judged)


def retained(known: Pointer, name: str | None) -> Held:
    """The release that a name's beginning means, among those that are retained; without a name the latest. Raises: PublishError."""
    if name is None:
        if not known.retained:
            raise PublishError("there is no earlier release to go back to; 'tessera releases off' shows the original pages")
        return known.retained[0]
    fitting = [one for one in known.retained if len(name) >= 4 and any(bundle.startswith(name) for bundle in one.bundles)]
    if len(fitting) != 1:
        there = ", ".join(one.bundle[:12] for one in known.retained) or "none"
        raise PublishError(f"'{name}' is {'the beginning of several' if fitting else 'none'} of the retained releases; there are {there}")
    return fitting[0]


def freeze(store: Store, author: Author, why: str) -> Pointer:
    """Let no release through until it is undone. Going back and switching off stay possible."""
    return change(store, author, "freeze", lambda was: replace(was, frozen=why), why=why)


def unfreeze(store: Store, author: Author, why: str = "") -> Pointer:
    return change(store, author, "unfreeze", lambda was: replace(was, frozen=None), why=why)


def switch_off(store: Store, author: Author, why: str) -> Pointer:
    """The kill switch: the edges serve original pages, and the API answers that there is no release."""
    return change(store, author, "off", lambda was: replace(was, off=why), why=why)


def switch_on(store: Store, author: Author, why: str = "") -> Pointer:
    return change(store, author, "on", lambda was: replace(was, off=None), why=why)


