"""The command, its conventions, and the log by DuckDB and row by row."""

from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from compiler.audit import FINDERS, conventions
from compiler.audit import audit as findings_of
from compiler.audit.evidence import LogError, Shown, read_log
from compiler.audit.subject import Subject
from compiler.cli_audit import audit
from compiler.pipeline import compile_site
from tessera.bundle import load, unseal
from tests.audit.sites import AT, PERMITTED, RULES, clean_site, rows, write_log

ROOT = Path(__file__).parents[2]
STORE = ROOT / "rulesets" / "store"
UNOWNED = {"change": {"segments.yaml": {"owner: growth, about": "about"}}}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conventions.yaml").write_text(PERMITTED)
    return tmp_path


def run(*options: str) -> Result:
    return CliRunner().invoke(audit, ["site", "--at", AT, "--conventions", "conventions.yaml", *options], catch_exceptions=False)


@pytest.mark.parametrize(
    ("edits", "more", "options", "code"),
    [
        ({}, "", ["--strict"], 0),
        (UNOWNED, "", [], 0),
        (UNOWNED, "", ["--strict"], 1),
        (UNOWNED, "severity: {A062: error}", [], 1),
        (UNOWNED, "severity: {A062: note}", ["--strict"], 1),
    ],
)
def test_the_exit_code_says_whether_it_is_grave(folder, edits, more, options, code):
    clean_site(folder / "site", edits)
    (folder / "conventions.yaml").write_text(f"{PERMITTED}{more}\n")
    assert run(*options).exit_code == code
    assert run(*options, "--json").exit_code == code


def test_what_is_found_as_json(folder):
    clean_site(folder / "site", UNOWNED)
    told = json.loads(run("--json").output)
    assert told["counts"] == {"error": 0, "warning": 1, "note": 0} and told["log"] is None
    assert told["findings"] == [
        {"code": "A062", "severity": "warning", "about": "segment paying", "message": "nobody owns the segment 'paying'", "file": "site/segments.yaml",
         "line": 1, "column": 1, "length": 6, "fix": "write `owner: …`, who answers for it"}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("of", "left"), [("of: segment paying, ", 0), ("of: paying, ", 0), ("of: partner, ", 1), ("", 0)]
)
def test_a_finding_can_be_ignored(folder, of, left):
    clean_site(folder / "site", UNOWNED)
    (folder / "conventions.yaml").write_text(f"ignore: [{{code: A070, why: known}}, {{code: A062, {of}why: nobody wants it}}]\n")
    assert len(json.loads(run("--json").output)["findings"]) == left


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: {segment: 'x'}\n", "conventions.yaml:1:1: E009 unknown key 'name'"),
        ("names: {segment: '('}\n", "conventions.yaml:1:18: E012 in 'names.segment': '(' is not a pattern"),
        ("ignore: [{code: B1, why: x}]\n", "'B1' is no code of an audit"),
        ("ignore: [{code: A050}]\n", "'why' is missing"),
        ("severity: {A999: note}\n", "there is no code A999"),
        ("needs: {segment: [colour]}\n", "conventions.yaml:1:19"),
        ("run: soon\n", "expected a duration"),
        ("", "conventions.yaml:1:1: E007"),
    ],
)
def test_conventions_that_are_wrong_are_refused_at_their_place(folder, text, told):
    clean_site(folder / "site")
    (folder / "conventions.yaml").write_text(text)
    result = run()
    assert result.exit_code == 1 and told in result.output


def test_a_site_with_mistakes_is_not_audited(folder):
    clean_site(folder / "site", {"change": {"segments.yaml": {"visitor.plan": "visitor.plam"}}})
    result = run()
    assert result.exit_code == 1 and "E021" in result.output and "\n1 error" in result.output


@pytest.mark.parametrize("at", ["tomorrow", "2026-13-01", "99999-01-01"])
def test_a_time_that_is_none_is_refused(folder, at):
    clean_site(folder / "site")
    result = CliRunner().invoke(audit, ["site", "--at", at])
    assert (result.exit_code, result.output) == (1, f"tessera: --at: '{at}' is no time; write one like 2026-12-03 or 2026-12-03T20:15:00+01:00\n")


def test_a_time_has_an_offset_or_is_utc(folder):
    clean_site(folder / "site")
    times = [json.loads(CliRunner().invoke(audit, ["site", "--at", at, "--json"]).output)["at"] for at in ("2026-04-01", "2026-04-01T02:00:00+02:00")]
    assert times == [1775001600.0, 1775001600.0]


# --- the log -----------------------------------------------------------------------------------------------------------------

TOLD: list[dict[str, Any]] = [*rows(), *rows(inputs={"visitor.plan": "free", "visitor.visits": "many", "unheard.of": 1}), {"event": "click"}]


@pytest.mark.parametrize("reader", ["duckdb", "plain"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_log_is_read_the_same_by_duckdb_and_row_by_row(folder, monkeypatch, reader, packed):
    if reader == "duckdb":
        pytest.importorskip("duckdb")
    else:
        monkeypatch.setitem(sys.modules, "duckdb", None)
    bundle = load(unseal(compile_site(clean_site(folder / "site")).bundle))
    write_log(folder / "log", TOLD)
    plain = folder / "log" / "decisions" / "date=2026-03-30" / "a.ndjson"
    if packed:
        plain.with_suffix(".ndjson.gz").write_bytes(gzip.compress(plain.read_bytes()))
        plain.unlink()
    (folder / "log" / "events").mkdir()
    (folder / "log" / "events" / "b.ndjson").write_text('{"event": "purchase", "slot": "not a decision"}\n')
    found = read_log(folder / "log", bundle)
    assert (found.rows, found.days, found.last - found.first) == (2 * len(RULES), 1, 5.0)
    assert found.shown == {Shown(*one): 2 for one in RULES}
    assert found.met == {"paying", "partner"}
    assert found.known == {*rows()[0]["inputs"], "unheard.of"}


@pytest.mark.parametrize("reader", ["duckdb", "plain"])
@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('{"slot": "hero", "at": 1.0}\n{"slot": \n', "a.ndjson:2: this is not JSON"),
        ("[1]\n", "a.ndjson:1: this is no JSON object; every line is one row"),
        ('{"event": "click"}\n', "there are no decisions in the log"),
        ("", "there are no decisions in the log"),
    ],
)
def test_a_log_that_cannot_be_read_is_told_in_one_line(folder, monkeypatch, reader, lines, told):
    if reader == "duckdb":
        pytest.importorskip("duckdb")
    else:
        monkeypatch.setitem(sys.modules, "duckdb", None)
    clean_site(folder / "site")
    write_log(folder / "log", [])
    (folder / "log" / "decisions" / "date=2026-03-30" / "a.ndjson").write_text(lines)
    result = run("--log", "log")
    assert result.exit_code == 1 and told in result.output and result.output.count("\n") == 1


def test_a_folder_without_a_log_is_told(folder):
    bundle = load(unseal(compile_site(clean_site(folder / "site")).bundle))
    (folder / "log").mkdir()
    with pytest.raises(LogError, match="the folder has no file of"):
        read_log(folder / "log", bundle)


# --- the whole ---------------------------------------------------------------------------------------------------------------


def test_every_finder_can_be_asked_alone_and_in_any_order():
    subject = Subject(compile_site(STORE, "rulesets/store"), 1795392000.0)
    together = findings_of(subject)
    assert findings_of(subject, FINDERS[::-1]) == together
    alone = {one for finder in FINDERS for one in finder(subject)}
    assert {one for one in together if one.code.startswith("A")} == alone


def test_the_document_shows_what_is_found_in_the_shop(monkeypatch):
    monkeypatch.chdir(ROOT)
    shown = re.search(r"<!-- shop -->\n```\n(.*?)```", (ROOT / "docs" / "audit.md").read_text("utf-8"), re.DOTALL)
    printed = CliRunner().invoke(audit, ["rulesets/store", "--at", "2026-11-22"], catch_exceptions=False).output.splitlines()
    without = {re.sub(r":\d+:\d+:", ":", line) for line in printed}
    assert shown and [line for line in shown[1].splitlines() if re.sub(r":\d+:\d+:", ":", line) not in without] == []


@pytest.mark.parametrize("shape", [conventions.Conventions, conventions.Ignored])
def test_the_document_has_every_key_of_the_conventions(shape):
    text = (ROOT / "docs" / "audit.md").read_text("utf-8")
    table = text.split(f"<!-- keys: {shape.__name__} -->\n", 1)[1].split("\n\n", 1)[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == list(shape.model_fields)


def test_the_conventions_of_the_document_are_such(folder):
    (text,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "audit.md").read_text("utf-8"), re.DOTALL)
    (folder / "agreed.yaml").write_text(text)
    agreed = conventions.read_conventions(folder / "agreed.yaml")
    assert (agreed.run, agreed.needed("segment"), agreed.needed("campaign"), agreed.severity) == (42 * 86_400, ("owner", "about"), ("owner", "about"), {"A062": "error"})
