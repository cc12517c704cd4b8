"""Where files can be kept: a folder of this machine, or any file system that fsspec knows.

What versions.py needs of it is one thing that is not everywhere: to make a file only where there is none, whole or not at all.
"""

from __future__ import annotations

import errno
import inspect
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from compiler.files import write_atomically
from compiler.releases.stores import LARGEST, StoreError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


class Files(Protocol):
    """Files by their path below one root. Every call raises StoreError alone."""

    name: str

    def read(self, path: str) -> bytes | None: ...

    def create(self, path: str, content: bytes) -> bool:
        """False where there is one already; a reader sees the whole file or none."""

    def write(self, path: str, content: bytes) -> None: ...

    def below(self, folder: str) -> list[str]:
        """The paths of all files below a folder ("": the root), in any order."""

    def remove(self, path: str) -> None: ...


@dataclass(frozen=True)
class Folder:
    """A folder of this machine, or one that is mounted here."""

    root: Path

    @property
    def name(self) -> str:
        return str(self.root)

    def read(self, path: str) -> bytes | None:
        with self._told(path):
            try:
                file = self.root / path
                if file.stat().st_size > LARGEST:
                    raise StoreError(f"{file} is larger than any object of a release")
                return file.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def create(self, path: str, content: bytes) -> bool:
        file = self.root / path
        with self._told(path, writes=True):
            file.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".new-")
            try:
                with open(handle, "wb") as whole:
                    whole.write(content)
                    whole.flush()
                    os.fsync(whole.fileno())
                os.chmod(temporary, 0o644)
                os.link(temporary, file)  # fails where there is one; the name leads to the whole file from the first moment
            except FileExistsError:
                return False
            except OSError as error:
                if error.errno in (errno.EPERM, errno.ENOTSUP):
                    raise StoreError(f"{file.parent}: this file system has no hard links, by which one of two publishers wins; nothing was changed") from None
                raise
            finally:
                os.unlink(temporary)
        return True

    def write(self, path: str, content: bytes) -> None:
        with self._told(path, writes=True):
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.root / path, content)

    def below(self, folder: str) -> list[str]:
        with self._told(folder):
            found = (Path(place, file) for place, _, files in os.walk(self.root / folder) for file in files if not file.startswith("."))
            return [file.relative_to(self.root).as_posix() for file in found]

    def remove(self, path: str) -> None:
        with self._told(path, writes=True):
            (self.root / path).unlink(missing_ok=True)

    @contextmanager
    def _told(self, path: str, writes: bool = False) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            unknown = "; it is not known whether it was written" if writes else ""
            raise StoreError(f"{self.root / path}: {error.strerror or error}{unknown}") from None


_alone = threading.Lock()  # within this process: not every file system that fsspec knows is safe for threads


@dataclass(frozen=True)
class Remote:
    """A folder of a file system that fsspec knows.

    Args:
        root: the folder as the file system calls it. name: its URL, without what may be secret in it.
    """

    system: AbstractFileSystem
    root: str
    name: str

    def read(self, path: str) -> bytes | None:
        with self._told(path):
            try:
                return self.system.cat_file(self._at(path))
            except FileNotFoundError:
                return None

    def create(self, path: str, content: bytes) -> bool:
        with self._told(path, writes=True), _alone:
            self._folder(path)
            try:
                self.system.pipe_file(self._at(path), content, mode="create")
            except FileExistsError:
                return False
        return True

    def write(self, path: str, content: bytes) -> None:
        with self._told(path, writes=True), _alone:
            self._folder(path)
            self.system.pipe_file(self._at(path), content)

    def below(self, folder: str) -> list[str]:
        with self._told(folder), _alone:
            self.system.invalidate_cache()  # what others wrote meanwhile counts
            root = self._at("").rstrip("/") + "/"
            try:
                found = self.system.find(self._at(folder))
            except FileNotFoundError:
                return []
            return [path.removeprefix(root) for path in found]

    def remove(self, path: str) -> None:
        with self._told(path, writes=True):
            try:
                self.system.rm_file(self._at(path))
            except FileNotFoundError:
                pass

    def _at(self, path: str) -> str:
        return f"{self.root.rstrip('/')}/{path}".rstrip("/")

    def _folder(self, path: str) -> None:
        self.system.makedirs(self._at(path).rpartition("/")[0], exist_ok=True)

    def _told(self, path: str, writes: bool = False) -> _Told:
        return _Told(f"{self.name}: {path}", "; it is not known whether it was written" if writes else "")


@dataclass(frozen=True)
class _Told:
    """Makes a StoreError of whatever is raised in the block: each file system raises what its own library does."""

    what: str
    effect: str

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, StoreError):
            line = (str(error).strip().partition("\n")[0] or type(error).__name__)[:300]
            raise StoreError(f"{self.what}: {line}{self.effect}") from None


def remote(url: str) -> Remote:
    """The folder of a URL. Raises StoreError where nothing is known of its kind, or it cannot create a file where there is none."""
    import fsspec

    shown = plain(url)
    with _Told(shown, "; nothing was changed"):  # a missing library, a malformed URL, missing credentials
        system, root = fsspec.core.url_to_fs(url, use_listings_cache=False)
    if not _creates(system):
        kind = type(system).__name__
        raise StoreError(f"{shown}: {kind} cannot make a file only where there is none, so of two publishers both could win; nothing was changed")
    return Remote(system, root, shown)


def _creates(system: Any) -> bool:
    """Whether it makes files exclusively by itself. What fsspec does in its place looks first and writes then."""
    from fsspec.asyn import AsyncFileSystem
    from fsspec.implementations.memory import MemoryFileSystem

    if type(system).__module__.startswith("fsspec."):
        return isinstance(system, MemoryFileSystem)
    way = system._pipe_file if isinstance(system, AsyncFileSystem) else system.pipe_file
    return not way.__func__.__module__.startswith("fsspec.") and "mode" in inspect.signature(way).parameters


def plain(url: str) -> str:
    """A URL without the user and the password in it, and without its query."""
    scheme, _, rest = url.partition("://")
    rest = rest.partition("?")[0]
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
