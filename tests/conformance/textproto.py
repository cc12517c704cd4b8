"""Protobuf's text format, as far as the suites use it: messages as dicts, field → list of values."""

from __future__ import annotations

import codecs
import re
from typing import Any

_TOKEN = re.compile(
    r"""(?P<space>[\s,;]+|\#[^\n]*)|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(?P<name>\[[\w./]+\]|[A-Za-z_]\w*)|(?P<number>[-+]?(?:0[xX][\da-fA-F]+|\.?\d[\w.]*(?:(?<=[eE])[-+]\d+)?|inf(?:inity)?|nan))|(?P<sign>[-{}<>:\[\]])""",
    re.DOTALL,
)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_PLAIN = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}

Message = dict[str, list[Any]]


def parse(text: str) -> Message:
    """The message that a text holds. Texts are bytes, names of enumerations and `true` are str, numbers are str too.

    Raises:
        ValueError: where it is no such text.
    """
    tokens = [(kind, match.group()) for match in _TOKEN.finditer(text) if (kind := match.lastgroup) != "space"]
    if sum(len(match.group()) for match in _TOKEN.finditer(text)) != len(text):
        raise ValueError("a character that the text format does not have")
    message, end = _message(tokens, 0)
    if end != len(tokens):
        raise ValueError(f"'{tokens[end][1]}' closes nothing")
    return message


def _message(tokens: list[tuple[str, str]], at: int) -> tuple[Message, int]:
    found: Message = {}
    while at < len(tokens) and tokens[at][1] not in ("}", ">"):
        name, at = tokens[at][1], at + 1
        at += tokens[at][1] == ":"
        if tokens[at] == ("sign", "["):
            at += 1
            while tokens[at][1] != "]":
                value, at = _value(tokens, at)
                found.setdefault(name, []).append(value)
            at += 1
        else:
            value, at = _value(tokens, at)
            found.setdefault(name, []).append(value)
    return found, at


def _value(tokens: list[tuple[str, str]], at: int) -> tuple[Any, int]:
    kind, text = tokens[at]
    if text in ("{", "<"):
        message, at = _message(tokens, at + 1)
        return message, at + 1
    if kind == "text":
        parts = b""
        while at < len(tokens) and tokens[at][0] == "text":
            parts, at = parts + _bytes(tokens[at][1][1:-1]), at + 1
        return parts, at
    if text == "-":
        return "-" + tokens[at + 1][1], at + 2
    return text, at + 1


def _bytes(text: str) -> bytes:
    def plain(match: re.Match[bytes]) -> bytes:
        octal, hexadecimal, short, long, char = match.groups()
        if octal or hexadecimal:
            return bytes([int(octal, 8) if octal else int(hexadecimal, 16)])
        return codecs.encode(chr(int(short or long, 16)), "utf-8") if short or long else _PLAIN.get(char, char)

    return _ESCAPE.sub(plain, text.encode("utf-8"))
