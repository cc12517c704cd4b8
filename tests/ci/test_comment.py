"""The comment: what it says of each outcome, and that nothing in what the stages told can break out of its place."""

from __future__ import annotations

from typing import Any

import pytest

from compiler.releases.comment import LONGEST, Result, comment, marker, percent, verdict

DIFF = {"old": "a" * 64, "new": "b" * 64, "changed_share": 0.0321, "visitors": 20_000}
CANARY = {"serial": 4, "canary": {"share": 0.05, "countries": ["DE"]}}


def results(**told: Any) -> dict[str, Result]:
    return {stage: one if isinstance(one, Result) else Result("ok", one) for stage, one in told.items()}


@pytest.mark.parametrize(
    ("found", "word", "says"),
    [
        (results(check=[], diff=DIFF), "checked", "**3.2 % of visitors see something else. Nothing was published.**"),
        (results(check=Result("failed", [{"severity": "error"}, {"severity": "warning"}])), "failed", "1 error, 1 warning"),
        (results(test=Result("failed", [{"name": "a", "passed": False}, {"name": "b", "passed": True}])), "failed", "1 of 2 scenarios passed; failed: a"),
        (results(budget={"bytes": 50_000, "budget": 500_000}), "checked", "50,000 of 500,000 bytes (10 %)"),
        (results(publish=Result("waiting", None, "waits for the approval of legal")), "waiting", "waits for the approval of legal"),
        (results(publish={"serial": 1, "canary": None}), "live", "release 1: live for everybody"),
        (results(publish=CANARY), "canary", "release 4: a canary for 5 % of visitors in DE"),
        (results(publish=CANARY, guard={"verdict": "hold", "reasons": ["too early."]}), "hold", "| guard | ✅ | hold. too early |"),
        (results(guard={"verdict": "none", "reasons": []}), "none", "There is no canary to judge."),
        (results(guard={"verdict": "promote"}, promote={"applied": True, "to": 0.25, "released": 7}), "promote", "release 7: the canary goes to 25 % of visitors"),
        (results(guard={"verdict": "promote"}, promote={"applied": True, "to": 1.0, "released": 7}), "promote", "release 7: live for everybody"),
        (results(guard={"verdict": "rollback"}, promote=Result("failed", {"applied": True, "to": None, "released": 7})), "rollback", "the canary was taken back"),
    ],
)
def test_what_it_says(found: dict[str, Result], word: str, says: str):
    assert verdict(found) == word
    assert says in comment("store", "production", found)


@pytest.mark.parametrize(("share", "said"), [(0, "0 %"), (0.0001, "less than 0.1 %"), (0.0321, "3.2 %"), (0.05, "5 %"), (1, "100 %")])
def test_shares(share: float, said: str):
    assert percent(share) == said


def test_nothing_breaks_out_of_its_place():
    evil = "x |\n\n# <img src=x onerror=alert(1)> `"
    found = results(test=Result("failed", [{"name": evil, "passed": False}], "```\n````\n# not a title"), build={"bundle": evil, "bytes": 1}, guard={"verdict": "hold", "reasons": [evil]})
    text = comment(evil, evil, found)
    assert marker(evil, evil) == text.split("\n")[0] and text.split("\n")[0].count("-->") == 1
    assert "<img" not in text.replace("`", "").split("### ")[1].split("\n", 1)[1]
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + 3 and "\n`````text\n" in text


def test_it_is_never_too_long_for_github():
    text = comment("store", "x", results(check=[]), "line\n" * LONGEST)
    assert len(text) < 65_536 and text.endswith("among the files of the run.\n")
