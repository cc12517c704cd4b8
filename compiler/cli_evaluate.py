"""`tessera evaluate`: a file of interactions → a recommender in a bundle, and how good what the edge shows is."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from compiler.terminal import JSON, fail

MODELS = ("auto", "blend", "ease", "als", "bpr", "cooccurrence", "spectral", "sequence", "trending", "popularity")  # as learn.models.recipes has them


@click.command()
@click.option("--interactions", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE", help="CSV, TSV, NDJSON (or these .gz) or Parquet.")
@click.option("--user", required=True, metavar="COL", help="The column of the user; #1, #2 … in a file without a header.")
@click.option("--item", required=True, metavar="COL", help="The column of the item.")
@click.option("--time", metavar="COL", help="The column of the time: epoch seconds (or ms, µs, ns) or dates.")
@click.option("--split", type=click.Choice(["auto", "random", "time", "basket", "last"]), default="auto", show_default=True, help="random: 80 % of the rows; time: what happened before one moment; basket: the next basket after it; last: all but the last fifth of each user.")
@click.option("--seed", type=click.IntRange(0), default=42, show_default=True, help="Of the random split.")
@click.option("--model", type=click.Choice(MODELS), default="auto", show_default=True, help="auto: chosen on splits of the training part.")
@click.option("--budget", type=click.FloatRange(1), metavar="SECONDS", help="For the search (default: 35, and one more for every 10,000 rows, up to 180).")
@click.option("--most-bytes", type=click.IntRange(1000), default=8_000_000, show_default=True, help="Of the model's lists in the bundle.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the model, too, as .npz.")
@JSON
def evaluate(
    interactions: Path, user: str, item: str, time: str | None, split: str, seed: int, model: str, budget: float | None, most_bytes: int, out: Path | None, as_json: bool
) -> None:
    """Train a recommender on interactions, put it into a bundle, and measure what the edge shows with it.

    recall@10 and ndcg@10 are means over users, over the whole catalogue without what a user has had already; popularity is measured the
    same way. Without --time rows are split at random (80/20), with --time at one moment. docs/recommenders.md tells the protocols.

    Exit 0: measured. 1: the file cannot be used, or nothing can be measured by it. 2: an option is wrong.

    \b
    Examples:
      tessera evaluate --interactions ratings.csv --user user_id --item item_id
      tessera evaluate --interactions orders.parquet --user customer --item sku --time ordered_at --json
      tessera evaluate --interactions u.data --user '#1' --item '#2' --model ease --out ease.npz
    """
    try:
        from compiler import trial_site
        from learn.evaluate import Asked
        from learn.evaluate import evaluate as measured
        from learn.models.reading import BadInteractions, Columns, read
        from learn.models.types import save

        import implicit  # noqa: F401  what is missing is said before anything is read
        import duckdb  # noqa: F401
    except ImportError as error:
        fail(f"this command needs {error.name}: pip install 'tessera-edge[learn]'")
    if split in ("time", "basket", "last") and time is None:
        fail(f"--split {split} goes by the time; name its column with --time", 2)
    if out is not None and not out.parent.is_dir():
        fail(f"{out}: there is no folder {out.parent}; make it first")
    try:
        loaded = read(interactions, Columns(user, item, time))
        found = measured(loaded.interactions, trial_site, Asked(split, seed, model, budget, None, most_bytes), _tell)
    except BadInteractions as error:
        fail(str(error))
    except ValueError as error:
        fail(f"{interactions}: {error}")
    if not found.measured:
        fail(f"{interactions}: no user has anything that could be foretold: the split '{found.split.kind}' leaves {found.users} users to measure; more rows for each user are wanted")
    if out is not None:
        try:
            save(found.chosen.model, out)
        except OSError as error:
            fail(f"{out}: {error.strerror}")
    report = _report(loaded, found)
    click.echo(json.dumps(report, ensure_ascii=False)) if as_json else _say(interactions, report)


def _tell(step: str) -> None:
    """What is being done, on standard error."""
    click.echo(f"{step} …", err=True)
    sys.stderr.flush()


def _report(loaded: Any, found: Any) -> dict[str, Any]:
    def two(metrics: Any) -> dict[str, float]:
        return {"recall@10": round(metrics.recall, 6), "ndcg@10": round(metrics.ndcg, 6)}

    ours = {name: round(value, 6) for name, value in asdict(found.quantized).items() if name not in ("users", "recall", "ndcg")}
    n_users, n_items = loaded.interactions.shape
    split = {"kind": found.split.kind, "train": len(found.split.train), "test": len(found.split.test)}
    if found.split.cut is not None:
        split["cut"] = found.split.cut
    return {
        **two(found.quantized),
        "popularity": two(found.popularity),
        "model": found.chosen.name,
        "bytes": found.sizes["bundle"],
        "model_bytes": found.sizes["model"],
        "float": two(found.exact),
        "overlap": round(found.overlap, 6),
        "recall_loss": round(found.exact.recall - found.quantized.recall, 6),
        "metrics": ours,
        "rows": loaded.rows,
        "left_out": loaded.left_out,
        "users": n_users,
        "items": n_items,
        "users_measured": found.measured,
        "users_to_measure": found.users,
        "users_without_history": found.left_out,
        "users_ranked_by_the_edge_kernel": found.checked,
        "split": split,
        "parameters": found.chosen.parameters | ({"half_life": found.chosen.half_life} if found.chosen.half_life else {}),
        "trials": [{"model": trial.model, "recall@10": round(trial.recall, 5), "ndcg@10": round(trial.ndcg, 5)} for trial in found.chosen.trials],
        "seconds": found.seconds,
    }


def _say(path: Path, report: dict[str, Any]) -> None:
    popular, exact = report["popularity"], report["float"]
    click.echo(f"{path}: {report['rows']:,} rows, {report['users']:,} users, {report['items']:,} items; split {report['split']['kind']}, {report['users_measured']:,} users measured")
    for reason, rows in report["left_out"].items():
        click.echo(f"  left out: {rows:,} rows {reason}")
    click.echo(f"\n{'':24}recall@10   ndcg@10")
    for name, row in ((report["model"], report), ("the same in float", exact), ("popularity", popular)):
        click.echo(f"{name:24}{row['recall@10']:>9.4f} {row['ndcg@10']:>9.4f}")
    click.echo(f"\ntop-10 overlap with float {report['overlap']:.4f}; bundle {report['bytes']:,} bytes, of these the model {report['model_bytes']:,}")
