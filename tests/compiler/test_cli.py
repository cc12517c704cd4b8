"""The command line: what each command prints, its exit codes, and one clear line for whatever is wrong with its inputs."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from compiler.cli import main
from tests.golden.cases import BASE, HERE, UPDATE, swap
from tessera.bundle import HEADER

ROOT = HERE.parents[1]
STORE = ROOT / "rulesets" / "store"
PROFILES = sorted((STORE / "profiles").glob("*.json"))
OUTCOME = [
    "variant", "level", "rule", "segment", "campaign", "experiment", "arm", "holdout", "propensity", "reason", "model", "model_version", "score", "items",
    "alternatives", "component",
]  # fmt: skip


def run(*arguments: Any) -> Result:
    """Run a command in this process; a traceback fails the test."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def refused(*arguments: Any, code: int = 1) -> str:
    """The one line on standard error with which a command is refused."""
    result = run(*arguments)
    assert result.exit_code == code, result.output
    lines = result.stderr.rstrip("\n").split("\n")
    assert len(lines) == 1 and "Traceback" not in result.output, result.output
    return lines[0]


def same(path: Path, text: str) -> None:
    """Compare with a golden text; `TESSERA_UPDATE_GOLDENS=1` writes it anew."""
    if UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the small right site, named `site` in the current folder."""
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(BASE, tmp_path / "site")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop's bundle."""
    out = tmp_path_factory.mktemp("store") / "store.tessera"
    assert run("build", STORE, "--out", out).exit_code == 0
    return out


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of the small site."""
    out = tmp_path_factory.mktemp("small") / "small.tessera"
    assert run("build", BASE, "--out", out).exit_code == 0
    return out


# --- help --------------------------------------------------------------------------------------------------------------


def test_help_lists_every_command():
    result = run("--help")
    assert result.exit_code == 0 and all(name in result.output for name in main.commands)
    assert "tessera init my-site" in result.output


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_has_help_with_an_example_that_parses(name):
    result = run(name, "--help")
    assert result.exit_code == 0
    examples = [line.strip() for line in result.output.splitlines() if line.strip().startswith("tessera ")]
    assert examples, f"{name} has no example"
    for example in examples:
        for part in re.split(r" && | \| jq .*", example):
            words = re.findall(r"'[^']*'|\S+", part)[1:]
            command = main.commands[words[0]] if words else None
            if command is not None:
                told = [word.strip("'") for word in words[1:]]
                command.make_parser(click.Context(command)).parse_args(told)


def test_the_version_is_told():
    assert re.fullmatch(r"tessera, version \d+\.\d+\.\d+\n", run("--version").output)


@pytest.mark.parametrize("arguments", [("nothing",), ("build", "site"), ("check", "nowhere"), ("decide",), ("check", "--wrong", "site"), ("schema",)])
def test_wrong_usage_is_told_and_ends_with_2(arguments, site):
    result = run(*arguments)
    assert result.exit_code == 2 and "Error: " in result.stderr


def test_the_command_is_installed():
    result = subprocess.run([Path(sys.executable).parent / "tessera", "check", str(BASE)], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{BASE}: no errors\n", "")


# --- check -------------------------------------------------------------------------------------------------------------


def test_check_says_that_all_is_well(site):
    assert (run("check", "site").output, run("check", "site", "--json").output) == ("site: no errors\n", "[]\n")


def test_check_json(site):
    swap(site / "slots/hero.yaml", "request.country", "request.contry")
    result = run("check", "site", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == [
        {
            "code": "E021", "severity": "error", "message": "unknown attribute 'request.contry'", "file": "site/slots/hero.yaml", "line": 9, "column": 30, "length": 14,
            "fix": "did you mean 'request.country' (string, from the request)?",
        }
    ]  # fmt: skip


def test_warnings_alone_are_no_failure(site):
    (site / "notes.yaml").write_text("a: 1\n")
    assert run("check", "site").exit_code == 0
    assert [row["severity"] for row in json.loads(run("check", "site", "--json").stdout)] == ["warning"]
    built = run("build", "site", "--out", "a.tessera")
    assert built.exit_code == 0 and "warning W001" in built.stderr and "W001" not in built.stdout


def test_files_with_a_byte_order_mark_or_windows_line_ends_are_read(site):
    for path in [*site.rglob("*.yaml"), *site.rglob("*.csv"), *site.rglob("*.html")]:
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert run("check", "site").output == "site: no errors\n"


def test_files_that_are_not_utf8_are_told(site):
    for name in ("site.yaml", "segments.yaml", "content/hero.html", "lists/partners.csv"):
        (site / name).write_bytes((site / name).read_bytes() + b"# \xe9\n")
    codes = [row["code"] for row in json.loads(run("check", "site", "--json").stdout)]
    assert codes == ["E002"] * 4


def test_a_link_that_leads_out_of_the_site_is_not_followed(site, tmp_path):
    (tmp_path / "elsewhere.csv").write_bytes((site / "items.csv").read_bytes())
    (site / "items.csv").unlink()
    (site / "items.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert "items.csv leads out of the site's folder" in run("check", "site").output


def test_links_within_the_site_and_to_the_site_are_followed(site, tmp_path):
    (site / "lists/more.csv").symlink_to("partners.csv")
    (tmp_path / "link").symlink_to("site")
    told = run("check", "link")
    assert told.exit_code == 0 and "link/lists/more.csv:1:1: warning W005 nothing uses the list 'more'" in told.output


@pytest.mark.parametrize("name", ["slots/loop.yaml", "lists/loop.csv", "content/loop.html", "loop"])
def test_links_that_lead_to_themselves_do_not_hang(site, name):
    (site / name).symlink_to(Path(name).name)
    assert run("check", "site").exit_code in (0, 1)


def test_a_folder_that_holds_itself_does_not_hang(site):
    (site / "slots/more").symlink_to("..")
    (site / "public/more").symlink_to("..")
    assert run("check", "site").exit_code in (0, 1)


@pytest.mark.parametrize("name", ["site.yaml", "slots/hero.yaml", "content/hero.html", "items.csv", "items.npz", "lists/partners.csv"])
def test_a_file_that_may_not_be_read_is_told(site, name):
    if os.geteuid() == 0:
        (site / name).unlink()
        (site / name).mkdir()  # root may read everything, but no folder as a file
    else:
        (site / name).chmod(0)
    result = run("check", "site")
    assert result.exit_code in (0, 1) and "Traceback" not in result.output


# --- build -------------------------------------------------------------------------------------------------------------


def test_build_prints_what_takes_how_much(site):
    result = run("build", "site", "--out", "out.tessera")
    assert result.exit_code == 0 and result.stderr == ""
    *sections, total, name = result.stdout.splitlines()
    sizes = {line.split()[1]: int(line.split()[0].replace(",", "")) for line in sections}
    size = Path("out.tessera").stat().st_size
    assert list(sizes) == ["envelope", "site", "conditions", "decisions", "content", "lists", "items", "lookups", "vectors/affinity", "scales/affinity"]
    assert total.split() == [f"{size:,}", "out.tessera"] and sum(sizes.values()) < size
    assert re.fullmatch("bundle [0-9a-f]{64}", name)


def test_build_json(site):
    told = json.loads(run("build", "site", "--out", "out.tessera", "--json").stdout)
    assert list(told) == ["bundle", "file", "bytes", "signed", "sections"]
    assert (told["file"], told["bytes"], told["signed"]) == ("out.tessera", Path("out.tessera").stat().st_size, False)
    assert all(isinstance(size, int) for size in told["sections"].values())


def test_a_wrong_site_is_not_built_and_the_old_bundle_stays(site):
    Path("out.tessera").write_text("the old one")
    swap(site / "slots/hero.yaml", "component: hero", "component: nothing")
    result = run("build", "site", "--out", "out.tessera")
    assert result.exit_code == 1 and result.stdout == "" and result.stderr.endswith("\n1 error\n")
    assert Path("out.tessera").read_text() == "the old one"


@pytest.mark.parametrize("out", ["missing/out.tessera", "file/out.tessera", "locked/out.tessera"])
def test_a_place_that_cannot_be_written_is_told(site, out):
    Path("file").write_text("")
    Path("locked").mkdir(mode=0o500)
    if out.startswith("locked") and os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    assert refused("build", "site", "--out", out).startswith(f"tessera: {out}: ")


def test_nothing_is_left_behind_where_writing_fails(site, monkeypatch):
    Path("out.tessera").write_text("the old one")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    assert refused("build", "site", "--out", "out.tessera") == "tessera: out.tessera: No space left on device"
    assert Path("out.tessera").read_text() == "the old one" and sorted(path.name for path in Path().iterdir()) == ["out.tessera", "site"]


# --- keys and signatures -------------------------------------------------------------------------------------------------


def test_sign_and_verify(site):
    made = run("keygen", "keys/own.key")
    assert made.exit_code == 0 and "keys/own.pub" in made.stdout
    assert Path("keys/own.key").stat().st_mode & 0o777 == 0o600
    built = run("build", "site", "--out", "signed.tessera", "--sign", "keys/own.key")
    assert built.exit_code == 0 and "(signed)" in built.stdout
    plain = run("build", "site", "--out", "plain.tessera")
    assert plain.stdout.splitlines()[-1] == built.stdout.splitlines()[-1], "signing does not change the name"
    Path("ana.json").write_text('{"id": "ana"}')
    assert run("decide", "signed.tessera", "--visitor", "ana.json", "--key", "keys/own.pub").exit_code == 0
    run("keygen", "other.key")
    assert run("decide", "signed.tessera", "--visitor", "ana.json", "--key", "other.pub", "--key", "keys/own.pub").exit_code == 0
    assert "unknown key" in refused("decide", "signed.tessera", "--visitor", "ana.json", "--key", "other.pub")
    assert "not signed" in refused("decide", "plain.tessera", "--visitor", "ana.json", "--key", "other.pub")
    assert "not signed" in refused("publish", "plain.tessera", "--state", "state")


def test_a_key_is_never_overwritten(site):
    run("keygen", "own.key")
    before = Path("own.key").read_bytes(), Path("own.pub").read_bytes()
    assert refused("keygen", "own.key").endswith(" exists; a key is never overwritten, choose another name")
    assert (Path("own.key").read_bytes(), Path("own.pub").read_bytes()) == before


def test_a_public_key_is_never_overwritten(site):
    Path("own.pub").write_text("somebody's key\n")
    refused("keygen", "own.key")
    assert Path("own.pub").read_text() == "somebody's key\n" and not Path("own.key").exists()


@pytest.mark.parametrize("content", [None, b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"\xff\xfe"])
def test_a_wrong_signing_key_is_told(site, content):
    if content is not None:
        Path("own.key").write_bytes(content)
    line = refused("build", "site", "--out", "out.tessera", "--sign", "own.key")
    assert line.startswith("tessera: own.key: ") and not Path("out.tessera").exists()


def test_keys_in_the_wrong_place_are_told(site):
    run("keygen", "own.key")
    run("build", "site", "--out", "signed.tessera", "--sign", "own.key")
    Path("ana.json").write_text("{}")
    Path("broken.pub").write_bytes(b"\xff\xfe:\x00")
    for key in ("own.key", "missing.pub", "broken.pub", "site"):
        refused("decide", "signed.tessera", "--visitor", "ana.json", "--key", key)
    assert refused("build", "site", "--out", "x.tessera", "--sign", "own.pub").startswith("tessera: own.pub: ")
    assert refused("build", "site", "--out", "x.tessera", "--sign", "site").startswith("tessera: site: ")
    assert refused("keygen", "site").startswith("tessera: ")
    Path("file").write_text("")
    assert refused("keygen", "file/own.key").startswith("tessera: ")


# --- broken bundles --------------------------------------------------------------------------------------------------------


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda data: b"", "not a Tessera bundle"),
        (lambda data: b"PK\x03\x04" + data, "not a Tessera bundle"),
        (lambda data: data[:40], "not a Tessera bundle"),
        (lambda data: data[:-7], "truncated"),
        (lambda data: flipped(data, len(data) // 2), "does not match its digest"),
        (lambda data: flipped(data, 40), "does not match its digest"),
        (lambda data: data[:8] + struct.pack(">I", 7) + data[12:], "format 7, this worker reads 2"),
        (lambda data: data + b"more", "damaged signature trailer"),
        (lambda data: data + data, "damaged signature trailer"),
    ],
)
@pytest.mark.parametrize("command", ["decide", "explain"])
def test_a_broken_bundle_is_told(small, tmp_path, spoil, told, command):
    path, visitor = tmp_path / "broken.tessera", tmp_path / "v.json"
    path.write_bytes(spoil(small.read_bytes()))
    visitor.write_text("{}")
    line = refused(command, path, "--visitor", visitor)
    assert line.startswith(f"tessera: {path}: bundle rejected: ") and told in line


def test_a_body_that_is_well_sealed_but_nonsense_is_told(tmp_path):
    from hashlib import sha256

    from tessera.bundle import FORMAT, MAGIC, RESERVED

    for body in (b"", b"\0\0\0\1\x80", b"\xff\xff\xff\xff", b"\0\0\0\2\x81\xc0"):
        path = tmp_path / "nonsense.tessera"
        path.write_bytes(HEADER.pack(MAGIC, FORMAT, 0, len(body), sha256(body).digest(), RESERVED) + body)
        (tmp_path / "v.json").write_text("{}")
        assert "malformed section" in refused("decide", path, "--visitor", tmp_path / "v.json")


def test_a_changed_signature_is_told(site):
    run("keygen", "own.key")
    run("build", "site", "--out", "signed.tessera", "--sign", "own.key")
    data = Path("signed.tessera").read_bytes()
    Path("signed.tessera").write_bytes(flipped(data, len(data) - 1))
    Path("ana.json").write_text("{}")
    assert "wrong signature" in refused("decide", "signed.tessera", "--visitor", "ana.json", "--key", "own.pub")


# --- decide and explain ----------------------------------------------------------------------------------------------------


def decided(bundle: Path, visitor: dict[str, Any], folder: Path, page: str | None = "/") -> dict[str, Any]:
    path = folder / "visitor.json"
    path.write_text(json.dumps(visitor))
    result = run("decide", bundle, "--visitor", path, *(("--page", page) if page else ()), "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert list(told) == ["bundle", "decisions"] and re.fullmatch("[0-9a-f]{64}", told["bundle"])
    for one in told["decisions"].values():
        assert list(one) == OUTCOME
    return told["decisions"]


def test_decide_json_without_a_page_has_every_slot(store, tmp_path):
    ana = json.loads((STORE / "profiles/ana.json").read_text())
    everywhere = decided(store, ana, tmp_path, None)
    assert sorted(everywhere) == sorted(path.stem for path in (STORE / "slots").glob("*.yaml"))
    assert everywhere["hero"]["variant"] == "case_study" and everywhere["hero"]["reason"] == "rule" and everywhere["hero"]["rule"] == "abm"
    home = decided(store, ana, tmp_path, "/")
    assert sorted(home) == ["banner", "carousel", "cta", "hero", "legal_notice", "testimonial"]
    assert home == {slot: everywhere[slot] for slot in home} == decided(store, ana, tmp_path, "home")


def test_the_table_names_slot_variant_level_reason_rule_and_test(store):
    lines = run("decide", store, "--visitor", STORE / "profiles/ana.json", "--page", "/").stdout.splitlines()
    hero = next(line for line in lines if line.startswith("hero"))
    assert hero.split()[:4] == ["hero", "case_study", "segment", "rule"] and "abm hero_headline=" in hero
    assert len(lines) == 6 and not any(line != line.rstrip() for line in lines)


CUSTOMER = {"visitor": {"lifecycle": "customer"}, "request": {"country": "DE", "region": "EEA", "city": "Hamburg"}}


@pytest.mark.parametrize(
    ("visitor", "variant", "reason"),
    [
        ({"id": "n", "attributes": CUSTOMER, "consent": ["personalization", "analytics"]}, "upsell", "rule"),
        ({"id": "n", "attributes": CUSTOMER, "consent": ["personalization"]}, "upsell", "rule"),
        ({"id": "n", "attributes": CUSTOMER, "consent": ["analytics"]}, "evergreen", "consent"),
        ({"id": "n", "attributes": CUSTOMER, "consent": []}, "evergreen", "consent"),
        ({"id": "n", "attributes": CUSTOMER}, "evergreen", "consent"),  # nothing chosen: the EEA allows nothing
        ({"id": "n", "attributes": {"visitor": {"lifecycle": "customer"}, "request": {"country": "US", "region": "US-NY"}}}, "upsell", "rule"),
        ({"id": "n", "attributes": {"lifecycle": "customer"}, "consent": ["personalization"]}, "upsell", "rule"),
        ({"id": "n", "attributes": {"visitor.lifecycle": "customer"}, "consent": ["personalization"]}, "upsell", "rule"),
        ({"id": "n", "attributes": {"lifecycle": 7}, "consent": ["personalization"]}, "educational", "rule"),  # the attribute's default
    ],
)
def test_consent_and_names_of_attributes(store, tmp_path, visitor, variant, reason):
    visitor = {"at": "2026-11-24T10:30:00+01:00", "arms": {"hero_headline": "control", "@holdout": "out"}, **visitor}
    hero = decided(store, visitor, tmp_path)["hero"]
    assert (hero["variant"], hero["reason"]) == (variant, reason)


def test_an_id_alone_is_a_visitor(store, tmp_path):
    assert decided(store, {"id": "somebody"}, tmp_path)["cta"]["variant"] == "browse"
    assert decided(store, {}, tmp_path)["cta"]["variant"] == "browse"


def test_the_time_decides_where_it_is_told_and_is_now_where_it_is_not(store, tmp_path):
    germany = {"attributes": {"request": {"country": "DE", "region": "EEA", "timezone": "Europe/Berlin"}}}
    assert decided(store, {**germany, "at": "2026-11-24T10:30:00+01:00"}, tmp_path)["banner"]["variant"] == "next_day_de"
    assert decided(store, {**germany, "at": "2026-11-28T10:30:00+01:00"}, tmp_path)["banner"]["variant"] == "weekend_de"
    assert decided(store, {**germany, "at": "2026-11-24T20:30:00+01:00"}, tmp_path)["banner"]["variant"] == "none"
    assert decided(store, germany, tmp_path)["banner"]["variant"] in ("next_day_de", "weekend_de", "none")


def test_unknown_attributes_are_ignored_with_a_warning(store, tmp_path):
    path = tmp_path / "v.json"
    path.write_text('{"id": "n", "attributes": {"visitor": {"lifecycel": "new"}, "shoe_size": 4}}')
    result = run("decide", store, "--visitor", path, "--json")
    assert result.exit_code == 0 and json.loads(result.stdout)
    assert result.stderr.splitlines() == [
        f"tessera: warning: the site does not know the attribute '{name}'; it is ignored" for name in ("visitor.lifecycel", "shoe_size")
    ]


@pytest.mark.parametrize(
    "content",
    [
        None, b"", b"no json", b"[]", b'"ana"', b"null", b"\xff\xfe", b'{"id": 5}', b'{"name": "ana"}', b'{"consent": "personalization"}', b'{"consent": [1]}', b'{"consent": {}}',
        b'{"at": "yesterday"}', b'{"at": 5}', b'{"attributes": {"request": {"timezone": "Mars/Olympus"}}}', b'{"arms": ["control"]}', b"[" * 100_000, b'{"at": "2026-13-01T00:00:00Z"}',
    ],
)  # fmt: skip
def test_a_broken_visitor_file_is_told(small, tmp_path, content):
    path = tmp_path / "visitor.json"
    if content is not None:
        path.write_bytes(content)
    line = refused("decide", small, "--visitor", path)
    assert line.startswith("tessera: ")


@pytest.mark.parametrize(
    "content",
    [
        {"attributes": []}, {"attributes": None}, {"attributes": {"visitor": 5}}, {"attributes": {"": {}}}, {"seen": []}, {"seen": {"spring": "often"}}, {"seen": {"spring": -3}}, {"updated": 7},
        {"updated_at": []}, {"attributes": {"visitor": {"recent": [{"item": 5}, None, ["x"]], "visits": 1e400}}}, {"id": ""}, {"id": "x" * 5000}, {"consent": ["unknown"]},
        {"at": "9998-12-31T23:59:59Z"}, {"at": "1970-01-01T00:00:00Z"}, {"attributes": {"request": {"hour": "ten", "city": "\ud800", "host": "[", "path": "?"}}}, {"arms": {"nothing": "x"}},
    ],
)  # fmt: skip
def test_a_hostile_visitor_file_never_raises(small, tmp_path, content):
    path = tmp_path / "visitor.json"
    path.write_text(json.dumps(content))
    for command in (("decide",), ("decide", "--json"), ("explain",)):
        result = run(command[0], small, "--visitor", path, *command[1:])
        assert result.exit_code in (0, 1) and "Traceback" not in result.output
        if result.exit_code == 1:
            assert result.stderr.startswith("tessera: ") and result.stderr.count("\n") == 1


def test_a_page_that_matches_nothing_is_told(small, tmp_path):
    (tmp_path / "v.json").write_text("{}")
    for page in ("/nowhere", "nowhere", "", "https://shop.example.com/", "//", "/p/a/b", "\x00"):
        line = refused("decide", small, "--visitor", tmp_path / "v.json", "--page", page) if page else ""
        assert not page or ("no page of this site matches" in line and "home (/), product (/p/:sku)" in line)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_explain_tells_the_profiles_of_the_shop(store, profile):
    result = run("explain", store, "--visitor", profile)
    assert result.exit_code == 0 and result.stderr == ""
    same(HERE / "explain" / f"{profile.stem}.txt", result.stdout)


def test_decide_says_why_on_demand(store):
    plain = json.loads(run("decide", store, "--visitor", STORE / "profiles/carl.json", "--json").stdout)["decisions"]["hero"]
    told = json.loads(run("decide", store, "--visitor", STORE / "profiles/carl.json", "--json", "--why").stdout)["decisions"]["hero"]
    why = {key: told[key] for key in ("sentence", "tried")}
    assert told == plain | {**why, "alternatives": told["alternatives"]} and why["tried"][-1]["rule"] == plain["rule"]
    assert told["alternatives"][-1].keys() == {"variant", "because", "weight"}
    assert why["sentence"] in run("decide", store, "--visitor", STORE / "profiles/carl.json", "--why").stdout


def test_explain_json_and_one_slot(store):
    told = json.loads(run("explain", store, "--visitor", STORE / "profiles/carl.json", "--slot", "hero", "--json").stdout)
    assert list(told) == ["hero"] and list(told["hero"]) == ["sentence", "tried", "alternatives"]
    assert [(one["rule"], one["level"], one["held"]) for one in told["hero"]["tried"]] == [("abm", "segment", False), ("customer", "segment", True)]
    assert "customer" in told["hero"]["sentence"] and told["hero"]["tried"][1]["because"] == 'visitor.lifecycle is "customer"'
    line = refused("explain", store, "--visitor", STORE / "profiles/carl.json", "--slot", "heros")
    assert line.startswith("tessera: no slot 'heros'") and "hero" in line


def test_explain_checks_the_key_where_one_is_given(small, tmp_path):
    (tmp_path / "v.json").write_text("{}")
    run("keygen", tmp_path / "own.key")
    assert "not signed" in refused("explain", small, "--visitor", tmp_path / "v.json", "--key", tmp_path / "own.pub")


# --- test ------------------------------------------------------------------------------------------------------------------


def test_the_scenarios_of_the_shop_pass():
    result = run("test", STORE)
    assert result.exit_code == 0 and re.fullmatch(r"\d+ passed, 0 failed\n", result.output)


def test_failing_scenarios_say_what_came_and_why(site):
    shutil.copy(HERE / "failing_scenarios.yaml", site / "scenarios/failing.yaml")
    result = run("test", "site")
    assert result.exit_code == 1 and result.stderr == ""
    same(HERE / "failing_scenarios.txt", result.stdout)
    told = json.loads(run("test", "site", "--json").stdout)
    assert {tuple(one) for one in told} == {("name", "passed", "problem", "failures")}
    assert {tuple(failure) for one in told for failure in one["failures"]} == {("slot", "field", "expected", "got", "because")}
    assert [one["passed"] for one in told].count(False) == result.stdout.count("FAILED")


def test_a_wrong_site_is_not_tested(site):
    swap(site / "slots/hero.yaml", "component: hero", "component: nothing")
    result = run("test", "site")
    assert result.exit_code == 1 and "E035" in result.stderr and result.stdout == ""


# --- init and schema -------------------------------------------------------------------------------------------------------


def test_init_writes_a_site_that_checks_tests_and_builds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = run("init", "my-site")
    assert made.exit_code == 0 and made.stdout.endswith("next: tessera check my-site\n")
    assert run("check", "my-site").output == "my-site: no errors\n"
    assert run("test", "my-site").output == "2 passed, 0 failed\n"
    assert run("build", "my-site", "--out", "my.tessera").exit_code == 0


def test_init_refuses_what_is_not_empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("full").mkdir()
    Path("full/.hidden").write_text("mine")
    assert refused("init", "full") == "tessera: full: this folder is not empty; choose another"
    assert [path.name for path in Path("full").iterdir()] == [".hidden"]
    Path("empty").mkdir()
    assert run("init", "empty").exit_code == 0
    Path("file").write_text("")
    assert refused("init", "file").startswith("tessera: file: ")
    assert refused("init", "file/site").startswith("tessera: ")


def test_schema_writes_one_file_a_kind(tmp_path):
    result = run("schema", tmp_path / "schemas")
    assert result.exit_code == 0 and len(result.stdout.splitlines()) == len(list((tmp_path / "schemas").iterdir())) == 9
    (tmp_path / "file").write_text("")
    assert refused("schema", tmp_path / "file" / "schemas").startswith("tessera: ")


def test_publish_refuses_what_is_no_bundle(tmp_path):
    (tmp_path / "x.tessera").write_bytes(b"nothing")
    assert "not a Tessera bundle" in refused("publish", tmp_path / "x.tessera", "--state", tmp_path / "state")


@pytest.mark.parametrize("command", ["dev", "demo"])
def test_a_wrong_site_is_not_served(site, command):
    swap(site / "slots/hero.yaml", "component: hero", "component: nothing")
    result = run(command, "site", "--port", "0", "--state", "state")
    assert result.exit_code == 1 and "E035" in result.stderr


@pytest.mark.parametrize("facts", ["{", "[]", "5"])
def test_facts_that_are_no_object_are_told(site, facts):
    assert refused("dev", "site", "--facts", facts, "--state", "state", code=2).startswith("tessera: --facts ")


# --- preview ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options, path, forced", [
    (["--variant", "hero=business"], "/", {"slot.hero": "business"}),
    (["--variant", "hero=none", "--arm", "headline=benefit", "--arm", "ranker=taste", "--path", "/p/1"], "/p/1", {"slot.hero": "none", "headline": "benefit", "ranker": "taste"}),
    (["--arm", "headline=control", "--path", "/?a=1"], "/?a=1", {"headline": "control"}),
])  # fmt: skip
def test_preview_prints_a_link_that_is_good_for_a_while(site, options, path, forced):
    import time

    from compiler.local import local
    from tessera.identity import keys
    from tessera.preview import wished

    result = run("preview", "site", *options, "--for", "2h", "--state", "local")
    link = result.output.rstrip("\n")
    key, now = keys(local(Path("local")).cookie_key.read_text()), time.time()
    assert result.exit_code == 0 and link.startswith(f"{path}{'&' if '?' in path else '?'}tessera_preview=1.dev.")
    assert wished(f"https://shop.example.com{link}", key, now + 7100) == forced
    assert wished(f"https://shop.example.com{link}", key, now + 7201) == {}


@pytest.mark.parametrize("options, says, code", [
    (["--variant", "her=business"], "tessera: no slot is called 'her'; did you mean 'hero'?", 1),
    (["--variant", "hero=busines"], "tessera: no variant of 'hero' is called 'busines'; did you mean 'business'?", 1),
    (["--variant", "hero"], "tessera: no variant of 'hero' is called ''; known are business, everyone, welcome, none", 1),
    (["--arm", "headlin=benefit"], "tessera: no experiment is called 'headlin'; did you mean 'headline'?", 1),
    (["--arm", "headline=benefits"], "tessera: no arm of 'headline' is called 'benefits'; did you mean 'benefit'?", 1),
    (["--arm", "headline=benefit", "--for", "1y"], "tessera: --for 1y: write a duration of at most 30d, such as 90m, 8h or 2d", 2),
    (["--arm", "headline=benefit", "--for", "31d"], "tessera: --for 31d: write a duration of at most 30d, such as 90m, 8h or 2d", 2),
    (["--arm", "headline=benefit", "--path", "//evil.example#"], "tessera: --path //evil.example#: begin it with a slash, and leave a fragment (#…) out", 2),
])  # fmt: skip
def test_preview_names_what_there_is_not(site, options, says, code):
    assert refused("preview", "site", *options, "--state", "local", code=code) == says


def test_preview_needs_a_wish(site):
    assert run("preview", "site", "--state", "local").exit_code == 2
