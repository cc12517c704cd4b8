"""Training propensities: the figures, that the edge scores as the library does, that the same rows give the same file, refusals."""

from __future__ import annotations

import gzip
import json
import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("lightgbm")
np = pytest.importorskip("numpy")

from compiler import propensity_file, tree_columns  # noqa: E402
from compiler.cli_propensity import _at_the_edge  # noqa: E402
from learn.propensity import Settings, files, split, train  # noqa: E402
from learn.propensity_fit import calibrated, fit, picked  # noqa: E402
from learn.propensity_measure import calibration_table, measures, unmet  # noqa: E402
from learn.propensity_table import Feature, read  # noqa: E402
from tessera.trees import prepare  # noqa: E402
from tests.compiler.commands import ROOT, refused, run  # noqa: E402
from tests.learn.labelled import SHOPPERS, visits  # noqa: E402

EXACT = 1e-6


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return visits(tmp_path_factory.mktemp("rows") / "visits.csv")


@pytest.fixture(scope="module")
def shoppers(shared: Path) -> Path:
    if not (shared / SHOPPERS).is_file():
        pytest.skip("suite skipped: no online shoppers")
    return shared / SHOPPERS


# --- the real data -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "drop, kind, calibration, auc",
    [((), "lightgbm", "platt", 0.92), (("PageValues",), "lightgbm", "platt", 0.75), ((), "lightgbm", "isotonic", 0.92), ((), "logistic", "platt", 0.88), (("PageValues",), "logistic", "none", 0.73)],
)  # fmt: skip
def test_purchase_intent(shoppers, drop, kind, calibration, auc):
    """Of every row of the test part the edge's score is the library's."""
    table = read(shoppers, "Revenue", drop)
    trained = train(table, Settings(kind=kind, calibration=calibration), {"auc": auc}, "Revenue", shoppers.name)
    size, distance = _at_the_edge(trained, table)
    assert trained.failed == () and trained.card["measured"]["auc"] >= auc
    assert len(trained.test) == 3083 and distance <= EXACT and size < 60_000
    assert trained.card["measured"]["ece"] < 0.04


def test_churn_and_engagement(shared, tmp_path, capsys):
    if not (shared / "data/online-retail-2011/online_retail.parquet").is_file():
        pytest.skip("suite skipped: no online retail")
    runpy.run_path(str(ROOT / "scripts" / "propensity_tables"))["main"](shared / "data", tmp_path)
    for options, auc in (
        (["churn.parquet", "--target", "churned", "--drop", "customer", "--time", "cutoff"], 0.72),
        (["engagement.csv", "--target", "engaged", "--category", "system", "--category", "browser", "--category", "region", "--category", "traffic"], 0.64),
    ):
        done = run("propensity", tmp_path / options[0], *options[1:], "--out", tmp_path / "model.json", "--min-auc", auc, "--json")
        assert done.exit_code == 0, done.output
        told = json.loads(done.stdout)
        assert told["off_by"] <= EXACT and told["bytes"] < 60_000


# --- the edge and the library ----------------------------------------------------------------------------------------------


def edge_scores(model: dict[str, Any], features: Sequence[Feature]) -> list[float]:
    ready = prepare(tree_columns.body(model))
    asked = set(tree_columns.used(model))
    columns = [[None if one != one else one for one in (f.texts or f.numbers.tolist())] for f in features if f.name in asked]
    return [ready.probability(values) for values in zip(*columns)]


@pytest.mark.parametrize("leaves", [2, 8, 31, 64])
@pytest.mark.parametrize("missing", [0.0, 0.3], ids=["all there", "some missing"])
def test_any_trees_of_lightgbm_score_as_it_does(leaves, missing):
    """Values at, just below and just above every threshold, in every feature; categories that were not seen; and nothing at all."""
    draw = np.random.default_rng(leaves)
    count = 1500
    numbers = [draw.integers(0, 12, count).astype(float), draw.normal(size=count), draw.exponential(size=count) * 1e6]
    if missing:
        for column in numbers[:2]:
            column[draw.random(count) < missing] = np.nan
    texts = tuple(None if draw.random() < missing else f"t{draw.integers(0, 40)}" for _ in range(count))
    features = [*(Feature(f"n{i}", numbers=column) for i, column in enumerate(numbers)), Feature("c", texts=texts)]
    odds = np.nan_to_num(numbers[0], nan=9.0) / 6 - 1 + np.nan_to_num(numbers[1]) + np.array([hash_of(text) for text in texts])
    fitted = fit(features, (odds + draw.normal(size=count) > 0).astype(np.int8), Settings(leaves=leaves, trees=20, fewest=5))
    model = {**fitted.model, "calibration": None}
    thresholds = {t for tree in model["trees"] for t in tree["split"] if isinstance(t, float) and abs(t) < 1e300}
    probes = np.array(sorted({near for t in thresholds for near in (t, np.nextafter(t, -np.inf), np.nextafter(t, np.inf))} | {0.0, -1e300, 1e300}))
    probes = np.concatenate([probes, [np.nan]])
    asked = [*(Feature(f"n{i}", numbers=draw.permutation(probes)) for i in range(3)), Feature("c", texts=tuple((None, "t1", "t2", "new", "t39")[i % 5] for i in range(len(probes))))]
    for some in (features, asked):
        assert np.abs(np.array(edge_scores(model, some)) - calibrated(fitted.margins(some), None)).max() <= 1e-12


def hash_of(text: str | None) -> float:
    return 0.3 if text is None else int(text[1:]) % 5 / 2 - 1


@pytest.mark.parametrize("kind", ["lightgbm", "logistic"])
@pytest.mark.parametrize("calibration", ["platt", "isotonic", "none"])
def test_missing_values_and_unseen_texts_score_as_in_the_library(rows, kind, calibration):
    table = read(rows, "bought", ("day",))
    trained = train(table, Settings(kind=kind, calibration=calibration), {}, "bought", "visits.csv")
    assert _at_the_edge(trained, table)[1] <= EXACT
    assert any(None in table.values(row) for row in trained.test)


# --- measures and splits -----------------------------------------------------------------------------------------------------


def test_the_split_is_stratified_and_by_time_nothing_later_is_learned_from(rows):
    table = read(rows, "bought", time="day")
    learned, tested = split(table, 42)
    assert not set(learned) & set(tested) and len(learned) + len(tested) == len(table.target)
    assert table.times[learned].max() < table.times[tested].min()
    plain = read(rows, "bought", ("day",))
    learned, tested = split(plain, 42)
    assert len(tested) == 150 and abs(plain.target[learned].mean() - plain.target[tested].mean()) < 0.01


def test_calibration_is_learned_from_rows_the_model_has_not_seen(rows):
    """Too many leaves for the rows: on those that it has seen the model is sure; what it says of others must not be."""
    table = read(rows, "bought", ("day",))
    greedy = Settings(trees=200, leaves=31, rate=0.3, fewest=1)
    raw, told = (train(table, Settings(**{**greedy.__dict__, "calibration": how}), {}, "bought", "x").card["measured"]["ece"] for how in ("none", "platt"))
    assert told < raw / 1.5


def test_measures_are_what_they_say():
    outcome, said = np.array([0, 0, 1, 1, 0, 1, 0, 0, 0, 1] * 10), np.array([0.1, 0.2, 0.8, 0.6, 0.7, 0.9, 0.3, 0.1, 0.2, 0.4] * 10)
    found = measures(outcome, said)
    pairs = [(a > b) + (a == b) / 2 for a, one in zip(said, outcome) if one for b, other in zip(said, outcome) if not other]
    assert found["auc"] == pytest.approx(np.mean(pairs)) and found["brier"] == pytest.approx(np.mean((said - outcome) ** 2))
    groups = calibration_table(outcome, said)
    assert sum(row["rows"] for row in groups) == 100 and found["ece"] == pytest.approx(sum(abs(row["said"] - row["happened"]) * row["rows"] for row in groups) / 100)


@pytest.mark.parametrize("gates, failed", [({}, 0), ({"auc": 0.5, "ece": 0.9}, 0), ({"auc": 0.99}, 1), ({"auc": 0.99, "brier": 0.001, "ap": 0.1}, 2)])
def test_gates(gates, failed):
    assert len(unmet({"auc": 0.9, "ap": 0.5, "brier": 0.1, "ece": 0.05}, gates)) == failed


# --- the command -------------------------------------------------------------------------------------------------------------


def test_the_same_rows_give_the_same_files_and_the_file_is_what_the_compiler_takes(rows, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        assert run("propensity", rows, "--target", "bought", "--drop", "day", "--out", tmp_path / name / "intent.json", "--min-auc", "0.7").exit_code == 0
    for name in ("intent.json", "intent.card.json", "intent.md"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    told = propensity_file.read(tmp_path / "one" / "intent.json")
    assert propensity_file.unmet(told) == [] and told["gates"] == {"auc": 0.7}
    card = json.loads((tmp_path / "one" / "intent.card.json").read_text())
    assert card["data"]["notes"] == ["same is the same in every row and is left out"] and card["lineage"]["lightgbm"]


def test_formats_are_the_same_rows(rows, tmp_path):
    import duckdb

    text = rows.read_text()
    (tmp_path / "visits.csv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "visits.tsv").write_text(text.replace(",", "\t"))
    duckdb.execute(f"COPY (SELECT * FROM read_csv('{rows}')) TO '{tmp_path}/visits.parquet' (FORMAT parquet)")
    first = train(read(rows, "bought"), Settings(trees=5), {}, "bought", "x").model
    for name in ("visits.csv.gz", "visits.tsv", "visits.parquet"):
        assert train(read(tmp_path / name, "bought"), Settings(trees=5), {}, "bought", "x").model == first, name


def test_a_gate_that_is_not_met_rejects_the_model_and_the_last_good_one_stays(rows, tmp_path):
    out = tmp_path / "intent.json"
    out.write_text("the last good one")
    line = refused("propensity", rows, "--target", "bought", "--out", out, "--min-auc", "0.999", "--json")
    assert "auc is 0." in line and "at least 0.999" in line
    assert out.read_text() == "the last good one" and (tmp_path / "rejected" / "intent.card.json").is_file()


@pytest.mark.parametrize(
    "text, options, part",
    [
        ("a,b\n1,2\n", ["--target", "bought"], "--target bought: there is no such column; it has a, b"),
        ("a,b\n1,x\n2,y\n3,z\n", ["--target", "b"], "b has 3 different values (x, y, z); an outcome has two"),
        ("a,b\n1,x\n2,y\n", ["--target", "b"], "--positive y"),
        ("a,b\n1,x\n2,y\n", ["--target", "b", "--positive", "q"], "b is x or y"),
        ("a,b\n1,yes\n2,no\n", ["--target", "b"], "in 1 rows only"),
        ("a,b\n" + "1,yes\n1,no\n" * 30, ["--target", "b"], "no column is left"),
        ("a,b\n" + "".join(f"u{n},{n % 2}\n" for n in range(500)), ["--target", "b"], "a has 500 different texts"),
        ("a,b\n1,yes\n2,no\n", ["--target", "b", "--drop", "c"], "--drop c: there is no such column"),
        ("a,b\n" + "".join(f"{n},{n % 2}\n" for n in range(100)) + "x,1,1,1\n", ["--target", "b"], "bad.csv"),
        ("d,a,b\n" + "".join(f",{n},{n % 2}\n" for n in range(100)), ["--target", "b", "--time", "d"], "every row needs a time"),
        ("d,a,b\n" + "".join(f"{n},{n},{int(n > 60)}\n" for n in range(100)), ["--target", "b", "--time", "d"], "are all of one outcome"),
        ("a,b\n" + "".join(f"{'inf' if n == 3 else n},{n % 2}\n" for n in range(100)), ["--target", "b"], "infinite"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_learned_from_is_refused_in_one_line(tmp_path, text, options, part):
    (tmp_path / "bad.csv").write_text(text)
    line = refused("propensity", tmp_path / "bad.csv", *options, "--out", tmp_path / "m.json")
    assert part in line and list(tmp_path.glob("*.json")) == []


@pytest.mark.parametrize("options, code, part", [(["--out", "m.txt"], 2, "name it m.json"), (["--out", "nowhere/m.json"], 1, "no folder nowhere")])
def test_options_that_do_not_fit_are_refused(rows, tmp_path, monkeypatch, options, code, part):
    monkeypatch.chdir(tmp_path)
    assert part in refused("propensity", rows, "--target", "bought", *options, code=code)


def test_rows_are_picked_from_all_features(rows):
    table = read(rows, "bought")
    some = picked(table.features, np.array([5, 1]))
    assert [len(one.texts or one.numbers) for one in some] == [2] * len(table.features)
    assert [one.texts[0] for one in some if one.texts] == [one.texts[5] for one in table.features if one.texts]


def test_the_card_for_people_says_what_was_measured(rows, tmp_path):
    trained = train(read(rows, "bought"), Settings(trees=5), {"auc": 0.999}, "bought", "visits.csv")
    text = files(trained, tmp_path / "intent.json")[tmp_path / "intent.md"].decode()
    assert f"AUC {trained.card['measured']['auc']:.4f}" in text and "NOT met" in text and "Not to set prices" in text
