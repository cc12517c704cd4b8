"""The report as a comment on a change: a sentence, a table, and the rest folded away. The same report gives the same text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from compiler.diff.report import Assignment, Change, Example, Report
from compiler.diff.text import headline, outcome, ranked, same, turns, verdict
from compiler.diff.words import percent

MOST_CHANGES = 60
MOST_LENGTH = 60_000  # characters; hosts of code refuse longer comments
_SPECIAL = {ord(c): f"\\{c}" for c in "\\`*_{}[]()|~!+-"} | {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("@"): "&#64;", ord("#"): "&#35;", ord("\n"): " ", ord("\r"): " "}


def markdown(report: Report) -> str:
    """GitHub's Markdown. Whatever a site's names and texts hold stands there as text."""
    found = "\n".join(_lines(report)) + "\n"
    return found if len(found) <= MOST_LENGTH else f"{found[:MOST_LENGTH].rpartition(chr(10))[0]}\n\n(cut: the JSON report has all)\n"


def plain(text: object) -> str:
    """Text with everything that Markdown or HTML would understand made plain."""
    return str(text).translate(_SPECIAL)


def _lines(report: Report) -> Iterator[str]:
    yield from (f"### What visitors see: {plain(report.site)}", "")
    yield from (f"**{headline(report)}**", "")
    if ranked(report):
        yield from _table(("Slot", "Visitors", "Share", "Seen now"), [(one.name, f"{one.changed:,}", percent(one.share), "; ".join(turns(one))) for one in ranked(report)])
    for one in report.experiments:
        yield from (_warning(one), "")
    if same(report):
        yield from (f"{same(report).capitalize()}.", "")
    if report.changes:
        yield from _folded(f"What changed ({len(report.changes)})", _changes(report.changes))
    yield from _shares(report)
    if report.examples:
        yield from _folded(f"Examples ({len(report.examples)})", (line for example in report.examples for line in _example(example)))
    yield f"<sub>{plain(report.sample)}; bundle `{report.old[:12]}` → `{report.new[:12]}`</sub>"


def _warning(one: Assignment) -> str:
    told = f"{one.moved:,} of {one.before:,} visitors in an arm ({percent(one.share)}) change arms, {one.joined:,} come in, {one.left:,} drop out"
    mark = "**Re-bucketed**: " if one.moved else ""
    return f"{mark}experiment **{plain(one.name)}**: {told}."


def _changes(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes[:MOST_CHANGES]:
        yield f"- {change.kind} **{plain(change.name)}**: {plain(verdict(change))}"
        yield from (f"  - {plain(detail)}" for detail in change.details)
    if len(changes) > MOST_CHANGES:
        yield f"- and {len(changes) - MOST_CHANGES} more"


def _shares(report: Report) -> Iterator[str]:
    pages = [(one.name, f"{one.changed:,} of {one.visitors:,}", percent(one.share)) for one in report.pages if one.changed]
    countries = [(one.name, f"{one.changed:,} of {one.visitors:,}", percent(one.share)) for one in report.countries if one.changed]
    segments = [(one.name, f"{one.before:,} → {one.after:,}", f"+{one.joined:,} −{one.left:,}", percent(one.share)) for one in report.segments if one.changed or one.joined or one.left]
    if pages:
        yield from _folded("By page", _table(("Page", "Visitors", "Share"), pages))
    if countries:
        yield from _folded("By country", _table(("Country", "Visitors", "Share"), countries))
    if segments:
        yield from _folded("By segment", _table(("Segment", "Members", "In and out", "See something else"), segments))
    for one in report.experiments:
        rows = [(old or "outside", new or "outside", f"{many:,}") for old, new, many in one.matrix]
        yield from _folded(f"Arms of {plain(one.name)}", _table(("Before", "After", "Visitors"), rows))


def _example(example: Example) -> Iterator[str]:
    where = f" on {plain(example.page)}" if example.page else ""
    who = f", {plain(example.visitor)}" if example.visitor else ""
    yield f"- **{plain(example.slot)}**{where}{who} ({example.visitors:,} like this one)"
    yield f"  - was: {plain(outcome(example.old))}"
    yield f"  - now: {plain(outcome(example.new))}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(':--' if i == 0 or name == 'Seen now' or name == 'After' else '--:' for i, name in enumerate(head))}|"
    for row in rows:
        yield f"| {' | '.join(map(plain, row))} |"
    yield ""


def _folded(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield from ("<details>", f"<summary>{title}</summary>", "")
    yield from lines
    yield from ("", "</details>", "")
