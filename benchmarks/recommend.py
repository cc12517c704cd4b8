"""Recommenders, as the edge serves them from a bundle, against popularity, co-occurrence, EASE and the library implicit: recall@10 and ndcg@10.

    .venv/bin/python -m benchmarks.recommend [--json] [--budget SECONDS] [--only movielens|retail]

MovieLens-100k: 80 % of the rows at random (NumPy's default_rng(42), file order), full catalogue without what was seen. Online Retail
2011: one moment, before which 80 % of the lines of known customers lie; of each customer the first invoice from then on is to be
foretold, as far as it holds products that the customer never bought before. The data are in $TESSERA_SHARED/data and not in this
repository. Ours is what `tessera evaluate` chooses on the training part alone. docs/recommenders.md tells more.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.measure import Row, report
from compiler import trial_site
from learn.evaluate import Asked, Evaluation, evaluate, foretold
from learn.models import cooccurrence, popularity
from learn.models.als import one_thread_each
from learn.models.metrics import Metrics, measure
from learn.models.reading import Columns, read
from learn.models.scoring import best, histories, rankings
from learn.models.splits import Split
from learn.models.types import Interactions, Result

DATA = Path(os.environ.get("TESSERA_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"
MOVIELENS = DATA / "movielens-100k" / "ml-100k.inter"
RETAIL = DATA / "online-retail-2011" / "online_retail.parquet"
UNKNOWN = "0"  # the customer of invoices without one

Peer = Callable[[Split, "csr_matrix"], np.ndarray]  # noqa: F821  training part and histories → rankings


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    split: str
    read: Callable[[], Interactions]
    peers: dict[str, Peer]


def movielens() -> Interactions:
    return read(MOVIELENS, Columns("user_id", "item_id")).interactions


def retail() -> Interactions:
    known = read(RETAIL, Columns("customer_id", "stock_code", "ts")).interactions
    return known.rows(known.user_ids[known.users] != UNKNOWN)


def by(fit: Callable[[Interactions], Result]) -> Peer:
    """A model of ours in floating point, filled up with what is popular."""
    return lambda split, past: rankings(fit(split.train), past, popularity.fit(split.train))


def plain_ease(penalty: float) -> Peer:
    """EASE as it was published, all weights kept."""

    def ranked(split: Split, past) -> np.ndarray:
        known = split.train.binary().toarray().astype(np.float64)
        inverse = np.linalg.inv(known.T @ known + penalty * np.eye(known.shape[1]))
        weights = -inverse / inverse.diagonal()
        np.fill_diagonal(weights, 0.0)
        return best(np.asarray(past @ weights, np.float32), past)

    return ranked


def implicit_als(split: Split, past) -> np.ndarray:
    """implicit's ALS with its own factors of the users."""
    from implicit.cpu.als import AlternatingLeastSquares

    with one_thread_each():
        model = AlternatingLeastSquares(factors=20, regularization=0.1, alpha=1.0, iterations=15, random_state=42)
        model.fit(split.train.binary(), show_progress=False)
        return model.recommend(np.arange(past.shape[0]), past, N=10, filter_already_liked_items=True)[0]


CASES = (
    Case("MovieLens-100k", "random", movielens, {"popularity": by(popularity.fit), "EASE, lambda 500": plain_ease(500.0), "implicit ALS": implicit_als}),
    Case("Online Retail, next invoice", "basket", retail, {
        "popularity": by(popularity.fit), "co-occurrence": by(lambda known: cooccurrence.fit(known, 200, "cosine")), "EASE, lambda 500": plain_ease(500.0), "implicit ALS": implicit_als,
    }),
)  # fmt: skip


def rows(case: Case, found: Evaluation) -> Iterator[Row]:
    """A row for each peer and figure, all over the same users."""
    past, truth = histories(found.split.history), foretold(found.split)
    users = np.flatnonzero((np.diff(truth.indptr) > 0) & (np.diff(past.indptr) > 0))
    counts = found.split.train.counts()
    for peer, ranked in case.peers.items():
        theirs: Metrics = measure(ranked(found.split, past)[users], truth[users], counts)
        for figure in ("recall", "ndcg"):
            yield better(f"{case.name}, {figure}@10", peer, getattr(found.quantized, figure), getattr(theirs, figure))


def better(case: str, peer: str, ours: float, theirs: float) -> Row:
    """A row for a figure of which more is better."""
    return Row(case, peer, round(ours, 4), round(theirs, 4), "mean over users", round(ours / theirs, 3) if theirs else 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--budget", type=float, default=None, help="seconds of each search")
    parser.add_argument("--only", choices=["movielens", "retail"])
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"{DATA}: there is no such folder; set TESSERA_SHARED to where the data are")
    table: list[Row] = []
    for case in CASES:
        if options.only is None or options.only in case.read.__name__:
            found = evaluate(case.read(), trial_site, Asked(case.split, budget=options.budget), lambda step: print(f"{case.name}: {step}", file=sys.stderr))
            sizes = f"{found.sizes['bundle']:,} bytes of bundle, of these the model {found.sizes['model']:,}"
            print(f"{case.name}: {found.chosen.name}, {dict(found.chosen.parameters)}, {found.measured} users, {sizes}, overlap with float {found.overlap:.4f}, {found.seconds}")
            table += rows(case, found)
    report(table, options.json)


if __name__ == "__main__":
    main()
