"""A page as html5lib reads it: its tokens, and where the bytes of its elements begin and end. Nothing here is the product's."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from html5lib import HTMLParser
from html5lib._inputstream import HTMLBinaryInputStream, HTMLUnicodeInputStream
from html5lib._tokenizer import HTMLTokenizer
from html5lib.constants import DataLossWarning, tokenTypes

VOID = frozenset("area base basefont bgsound br col embed hr img input keygen link meta param source track wbr".split())
_KINDS = {number: name for name, number in tokenTypes.items()}
_TEXTS = ("Characters", "SpaceCharacters")


@dataclass(frozen=True)
class Token:
    """`kind` is Characters, StartTag, EndTag, Comment or Doctype; `content` all that it holds."""

    kind: str
    content: Any


@dataclass
class Element:
    """A start tag, and what became of it.

    Attributes:
        start, inside: offsets of the start tag's first byte and of the byte behind it.
        close, end: the same of its own end tag; None where another tag ended the element, or none did.
        is_node: whether the tag made an element; `is_void`: one that has no inside.
    """

    tag: str
    attributes: dict[str, str]
    start: int
    inside: int
    close: int | None = None
    end: int | None = None
    is_node: bool = True
    is_void: bool = False


@dataclass(frozen=True)
class Reading:
    tokens: tuple[Token, ...]
    elements: tuple[Element, ...]


class _Whole(HTMLUnicodeInputStream):
    """The text in one chunk, so that the offset in it is the offset in the text."""

    _defaultChunkSize = 1 << 40


class _Tokenizer(HTMLTokenizer):
    """Notes each tag before the tree gets it, and afterwards what it did to the elements that are open."""

    def __init__(self, text: str, parser: HTMLParser) -> None:
        super().__init__(text, parser=parser)
        self.stream = _Whole(text)
        self.tokens: list[Token] = []
        self.elements: list[Element] = []
        self._of: dict[int, Element] = {}  # the node's id → its element
        self._kept: list[Any] = []  # the nodes, so that no id is used again
        self._sign = 0  # where the last "<" stands
        self._in_head: Any = None  # the template of the head that is open

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for token in super().__iter__():
            kind = _KINDS[token["type"]]
            if kind != "ParseError":
                self._note("Characters" if kind in _TEXTS else kind, token)
            if kind not in ("StartTag", "EndTag"):
                yield token
                continue
            name, at, opened = token["name"], self.stream.chunkOffset, list(self.parser.tree.openElements)
            start, data = self._sign, dict(token["data"] or {})
            if not (kind == "StartTag" and name == "template" and self._opens_in_head(token)):
                yield token
            now = self.parser.tree.openElements
            if self._in_head is not None and self._in_head not in now:
                self._in_head, self.parser.phase = None, self.parser.phases["inHead"]
            if kind == "StartTag":
                known = set(map(id, opened))
                self._begin(Element(name, data, start, at), [node for node in now if id(node) not in known], token)
            else:
                still = set(map(id, now))
                self._finish(name, start, at, [node for node in opened if id(node) not in still], opened)

    def _opens_in_head(self, token: dict[str, Any]) -> bool:
        """A template may stand in the head, which html5lib, older than templates, takes for the head's end."""
        parser = self.parser
        if parser.phase is not parser.phases["inHead"]:
            return False
        parser.tree.insertElement(token)
        self._in_head, parser.phase = parser.tree.openElements[-1], parser.phases["inBody"]
        return True

    def _note(self, kind: str, token: dict[str, Any]) -> None:
        if kind == "Characters" and self.tokens and self.tokens[-1].kind == kind:
            self.tokens[-1] = Token(kind, self.tokens[-1].content + token["data"])
        elif kind == "StartTag":
            self.tokens.append(Token(kind, (token["name"], dict(token["data"]), token["selfClosing"])))
        elif kind == "Doctype":
            self.tokens.append(Token(kind, tuple(token[key] for key in ("name", "publicId", "systemId", "correct"))))
        else:
            self.tokens.append(Token(kind, token["name"] if kind == "EndTag" else token["data"]))

    def _begin(self, element: Element, new: list[Any], token: dict[str, Any]) -> None:
        self.elements.append(element)
        own = next((node for node in reversed(new) if node.name.lower() == element.tag), None)
        if own is not None:
            self._of[id(own)] = element
            self._kept.append(own)
            return
        element.is_void = element.tag in VOID or bool(token["selfClosing"] and token["selfClosingAcknowledged"])
        element.is_node = element.is_void

    def _finish(self, name: str, start: int, end: int, gone: list[Any], opened: list[Any]) -> None:
        """The one that was opened first of those that an end tag closes is the tag's own; a body stays open behind its end tag."""
        if name in ("body", "html"):
            gone = [node for node in opened if node.name == name]
        if gone and gone[0].name.lower() == name and id(gone[0]) in self._of:
            element = self._of[id(gone[0])]
            if element.close is None:
                element.close, element.end = start, end


def _noting_the_sign(state: str) -> Callable[[_Tokenizer], bool]:
    """The state behind a "<", which notes where that stands."""

    def noting(self: _Tokenizer) -> bool:
        self._sign = self.stream.chunkOffset - 1
        return getattr(HTMLTokenizer, state)(self)

    return noting


for _state in ("tagOpenState", "rcdataLessThanSignState", "rawtextLessThanSignState", "scriptDataLessThanSignState", "scriptDataEscapedLessThanSignState"):
    setattr(_Tokenizer, _state, _noting_the_sign(_state))


class _Parser(HTMLParser):
    """A parser is dear to make, so one reads all pages."""

    innerHTMLMode, container, scripting = False, None, True

    def tokenizer_of(self, text: str) -> _Tokenizer:
        """The tokenizer, at the end of the text."""
        self.tokenizer = _Tokenizer(text, self)
        self.reset()
        self.mainLoop()
        return self.tokenizer


_the_parser = lru_cache(maxsize=1)(_Parser)


def read(page: bytes) -> Reading:
    """Read a page.

    Raises:
        UnicodeDecodeError: where it is not UTF-8.
    """
    text, offsets = _normalised(page.decode("utf-8"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataLossWarning)
        tokenizer = _the_parser().tokenizer_of(text)
    for element in tokenizer.elements:
        element.start, element.inside = offsets[element.start], offsets[element.inside]
        if element.close is not None:
            element.close, element.end = offsets[element.close], offsets[element.end]
    return Reading(tuple(tokenizer.tokens), tuple(tokenizer.elements))


def other_charset(page: bytes) -> str | None:
    """Why a page is not to be read as UTF-8."""
    try:
        page.decode("utf-8")
    except UnicodeDecodeError:
        return "its bytes are not UTF-8"
    stream = HTMLBinaryInputStream(page, useChardet=False)
    told = stream.detectBOM() or stream.detectEncodingMeta()
    return f"it says that it is {told.name}" if told and told.name != "utf-8" else None


def seems_other(page: bytes) -> bool:
    """Whether a page names another charset anywhere near its beginning, so that passing it is no mistake."""
    return re.search(rb"""(?i)charset\s*=\s*["']?\s*(?!utf-?8)""", page[:2048]) is not None


def start_tag(markup: bytes) -> tuple[str, dict[str, str], int]:
    """The name and the attributes of the start tag that the markup begins with, and how many bytes it has."""
    end = markup.find(b">") + 1
    while end:
        text, offsets = _normalised(markup[:end].decode("utf-8"))
        tokenizer = HTMLTokenizer(text)
        found = next((token for token in tokenizer if _KINDS[token["type"]] == "StartTag"), None)
        if found:
            return found["name"], dict(found["data"]), end
        end = markup.find(b">", end) + 1
    raise ValueError("no start tag")


def _normalised(text: str) -> tuple[str, list[int] | range]:
    """The text as parsers see it, with one kind of line end, and the byte offset of each of its characters."""
    if text.isascii() and "\r" not in text:
        return text, range(len(text) + 1)
    offsets, out, at = [], [], 0
    for before, char in zip(" " + text, text):
        if char == "\n" and before == "\r":
            at += 1
            continue
        offsets.append(at)
        out.append("\n" if char == "\r" else char)
        at += len(char.encode())
    return "".join(out), [*offsets, at]
