"""Two starts from one snapshot: nothing is frozen into it that must be fresh, and nothing that must be secret."""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from asking import COOKIE_KEYS, Client
from host import process
from host.build import build
from host.process import Host
from tessera.context import Request

pytestmark = pytest.mark.xdist_group("host")
MARK = "only-in-the-environment-of-the-builder-7f3a"
ASKED = 3  # times in each start


@dataclass(frozen=True)
class Start:
    """What one start told: Python's numbers and bytes, and the facts of page views."""

    numbers: list[float]
    entropy: list[str]
    views: list[Request]
    asked: float


def started(site: Path, state: Path, worker: Path) -> Start:
    with Host(site, state, secrets={"TESSERA_COOKIE_KEYS": COOKIE_KEYS}, variables={"HOST_DIRECT": "no"}, edge=worker) as host:
        client = Client(host)
        asked = time.time()
        drawn = [client.task(do="random").json() for _ in range(ASKED)]
        views = [Request(*client.task(do="fields").json()) for _ in range(ASKED)]
    return Start([number for number, _ in drawn], [octets for _, octets in drawn], views, asked)


@pytest.fixture(scope="module")
def snapshot(worker, tmp_path_factory):
    """A snapshot that is made now, with secrets in the environment of whoever makes it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TESSERA_COOKIE_KEYS", COOKIE_KEYS)
        patch.setenv("TESSERA_MARK", MARK)
        cache = tmp_path_factory.mktemp("cache")
        found = build(worker, cache=cache).snapshot
        patch.setattr(process, "build", lambda edge, *, snapshot: build(edge, cache=cache, snapshot=snapshot))
        yield found


@pytest.fixture(scope="module")
def starts(snapshot, worker, site, tmp_path_factory) -> list[Start]:
    before = sha256(snapshot.read_bytes()).digest()
    found = [started(site, tmp_path_factory.mktemp("state"), worker) for _ in range(2)]
    assert sha256(snapshot.read_bytes()).digest() == before
    return found


@pytest.mark.parametrize("read", [
    lambda start: start.numbers,
    lambda start: start.entropy,
    lambda start: [view.newcomer for view in start.views],
    lambda start: [view.nonce for view in start.views],
], ids=["random.random", "os.urandom", "id of a new visitor", "id of a page view"])  # fmt: skip
def test_what_must_be_fresh_never_comes_twice(starts, read):
    found = [value for start in starts for value in read(start)]
    assert all(found) and len(set(found)) == 2 * ASKED


def test_the_clock_is_not_the_snapshots(starts):
    for start in starts:
        assert all(abs(view.at - start.asked) < 30 for view in start.views)
    assert starts[1].views[0].at > starts[0].views[-1].at


def test_no_secret_is_in_the_snapshot(snapshot):
    image = snapshot.read_bytes()
    name, _, key = COOKIE_KEYS.partition(":")
    assert b"WorkerEntrypoint" in image  # what Python holds can be found by its bytes
    for secret in (COOKIE_KEYS, key, MARK):
        for octets in (secret.encode(), secret.encode("utf-16-le")):
            assert octets not in image
    assert urlsafe_b64decode(key + "=" * (-len(key) % 4)) not in image
