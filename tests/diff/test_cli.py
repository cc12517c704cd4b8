"""`tessera diff`: its formats, what it refuses, and when it fails."""

from __future__ import annotations

import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compiler.cli_diff import diff
from compiler.diff import markdown
from compiler.diff.markdown import plain
from compiler.diff.page import page
from compiler.diff.report import Assignment, Change, Example, Report, SegmentShare, Share, Side, SlotShare, Turn
from compiler.diff.text import text
from compiler.diff.words import percent
from tests.diff import shops

NASTY = "<script>alert('x')</script> | `code` [a](http://b) @all #1 &amp; **bold**"


@pytest.fixture(scope="module")
def bundles(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bundles")
    for name in ("the shop", "a day's work"):
        (folder / f"{name.split()[-1]}.tessera").write_bytes(shops.data(name))
    return folder


def run(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(diff, [str(folder / "shop.tessera"), str(folder / "work.tessera"), "--sample", "1500", "--at", "2026-11-23", *more])


def test_a_terminal_is_told_in_a_few_lines(bundles):
    told = run(bundles)
    assert told.exit_code == 0 and len(told.output.splitlines()) < 45
    for said in ("of 1,500 visitors see something else", "slot banner: changed", "request.hour is below 12", "friends → starters", "control 50.0 %, benefit 50.0 % → control 44.4 %, benefit 55.6 %", "11 slots are proved"):
        assert said in told.output


def test_json_has_everything(bundles):
    told = json.loads(run(bundles, "--format", "json").output)
    assert told["old"] == shops.shop("the shop").name and told["new"] == shops.shop("a day's work").name
    assert told["visitors"] == 1500 and told["changed_share"] == told["changed"] / 1500 > 0
    assert told["slots"].keys() == {slot.name for slot in shops.shop("the shop").slots}
    assert {name for name, slot in told["slots"].items() if slot["changed"]} == {"banner", "cta", "hero"}
    assert max(slot["changed_share"] for slot in told["slots"].values()) <= told["changed_share"]
    assert {one["slot"] for one in told["examples"]} == {"banner", "cta", "hero"} and all(one["old"]["why"] != one["new"]["why"] or one["old"]["shown"] != one["new"]["shown"] for one in told["examples"])
    headline = told["experiments"]["hero_headline"]
    assert headline["joined"] == headline["left"] == 0 < headline["rebucketed"] and sum(row["visitors"] for row in headline["matrix"]) == 1500
    assert abs(headline["rebucketed_share"] - 0.5 * 1 / 9) < 0.03, "of the arm from 50 to 44.4 % a ninth goes over"
    assert {"cart_left", "engaged"} <= told["segments"].keys() and told["segments"]["engaged"]["joined"] == 0
    assert told["sample"].startswith("1,500 visitors made up")


def test_the_same_question_has_the_same_answer(bundles):
    for form in ("markdown", "html"):
        assert run(bundles, "--format", form).output == run(bundles, "--format", form).output
    assert str(bundles) not in run(bundles, "--format", "markdown").output


@pytest.mark.parametrize("most, code", [("100%", 0), ("1%", 3), ("0.01", 3), ("0%", 3)])
def test_a_share_that_is_too_large_fails(bundles, most, code):
    told = run(bundles, "--fail-over", most)
    assert told.exit_code == code and ("more than" in told.stderr) == (code == 3)


@pytest.mark.parametrize(
    "more, code, said",
    [
        (("--fail-over", "much"), 2, "is no share"), (("--log", "."), 2, "Give one of"), (("--distributions", "nowhere.yaml"), 1, "no such file"), (("--at", "soon"), 1, "must be an ISO time"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(bundles, more, code, said):
    told = run(bundles, *more)
    assert (told.exit_code, said in told.stderr) == (code, True)


def test_visitors_of_a_file_and_a_site_s_folder(bundles, tmp_path):
    file = tmp_path / "all.ndjson"
    file.write_text("".join(json.dumps(json.loads(one.read_text())) + "\n" for one in sorted((shops.STORE / "profiles").iterdir())))
    out = tmp_path / "diff.json"
    told = CliRunner().invoke(diff, [str(shops.STORE), str(bundles / "work.tessera"), "--visitors", str(file), "--format", "json", "--out", str(out)])
    assert told.exit_code == 0 and told.output == ""
    assert json.loads(out.read_text())["visitors"] == len(list((shops.STORE / "profiles").iterdir()))


def test_help_has_examples():
    told = CliRunner().invoke(diff, ["--help"])
    assert told.exit_code == 0 and "tessera diff live.tessera rulesets/store" in told.output


# --- what is written is safe, whatever a site's names are ---------------------------------------------------------------------------


@cache
def nasty() -> Report:
    side = Side(NASTY, NASTY, "rule", NASTY, NASTY)
    return Report(
        "0" * 64, "1" * 64, NASTY, NASTY, 10, 4, (Change("slot", NASTY, "renamed", NASTY, (NASTY,)),), (SlotShare(NASTY, NASTY, 10, 4, False, (Turn(NASTY, NASTY, 3),)),),
        (Share(NASTY, 10, 4),), (Share(NASTY, 10, 4),), (SegmentShare(NASTY, None, 1, 2, 1, 0, 2, 1),), (Assignment(NASTY, None, 4, 4, 2, 0, 0, ((NASTY, "b", 2), ("b", NASTY, 8))),),
        (Example(NASTY, NASTY, NASTY, ((NASTY, NASTY), ("b", [NASTY])), side, None, 3),),
    )  # fmt: skip


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def test_html_holds_nothing_but_itself(bundles):
    for written in (page(nasty()), run(bundles, "--format", "html").output):
        seen = _Tags()
        seen.feed(written)
        assert not {"script", "link", "img", "iframe", "a", "object"} & set(seen.tags)
        assert not [name for name, _ in seen.attributes if name.startswith("on") or name in ("src", "href", "action")]
        assert "default-src 'none'" in written and "url(" not in written and "@import" not in written
    assert NASTY not in page(nasty())


def test_markdown_is_the_template_s_alone():
    written = markdown(nasty())
    assert "<script" not in written and "](http" not in written and "@all" not in written and "#1" not in written and "**bold**" not in written
    inside = [line for line in written.splitlines() if line.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", line)) == len(re.findall(r"(?<!\\)\|", inside[0])) for line in inside[:2])
    assert len(markdown(nasty().__class__(**{**{f: getattr(nasty(), f) for f in nasty().__dataclass_fields__}, "changes": (Change("slot", "x", "changed", None, ("y" * 500,) * 400),)}))) < 61_000


def test_plain_text_stays_readable():
    assert plain("a | b\n<c>") == "a \\| b &lt;c&gt;"


@pytest.mark.parametrize("share, said", [(0, "0 %"), (1, "100 %"), (0.0001, "< 0.1 %"), (0.1234, "12.3 %"), (0.9999, "99.9 %")])
def test_no_share_reads_as_nothing_that_is_something(share, said):
    assert percent(share) == said


def test_nobody_and_nothing():
    empty = Report("0" * 64, "0" * 64, "shop", "no visitors", 0, 0)
    for written in (text(empty), markdown(empty), page(empty)):
        assert "no visitor was looked at" in written
