"""Random conditions and visitors for property tests, and a naive evaluator that knows nothing of the product's own."""

from __future__ import annotations

import re
from random import Random
from typing import Any, Mapping

from hypothesis import strategies as st

from compiler import ir
from compiler.patterns import compile
from tests.edge.sites import TYPES, ref
from tessera.dialects import FUNCTIONS
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
ANYTHING = (
    True, False, 0, 1, -1, 2, 100, 2**53, 2**63 - 1, 1.0, 0.5, -0.0, 1e308, "", "a", "A", "ab", "1", "true", "v1.2.3", "1.2.3-a", "2026-01-01T00:00:00Z", "192.0.2.1",
    (), ("a",), ("a", "b"), (1, "1", True, None), (1.0, 2), (("a", 1), ("b", None)), ("acme", ("a", ("a",))), {}, {"a": 1}, {"a": "a", "b": None}, {"a": {"a": "a"}},
    {"a": ("a", 1), "b": True},
)  # fmt: skip
PATTERNS = tuple(compile(text) for text in ("a.?b", "^[a-c]+$", "(?i)ACME", r"[0-9]+\.[0-9]+", "", "^1|a$"))
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


# --- values of any type, and the functions of other tools -------------------------------------------------------------------

_ANY = st.sampled_from(_of("any"))
_FACT = st.one_of(_ANY, st.sampled_from(sorted(TYPES)))
_KINDS = {bool: "bool", int: "int", float: "double", str: "string", type(None): "null"}


def literal(value: Any) -> ir.Expr:
    """A constant as the compiler writes it: lists of texts and maps too."""
    if isinstance(value, dict):
        return ir.Call("make_map", tuple(part for key, held in value.items() for part in (ir.Const(key, "string"), literal(held))))
    if isinstance(value, tuple):
        kinds = {_KINDS.get(type(part)) for part in value}
        if len(kinds) == 1 and kinds <= {"string", "int", "double", "bool"}:
            return ir.Const(value, f"list<{kinds.pop()}>")
        return ir.Call("make_list", tuple(map(literal, value)))
    return ir.Const(value, _KINDS[type(value)])


_LITERAL = st.sampled_from((None, *ANYTHING)).map(literal)
_DYN = st.one_of(_ANY.map(ref), st.builds(lambda name, key: ir.Call("index", (ref(name), literal(key))), _ANY, st.sampled_from(["a", "b", 0, 1, -1])))
_VALUE = st.one_of(_DYN, _DYN, _FACT.map(ref), _LITERAL)
_TWO = sorted(name for name, function in FUNCTIONS.items() if not function.pattern and function.returns == "bool" and (2 in function.arity or not function.arity))
_OTHERS = sorted(name for name, function in FUNCTIONS.items() if not function.pattern and name not in _TWO)
_PATTERNED = sorted(name for name, function in FUNCTIONS.items() if function.pattern)


@st.composite
def _dialect(draw: Any) -> ir.Expr:
    """One attribute against one constant, which masks decide; or anything else, which stays a tree."""
    which = draw(st.integers(0, 5))
    if which <= 2:
        return ir.Call(draw(st.sampled_from(_TWO)), (ref(draw(_FACT)), draw(_LITERAL)))
    if which == 3:
        return ir.Call(draw(st.sampled_from(_PATTERNED)), (draw(_VALUE), ir.Const(draw(st.sampled_from(PATTERNS)), "pattern")))
    if which == 4:
        return ir.Call(draw(st.sampled_from(_TWO)), (draw(_VALUE), draw(_VALUE)))
    name = draw(st.sampled_from(_OTHERS))
    arity = draw(st.sampled_from(FUNCTIONS[name].arity or (1, 2, 3)))
    called = ir.Call(name, tuple(draw(_VALUE) for _ in range(arity)))
    return called if FUNCTIONS[name].returns == "bool" else ir.Call(draw(st.sampled_from(["eq", "ne", "lt", "ge"])), (called, draw(_LITERAL)))


@st.composite
def _of_any_type(draw: Any) -> ir.Expr:
    """CEL's own operators where the type is not known before."""
    which = draw(st.integers(0, 6))
    if which <= 1:
        sides = draw(st.permutations((draw(_DYN), draw(_VALUE))))
        return ir.Call(draw(st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"])), tuple(sides))
    if which == 2:
        return draw(st.sampled_from([ir.Call("in", (draw(_VALUE), draw(_DYN))), ir.Call("has_key", (draw(_DYN), draw(_LITERAL)))]))
    if which == 3:
        return ir.Call("is_null", (draw(_VALUE),))
    if which == 4:
        return ir.Call("eq", (ir.Call("kind", (draw(_VALUE),)), literal(draw(st.sampled_from(["string", "list", "map", "int", "double", "bool"])))))
    if which == 5:
        return ir.Call(draw(st.sampled_from(["contains", "starts_with", "ends_with"])), (draw(_DYN), literal("a")))
    return draw(_DYN)


@st.composite
def _folded(draw: Any) -> ir.Expr:
    """Macros over lists that are made, and over what may be no list at all."""
    made = ir.Call("make_list", tuple(draw(st.lists(_VALUE, max_size=3))))
    elements = draw(st.one_of(_VALUE, st.just(made)))
    body = ir.Call(draw(st.sampled_from(["eq", "lt", "in", "growthbook.eq", "jsonlogic.gt"])), (ir.Local("x"), draw(_LITERAL)))
    kind = draw(st.sampled_from(["exists", "all", "exists_one", "map", "filter", "reduce"]))
    if kind == "reduce":
        total = ir.Call("jsonlogic.add", (ir.Local("current"), ir.Local("accumulator")))
        return ir.Call("jsonlogic.gt", (ir.Fold("reduce", "current", elements, total, initial=literal(0)), literal(1)))
    fold = ir.Fold(kind, "x", elements, body)
    return fold if kind in ("exists", "all", "exists_one") else ir.Call("eq", (ir.Call("size", (fold,)), literal(draw(st.integers(0, 2)))))


_matched = st.builds(lambda name, program: ir.Call("matches", (ref(name), ir.Const(program, "pattern"))), st.one_of(TEXTUAL, _ANY), st.sampled_from(PATTERNS))
_flag = st.sampled_from([ref(name) for name in _of("bool")])
_has = st.sampled_from([ir.Has(name) for name in TYPES])
_fixed = st.sampled_from([ir.Const(True, "bool"), ir.Const(False, "bool")])
_leaf = st.one_of(_comparison(), _membership(), _listed(), _text(), _arithmetic(), _between_attributes(), _flag, _has, _fixed)
_loose = st.one_of(_dialect(), _of_any_type(), _folded(), _matched)


def _compound(inner: Any) -> Any:
    many = st.lists(inner, min_size=1, max_size=4).map(tuple)
    return st.one_of(
        st.builds(lambda op, args: ir.Call(op, args), st.sampled_from(["and", "or"]), many),
        st.builds(lambda arg: ir.Call("not", (arg,)), inner),
        st.builds(lambda a, b, c: ir.Call("if", (a, b, c)), inner, inner, inner),
    )


conditions = st.recursive(st.one_of(_leaf, _leaf, _loose), _compound, max_leaves=12)


def _value(kind: str) -> Any:
    if kind == "list<item>":
        return st.lists(st.sampled_from(TEXTS).map(ListedItem), max_size=3).map(tuple)
    if kind in ELEMENT:
        return st.lists(st.sampled_from(POOLS[ELEMENT[kind]]), max_size=3).map(tuple)
    if kind.startswith("map<"):
        return st.dictionaries(st.sampled_from(TEXTS), st.sampled_from(TEXTS), max_size=3)
    if kind == "any":
        return st.sampled_from(ANYTHING)
    return st.sampled_from(POOLS[kind]).map(parse_version if kind == "version" else lambda value: value)


# every attribute is missing in about a third of the visitors
visitors = st.fixed_dictionaries({}, optional={name: _value(kind) for name, kind in TYPES.items()})
raw_values = st.fixed_dictionaries({}, optional={name: st.sampled_from(ANYTHING) for name in TYPES})  # mostly of a wrong type


def crowd(seed: int, size: int) -> list[dict[str, Any]]:
    """So many visitors at once: much cheaper than `visitors`, with nothing to shrink."""
    random = Random(seed)
    return [{name: _any_of(random, kind) for name, kind in TYPES.items() if random.random() < 0.7} for _ in range(size)]


def _any_of(random: Random, kind: str) -> Any:
    some = range(random.randrange(4))
    if kind == "list<item>":
        return tuple(ListedItem(random.choice(TEXTS)) for _ in some)
    if kind in ELEMENT:
        return tuple(random.choice(POOLS[ELEMENT[kind]]) for _ in some)
    if kind.startswith("map<"):
        return {random.choice(TEXTS): random.choice(TEXTS) for _ in some}
    value = random.choice(ANYTHING if kind == "any" else POOLS[kind])
    return parse_version(value) if kind == "version" else value


# --- the naive evaluator: the meaning of a condition, written down once more --------------------------------------------


def naive(expr: ir.Expr, values: Mapping[str, Any], scope: Mapping[str, Any] | None = None) -> Any:
    """True, False, a value, or None where unknown (Kleene). Other tools' functions have tests of their own and are called."""
    if isinstance(expr, ir.Const):
        read = parse_version if expr.type.endswith(("version", "<version>")) else lambda value: value
        return tuple(map(read, expr.value)) if isinstance(expr.value, tuple) and expr.type != "pattern" else read(expr.value)
    if isinstance(expr, ir.Ref):
        return LISTS[expr.name[6:]] if expr.name.startswith("lists.") else values.get(expr.name)
    if isinstance(expr, ir.Local):
        return (scope or {})[expr.name]
    if isinstance(expr, ir.Has):
        return expr.name in values
    if isinstance(expr, ir.Fold):
        return _naive_fold(expr, values, scope)
    args = [naive(arg, values, scope) for arg in expr.args]
    if expr.op == "and":
        return False if _some(args, False) else True if _every(args, True) else None
    if expr.op == "or":
        return True if _some(args, True) else False if _every(args, False) else None
    if expr.op == "if":
        return args[1] if args[0] is True else args[2] if args[0] is False else None
    if "." in expr.op:
        return FUNCTIONS[expr.op].call(*args)
    if expr.op == "make_list":
        return tuple(args)
    if expr.op == "make_map":
        return dict(zip(args[::2], args[1::2]))
    if expr.op == "is_null":
        return args[0] is None
    if expr.op == "has_key":
        return isinstance(args[0], dict) and isinstance(args[1], str) and args[1] in args[0]
    return None if _some(args, None) else _naive_call(expr.op, args)


def _some(answers: list, answer: Any) -> bool:
    return any(one is answer for one in answers)


def _every(answers: list, answer: Any) -> bool:
    return all(one is answer for one in answers)


def _naive_fold(expr: ir.Fold, values: Mapping[str, Any], scope: Mapping[str, Any] | None) -> Any:
    elements = naive(expr.range, values, scope)
    if not isinstance(elements, (tuple, dict)):
        return None
    elements = [e.id if isinstance(e, ListedItem) else e for e in elements]
    if expr.kind == "reduce":
        total = naive(expr.initial, values, scope)
        for element in elements:
            total = naive(expr.body, values, {"current": element, "accumulator": total})
        return total
    answers = [naive(expr.body, values, {**(scope or {}), expr.var: e}) for e in elements]
    if expr.kind == "exists":
        return True if _some(answers, True) else False if _every(answers, False) else None
    if expr.kind == "all":
        return False if _some(answers, False) else True if _every(answers, True) else None
    if expr.kind == "map":
        return tuple(answers)
    if any(answer is not True and answer is not False for answer in answers):
        return None
    return answers.count(True) == 1 if expr.kind == "exists_one" else tuple(e for e, kept in zip(elements, answers) if kept)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _equal(a: Any, b: Any) -> bool:
    a, b = (one.id if isinstance(one, ListedItem) else one for one in (a, b))
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_equal(a[key], b[key]) for key in a)
    if _number(a) and _number(b):
        return a == b if type(a) is type(b) else float(a) == float(b)
    return type(a) is type(b) and a == b


def _ordered(op: str, a: Any, b: Any) -> Any:
    if _number(a) and _number(b):
        a, b = (a, b) if type(a) is type(b) else (float(a), float(b))
    elif type(a) is not type(b) or not (isinstance(a, (str, bool)) or isinstance(a, tuple) and len(a) == len(b) == 5):  # versions
        return None
    return {"lt": a < b, "gt": a > b, "le": a < b or a == b, "ge": a > b or a == b}[op]


def _naive_call(op: str, args: list) -> Any:
    a, *rest = args
    b = rest[0] if rest else None
    if op == "not":
        return not a if isinstance(a, bool) else None
    if op in ("eq", "ne"):
        return _equal(a, b) is (op == "eq")
    if op in ("lt", "le", "gt", "ge"):
        return _ordered(op, a, b)
    if op == "in":
        if isinstance(b, dict):  # whose keys are texts here
            return a in b if isinstance(a, str) else False if isinstance(a, (bool, int, float)) else None
        return any(_equal(a, e) for e in b) if isinstance(b, tuple) else None
    if op in ("contains", "starts_with", "ends_with"):
        if not isinstance(a, str) or not isinstance(b, str):
            return None
        return {"contains": b in a, "starts_with": a[: len(b)] == b, "ends_with": not b or a[-len(b) :] == b}[op]
    if op == "matches":
        return re.search(b[0], a) is not None if isinstance(a, str) else None
    if op == "kind":
        return {bool: "bool", int: "int", float: "double", str: "string", tuple: "list", dict: "map"}[type(a)]
    if op == "index":
        if isinstance(a, dict):
            return a.get(b) if isinstance(b, str) else None
        return a[b] if isinstance(a, tuple) and isinstance(b, int) and 0 <= b < len(a) else None
    if op in ("lower_ascii", "upper_ascii"):
        shift = 32 if op == "lower_ascii" else -32
        first = "A" if op == "lower_ascii" else "a"
        return "".join(chr(ord(c) + shift) if 0 <= ord(c) - ord(first) < 26 else c for c in a)
    if op == "size":
        return len(a) if isinstance(a, (str, tuple, dict)) else None
    if op in ("div", "mod") and b == 0:
        return None
    quotient = (abs(a) // abs(b)) * (1 if (a < 0) == (b < 0) else -1) if op in ("div", "mod") else None
    if quotient == 2**63:
        return None
    result = {"add": lambda: a + b, "sub": lambda: a - b, "mul": lambda: a * b, "div": lambda: quotient, "mod": lambda: a - b * quotient}[op]()
    return None if isinstance(result, int) and not -(2**63) <= result < 2**63 else result
