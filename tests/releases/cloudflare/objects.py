"""R2 by its S3 API."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

from tests.releases.cloudflare.messages import Asked, Reply, xml_failure
from tests.releases.cloudflare.sigv4 import refused
from tests.releases.cloudflare.state import Paced, State

LONGEST_KEY = 1024  # bytes
DATE = "Sun, 22 Nov 2026 20:00:00 GMT"


def answer(asked: Asked, state: State) -> Reply:
    """Do what was asked for. The state is the caller's alone meanwhile."""
    if (why := refused(asked, state.s3_keys)) is not None:
        return why
    _, bucket, *rest = asked.path.split("/", 2)
    key = unquote(rest[0]) if rest else ""
    if bucket not in state.buckets:
        return xml_failure(404, "NoSuchBucket", "The specified bucket does not exist.")
    if asked.method in ("PUT", "DELETE") and state.read_only:
        return xml_failure(403, "AccessDenied", "Access Denied")
    objects = state.buckets[bucket]
    if not key:
        return _list(asked, bucket, objects) if asked.method == "GET" else xml_failure(501, "NotImplemented", asked.method)
    if len(key.encode()) > LONGEST_KEY:
        return xml_failure(400, "InvalidObjectName", "The specified object name is not valid.")
    match asked.method:
        case "PUT":
            return _put(asked, state, bucket, key)
        case "GET" | "HEAD" if key in objects:
            return Reply(200, objects[key], {"etag": etag(objects[key]), "last-modified": DATE})
        case "GET" | "HEAD":
            return xml_failure(404, "NoSuchKey", "The specified key does not exist.")
        case "DELETE":
            objects.pop(key, None)
            return Reply(204)
    return xml_failure(501, "NotImplemented", asked.method)


def etag(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'


def _put(asked: Asked, state: State, bucket: str, key: str) -> Reply:
    if "content-length" not in asked.headers:
        return xml_failure(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
    objects = state.buckets[bucket]
    try:
        state.paced(("r2", bucket, key))
    except Paced:
        return xml_failure(429, "TooManyRequests", "Reduce your concurrent request rate for the same object.")
    now = etag(objects[key]) if key in objects else None
    must, must_not = asked.headers.get("if-match"), asked.headers.get("if-none-match")
    if must is not None and not _holds(must, now) or must_not is not None and _holds(must_not, now):
        return xml_failure(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.")
    objects[key] = asked.body
    return Reply(200, b"", {"etag": etag(asked.body)})


def _holds(condition: str, now: str | None) -> bool:
    return now is not None and (condition.strip() == "*" or now in [one.strip() for one in condition.split(",")])


def _list(asked: Asked, bucket: str, objects: dict[str, bytes]) -> Reply:
    query = {name: values[0] for name, values in parse_qs(asked.query, keep_blank_values=True).items()}
    if query.get("list-type") != "2":
        return xml_failure(501, "NotImplemented", "ListObjects of version 1 is not what is used")
    prefix, most = query.get("prefix", ""), min(int(query.get("max-keys", 1000)), 1000)
    after = query.get("continuation-token", query.get("start-after", ""))
    names = sorted(name for name in objects if name.startswith(prefix) and name > after)
    page, more = names[:most], len(names) > most
    rows = "".join(
        f"<Contents><Key>{escape(name)}</Key><Size>{len(objects[name])}</Size><ETag>{escape(etag(objects[name]))}</ETag>"
        "<LastModified>2026-11-22T20:00:00.000Z</LastModified><StorageClass>STANDARD</StorageClass></Contents>"
        for name in page
    )
    token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>{bucket}</Name><Prefix>{escape(prefix)}</Prefix>'
        f"<KeyCount>{len(page)}</KeyCount><MaxKeys>{most}</MaxKeys><IsTruncated>{str(more).lower()}</IsTruncated>{token}{rows}</ListBucketResult>"
    )
    return Reply(200, text.encode(), {"content-type": "application/xml"})
