"""What a Worker needs on Cloudflare, read from its wrangler.toml; what of it is there; making the rest.

Nothing that exists is changed, and made twice is made once.
"""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from compiler.releases.cloudflare import KV_RIGHTS, R2_RIGHTS, Api, Refused, placeholder
from compiler.releases.stores import StoreError
from tessera.identity import keys

Kind = Literal["KV namespace", "R2 bucket", "queue", "secret"]

COOKIE_KEYS = "TESSERA_COOKIE_KEYS"
SECRETS = {  # name → what it is for, and whether the Worker serves nothing of its own without it
    COOKIE_KEYS: ("signs and seals visitors' cookies; made here, never shown", True),
    "TESSERA_API_KEYS": ("who may call the HTTP API; made by `tessera api-key`", False),
    "TESSERA_OAUTH": ("whose access tokens the HTTP API takes", False),
}
RIGHTS = "Workers KV Storage: Edit, Workers R2 Storage: Edit, Queues: Edit, Workers Scripts: Edit"
PLAN = (
    "The Workers Paid plan ($5 a month) is what this is meant for: the free one ends a request after 10 ms of CPU, and allows 100,000 requests,"
    " 10,000 queue operations (about 3,300 page views) and 1,000 writes to KV a day. R2 has to be enabled once, in the dashboard."
)

_QUEUE_RIGHTS = "the token needs the right 'Queues: Edit' for the account"
_SCRIPT_RIGHTS = "the token needs the right 'Workers Scripts: Edit' for the account"
_NO_WORKER = 10007
_HEADER = re.compile(r"\s*\[")
_BINDING = re.compile(r"""\s*binding\s*=\s*["']([^"']*)["']""")
_ID = re.compile(r"""(\s*id\s*=\s*)(["'])[^"']*\2""")


@dataclass(frozen=True, slots=True)
class Need:
    """One resource, and what is known of it.

    Attributes:
        binding: how the Worker calls it; "" for a queue that it only hears of. name: how the account calls it.
        id: of a namespace, as far as it is known. there: None where nobody was asked.
        blocked: a secret whose Worker is not deployed yet.
        note: what a person should know.
    """

    kind: Kind
    binding: str
    name: str
    id: str = ""
    jurisdiction: str | None = None
    required: bool = True
    there: bool | None = None
    blocked: bool = False
    note: str = ""


def worker_of(config: Mapping[str, Any]) -> str:
    """The Worker's name. Raises StoreError where there is none."""
    name = config.get("name")
    if not isinstance(name, str) or not name:
        raise StoreError("the configuration names no Worker (`name`)")
    return name


def needs(config: Mapping[str, Any]) -> tuple[Need, ...]:
    """What a wrangler.toml asks for. Raises StoreError where it is not of the expected form."""
    worker = worker_of(config)
    try:
        return (
            *(_namespace(worker, one) for one in config.get("kv_namespaces", [])),
            *(Need("R2 bucket", one["binding"], one["bucket_name"], jurisdiction=one.get("jurisdiction")) for one in config.get("r2_buckets", [])),
            *_queues(config.get("queues", {})),
            *(Need("secret", name, name, required=required, note=note) for name, (note, required) in SECRETS.items()),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"the configuration is not of the expected form ({error!r})") from None


def _namespace(worker: str, one: Mapping[str, Any]) -> Need:
    id_ = str(one.get("id", ""))
    return Need("KV namespace", one["binding"], f"{worker}-{one['binding']}", id="" if placeholder(id_) else id_)


def _queues(told: Mapping[str, Any]) -> Iterator[Need]:
    consumers = told.get("consumers", [])
    producers = {one["queue"]: one["binding"] for one in told.get("producers", [])}
    dead = {one["dead_letter_queue"] for one in consumers if one.get("dead_letter_queue")}
    for name in dict.fromkeys([*producers, *(one["queue"] for one in consumers), *sorted(dead)]):
        yield Need("queue", producers.get(name, ""), name, note="dead letters" if name in dead else "")


def look(api: Api, wanted: Sequence[Need], worker: str) -> tuple[Need, ...]:
    """What of it is there. Raises StoreError, also where the configuration names a namespace that the account has not."""
    titles = {row["id"]: row["title"] for row in api.pages("/storage/kv/namespaces", rights=KV_RIGHTS)}
    buckets = {where: set(api.buckets(where)) for where in {need.jurisdiction for need in wanted if need.kind == "R2 bucket"}}
    queues = {row["queue_name"] for row in api.pages("/queues", rights=_QUEUE_RIGHTS)}
    known = _secrets(api, worker)

    def found(need: Need) -> Need:
        if need.kind == "KV namespace":
            id_ = need.id or next((id_ for id_, title in titles.items() if title == need.name), "")
            if id_ and id_ not in titles:
                raise StoreError(f"the account has no namespace {id_}, which the configuration names for {need.binding}; nothing was changed")
            return replace(need, id=id_, name=titles.get(id_, need.name), there=bool(id_))
        if need.kind == "R2 bucket":
            return replace(need, there=need.name in buckets[need.jurisdiction])
        if need.kind == "queue":
            return replace(need, there=need.name in queues)
        if known is None:
            note = f"{need.note}; a secret belongs to a Worker: deploy {worker}, then call this again" if need.required else need.note
            return replace(need, there=False, blocked=True, note=note)
        return replace(need, there=need.name in known)

    return tuple(found(need) for need in wanted)


def _secrets(api: Api, worker: str) -> set[str] | None:
    """The names of a Worker's secrets; None where there is no such Worker yet."""
    try:
        return {row["name"] for row in api.result("GET", _script(worker), rights=_SCRIPT_RIGHTS)}
    except Refused as error:
        if _NO_WORKER in error.codes:
            return None
        raise


def make(api: Api, need: Need, worker: str, cookie_keys: Callable[[], str]) -> Need:
    """Make what is missing; what cannot be made here, or is there meanwhile, comes back as it is. Raises StoreError.

    Args:
        cookie_keys: gives the value of TESSERA_COOKIE_KEYS; called where it is to be set.
    """
    if need.there or (need.kind == "secret" and (need.name != COOKIE_KEYS or need.blocked)):
        return need
    try:
        if need.kind == "KV namespace":
            made = api.result("POST", "/storage/kv/namespaces", {"title": need.name}, rights=KV_RIGHTS)
            return replace(need, id=made["id"], there=True)
        if need.kind == "R2 bucket":
            headers = {"cf-r2-jurisdiction": need.jurisdiction} if need.jurisdiction else {}
            api.result("POST", "/r2/buckets", {"name": need.name}, headers=headers, rights=R2_RIGHTS)
        elif need.kind == "queue":
            api.result("POST", "/queues", {"queue_name": need.name}, rights=_QUEUE_RIGHTS)
        else:
            api.result("PUT", _script(worker), {"name": need.name, "text": cookie_keys(), "type": "secret_text"}, rights=_SCRIPT_RIGHTS)
    except Refused:
        again = look(api, [need], worker)[0]  # another one made it, or an answer to this one was lost
        if not again.there:
            raise
        return again
    return replace(need, there=True)


def _script(worker: str) -> str:
    return f"/workers/scripts/{quote(worker, safe='')}/secrets"


def cookie_key() -> str:
    """A new key for cookies, as TESSERA_COOKIE_KEYS takes it: 32 random bytes."""
    return f"k1:{urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b'=').decode()}"


def kept_key(file: Path) -> str:
    """The cookie keys of a file that only its owner can read; a new one where there is none. Raises StoreError."""
    try:
        try:
            text = file.read_text("utf-8").strip()
        except FileNotFoundError:
            text = cookie_key()
            with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
                made.write(text)
        keys(text)
    except (OSError, ValueError) as error:
        raise StoreError(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    return text


def with_ids(text: str, ids: Mapping[str, str]) -> str:
    """A wrangler.toml with the ids of its namespaces; all else stays as it is, comments too.

    Args:
        ids: binding → id. Raises StoreError where the text cannot be changed so.
    """
    lines = text.splitlines(keepends=True)
    begins = [number for number, line in enumerate(lines) if _HEADER.match(line)] + [len(lines)]
    for begin, end in zip(begins, begins[1:]):
        if lines[begin].strip().partition("#")[0].replace(" ", "").strip() != "[[kv_namespaces]]":
            continue
        block = range(begin, end)
        binding = next((found[1] for number in block if (found := _BINDING.match(lines[number]))), None)
        if binding in ids:
            for number in block:
                lines[number] = _ID.sub(lambda found: f"{found[1]}{found[2]}{ids[binding]}{found[2]}", lines[number], count=1)
    changed = "".join(lines)
    try:
        have = {one["binding"]: one["id"] for one in tomllib.loads(changed)["kv_namespaces"]}
    except (ValueError, KeyError, TypeError):
        have = {}
    if any(have.get(binding) != id_ for binding, id_ in ids.items()):
        raise StoreError("the ids cannot be written into the configuration; put them there by hand")
    return changed
