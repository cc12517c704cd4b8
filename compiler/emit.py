"""Program → bundle bytes. The same program gives the same bytes on every machine: docs/format.md."""

from __future__ import annotations

import struct
from hashlib import sha256
from typing import Any, Iterable, Sequence

import msgpack

from compiler import ir
from compiler.lower import tree
from tessera.bundle import ALIGN, FORMAT, HEADER, MAGIC, RESERVED


def emit(program: ir.Program) -> bytes:
    """The unsigned bundle of a program."""
    sections = [(name, _pack(value), "msgpack") for name, value in _values(program)]
    for model in program.models:
        if model.field is None:
            sections += [(f"vectors/{model.name}", model.rows, "raw"), (f"scales/{model.name}", model.scales, "raw")]
    body = _body(program.site, sections)
    return HEADER.pack(MAGIC, FORMAT, 0, len(body), sha256(body).digest(), RESERVED) + body


def _pack(value: Any) -> bytes:
    return msgpack.packb(value, use_bin_type=True)


def _body(site: str, sections: Sequence[tuple[str, bytes, str]]) -> bytes:
    """Envelope and sections. Offsets count from the body's start; they are 32-bit wide so that their size is fixed."""
    table = [(name, 0, len(raw), kind) for name, raw, kind in sections]
    start = _aligned(4 + len(_envelope(site, table)))
    for position, (name, raw, kind) in enumerate(sections):
        table[position] = (name, start, len(raw), kind)
        start = _aligned(start + len(raw))
    envelope = _envelope(site, table)
    out = bytearray(struct.pack(">I", len(envelope)) + envelope)
    for (_, offset, _, _), (_, raw, _) in zip(table, sections):
        out += b"\0" * (offset - len(out)) + raw
    return bytes(out)


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


def _values(program: ir.Program) -> list[tuple[str, Any]]:
    conditions = _conditions(program)
    contents: dict[tuple, int] = {}
    slots = [_slot(slot, contents, program) for slot in program.slots]
    decisions = {
        "slots": slots,
        "rules": [_rule(rule, number, slot, program) for number, slot in enumerate(program.slots) for rule in slot.rules],
        "experiments": [_experiment(e) for e in program.experiments],
        "campaigns": [[c.name, _run(c.run), c.cap, _tree(c.pause)] for c in program.campaigns],
        "models": [[m.name, m.version, m.attribute, m.half_life, m.dimensions, m.field, _place(m.otherwise, program.models)] for m in program.models],
    }
    return [
        ("site", _site(program)),
        ("conditions", conditions),
        ("decisions", decisions),
        ("content", list(contents)),
        ("lists", [[name, list(values)] for name, values in program.lists]),
        ("items", {"ids": program.item_ids, "columns": dict(program.item_columns)}),
        ("lookups", [[t.name, t.fields, t.starts, t.ends, t.rows] for t in program.lookups]),
    ]


def _site(program: ir.Program) -> dict[str, Any]:
    return {
        "name": program.site,
        "hosts": program.hosts,
        "pages": program.pages,
        "attributes": [[a.name, a.type, a.purpose, a.keep, a.source, a.default, a.values] for a in program.attributes],
        "purposes": program.purposes,
        "jurisdictions": [[j.name, _tree(j.when), j.allow, j.deny_by_gpc] for j in program.jurisdictions],
        "holdout": [program.holdout[0], 1_000_000, program.holdout[1]] if program.holdout else None,
        "log_purpose": program.log_purpose,
        "deadline": program.deadline,
        "reads": program.reads,
    }


def _tree(expr: ir.Expr | None) -> tuple | None:
    return None if expr is None else tree(expr)


def _conditions(program: ir.Program) -> dict[str, Any]:
    """Terms and tests once each, in order of first use; a conjunction is a list of literals (2 × test, + 1: negated)."""
    terms: dict[ir.Term, int] = {}
    tests: dict[ir.Test, int] = {}
    conjunctions: list[list[int]] = []
    trees: dict[int, tuple] = {}
    for slot in program.slots:
        for rule in slot.rules:
            for conjunction in rule.conjunctions:
                if conjunction.tree is not None:
                    trees[len(conjunctions)] = tree(conjunction.tree)
                row = []
                for literal in conjunction.literals:
                    terms.setdefault(literal.test.term, len(terms))
                    row.append(2 * tests.setdefault(literal.test, len(tests)) + literal.negated)
                conjunctions.append(row)
    return {
        "terms": [[t.attribute, t.function, t.ordered] for t in terms],
        "tests": [[terms[t.term], t.op, t.argument] for t in tests],
        "conjunctions": conjunctions,
        "trees": trees,
    }


def _slot(slot: ir.Slot, contents: dict[tuple, int], program: ir.Program) -> list[Any]:
    variants = [[v.name, [contents.setdefault(parts, len(contents)) for parts in v.contents]] for v in slot.variants]
    default, test = _action(slot.default, slot, program), _action(slot.test, slot, program)
    return [slot.name, slot.pages, slot.selector, slot.operation, slot.component, variants, default, test, slot.always]


def _rule(rule: ir.Rule, number: int, slot: ir.Slot, program: ir.Program) -> list[Any]:
    campaign = _place(rule.campaign, program.campaigns)
    action = _action(rule.action, slot, program)
    return [rule.name, number, rule.level, len(rule.conjunctions), action, campaign, rule.segment, rule.purposes]


def _place(name: str | None, named: Sequence[Any]) -> int:
    return -1 if name is None else next(i for i, one in enumerate(named) if one.name == name)


def _action(action: ir.Action | None, slot: ir.Slot, program: ir.Program) -> list[Any] | None:
    if action is None:
        return None
    return [
        _place(action.variant, slot.variants),
        _place(action.model, program.models),
        action.take,
        _tree(action.where),
        action.at_most,
        _place(action.experiment, program.experiments),
        [_action(arm, slot, program) for arm in action.arms],
    ]


def _experiment(e: ir.Experiment) -> list[Any]:
    layer = [*e.layer, 1_000_000] if e.layer else None
    arms, weights = [name for name, _ in e.arms], [weight for _, weight in e.arms]
    return [e.name, e.salt, e.unit, e.purpose, [e.share, 1_000_000], layer, _run(e.run), arms, weights]


def _run(run: ir.Run | None) -> list[Any] | None:
    return [run.start, run.end, run.local] if run else None
