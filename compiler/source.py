"""YAML files as plain data that remembers where every part stands."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compiler.diagnostics import Diagnostics, Place
from compiler.scalars import offsets

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node as YamlNode

LARGEST_FILE = 2 * 1024 * 1024  # bytes
MOST_NODES = 200_000  # of one file, aliases counted each time they are used
DEEPEST = 60  # mappings and lists within each other

_YAML = "tag:yaml.org,2002:"
_KNOWN_TAGS = {_YAML + kind for kind in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value")}
_SURROGATE = re.compile("[\ud800-\udfff]")
_ANCHOR = re.compile(r"[A-Za-z0-9_-]+")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}


class Text:
    """The text of a file, and the places in it."""

    def __init__(self, shown: str, text: str) -> None:
        self.shown = shown
        self.text = text
        self._starts = [0] + [match.end() for match in re.finditer(r"\r\n|\n|\r", text)]

    def start_of(self, line: int) -> int:
        """The offset at which a line (from 1) begins; of the last line where there are fewer."""
        return self._starts[min(line, len(self._starts)) - 1]

    def place(self, start: int, end: int | None = None) -> Place:
        """The place from `start` to `end` (offsets in code points), cut at the end of the first line."""
        start = max(0, min(start, len(self.text)))
        line = bisect_right(self._starts, start) - 1
        first = self._starts[line]
        last = self._starts[line + 1] if line + 1 < len(self._starts) else len(self.text)
        source = self.text[first:last].rstrip("\r\n")
        stop = min(first + len(source.rstrip()), start + 1 if end is None else end)
        return Place(self.shown, line + 1, start - first + 1, max(1, stop - start), source)


@dataclass(frozen=True, slots=True)
class Node:
    """A YAML document: `plain` is its data (dict, list, str, int, float, bool, None; dates stay text)."""

    plain: Any
    text: Text
    root: Any

    def place(self, *path: str | int, key: bool = False) -> Place:
        """The place of the value (or of the key) at a path of keys and indices; of the nearest ancestor if there is none."""
        key_node, node = self._find(path)
        return self._place_of(key_node if key and key_node is not None else node)

    def text_place(self, path: tuple[str | int, ...], offset: int, length: int = 1) -> Place:
        """The place of a position inside a scalar's text; the scalar's start where it cannot be told."""
        _, node = self._find(path)
        if not isinstance(node.value, str):
            return self._place_of(node)
        raw = self.text.text[node.start_mark.index : node.end_mark.index]
        known = offsets(raw, node.style, node.value)
        if known is None:
            return self._place_of(node)
        at = known[min(offset, len(known) - 1)]
        last = known[min(max(offset, offset + length - 1), len(known) - 1)]
        return self.text.place(node.start_mark.index + at, node.start_mark.index + last + 1)

    def _place_of(self, node: YamlNode) -> Place:
        start = node.start_mark.index
        if isinstance(node.value, list) and node.value and not node.flow_style:
            first = node.value[0]
            first = first[0] if isinstance(first, tuple) else first
            return self.text.place(start, max(start + 1, first.end_mark.index))
        return self.text.place(start, node.end_mark.index)

    def _find(self, path: tuple[str | int, ...]) -> tuple[YamlNode | None, YamlNode]:
        key_node, node = None, self.root
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            key_node, node = found
        return key_node, node


def read(path: Path, shown: str, diagnostics: Diagnostics) -> Node | None:
    """Read one YAML file that holds a mapping.

    Args:
        shown: the file's name in messages.
    Returns:
        None when the file has an error; it is then in `diagnostics`.
    """
    content = read_text(path, shown, diagnostics)
    return None if content is None else parse(content, shown, diagnostics)


def read_text(path: Path, shown: str, diagnostics: Diagnostics, largest: int = LARGEST_FILE) -> str | None:
    """The text of a UTF-8 file of at most `largest` bytes, without a byte order mark; None and an error otherwise."""
    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except OSError as error:
        diagnostics.error("E001", Place(shown, 1, 1), f"the file cannot be read: {error.strerror or error}", "make it a file that can be read, or take it away")
        return None
    if len(content) > largest:
        diagnostics.error("E006", Place(shown, 1, 1), f"the file is larger than {largest // 1024 // 1024} MB", "split it, or move long lists of values to lists/*.csv")
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        diagnostics.error("E002", Place(shown, line, column), f"the file is not UTF-8: byte 0x{content[error.start]:02x}", "save the file as UTF-8")
        return None


def parse(content: str, shown: str, diagnostics: Diagnostics) -> Node | None:
    """Like `read`, of a text at hand."""
    from compiler.yaml_problems import explain

    text = Text(shown, content)
    root = _compose(text, diagnostics, explain)
    if root is None:
        return None
    reader = _Reader(text, diagnostics)
    plain = reader.value(root, 0)
    if reader.failed:
        return None
    if not isinstance(plain, dict):
        diagnostics.error("E007", text.place(root.start_mark.index), "the file must be a mapping of keys to values", "write `key: value` lines, without a dash before them")
        return None
    return Node(plain, text, root)


def _compose(text: Text, diagnostics: Diagnostics, explain: Any) -> YamlNode | None:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        root = YAML(typ="safe", pure=True).compose(text.text)
    except YAMLError as error:
        explain(error, text, diagnostics)
        return None
    except RecursionError:
        diagnostics.error("E006", text.place(0), f"the file is nested more than {DEEPEST} levels deep")
        return None
    if root is None:
        diagnostics.error("E007", text.place(0), "the file is empty", "fill it, or delete it")
    return root


def _child(node: YamlNode, step: str | int) -> tuple[YamlNode | None, YamlNode] | None:
    if not isinstance(node.value, list):
        return None
    if node.tag.endswith(":seq"):
        return (None, node.value[step]) if isinstance(step, int) and 0 <= step < len(node.value) else None
    for key, value in node.value:
        if key.value == str(step):
            return key, value
    return None


class _Reader:
    """Turns composed nodes into plain data; counts nodes and notes what is wrong with them."""

    def __init__(self, text: Text, diagnostics: Diagnostics) -> None:
        self.text = text
        self.diagnostics = diagnostics
        self.failed = False
        self._left = MOST_NODES
        self._open: set[int] = set()

    def value(self, node: YamlNode, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > DEEPEST or id(node) in self._open:
            return self._too_much(node, depth)
        if not self._plain_tag(node):
            return None
        if isinstance(node.value, str):
            return _scalar(node) if self._of_characters(node) else None
        self._open.add(id(node))
        children = self._list(node, depth) if node.tag.endswith(":seq") else self._mapping(node, depth)
        self._open.discard(id(node))
        return children

    def _list(self, node: YamlNode, depth: int) -> list[Any]:
        children = []
        for child in node.value:
            if self._left < 0:
                break
            children.append(self.value(child, depth + 1))
        return children

    def _mapping(self, node: YamlNode, depth: int) -> dict[str, Any]:
        children: dict[str, Any] = {}
        keys: dict[str, YamlNode] = {}
        for key, value in node.value:
            if self._left < 0:
                break
            if not isinstance(key.value, str) or (not key.style and key.value == ""):
                self._error("E003", key, "a key must be a text", "quote the value that contains `?` or braces: '…'")
            elif key.value in keys:
                first = self._place(keys[key.value])
                self._error("E005", key, f"the key '{key.value}' stands here again; first in line {first.line}, column {first.column}", "keep one of the two")
            else:
                keys[key.value] = key
                self._of_characters(key)
                children[key.value] = self.value(value, depth + 1)
        return children

    def _of_characters(self, node: YamlNode) -> bool:
        """Whether a text is one that UTF-8 can hold."""
        if _SURROGATE.search(node.value):
            self._error("E003", node, "half of a surrogate pair (\\ud800 to \\udfff) is no character", "write the character itself, or \\U and its eight hexadecimal digits")
            return False
        return True

    def _plain_tag(self, node: YamlNode) -> bool:
        """Whether the value has no tag but those of plain data, and no anchor that is the `&&` of a condition."""
        from compiler.yaml_problems import NEGATION

        if node.tag not in _KNOWN_TAGS:
            self._unquoted(node, NEGATION, node.tag)
            return False
        if node.anchor and not _ANCHOR.fullmatch(node.anchor):
            self._unquoted(node, "an unquoted `&` at the start of a value is an anchor in YAML", "&" + node.anchor)
            return False
        return True

    def _unquoted(self, node: YamlNode, message: str, opening: str) -> None:
        """Report a value that begins with an indicator; the reader may have placed it after its own `opening`."""
        from compiler.yaml_problems import quoted, unquoted_condition

        end = node.end_mark.index
        found = self.text.text.rfind(opening, 0, max(end, node.start_mark.index + len(opening)))
        start = node.start_mark.index if found < 0 else found
        place = self.text.place(start, end)
        value = unquoted_condition(place.source, place.column) or place.source[place.column - 1 :].rstrip()
        self.failed = True
        self.diagnostics.error("E008", place, message, quoted(value))

    def _too_much(self, node: YamlNode, depth: int) -> None:
        if not self.failed or self._left >= 0:
            what = "an alias contains itself" if id(node) in self._open else f"the file holds more than {MOST_NODES:,} values, those of aliases counted each time"
            message = f"the file is nested more than {DEEPEST} levels deep" if depth > DEEPEST else what
            self._error("E006", node, message, "write it without aliases, or split it")
        self._left = -1

    def _place(self, node: YamlNode) -> Place:
        return self.text.place(node.start_mark.index, node.end_mark.index)

    def _error(self, code: str, node: YamlNode, message: str, fix: str) -> None:
        self.failed = True
        self.diagnostics.error(code, self._place(node), message, fix)


def _scalar(node: YamlNode) -> Any:
    """The value of a scalar by the core schema of YAML 1.2; dates stay text."""
    if node.style or node.tag in (_YAML + "str", _YAML + "timestamp"):
        return node.value
    if node.value in _CONSTANTS:
        return _CONSTANTS[node.value]
    if _INT.fullmatch(node.value):
        return _integer(node.value)
    if _FLOAT.fullmatch(node.value):
        return float(node.value)
    return node.value


def _integer(text: str) -> int | str:
    """The integer; the text itself where it is longer than any number a site needs."""
    if len(text) > 40:
        return text
    return int(text, {"0x": 16, "0o": 8}.get(text[:2], 10))
