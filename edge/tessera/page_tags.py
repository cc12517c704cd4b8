"""The attributes of a start tag, found in the tag's own bytes (HTML standard, 13.2.5.32 to 13.2.5.40); as edge/tags.mjs does."""

from __future__ import annotations

from typing import NamedTuple

_SPACE = frozenset("\t\n\f\r ")
_BEHIND_TAG = _SPACE | {"/", ">"}
_BEHIND_NAME = _BEHIND_TAG | {"="}
_BEHIND_VALUE = _SPACE | {">"}
_CAPITALS = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class Attribute(NamedTuple):
    """`name` in small letters, `value` as it is written; `start` is the offset of its first byte, `end` of the byte behind it."""

    name: str
    value: str
    start: int
    end: int


class StartTag(NamedTuple):
    """`names` is the offset at which attributes can be put: right behind the element's name."""

    names: int
    attributes: tuple[Attribute, ...]


def _skip(text: str, at: int, stops: frozenset[str]) -> int:
    while at < len(text) and text[at] not in stops:
        at += 1
    return at


def _past_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _value(text: str, end_of_name: int) -> tuple[int, int, int]:
    """Where the value after a name begins and ends, and where the attribute ends; without "=" the value is empty."""
    sign = _past_space(text, end_of_name)
    if text[sign : sign + 1] != "=":
        return end_of_name, end_of_name, end_of_name
    start = _past_space(text, sign + 1)
    quote = text[start : start + 1]
    if quote == ">":
        return start, start, sign + 1
    if quote not in ('"', "'"):
        end = _skip(text, start, _BEHIND_VALUE)
        return start, end, end
    end = _skip(text, start + 1, frozenset(quote))
    return start + 1, end, end + 1


def start_tag(tag: bytes) -> StartTag | None:
    """The attributes of a start tag, given from "<" to ">"; None for bytes that are none."""
    text = tag.decode("latin-1")  # one character a byte
    if not (text[:1] == "<" and text[1:2].isascii() and text[1:2].isalpha() and text.endswith(">")):
        return None
    names = at = _skip(text, 1, _BEHIND_TAG)
    last = len(text) - 1
    found = []
    while at < last:
        if text[at] in _SPACE or text[at] == "/":
            at += 1
            continue
        if text[at] == ">":
            return None
        end = _skip(text, at + 1, _BEHIND_NAME)
        value_start, value_end, over = _value(text, end)
        if over > last:
            return None
        name = tag[at:end].decode("utf-8", "replace").translate(_CAPITALS)
        found.append(Attribute(name, tag[value_start:value_end].decode("utf-8", "replace"), at, over))
        at = over
    return StartTag(names, tuple(found))
