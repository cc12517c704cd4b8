"""A page plan: what of a page's bytes each slot's content takes the place of; as edge/plan.mjs and edge/places.mjs make it.

Where elements begin and end is told by marks that the platform's parser was asked to put around them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Mapping, NamedTuple, Sequence

from tessera.page_closing import hazards_of, is_doubtful
from tessera.page_tags import StartTag, start_tag

MAX_MATCHES = 1000  # more elements of one selector are a mistake, and would make plans without bound


class Operation(NamedTuple):
    """`begin` and `end` are the marks between which the content comes to stand: start of the element, begin and close of
    its inside, end of the element. `turn` is the order of contents that stand at one byte. A region takes the place of
    what is in it."""

    begin: str = ""
    end: str = ""
    turn: int = 0
    is_region: bool = False
    is_inside: bool = False
    is_text: bool = False
    is_opening: bool = False
    attribute: str = ""


OPERATIONS: Mapping[str, Operation] = {
    "replace": Operation("s", "e", 3, is_region=True),
    "remove": Operation("s", "e", 3, is_region=True),
    "inner": Operation("b", "c", 1, is_region=True, is_inside=True),
    "text": Operation("b", "c", 1, is_region=True, is_inside=True, is_text=True),
    "before": Operation("s", "s", 2, is_opening=True),
    "after": Operation("e", "e", 0),
    "prepend": Operation("b", "b", 0, is_inside=True, is_opening=True),
    "append": Operation("c", "c", 2, is_inside=True),
    "src": Operation(attribute="src"),
    "srcset": Operation(attribute="srcset"),
    "href": Operation(attribute="href"),
    "class": Operation(attribute="class"),
}

# elements whose inside is not read as markup; those of the second line read character references
_RAW = frozenset("script style xmp iframe noembed noframes plaintext noscript".split())
_RAW_BUT_REFERENCES = frozenset(("title", "textarea"))


class Slot(NamedTuple):
    """A place on a page as the bundle names it; what the head gets has no name."""

    name: str
    selector: str
    operation: str


@dataclass(slots=True)
class Place:
    """An element that slots match, as the parser tells of it.

    `number` stands in its marks, `positions` are their offsets; `attributes` as (name, value) where a slot asks for one.
    """

    number: int
    slots: Sequence[int]
    tag: str
    attributes: Sequence[tuple[str, str]] | None = None
    is_void: bool = False
    is_closed: bool = False
    positions: dict[str, int] = field(default_factory=dict)
    start: StartTag | None = None


class Found(NamedTuple):
    """What the parser found: of each slot how often it matches, and whether its selector is one."""

    places: Sequence[Place]
    matches: Sequence[int]
    is_selector: Sequence[bool]


class Cut(NamedTuple):
    """Bytes that a slot's content takes the place of. `wrap` is what stands around an attribute's value (see _WRAPS)."""

    slot: int
    start: int
    end: int
    wrap: str


class Plan(NamedTuple):
    """The cuts in page order; of each slot why it can be filled nowhere ("" if it can), and what is to be said of it once it is filled."""

    cuts: Sequence[Cut]
    obstacles: Sequence[str]
    statuses: Sequence[str]

    def status(self, slot: int, put: bool) -> str:
        """What is said of a slot afterwards."""
        return self.obstacles[slot] or (self.statuses[slot] if put else "kept")


# ---- the parser's marks ----------------------------------------------------------------------------------------------


def read_marks(marked: bytes, page: bytes, nonce: str, places: Sequence[Place]) -> None:
    """Note where the marks stand that the parser put into a page; the rest must be the page, byte for byte.

    Raises:
        ValueError: when it is not.
    """
    original = start = 0
    for match in re.finditer(rb"%b(\d+)([sbce]);" % nonce.encode(), marked):
        original = _same(marked[start : match.start()], page, original)
        places[int(match[1])].positions[match[2].decode()] = original
        start = match.end()
    if _same(marked[start:], page, original) != len(page):
        raise ValueError("the parser shortened the page")


def _same(part: bytes, page: bytes, at: int) -> int:
    if not page.startswith(part, at):
        raise ValueError("the parser changed the page")
    return at + len(part)


def needs_watch(page: bytes, slots: Sequence[Slot], places: Sequence[Place]) -> bool:
    """Whether some place may end elsewhere than where its end tag stands; most surely do not."""
    closed = [place for place in places if place.is_closed and any(not _attribute(slots[slot]) for slot in place.slots)]
    if not closed:
        return False
    hazards = hazards_of(page.decode("latin-1"))
    return any(is_doubtful(place.tag, place.positions["b"], place.positions["c"], hazards) for place in closed)


def _attribute(slot: Slot) -> str:
    return OPERATIONS[slot.operation].attribute if slot.operation in OPERATIONS else ""


def asks_attribute(slots: Sequence[Slot], matched: Sequence[int]) -> bool:
    """Whether one of the slots that match an element is one of its attributes."""
    return any(_attribute(slots[slot]) for slot in matched)


# ---- where the contents go ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Tally:
    """What was found of a slot: how many places are filled, and how often each obstacle stood against it."""

    filled: int = 0
    refused: dict[str, int] = field(default_factory=dict)

    def refuse(self, why: str) -> None:
        self.refused[why] = self.refused.get(why, 0) + 1


class _Candidate(NamedTuple):
    """A cut with what it is weighed by; `element` is where its element begins."""

    cut: Cut
    operation: Operation
    element: int


def _tag_of(place: Place, page: bytes) -> StartTag | None:
    """The place's start tag; None where the parser reads other attributes than are found in the bytes."""
    if place.attributes is None:
        return None
    begin = place.positions["s"]
    found = start_tag(page[begin : place.positions.get("b", place.positions.get("e"))])
    if found is None or [(one.name, one.value) for one in found.attributes] != list(place.attributes):
        return None
    return found


def _obstacle(operation: Operation, place: Place) -> str:
    """Why an operation cannot be done at a place; "" if it can."""
    if operation.attribute:
        return "" if place.start else "slot-invalid"
    if place.is_void:
        return "slot-void" if operation.is_inside else ""
    if operation.is_inside and (place.tag in _RAW or (place.tag in _RAW_BUT_REFERENCES and not operation.is_text)):
        return "slot-rawtext"
    # nothing but the end of the page closes a body, so its beginning is safe without the end tag
    return "" if place.is_closed or (place.tag == "body" and operation.is_opening) else "slot-unclosed"


def _candidate(slot: int, operation: Operation, place: Place) -> _Candidate:
    at, name = place.positions["s"], operation.attribute
    if not name:
        cut = Cut(slot, place.positions[operation.begin], place.positions[operation.end], "")
    elif own := next((one for one in place.start.attributes if one.name == name), None):  # of several the first counts
        cut = Cut(slot, at + own.start, at + own.end, name)
    else:
        cut = Cut(slot, at + place.start.names, at + place.start.names, f" {name}")
    return _Candidate(cut, operation, at)


def _covers(region: _Candidate, other: _Candidate) -> bool:
    """Whether the region takes the place of what the other would change."""
    if other.element != region.element:
        return other.element < region.cut.end
    if region.operation.is_inside:
        return other.operation.is_inside and other.operation.is_region
    return other.operation.is_region or other.operation.is_inside or bool(other.operation.attribute)


def _by_region(one: _Candidate) -> tuple[int, int, int]:
    """Regions before what lies in them: by element, whole elements first, then insides."""
    rank = (1 if one.operation.is_inside else 0) if one.operation.is_region else 2
    return one.element, rank, one.cut.slot


def _resolve(candidates: Sequence[_Candidate], tallies: Sequence[_Tally | None]) -> list[_Candidate]:
    """What stays; slots that another one's content takes the place of are refused. Elements nest: one region is enough."""
    kept: list[_Candidate] = []
    taken: set[tuple[int, str]] = set()
    region = None
    for one in sorted(candidates, key=_by_region):
        own = (one.element, one.operation.attribute)
        if (region and _covers(region, one)) or own in taken:
            if region is None or region.cut.slot != one.cut.slot:
                tallies[one.cut.slot].refuse("slot-nested")
            continue
        if one.operation.attribute:
            taken.add(own)
        if one.operation.is_region:
            region = one
        kept.append(one)
    return kept


def _impossible(is_selector: bool, operation: Operation | None, matches: int) -> str:
    """Why a slot cannot be filled at all, whatever the page's places are; "" for no such reason."""
    if not is_selector or operation is None:
        return "slot-invalid"
    return "slot-many" if matches > MAX_MATCHES else ""


def _first_obstacle(tally: _Tally) -> str:
    return "" if tally.filled else next(iter(tally.refused), "missing")


def _status(tally: _Tally, matches: int) -> str:
    if matches == 1:
        return "spliced"
    return " ".join([f"spliced:{tally.filled}", *(f"{why}:{count}" for why, count in tally.refused.items())])


def plan(page: bytes, slots: Sequence[Slot], found: Found) -> Plan:
    """Plan a page of which the parser has told where the slots' elements are."""
    operations = [OPERATIONS.get(slot.operation) for slot in slots]
    hindered = [_impossible(*told) for told in zip(found.is_selector, operations, found.matches)]
    tallies = [None if why else _Tally() for why in hindered]
    candidates = []
    for place in found.places:
        place.start = _tag_of(place, page)
        for slot in place.slots:
            if tallies[slot] is None:
                continue
            if why := _obstacle(operations[slot], place):
                tallies[slot].refuse(why)
            else:
                candidates.append(_candidate(slot, operations[slot], place))
    kept = _resolve(candidates, tallies)
    for one in kept:
        tallies[one.cut.slot].filled += 1
    kept.sort(key=lambda one: (one.cut.start, one.operation.turn, one.cut.slot))
    return Plan(
        cuts=tuple(one.cut for one in kept),
        obstacles=tuple(_first_obstacle(tally) if tally else why for tally, why in zip(tallies, hindered)),
        statuses=tuple(_status(tally, matches) if tally else "" for tally, matches in zip(tallies, found.matches)),
    )


# ---- the page ------------------------------------------------------------------------------------------------------------

# what stands before and behind the value of an attribute: one that is there is written anew, another one added
_WRAPS = {"": (b"", b"")} | {
    f"{space}{name}": (f'{space}{name}="'.encode(), b'"') for name in ("src", "srcset", "href", "class") for space in ("", " ")
}


def join(page: bytes, cuts: Sequence[Cut], contents: Sequence[bytes | None]) -> bytes:
    """The page with contents, one for each slot, in their places; None leaves a slot's places as they are."""
    parts = []
    at = 0
    for slot, start, end, wrap in cuts:
        content = contents[slot]
        if content is not None:
            before, behind = _WRAPS[wrap]
            parts += (page[at:start], before, content, behind)
            at = end
    return b"".join((*parts, page[at:]))
