"""The report for a terminal: what changed, who sees it, and some visitors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compiler.diff.report import Change, Example, Report, Side, SlotShare
from compiler.diff.words import percent

MOST_TURNS = 3
SHOWN = 60  # characters of what is shown
MOST_LINES = 40  # of what changed


def text(report: Report) -> str:
    """Some lines; nothing of it depends on the day."""
    return "\n".join(_lines(report))


def headline(report: Report) -> str:
    """The one sentence."""
    if not report.visitors:
        return "no visitor was looked at"
    if not report.changed:
        return f"None of {report.visitors:,} visitors sees anything else."
    return f"{percent(report.share)} of {report.visitors:,} visitors see something else ({report.changed:,})."


def verdict(change: Change) -> str:
    """A change in a few words, without its details."""
    return f"{change.what} (was {change.was})" if change.was else change.what


def turns(slot: SlotShare, most: int = MOST_TURNS) -> list[str]:
    """What is seen in place of what, most often first; the same variant with another content or other items as `other content`."""
    told = [f"{one.before} → {one.after}" if one.before != one.after else f"{one.after}, other content" for one in slot.turns]
    return [f"{what} ({one.visitors:,})" for what, one in zip(told, slot.turns)][:most] + ([f"and {len(told) - most} more"] if len(told) > most else [])


def ranked(report: Report) -> list[SlotShare]:
    """The slots that are seen otherwise by anybody, most first."""
    return sorted((one for one in report.slots if one.changed), key=lambda one: (-one.changed, one.name))


def same(report: Report) -> str:
    """How many slots show the same to everybody."""
    proved = sum(one.proved for one in report.slots)
    looked = sum(not one.proved and not one.changed for one in report.slots)
    told = [f"{proved} {_slots(proved)} proved to show the same" if proved else "", f"{looked} {_slots(looked)} not proved to, and did for each of these visitors" if looked else ""]
    return "; ".join(filter(None, told))


def outcome(side: Side | None) -> str:
    """What a visitor gets, and why."""
    if side is None:
        return "the slot is not there"
    words = side.shown or ""
    return f"“{words[:SHOWN]}{'…' if len(words) > SHOWN else ''}”: {side.why}" if words else side.why


def _slots(many: int) -> str:
    return "slot is" if many == 1 else "slots are"


def _lines(report: Report) -> Iterator[str]:
    yield f"{report.site}: {report.old[:12]} → {report.new[:12]}, {report.sample}"
    yield headline(report)
    if report.changes:
        yield from ("", "What changed")
        lines = [line for change in report.changes for line in _change(change)]
        yield from lines[:MOST_LINES]
        if len(lines) > MOST_LINES:
            yield f"  and {len(lines) - MOST_LINES} lines more (--format json has all)"
    if report.visitors:
        yield from _tables(report)
    for number, example in enumerate(report.examples):
        if not number:
            yield from ("", "Examples")
        yield from _example(example)


def _change(change: Change) -> Iterator[str]:
    yield f"  {change.kind} {change.name}: {verdict(change)}"
    yield from (f"      {detail}" for detail in change.details)


def _tables(report: Report) -> Iterator[str]:
    if ranked(report):
        yield from ("", "Who sees something else, by slot")
        yield from _table([(one.name, percent(one.share), f"{one.changed:,}", "; ".join(turns(one))) for one in ranked(report)])
    if same(report):
        yield f"  {same(report)}"
    pages = [one for one in report.pages if one.changed]
    if len(report.pages) > 1 and pages:
        yield from ("", "By page")
        yield from _table([(one.name, percent(one.share), f"{one.changed:,}", "") for one in pages])
    moved = [one for one in report.segments if one.joined or one.left or one.was]
    if moved:
        yield from ("", "Segments with other members")
        yield from _table([(one.name, f"{one.before:,} → {one.after:,}", f"+{one.joined:,} −{one.left:,}", f"{percent(one.share)} of them see something else") for one in moved])
    if report.experiments:
        yield from ("", "Experiments: visitors in another arm")
        yield from _table([(one.name, percent(one.share), f"{one.moved:,} of {one.before:,}", f"{one.joined:,} come in, {one.left:,} drop out") for one in report.experiments])


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [cell.rjust(width) if i in (1, 2) else cell.ljust(width) for i, (cell, width) in enumerate(zip(row, widths))]
        yield f"  {'  '.join(cells)}".rstrip()


def _example(example: Example) -> Iterator[str]:
    where = f" on {example.page}" if example.page else ""
    who = f", {example.visitor}" if example.visitor else ""
    yield f"  {example.slot}{where}{who} ({example.visitors:,} like this one)"
    for said, side in (("was", example.old), ("now", example.new)):
        yield f"      {said}: {outcome(side)}"
