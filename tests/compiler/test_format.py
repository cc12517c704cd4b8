"""A second reader of a bundle's conditions, rules and experiments, made from docs/format.md alone, finds what was compiled."""

from __future__ import annotations

import struct
from itertools import islice
from pathlib import Path
from typing import Any

import msgpack
import pytest

from compiler import ir
from compiler.emit import emit
from compiler.pipeline import compile_site
from tests.edge.sites import ALWAYS, both, call, either, experiment, is_, no, program, ref, rule, shop, show, slot
from tests.golden.test_bundles import CASES, written

STORE = Path(__file__).parents[2] / "rulesets" / "store"
LEVELS = ("individual", "segment", "cohort")

# --- the reader ----------------------------------------------------------------------------------------------------------

WIDTHS = {"B": 1, "b": 1, "H": 2, "h": 2, "I": 4, "q": 8, "d": 8}


def column(packed: Any) -> list:
    if isinstance(packed, str):
        return packed.split("\n")
    if isinstance(packed, list):
        return packed
    kind = chr(packed[0])
    width = WIDTHS[kind]
    count = (len(packed) - 1) // width
    numbers = [bytes(packed[1 + plane * count + i] for plane in range(width)) for i in range(count)]
    if kind == "d":
        return [struct.unpack("<d", number)[0] for number in numbers]
    return [int.from_bytes(number, "little", signed=kind in "bhq") for number in numbers]


def sections(data: bytes) -> dict[str, Any]:
    body = data[64:]
    size = int.from_bytes(body[:4], "big")
    listed = msgpack.unpackb(body[8 : 8 + size])["sections"]
    return {name: msgpack.unpackb(body[at : at + length], strict_map_key=False) for name, at, length, kind in listed if kind == "msgpack"}


def questions(conditions: dict[str, Any]) -> list[tuple]:
    """(attribute, function, ordered, operator, values, negated) of each, by number."""
    found = []
    for (attribute, function, ordered), columns in zip(conditions["terms"], conditions["questions"], strict=True):
        values, codes, sizes, picks = map(column, columns)
        asked = iter([values[pick] for pick in picks])
        for code, size in zip(codes, sizes, strict=True):
            argument = [next(asked) for _ in range(size)]
            found.append((attribute, function, ordered, conditions["operators"][code // 2], argument, bool(code % 2)))
        assert not list(asked)
    return found


def conjunctions(conditions: dict[str, Any]) -> list[tuple[set[str], Any]]:
    """(questions, tree) of each, by number; questions as text, so that 1, 1.0 and true are told apart."""
    found: list[tuple[set[str], Any]] = [(set(), conditions["trees"].get(number)) for number in range(conditions["conjunctions"])]
    numbers = iter(column(conditions["numbers"]))
    for question, count in zip(questions(conditions), column(conditions["counts"]), strict=True):
        for _ in range(count):
            found[next(numbers)][0].add(repr(question))
    assert not list(numbers)
    return found


def rules(held: dict[str, Any]) -> list[tuple]:
    """(slot, rule, level, conjunctions, action, campaign, segment) of each, in order."""
    decisions = held["decisions"]
    rows, slots = decisions["rules"], decisions["slots"]
    by_number = conjunctions(held["conditions"])
    names, levels, counts, actions = (column(rows[key]) for key in ("names", "levels", "counts", "actions"))
    above, numbers, found = len(by_number), iter(range(len(names))), []
    for ladder, many in zip(slots, column(rows["slots"]), strict=True):
        for i in islice(numbers, many):
            own = [by_number[number] for number in range(above - 1, above - 1 - counts[i], -1)]
            above -= counts[i]
            campaign, segment = rows["campaigns"].get(i), rows["segments"].get(i)
            name = None if campaign is None else decisions["campaigns"][campaign][0]
            found.append((ladder[0], names[i], LEVELS[levels[i]], own, action(held, ladder, actions[i]), name, segment))
        above -= 1
        assert by_number[above] == (set(), None)
    assert above == 0 and len(names) == len(found)
    return found


def action(held: dict[str, Any], slot: list, code: int) -> Any:
    number, kind = divmod(code, 3)
    if kind == 2:
        return spelled(held, slot, held["decisions"]["rules"]["others"][number])
    if kind == 0:
        return spelled(held, slot, number - 1)
    experiments, sizes, variants = map(column, held["decisions"]["rules"]["tests"])
    start = sum(sizes[:number])
    return spelled(held, slot, [experiments[number], [variant - 1 for variant in variants[start : start + sizes[number]]]])


def spelled(held: dict[str, Any], slot: list, row: Any) -> Any:
    """An action with names for its indices."""
    decisions, variants = held["decisions"], column(slot[5])
    if row is None:
        return None
    if isinstance(row, int):
        return variants[row] if row >= 0 else None
    if len(row) == 2:
        return {"test": column(decisions["experiments"]["names"])[row[0]], "arms": [spelled(held, slot, arm) for arm in row[1]]}
    variant, model, take, plan, tables, where, *_ = row
    mask, _, at_most = decisions["plans"][plan] if plan >= 0 else (None, None, [])
    filtered = where is not None or mask is not None or bool(tables)
    return {"show": variants[variant] if variant >= 0 else None, "rank": decisions["models"][model][0], "take": take, "where": filtered, "at_most": at_most}


def experiments(held: dict[str, Any]) -> list[tuple]:
    """(name, key, salt, unit, hash, arms, weights, ranges, shares, layer, holdout, sticky) of each."""
    rows = held["decisions"]["experiments"]
    found = []
    for i, (name, number) in enumerate(zip(column(rows["names"]), column(rows["design"]), strict=True)):
        unit, fallback, purpose, kind, buckets, run, *rest = rows["designs"][number]
        found.append((name, rows["keys"].get(i, name), rows["salts"].get(i, name), unit, fallback, purpose, kind, buckets, *rest))
    return found


# --- what was compiled -----------------------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """Tuples as lists, as MessagePack has them."""
    return [plain(part) for part in value] if isinstance(value, (tuple, list)) else value


def compiled_rules(site: ir.Program) -> list[tuple]:
    return [
        (slot.name, rule.name, rule.level, [compiled_conjunction(c) for c in rule.conjunctions], compiled_action(rule.action), rule.campaign, rule.segment)
        for slot in site.slots
        for rule in slot.rules
    ]


def compiled_conjunction(conjunction: ir.Conjunction) -> tuple[set[str], bool]:
    return {repr(compiled_question(literal)) for literal in conjunction.literals}, conjunction.tree is not None


def compiled_question(literal: ir.Literal) -> tuple:
    test = literal.test
    argument = plain(test.argument) if test.op == "in" else [plain(test.argument)]
    return (test.term.attribute, test.term.function, test.term.ordered, test.op, argument, literal.negated)


def compiled_action(action: ir.Action | None) -> Any:
    if action is None:
        return None
    if action.experiment is not None:
        return {"test": action.experiment, "arms": [compiled_action(arm) for arm in action.arms]}
    if action.model is None:
        return action.variant
    return {"show": action.variant, "rank": action.model, "take": action.take, "where": action.where is not None, "at_most": plain(action.at_most)}


def compiled_experiment(e: ir.Experiment) -> tuple:
    by_range = e.arms[0].ranges is not None
    steps = [[float("-inf"), 0 if e.ramp else e.share, 1_000_000], *([at, share, 1_000_000] for at, share in e.ramp)]
    return (
        *(e.name, e.key or e.name, e.salt, e.unit, e.fallback_unit, e.purpose, e.hash, e.buckets, [arm.name for arm in e.arms]),
        None if by_range else [arm.weight for arm in e.arms],
        plain([arm.ranges for arm in e.arms]) if by_range else None,
        steps,
        [*e.layer, 1_000_000] if e.layer else None,
        [e.holdout[0], 1_000_000, e.holdout[1]] if e.holdout else None,
        list(e.sticky[1:]) if e.sticky else None,
    )


# --- sites ------------------------------------------------------------------------------------------------------------------


def everything() -> ir.Program:
    """Every form of a column, operator and action."""
    version = ir.Const("2.1.0-rc.1", "version")
    testing = ir.Action(experiment="one", arms=(show("a"), show(None)))
    leaving = ir.Action(experiment="two", arms=(None, show("b")))
    many = tuple(rule(f"many_{n}", both(is_("visitor.age", n * 7, "gt"), is_("visitor.plan", f"plan {n % 5}")), "a") for n in range(300))
    return program(
        slot(
            "first",
            (
                rule("known", both(ir.Has("visitor.plan"), no(ir.Has("visitor.age"))), "a", level="individual"),
                rule("one_of", both(call("in", ref("visitor.plan"), ("x", "y", "z")), no(call("in", ref("visitor.tier"), ("pro", "free")))), None),
                rule("texts", either(is_("visitor.plan", "a\nb", "contains"), is_("visitor.plan", "c", "starts_with")), testing),
                rule("numbers", either(is_("visitor.age", -1), is_("visitor.age", 70_000), is_("visitor.age", 2**40, "le")), leaving),
                rule("doubles", either(is_("visitor.spend", 0.5, "lt"), is_("visitor.spend", 1e300)), "b", segment="rich"),
                rule("newer", call("ge", ref("visitor.app"), version), "b"),
                rule("truth", either(ref("visitor.vip"), no(ref("visitor.open_case"))), testing, campaign="spring"),
                rule("size", call("ge", call("size", ref("visitor.recent")), 2), "a", level="cohort"),
                rule("never", both(is_("visitor.plan", "a"), is_("visitor.plan", "b")), "a", level="cohort"),
                rule("tree", both(is_("visitor.plan", "t"), call("eq", ref("visitor.plan"), ref("request.country"))), "a", level="cohort"),
            ),
        ),
        slot("none"),
        slot("many", (*many, rule("always", ALWAYS, "b"))),
        campaigns=(ir.Campaign("winter", None, None, None), ir.Campaign("spring", None, None, None)),
        experiments=(
            experiment("one", salt="other", key="Erstes"),
            experiment("two", ramp=((10, 50_000), (20, 500_000)), holdout=(10_000, "h")),
            ir.Experiment("three", "three", "visitor.plan", None, 1_000_000, None, None, (ir.Arm("a", 0, ((0, 10), (20, 30))),), hash="eppo", buckets=100, sticky=("three", 2, 1)),
            experiment("four", salt="four", layer=("l", 0, 5)),
        ),
    )


def site_of(case: Path) -> Any:
    def compiled(folder: Path) -> ir.Program:
        return compile_site(written(case, folder / "site")).program

    return compiled


SITES = {"everything": lambda _: everything(), "shop": lambda _: shop(), "store": lambda _: compile_site(STORE).program, **{case.stem + "_golden": site_of(case) for case in CASES}}


@pytest.mark.parametrize("site", SITES)
def test_a_reader_made_from_the_text_finds_what_was_compiled(site, tmp_path):
    compiled = SITES[site](tmp_path)
    held = sections(emit(compiled))
    found = [(*row[:3], [(asked, tree is not None) for asked, tree in row[3]], *row[4:]) for row in rules(held)]
    for one, other in zip(found, compiled_rules(compiled), strict=True):
        assert one == other
    assert experiments(held) == [compiled_experiment(e) for e in compiled.experiments]
    assert [row[0] for row in held["decisions"]["slots"]] == [slot.name for slot in compiled.slots]


def test_the_worked_example_of_a_column():
    text = (Path(__file__).parents[2] / "docs" / "format.md").read_text("utf-8")
    assert "The numbers 1, 2 and 770 are `48 01 02 02 00 00 03`." in text
    assert column(bytes.fromhex("48010202000003")) == [1, 2, 770]


def test_every_form_of_a_column_is_written():
    held = sections(emit(everything()))
    columns = [held["conditions"]["counts"], held["conditions"]["numbers"], *(part for columns in held["conditions"]["questions"] for part in columns)]
    assert {chr(one[0]) for one in columns if isinstance(one, bytes)} >= {"B", "H", "q", "d"}
    assert {type(one) for one in columns} == {bytes, str, list}
