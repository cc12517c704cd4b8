"""`tessera decide` and `tessera explain`: what a visitor, or a context, would get and why."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from compiler.terminal import DECIDED, JSON, emit_json, fail, opened

VISITOR = click.option("--visitor", type=click.Path(path_type=Path), metavar="FILE", help="A visitor as JSON: id, attributes, consent, at.")
CONTEXT = click.option("--context", metavar="FILE|JSON", help="In place of a visitor: the facts as a JSON object, as callers supply them (`-`: standard input).")
AT = click.option("--at", metavar="TIME", help="With --context: the time, such as 2026-12-03T20:15:00+01:00 (now, unless given).")
PAGE = click.option("--page", metavar="PATH", help="Only the slots of this page (a path such as /p/kochere, or a page's name).")
KEY = click.option("--key", "keys", multiple=True, metavar="PUBKEY", help="A public key file; the bundle must then be signed by one of them.")
LONGEST_VALUE = 48  # characters of a value in the table


def decided(source: Path, visitor: Path | None, context: str | None, at: str | None, page: str | None, keys: tuple[str, ...] = ()):
    """The bundle, and (visit, decision) for each slot of the page; without one each slot on the first page that has it."""
    from compiler.visitors import VisitorError

    if (visitor is None) == (context is None):
        raise click.UsageError("Give either --visitor or --context.")
    if visitor is not None and at is not None:
        raise click.UsageError("--at goes with --context; a visitor's file has its own `at`.")
    bundle = opened(source, keys)
    try:
        return bundle, _of_visitor(bundle, visitor, page) if visitor is not None else _of_context(bundle, context or "", at, page)
    except VisitorError as error:
        fail(str(error))


def _of_visitor(bundle, visitor: Path, page: str | None) -> list[tuple]:
    from compiler.visitors import page_of, read_file, visit_of
    from tessera.decide import decide as decide_slots

    told = read_file(visitor)
    pages = [page_of(bundle, page)] if page else [*(name for name, _ in bundle.pages), None]  # None: flags are on no page
    visits = {name: visit_of(bundle, told, name, page or "") for name in pages}
    for attribute in next(iter(visits.values()))[1]:
        click.echo(f"tessera: warning: the site does not know the attribute '{attribute}'; it is ignored", err=True)
    found: dict[int, tuple] = {}
    for name, (visit, _) in visits.items():
        for decision in decide_slots(bundle, visit, name):
            found.setdefault(decision.slot, (visit, decision))
    return [found[slot] for slot in sorted(found)]


def _of_context(bundle, context: str, at: str | None, page: str | None) -> list[tuple]:
    from compiler.contexts import moment, read, visit_of
    from compiler.visitors import page_of
    from tessera.decide import decide as decide_slots

    visit = visit_of(bundle, read(sys.stdin.read() or "{}" if context == "-" else context), at=moment(at))
    return [(visit, decision) for decision in decide_slots(bundle, visit, page_of(bundle, page) if page else None)]


@click.command()
@DECIDED
@VISITOR
@CONTEXT
@click.option("--flag", "flags", multiple=True, metavar="NAME", help="Only this flag or slot (may be repeated).")
@AT
@PAGE
@click.option("--why", "with_why", is_flag=True, help="With the sentence why, the rules that were tried, and the next best (see `tessera explain`).")
@KEY
@JSON
def decide(
    source: Path,
    visitor: Path | None,
    context: str | None,
    flags: tuple[str, ...],
    at: str | None,
    page: str | None,
    with_why: bool,
    keys: tuple[str, ...],
    as_json: bool,
) -> None:
    """Decide every slot and flag for a visitor or a context, with the edge's own code.

    \b
    Examples:
      tessera decide store.tessera --visitor rulesets/store/profiles/ana.json
      tessera decide store.tessera --visitor ana.json --page / --json
      tessera decide my-flags --context '{"id": "u1", "country": "US"}'
      tessera decide my-flags --context context.json --flag new-checkout --why --json
    """
    from tessera.record import outcome

    loaded, decisions = decided(source, visitor, context, at, page, keys)
    told = {}
    chosen = _only(loaded, decisions, flags)
    for _, decision in chosen:
        slot = loaded.slots[decision.slot]
        told[slot.flag or slot.name] = {**_value(loaded, decision), **outcome(loaded, decision)}
    if with_why:
        from tessera.explain import explain as explain_slot

        for (visit, decision), one in zip(chosen, told.values()):
            one |= explained(explain_slot(loaded, visit, decision))
    if as_json:
        emit_json({"bundle": loaded.name, "decisions": told})
        return
    for line, one in zip(table(told), told.values()):
        click.echo(line)
        if with_why:
            click.echo(f"    {one['sentence']}")


def _value(bundle, decision) -> dict[str, Any]:
    """The value of a flag under `value`, and its metadata if it has any; nothing for a slot of a page."""
    from tessera.decide import value_of

    slot = bundle.slots[decision.slot]
    metadata = {"metadata": slot.metadata} if slot.metadata else {}
    return {} if slot.values is None else {"value": value_of(bundle, decision), **metadata}


def _only(bundle, decisions: list[tuple], wanted: Iterable[str]) -> list[tuple]:
    """The decisions of the slots that are asked for, by their names or those of their flags; all where none is."""
    from compiler.diagnostics import nearest

    names = {name: number for number, slot in enumerate(bundle.slots) for name in (slot.name, slot.flag) if name}
    for name in wanted:
        if name not in names:
            known = [slot.flag or slot.name for slot in bundle.slots]
            near = nearest(name, known)
            fail(f"no slot '{name}'; " + (f"did you mean '{near}'?" if near else f"the slots are {', '.join(known)}"))
    numbers = {names[name] for name in wanted}
    return [one for one in decisions if not numbers or one[1].slot in numbers]


def table(told: dict[str, dict[str, Any]]) -> list[str]:
    """One line a slot: name, a flag's value, variant, level, reason, and where they apply rule and experiment."""
    rows = [
        (name, _short(one["value"]) if "value" in one else "", one["variant"], one["level"], one["reason"], _rule_and_test(one))
        for name, one in told.items()
    ]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(5)]
    cells = [[cell.ljust(width) for cell, width in zip(row, widths) if width] + [row[5]] for row in rows]
    return ["  ".join(row).rstrip() for row in cells]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _rule_and_test(one: dict[str, Any]) -> str:
    test = f"{one['experiment']}={one['arm']}" if one["experiment"] else ""
    return " ".join(filter(None, (one["rule"], test)))


@click.command()
@DECIDED
@VISITOR
@CONTEXT
@AT
@PAGE
@click.option("--slot", "--flag", "only", metavar="NAME", help="Only this slot or flag.")
@KEY
@JSON
def explain(
    source: Path, visitor: Path | None, context: str | None, at: str | None, page: str | None, only: str | None, keys: tuple[str, ...], as_json: bool
) -> None:
    """Say in plain sentences why each slot got its variant, and why the rules above it did not hold.

    \b
    Examples:
      tessera explain store.tessera --visitor rulesets/store/profiles/ana.json --slot hero
      tessera explain my-flags --context '{"id": "u1"}' --flag new-checkout
    """
    from tessera.explain import explain as explain_slot

    loaded, decisions = decided(source, visitor, context, at, page, keys)
    found = [explain_slot(loaded, visit, d) for visit, d in _only(loaded, decisions, [only] if only else [])]
    if as_json:
        emit_json({e.slot: explained(e) for e in found})
        return
    for one in found:
        click.echo(f"{one.slot}: {one.sentence}")
        for attempt in one.attempts:
            click.echo(f"    {'✓' if attempt.held else '✗'} {attempt.rule} ({attempt.level}): {attempt.because}")
        for other in one.alternatives:
            weight = "" if other.weight is None else f" ({other.weight:g})"
            click.echo(f"    ↷ else {other.variant}{weight}: {other.because}")


def explained(explanation) -> dict[str, Any]:
    """An explanation as JSON; `alternatives` begin with the runner-up."""
    return {
        "sentence": explanation.sentence,
        "tried": [attempt._asdict() for attempt in explanation.attempts],
        "alternatives": [other._asdict() for other in explanation.alternatives],
    }
