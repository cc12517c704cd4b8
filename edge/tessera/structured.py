"""Structured field values of HTTP (RFC 9651, formerly 8941), parsed: items, lists and dictionaries.

A bare item becomes a plain value: integer → int, decimal → float, string → str, boolean → bool, and Token, Bytes, Date and
Display for what Python has no word for. An item is `Item(value, parameters)`, an inner list an item whose value is a
tuple of items. Parsing takes time in proportion to the text, of which MAX characters are accepted.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from string import ascii_lowercase, digits
from typing import Any, Callable, Mapping, NamedTuple
from urllib.parse import unquote_to_bytes

MAX = 65_536
_KEY_START = frozenset(ascii_lowercase + "*")
_KEY = frozenset(ascii_lowercase + digits + "_-.*")
_ALPHA = frozenset(ascii_lowercase + ascii_lowercase.upper())
_TOKEN = frozenset(_ALPHA | set(digits) | set("!#$%&'*+-.^_`|~:/"))
_BASE64 = frozenset(_ALPHA | set(digits) | set("+/="))
_HEX = frozenset("0123456789abcdef")


class StructuredError(ValueError):
    """The text is no such field."""


class Token(str):
    """A word that is not quoted."""

    __slots__ = ()


class Bytes(bytes):
    """A byte sequence."""

    __slots__ = ()


class Date(int):
    """Epoch seconds."""

    __slots__ = ()


class Display(str):
    """Text in Unicode, for people to read."""

    __slots__ = ()


class Item(NamedTuple):
    """A value, or for an inner list a tuple of items, with its parameters in their order."""

    value: Any
    parameters: Mapping[str, Any]


def parse_item(text: str) -> Item:
    """A field that is one item.

    Raises:
        StructuredError: where it is none.
    """
    return _Reader(text).whole(_Reader.item)


def parse_list(text: str) -> tuple[Item, ...]:
    """A field that is a list of items and inner lists; several lines of a field are joined by `, ` before.

    Raises:
        StructuredError: where it is none.
    """
    return _Reader(text).whole(_Reader.members)


def parse_dictionary(text: str) -> dict[str, Item]:
    """A field that maps keys to items and inner lists; of equal keys the last counts.

    Raises:
        StructuredError: where it is none.
    """
    return _Reader(text).whole(_Reader.dictionary)


class _Reader:
    """A place in a text, and what can be read from there on."""

    __slots__ = ("text", "at")

    def __init__(self, text: str):
        if len(text) > MAX:
            raise StructuredError(f"{len(text)} characters, at most {MAX} are read")
        self.text = text
        self.at = 0

    def whole(self, read: Callable[[_Reader], Any]) -> Any:
        self.spaces(" ")
        value = read(self)
        self.spaces(" ")
        if self.at < len(self.text):
            raise self.refused("the end")
        return value

    def refused(self, expected: str) -> StructuredError:
        return StructuredError(f"character {self.at}: expected {expected}")

    def peek(self) -> str:
        """The next character, empty at the end."""
        return self.text[self.at : self.at + 1]

    def skip(self, mark: str) -> bool:
        """Whether the next character is this one, which is then behind."""
        found = self.peek() == mark
        self.at += found
        return found

    def need(self, mark: str) -> None:
        if not self.skip(mark):
            raise self.refused(repr(mark))

    def spaces(self, which: str) -> None:
        while self.peek() and self.peek() in which:
            self.at += 1

    def run(self, allowed: frozenset[str]) -> str:
        """The longest run of allowed characters."""
        start = self.at
        while self.peek() in allowed and self.at < len(self.text):
            self.at += 1
        return self.text[start : self.at]

    def separated(self) -> bool:
        """Whether another member follows the one just read."""
        self.spaces(" \t")
        if self.at == len(self.text):
            return False
        self.need(",")
        self.spaces(" \t")
        if self.at == len(self.text):
            raise self.refused("a member after the comma")
        return True

    def members(self) -> tuple[Item, ...]:
        found: list[Item] = []
        more = self.at < len(self.text)
        while more:
            found.append(self.member())
            more = self.separated()
        return tuple(found)

    def dictionary(self) -> dict[str, Item]:
        found: dict[str, Item] = {}
        more = self.at < len(self.text)
        while more:
            key = self.key()
            found[key] = self.member() if self.skip("=") else Item(True, self.parameters())
            more = self.separated()
        return found

    def member(self) -> Item:
        return self.inner() if self.peek() == "(" else self.item()

    def inner(self) -> Item:
        self.need("(")
        found: list[Item] = []
        while True:
            self.spaces(" ")
            if self.skip(")"):
                return Item(tuple(found), self.parameters())
            found.append(self.item())
            if self.peek() not in (" ", ")"):
                raise self.refused("a space or ')'")

    def item(self) -> Item:
        return Item(self.bare(), self.parameters())

    def parameters(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self.skip(";"):
            self.spaces(" ")
            key = self.key()
            found[key] = self.bare() if self.skip("=") else True
        return found

    def key(self) -> str:
        if self.peek() not in _KEY_START or not self.peek():
            raise self.refused("a key")
        return self.run(_KEY)

    def bare(self) -> Any:
        mark = self.peek()
        if mark == "-" or mark in digits and mark:
            return self.number()
        if mark == '"':
            return self.string()
        if mark == "*" or mark in _ALPHA:
            return Token(self.run(_TOKEN))
        read = {":": self.binary, "?": self.boolean, "@": self.date, "%": self.display}.get(mark)
        if read is None:
            raise self.refused("a value")
        return read()

    def number(self) -> int | float:
        sign = -1 if self.skip("-") else 1
        whole = self.run(frozenset(digits))
        if not whole or len(whole) > 15:
            raise self.refused("up to 15 digits")
        if not self.skip("."):
            return sign * int(whole)
        part = self.run(frozenset(digits))
        if len(whole) > 12 or not 1 <= len(part) <= 3:
            raise self.refused("up to 12 digits, a dot and up to three")
        return sign * float(f"{whole}.{part}")

    def string(self) -> str:
        self.need('"')
        parts: list[str] = []
        while not self.skip('"'):
            mark = self.peek()
            if mark == "\\":
                self.at += 1
                mark = self.peek()
                if mark not in ('"', "\\"):
                    raise self.refused("a quote or a backslash after a backslash")
            if not mark or not " " <= mark <= "~":
                raise self.refused("a visible character")
            parts.append(mark)
            self.at += 1
        return "".join(parts)

    def binary(self) -> Bytes:
        self.need(":")
        text = self.run(_BASE64)
        self.need(":")
        try:
            return Bytes(b64decode(text + "=" * (-len(text) % 4), validate=True))
        except Base64Error:
            raise self.refused("base64") from None

    def boolean(self) -> bool:
        self.need("?")
        if self.peek() not in ("0", "1"):
            raise self.refused("0 or 1")
        return self.skip("1") or not self.skip("0")

    def date(self) -> Date:
        self.need("@")
        value = self.number()
        if isinstance(value, float):
            raise self.refused("whole seconds")
        return Date(value)

    def display(self) -> Display:
        self.need("%")
        self.need('"')
        start = self.at
        while not self.skip('"'):
            mark = self.peek()
            if not mark or not " " <= mark <= "~":
                raise self.refused("a visible character")
            if mark == "%" and not (len(pair := self.text[self.at + 1 : self.at + 3]) == 2 and set(pair) <= _HEX):
                raise self.refused("two digits in lower case after %")
            self.at += 1
        try:
            return Display(unquote_to_bytes(self.text[start : self.at - 1]).decode("utf-8"))
        except UnicodeDecodeError:
            raise self.refused("UTF-8") from None
