"""A store of releases in files, where no file can be replaced on a condition.

Of an object that changes, each state is a file of its own, `<name>.versions/00000018`, made only where there is none: who
makes number 18 has replaced number 17. The newest is what counts. The plain file is its copy for readers, written
afterwards; whoever is killed between the two leaves a copy that is behind, and no pointer that is lost. Versions stay:
taking an old one away would let a late writer make it again.
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler.releases.files import Files
from compiler.releases.stores import POINTER, Object, StoreError, checked

SUFFIX = ".versions/"
PLAIN = "0"  # the etag of an object that was never replaced
MOST_COPIES = 5


@dataclass(frozen=True)
class VersionedStore:
    """Objects in files. The pointer has versions from the start: its plain file is what `copy` gives."""

    files: Files
    bound: str = "when the edges, or what carries the files to them, read releases/current.json again"

    @property
    def name(self) -> str:
        return self.files.name

    def get(self, name: str) -> Object | None:
        newest = self._newest(checked(name))
        if newest > 0:
            content = self.files.read(_version(name, newest))
            if content is None:
                raise StoreError(f"{self.name}: {name}: version {newest} has vanished; nothing was changed")
            return Object(content, str(newest))
        if name == POINTER or (content := self.files.read(name)) is None:
            return None
        return Object(content, PLAIN)

    def put(self, name: str, content: bytes) -> None:
        self.files.write(checked(name), content)

    def create(self, name: str, content: bytes) -> bool:
        if checked(name) != POINTER:
            return self._newest(name) == 0 and self.files.create(name, content)
        return self._next(name, content, 1)

    def replace(self, name: str, content: bytes, etag: str) -> bool:
        newest = self._newest(checked(name))
        if etag != str(newest) or (newest == 0 and (name == POINTER or self.files.read(name) is None)):
            return False
        return self._next(name, content, newest + 1)

    def names(self, prefix: str) -> list[str]:
        found = self.files.below(prefix.rpartition("/")[0])
        return sorted({_plain(path) for path in found if _plain(path).startswith(prefix)})

    def delete(self, name: str) -> None:
        self.files.remove(checked(name))
        for path in sorted(self.files.below(name + SUFFIX.rstrip("/"))):
            self.files.remove(path)

    def copy(self) -> bytes | None:
        return self.files.read(POINTER)

    def put_copy(self, content: bytes) -> None:
        self.files.write(POINTER, content)
        self._refresh(POINTER, content)

    def _next(self, name: str, content: bytes, number: int) -> bool:
        if not self.files.create(_version(name, number), content):
            return False
        self.files.write(name, content)
        self._refresh(name, content)
        return True

    def _refresh(self, name: str, written: bytes) -> None:
        """Write the copy once more where another writer was between: the last of all leaves the newest."""
        for _ in range(MOST_COPIES):
            newest = self._newest(name)
            content = self.files.read(_version(name, newest)) if newest else None
            if content is None or content == written:
                return
            self.files.write(name, content)
            written = content

    def _newest(self, name: str) -> int:
        """The number of the newest version; 0 where there is none."""
        found = (path.rpartition("/")[2] for path in self.files.below(name + SUFFIX.rstrip("/")))
        return max((int(number) for number in found if number.isdecimal() and number.isascii()), default=0)


def _version(name: str, number: int) -> str:
    return f"{name}{SUFFIX}{number:08}"


def _plain(path: str) -> str:
    """The name of the object that a file is of."""
    return path.partition(SUFFIX)[0]
