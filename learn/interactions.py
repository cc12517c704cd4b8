"""The log of events, or a plain table → rows of who had to do with which item, in numbers (as learn/aggregates.py wants them).

Whom training may not know is taken out here, before anything is counted, so that nothing that is made later can tell whether
they were ever there: robots, rows without the purposes of training, and every row of persons who opted out, withdrew a purpose
with the latest that was heard of them, or are on a list. Moments that models count from are those of the rows that stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from learn.kinds import KINDS, OPT_OUT, PLAIN

if TYPE_CHECKING:
    import ibis

    from learn.engines import Engine

EXAMPLES = 5  # of unknown items


@dataclass(frozen=True)
class Wanted:
    """What may be learned from.

    `items`: the ids of the catalogue, in its order. `purposes`: all that must be in force. `gone`: persons who are not learned
    from. `people`: visitor → account. `until`: epoch milliseconds; what happened then or later is left out.
    """

    items: Sequence[str]
    purposes: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    people: Mapping[str, str] = field(default_factory=dict)
    until: int | None = None


@dataclass(frozen=True)
class Counts:
    """What became of the rows that were read. Rows are told of at the first reason why they are left out."""

    rows: int = 0
    repeated: int = 0
    nobody: int = 0  # without an id: no consent to the log
    robots: int = 0
    persons_gone: int = 0
    rows_of_gone: int = 0
    without_purpose: int = 0
    too_late: int = 0
    without_item: int = 0  # events that have to do with no item
    unknown_rows: int = 0
    unknown_items: int = 0
    used: int = 0  # a row for each item of an event
    users: int = 0
    items: int = 0
    first: int = 0  # epoch milliseconds
    last: int = 0
    examples: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {one.name: list(value) if isinstance(value := getattr(self, one.name), tuple) else value for one in fields(self)}


@dataclass(frozen=True)
class Read:
    """`rows`: what learn/aggregates.py takes. `users`: text ids by place, as the table `user`, `id`."""

    rows: ibis.Table
    users: ibis.Table
    counts: Counts


STATES = ("used", "nobody", "robots", "rows_of_gone", "without_purpose", "too_late", "without_item")  # what becomes of a row; the first that holds


def of_events(engine: Engine, told: ibis.Table, wanted: Wanted) -> Read:
    """Rows of the log of events, as `engine.events` reads them. Raises Unreadable."""
    import ibis

    told = engine.keep("told", told.filter(told.event.notnull() & told["at"].notnull()))
    rows, named, different = _row(engine, told.agg(rows=told.count(), named=told.id.count(), different=told.id.nunique()))
    once = told
    if named != different:
        once = told.filter(told.id.notnull()).distinct(on="id", keep="first").union(told.filter(told.id.isnull()))
    moment = (once["at"] * 1000 + 0.5).floor().cast("int64")
    kind = ibis.cases(*((once.event == name, code) for code, name in enumerate(KINDS) if code != PLAIN), else_=-1).cast("int8")
    basket = (once.event == "purchase").ifelse(ibis.coalesce(once.order, once.id), ibis.null("string"))
    person = _persons(engine, once.mutate(ms=moment, kind=kind, basket=basket), wanted.people)
    is_nobody, is_robot = person.unit.isnull() | (person.unit == ""), person.bot.fill_null(False)
    person = engine.keep("person", person.mutate(stranger=is_nobody, robot=is_robot, allowed=_allowed(person.purposes, wanted.purposes)))
    gone = _gone(engine, person.filter(~person.stranger & ~person.robot), wanted)
    judged = person.left_join(gone, "person")
    late = ibis.literal(False) if wanted.until is None else judged.ms >= wanted.until
    has_item = (judged.kind >= 0) & (judged.item.notnull() | judged["items"].notnull())
    state = ibis.cases((judged.stranger, 1), (judged.robot, 2), (judged.is_gone.notnull(), 3), (~judged.allowed, 4), (late, 5), (~has_item, 6), else_=0)
    judged = engine.keep("judged", judged.select("id", "person", "item", "items", "kind", "ms", "basket", state=state.cast("int8")))
    counts = _counts(engine, judged, rows=rows, repeated=named - different)
    used = judged.filter(judged.state == 0)
    one = used.filter(used.item.notnull()).select("id", "person", "kind", "ms", "basket", thing="item")
    several = used.filter(used["items"].notnull()).select("id", "person", "kind", "ms", "basket", thing=used["items"].unnest())
    return coded(engine, engine.keep("things", one.union(several, distinct=True).drop("id")), wanted, counts)


def of_rows(engine: Engine, told: ibis.Table, wanted: Wanted) -> Read:
    """Rows of a plain table: `user` and `item` (text), `at` (epoch milliseconds or null), `basket` (text or null)."""
    import ibis

    person = _persons(engine, told.rename(unit="user"), wanted.people)
    judged = person.left_join(_listed(engine, wanted.gone), "person")
    late = ibis.literal(False) if wanted.until is None else (judged["at"] >= wanted.until).fill_null(False)
    state = ibis.cases((judged.unit.isnull() | judged.item.isnull(), 1), (judged.is_gone.notnull(), 3), (late, 5), else_=0)
    kind, moment = ibis.literal(PLAIN, "int8"), judged["at"].fill_null(0).cast("int64")
    judged = engine.keep("judged", judged.select("person", thing="item", kind=kind, ms=moment, basket="basket", state=state.cast("int8")))
    counts = _counts(engine, judged)
    return coded(engine, judged.filter(judged.state == 0).drop("state"), wanted, replace(counts, rows=sum(getattr(counts, name) for name in STATES)))


def _counts(engine: Engine, judged: ibis.Table, **more: int) -> Counts:
    """How many rows are in each of the STATES."""
    found = engine.fetch(judged.group_by("state").agg(rows=judged.count(), persons=judged.person.nunique()), ["state"]).to_pylist()
    persons = next((one["persons"] for one in found if STATES[one["state"]] == "rows_of_gone"), 0)
    return Counts(**{STATES[one["state"]]: one["rows"] for one in found}, persons_gone=persons, **more)


def _persons(engine: Engine, rows: ibis.Table, people: Mapping[str, str]) -> ibis.Table:
    """The rows with `person`: the account of the visitor, where one is known."""
    import ibis
    import pyarrow

    if not people:
        return rows.mutate(person=rows.unit)
    table = engine.put("people", pyarrow.table({"visitor": pyarrow.array(list(people), "string"), "account": pyarrow.array(list(people.values()), "string")}))
    joined = rows.left_join(table, rows.unit == table.visitor)
    return joined.mutate(person=ibis.coalesce(joined.account, joined.unit)).drop("visitor", "account")


def _listed(engine: Engine, persons: frozenset[str]) -> ibis.Table:
    import pyarrow

    return engine.put("listed", pyarrow.table({"person": pyarrow.array(sorted(persons), "string"), "is_gone": [True] * len(persons)}, pyarrow.schema([("person", "string"), ("is_gone", "bool")])))


def _gone(engine: Engine, rows: ibis.Table, wanted: Wanted) -> ibis.Table:
    """The persons who are not learned from: listed, opted out at any time, or without a purpose when they were last heard of."""
    import ibis

    last = rows.group_by("person").agg(latest=rows.received.max(), opted_out=(rows.event == OPT_OUT).any())
    heard = rows.inner_join(last, "person")
    heard = heard.filter(heard.opted_out | ((heard.received == heard.latest) & ~heard.allowed)).select("person").distinct()
    found = heard.mutate(is_gone=ibis.literal(True))
    return engine.keep("gone", found.union(_listed(engine, wanted.gone), distinct=True) if wanted.gone else found)


def _allowed(purposes: ibis.ArrayValue, wanted: frozenset[str]) -> ibis.BooleanValue:
    import ibis

    found = ibis.literal(True)
    for name in sorted(wanted):
        found = found & purposes.contains(name).fill_null(False)
    return found


def coded(engine: Engine, things: ibis.Table, wanted: Wanted, counts: Counts = Counts()) -> Read:
    """Places in place of texts. Users are numbered in the order of their ids, among those alone who had to do with a known item.

    Args:
        things: `person` and `thing` (text), `kind`, `ms` (epoch milliseconds, 0 for none), `basket` (text or null).
    """
    import ibis
    import pyarrow

    places = pyarrow.table({"thing": pyarrow.array(list(wanted.items), "string"), "item": pyarrow.array(range(len(wanted.items)), "int32")})
    catalogue = engine.put("catalogue", places)
    known = things.inner_join(catalogue, "thing")
    users = known.select(id="person").distinct()
    users = engine.keep("users", users.mutate(user=ibis.row_number().over(order_by=users.id).cast("int32")))
    joined = known.inner_join(users, known.person == users.id)
    rows = engine.keep("rows", joined.select("user", "item", "kind", at="ms", basket="basket"))
    strangers = engine.fetch(things.group_by("thing").agg(times=things.count()).anti_join(catalogue, "thing"), ["thing"]).to_pylist()
    first, last, used, items, persons = _row(engine, rows.agg(first=rows["at"].min(), last=rows["at"].max(), used=rows.count(), items=rows.item.nunique(), users=rows.user.nunique()))
    commonest = sorted(strangers, key=lambda row: (-row["times"], row["thing"]))[:EXAMPLES]
    return Read(rows, users.select("user", "id"), replace(
        counts, unknown_rows=sum(row["times"] for row in strangers), unknown_items=len(strangers), examples=tuple(row["thing"] for row in commonest),
        used=used, users=persons, items=items, first=first or 0, last=last or 0,
    ))  # fmt: skip


def _row(engine: Engine, table: ibis.Table) -> tuple[Any, ...]:
    """The one row of a table."""
    (row,) = engine.fetch(table, [table.columns[0]]).to_pylist()
    return tuple(row[name] for name in table.columns)
