"""Masks: the same answers as trees and as a naive evaluator, for every condition and every visitor."""

from math import inf, isfinite, nextafter
from sys import float_info

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.lower import MAX_CONJUNCTIONS, lower, tree
from tests.edge import effort
from tests.edge.conditions import LISTS, conditions, crowd, naive, visitors
from tests.edge.sites import ALWAYS, TYPES, both, bundle, call, const, either, ir, is_, no, program, ref, rule, slot
from tessera.evaluate import bind, evaluate
from tessera.match import Postings, build, match, without
from tessera.types import ListedItem, parse_version

BOUND = {name: frozenset(values) for name, values in LISTS.items()}


def index_of(terms: list, tests: list, conjunctions: list) -> object:
    """The masks of conjunctions given as lists of literals (2 × test, plus one where it is negated)."""
    operators = sorted({op for _, op, _ in tests})
    rows = [[literal for literal in range(2 * len(tests)) if tests[literal >> 1][0] == term] for term in range(len(terms))]
    uses = [[n for n, literals in enumerate(conjunctions) if literal in literals] for own in rows for literal in own]
    section = {
        "terms": terms,
        "operators": operators,
        "questions": [
            [
                [tests[literal >> 1][2] for literal in own],
                [2 * operators.index(tests[literal >> 1][1]) + (literal & 1) for literal in own],
                [1] * len(own),
                list(range(len(own))),
            ]
            for own in rows
        ],
        "counts": [len(numbers) for numbers in uses],
        "numbers": [number for numbers in uses for number in numbers],
        "conjunctions": len(conjunctions),
    }
    return build(Postings(section), {})


def site(*whens: ir.Expr) -> object:
    rules = tuple(rule(f"r{i}", when, "a") for i, when in enumerate(whens))
    return bundle(program(slot("hero", rules), lists=tuple(LISTS.items())))


def holding(compiled: object, values: dict) -> set[int]:
    """The rules that hold: a conjunction's mask bit is set and its tree, if it has one, is true."""
    alive = match(compiled.index, values) & compiled.slots[0].mask
    held = {compiled.rule_of[bit] for bit in range(alive.bit_length()) if alive >> bit & 1 and _holds_with(compiled, values, bit)}
    return held - {-1}  # the slot's default


def _holds_with(compiled: object, values: dict, bit: int) -> bool:
    held = compiled.trees.get(bit)
    return held is None or evaluate(held, values) is True


@settings(max_examples=effort.RULE_SETS)
@given(st.lists(conditions, min_size=1, max_size=4), visitors, st.integers(0, 2**32))
def test_masks_trees_and_the_naive_evaluator_agree(whens, first, seed):
    """Asked of CROWD visitors each; the nightly profile has RULE_SETS × CROWD = 200,000 visitors decided three ways."""
    compiled = site(*whens)
    for values in (first, *crowd(seed, effort.CROWD - 1)):
        expected = {i for i, when in enumerate(whens) if naive(when, values) is True}
        assert {i for i, when in enumerate(whens) if evaluate(bind(tree(when), BOUND), values) is True} == expected
        assert holding(compiled, values) == expected


@given(conditions, visitors)
def test_a_tree_is_unknown_exactly_where_the_naive_evaluator_says_so(when, values):
    found = evaluate(bind(tree(when), BOUND), values)
    expected = naive(when, values)
    assert found is expected if isinstance(expected, bool) else not isinstance(found, bool)


@given(conditions, visitors)
def test_a_condition_and_its_negation_never_both_hold(when, values):
    assert len(holding(site(when, no(when)), values)) <= 1


@given(st.lists(conditions, min_size=1, max_size=4), visitors, st.sets(st.sampled_from(sorted(TYPES))))
def test_a_wildcard_only_ever_adds_conjunctions(whens, values, hidden):
    compiled = site(*whens)
    assert match(compiled.index, values) & ~match(without(compiled.index, frozenset(hidden)), values) == 0


@given(st.lists(conditions, min_size=2, max_size=4), visitors)
def test_other_rules_do_not_change_whether_a_rule_holds(whens, values):
    together = holding(site(*whens), values)
    alone = {i for i, when in enumerate(whens) if holding(site(when), values)}
    assert together == alone


PLAN, AGE, APP, RECENT, VIP, SINCE = (f"visitor.{name}" for name in ("plan", "age", "app", "recent", "vip", "since"))
V = parse_version
ROWS = [  # condition, values, whether it holds, what the row is about
    (is_(PLAN, "pro"), {PLAN: "pro"}, True, "equality"),
    (is_(PLAN, "pro"), {PLAN: "pro "}, False, "equality is exact"),
    (is_(PLAN, "free", "ne"), {}, False, "unknown is not 'not free'"),
    (no(is_(PLAN, "free")), {}, False, "nor under not"),
    (no(ir.Has(PLAN)), {}, True, "has asks"),
    (ir.Has(PLAN), {PLAN: ""}, True, "an empty text is known"),
    (both(ir.Has(PLAN), is_(PLAN, "free", "ne")), {PLAN: "pro"}, True, "has and ne"),
    (either(is_(PLAN, "pro"), is_(AGE, 3, "gt")), {AGE: 4}, True, "true or unknown is true"),
    (no(both(is_(PLAN, "pro"), is_(AGE, 3, "gt"))), {AGE: 3}, True, "not (unknown and false) is true"),
    (no(both(is_(PLAN, "pro"), is_(AGE, 3, "gt"))), {AGE: 4}, False, "not (unknown and true) is unknown"),
    *[(is_(AGE, 3, op), {AGE: at}, holds, f"{at} {op} 3") for op, answers in {
        "lt": (1, 0, 0), "le": (1, 1, 0), "gt": (0, 0, 1), "ge": (0, 1, 1), "eq": (0, 1, 0), "ne": (1, 0, 1),
    }.items() for at, holds in zip((2, 3, 4), map(bool, answers))],
    *[(call(op, 3, ref(AGE)), {AGE: 2}, holds, f"3 {op} 2, sides exchanged") for op, holds in (("lt", False), ("ge", True), ("gt", True), ("eq", False))],
    (both(is_(AGE, 3, "gt"), is_(AGE, 5, "lt")), {AGE: 4}, True, "between two thresholds"),
    (both(is_(AGE, 3, "gt"), is_(AGE, 5, "lt")), {AGE: 5}, False, "at the upper threshold"),
    (is_(AGE, (1, 3), "in"), {AGE: 3}, True, "membership of an ordered attribute"),
    (is_(AGE, (1, 3), "in"), {AGE: 2}, False, "between the members"),
    (no(is_(AGE, (1, 3), "in")), {AGE: 2}, True, "not in"),
    (no(is_(AGE, (1, 3), "in")), {}, False, "not in, unknown"),
    (is_(PLAN, (), "in"), {PLAN: "a"}, False, "nothing is in the empty list"),
    (no(is_(PLAN, (), "in")), {PLAN: "a"}, True, "everything known is outside it"),
    (is_(AGE, (), "in"), {AGE: 1}, False, "nor an ordered value"),
    (call("ge", ref(APP), ir.Const("1.0.0", "version")), {APP: V("1.0.0-rc.1")}, False, "a pre-release is below its release"),
    (is_(APP, ir.Const(("1.0.0", "2.0.0"), "list<version>"), "in"), {APP: V("2.0")}, True, "a version among versions"),
    (no(is_(APP, ir.Const(("1.0.0", "2.0.0"), "list<version>"), "in")), {APP: V("2.0")}, False, "not outside them"),
    *[(both(is_(PLAN, ("a", "b"), "in"), is_(PLAN, ("b", "c"), "in")), {PLAN: v}, v == "b", f"{v} in both of two lists") for v in "abcd"],
    *[(both(is_(AGE, (1, 3), "in"), is_(AGE, (3, 5), "in")), {AGE: v}, v == 3, f"{v} in both of two lists of numbers") for v in range(7)],
    *[(both(is_(AGE, (1, 3), "in"), is_(AGE, 2, "gt")), {AGE: v}, v == 3, f"{v} in a list and above a threshold") for v in range(5)],
    *[(both(is_(AGE, 2, "ne"), is_(AGE, 1, "ge"), is_(AGE, 3, "le")), {AGE: v}, v in (1, 3), f"{v} between thresholds but not 2") for v in range(5)],
    (call("in", "b", ref(RECENT)), {RECENT: (ListedItem("a"), ListedItem("b"))}, True, "items are compared by id"),
    (call("in", "b", ref(RECENT)), {RECENT: ()}, False, "an empty list is known"),
    (no(call("in", "b", ref(RECENT))), {}, False, "a missing list is not"),
    (call("ge", call("size", ref(RECENT)), 2), {RECENT: (ListedItem("a"), ListedItem("b"))}, True, "size"),
    (call("eq", call("size", ref(RECENT)), 0), {}, False, "size of the unknown"),
    (ref(VIP), {VIP: True}, True, "a flag"),
    (no(ref(VIP)), {VIP: False}, True, "a flag that is false"),
    (no(ref(VIP)), {}, False, "a flag that is not known"),
    (call("eq", ref(VIP), False), {VIP: False}, True, "a flag compared"),
    (is_(PLAN, ir.Ref("lists.partners", "list<string>"), "in"), {PLAN: "acme"}, True, "a named list"),
    (no(is_(PLAN, ir.Ref("lists.nobody", "list<string>"), "in")), {PLAN: "acme"}, True, "outside a named list"),
    (call("if", ref(VIP), is_(AGE, 1), is_(AGE, 2)), {VIP: False, AGE: 2}, True, "if … else"),
    (call("if", ref(VIP), ALWAYS, ALWAYS), {}, False, "if the unknown"),
    (call("eq", call("hours", ref(SINCE)), 10), {SINCE: 1_764_756_900.0}, True, "a getter"),
    (is_(AGE, True), {AGE: 1}, False, "a number is no truth value, dyn(true) or not"),
    (is_(VIP, 1), {VIP: True}, False, "nor a truth value a number"),
    (is_("visitor.spend", 3, "gt"), {"visitor.spend": 3.5}, True, "a double above a whole number of dyn(3)"),
    (is_("visitor.spend", (3,), "in"), {"visitor.spend": 3.0}, True, "a double among whole numbers"),
    (call("eq", call("size", ref(RECENT)), True), {RECENT: (ListedItem("a"),)}, False, "a size is no truth value"),
    (call("eq", call("hours", ref(SINCE)), 10), {SINCE: 1e17}, False, "a getter of a moment beyond every calendar"),
]


@pytest.mark.parametrize("when, values, holds, about", ROWS, ids=[row[3] for row in ROWS])
def test_what_holds(when, values, holds, about):
    assert (holding(site(when), values) == {0}) is holds
    assert (evaluate(bind(tree(when), BOUND), values) is True) is holds


def test_a_condition_beyond_the_bound_is_one_tree_and_decides_the_same():
    wide = both(*(either(is_(AGE, i), is_(PLAN, str(i))) for i in range(8)))
    (conjunction,) = lower(wide, TYPES)
    assert 2**8 > MAX_CONJUNCTIONS and conjunction.literals == () and conjunction.tree == wide
    assert holding(site(wide), {AGE: 0, PLAN: "1"}) == set()
    assert holding(site(both(*(either(is_(AGE, 1), is_(PLAN, str(i))) for i in range(8)))), {AGE: 1}) == {0}


@pytest.mark.parametrize("op", ["lt", "le", "gt", "ge", "eq", "has"])
@pytest.mark.parametrize("value", [None, 2, 3, 4])
def test_a_negated_test_holds_where_its_answer_is_known_and_false(op, value):
    index = index_of([("x", "", True)], [(0, op, 3)], [[0], [1]])
    holds = None if value is None else {"lt": value < 3, "le": value <= 3, "gt": value > 3, "ge": value >= 3, "eq": value == 3, "has": True}[op]
    holds = value is not None if op == "has" else holds
    assert match(index, {} if value is None else {"x": value}) == {True: 0b01, False: 0b10, None: 0}[holds]


NUMBERS = st.one_of(st.sampled_from([-(2**63), -(2**63) + 1, -1, 0, 1, 2**53, 2**53 + 1, 2**63 - 2, 2**63 - 1]), st.integers(-(2**63), 2**63 - 1), st.integers(-3, 3))
DOUBLES = st.one_of(
    st.sampled_from([-0.0, 0.0, 5e-324, -5e-324, 2.2250738585072014e-308, -1e308, 1e308, float_info.max, -float_info.max, 1.0, nextafter(1.0, 2.0), nextafter(1.0, 0.0)]),
    st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([-1.5, 0.5, 1764756900.5]),
)  # fmt: skip
VERSIONS = st.one_of(
    st.sampled_from(["0", "1", "1.0.0", "v1.0.0", "1.0.0-0", "1.0.0-a", "1.0.0-a.1", "1.0.0-a.b", "1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-01", "1.0.0--", "1.0.0+a", "1.0.1-a", "999999999.0.0"]),
    st.from_regex(r"[0-3](\.[0-3](\.[0-3](-[0-2ab](\.[0-2ab]){0,2})?)?)?", fullmatch=True),
)  # fmt: skip
SCALES = {"visitor.age": NUMBERS, "visitor.spend": DOUBLES, SINCE: DOUBLES, "visitor.stay": DOUBLES, APP: VERSIONS}


def beside(value):
    """A value and those next to it."""
    if isinstance(value, float):
        return [x for x in (nextafter(value, -inf), value, nextafter(value, inf)) if isfinite(x)]
    return [value - 1, value, value + 1] if isinstance(value, int) else [value]


@given(st.sampled_from(sorted(SCALES)), st.data())
def test_thresholds_cut_the_line_where_the_operators_say(name, data):
    """At every constant, right beside it and elsewhere; each test wanted and refused, several on one line, and of the unknown."""
    consts = data.draw(st.lists(SCALES[name], min_size=1, max_size=4))
    asked = [(op, c) for c in consts for op in data.draw(st.lists(st.sampled_from(["lt", "le", "gt", "ge", "eq", "ne", "in"]), min_size=1, max_size=3))]
    kind = TYPES[name]
    tests = [call(op, ref(name), ir.Const((c, consts[0]), f"list<{kind}>") if op == "in" else ir.Const(c, kind)) for op, c in asked]
    whens = [*tests, *map(no, tests), both(*tests[:2]), either(*tests), both(tests[0], no(tests[-1]))]
    compiled = site(*whens)
    assert not compiled.trees
    read = parse_version if kind == "version" else lambda value: value
    for value in (read(x) for c in [*consts, data.draw(SCALES[name])] for x in beside(c)):
        assert holding(compiled, {name: value}) == {i for i, when in enumerate(whens) if naive(when, {name: value}) is True}
    assert holding(compiled, {}) == set()


def test_no_conjunctions_match_nothing():
    index = index_of([], [], [])
    assert (index.everything, match(index, {"visitor.plan": "pro"})) == (0, 0)


def test_a_conjunction_without_literals_always_survives():
    assert match(index_of([], [], [[]]), {}) == 1


def test_bind_leaves_constants_alone():
    assert bind(("in", ("const", ("list", "x")), ("list", "partners")), BOUND) == ("in", ("const", ("list", "x")), ("const", BOUND["partners"]))
    assert bind(None, {}) is None


def test_exists_one_counts():
    one = ir.Fold("exists_one", "x", ref("visitor.marks"), call("gt", ir.Local("x"), const(1)))
    assert [evaluate(tree(one), {"visitor.marks": marks}) for marks in ((1, 2), (2, 3), (), (1,))] == [True, False, False, False]
