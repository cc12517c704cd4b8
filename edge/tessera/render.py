"""Compiled content → the text that goes into a slot. Constants were escaped by the compiler with these same functions.

Content is a tuple of parts: literal text (str), ("var", attribute, context, fallback), ("item", field, context) inside
an ("each", parts, made) over the ranked items, or ("market", parts by market, parts of all others). A context says where in the
markup the value stands. `made` keeps what each item's repetition gave, where it depends on the item alone; `prepare` adds it when a
bundle is loaded.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Mapping, Sequence
from urllib.parse import quote

from tessera.markets import NAME as MARKET
from tessera.types import Items, Ranked

MAX_VALUE = 512  # characters of one fact about the visitor that are inserted
NONCE = ' nonce="\x02"'  # what the compiler gives <script> and <style>; the bridge puts the page's nonce for U+0002, or takes it away
_CONTROL = {n: None for n in (*range(0x00, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F)} | {n: 0xFFFD for n in range(0xD800, 0xE000)}
_MARKUP = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&#34;", ord("'"): "&#39;", ord("`"): "&#96;"}
_PLAIN = (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'"), ("&#96;", "`"), ("&amp;", "&"))
_JSON = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029\x7f"} | {n: "\\ufffd" for n in range(0xD800, 0xE000)}
_SPACES = {ord(c): " " for c in "\t\n\f\r"}  # with the space HTML's white space
_SAFE_SCHEMES = ("http:", "https:", "mailto:", "tel:")


def escape_text(value: str) -> str:
    """For element content and quoted attribute values; control characters go, lone surrogates become U+FFFD."""
    return value.translate(_CONTROL).translate(_MARKUP)


def escape_url(value: str) -> str:
    """For a URL that the value begins: only http(s), mailto, tel and relative addresses pass; others become `#`."""
    address = value.translate(_CONTROL).strip()
    head = address.split("/", 1)[0].split("?", 1)[0].split("#", 1)[0].lower()
    if ":" in head and not head.startswith(_SAFE_SCHEMES):
        return "#"
    return escape_text(quote(address, safe="/:?#[]@!$&()*+,;=%~-._"))


def escape_url_part(value: str) -> str:
    """For a value inside a URL: percent-encoded whole."""
    return quote(value.translate(_CONTROL), safe="")


def candidates(value: str) -> list[tuple[str, str]]:
    """The (address, descriptor) pairs of a `srcset`, taken apart as HTML says; an empty descriptor where there is none."""
    text = value.translate(_SPACES).translate(_CONTROL)
    found: list[tuple[str, str]] = []
    at = 0
    while True:
        while at < len(text) and text[at] in " ,":
            at += 1
        if at == len(text):
            return found
        end = text.find(" ", at) % (len(text) + 1)  # -1, none: up to the end
        address = text[at:end]
        if address.endswith(","):
            found.append((address.rstrip(","), ""))
            at = end
            continue
        at = text.find(",", end) % (len(text) + 1)
        if text.find("(", end, at) >= 0:  # no comma in parentheses ends a candidate
            at = text.find(",", text.find(")", end) % (len(text) + 1)) % (len(text) + 1)
        found.append((address, text[end:at].strip(" ")))


def is_descriptor(text: str) -> bool:
    """Whether a text is a width (`640w`) or a density (`1.5x`)."""
    whole, dot, part = text[:-1].partition(".")
    if not text.isascii() or not whole.isdigit() or (dot and not part.isdigit()):
        return False
    return text[-1] == "x" or (text[-1] == "w" and not dot)


def is_set(value: str) -> bool:
    """Whether a text is a set of images and not one address: a width or density stands in it."""
    return any(is_descriptor(descriptor) for _, descriptor in candidates(value))


def escape_srcset(value: str) -> str:
    """For a whole `srcset`, or one address as such: what `escape_url` refuses, or has another descriptor, is left out."""
    found = candidates(value) if is_set(value) else [(value.strip(" ,\t\n\f\r"), "")]
    written = ((escape_url(address).strip(","), descriptor) for address, descriptor in found if not descriptor or is_descriptor(descriptor))
    return ", ".join(f"{address} {descriptor}".rstrip() for address, descriptor in written if address not in ("", "#"))


def escape_class(value: str) -> str:
    """For a `class`: its tokens, each once, separated by single spaces."""
    tokens = value.translate(_SPACES).translate(_CONTROL).split(" ")
    return " ".join(map(escape_text, dict.fromkeys(filter(None, tokens))))


def escape_json(value: Any) -> str:
    """A JSON value as the content of a <script type="application/json">; numbers are finite, keys are texts.

    No character in it can end the script or begin a comment there. Lone surrogates become U+FFFD.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(_JSON)


def unescape_text(markup: str) -> str:
    """What `escape_text` made into markup, as the plain text again."""
    for written, plain in _PLAIN:
        markup = markup.replace(written, plain)
    return markup


ESCAPES: Mapping[str, Callable[[str], str]] = {
    "text": escape_text,
    "attr": escape_text,
    "url": escape_url,
    "urlpart": escape_url_part,
    "srcset": escape_srcset,
    "class": escape_class,
}


def display(value: Any) -> str:
    """A value as text for people: whole doubles without a fraction, prices with two places, nothing for the unknown."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.2f}" if value % 1 else str(int(value)) if abs(value) < 1e15 else repr(value)
    return value if isinstance(value, str) else str(value)


def prepare(content: Sequence) -> tuple:
    """Content as `render` takes it: each block of items with a place for what depends on no visitor.

    What is the same for everybody is one text: then the content is a tuple of that alone, or empty.
    """
    if all(isinstance(part, str) for part in content):
        return ("".join(content),) if content else ()
    return tuple(_prepared(part) for part in content)


def is_fixed(content: Sequence) -> bool:
    """Whether prepared content is the same for everybody."""
    return len(content) == 1 and isinstance(content[0], str)


def _prepared(part: Any) -> Any:
    if isinstance(part, str) or part[0] not in ("each", "market"):
        return part
    if part[0] == "market":
        return ("market", {market: prepare(own) for markets, own in part[1] for market in markets}, prepare(part[2]))
    personal = any(not isinstance(inner, str) and inner[0] == "var" for inner in part[1])
    return ("each", part[1], None if personal else {})


def render(content: Sequence, values: Mapping[str, Any], items: Items, ranked: Sequence[Ranked] = ()) -> str:
    """The slot's text.

    Args:
        content: the compiled parts. values: permitted attributes, by name.
        items: the catalogue; ranked: the items that `each` repeats over.
    """
    return "".join(_part(part, values, items, ranked, -1) for part in content)


def _part(part: Any, values: Mapping[str, Any], items: Items, ranked: Sequence[Ranked], row: int) -> str:
    if isinstance(part, str):
        return part
    kind = part[0]
    if kind == "each":
        return "".join(_repeated(part, values, items, chosen.row) for chosen in ranked)
    if kind == "var":
        _, name, context, fallback = part
        value = values.get(name)
        return ESCAPES[context](fallback if value is None or value == "" else display(value)[:MAX_VALUE])
    if kind == "item":
        _, field, context = part
        value = items.ids[row] if field == "id" else items.columns[field][row]
        return ESCAPES[context]("" if value is None else display(value))
    _, by_market, others = part
    market = values.get(MARKET)
    shown = by_market.get(market, others) if isinstance(market, str) else others
    return "".join(_part(one, values, items, ranked, row) for one in shown)


def _repeated(part: Sequence, values: Mapping[str, Any], items: Items, row: int) -> str:
    _, inner, made = part
    text = None if made is None else made.get(row)
    if text is None:
        text = "".join(_part(one, values, items, (), row) for one in inner)
        if made is not None:
            made[row] = text
    return text
