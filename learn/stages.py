"""What recommenders learn from, up to a moment: the aggregates as arrays, and what is asked of a model of what came after.

A stage ends at its cut and knows nothing of what came then or later: its rows, the age of each by its decay, and its popularity
are those of the time before. Questions are made of what follows, each with the history as it was at the cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np

from learn import aggregates
from learn.aggregates import DAY, WHOLE
from learn.models.types import Interactions

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from learn.engines import Engine
    from learn.interactions import Read

HALF_LIFE = 30.0  # days, of the weights of pairs and of recent items at the edge
STEP_HALF_LIFE = 600.0  # seconds, of items within a visit
RECENT = 20  # items of a history that count, as `most:` of a list attribute
MOST_QUESTIONS = 20_000  # of a larger test a sample is asked, the same at every run
BINS = 1000  # of the time, among whose edges a cut is found
DRAWN_VALIDATION, DRAWN_TEST = 1, 2  # "moments" of rows without times: which part they were drawn into


@dataclass(frozen=True)
class Stage:
    """Arrays of one length each: `pairs` (user, item, last, weight), `steps` (user, item, at, session) in order, `bought` (basket,
    item, at). `until`: epoch milliseconds; None for the whole time. `now`: the moment that ages count from.
    """

    users: int
    item_ids: np.ndarray
    pairs: dict[str, np.ndarray]
    steps: dict[str, np.ndarray]
    bought: dict[str, np.ndarray]
    until: int | None
    now: int

    def of_pairs(self) -> Interactions:
        """A row for each user and item, in the order of both; weights are decayed, times those of the last event."""
        p = self.pairs
        return Interactions(p["user"], p["item"], (p["weight"] / WHOLE).astype(np.float32), p["last"] / 1000.0, _ids(self.users), self.item_ids)

    def of_steps(self) -> Interactions:
        """A row for each event; a "user" is a visit."""
        s = self.steps
        return Interactions(s["session"], s["item"], np.ones(len(s["item"]), np.float32), s["at"] / 1000.0, _ids(_past(s["session"])), self.item_ids)

    def of_baskets(self) -> Interactions:
        """A row for each item of a basket; a "user" is a basket."""
        b = self.bought
        return Interactions(b["basket"], b["item"], np.ones(len(b["item"]), np.float32), b["at"] / 1000.0, _ids(_past(b["basket"])), self.item_ids)

    def of_events(self) -> Interactions:
        """A row for each event, by user."""
        s = self.steps
        return Interactions(s["user"], s["item"], np.ones(len(s["item"]), np.float32), s["at"] / 1000.0, _ids(self.users), self.item_ids)


@dataclass(frozen=True)
class Questions:
    """A row each: `histories`, decayed weights of the items known of somebody; `seen`, what is not recommended; `truth`, what came.

    `activity`: how many items were known of each.
    """

    histories: csr_matrix
    seen: csr_matrix
    truth: csr_matrix
    activity: np.ndarray

    def __len__(self) -> int:
        return self.truth.shape[0]


def whole(engine: Engine, read: Read, item_ids: Sequence[str], half_life: float = HALF_LIFE) -> Stage:
    """The stage of the whole time. Raises Unreadable."""
    visits = engine.fetch(aggregates.visits(read.rows).select("user", "item", "kind", "at", "first"), ["user", "at", "item", "kind"])
    steps = _arrays(visits)
    steps["session"] = (np.cumsum(steps["first"]) - 1).astype(np.int32)
    bought = engine.fetch(aggregates.baskets(read.rows), ["user", "at", "basket", "item"])
    baskets = _arrays(bought.drop_columns(["basket"]))
    _, first, code = np.unique(np.asarray(bought["basket"].to_pylist(), dtype=object).astype(str), return_index=True, return_inverse=True)
    baskets["basket"] = np.argsort(np.argsort(first))[code].astype(np.int32) if len(first) else np.zeros(0, np.int32)  # numbered as they come
    return _stage(engine, read, np.asarray(item_ids, dtype=str), steps, baskets, None, read.counts.last, half_life)


def before(engine: Engine, read: Read, of: Stage, until: int, half_life: float = HALF_LIFE) -> Stage:
    """The stage as it would have been at a moment (epoch milliseconds). Raises Unreadable."""
    steps = {name: each[of.steps["at"] < until] for name, each in of.steps.items()}
    baskets = {name: each[of.bought["at"] < until] for name, each in of.bought.items()}
    if not read.counts.last:
        return Stage(of.users, of.item_ids, _untimed_pairs(steps, len(of.item_ids)), steps, baskets, until, 0)
    return _stage(engine, read, of.item_ids, steps, baskets, until, until, half_life)


def drawn(of: Stage, seed: int, share: float = 0.8) -> Stage:
    """Of rows without times: a random fifth as if it came last, and of the rest a random fifth as if it came before that."""
    rng = np.random.default_rng(seed)

    def part(count: int) -> np.ndarray:
        test, validation = rng.random(count) >= share, rng.random(count) >= share
        return np.where(test, DRAWN_TEST, np.where(validation, DRAWN_VALIDATION, 0)).astype(np.int64)

    _, place = np.unique(of.steps["user"].astype(np.int64) * len(of.item_ids) + of.steps["item"], return_inverse=True)  # a pair is not torn apart
    steps = {**of.steps, "at": part(int(place.max(initial=-1)) + 1)[place]}
    bought = {**of.bought, "at": part(_past(of.bought["basket"]))[of.bought["basket"]]}
    return Stage(of.users, of.item_ids, of.pairs, steps, bought, None, 0)


def _untimed_pairs(steps: dict[str, np.ndarray], items: int) -> dict[str, np.ndarray]:
    """The pairs of events that were drawn: engines cannot tell these apart."""
    key, times = np.unique(steps["user"].astype(np.int64) * items + steps["item"], return_counts=True)
    return {"user": (key // items).astype(np.int32), "item": (key % items).astype(np.int32), "times": times, "last": np.zeros(len(key), np.int64), "weight": times * WHOLE}


def moment(until: int) -> str:
    """A cut in words."""
    return datetime.fromtimestamp(until / 1000, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def _stage(engine: Engine, read: Read, item_ids: np.ndarray, steps: Any, baskets: Any, until: int | None, now: int, half_life: float) -> Stage:
    rows = read.rows if until is None else read.rows.filter(read.rows["at"] < until)
    fade = engine.put("fading", aggregates.fading(half_life))
    pairs = _arrays(engine.fetch(aggregates.pairs(rows, fade, now), ["user", "item"]))
    return Stage(read.counts.users, item_ids, pairs, steps, baskets, until, now)


def cut(of: Stage, share: float) -> int | None:
    """A moment (epoch milliseconds) before which about this share of the events lies; None where times do not tell events apart."""
    at = of.steps["at"]
    if not len(at) or at.min() == at.max():
        return None
    low, width = int(at.min()), max(1, (int(at.max()) - int(at.min())) // BINS)
    counts = np.bincount((at - low) // width)
    edge = int(np.searchsorted(np.cumsum(counts), share * len(at))) + 1
    moment = low + edge * width
    return moment if moment <= int(at.max()) else None


def of_users(past: Stage, future: Stage, end: int | None, half_life: float = HALF_LIFE) -> Questions:
    """For each user with a history at the cut of `past`: which items that are new to them did they have to do with until `end`?"""
    start = past.until
    later = _between(future.steps, "at", start, end)
    users, items = later["user"], later["item"]
    known = _matrix(past.pairs["user"], past.pairs["item"], np.ones(len(past.pairs["user"])), (past.users, len(past.item_ids)))
    truth = _matrix(users, items, np.ones(len(users)), known.shape)
    truth = truth - truth.multiply(known)
    truth.eliminate_zeros()
    asked = _sample(np.flatnonzero((np.diff(truth.indptr) > 0) & (np.diff(known.indptr) > 0)))
    return Questions(recent(past, half_life)[asked], known[asked], truth.tocsr()[asked], np.diff(known.indptr)[asked])


def of_steps(past: Stage, future: Stage, end: int | None) -> Questions:
    """For each step of a visit after the cut to an item that is new in it: which one is it, of what was looked at before, as it fades?"""
    later = _between(future.steps, "at", past.until, end)
    session, item, at = later["session"], later["item"], later["at"]
    asked = _sample(np.flatnonzero(session[1:] == session[:-1]))
    rows, items, weights = [], [], []
    for back in range(RECENT):
        place = asked - back
        inside = np.flatnonzero((place >= 0) & (session[np.maximum(place, 0)] == session[asked]))
        rows.append(inside)
        items.append(item[place[inside]])
        weights.append(0.5 ** ((at[asked[inside]] - at[place[inside]]) / (STEP_HALF_LIFE * 1000)))
    rows, items, weights = (np.concatenate(part) for part in (rows, items, weights))
    newest = np.unique(rows * np.int64(len(past.item_ids)) + items, return_index=True)[1]  # of an item that came again, the last time
    shape = (len(asked), len(past.item_ids))
    known = _matrix(rows[newest], items[newest], weights[newest], shape, added=True)
    truth = _matrix(np.arange(len(asked)), item[asked + 1], np.ones(len(asked)), shape)
    truth = truth - truth.multiply(known > 0)
    truth.eliminate_zeros()
    some = np.flatnonzero(np.diff(truth.indptr) > 0)
    return Questions(known[some], known[some], truth.tocsr()[some], np.diff(known.indptr)[some])


def of_baskets(past: Stage, future: Stage, end: int | None) -> Questions:
    """For each item of a basket after the cut: what else was in it?"""
    later = _between(future.bought, "at", past.until, end)
    baskets, items = later["basket"], later["item"]
    _, code = np.unique(baskets, return_inverse=True)
    inside = _matrix(code, items, np.ones(len(items)), (_past(code), len(past.item_ids)))
    asked = _sample(np.flatnonzero(np.diff(inside.indptr)[code] > 1)) if len(code) else np.zeros(0, int)
    one = _matrix(np.arange(len(asked)), items[asked], np.ones(len(asked)), (len(asked), len(past.item_ids)))
    truth = inside[code[asked]] - one if len(asked) else one
    truth.eliminate_zeros()
    return Questions(one, one, truth.tocsr(), np.ones(len(asked), int))


def latest(questions: Questions) -> Questions:
    """The same questions of whoever knows the newest item alone, as on the page of an item."""
    from scipy.sparse import csr_matrix

    h = questions.histories.tocoo()
    order = np.lexsort((h.col, -h.data, h.row))
    first = order[np.unique(h.row[order], return_index=True)[1]]
    newest = csr_matrix((np.ones(len(first), np.float32), (h.row[first], h.col[first])), shape=h.shape)
    return Questions(newest, questions.seen, questions.truth, questions.activity)


def recent(of: Stage, half_life: float) -> csr_matrix:
    """Users × items: of each user the RECENT newest items, weighed by age as the edge weighs them; the newest of each user weighs 1."""
    p = of.pairs
    order = np.lexsort((p["item"], -p["last"], p["user"]))
    users = p["user"][order]
    begins = np.flatnonzero(np.diff(users, prepend=-1))
    counts = np.diff(np.append(begins, len(users)))
    newest = np.repeat(p["last"][order][begins], counts) if len(users) else np.zeros(0)
    place = np.arange(len(users)) - np.repeat(begins, counts)
    kept = place < (RECENT if of.now else len(place) + 1)  # without times none is newer than another
    weights = 0.5 ** np.minimum((newest - p["last"][order]) / (half_life * DAY), 1000.0)
    return _matrix(users[kept], p["item"][order][kept], weights[kept], (of.users, len(of.item_ids)), added=True)


def _between(arrays: dict[str, np.ndarray], name: str, start: int | None, end: int | None) -> dict[str, np.ndarray]:
    at = arrays[name]
    kept = np.ones(len(at), bool) if start is None else at >= start
    if end is not None:
        kept &= at < end
    return {key: each[kept] for key, each in arrays.items()}


def _matrix(rows: np.ndarray, columns: np.ndarray, weights: np.ndarray, shape: tuple[int, int], added: bool = False) -> csr_matrix:
    from scipy.sparse import csr_matrix

    made = csr_matrix((weights.astype(np.float32), (rows, columns)), shape=shape)
    made.sum_duplicates()
    if not added:
        made.data[:] = 1.0
    return made


def _sample(places: np.ndarray) -> np.ndarray:
    return places if len(places) <= MOST_QUESTIONS else places[np.linspace(0, len(places) - 1, MOST_QUESTIONS).astype(int)]


def _past(codes: np.ndarray) -> int:
    return int(codes.max()) + 1 if len(codes) else 0


def _ids(count: int) -> np.ndarray:
    return np.arange(count).astype(str)


def _arrays(table: Any) -> dict[str, np.ndarray]:
    return {name: table[name].to_numpy() for name in table.column_names}
