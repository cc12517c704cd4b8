"""Attributes that are declared and not read, read and not written; tables that nothing is read of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.audit.findings import Finding, finding
from compiler.audit.subject import Subject, some, times
from compiler.cel import refs
from compiler.diagnostics import Place
from tessera.propensity import SOURCE

LOOKUP, CONTEXT = "lookup.", "context."
ACCOUNT = "account.id"  # tells accounts apart whether or not a condition reads it


def declared(subject: Subject) -> Iterator[tuple[str, Any, Place]]:
    """(full name, declaration, place of its name) of the site's own attributes."""
    site = subject.ruleset.site
    for space in ("visitor", "account"):
        for name, spec in getattr(site.spec.attributes, space).items():
            yield f"{space}.{name}", spec, site.place("attributes", space, name, key=True)


def unread(subject: Subject) -> Iterator[Finding]:
    """Attributes that no decision and no content reads: kept of visitors, for nothing."""
    by_segment: dict[str, list[str]] = {}
    for segment, when in subject.program.segments:
        for attribute in refs(when):
            by_segment.setdefault(attribute, []).append(segment)
    for name, _, place in declared(subject):
        if name in subject.program.reads or name == ACCOUNT:
            continue
        segments = by_segment.get(name, [])
        message = f"nothing reads {name}" + (f" but {'a segment' if len(segments) == 1 else 'segments'} that no rule asks for ({some(segments)})" if segments else "")
        yield finding("A050", f"attribute {name}", place, message, "remove it: what is not used need not be kept of visitors")


def unwritten(subject: Subject) -> Iterator[Finding]:
    """Attributes that decisions read and that nothing writes, or nothing can."""
    for name, spec, place in declared(subject):
        if name not in subject.program.reads:
            continue
        about, source = f"attribute {name}", spec.from_
        if subject.program.cookieless and not (source or "").startswith((LOOKUP, SOURCE, CONTEXT)):
            message = f"{name} is read and never known: without cookies no profile is read"
            yield finding("A052", about, place, message, "remove what asks for it, or write `identity: {mode: cookie}`")
        elif source is None:
            message = f"{name} is read, and the site does not say who writes it"
            yield finding("A051", about, place, message, "write `from: events.…` where visitors' own doing makes it, else who loads it, such as `from: crm`")
        elif source.startswith(LOOKUP) and _is_empty_column(subject, source.removeprefix(LOOKUP), name.partition(".")[2]):
            message = f"{name} is read, and its column of the look-up '{source.removeprefix(LOOKUP)}' is empty"
            yield finding("A051", about, place, message, "fill the column, or remove what asks for it")


def _is_empty_column(subject: Subject, table: str, column: str) -> bool:
    lookup = subject.ruleset.lookups[table]
    at = lookup.fields.index(column)
    return all(values[at] is None for _, values in lookup.rows)


def unknown(subject: Subject) -> Iterator[Finding]:
    """Attributes that decisions read and of which nobody in the log has a value."""
    if subject.log is None:
        return
    for name, spec, place in declared(subject):
        if name in subject.program.reads and name not in subject.log.known and spec.default is None:
            message = f"{name} is read, and nobody in {times(subject.log.days, 'day')} of the log has a value of it"
            consent = f", and that visitors consent to '{spec.purpose}'" if spec.purpose != "none" else ""
            yield finding("A053", f"attribute {name}", place, message, f"see that {f'`{spec.from_}`' if spec.from_ else 'something'} writes it{consent}")


def tables(subject: Subject) -> Iterator[Finding]:
    """Look-ups of which no attribute is read, and their columns that none takes."""
    taken: dict[str, set[str]] = {}
    for name, spec, _ in declared(subject):
        if (spec.from_ or "").startswith(LOOKUP):
            taken.setdefault(spec.from_.removeprefix(LOOKUP), set()).add(name.partition(".")[2])
    for name, lookup in subject.ruleset.lookups.items():
        if name not in taken:
            message = f"no attribute is read of the look-up '{name}'"
            fix = f"write an attribute such as `{lookup.fields[0] if lookup.fields else 'name'}: {{…, from: lookup.{name}}}`, or remove it"
            yield finding("A040", f"lookup {name}", subject.ruleset.site.place("lookups", name, key=True), message, fix)
            continue
        free = [column for column in lookup.fields if column not in taken[name]]
        if free:
            message = f"no attribute takes {some(free)} of the look-up '{name}'"
            yield finding("A041", f"lookup {name}", lookup.place, message, "leave the column out of the file: it goes into every bundle" if len(free) == 1 else "leave the columns out of the file: they go into every bundle")
