"""Real pages: each operation on several elements of every page, and what becomes of the page compared with what html5lib reads there.

`html5lib` finds the elements and their bytes; from these alone the expected page is made. A page that is not UTF-8, by its
bytes or by its own word, has to pass as it is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.conformance.case import Case
from tests.conformance.planner import Answer, Planner, Result, Task
from tests.conformance.reading import Element, Reading, other_charset, read, seems_other, start_tag

OPERATIONS = ("replace", "inner", "text", "src", "srcset", "href", "class", "before", "after", "prepend", "append", "remove")
ATTRIBUTES = frozenset(("src", "srcset", "href", "class"))
CONTENTS = {"remove": "", "text": "put &lt;here&gt; \u2615", **dict.fromkeys(ATTRIBUTES, "/put?a=1&amp;b=\u2615")}
MARKUP = '<b title="put">here</b><!-- \u2615 -->'
MOST_SLOTS = 12  # of a page; fewer of a large one
LARGE = 200_000
MOST_MATCHES = 40
RAW = frozenset("script style xmp iframe noembed noframes plaintext noscript".split())
FORMULAS = frozenset("mi mo mn ms mtext annotation-xml".split())  # the platform's parser overlooks some of them
REFERENCES = frozenset(("title", "textarea"))
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Slot:
    """A selector, and the elements of the page that it matches, in their order."""

    selector: str
    elements: tuple[Element, ...]


def cases(root: Path) -> Iterator[Case]:
    """A case for each operation on each of the chosen elements, one for the page in pieces; for a page that passes one an operation."""
    paths = sorted(path for path in (root / "pages").iterdir() if path.suffix in (".html", ".htm"))
    with Planner() as planner:
        for path in paths:
            yield from _page(path.name, path.read_bytes(), planner)


def _page(name: str, page: bytes, planner: Planner) -> Iterator[Case]:
    (answer,) = planner.perform([(page, [])])
    why = other_charset(page)
    if why or not answer.personalisable:
        is_wrong = answer.personalisable or not (why or seems_other(page))
        wrong = f"personalised: {answer.personalisable}, but {why or 'it is UTF-8'}" if is_wrong else None
        yield from (Case(f"{name} passed by {operation}", wrong) for operation in OPERATIONS)
        return
    reading = read(page)
    chosen = slots(reading, MOST_SLOTS if len(page) < LARGE else MOST_SLOTS // 3)
    asked = [(slot, operation) for slot in chosen for operation in OPERATIONS]
    together = tuple((slot.selector, ("before", "append", "class", "after")[number % 4]) for number, slot in enumerate(chosen))
    contents = tuple(CONTENTS.get(operation, MARKUP) for _, operation in together)
    tasks = [Task(((slot.selector, operation),), (CONTENTS.get(operation, MARKUP),), whole=operation in ATTRIBUTES) for slot, operation in asked]
    tasks += [Task(together, contents, seed=seed, whole=False) for seed in (0, 1, len(page))] + [Task(together, (None,) * len(together), whole=False)]
    (answer,) = planner.perform([(page, tasks)])
    yield from _judged(name, page, asked, answer)


def _judged(name: str, page: bytes, asked: Sequence[tuple[Slot, str]], answer: Answer) -> Iterator[Case]:
    for (slot, operation), result in zip(asked, answer.results):
        yield Case(f"{name} {slot.selector} {operation}", problem(page, slot, operation, result))
    *pieces, kept = answer.results[len(asked) :]
    yield Case(f"{name} in pieces", None if len({(each.error, each.digest, each.statuses) for each in pieces}) == 1 else "is planned otherwise in pieces")
    yield Case(f"{name} with nothing decided", None if kept.error or kept.digest == _digest(page) else "is not the page")


def _digest(page: bytes) -> str:
    return sha256(page).hexdigest()


# ---- which elements ------------------------------------------------------------------------------------------------


def slots(reading: Reading, most: int) -> list[Slot]:
    """Elements by their id, by their name and by their class, of as many names as there are; the tree must know every match."""
    matched: dict[str, list[Element]] = {}
    for element in reading.elements:
        for selector in _selectors(element):
            matched.setdefault(selector, []).append(element)
    usable = [Slot(selector, tuple(found)) for selector, found in matched.items() if len(found) <= MOST_MATCHES and all(map(_is_sure, found))]
    chosen: list[Slot] = []
    for kind in ("#", "[", ".", ""):
        seen: set[str] = set()
        for slot in usable:
            own, tag = slot.selector[0], slot.elements[0].tag
            if (own == kind or not kind and own.isalpha()) and tag not in seen:
                seen.add(tag)
                chosen.append(slot)
    step = max(1, len(chosen) / most)
    return [chosen[int(n * step)] for n in range(min(most, len(chosen)))]


def _is_sure(element: Element) -> bool:
    return element.is_node and element.tag not in FORMULAS


def _selectors(element: Element) -> Iterator[str]:
    if _WORD.fullmatch(element.tag):
        yield element.tag
    own = element.attributes.get("id", "")
    if _WORD.fullmatch(own):
        yield f"#{own}"
    elif own and not set(own) & set("\"\\\n\r\f\0\ufffd"):
        yield f'[id="{own}"]'
    yield from (f".{name}" for name in dict.fromkeys(element.attributes.get("class", "").split()) if _WORD.fullmatch(name))


# ---- what must become of them --------------------------------------------------------------------------------------


def problem(page: bytes, slot: Slot, operation: str, result: Result) -> str | None:
    """What is wrong with a page; a page that the parser gives up on passes as it is."""
    if result.error:
        return None
    if result.matches != (len(slot.elements),):
        return f"{result.matches[0]} elements match, expected {len(slot.elements)}"
    if operation in ATTRIBUTES:
        return _attributes(page, slot, operation, result)
    places = [place for element in slot.elements if (place := _place(element, operation)) is not None]
    expected, filled = _filled(page, places, CONTENTS.get(operation, MARKUP).encode())
    if result.digest != _digest(expected):
        return f"the page is not as expected with {filled} of {len(slot.elements)} filled: {result.statuses[0]}"
    return _status(result.statuses[0], filled, len(slot.elements))


def _status(status: str, filled: int, matches: int) -> str | None:
    expected = f"spliced:{filled}" if matches > 1 else "spliced"
    is_right = status.split(" ")[0] == expected if filled else status.startswith("slot-")
    return None if is_right else f"told as {status}, expected {expected if filled else 'an obstacle'}"


def _place(element: Element, operation: str) -> tuple[int, int] | None:
    """The bytes that the content takes the place of; None where the element has to stay."""
    inside = operation in ("inner", "text", "prepend", "append")
    if element.is_void:
        return None if inside else {"before": (element.start, element.start), "after": (element.inside, element.inside)}.get(operation, (element.start, element.inside))
    if inside and (element.tag in RAW or element.tag in REFERENCES and operation != "text"):
        return None
    begins = {"before": (element.start, element.start), "prepend": (element.inside, element.inside)}
    if element.close is None:
        return begins.get(operation) if element.tag == "body" else None
    ends = {"after": (element.end, element.end), "append": (element.close, element.close)}
    return (begins | ends).get(operation) or ((element.inside, element.close) if inside else (element.start, element.end))


def _filled(page: bytes, places: list[tuple[int, int]], content: bytes) -> tuple[bytes, int]:
    """The page with contents in its places, of which the outermost count, and how many these are."""
    out, at, filled = [], 0, 0
    for start, end in sorted(places):
        if start < at:
            continue
        out += [page[at:start], content]
        at = end
        filled += 1
    return b"".join([*out, page[at:]]), filled


def _attributes(page: bytes, slot: Slot, name: str, result: Result) -> str | None:
    """Every start tag must be as it was but for the one attribute, which html5lib must read there; all else the same bytes."""
    body, at, since = result.body, 0, 0
    value = html.unescape(CONTENTS[name])
    for element in slot.elements:
        gap, old = page[since : element.start], page[element.start : element.inside]
        if body[at : at + len(gap)] != gap:
            return f"the page differs before {old!r}"
        at, since = at + len(gap), element.inside
        tag, attributes, length = start_tag(body[at:])
        new = body[at : at + length]
        if (tag, attributes) != (element.tag, element.attributes | {name: value}):
            return f"the start tag {old!r} has become {new!r}"
        if not _differ_by(old, new, name, f'{name}="{CONTENTS[name]}"'.encode()):
            return f"more than an attribute has changed of {old!r}: {new!r}"
        at += length
    if body[at:] != page[since:]:
        return f"the page differs behind {old!r}"
    return _status(result.statuses[0], len(slot.elements), len(slot.elements))


def _differ_by(old: bytes, new: bytes, name: str, written: bytes) -> bool:
    """Whether an attribute has taken the place of one of its name, or has been added behind a space."""
    own = re.compile(rb"(?is)" + name.encode() + rb"""(\s*=\s*("[^"]*"|'[^']*'|[^\s>"'][^\s>]*)?)?""")
    for found in re.finditer(re.escape(written), new):
        before, after = new[: found.start()], new[found.end() :]
        if before.endswith(b" ") and old == before[:-1] + after:
            return True
        if old.startswith(before) and old.endswith(after) and own.fullmatch(old[len(before) : len(old) - len(after)]):
            return True
    return False
