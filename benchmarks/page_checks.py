"""Before and after the clock: every worker of the page benchmark serves the page that it should."""

from __future__ import annotations

import json
from typing import Iterator, Mapping, Sequence

from benchmarks import page_site
from benchmarks.page_site import ARMS, SLOTS, VARIANTS, Slot
from benchmarks.page_traffic import Ask, Traffic
from benchmarks.page_workers import Running, pieces

CHECKED = 40  # visitors
FAILURES = ("-failed", "fail-open", "refused", "lost", "passed through", "Traceback")  # in the lines that the Worker writes then


class Wrong(Exception):
    """A worker serves something else than what it is measured for."""


def check_tessera(running: Running, asks: Mapping[str, Sequence[Ask]], *, stored: bool) -> None:
    """Each slot holds one of its variants with one of its arms' headlines, and everything else is the page's own bytes."""
    seen = set()
    for path, size in page_site.PATHS.items():
        for number, body in enumerate(_bodies(running, asks[path])):
            try:
                seen |= set(_chosen(body, size))
            except Wrong as wrong:
                raise Wrong(f"{running.worker.name}: {path}, visitor {number}: {wrong}\n{running.log()[-2000:]}") from None
    if len(seen) < 2 * len(SLOTS):
        raise Wrong(f"{running.worker.name}: everybody gets the same")
    check_logged(running, len(page_site.PATHS) * CHECKED, stored=stored)


def _chosen(body: str, size: int) -> Iterator[tuple[str, str, str]]:
    first, *rest = pieces(size)
    at = _passed(body, 0, first)
    for slot, piece in zip(SLOTS, rest):
        options = {(slot.name, variant, arm): page_site.contents(slot, variant, arm) for variant in VARIANTS for arm in ARMS}
        found = next((option for option, text in options.items() if body.startswith(text, at)), None)
        if found is None:
            raise Wrong(f"the slot {slot.name} holds {body[at : at + 80]!r}")
        yield found
        at = _passed(body, at + len(options[found]), piece)
    if at != len(body):
        raise Wrong("something follows the page")


def _passed(body: str, at: int, piece: str) -> int:
    if not body.startswith(piece, at):
        raise Wrong(f"the page was changed outside of its slots, after byte {at}")
    return at + len(piece)


def check_logged(running: Running, answered: int, *, stored: bool) -> None:
    """Every page view was logged, every profile was read that had to be, and nothing was given up on the way."""
    told = json.loads(running.get("/.bench/stats"))
    if told["sent"] != answered or told["reads"] != (answered if stored else 0):
        raise Wrong(f"{running.worker.name}: of {answered} page views {told['sent']} were logged, {told['reads']} profiles were read")
    if said := complaints(running):
        raise Wrong(f"{running.worker.name}: {said[0]}")


def complaints(running: Running) -> list[str]:
    """The lines in which the Worker says that something went wrong."""
    return [line for line in running.log().splitlines() if any(word in line for word in FAILURES)]


def check_fixed(runnings: Sequence[Running], asks: Mapping[str, Sequence[Ask]]) -> None:
    """HTMLRewriter and the joins make the same page, with the first variant in each slot."""
    for path, size in page_site.PATHS.items():
        first, *rest = pieces(size)
        wanted = first + "".join(page_site.contents(slot, VARIANTS[0]) + piece for slot, piece in zip(SLOTS, rest))
        for running in runnings:
            if any(body != wanted for body in _bodies(running, asks[path], 2)):
                raise Wrong(f"{running.worker.name}: {path} is not the page with five fixed contents")


def check_growthbook(running: Running, asks: Sequence[Ask]) -> None:
    """Each slot's element holds one of the two arms' contents."""
    seen = set()
    for page in _bodies(running, asks):
        body = page[page.index("<body>") :]  # what it injects into the head holds all contents
        for slot in SLOTS:
            arms = [arm for arm in ARMS if _inside(slot, arm) in body]
            if len(arms) != 1:
                raise Wrong(f"{running.worker.name}: the slot {slot.name} holds {len(arms)} of its experiment's contents")
            seen.add((slot.name, arms[0]))
    if len(seen) != len(SLOTS) * len(ARMS):
        raise Wrong(f"{running.worker.name}: only {sorted(seen)} were shown")


def _inside(slot: Slot, arm: str) -> str:
    return f"<h2>{page_site.contents(slot, VARIANTS[0], arm).partition('<h2>')[2].partition('</h2>')[0]}</h2>"


def _bodies(running: Running, asks: Sequence[Ask], count: int = CHECKED) -> Iterator[str]:
    with Traffic(running.port, asks, 1) as traffic:
        for _ in range(count):
            yield traffic.one().decode()
