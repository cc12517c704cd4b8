"""The store of this machine: the embedded host's R2 and KV, through its admin server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from compiler.releases.patience import Again, Patience, conditional
from compiler.releases.stores import COPY, Object, StoreError, checked
from host.admin import Admin, Conflict
from host.tools import HostError

BUCKET, NAMESPACE = "BUNDLES", "RELEASES"
BRIEF = Patience(attempts=2, first=0.1)  # it is on this machine: what fails twice stays broken

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class LocalStore:
    """The embedded host's."""

    admin: Admin
    name: str
    bound: str = "within the edge's interval (TESSERA_POLL_SECONDS; 30 s unless it is set) and a request that makes it look; on Cloudflare up to 60 s more for KV"

    def get(self, name: str) -> Object | None:
        found = self._asked(lambda: self.admin.get_r2(BUCKET, checked(name)))
        return None if found is None else Object(found.content, found.etag)

    def put(self, name: str, content: bytes) -> None:
        self._asked(lambda: self.admin.put_r2(BUCKET, checked(name), content), writes=True)

    def create(self, name: str, content: bytes) -> bool:
        return self._conditional(name, content, None)

    def replace(self, name: str, content: bytes, etag: str) -> bool:
        return self._conditional(name, content, etag)

    def names(self, prefix: str) -> list[str]:
        return sorted(self._asked(lambda: self.admin.list_r2(BUCKET, prefix)))

    def delete(self, name: str) -> None:
        self._asked(lambda: self.admin.delete_r2(BUCKET, checked(name)), writes=True)

    def copy(self) -> bytes | None:
        return self._asked(lambda: self.admin.get_kv(NAMESPACE, COPY))

    def put_copy(self, content: bytes) -> None:
        self._asked(lambda: self.admin.put_kv(NAMESPACE, COPY, content), writes=True)

    def _conditional(self, name: str, content: bytes, etag: str | None) -> bool:
        condition = {"if_none_match": "*"} if etag is None else {"if_match": etag}
        key = checked(name)

        def write() -> bool:
            try:
                self.admin.put_r2(BUCKET, key, content, **condition)
            except Conflict:
                return False
            except HostError as error:
                raise Again(str(error)) from None
            return True

        return conditional(f"{self.name}: {name}", write, lambda: self.get(name), content, etag, BRIEF)

    def _asked(self, call: Callable[[], Answer], writes: bool = False) -> Answer:
        try:
            return call()
        except HostError as error:
            unknown = "; it is not known whether it was written" if writes else ""
            raise StoreError(f"{self.name}: {error}{unknown}") from None
