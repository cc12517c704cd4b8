"""cloudflare/lol-html, the engine behind HTMLRewriter: what each selector matches, and what stands in place of the contents.

The reference puts comments around elements, texts and comments that a selector matches; only those around elements are a
slot's affair, so that the others are taken out of what is expected. A selector that the compiler refuses has passed, if the
platform's parser does not follow it either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from compiler.selectors import problem
from tests.conformance.case import Case
from tests.conformance.planner import Planner, Result, Task

_OTHER_MARKS = re.compile(r"<!--\[/?(?:TEXT|COMMENT)\(.*?\)\]-->", re.DOTALL)


@dataclass(frozen=True)
class _Asked:
    name: str
    page: bytes
    selector: str
    task: Task
    expected: str


def cases(root: Path) -> Iterator[Case]:
    """A case for each selector on each document."""
    folder = root / "lol-html"
    asked = [*_replaced(folder / "element_content_replacement.jsonl"), *_matched(folder / "selector_matching.jsonl")]
    with Planner() as planner:
        answers = planner.perform((one.page, [one.task]) for one in asked)
        follows = planner.follows([one.selector for one in asked])
    for one, answer, is_followed in zip(asked, answers, follows):
        yield Case(one.name, _wrong(one, answer.results[0], is_followed))


def _documents(path: Path) -> Iterator[tuple[str, bytes, str, str]]:
    for line in path.read_text("utf-8").splitlines():
        document = json.loads(line)
        for number, (selector, expected) in enumerate(document["expected"].items()):
            yield f"{path.stem}/{document['id']}#{number} {selector[:80]}", document["src"].encode(), selector, expected


def _replaced(path: Path) -> Iterator[_Asked]:
    for name, page, selector, expected in _documents(path):
        yield _Asked(name, page, selector, Task(((selector, "inner"),), (f"<!--Replaced ({selector}) -->",)), expected)


def _matched(path: Path) -> Iterator[_Asked]:
    for name, page, selector, expected in _documents(path):
        contents = (f"<!--[ELEMENT('{selector}')]-->", f"<!--[/ELEMENT('{selector}')]-->")
        yield _Asked(name, page, selector, Task(((selector, "before"), (selector, "after")), contents), _OTHER_MARKS.sub("", expected))


def _wrong(asked: _Asked, result: Result, is_followed: bool) -> str | None:
    refused = problem(asked.selector)
    if refused:
        return f"refused although the platform follows it: {refused[0]}" if is_followed else None
    if result.error:
        return f"the parser gives up: {result.error}"
    return None if result.body.decode() == asked.expected else f"{', '.join(result.statuses)}: {result.body.decode()!r}, expected {asked.expected!r}"
