"""A bucket that speaks S3 and knows conditional writes: Cloudflare's R2, Amazon's S3, and those that do the same.

Written with If-Match and If-None-Match: https://developers.cloudflare.com/r2/api/s3/conditional-operations/ and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from compiler.releases.patience import Again, Patience, conditional, persist
from compiler.releases.stores import LARGEST, POINTER, Object, StoreError, checked

if TYPE_CHECKING:
    from obstore.store import S3Store

TIMEOUT = timedelta(seconds=120)  # for a request as a whole: a bundle of 24 MiB over a slow line
CONNECT = timedelta(seconds=10)

Answer = TypeVar("Answer")

_STATUS = re.compile(r"status code: (\d{3})")
_SAID = re.compile(r"<Code>([^<]{1,100})</Code>(?:.{0,20}?<Message>([^<]{1,300})</Message>)?", re.DOTALL)


# by itself the library takes these from AWS_* variables too, which may be there for something else
_FIXED = {"conditional_put": "etag", "skip_signature": False, "unsigned_payload": False, "disable_bulk_delete": True}


def bucket(name: str, prefix: str, options: Mapping[str, Any], timeout: timedelta = TIMEOUT) -> S3Store:
    """The client of a bucket.

    Args:
        options: of obstore's S3Store: endpoint, region, credentials; what is not given comes from AWS_* variables.
    Raises:
        StoreError: the options make no client.
    """
    from obstore.exceptions import BaseError
    from obstore.store import S3Store

    insecure = {"allow_http": True} if str(options.get("endpoint", "")).startswith("http://") else {}
    client = {"timeout": timeout, "connect_timeout": CONNECT, **insecure}
    # it is tried again here, where a lost answer of a conditional write is known for what it is
    retry = {"max_retries": 0, "retry_timeout": timeout, "backoff": {}}
    try:
        return S3Store(name, prefix=prefix or None, client_options=client, retry_config=retry, **_FIXED, **options)
    except (BaseError, ValueError, TypeError) as error:
        raise StoreError(f"s3://{name}: {_first(error)}; nothing was changed") from None


@dataclass(frozen=True)
class Bucket:
    """The objects of a bucket. `rights` says what the credentials must allow, for messages."""

    client: S3Store
    name: str
    rights: str
    patience: Patience = Patience()

    def get(self, name: str) -> Object | None:
        import obstore
        from obstore.exceptions import BaseError

        key = checked(name)

        def attempt() -> Object | None:
            try:
                found = obstore.get(self.client, key)
                if found.meta["size"] > LARGEST:
                    raise StoreError(f"{self.name}: {name} has {found.meta['size']} bytes, more than any object of a release")
                return Object(bytes(found.bytes()), found.meta["e_tag"] or "")
            except FileNotFoundError as error:
                self._no_bucket(error)
                return None
            except (BaseError, OSError) as error:
                self._failed(name, error)

        return persist(f"{self.name}: {name}", attempt, self.patience)

    def put(self, name: str, content: bytes) -> None:
        persist(f"{self.name}: {name}", lambda: self._put(name, content, "overwrite"), self.patience, writes=True)

    def create(self, name: str, content: bytes) -> bool:
        return self._conditional(name, content, None)

    def replace(self, name: str, content: bytes, etag: str) -> bool:
        return self._conditional(name, content, etag)

    def names(self, prefix: str) -> list[str]:
        import obstore
        from obstore.exceptions import BaseError

        folder, slash, _ = prefix.rpartition("/")  # the library lists whole folders

        def attempt() -> list[str]:
            try:
                return sorted(one["path"] for page in obstore.list(self.client, folder + slash or None) for one in page)
            except (BaseError, OSError) as error:
                self._failed(f"the names below {prefix!r}", error)

        return [name for name in persist(f"{self.name}: names", attempt, self.patience) if name.startswith(prefix)]

    def delete(self, name: str) -> None:
        import obstore
        from obstore.exceptions import BaseError

        key = checked(name)

        def attempt() -> None:
            try:
                obstore.delete(self.client, key)
            except FileNotFoundError as error:
                self._no_bucket(error)
            except (BaseError, OSError) as error:
                self._failed(name, error)

        persist(f"{self.name}: {name}", attempt, self.patience, writes=True)

    def _conditional(self, name: str, content: bytes, etag: str | None) -> bool:
        mode = "create" if etag is None else {"e_tag": etag}
        return conditional(f"{self.name}: {name}", lambda: self._put(name, content, mode), lambda: self.get(name), content, etag, self.patience)

    def _put(self, name: str, content: bytes, mode: Any) -> bool:
        """An attempt: False where a condition does not hold."""
        import obstore
        from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

        try:
            obstore.put(self.client, checked(name), content, mode=mode, use_multipart=False)
        except (AlreadyExistsError, PreconditionError) as error:
            self._no_bucket(error)
            if _status(error) == 409:  # two writes at once, of which this one was not made
                raise Again(_first(error), maybe=False) from None
            return False
        except (BaseError, OSError) as error:
            self._failed(name, error)
        return True

    def _no_bucket(self, error: Exception) -> None:
        if "<Code>NoSuchBucket</Code>" in str(error):
            raise StoreError(f"{self.name}: there is no such bucket; nothing was changed") from None

    def _failed(self, name: str, error: Exception) -> NoReturn:
        """Raise what becomes of an error: Again, or StoreError."""
        from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

        if isinstance(error, StoreError):
            raise error
        self._no_bucket(error)
        status, said = _status(error), _said(error)
        if isinstance(error, (PermissionDeniedError, UnauthenticatedError)) or status in (401, 403):
            raise StoreError(f"{self.name}: {name}: refused ({said}); {self.rights}; nothing was changed") from None
        if status == 429:  # of R2: more than one write a second to one key. The library does not tell Retry-After
            raise Again(said, after=self.patience.pace, maybe=False) from None
        if status is None or status >= 500 and status != 501:
            raise Again(said) from None
        raise StoreError(f"{self.name}: {name}: {said}; nothing was changed") from None


@dataclass(frozen=True)
class S3Target(Bucket):
    """A bucket whose readers read the pointer itself, which S3 gives out as it was written last: there is no copy."""

    bound: str = "when the edges read releases/current.json again (TESSERA_POLL_SECONDS; 30 s unless it is set)"

    def copy(self) -> bytes | None:
        found = self.get(POINTER)
        return None if found is None else found.content

    def put_copy(self, content: bytes) -> None:
        """Nothing: the pointer is what is read."""


def _status(error: Exception) -> int | None:
    found = _STATUS.search(str(error)[:4000])
    return int(found[1]) if found else None


def _said(error: Exception) -> str:
    """What the other side says, in a line."""
    status, found = _status(error), _SAID.search(str(error)[:4000])
    if found:
        return " ".join(f"{status or ''} {found[1]}{f': {found[2]}' if found[2] else ''}".split())
    _, broken, why = _first(error).partition("HTTP error: ")
    return f"{status}" if status else f"no answer ({why})" if broken else _first(error)


def _first(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]
