"""Program → bundle bytes. The same program gives the same bytes on every machine: docs/format.md."""

from __future__ import annotations

import math
import struct
from hashlib import sha256
from typing import Any, Iterable, Sequence

import msgpack

from compiler import ir, item_sections
from compiler.lower import tree
from compiler.rankings import Rankings
from tessera.bundle import ALIGN, FORMAT, HEADER, LATER_FORMAT, LENGTHS, LEVELS, MAGIC, RESERVED
from tessera.columns import pack

TODAY = "request.date"  # which readers of format 5 do not know
WHOLE = 1_000_000  # shares are parts per million


def emit(program: ir.Program) -> bytes:
    """The unsigned bundle of a program."""
    columns = dict(program.item_columns)
    rankings = Rankings(program, columns)
    values = _values(program, rankings)
    items, columns_raw = item_sections.sections(program.item_ids, program.item_columns, rankings.coded)
    sections = [(name, _pack(value), "msgpack") for name, value in (*values, ("items", items))]
    sections += [(name, raw, "raw") for name, raw in columns_raw]
    heavy = [(f"models/{model.name}/{name}", raw, "held") for model in program.models for name, raw in _sections(model, columns)]
    sections += [(name, raw, "raw") for raw, name in rankings.masks.items()]
    heavy += [(name, raw, "held") for raw, name in rankings.boosts.items()]
    body = _body(program.site, sections, heavy)
    return HEADER.pack(MAGIC, _format(program), 0, len(body), sha256(body).digest(), RESERVED) + body


def _format(program: ir.Program) -> int:
    """The oldest format whose readers read the bundle as it is meant."""
    return LATER_FORMAT if program.markets or TODAY in program.reads else FORMAT


def _pack(value: Any) -> bytes:
    return msgpack.packb(value, use_bin_type=True)


def _body(site: str, sections: Sequence[tuple[str, bytes, str]], heavy: Sequence[tuple[str, bytes, str]]) -> bytes:
    """Lengths, envelope and sections; those that only kernels read come last, after the head.

    Offsets count from the body's start; they are 32-bit wide so that their size is fixed.
    """
    parts = [*sections, *heavy]
    table = [(name, 0, len(raw), kind) for name, raw, kind in parts]
    start = _aligned(LENGTHS.size + len(_envelope(site, table)))
    head = start
    for position, (name, raw, kind) in enumerate(parts):
        table[position] = (name, start, len(raw), kind)
        start = _aligned(start + len(raw))
        head = start if position < len(sections) else head
    envelope = _envelope(site, table)
    out = bytearray(LENGTHS.pack(len(envelope), head) + envelope)
    for (_, offset, _, _), (_, raw, _) in zip(table, parts):
        out += b"\0" * (offset - len(out)) + raw
    return bytes(out + b"\0" * (head - len(out)))


def _aligned(offset: int) -> int:
    return -(-offset // ALIGN) * ALIGN


def _envelope(site: str, table: Iterable[tuple[str, int, int, str]]) -> bytes:
    """{"site": …, "sections": [[name, offset, length, kind]…]}, numbers always as uint 32."""
    rows = list(table)
    packer = msgpack.Packer(use_bin_type=True)
    out = packer.pack_map_header(2) + packer.pack("site") + packer.pack(site)
    out += packer.pack("sections") + packer.pack_array_header(len(rows))
    for name, offset, length, kind in rows:
        out += packer.pack_array_header(4) + packer.pack(name)
        out += b"\xce" + struct.pack(">I", offset) + b"\xce" + struct.pack(">I", length) + packer.pack(kind)
    return out


def _values(program: ir.Program, rankings: Rankings) -> list[tuple[str, Any]]:
    contents: dict[tuple, int] = {}
    slots = [_slot(slot, contents, program, rankings) for slot in program.slots]
    decisions = {
        "slots": slots,
        "rules": _rules(program, rankings),
        "experiments": _experiments(program),
        "campaigns": [[c.name, _run(c.run), c.cap, _tree(c.pause), c.count, c.channels] for c in program.campaigns],
        "models": [_model(model, program) for model in program.models],
        "plans": rankings.plans,
    }
    return [
        ("site", _site(program)),
        ("conditions", _conditions(program)),
        ("decisions", decisions),
        ("content", list(contents)),
        ("lists", [[name, list(values)] for name, values in program.lists]),
        ("lookups", [[t.name, t.fields, t.starts, t.ends, t.rows] for t in program.lookups]),
        *([("propensities", [[p.attribute, p.name, p.version, p.pages, p.features, p.body] for p in program.propensities])] if program.propensities else []),
        *([("markets", [[name, _tree(when)] for name, when in program.markets])] if program.markets else []),
    ]


def _site(program: ir.Program) -> dict[str, Any]:
    return {
        "name": program.site,
        "hosts": program.hosts,
        "pages": program.pages,
        "attributes": [[a.name, a.type, a.purpose, a.keep, a.source, a.default, a.values, a.half_life, a.most] for a in program.attributes],
        "purposes": program.purposes,
        "jurisdictions": [[j.name, _tree(j.when), j.allow, j.deny_by_gpc] for j in program.jurisdictions],
        "holdout": [program.holdout[0], 1_000_000, program.holdout[1]] if program.holdout else None,
        "log_purpose": program.log_purpose,
        "deadline": program.deadline,
        "reads": program.reads,
        "island": program.island,
        "segments": [[name, _tree(when)] for name, when in program.segments],
        "choices": program.choices,
        "consent": dict(program.consent),
        "cookieless": program.cookieless,
        "login": dict(program.login) if program.login else None,
        "freshness": [program.max_age, program.limit],
        "log_keep": program.log_keep,
    }


def _tree(expr: ir.Expr | None) -> tuple | None:
    return None if expr is None else tree(expr)


def _conditions(program: ir.Program) -> dict[str, Any]:
    """Each literal once, term by term, with the conjunctions that want it.

    Conjunctions are numbered from the last rule to the first; below those of each slot one is left for its default.
    """
    terms: dict[ir.Term, dict[ir.Literal, list[int]]] = {}
    trees: dict[int, tuple] = {}
    default = ir.Conjunction(())
    conjunctions = [c for slot in program.slots for c in (*(c for rule in slot.rules for c in rule.conjunctions), default)][::-1]
    for number, conjunction in enumerate(conjunctions):
        if conjunction.tree is not None:
            trees[number] = tree(conjunction.tree)
        for literal in conjunction.literals:
            terms.setdefault(literal.test.term, {}).setdefault(literal, []).append(number)
    operators = sorted({literal.test.op for asked in terms.values() for literal in asked})
    wanted = [numbers for asked in terms.values() for numbers in asked.values()]
    return {
        "terms": [[t.attribute, t.function, t.ordered] for t in terms],
        "operators": operators,
        "questions": [_questions(list(asked), operators) for asked in terms.values()],
        "counts": pack([len(numbers) for numbers in wanted]),
        "numbers": pack([number for numbers in wanted for number in numbers]),
        "conjunctions": len(conjunctions),
        "trees": trees,
    }


def _questions(literals: Sequence[ir.Literal], operators: Sequence[str]) -> list[Any]:
    """Columns: the values asked for; then of each literal its operator (2 ×, + 1: negated), how many values, and which."""
    values: dict[bytes, tuple[int, Any]] = {}
    codes, sizes, picks = [], [], []
    for literal in literals:
        asked = literal.test.argument if literal.test.op == "in" else (literal.test.argument,)
        codes.append(2 * operators.index(literal.test.op) + literal.negated)
        sizes.append(len(asked))
        picks += [values.setdefault(_pack(value), (len(values), value))[0] for value in asked]
    return [pack([value for _, value in values.values()]), pack(codes), pack(sizes), pack(picks)]


def _slot(slot: ir.Slot, contents: dict[tuple, int], program: ir.Program, rankings: Rankings) -> list[Any]:
    names = pack([v.name for v in slot.variants])
    shown = [_numbered(v.contents, contents) for v in slot.variants] if slot.values is None else None
    preloads = [_numbered(v.preloads, contents) for v in slot.variants] if any(v.preloads for v in slot.variants) else None
    default, test = _action(slot.default, slot, program, rankings), _action(slot.test, slot, program, rankings)
    purposes = sorted({purpose for rule in slot.rules for purpose in rule.purposes})
    values = None if slot.values is None else pack(slot.values)
    needs = [_place(name, program.slots) for name in slot.needs]
    place = [slot.name, slot.pages, slot.selector, slot.operation, slot.component]
    return [*place, names, shown, default, test, slot.always, purposes, slot.flag, values, needs, dict(slot.metadata), preloads, slot.channel]


def _numbered(shown: Iterable[tuple], contents: dict[tuple, int]) -> list[int]:
    return [contents.setdefault(parts, len(contents)) for parts in shown]


def _rules(program: ir.Program, rankings: Rankings) -> dict[str, Any]:
    """The rules of all slots, slot by slot, in columns; what few rules have, by the rule's number.

    `actions`: 3 × number + kind: the variant after `number` - 1 is shown (0), `tests` has the experiment and the
    variants that its arms show (1), `others` the action (2).
    """
    rules = [(rule, slot) for slot in program.slots for rule in slot.rules]
    tests: dict[tuple[int, ...], int] = {}
    others: dict[bytes, int] = {}
    actions = []
    for rule, slot in rules:
        row = _action(rule.action, slot, program, rankings)
        if isinstance(row, int):
            actions.append(3 * (row + 1))
        elif len(row) == 2 and all(isinstance(arm, int) for arm in row[1]):
            actions.append(3 * tests.setdefault((row[0], *(arm + 1 for arm in row[1])), len(tests)) + 1)
        else:
            actions.append(3 * others.setdefault(_pack(row), len(others)) + 2)
    campaigns = {c.name: i for i, c in enumerate(program.campaigns)}
    return {
        "names": pack([rule.name for rule, _ in rules]),
        "slots": pack([len(slot.rules) for slot in program.slots]),
        "levels": pack([LEVELS.index(rule.level) for rule, _ in rules]),
        "counts": pack([len(rule.conjunctions) for rule, _ in rules]),
        "actions": pack(actions),
        "tests": [pack([test[0] for test in tests]), pack([len(test) - 1 for test in tests]), pack([arm for test in tests for arm in test[1:]])],
        "others": [msgpack.unpackb(row, use_list=False, strict_map_key=False) for row in others],
        "campaigns": {i: campaigns[rule.campaign] for i, (rule, _) in enumerate(rules) if rule.campaign},
        "segments": {i: rule.segment for i, (rule, _) in enumerate(rules) if rule.segment},
        "purposes": {i: rule.purpose for i, (rule, _) in enumerate(rules) if rule.purpose},
    }


def _place(name: str | None, named: Sequence[Any]) -> int:
    return -1 if name is None else next(i for i, one in enumerate(named) if one.name == name)


def _action(action: ir.Action | None, slot: ir.Slot, program: ir.Program, rankings: Rankings) -> Any:
    if action is None:
        return None
    if action.experiment is not None:
        return [_place(action.experiment, program.experiments), [_action(arm, slot, program, rankings) for arm in action.arms]]
    variant = _place(action.variant, slot.variants)
    if action.model is None:
        return variant
    plan, tables, rest = rankings.of(action)
    pinned = [program.item_ids.index(item) for item in action.pin]
    among = [[_place(one.variant, slot.variants), one.vector, one.scale] for one in action.among]
    return [variant, _place(action.model, program.models), action.take, plan, tables, rest, list(action.without), pinned, among]


def _sections(model: ir.Model, columns: dict[str, tuple]) -> Sequence[tuple[str, bytes]]:
    """A model's raw sections; those of an order by a field of the items are made here."""
    if model.kind != "order" or model.sections:
        return model.sections
    scores = [float(value or 0) for value in columns[model.field]]
    rows = sorted(range(len(scores)), key=lambda row: (-scores[row], row))
    return [("rows", struct.pack(f"<{len(rows)}I", *rows)), ("scores", struct.pack(f"<{len(rows)}d", *scores))]


def _model(model: ir.Model, program: ir.Program) -> list[Any]:
    centroids = [[segment, vector] for segment, vector in model.centroids]
    parts = [_place(part, program.models) for part in model.parts]
    shape = [model.half_life, model.dimensions, model.parts_of, model.unit]
    return [model.name, model.version, model.kind, model.source, *shape, model.field, centroids, parts, _place(model.otherwise, program.models)]


def _experiments(program: ir.Program) -> dict[str, Any]:
    """Names in a column; what differs from the name by number; all the rest once for those that have it in common."""
    designs: dict[bytes, int] = {}
    design = [designs.setdefault(_pack(_design(e)), len(designs)) for e in program.experiments]
    numbered = list(enumerate(program.experiments))
    return {
        "names": pack([e.name for e in program.experiments]),
        "keys": {i: e.key for i, e in numbered if e.key not in (None, e.name)},
        "salts": {i: e.salt for i, e in numbered if e.salt != e.name},
        "design": pack(design),
        "designs": [msgpack.unpackb(row, use_list=False, strict_map_key=False) for row in designs],
    }


def _design(e: ir.Experiment) -> list[Any]:
    by_range = e.arms[0].ranges is not None
    shares = [[-math.inf, 0 if e.ramp else e.share, WHOLE], *([at, share, WHOLE] for at, share in e.ramp)]
    return [
        e.unit,
        e.fallback_unit,
        e.purpose,
        e.hash,
        e.buckets,
        _run(e.run),
        [arm.name for arm in e.arms],
        None if by_range else [arm.weight for arm in e.arms],
        [arm.ranges for arm in e.arms] if by_range else None,
        shares,
        [*e.layer, WHOLE] if e.layer else None,
        [e.holdout[0], WHOLE, e.holdout[1]] if e.holdout else None,
        list(e.sticky[1:]) if e.sticky else None,
    ]


def _run(run: ir.Run | None) -> list[Any] | None:
    return [run.start, run.end, run.local] if run else None
