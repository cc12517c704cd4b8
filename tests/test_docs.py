"""The documents say what the code does: keys, fields, bindings, links, commands and whole examples are checked."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest

from compiler import shape_ladders, shape_trials, shapes
from compiler.cel_functions import NAMES
from compiler.cli import main
from compiler.pipeline import compile_site
from compiler.scenarios import of_site, run
from compiler.visitors import KEYS, visit_of
from tests.conformance.suites import SUITES
from tests.releasing import payload
from tessera import about, log
from tessera.bundle import HEADER, TRAILER, load, unseal
from tessera.resolved import Bundle
from tessera.context import BUILT_IN, Request
from tessera.decide import decide
from tessera.record import page_view, rows
from tessera.types import Decision

ROOT = Path(__file__).parent.parent
STORE = ROOT / "rulesets" / "store"
DOCS = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]
OTHERS = [ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "scripts/README.md")]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WHOLE = re.compile(r"\A(?:#|<!--) (?P<path>[\w./-]+\.(?:yaml|csv|html))(?: -->)?\n")
CODE = re.compile(r"`([^`\n]+)`")


def text_of(path: Path | str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def blocks(path: Path | str, *kinds: str) -> list[str]:
    """The fenced blocks of these kinds."""
    return [body for kind, body in FENCE.findall(text_of(path)) if not kinds or kind in kinds]


def table(path: str, mark: str) -> list[list[str]]:
    """The rows (without the header) of the table below a comment `<!-- mark -->`."""
    below = text_of(path).split(f"<!-- {mark} -->\n", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in below.splitlines()[2:]]


def named(path: str, mark: str, column: int = 0) -> list[str]:
    """The names in backticks of a table's column."""
    return [name for row in table(path, mark) for name in CODE.findall(row[column])]


def whole_files(path: Path | str) -> dict[str, str]:
    """Blocks that begin with a file name → their text; the first line stays only where it is a comment of YAML."""
    found = {}
    for body in blocks(path):
        match = WHOLE.match(body)
        if match:
            keep = match["path"].endswith(".yaml")
            found[match["path"]] = body if keep else body[match.end() :]
    return found


def write(site: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(content, encoding="utf-8")
    return site


@pytest.fixture(scope="module")
def store() -> Bundle:
    return load(unseal(compile_site(STORE).bundle))


@pytest.fixture(scope="module")
def messages(store: Bundle) -> list[dict[str, Any]]:
    """Page views of 40 visitors, as the queue carries them."""
    facts = {"visitor": {"recent": ["kochere", "nyeri", "huila"], "lifecycle": "customer"}}
    found = []
    for number in range(40):
        told = {"id": f"visitor-{number}", "consent": ["personalization", "analytics"], "at": "2026-12-03T10:00:00+01:00", "attributes": facts}
        visit, _ = visit_of(store, told, "home")
        view = page_view(store, visit, decide(store, visit, "home"), view=f"view-{number}", page="home")
        found.append({"view": view, "page_status": "planned", "places": {slot["slot"]: "spliced" for slot in view["slots"]}})
    return found


# --- links and paths ----------------------------------------------------------------------------------------------------


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    titles = re.findall(r"^#{1,6} (.+)$", re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.M | re.S), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.replace("`", "").lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", [*DOCS, *OTHERS], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    prose = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        assert found.exists(), f"{path.name}: {target}"
        if anchor and found.suffix == ".md":
            assert anchor in anchors(found), f"{path.name}: {target}"


@pytest.mark.parametrize("path", [*DOCS, *OTHERS], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_that_are_named_exist(path: Path) -> None:
    """Whatever in backticks begins with a folder of the repository is a file or folder there."""
    folders = ("edge/", "compiler/", "host/", "tests/", "scripts/", "rulesets/", "docs/", "tools/")
    for name in CODE.findall(path.read_text()):
        if name.startswith(folders) and not re.search(r"[<>*{ ]", name):
            assert (ROOT / name).exists(), f"{path.name}: {name}"


@pytest.mark.parametrize("path", [*DOCS, *OTHERS], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_machine_is_named(path: Path) -> None:
    assert not re.search(r"(?<![\w.:/])/(work|tmp|home|root|opt|Users)/", path.read_text())


# --- commands -----------------------------------------------------------------------------------------------------------


def commands(path: Path | str) -> list[str]:
    lines = [line for body in blocks(path, "sh") for line in body.replace("\\\n", " ").splitlines()]
    return [line.split("  #")[0].strip() for line in lines if line.strip() and not line.startswith("#")]


@pytest.mark.parametrize("path", [*DOCS, *OTHERS], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z][\w-]*):", text_of("Makefile"), re.MULTILINE))
    for command in commands(path):
        words = command.split()
        if words[0] == "make":
            assert words[1] in targets, command
        if words[0].endswith("tessera"):
            known = main.commands.get(words[1])
            if isinstance(known, click.Group) and len(words) > 2:
                known = known.commands.get(words[2])
            assert known is not None or words[1].startswith("-"), command
            options = {option for parameter in known.params for option in parameter.opts} | {"--help"} if known else {words[1]}
            assert {word for word in words[2:] if word.startswith("--")} <= options, command
        if words[0].startswith("scripts/"):
            assert (ROOT / words[0]).exists(), command


def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    """Those that need neither the network nor the running host."""
    tessera = [sys.executable, "-m", "compiler.cli"]
    ran = 0
    for command in commands("README.md"):
        words = command.split()
        if words[0].endswith("tessera") and words[1] not in ("dev", "demo", "publish"):
            words = [str(tmp_path / word) if word.endswith(".tessera") else word for word in words[1:]]
            done = subprocess.run([*tessera, *words], cwd=ROOT, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, f"{command}: {done.stderr}"
            if words[0] == "explain":
                assert f"\n```\n{done.stdout}```\n" in text_of("README.md"), "the README shows what is printed"
            ran += 1
        elif words[0] == "make":
            done = subprocess.run(["make", "--dry-run", *words[1:]], cwd=ROOT, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, f"{command}: {done.stderr}"
            ran += 1
    assert ran >= 5


# --- examples -----------------------------------------------------------------------------------------------------------


def _vectors(site: Path) -> None:
    import numpy as np

    ids = [line.split(",")[0] for line in (site / "items.csv").read_text().splitlines()[1:]]
    np.savez(site / "items.npz", ids=np.array(ids), vectors=np.eye(len(ids), 4, dtype=np.float32))


def test_the_authoring_guide_is_a_site_that_compiles_and_passes_its_scenarios(tmp_path: Path) -> None:
    site = write(tmp_path / "site", whole_files("docs/authoring.md"))
    _vectors(site)
    compiled = compile_site(site)
    assert [item.code for item in compiled.diagnostics.items] == []
    results = run(load(unseal(compiled.bundle)), of_site(compiled.ruleset))
    assert [(one.name, one.problem, one.failures) for one in results if not one.passed] == []
    assert len(results) >= 7


def test_the_ruleset_of_the_readme_is_the_shops(tmp_path: Path) -> None:
    files = whole_files("README.md")
    assert files
    site = shutil.copytree(STORE, tmp_path / "store", ignore=shutil.ignore_patterns("public"))
    compiled = compile_site(write(site, files))
    assert unseal(compiled.bundle).name == unseal(compile_site(STORE).bundle).name


def test_the_functions_of_conditions_are_told() -> None:
    section = text_of("docs/authoring.md").partition("\n## Conditions\n")[2].partition("\n## ")[0]
    told = {word for code in CODE.findall(section) for word in re.findall(r"(?:(?:math|strings|ip)\.)?[A-Za-z]+", code)}
    assert set(NAMES) <= told


def test_the_visitor_of_the_authoring_guide_can_be_decided(store: Bundle) -> None:
    visitors = [json.loads(body) for body in blocks("docs/authoring.md", "json") if '"consent"' in body]
    assert visitors
    for visitor in visitors:
        visit, unknown = visit_of(store, visitor, "home")
        assert unknown == [] and decide(store, visit, "home")


# --- authoring.md -------------------------------------------------------------------------------------------------------


def _shapes() -> list[type[shapes.Shape]]:
    modules = (shapes, shape_ladders, shape_trials)
    found = {value: None for module in modules for value in vars(module).values() if isinstance(value, type) and issubclass(value, shapes.Shape)}
    return [shape for shape in found if shape is not shapes.Shape and _keys(shape)]


def _keys(shape: type[shapes.Shape]) -> set[str]:
    """A shape's own keys as they are written, without those of the shape that it extends."""
    inherited = {name for base in shape.__mro__[1:] if issubclass(base, shapes.Shape) for name in base.model_fields} if shape.__mro__ else set()
    own = {name: field for name, field in shape.model_fields.items() if name not in inherited}
    return {field.alias or name for name, field in own.items()}


@pytest.mark.parametrize("shape", _shapes(), ids=lambda shape: shape.__name__)
def test_every_key_of_the_format_is_told(shape: type[shapes.Shape]) -> None:
    assert set(named("docs/authoring.md", f"keys: {shape.__name__}")) == _keys(shape)


def test_built_in_attributes_are_told() -> None:
    told = {row[0].strip("`"): (row[1], tuple(CODE.findall(row[2]))) for row in table("docs/authoring.md", "built-in")}
    assert told == {name: (kind, values) for name, (kind, values, _) in BUILT_IN.items()}


def test_reasons_are_told() -> None:
    listed = re.search(r"`why` is one of ([\w, \n]+?)\.", Decision.__doc__ or "")
    assert listed is not None
    known = set(re.findall(r"\w+", listed[1].replace(" or ", " ")))
    assert set(named("docs/authoring.md", "reasons")) == known


def test_visitor_keys_are_told() -> None:
    assert set(named("docs/authoring.md", "visitor keys")) == set(KEYS)


# --- format.md ----------------------------------------------------------------------------------------------------------


def _sections(data: bytes) -> dict[str, Any]:
    import msgpack

    body = data[HEADER.size :]
    size = int.from_bytes(body[:4], "big")
    listed = msgpack.unpackb(body[8 : 8 + size])["sections"]
    return {name: body[at : at + length] if kind != "msgpack" else msgpack.unpackb(body[at : at + length], strict_map_key=False) for name, at, length, kind in listed}


def test_the_sections_of_a_bundle_are_told() -> None:
    sections = _sections(compile_site(STORE).bundle)
    text = text_of("docs/format.md")
    for name in sections:
        family, _, rest = name.partition("/")
        told = {"items": f"`items/<field>/{rest[-1:]}`", "models": "`models/<name>/…`", "mask": "`mask/<number>`", "boost": "`boost/<number>`"}
        assert f"`{name}`" in text or told.get(family, "?") in text, name
        assert family != "models" or f"`{rest.partition('/')[2]}`" in text, name
    for name in ("site", "conditions", "decisions"):
        assert named("docs/format.md", f"keys: {name}") == list(sections[name])
    for name in ("rules", "experiments"):
        assert named("docs/format.md", f"keys: {name}") == list(sections["decisions"][name])


def test_sizes_are_told() -> None:
    text = text_of("docs/format.md")
    assert f"header    {HEADER.size} bytes" in text and f"or {TRAILER.size} bytes (signed)" in text


def test_the_dissecting_script_runs(tmp_path: Path) -> None:
    (script,) = blocks("docs/format.md", "python")
    (tmp_path / "dissect.py").write_text(script)
    (tmp_path / "store.tessera").write_bytes(compile_site(STORE).bundle)
    done = subprocess.run([sys.executable, "dissect.py", "store.tessera"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "models/affinity/rows" in done.stdout, done.stderr


def test_the_fields_of_a_visit_are_told() -> None:
    assert named("docs/format.md", "fields: visit", 1) == list(Request._fields)


def test_every_field_of_the_log_is_told(messages: list[dict[str, Any]]) -> None:
    shared = set(messages[0]["view"]) - {"slots"} | {"page_status", "lane", "took"}
    assert set(named("docs/format.md", "fields: page_view")) == shared
    assert set(named("docs/format.md", "fields: outcome")) == set(rows(messages[0])[0]) - shared


def test_every_key_of_the_pointer_is_told() -> None:
    assert set(named("docs/format.md", "fields: pointer")) == set(payload("0" * 64))


def test_the_fields_of_the_about_document_are_told() -> None:
    assert set(named("docs/format.md", "fields: about")) == {*about.describe(None, None, None, 0.0, (3, 14, 0)), "counts"}


def test_every_refusal_is_told() -> None:
    """The literal beginnings of the reader's messages."""
    told = text_of("docs/format.md")
    for source in ("edge/tessera/bundle.py", "edge/tessera/release.py", "edge/entry.py"):
        for message in re.findall(r'BundleError\(f?"([^"]+)"', text_of(source)):
            beginning = re.split(r"[;{,(]", message)[0].strip()
            assert beginning in told, message


def test_assignment_is_recomputed_in_sql(messages: list[dict[str, Any]], tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    for key, content in log.files([(str(i), json.dumps(message)) for i, message in enumerate(messages)]):
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_text(content)
    _, query = blocks("docs/format.md", "sql")
    counted = duckdb.sql(query.replace("LOG/", f"{tmp_path}/")).fetchall()
    assert [name for name, *_ in counted] == ["carousel_ranker", "hero_headline"]
    assert all(units == agree > 0 and outside == 0 for _, units, agree, outside in counted)


# --- deploy.md ----------------------------------------------------------------------------------------------------------


def glue() -> str:
    """The source of all that touches the platform."""
    return "".join(path.read_text() for path in (ROOT / "edge" / "entry.py", ROOT / "edge" / "consume.py", *sorted((ROOT / "edge").glob("*.mjs")), *sorted((ROOT / "front").glob("*.mjs"))))


def test_every_setting_and_binding_is_told() -> None:
    told = text_of("docs/deploy.md")
    settings = tomllib.loads(text_of("wrangler.toml"))
    names = set(settings["vars"]) | {settings["assets"]["binding"]}
    names |= {one["binding"] for kind in ("kv_namespaces", "r2_buckets") for one in settings[kind]}
    names |= {one["binding"] for one in settings["queues"]["producers"]}
    names |= set(re.findall(r'"(TESSERA_[A-Z_]+)"', text_of("edge/entry.py")))
    names |= set(re.findall(r"\benv\.([A-Z][A-Z_]+)", glue()))
    for name in names:
        assert f"`{name}`" in told, name
    for key in ("compatibility_date", "compatibility_flags", "rules", "max_batch_size", "max_batch_timeout", "max_retries"):
        assert f"`{key}`" in told, key


def test_every_line_of_the_workers_log_is_told() -> None:
    said = set(re.findall(r'\b(?:say|note)\("([a-z-]+)"', glue()))
    assert len(said) > 10 and said == {event for row in table("docs/deploy.md", "events") for event in CODE.findall(row[0])}


def test_every_status_of_a_page_and_a_slot_is_told() -> None:
    told = text_of("docs/format.md")
    for status in {*re.findall(r'"(slot-[a-z]+|missing|planned|plan-hit|plan-shared|spliced|kept|offered|redirected)"', glue()), *re.findall(r'return "([a-z]+)";', text_of("edge/page.mjs"))}:
        assert f"`{status}`" in told, status


def test_every_command_is_told() -> None:
    told = "".join(text_of(path) for path in ("README.md", "docs/authoring.md", "docs/deploy.md", "docs/import.md"))
    for name in main.commands:
        assert f"tessera {name}" in told, name


# --- conformance.md -----------------------------------------------------------------------------------------------------


def test_the_figures_of_the_readme_are_those_of_the_scoreboard() -> None:
    told = " ".join(text_of("README.md").split())
    figures = {row[0].partition("]")[0].strip("["): row for row in table("docs/conformance.md", "scoreboard")}
    for suite, name in {"growthbook": "GrowthBook", "unleash": "Unleash", "flagd": "flagd", "optimizely": "Optimizely", "eppo": "Eppo"}.items():
        cases, passed, _, skipped = (int(cell.replace(",", "")) for cell in figures[suite][2:])
        assert f"{name} {passed:,} of {cases - skipped:,}" in told


def test_every_suite_is_told() -> None:
    assert [row[0].partition("]")[0].strip("[") for row in table("docs/conformance.md", "scoreboard")] == list(SUITES)
    assert set(SUITES) <= anchors(ROOT / "docs" / "conformance.md")


# --- scripts ------------------------------------------------------------------------------------------------------------


def test_every_script_is_told() -> None:
    files = {path.name for path in (ROOT / "scripts").iterdir() if path.name not in ("README.md", "__pycache__")}
    assert files <= set(CODE.findall(text_of("scripts/README.md")))
