"""What an origin's headers mean for a page that Tessera fills: where it cannot be kept, and why; where a cache would go wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_NONCE = re.compile(r"'nonce-[^']+'")
_SHARED = ("cdn-cache-control", "cloudflare-cdn-cache-control", "surrogate-control")
_NO_LIFETIME = ("no-cache", "no-store", "private")


def lint(headers: Sequence[tuple[str, str]], freshness: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What is to be said of a page: (code, message, fix). The message continues "the page …".

    Args:
        headers: the origin's, names in lower case. freshness: what the edge makes of them (edge/freshness.mjs).
    """
    control, has_nonce = _all(headers, "cache-control"), bool(_NONCE.search(_all(headers, "content-security-policy")))
    kept = f"`Cache-Control: {control}`" if control else "its headers"
    cookies = [value.partition("=")[0].strip() for name, value in headers if name == "set-cookie"]
    varies = [name.strip() for name in _all(headers, "vary").split(",") if name.strip().lower() not in ("", "accept-encoding")]
    is_cacheable = _is_cacheable(headers, control)
    if cookies and is_cacheable:
        yield "W021", f"sets the cookie {cookies[0]} although {kept} would let it be kept: it is asked for at every view", "set cookies where they are needed, not on pages that are the same for everybody"
    if varies:
        told = "cannot be kept" if "*" in varies else "is asked for at every view"
        yield "W022", f"varies by {', '.join(varies)}: it {told}", "let `Vary` name Accept-Encoding alone where the page is the same for everybody, and leave what is personal to Tessera"
    if not freshness["kept"] and "*" not in varies:
        fix = "use hashes in the Content-Security-Policy, which unlike a nonce let a page be kept" if has_nonce else "answer `Cache-Control: no-cache` with an ETag where the page is the same for everybody"
        yield "W023", f"may not be kept ({kept}): it is fetched whole and planned at every view", fix
    if freshness["kept"] and not freshness["fresh"] and not is_cacheable and not _all(headers, "etag"):
        yield "W024", "has no ETag and no time to live: it is fetched whole at every view", "send an ETag, or a time such as `Cache-Control: max-age=60`"
    shared = [name for name in _SHARED if _all(headers, name)] or (["s-maxage"] if re.search(r"\bs-maxage\s*=", control, re.IGNORECASE) else [])
    if shared:
        yield "W025", f"speaks to shared caches ({shared[0]}): one in front of Tessera would keep it as it is for everybody", "put that cache between Tessera and the origin; Tessera's own answers are private"
    if has_nonce and freshness["kept"] and (is_cacheable or _all(headers, "etag")):
        yield "W026", f"has a nonce in its Content-Security-Policy, and {kept} let{'s' if control else ''} it be kept: everybody gets the same nonce", "use hashes, or answer pages with a nonce with `Cache-Control: private, no-store`"


def _all(headers: Sequence[tuple[str, str]], wanted: str) -> str:
    return ", ".join(value for name, value in headers if name == wanted)


def _is_cacheable(headers: Sequence[tuple[str, str]], control: str) -> bool:
    """Whether the origin itself says that the page may be used again for some time."""
    if any(word in control.lower() for word in _NO_LIFETIME):
        return False
    return bool(re.search(r"\b(s-maxage|max-age)\s*=\s*\"?0*[1-9]|\bpublic\b", control, re.IGNORECASE) or (not control and _all(headers, "expires")))
