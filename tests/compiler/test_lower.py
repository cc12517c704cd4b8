"""Lowering: what becomes a test, what stays a tree, and what is known never to hold. Meaning is tested in edge/test_match.py."""

from hypothesis import given
import pytest

from compiler import ir
from compiler.lower import MAX_CONJUNCTIONS, inline, lower, tree
from tests.edge.conditions import conditions, naive, visitors
from tests.edge.sites import ALWAYS, TYPES, both, call, either, is_, no, ref
from tessera.operators import OPERATORS
from tessera.types import parse_version

PLAN, AGE = "visitor.plan", "visitor.age"
NEVER = ir.Const(False, "bool")
TREE = call("eq", call("add", ref(AGE), 1), 2)


def written(literal: ir.Literal) -> str:
    test = literal.test
    shown = f"{test.term.function}({test.term.attribute})" if test.term.function else test.term.attribute
    return f"{'not ' if literal.negated else ''}{shown} {test.op} {test.argument!r}"


def rows(when: ir.Expr) -> list[str]:
    """Each conjunction as text; `tree` where something is left for the tree."""
    return [" & ".join([*map(written, c.literals), *(["tree"] if c.tree is not None else [])]) or "always" for c in lower(when, TYPES)]


ROWS = [
    (ALWAYS, ["always"]),
    (NEVER, []),
    (no(ALWAYS), []),
    (no(NEVER), ["always"]),
    (is_(PLAN, "a"), ["visitor.plan eq 'a'"]),
    (call("eq", "a", ref(PLAN)), ["visitor.plan eq 'a'"]),
    (is_(PLAN, "a", "ne"), ["not visitor.plan eq 'a'"]),
    (no(is_(PLAN, "a", "ne")), ["visitor.plan eq 'a'"]),
    (no(no(is_(PLAN, "a"))), ["visitor.plan eq 'a'"]),
    (is_(AGE, 3, "lt"), ["visitor.age lt 3"]),
    (no(is_(AGE, 3, "lt")), ["visitor.age ge 3"]),
    (call("lt", 3, ref(AGE)), ["visitor.age gt 3"]),
    (no(call("ge", 3, ref(AGE))), ["visitor.age gt 3"]),
    (ref("visitor.vip"), ["visitor.vip eq True"]),
    (no(ref("visitor.vip")), ["visitor.vip eq False"]),
    (ir.Has(PLAN), ["visitor.plan has True"]),
    (no(ir.Has(PLAN)), ["not visitor.plan has True"]),
    (is_(PLAN, ("a", "b", "a"), "in"), ["visitor.plan in ('a', 'b')"]),
    (is_(PLAN, (), "in"), []),
    (is_(PLAN, ir.Ref("lists.partners", "list<string>"), "in"), ["visitor.plan in_list 'partners'"]),
    (call("in", "a", ref("visitor.tags")), ["visitor.tags has_element 'a'"]),
    (call("in", "a", ref("visitor.traits")), ["tree"]),
    (call("gt", call("size", ref("visitor.tags")), 2), ["size(visitor.tags) gt 2"]),
    (call("eq", call("lower_ascii", ref(PLAN)), "a"), ["lower_ascii(visitor.plan) eq 'a'"]),
    (is_(PLAN, "a", "contains"), ["visitor.plan contains 'a'"]),
    (call("contains", "abc", ref(PLAN)), ["tree"]),
    (is_("visitor.app", ir.Const("1.2", "version"), "ge"), [f"visitor.app ge {parse_version('1.2')!r}"]),
    (is_("visitor.app", ir.Const(("1.2", "1.2.0"), "list<version>"), "in"), [f"visitor.app in {(parse_version('1.2'),)!r}"]),
    (is_(PLAN, "a", "lt"), ["tree"]),
    (call("eq", ref(PLAN), ref("visitor.ip")), ["tree"]),
    (TREE, ["tree"]),
    (both(is_(PLAN, "a"), is_(AGE, 3)), ["visitor.plan eq 'a' & visitor.age eq 3"]),
    (either(is_(PLAN, "a"), is_(AGE, 3)), ["visitor.plan eq 'a'", "visitor.age eq 3"]),
    (no(either(is_(PLAN, "a"), is_(AGE, 3))), ["not visitor.plan eq 'a' & not visitor.age eq 3"]),
    (no(both(is_(PLAN, "a"), is_(AGE, 3))), ["not visitor.plan eq 'a'", "not visitor.age eq 3"]),
    (both(is_(PLAN, "a"), either(is_(AGE, 1), TREE)), ["visitor.plan eq 'a' & visitor.age eq 1", "visitor.plan eq 'a' & tree"]),
    (both(is_(PLAN, "a"), is_(PLAN, "a")), ["visitor.plan eq 'a'"]),
    (either(is_(PLAN, "a"), is_(PLAN, "a")), ["visitor.plan eq 'a'"]),
    (both(is_(PLAN, "a"), is_(PLAN, "b")), []),
    (both(is_(PLAN, "a"), no(is_(PLAN, "a"))), []),
    (both(is_(PLAN, "a"), is_(PLAN, ("b", "c"), "in")), []),
    (both(is_(PLAN, "b"), is_(PLAN, ("b", "c"), "in")), ["visitor.plan eq 'b' & visitor.plan in ('b', 'c')"]),
    (both(ALWAYS, is_(PLAN, "a")), ["visitor.plan eq 'a'"]),
    (both(NEVER, is_(PLAN, "a")), []),
    (both(), ["always"]),
    (either(), []),
]


@pytest.mark.parametrize("when, expected", ROWS, ids=range(len(ROWS)))
def test_conjunctions(when, expected):
    assert rows(when) == expected


@pytest.mark.parametrize(
    "ors, of, conjunctions", [(6, 2, 64), (7, 2, 1), (1, 64, 64), (1, 65, 1), (3, 4, 64)], ids=["just fits", "too many", "one wide", "one too wide", "three fours"]
)
def test_the_bound(ors, of, conjunctions):
    when = both(*(either(*(is_(f"visitor.{name}", str(i)) for i in range(of))) for name in [("plan", "tier", "ip", "x1", "x2", "x3", "x4")[n] for n in range(ors)]))
    types = {f"visitor.{name}": "string" for name in ("plan", "tier", "ip", "x1", "x2", "x3", "x4")}
    found = lower(when, types)
    assert len(found) == conjunctions <= MAX_CONJUNCTIONS
    assert (found[0].tree == when) is (conjunctions == 1)


@given(conditions)
def test_never_beyond_the_bound_and_never_twice(when):
    found = lower(when, TYPES)
    assert len(found) <= MAX_CONJUNCTIONS and len(set(found)) == len(found)


@given(conditions, visitors)
def test_where_nothing_is_left_nothing_ever_holds(when, values):
    assert lower(when, TYPES) or naive(when, values) is not True


def test_inline():
    segments = {"pro": is_(PLAN, "pro"), "old_pro": both(ir.Ref("segment.pro", "bool"), is_(AGE, 3, "gt"))}
    when = either(no(ir.Ref("segment.old_pro", "bool")), ir.Fold("exists", "x", ref("visitor.tags"), both(ir.Ref("segment.pro", "bool"), is_(PLAN, "a"))))
    pro = is_(PLAN, "pro")
    assert inline(when, segments) == either(no(both(pro, is_(AGE, 3, "gt"))), ir.Fold("exists", "x", ref("visitor.tags"), both(pro, is_(PLAN, "a"))))
    assert inline(ALWAYS, {}) == ALWAYS


@pytest.mark.parametrize(
    "expr, expected",
    [
        (ir.Const("a", "string"), ("const", "a")),
        (ir.Const("1.0", "version"), ("const", parse_version("1"))),
        (ir.Const(("1.0",), "list<version>"), ("const", (parse_version("1"),))),
        (ref(PLAN), ("ref", PLAN)),
        (ir.Ref("lists.partners", "list<string>"), ("list", "partners")),
        (ir.Has(PLAN), ("has", PLAN)),
        (ir.Fold("all", "x", ref("visitor.tags"), call("eq", ir.Local("x"), 1)), ("all", "x", ("ref", "visitor.tags"), ("eq", ("local", "x"), ("const", 1)))),
    ],
)
def test_tree(expr, expected):
    assert tree(expr) == expected


def test_every_operator_that_a_condition_can_use_exists_at_the_edge():
    """An unknown operator would be a KeyError at the edge, on every request that asks."""
    from compiler.cel_lower import FUNCTIONS

    logic = {"and", "or", "not", "if"}
    folded = {"ip", "matches"}  # of a literal only, and become constants and plain tests; the front refuses the rest
    assert set(FUNCTIONS.values()) - logic - folded <= set(OPERATORS)
