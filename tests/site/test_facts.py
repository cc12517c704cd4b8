"""Facts that were loaded in bulk decide at the running edge, by consent as all that is stored."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.compiler.commands import run
from tests.shop import STORE
from tests.views import BOTH, HAMBURG, Views

VISITOR = "loaded-visitor"


@pytest.fixture(scope="module")
def loaded(views: Views, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of facts, loaded into the host while it runs."""
    file = tmp_path_factory.mktemp("facts") / "features.ndjson"
    rows = [{"visitor": VISITOR, "lifecycle": "lapsed", "recent": ["kochere", "nyeri"]}, {"visitor": "stale-visitor", "lifecycle": "lapsed", "updated": time.time() - 200 * 86_400}]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = run("profiles", "load", file, "--site", STORE, "--state", views.shop.place.root)
    assert result.exit_code == 0, result.output
    return file


def inputs(views: Views, visitor: str, consent: str, **request) -> dict:
    return views.get("/", cookie=views.shop.cookie(visitor, consent), **request).row["inputs"]


def test_loaded_facts_decide(views, loaded):
    found = inputs(views, VISITOR, BOTH)
    assert found["visitor.lifecycle"] == "lapsed" and found["visitor.recent"] == ["kochere", "nyeri"]


def test_without_the_purpose_they_do_not(views, loaded):
    assert "visitor.recent" not in inputs(views, VISITOR, "analytics", facts=HAMBURG)


def test_facts_that_are_too_old_do_not(views, loaded):
    assert inputs(views, "stale-visitor", BOTH).get("visitor.lifecycle") != "lapsed"
