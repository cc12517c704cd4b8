"""What a store of releases can do, wherever it is: objects by name, conditional writes, and the pointer's copy for the edges."""

from __future__ import annotations

from typing import NamedTuple, Protocol

POINTER = "releases/current.json"
COPY = "current"  # the copy's key, in stores that keep it by itself
LONGEST_NAME = 512  # bytes: what every one of the stores takes
LARGEST = 64 << 20  # bytes of an object: far above the largest bundle


class StoreError(Exception):
    """One line. Nothing was changed, or it is not known whether it was; the line says which."""


class Object(NamedTuple):
    """An object's bytes, and the mark by which a write notices that somebody else wrote meanwhile."""

    content: bytes
    etag: str


class Store(Protocol):
    """A store in which the releases of one site are kept. Every call raises StoreError alone.

    Attributes:
        name: how messages call it, such as "local:.tessera" or "cloudflare:tessera-bundles".
        bound: until when edges serve what the pointer says, in words.
    """

    name: str
    bound: str

    def get(self, name: str) -> Object | None: ...

    def put(self, name: str, content: bytes) -> None:
        """Write, whatever is there; for objects whose name says what they hold."""

    def create(self, name: str, content: bytes) -> bool:
        """Write where there is none; False where there is one already. Never half written."""

    def replace(self, name: str, content: bytes, etag: str) -> bool:
        """Write where the object still has this etag; False where it has not."""

    def names(self, prefix: str) -> list[str]:
        """The names that begin so, in order."""

    def delete(self, name: str) -> None:
        """Take an object away; none there is no error."""

    def copy(self) -> bytes | None:
        """The pointer's copy, which the edges read first."""

    def put_copy(self, content: bytes) -> None: ...


def checked(name: str) -> str:
    """The name, where every store takes it and it leads nowhere else."""
    parts = name.split("/")
    if not name.isprintable() or "\\" in name or any(part in ("", ".", "..") for part in parts) or len(name.encode()) > LONGEST_NAME:
        raise StoreError(f"{name[:100]!r} can be no object's name; nothing was changed")
    return name
