"""Visitors from files: stated ones, and page views as the log has them, which are decided as they were."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path

import pytest

from compiler.diff import Plan, Visitor, compare
from compiler.diff.given import from_file, from_log
from compiler.diff.sample import Sample
from compiler.visitors import VisitorError
from tessera.decide import decide
from tessera.record import outcome, page_view, rows
from tests.diff import shops

AT = 1_796_000_000.0
PAGES = ("home", "category", "product", "cart")


@cache
def plan(name: str) -> Plan:
    return Plan(*shops.pair(name))


@cache
def views(count: int = 120) -> tuple[tuple[str, Visitor], ...]:
    """Page views of made-up visitors, no robots, who let themselves be logged."""
    found = []
    for number, visitor in enumerate(Sample(plan("the shop"), count, 7, {}, AT)):
        page = PAGES[number % len(PAGES)]
        if "analytics" in visitor.old.purposes and not visitor.old.values["request.bot"]:
            visit = visitor.view(page, page)[0]
            found.append((page, visit._replace(ages={name: 60.0 for name in visit.values if name.startswith("visitor.")}, served_from="store")))
    return tuple(found)


def logged(folder: Path) -> list[dict]:
    """The views as two files of the log, one of them packed; with a robot's, and a preview's."""
    bundle = plan("the shop").old
    lines = []
    for number, (page, visit) in enumerate(views()):
        record = page_view(bundle, visit, decide(bundle, visit, page), view=f"view-{number}", page=page)
        lines.append(rows({"view": record, "page_status": "plan"}))
    day = folder / "decisions" / "date=2026-11-30"
    day.mkdir(parents=True)
    half = len(lines) // 2
    (day / "a.ndjson").write_text("".join(json.dumps(row) + "\n" for group in lines[:half] for row in group))
    extra = [{**row, "id": f"more-{why}", "reason": why} for why in ("bot", "preview") for row in lines[0]]
    with gzip.open(day / "b.ndjson.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for group in (*lines[half:], extra, lines[-1]) for row in group)
    (folder / "events" / "date=2026-11-30").mkdir(parents=True)
    (folder / "events" / "date=2026-11-30" / "c.ndjson").write_text('{"event": "view"}\n')
    return [row for group in lines for row in group]


def test_a_view_is_decided_as_it_was(tmp_path):
    told = logged(tmp_path)
    bundle = plan("the shop").old
    found = list(from_log(plan("the shop"), tmp_path))
    assert len(found) == len(views()) > 50, "robots, previews and repetitions are left out"
    again = [{"slot": bundle.slots[d.slot].name, **outcome(bundle, d)} for visitor in found for d in decide(bundle, visitor.old, visitor.page)]
    assert again == [{name: row[name] for name in one} for row, one in zip(told, again)]


@pytest.mark.parametrize("name", ["the shop", "a day's work", "consent", "stock"])
def test_shares_of_a_log_are_those_of_its_visitors(tmp_path, name):
    logged(tmp_path)
    old, new = shops.pair(name)
    told = compare(old, new, from_log(plan(name), tmp_path))
    direct = compare(old, new, [Visitor(visit, visit, page) for page, visit in views()])
    assert told.visitors == direct.visitors and sum(one.visitors for one in told.pages) == told.visitors
    if name != "consent":  # the log holds which purposes were in force, and not what was chosen
        assert [one.changed for one in told.slots] == [one.changed for one in direct.slots] and told.changed == direct.changed


def test_ids_of_a_log_are_not_told(tmp_path):
    logged(tmp_path)
    old, new = shops.pair("a day's work")
    report = compare(old, new, from_log(plan("a day's work"), tmp_path), ids=False)
    assert report.examples and all(example.visitor is None for example in report.examples)


ANA = json.loads((shops.STORE / "profiles" / "ana.json").read_text())
CARL = json.loads((shops.STORE / "profiles" / "carl.json").read_text())


@pytest.mark.parametrize("text", [json.dumps([ANA, CARL]), json.dumps([ANA, CARL], indent=2), f"\n{json.dumps(ANA)}\n\n{json.dumps(CARL)}\n"], ids=["list", "indented", "lines"])
def test_visitors_are_a_list_or_one_a_line(tmp_path, text):
    file = tmp_path / "visitors.json"
    file.write_text(text)
    found = list(from_file(plan("a salt"), file))
    assert [visitor.old.units["visitor"] for visitor in found] == ["ana", "carl"]
    assert {visitor.view("home", "home")[0].values["request.page"] for visitor in found} == {"home"}
    assert found[0].view("product", "product")[0].values["request.path"].startswith("/p/")


def test_a_visitor_may_be_on_one_page(tmp_path):
    file = tmp_path / "visitors.json"
    file.write_text(json.dumps([{**ANA, "page": "/p/kochere"}, {**ANA, "page": "cart"}, ANA]))
    found = list(from_file(plan("a day's work"), file))
    assert [(visitor.page, visitor.everywhere) for visitor in found] == [("product", False), ("cart", False), ("home", True)]
    assert found[0].old.values["request.path"] == "/p/kochere"


def test_arms_that_are_wished_for_are_given(tmp_path):
    file = tmp_path / "visitors.json"
    file.write_text(json.dumps([{**ANA, "arms": {"hero_headline": arm}} for arm in ("control", "benefit")]))
    old, new = shops.pair("a salt")
    assert compare(old, new, from_file(plan("a salt"), file)).share == 0, "they are drawn by nothing"


@pytest.mark.parametrize(
    "text, said",
    [
        ("", None), ("[]", None), ("nonsense", "not JSON"), ('[{"id": 1}]', "visitor 1: 'id' must be a text"), ('{"id": "a"}\n{"idd": "b"}', ":2: unknown key 'idd'"),
        ('{"id": "a"}\n{"id": ', ":2: not JSON"), ('[{"id": "a", "page": "/nowhere"}]', "no page of this site matches"), ('[1]', "is a JSON object, not int"),
        ('[{"id": "a", "at": "soon"}]', "'at' must be an ISO time"), ('{"inputs": 1, "id": "a"}', "no row of the decision log"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(tmp_path, text, said):
    file = tmp_path / "visitors.json"
    file.write_text(text)
    if said is None:
        assert list(from_file(plan("the shop"), file)) == []
        return
    with pytest.raises(VisitorError, match=said) as caught:
        list(from_file(plan("the shop"), file))
    assert "\n" not in str(caught.value)


def test_a_folder_without_decisions_is_refused(tmp_path):
    with pytest.raises(VisitorError, match="no file of decisions"):
        list(from_log(plan("the shop"), tmp_path))
