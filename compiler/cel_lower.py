"""From the syntax tree of a condition to the expressions of `ir`, with the checks that CEL itself does not make."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from compiler import cel_checks, cel_macros, cel_tree, ir, literals
from compiler.cel_functions import COMPARISONS, FUNCTIONS, GETTERS, NAMES, ORDERED, OWN, TYPES, operator
from compiler.cel_library import REDUCE, REDUCED
from compiler.diagnostics import Problem, did_you_mean
from tessera.dialects import FUNCTIONS as DIALECTS
from tessera.operators import OPERATORS

if TYPE_CHECKING:
    from compiler.cel import Environment

Locals = Mapping[str, ir.Expr]  # variable of an enclosing macro → what stands for it
_CONNECTIVES = ("and", "or")
_EQUALITY = ("eq", "ne")
_FOLDED = ("bool", "int", "double", "string", "ip", "cidr", "timestamp", "duration", "type")
_LITERALS: dict[str, tuple[Callable[[str], Any], str]] = {
    "timestamp": (literals.timestamp, 'write it like timestamp("2026-12-01T00:00:00Z")'),
    "duration": (literals.duration, 'write it like duration("90d"), duration("36h") or duration("1h30m")'),
    "version": (literals.version, 'write it like version("1.2.3")'),
    "ip": (literals.address, 'write it like ip("192.0.2.1") or ip("2001:db8::1")'),
    "cidr": (literals.network, 'write it like cidr("10.0.0.0/8") or cidr("2001:db8::/32")'),
}
_INSTEAD = {"uint": "use int", "bytes": "use strings", "format": "put texts together with + and string(…)"}
_COMPARED = ("_==_", "_!=_", *COMPARISONS)
_COMPUTED = ("_+_", "_-_", "_*_", "_/_", "_%_", "-_", "greatest", "least", "math.greatest", "math.least")  # never null
_REFUSED = ir.Const(None, "refused")  # stands for a part that has been reported
_FILTERING = "use exists(x, …), all(x, …), exists_one(x, …), map(x, …) or filter(x, …)"


def lower(tree: cel_tree.Tree, environment: Environment, scope: tuple[str, ...]) -> tuple[ir.Expr, list[Problem]]:
    """The expression and what is wrong with it; the expression is of use only when nothing is.

    The tree may be unchecked: names that do not exist are then passed over, as the checker reports them.
    """
    lowering = _Lowering(tree, environment, scope)
    expression = lowering.expression(tree.root, {})
    return expression, lowering.problems


class _Lowering:
    def __init__(self, tree: cel_tree.Tree, environment: Environment, scope: tuple[str, ...]) -> None:
        self.tree = tree
        self.environment = environment
        self.scope = scope
        self.problems: list[Problem] = []
        self._turns = 1  # of the macros around the present place

    def expression(self, node: Any, local: Locals) -> ir.Expr:
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
        if which == "struct" and not node.struct.name:
            return self._map(node, local)
        return self._unsupported(node, "messages cannot be written in a condition", "compare the attributes one by one")

    # --- leaves

    def _constant(self, node: Any) -> ir.Expr:
        which = next((name for name in ("null", "bool", "int", "uint", "double", "string", "bytes") if node.const.HasField(name)), "null")
        if which == "uint":
            return self._unsupported(node, "unsigned numbers are not supported at the edge", f"write {node.const.uint}")
        if which == "bytes":
            return self._unsupported(node, "bytes are not supported at the edge", "write a string, without the b")
        return ir.Const(None if which == "null" else getattr(node.const, which), which, self.tree.offset(node))

    def _ident(self, node: Any, local: Locals) -> ir.Expr:
        name, offset = node.ident.name, self.tree.offset(node)
        if name in local:
            found = local[name]
            return ir.Local(found.name, offset) if isinstance(found, ir.Local) else found
        if name in REDUCED:
            return self._unsupported(node, f"'{name}' has a meaning only within {REDUCE}(list, body, initial)", "name an attribute")
        if self.tree.type(node) == "type":
            return self._type(node, name.removeprefix("google.protobuf.").lower())
        inside = [full for full in self.environment.names if full.startswith(name.lstrip(".") + ".")]
        if inside and name.lstrip(".") in self.scope:
            self._problem(node, "E021", f"'{name}' is a group of attributes, not a value", f"name one of it, for example '{inside[0]}'")
        elif inside:
            self._out_of_scope(node, name)
        return ir.Ref(name, "", offset)

    def _type(self, node: Any, name: str) -> ir.Expr:
        if name not in TYPES:
            return self._unsupported(node, f"the type {name} is not known at the edge", f"the types are {', '.join(TYPES)}")
        return ir.Const(name, "type", self.tree.offset(node))

    def _select(self, node: Any, local: Locals) -> ir.Expr:
        operand, field = node.select.operand, node.select.field
        namespace = cel_tree.dotted(operand)
        if namespace and namespace.partition(".")[0] not in local and "." not in namespace.lstrip("."):
            return self._attribute(node, f"{namespace.lstrip('.')}.{field}")
        inner = self.expression(operand, local)
        key = ir.Const(field, "string", self.tree.offset(node))
        if not node.select.test_only:
            return ir.Call("index", (inner, key), self.tree.offset(node))
        return ir.Call("has_key", (inner, key), self.tree.offset(node))

    def _attribute(self, node: Any, name: str) -> ir.Expr:
        namespace = name.partition(".")[0]
        start, _ = self.tree.span(node)
        type_ = self.environment.names.get(name)
        if type_ is not None and namespace not in self.scope:
            self._out_of_scope(node, namespace)
        if not node.select.test_only:
            return ir.Ref(name, type_.kind if type_ else "", start)
        if namespace in ("segment", "lists", "market"):
            self._unsupported(node, f"has() asks whether an attribute is known; '{name}' always is", f"leave has(…) out: {name}")
        return ir.Has(name, start)

    def _out_of_scope(self, node: Any, namespace: str) -> None:
        allowed = ", ".join(f"{name}.…" for name in self.scope)
        hint = "it can be used in the `where` of a ranking" if namespace == "item" else f"here you can use {allowed}"
        self._problem(node, "E028", f"'{namespace}' cannot be used in this place", hint)

    # --- lists, maps and their macros

    def _list(self, node: Any, local: Locals) -> ir.Expr:
        nodes = list(node.list.elements)
        elements = tuple(self.expression(element, local) for element in nodes)
        offset = self.tree.offset(node)
        if "dyn" in self.tree.type(node):
            self.problems += cel_checks.untagged(self.tree, node, nodes)
        kinds = {element.type for element in elements if isinstance(element, ir.Const)}
        if len(kinds) > 1 or not all(isinstance(element, ir.Const) and not isinstance(element.value, tuple) for element in elements):
            return ir.Call("make_list" if self._may_be_null(nodes) else "known_list", elements, offset)
        return ir.Const(tuple(element.value for element in elements), f"list<{next(iter(kinds), 'string')}>", offset)

    def _map(self, node: Any, local: Locals) -> ir.Expr:
        nodes = [part for entry in node.struct.entries for part in (entry.map_key, entry.value)]
        types = {self.tree.type(cel_tree.bare(key)) for key in nodes[::2]}
        for key in nodes[::2]:
            if (type_ := self.tree.type(cel_tree.bare(key))) not in ("string", "int", "bool", "dyn"):
                return self._unsupported(key, f"a key of a map is a text, a whole number or a bool, this one is {type_}", "write the key in quotes")
            if type_ == "bool" and types - {"bool", "dyn"}:
                return self._unsupported(key, "the keys of a map are all bools or none is", "write the key in quotes")
        parts = tuple(self.expression(part, local) for part in nodes)
        if "dyn" in self.tree.type(node):
            self.problems += cel_checks.untagged(self.tree, node, nodes)
        return ir.Call("make_map" if self._may_be_null(nodes[1::2]) else "known_map", parts, self.tree.offset(node))

    def _may_be_null(self, nodes: list[Any]) -> bool:
        """Whether an unknown part is taken for null: of a value of type `any` the two cannot be told apart; what is computed is none."""
        for node in nodes:
            if cel_tree.kind(node) == "call" and node.call.function == "dyn" and node.call.args:
                found = self._may_be_null(list(node.call.args))
            else:
                found = self.tree.type(node) in ("dyn", "any", "null") and not (cel_tree.kind(node) == "call" and node.call.function in _COMPUTED)
            if found:
                return True
        return False

    def _fold(self, node: Any, local: Locals) -> ir.Expr:
        macro = cel_macros.read(node.fold)
        if macro is None:
            return self._unsupported(node, "this macro does not run at the edge", _FILTERING)
        if macro.kind == "bind":
            return self._bind(node, macro, local)
        range_ = self.expression(node.fold.iter_range, local)
        self.problems += cel_checks.whole_list(self.tree, node.fold.iter_range, range_)
        around, self._turns = self._turns, self._turns * max(1, cel_macros.turns(range_))
        if self._turns > cel_macros.MOST_TURNS >= around:
            self._unsupported(node, "lists within lists within lists take too many turns at the edge", "take one of the macros out")
        made = self._macro(node, macro, range_, local)
        self._turns = around
        return made

    def _macro(self, node: Any, macro: cel_macros.Macro, range_: ir.Expr, local: Locals) -> ir.Expr:
        fold, offset = node.fold, self.tree.offset(node)
        var = _fresh(fold.iter_var, local)
        inside = {**local, fold.iter_var: ir.Local(var)}
        if fold.iter_var2:  # over places or keys, with the values behind them
            inside[fold.iter_var2] = ir.Call("index", (range_, ir.Local(var)), offset)
            range_ = ir.Call("places", (range_,), offset)
        if macro.test is not None:
            kind = "filter" if macro.kind in ("map", "map_of") else macro.kind
            range_ = ir.Fold(kind, var, range_, self.expression(macro.test, inside), offset)
        if macro.result is None:
            return range_
        if macro.kind == "map_of":
            entry = ir.Call("make_list" if self._may_be_null([macro.result]) else "known_list", (ir.Local(var), self.expression(macro.result, inside)), offset)
            return ir.Call("map_of", (ir.Fold("map", var, range_, entry, offset),), offset)
        mapped = ir.Fold("map", var, range_, self.expression(macro.result, inside), offset)
        return mapped if self._may_be_null([macro.result]) else ir.Call("known", (mapped,), offset)

    def _bind(self, node: Any, macro: cel_macros.Macro, local: Locals) -> ir.Expr:
        """`cel.bind(name, value, body)`: a name for a value; anything but a leaf is taken once, as the one element of a list."""
        fold, offset = node.fold, self.tree.offset(node)
        value = self.expression(fold.accu_init, local)
        if not isinstance(value, (ir.Call, ir.Fold)):
            return self.expression(macro.result, {**local, fold.accu_var: value})
        var = _fresh(fold.accu_var, local)
        body = self.expression(macro.result, {**local, fold.accu_var: ir.Local(var)})
        return ir.Call("index", (ir.Fold("map", var, ir.Call("make_list", (value,), offset), body, offset), ir.Const(0, "int")), offset)

    # --- calls

    def _call(self, node: Any, local: Locals) -> ir.Expr:
        call = node.call
        name = _qualified(call)
        if name == REDUCE and len(call.args) == 3:
            return self._reduce(node, local)
        if name in DIALECTS:
            return self._dialect(node, name, local)
        nodes = ([call.target] if call.HasField("target") and name == call.function else []) + list(call.args)
        if name in _COMPARED and self._alike(name, nodes):
            nodes = [cel_tree.bare(part) for part in nodes]
        args = tuple(self.expression(part, local) for part in nodes)
        if name == "dyn" and len(args) == 1:
            self.problems += cel_checks.untagged(self.tree, node, nodes)
            return args[0]
        op = operator(name, self.tree.overloads.get(node.id, ()))
        if op is None:
            return self._function(node, name)
        if _REFUSED in args or not args:
            return _REFUSED
        offset = self.tree.offset(node)
        if op in _CONNECTIVES:
            return ir.Call(op, _flat(op, args), offset)
        if op in _LITERALS and len(args) == 1 and _is_text(args[0]):
            return self._literal(node, op, args[0])
        if op in GETTERS:
            return self._getter(node, call.function, op, args)
        if op == "kind":
            return self._kind_of(node, nodes[0], args[0])
        found = list(cel_checks.checks(self.tree, self.environment, node, op, nodes, args))
        self.problems += found
        if any(problem.code == "E024" for problem in found):
            return _REFUSED
        if op == "":
            return self._unsupported(node, "null is not converted", "leave the conversion out") if _is_null(args[0]) else args[0]
        if op == "epoch":
            return ir.Call("int", (ir.Call("floor", args, offset),), offset)
        if op in _EQUALITY and any(map(_is_null, args)):
            told = self._null(nodes, args, offset)
            return told if op == "eq" else ir.Call("not", (told,), offset)
        if op == "in" and _is_null(args[0]):
            var = _fresh("element", local)
            return ir.Fold("exists", var, args[1], ir.Call("is_null", (ir.Local(var),), offset), offset)
        return self._folded(ir.Call(op, args, offset), node)

    def _alike(self, name: str, nodes: list[Any]) -> bool:
        """Whether two values are of one type that can be compared so, or one is null, with dyn(…) around them or not."""
        types = {self.tree.type(cel_tree.bare(part)) for part in nodes} - {"null"}
        return self.tree.checked and len(types) == 1 and "dyn" not in "".join(types) and (name not in COMPARISONS or types <= set(ORDERED))

    def _null(self, nodes: list[Any], args: tuple[ir.Expr, ...], offset: int) -> ir.Expr:
        """Whether a value is null; of one that never is, no unless it is unknown."""
        at = 1 if _is_null(args[0]) else 0
        told = ir.Call("is_null", (args[at],), offset)
        return told if self._may_be_null([nodes[at]]) else ir.Call("and", (told, ir.Const(None, "null")), offset)

    def _folded(self, call: ir.Call, node: Any) -> ir.Expr:
        """A call of constants as the constant that the edge's own operator makes of them."""
        if not self.tree.checked or call.op not in OPERATORS or call.op == "matches" or not all(isinstance(arg, ir.Const) and arg.type in _FOLDED for arg in call.args):
            return call
        value, type_ = OPERATORS[call.op](*(arg.value for arg in call.args)), self.tree.type(node)
        if type_ not in _FOLDED or not isinstance(value, (bool, int, float, str)) or isinstance(value, float) and not math.isfinite(value):
            return call
        return ir.Const(value, type_, call.offset)

    def _function(self, node: Any, name: str) -> ir.Expr:
        if self.tree.checked or name in _INSTEAD:
            self._unsupported(node, f"the function {name}() is not supported at the edge", known_function(name))
        return _REFUSED

    def _reduce(self, node: Any, local: Locals) -> ir.Expr:
        over, body, initial = node.call.args
        range_, start = self.expression(over, local), self.expression(initial, local)
        inside = self.expression(body, {**local, **{name: ir.Local(name) for name in REDUCED}})
        return ir.Fold("reduce", REDUCED[0], range_, inside, self.tree.offset(node), start)

    def _dialect(self, node: Any, name: str, local: Locals) -> ir.Expr:
        """A function of another tool: it takes values of any type, and null."""
        nodes = list(node.call.args)
        args = tuple(self.expression(part, local) for part in nodes)
        if DIALECTS[name].pattern and args:
            self.problems += cel_checks.pattern(self.tree, self.environment, nodes, args, name)
        for part, arg in zip(nodes, args):
            self.problems += cel_checks.whole_list(self.tree, part, arg)
        return ir.Call(name, args, self.tree.offset(node))

    def _literal(self, node: Any, op: str, text: ir.Const) -> ir.Expr:
        read, fix = _LITERALS[op]
        if op in ("timestamp", "duration") and literals.is_finer(text.value):
            return self._unsupported(node, "times are kept to the microsecond at the edge", "leave the finer digits out")
        try:
            return ir.Const(read(text.value), op, self.tree.offset(node))
        except ValueError as error:
            self._problem(node, "E026", str(error), fix)
            return _REFUSED

    def _getter(self, node: Any, function: str, op: str, args: tuple[ir.Expr, ...]) -> ir.Expr:
        """CEL's getters in UTC, or with a fixed offset, which is added to the moment before."""
        offset = self.tree.offset(node)
        moment = args[0]
        if self.tree.checked and self.tree.type(cel_tree.receiver(node)) == "dyn":
            return self._unsupported(node, "a value of type any is neither a timestamp nor a duration", "write timestamp(…) around it")
        if len(args) == 2:
            try:
                shift = literals.utc_offset(args[1].value if _is_text(args[1]) else "?")
            except ValueError:
                return self._unsupported(node, "time zones by name are not known at the edge", 'use request.hour and request.weekday (the visitor\'s own time), or an offset: "+01:00"')
            moment = ir.Call("later", (moment, ir.Const(float(shift), "duration")), offset) if shift else moment
        read = ir.Call(op, (moment,), offset)
        return ir.Call("add", (read, ir.Const(1, "int")), offset) if function == "getDate" else read

    def _kind_of(self, node: Any, operand: Any, arg: ir.Expr) -> ir.Expr:
        """`type(x)`: the name of a type; asked at the edge where the checker cannot tell, or where x may be unknown."""
        static = self.tree.type(operand).partition("<")[0]
        if static in ("timestamp", "duration", "type", "null"):
            told = ir.Const({"null": "null_type"}.get(static, static), "type", self.tree.offset(node))
            if static == "null" or isinstance(arg, ir.Const):
                return told
            return ir.Call("if", (ir.Call("is_null", (arg,)), ir.Const(None, "null"), told), self.tree.offset(node))
        if static in ("version", "ip", "cidr", "uint", "bytes"):
            return self._unsupported(node, f"the type {static} cannot be asked for", "every attribute has one type; leave type() out")
        return self._folded(ir.Call("kind", (arg,), self.tree.offset(node)), node)

    def _unsupported(self, node: Any, message: str, fix: str) -> ir.Expr:
        self._problem(node, "E024", message, fix)
        return _REFUSED

    def _problem(self, node: Any, code: str, message: str, fix: str) -> None:
        self.problems.append(Problem(*self.tree.span(node), code, message, fix))


def _fresh(name: str, local: Locals) -> str:
    """A variable's name; another one where an enclosing macro has it, as expressions may be moved inward."""
    taken = {one.name for one in local.values() if isinstance(one, ir.Local)} | set(local)
    return name if name not in taken else next(new for n in range(1, len(taken) + 2) if (new := f"{name}@{n}") not in taken)


def _qualified(call: Any) -> str:
    """The name of a function with the name space that it is declared in, whether or not the checker has joined the two."""
    space = cel_tree.dotted(call.target) if call.HasField("target") else ""
    full = f"{space}.{call.function}"
    return full if space and (full in DIALECTS or full == REDUCE or any(own.name == full for own in OWN)) else call.function


def _flat(op: str, args: tuple[ir.Expr, ...]) -> tuple[ir.Expr, ...]:
    parts: list[ir.Expr] = []
    for arg in args:
        parts += arg.args if isinstance(arg, ir.Call) and arg.op == op else (arg,)
    return tuple(parts)


def _is_text(expression: ir.Expr) -> bool:
    return isinstance(expression, ir.Const) and expression.type == "string"


def _is_null(expression: ir.Expr) -> bool:
    return isinstance(expression, ir.Const) and expression.type == "null"


def known_function(name: str) -> str:
    """What may be meant by the name of a function that there is not."""
    return _INSTEAD.get(name) or did_you_mean(name, NAMES) or "docs/authoring.md, Conditions, has the functions that there are"


__all__ = ["FUNCTIONS", "known_function", "lower"]
