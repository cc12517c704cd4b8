"""Cloudflare's store of releases: objects in R2 by its S3 API, the pointer's copy in KV by the REST API.

Documented at https://developers.cloudflare.com/r2/api/s3/, https://developers.cloudflare.com/kv/ and
https://developers.cloudflare.com/api/.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from compiler.releases.patience import Again, Patience, persist
from compiler.releases.s3 import Bucket, bucket
from compiler.releases.stores import COPY, LARGEST, StoreError

API = "https://api.cloudflare.com/client/v4"
S3 = "https://{account}.r2.cloudflarestorage.com"
TIMEOUT = 30  # seconds without a byte
PAGE = 100
MOST_PAGES = 100

TOKEN = "TESSERA_CLOUDFLARE_TOKEN", "CLOUDFLARE_API_TOKEN"
ACCOUNT = "TESSERA_CLOUDFLARE_ACCOUNT", "CLOUDFLARE_ACCOUNT_ID"
KEY_ID = ("TESSERA_CLOUDFLARE_R2_KEY_ID",)
KEY_SECRET = ("TESSERA_CLOUDFLARE_R2_SECRET",)
API_URL = ("TESSERA_CLOUDFLARE_API",)
S3_URL = ("TESSERA_CLOUDFLARE_S3",)

KV_RIGHTS = "the token needs the right 'Workers KV Storage: Edit' for the account"
R2_RIGHTS = "the credentials need 'Object Read & Write' for the bucket ('Workers R2 Storage: Edit' of an account's token)"


class Refused(StoreError):
    """Cloudflare answered, and did nothing.

    Attributes:
        status: of HTTP. codes: Cloudflare's own, of the answer's `errors`.
    """

    def __init__(self, line: str, status: int, codes: frozenset[int]) -> None:
        super().__init__(line)
        self.status, self.codes = status, codes


class _Stay(HTTPRedirectHandler):
    """Follows no redirect: it would take the token along."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(frozen=True)
class Api:
    """Cloudflare's REST API, for one account. Every call raises StoreError: Refused where there was an answer."""

    base: str
    token: str
    account: str
    patience: Patience = Patience()
    timeout: float = TIMEOUT

    def call(self, method: str, path: str, body: bytes | Mapping[str, Any] | None = None, query: Mapping[str, str] = {}, headers: Mapping[str, str] = {}, rights: str = "") -> bytes:
        """The body of the answer.

        Args:
            path: below the account's, or /user/…. body: bytes as they are, or what becomes JSON.
            rights: what the token must allow, for the message where it does not.
        """
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        data = json.dumps(body).encode() if isinstance(body, Mapping) else body
        home = "" if path.startswith("/user/") else f"/accounts/{quote(self.account, safe='')}"
        url = f"{self.base}{home}{path}{'?' + urlencode(query) if query else ''}"
        request = Request(url, data, {"Authorization": f"Bearer {self.token}", "Content-Type": kind, **headers}, method=method)
        what = f"cloudflare: {method} {path}"
        return persist(what, lambda: self._attempt(request, what, rights), self.patience, writes=method != "GET")

    def result(self, method: str, path: str, body: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """`result` of an answer in JSON."""
        return self._read(self.call(method, path, body, **more))[0]

    def pages(self, path: str, **more: Any) -> list[dict[str, Any]]:
        """The rows of a list, of all its pages."""
        rows: list[dict[str, Any]] = []
        for page in range(1, MOST_PAGES + 1):
            found, more_info = self._read(self.call("GET", path, query={"page": str(page), "per_page": str(PAGE)}, **more))
            rows += found or []
            if not found or len(rows) >= more_info.get("total_count", len(rows) if len(found) < PAGE else len(rows) + 1):
                return rows
        raise StoreError(f"cloudflare: {path} has more than {MOST_PAGES * PAGE} rows")

    def buckets(self, jurisdiction: str | None = None) -> list[str]:
        """The names of the account's buckets."""
        names: list[str] = []
        query = {"per_page": str(PAGE)}
        for _ in range(MOST_PAGES):
            headers = {"cf-r2-jurisdiction": jurisdiction} if jurisdiction else {}
            found, info = self._read(self.call("GET", "/r2/buckets", query=query, headers=headers, rights=R2_RIGHTS))
            names += [one["name"] for one in found["buckets"]]
            if not info.get("cursor"):
                return names
            query["cursor"] = info["cursor"]
        raise StoreError(f"cloudflare: the account has more than {MOST_PAGES * PAGE} buckets")

    def _read(self, body: bytes) -> tuple[Any, Mapping[str, Any]]:
        try:
            told = json.loads(body)
            return told["result"], told.get("result_info") or {}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise StoreError("cloudflare: an answer that is not of the documented form") from None

    def _attempt(self, request: Request, what: str, rights: str) -> bytes:
        try:
            with build_opener(_Stay).open(request, timeout=self.timeout) as response:
                body = response.read(LARGEST + 1)
        except HTTPError as error:
            with error:
                raise self._refused(error, what, rights) from None
        except (URLError, HTTPException, OSError) as error:
            reason = getattr(error, "reason", error)
            raise Again(f"no answer ({reason})") from None
        if len(body) > LARGEST:
            raise StoreError(f"{what}: the answer is longer than {LARGEST} bytes")
        return body

    def _refused(self, error: HTTPError, what: str, rights: str) -> Exception:
        said, codes = _errors(error)
        line = f"{error.code} {said}".strip()
        if error.code == 429:
            after = _seconds(error.headers.get("Retry-After"))
            return Again(line, after if after is not None else self.patience.pace, maybe=False)
        if error.code >= 500:
            return Again(line, _seconds(error.headers.get("Retry-After")))
        told = f"; {rights}" if error.code in (401, 403) and rights else ""
        return Refused(f"{what}: refused ({line}){told}; nothing was changed", error.code, codes)


def _errors(error: HTTPError) -> tuple[str, frozenset[int]]:
    """What the envelope says, and its codes."""
    try:
        rows = json.loads(error.read(100_000))["errors"]
        said = "; ".join(f"{row['message']} [{row['code']}]" for row in rows[:3])
        return " ".join(said.split())[:300], frozenset(row["code"] for row in rows[:3])
    except (ValueError, KeyError, TypeError, OSError, HTTPException, RecursionError):
        return "", frozenset()


def _seconds(text: str | None) -> float | None:
    """Retry-After, where it is a number of seconds."""
    return float(text) if text and text.strip().isdecimal() and text.isascii() and len(text) < 7 else None


@dataclass(frozen=True, kw_only=True)
class CloudflareStore(Bucket):
    """Objects in a bucket of R2, the copy in a namespace of KV."""

    api: Api
    namespace: str
    bound: str

    def copy(self) -> bytes | None:
        try:
            return self.api.call("GET", self._copy(), rights=KV_RIGHTS)
        except Refused as error:
            if error.status == 404 and 10009 in error.codes:  # no such key; a missing namespace has another code
                return None
            raise

    def put_copy(self, content: bytes) -> None:
        self.api.call("PUT", self._copy(), content, rights=KV_RIGHTS)

    def _copy(self) -> str:
        return f"/storage/kv/namespaces/{quote(self.namespace, safe='')}/values/{COPY}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the releases are: the account, the bucket and the namespace; the interval of the edge in seconds, as it is set."""

    account: str
    bucket: str
    namespace: str
    jurisdiction: str | None = None
    poll: str = "30"


def place_of(text: str, config: Path, environment: Mapping[str, str]) -> Place:
    """`cloudflare:ACCOUNT/BUCKET/NAMESPACE`, or `cloudflare` with what a wrangler.toml says. Raises StoreError."""
    _, _, rest = text.partition(":")
    if rest:
        parts = rest.split("/")
        if len(parts) != 3 or not all(part and part.replace("-", "").replace("_", "").isalnum() for part in parts):
            raise StoreError(f"{text}: not of the form cloudflare:ACCOUNT_ID/BUCKET/KV_NAMESPACE_ID")
        return Place(*parts)
    told = read_config(config)
    namespace = next((one.get("id", "") for one in told.get("kv_namespaces", []) if one.get("binding") == "RELEASES"), "")
    found = next((one for one in told.get("r2_buckets", []) if one.get("binding") == "BUNDLES"), {})
    if placeholder(str(namespace)) or not found.get("bucket_name"):
        raise StoreError(f"{config}: no namespace RELEASES or no bucket BUNDLES yet; `tessera provision` makes them")
    account = setting(environment, ACCOUNT) or told.get("account_id")
    if not account:
        raise StoreError(f"cloudflare: which account? Set {ACCOUNT[0]} or account_id in {config}")
    return Place(account, found["bucket_name"], namespace, found.get("jurisdiction"), str(told.get("vars", {}).get("TESSERA_POLL_SECONDS", "30")))


def placeholder(id_: str) -> bool:
    """Whether a namespace's id only holds the place of one: zeros and a digit."""
    return len(id_.lstrip("0")) < 2


def read_config(config: Path) -> dict[str, Any]:
    """A wrangler.toml. Raises StoreError."""
    try:
        return tomllib.loads(config.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{config}: {getattr(error, 'strerror', None) or error}") from None


def setting(environment: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """The first of the variables that is set."""
    return next((environment[name] for name in names if environment.get(name)), None)


def api_of(account: str, environment: Mapping[str, str], patience: Patience = Patience()) -> Api:
    """The account's API, with the environment's token. Raises StoreError where there is none."""
    token = setting(environment, TOKEN)
    if token is None:
        raise StoreError(f"cloudflare: no token; set {TOKEN[0]} to an API token with the rights Workers KV Storage: Edit and Workers R2 Storage: Edit")
    return Api(_base(environment, API_URL, API), token, account, patience)


def cloudflare(place: Place, environment: Mapping[str, str], patience: Patience = Patience()) -> CloudflareStore:
    """The store, with the environment's credentials. Raises StoreError where there are none."""
    api = api_of(place.account, environment, patience)
    key, secret = setting(environment, KEY_ID), setting(environment, KEY_SECRET)
    if not key or not secret:
        key, secret = _derived(api)
    host = place.account + (f".{place.jurisdiction}" if place.jurisdiction else "")
    endpoint = _base(environment, S3_URL, S3.format(account=host))
    keys = {"access_key_id": key, "secret_access_key": secret, "token": None, "expires_at": None}  # no session token of somebody else
    options = {"endpoint": endpoint, "region": "auto", "credential_provider": lambda: keys, "virtual_hosted_style_request": False}
    name = f"cloudflare:{place.bucket}"
    bound = f"within {place.poll} s (the edge's interval), up to 60 s more for KV, and a request in each isolate that makes it look"
    return CloudflareStore(bucket(place.bucket, "", options), name, R2_RIGHTS, patience, api=api, namespace=place.namespace, bound=bound)


def _derived(api: Api) -> tuple[str, str]:
    """R2's credentials of an API token: its id, and the SHA-256 of the token (https://developers.cloudflare.com/r2/api/tokens/)."""
    try:
        found = api.result("GET", "/tokens/verify")  # of an account's token
    except Refused:
        found = api.result("GET", "/user/tokens/verify", rights="the token is none of this account's, and no user's")
    if not isinstance(found, dict) or not isinstance(found.get("id"), str):
        raise StoreError(f"cloudflare: the token's id is not told; set {KEY_ID[0]} and {KEY_SECRET[0]}")
    return found["id"], hashlib.sha256(api.token.encode()).hexdigest()


def _base(environment: Mapping[str, str], names: tuple[str, ...], default: str) -> str:
    """An address from the environment: https, or this machine. The token goes there."""
    found = (setting(environment, names) or default).rstrip("/")
    parts = urlsplit(found)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise StoreError(f"{names[0]}: {found} is not https")
    return found
