"""Which start tags end which elements, and which end tags browsers pass over (HTML standard, 13.2.6.4).

HTML lets authors leave out many end tags, and browsers then close the element themselves; the platform's parser does not.
A slot on such an element is left alone. The same rules as in edge/closing.mjs.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import NamedTuple


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


_TABLE_PARTS = "caption col colgroup tbody tfoot thead"
_LISTS = (
    "ul ol menu dir dl table template section article aside nav main header footer fieldset form figure "
    "blockquote details dialog center object applet marquee button select svg math"
)
_SCOPES = "table template object applet marquee button svg math"


class _Rule(NamedTuple):
    closers: frozenset[str]
    barriers: frozenset[str]


def _rule(closers: str, barriers: str) -> _Rule:
    return _Rule(_set(closers), _set(barriers))


_CELL = _rule(f"{_TABLE_PARTS} tr td th", "table template")
_ROWS = _rule(_TABLE_PARTS, "table template")
_TERM = _rule("dt dd", _LISTS)
_RUBY = _rule("rb rt rtc rp", "ruby template")

# element → the start tags that end it, unless one of the barriers is open between the two
_RULES = {
    "li": _rule("li", _LISTS),
    "dt": _TERM,
    "dd": _TERM,
    "p": _rule(
        "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3 "
        "h4 h5 h6 header hgroup hr li dd dt listing main menu nav ol p plaintext pre search section summary table ul xmp",
        _SCOPES,
    ),
    "td": _CELL,
    "th": _CELL,
    "tr": _rule(f"{_TABLE_PARTS} tr", "table template"),
    "tbody": _ROWS,
    "thead": _ROWS,
    "tfoot": _ROWS,
    "caption": _CELL,
    "option": _rule("option optgroup hr", "template"),
    "optgroup": _rule("optgroup hr", "template"),
    "rb": _RUBY,
    "rt": _RUBY,
    "rtc": _RUBY,
    "rp": _RUBY,
    "a": _rule("a", "table template object applet marquee svg math"),
    "button": _rule("button", "template object applet marquee"),
    "nobr": _rule("nobr", "table template object applet marquee svg math"),
}

# elements that anything ends except what may stand inside them
_RULES_BY_CONTENT = {
    "head": _set("base basefont bgsound link meta title noscript noframes style script template"),
    "colgroup": _set("col template"),
}
_ROOMS = _set("template noscript")

_HEADINGS = _set("h1 h2 h3 h4 h5 h6")
_FORMATTING = _set("a b big code em font i nobr s small strike strong tt u")
_TABLE = _set(f"table tr td th {_TABLE_PARTS}")
_NEVER_IGNORED = _set("html body head template")
# elements that end tags of elements around them do not reach past
_BARRIERS = _set("applet caption marquee object select table td th template foreignobject desc annotation-xml mi mn mo ms mtext")
_SPECIAL = _set(
    "address applet area article aside base basefont bgsound blockquote body br button caption center col colgroup dd "
    "details dir div dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup "
    "hr html iframe img input keygen li link listing main marquee menu meta nav noembed noframes noscript object ol "
    "p param plaintext pre script search section select source style summary table tbody td template "
    "textarea tfoot th thead title tr track ul wbr xmp foreignobject desc annotation-xml mi mn mo ms mtext"
)
_OWN_BARRIERS = {"p": _set("button"), "li": _set("ul ol")}


def _closes(tag: str, start: str, opened: list[str], since: int) -> bool:
    """Whether a start tag ends an element `tag`, inside which the elements `opened` from `since` on are open."""
    if not _may_close_unseen(tag):
        return tag in _HEADINGS and start in _HEADINGS and len(opened) == since
    allowed = _RULES_BY_CONTENT.get(tag)
    if start in allowed if allowed is not None else start not in _RULES[tag].closers:
        return False
    return (_ROOMS if allowed is not None else _RULES[tag].barriers).isdisjoint(opened[since:])


def _is_ordinary(tag: str) -> bool:
    """Whether an end tag of this name is passed over wherever a special element has not ended."""
    return tag not in _SPECIAL and tag not in _FORMATTING and tag != "dialog"


def _ignores(end: str, opened: str) -> bool:
    """Whether browsers pass over an end tag because an element that has not ended yet stands in its way."""
    if end in _NEVER_IGNORED:
        return False
    if _is_ordinary(end):
        return opened in _SPECIAL
    if end in _TABLE:
        return opened in ("table", "template")
    if end in _HEADINGS and opened in _HEADINGS:
        return True  # which then is what ends
    return opened in _BARRIERS or opened in _OWN_BARRIERS.get(end, ())


def _may_close_unseen(tag: str) -> bool:
    return tag in _RULES or tag in _RULES_BY_CONTENT


_START_TAG = re.compile(r"<([A-Za-z][^\t\n\v\f\r \xa0/>]*)")


class Hazards(NamedTuple):
    """Where in a page's text start tags stand that could hide an end tag; some are none, as in comments."""

    special: list[int]
    barrier: list[int]


def hazards_of(text: str) -> Hazards:
    found = Hazards([], [])
    for match in _START_TAG.finditer(text):
        tag = match[1].lower()
        if tag in _SPECIAL:
            found.special.append(match.start())
        if tag in _BARRIERS:
            found.barrier.append(match.start())
    return found


def is_doubtful(tag: str, start: int, end: int, hazards: Hazards) -> bool:
    """Whether an element that seems to lie between two offsets may in truth have another end: then it must be watched."""
    if tag in _NEVER_IGNORED or _may_close_unseen(tag):
        return _may_close_unseen(tag)
    near = hazards.special if _is_ordinary(tag) or tag in _HEADINGS else hazards.barrier
    first = bisect_left(near, start)
    return first < len(near) and near[first] < end


@dataclass(slots=True)
class Followed:
    """An element that has begun."""

    tag: str
    depth: int
    is_lost: bool = False


class Watch:
    """Follows the elements inside slots, to tell which slots have ended before their end tag, or not yet with it.

    It is told of every element while it is busy.
    """

    def __init__(self) -> None:
        self._open: list[str] = []
        self._slots: list[Followed] = []

    @property
    def is_busy(self) -> bool:
        return bool(self._slots)

    def _leave_open(self, one: Followed, end: str) -> None:
        """An end tag came, with which the element ends here but not in a browser: then those around it may not end either."""
        is_ignored = _ignores(end, one.tag)
        if is_ignored or (end in _FORMATTING and one.tag in _SPECIAL):
            for slot in self._slots:
                slot.is_lost = slot.depth < one.depth and (is_ignored or _is_ordinary(slot.tag))
            self._drop_lost()

    def _drop_lost(self) -> None:
        self._slots = [slot for slot in self._slots if not slot.is_lost]

    def see(self, tag: str) -> None:
        """A start tag came."""
        for slot in self._slots:
            slot.is_lost = _closes(slot.tag, tag, self._open, slot.depth + 1)
        self._drop_lost()

    def enter(self, tag: str, is_slot: bool) -> Followed:
        """The element has begun; what is returned is to be handed to `leave`."""
        one = Followed(tag, len(self._open))
        self._open.append(tag)
        if is_slot:
            self._slots.append(one)
        return one

    def leave(self, one: Followed, end: str) -> bool:
        """Its end tag has come, or that of an element around it. Returns whether it is not known to end there."""
        if end != one.tag:
            self._leave_open(one, end)
        del self._open[one.depth :]
        self._slots = [slot for slot in self._slots if slot.depth < one.depth]
        return one.is_lost
