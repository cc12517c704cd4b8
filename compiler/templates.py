"""Markup and copy with variables → parts, each variable with the context that says how it must be escaped.

    {{headline}}                               a field of the component
    {{account.name | "teams like yours"}}      an attribute, with what stands there when it is not known
    {{#items}} … {{item.name}} … {{/items}}    repeated for each ranked item

The markup is read by the strict reader of compiler/markup.py: what a browser would repair is refused, so that a component
cannot break the page around it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, Union

from compiler.diagnostics import Problem
from compiler.markup import HOLE, Context, Piece, in_table, read, unsafe_address
from tessera.render import NONCE

ITEMS = "items"  # the one block

_OPEN = "{{"
_TAG = re.compile(r"\{\{(?P<body>(?:[^{}\"']|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')*)\}\}", re.DOTALL)
_VARIABLE = re.compile(r"\s*(?P<path>[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)\s*(?:\|\s*(?P<fallback>\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')\s*)?", re.DOTALL)
_BLOCK = re.compile(r"\s*(?P<sign>[#/])\s*(?P<name>\w+)\s*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_SAMPLE = 'write {{field}}, {{namespace.attribute}} or {{namespace.attribute | "fallback"}}'


@dataclass(frozen=True, slots=True)
class Slot:
    """A variable: `path` is `("headline",)`, `("account", "name")` or `("item", "price")`; `offset` where its `{{` stands.

    Context: `text` element content, `attr` a quoted attribute value, `url` the beginning of an address, `urlpart`
    within an address, `srcset` a whole set of images.
    """

    path: tuple[str, ...]
    fallback: str | None
    context: Context
    offset: int

    @property
    def name(self) -> str:
        """The path as written, with dots."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Each:
    """Parts that are repeated for each item of a ranking."""

    name: str
    parts: tuple["Part", ...]
    offset: int


Part = Union[str, Slot, Each]
_Tag = Union[Slot, tuple[str, str], str]  # a variable, a block's sign and name, or text that is put in


def compile_markup(markup: str) -> tuple[Part, ...] | list[Problem]:
    """The parts of a component's markup, or every problem; offsets are code points in `markup`."""
    problems = [
        Problem(found.start(), 1, "E073", "a control character in the markup", "remove it; it means nothing in HTML")
        for found in _CONTROL.finditer(markup)
    ]
    tags = list(_tags(markup, problems))
    if problems:
        return problems
    masked = _masked(markup, tags)
    pieces, codes = read(masked, [start for start, _, _ in tags], problems)
    marked = sorted([*tags, *((at, at, NONCE) for at in codes)], key=lambda tag: tag[:2])
    parts = _assemble(markup, marked, lambda slot, piece: _placed(slot, piece, problems), pieces, problems)
    return sorted(problems, key=lambda problem: problem[:4]) if problems else parts


def compile_text(text: str, kind: Literal["text", "link", "image"] = "text") -> tuple[Part, ...] | list[Problem]:
    """The parts of a copy field, or every problem.

    Variables in a text have the context `text`; in a link or image `url` where they begin the address, else `urlpart`.
    """
    problems: list[Problem] = []
    tags = list(_tags(text, problems))
    masked = _masked(text, tags)
    for start, end, tag in tags:
        unsafe = unsafe_address(text[:start], masked[start:]) if kind != "text" else None
        if isinstance(tag, tuple) or tag.path[0] == "item":
            problems.append(Problem(start, end - start, "E074", "copy cannot repeat items", "put {{#items}} into the markup"))
        elif unsafe:
            problems.append(Problem(start, end - start, "E071", *unsafe))
    if problems:
        return problems
    placed: list[Part] = []
    end = 0
    for start, stop, tag in tags:
        context: Context = "text" if kind == "text" else "urlpart" if text[:start].strip() else "url"
        placed += [text[end:start], replace(tag, context=context)]
        end = stop
    return _joined([*placed, text[end:]])


def variables(parts: tuple[Part, ...]) -> Iterator[Slot]:
    """The variables of the parts, those within blocks included, in order."""
    for part in parts:
        if isinstance(part, Slot):
            yield part
        elif isinstance(part, Each):
            yield from variables(part.parts)


# --- tags


def _tags(text: str, problems: list[Problem]) -> Iterator[tuple[int, int, _Tag]]:
    """Each `{{…}}` with its start and end; what cannot be read is added to the problems."""
    at = text.find(_OPEN)
    while at >= 0:
        match = _TAG.match(text, at)
        if match is None:
            length = max(2, len(text[at : at + 60].split("\n")[0]))
            problems.append(Problem(at, length, "E070", "a variable that is not closed, or has braces in it", _SAMPLE))
            at = text.find(_OPEN, at + 2)
            continue
        tag = _tag(match["body"], at)
        if tag is None:
            problems.append(_unreadable(match["body"], at, match.end() - at))
        else:
            yield at, match.end(), tag
        at = text.find(_OPEN, match.end())


def _tag(body: str, offset: int) -> _Tag | None:
    block = _BLOCK.fullmatch(body)
    if block:
        return block["sign"], block["name"]
    variable = _VARIABLE.fullmatch(body)
    if variable is None:
        return None
    fallback = variable["fallback"]
    plain = None if fallback is None else re.sub(r"\\(.)", r"\1", fallback[1:-1], flags=re.DOTALL)
    return Slot(tuple(variable["path"].split(".")), plain, "text", offset)


def _unreadable(body: str, offset: int, length: int) -> Problem:
    if "|" in body and not re.search(r"[\"']", body):
        fallback = body.partition("|")[2].strip()
        return Problem(offset, length, "E070", "the fallback must be a text in quotes", f'write {{{{{body.partition("|")[0].strip()} | "{fallback}"}}}}')
    if body.strip()[:1] in ("&", "!", ">", "^"):
        return Problem(offset, length, "E070", f"'{body.strip()[0]}' is not known in a variable; every value is escaped", _SAMPLE)
    return Problem(offset, length, "E070", f"'{body.strip()}' is not the name of a variable", _SAMPLE)


def _masked(markup: str, tags: list[tuple[int, int, _Tag]]) -> str:
    """The markup with each tag replaced by as many private-use characters, which mean nothing in HTML."""
    masked = list(markup)
    for start, end, _ in tags:
        masked[start:end] = HOLE * (end - start)
    return "".join(masked)


# --- parts


def _assemble(
    markup: str, tags: list[tuple[int, int, _Tag]], place: Callable[[Slot, Piece], Slot], pieces: dict[int, Piece], problems: list[Problem]
) -> tuple[Part, ...]:  # fmt: skip
    outer: list[Part] = []
    inner: list[Part] | None = None
    opened, end = 0, 0
    for start, stop, tag in tags:
        current = outer if inner is None else inner
        current.append(markup[end:start])
        end = stop
        piece = pieces.get(start)
        if isinstance(tag, str):
            current.append(tag)
            continue
        if isinstance(tag, Slot):
            if piece is not None:
                current.append(place(tag, piece))
            if tag.path[0] == "item" and inner is None:
                problems.append(Problem(start, stop - start, "E074", f"'{tag.name}' stands outside of {{{{#items}}}}", "move it between {{#items}} and {{/items}}"))
            continue
        wrong = _wrong_block(tag, inner is not None, piece, pieces.get(opened))
        if wrong:
            problems.append(Problem(start, stop - start, "E074", *wrong))
        elif tag[0] == "#":
            inner, opened = [], start
        else:
            outer.append(Each(ITEMS, _joined(inner or []), opened))
            inner = None
    if inner is not None:
        problems.append(Problem(opened, 2 + len("#items") + 2, "E074", "the block of items is not closed", "add {{/items}}"))
    return _joined([*outer, markup[end:]])


def _wrong_block(tag: tuple[str, str], within: bool, piece: Piece | None, opening: Piece | None) -> tuple[str, str] | None:
    sign, name = tag
    if name != ITEMS:
        return f"there is no block '{name}'", "the one block is {{#items}} … {{/items}}; choose variants by rules"
    if piece is not None and (piece.where != "text" or piece.refused):
        return "a block of items must stand between elements", "move it out of the tag"
    if sign == "#" and within:
        return "a block of items cannot hold another one", "close the first with {{/items}}"
    if sign == "/" and not within:
        return "{{/items}} closes nothing", "add {{#items}} before it, or remove it"
    if sign == "/" and piece is not None and opening is not None and piece.stack != opening.stack:
        return "the elements within {{#items}} are not balanced", "close each element in the block that it was opened in"
    return None


def _placed(slot: Slot, piece: Piece, problems: list[Problem]) -> Slot:
    """The variable with its context; a place where it cannot be escaped is a problem."""
    refused = piece.refused or (in_table(piece.stack) if piece.where == "text" else None)
    if refused:
        message, fix = refused
        problems.append(Problem(slot.offset, 2 + len(slot.name) + 2, "E071", message, fix))
        return slot
    return replace(slot, context=piece.where)


def _joined(parts: list[Part]) -> tuple[Part, ...]:
    """The parts without empty texts."""
    return tuple(part for part in parts if part != "")
