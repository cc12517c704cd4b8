"""The best 10 of n vectors of 64 dimensions (int8), microseconds of CPU a query, asked from Python inside workerd.

    .venv/bin/python -m benchmarks.score [--cases n=100,n=1000] [--rounds 7] [--json]

The peers: a loop over an Int8Array in JavaScript, called from the same Python over memory shared in the same way; and NumPy in float32, natively
and without any crossing (scores = m @ q, then argpartition). Then what filters and boosts add (70 % of the rows admissible, 20
rows left out, two of a group at most), how much of a loop is left that merely reads all rows, in WebAssembly and natively, and
what loading costs. Before the clock starts, all must find the same rows. As in benchmarks/decide.py, CPU is read from outside,
where a worker's own clock would stand still.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # one core for everybody; read when NumPy is loaded

import argparse  # noqa: E402
import ctypes  # noqa: E402
import json  # noqa: E402
import shutil  # noqa: E402
import statistics  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterator, Mapping  # noqa: E402
from dataclasses import asdict, dataclass  # noqa: E402
from http.client import HTTPConnection  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402
from urllib.parse import urlsplit  # noqa: E402

import numpy as np  # noqa: E402

from benchmarks.measure import Row, busiest_thread, cost, family, report  # noqa: E402
from compiler.kernel import NumpyKernel  # noqa: E402
from host.build import Module, build  # noqa: E402
from host.tools import EDGE, ROOT, node  # noqa: E402
from tessera.kernel import unpacked  # noqa: E402

HERE = Path(__file__).parent
CASES = (100, 1000, 10_000, 100_000)
ZIG = ROOT / ".tessera" / "zig"  # the compiler's cache
DIMENSIONS = 64
TAKE, SPARE, MOST, GROUPS, WITHOUT, SHOWN = 10, 3, 2, 50, 20, 0.7
FACTORS = (1.0, 1.5, 2.0, 0.5)
SEED = 20261122
ROUND_SECONDS = 0.15  # what one call is made for in one round
LONGEST = 600  # seconds that one request may take
UNIT = "us CPU/query"
HOST_ONLY = {"host.mjs", "facts.mjs", "faults.mjs", "token.mjs"}
SHIPPED = ("kernel.mjs", "kernel_module.mjs", "kernel.wasm", "wasm_kernel.py")
FLAGS = {
    "wasm": ["-target", "wasm32-freestanding", "-mcpu=generic+simd128", "-nostdlib", "-s", "-Wl,--no-entry"],
    "native": ["-shared", "-nostdlib", "-march=native"],
}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Random vectors with all that can be asked of them. `sections`: name → offset and size in the body."""

    n: int
    rows: np.ndarray
    scales: np.ndarray
    query: np.ndarray
    without: bytes
    body: bytes
    sections: Mapping[str, tuple[int, int]]

    def layout(self) -> dict[str, Any]:
        return {
            "n": self.n, "stride": DIMENSIONS, "most": MOST, "sections": self.sections, "factors": FACTORS,
            "query": self.query.tobytes().decode("latin-1"), "without": self.without.decode("latin-1"),
        }  # fmt: skip


def catalogue(n: int) -> Catalogue:
    random = np.random.default_rng((SEED, n))
    rows = random.integers(-127, 128, (n, DIMENSIONS)).astype("i1")
    scales = random.uniform(0.5, 1.5, n).astype("<f4")
    parts = {
        "rows": rows, "scales": scales, "mask": np.packbits(random.random(n) < SHOWN, bitorder="little"),
        "groups": random.integers(0, GROUPS, n).astype("<u2"), "boosts": random.integers(0, len(FACTORS), n).astype("u1"),
    }  # fmt: skip
    body, sections = bytearray(), {}
    for name, part in parts.items():
        body += bytes(-len(body) % 16)
        sections[name] = len(body), part.nbytes
        body += part.tobytes()
    without = random.integers(0, n, WITHOUT).astype("<u4").tobytes()
    return Catalogue(n, rows, scales, random.integers(-127, 128, DIMENSIONS).astype("i1"), without, bytes(body), sections)


def compiled(folder: Path, kind: str) -> Path:
    """The loop that merely reads, for WebAssembly or this machine."""
    out = folder / {"wasm": "score_read.wasm", "native": "score_read.so"}[kind]
    environment = os.environ | {"ZIG_GLOBAL_CACHE_DIR": str(ZIG), "ZIG_LOCAL_CACHE_DIR": str(ZIG)}
    subprocess.run([sys.executable, "-m", "ziglang", "cc", "-O3", *FLAGS[kind], "-o", out, HERE / "score_read.c"], env=environment, check=True)
    return out


# --- in workerd -----------------------------------------------------------------------------------------------------


class Worker:
    """The worker in workerd, as a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Worker:
        listed = self._folder / "modules.json"
        listed.write_text(json.dumps([asdict(module) for module in self.modules(self._folder)]))
        self._process = subprocess.Popen([node(), HERE / "score_host.mjs", listed], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sys.stderr)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("workerd did not start")
        self._address = urlsplit(json.loads(line)["url"]).netloc
        self._workerd = next(pid for pid in family(self._process.pid) if Path(f"/proc/{pid}/cmdline").read_text().split("\0")[0].endswith("workerd"))
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(30)

    def modules(self, folder: Path) -> list[Module]:
        """The host's interpreter with the product's core and kernel, and the benchmark's Python in place of the product's entry."""
        shutil.copytree(EDGE / "tessera", folder / "edge" / "tessera", ignore=shutil.ignore_patterns("__pycache__"))
        for name in SHIPPED:
            shutil.copy(EDGE / name, folder / "edge" / name)
        shutil.copy(HERE / "score_worker.py", folder / "edge" / "entry.py")
        shutil.copy(HERE / "score_peer.mjs", folder / "edge" / "score_peer.mjs")
        compiled(folder / "edge", "wasm")
        return own_modules(folder / "edge", HERE / "score_tessera.mjs")

    def take(self, given: Catalogue) -> int:
        """Load a catalogue; bytes of the kernel's memory."""
        self._ask("/body", given.body)
        return int(self._ask("/take", json.dumps(given.layout()).encode()))

    def answer(self, part: str) -> tuple[int, tuple[float, ...], tuple[int, ...]]:
        best, scores, rows = json.loads(self._ask(f"/answer?part={part}"))
        return best, tuple(scores), tuple(rows)

    def seconds(self, part: str, count: int) -> float:
        """CPU seconds of so many calls, without those of a request that makes none."""
        return self._timed(f"/run?part={part}", count) - self._timed(f"/run?part={part}", 0)

    def loading(self, count: int) -> float:
        return self._timed("/load?", count) - self._timed("/load?", 0)

    def _timed(self, path: str, count: int) -> float:
        before = busiest_thread(self._workerd)
        self._ask(f"{path}&count={count}")
        return before()

    def _ask(self, path: str, body: bytes | None = None) -> str:
        connection = HTTPConnection(self._address, timeout=LONGEST)
        try:
            connection.request("POST" if body is not None else "GET", path, body)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status} {text[:2000]}")
        return text


def own_modules(edge: Path, worker: Path) -> list[Module]:
    """A worker of a benchmark, first, over the host's interpreter and what was copied to `edge`."""
    kept = [module for module in build(edge).modules if module.name not in HOST_ONLY]
    return [Module("ESModule", worker.name, str(worker)), *kept]


# --- natively -------------------------------------------------------------------------------------------------------


def numpy_best(given: Catalogue) -> Callable[[], np.ndarray]:
    """The same rows by NumPy in float32: a product of a matrix that is ready with a query that is, and the best ten in order."""
    matrix, query = given.rows.astype(np.float32) * given.scales[:, None], given.query.astype(np.float32)

    def best() -> np.ndarray:
        scores = matrix @ query
        found = np.argpartition(-scores, TAKE)[:TAKE]
        return found[np.argsort(-scores[found])]

    return best


def reading(given: Catalogue, library: ctypes.CDLL) -> Callable[[], None]:
    read, rows = library.read_all, np.ascontiguousarray(given.rows)
    read.argtypes, read.restype = [ctypes.c_void_p, ctypes.c_ulong], ctypes.c_longlong
    return lambda: read(rows.ctypes.data, rows.nbytes)


def seconds_of(call: Callable[[], object], count: int) -> float:
    started = time.process_time()
    for _ in range(count):
        call()
    return time.process_time() - started


# --- checks and rows ------------------------------------------------------------------------------------------------


def check(worker: Worker, given: Catalogue) -> None:
    """All find what the compiler's kernel finds."""
    kernel = NumpyKernel(memoryview(given.body))
    held = {name: kernel.hold(*place) for name, place in given.sections.items()}
    model = kernel.int8(held["rows"], held["scales"], given.n, DIMENSIONS)
    plans = {
        "best": 0, "javascript": 0, "grown": 0, "filtered": kernel.plan(held["mask"], 0, b"", [(held["groups"], MOST)]),
        "boosted": kernel.plan(0, held["boosts"], np.array(FACTORS).tobytes(), []),
    }  # fmt: skip
    for part, plan in plans.items():
        without = given.without if part == "filtered" else b""
        wanted = unpacked(kernel.top(model, given.query.tobytes(), plan, TAKE, SPARE, without, ()))
        if (found := worker.answer(part)) != wanted:
            raise SystemExit(f"n={given.n}: {part} finds {found}, expected {wanted}")
    best = unpacked(kernel.top(model, given.query.tobytes(), 0, TAKE, 0, b"", ()))[2]
    if tuple(numpy_best(given)().tolist()) != best:
        raise SystemExit(f"n={given.n}: NumPy's best are others")


def measured(runs: Mapping[str, Callable[[int], float]], rounds: int) -> dict[str, float]:
    """Microseconds for each run, the median of interleaved rounds. A run takes a number of calls and tells its seconds."""
    counts = {name: _enough(run) for name, run in runs.items()}
    figures: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            figures[name].append(1e6 * run(counts[name]) / counts[name])
    return {name: statistics.median(found) for name, found in figures.items()}


def _enough(run: Callable[[int], float]) -> int:
    """How many calls make a round; warms up on the way."""
    count = 16
    while (seconds := run(count)) < ROUND_SECONDS / 4:
        count *= 4
    return max(5, round(count * ROUND_SECONDS / seconds))


def rows(worker: Worker, library: ctypes.CDLL, n: int, rounds: int) -> Iterator[Row]:
    given = catalogue(n)
    memory = worker.take(given)
    check(worker, given)
    native = {"numpy": numpy_best(given), "native": reading(given, library)}
    parts = ("best", "javascript", "filtered", "boosted", "reading", "crossing")
    runs: dict[str, Callable[[int], float]] = {part: (lambda count, part=part: worker.seconds(part, count)) for part in parts}
    runs |= {name: (lambda count, call=call: seconds_of(call, count)) for name, call in native.items()}
    found = measured(runs, rounds)
    say(f"n={n}: " + ", ".join(f"{name} {figure:.2f}" for name, figure in found.items()) + " us")
    yield cost(f"n={n}", "JavaScript Int8Array", found["best"], found["javascript"], UNIT)
    yield cost(f"n={n}", "NumPy float32, native", found["best"], found["numpy"], UNIT)
    yield cost(f"n={n} with filters and a group", "without", found["filtered"], found["best"], UNIT)
    yield cost(f"n={n} with boosts", "without", found["boosted"], found["best"], UNIT)
    yield cost(f"n={n}", "only reading, WebAssembly", found["best"], found["reading"], UNIT)
    yield cost(f"n={n}", "only reading, native", found["best"], found["native"], UNIT)
    if n == CASES[-1]:
        milliseconds = [1e3 * worker.loading(20) / 20 for _ in range(rounds)]
        copied = [1e3 * seconds_of(lambda: bytearray(given.body), 5) / 5 for _ in range(rounds)]
        yield cost(f"n={n} loaded", "a copy of the bytes, native", statistics.median(milliseconds), statistics.median(copied), "ms CPU")
        yield cost(f"n={n} memory", "its sections", memory, len(given.body), "bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default=",".join(f"n={size}" for size in CASES))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        library = ctypes.CDLL(str(compiled(Path(name), "native")))
        with Worker(Path(name)) as worker:
            sizes = [int(case.removeprefix("n=")) for case in options.cases.split(",")]
            report([row for size in sizes for row in rows(worker, library, size, options.rounds)], options.json)


if __name__ == "__main__":
    main()
