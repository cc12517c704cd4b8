"""The register of processing: what a site keeps of its visitors, what for, where they must agree, where it lies, for how long.

Made of the compiled site alone. A row is one thing in one store; what ends its time there is named by `ended`, and
tests/compiler/test_retention.py runs every one of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from compiler import ir
from compiler.pipeline import Compiled
from tessera import identity, preview
from tessera.propensity import SOURCE

QUEUE_SECONDS = 4 * 86_400  # the platform's `message_retention_period` unless the queue says otherwise
CHOICES = 400 * 86_400  # seconds for which it is known what somebody chose, or that they were erased
LONGEST_PREVIEW = 30 * 86_400
FREE, GPC, OPT_IN = "allowed", "allowed, denied by GPC", "opt-in"
ELSEWHERE = "elsewhere"  # where no jurisdiction holds

Kind = Literal["attribute", "profile field", "log field", "event field", "cookie", "message", "rule", "experiment"]
Store = Literal["cookie", "browser", "facts (KV)", "profile (KV)", "state (R2)", "log (R2)", "queue", "request"]
Ended = Literal["request", "max-age", "session", "token", "site", "keep", "keep, at the next event or `tessera profiles expire`", "KV expiry", "`tessera profiles expire`", "`tessera log expire`", "queue"]


class Row(NamedTuple):
    """One thing in one store.

    Attributes:
        purposes: what it needs consent for; empty where it needs none. enough: whether `any` of them is enough, or it needs `all`.
        allowed: jurisdiction → FREE, GPC or OPT_IN.
        period: seconds; 0 until the session ends or the request is answered, None where the site that set it says.
        ended: what ends it.
    """

    kind: Kind
    name: str
    what: str
    purposes: tuple[str, ...]
    allowed: Mapping[str, str]
    store: Store
    period: int | None
    ended: Ended
    sensitive: bool = False
    enough: Literal["all", "any"] = "all"

    def plain(self) -> dict[str, Any]:
        """The row as JSON."""
        return {**self._asdict(), "purposes": list(self.purposes), "allowed": dict(self.allowed), "period": spoken_period(self.period), "seconds": self.period}


def spoken_period(seconds: int | None) -> str:
    """A period as site.yaml writes it."""
    if seconds is None:
        return "as its setter says"
    if seconds == 0:
        return "session"
    size, unit = next((size, unit) for size, unit in ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s")) if seconds % size == 0)
    return f"{seconds // size}{unit}"


@dataclass(frozen=True)
class _Site:
    """What the rows are made of."""

    program: ir.Program
    sensitive: frozenset[str]

    def allowed(self, purposes: tuple[str, ...], enough: str) -> dict[str, str]:
        """Per jurisdiction whether these purposes, or one of them, are in force without a choice of the visitor's."""
        found = {one.name: self._in(one, purposes, enough) for one in self.program.jurisdictions}
        if not self.program.jurisdictions or self.program.jurisdictions[-1].when is not None:
            found[ELSEWHERE] = FREE if not purposes else OPT_IN
        return found

    @staticmethod
    def _in(jurisdiction: ir.Jurisdiction, purposes: tuple[str, ...], enough: str) -> str:
        if not purposes:
            return FREE
        if not (any if enough == "any" else all)(purpose in jurisdiction.allow for purpose in purposes):
            return OPT_IN
        return GPC if jurisdiction.deny_by_gpc else FREE

    @property
    def logged(self) -> tuple[str, ...]:
        return (self.program.log_purpose,) if self.program.log_purpose else ()

    def row(self, kind: Kind, name: str, what: str, purposes: tuple[str, ...], store: Store, period: int | None, ended: Ended) -> Row:
        enough: Literal["all", "any"] = "any" if purposes is self.program.purposes else "all"
        return Row(kind, name, what, purposes, self.allowed(purposes, enough), store, period, ended, name in self.sensitive, enough)


def rows(compiled: Compiled) -> tuple[Row, ...]:
    """The register of a site, in the order of its chapters."""
    declared = compiled.ruleset.site.spec.attributes
    sensitive = frozenset(
        f"{space}.{name}" for space in ("visitor", "account") for name, one in getattr(declared, space).items() if one.sensitive
    )  # fmt: skip
    site = _Site(compiled.program, sensitive)
    return tuple(row for chapter in (_attributes, _profile, _log, _events, _cookies, _messages, _rules, _experiments) for row in chapter(site))


# --- chapters --------------------------------------------------------------------------------------------------------


def longest_keep(program: ir.Program) -> int:
    """Seconds for which something of a profile is kept at most, as the edges' copy of it lives."""
    keeps = [one.keep for one in program.attributes if one.keep and not one.name.startswith("request.")]
    return max([*keeps, *(campaign.cap[1] for campaign in program.campaigns if campaign.cap)], default=CHOICES)


def logged_for(attribute: ir.Attribute, program: ir.Program) -> int:
    """Seconds for which a value of an attribute is in the log: no longer than it may be kept; of one of a session a day."""
    return min(program.log_keep, attribute.keep or 86_400) if not attribute.name.startswith("request.") else program.log_keep


def _attributes(site: _Site) -> Iterator[Row]:
    program = site.program
    for one in program.attributes:
        own = (one.purpose,) if one.purpose else ()
        source = f", from {one.source}" if one.source else ""
        what = f"{one.type}{source}"
        if one.name.startswith("request."):
            yield site.row("attribute", one.name, "of the request alone", (), "log (R2)", program.log_keep, "`tessera log expire`")
            continue
        keep = one.keep or 0
        read = one.name in program.reads
        if (one.source or "").startswith(("lookup.", SOURCE)):
            yield site.row("attribute", one.name, what, own, "request", 0, "request")
        else:
            if read and not program.cookieless:
                yield site.row("attribute", one.name, what, own, "cookie", min(keep, identity.MAX_AGE), "keep" if keep else "session")
            yield site.row("attribute", one.name, what, own, "facts (KV)", longest_keep(program), "KV expiry")
            yield site.row("attribute", one.name, what, own, "profile (KV)", keep, "keep" if keep else "session")
            yield site.row("attribute", one.name, what, own, "state (R2)", keep, "keep, at the next event or `tessera profiles expire`")
        if read:
            yield site.row("attribute", one.name, what, (*own, *(p for p in site.logged if p not in own)), "log (R2)", logged_for(one, program), "`tessera log expire`")


PROFILE_FIELDS: Mapping[str, str] = {
    "v": "version of the document",
    "attributes": "the attributes above",
    "updated_at": "when each attribute was written",
    "state": "what sums and counts of events are made of",
    "updated": "when anything was written",
    "created": "the first event",
    "last": "the last sign of life",
    "seen": "when campaigns were seen, at most 64 times each",
    "segments": "the segments that the visitor was in at the last change",
    "applied": "ids of the last 128 events",
    "level": "how far the visitor wants personalisation to go",
    "purposes": "the consent at the last event",
    "jurisdiction": "the jurisdiction at the last event",
    "sticky": "arms of experiments that are kept",
    "visitors": "of an account: the ids of its visitors",
    "moving": "the account to which a login takes the profile along, until it is there",
    "moved_to": "the account to which a login took it",
    "erased": "of an erased profile: when, and nothing else",
}


def _profile(site: _Site) -> Iterator[Row]:
    """A profile is kept of who has an id, and so where any purpose is in force; that of who has chosen a level, and that somebody
    was erased, at least as long as cookies live."""
    longest = max(CHOICES, longest_keep(site.program))
    for name, what in PROFILE_FIELDS.items():
        yield site.row("profile field", name, what, site.program.purposes, "profile (KV)", longest, "KV expiry")
        yield site.row("profile field", name, what, site.program.purposes, "state (R2)", longest, "`tessera profiles expire`")
    yield site.row("profile field", "alias", "of an account: the ids of its visitors, as loaded or by logins", site.program.purposes, "profile (KV)", longest, "KV expiry")


LOG_FIELDS: Mapping[str, str] = {
    "unit": "the visitor's id",
    "unit_kind": "what kind of id",
    "ages": "how old the stored values were",
    "sticky": "arms of experiments that are kept",
    "seen": "when campaigns were seen",
}
NAMELESS_FIELDS: Mapping[str, str] = {
    "v": "the version of the rows",
    "id": "of the page view",
    "page": "which page",
    "channel": "web, or another",
    "at": "when",
    "offset": "the visitor's time zone, in minutes",
    "bundle": "the release that decided",
    "inputs": "the values that decided: the attributes above",
    "purposes": "the purposes in force",
    "jurisdiction": "the jurisdiction that applied",
    "served_from": "where stored values came from",
    "fallbacks": "what could not be had",
    "page_status": "what became of the page",
    "slot": "which slot, and what it showed, by which rule, in which arm, of which model",
}


def _log(site: _Site) -> Iterator[Row]:
    for name, what in LOG_FIELDS.items():
        yield site.row("log field", name, what, site.logged, "log (R2)", site.program.log_keep, "`tessera log expire`")
    for name, what in NAMELESS_FIELDS.items():
        yield site.row("log field", name, what, (), "log (R2)", site.program.log_keep, "`tessera log expire`")


EVENT_FIELDS: Mapping[str, str] = {"unit": "the visitor's id", "order": "id of an order", "fields": "what a form told, of the fields that attributes come from"}


def _events(site: _Site) -> Iterator[Row]:
    for name, what in EVENT_FIELDS.items():
        yield site.row("event field", name, what, site.logged, "log (R2)", site.program.log_keep, "`tessera log expire`")
    yield site.row("event field", "all others", "what happened, when, on which page, without an id", (), "log (R2)", site.program.log_keep, "`tessera log expire`")


def _cookies(site: _Site) -> Iterator[Row]:
    program = site.program
    if not program.cookieless:
        what = "the signed id, arms that are kept, and the sealed copy of the profile"
        yield site.row("cookie", identity.COOKIE, what, program.purposes, "browser", identity.MAX_AGE, "max-age")
        if any("session" in (one.unit, one.fallback_unit) for one in program.experiments):
            yield site.row("cookie", identity.SESSION, "the signed id of a session", program.purposes, "browser", 0, "session")
    yield site.row("cookie", preview.PARAMETER, "a signed preview link, of who opened one", (), "browser", LONGEST_PREVIEW, "token")
    told = dict(program.consent)
    for key in ("cookie", "tcf", "gpp", "us_privacy"):
        if told.get(key):
            yield site.row("cookie", told[key], "the visitor's choice; read, never set", (), "browser", None, "site")
    if program.login:
        yield site.row("cookie", dict(program.login)["cookie"], "who has logged in; read, never set", (), "browser", None, "site")


def _messages(site: _Site) -> Iterator[Row]:
    program = site.program
    for name, what in (("decisions", "page views, as the log has them"), ("events", "events, logins and erasures")):
        yield site.row("message", name, what, (), "queue", QUEUE_SECONDS, "queue")
    yield site.row("message", "dead", "messages that could not be carried out, below dead/", (), "log (R2)", program.log_keep, "`tessera log expire`")


def _rules(site: _Site) -> Iterator[Row]:
    for slot in site.program.slots:
        for rule in slot.rules:
            what = f"{rule.level}{f', segment {rule.segment}' if rule.segment else ''}{f', campaign {rule.campaign}' if rule.campaign else ''}"
            yield site.row("rule", f"{slot.name}.{rule.name}", what, rule.purposes, "log (R2)", site.program.log_keep, "`tessera log expire`")


def _experiments(site: _Site) -> Iterator[Row]:
    program = site.program
    for one in program.experiments:
        purposes = (one.purpose,) if one.purpose else ()
        what = f"randomises by {one.unit}"
        yield site.row("experiment", one.name, what, purposes, "log (R2)", program.log_keep, "`tessera log expire`")
        if one.sticky:
            yield site.row("experiment", one.name, f"{what}; the arm is kept", purposes, "browser", identity.MAX_AGE, "max-age")


# --- texts -----------------------------------------------------------------------------------------------------------

TITLES = {
    "attribute": "Attributes", "profile field": "Fields of a profile", "log field": "Fields of the decision log", "event field": "Fields of the event log",
    "cookie": "Cookies", "message": "Messages", "rule": "Rules", "experiment": "Experiments",
}  # fmt: skip
HEAD = """\
# Register of processing: {site}

What this site keeps of its visitors, one row for each thing in each store: what for, whether a jurisdiction allows it without
the visitor's choice ("opt-in": only after one), for how long, and what ends it. Made by `tessera register` of the site's files.
"""


def markdown(site: str, found: tuple[Row, ...]) -> str:
    """The register as a document."""
    places = list(found[0].allowed) if found else []
    parts = [HEAD.format(site=site)]
    for kind, title in TITLES.items():
        lines = [_line((row.name + (" (sensitive)" if row.sensitive else ""), row.what, _purpose(row), *row.allowed.values(), row.store, spoken_period(row.period), row.ended)) for row in found if row.kind == kind]
        if lines:
            head = ("name", "what", "purpose", *places, "store", "period", "ended by")
            parts.append("\n".join([f"## {title}\n", _line(head), "|" + "---|" * len(head), *lines, ""]))
    return "\n".join(parts)


def _purpose(row: Row) -> str:
    return (" or " if row.enough == "any" else " and ").join(row.purposes) or "none needed"


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def csv_lines(found: tuple[Row, ...]) -> Iterator[list[str]]:
    """The register as lines of cells, the header first."""
    places = list(found[0].allowed) if found else []
    yield ["kind", "name", "what", "purpose", *places, "store", "period", "seconds", "ended by", "sensitive"]
    for row in found:
        seconds = "" if row.period is None else str(row.period)
        yield [row.kind, row.name, row.what, _purpose(row), *row.allowed.values(), row.store, spoken_period(row.period), seconds, row.ended, str(row.sensitive).lower()]
