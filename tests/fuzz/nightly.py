"""The night's fuzzing: millions of inputs over all targets, guided by coverage and by plain mutation.

    python -m tests.fuzz.nightly --inputs 2000000                all targets, each its share
    python -m tests.fuzz.nightly --inputs 50000 --target turn    one of them
    python -m tests.fuzz.nightly --target turn --replay FILE     one input again, with its traceback

A third of a target's inputs is made by atheris (libFuzzer, guided by what of the edge was run), where that is installed; the
others by changing what was found so far, at the edge's full speed. What was found is kept in `.tessera/fuzz/<target>/corpus`, what
failed in `.tessera/fuzz/<target>/failed` with its traceback beside it, one input for each place that raised. The exit status
is 1 where anything failed, or a process ended without having done its part.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from hashlib import sha256
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / ".tessera" / "fuzz"
GUIDED, MUTATED = "atheris", "mutation"
GUIDED_PART = 3  # of so many inputs one is guided
MOST_SECONDS = 10.0  # of processor time for an input with atheris, whose counting makes everything slower
MOST_KEPT = 2_000  # inputs of the corpus that mutation begins with
LONGEST = 4_096  # bytes of an input
EDGE = f"{os.sep}tessera{os.sep}"
_DONE = re.compile(r"^Done (\d+) runs in \d+ second", re.MULTILINE)


class Job(NamedTuple):
    """So many inputs for a target, made in one way, in a process of its own."""

    target: str
    engine: str
    inputs: int
    seed: int


class Outcome(NamedTuple):
    """What became of a job: `broken` says why it did not do its part, empty where it did."""

    job: Job
    inputs: int
    seconds: float
    broken: str


def planned(shares: dict[str, int], inputs: int, seed: int, engines: tuple[str, ...]) -> list[Job]:
    """The jobs that make so many inputs at least, the slowest targets first."""
    whole = sum(shares.values())
    found = []
    for number, (name, share) in enumerate(sorted(shares.items(), key=lambda pair: pair[1])):
        part = -(-inputs * share // whole)
        guided = -(-part // GUIDED_PART) if GUIDED in engines else 0
        found += [Job(name, engine, many, seed + number) for engine, many in ((GUIDED, guided), (MUTATED, part - guided)) if many]
    return found


# --- one job, in its own process ----------------------------------------------------------------------------------------------


class Failures:
    """The inputs that failed: the first of each place that raised, and how many in all."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._seen = folder, set()

    def keep(self, data: bytes, error: BaseException) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        where = next((frame for frame in reversed(frames) if EDGE in frame.filename), frames[-1])
        place = (type(error).__name__, Path(where.filename).name, where.lineno)
        if place in self._seen:
            return
        self._seen.add(place)
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / sha256(repr(place).encode()).hexdigest()[:16]
        path.write_bytes(data)
        path.with_suffix(".txt").write_text("".join(traceback.format_exception(error)), "utf-8", "backslashreplace")


def changes(seeds: list[bytes], inputs: int, seed: int) -> Iterator[bytes]:
    """So many inputs: each seed, then what changing them gives, and bytes by chance."""
    from tests.fuzz.material import mutated, random_bytes

    chance = random.Random(seed)
    for number in range(inputs):
        if number < len(seeds):
            yield seeds[number]
        elif seeds and chance.random() < 0.7:
            yield mutated(chance.choice(seeds), chance.choice(seeds), chance)
        else:
            yield random_bytes(chance)


def tried(take: Callable[[bytes], None], inputs: Iterator[bytes], failures: Failures) -> int:
    """Give a target all inputs; how many there were."""
    count = 0
    for data in inputs:
        count += 1
        try:
            take(data)
        except Exception as error:
            failures.keep(data, error)
    return count


def mutate(job: Job, place: Path) -> int:
    """Do a job by mutation; the number of inputs."""
    from tests.fuzz.targets import TARGETS, run

    target, folder = TARGETS[job.target], place / job.target
    kept = sorted((folder / "corpus").glob("*"))
    seeds = [*target.seeds, *(path.read_bytes() for path in random.Random(job.seed).sample(kept, min(MOST_KEPT, len(kept))))]
    return tried(lambda data: run(target, data), changes(seeds, job.inputs, job.seed), Failures(folder / "failed"))


def guide(job: Job, place: Path) -> None:
    """Do a job with atheris. The process ends in here."""
    import atheris

    with atheris.instrument_imports(include=["tessera"]):
        from tests.fuzz.targets import TARGETS, run
    target, folder = TARGETS[job.target], place / job.target
    corpus, failures = folder / "corpus", Failures(folder / "failed")
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds:
        (corpus / sha256(seed).hexdigest()[:40]).write_bytes(seed)
    run(target, b"", MOST_SECONDS * 6)  # what is made once is made here

    def take(data: bytes) -> None:
        try:
            run(target, data, MOST_SECONDS)
        except Exception as error:  # it is kept, and the search goes on
            failures.keep(data, error)

    options = (f"-runs={job.inputs}", f"-max_len={LONGEST}", f"-seed={job.seed + 1}", "-timeout=60", "-rss_limit_mb=4096", f"-artifact_prefix={folder}/native-")
    atheris.Setup([sys.argv[0], *options, str(corpus)], take)
    atheris.Fuzz()


# --- all of them ----------------------------------------------------------------------------------------------------------------


def done(job: Job, place: Path) -> Outcome:
    """A job, done: by mutation here, with atheris in a process of its own, where the edge is imported anew."""
    started = time.monotonic()
    if job.engine == MUTATED:
        return Outcome(job, mutate(job, place), time.monotonic() - started, "")
    ended = subprocess.run([sys.executable, "-m", "tests.fuzz.nightly", "--work", json.dumps(job), "--place", str(place)], cwd=ROOT, capture_output=True, text=True, errors="replace")
    told = _DONE.search(ended.stderr)
    inputs = int(told[1]) if told else 0
    broken = "" if ended.returncode == 0 and inputs >= job.inputs else f"status {ended.returncode}: {ended.stderr[-2000:]}"
    return Outcome(job, inputs, time.monotonic() - started, broken)


def failed(place: Path, targets: list[str]) -> dict[str, list[Path]]:
    """The inputs that failed, by target."""
    found = {name: sorted(path for path in (place / name / "failed").glob("*") if not path.suffix) for name in targets}
    return {name: paths for name, paths in found.items() if paths}


def replay(name: str, path: Path) -> None:
    from tests.fuzz.targets import TARGETS, run

    run(TARGETS[name], path.read_bytes(), MOST_SECONDS)


def report(outcomes: list[Outcome], failures: dict[str, list[Path]]) -> dict[str, Any]:
    rows = [
        {"target": o.job.target, "engine": o.job.engine, "inputs": o.inputs, "per_second": round(o.inputs / max(o.seconds, 1e-9)), "broken": o.broken} for o in outcomes
    ]  # fmt: skip
    told = {name: [{"input": str(path), "why": path.with_suffix(".txt").read_text("utf-8").strip().splitlines()[-1][:500]} for path in paths] for name, paths in failures.items()}
    return {"inputs": sum(o.inputs for o in outcomes), "rows": sorted(rows, key=lambda row: (row["target"], row["engine"])), "failed": told}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.nightly", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=2_000_000)
    parser.add_argument("--target", action="append", help="one target; can be given several times")
    parser.add_argument("--json", action="store_true", help="tell it as JSON")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 2**30)
    parser.add_argument("--replay", type=Path, help="an input to try again")
    parser.add_argument("--place", type=Path, default=PLACE, help="where corpora and failures are kept")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    told = parser.parse_args(arguments)
    if told.work:
        guide(Job(*json.loads(told.work)), told.place)
        return 0
    from tests.fuzz.targets import TARGETS

    names = told.target or list(TARGETS)
    if unknown := [name for name in names if name not in TARGETS]:
        parser.error(f"there is no target {', '.join(unknown)}; there are {', '.join(TARGETS)}")
    if told.replay:
        for name in names[:1]:
            replay(name, told.replay)
        return 0
    engines = (GUIDED, MUTATED) if find_spec("atheris") else (MUTATED,)
    for name, paths in failed(told.place, names).items():  # of the nights before
        for path in paths:
            path.unlink()
            path.with_suffix(".txt").unlink(missing_ok=True)
    jobs = planned({name: TARGETS[name].share for name in names}, told.inputs, told.seed, engines)
    outcomes: list[Outcome] = []
    for name in names:
        TARGETS[name].take(b"")  # what is made once is made here, for all processes
    with ProcessPoolExecutor(max(1, told.jobs), get_context("fork")) as pool:
        for running in as_completed([pool.submit(done, job, told.place) for job in jobs]):
            outcome = running.result()
            outcomes.append(outcome)
            if not told.json:
                print(f"{outcome.job.target:16} {outcome.job.engine:9} {outcome.inputs:9,} inputs {outcome.inputs / max(outcome.seconds, 1e-9):9,.0f}/s {outcome.broken[:200]}", flush=True)
    found = report(outcomes, failed(told.place, names))
    if told.json:
        print(json.dumps(found, indent=2))
    else:
        print(f"{found['inputs']:,} inputs, seed {told.seed}; {sum(map(len, found['failed'].values()))} failures")
        for name, each in found["failed"].items():
            for one in each:
                print(f"{name}: {one['why']}\n    python -m tests.fuzz.nightly --target {name} --replay {one['input']}")
    return 1 if found["failed"] or any(o.broken for o in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
