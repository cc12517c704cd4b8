"""The site that `tessera init` writes shows a rule, an experiment and a scenario, and stands on its own."""

import re

import pytest

from compiler.pipeline import compile_site
from compiler.scenarios import of_site, run
from compiler.starter import FILES, write
from tessera.bundle import load, unseal


def test_it_compiles_and_its_scenarios_pass(tmp_path):
    written = write(tmp_path / "deep" / "site")
    assert [path.relative_to(tmp_path / "deep/site").as_posix() for path in written] == list(FILES)
    result = compile_site(tmp_path / "deep" / "site")
    assert result.diagnostics.items == []
    results = run(load(unseal(result.bundle)), of_site(result.ruleset))
    assert [one.passed for one in results] == [True, True]


def test_it_shows_every_level_a_test_and_a_fallback(tmp_path):
    write(tmp_path / "site")
    program = compile_site(tmp_path / "site").program
    (slot,) = program.slots
    assert [rule.level for rule in slot.rules] == ["segment", "cohort"] and slot.test.experiment == program.experiments[0].name
    assert {variant.name for variant in slot.variants} == {"everyone", "evening", "welcome_back"}


def test_each_selector_stands_in_its_page():
    page = FILES["public/index.html"]
    for name, text in FILES.items():
        if name.startswith("slots/"):
            identity = re.search(r'selector: "#(\w+)"', text)[1]
            assert page.count(f'id="{identity}"') == 1


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError):
        write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
