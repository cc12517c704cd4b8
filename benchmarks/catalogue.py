"""A catalogue of 100,000 items × 64 dimensions from a bundle's bytes to a ranked slot, inside workerd.

    .venv/bin/python -m benchmarks.catalogue [--items 100000] [--rounds 5] [--json]

The peers are the bounds that Tessera gives itself: the sections of the vectors in the bundle 6.9 MB; loading 50 ms of CPU (without
the fetch and the digest of the body, which the platform makes) and 20 MB of memory; ranking 3 ms, plainly and with a filter on two
fields, a limit for each category, and what the visitor has seen left out. CPU is read from outside, as a worker's own clock stands still.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

import numpy as np

from benchmarks.measure import Row, cost, report
from benchmarks.score import Worker, own_modules
from compiler import ir
from compiler.emit import emit
from host.build import Module
from host.tools import EDGE
from tessera.bundle import load, unseal
from tessera.ranking import rank
from tessera.types import ListedItem, Visit

HERE = Path(__file__).parent
ITEMS, DIMENSIONS, TAKE, SEED = 100_000, 64, 10, 7
SECTION, LOAD, MEMORY, RANK = 6.9e6, 50.0, 20e6, 3.0  # bytes, milliseconds, bytes, milliseconds
CALLS = 20
NEEDED = ("release.mjs", "kernel.mjs", "kernel_module.mjs", "kernel.wasm", "wasm_kernel.py", "journal.mjs")


def program(n: int) -> ir.Program:
    """A shop of n items with two slots: `plain`, and `filtered`."""
    random = np.random.default_rng(SEED)
    rows = random.integers(-127, 128, (n, DIMENSIONS)).astype("i1")
    scales = random.uniform(0.5, 1.5, n).astype("<f4")
    columns = (
        ("name", tuple(f"Product number {row}" for row in range(n))),
        ("category", tuple(f"category {row % 300}" for row in range(n))),
        ("price", tuple(float(price) for price in np.round(random.random(n) * 200, 2))),
        ("in_stock", tuple(bool(held) for held in random.random(n) < 0.9)),
    )
    cheap = ir.Call("and", (ir.Ref("item.in_stock", "bool"), ir.Call("lt", (ir.Ref("item.price", "double"), ir.Const(150.0, "double")))))
    model = ir.Model("affinity", "1", "int8", "visitor.recent", 0.0, DIMENSIONS, (("rows", rows.tobytes()), ("scales", scales.tobytes())))
    actions = {
        "plain": ir.Action("cards", "affinity", TAKE),
        "filtered": ir.Action("cards", "affinity", TAKE, cheap, (("category", 2),)),
    }
    recent = ir.Attribute("visitor.recent", "list<item>", None, None, None, None, ())
    return ir.Program(
        site="catalogue", hosts=("shop.example",), pages=(("product", "/p/:sku"),), attributes=(recent,), purposes=(), jurisdictions=(), holdout=None, log_purpose=None,
        deadline=20, reads=("visitor.recent",), lists=(), item_ids=tuple(f"sku-{row:07}" for row in range(n)), item_columns=columns, lookups=(), experiments=(), campaigns=(),
        models=(model,), slots=tuple(ir.Slot(name, ("product",), "#x", "inner", "cards", (ir.Variant("cards", ((("each", ((("item", "name", "text")),)),),)),), (), action, None, False) for name, action in actions.items()),
    )  # fmt: skip


class Catalogue(Worker):
    """The benchmark's worker in workerd, as a context manager."""

    def modules(self, folder: Path) -> list[Module]:
        edge = folder / "edge"
        shutil.copytree(EDGE / "tessera", edge / "tessera", ignore=shutil.ignore_patterns("__pycache__"))
        for name in NEEDED:
            shutil.copy(EDGE / name, edge / name)
        shutil.copy(HERE / "catalogue_worker.py", edge / "entry.py")
        return own_modules(edge, HERE / "catalogue_tessera.mjs")

    def load(self, bundle: bytes) -> int:
        """Load a bundle; bytes of the kernel's memory."""
        self._ask("/body", bundle)
        return int(self._ask("/load?count=1"))

    def loading(self, count: int) -> float:
        """CPU seconds of a load, without the bytes' way to it and their digest."""
        return (self._timed("/load?", count) - self._timed("/parts?", count)) / count

    def ranked(self, slot: str, recent: list[str]) -> list[str]:
        return json.loads(self._ask(f"/run?slot={slot}&recent={quote(json.dumps(recent))}&count=1"))

    def ranking(self, slot: str, recent: list[str], count: int) -> float:
        path = f"/run?slot={slot}&recent={quote(json.dumps(recent))}"
        return (self._timed(path, count) - self._timed(path, 0)) / count

    def resident(self) -> int:
        """Bytes of workerd's memory."""
        lines = Path(f"/proc/{self._workerd}/status").read_text().splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def rows(n: int, rounds: int) -> list[Row]:
    data = emit(program(n))
    bundle = load(unseal(data))
    sections = sum(size for name, size in bundle.sizes.items() if name.startswith("models/"))
    recent = [bundle.items.ids[row] for row in range(0, n, max(1, n // 12))]
    visit = Visit(values={"visitor.recent": tuple(ListedItem(item, None) for item in recent)}, at=0.0)
    with tempfile.TemporaryDirectory() as name, Catalogue(Path(name)) as worker:
        before = worker.resident()
        memory = worker.load(data)
        for slot in bundle.slots:
            expected = [bundle.items.ids[one.row] for one in rank(bundle, visit, slot.default).shown]
            if (found := worker.ranked(slot.name, recent)) != expected:
                raise SystemExit(f"{slot.name}: workerd shows {found}, expected {expected}")
        say(f"resident memory grew by {(worker.resident() - before) / 1e6:.1f} MB with the first load, two copies of the bytes in flight among it")
        figures: dict[str, list[float]] = {"load": [], **{slot.name: [] for slot in bundle.slots}}
        for _ in range(rounds):
            figures["load"].append(1e3 * worker.loading(2))
            for slot in bundle.slots:
                figures[slot.name].append(1e3 * worker.ranking(slot.name, recent, CALLS))
    found = {name: statistics.median(each) for name, each in figures.items()}
    python = sum(len(bundle.items.ids.raw(row)) for row in range(n)) + sum(size for name, size in bundle.sizes.items() if not name.startswith("models/"))
    case = f"{n:,} items x {DIMENSIONS}"
    return [
        cost(f"{case}, vectors in the bundle", "bound", sections, SECTION, "bytes"),
        cost(f"{case}, loaded", "bound", found["load"], LOAD, "ms CPU"),
        cost(f"{case}, memory of the kernel and the head", "bound", memory + python, MEMORY, "bytes"),
        *(cost(f"{case}, ranked: {slot.name}", "bound", found[slot.name], RANK, "ms CPU") for slot in bundle.slots),
        cost(f"{case}, filtered", "without filters", found["filtered"], found["plain"], "ms CPU"),
    ]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=ITEMS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report(rows(options.items, options.rounds), options.json)


if __name__ == "__main__":
    main()
