"""Where a slot lies in a page, found with the standard library's parser and nothing of the product's."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from ruamel.yaml import YAML

VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())


# what the end of the head may get: images that are about to be shown
PRELOADS = rb'(?:<link rel="preload" as="image" href="/img/[a-z-]+\.svg">)*'


class Extent(NamedTuple):
    """Byte positions of an element: its start tag's, its inside's first and last, its end's."""

    start: int
    inside: int
    close: int
    end: int

    def cut(self, operation: str) -> tuple[int, int]:
        """The bytes that an operation may change; empty for an insertion."""
        return {
            "replace": (self.start, self.end),
            "inner": (self.inside, self.close),
            "text": (self.inside, self.close),
            "before": (self.start, self.start),
            "after": (self.end, self.end),
            "prepend": (self.inside, self.inside),
            "append": (self.close, self.close),
        }[operation]


class _Locator(HTMLParser):
    def __init__(self, text: str, id_: str) -> None:
        super().__init__(convert_charrefs=False)
        self.text, self.id = text, id_
        self.lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self.places: list[int] = []
        self.tag, self.depth = "", 0
        self.feed(text)
        self.close()

    def here(self) -> int:
        line, column = self.getpos()
        return self.lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self.places and dict(attrs).get("id") == self.id:
            inside = self.here() + len(self.get_starttag_text())
            self.places, self.tag, self.depth = [self.here(), inside], tag, 1
            if tag in VOID:
                self.places += [inside, inside]
        elif len(self.places) == 2 and tag == self.tag:
            self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        if len(self.places) == 2 and tag == self.tag:
            self.depth -= 1
            if self.depth == 0:
                self.places += [self.here(), self.text.index(">", self.here()) + 1]


def locate(page: bytes, id_: str) -> Extent | None:
    """The element with an id in a UTF-8 page whose elements all have their end tags; None where there is none."""
    text = page.decode()
    places = _Locator(text, id_).places
    return Extent(*(len(text[:place].encode()) for place in places)) if len(places) == 4 else None


class Place(NamedTuple):
    """A slot as its file describes it."""

    slot: str
    id: str
    operation: str


def places(site: Path, page: str) -> list[Place]:
    """The slots of a page, as the site's files tell."""
    found = []
    for path in sorted((site / "slots").glob("*.yaml")):
        place = YAML(typ="safe", pure=True).load(path)["place"]
        named = place.get("page", [])  # a slot of another channel is on no page
        pages = [named] if isinstance(named, str) else named
        if page in pages:
            found.append(Place(path.stem, place["selector"].removeprefix("#"), place["do"]))
    return found


def fillings(original: bytes, personal: bytes, slots: list[Place], fills: dict[str, str]) -> dict[str, bytes] | None:
    """What stands in each slot of the personalised page, None where anything else differs from the original.

    Args:
        fills: for each slot the pattern of what may be put there; the original's own bytes may always stay.
    """
    cuts = sorted((locate(original, slot.id).cut(slot.operation), slot) for slot in slots)
    head = original.index(b"</head>")
    pattern, since = re.escape(original[:head]) + PRELOADS, head
    for (start, end), slot in cuts:
        own, put = re.escape(original[start:end]), fills[slot.slot].encode()
        pattern += re.escape(original[since:start]) + b"(?P<" + slot.slot.encode() + b">" + own + b"|" + put + b")"
        since = end
    found = re.fullmatch(pattern + re.escape(original[since:]), personal, re.DOTALL)
    return found.groupdict() if found else None
