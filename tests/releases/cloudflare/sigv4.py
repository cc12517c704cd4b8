"""Signature Version 4 of a request's headers, checked as Amazon documents it."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, quote

from tests.releases.cloudflare.messages import Asked, Reply, xml_failure

SKEW = timedelta(minutes=15)
_FORM = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})")


def refused(asked: Asked, secrets: Mapping[str, str]) -> Reply | None:
    """Why the request is not believed; None where it is. `secrets`: key id → secret."""
    found = _FORM.fullmatch(asked.headers.get("authorization", ""))
    if not found or found[1] not in secrets or asked.headers.get("x-amz-security-token"):
        return xml_failure(401, "Unauthorized", "Unauthorized")
    key, day, region, signed, signature = found.groups()
    stamp, digest = asked.headers.get("x-amz-date", ""), asked.headers.get("x-amz-content-sha256", "")
    try:
        sent = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return xml_failure(400, "InvalidArgument", "x-amz-date")
    if abs(datetime.now(timezone.utc) - sent) > SKEW or not stamp.startswith(day):
        return xml_failure(403, "RequestTimeTooSkewed", "The difference between the request time and the server's time is too large.")
    names = signed.split(";")
    must = {"host"} | {name for name in asked.headers if name.startswith("x-amz-")}
    if not must <= set(names):
        return xml_failure(403, "AccessDenied", "There were headers present in the request which were not signed")
    if region not in ("auto", "us-east-1") or digest != "UNSIGNED-PAYLOAD" and digest != hashlib.sha256(asked.body).hexdigest():
        return xml_failure(400, "InvalidArgument", "region or x-amz-content-sha256")
    canonical = "\n".join([asked.method, asked.path, _query(asked.query), *(f"{name}:{asked.headers[name].strip()}" for name in names), "", signed, digest])
    scope = f"{day}/{region}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signing = f"AWS4{secrets[key]}".encode()
    for part in (day, region, "s3", "aws4_request"):
        signing = hmac.digest(signing, part.encode(), "sha256")
    if not hmac.compare_digest(hmac.digest(signing, text.encode(), "sha256").hex(), signature):
        return xml_failure(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
    return None


def _query(query: str) -> str:
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in parse_qsl(query, keep_blank_values=True))
    return "&".join(f"{name}={value}" for name, value in pairs)
