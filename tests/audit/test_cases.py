"""Every finding of an audit, word for word; and the document that shows them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from ruamel.yaml import YAML

from compiler.audit.findings import CODES
from compiler.cli_audit import audit
from tests.audit.sites import AT, PERMITTED, clean_site, rows, write_log
from tests.golden.cases import UPDATE

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "audit.md"
CASES: list[dict[str, Any]] = YAML(typ="safe", pure=True).load((HERE / "cases.yaml").read_text("utf-8"))
EXPECTED: dict[str, list[str]] = json.loads((HERE / "expected.json").read_text("utf-8")) if (HERE / "expected.json").exists() else {}
BEGIN, END = "<!-- codes -->\n", "<!-- end of codes -->\n"


def found(folder: Path, case: dict[str, Any]) -> list[str]:
    """What an audit of the case's site prints, one text a finding."""
    clean_site(folder / "site", case)
    conventions = case.get("conventions", "")
    (folder / "conventions.yaml").write_text(conventions + "\n" if "ignore:" in conventions else f"{conventions}\n{PERMITTED}")
    options = ["site", "--at", case.get("at", AT), "--conventions", "conventions.yaml"]
    if "log" in case:
        write_log(folder / "log", rows(**case["log"]))
        options += ["--log", "log"]
    result: Result = CliRunner().invoke(audit, options, catch_exceptions=False)
    texts = result.output.rstrip("\n").split("\n\n")[:-1]
    assert result.exit_code == int(any(": error " in text.split("\n")[0] for text in texts)), result.output
    return texts


@pytest.mark.parametrize("case", CASES, ids=[f"{case['code']}: {case['about']}" for case in CASES])
def test_what_is_found(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    texts = found(tmp_path, case)
    if UPDATE:
        EXPECTED[case["about"]] = texts
        (HERE / "expected.json").write_text(json.dumps({one["about"]: EXPECTED.get(one["about"], []) for one in CASES}, ensure_ascii=False, indent=1) + "\n")
    assert texts == EXPECTED[case["about"]]


def test_every_code_has_a_case_that_shows_it():
    shown = {case["code"] for case in CASES if any(f" {case['code']} " in text for text in EXPECTED[case["about"]])}
    assert [code for code in CODES if code not in shown] == []
    assert len({case["about"] for case in CASES}) == len(CASES)


def test_the_clean_site_is_clean(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert found(tmp_path, {"log": {}}) == []


def reference() -> str:
    """The codes as the document has them: a table, and the first case of each."""
    lines = ["| code | | meaning |", "|---|---|---|", *(f"| [{code}](#{code.lower()}) | {severity} | {meaning} |" for code, (severity, meaning) in CODES.items())]
    for code, (_, meaning) in CODES.items():
        case = next(case for case in CASES if case["code"] == code)
        texts = [text for text in EXPECTED[case["about"]] if f" {code} " in text]
        lines += ["", f"### {code}", "", f"{meaning[0].upper()}{meaning[1:]}. Here {case['about']}:", "", "```", *texts[0].split("\n"), "```"]
    return "\n".join(lines) + "\n"


def test_the_document_has_every_code_with_an_example():
    before, _, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    if UPDATE:
        DOCUMENT.write_text(before + BEGIN + reference() + END + after, "utf-8")
    assert DOCUMENT.read_text("utf-8") == before + BEGIN + reference() + END + after
