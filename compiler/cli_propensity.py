"""`tessera propensity`: labelled rows → a model that says how probable something is of a visitor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from compiler.terminal import JSON, emit_json, fail

EXACT = 1e-6  # how far the edge may be from the library: more is a fault


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--target", required=True, metavar="COLUMN", help="The outcome: a column of two values.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="What to write: NAME.json; its card beside it.")
@click.option("--positive", metavar="VALUE", help="The value of the target that counts, where it is not plain (yes, true, 1).")
@click.option("--kind", type=click.Choice(["lightgbm", "logistic"]), default="lightgbm", show_default=True, help="Boosted trees or logistic regression.")
@click.option("--drop", multiple=True, metavar="COLUMN", help="A column that is no feature; again for more.")
@click.option("--category", "categories", multiple=True, metavar="COLUMN", help="A column of numbers that are names of things.")
@click.option("--time", metavar="COLUMN", help="Measure on the last quarter by this column (rows of one time stay together), not on rows drawn at random.")
@click.option("--trees", type=click.IntRange(1, 500), default=50, show_default=True, help="Of lightgbm: how many trees.")
@click.option("--leaves", type=click.IntRange(2, 64), default=8, show_default=True, help="Of lightgbm: how many leaves of each.")
@click.option("--rate", type=click.FloatRange(0.001, 1), default=0.1, show_default=True, help="Of lightgbm: how much each tree adds.")
@click.option("--calibration", type=click.Choice(["platt", "isotonic", "none"]), default="platt", show_default=True, help="How scores are made probabilities.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=42, show_default=True, help="The same seed and rows give the same model.")
@click.option("--min-auc", type=click.FloatRange(0, 1), metavar="X", help="Gate: area under the curve, at least.")
@click.option("--min-ap", type=click.FloatRange(0, 1), metavar="X", help="Gate: average precision, at least.")
@click.option("--max-brier", type=click.FloatRange(0, 1), metavar="X", help="Gate: Brier score, at most.")
@click.option("--max-ece", type=click.FloatRange(0, 1), metavar="X", help="Gate: expected calibration error, at most.")
@JSON
def propensity(
    file: Path, target: str, out: Path, positive: str | None, kind: str, drop: tuple[str, ...], categories: tuple[str, ...], time: str | None, trees: int,
    leaves: int, rate: float, calibration: str, seed: int, min_auc: float | None, min_ap: float | None, max_brier: float | None, max_ece: float | None, as_json: bool,
) -> None:  # fmt: skip
    """Train a model that tells how probable something is of a visitor. FILE is .csv, .tsv (or these .gz) or .parquet, a row each.

    Purchase intent, churn, engagement: any outcome of two values. A quarter of the rows is kept back to measure on. Beside the
    model go its card for machines (NAME.card.json) and for people (NAME.md). Where a gate is not met, all three go into the folder
    `rejected`, and what was there before stays.

    Exit 0: written. 1: the file cannot be used, or a gate is not met. 2: an option is wrong.

    \b
    Examples:
      tessera propensity sessions.csv --target Revenue --out models/intent.json --min-auc 0.9
      tessera propensity customers.parquet --target churned --time cutoff --drop customer --out models/churn.json
      tessera propensity sessions.csv --target engaged --kind logistic --calibration isotonic --out models/engagement.json --json
    """
    try:
        from learn.propensity import Settings, files, train
        from learn.propensity_table import BadTable, read

        import lightgbm  # noqa: F401  what is missing is said before anything is read
        import sklearn  # noqa: F401
    except ImportError as error:
        fail(f"this command needs {error.name}: pip install 'tessera-edge[learn]'")
    if out.suffix != ".json":
        fail(f"{out}: the model is JSON; name it {out.with_suffix('.json').name}", 2)
    if not out.parent.is_dir():
        fail(f"{out}: there is no folder {out.parent}; make it first")
    gates = {name: bound for name, bound in (("auc", min_auc), ("ap", min_ap), ("brier", max_brier), ("ece", max_ece)) if bound is not None}
    settings = Settings(kind, trees, leaves, rate, calibration=calibration, seed=seed)
    try:
        table = read(file, target, drop, time, categories, positive)
        trained = train(table, settings, gates, target, file.name)
    except BadTable as error:
        fail(str(error))
    size, distance = _at_the_edge(trained, table)
    if distance > EXACT:
        fail(f"{out}: the edge would score {distance:g} off the library; this is a fault of Tessera, please report it")
    place = out.parent / "rejected" / out.name if trained.failed else out
    _write(files(trained, place))
    report = {"file": str(place), "written": not trained.failed, "bytes": size, "off_by": distance, "failed": list(trained.failed), **trained.card}
    emit_json(report) if as_json else _say(report, place, trained)
    if trained.failed:
        fail(f"{file}: {'; '.join(trained.failed)}; the model is in {place}")


def _at_the_edge(trained: Any, table: Any) -> tuple[int, float]:
    """The model's bytes in a bundle; and how far the edge's own scores of the test part are from the library's, at most."""
    import msgpack

    from compiler import tree_columns
    from tessera.trees import prepare

    packed = msgpack.packb(tree_columns.body(trained.model), use_bin_type=True)
    model = prepare(msgpack.unpackb(packed, use_list=False, strict_map_key=False))
    asked = set(tree_columns.used(trained.model))
    places = [place for place, feature in enumerate(table.features) if feature.name in asked]
    rows = (table.values(row) for row in trained.test)
    scores = (model.probability([values[place] for place in places]) for values in rows)
    return len(packed), max(abs(score - float(told)) for score, told in zip(scores, trained.probabilities))


def _write(files: dict[Path, bytes]) -> None:
    from compiler.files import write_atomically

    for path, content in files.items():
        try:
            path.parent.mkdir(exist_ok=True)
            write_atomically(path, content)
        except OSError as error:
            fail(f"{path}: {error.strerror}")


def _say(report: dict[str, Any], place: Path, trained: Any) -> None:
    data, measured = report["data"], report["measured"]
    for note in data["notes"]:
        click.echo(f"note: {note}")
    click.echo(f"{data['rows']:,} rows, {data['positives']:,} positive; {data['learned']:,} to learn from, {data['tested']:,} to measure on ({data['split']})")
    low, high = measured["auc_95"]
    click.echo(f"AUC {measured['auc']:.4f} ({low:.4f} to {high:.4f}), average precision {measured['ap']:.4f}, Brier {measured['brier']:.4f}, calibration error {measured['ece']:.4f}")
    click.echo(f"{report['bytes']:,} bytes in a bundle; the edge is {report['off_by']:.1g} off the library at most")
    for limit in report["limits"][1:]:
        click.echo(f"note: {limit}")
    for path in (place, place.with_suffix(".card.json"), place.with_suffix(".md")):
        click.echo(f"wrote {path}")
    if trained.failed:
        return
    from compiler.tree_columns import used

    click.echo(f"\nmodels/{place.stem}.yaml, with your attributes:\n  propensity: {{file: models/{place.name}}}\n  features:")
    for name in used(trained.model):
        click.echo(f"    {_key(name)}: visitor.…")
    click.echo(f"site.yaml:\n  {place.stem}: {{type: double, purpose: …, keep: session, from: model.{place.stem}}}")


def _key(name: str) -> str:
    """A feature's name as a key of YAML."""
    import json

    return name if name.isidentifier() else json.dumps(name, ensure_ascii=False)
