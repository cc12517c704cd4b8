"""The objects of a bucket, on this machine or on Cloudflare: which there are, reading, conditional writing, removing."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from compiler.profile_stores import Wrangler
from host.admin import Admin, Conflict


class Object(NamedTuple):
    """Bytes, and the mark by which a write notices that somebody else wrote meanwhile ("" where the store has none)."""

    content: bytes
    etag: str


class Objects(Protocol):
    """A bucket. Every call raises HostError."""

    def names(self) -> Sequence[str]: ...

    def get(self, name: str) -> Object | None: ...

    def put(self, name: str, content: bytes, etag: str) -> bool:
        """Write where the object is still of that etag; False where it is not."""

    def delete(self, name: str) -> None: ...


@dataclass(frozen=True)
class LocalObjects:
    """A bucket of the embedded host."""

    admin: Admin
    binding: str
    prefix: str = ""

    def names(self) -> Sequence[str]:
        return self.admin.list_r2(self.binding, self.prefix)

    def get(self, name: str) -> Object | None:
        found = self.admin.get_r2(self.binding, name)
        return None if found is None else Object(found.content, found.etag)

    def put(self, name: str, content: bytes, etag: str) -> bool:
        try:
            self.admin.put_r2(self.binding, name, content, if_match=etag)
        except Conflict:
            return False
        return True

    def delete(self, name: str) -> None:
        self.admin.delete_r2(self.binding, name)


@dataclass(frozen=True)
class WranglerObjects:
    """A bucket as wrangler reaches it, which lists no names and knows no conditions: the names are given."""

    wrangler: Wrangler
    binding: str
    known: Sequence[str]

    def names(self) -> Sequence[str]:
        return self.known

    def get(self, name: str) -> Object | None:
        found = self.wrangler.object(self.binding, name)
        return None if found is None else Object(found, "")

    def put(self, name: str, content: bytes, etag: str) -> bool:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "object")
            file.write_bytes(content)
            self.wrangler.run("r2", "object", "put", self._path(name), "--file", str(file))
        return True

    def delete(self, name: str) -> None:
        self.wrangler.run("r2", "object", "delete", self._path(name))

    def _path(self, name: str) -> str:
        return f"{self.wrangler.bucket(self.binding)}/{name}"
