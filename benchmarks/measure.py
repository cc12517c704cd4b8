"""What the benchmarks share: CPU time of a host's processes, medians, and the table of ratios."""

from __future__ import annotations

import json
import os
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Callable, Iterable

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison within one run. `ratio` above 1: Tessera is better."""

    case: str
    peer: str
    ours: float
    theirs: float
    unit: str
    ratio: float


def cost(case: str, peer: str, ours: float, theirs: float, unit: str) -> Row:
    """A row for a figure of which less is better."""
    return Row(case, peer, round(ours, 4), round(theirs, 4), unit, round(theirs / ours, 3) if ours else 0.0)


def report(rows: Iterable[Row], as_json: bool) -> None:
    """Print the rows for people, and with --json as the last line for machines."""
    found = list(rows)
    width = max(len(f"{row.case} vs {row.peer}") for row in found)
    for row in found:
        print(f"{f'{row.case} vs {row.peer}'.ljust(width)}  {row.ours:>10g}  {row.theirs:>10g} {row.unit:<16} ratio {row.ratio:g}")
    if as_json:
        print(json.dumps({"rows": [asdict(row) for row in found]}))


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its descendants so far, in seconds (steps of 10 ms)."""
    total = 0
    for one in family(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def busiest_thread(pid: int) -> Callable[[], float]:
    """Start measuring; the function returned tells the CPU seconds since then of the thread that worked most.

    Threads that compile or collect garbage beside it do not count, as they would not where a thread is all one has.
    """
    before = _threads(pid)
    return lambda: max(seconds - before.get(thread, 0.0) for thread, seconds in _threads(pid).items())


def _threads(pid: int) -> dict[str, float]:
    """Thread → CPU seconds so far, exact to the nanosecond for threads that are not running (Linux: schedstat)."""
    found = {}
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            found[thread.name] = int((thread / "schedstat").read_text().split()[0]) / 1e9
        except OSError:
            continue
    return found


def interleaved(rounds: int, *runs: Callable[[], float]) -> list[float]:
    """The median of each run over interleaved rounds, so that the machine's moods hit all alike."""
    figures: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for figure, run in zip(figures, runs):
            figure.append(run())
    return [statistics.median(figure) for figure in figures]
