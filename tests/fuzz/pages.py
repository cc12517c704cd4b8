"""Whether values stay values: a page with hostile values in every place of a template has the elements, attributes and texts of
the same page with harmless ones, as html5lib reads both, and differs in the places alone."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Iterator, Mapping, NamedTuple, Sequence
from urllib.parse import urljoin, urlsplit

import html5lib

from compiler.templates import Slot, compile_markup
from tests.edge.test_render import CATALOGUE
from tessera.render import candidates, escape_json, prepare, render
from tessera.types import Ranked

NAMES = ("visitor.a", "visitor.b", "visitor.c")  # what the templates show
RANKED = (Ranked(0, 1.0), Ranked(7, 0.5))
MARKUP = (  # every context that templates have, in whatever a value could leave: text, quotes of both kinds, raw text, tables, foreign content
    '<h2>{{visitor.a}}</h2><p title="{{visitor.b}}" data-c=\'{{visitor.c}}\'>a {{visitor.a}} b {{visitor.b}}</p>',
    '<a href="{{visitor.a}}">{{visitor.b}}</a><a href=\'/p/{{visitor.b}}/x?q={{visitor.c}}#{{visitor.a}}\'>c</a><form action="{{visitor.c}}"><input value="{{visitor.a}}"></form>',
    '<img srcset="{{visitor.a}}" src="{{visitor.b}}" alt="{{visitor.c}}"><img srcset="{{visitor.c}} 2x, /a{{visitor.b}} 1x" alt=\'{{visitor.a}}\'>',
    '<textarea>{{visitor.a}}</textarea><svg viewBox="0 0 1 1"><title>{{visitor.b}}</title><use xlink:href="{{visitor.c}}"/></svg><select><option>{{visitor.a}}</option></select>',
    '<table><tbody><tr><td title="{{visitor.a}}">{{visitor.b}}</td></tr></tbody></table><ul>{{#items}}<li data-a="{{visitor.c}}">{{item.name}}</li>{{/items}}</ul>',
)
ADDRESSES = {"href", "src", "action", "formaction", "xlink:href"}
MARKS = frozenset("\0\x01\x02\x1d\x1e\x1f")  # what separates and marks texts on the way to the bridge
SCHEMES = ("http", "https", "mailto", "tel")
BASE = "https://shop.example/p/"
_HEAD, _MIDDLE, _TAIL = '<!doctype html><html><head><title>t</title>', '</head><body class="', '"><p id="before">before</p><main>'
_END = '</main><p id="after">after</p></body></html>'


class Shape(NamedTuple):
    """A page: its elements with depth and names of attributes; the values of those; what the JSON in its head says; which of MARKS
    are in it."""

    elements: list
    attributes: list[tuple[str, str, str]]
    island: str
    marks: frozenset[str]


def content_of(markup: str) -> tuple | None:
    """A template as the bundle holds it; None where the compiler refuses it."""
    parts = compile_markup(markup)
    return prepare(tuple(map(_part, parts))) if isinstance(parts, tuple) else None


def _part(part: Any) -> Any:
    if isinstance(part, str):
        return part
    if isinstance(part, Slot):
        return ("item", part.path[1], part.context) if part.path[0] == "item" else ("var", part.name, part.context, part.fallback or "")
    return ("each", tuple(map(_part, part.parts)))


@lru_cache
def contents() -> tuple[tuple[tuple, Shape], ...]:
    """The templates as the bundle holds them, each with its harmless page."""
    found = tuple(content for markup in MARKUP if (content := content_of(markup)) is not None)
    assert len(found) == len(MARKUP), "the compiler takes every one of them"
    return tuple((content, harmless(content)) for content in found)


def page(content: Sequence, values: Mapping[str, Any]) -> str:
    """A small page with rendered content, a class, and JSON in its head."""
    class_ = render((("var", "visitor.a", "class", ""),), values, CATALOGUE)
    island = f'<script type="application/json" id="tessera">{escape_json(_plain(values))}</script>'
    return "".join((_HEAD, island, _MIDDLE, class_, _TAIL, render(content, values, CATALOGUE, RANKED), _END))


def _plain(value: Any, depth: int = 20) -> Any:
    """What of values JSON can say, down to some levels."""
    if isinstance(value, dict):
        return {str(key): _plain(inner, depth - 1) for key, inner in value.items()} if depth else {}
    if isinstance(value, (list, tuple)):
        return [_plain(inner, depth - 1) for inner in value] if depth else []
    is_none = isinstance(value, float) and value - value != 0
    return None if is_none else value if value is None or isinstance(value, (str, int, float)) else str(value)


def shape(text: str) -> Shape:
    root = html5lib.parse(text, treebuilder="etree", namespaceHTMLElements=False)
    elements: list = []
    attributes: list[tuple[str, str, str]] = []
    island = ""
    for element, depth in _walk(root, 0):
        names = [_name(name) for name in element.attrib]
        elements.append((depth, str(element.tag), sorted(names), element.text if element.get("id") in ("before", "after") else None))
        attributes += [(str(element.tag), _name(name), value) for name, value in sorted(element.attrib.items(), key=lambda pair: _name(pair[0]))]
        if element.get("id") == "tessera":
            island = element.text or ""
    return Shape(elements, attributes, island, MARKS & set(text))


def _walk(element: Any, depth: int) -> Iterator[tuple[Any, int]]:
    yield element, depth
    for inner in element:
        yield from _walk(inner, depth + 1)


def _name(name: Any) -> str:
    return str(name).replace("{http://www.w3.org/1999/xlink}", "xlink:")


def harmless(content: Sequence) -> Shape:
    return shape(page(content, dict.fromkeys(NAMES, "harmless")))


def check(content: Sequence, values: Mapping[str, Any], expected: Shape) -> None:
    """Fails where hostile values change anything of a page but the places that they are for. `expected`: of the harmless one.

    What the author wrote out is the author's: an address is looked at where a value is in it.
    """
    written = page(content, values)
    found = shape(written)
    assert found.marks <= expected.marks, "what separates texts on the way to the bridge"
    assert found.elements == expected.elements, f"another page: {written}"
    assert json.loads(found.island).keys() == _plain(values).keys()
    for (tag, name, value), (_, _, other) in zip(found.attributes, expected.attributes, strict=True):
        if value == other:
            continue
        if name in ADDRESSES:
            _address(value, f"{tag} {name}")
        elif name == "srcset":
            for address, _ in candidates(value):
                _address(address, f"{tag} {name}")


def _address(value: str, where: str) -> None:
    """Fails for an address that a browser would run: as it reads addresses, without blanks at the ends and line ends anywhere."""
    seen = "".join(c for c in value.strip("".join(map(chr, range(0x21)))) if c not in "\t\r\n").replace("[", "").replace("]", "")
    assert urlsplit(urljoin(BASE, seen)).scheme in SCHEMES, f"{where}: {value!r}"

