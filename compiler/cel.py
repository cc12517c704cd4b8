"""Conditions: CEL text, type-checked against a site's attributes, becomes the expressions of `ir`.

The library (cel-expr-python) parses and checks. Each namespace is a proto2 message type, so that `has(visitor.plan)`
and mistyped names are checked properly; versions and addresses are message types of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from compiler import ir
from compiler.diagnostics import Problem
from compiler.types import Type, parse

LONGEST = 10_000  # code points of one expression
NAMESPACES = ("request", "visitor", "account", "segment", "lists")

_WELL_KNOWN = {"timestamp": ".google.protobuf.Timestamp", "duration": ".google.protobuf.Duration", "version": ".tessera.Version", "ip": ".tessera.Ip"}
_PLAIN = {"string": "STRING", "enum": "STRING", "item": "STRING", "bool": "BOOL", "int": "INT64", "double": "DOUBLE"}
_ORDERED = ("bool", "int", "double", "string", "timestamp", "duration", "version")
_COMPARISONS = {"_<_": "less", "_<=_": "less_equals", "_>_": "greater", "_>=_": "greater_equals"}


@dataclass(frozen=True)
class Environment:
    """What a condition may speak of.

    Args:
        attributes: full name (`visitor.plan`) → type as in site.yaml (`string`, `list<item>`, `[free, paid]`).
        segments: names of segments, without the namespace.
        lists: name of a list → type of its values (`string`).
        items: field of an item → type, or None where there are no items.
        about: full name → a few words on where the fact comes from, for messages.
    Raises:
        ValueError: for a type that does not exist.
    """

    attributes: Mapping[str, str]
    segments: Iterable[str] = ()
    lists: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, str] | None = None
    about: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = {name: parse(text) for name, text in self.attributes.items()}
        names |= {f"segment.{name}": Type("bool") for name in self.segments}
        names |= {f"lists.{name}": Type("list", text.removeprefix("list<").removesuffix(">")) for name, text in self.lists.items()}
        names |= {f"item.{name}": parse(text) for name, text in (self.items or {}).items()}
        object.__setattr__(self, "names", dict(sorted(names.items())))
        object.__setattr__(self, "_library", None)

    names: dict[str, Type] = field(init=False, repr=False, compare=False)
    _library: Any = field(init=False, repr=False, compare=False)

    @property
    def library(self) -> Any:
        """The library's environment, made when first asked for."""
        if self._library is None:
            object.__setattr__(self, "_library", _library(self.names))
        return self._library

    def compile(self, text: str, expect: str = "bool", scope: tuple[str, ...] = NAMESPACES) -> ir.Expr | list[Problem]:
        """Parse, check and normalise one expression.

        Args:
            text: CEL.
            expect: the type it must have, as in site.yaml (`bool`, `double`, `string`…).
            scope: the namespaces that may be used at this place (`item` only where items are filtered).
        Returns:
            The expression, or every problem of it in the order of the text; offsets are code points in `text`.
        """
        from compiler.cel_explain import explain
        from compiler.cel_lower import lower
        from compiler.cel_tree import TooDeep, Tree

        if len(text) > LONGEST:
            return [Problem(0, 1, "E020", f"the condition is longer than {LONGEST:,} characters", "split it into named segments, or use a list")]
        problems: list[Problem] = []
        try:
            try:
                compiled = self.library.compile(text)
            except RuntimeError as refused:
                problems, tree = explain(str(refused), text, self, scope)
            else:
                tree = Tree(compiled.serialize(), text)
                problems = _wrong_type(compiled.return_type().name(), expect, tree)
            if tree is None:
                return problems
            expression, found = lower(tree, self, scope)
        except TooDeep:
            return [Problem(0, 1, "E024", "the condition is nested too deeply", "split it into named segments")]
        problems = _merge(problems, found)
        return problems or expression


def refs(expression: ir.Expr) -> tuple[str, ...]:
    """The declared names that an expression reads, in full, sorted."""
    return tuple(sorted(_refs(expression)))


def _refs(expression: ir.Expr) -> set[str]:
    if isinstance(expression, (ir.Ref, ir.Has)):
        return {expression.name}
    if isinstance(expression, ir.Call):
        return set().union(*map(_refs, expression.args))
    return _refs(expression.range) | _refs(expression.body) if isinstance(expression, ir.Fold) else set()


def _wrong_type(actual: str, expect: str, tree: Any) -> list[Problem]:
    from compiler.cel_explain import compare

    name = {"BOOL": "bool", "INT": "int", "DOUBLE": "double", "STRING": "string", "TIMESTAMP": "timestamp", "DURATION": "duration",
            "tessera.Version": "version", "tessera.Ip": "ip", "google.protobuf.Timestamp": "timestamp", "google.protobuf.Duration": "duration"}
    found = name.get(actual, actual.lower())
    if found == expect or actual.startswith("tessera.") and found == actual.lower():
        return []  # a bare namespace is reported when the tree is lowered
    start, length = tree.span(tree.root)
    fix = compare(tree.text[start : start + length], found) if expect == "bool" else f"convert it, for example {expect}(…)"
    return [Problem(start, length, "E025", f"the expression must be {expect}, this one is {found}", fix)]


def _merge(library: list[Problem], own: list[Problem]) -> list[Problem]:
    """All problems in the order of the text, without those of either side that only follow from one of the other."""
    names = [problem for problem in library if problem.code not in ("E022", "E025")]
    unsupported = [problem for problem in own if problem.code == "E024"]
    kept = [problem for problem in own if not any(_within(problem, other) for other in names)]
    kept += [problem for problem in library if problem.code != "E022" or not any(_within(other, problem) for other in unsupported)]
    return sorted(dict.fromkeys(kept), key=lambda problem: problem[:4])


def _within(inner: Problem, outer: Problem) -> bool:
    return outer.offset <= inner.offset < outer.offset + outer.length


def _library(names: Mapping[str, Type]) -> Any:
    from cel_expr_python import cel

    own = cel.Type
    types = {"bool": own.BOOL, "int": own.INT, "double": own.DOUBLE, "string": own.STRING, "timestamp": own.TIMESTAMP, "duration": own.DURATION}
    pool = _pool(names)
    types |= {"version": own("tessera.Version"), "ip": own("tessera.Ip")}
    functions = [
        cel.FunctionDecl("version", [cel.Overload("string_to_version", types["version"], [own.STRING])]),
        cel.FunctionDecl("ip", [cel.Overload("string_to_ip", types["ip"], [own.STRING])]),
        cel.FunctionDecl("lowerAscii", [cel.Overload("lower_ascii", own.STRING, [own.STRING], is_member=True)]),
        cel.FunctionDecl("upperAscii", [cel.Overload("upper_ascii", own.STRING, [own.STRING], is_member=True)]),
    ]
    for function, stem in _COMPARISONS.items():
        overloads = [cel.Overload(f"{stem}_{name}", own.BOOL, [types[name], types[name]]) for name in _ORDERED]
        functions.append(cel.FunctionDecl(function, overloads))
    variables = {namespace: own(f"tessera.{namespace}") for namespace in {name.partition(".")[0] for name in names} | set(NAMESPACES)}
    return cel.NewEnv(pool, config=_own_comparisons(), variables=variables, functions=functions)


@lru_cache(maxsize=1)
def _own_comparisons() -> Any:
    """The standard library without its comparisons, which are declared anew so that versions have an order too."""
    from cel_expr_python import cel

    excluded = "".join(f'    - name: "{function}"\n' for function in _COMPARISONS)
    return cel.NewEnvConfigFromYaml(f"name: tessera\nstdlib:\n  exclude_functions:\n{excluded}")


def _pool(names: Mapping[str, Type]) -> Any:
    """Message types: one for each namespace, with a field for each name in it."""
    from google.protobuf import descriptor_pb2, descriptor_pool, duration_pb2, timestamp_pb2

    pool = descriptor_pool.DescriptorPool()
    file = descriptor_pb2.FileDescriptorProto(name="tessera/site.proto", package="tessera", syntax="proto2")
    for module in (timestamp_pb2, duration_pb2):
        known = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(known)
        pool.Add(known)
        file.dependency.append(known.name)
    for name in ("Version", "Ip"):
        file.message_type.add(name=name)
    messages = {namespace: file.message_type.add(name=namespace) for namespace in sorted({*NAMESPACES, "item"})}
    for name, type_ in names.items():
        namespace, _, short = name.partition(".")
        if namespace not in messages:
            messages[namespace] = file.message_type.add(name=namespace)
        _add_field(messages[namespace], short, type_)
    pool.Add(file)
    return pool


def _add_field(message: Any, name: str, type_: Type) -> None:
    from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

    declared = message.field.add(name=name, json_name=name, number=_number(len(message.field)), label=Field.LABEL_OPTIONAL)
    if type_.name != "map":
        declared.label = Field.LABEL_REPEATED if type_.name == "list" else Field.LABEL_OPTIONAL
        _set_type(declared, type_.element or type_.name)
        return
    entry = message.nested_type.add(name="".join(part.capitalize() for part in name.split("_")) + "Entry")
    entry.options.map_entry = True
    for number, (part, element) in enumerate((("key", "string"), ("value", type_.element)), 1):
        _set_type(entry.field.add(name=part, json_name=part, number=number, label=Field.LABEL_OPTIONAL), element)
    declared.label, declared.type, declared.type_name = Field.LABEL_REPEATED, Field.TYPE_MESSAGE, f".tessera.{message.name}.{entry.name}"


def _set_type(declared: Any, name: str) -> None:
    from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

    if name in _WELL_KNOWN:
        declared.type, declared.type_name = Field.TYPE_MESSAGE, _WELL_KNOWN[name]
    else:
        declared.type = getattr(Field, f"TYPE_{_PLAIN[name]}")


def _number(index: int) -> int:
    """The field number after `index` fields; protobuf keeps 19,000 to 19,999 for itself."""
    return index + 1 if index < 18_999 else index + 1_001
