"""Stores of files: whoever is killed leaves a pointer that is whole, and what cannot be kept so is refused."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from compiler.releases.files import Files, Folder, plain, remote
from compiler.releases.stores import POINTER, StoreError
from compiler.releases.targets import open_target
from compiler.releases.versions import VersionedStore


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Mortal:
    """Files whose user is killed before or after a call that writes."""

    files: Files
    left: int  # calls that are done yet
    name: str = "mortal"
    log: list[str] = field(default_factory=list)

    def read(self, path):
        return self.files.read(path)

    def below(self, folder):
        return self.files.below(folder)

    def _alive(self, path):
        self.log.append(path)
        self.left -= 1
        if self.left < 0:
            raise Killed

    def create(self, path, content):
        self._alive(path)
        return self.files.create(path, content)

    def write(self, path, content):
        self._alive(path)
        self.files.write(path, content)

    def remove(self, path):
        self._alive(path)
        self.files.remove(path)


@pytest.mark.parametrize("way", ["folder", "memory"])
@pytest.mark.parametrize("calls", range(4))
@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
def test_who_is_killed_between_two_calls_leaves_the_old_pointer_or_the_new(tmp_path, way, calls, first):
    files = Folder(tmp_path / "releases") if way == "folder" else remote(f"memory://{tmp_path}")
    store = VersionedStore(files)
    if not first:
        store.create(POINTER, b"old")
        store.put_copy(b"old")
    doomed = VersionedStore(Mortal(files, calls))
    done = calls >= 3
    try:
        assert doomed.create(POINTER, b"new") if first else doomed.replace(POINTER, b"new", "1")
        doomed.put_copy(b"new")
    except Killed:
        assert not done
    else:
        assert done
    found = store.get(POINTER)
    assert found is None and first and calls == 0 or found.content in ((b"new",) if calls else (b"old",))
    assert store.copy() in ((b"new",) if calls > 1 else (None, b"old"))
    # the next one goes on, and mends the copy
    assert store.replace(POINTER, b"next", found.etag) if found else store.create(POINTER, b"next")
    assert store.get(POINTER).content == store.copy() == b"next"


WRITER = """
import sys
from pathlib import Path
from compiler.releases.files import Folder
from compiler.releases.versions import VersionedStore
store = VersionedStore(Folder(Path(sys.argv[1])))
print("begun", flush=True)
for number in range(1, 100_000):
    found = store.get("releases/current.json")
    assert store.replace("releases/current.json", (b"%d," % number) * 50_000, found.etag)
"""


def test_a_writer_that_is_killed_leaves_no_half_of_a_file(tmp_path):
    store = VersionedStore(Folder(tmp_path))
    store.create(POINTER, b"0,")
    for _ in range(2):
        before = int(store.get(POINTER).etag)
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        writer.stdout.readline()
        end = time.monotonic() + 20
        while int(store.get(POINTER).etag) < before + 3 and time.monotonic() < end:
            time.sleep(0.01)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        found = store.get(POINTER)
        parts = set(found.content.split(b",")) - {b""}
        assert len(parts) == 1 and len(found.content) == (len(next(iter(parts))) + 1) * 50_000
        assert int(found.etag) > before
        assert len({*store.copy().split(b",")} - {b""}) == 1
        assert store.names("") == [POINTER]


def test_a_copy_that_comes_late_does_not_stay(tmp_path):
    """Between one writer's version and its copy, another writes both: in the end the copy is the newest."""

    class Late(Folder):
        def write(self, path, content):
            if content == b"second":
                assert VersionedStore(Folder(self.root)).replace(POINTER, b"third", "2")
            super().write(path, content)

    VersionedStore(Folder(tmp_path)).create(POINTER, b"first")
    assert VersionedStore(Late(tmp_path)).replace(POINTER, b"second", "1")
    store = VersionedStore(Folder(tmp_path))
    assert store.get(POINTER).content == store.copy() == b"third"


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "releases").write_text("a file")
    store = VersionedStore(Folder(tmp_path))
    assert store.get(POINTER) is None
    for call in (lambda: store.create(POINTER, b"1"), lambda: store.put("releases/log/a", b"1")):
        with pytest.raises(StoreError):
            call()


class Looks(MemoryFileSystem):
    """Creates as fsspec does for those that cannot: looks first, writes then."""

    protocol = "looks"
    pipe_file = fsspec.AbstractFileSystem.pipe_file


class Broken(MemoryFileSystem):
    """Fails in a way of its own."""

    protocol = "broken"

    def pipe_file(self, path, value, mode="overwrite", **kwargs):
        raise KeyError("of the library\nin two lines")


def test_a_file_system_that_cannot_create_exclusively_is_refused():
    fsspec.register_implementation("looks", Looks, clobber=True)
    with pytest.raises(StoreError, match="of two publishers both could win"), open_target("looks://a/b"):
        pass
    with pytest.raises(StoreError, match="of two publishers both could win"), open_target("http://127.0.0.1:1/a"):
        pass


def test_whatever_a_file_system_raises_is_one_line():
    fsspec.register_implementation("broken", Broken, clobber=True)
    with open_target("broken://a/b") as store, pytest.raises(StoreError) as caught:
        store.create("a", b"1")
    assert "of the library" in str(caught.value) and "it is not known whether it was written" in str(caught.value)


URLS = {
    "ftp://user:secret@host/path?key=secret": "ftp://host/path",
    "memory://a/b": "memory://a/b",
    "sftp://host": "sftp://host",
}


@pytest.mark.parametrize("url, shown", URLS.items(), ids=URLS)
def test_what_is_secret_in_a_url_is_not_shown(url, shown):
    assert plain(url) == shown


TARGETS = {  # text → what the error says
    "production": "no target 'production'.*./production",
    "": "no target ''",
    "cloudfare:a/b/c": "no such kind of target",
    "nonsense://a": "Protocol not known",
    "cloudflare:a/b": "not of the form cloudflare:ACCOUNT_ID/BUCKET/KV_NAMESPACE_ID",
    "cloudflare:a/b/../d": "not of the form",
    "cloudflare:a//c": "not of the form",
    "cloudflare": "tessera provision",
    "s3:///prefix": "not of the form s3://bucket/prefix",
}


@pytest.mark.parametrize("text, told", TARGETS.items(), ids=TARGETS)
def test_what_is_no_target_is_told(text, told, tmp_path):
    config = tmp_path / "wrangler.toml"
    config.write_text((Path(__file__).parents[2] / "wrangler.toml").read_text())
    with pytest.raises(StoreError, match=told) as caught, open_target(text, config=config, environment={}):
        pass
    assert "\n" not in str(caught.value)


def test_targets_name_themselves(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "wrangler.toml"
    config.write_text(
        'account_id = "a1"\n[vars]\nTESSERA_POLL_SECONDS = "5"\n[[kv_namespaces]]\nbinding = "RELEASES"\nid = "0f2a"\n'
        '[[r2_buckets]]\nbinding = "BUNDLES"\nbucket_name = "shop"\njurisdiction = "eu"\n'
    )
    keys = {"TESSERA_CLOUDFLARE_TOKEN": "t", "TESSERA_CLOUDFLARE_R2_KEY_ID": "k", "TESSERA_CLOUDFLARE_R2_SECRET": "s"}
    names = {"./new": str(tmp_path / "new"), "cloudflare": "cloudflare:shop", f"file://{tmp_path}": str(tmp_path), "s3://shop/a/": "s3://shop/a", "memory://x/y": "memory://x/y"}
    for text, name in names.items():
        with open_target(text, config=config, environment=keys) as store:
            assert store.name == name
    with open_target("cloudflare", config=config, environment=keys) as store:
        assert store.bound.startswith("within 5 s (the edge's interval), up to 60 s more for KV")
        assert store.client.config["endpoint"] == "https://a1.eu.r2.cloudflarestorage.com"


def test_a_local_target_without_a_host_is_told(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(StoreError, match="local:"), open_target(f"local:{file}"):
        pass
