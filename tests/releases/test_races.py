"""Two who publish at once: one gets the pointer, the other is told; nothing is lost, and nothing of two releases is mixed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from compiler.local import local
from compiler.profile_stores import admin_of
from compiler.releases import upkeep
from compiler.releases import publish as releases
from compiler.releases.files import Folder
from compiler.releases.local_store import LocalStore
from compiler.releases.publish import Author, Contended
from compiler.releases.stores import POINTER, Store
from compiler.releases.versions import VersionedStore
from tests.releases.sites import author, bundle, name_of

ROUNDS = 200
FEWER = 40  # behind HTTP, where each takes longer
KINDS = 4  # bundles in turn, so that each round publishes others than the one before


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Author], list[list[bytes]]]:
    """Two people with one key, and bundles of each."""
    folder = tmp_path_factory.mktemp("races")
    ana = author(folder)
    lars = Author("lars", ana.key, ana.keys)
    return [ana, lars], [[bundle(folder, ana.key, f"{who} {number}") for number in range(KINDS)] for who in ("ana", "lars")]


def raced(store: Store, rounds: int, two: tuple[list[Author], list[list[bytes]]]) -> tuple[int, int]:
    """Race, and check after each round; how often somebody published, and was refused."""
    people, bundles = two
    won = lost = 0
    with ThreadPoolExecutor(2) as pool:
        for number in range(rounds):
            start = Barrier(2)

            def publish(who: int) -> str | None:
                start.wait()
                try:
                    releases.publish(store, [bundles[who][number % KINDS]], people[who])
                except Contended as error:
                    assert people[1 - who].who in str(error) or "meanwhile" in str(error)
                    return None
                return name_of(bundles[who][number % KINDS])

            done = [name for name in pool.map(publish, (0, 1)) if name]
            won, lost = won + len(done), lost + 2 - len(done)
            found = releases.current(store, people[0].keys)
            assert done and found.live.bundle in done and found.serial == won
            assert store.copy() == store.get(POINTER).content, "the edges' copy is of the last one"
    entries = upkeep.history(store, people[0].keys)
    assert len(entries) == won and all(entry.bundle for entry in entries)
    assert upkeep.audit(store, people[0].keys) == []
    return won, lost


def test_two_hundred_times_in_a_folder(two, tmp_path: Path):
    won, lost = raced(VersionedStore(Folder(tmp_path)), ROUNDS, two)
    assert won + lost == 2 * ROUNDS and lost > 0, "they did meet"


def test_in_the_local_store(two, tmp_path: Path):
    with admin_of(local(tmp_path)) as admin:
        won, lost = raced(LocalStore(admin, "local"), FEWER, two)
    assert won + lost == 2 * FEWER and lost > 0, "they did meet"
