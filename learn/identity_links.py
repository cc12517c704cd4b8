"""From files to groups, step by step: identifiers that agree exactly, pairs that are probable, groups, the table of aliases."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from learn.identities import FEWEST_RECORDS, planned, scored, trained, worth_weighing
from learn.identity_clusters import Link, Measure, Member, Name, components, group_names, grouped, measured
from learn.identity_doubts import contradicted, personal
from learn.identity_files import Loaded, Wanted, load, truth_of, write
from learn.identity_kinds import STRONG, literal

if TYPE_CHECKING:
    import duckdb

LARGEST = 3_000  # ids that links lead together and that are compared with each other for contradictions
MOST_VISITORS = 64  # of an account, as `tessera profiles load --aliases` takes them
STEPS = 10  # about as many as `tell` is called


@dataclass(frozen=True)
class Asked:
    """What is wanted of a run, as the command line says it."""

    files: tuple[Path, ...]
    out: Path
    wanted: Wanted = Wanted()
    exact: tuple[str, ...] = STRONG
    threshold: float = 0.5
    between: bool = False  # only links between files
    by_account: bool = False
    engine: str = "duckdb"
    master: str = "local[2]"
    truth: Path | None = None
    truth_pattern: str | None = None


@dataclass(frozen=True)
class Outcome:
    loaded: Loaded
    members: tuple[Member, ...]
    groups: int
    notes: tuple[str, ...]
    measure: Measure | None

    def count(self, how: str) -> int:
        return sum(member.how == how for member in self.members)


def resolve(asked: Asked, tell: Callable[[str], None] = lambda step: None) -> Outcome:
    """Read, link, group, write. Raises BadFile, NoSpark and OSError; then nothing was written."""
    import duckdb

    if asked.engine == "spark":
        from learn.engines import able

        able()
    with tempfile.TemporaryDirectory(prefix="tessera-identities-") as scratch, duckdb.connect() as connection:
        connection.execute(f"SET temp_directory = '{scratch}'; SET enable_progress_bar = false")
        tell("reading")
        loaded = load(connection, asked.files, asked.wanted)
        truth = _truth(connection, asked)
        tell("linking by identifiers")
        links = exact_links(connection, tuple(kind for kind in asked.exact if kind in loaded.kinds), loaded.kinds, asked.between)
        probable, notes = probable_links(connection, loaded, asked, Path(scratch), tell)
        tell("grouping")
        links += probable
        apart = contradictions(connection, links, loaded, asked.threshold)
        members = tuple(grouped(loaded.ids, links, asked.threshold, apart))
        measure = None
        if truth is not None:
            files = _column(connection, "file") if asked.between else None
            measure = measured([member.group for member in members], truth, files)
        tell("writing")
        names = group_names(members, _column(connection, "key"), _accounts(connection, loaded))
        _written(connection, asked, loaded, members, names)
        large = sum(n > MOST_VISITORS for n in Counter(member.group for member in members).values()) if asked.by_account else 0
    if large:
        notes += (f"accounts with more than {MOST_VISITORS} visitors, which the profile store does not take: {large:,}",)
    return Outcome(loaded, members, len(names), loaded.notes + notes, measure)


def exact_links(connection: duckdb.DuckDBPyConnection, exact: Sequence[str], kinds: Sequence[str], between: bool) -> list[Link]:
    """Ids that share an identifier. What contradicts itself is left out; an account is the site's own word and is not doubted."""
    links: dict[tuple[int, int], bool] = {}
    for kind in exact:
        doubt = "false" if kind == "account" else contradicted(kinds)
        if kind == "phone":  # a household has one
            doubt += f" OR NOT ({personal({'given_name', 'dob'} & set(kinds))})"
        apart = " AND l.file <> r.file" if between else ""
        sql = f"SELECT DISTINCT l.node, r.node FROM records l JOIN records r ON l.{kind} = r.{kind} AND l.node < r.node{apart} WHERE NOT ({doubt})"
        for pair in connection.execute(sql).fetchall():
            links[pair] = links.get(pair, False) or kind == "account"
    return [Link(left, right, 1.0, True, sure) for (left, right), sure in sorted(links.items())]


def contradictions(connection: duckdb.DuckDBPyConnection, links: Sequence[Link], loaded: Loaded, threshold: float) -> list[tuple[int, int]]:
    """Pairs of ids that links lead together, by whatever way, and that contradict each other."""
    import pyarrow

    together = components(loaded.ids, links, threshold)
    sizes = Counter(together)
    rows = [(node, group) for node, group in enumerate(together) if 1 < sizes[group] <= LARGEST]
    table = pyarrow.table({"node": pyarrow.array([n for n, _ in rows], pyarrow.int64()), "together": pyarrow.array([g for _, g in rows], pyarrow.int64())})
    connection.register("together", table)
    records = "(SELECT * FROM records JOIN together USING (node))"
    sql = f"SELECT DISTINCT l.node, r.node FROM {records} l JOIN {records} r ON l.together = r.together AND l.node < r.node WHERE {contradicted(loaded.kinds)}"
    return connection.execute(sql).fetchall()


def probable_links(
    connection: duckdb.DuckDBPyConnection, loaded: Loaded, asked: Asked, scratch: Path, tell: Callable[[str], None]
) -> tuple[list[Link], tuple[str, ...]]:
    """What the model finds, from `KEPT` on; and what is to be said of it."""
    from splink import DuckDBAPI

    records = connection.execute("SELECT count(*) FROM records").fetchall()[0][0]
    if not worth_weighing(loaded.kinds):
        return [], ("only identifiers were compared: to weigh probabilities takes a name, a date of birth or a street, and one column more",)
    if records < FEWEST_RECORDS:
        return [], (f"only identifiers were compared: {records} records are too few to learn from ({FEWEST_RECORDS} are enough)",)
    plan, left_out = planned(connection, loaded.kinds, asked.between)
    notes = tuple(f"pairs that agree in {rule} alone were not looked at: too many" for rule in left_out)
    if not plan.blocking:
        return [], (*notes, "only identifiers were compared: no other columns narrow down which records to compare")
    api = DuckDBAPI(connection)
    learned = trained(api, api.register("records"), plan, tell)
    if asked.engine == "spark":
        from learn.identity_spark import predicted

        connection.execute(f"COPY records TO {literal(str(scratch / 'records.parquet'))} (FORMAT parquet)")
        folder = predicted(scratch / "records.parquet", plan, learned, asked.master, scratch, tell)
        pairs = f"read_parquet({literal(f'{folder}/*.parquet')})"
    else:
        pairs = scored(learned, tell).physical_name
    sql = f"""SELECT least(l.node, r.node), greatest(l.node, r.node), max(p.match_probability) FROM {pairs} p
        JOIN records l ON l.key = p.key_l JOIN records r ON r.key = p.key_r
        WHERE l.node <> r.node AND NOT ({contradicted(loaded.kinds)}) AND ({personal(loaded.kinds)}) GROUP BY ALL"""
    return [Link(left, right, probability, False, False) for left, right, probability in connection.execute(sql).fetchall()], notes


def _truth(connection: duckdb.DuckDBPyConnection, asked: Asked) -> list[str | None] | None:
    """The person of each id, as far as it is known; None where nobody asked."""
    if asked.truth is not None:
        known = truth_of(asked.truth)
        return [known.get(identity) for identity in _column(connection, "id")]
    if asked.truth_pattern is not None:
        pattern = re.compile(asked.truth_pattern)
        return [found[1] if (found := pattern.search(identity)) else None for identity in _column(connection, "id")]
    return _column(connection, "truth") if asked.wanted.truth else None


def _column(connection: duckdb.DuckDBPyConnection, name: str) -> list[Any]:
    return [value for (value,) in connection.execute(f"SELECT {name} FROM nodes ORDER BY node").fetchall()]


def _accounts(connection: duckdb.DuckDBPyConnection, loaded: Loaded) -> list[list[str]]:
    """The accounts that each id's records name."""
    accounts: list[list[str]] = [[] for _ in range(loaded.ids)]
    if "account" in loaded.kinds:
        for node, account in connection.execute("SELECT DISTINCT node, account FROM records WHERE account IS NOT NULL").fetchall():
            accounts[node].append(account)
    return accounts


def _written(connection: duckdb.DuckDBPyConnection, asked: Asked, loaded: Loaded, members: Sequence[Member], names: dict[int, Name]) -> None:
    """The table of aliases: a row for each id; or, by account, for each account that the files name or that joins several ids."""
    import pyarrow

    table = pyarrow.table({
        "node": pyarrow.array(range(len(members)), pyarrow.int64()),
        "account": pyarrow.array([names[member.group].text for member in members], pyarrow.string()),
        "probability": pyarrow.array([member.probability for member in members], pyarrow.float64()),
        "own": pyarrow.array([names[member.group].own for member in members], pyarrow.bool_()),
        "how": pyarrow.array([member.how for member in members], pyarrow.string()),
    })  # fmt: skip
    connection.register("members", table)
    paths = pyarrow.table({"file": pyarrow.array(range(len(loaded.files)), pyarrow.int64()), "source": [str(file.path) for file in loaded.files]})
    connection.register("paths", paths)
    rows = "SELECT account, id, source, round(probability, 6) AS probability, how, key, own FROM members JOIN nodes USING (node) JOIN paths USING (file)"
    connection.execute(f"CREATE TEMP TABLE aliases AS {rows}")
    if not asked.by_account:
        return write(connection, asked.out, "(SELECT * EXCLUDE (key, own) FROM aliases)", "account, id, source")
    accounts = "SELECT account, list(key ORDER BY key) AS visitors FROM aliases GROUP BY account HAVING bool_or(own) OR count(*) > 1"
    if asked.out.suffix == ".csv":  # no lists in it: a row for each visitor
        return write(connection, asked.out, f"(SELECT account, unnest(visitors) AS visitor FROM ({accounts}))", "account, visitor")
    return write(connection, asked.out, f"({accounts})", "account")
