"""What all recommenders are made of, as Ibis expressions: pairs, popularity, days, visits, sessions, transitions, baskets, item pairs.

Written once, for every engine. All of it is whole numbers: sums of those do not depend on the order in which an engine adds
them up, so DuckDB on any number of threads and Spark give equal aggregates, and the same events the same bytes. Decay goes by
whole days, as whole parts of WHOLE; moments are milliseconds.

The rows are what visitors had to do with items (`learn/interactions.py`):

    user, item   int32: places among the users and in the catalogue
    kind         int8: a place in KINDS
    at           int64: epoch milliseconds, 0 where no time is known
    basket       text: what was bought together; null for all that is not bought
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from learn.kinds import CART, KINDS, PURCHASE, VIEW

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

DAY = 86_400_000  # milliseconds
PAUSE = 1_800_000  # milliseconds without anything, after which a visit is over: as `from: visits` counts them
WHOLE = 1 << 20  # the weight of what just happened
FADED = 20  # half-lives after which nothing is left of it
WIDEST = 64  # items of one basket; what is larger is a wholesaler's, or an import
FORGOTTEN = 1 << 16  # days: more than a table of decay has


def fading(half_life: float) -> pa.Table:
    """Age in whole days → the parts of WHOLE that are left; `half_life` in days. Whatever is older than the table counts nothing."""
    import pyarrow

    days = min(int(FADED * half_life) + 1, FORGOTTEN)
    return pyarrow.table({"age": pyarrow.array(range(days), "int64"), "left_over": pyarrow.array([round(WHOLE * 0.5 ** (day / half_life)) for day in range(days)], "int64")})


def _whole(column: ibis.Value) -> ibis.Value:
    """A sum as int64: engines widen it as they like, and Ibis takes that for int64 already."""
    return column.sum().cast("decimal(38, 0)").cast("int64")


def _worth(kind: ibis.Value) -> ibis.Value:
    """What a kind weighs: the commonest is asked first."""
    import ibis

    return ibis.cases(*((kind == code, weight) for code, weight in enumerate(KINDS.values())), else_=0)


def faded(rows: ibis.Table, table: ibis.Table, now: int) -> ibis.Table:
    """The rows with `weight`: what their kind weighs, less what faded until `now` (epoch milliseconds)."""
    import ibis

    age = ibis.greatest((ibis.literal(now, "int64") - rows.at) // DAY, 0).cast("int64")
    aged = rows.mutate(age=age)
    return aged.inner_join(table, "age").mutate(weight=(_worth(aged.kind).cast("int64") * table.left_over).cast("int64"))


def pairs(rows: ibis.Table, table: ibis.Table, now: int) -> ibis.Table:
    """A row for each user and item: how often anything happened, when last, and the decayed weight in parts of WHOLE."""
    aged = faded(rows, table, now)
    return aged.group_by("user", "item").agg(times=aged.count(), last=aged.at.max(), weight=_whole(aged.weight))


def popularity(of_pairs: ibis.Table) -> ibis.Table:
    """A row for each item: how many users had to do with it, how often, and the weight of it all."""
    t = of_pairs
    return t.group_by("item").agg(users=t.count(), times=_whole(t.times), weight=_whole(t.weight))


def daily(rows: ibis.Table) -> ibis.Table:
    """A row for each item and day (days since 1970, UTC): how often it was looked at, put into a basket, bought, and what that weighs."""
    t = rows.mutate(day=(rows.at // DAY).cast("int64"), worth=_worth(rows.kind))
    return t.group_by("item", "day").agg(
        times=t.count(), views=t.count(where=t.kind == VIEW), carts=t.count(where=t.kind == CART), purchases=t.count(where=t.kind == PURCHASE), worth=_whole(t.worth)
    )


def trending(of_days: ibis.Table, table: ibis.Table, now: int) -> ibis.Table:
    """A row for each item: what happened of late weighs, in parts of WHOLE."""
    import ibis

    aged = of_days.mutate(age=ibis.greatest(ibis.literal(now // DAY, "int64") - of_days.day, 0).cast("int64"))
    joined = aged.inner_join(table, "age").mutate(weight=aged.worth * table.left_over)
    return joined.group_by("item").agg(weight=_whole(joined.weight))


def visits(rows: ibis.Table) -> ibis.Table:
    """The rows with what went before: `previous` (the item), `gap` (milliseconds), and whether they are the first or last of a visit."""
    import ibis

    within = ibis.window(group_by=rows.user, order_by=[rows.at, rows.item, rows.kind])
    told = rows.select("user", "item", "kind", "at", previous=rows.item.lag().over(within), before=rows.at.lag().over(within), after=rows.at.lead().over(within))
    return told.select(
        "user", "item", "kind", "at", "previous", gap=(told.at - told.before).cast("int64"),
        first=(told.at - told.before > PAUSE).fill_null(True), last=(told.after - told.at > PAUSE).fill_null(True),
    )  # fmt: skip


def sessions(of_visits: ibis.Table) -> ibis.Table:
    """A row for each user: visits, those of one event alone, events, and the milliseconds of them all."""
    t = of_visits
    return t.group_by("user").agg(visits=t.count(where=t.first), bounces=t.count(where=t.first & t.last), events=t.count(), spent=_whole(t.first.ifelse(0, t.gap).cast("int64")))


def transitions(of_visits: ibis.Table) -> ibis.Table:
    """A row for each two items: how often the one came right after the other, within a visit."""
    t = of_visits.filter(~of_visits.first & (of_visits.previous != of_visits.item))
    return t.group_by("previous", "item").agg(times=t.count())


def baskets(rows: ibis.Table) -> ibis.Table:
    """What was bought together, each item once: user, basket, item. Baskets of more than WIDEST items are left out."""
    bought = rows.filter(rows.basket.notnull()).group_by("basket", "item").agg(user=rows.user.min(), at=rows.at.max())
    sizes = bought.group_by("basket").agg(size=bought.count())
    sizes = sizes.filter(sizes["size"] <= WIDEST)
    return bought.inner_join(sizes, "basket").select("user", "basket", "item", "at")


def together(of_baskets: ibis.Table) -> ibis.Table:
    """A row for each two items, the lower one first: in how many baskets they were together."""
    left, right = of_baskets, of_baskets.view()
    both = left.join(right, [left.basket == right.basket, left.item < right.item]).select(item=left.item, other=right.item)
    return both.group_by("item", "other").agg(baskets=both.count())
