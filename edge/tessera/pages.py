"""A page in Python's own bridge, beside its plan: which pages may be personalised, and what a personal one says of itself.

As edge/page.mjs, edge/contents.mjs and edge/answer.mjs do it, so that both bridges give the same bytes and headers.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Callable, Iterable, NamedTuple, Sequence

MAX_PAGE_BYTES = 2 * 1024 * 1024
SNIFFED_BYTES = 1024
PERSONAL = "private, no-cache"
NONCE = "\x02"  # stands for the page's nonce, in an attribute of that name; no visitor's data can hold it
UNIT, RECORD, GROUP = "\x1f", "\x1e", "\x1d"

_UTF8 = frozenset("utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8".split())
_DECODED = frozenset(("", "identity", "gzip", "br"))  # the runtime has decoded these by the time a body is read
_META_CHARSET = re.compile(rb"<meta\s[^>]*?charset\s*=\s*[\"']?\s*([^\s\"'/>;]+)", re.IGNORECASE)
_CSP_NONCE = re.compile(r"'nonce-([A-Za-z0-9+/_=-]{1,256})'")

# headers that would let a cache keep what is one visitor's, whatever Cache-Control says
SHARED = ("expires", "cdn-cache-control", "cloudflare-cdn-cache-control", "surrogate-control", "x-accel-expires")
# headers that describe the origin's own bytes, or would let a cache keep a personal page
_ORIGIN_ONLY = frozenset((
    *SHARED, "etag", "last-modified", "age", "accept-ranges", "content-length", "content-encoding", "content-md5", "digest",
    "cf-cache-status", "cache-control",
))  # fmt: skip


# ---- which pages -----------------------------------------------------------------------------------------------------------


def unsuitable(status: int, header: Callable[[str], str]) -> str:
    """Why a response passes untouched, judged by its status and headers ("" for an absent one); "" if nothing speaks against it."""
    if status != 200:
        return "status"
    kind, *parameters = header("content-type").lower().split(";")
    if kind.strip() != "text/html" or header("content-disposition").strip().lower().startswith("attachment"):
        return "type"
    charset = next((one.strip()[8:] for one in parameters if one.strip().startswith("charset=")), "")
    if charset and charset.replace('"', "").strip() not in _UTF8:
        return "charset"
    if header("content-encoding").strip().lower() not in _DECODED:
        return "encoding"
    length = header("content-length")
    return "size" if length.isdecimal() and int(length[:20]) > MAX_PAGE_BYTES else ""


def is_personalisable(page: bytes) -> bool:
    """Valid UTF-8 that does not itself claim to be something else."""
    claimed = (match[1].decode("latin-1").lower() for match in _META_CHARSET.finditer(page[:SNIFFED_BYTES]))
    if not _UTF8.issuperset(claimed):
        return False
    try:
        page.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def tag_of(page: bytes, shape: str) -> str:
    """A name for a page and the places on it: the same contents in other places are another page."""
    return sha256(page).hexdigest()[:24] + sha256(shape.encode()).hexdigest()[:8]


# ---- what Python decided -----------------------------------------------------------------------------------------------


class Reply(NamedTuple):
    """The answer to a page view; None among the contents leaves the place as it is."""

    cookie: str
    record: str
    whose: str
    contents: Sequence[str | None]


def reply_of(answer: str, fixed: Callable[[str], str]) -> Reply:
    """Read what tessera/turn.py says of a page. `fixed`: number → the text of a content that is the same for everybody."""
    first, *fillings = answer.split(RECORD)
    _, cookie, record, whose, _ = first.split(UNIT)  # commands come of logins, which this bridge does not verify
    return Reply(cookie, record, whose, tuple(_content(filling, fixed) for filling in fillings))


def _content(filling: str, fixed: Callable[[str], str]) -> str | None:
    kind, told = filling[:1], filling[1:]
    if kind == "0":
        return None
    return told if kind == "1" else fixed(told)


def nonce_of(policy: str) -> str:
    """The nonce of a content security policy; "" where it has none."""
    found = _CSP_NONCE.search(policy)
    return found[1] if found else ""


def with_nonce(content: str | None, nonce: str) -> str | None:
    """The content with the page's nonce in its place, or without the attribute where the page has none."""
    return content and content.replace(f' nonce="{NONCE}"', f' nonce="{nonce}"' if nonce else "")


# ---- what a personal page says of itself ---------------------------------------------------------------------------------


def personal_headers(headers: Iterable[tuple[str, str]], etag: str, cookies: Sequence[str]) -> list[tuple[str, str]]:
    """The headers of a personal page, made from the origin's (names in small letters)."""
    kept = [(name, value) for name, value in headers if name not in _ORIGIN_ONLY]
    varies = ", ".join(value for name, value in kept if name == "vary")
    if not {"cookie", "*"} & {each.strip().lower() for each in varies.split(",")}:
        kept.append(("vary", "Cookie"))
    return [*kept, ("cache-control", PERSONAL), ("etag", etag), *(("set-cookie", cookie) for cookie in cookies)]


def cookies_of(joined: str) -> list[str]:
    """The Set-Cookie values of an answer."""
    return [cookie for cookie in joined.split(GROUP) if cookie]


def validator(tag: str, contents: Sequence[str | None]) -> str:
    """The etag of a personal page: of the origin's bytes and of everything that was put into them."""
    text = tag + "".join("-" if content is None else f".{hash_of(content)}" for content in contents)
    return f'W/"{tag + hash_of(text) if len(text) > 200 else text}"'


def is_known(header: str | None, etag: str) -> bool:
    """Whether an If-None-Match header names the etag."""
    return header is not None and not {etag, "*"}.isdisjoint(each.strip() for each in header.split(","))


_MASK = 0xFFFFFFFF
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def hash_of(text: str) -> str:
    """53 bits of a text, for validators (cyrb53, public domain), to base 36."""
    units = text.encode("utf-16-le", "surrogatepass")
    a, b = 0xDEADBEEF, 0x41C6CE57
    for low, high in zip(units[::2], units[1::2]):
        unit = low | high << 8
        a = (a ^ unit) * 2654435761 & _MASK
        b = (b ^ unit) * 1597334677 & _MASK
    a = (a ^ a >> 16) * 2246822507 & _MASK ^ (b ^ b >> 13) * 3266489909 & _MASK
    b = (b ^ b >> 16) * 2246822507 & _MASK ^ (a ^ a >> 13) * 3266489909 & _MASK
    number = (b & 0x1FFFFF) << 32 | a
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
