"""Random conditions and visitors for property tests, and a naive evaluator that knows nothing of the product's own."""

from __future__ import annotations

from typing import Any, Mapping

from hypothesis import strategies as st

from compiler import ir
from tests.edge.sites import TYPES, ref
from tessera.types import ListedItem, parse_version

LISTS = {"partners": ("acme", "globex", ""), "nobody": ()}
TEXTS = ("", "a", "A", "ab", "acme", "globex", "free", "pro", "Ünïcode", "\0")
VERSIONS = ("1.0.0-a", "1.0.0-a.1", "1.0.0-1", "1.0.0", "1.0.1", "1.2", "2.0.0")
POOLS: dict[str, tuple] = {
    "string": TEXTS,
    "ip": ("192.0.2.1", "192.0.2.2", ""),
    "enum": ("free", "pro", "team"),
    "bool": (True, False),
    "int": (-(2**63), -1, 0, 1, 2, 3, 2**63 - 1),
    "double": (-1e308, -1.0, -0.0, 0.0, 0.5, 1.0, 1e308),
    "timestamp": (-1e18, 0.0, 1e9, 1_764_756_900.0, 1_764_756_900.5, 1e18),
    "duration": (0.0, 0.5, 60.0, 86_400.0),
    "version": VERSIONS,
}
ELEMENT = {"list<item>": "string", "list<string>": "string", "list<int>": "int"}
ORDERED = ("int", "double", "timestamp", "duration", "version")


def _of(kind: str) -> tuple[str, ...]:
    return tuple(name for name, type_ in TYPES.items() if type_ == kind)


def _const(kind: str, value: Any) -> ir.Const:
    return ir.Const(value, {"enum": "string", "ip": "string"}.get(kind, kind))


SCALAR = st.sampled_from([name for name, type_ in TYPES.items() if type_ in POOLS])
TEXTUAL = st.sampled_from(_of("string") + _of("enum") + _of("ip"))
LISTED = st.sampled_from([name for name, type_ in TYPES.items() if type_ in ELEMENT])


@st.composite
def _comparison(draw: Any) -> ir.Expr:
    name = draw(SCALAR)
    kind = TYPES[name]
    ops = ["eq", "ne", *(["lt", "le", "gt", "ge"] if kind not in ("enum", "ip") else [])]
    sides = [ref(name), _const(kind, draw(st.sampled_from(POOLS[kind])))]
    if draw(st.booleans()):
        sides.reverse()
    return ir.Call(draw(st.sampled_from(ops)), tuple(sides))


@st.composite
def _between_attributes(draw: Any) -> ir.Expr:
    kind = draw(st.sampled_from(["string", "int", "bool"]))
    names = st.sampled_from(_of(kind))
    return ir.Call(draw(st.sampled_from(["eq", "ne", "lt"])), (ref(draw(names)), ref(draw(names))))


@st.composite
def _membership(draw: Any) -> ir.Expr:
    name = draw(SCALAR)
    kind = TYPES[name]
    values = tuple(draw(st.lists(st.sampled_from(POOLS[kind]), max_size=3)))
    return ir.Call("in", (ref(name), ir.Const(values, f"list<{kind}>")))


@st.composite
def _listed(draw: Any) -> ir.Expr:
    """A named list, an element of a list, a key of a map, a size, a macro."""
    which = draw(st.integers(0, 4))
    if which == 0:
        return ir.Call("in", (ref(draw(TEXTUAL)), ir.Ref(f"lists.{draw(st.sampled_from(sorted(LISTS)))}", "list<string>")))
    if which == 1:
        key = ir.Const(draw(st.sampled_from(TEXTS)), "string")
        traits = ref("visitor.traits")
        held = ir.Call("in", (key, traits))
        return draw(st.sampled_from([held, ir.Call("eq", (ir.Call("index", (traits, key)), ir.Const("a", "string")))]))
    name = draw(LISTED)
    element = ELEMENT[TYPES[name]]
    wanted = ir.Const(draw(st.sampled_from(POOLS[element])), element)
    if which == 2:
        return ir.Call("in", (wanted, ref(name)))
    if which == 3:
        return ir.Call(draw(st.sampled_from(["eq", "gt", "le"])), (ir.Call("size", (ref(name),)), ir.Const(draw(st.integers(0, 2)), "int")))
    return ir.Fold(draw(st.sampled_from(["exists", "all", "exists_one"])), "x", ref(name), ir.Call("eq", (ir.Local("x"), wanted)))


@st.composite
def _text(draw: Any) -> ir.Expr:
    subject: ir.Expr = ref(draw(TEXTUAL))
    part = ir.Const(draw(st.sampled_from(TEXTS)), "string")
    op = draw(st.sampled_from(["contains", "starts_with", "ends_with", "eq", "ne"]))
    if op in ("eq", "ne"):
        subject = ir.Call(draw(st.sampled_from(["lower_ascii", "upper_ascii"])), (subject,))
    return ir.Call(op, (subject, part))


@st.composite
def _arithmetic(draw: Any) -> ir.Expr:
    op = draw(st.sampled_from(["add", "sub", "mul", "div", "mod"]))
    number = ir.Call(op, (ref("visitor.age"), draw(st.sampled_from([ref("request.hour"), ir.Const(0, "int"), ir.Const(2, "int")]))))
    return ir.Call(draw(st.sampled_from(["eq", "lt"])), (number, ir.Const(1, "int")))


_flag = st.sampled_from([ref(name) for name in _of("bool")])
_has = st.sampled_from([ir.Has(name) for name in TYPES])
_fixed = st.sampled_from([ir.Const(True, "bool"), ir.Const(False, "bool")])
_leaf = st.one_of(_comparison(), _membership(), _listed(), _text(), _arithmetic(), _between_attributes(), _flag, _has, _fixed)


def _compound(inner: Any) -> Any:
    many = st.lists(inner, min_size=1, max_size=4).map(tuple)
    return st.one_of(
        st.builds(lambda op, args: ir.Call(op, args), st.sampled_from(["and", "or"]), many),
        st.builds(lambda arg: ir.Call("not", (arg,)), inner),
        st.builds(lambda a, b, c: ir.Call("if", (a, b, c)), inner, inner, inner),
    )


conditions = st.recursive(_leaf, _compound, max_leaves=12)


def _value(kind: str) -> Any:
    if kind == "list<item>":
        return st.lists(st.sampled_from(TEXTS).map(ListedItem), max_size=3).map(tuple)
    if kind in ELEMENT:
        return st.lists(st.sampled_from(POOLS[ELEMENT[kind]]), max_size=3).map(tuple)
    if kind.startswith("map<"):
        return st.dictionaries(st.sampled_from(TEXTS), st.sampled_from(TEXTS), max_size=3)
    return st.sampled_from(POOLS[kind]).map(parse_version if kind == "version" else lambda value: value)


# every attribute is missing in about a third of the visitors
visitors = st.fixed_dictionaries({}, optional={name: _value(kind) for name, kind in TYPES.items()})


# --- the naive evaluator: the meaning of a condition, written down once more --------------------------------------------


def naive(expr: ir.Expr, values: Mapping[str, Any], scope: Mapping[str, Any] | None = None) -> Any:
    """True, False, a value, or None where unknown (Kleene)."""
    if isinstance(expr, ir.Const):
        read = parse_version if expr.type.endswith(("version", "<version>")) else lambda value: value
        return [read(v) for v in expr.value] if isinstance(expr.value, tuple) else read(expr.value)
    if isinstance(expr, ir.Ref):
        return LISTS[expr.name[6:]] if expr.name.startswith("lists.") else values.get(expr.name)
    if isinstance(expr, ir.Local):
        return (scope or {})[expr.name]
    if isinstance(expr, ir.Has):
        return expr.name in values
    if isinstance(expr, ir.Fold):
        return _naive_fold(expr, values)
    args = [naive(arg, values, scope) for arg in expr.args]
    if expr.op == "and":
        return False if False in args else None if None in args else True
    if expr.op == "or":
        return True if True in args else None if None in args else False
    if expr.op == "if":
        return None if args[0] is None else args[1] if args[0] else args[2]
    return None if None in args else _naive_call(expr.op, args)


def _naive_fold(expr: ir.Fold, values: Mapping[str, Any]) -> Any:
    elements = naive(expr.range, values)
    if elements is None:
        return None
    answers = [naive(expr.body, values, {expr.var: e.id if isinstance(e, ListedItem) else e}) for e in elements]
    if expr.kind == "exists":
        return True if True in answers else None if None in answers else False
    if expr.kind == "all":
        return False if False in answers else None if None in answers else True
    return None if None in answers else answers.count(True) == 1


def _naive_call(op: str, args: list) -> Any:
    a, *rest = args
    b = rest[0] if rest else None
    if op == "not":
        return not a
    if op in ("eq", "ne", "lt", "le", "gt", "ge"):
        return {"eq": a == b, "ne": a != b}[op] if op in ("eq", "ne") else {"lt": a < b, "gt": a > b, "le": a < b or a == b, "ge": a > b or a == b}[op]
    if op == "in":
        return any((e.id if isinstance(e, ListedItem) else e) == a for e in b)
    if op in ("contains", "starts_with", "ends_with"):
        return {"contains": b in a, "starts_with": a[: len(b)] == b, "ends_with": not b or a[-len(b) :] == b}[op]
    if op == "index":
        return a.get(b)
    if op in ("lower_ascii", "upper_ascii"):
        shift = 32 if op == "lower_ascii" else -32
        first = "A" if op == "lower_ascii" else "a"
        return "".join(chr(ord(c) + shift) if 0 <= ord(c) - ord(first) < 26 else c for c in a)
    if op == "size":
        return len(a)
    if op in ("div", "mod") and b == 0:
        return None
    quotient = (abs(a) // abs(b)) * (1 if (a < 0) == (b < 0) else -1) if op in ("div", "mod") else None
    if quotient == 2**63:
        return None
    result = {"add": lambda: a + b, "sub": lambda: a - b, "mul": lambda: a * b, "div": lambda: quotient, "mod": lambda: a - b * quotient}[op]()
    return None if isinstance(result, int) and not -(2**63) <= result < 2**63 else result
