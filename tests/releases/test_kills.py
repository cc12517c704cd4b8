"""A publisher that is killed anywhere: whoever reads the store then finds the old release or the new one, whole.

Killed for real: a process of its own ends, without any clean-up, at the n-th thing that it asks of the system (an open, a link, a
rename, a removal…), for every n; and in a store behind HTTP before and after each of its calls.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from compiler.local import local
from compiler.profile_stores import admin_of
from compiler.releases import changes, upkeep
from compiler.releases import publish as releases
from compiler.releases.documents import opened
from compiler.releases.files import Folder
from compiler.releases.local_store import LocalStore
from compiler.releases.pointer import Pointer, read
from compiler.releases.policy import CanaryPlan
from compiler.releases.publish import Author, PublishError
from compiler.releases.stores import POINTER, Store
from compiler.releases.versions import VersionedStore
from tests.releases.sites import author, bundle, name_of

KILLED = 77
Act = Callable[[Store, Author, list[bytes]], object]

ACTS: dict[str, tuple[Act, Act]] = {  # what was done before, and what is killed
    "the first release": (lambda s, a, b: None, lambda s, a, b: releases.publish(s, b[:1], a)),
    "another release": (lambda s, a, b: releases.publish(s, b[:1], a), lambda s, a, b: releases.publish(s, b[1:2], a)),
    "a canary": (lambda s, a, b: releases.publish(s, b[:1], a), lambda s, a, b: releases.publish(s, b[1:2], a, canary=CanaryPlan(0.1))),
    "its promotion": (lambda s, a, b: (releases.publish(s, b[:1], a), releases.publish(s, b[1:2], a, canary=CanaryPlan(0.1))), lambda s, a, b: changes.promote(s, a)),
    "going back": (lambda s, a, b: (releases.publish(s, b[:1], a), releases.publish(s, b[1:2], a)), lambda s, a, b: changes.rollback(s, a)),
    "switching off": (lambda s, a, b: releases.publish(s, b[:1], a), lambda s, a, b: changes.switch_off(s, a, "why")),
    "pruning": (lambda s, a, b: [releases.publish(s, [one], a) for one in b], lambda s, a, b: upkeep.prune(s, a, 1)),
}


@pytest.fixture(scope="module")
def ana(tmp_path_factory: pytest.TempPathFactory) -> Author:
    return author(tmp_path_factory.mktemp("kills"))


@pytest.fixture(scope="module")
def bundles(ana: Author, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("sites")
    return [bundle(folder, ana.key, headline) for headline in ("one", "two", "three")]


def served(content: bytes | None, store: Store, ana: Author) -> Pointer | None:
    """What an edge makes of a pointer: None where there is none; the bundles that it names are there, whole."""
    if content is None:
        return None
    found = read(opened("pointer", content, ana.keys, "the pointer"))
    for release in (found.live, *((found.canary.release,) if found.canary else ()), *found.retained):
        releases.held_bytes(store, release.bundle, ana.keys)
    return found


def state(found: Pointer | None) -> tuple | None:
    """What visitors see of a pointer, and what may be gone back to."""
    return found and (found.live.bundle, found.canary and found.canary.release.bundle, found.off, tuple(one.bundle for one in found.retained))


def check(store: Store, ana: Author, before: tuple | None, after: tuple | None) -> None:
    """Both readings are the old state or the new one; and the store can be published to as if nothing had been."""
    pointer = store.get(POINTER)
    by_pointer = state(served(pointer.content if pointer else None, store, ana))
    by_copy = state(served(store.copy(), store, ana))
    assert by_pointer in (before, after) and by_copy in (before, after)
    assert by_copy == by_pointer or by_copy == before, "the copy follows the pointer"
    if pointer is not None:
        upkeep.repair(store, ana.keys)
        assert upkeep.audit(store, ana.keys) == []
        assert upkeep.history(store, ana.keys)


def child(act: Callable[[], object], at: int) -> int:
    """Run in a process of its own that ends at the `at`-th request to the system; its exit code: KILLED, 0 where it came to its end."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    left = at

    def hook(event: str, arguments: tuple) -> None:
        nonlocal left
        if event.startswith(("os.", "shutil.", "tempfile.")) or (event == "open" and _is_ours(arguments[0])):
            left -= 1
            if left < 0:
                os._exit(KILLED)

    sys.addaudithook(hook)
    try:
        act()
        os._exit(0)
    except BaseException:
        os._exit(1)


def _is_ours(path: object) -> bool:
    return isinstance(path, (str, bytes, os.PathLike)) and b"kills" in os.fsencode(path)


def test_at_every_request_to_the_system(ana, bundles, tmp_path_factory):
    points = 0
    for name, (prepare, act) in ACTS.items():
        prepared, done = (tmp_path_factory.mktemp("kills") for _ in range(2))
        prepare(VersionedStore(Folder(prepared)), ana, bundles)
        before = _seen(VersionedStore(Folder(prepared)), ana)
        shutil.copytree(prepared, done, dirs_exist_ok=True)
        act(VersionedStore(Folder(done)), ana, bundles)
        after = _seen(VersionedStore(Folder(done)), ana)
        assert before != after, name
        for at in range(10_000):
            folder = tmp_path_factory.mktemp("kills")
            shutil.copytree(prepared, folder, dirs_exist_ok=True)
            store = VersionedStore(Folder(folder))
            code = child(lambda: act(store, ana, bundles), at)
            if code == 0:
                break
            assert code == KILLED, (name, at)
            check(store, ana, before, after)
            points += 1
        act_again(store, ana, bundles, act)
    assert points >= 50, points


def act_again(store: Store, ana: Author, bundles: list[bytes], act: Act) -> None:
    """What was broken off can be done after all."""
    try:
        act(store, ana, bundles)
    except PublishError:
        pass  # it was done already: there is no canary any more, nothing to go back to
    releases.publish(store, bundles[2:], ana)
    assert state(served(store.copy(), store, ana))[0] == name_of(bundles[2])


def _seen(store: Store, ana: Author) -> tuple | None:
    found = store.get(POINTER)
    return state(served(found.content if found else None, store, ana))


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Killing:
    """A store whose user is killed before or after its `at`-th call."""

    store: Store
    at: int
    is_after: bool
    calls: int = 0

    def __getattr__(self, name: str):
        found = getattr(self.store, name)
        if not callable(found):
            return found

        def call(*arguments):
            self.calls += 1
            if self.calls == self.at and not self.is_after:
                raise Killed
            answer = found(*arguments)
            if self.calls == self.at:
                raise Killed
            return answer

        return call


def test_before_and_after_each_call_of_the_local_store(ana, bundles, tmp_path: Path):
    points = 0
    with admin_of(local(tmp_path)) as admin:
        store = LocalStore(admin, "local")
        for at in range(1, 100):
            for is_after in (False, True):
                for key in admin.list_r2("BUNDLES"):
                    admin.delete_r2("BUNDLES", key)
                releases.publish(store, bundles[:1], ana, begin_anew=True)
                before = _seen(store, ana)
                after = (name_of(bundles[1]), None, None, (name_of(bundles[0]),))
                killing = Killing(store, at, is_after)
                try:
                    releases.publish(killing, bundles[1:2], ana)
                except Killed:
                    points += 1
                    check(store, ana, before, after)
            if killing.calls < at:
                break
    assert points >= 16, points
