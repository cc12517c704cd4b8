"""Every message of `tessera check`, word for word; and each one's fix mends what it complains about."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compiler.cli import main
from compiler.diagnostics import CODES
from tests.golden.cases import HERE, UPDATE, Case, apply, base_site, cases, follow
from tests.golden.live_cases import live_cases

ROOT = HERE.parents[1]
CASES = cases()


def check(*options: str) -> Result:
    """`tessera check`; where a bundle from before lies beside the site, compared with that."""
    if Path("before.tessera").exists():
        options = (*options, "--against", "before.tessera")
    return CliRunner().invoke(main, ["check", "site", *options], catch_exceptions=False)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the small right site, shown in messages as `site`."""
    monkeypatch.chdir(tmp_path)
    return base_site(tmp_path / "site")


def wrong(site: Path, case: Case) -> None:
    """Make the edits of a case, and the bundle from before where it has one."""
    apply(site, case.edits)
    if "before" in case.edits:
        apply(base_site(site.parent / "before"), case.edits["before"])
        built = CliRunner().invoke(main, ["build", "before", "--out", "before.tessera"], catch_exceptions=False)
        assert built.exit_code == 0, built.output


def test_the_base_is_right(site):
    result = check()
    assert (result.exit_code, result.output) == (0, "site: no errors\n")


def test_the_reference_is_up_to_date():
    command = [sys.executable, str(ROOT / "scripts" / "error_reference.py"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")


# what is asked for where a name does not exist → the codes that say so
UNKNOWN = ("E021", "E023", "E029", "E030", "E031", "E034", "E035", "E036", "E037", "E038", "E039", "E044", "E045", "E046", "E047", "E048", "E060", "E065", "E066", "E075")


@pytest.mark.parametrize("code", UNKNOWN)
def test_unknown_names_suggest_the_nearest(code):
    told = [case.expect for case in CASES if case.code == code]
    assert any(re.search(rf" {code} unknown .*\n(.*\n)*?  fix: did you mean '", text) for text in told) or code == "E023"
    assert any("did you mean '" in text for text in told)


def test_every_code_has_a_case():
    assert sorted({case.code for case in (*CASES, *live_cases())} - {"many"}) == sorted(CODES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_message(case: Case, site):
    wrong(site, case)
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
    wrong(site, case)
    if case.mend is not None:
        apply(site, case.mend)
    else:
        for message in json.loads(check("--json").output):
            follow(site, message)
    assert check().output == "site: no errors\n"
