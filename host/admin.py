"""The host's stores from Python: KV and R2 through the admin server, with the standard library only."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, Mapping
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

from host.tools import HostError

STATE_FILE = "host.json"
TIMEOUT = 30

# the admin server is on this machine: a proxy from the environment has no business here
_opener = build_opener(ProxyHandler({}))


class Conflict(HostError):
    """A conditional write found another object than it expected."""


class Missing(HostError):
    """No such key."""


_ERRORS = {404: Missing, 412: Conflict}


@dataclass(frozen=True, slots=True)
class Stored:
    """An object of R2: its bytes and its etag (without quotes)."""

    content: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class Admin:
    """A client of the admin server. Every call raises HostError when the host cannot be reached or refuses."""

    url: str
    token: str

    @classmethod
    def running(cls, state: Path) -> Admin | None:
        """The admin of the host that runs on this state folder, or None."""
        try:
            facts = json.loads((state / STATE_FILE).read_text())
            admin = cls(facts["admin_url"], facts["token"])
            os.kill(facts["pid"], 0)
            admin.status()
        except (OSError, ValueError, KeyError, TypeError, HostError):
            return None
        return admin

    def status(self) -> dict[str, Any]:
        """{"url": the page server or None, "storeOnly": bool, "pid": int}"""
        return json.loads(self._call("GET", "/status")[0])

    def fault(self, **faults: str | None) -> dict[str, Any]:
        """Make bindings fail, or Python; what is in force then. See host/faults.mjs and host/host_adapter.py."""
        return json.loads(self._call("POST", "/faults", json.dumps(faults).encode())[0])

    # --- KV ---

    def put_kv(self, binding: str, key: str, value: bytes | str) -> None:
        self._call("PUT", _address("kv", binding, key), _encoded(value))

    def put_kv_many(self, binding: str, values: Mapping[str, str], ttl: int | None = None) -> None:
        """Store at most 10,000 keys in one request, of at most 32 MB. A key that fails leaves those before it written.

        Args:
            ttl: seconds after which they vanish, 60 at least; None keeps them.
        """
        expiry = {} if ttl is None else {"expiration_ttl": ttl}
        pairs = [{"key": key, "value": value, **expiry} for key, value in values.items()]
        self._call("POST", f"/kv/{binding}", json.dumps(pairs).encode())

    def get_kv(self, binding: str, key: str) -> bytes | None:
        try:
            return self._call("GET", _address("kv", binding, key))[0]
        except Missing:
            return None

    def list_kv(self, binding: str, prefix: str = "") -> list[str]:
        return [entry["key"] for entry in self._list("kv", binding, prefix)]

    def expirations_kv(self, binding: str, prefix: str = "") -> dict[str, int | None]:
        """Key → epoch seconds at which it vanishes; None for one that stays."""
        return {entry["key"]: entry.get("expiration") for entry in self._list("kv", binding, prefix)}

    def delete_kv(self, binding: str, key: str) -> None:
        self._call("DELETE", _address("kv", binding, key))

    # --- queues ---

    def send(self, binding: str, message: str) -> None:
        """Put a message into a queue of the running Worker."""
        self._call("POST", f"/queue/{binding}", message.encode())

    # --- R2 ---

    def put_r2(
        self, binding: str, key: str, value: bytes | str, *, if_match: str | None = None, if_none_match: str | None = None
    ) -> str:
        """Store an object and return its etag.

        Args:
            if_match: the etag the object must have now. if_none_match: "*" if there must be none.
        Raises:
            Conflict: when the condition does not hold; nothing was written.
        """
        conditions = {"If-Match": if_match, "If-None-Match": if_none_match}
        headers = {name: value for name, value in conditions.items() if value is not None}
        return json.loads(self._call("PUT", _address("r2", binding, key), _encoded(value), headers)[0])["etag"]

    def get_r2(self, binding: str, key: str) -> Stored | None:
        try:
            content, headers = self._call("GET", _address("r2", binding, key))
        except Missing:
            return None
        return Stored(content, headers["etag"].strip('"'))

    def list_r2(self, binding: str, prefix: str = "") -> list[str]:
        return [entry["key"] for entry in self._list("r2", binding, prefix)]

    def delete_r2(self, binding: str, key: str) -> None:
        self._call("DELETE", _address("r2", binding, key))

    # ---

    def _list(self, kind: str, binding: str, prefix: str) -> list[dict[str, Any]]:
        return json.loads(self._call("GET", f"/{kind}/{binding}?{urlencode({'prefix': prefix})}")[0])

    def _call(
        self, method: str, address: str, body: bytes | None = None, headers: Mapping[str, str] = {}
    ) -> tuple[bytes, Mapping[str, str]]:
        request = Request(self.url + address, body, {"Authorization": f"Bearer {self.token}", **headers}, method=method)
        try:
            with _opener.open(request, timeout=TIMEOUT) as response:
                return response.read(), response.headers
        except HTTPError as error:
            with error:
                raise _ERRORS.get(error.code, HostError)(f"{method} {address}: {error.code} {_reason(error)}") from None
        except (URLError, HTTPException, OSError) as error:
            raise HostError(f"{method} {address}: the host does not answer ({error})") from error


def _address(kind: str, binding: str, key: str) -> str:
    return f"/{kind}/{binding}/{quote(key, safe='')}"


def _encoded(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else value


def _reason(error: HTTPError) -> str:
    try:
        return json.loads(error.read())["error"]
    except (ValueError, KeyError, TypeError):
        return error.reason
