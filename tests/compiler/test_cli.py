"""The command line: what each command prints, its exit codes, and one clear line for whatever is wrong with its inputs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from compiler.cli import main
from tests.compiler.commands import STORE, refused, run, same
from tests.golden.cases import BASE, HERE, swap


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
    assert list(sizes)[:8] == ["envelope", "site", "conditions", "decisions", "content", "lists", "lookups", "items"]
    assert {"ids", "ids/rows", "items/price/0", "models/affinity/rows", "models/affinity/scales"} < sizes.keys()
    assert total.split() == [f"{size:,}", "out.tessera"] and sum(sizes.values()) < size
    assert re.fullmatch("bundle [0-9a-f]{64}", name)


def test_build_json(site):
    told = json.loads(run("build", "site", "--out", "out.tessera", "--json").stdout)
    assert list(told) == ["bundle", "file", "bytes", "format", "signed", "sections"]
    assert (told["file"], told["bytes"], told["format"], told["signed"]) == ("out.tessera", Path("out.tessera").stat().st_size, 5, False)
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
    assert result.exit_code == 0 and link.startswith(f"https://shop.example.com{path}{'&' if '?' in path else '?'}tessera_preview=1.dev.")
    assert wished(link, key, now + 7100) == forced
    assert wished(link, key, now + 7201) == {}


def previewed(*options, key="local/keys/cookie.key"):
    """The wish of the link that is printed for the small site, and the link."""
    import time

    from tessera.identity import keys
    from tessera.preview import wish

    result = run("preview", *options, "--state", "local")
    assert result.exit_code == 0, result.output
    link = result.stdout.rstrip("\n")
    return wish(link, keys(Path(key).read_text()), time.time()), link


def test_preview_sees_with_the_eyes_of_a_visitor_of_the_scenarios(site):
    found, _ = previewed("site", "--as", "anna", "--arm", "headline=benefit")
    assert found.forced == {"headline": "benefit"}
    assert found.persona._asdict() == {"attributes": {"visitor.visits": 9}, "purposes": ("personalization", "analytics"), "at": None, "offset": 0, "seen": {}}


def test_preview_decides_as_the_scenarios_do(site):
    from tessera.bundle import load, unseal
    from tessera.context import Request
    from tessera.decide import decide
    from tessera.preview import played

    found, _ = previewed("site", "--as", "anna")
    run("build", "site", "--out", "site.tessera")
    bundle = load(unseal(Path("site.tessera").read_bytes()))
    decisions = decide(bundle, played(bundle, Request(url="https://shop.example.com/", now="1775001600000", page="home"), found.forced, found.persona), "home")
    assert {bundle.slots[d.slot].name: bundle.slots[d.slot].variants[d.variant][0] for d in decisions}["hero"] == "welcome"


def test_preview_takes_a_visitors_file(site):
    file = {"id": "x", "attributes": {"visitor": {"visits": 2}, "request": {"country": "DE", "timezone": "Europe/Berlin"}, "odd": 1}, "at": "2026-12-03T20:15:00+01:00", "seen": {"spring": 1}}
    Path("x.json").write_text(json.dumps(file))
    result = run("preview", "site", "--as", "x.json", "--json", "--state", "local")
    told = json.loads(result.stdout)
    assert told["facts"] == {"visitor.visits": 2, "request.country": "DE", "request.region": "EEA"} and (told["as"], told["shows"]) == ("x.json", {})
    assert "does not know the attribute 'odd'" in result.stderr and told["until"].endswith("+00:00")
    found, _ = previewed("site", "--as", "x.json")
    assert (found.persona.at, found.persona.offset, found.persona.purposes, found.persona.seen) == (1796325300.0, 60, None, {"spring": 1})


@pytest.mark.parametrize("options", [["--site", "site"], []])
def test_preview_of_a_bundle_finds_the_scenarios(site, options):
    run("build", "site", "--out", "site.tessera")
    if not options:
        shutil.copytree("site", "rulesets/shop.example.com")
    assert previewed("site.tessera", "--as", "anna", *options)[0].persona.attributes == {"visitor.visits": 9}


def test_preview_of_a_bundle_alone_has_no_scenarios(site):
    run("build", "site", "--out", "site.tessera")
    assert "say with --site where 'anna' is from" in refused("preview", "site.tessera", "--as", "anna", "--state", "local")


def test_preview_can_be_signed_with_the_sites_own_key(site):
    Path("own.key").write_text("own:" + "A" * 43)
    found, link = previewed("site", "--arm", "headline=benefit", "--cookie-key", "own.key", key="own.key")
    assert found.forced == {"headline": "benefit"} and "tessera_preview=1.own." in link and not Path("local").exists()


@pytest.mark.parametrize("hosts, options, start", [
    ("[localhost, 127.0.0.1, shop.example.com]", [], "https://shop.example.com/"), ('["*.example.com", shop.example.com]', [], "https://shop.example.com/"),
    ("[localhost]", [], "http://localhost/"), ("[localhost]", ["--url", "http://localhost:8787/"], "http://localhost:8787/?"),
    ("[localhost]", ["--url", "https://stage.example.com", "--path", "/p/1"], "https://stage.example.com/p/1?"),
])  # fmt: skip
def test_preview_leads_to_the_sites_host(site, hosts, options, start):
    path = Path("site/site.yaml")
    path.write_text(path.read_text().replace("hosts: [shop.example.com]", f"hosts: {hosts}"))
    assert previewed("site", "--variant", "hero=none", *options)[1].startswith(start)


@pytest.mark.parametrize("options, says, code", [
    (["--variant", "her=business"], "tessera: no slot is called 'her'; did you mean 'hero'?", 1),
    (["--variant", "hero=busines"], "tessera: no variant of 'hero' is called 'busines'; did you mean 'business'?", 1),
    (["--variant", "hero"], "tessera: no variant of 'hero' is called ''; known are business, everyone, welcome, none", 1),
    (["--arm", "headlin=benefit"], "tessera: no experiment is called 'headlin'; did you mean 'headline'?", 1),
    (["--arm", "headline=benefits"], "tessera: no arm of 'headline' is called 'benefits'; did you mean 'benefit'?", 1),
    (["--arm", "headline=benefit", "--for", "1y"], "tessera: --for 1y: write a duration of at most 30d, such as 90m, 8h or 2d", 2),
    (["--arm", "headline=benefit", "--for", "31d"], "tessera: --for 31d: write a duration of at most 30d, such as 90m, 8h or 2d", 2),
    (["--arm", "headline=benefit", "--path", "//evil.example"], "tessera: --path //evil.example: begin it with one slash, and leave a fragment (#…) out", 2),
    (["--as", "ana"], "tessera: no visitor of the scenarios is called 'ana'; did you mean 'anna'?", 1),
    (["--as", "anna.json"], "tessera: anna.json: no such file", 1),
    *((["--as", "anna", "--url", url], f"tessera: --url {url}: write scheme and host, such as http://localhost:8787; the page goes into --path", 2)
      for url in ("shop.example.com", "ftp://x", "https://x/p", "https://x?a", "https://x#a", "https://a@x", "https://", "https://x:99999", "https://[x")),
    (["--arm", "headline=benefit", "--path", "/a#b"], "tessera: --path /a#b: begin it with one slash, and leave a fragment (#…) out", 2),
])  # fmt: skip
def test_preview_names_what_there_is_not(site, options, says, code):
    assert refused("preview", "site", *options, "--state", "local", code=code) == says


def test_preview_tells_a_broken_key(site):
    run("preview", "site", "--arm", "headline=benefit", "--state", "local")
    (key,) = Path("local").rglob("*cookie*")
    key.write_text("no key")
    assert str(key) in refused("preview", "site", "--arm", "headline=benefit", "--state", "local")


def test_preview_needs_a_wish(site):
    assert run("preview", "site", "--state", "local").exit_code == 2
