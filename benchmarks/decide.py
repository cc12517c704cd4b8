"""Full decisions of 10 slots for one visitor, against other engines on the same rules, in one run; microseconds of CPU.

    .venv/bin/python -m benchmarks.decide [--cases N=10,N=1000] [--rounds 7] [--only-native | --only-workerd] [--profile] [--json]

In workerd: GrowthBook's JavaScript SDK and flagd's core against Tessera in Pyodide, one string in and one out for each
decision, crossing included. Natively: GrowthBook's Python SDK and zen-engine (Rust) against Tessera in CPython. Before the
clock starts, all engines are checked against a naive reference for all visitors and slots. --profile tells instead where
Tessera's own time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import forms, native
from benchmarks.measure import Row, cost, report
from benchmarks.native import Chosen, Engine
from benchmarks.worker import Workers
from benchmarks.workload import ARMS, SLOTS, Rule, Workload, workload
from compiler.emit import emit
from compiler.pipeline import compile_site
from tessera.bundle import load, unseal

CASES = (10, 100, 1000, 10000)
UNIT = "us CPU/decision"
ROUND_SECONDS = 0.15  # what one engine decides for in one round
SHARED_HASH = "growthbook_v2"  # with it, arms are checked too
PARTS = ("crossing", "parse", "match", "decide", "text", "inside", "full")
OURS = "tessera full"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def bundles(work: Workload) -> tuple[bytes, bytes]:
    """The site of the workload, compiled as it is (sha256), and with GrowthBook's hash."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in forms.site(work).items():
            path = Path(folder) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        started = time.perf_counter()
        compiled = compile_site(Path(folder))
        say(f"N={work.size}: {len(compiled.bundle):,} bytes, compiled in {time.perf_counter() - started:.1f} s")
    experiments = tuple(replace(experiment, hash=SHARED_HASH) for experiment in compiled.program.experiments)
    return compiled.bundle, emit(replace(compiled.program, experiments=experiments))


# --- checks ---------------------------------------------------------------------------------------------------------


def expected(work: Workload) -> list[list[Rule | None]]:
    """The rule of each visitor and slot, by the naive reference."""
    return [[work.first(slot, visitor) for slot in SLOTS] for visitor in work.visitors]


def check(engine: str, wanted: Sequence[Sequence[Rule | None]], found: Sequence[Sequence[Chosen]]) -> None:
    """Every engine must choose the reference's rule, one of its variants, and the arm that this variant belongs to."""
    for number, (rules, answers) in enumerate(zip(wanted, found, strict=True)):
        for slot, rule, chosen in zip(SLOTS, rules, answers, strict=True):
            if not _agrees(rule, chosen):
                raise SystemExit(f"{engine} disagrees for visitor {number}, slot {slot}: {chosen}, expected {rule}")


def _agrees(rule: Rule | None, chosen: Chosen) -> bool:
    if rule is None:
        return chosen == Chosen(None, None)
    if chosen.rule not in (rule.name, ANY) or chosen.variant not in rule.variants:
        return False
    return chosen.arm == ANY or chosen.arm == (ARMS[rule.variants.index(chosen.variant)] if rule.experiment else None)


ANY = "?"  # where an engine does not tell


def same_arms(ours: Sequence[Sequence[Chosen]], theirs: Sequence[Sequence[Chosen]], peer: str) -> None:
    if any(a.arm != b.arm or a.variant != b.variant for x, y in zip(ours, theirs, strict=True) for a, b in zip(x, y, strict=True)):
        raise SystemExit(f"the arms of tessera with the hash {SHARED_HASH} are not those of {peer}")


# --- natively -------------------------------------------------------------------------------------------------------


def natively(work: Workload, plain: bytes, shared: bytes, rounds: int) -> Iterator[Row]:
    wanted = expected(work)
    ours = native.tessera(load(unseal(plain)))
    peers = [*native.growthbook(work), *native.zen(work)]
    visitors = {engine.ready: [engine.ready(visitor) for visitor in work.visitors] for engine in (ours, *peers)}

    def answers(engine: Engine) -> list[list[Chosen]]:
        return [engine.read(answer) for answer in engine.run(visitors[engine.ready])]

    for engine in (ours, *peers):
        check(f"{engine.peer} ({engine.form})", wanted, answers(engine))
    hashed_alike = native.tessera(load(unseal(shared)))
    visitors[hashed_alike.ready] = visitors[ours.ready]
    same_arms(answers(hashed_alike), answers(peers[0]), peers[0].peer)

    def run(engine: Engine, count: int) -> float:
        given = visitors[engine.ready]
        passes = -(-count // len(given))
        started = time.process_time()
        for _ in range(passes):
            engine.run(given)
        return (time.process_time() - started) * count / (passes * len(given))

    figures = measured({engine: (lambda count, engine=engine: run(engine, count)) for engine in (ours, *peers)}, rounds)
    for engine, figure in figures.items():
        say(f"N={work.size} native   {figure:9.2f} us  {engine.peer} {engine.form}")
    yield from rows(work, figures[ours], ((engine.peer, figures[engine]) for engine in peers))


# --- in workerd -----------------------------------------------------------------------------------------------------


def in_workerd(workers: Workers, work: Workload, plain: bytes, shared: bytes, rounds: int) -> Iterator[Row]:
    wanted = expected(work)
    workers.load(shared, work, named=True)
    peers = workers.engines
    told = {engine: _chosen(workers.answers(engine), engine) for engine in (OURS, *peers)}
    for engine, answers in told.items():
        check(engine, wanted, answers)
    same_arms(told[OURS], told[peers[0]], peers[0])
    workers.load(plain, work)
    for engine in (OURS, *peers):
        check(engine, wanted, _chosen(workers.answers(engine), engine))
    figures = measured({engine: (lambda count, engine=engine: workers.seconds(engine, count)) for engine in (OURS, *peers)}, rounds)
    for engine, figure in figures.items():
        say(f"N={work.size} workerd  {figure:9.2f} us  {engine}")
    yield from rows(work, figures[OURS], ((engine.split()[0], figures[engine]) for engine in peers))


def _chosen(answers: Any, engine: str) -> list[list[Chosen]]:
    if engine != OURS:
        return [[Chosen(*(ANY if name == "" else name for name in slot)) for slot in answer] for answer in answers]
    found = []
    for answer in answers:
        slots = {}
        for line in answer.split("\n"):
            slot, variant, rule, _, _, arm = (field or None for field in line.split("\t"))
            slots[slot] = Chosen(rule, variant, arm)
        found.append([slots[slot] for slot in SLOTS])
    return found


# --- measuring ------------------------------------------------------------------------------------------------------


def measured(runs: Mapping[Any, Callable[[int], float]], rounds: int) -> dict[Any, float]:
    """Microseconds for each run, the median of interleaved rounds. A run takes a number of decisions and tells its seconds."""
    counts = {}
    for name, run in runs.items():
        run(500)  # warm up, also to find out how many decisions make a round
        counts[name] = max(200, round(ROUND_SECONDS / max(run(500) / 500, 1e-7)))
        run(counts[name])
    figures: dict[Any, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            figures[name].append(1e6 * run(counts[name]) / counts[name])
    return {name: statistics.median(found) for name, found in figures.items()}


def rows(work: Workload, ours: float, theirs: Iterable[tuple[str, float]]) -> Iterator[Row]:
    """A row for each peer, with the best of its configurations."""
    best: dict[str, float] = {}
    for peer, figure in theirs:
        best[peer] = min(figure, best.get(peer, figure))
    for peer, figure in best.items():
        yield cost(f"N={work.size}", peer, ours, figure, UNIT)


# --- where the time goes --------------------------------------------------------------------------------------------


def profile_natively(work: Workload, plain: bytes) -> None:
    run = native.tessera(load(unseal(plain))).run
    visitors = [dict(visitor) for visitor in work.visitors]
    run(visitors)
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(20):
        run(visitors)
    profiler.disable()
    say(f"N={work.size} native: {20 * len(visitors)} decisions")
    pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(18)


def profile_in_workerd(workers: Workers, work: Workload, plain: bytes, rounds: int) -> None:
    """crossing: a call with both strings, nothing done; parse: string → Visit; match; decide: match and the rest;
    text: decisions → string; inside: all without crossing; full: all."""
    workers.load(plain, work)
    figures = measured({part: (lambda count, part=part: workers.seconds(f"tessera {part}", count)) for part in PARTS}, rounds)
    say(f"N={work.size} workerd: " + ", ".join(f"{part} {figure:.2f}" for part, figure in figures.items()) + " us")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default=",".join(f"N={size}" for size in CASES))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only-native", action="store_true")
    parser.add_argument("--only-workerd", action="store_true")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sizes = [int(case.removeprefix("N=")) for case in options.cases.split(",")]
    found: list[Row] = []
    with ExitStack() as stack:
        workers = None if options.only_native else stack.enter_context(Workers())
        for size in sizes:
            work = workload(size)
            plain, shared = bundles(work)
            if options.profile:
                if not options.only_workerd:
                    profile_natively(work, plain)
                if workers:
                    profile_in_workerd(workers, work, plain, options.rounds)
                continue
            if workers:
                found += in_workerd(workers, work, plain, shared, options.rounds)
            if not options.only_workerd:
                found += natively(work, plain, shared, options.rounds)
    if found:
        report(found, options.json)


if __name__ == "__main__":
    main()
