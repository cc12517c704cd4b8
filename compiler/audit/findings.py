"""What an audit tells: coded findings about a site that compiles, each with its place, its weight and how to mend it.

Codes begin with A. What `tessera check` warns of is part of an audit too, under its own code (W…), so one thing has one code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from compiler.diagnostics import Diagnostic, Place

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")

# code → (how grave, what it means); in words and with an example each: docs/audit.md
CODES: Mapping[str, tuple[Severity, str]] = {
    # rules
    "A001": ("warning", "a rule whose campaign is over"),
    "A002": ("note", "a rule whose campaign does not begin for a long time"),
    "A003": ("warning", "a rule whose condition can hold no more, because of a date in it"),
    "A004": ("warning", "a rule whose campaign is always paused"),
    "A005": ("warning", "a rule that a rule above it, with the same outcome, makes redundant"),
    "A006": ("note", "a rule without which the same would be shown, by a rule below it or by the default"),
    "A007": ("note", "a rule that decided nothing in the log"),
    # segments
    "A010": ("warning", "a segment that nobody can be in"),
    "A011": ("warning", "a segment that nobody in the log is in"),
    "A012": ("note", "segments of the same condition"),
    # experiments
    "A020": ("warning", "an experiment that is over, and still runs in a slot"),
    "A021": ("note", "an experiment that does not begin for a long time"),
    "A022": ("warning", "an experiment that has run for long, without a decision"),
    "A023": ("note", "an experiment without an end"),
    "A024": ("warning", "an experiment or a campaign without a goal"),
    "A025": ("warning", "an experiment in which nobody in the log takes part"),
    "A026": ("warning", "arms that do the same"),
    # content
    "A030": ("warning", "a variant that is never shown, because of the rules that show it"),
    "A031": ("note", "a variant that nobody in the log was shown"),
    "A032": ("warning", "variants of the same copy"),
    "A033": ("note", "a slot that nobody in the log asked for"),
    # tables
    "A040": ("warning", "a look-up that no attribute is read of"),
    "A041": ("note", "a column of a look-up that no attribute takes"),
    # attributes
    "A050": ("warning", "an attribute that is declared and never read"),
    "A051": ("warning", "an attribute that is read and, as far as the files tell, never written"),
    "A052": ("error", "an attribute that is read and can never be known"),
    "A053": ("warning", "an attribute that is read and that nobody in the log has"),
    # conventions
    "A060": ("warning", "a name that is not as the conventions want it"),
    "A061": ("note", "metadata that the conventions want and that is missing"),
    "A062": ("warning", "something that nobody owns"),
    "A063": ("warning", "an owner whom the conventions do not know"),
    # jurisdictions
    "A070": ("note", "an attribute that is read where it is not permitted without opt-in"),
    "A071": ("warning", "a rule that is only for places where it needs an opt-in"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that an audit found. `fix` says how to mend it; `about` is what it is about, such as `rule hero.abm`."""

    code: str
    place: Place
    message: str
    fix: str
    about: str
    severity: Severity

    def render(self) -> str:
        """The finding as text of two to four lines, as `tessera check` prints its messages."""
        return Diagnostic(f"{self.severity} {self.code}", self.message, self.place, self.fix).render()

    def plain(self) -> dict[str, Any]:
        """The finding as JSON."""
        place = {"file": self.place.file, "line": self.place.line, "column": self.place.column, "length": self.place.length}
        return {"code": self.code, "severity": self.severity, "about": self.about, "message": self.message, **place, "fix": self.fix}


def finding(code: str, about: str, place: Place, message: str, fix: str) -> Finding:
    """A finding of a code, as grave as CODES says. Raises KeyError for a code that is not there."""
    return Finding(code, place, message, fix, about, CODES[code][0])


def in_order(found: list[Finding]) -> tuple[Finding, ...]:
    """The findings by file, line, column and code, each once."""
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (one.place.file, one.place.line, one.place.column, one.code, one.message)))
