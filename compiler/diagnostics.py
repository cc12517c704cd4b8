"""Coded messages about a site's files: where, what, and how to mend it. All of a run are collected, none stops the run."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

CODES: dict[str, str] = {
    # files, YAML and shapes
    "E001": "a file cannot be read, or one that must be there is missing",
    "E002": "a file is not UTF-8 text",
    "E003": "the YAML does not parse",
    "E004": "a tab where YAML wants spaces",
    "E005": "a key stands twice in one mapping",
    "E006": "a file is too large, too deeply nested, or grows too large by its aliases",
    "E007": "a file is empty or is not a mapping",
    "E008": "an unquoted value that YAML reads as a tag, an anchor or a comment",
    "E009": "an unknown key",
    "E010": "a key that must be there is missing",
    "E011": "a value of the wrong type",
    "E012": "a value that is not possible here (a salt, a share, a duration, a date…)",
    "E013": "a name that is not snake_case, too long, or reserved",
    "E014": "a file that another one names is missing or lies outside the site",
    "E015": "a CSV file that does not have the columns or values it should",
    "E016": "keys that do not go together, or not exactly one of show, rank, test or set",
    # names and types in conditions
    "E020": "a condition that is not valid CEL",
    "E021": "an unknown attribute",
    "E022": "an operator or function applied to types it is not defined for",
    "E023": "a value that the attribute's enumeration does not have",
    "E024": "CEL that the edge does not support",
    "E025": "an expression of another type than its place needs",
    "E026": "a literal that cannot be: a timestamp, duration, version or address",
    "E027": "an invalid regular expression",
    "E028": "a name that may not be used in this place",
    "E029": "an unknown segment",
    "E030": "an unknown list",
    "E031": "an unknown field of an item",
    "E032": "a pattern that is too large for the edge",
    "E033": "segments that are defined by each other",
    "E034": "an unknown page",
    "E035": "an unknown component",
    "E036": "an unknown campaign",
    "E037": "an unknown model",
    "E038": "an unknown metric",
    "E039": "an unknown purpose",
    # ladders, slots, consent
    "E040": "a cohort rule that reads more than the request",
    "E041": "two rules of one name in a slot",
    "E042": "a selector that a streaming rewriter cannot follow",
    "E043": "a default that needs stored facts, and so consent",
    "E044": "an unknown experiment",
    "E045": "an unknown variant",
    "E046": "an unknown look-up",
    "E047": "an unknown column of a look-up",
    "E048": "an unknown slot",
    "E049": "a jurisdiction that is never reached",
    "E050": "slots that are decided by each other",
    "E051": "a field of a kind that its place cannot use",
    "E052": "an operation that cannot be done, or not safely, on the element that is named",
    "E053": "slots of one page that are in each other's way",
    "E054": "a set of images that cannot be read, or stands where one address must",
    "E055": "an unknown market, or a language that none of the markets has",
    "E056": "a sensitive attribute whose purpose is in force without an opt-in",
    "E057": "an attribute that cannot come from events as it says",
    "E058": "a market that is never reached, or comes after itself in the rollout",
    "E059": "an address that a page may not link to, or that a redirect may not lead to",
    # experiments and campaigns
    "E060": "a field that the component does not have, set by an arm",
    "E061": "an arm that shows nothing where nothing else is shown",
    "E062": "a layer whose experiments take more than all visitors",
    "E063": "a slot that runs a test and so does one of its rules",
    "E064": "an experiment that runs in two places",
    "E065": "an unknown visitor of the scenarios",
    "E066": "an unknown arm",
    "E067": "an experiment, or a share of a rule, whose unit cannot be told",
    "E068": "ranges of buckets that overlap, or lie outside the buckets",
    # markets
    "E069": "a calendar that is no list of days, or a column of a market that does not fit",
    # markup and copy
    "E070": "a variable that cannot be read",
    "E071": "a variable in a place where it cannot be escaped safely",
    "E072": "markup that is not balanced",
    "E073": "markup that is not well formed",
    "E074": "a block of items that is not opened, closed or used properly",
    "E075": "an unknown field of a component",
    "E076": "a variant that lacks a field",
    "E077": "a variant that extends itself",
    "E078": "an image that is not among the static pages",
    "E079": "a variable that may be unknown and has no fallback",
    # items and models
    "E080": "a model without items, or a file of vectors that cannot be read",
    "E081": "vectors or scores of the wrong shape or type",
    "E082": "a model whose ids or attribute do not fit",
    "E083": "vectors that lose too much when they are quantized",
    "E084": "a ranking in a component without a block of items, or with the copy of several variants",
    "E085": "models that stand in for each other in a circle",
    # propensities
    "E086": "a file of a propensity that cannot be read, or whose parts do not fit each other",
    "E087": "a feature of a propensity without an attribute of its type",
    "E088": "an attribute that no model can make as it says",
    "E089": "a model below its gates, with the card of another one, or too large for a bundle",
    # warnings
    "W001": "a file in the site's folder that nothing reads",
    "W003": "an experiment that no slot runs",
    "W004": "a rule that can never hold",
    "W005": "a segment, list, campaign, model, component or variant that nothing uses",
    "W006": "a rule that is never reached, because of rules above it",
    "W007": "an experiment that leaves an arm, or all arms, without visitors",
    "W008": "experiments that get in each other's way",
    "W009": "an attribute that seems to be sensitive, and is declared neither so nor otherwise",
    "W010": "vectors that are zero, or of very different lengths",
    "W011": "a model or a catalogue that changed much since the bundle before",
    "W012": "a model that knows items which are not in the catalogue",
    "W002": "a list that is empty or has empty or repeated values",
    # pages as the origin answers them (tessera check --live)
    "E090": "a page that cannot be had from the origin",
    "E091": "a page that stays as it is, because the edge cannot fill it",
    "E092": "a selector that matches nothing on a page of its slot",
    "E093": "a selector of something that cannot be filled",
    "W020": "a page that was not looked at, because no address of it is known",
    "W021": "a page that may be kept but sets a cookie",
    "W022": "a page that varies by more than its encoding",
    "W023": "a page that may not be kept",
    "W024": "a page without a time to live and without a validator",
    "W025": "a page that speaks to caches between Tessera and its visitors",
    "W026": "a page that may be kept but has a nonce",
    "W027": "a selector of several elements, of which not all can be filled",
}

_WIDEST = 160  # characters of a source line that are shown; longer ones are cut around the place
_CUTOFF = 0.6  # how alike two names must be to suggest one for the other


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one line of a file.

    `file` is as shown to the user; `line` and `column` count from 1, in code points; `source` is the whole line.
    """

    file: str
    line: int
    column: int
    length: int = 1
    source: str = ""


class Problem(NamedTuple):
    """A fault in a text whose file is not known here. `offset` and `length` are code points within that text."""

    offset: int
    length: int
    code: str
    message: str
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message. `severity` is `error` or `warning`."""

    code: str
    message: str
    place: Place
    fix: str | None = None
    severity: str = "error"

    def render(self) -> str:
        """The message as text of two to four lines, without colour and without control characters."""
        place = self.place
        label = f"warning {self.code}" if self.severity == "warning" else self.code
        lines = [f"{_printable(place.file)}:{place.line}:{place.column}: {label} {_printable(self.message)}"]
        if place.source.strip():
            lines += _excerpt(place)
        if self.fix is not None:
            lines.append(f"  fix: {_printable(self.fix)}")
        return "\n".join(lines)


class Diagnostics:
    """The messages of one run."""

    def __init__(self) -> None:
        self._items: list[Diagnostic] = []

    def error(self, code: str, place: Place, message: str, fix: str | None = None) -> None:
        """Add an error. Raises KeyError for a code that CODES does not have."""
        self._add(code, place, message, fix, "error")

    def warning(self, code: str, place: Place, message: str, fix: str | None = None) -> None:
        """Add a warning. Raises KeyError for a code that CODES does not have."""
        self._add(code, place, message, fix, "warning")

    def problems(self, found: Iterable[Problem], place: Callable[[int, int], Place]) -> None:
        """Add problems of a text as errors; `place` maps their (offset, length) to the file."""
        for problem in found:
            self.error(problem.code, place(problem.offset, problem.length), problem.message, problem.fix)

    @property
    def items(self) -> list[Diagnostic]:
        """The messages by file, line, column and code, each once."""
        return sorted(
            dict.fromkeys(self._items),
            key=lambda item: (item.place.file, item.place.line, item.place.column, item.code, item.message),
        )

    @property
    def failed(self) -> bool:
        """Whether there is an error; warnings do not count."""
        return any(item.severity == "error" for item in self._items)

    def render(self) -> str:
        """All messages, a blank line between two."""
        return "\n\n".join(item.render() for item in self.items)

    def _add(self, code: str, place: Place, message: str, fix: str | None, severity: str) -> None:
        CODES[code]
        self._items.append(Diagnostic(code, message, place, fix, severity))


class Rejected(Exception):
    """A site that cannot be compiled; `diagnostics` says why."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        super().__init__(diagnostics.render())
        self.diagnostics = diagnostics


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like this one, or None when none is like it."""
    folded = {candidate.casefold(): candidate for candidate in sorted(known, reverse=True)}
    close = difflib.get_close_matches(name.casefold(), sorted(folded), n=1, cutoff=_CUTOFF)
    return folded[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str], describe: Callable[[str], str] | None = None) -> str | None:
    """`did you mean 'x'?`, with what `describe` says about x in parentheses; None when nothing is like it."""
    match = nearest(name, known)
    if match is None:
        return None
    about = describe(match) if describe else ""
    return f"did you mean '{match}' ({about})?" if about else f"did you mean '{match}'?"


def _excerpt(place: Place) -> list[str]:
    source, column = _window(place.source, place.column - 1, place.length)
    gutter = f"{place.line:>4} | "
    blank = " " * (len(gutter) - 2) + "| "
    before = "".join("\t" if char == "\t" else " " * _width(char) for char in source[:column])
    marked = source[column : column + max(1, place.length)]
    carets = "^" * max(1, sum(map(_width, marked)))
    return [gutter + _printable(source).rstrip(), blank + before + carets]


def _window(source: str, column: int, length: int) -> tuple[str, int]:
    """Cut a long line to the part around the place; returns the part and the column in it."""
    if len(source) <= _WIDEST:
        return source, column
    start = max(0, min(column - _WIDEST // 3, len(source) - _WIDEST))
    part = source[start : start + _WIDEST]
    head = "…" if start else ""
    tail = "…" if start + _WIDEST < len(source) else ""
    return head + part + tail, column - start + len(head)


def _width(char: str) -> int:
    """Terminal columns of a character."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _printable(text: str) -> str:
    """The text with control and direction characters replaced, so that a file cannot drive the terminal."""
    return "".join(char if char == "\t" or unicodedata.category(char) not in ("Cc", "Cf", "Zl", "Zp") else "\ufffd" for char in text)
