"""The aggregates that recommenders are learned from (learn/aggregates.py), by DuckDB and by Spark: the time from a Parquet file of
interactions to all of them, and the memory that takes. Both must come to the same: every row of every aggregate is compared.

The interactions are made up, the same at every run: visitors come in visits of four, each looks at what is to their taste and at
what everybody looks at, some come back to an item, put it into the basket and buy.

    .venv/bin/python -m benchmarks.aggregates [--rows 20000000] [--no-spark] [--rounds 1] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.measure import Row, cost, family, report

USERS, ITEMS, BATCH, DAYS = 400_000, 10_000, 1_000_000, 90
START = 1_760_000_000_000  # epoch milliseconds
COMPARED = ("pairs", "popularity", "daily", "trending", "sessions", "transitions", "baskets", "together")
SPARK_MEMORY = "6g"


def write(path: Path, rows: int, seed: int = 7) -> None:
    """Interactions as Parquet, in order of time: person, thing, kind (learn/kinds.py), ms, basket."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as parquet

    rng = np.random.default_rng(seed)
    people, things = pa.array([f"u{n:07d}" for n in range(USERS)]), pa.array([f"sku-{n:05d}" for n in range(ITEMS)])
    width = DAYS * 86_400_000 * min(BATCH, rows) // rows
    with parquet.ParquetWriter(path, pa.schema([("person", "string"), ("thing", "string"), ("kind", "int8"), ("ms", "int64"), ("basket", "string")]), compression="zstd") as file:
        for start in range(0, rows, BATCH):
            visits = min(BATCH, rows - start) // 4
            n = 4 * visits
            user = np.repeat((rng.random(visits) ** 2 * USERS).astype(np.int32), 4)
            begin = np.repeat(np.sort(rng.integers(0, width, visits)) + DAYS * 86_400_000 * start // rows, 4)
            ms = START + begin + np.tile([0, 40_000, 95_000, 2_400_000], visits) + rng.integers(0, 30_000, n)
            taste = (user.astype(np.int64) * 7919 % ITEMS) // 250 * 250 + (rng.random(n) ** 4 * 400).astype(np.int64)
            item = np.where(rng.random(n) < 0.3, (rng.random(n) ** 5 * ITEMS).astype(np.int64), taste % ITEMS)
            again = (np.arange(n) % 4 != 0) & (rng.random(n) < 0.35)
            item[again] = item[np.flatnonzero(again) - 1]
            kind = np.where(again, np.searchsorted([0.5, 0.85], rng.random(n)), 0)
            kind = np.array([0, 5, 6], np.int8)[kind]  # view_item, add_to_cart, purchase
            basket = pa.array(np.char.add("o", (start // 4 + np.repeat(np.arange(visits), 4)).astype(str)), mask=kind != 6)
            dictionaries = (pa.DictionaryArray.from_arrays(pa.array(code), of).cast("string") for code, of in ((user, people), (item.astype(np.int32), things)))
            file.write_table(pa.table([*dictionaries, pa.array(kind), pa.array(ms), basket], schema=file.schema))


def counted(kind: str, source: Path, out: Path, scratch: Path) -> float:
    """Seconds from the file to all aggregates, which are then written to `out` for the comparison. Starting the engine does not count."""
    from learn import aggregates
    from learn.engines import DuckDB, Spark, spark_session
    from learn.interactions import Wanted, coded

    def run(engine) -> float:
        begun = time.perf_counter()
        read = coded(engine, engine.rows([source]), Wanted([f"sku-{n:05d}" for n in range(ITEMS)]))
        fade, now = engine.put("fade", aggregates.fading(30.0)), read.counts.last
        kept = {"pairs": engine.keep("pairs", aggregates.pairs(read.rows, fade, now))}
        kept["popularity"] = engine.keep("popularity", aggregates.popularity(kept["pairs"]))
        kept["daily"] = engine.keep("daily", aggregates.daily(read.rows))
        kept["trending"] = engine.keep("trending", aggregates.trending(kept["daily"], fade, now))
        visits = engine.keep("visits", aggregates.visits(read.rows))
        kept["sessions"] = engine.keep("sessions", aggregates.sessions(visits))
        kept["transitions"] = engine.keep("transitions", aggregates.transitions(visits))
        kept["baskets"] = engine.keep("baskets", aggregates.baskets(read.rows))
        kept["together"] = engine.keep("together", aggregates.together(kept["baskets"]))
        seconds = time.perf_counter() - begun
        for name, table in kept.items():
            engine.backend.to_parquet(table, str(out / name))
        return seconds

    out.mkdir()
    if kind == "duckdb":
        return run(DuckDB(scratch))
    with spark_session("local[2]", scratch, SPARK_MEMORY) as session:
        return run(Spark(scratch, session))


def differences(one: Path, other: Path) -> dict[str, tuple[int, int]]:
    """Aggregate → its rows, and how many of them the other side has not, either way. All are whole numbers, so equal is equal."""
    import duckdb

    connection, found = duckdb.connect(), {}
    for name in COMPARED:
        left, right = (f"read_parquet('{path}')" for path in (one / name, f"{other / name}/*.parquet"))
        columns = ", ".join(f'"{column[0]}"' for column in connection.execute(f"DESCRIBE SELECT * FROM {left}").fetchall())
        sides = [f"(SELECT {columns} FROM {side})" for side in (left, right)]
        lost = [connection.execute(f"SELECT count(*) FROM ({a} EXCEPT ALL {b})").fetchall()[0][0] for a, b in (sides, sides[::-1])]
        found[name] = connection.execute(f"SELECT count(*) FROM {left}").fetchall()[0][0], sum(lost)
    return found


def measured(kind: str, source: Path, folder: Path) -> tuple[float, float]:
    """Run an engine in a process of its own: seconds, and the most memory (MB) that it and its children had at once."""
    scratch = folder / f"{kind}-scratch"
    scratch.mkdir(parents=True)
    command = [sys.executable, "-m", "benchmarks.aggregates", "--engine", kind, "--source", str(source), "--out", str(folder / kind), "--scratch", str(scratch)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        peak = _peak(process)
        told, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{kind} failed: {' '.join(command)}")
    return float(told.splitlines()[-1]), peak[0]


def _peak(process: subprocess.Popen) -> list[float]:
    """The most memory of a process and its children so far, in MB, looked at every 0.2 s until it ends."""
    most, page = [0.0], os.sysconf("SC_PAGE_SIZE")

    def resident(pid: int) -> int:
        try:
            return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page
        except OSError:
            return 0

    def watch() -> None:
        while process.poll() is None:
            most[0] = max(most[0], sum(map(resident, family(process.pid))) / 1e6)
            time.sleep(0.2)

    threading.Thread(target=watch, daemon=True).start()
    return most


def compared(rows: int, rounds: int, spark: bool) -> list[Row]:
    """The rows of the report. Ends the program where the engines differ."""
    case = f"{rows:,} interactions"
    with tempfile.TemporaryDirectory(prefix="tessera-aggregates-") as name:
        folder = Path(name)
        write(folder / "interactions.parquet", rows)
        print(f"{case}: {(folder / 'interactions.parquet').stat().st_size / 1e6:.0f} MB of Parquet", flush=True)
        ours = [measured("duckdb", folder / "interactions.parquet", folder / f"round-{number}") for number in range(rounds)]
        print(f"duckdb: {', '.join(f'{seconds:.1f} s' for seconds, _ in ours)}; {max(memory for _, memory in ours):,.0f} MB", flush=True)
        seconds, memory = statistics.median(one for one, _ in ours), max(memory for _, memory in ours)
        found = [cost(case, "the goal", seconds, 15.0, "s")]
        if spark:
            theirs = measured("spark", folder / "interactions.parquet", folder / "round-0")
            print(f"spark: {theirs[0]:.1f} s; {theirs[1]:,.0f} MB", flush=True)
            for aggregate, (count, lost) in differences(folder / "round-0" / "duckdb", folder / "round-0" / "spark").items():
                print(f"{aggregate}: {count:,} rows, {lost} differ", flush=True)
                if lost:
                    raise SystemExit(f"DuckDB and Spark differ in {lost} rows of {aggregate}")
            found += [cost(case, "spark local[2]", seconds, theirs[0], "s"), cost(f"{case}, memory", "spark local[2]", memory, theirs[1], "MB")]
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--no-spark", action="store_true")
    parser.add_argument("--json", action="store_true")
    for name in ("--engine", "--source", "--out", "--scratch"):  # of the processes that are measured
        parser.add_argument(name, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine:
        print(json.dumps(counted(options.engine, Path(options.source), Path(options.out), Path(options.scratch))))
        return
    report(compared(options.rows, options.rounds, not options.no_spark), options.json)


if __name__ == "__main__":
    main()
