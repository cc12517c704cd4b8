"""From the syntax tree of a condition to the expressions of `ir`, with the checks that CEL itself does not make."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from compiler import cel_tree, ir, literals
from compiler.diagnostics import Problem, did_you_mean

if TYPE_CHECKING:
    from compiler.cel import Environment
    from compiler.types import Type

FUNCTIONS = {  # of CEL → the operator of `ir`
    "_&&_": "and", "_||_": "or", "!_": "not", "_?_:_": "if", "_==_": "eq", "_!=_": "ne", "_<_": "lt", "_<=_": "le", "_>_": "gt",
    "_>=_": "ge", "@in": "in", "_+_": "add", "_-_": "sub", "_*_": "mul", "_/_": "div", "_%_": "mod", "-_": "neg", "_[_]": "index",
    "size": "size", "contains": "contains", "startsWith": "starts_with", "endsWith": "ends_with", "matches": "matches",
    "lowerAscii": "lower_ascii", "upperAscii": "upper_ascii", "timestamp": "timestamp", "duration": "duration", "version": "version",
    "ip": "ip", "int": "int", "double": "double", "string": "string", "getHours": "hours", "getMinutes": "minutes",
    "getDayOfWeek": "day_of_week", "getDayOfMonth": "day_of_month", "getDate": "day_of_month", "getMonth": "month", "getFullYear": "year",
}
_GETTERS = ("hours", "minutes", "day_of_week", "day_of_month", "month", "year")
_CONNECTIVES = ("and", "or")
_EQUALITY = ("eq", "ne")
_ORDER = ("lt", "le", "gt", "ge")
_LITERALS: dict[str, tuple[Callable[[str], Any], str]] = {
    "timestamp": (literals.timestamp, 'write it like timestamp("2026-12-01T00:00:00Z")'),
    "duration": (literals.duration, 'write it like duration("90d"), duration("36h") or duration("1h30m")'),
    "version": (literals.version, 'write it like version("1.2.3")'),
    "ip": (literals.address, 'write it like ip("192.0.2.1") or ip("2001:db8::1")'),
}
_FOREIGN = ("uint", "bytes", "to_dyn", "_dyn", "string_to_bool", "add_list", "duration_to_", "timestamp_to_int", "type")
_INSTEAD = {
    "dyn": "every attribute has one type; leave dyn() out", "type": "every attribute has one type; leave type() out",
    "uint": "use int", "bytes": "use strings", "bool": 'compare with "true"',
    "getSeconds": "use getMinutes()", "getMilliseconds": "use getMinutes()", "getDayOfYear": "use getMonth() and getDate()",
}
_REFUSED = ir.Const(None, "refused")  # stands for a part that has been reported
_FILTERING = "use exists(x, …), all(x, …), exists_one(x, …) or size(…)"


def lower(tree: cel_tree.Tree, environment: Environment, scope: tuple[str, ...]) -> tuple[ir.Expr, list[Problem]]:
    """The expression and what is wrong with it; the expression is of use only when nothing is.

    The tree may be unchecked: names that do not exist are then passed over, as the checker reports them.
    """
    lowering = _Lowering(tree, environment, scope)
    expression = lowering.expression(tree.root, frozenset())
    return expression, lowering.problems


class _Lowering:
    def __init__(self, tree: cel_tree.Tree, environment: Environment, scope: tuple[str, ...]) -> None:
        self.tree = tree
        self.environment = environment
        self.scope = scope
        self.problems: list[Problem] = []

    def expression(self, node: Any, local: frozenset[str]) -> ir.Expr:
        which = cel_tree.kind(node)
        if which == "const":
            return self._constant(node)
        if which == "ident":
            return self._ident(node, local)
        if which == "select":
            return self._select(node, local)
        if which == "call":
            return self._call(node, local)
        if which == "list":
            return self._list(node, local)
        if which == "fold":
            return self._fold(node, local)
        return self._unsupported(node, "maps and messages cannot be written in a condition", "compare the attributes one by one")

    # --- leaves

    def _constant(self, node: Any) -> ir.Expr:
        which = next((name for name in ("null", "bool", "int", "uint", "double", "string", "bytes") if node.const.HasField(name)), "null")
        if which == "null":
            return self._unsupported(node, "nothing is null: an attribute is known or not", "ask has(…), or !has(…)")
        if which == "uint":
            return self._unsupported(node, "unsigned numbers are not supported at the edge", f"write {node.const.uint}")
        if which == "bytes":
            return self._unsupported(node, "bytes are not supported at the edge", "write a string, without the b")
        return ir.Const(getattr(node.const, which), which, self.tree.offset(node))

    def _ident(self, node: Any, local: frozenset[str]) -> ir.Expr:
        name = node.ident.name
        if name in local:
            return ir.Local(name, self.tree.offset(node))
        inside = [full for full in self.environment.names if full.startswith(name + ".")]
        if inside and name in self.scope:
            self._problem(node, "E021", f"'{name}' is a group of attributes, not a value", f"name one of it, for example '{inside[0]}'")
        elif inside:
            self._out_of_scope(node, name)
        return ir.Ref(name, "", self.tree.offset(node))

    def _select(self, node: Any, local: frozenset[str]) -> ir.Expr:
        operand, field = node.select.operand, node.select.field
        namespace = cel_tree.dotted(operand)
        if namespace and namespace.partition(".")[0] not in local and "." not in namespace:
            return self._attribute(node, f"{namespace}.{field}")
        inner = self.expression(operand, local)
        key = ir.Const(field, "string", self.tree.offset(node))
        if not node.select.test_only:
            return ir.Call("index", (inner, key), self.tree.offset(node))
        held = ir.Call("in", (key, inner), self.tree.offset(node))
        known = ir.Has(inner.name, inner.offset) if isinstance(inner, ir.Ref) else ir.Const(True, "bool")
        return ir.Call("and", (known, held), self.tree.offset(node))

    def _attribute(self, node: Any, name: str) -> ir.Expr:
        namespace = name.partition(".")[0]
        start, _ = self.tree.span(node)
        type_ = self.environment.names.get(name)
        if type_ is not None and namespace not in self.scope:
            self._out_of_scope(node, namespace)
        if not node.select.test_only:
            return ir.Ref(name, type_.kind if type_ else "", start)
        if namespace in ("segment", "lists"):
            self._unsupported(node, f"has() asks whether an attribute is known; '{name}' always is", f"leave has(…) out: {name}")
        return ir.Has(name, start)

    def _out_of_scope(self, node: Any, namespace: str) -> None:
        allowed = ", ".join(f"{name}.…" for name in self.scope)
        hint = "it can be used in the `where` of a ranking" if namespace == "item" else f"here you can use {allowed}"
        self._problem(node, "E028", f"'{namespace}' cannot be used in this place", hint)

    # --- compounds

    def _list(self, node: Any, local: frozenset[str]) -> ir.Expr:
        elements = [self.expression(element, local) for element in node.list.elements]
        offset = self.tree.offset(node)
        if not all(isinstance(element, ir.Const) for element in elements):
            return self._unsupported(node, "a list in a condition can hold only literals", "compare one by one: a == x || a == y")
        kinds = {element.type for element in elements}
        if len(kinds) > 1:
            return self._unsupported(node, f"a list holds values of one type, this one {' and '.join(sorted(kinds))}", "make two lists")
        return ir.Const(tuple(element.value for element in elements), f"list<{next(iter(kinds), 'string')}>", offset)

    def _fold(self, node: Any, local: frozenset[str]) -> ir.Expr:
        fold = node.fold
        step = fold.loop_step.call
        initial = fold.accu_init.const if fold.accu_init.HasField("const") else None
        kind = {("bool", False, "_||_"): "exists", ("bool", True, "_&&_"): "all", ("int", 0, "_?_:_"): "exists_one"}.get(_shape(initial, step), "")
        if not kind or fold.iter_var2:
            return self._unsupported(node, "of the list macros only exists, all and exists_one run at the edge", _FILTERING)
        range_ = self.expression(fold.iter_range, local)
        body = self.expression(step.args[0 if kind == "exists_one" else 1], local | {fold.iter_var})
        if isinstance(range_, ir.Ref) and range_.type.startswith("map<"):
            return self._unsupported(node, f"{kind}() runs over a list, '{range_.name}' is {range_.type}", "ask for one key: \"key\" in …")
        self._whole_list(fold.iter_range, range_)
        return ir.Fold(kind, fold.iter_var, range_, body, self.tree.offset(node))

    def _call(self, node: Any, local: frozenset[str]) -> ir.Expr:
        call = node.call
        nodes = ([call.target] if call.HasField("target") else []) + list(call.args)
        args = tuple(self.expression(part, local) for part in nodes)
        op = FUNCTIONS.get(call.function)
        if op is None:
            return self._function(node, call.function)
        if not args:
            return _REFUSED  # reported by the checker: every function takes at least one argument
        offset = self.tree.offset(node)
        if op in _CONNECTIVES:
            return ir.Call(op, _flat(op, args), offset)
        if op in _LITERALS and len(args) == 1 and _is_text(args[0]):
            return self._literal(node, op, args[0])
        if op in _GETTERS:
            return self._getter(node, call.function, op, args)
        self._check(node, op, nodes, args)
        return ir.Call(op, args, offset)

    def _function(self, node: Any, name: str) -> ir.Expr:
        if self.tree.checked or name in _INSTEAD:
            self._unsupported(node, f"the function {name}() is not supported at the edge", _INSTEAD.get(name) or known_function(name))
        return _REFUSED

    def _literal(self, node: Any, op: str, text: ir.Const) -> ir.Expr:
        read, fix = _LITERALS[op]
        try:
            return ir.Const(read(text.value), op, self.tree.offset(node))
        except ValueError as error:
            self._problem(node, "E026", str(error), fix)
            return _REFUSED

    def _getter(self, node: Any, function: str, op: str, args: tuple[ir.Expr, ...]) -> ir.Expr:
        """CEL's getters in UTC, or with a fixed offset, which is added to the moment before."""
        offset = self.tree.offset(node)
        moment = args[0]
        if any(overload.startswith("duration_to_") for overload in self.tree.overloads.get(node.id, ())):
            return self._unsupported(node, f"{function}() of a duration is not supported at the edge", 'compare the duration: … > duration("2h")')
        if len(args) == 2:
            try:
                shift = literals.utc_offset(args[1].value if _is_text(args[1]) else "?")
            except ValueError:
                return self._unsupported(node, "time zones by name are not known at the edge", 'use request.hour and request.weekday (the visitor\'s own time), or an offset: "+01:00"')
            moment = ir.Call("add", (moment, ir.Const(float(shift), "duration")), offset) if shift else moment
        read = ir.Call(op, (moment,), offset)
        return ir.Call("add", (read, ir.Const(1, "int")), offset) if function == "getDate" else read

    # --- checks beyond CEL's own

    def _check(self, node: Any, op: str, nodes: list[Any], args: tuple[ir.Expr, ...]) -> None:
        if _REFUSED in args:
            return
        foreign = [overload for overload in self.tree.overloads.get(node.id, ()) if any(part in overload for part in _FOREIGN)]
        if foreign:
            self._unsupported(node, f"`{_sign(node.call.function)}` is not supported at the edge for these types", "compare the values as they are")
        for part, arg in zip(nodes, args):
            if not (op == "in" and arg is args[-1]):
                self._whole_list(part, arg)
        if op == "matches":
            self._pattern(nodes, args)
        if op == "ip":
            self._unsupported(node, "ip() needs a literal address", 'write it like ip("192.0.2.1")')
        if op in _EQUALITY and any(_kind(arg).startswith(("list<", "map<")) for arg in args):
            self._unsupported(node, "whole lists and maps cannot be compared", "use `in`, size(…) or exists(x, …)")
        if op in (*_EQUALITY, "in"):
            self._members(nodes, args)
        if op in _ORDER and any(_kind(arg) == "enum" for arg in args):
            self._problem(node, "E022", "the values of an enumeration have no order", 'use == or in ["…", "…"]')

    def _whole_list(self, node: Any, arg: ir.Expr) -> None:
        if isinstance(arg, ir.Ref) and arg.name.startswith("lists.") and arg.type:
            self._unsupported(node, f"'{arg.name}' can only be asked whether a value is in it", f"write … in {arg.name}")

    def _pattern(self, nodes: list[Any], args: tuple[ir.Expr, ...]) -> None:
        pattern = args[-1]
        if not _is_text(pattern):
            self._unsupported(nodes[-1], "the pattern of matches() must be a literal", "write it as a text in quotes")
            return
        wrong = _refused_pattern(self.environment, pattern.value)
        if wrong:
            self._problem(nodes[-1], "E027", f"invalid pattern: {wrong}", "the syntax is RE2's; escape a literal character with a backslash, in a raw text: r\"\\(\"")

    def _members(self, nodes: list[Any], args: tuple[ir.Expr, ...]) -> None:
        """Literals compared with an enumeration must be values of it."""
        for ref, node, other in ((args[0], nodes[1], args[1]), (args[1], nodes[0], args[0])):
            type_ = self._enumeration(ref)
            if type_ is None or not isinstance(other, ir.Const):
                continue
            parts = list(node.list.elements) if cel_tree.kind(node) == "list" else [node]
            values = other.value if isinstance(other.value, tuple) else (other.value,)
            for part, value in zip(parts, values):
                if isinstance(value, str) and value not in type_.members:
                    fix = did_you_mean(value, type_.members) or f"it is one of: {_some(type_.members)}"
                    self._problem(part, "E023", f"'{ref.name}' is never \"{value}\"", fix)

    def _enumeration(self, arg: ir.Expr) -> Type | None:
        type_ = self.environment.names.get(arg.name) if isinstance(arg, ir.Ref) else None
        return type_ if type_ is not None and type_.name == "enum" else None

    def _unsupported(self, node: Any, message: str, fix: str) -> ir.Expr:
        self._problem(node, "E024", message, fix)
        return _REFUSED

    def _problem(self, node: Any, code: str, message: str, fix: str) -> None:
        self.problems.append(Problem(*self.tree.span(node), code, message, fix))


def _shape(initial: Any, step: Any) -> tuple[str, Any, str]:
    which = next((name for name in ("bool", "int") if initial is not None and initial.HasField(name)), "")
    return which, getattr(initial, which) if which else None, step.function


def _flat(op: str, args: tuple[ir.Expr, ...]) -> tuple[ir.Expr, ...]:
    parts: list[ir.Expr] = []
    for arg in args:
        parts += arg.args if isinstance(arg, ir.Call) and arg.op == op else (arg,)
    return tuple(parts)


def _is_text(expression: ir.Expr) -> bool:
    return isinstance(expression, ir.Const) and expression.type == "string"


def _kind(expression: ir.Expr) -> str:
    return expression.type if isinstance(expression, (ir.Const, ir.Ref)) else ""


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:12]) + (", …" if len(names) > 12 else "")


def _sign(function: str) -> str:
    return function.replace("_", " ").strip() if "_" in function else function


def known_function(name: str) -> str:
    own = sorted(function for function in FUNCTIONS if function.isalpha())
    return did_you_mean(name, own) or f"the functions are {', '.join(own)}, has, exists, all, exists_one"


def _refused_pattern(environment: Environment, pattern: str) -> str:
    """Why RE2 refuses a pattern; "" when it does not. The library's own evaluator is asked."""
    quoted = "".join(f"\\U{ord(char):08x}" for char in pattern)
    try:
        value = environment.library.compile(f'"".matches("{quoted}")').eval().value()
    except RuntimeError as error:
        return _reason(str(error), pattern)
    return "" if isinstance(value, bool) else _reason(str(value), pattern)


def _reason(text: str, pattern: str) -> str:
    told = text.removeprefix("INVALID_ARGUMENT: ").removeprefix("invalid regular expression: ").split(" [INVALID")[0].strip()
    return told.removesuffix(f": {pattern}")
