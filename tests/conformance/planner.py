"""Page plans of the product, made in workerd as at the edge, for thousands of pages at once; no Python runs in that Worker."""

from __future__ import annotations

import json
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host.tools import EDGE, ROOT, node

SCRIPT = Path(__file__).with_name("planner_host.mjs")
MOST_BYTES = 4_000_000  # of the pages of one request, before base64
MOST_TASKS = 2_000


@dataclass(frozen=True)
class Task:
    """Slots of a page, (selector, operation), and what is put into each; None leaves it.

    Attributes:
        seed: not 0 where the parser is to get the page in pieces: byte by byte, or in a thousand pieces of a large page.
        whole: whether the page is wanted, or its hash alone.
    """

    slots: tuple[tuple[str, str], ...]
    contents: tuple[str | None, ...]
    seed: int = 0
    whole: bool = True

    def told(self) -> dict[str, Any]:
        slots = [{"selector": selector, "operation": operation} for selector, operation in self.slots]
        return {"slots": slots, "contents": self.contents, "seed": self.seed, "whole": self.whole}


@dataclass(frozen=True)
class Result:
    """What became of a task. `error`: the parser gave up on the page, which then passes as it is."""

    error: str | None = None
    digest: str = ""
    body: bytes | None = None
    statuses: tuple[str, ...] = ()
    matches: tuple[int, ...] = ()


@dataclass(frozen=True)
class Answer:
    personalisable: bool
    results: tuple[Result, ...]


class Planner:
    """The Worker; used as a context."""

    def __enter__(self) -> Planner:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen([str(node()), str(SCRIPT), str(EDGE)], cwd=ROOT, text=True, encoding="utf-8", **pipes)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(30)

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line.startswith("{"):
            raise RuntimeError(f"the planner ended or failed: {line.strip() or 'see its output above'}")
        return json.loads(line)

    def perform(self, pages: Iterable[tuple[bytes, Sequence[Task]]]) -> list[Answer]:
        """Plan and join every page as its tasks say."""
        answers: list[Answer] = []
        for batch in _batches(pages):
            told = [{"page": b64encode(page).decode(), "tasks": [task.told() for task in tasks]} for page, tasks in batch]
            answers += [Answer(one["personalisable"], tuple(map(_result, one["tasks"]))) for one in self._ask({"pages": told})["pages"]]
        return answers

    def follows(self, selectors: Sequence[str]) -> list[bool]:
        """Which selectors the platform's parser knows."""
        return self._ask({"selectors": list(selectors)})["selectors"]


def _result(told: dict[str, Any]) -> Result:
    if "error" in told:
        return Result(told["error"])
    body = None if told["body"] is None else b64decode(told["body"])
    return Result(None, told["digest"], body, tuple(told["statuses"]), tuple(told["matches"]))


def _batches(pages: Iterable[tuple[bytes, Sequence[Task]]]) -> Iterable[list[tuple[bytes, Sequence[Task]]]]:
    batch: list[tuple[bytes, Sequence[Task]]] = []
    size = count = 0
    for page, tasks in pages:
        cost = len(page) * (1 + sum(task.whole for task in tasks))
        if batch and (size + cost > MOST_BYTES or count + len(tasks) > MOST_TASKS):
            yield batch
            batch, size, count = [], 0, 0
        batch.append((page, tasks))
        size, count = size + cost, count + len(tasks)
    if batch:
        yield batch
