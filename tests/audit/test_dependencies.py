"""What needs what: against the compiled program, as text, as JSON and as a picture."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import ir
from compiler.build import ALWAYS, OF_PAGES
from compiler.cel import refs
from compiler.cli_dependencies import dependencies
from compiler.dependencies import Graph, Unknown, named
from compiler.dependency_edges import graph
from compiler.dependency_layout import HEIGHT, layout
from compiler.dependency_svg import svg
from compiler.pipeline import Compiled, compile_site
from tests.audit.sites import clean_site
from tests.golden.cases import UPDATE

ROOT = Path(__file__).parents[2]
STORE = ROOT / "rulesets" / "store"
DOCUMENT, PICTURE = ROOT / "docs" / "dependencies.md", ROOT / "docs" / "dependencies.svg"
EXAMPLE = "visitor.cart_value"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def shop() -> Compiled:
    return compile_site(STORE, "rulesets/store")


@pytest.fixture(scope="module")
def whole(shop: Compiled) -> Graph:
    return graph(shop.ruleset)


def run(*options: str) -> Result:
    return CliRunner().invoke(dependencies, ["rulesets/store", *options], catch_exceptions=False)


# --- against what the compiler made of the same files ----------------------------------------------------------------------


def actions(action: ir.Action | None) -> list[ir.Action]:
    return [] if action is None else [action, *(each for arm in action.arms for each in actions(arm))]


def test_a_rule_needs_all_that_the_compiled_rule_reads(shop, whole):
    for slot in shop.program.slots:
        for rule in slot.rules:
            needed = set(whole.below(f"rule.{slot.name}.{rule.name}"))
            assert set(refs(rule.when)) <= needed, rule.name
            assert {f"campaign.{rule.campaign}"} - {"campaign.None"} <= needed
            for action in actions(rule.action):
                read = {*action.without, *(refs(action.where) if action.where else ()), *(f"model.{name}" for name in [action.model] if name), *(f"experiment.{name}" for name in [action.experiment] if name)}
                assert read <= needed, rule.name


def test_all_that_the_bundle_reads_is_needed_by_a_slot_and_nothing_else_is(shop, whole):
    reached = {other for id_, node in whole.nodes.items() if node.kind == "slot" for other in whole.below(id_)}
    attributes = {id_ for id_ in reached if whole.nodes[id_].kind == "attribute"}
    assert attributes - set(ALWAYS) - set(OF_PAGES) == set(shop.program.reads) - set(ALWAYS) - set(OF_PAGES)


def test_every_edge_leads_to_something(whole):
    assert {other for others in whole.needs.values() for other in others} <= whole.nodes.keys()


@pytest.mark.parametrize(
    ("one", "other", "needed"),
    [
        ("rule.hero.abm", "lookup.company", True),
        ("rule.hero.abm", "lists.target_accounts", True),
        ("rule.carousel.taste", "model.trending", True),  # what stands in for a model, two models away
        ("rule.carousel.taste", "event.hide", True),
        ("slot.hero", "metric.click", True),
        ("campaign.cart_recovery", "source.crm", True),
        ("content.hero.case_study", "account.name", True),
        ("content.hero.win_back", "content.hero", True),
        ("visitor.taste", "item.category", True),
        ("rule.bundle.goes_together", "page.sku", True),
        ("rule.almanac.eve", "visitor.visits", False),
    ],
)
def test_the_shop(whole, one, other, needed):
    assert (other in whole.below(one)) is needed
    assert (one in whole.above(other)) is needed


def test_slots_and_experiments_that_conditions_ask_for_are_needed(tmp_path):
    site = clean_site(tmp_path / "site", {
        "change": {"slots/shelf.yaml": {"when: 'size(visitor.recent) >= 2'": "when: 'slot.hero == \"welcome\" && size(visitor.recent) >= 2'"}},
        "write": {"slots/checkout.yaml": "values: {old: 1, new: 2}\nladder:\n  individual:\n    - {rule: some, when: 'visitor.visits > 3', share: 20%, unit: account, show: new}\n  default: old\n"},
    })  # fmt: skip
    found = graph(compile_site(site).ruleset)
    assert "slot.hero" in found.needs["rule.shelf.taste"]
    assert "account.domain" in found.needs["rule.checkout.some"]
    assert "rule.hero.partners" in found.below("rule.shelf.taste")


# --- the command -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def unnumbered(text: str) -> str:
    """A text without the numbers of lines in the shop's files, which move."""
    return re.sub(r"(\.(?:yaml|csv)):\d+", r"\1", text)


def test_what_breaks_is_told_as_the_document_shows_it(at_root):
    told = run("--of", EXAMPLE).output
    document = DOCUMENT.read_text("utf-8")
    if UPDATE:
        document = re.sub(rf"```\n{re.escape(EXAMPLE)}.*?```", lambda _: f"```\n{told}```", document, count=1, flags=re.DOTALL)
        DOCUMENT.write_text(document, "utf-8")
        PICTURE.write_text(run("--format", "svg", "--of", EXAMPLE).output, "utf-8")
    assert unnumbered(f"```\n{told}```") in unnumbered(document)
    assert unnumbered(run("--format", "svg", "--of", EXAMPLE).output) == unnumbered(PICTURE.read_text("utf-8"))


def test_the_whole_as_text_and_as_json(at_root, whole):
    told = run().output
    assert "\nhero\n" in told and "  lapsed: segment.lapsed, content.hero.win_back ← " in told
    plain = json.loads(run("--format", "json").output)
    assert {node["id"] for node in plain["nodes"]} == set(whole.nodes)
    assert {"from": "segment.has_taste", "to": "visitor.recent"} in plain["edges"]
    part = json.loads(run("--format", "json", "--of", "segment.has_taste").output)
    assert part["needs"] == ["event.view_item", "visitor.recent"] and "rule.carousel.taste" in part["needed_by"]


@pytest.mark.parametrize(
    ("name", "id_"), [("visitor.recent", "visitor.recent"), ("has_taste", "segment.has_taste"), ("hero.abm", "rule.hero.abm"), ("purchase", "event.purchase"), ("case_study", "content.hero.case_study")]
)
def test_a_thing_is_found_by_its_name(whole, name, id_):
    assert named(whole, name) == id_


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("visitor.cart_valu", "nothing in the site is called 'visitor.cart_valu'; did you mean 'visitor.cart_value'?"),
        ("unsaid", "nothing in the site is called 'unsaid'"),
        ("germany", "'germany' may be "),
        ("zzzzzz", "nothing in the site is called 'zzzzzz'"),
    ],
)
def test_a_name_that_is_none_is_told(at_root, whole, name, told):
    with pytest.raises(Unknown, match=re.escape(told)):
        named(whole, name)
    result = run("--of", name)
    assert result.exit_code == 1 and result.output.startswith(f"tessera: {told}")


def test_what_cannot_be_written_is_told(at_root, tmp_path):
    result = run("--out", str(tmp_path / "no" / "such.txt"))
    assert result.exit_code == 1 and result.output.startswith("tessera: ") and result.output.count("\n") == 1


# --- the picture -----------------------------------------------------------------------------------------------------------


def test_the_picture_has_a_box_for_everything_and_needs_nothing_else(whole):
    joined = whole.joined()
    root = ElementTree.fromstring(svg(joined))
    boxes = [one for one in root.iter(f"{SVG}g") if (one.get("class") or "").startswith("node")]
    assert len(boxes) == len(joined.nodes) and all(one.find(f"{SVG}title") is not None for one in boxes)
    assert not list(root.iter(f"{SVG}script")) and "http" not in svg(joined).replace("http://www.w3.org/2000/svg", "")


def test_no_name_breaks_out_of_the_picture(tmp_path):
    remark = "<script>&]]> a\\u0007 \\\" source of a very very very very very very long name"
    site = clean_site(tmp_path / "site", {"change": {"site.yaml": {"from: crm": f'from: "{remark}"'}}})
    root = ElementTree.fromstring(svg(graph(compile_site(site).ruleset).joined()))
    labels = [one.text or "" for one in root.iter(f"{SVG}text")]
    assert any(label.startswith("<script>&]]> a\ufffd") and label.endswith("…") for label in labels)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_box_lies_over_another_and_no_line_over_a_box(data):
    sizes = data.draw(st.lists(st.integers(1, 8), min_size=1, max_size=5))
    columns = [[f"{at}.{number}" for number in range(size)] for at, size in enumerate(sizes)]
    ids = [id_ for ids in columns for id_ in ids]
    needs = {id_: data.draw(st.lists(st.sampled_from(ids), max_size=4, unique=True).map(lambda found, own=id_: [one for one in found if one != own])) for id_ in ids}
    found = layout(columns, needs, {id_: id_ * 3 for id_ in ids}, data.draw(st.sampled_from([(), (len(sizes) - 1,)])))
    assert sorted(box.id for box in found.boxes) == sorted(ids)
    for box in found.boxes:
        assert 0 <= box.x <= box.x + box.width <= found.width + 1e-6 and 0 <= box.y - HEIGHT / 2 + 1e-6 and box.y <= found.height
    for number, one in enumerate(found.boxes):
        assert all(one.x != other.x or abs(one.y - other.y) >= HEIGHT for other in found.boxes[:number])
    for line in found.lines:
        if line.start[1] == line.end[1] and line.start[0] in found.columns and line.end[0] > line.start[0]:  # a trunk through a column
            assert all(box.x != line.start[0] or abs(box.y - line.start[1]) > HEIGHT / 2 for box in found.boxes)
