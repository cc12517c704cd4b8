"""Bytes → hostile values: what a fuzzer mutates are bytes, what the edge is asked with are texts, JSON and documents made of them."""

from __future__ import annotations

import json
import random
from typing import Any, Mapping, Sequence, TypeVar

from tests.edge import hostile

T = TypeVar("T")
LONGEST = 4_096  # bytes of an input
DEEPEST = 4  # levels of a value that is made up; deeper ones are among the given

# what separates, quotes, escapes, names or ends something in one of the languages that the edge reads or writes
TOKENS: Sequence[str] = (
    "", "a", "0", "-1", "1e400", "NaN", "null", "true", "\0", "\x01", "\x02", "\x1d", "\x1e", "\x1f", "\x7f", "\x85", "\ud800", "\udfff", "\u2028", "\ufeff", "\u202e", "😀", "é", "ſ", "\u00a0",
    " ", "\t", "\r\n", ";", "; ", ",", ", ", "=", "==", "&", "?", "#", "/", "//", "\\", "\\\\", ":", "@", "%", "%00", "%2e%2e", "%zz", "+", "|", "~", ".", "..", "_", "-", "*", "!", "$", "`", "'", '"', "(", ")",
    "<", ">", "</", "/>", "<!--", "-->", "<![CDATA[", "]]>", "<script>", "</script>", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</textarea><b>", "</title>", "</style>",
    '" onload="x', "' onload='x", "javascript:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)", "data:text/html,<b>", "vbscript:x", "//evil.example", "/\\evil.example", "https://evil.example",
    "https:evil.example", "https://shop.example@evil.example/", "https://shop.example.evil.example", "https://www.shop.example/", "https://shop.example:443/", "http://[", "http://[::1]/", "https://ſhop.example/",
    "/new", "/p/a", "/cart", "640w", " 2x", "1.5x,", "&lt;", "&#x3c;", "&colon;", "&amp;", "{{", "}}", "[", "]", "{", "}", "[[[[[[[[", '{"a":', "\\u0000", "\\ud800",
    "tessera=", "tessera_session=", "tessera_consent=", "tessera_preview=", "euconsent-v2=", "gpp=", "usprivacy=", "1YYN", "all", "none", "level-cohort", "personalization", "analytics", "off",
    "DBABMA~", "DBABLA~CAAZAAAAAABA.YA", "CPSG_8APSG_8ANwAAAENAwCAAAAAAAAAAAAAAAAAAAAA", ".QAAA.IAAA", "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA", "__________", "AAAAAAAAAA",
    "?1", "?0", ":AAAA:", "@1659578233", '%"a%c3%bc"', '"Chromium";v="156"', "Mozilla/5.0 (", "AppleWebKit/537.36 (KHTML, like Gecko)", "Chrome/156.0.0.0", "Googlebot/2.1", "iPhone; CPU iPhone OS 18_0 like Mac OS X",
    "1.", "2.", "k.", "visitor-1", "account:ada", "kenya", "2026-02-30", "9999-12-31T23:59:59-23:59", "0001-01-01", "7d", "١٢", "1_0", "0x10", "9" * 30,
)  # fmt: skip
TEXTS = tuple(one for one in hostile.NASTY if isinstance(one, str))


class Source:
    """Bytes that are used up by what is made of them; where they end, everything is the first or the empty."""

    __slots__ = ("_data", "_at")

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def is_empty(self) -> bool:
        return self._at >= len(self._data)

    def backwards(self) -> Source:
        """Another source of the same bytes from their end: for what must not come short because something else was long."""
        return Source(self._data[::-1])

    def byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1] if self._at <= len(self._data) else 0

    def chance(self, of: int) -> bool:
        """True once in so many times; never where nothing is left."""
        return self.byte() % of == of - 1

    def pick(self, options: Sequence[T]) -> T:
        number = self.byte()
        if len(options) > 256:
            number = number << 8 | self.byte()
        return options[number % len(options)]

    def integer(self) -> int:
        """Mostly small; at the bounds of machines and of what JSON can say else."""
        return self.pick(_INTEGERS)(self)

    def rest(self) -> bytes:
        found, self._at = self._data[self._at :], len(self._data)
        return found

    def text(self) -> str:
        """Tokens, raw characters, or one of the given, one to twelve of them."""
        found = [self._piece() for _ in range(1 + self.byte() % 12) if not self.is_empty]
        return "".join(found)

    def _piece(self) -> str:
        kind = self.byte() % 16
        if kind < 9:
            return self.pick(TOKENS)
        if kind < 14:
            size = self.byte() % 24
            found, self._at = self._data[self._at : self._at + size], self._at + size
            return decoded(found)
        if kind < 15:
            return self.pick(TOKENS) * (1 + self.byte() * 4)
        return self.pick(TEXTS)

    def value(self, names: Sequence[str] = (), depth: int = DEEPEST) -> Any:
        """A value as JSON may hold it, or one of the given; `names`: keys that mean something."""
        kind = self.byte() % 16
        if kind < 2 or self.is_empty:
            return None
        if kind < 4:
            return self.pick((True, False))
        if kind < 6:
            return self.integer()
        if kind < 7:
            return self.pick((0.5, -0.0, 1e308, -1e308, 5e-324, 1e15, 1.7e9, float("nan"), float("inf"), float("-inf")))
        if kind < 10:
            return self.text()
        if kind < 11:
            return self.pick(PLAIN)
        if depth == 0:
            return [] if kind < 14 else {}
        if kind < 13:
            return [self.value(names, depth - 1) for _ in range(self.byte() % 6)]
        return self.mapping(names, depth - 1)

    def key(self, names: Sequence[str]) -> str:
        return self.pick(names) if names and not self.chance(5) else self.text()

    def mapping(self, names: Sequence[str] = (), depth: int = DEEPEST) -> dict[str, Any]:
        return {self.key(names): self.value(names, depth) for _ in range(self.byte() % 7)}

    def form(self, form: Mapping[str, Any], odd: int = 6) -> dict[str, Any]:
        """An object of a certain form: of each key what it is made by, or once in `odd` times a value of any kind, or nothing."""
        found: dict[str, Any] = {}
        for key, make in form.items():
            if self.chance(odd):
                if self.chance(3):
                    continue
                found[key] = self.value(tuple(form))
            else:
                found[key] = make(self) if callable(make) else make
        if self.chance(8):
            found[self.text()] = self.value()
        return found

    def json(self, value: Any) -> str:
        """A value as JSON, seldom damaged."""
        text = json.dumps(value, default=str, ensure_ascii=self.chance(2))
        if self.chance(24):
            at = self.byte() * len(text) // 256
            return text[:at] + self.text() + text[at + self.byte() % 4 :]
        return text


_INTEGERS = (
    lambda s: s.byte(), lambda s: s.byte() - 128, lambda s: s.byte() << 8 | s.byte(), lambda s: 1_764_756_900 + s.byte() * 600 - 76_800, lambda s: 1 << s.byte() % 80, lambda s: -(1 << s.byte() % 80),
    lambda s: s.pick((2**31, 2**53, 2**63, -(2**63) - 1, 10**15, 10**18, 10**308, 10**400, -(10**400))),
)  # fmt: skip


PLAIN = tuple(one for one in hostile.NASTY if not isinstance(one, (bytes, tuple)))  # what JSON can say


def decoded(data: bytes) -> str:
    """Bytes as text: UTF-8 where they are, lone surrogates for what is none, so that every byte counts."""
    return data.decode("utf-8", "surrogateescape")


def encoded(text: str) -> bytes:
    """The bytes that are decoded to a text, as far as there are any."""
    return text.encode("utf-8", "replace")


_DICTIONARY = tuple(encoded(token) for token in TOKENS if token)


def mutated(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """An input with one to eight changes; `other` is what it may be crossed with."""
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randrange(len(found) + 1)
        kind = chance.randrange(9)
        if kind == 0 and found:
            found[at % len(found)] = chance.randrange(256)
        elif kind == 1 and found:
            found[at % len(found)] ^= 1 << chance.randrange(8)
        elif kind == 2:
            del found[at : at + chance.choice((1, 2, 4, 16, 64))]
        elif kind == 3:
            found[at:at] = chance.randbytes(chance.choice((1, 2, 4, 16)))
        elif kind in (4, 5):
            found[at:at] = chance.choice(_DICTIONARY)
        elif kind == 6:
            found[at:at] = found[at : at + chance.choice((1, 4, 16, 64))] * chance.choice((1, 2, 16))
        elif kind == 7:
            start = chance.randrange(len(other) + 1)
            found[at:] = other[start:]
        else:
            token = chance.choice(_DICTIONARY)
            found[at : at + len(token)] = token
    return bytes(found[:LONGEST])


def random_bytes(chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice((0, 8, 64, 300, 800, 2000)))
