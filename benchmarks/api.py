"""The HTTP API in workerd: OFREP beside flagd's own evaluator, and a personalised page's slots; CPU, requests a second, waits.

    .venv/bin/python -m benchmarks.api [--rounds 7] [--cases "5 flags,350 flags"] [--profile CASE | --load SECONDS [--rate 1000]] [--json]

OFREP's bulk request for 5 and for 350 flags, and POST /api/v1/personalize/webpage for a page of five slots with the visitor's
profile read. Tessera does all that it does in production: the API key is checked, the context read and typed, everything decided,
the validator made, the body written. The peer is flagd's core in a JavaScript worker that answers the same bulk requests and does
nothing else. workerd runs without Miniflare, a process for each worker; 200 contexts, 16 connections, each of which asks again as
soon as it has its answer. --load asks for so many requests a second and exits with 1 where an answer is wrong.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator, Mapping, Sequence

from benchmarks import flags, page_site
from benchmarks.measure import Row, cost, report
from benchmarks.page_traffic import Ask, Figures, Traffic
from benchmarks.page_workers import Running, Worker, Workshop
from compiler.api_keys import ApiKey, generate
from host.tools import ROOT, node

PEER = "flagd-core"
WANTED = "wanted"
RATE, P99 = 1000.0, 50.0  # requests a second of one core, and milliseconds, that are wanted
CONNECTIONS = 16
ROUND_SECONDS, WARM_REQUESTS, WARM_BATCH = 0.4, 3000, 200
ENDING = b"}"


class Wrong(Exception):
    """A worker answers something else than what it is measured for."""


@dataclass(frozen=True, slots=True)
class Case:
    """`flags`: how many; 0 for the slots of a page."""

    name: str
    flags: int

    def asks(self, key: ApiKey) -> list[Ask]:
        if self.flags:
            return [Ask(_post("/ofrep/v1/evaluate/flags", {"context": context}, key), ending=ENDING) for context in flags.contexts()]
        context = {"country": "US", "device": "mobile", "language": "en"}
        bodies = ({"user": id_, "page": "/", "context": context, "consent": list(page_site.PURPOSES)} for id_ in page_site.visitor_ids())
        return [Ask(_post("/api/v1/personalize/webpage", body, key), ending=ENDING) for body in bodies]

    def workers(self, workshop: Workshop, key: ApiKey) -> dict[str, Worker]:
        if not self.flags:
            return {"tessera": workshop.worker(self.name, page_site.site(True), page_site.profiles(), TESSERA_API_KEYS=key.entry)}
        ours = workshop.worker(self.name, flags.site(self.flags), [], TESSERA_API_KEYS=key.entry)
        return {"tessera": ours, PEER: workshop.flagd(f"{PEER} {self.name}", flags.flagd(self.flags))}


CASES = (Case("5 flags", 5), Case("350 flags", 350), Case("webpage", 0))


def _post(path: str, body: Mapping[str, object], key: ApiKey) -> bytes:
    text = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer {key.text}\r\nContent-Length: {len(text)}\r\n\r\n"
    return head.encode() + text


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# --- right answers --------------------------------------------------------------------------------------------------


def check(case: Case, running: Mapping[str, Running], asks: Sequence[Ask]) -> None:
    """Everybody's answer is whole; of flags both engines say the same, but for who is split where."""
    bodies = {name: list(_bodies(one, asks[:40])) for name, one in running.items()}
    if not case.flags:
        slots = [body["slots"] for body in bodies["tessera"]]
        if any(len(found) != len(page_site.SLOTS) for found in slots) or len({json.dumps(found) for found in slots}) < 5:
            raise Wrong(f"{case.name}: not the slots of everybody")
        return
    told = {name: [{flag["key"]: flag["value"] for flag in body["flags"]} for body in found] for name, found in bodies.items()}
    plain = [flag.key for flag in flags.flags(case.flags) if not flag.is_split]
    for ours, theirs in zip(told["tessera"], told[PEER]):
        if ours.keys() != theirs.keys() or len(ours) != case.flags or any(ours[key] != theirs[key] for key in plain):
            raise Wrong(f"{case.name}: {ours} and {theirs}")


def _bodies(running: Running, asks: Sequence[Ask]) -> Iterator[dict]:
    with Traffic(running.port, asks, 1) as traffic:
        for _ in asks:
            yield json.loads(traffic.one())


# --- figures --------------------------------------------------------------------------------------------------------


def ask(running: Running, asks: Sequence[Ask], count: int) -> tuple[Figures, float]:
    """Figures, and CPU milliseconds for each request."""
    with Traffic(running.port, asks, CONNECTIONS) as traffic:
        traffic.run(CONNECTIONS)  # so that connecting does not count
        before = running.cpu_seconds()
        figures = traffic.run(count)
        used = running.cpu_seconds() - before
    if figures.errors:
        raise Wrong(f"{running.worker.name}: {figures.errors} wrong answers\n{running.log()[-2000:]}")
    return figures, 1000 * used / count


def warm(running: Running, asks: Sequence[Ask]) -> int:
    """Ask until compiling is done; how many requests make a round."""
    asked, figures = 0, Figures()
    while asked < WARM_REQUESTS:
        figures, _ = ask(running, asks, WARM_BATCH)
        asked += WARM_BATCH
    return max(100, round(WARM_BATCH * ROUND_SECONDS / figures.seconds))


def measured(case: Case, running: Mapping[str, Running], asks: Sequence[Ask], rounds: int) -> Iterator[Row]:
    """Rows of medians over interleaved rounds; waits are of all rounds."""
    counts = {name: warm(one, asks) for name, one in running.items()}
    cpu: dict[str, list[float]] = {name: [] for name in running}
    rates: dict[str, list[float]] = {name: [] for name in running}
    waits: dict[str, list[float]] = {name: [] for name in running}
    for _ in range(rounds):
        for name, one in running.items():
            figures, used = ask(one, asks, counts[name])
            cpu[name].append(used)
            rates[name].append(figures.answered / figures.seconds)
            waits[name] += figures.whole
    for name in running:
        p50, p99 = (1000 * statistics.quantiles(waits[name], n=100)[at - 1] for at in (50, 99))
        each = statistics.median(cpu[name])
        say(f"{case.name:10} {name:12} {each:7.3f} ms CPU, {1000 / each:7.0f}/s of a core, {statistics.median(rates[name]):7.0f}/s; p50 {p50:6.2f} ms, p99 {p99:6.2f} ms")
        if name == "tessera":
            yield Row(f"{case.name}, of one core", WANTED, round(1000 / each, 1), RATE, "requests/s", round(1000 / each / RATE, 3))
            yield cost(f"{case.name}, p99 at {CONNECTIONS} connections", WANTED, p99, P99, "ms")
    if PEER in running:
        yield cost(case.name, PEER, statistics.median(cpu["tessera"]), statistics.median(cpu[PEER]), "ms CPU/request")


def load(case: Case, running: Mapping[str, Running], asks: Sequence[Ask], rate: float, seconds: float) -> Iterator[Row]:
    """An open loop against Tessera alone: requests are due at even distances, and waits run from when they were due."""
    one = running["tessera"]
    warm(one, asks)
    with Traffic(one.port, asks, 64) as traffic:
        figures = traffic.sustain(rate, seconds)
    if figures.errors:
        raise Wrong(f"{case.name}: {figures.errors} wrong answers")
    p50, p99 = (1000 * statistics.quantiles(figures.whole, n=100)[at - 1] for at in (50, 99))
    kept = figures.answered / figures.seconds
    say(f"{case.name:10} {figures.answered:,} answers in {figures.seconds:.1f} s; p50 {p50:.2f} ms, p99 {p99:.2f} ms; {one.memory():.0f} MB")
    yield Row(f"{case.name}, {rate:g}/s for {seconds:g} s", "asked for", round(kept, 1), rate, "requests/s", round(kept / rate, 3))
    yield cost(f"{case.name}, {rate:g}/s, p99", WANTED, p99, P99, "ms")


# --- where the time goes --------------------------------------------------------------------------------------------


def profile(worker: Worker, asks: Sequence[Ask], seconds: float = 5.0) -> None:
    """Samples of the isolate while it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Running(worker, inspector=port) as running:
        warm(running, asks)
        sampler = subprocess.Popen([node(), ROOT / "benchmarks" / "page_profile.mjs", str(port), str(seconds)], stdout=subprocess.PIPE, text=True)
        figures = []
        while sampler.poll() is None:
            figures.append(ask(running, asks, 200)[1])
    found = json.loads(sampler.stdout.read())
    kinds = Counter()
    for where, function, count in found["functions"]:
        kinds[function if function.startswith("(") else "WebAssembly (Python)" if where.startswith("wasm:") else where.rpartition("/")[2] or "platform"] += count
    busy = sum(count for kind, count in kinds.items() if kind != "(idle)")
    say(f"{statistics.median(figures):.3f} ms CPU/request while sampled")
    for kind, count in kinds.most_common(14):
        say(f"  {count / busy:6.1%}  {kind}")
    for where, function, count in found["functions"][:30]:
        say(f"    {count / busy:6.1%}  {function or '(anonymous)'}  {where.rpartition('/')[2]}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cases", default=",".join(case.name for case in CASES))
    parser.add_argument("--profile", metavar="CASE")
    parser.add_argument("--load", type=float, metavar="SECONDS")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    key, found = generate("reader", "benchmark"), list[Row]()
    wanted = [case for case in CASES if case.name in (options.profile or options.cases).split(",")]
    try:
        for case in wanted:
            with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
                workers, asks = case.workers(Workshop(Path(folder)), key), case.asks(key)
                if options.profile:
                    profile(workers["tessera"], asks)
                    continue
                running = {name: stack.enter_context(Running(worker)) for name, worker in workers.items()}
                check(case, running, asks)
                take: Callable[..., Iterator[Row]] = load if options.load else measured
                found += take(case, running, asks, *((options.rate, options.load) if options.load else (options.rounds,)))
    except Wrong as wrong:
        say(str(wrong))
        return 1
    if found:
        report(found, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
