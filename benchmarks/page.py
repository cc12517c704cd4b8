"""A personalised page in workerd, against other ways to personalise it, in one run; milliseconds of CPU per request.

    .venv/bin/python -m benchmarks.page [--rounds 9] [--all] [--profile | --load SECONDS [--rate 1000]] [--json]

A page of 60 KB with five slots. Tessera does all that it does in production: cookie, consent, decision of five slots with their
experiments, rendering, joining, record. The peers: a JavaScript worker that puts five fixed texts in by HTMLRewriter,
GrowthBook's edge worker with five experiments (of its two forms the better counts), and a JavaScript join of a page that was cut
beforehand, of texts and of bytes. workerd runs without Miniflare, a process for each worker; the page comes from an origin in
the same process. Requests enter as in the embedded host, straight into the bridge. --all also measures 32 connections, a
visitor whose stored profile is read, and requests that enter by the class of the Python entry, as the platform calls every
Python Worker. --profile tells where Tessera's own CPU goes; --load asks for so many requests a second and exits with 1 where an
answer is wrong.
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Iterator, Mapping, Sequence

from benchmarks import page_checks
from benchmarks.measure import Row, cost, report
from benchmarks.page_traffic import Ask, Figures, Traffic, TrafficError
from benchmarks.page_workers import Running, Worker, Workshop
from host.tools import EDGE, ROOT, node

STORE = ROOT / "rulesets" / "store"

OURS = {
    "tessera": "known visitor",
    "tessera, profile": "known visitor, profile read",
    "tessera, by its class": "known visitor, by the entry's class",
    "tessera, profile, by its class": "known visitor, profile read, by the entry's class",
}
PROFILED = {name for name in OURS if "profile" in name}
PEERS = {
    "htmlrewriter-js": ("htmlrewriter",),
    "growthbook-edge": ("growthbook", "growthbook, no injection"),
    "js-join": ("join-texts",),
    "js-join-bytes": ("join-bytes",),
}
FLOORS = ("hello", "static")  # what workerd needs for nothing, and for the page as it is
CONNECTIONS = (4, 32)  # the second with --all
SIZES = {"/": "60 KB", "/large": "700 KB"}
UNIT = "ms CPU/request"
ROUND_SECONDS = 0.25  # short, so that the machine's moods hit all alike
WARM_SECONDS, WARM_BATCH = 1.0, 100
WARM_REQUESTS = 3000  # after which WebAssembly is compiled for speed
LOAD_CONNECTIONS = 64
GROWTHBOOK = {
    "PROXY_TARGET": "http://localhost/",
    "GROWTHBOOK_API_HOST": "http://localhost",
    "GROWTHBOOK_CLIENT_KEY": "sdk-benchmark",
    "RUN_VISUAL_EDITOR_EXPERIMENTS": "edge",
}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def workers(workshop: Workshop, ours: Sequence[str]) -> dict[str, Worker]:
    """All that take part, by name."""
    found = {name: workshop.tessera(stored=name in PROFILED, direct="class" not in name) for name in ours}
    found |= {mode: workshop.peer(mode) for mode in (*FLOORS, "join-texts", "join-bytes", "htmlrewriter")}
    found["growthbook"] = workshop.peer("growthbook", **GROWTHBOOK)
    found["growthbook, no injection"] = workshop.peer("growthbook", DISABLE_INJECTIONS="true", **GROWTHBOOK)
    return found


class Bench:
    """The running workers, and how many pages each was asked for."""

    def __init__(self, running: Mapping[str, Running], asks: Mapping[str, Sequence[Ask]]) -> None:
        self.running, self._asks = running, asks
        self._asked = Counter({name: len(SIZES) * page_checks.CHECKED for name in OURS})
        self._counts: dict[tuple[str, str], int] = {}

    def check(self) -> None:
        for name in OURS:
            if name in self.running:
                page_checks.check_tessera(self.running[name], self._asks, stored=name in PROFILED)
        if "htmlrewriter" in self.running:
            page_checks.check_fixed([self.running[name] for name in ("htmlrewriter", "join-texts", "join-bytes")], self._asks)
            for name in PEERS["growthbook-edge"]:
                page_checks.check_growthbook(self.running[name], self._asks["/"])

    def check_logged(self) -> None:
        for name in OURS:
            if name in self.running:
                page_checks.check_logged(self.running[name], self._asked[name], stored=name in PROFILED)

    def warm(self, name: str, path: str = "/") -> None:
        """Ask until compiling is done, and find out how many requests make a round."""
        spent = asked = count = 0
        while spent < WARM_SECONDS or (name in OURS and path == "/" and asked < WARM_REQUESTS):
            figures, _ = self.ask(name, path, CONNECTIONS[0], WARM_BATCH)
            spent, asked = spent + figures.seconds, asked + WARM_BATCH
            count = round(WARM_BATCH * ROUND_SECONDS / figures.seconds)
        self._counts[name, path] = max(40, count)

    def round(self, name: str, path: str, connections: int) -> tuple[Figures, float]:
        """Figures, and CPU milliseconds per request."""
        return self.ask(name, path, connections, max(connections, self._counts[name, path]))

    def ask(self, name: str, path: str, connections: int, count: int) -> tuple[Figures, float]:
        running, asks = self.running[name], self._asks[path]
        if name == "hello":
            asks = [replace(ask, ending=b"ok") for ask in asks]
        try:
            with Traffic(running.port, asks, connections) as traffic:
                traffic.run(connections)  # so that connecting does not count
                before = running.cpu_seconds()
                figures = traffic.run(count)
                used = running.cpu_seconds() - before
        except (TrafficError, OSError) as error:
            raise page_checks.Wrong(f"{name}: {error}\n{running.log()[-2000:]}") from None
        self._asked[name] += connections + count
        if figures.errors:
            raise page_checks.Wrong(f"{name}: {figures.errors} wrong answers\n{running.log()[-2000:]}")
        return figures, 1000 * used / count


def costs(bench: Bench, rounds: int, at: Sequence[int]) -> dict[tuple[str, int], float]:
    """CPU milliseconds per request of each worker and number of connections: medians of interleaved rounds."""
    cells = [(name, connections) for connections in at for name in bench.running]
    found: dict[tuple[str, int], list[float]] = {cell: [] for cell in cells}
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        for name, connections in cells:
            found[name, connections].append(bench.round(name, "/", connections)[1])
    return {cell: statistics.median(figures) for cell, figures in found.items()}


def waits(bench: Bench, rounds: int) -> dict[tuple[str, str], float]:
    """Milliseconds to the first byte at four connections, p95, of each worker and page."""
    names = [name for name in bench.running if name in ("tessera", "static", "htmlrewriter", "join-bytes")]
    found: dict[tuple[str, str], list[float]] = {}
    for path, size in SIZES.items():
        say(f"time to the first byte, {size}")
        for name in names:
            bench.warm(name, path)
        for _ in range(rounds):
            for name in names:
                found.setdefault((name, path), []).extend(bench.round(name, path, CONNECTIONS[0])[0].first)
    return {cell: 1000 * statistics.quantiles(figures, n=100)[94] for cell, figures in found.items()}


def rows(cpu: Mapping[tuple[str, int], float], first: Mapping[tuple[str, str], float]) -> Iterator[Row]:
    for name, connections in cpu:
        if name in OURS:
            case = OURS[name]
            for peer, forms in PEERS.items():
                theirs = min(cpu[form, connections] for form in forms)
                yield cost(f"{case}, {connections} connections", peer, cpu[name, connections], theirs, UNIT)
    for path, size in SIZES.items():
        yield cost(f"first byte p95, {size}, {CONNECTIONS[0]} connections", "static-js", first["tessera", path], first["static", path], "ms")


def table(cpu: Mapping[tuple[str, int], float], first: Mapping[tuple[str, str], float]) -> str:
    """All forms that were measured, for people."""
    at = list(dict.fromkeys(connections for _, connections in cpu))
    lines = [f"{'ms CPU/request':32}" + "".join(f"{f'{c} conn.':>10}" for c in at) + f"{'first byte p95 ms:':>22}" + "".join(f"{size:>10}" for size in SIZES.values())]
    for name in dict.fromkeys(name for name, _ in cpu):
        told = "".join(f"{first[name, path]:10.2f}" for path in SIZES if (name, path) in first)
        lines.append(f"{name:32}" + "".join(f"{cpu[name, c]:10.3f}" for c in at) + " " * 22 + told)
    return "\n".join(lines)


def compare(stack: ExitStack, workshop: Workshop, asks: Mapping[str, Sequence[Ask]], rounds: int, everything: bool) -> list[Row]:
    ours, at = (tuple(OURS), CONNECTIONS) if everything else (("tessera",), CONNECTIONS[:1])
    bench = Bench({name: stack.enter_context(Running(worker)) for name, worker in workers(workshop, ours).items()}, asks)
    bench.check()
    say("every worker serves what it should")
    for name in bench.running:
        bench.warm(name)
    cpu, first = costs(bench, rounds, at), waits(bench, min(rounds, 5))
    bench.check_logged()
    print(table(cpu, first))
    return list(rows(cpu, first))


# --- load -----------------------------------------------------------------------------------------------------------


def load(stack: ExitStack, workshop: Workshop, asks: Mapping[str, Sequence[Ask]], rate: float, seconds: float) -> tuple[list[Row], int]:
    """An open loop against one worker; the row, and the number of wrong answers."""
    name = "tessera"
    running = stack.enter_context(Running(workshop.tessera(stored=False)))
    bench = Bench({name: running}, asks)
    bench.check()
    bench.warm(name)
    say(f"{rate:g} requests/s for {seconds:g} s")
    before = running.cpu_seconds()
    with Traffic(running.port, asks["/"], LOAD_CONNECTIONS) as traffic:
        figures = traffic.sustain(rate, seconds)
    used = running.cpu_seconds() - before
    p50, p95, p99 = (1000 * statistics.quantiles(figures.first, n=100)[at - 1] for at in (50, 95, 99))
    print(
        f"{figures.answered:,} answers in {figures.seconds:.1f} s, {figures.errors} wrong; first byte after {p50:.1f} ms (p50), "
        f"{p95:.1f} (p95), {p99:.1f} (p99); {1000 * used / figures.answered:.3f} ms CPU each; {running.memory():.0f} MB"
    )
    kept = figures.answered / figures.seconds
    row = Row(f"load, {rate:g}/s for {seconds:g} s, {figures.errors} errors", "asked for", round(kept, 1), rate, "requests/s", round(kept / rate, 3))
    return [row], figures.errors


# --- where the time goes --------------------------------------------------------------------------------------------


def profile(stack: ExitStack, workshop: Workshop, asks: Mapping[str, Sequence[Ask]], seconds: float = 5.0) -> None:
    """Samples of the isolate while it answers: by kind, then the functions that take most themselves."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    name = "tessera"
    bench = Bench({name: stack.enter_context(Running(workshop.tessera(stored=False), inspector=port))}, asks)
    bench.check()
    bench.warm(name)
    sampler = subprocess.Popen([node(), ROOT / "benchmarks" / "page_profile.mjs", str(port), str(seconds)], stdout=subprocess.PIPE, text=True)
    figures = []
    while sampler.poll() is None:
        figures.append(bench.ask(name, "/", CONNECTIONS[0], 100)[1])
    found = json.loads(sampler.stdout.read())
    kinds = Counter()
    for where, function, count in found["functions"]:
        kinds[_kind(where, function)] += count
    busy = sum(count for kind, count in kinds.items() if kind != "(idle)")
    each = statistics.median(figures)
    say(f"{each:.3f} ms CPU/request while sampled; shares of {busy} samples")
    for kind, count in kinds.most_common():
        if kind != "(idle)":
            say(f"  {count / busy:6.1%}  {each * count / busy:7.4f} ms  {kind}")
    for where, function, count in found["functions"][:40]:
        say(f"    {count / busy:6.1%}  {function or '(anonymous)'}  {where.rpartition('/')[2]}")


def _kind(where: str, function: str) -> str:
    if function.startswith("("):
        return function
    return "WebAssembly (Python)" if where.startswith("wasm:") else where.rpartition("/")[2] or "platform"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--load", type=float, metavar="SECONDS")
    parser.add_argument("--rate", type=float, default=1000.0, help="requests a second of --load")
    parser.add_argument("--edge", type=Path, default=EDGE, help="another folder of the Worker")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    errors = 0
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        workshop = Workshop(Path(folder), options.edge)
        asks = {path: workshop.asks(path) for path in SIZES}
        if options.profile:
            profile(stack, workshop, asks)
            return 0
        if options.load:
            found, errors = load(stack, workshop, asks, options.rate, options.load)
        else:
            found = compare(stack, workshop, asks, options.rounds, options.all)
    report(found, options.json)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
