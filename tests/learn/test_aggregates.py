"""The aggregates are what a plain loop counts; DuckDB and Spark agree on every one of them."""

from __future__ import annotations

import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learn import aggregates, engines, interactions, train
from learn.aggregates import DAY, PAUSE, WHOLE
from learn.engines import DuckDB, Engine, Spark
from learn.interactions import Counts, Read, Wanted
from learn.kinds import KINDS
from learn.train import train as trained
from tests.edge import effort  # noqa: F401
from tests.learn.events import BOTH, START, log, row, save

pytestmark = pytest.mark.xdist_group("spark")  # one session for all of them

ITEMS = [f"sku-{number:02}" for number in range(24)]
HALF_LIFE = 10.0
HAS_JAVA = bool(os.environ.get("JAVA_HOME") or shutil.which("java"))


def odd(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The log with everything that training must not see or cannot use."""
    last = max(one["at"] for one in rows)
    return [
        *rows, rows[0], rows[5],  # delivered twice
        row("r-1", "view_item", "robot", START, item=ITEMS[0], bot=True), row("n-1", "view_item", None, START, item=ITEMS[0]),
        row("u-1", "view_item", "v0001", START + 9, item="gone-item"), row("u-2", "purchase", "v0001", START + 10, items=["gone-item", ITEMS[3]], order="o-9"),
        row("p-1", "view_item", "v0002", START + 1, item=ITEMS[1], purposes=["analytics"]),
        row("o-1", "opt_out", "v0003", START + 5), row("w-1", "page_view", "v0004", last + 1, purposes=["analytics"]),
        row("s-1", "scroll", "v0005", START + 3), row("b-1", "purchase", "v0006", START + 4, item=ITEMS[2], items=[ITEMS[2], ITEMS[4]]),
    ]  # fmt: skip


WANTED = Wanted(ITEMS, frozenset(BOTH), gone=frozenset({"account-1"}), people={"v0007": "account-1", "v0008": "account-1", "v0009": "account-2", "v0010": "account-2"})
AGGREGATES = {
    "pairs": ["user", "item"], "popularity": ["item"], "daily": ["item", "day"], "trending": ["item"], "visits": ["user", "at", "item", "kind"], "sessions": ["user"],
    "transitions": ["previous", "item"], "baskets": ["user", "at", "basket", "item"], "together": ["item", "other"],
}  # fmt: skip


def of(engine: Engine, read: Read) -> dict[str, list[dict[str, Any]]]:
    """All aggregates of some rows, each in order."""
    fade, now = engine.put("fade", aggregates.fading(HALF_LIFE)), read.counts.last
    pairs, daily, visits, baskets = (engine.keep(name, made) for name, made in (
        ("pairs", aggregates.pairs(read.rows, fade, now)), ("daily", aggregates.daily(read.rows)), ("visits", aggregates.visits(read.rows)), ("baskets", aggregates.baskets(read.rows)),
    ))  # fmt: skip
    made = {
        "pairs": pairs, "popularity": aggregates.popularity(pairs), "daily": daily, "trending": aggregates.trending(daily, fade, now), "visits": visits,
        "sessions": aggregates.sessions(visits), "transitions": aggregates.transitions(visits), "baskets": baskets, "together": aggregates.together(baskets),
    }  # fmt: skip
    return {name: engine.fetch(made[name], by).to_pylist() for name, by in AGGREGATES.items()}


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    return save(tmp_path_factory.mktemp("log") / "events.ndjson", odd(log(ITEMS)))


@pytest.fixture(scope="module")
def duckdb(tmp_path_factory, file) -> Iterator[tuple[Read, dict[str, list[dict[str, Any]]]]]:
    engine = DuckDB(tmp_path_factory.mktemp("duckdb"))
    read = interactions.of_events(engine, engine.events([file]), WANTED)
    yield read, of(engine, read)


@pytest.fixture(scope="module")
def rows(duckdb) -> list[dict[str, Any]]:
    read, _ = duckdb
    return sorted(read.rows.to_pyarrow().to_pylist(), key=lambda one: (one["user"], one["at"], one["item"], one["kind"]))


# --- what is counted --------------------------------------------------------------------------------------------------------


def test_what_is_left_out_is_counted(duckdb, rows):
    counts = duckdb[0].counts
    assert (counts.repeated, counts.robots, counts.nobody) == (2, 1, 1)
    assert counts.persons_gone == 3, "who opted out, who withdrew a purpose, and the account on the list"
    assert (counts.unknown_items, counts.unknown_rows, counts.examples) == (1, 2, ("gone-item",))
    assert counts.without_purpose == 1 and counts.without_item == 1 and counts.used == len(rows)
    assert (counts.first, counts.last) == (min(one["at"] for one in rows), max(one["at"] for one in rows))


def test_visitors_of_an_account_are_one_person(duckdb):
    ids = {one["id"] for one in duckdb[0].users.to_pyarrow().to_pylist()}
    assert "account-2" in ids and not ids & {"v0003", "v0004", "v0007", "v0008", "v0009", "v0010", "account-1", "robot"}


def test_an_event_of_several_items_is_a_row_for_each_item(rows):
    bought = [one for one in rows if one["basket"] == "b-1"]
    assert [ITEMS[one["item"]] for one in bought] == [ITEMS[2], ITEMS[4]], "one that is named twice counts once; without an order the event is the basket"


def weight(one: dict[str, Any], now: int) -> int:
    age = (now - one["at"]) // DAY
    return list(KINDS.values())[one["kind"]] * round(WHOLE * 0.5 ** (age / HALF_LIFE))


def test_aggregates_are_what_a_loop_counts(duckdb, rows):
    read, found = duckdb
    now = read.counts.last
    pairs: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for one in rows:
        pairs[one["user"], one["item"]].append(one)
    assert found["pairs"] == [
        {"user": user, "item": item, "times": len(of_pair), "last": max(one["at"] for one in of_pair), "weight": sum(weight(one, now) for one in of_pair)}
        for (user, item), of_pair in sorted(pairs.items())
    ]
    assert {one["item"]: one["users"] for one in found["popularity"]} == Counter(item for _, item in pairs)
    assert {one["item"]: one["times"] for one in found["popularity"]} == Counter(one["item"] for one in rows)
    days = Counter((one["item"], one["at"] // DAY) for one in rows)
    assert {(one["item"], one["day"]): one["times"] for one in found["daily"]} == days
    kinds = list(KINDS)
    assert sum(one["purchases"] for one in found["daily"]) == sum(kinds[one["kind"]] == "purchase" for one in rows)
    assert sum(one["carts"] for one in found["daily"]) == sum(kinds[one["kind"]] == "add_to_cart" for one in rows)


def test_visits_end_after_a_pause(duckdb, rows):
    found = duckdb[1]
    steps, visits = Counter(), Counter()
    for before, one in zip([None, *rows], rows):
        begins = before is None or before["user"] != one["user"] or one["at"] - before["at"] > PAUSE
        visits[one["user"]] += begins
        if not begins and before["item"] != one["item"]:
            steps[before["item"], one["item"]] += 1
    assert {(one["previous"], one["item"]): one["times"] for one in found["transitions"]} == steps
    assert {one["user"]: one["visits"] for one in found["sessions"]} == visits
    assert sum(one["events"] for one in found["sessions"]) == len(rows)


def test_baskets_hold_each_item_once(duckdb, rows):
    baskets = defaultdict(set)
    for one in rows:
        if one["basket"] is not None:
            baskets[one["basket"]].add(one["item"])
    together = Counter(pair for items in baskets.values() for pair in combinations(sorted(items), 2))
    assert {(one["item"], one["other"]): one["baskets"] for one in duckdb[1]["together"]} == together and together


@given(half_life=st.floats(0.05, 400))
def test_decay_is_whole_numbers_that_fall(half_life):
    table = aggregates.fading(half_life)
    left = table["left_over"].to_pylist()
    assert left[0] == WHOLE and left == sorted(left, reverse=True) and len(left) <= aggregates.FORGOTTEN


# --- another engine ---------------------------------------------------------------------------------------------------------

QUICK = {  # for so few rows, compiling queries takes longer than running them
    "spark_sql_shuffle_partitions": "1", "spark_default_parallelism": "1", "spark_sql_codegen_wholeStage": "false", "spark_sql_codegen_factoryMode": "NO_CODEGEN",
    "spark_driver_extraJavaOptions": "-XX:TieredStopAtLevel=1",
}  # fmt: skip


@pytest.fixture(scope="module")
def spark(tmp_path_factory) -> Iterator[Engine]:
    if not HAS_JAVA:
        pytest.skip("Spark needs Java, and there is no `java`")
    scratch = tmp_path_factory.mktemp("spark")
    with engines.spark_session("local[2]", scratch, "1g", **QUICK) as session:
        yield Spark(scratch, session)


def test_spark_counts_the_same(spark, file, duckdb):
    read = interactions.of_events(spark, spark.events([file]), WANTED)
    assert read.counts == duckdb[0].counts
    found = of(spark, read)
    for name in AGGREGATES:
        assert found[name] == duckdb[1][name] and found[name], name


def test_spark_trains_the_same_but_for_its_own_als(spark, file, tmp_path):
    found = {}
    for engine in ("duckdb", "spark"):
        asked = train.Asked(
            tmp_path, [file], tmp_path / engine, WANTED, train.Sources("sku", "visitor.recent"), names=("affinity", "together"), engine=engine, budget=train.Budget(1), seed=3,
        )  # fmt: skip
        found[engine] = {one.name: one for one in trained(asked, lambda step: None).made}
    assert (tmp_path / "duckdb" / "together.npz").read_bytes() == (tmp_path / "spark" / "together.npz").read_bytes()
    ours, theirs = (found[engine]["affinity"].card["figures"]["recall@10"]["value"] for engine in ("duckdb", "spark"))
    assert theirs > found["spark"]["affinity"].card["popularity"]["recall@10"] and abs(ours - theirs) < 0.15
    assert found["spark"]["affinity"].card["lineage"]["engine"] == "spark (ALS of Spark ML)"


def test_a_broken_log_is_told_by_line(tmp_path, spark):
    broken = save(tmp_path / "broken.ndjson", log(ITEMS, 3))
    broken.write_text(broken.read_text() + '{"id": "x", "at": "yesterday"}\n')
    with pytest.raises(engines.Unreadable):
        interactions.of_events(spark, spark.events([broken]), WANTED)


def test_counts_have_words():
    from learn.card import EXCLUDED

    assert {name for name, _ in EXCLUDED} <= set(Counts().as_json())
