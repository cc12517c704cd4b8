"""`tessera import` and `tessera decide --context`: what they print, their exit codes, and that nothing is lost."""

import json
from pathlib import Path

import pytest

from compiler.cli import main
from compiler.cli_import import TOOLS
from tests.compiler.commands import refused, run
from tests.golden.cases import BASE
from tests.golden.imports import FOLDER

DATAFILE = FOLDER / "optimizely.json"
FLAGS = {"version": "4", "featureFlags": [{"id": "1", "key": "new-checkout", "experimentIds": [], "rolloutId": "r", "variables": []}]}
RULE = {
    "id": "2", "key": "everyone", "status": "Running", "audienceIds": [], "forcedVariations": {},
    "variations": [{"id": "3", "key": "on", "featureEnabled": True}], "trafficAllocation": [{"entityId": "3", "endOfRange": 10000}],
}  # fmt: skip
SMALL = {**FLAGS, "rollouts": [{"id": "r", "experiments": [RULE]}]}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.json").write_text(json.dumps(SMALL))
    return tmp_path


def written(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


# --- import --------------------------------------------------------------------------------------------------------------


def test_every_tool_has_an_importer():
    (parameter,) = [each for each in main.commands["import"].params if each.name == "tool"]
    assert tuple(parameter.type.choices) == TOOLS


def test_import_tells_what_it_wrote(here):
    result = run("import", "optimizely", "small.json", "--out", "site")
    assert (result.exit_code, result.output) == (0, "wrote site: 1 flag, 0 experiments, 0 segments, 2 attributes\nsite: no errors\n")
    assert written(here / "site") == ["site.yaml", "slots/new_checkout.yaml"]


def test_what_is_not_taken_over_is_listed_and_ends_with_2(here):
    result = run("import", "optimizely", DATAFILE, "--out", "site")
    assert result.exit_code == 2
    assert result.output.endswith(
        f"\nnot taken over: 1\n{DATAFILE}: flag checkout, experiment checkout_bandit: a contextual bandit: Optimizely's service decides it for each user\n"
        "  fix: make it an experiment with fixed traffic, or a ranking of Tessera's own\n"
    )


def test_import_json(here):
    result = run("import", "optimizely", DATAFILE, "--out", "site", "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 2
    assert (told["site"], told["flags"], told["experiments"], told["segments"], told["attributes"]) == ("site", 3, 6, 5, 8)
    assert sorted(told["files"]) == written(here / "site") and told["older"] == [] and told["problems"] == []
    assert [list(each) for each in told["unsupported"]] == [["file", "where", "what", "fix"]]


def test_import_reads_standard_input(here):
    from click.testing import CliRunner

    result = CliRunner().invoke(main, ["import", "optimizely", "-", "--out", "site"], input=json.dumps(SMALL), catch_exceptions=False)
    assert result.exit_code == 0 and written(here / "site") == ["site.yaml", "slots/new_checkout.yaml"]
    assert "standard input:1:2: not JSON" in CliRunner().invoke(main, ["import", "optimizely", "-", "--out", "b"], input="{", catch_exceptions=False).stderr


def test_a_folder_that_is_not_empty_is_left_as_it_is(here):
    (here / "site").mkdir()
    (here / "site/notes.md").write_text("mine")
    assert refused("import", "optimizely", "small.json", "--out", "site") == (
        "tessera: site: this folder is not empty; choose another, or replace what is in it with --force"
    )
    assert written(here / "site") == ["notes.md"]


def test_force_replaces_files_and_tells_what_was_there_before(here):
    run("import", "optimizely", DATAFILE, "--out", "site")
    result = run("import", "optimizely", "small.json", "--out", "site", "--force", "--json")
    told = json.loads(result.stdout)
    assert sorted(told["older"]) == [name for name in written(here / "site") if name not in told["files"]]
    assert "slots/checkout.yaml" in told["older"] and "segments.yaml" in told["older"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "bad.json:1:1: not JSON: Expecting value"),
        (b'{\n  "version": \n}', "bad.json:3:1: not JSON: Expecting value"),
        (b'{"version": "4"} x', "bad.json:1:18: not JSON: Extra data"),
        (b"[]", "bad.json:1:1: not a JSON object"),
        (b'{"version": NaN}', "bad.json: not JSON: NaN is no number of JSON"),
        (b"[" * 100_000, "bad.json: more than 50 lists and objects within each other"),
        (b'{"version": ' + b"[" * 60 + b"]" * 60 + b"}", "bad.json: more than 50 lists and objects within each other"),
        (b'{\n"\xff": 1}', "bad.json:2:2: not UTF-8"),
        (b"{}", "bad.json: not an Optimizely datafile of version 2, 3 or 4: its version is null"),
    ],
)
def test_what_is_not_of_the_format_is_told_in_one_line_and_nothing_is_written(here, content, message):
    (here / "bad.json").write_bytes(content)
    assert refused("import", "optimizely", "bad.json", "--out", "site") == f"tessera: {message}; nothing was written"
    assert not (here / "site").exists()


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "null", '{"flags": 5}', '{"features": 5}', '{"version": "4", "featureFlags": 5}'])
def test_no_importer_fails_on_another_files_content(here, tool, content):
    (here / "bad.json").write_text(content)
    result = run("import", tool, "bad.json", "--out", "site")
    assert result.exit_code in (0, 1, 2) and "Traceback" not in result.output


def test_an_option_of_one_tool_is_refused_with_another(here):
    result = run("import", "optimizely", "small.json", "--out", "site", "--fractional", "3")
    assert result.exit_code == 2 and "--fractional goes with flagd" in result.stderr
    (here / "flags.json").write_text('{"flags": {"a": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on"}}}')
    assert run("import", "flagd", "flags.json", "--out", "site", "--fractional", "3").exit_code == 0


def test_a_file_that_is_missing_and_a_place_that_cannot_be_written_are_told(here):
    assert refused("import", "optimizely", "gone.json", "--out", "site") == "tessera: gone.json: No such file or directory; nothing was written"
    (here / "file").write_text("")
    assert refused("import", "optimizely", "small.json", "--out", "file/site").endswith("Not a directory")


# --- decide --context ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def flags(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flags")
    assert run("import", "optimizely", DATAFILE, "--out", folder / "site").exit_code == 2
    return folder / "site"


def test_decide_a_context(flags):
    result = run("decide", flags, "--context", '{"user_id": "tester-1"}', "--flag", "checkout", "--json")
    told = json.loads(result.stdout)["decisions"]
    assert result.exit_code == 0 and list(told) == ["checkout"]
    one = told["checkout"]
    assert one["value"] == {"enabled": True, "variables": {"steps": 1, "title": "Your order", "payment": {"express": ["paypal", "apple"]}}}
    assert (one["variant"], one["reason"], one["rule"], one["experiment"], one["arm"]) == ("one_page", "rule", "checkout_test_forced_one_page", None, None)


def test_a_value_comes_with_its_metadata(tmp_path):
    document = {"flags": {"f": {"variants": {"on": True}, "defaultVariant": "on", "metadata": {"owner": "search"}}, "g": {"variants": {"on": True}}}}
    (tmp_path / "flags.json").write_text(json.dumps(document))
    run("import", "flagd", tmp_path / "flags.json", "--out", tmp_path / "site")
    told = json.loads(run("decide", tmp_path / "site", "--context", "{}", "--json").stdout)["decisions"]
    assert (told["f"]["value"], told["f"]["metadata"], "metadata" in told["g"]) == (True, {"owner": "search"}, False)


def test_the_table_has_the_values(flags):
    lines = run("decide", flags, "--context", '{"user_id": "u1", "country": "SE"}').stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["checkout", "headline", "search"]
    assert lines[0].split()[-3:] == ["segment", "rule", "nordics"] and "…" in lines[0] and "null" in lines[1]


def test_a_bundle_a_file_and_standard_input_decide_the_same(flags, tmp_path):
    from click.testing import CliRunner

    context = '{"user_id": "u1", "country": "SE"}'
    (tmp_path / "context.json").write_text(context)
    assert run("build", flags, "--out", tmp_path / "flags.tessera").exit_code == 0
    told = run("decide", flags, "--context", context, "--json").stdout
    assert run("decide", tmp_path / "flags.tessera", "--context", tmp_path / "context.json", "--json").stdout == told
    assert CliRunner().invoke(main, ["decide", str(flags), "--context", "-", "--json"], input=context).stdout == told


def test_a_name_of_the_tool_or_its_own_finds_a_flag(here):
    run("import", "optimizely", "small.json", "--out", "site")
    for name in ("new-checkout", "new_checkout"):
        assert list(json.loads(run("decide", "site", "--context", "{}", "--flag", name, "--json").stdout)["decisions"]) == ["new-checkout"]
    assert refused("decide", "site", "--context", "{}", "--flag", "banner") == "tessera: no slot 'banner'; the slots are new-checkout"
    assert refused("decide", "site", "--context", "{}", "--flag", "new-chekout") == "tessera: no slot 'new-chekout'; did you mean 'new-checkout'?"


def test_explain_a_context(flags):
    lines = run("explain", flags, "--context", '{"user_id": "u1", "country": "SE"}', "--flag", "checkout").stdout.splitlines()
    assert lines[0].startswith("checkout: ") and any(line.strip().startswith("✓ nordics (segment)") for line in lines)


def test_the_time_is_told_or_now(flags):
    for at in ("2026-12-03", "2026-12-03T20:15:00+01:00"):
        assert run("decide", flags, "--context", "{}", "--at", at).exit_code == 0
    for at in ("tomorrow", "", "99999-01-01", "1900-01-01"):
        assert refused("decide", flags, "--context", "{}", "--at", at).startswith("tessera: --at must be an ISO time")


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ("gone.json", "tessera: gone.json: no such file; a context is a file, or JSON such as"),
        ("[]", "tessera: the context: a context is a JSON object, not list"),
        ('{"a": }', "tessera: the context:1:7: not JSON: Expecting value"),
        ("{" * 100_000, "tessera: the context:1:2: not JSON"),
        ("x" * 5000, "tessera: "),
        ("\0", "tessera: "),
    ],
)
def test_a_broken_context_is_told(flags, context, message):
    assert refused("decide", flags, "--context", context).startswith(message)


@pytest.mark.parametrize("arguments", [(), ("--context", "{}", "--visitor", "v.json"), ("--visitor", "v.json", "--at", "2026-12-03")])
def test_visitor_and_context_exclude_each_other(flags, arguments):
    result = run("decide", flags, *arguments)
    assert result.exit_code == 2 and "Error: " in result.stderr


def test_a_folder_can_be_decided_for_a_visitor_and_has_no_signature(tmp_path):
    (tmp_path / "v.json").write_text("{}")
    assert run("decide", BASE, "--visitor", tmp_path / "v.json").exit_code == 0
    assert "--key verifies a bundle" in refused("decide", BASE, "--visitor", tmp_path / "v.json", "--key", "k.pub")
    assert run("decide", BASE, "--context", '{"request.country": "US"}').exit_code == 0
