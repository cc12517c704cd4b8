"""`tessera train`: what it writes and says, whom it never learns from, what it refuses."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compiler.pipeline import compile_site
from learn import stages
from learn.gates import Gates, passed
from learn.interactions import Wanted
from learn.models.types import Lists, Order, Vectors, load
from learn.search import Budget, candidates, search
from learn.train import Asked, Sources
from learn.train import train as trained
from tessera.bundle import load as load_bundle
from tessera.bundle import unseal
from tests.compiler.commands import refused, run
from tests.learn.events import BOTH, DAY, KINDS, START, log, row, save, site

pytestmark = pytest.mark.xdist_group("train")  # what is trained once is looked at by many

SKUS = [f"sku-{number:02}" for number in range(48)]
NAMES = ("affinity", "personal", "similar", "together", "next", "trending", "popular")


@pytest.fixture(scope="module")
def events(tmp_path_factory) -> Path:
    """A log as it lies in the bucket: days, of which one is compressed, and folders that are no events."""
    folder = tmp_path_factory.mktemp("log")
    rows = log(SKUS, 120)
    save(folder / "events" / "date=2026-11-01" / "a.ndjson", rows[:800])
    (folder / "events" / "date=2026-11-02").mkdir()
    (folder / "events" / "date=2026-11-02" / "b.ndjson.gz").write_bytes(gzip.compress("".join(json.dumps(one) + "\n" for one in rows[800:]).encode()))
    save(folder / "decisions" / "date=2026-11-01" / "a.ndjson", [{"id": "d", "slot": "hero", "unit": "v0001"}])
    return folder


@pytest.fixture(scope="module")
def little(tmp_path_factory) -> Path:
    return site(tmp_path_factory.mktemp("site") / "little", SKUS)


@pytest.fixture(scope="module")
def done(events, little) -> tuple[dict[str, Any], Path]:
    result = run("train", little, "--events", events, "--trials", 2, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1]), little / "models"


# --- what is made ---------------------------------------------------------------------------------------------------------------


def test_every_recommender_is_written_with_its_card(done):
    report, out = done
    assert [one["model"] for one in report["models"]] == list(NAMES) and {one["state"] for one in report["models"]} == {"written"}
    kinds = {"affinity": Vectors, "trending": Order, "popular": Order}
    for name in NAMES:
        model = load(out / f"{name}.npz")
        assert isinstance(model, kinds.get(name, Lists)) and list(model.item_ids) == SKUS
        card = json.loads((out / f"{name}.card.json").read_text())
        assert card["model"] == name and card["version"] == next(one["version"] for one in report["models"] if one["model"] == name)
        assert (out / f"{name}.md").read_text().startswith(f"# {name}\n")


def test_a_card_tells_data_choice_figures_and_lineage(done):
    card = json.loads((done[1] / "personal.card.json").read_text())
    assert [len(one["sha256"]) for one in card["data"]["files"]] == [64, 64] and card["data"]["purposes"] == BOTH
    assert card["data"]["rows"] == done[0]["read"]["rows"] and card["data"]["first"] >= START * 1000
    assert len(card["tried"]) == 2 and card["parameters"] == card["tried"][0]["parameters"] and card["tried"][0]["ndcg@10"] >= card["tried"][1]["ndcg@10"]
    recall = card["figures"]["recall@10"]
    assert recall["low"] < recall["value"] < recall["high"] and recall["value"] > 1.3 * card["popularity"]["recall@10"]
    assert card["figures"]["lift"]["low"] > 1 and 0 < card["figures"]["coverage"]["value"] <= 1
    assert sum(one["questions"] for one in card["segments"]) == card["questions"] and {one["segment"] for one in card["segments"]} <= {"new", "some", "regular"}
    lineage = card["lineage"]
    assert lineage["seed"] == 42 and lineage["engine"] == "duckdb" and lineage["parent"] is None and {"numpy", "duckdb"} <= lineage["packages"].keys()
    assert lineage["revision"] is None or re.fullmatch(r"[0-9a-f]{40}\+?", lineage["revision"])


def test_what_is_similar_to_a_taste_is_found(done):
    """Items of one taste are those whose places differ by a multiple of KINDS."""
    model = load(done[1] / "similar.npz")
    first = [model.others[model.starts[n]] for n in range(len(SKUS)) if model.starts[n] < model.starts[n + 1]]
    assert np.mean([(n - int(other)) % KINDS == 0 for n, other in enumerate(first)]) > 0.8


def test_models_go_into_a_bundle_as_they_are_written(done, little):
    """Beside each model stands the file by which a site uses it: the site compiles, and its bundle has all of them."""
    result = compile_site(little)
    models = {model.name: model for model in load_bundle(unseal(result.bundle)).models}
    assert set(models) == set(NAMES)
    sources = {name: models[name].source for name in NAMES}
    assert sources == {"trending": None, "popular": None, "similar": "page.sku", "together": "page.sku"} | dict.fromkeys(("affinity", "personal", "next"), "visitor.recent")


def test_a_model_of_the_author_stays(little, tmp_path, events):
    """A file of that name that reads something else is not the trained one's: that gets another name, at every run the same."""
    own = tmp_path / "popular.yaml"
    own.write_text("score: {from: item.popularity}\n")
    for _ in range(2):
        result = run("train", little, "--events", events, "--out", tmp_path, "--model", "popular")
        assert own.read_text() == "score: {from: item.popularity}\n" and "popular.yaml is a model of your own: this one is popular_learned" in result.stdout
        assert {file.name for file in tmp_path.iterdir()} == {"popular.yaml", *(f"popular_learned.{ending}" for ending in ("npz", "card.json", "md", "yaml"))}


def test_the_same_data_give_the_same_bytes(little, done, tmp_path, events):
    """Also of what many threads count, and whatever order the rows lie in."""
    rows = [json.loads(line) for file in sorted(events.rglob("events/**/*")) if file.is_file() for line in (gzip.open(file, "rt") if file.suffix == ".gz" else open(file))]
    save(tmp_path / "log" / "all.ndjson", reversed(rows))
    assert run("train", little, "--events", tmp_path / "log", "--out", tmp_path / "again", "--trials", 2).exit_code == 0
    for name in NAMES:
        assert (tmp_path / "again" / f"{name}.npz").read_bytes() == (done[1] / f"{name}.npz").read_bytes(), name


# --- whom it does not learn from ------------------------------------------------------------------------------------------------


def rows_of_leavers() -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of visitors who must not be learned from, and the files that say so of some: all of them act like the others, and longer."""
    rows: list[dict[str, Any]] = []
    for number, prefix in enumerate(("out", "withdrawn", "listed", "erased", "account", "unasked", "robot")):
        own = [{**one, "id": f"{prefix}-{one['id']}"} for one in log(SKUS[number:], 12, seed=number, prefix=prefix)]
        names = sorted({one["unit"] for one in own})
        end = max(one["at"] for one in own) + 20 * DAY  # ages must not count from it
        if prefix == "out":
            own += [row(f"bye-{name}", "opt_out", name, START) for name in names]
        elif prefix == "withdrawn":
            own += [row(f"bye-{name}", "page_view", name, end, purposes=["analytics"]) for name in names]
        elif prefix == "unasked":
            own = [{**one, "purposes": ["analytics"]} for one in own]
        elif prefix == "robot":
            own = [{**one, "bot": True} for one in own]
        else:
            own += [row(f"late-{name}", "view_item", name, end, item=SKUS[0]) for name in names]
        rows += own
    return rows, sorted({one["unit"] for one in rows})


def test_a_model_cannot_tell_whether_leavers_were_ever_there(little, tmp_path):
    stay = log(SKUS, 100)
    leave, names = rows_of_leavers()
    aliases = tmp_path / "aliases.ndjson"
    accounts = [name for name in names if name.startswith("account")]
    aliases.write_text("".join(json.dumps({"account": f"c{n}", "visitors": [name, f"{name}-mobile"]}) + "\n" for n, name in enumerate(accounts)))
    gone = tmp_path / "gone.csv"
    gone.write_text("visitor\n" + "\n".join([name for name in names if name.startswith("listed")] + [f"{name}-mobile" for name in accounts]) + "\n")
    graves = tmp_path / "profiles"
    graves.mkdir()
    for name in names:
        if name.startswith("erased"):
            (graves / f"{name}.json").write_text(json.dumps({"v": 2, "erased": START}))
    (graves / "v0001.json").write_text(json.dumps({"v": 2, "attributes": {}}))

    save(tmp_path / "with" / "a.ndjson", sorted(stay + leave, key=lambda one: one["received"]))
    save(tmp_path / "without" / "a.ndjson", stay)
    only = [name for name in names if not name.startswith("erased")]
    everyone = tmp_path / "all.txt"
    everyone.write_text(gone.read_text().partition("\n")[2] + "".join(f"{name}\n" for name in ids_erased(graves)))
    asked = ("--trials", 1, "--model", "affinity", "--model", "personal", "--model", "next", "--model", "together", "--model", "trending", "--model", "popular")
    for kind in ("with", "without"):
        assert run("train", little, "--events", tmp_path / kind, "--out", tmp_path / f"{kind}-models", "--opt-out", everyone, "--aliases", aliases, *asked).exit_code == 0
    for name in ("affinity", "personal", "next", "together", "trending", "popular"):
        assert (tmp_path / "with-models" / f"{name}.npz").read_bytes() == (tmp_path / "without-models" / f"{name}.npz").read_bytes(), name
    card = json.loads((tmp_path / "with-models" / "popular.card.json").read_text())
    excluded = card["data"]["excluded"]
    assert card["data"]["persons_excluded"] == 72 and excluded["rows_of_gone"] > 1000 and excluded["robots"]
    told = (tmp_path / "with-models" / "popular.card.json").read_text() + (tmp_path / "with-models" / "popular.md").read_text()
    assert not any(name in told for name in only)

    fewer = run("train", little, "--events", tmp_path / "with", "--out", tmp_path / "third", "--opt-out", gone, "--aliases", aliases, "--model", "popular")
    assert fewer.exit_code == 0 and (tmp_path / "third" / "popular.npz").read_bytes() != (tmp_path / "with-models" / "popular.npz").read_bytes(), "those erased count"


def ids_erased(folder: Path) -> list[str]:
    from learn.withdrawn import ids_of

    found = sorted(ids_of(folder))
    assert len(found) == 12 and "v0001" not in found
    return found


# --- time -----------------------------------------------------------------------------------------------------------------------


def test_nothing_from_after_a_cut_is_learned_before_it(little, events, tmp_path, monkeypatch):
    """The stages by which is chosen and measured end where the questions begin."""
    seen: list[tuple[stages.Stage, stages.Questions]] = []
    asked_of = stages.of_users

    def watched(past: Any, future: Any, end: Any, *rest: Any) -> Any:
        found = asked_of(past, future, end, *rest)
        seen.append((past, found))
        return found

    monkeypatch.setattr(stages, "of_users", watched)
    files = sorted(file for file in (events / "events").rglob("*") if file.is_file())
    trained(Asked(little, files, tmp_path, Wanted(SKUS, frozenset(BOTH)), Sources("sku"), names=("personal",), budget=Budget(1)), lambda step: None)
    (validated, first), (tested, second) = seen
    assert validated.until < tested.until and len(first) and len(second)
    for past, questions in seen:
        assert past.pairs["last"].max() < past.until and past.steps["at"].max() < past.until and past.now == past.until
        assert not questions.truth.multiply(questions.seen).nnz, "what is known is not asked for"


def test_what_came_after_until_is_left_out(little, events, tmp_path):
    result = run("train", little, "--events", events, "--out", tmp_path, "--model", "popular", "--until", "2026-10-10", "--json")
    card = json.loads((tmp_path / "popular.card.json").read_text())
    assert result.exit_code == 0 and card["data"]["excluded"]["too_late"] > 0 and card["data"]["last"] < card["data"]["until"] == 1_791_590_400_000


# --- choosing -------------------------------------------------------------------------------------------------------------------

SPACE = {"a": (1, 2, 3), "b": (0.1, 0.2)}


def test_candidates_begin_with_the_first_of_each_and_come_once():
    found = candidates(SPACE, 10, seed=4)
    assert found[0] == {"a": 1, "b": 0.1} and len(found) == 6 and len({tuple(one.values()) for one in found}) == 6
    assert found == candidates(SPACE, 10, seed=4) != candidates(SPACE, 10, seed=5) and candidates(SPACE, 3, seed=4) == found[:3]
    assert candidates({}, 5, seed=1) == [{}]


def test_a_budget_ends_in_trials_or_in_seconds():
    now = iter(range(0, 1000, 10))
    found = search(SPACE, Budget(6, 25), 4, lambda parameters: {"ndcg@10": parameters["a"]}, clock=lambda: next(now))
    assert len(found) == 3 and found[0].figures["ndcg@10"] == max(one.figures["ndcg@10"] for one in found)
    assert len(search(SPACE, Budget(6, 0), 4, lambda parameters: {"ndcg@10": 0.0})) == 1
    assert len(search(SPACE, Budget(2), 4, lambda parameters: {"ndcg@10": 0.0})) == 2


# --- gates ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gates", "figures", "is_order", "expected"), [
    (Gates(), {"recall@10": 0.1}, False, []), (Gates(recall=0.1), {"recall@10": 0.1}, False, [True]), (Gates(recall=0.2), {"recall@10": 0.1}, False, [False]),
    (Gates(lift=2), {"lift": 1.9}, False, [False]), (Gates(lift=2), {"lift": 1.0}, True, []), (Gates(0.1, 0.2, 0.3), {"precision@10": 0.2, "coverage": 0.3}, False, [True, False, True]),
])  # fmt: skip
def test_gates(gates, figures, is_order, expected):
    assert [one["passed"] for one in passed(gates, figures, is_order)] == expected


def test_a_model_below_a_gate_is_kept_apart_and_the_last_good_one_stays(little, events, tmp_path):
    ask = ("train", little, "--events", events, "--out", tmp_path, "--model", "next", "--trials", 1)
    assert run(*ask, "--min-recall", 0.01, "--min-coverage", 0.1).exit_code == 0
    good = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    result = run(*ask, "--min-recall", 0.99, "--seed", 7, "--json")
    report = json.loads(result.stdout.splitlines()[-1])["models"][0]
    assert result.exit_code == 1 and report["state"] == "refused" and re.fullmatch(r"recall@10 is 0\.\d+, at least 0.99 is asked", report["why"][0])
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()} == good
    assert sorted(file.name for file in (tmp_path / "rejected").iterdir()) == ["next.card.json", "next.md", "next.npz"]
    card = json.loads((tmp_path / "rejected" / "next.card.json").read_text())
    assert card["refused"] and not card["gates"][0]["passed"] and card["lineage"]["parent"] == json.loads(good["next.card.json"])["version"]
    assert "**not passed**" in (tmp_path / "rejected" / "next.md").read_text()
    assert run(*ask, "--min-recall", 0.01).exit_code == 0 and not list((tmp_path / "rejected").iterdir()), "a good one takes its place"


def test_what_cannot_be_measured_passes_no_gate(little, tmp_path):
    save(tmp_path / "a.ndjson", log(SKUS, 4))
    result = run("train", little, "--events", tmp_path / "a.ndjson", "--out", tmp_path / "m", "--model", "personal", "--min-recall", 0)
    assert result.exit_code == 1 and "recall@10 could not be measured, at least 0 is asked" in result.stdout
    assert run("train", little, "--events", tmp_path / "a.ndjson", "--out", tmp_path / "m", "--model", "personal").exit_code == 0


# --- plain tables ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "time"), [("orders.csv", "when"), ("orders.csv.gz", "when"), ("orders.tsv", "when"), ("orders.parquet", "when"), ("orders.csv", None)])
def test_plain_tables_are_read(little, tmp_path, name, time):
    rows = [one for one in log(SKUS, 120) if one["item"]]
    delimiter = "\t" if ".tsv" in name else ","
    text = delimiter.join(("who:token", "what", "when")) + "\n" + "".join(f"{one['unit']}{delimiter}{one['item']}{delimiter}{one['at']}\n" for one in rows)
    if name.endswith("parquet"):
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.table({"who": [one["unit"] for one in rows], "what": [one["item"] for one in rows], "when": [one["at"] for one in rows]}), tmp_path / name)
    else:
        (tmp_path / name).write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    result = run("train", little, "--events", tmp_path / name, "--user", "who", "--item", "what", *(("--time", time) if time else ()), "--out", tmp_path / "m", "--trials", 1, "--json")
    report = json.loads(result.stdout.splitlines()[-1])
    assert result.exit_code == 0 and report["read"]["used"] == len(rows)
    found = {one["model"]: one for one in report["models"]}
    assert found["personal"]["state"] == "written" and found["trending"]["state"] == found["next"]["state"] == ("written" if time else "left out")
    assert found["personal"]["recall@10"] > found["personal"]["popularity"]["recall@10"]


# --- what it refuses ------------------------------------------------------------------------------------------------------------


def test_a_broken_line_is_told_with_its_place(little, tmp_path):
    file = save(tmp_path / "a.ndjson", log(SKUS, 3))
    lines = file.read_text().splitlines()
    for line, told in ((b"{nonsense", "this is not JSON"), (b"[1]", "this is no JSON object"), (b'{"id": "a", "event": "click", "at": "now"}', '`at` is "now"; it is a number of seconds'), (b'{"purposes": "all"}', '`purposes` is "all"; it is a list of texts')):
        file.write_bytes("\n".join(lines[:7]).encode() + b"\n" + line + b"\n" + "\n".join(lines[7:]).encode())
        assert refused("train", little, "--events", file, "--out", tmp_path / "m").startswith(f"tessera: {file}:8: {told}")
    assert not (tmp_path / "m").exists()


REFUSED = [
    (("--events", "nowhere"), 1, "nowhere: there is no such file"),
    (("--events", "empty"), 1, "empty: the folder has no file of .ndjson"),
    (("--events", "gone.ndjson"), 1, "gone.ndjson: nothing is left to learn from: 1 rows without an id: no consent to the log"),
    (("--events", "a.csv", "--user", "who"), 2, "--user and --item go together"),
    (("--events", "a.csv", "--user", "who", "--item", "sku"), 1, "a.csv:sku: there is no such column; it has who, what, when"),
    (("--events", "a.csv", "--user", "who", "--item", "what", "--time", "when"), 1, "a.csv: row 2: when is 'soon', which is no time"),
    (("--events", "a.csv", "--user", "who", "--item", "what"), 1, "a.csv: nothing is left to learn from: 2 rows of items that the catalogue does not have"),
    (("--events", "gone.ndjson", "--time", "when"), 2, "--time and --basket are of plain tables"),
    (("--events", "gone.ndjson", "--purpose", "fun"), 2, "--purpose fun: the site has personalization, analytics"),
    (("--events", "gone.ndjson", "--opt-out", "bad.ndjson"), 1, "bad.ndjson:2: this row names nobody"),
    (("--events", "gone.ndjson", "--aliases", "bad.ndjson"), 1, "bad.ndjson:1: this is no row of aliases"),
]


@pytest.mark.parametrize(("options", "code", "told"), REFUSED)
def test_what_cannot_be_used_is_refused(little, tmp_path, monkeypatch, options, code, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    save(tmp_path / "gone.ndjson", [row("a", "view_item", None, START, item=SKUS[0])])
    (tmp_path / "a.csv").write_text("who,what,when\nv1,tea,2026-11-01\nv2,tea,soon\n")
    (tmp_path / "bad.ndjson").write_text('{"visitor": "a"}\n{"colour": "red"}\n')
    assert refused("train", little, *options, "--out", tmp_path / "m", code=code).startswith(f"tessera: {told}")


def test_a_model_that_is_named_must_be_possible(little, tmp_path):
    save(tmp_path / "a.ndjson", [one for one in log(SKUS, 30) if one["event"] != "purchase"])
    result = run("train", little, "--events", tmp_path / "a.ndjson", "--out", tmp_path / "m", "--model", "together")
    assert result.exit_code == 1 and "no basket has two items" in result.stdout
    result = run("train", little, "--events", tmp_path / "a.ndjson", "--out", tmp_path / "m", "--trials", 1)
    assert result.exit_code == 0 and "together: left out: no basket has two items" in result.stdout


def test_spark_without_java_says_so(little, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    save(tmp_path / "a.ndjson", log(SKUS, 3))
    line = refused("train", little, "--events", tmp_path / "a.ndjson", "--engine", "spark", "--out", tmp_path / "m")
    assert line == "tessera: Spark needs Java 17 or later, and there is no `java`; install it, or leave --engine out"
