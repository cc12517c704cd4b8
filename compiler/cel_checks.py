"""Checks of conditions that CEL itself does not make: enumerations, patterns, whole lists, what the edge cannot do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from compiler import cel_tree, ir
from compiler.cel_functions import COMPARISONS, OWN
from compiler.diagnostics import Problem, did_you_mean

if TYPE_CHECKING:
    from compiler.cel import Environment
    from compiler.types import Type

_EQUALITY = ("eq", "ne")
_ORDER = ("lt", "le", "gt", "ge")
_FOREIGN = ("uint", "bytes")
_TIMES = ("add_duration", "add_timestamp", "subtract_duration", "subtract_timestamp")
_OF_TIMES = ("later", "earlier", "between", "longer", "shorter")
_NO_TIME, _CONVERTED = "a value of type any is neither a timestamp nor a duration", "write timestamp(…) or duration(…) around it"
_ARITHMETIC = ("add", "sub", "mul", "div", "mod")
_UNTAGGED = re.compile(r"\b(timestamp|duration|version|ip|cidr|type)\b")  # kept as numbers, texts or rows: a value does not tell


def checks(tree: cel_tree.Tree, environment: Environment, node: Any, op: str, nodes: list[Any], args: tuple[ir.Expr, ...]) -> Iterator[Problem]:
    """What is wrong with a call of an operator on its arguments; `nodes` are theirs."""
    told = {part: (node, arg) for part, (node, arg) in enumerate(zip(nodes, args))}
    overloads = tree.overloads.get(node.id, ())
    if overloads and all(any(part in overload for part in _FOREIGN) for overload in overloads):
        yield unsupported(tree, node, f"`{_sign(node.call.function)}` is not supported at the edge for these types", "compare the values as they are")
    if len(overloads) > 1 and all(overload.startswith(_TIMES) for overload in overloads):
        yield unsupported(tree, node, _NO_TIME, _CONVERTED)
    elif wrong := _untagged(tree, node, op, nodes):
        yield wrong
    if op in _ARITHMETIC and {_told(tree, part) for part in nodes} == {"int", "double"}:
        yield unsupported(tree, node, f"`{_sign(node.call.function)}` does not mix whole numbers and doubles", "write both as doubles, like 1.0, or convert one: double(…)")
    for part, (own, arg) in told.items():
        if not (op == "in" and part == len(args) - 1):
            yield from whole_list(tree, own, arg)
    if op == "matches":
        yield from pattern(tree, environment, nodes, args, "matches")
    if op in (*_EQUALITY, "in"):
        yield from _members(tree, environment, nodes, args)
    if op in _ORDER and any(isinstance(arg, (ir.Const, ir.Ref)) and arg.type == "enum" for arg in args):
        yield Problem(*tree.span(node), "E022", "the values of an enumeration have no order", 'use == or in ["…", "…"]')


def untagged(tree: cel_tree.Tree, node: Any, parts: list[Any]) -> Iterator[Problem]:
    """Whether one of the parts is of a type that a value does not tell, and becomes a value of any type."""
    for part in parts:
        if found := _UNTAGGED.search(tree.type(part)):
            yield unsupported(tree, part, f"a value of the type {found[1]} cannot be taken for one of any type", "compare it with values of its own type only")


def _untagged(tree: cel_tree.Tree, node: Any, op: str, nodes: list[Any]) -> Problem | None:
    """Where a value of type any meets a type that a value does not tell, or an operator of such a type."""
    types = [tree.type(part) for part in (nodes[1:] if op == "if" else nodes)]
    if not any("dyn" in type_ for type_ in types):
        return None
    names = [found[1] for type_ in types if (found := _UNTAGGED.search(type_))] if op in (*_EQUALITY, *_ORDER, "in", "if", "greatest", "least") else []
    overloads = [one.arguments for one in OWN if one.op == op and len(one.arguments[0]) == len(types)]
    names += [wanted for wanted, type_ in zip(overloads[0][0], types) if type_ == "dyn" and _UNTAGGED.fullmatch(wanted)] if len(overloads) == 1 == len(overloads[0]) else []
    if op in _OF_TIMES:
        return unsupported(tree, node, _NO_TIME, _CONVERTED)
    fix = "compare it with a type, like string" if names[:1] == ["type"] else f"write {''.join(names[:1])}(…) around it"
    return unsupported(tree, node, f"a value of type any is never of the type {names[0]}", fix) if names else None


def _told(tree: cel_tree.Tree, node: Any) -> str:
    """The type of a node, dyn(…) around it or not."""
    return tree.type(cel_tree.bare(node))


def unsupported(tree: cel_tree.Tree, node: Any, message: str, fix: str) -> Problem:
    return Problem(*tree.span(node), "E024", message, fix)


def whole_list(tree: cel_tree.Tree, node: Any, arg: ir.Expr) -> Iterator[Problem]:
    """A named list can be large: it is asked for a member, and never taken as a value."""
    if isinstance(arg, ir.Ref) and arg.name.startswith("lists.") and arg.type:
        yield unsupported(tree, node, f"'{arg.name}' can only be asked whether a value is in it", f"write … in {arg.name}")


def pattern(tree: cel_tree.Tree, environment: Environment, nodes: list[Any], args: tuple[ir.Expr, ...], function: str) -> Iterator[Problem]:
    """The last argument must be a literal that RE2 reads."""
    text = args[-1]
    if not isinstance(text, ir.Const) or text.type != "string":
        yield unsupported(tree, nodes[-1], f"the pattern of {function}() must be a literal", "write it as a text in quotes")
        return
    if wrong := _refused(environment, text.value):
        fix = "the syntax is RE2's; escape a literal character with a backslash, in a raw text: r\"\\(\""
        yield Problem(*tree.span(nodes[-1]), "E027", f"invalid pattern: {wrong}", fix)


def _members(tree: cel_tree.Tree, environment: Environment, nodes: list[Any], args: tuple[ir.Expr, ...]) -> Iterator[Problem]:
    """Literals compared with an enumeration must be values of it."""
    for ref, node, other in ((args[0], nodes[1], args[1]), (args[1], nodes[0], args[0])):
        type_ = _enumeration(environment, ref)
        if type_ is None or not isinstance(other, ir.Const):
            continue
        parts = list(node.list.elements) if cel_tree.kind(node) == "list" else [node]
        values = other.value if isinstance(other.value, tuple) else (other.value,)
        for part, value in zip(parts, values):
            if isinstance(value, str) and value not in type_.members:
                fix = did_you_mean(value, type_.members) or f"it is one of: {_some(type_.members)}"
                yield Problem(*tree.span(part), "E023", f"'{ref.name}' is never \"{value}\"", fix)


def _enumeration(environment: Environment, arg: ir.Expr) -> Type | None:
    type_ = environment.names.get(arg.name) if isinstance(arg, ir.Ref) else None
    return type_ if type_ is not None and type_.name == "enum" else None


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:12]) + (", …" if len(names) > 12 else "")


def _sign(function: str) -> str:
    return function.replace("_", " ").strip() if "_" in function or function in COMPARISONS else function


def _refused(environment: Environment, text: str) -> str:
    """Why RE2 refuses a pattern; "" when it does not. The library's own evaluator is asked."""
    quoted = "".join(f"\\U{ord(char):08x}" for char in text)
    try:
        value = environment.library.compile(f'"".matches("{quoted}")').eval().value()
    except RuntimeError as error:
        return _reason(str(error), text)
    return "" if isinstance(value, bool) else _reason(str(value), text)


def _reason(told: str, text: str) -> str:
    plain = told.removeprefix("INVALID_ARGUMENT: ").removeprefix("invalid regular expression: ").split(" [INVALID")[0].strip()
    return plain.removesuffix(f": {text}")
