"""What the edge would make of an origin's pages, told by the product's own modules in workerd."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any

from host.tools import EDGE, HOST, ROOT, HostError, node

DEADLINE = 15_000  # milliseconds for an answer of the origin
STOP_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Ask:
    """A page to look at: its path (with a query), and its places as (selector, operation)."""

    path: str
    slots: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Fate:
    """What would become of a place: how many elements its selector matches, and the status that the log would have."""

    matches: int
    status: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a page.

    Attributes:
        error: why there was no answer; all else is empty then.
        headers: pairs, names in lower case. freshness: as edge/freshness.mjs tells it.
        why: why the page would stay as it is (status, type, charset, encoding, size, parser), "" where it would not.
        size: bytes, 0 where it was not read. fates: one for each place, () where the page would stay as it is.
    """

    error: str = ""
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    freshness: Mapping[str, Any] | None = None
    why: str = ""
    size: int = 0
    fates: tuple[Fate, ...] = ()


def inspect(origin: str, asks: Sequence[Ask], deadline: int = DEADLINE) -> Iterator[tuple[int, Seen]]:
    """Look at pages of the origin, some at a time: the number of each and what was seen, in the order of the answers.

    Raises:
        HostError: workerd does not run here.
    """
    if not (ROOT / "node_modules" / "miniflare").is_dir():
        raise HostError("the npm packages are missing; run 'make setup' (or 'npm ci')")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([node(), HOST / "inspector.mjs", EDGE], text=True, encoding="utf-8", start_new_session=True, **pipes)
    try:
        Thread(target=_tell, args=(process, origin, asks, deadline), daemon=True).start()
        for _ in asks:
            yield _read(process.stdout.readline())
        process.wait(STOP_SECONDS)  # it closes workerd
    finally:
        _end_group(process)


def _tell(process: subprocess.Popen[str], origin: str, asks: Sequence[Ask], deadline: int) -> None:
    """Write the questions, whose answers are read meanwhile."""
    with suppress(OSError, ValueError), process.stdin as questions:  # it may be gone
        for number, ask in enumerate(asks):
            slots = [{"selector": selector, "operation": operation} for selector, operation in ask.slots]
            questions.write(json.dumps({"number": number, "origin": origin, "path": ask.path, "slots": slots, "deadline": deadline}) + "\n")


def _end_group(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


def _read(line: str) -> tuple[int, Seen]:
    if not line.startswith("{"):
        raise HostError("the inspector did not start; run 'make setup'")
    told = json.loads(line)
    if "error" in told:
        return told["number"], Seen(error=told["error"])
    headers = tuple((name.lower(), value) for name, value in told["headers"])
    fates = tuple(Fate(each["matches"], each["status"]) for each in told.get("places", ()))
    return told["number"], Seen("", told["status"], headers, told["freshness"], told["why"], told.get("size", 0), fates)
