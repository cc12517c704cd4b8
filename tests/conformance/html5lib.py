"""html5lib/html5lib-tests: the inputs of the tokenizer and of the tree construction as pages, behind a slot of our own.

Undecided, a page is the same byte for byte, whether it comes whole or byte by byte. With the slot filled, everything else
stays, and html5lib reads the same tokens behind it. With a class given to every element, html5lib reads the same tokens but
for that class. A page that the platform's parser gives up on passes as it is, and has thereby passed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.conformance.case import Case
from tests.conformance.planner import Planner, Result, Task
from tests.conformance.reading import Token, other_charset, read, seems_other

SLOT, END = b"<div id=tessera-slot>", b"</div>"
PUT = "<i>put</i>\u2615<!--here-->"
CLASS = "put"
TASKS = (
    Task((("#tessera-slot", "inner"),), (None,)),
    Task((("#tessera-slot", "inner"), ("*", "class")), (None, None), seed=1),
    Task((("#tessera-slot", "inner"),), (PUT,)),
    Task((("#tessera-slot", "inner"),), (PUT,), seed=1),
    Task((("*", "class"),), (CLASS,)),
    Task((("*", "class"),), (CLASS,), seed=1),
)
OPENERS = {  # the tokenizer's state → what leads to it
    "Data state": "",
    "PLAINTEXT state": "<plaintext>",
    "RCDATA state": "<title>",
    "RAWTEXT state": "<xmp>",
    "Script data state": "<script>",
    "CDATA section state": "<svg><![CDATA[",
}


def cases(root: Path) -> Iterator[Case]:
    """A case for each input, in each of the states that it is for."""
    pages: list[tuple[str, bytes]] = []
    for name, text in _inputs(root / "html5lib"):
        try:
            pages.append((name, SLOT + END + text.encode("utf-8")))
        except UnicodeEncodeError:
            yield Case(name, skipped="a lone surrogate, which no page of UTF-8 can hold")
    with Planner() as planner:
        answers = planner.perform((page, TASKS) for _, page in pages)
    for (name, page), answer in zip(pages, answers):
        if answer.personalisable:
            yield Case(name, other_charset(page) or problem(page, answer.results))
        else:
            yield Case(name, None if other_charset(page) or seems_other(page) else "the page is passed although it is UTF-8")


def _inputs(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((root / "tokenizer").glob("*.test")):
        for tests in json.loads(path.read_text("utf-8")).values():
            for number, test in enumerate(tests):
                yield from _states(f"tokenizer/{path.name}#{number}", test)
    for path in sorted((root / "tree-construction").glob("*.dat")):
        for number, text in enumerate(_blocks(path.read_bytes().decode("utf-8"))):
            yield f"tree-construction/{path.name}#{number}", text


def _states(name: str, test: dict[str, Any]) -> Iterator[tuple[str, str]]:
    text = test["input"]
    if test.get("doubleEscaped"):
        text = json.loads('"' + text.replace('"', '\\"') + '"')
    states = test.get("initialStates", ["Data state"])
    for state in states:
        last = test.get("lastStartTag")
        opener = f"<{last}>" if last and len(states) == 1 and state != "CDATA section state" else OPENERS[state]
        yield name if len(states) == 1 else f"{name} {state}", opener + text


def _blocks(text: str) -> Iterator[str]:
    """The inputs of a file: what stands between `#data` and `#errors`."""
    for block in ("\n" + text).split("\n#data\n")[1:]:
        yield block.partition("\n#errors")[0] if not block.startswith("#errors") else ""


def problem(page: bytes, results: tuple[Result, ...]) -> str | None:
    """What is wrong with what became of the page."""
    if any(result.error for result in results):
        return None if all(result.error for result in results) else "the parser gives up on some of the same pages"
    same, pieces, filled, filled_pieces, classed, classed_pieces = results
    if same.body != page or pieces.body != page:
        return "undecided it is not the page"
    if filled != filled_pieces or classed != classed_pieces:
        return "it is planned otherwise in pieces"
    expected = SLOT + PUT.encode() + page[len(SLOT) :]
    if filled.body != expected:
        return f"filled it is {filled.body!r}"
    tokens = read(page).tokens
    if read(filled.body).tokens[-len(tokens) + 1 :] != tokens[1:]:
        return "html5lib reads other tokens behind the slot"
    found, wanted = read(classed.body).tokens, tuple(map(_classed, tokens))
    if found != wanted:
        at = next((n for n, (one, other) in enumerate(zip(found, wanted)) if one != other), min(len(found), len(wanted)))
        return f"with a class html5lib reads {found[at : at + 1]}, expected {wanted[at : at + 1]}: {page!r}"
    return None


def _classed(token: Token) -> Token:
    if token.kind != "StartTag":
        return token
    name, attributes, is_closing = token.content
    return Token(token.kind, (name, attributes | {"class": CLASS}, is_closing))
