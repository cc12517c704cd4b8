"""docs/training.md: its commands, tried as they are written, in their order."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from learn.kinds import KINDS
from learn.recommenders import RECOMMENDERS
from tests.compiler.commands import ROOT, STORE, run
from tests.learn.events import log, save

pytestmark = pytest.mark.xdist_group("train")

TEXT = (ROOT / "docs" / "training.md").read_text("utf-8")
NEEDED_LOGS = ("--check-skew", "features", "propensity")  # whose logs a running shop makes: tests/learn/test_skew.py


def commands() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    return [words[1:] for block in blocks for line in block.splitlines() if (words := shlex.split(line))[0] == "tessera"]


def test_the_commands_run_as_written(tmp_path, monkeypatch):
    shutil.copytree(STORE, tmp_path / "rulesets" / "store")
    monkeypatch.chdir(tmp_path)
    items = sorted(line.partition(",")[0] for line in (STORE / "items.csv").read_text("utf-8").splitlines()[1:])
    rows = log(items, 100)
    save(Path("log/events/date=2026-11-02/a.ndjson"), rows)
    Path("orders.csv").write_text("customer,sku,ordered_at\n" + "".join(f"{one['unit']},{one['item']},{one['at']}\n" for one in rows if one["item"]))
    asked = [words for words in commands() if not set(words) & set(NEEDED_LOGS)]
    assert len(asked) == 5
    for words in asked:
        result = run(*words)
        assert result.exit_code == 0, (words, result.output)
    assert (Path("store.tessera").stat().st_size > 10_000) and Path("tried/personal.npz").is_file() and list(Path("rulesets/store/models").glob("personal*.npz"))


def test_what_the_document_lists_is_what_there_is():
    assert set(re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]*\| ", TEXT, re.MULTILINE)) >= set(RECOMMENDERS)
    told = re.search(r"To have to do with an item is (.*?); they weigh (.*?), and half", TEXT, re.DOTALL)
    names, weights = re.findall(r"`(\w+)`", told[1]), [int(one) for one in re.findall(r"\d+", told[2])]
    assert dict(zip(names, weights)) == {name: weight for name, weight in KINDS.items() if name != "interaction"}
