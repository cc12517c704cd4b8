"""The report as one HTML file, for people who do not read code: no script, no request, readable on a phone and in print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from compiler.diff.report import Assignment, Change, Example, Report, Share, Side
from compiler.diff.text import headline, ranked, same, turns, verdict
from compiler.diff.words import percent

MOST_BARS = 24
_STYLE = """
:root{--ink:#1d2430;--soft:#5b6675;--line:#dde2ea;--paper:#fff;--back:#f4f6f9;--main:#2f6fb5;--pale:#d9e6f5;--warn:#a4550a;--warnback:#fdf1e3}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecf2;--soft:#a2adbb;--line:#36404d;--paper:#1c222b;--back:#13171d;--main:#79b0ea;--pale:#2a3b50;--warn:#f0b26b;--warnback:#3a2c19}}
*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 3rem}h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:0 0 .75rem}
section{background:var(--paper);border:1px solid var(--line);border-radius:.6rem;padding:1.1rem 1.25rem;margin:1rem 0}p{margin:.4rem 0}
.soft{color:var(--soft);font-size:.9rem}.big{display:flex;flex-wrap:wrap;gap:1.25rem;align-items:center}.big svg{flex:0 0 9rem}.big>div{flex:1 1 16rem}.lead{font-size:1.15rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:break-word}th{color:var(--soft);font-weight:600;font-size:.85rem}
.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}.scroll{overflow-x:auto}svg.bar{display:block;width:100%;height:.8rem;min-width:5rem}.wide{width:30%}
ul{margin:.2rem 0 .2rem 1.1rem;padding:0}li{margin:.15rem 0;overflow-wrap:anywhere}.warn{background:var(--warnback);border-left:.3rem solid var(--warn);padding:.5rem .8rem;border-radius:.3rem;margin:.6rem 0}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:.8rem}.side{border:1px solid var(--line);border-radius:.4rem;padding:.6rem .8rem;min-width:0;overflow-wrap:anywhere}.side b{display:block;font-size:.8rem;color:var(--soft)}
.shown{background:var(--back);border-radius:.3rem;padding:.4rem .6rem;margin:.4rem 0;font-size:.92rem}details{margin:.3rem 0}summary{cursor:pointer}article{padding:.4rem 0 .9rem;border-bottom:1px solid var(--line)}article:last-child{border:0}
@media(max-width:38rem){.pair{grid-template-columns:1fr}.wide{display:none}section{padding:.9rem .8rem}}
@media print{:root{--back:#fff;--paper:#fff;--ink:#000;--soft:#444;--line:#bbb}body{font-size:11pt}main{max-width:none;padding:0}section{break-inside:avoid-page;border:0;border-top:1px solid var(--line);border-radius:0;padding:.7rem 0}article{break-inside:avoid}svg *{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""


def page(report: Report) -> str:
    """The file. Every value of the site is escaped; the page's policy forbids all that is not in it."""
    title = f"What visitors of {escape(report.site)} see"
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{_STYLE}</style>"
    )
    return f'<!doctype html><html lang="en"><head>{head}</head><body><main>{"".join(_body(report, title))}</main></body></html>\n'


def _body(report: Report, title: str) -> Iterator[str]:
    yield f'<h1>{title}</h1><p class="soft">{escape(report.sample)}; from the release {report.old[:12]} to {report.new[:12]}</p>'
    notes = "".join(_warning(one) for one in report.experiments)
    told = same(report)
    yield f'<section class="big">{_ring(report.share)}<div><p class="lead"><strong>{escape(headline(report))}</strong></p>'
    yield f"{f'<p class=soft>{escape(told.capitalize())}.</p>' if told else ''}{notes}</div></section>"
    slots = ranked(report)
    if slots:
        rows = [(escape(one.name), _bar(one.share), percent(one.share), _list(turns(one, 6))) for one in slots]
        yield _section("By slot", _table(("Slot", "", "Visitors", "What is seen now in place of what"), rows))
    yield _section("By page", _shares("Page", report.pages))
    yield _section("By country", _shares("Country", report.countries[:MOST_BARS]))
    segments = [one for one in report.segments if one.changed or one.joined or one.left]
    if segments:
        rows = [(escape(one.name), _bar(one.share), percent(one.share), f"{one.before:,} → {one.after:,}", f"+{one.joined:,} −{one.left:,}") for one in segments]
        yield _section("By segment", _table(("Segment", "", "Of its members", "Members", "In and out"), rows))
    for one in report.experiments:
        yield _section(f"Who is in which arm of {escape(one.name)}", _matrix(one))
    if report.examples:
        yield _section("Visitors to look at", "".join(map(_example, report.examples)))
    if report.changes:
        yield _section("What changed in the files", f"<ul>{''.join(map(_change, report.changes))}</ul>")


def _section(title: str, inner: str) -> str:
    return f"<section><h2>{title}</h2>{inner}</section>" if inner else ""


def _warning(one: Assignment) -> str:
    if not one.moved:
        return f"<p>In the experiment <strong>{escape(one.name)}</strong> nobody changes arms; {one.joined:,} come in, {one.left:,} drop out.</p>"
    said = f"{one.moved:,} of {one.before:,} visitors in an arm ({percent(one.share)}) would change arms; what was measured so far is of other groups."
    return f'<p class="warn">Experiment <strong>{escape(one.name)}</strong>: {said}</p>'


def _ring(share: float) -> str:
    """The share as a ring: its arc has the length of the share of a circle of circumference 100."""
    told = percent(share)
    return (
        f'<svg viewBox="0 0 36 36" role="img" aria-label="{told} of visitors see something else"><circle cx="18" cy="18" r="15.915" fill="none" stroke="var(--pale)" stroke-width="4"/>'
        f'<circle cx="18" cy="18" r="15.915" fill="none" stroke="var(--main)" stroke-width="4" stroke-dasharray="{100 * share:.2f} 100" transform="rotate(-90 18 18)"/>'
        f'<text x="18" y="20" text-anchor="middle" font-size="6" fill="currentColor">{told}</text></svg>'
    )


def _bar(share: float) -> str:
    width = max(100 * share, 0.6) if share else 0
    return (
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="8" rx="1" fill="var(--pale)"/>'
        f'<rect width="{width:.2f}" height="8" rx="1" fill="var(--main)"/></svg>'
    )


def _shares(what: str, shares: Sequence[Share]) -> str:
    if not any(one.changed for one in shares):
        return ""
    return _table((what, "", "Share", "Visitors"), [(escape(one.name), _bar(one.share), percent(one.share), f"{one.changed:,} of {one.visitors:,}") for one in shares])


def _matrix(one: Assignment) -> str:
    """Arms before (rows) by arms after (columns); the fuller a cell, the darker."""
    old = sorted({before for before, _, _ in one.matrix}, key=lambda arm: (arm == "", arm))
    new = sorted({after for _, after, _ in one.matrix}, key=lambda arm: (arm == "", arm))
    counts = {(before, after): many for before, after, many in one.matrix}
    most = max(counts.values(), default=1)

    def cell(before: str, after: str) -> str:
        many = counts.get((before, after), 0)
        return f'<td class="number" style="background:color-mix(in srgb,var(--pale) {100 * many / most:.0f}%,transparent)">{many:,}</td>'

    head = "".join(f'<th class="number">{escape(after) or "outside"}</th>' for after in new)
    rows = "".join(f"<tr><th>{escape(before) or 'outside'}</th>{''.join(cell(before, after) for after in new)}</tr>" for before in old)
    return f'<div class="scroll"><table><thead><tr><th>before \\ after</th>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are markup already; numbers and shares stand to the right, a bar has a column of its own."""
    classes = ["wide" if name == "" else "number" if name in ("Share", "Visitors", "Of its members", "Members", "In and out") else "" for name in head]
    tagged = [f' class="{one}"' if one else "" for one in classes]
    top = "".join(f"<th{kind}>{name}</th>" for kind, name in zip(tagged, head))
    body = "".join(f"<tr>{''.join(f'<td{kind}>{cell}</td>' for kind, cell in zip(tagged, row))}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _list(lines: Sequence[str]) -> str:
    return "<br>".join(map(escape, lines))


def _change(change: Change) -> str:
    details = "".join(f"<li>{escape(detail)}</li>" for detail in change.details)
    return f"<li>{escape(change.kind)} <strong>{escape(change.name)}</strong>: {escape(verdict(change))}{f'<ul>{details}</ul>' if details else ''}</li>"


def _example(example: Example) -> str:
    where = f" on {escape(example.page)}" if example.page else ""
    who = f", visitor {escape(example.visitor)}" if example.visitor else ""
    known = "".join(f"<li>{escape(name)}: {escape(_value(value))}</li>" for name, value in example.known)
    facts = f"<details><summary>What is known of this visitor</summary><ul>{known}</ul></details>" if known else ""
    return (
        f"<article><p><strong>{escape(example.slot)}</strong>{where}{who} <span class=soft>({example.visitors:,} like this one)</span></p>"
        f'<div class="pair">{_side("Before", example.old)}{_side("After", example.new)}</div>{facts}</article>'
    )


def _side(title: str, side: Side | None) -> str:
    if side is None:
        return f'<div class="side"><b>{title}</b>The slot is not there.</div>'
    shown = "The page as it is" if side.shown is None else side.shown
    return f'<div class="side"><b>{title}: {escape(side.variant)}</b><div class="shown">{escape(shown)}</div><p class="soft">{escape(side.why)}</p></div>'


def _value(value: object) -> str:
    return ", ".join(map(str, value)) or "nothing" if isinstance(value, list) else str(value)
