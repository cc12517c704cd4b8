"""Every store keeps one table of behaviours, whatever it is made of; of many writers at once exactly one wins."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from compiler.releases.patience import Patience
from compiler.releases.stores import POINTER, Store, StoreError
from compiler.releases.targets import open_target
from compiler.releases.versions import VersionedStore
from tests.releases.cloudflare import Cloudflare

QUICK = Patience(first=0.01, longest=0.05, pace=0.05)
KINDS = ["local", "folder", "memory", "cloudflare", "s3"]
SEPARATE = ["local", "folder", "memory", "cloudflare"]  # those that keep a copy beside the pointer
WRITERS = 20

Open = Callable[[], Store]


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Store]:
    """A store of that kind, with nothing in it."""
    if kind in ("cloudflare", "s3"):
        with Cloudflare() as account:
            account.state.buckets["tessera-bundles"] = {}
            account.state.namespaces["0f2ac74b"] = "tessera-edge-RELEASES"
            text = f"cloudflare:{account.state.account}/tessera-bundles/0f2ac74b" if kind == "cloudflare" else "s3://tessera-bundles/shop/a"
            with open_target(text, environment={**account.environment, **amazon(account)}, patience=QUICK) as store:
                yield store
        return
    text = {"local": f"local:{folder / 'state'}", "folder": str(folder / "releases"), "memory": f"memory://{folder}"}[kind]
    with open_target(text) as store:
        yield store


def amazon(account: Cloudflare) -> dict[str, str]:
    """What a user of S3 sets."""
    key, secret = next(iter(account.state.s3_keys.items()))
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": "auto", "AWS_ENDPOINT_URL": account.url}


@pytest.fixture(scope="module", params=KINDS)
def shared(request, tmp_path_factory) -> Iterator[Store]:
    with opened(request.param, tmp_path_factory.mktemp(request.param)) as store:
        yield store


@pytest.fixture
def store(shared) -> Store:
    for name in shared.names(""):
        shared.delete(name)
    return shared


def test_what_is_not_there_is_none(store):
    assert store.get("bundles/a.tessera") is None
    assert store.get(POINTER) is None
    assert store.names("") == []
    store.delete("bundles/a.tessera")  # no error


def test_what_is_put_comes_back(store):
    content = bytes(range(256)) * 4000
    store.put("bundles/a.tessera", content)
    assert store.get("bundles/a.tessera").content == content
    store.put("bundles/a.tessera", b"")
    assert store.get("bundles/a.tessera").content == b""


@pytest.mark.parametrize("name", ["releases/log/a.json", POINTER])
def test_an_object_is_created_once(store, name):
    assert store.create(name, b"one") is True
    assert store.create(name, b"two") is False
    assert store.get(name).content == b"one"


@pytest.mark.parametrize("name", ["releases/approvals/b/ana.json", POINTER])
def test_an_object_is_replaced_where_it_is_what_it_was(store, name):
    assert store.replace(name, b"none", "1") is False
    assert store.create(name, b"one")
    first = store.get(name).etag
    assert store.replace(name, b"two", first) is True
    assert store.replace(name, b"three", first) is False
    second = store.get(name)
    assert second.content == b"two" and second.etag != first
    assert store.replace(name, b"four", second.etag) is True
    assert store.create(name, b"five") is False
    assert store.get(name).content == b"four"


def test_names_are_those_that_begin_so(store):
    names = [f"releases/log/{letter}.json" for letter in "abc"] + ["releases/logs.json", "bundles/a.tessera"]
    for name in names:
        store.put(name, b"x")
    store.create(POINTER, b"1")
    store.replace(POINTER, b"2", store.get(POINTER).etag)
    assert store.names("releases/log/") == names[:3]
    assert store.names("releases/log") == names[:4]
    assert store.names("releases/log/b") == names[1:2]
    assert store.names("releases/") == sorted([POINTER, *names[:4]])
    assert store.names("nothing/") == store.names("nothing") == []


def test_a_deleted_object_is_gone(store):
    store.create("a/b", b"1")
    store.replace("a/b", b"2", store.get("a/b").etag)
    store.delete("a/b")
    assert store.get("a/b") is None and store.names("") == []
    assert store.create("a/b", b"3")


def test_the_copy_is_what_the_edges_read(store, request):
    if request.node.callspec.params["shared"] not in SEPARATE:
        store.create(POINTER, b"pointer")
        store.put_copy(b"anything")
        assert store.copy() == b"pointer"  # S3 gives out what was written last: the pointer is its own copy
        return
    store.put_copy(b"one")
    assert store.copy() == b"one"
    assert store.get(POINTER) is None and store.create(POINTER, b"two")
    store.put_copy(b"two")
    assert store.copy() == b"two" and store.get(POINTER).content == b"two"


@pytest.mark.parametrize("name", ["", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", "a\\b", "a\nb", "x" * 513])
def test_a_name_leads_nowhere_else(store, name):
    calls = [lambda: store.get(name), lambda: store.put(name, b""), lambda: store.create(name, b""), lambda: store.replace(name, b"", "1"), lambda: store.delete(name)]
    for call in calls:
        with pytest.raises(StoreError, match="can be no object's name"):
            call()


def raced(work: Callable[[int], bool]) -> list[int]:
    """Who of the writers won, all begun at once."""
    gate, won = threading.Barrier(WRITERS), []

    def run(number: int) -> None:
        gate.wait()
        if work(number):
            won.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won


@pytest.mark.parametrize("name", ["releases/log/a.json", POINTER])
def test_of_many_who_create_one_wins(store, name):
    won = raced(lambda number: store.create(name, b"%d" % number))
    assert len(won) == 1
    assert store.get(name).content == b"%d" % won[0]


@pytest.mark.parametrize("name", ["releases/approvals/b/ana.json", POINTER])
def test_of_many_who_replace_one_wins_in_each_round(store, name):
    store.create(name, b"first")
    for round_ in range(3):
        etag = store.get(name).etag
        won = raced(lambda number: store.replace(name, b"%d %d" % (round_, number), etag))
        assert len(won) == 1
        assert store.get(name).content == b"%d %d" % (round_, won[0])


def test_what_many_add_is_all_there(store):
    """Read, write on condition, again where it failed: no addition is lost."""
    store.create(POINTER, b"")
    read, tries = threading.Barrier(8), [0] * 8

    def add(number: int) -> bool:
        while number < 8:
            found = store.get(POINTER)
            if tries[number] == 0:
                read.wait()  # all have read the same
            tries[number] += 1
            if store.replace(POINTER, found.content + b"%d," % number, found.etag):
                return True
        return False

    assert len(raced(add)) == 8
    assert sorted(map(int, store.get(POINTER).content.decode().strip(",").split(","))) == list(range(8))
    assert sum(tries) > 8
    if isinstance(store, VersionedStore):
        assert store.copy() == store.get(POINTER).content
