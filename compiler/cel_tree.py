"""The syntax tree of a CEL expression, decoded from what the CEL library serialises (cel/expr/checked.proto, syntax.proto)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

# message → (field, number, type); a type in capitals is another message here, `*` marks a repeated field
_MESSAGES: dict[str, tuple[tuple[str, int, str], ...]] = {
    "Parsed": (("expr", 2, "Expr"), ("source", 3, "Source")),
    "Checked": (("references", 2, "*ReferenceEntry"), ("types", 3, "*TypeEntry"), ("expr", 4, "Expr"), ("source", 5, "Source")),
    "TypeEntry": (("key", 1, "int64"), ("value", 2, "Type")),
    "Type": (
        ("dyn", 1, "Empty"), ("null", 2, "int64"), ("primitive", 3, "int64"), ("wrapper", 4, "int64"), ("well_known", 5, "int64"),
        ("list", 6, "ListType"), ("map", 7, "MapType"), ("message", 9, "string"), ("parameter", 10, "string"), ("type", 11, "Type"),
    ),
    "ListType": (("element", 1, "Type"),),
    "MapType": (("key", 1, "Type"), ("value", 2, "Type")),
    "Empty": (),
    "ReferenceEntry": (("key", 1, "int64"), ("value", 2, "Reference")),
    "Reference": (("name", 1, "string"), ("overloads", 3, "*string")),
    "Source": (("positions", 4, "*PositionEntry"),),
    "PositionEntry": (("key", 1, "int64"), ("value", 2, "int32")),
    "Expr": (
        ("id", 2, "int64"), ("const", 3, "Constant"), ("ident", 4, "Ident"), ("select", 5, "Select"), ("call", 6, "Call"),
        ("list", 7, "List"), ("struct", 8, "Struct"), ("fold", 9, "Comprehension"),
    ),
    "Ident": (("name", 1, "string"),),
    "Select": (("operand", 1, "Expr"), ("field", 2, "string"), ("test_only", 3, "bool")),
    "Call": (("target", 1, "Expr"), ("function", 2, "string"), ("args", 3, "*Expr")),
    "List": (("elements", 1, "*Expr"),),
    "Struct": (("name", 1, "string"), ("entries", 2, "*Entry")),
    "Entry": (("id", 1, "int64"), ("map_key", 3, "Expr"), ("value", 4, "Expr")),
    "Comprehension": (
        ("iter_var", 1, "string"), ("iter_range", 2, "Expr"), ("accu_var", 3, "string"), ("accu_init", 4, "Expr"),
        ("loop_condition", 5, "Expr"), ("loop_step", 6, "Expr"), ("result", 7, "Expr"), ("iter_var2", 8, "string"),
    ),
    "Constant": (
        ("null", 1, "int64"), ("bool", 2, "bool"), ("int", 3, "int64"), ("uint", 4, "uint64"), ("double", 5, "double"),
        ("string", 6, "string"), ("bytes", 7, "bytes"),
    ),
}
_PRIMITIVES = ("", "bool", "int", "uint", "double", "string", "bytes")
_KNOWN = ("", "any", "timestamp", "duration")
_KINDS = ("const", "ident", "select", "call", "list", "struct", "fold")
_TOKEN = re.compile(
    r'(?P<space>\s+|//[^\n]*)|(?P<string>[rRbB]{0,2}(?:"""(?:\\.|.)*?"""|\'\'\'(?:\\.|.)*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'))'
    r"|(?P<number>0[xX][0-9a-fA-F]+u?|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?u?|\.\d+(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<operator>&&|\|\||[=!<>]=|.)",
    re.DOTALL | re.ASCII,
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}


class TooDeep(Exception):
    """The expression is nested deeper than it can be decoded."""


class Tree:
    """An expression: `root` is an Expr message of the table above, `overloads` maps node ids to what the checker found possible."""

    def __init__(self, serialized: bytes, text: str) -> None:
        """Raises TooDeep. `serialized` is a google.protobuf.Any of a ParsedExpr or CheckedExpr."""
        from google.protobuf.any_pb2 import Any as Packed
        from google.protobuf.message import DecodeError

        packed = Packed.FromString(serialized)
        self.checked = packed.type_url.endswith("CheckedExpr")
        try:
            message = _classes()["Checked" if self.checked else "Parsed"].FromString(packed.value)
        except DecodeError:
            raise TooDeep from None
        self.text = text
        self.root = message.expr
        self.positions = {entry.key: entry.value for entry in message.source.positions}
        self.overloads = {entry.key: tuple(entry.value.overloads) for entry in message.references} if self.checked else {}
        self._types = {entry.key: entry.value for entry in message.types} if self.checked else {}
        self._tokens = tokens(text)

    def type(self, node: Any) -> str:
        """What the checker found of a node: `int`, `list<dyn>`, `map<string, int>`, `ip`, `type`; `dyn` where nothing is certain."""
        found = self._types.get(node.id)
        return "dyn" if found is None else _type_text(found)

    def offset(self, node: Any) -> int:
        """Where the node stands: of an operator its sign, of a selection its dot, of a call its parenthesis."""
        return self.positions.get(node.id, 0)

    def span(self, node: Any) -> tuple[int, int]:
        """The offset and length, in code points, of the node's whole text."""
        parts = [part for part in walk(node) if part.id in self.positions]
        known = [self.positions[part.id] for part in parts]
        start = min(map(self._start, parts), default=0)
        end = max((self._end(offset) for offset in known), default=start + 1)
        return start, max(1, end - start)

    def _start(self, node: Any) -> int:
        """Of a call its name, which stands before the parenthesis; of any other node its own position."""
        offset = self.positions[node.id]
        if self._tokens.get(offset) != "(":
            return offset
        before = max((at for at in self._tokens if at < offset), default=offset)
        return before if self._tokens[before].isidentifier() else offset

    def _end(self, offset: int) -> int:
        token = self._tokens.get(offset)
        if token is None:
            return offset + 1
        if token == ".":
            name = min((at for at in self._tokens if at > offset), default=offset)
            return name + len(self._tokens[name])
        return closing(self._tokens, offset) if token in _CLOSING else offset + len(token)


def _type_text(type_: Any) -> str:
    if type_.HasField("primitive") or type_.HasField("well_known"):
        return _PRIMITIVES[type_.primitive] if type_.HasField("primitive") else _KNOWN[type_.well_known]
    if type_.HasField("list"):
        return f"list<{_type_text(type_.list.element)}>"
    if type_.HasField("map"):
        return f"map<{_type_text(type_.map.key)}, {_type_text(type_.map.value)}>"
    if type_.HasField("message"):
        return type_.message.rpartition(".")[2].lower()
    return "null" if type_.HasField("null") else "type" if type_.HasField("type") else "dyn"


def tokens(text: str) -> dict[int, str]:
    """The tokens of a CEL text by their offsets, in order; white space and comments left out."""
    return {match.start(): match.group() for match in _TOKEN.finditer(text) if match.lastgroup != "space"}


def closing(found: dict[int, str], offset: int) -> int:
    """The end of the bracket that the token at `offset` opens; the token's own end where nothing closes it."""
    depth = 0
    for at, token in found.items():
        if at >= offset:
            depth += (token in _CLOSING) - (token in _CLOSING.values())
            if depth == 0:
                return at + 1
    return offset + 1


def kind(node: Any) -> str:
    """Which of const, ident, select, call, list, struct, fold a node is; "" for none."""
    return next((name for name in _KINDS if node.HasField(name)), "")


def children(node: Any) -> Iterator[Any]:
    """The nodes directly below, in the order of the text."""
    which = kind(node)
    part = getattr(node, which) if which else None
    if which == "select":
        yield part.operand
    elif which == "call":
        if part.HasField("target"):
            yield part.target
        yield from part.args
    elif which == "list":
        yield from part.elements
    elif which == "struct":
        for entry in part.entries:
            yield from (entry.map_key, entry.value)
    elif which == "fold":
        yield from (part.iter_range, part.accu_init, part.loop_condition, part.loop_step, part.result)


def walk(node: Any) -> Iterator[Any]:
    """The node and all below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def receiver(node: Any) -> Any:
    """What a member function is called on."""
    return node.call.target if node.call.HasField("target") else node.call.args[0]


def bare(node: Any) -> Any:
    """The node without dyn(…) around it."""
    while kind(node) == "call" and node.call.function == "dyn" and len(node.call.args) == 1:
        node = node.call.args[0]
    return node


def dotted(node: Any) -> str:
    """`a.b.c` of a chain of selections from a name; "" for any other node."""
    if kind(node) == "ident":
        return node.ident.name
    if kind(node) == "select" and not node.select.test_only:
        inner = dotted(node.select.operand)
        return f"{inner}.{node.select.field}" if inner else ""
    return ""


@lru_cache(maxsize=1)
def _classes() -> dict[str, Any]:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="tessera/tree.proto", package="tessera.tree", syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind_ in fields:
            _declare(message, field, number, kind_)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"tessera.tree.{name}")) for name in _MESSAGES}


def _declare(message: Any, name: str, number: int, kind_: str) -> None:
    from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

    label = Field.LABEL_REPEATED if kind_.startswith("*") else Field.LABEL_OPTIONAL
    bare = kind_.removeprefix("*")
    if bare in _MESSAGES:
        message.field.add(name=name, number=number, label=label, type=Field.TYPE_MESSAGE, type_name=f".tessera.tree.{bare}")
    else:
        message.field.add(name=name, number=number, label=label, type=getattr(Field, f"TYPE_{bare.upper()}"))
