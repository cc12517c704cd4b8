"""Cloudflare's REST API: KV, buckets, queues, secrets of Workers, the token itself."""

from __future__ import annotations

import json
import re
import time
from urllib.parse import parse_qs, unquote

from tests.releases.cloudflare.messages import Asked, Reply, failure, result
from tests.releases.cloudflare.state import Paced, State, Written

ROOT = "/client/v4"
LONGEST_KEY = 512  # bytes
LARGEST_VALUE = 25 << 20
RIGHTS = {"storage": "kv", "r2": "r2", "queues": "queues", "workers": "workers"}
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


def answer(asked: Asked, state: State) -> Reply:
    """Do what was asked for. The state is the caller's alone meanwhile."""
    if (wait := state.exceeded()) is not None:
        return failure(429, 971, "Please wait and consider throttling your request speed", **{"retry-after": str(wait)})
    if asked.headers.get("authorization") != f"Bearer {state.token}":
        return failure(403, 10000, "Authentication error")
    parts = [unquote(part) for part in asked.path.removeprefix(ROOT).strip("/").split("/")]
    if parts == ["user", "tokens", "verify"]:
        return result({"id": state.token_id, "status": "active"}) if state.user else failure(401, 1000, "Invalid API Token")
    if len(parts) < 3 or parts[0] != "accounts":
        return failure(404, 7003, f"Could not route to {asked.path}, perhaps your object identifier is invalid?")
    if parts[1] != state.account or RIGHTS.get(parts[2], "tokens") not in state.rights | {"tokens"}:
        return failure(403, 10000, "Authentication error")
    match (asked.method, *parts[2:]):
        case ("GET", "tokens", "verify"):
            return failure(401, 1000, "Invalid API Token") if state.user else result({"id": state.token_id, "status": "active"})
        case (_, "storage", "kv", "namespaces", *rest):
            return _kv(asked, state, rest)
        case (_, "r2", "buckets"):
            return _buckets(asked, state)
        case ("GET", "queues"):
            return _page(asked, [{"queue_id": f"{index:032x}", "queue_name": name} for index, name in enumerate(state.queues)])
        case ("POST", "queues"):
            return _queue(json.loads(asked.body)["queue_name"], state)
        case (_, "workers", "scripts", script, "secrets"):
            return _secrets(asked, state, script)
    return failure(404, 7003, f"Could not route to {asked.path}, perhaps your object identifier is invalid?")


def _kv(asked: Asked, state: State, rest: list[str]) -> Reply:
    match (asked.method, *rest):
        case ("GET",):
            return _page(asked, [{"id": id_, "title": title, "supports_url_encoding": True} for id_, title in state.namespaces.items()])
        case ("POST",):
            title = json.loads(asked.body)["title"]
            if title in state.namespaces.values():
                return failure(400, 10014, "a namespace with this account ID and title already exists")
            id_ = f"{0xF2AC74B498B48028CB68387C421E279 + len(state.namespaces):032x}"
            state.namespaces[id_] = title
            return result({"id": id_, "title": title, "supports_url_encoding": True})
        case (_, id_, *_) if id_ not in state.namespaces:
            return failure(404, 10013, "namespace not found")
        case (method, id_, "values", key):
            return _value(method, asked.body, state, (id_, key))
    return failure(405, 10000, "Method not allowed")


def _value(method: str, body: bytes, state: State, key: tuple[str, str]) -> Reply:
    if len(key[1].encode()) > LONGEST_KEY:
        return failure(414, 10030, "key name is too long")
    now, there = time.monotonic(), state.values.get(key, Written(None, 0.0, None))
    seen = there.before if state.lag and now - there.at < state.lag else there.value
    if method == "GET":
        return failure(404, 10009, "get: 'key not found'") if seen is None else Reply(200, seen, {"content-type": "application/octet-stream"})
    if method not in ("PUT", "DELETE"):
        return failure(405, 10000, "Method not allowed")
    if len(body) > LARGEST_VALUE:
        return failure(413, 10047, "value is too long")
    try:
        state.paced(("kv", *key))
    except Paced:
        return failure(429, 10000, "too many writes to this key")
    state.values[key] = Written(body if method == "PUT" else None, now, seen)
    return result(None)


def _buckets(asked: Asked, state: State) -> Reply:
    if not state.r2_bought:
        return failure(403, 10042, "Please enable R2 through the Cloudflare Dashboard.")
    where = asked.headers.get("cf-r2-jurisdiction", "default")
    if asked.method == "GET":
        query = parse_qs(asked.query)
        names = sorted(name for name in state.buckets if state.jurisdictions.get(name, "default") == where and name > query.get("cursor", [""])[0])
        size = int(query.get("per_page", ["20"])[0])
        more = {"cursor": names[size - 1]} if len(names) > size else {}
        return result({"buckets": [{"name": name, "creation_date": "2026-11-22T20:00:00Z"} for name in names[:size]]}, per_page=size, **more)
    name = json.loads(asked.body)["name"]
    if not _BUCKET.fullmatch(name):
        return failure(400, 10005, "The specified bucket name is not valid.")
    if name in state.buckets:
        return failure(409, 10004, "The bucket you tried to create already exists, and you own it.")
    state.buckets[name] = {}
    state.jurisdictions[name] = where
    return result({"name": name, "creation_date": "2026-11-22T20:00:00Z", "jurisdiction": where})


def _queue(name: str, state: State) -> Reply:
    if name in state.queues:
        return failure(409, 11009, f"Queue name '{name}' is already taken. Please use a different name and try again.")
    state.queues.append(name)
    return result({"queue_id": f"{len(state.queues) - 1:032x}", "queue_name": name})


def _secrets(asked: Asked, state: State, script: str) -> Reply:
    if script not in state.scripts:
        return failure(404, 10007, "This Worker does not exist on your account.")
    if asked.method == "GET":
        return result([{"name": name, "type": "secret_text"} for name in state.scripts[script]])
    secret = json.loads(asked.body)
    if asked.method != "PUT" or secret.get("type") != "secret_text":
        return failure(400, 10021, "Invalid secret")
    state.scripts[script][secret["name"]] = secret["text"]
    return result({"name": secret["name"], "type": "secret_text"})


def _page(asked: Asked, rows: list[dict]) -> Reply:
    query = parse_qs(asked.query)
    size, page = int(query.get("per_page", ["20"])[0]), int(query.get("page", ["1"])[0])
    found = rows[(page - 1) * size : page * size]
    return result(found, page=page, per_page=size, count=len(found), total_count=len(rows))
