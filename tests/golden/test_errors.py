"""Every message of `tessera check`, word for word; and each one's fix mends what it complains about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compiler.cli import main
from compiler.diagnostics import CODES
from tests.golden.cases import UPDATE, Case, apply, base_site, cases, follow

CASES = cases()


def check(*options: str) -> Result:
    return CliRunner().invoke(main, ["check", "site", *options], catch_exceptions=False)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the small right site, shown in messages as `site`."""
    monkeypatch.chdir(tmp_path)
    return base_site(tmp_path / "site")


def test_the_base_is_right(site):
    result = check()
    assert (result.exit_code, result.output) == (0, "site: no errors\n")


def test_every_code_has_a_case():
    assert sorted({case.code for case in CASES} - {"many"}) == sorted(CODES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_message(case: Case, site):
    apply(site, case.edits)
    result = check()
    if UPDATE:
        case.rewrite(result.output)
    else:
        assert result.output == case.expect
    assert result.exit_code == (0 if case.code.startswith("W") else 1)
    assert case.code == "many" or f" {case.code} " in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("case", [case for case in CASES if case.code != "many"], ids=lambda case: case.name)
def test_the_fix_mends_it(case: Case, site):
    apply(site, case.edits)
    if case.mend is not None:
        apply(site, case.mend)
    else:
        for message in json.loads(check("--json").output):
            follow(site, message)
    assert check().output == "site: no errors\n"
