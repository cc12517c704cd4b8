"""Provenance and bills of materials: what they say of a bundle, and that each kind of tampering is told apart."""

from __future__ import annotations

import json
import subprocess
from base64 import b64decode, b64encode
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Callable

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from compiler.cli_provenance import provenance, sbom
from compiler.pipeline import compile_site
from compiler.releases import dsse
from compiler.releases.sbom import SbomError, locked
from compiler.releases.sources import dir_hash, digests, public_remote, revision
from compiler.sign import generate, sign
from compiler.starter import write
from tessera.bundle import FORMAT, unseal
from tests.ci.repository import committed

STORE = Path(__file__).parents[2] / "rulesets" / "store"


def run(command: Any, *arguments: Any, **environment: str) -> Result:
    unset = {name: None for name in ("GITHUB_ACTIONS", "GITHUB_WORKFLOW_REF", "SOURCE_DATE_EPOCH")}
    return CliRunner(env=unset | environment).invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)


def done(command: Any, *arguments: Any, **environment: str) -> Result:
    result = run(command, *arguments, **environment)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder: keys, a small site in a git repository, its signed bundle, the bill and the provenance."""
    folder = tmp_path_factory.mktemp("provenance")
    for name in ("ours", "theirs"):
        generate(folder / f"{name}.key")
    site = folder / "repository" / "sites" / "small"
    write(site)
    committed(folder / "repository")
    (folder / "s.tessera").write_bytes(sign(compile_site(site).bundle, folder / "ours.key"))
    done(sbom, "write", folder / "s.tessera", "--site", site)
    done(provenance, "write", folder / "s.tessera", "--site", site, "--key", folder / "ours.key", "--sbom", folder / "s.sbom.json")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    subprocess.run(["cp", "-R", f"{made}/.", tmp_path], check=True)
    return tmp_path


def told(folder: Path) -> dict[str, Any]:
    return json.loads(b64decode(json.loads((folder / "s.provenance.json").read_text())["payload"]))


def test_the_statement_says_what_the_bundle_was_made_of(made: Path):
    data, site = (made / "s.tessera").read_bytes(), made / "repository" / "sites" / "small"
    statement = told(made)
    assert statement["_type"] == "https://in-toto.io/Statement/v1" and statement["predicateType"] == "https://slsa.dev/provenance/v1"
    name = unseal(data).name
    assert statement["subject"] == [
        {"name": f"{name}.tessera", "digest": {"sha256": sha256(data).hexdigest()}},
        {"name": f"{name}.tessera#body", "digest": {"sha256": name}},
    ]
    definition, details = statement["predicate"]["buildDefinition"], statement["predicate"]["runDetails"]
    assert definition["externalParameters"] == {"site": "sites/small", "format": FORMAT}
    found = {one["name"]: one for one in definition["resolvedDependencies"]}
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=site, capture_output=True, text=True, check=True).stdout.strip()
    assert found["repository"] == {"name": "repository", "digest": {"gitCommit": head}, "annotations": {"dirty": False}}
    assert found["site/site.yaml"]["digest"] == {"sha256": sha256((site / "site.yaml").read_bytes()).hexdigest()}
    assert {name for name in found if name.startswith("site/")} == {f"site/{name}" for name in digests(site)}
    assert {"requirements.lock", "tessera-edge"} <= found.keys()
    assert details["builder"]["id"] == "urn:tessera:builder:local" and "metadata" not in details
    assert details["byproducts"] == [{"name": "s.sbom.json", "digest": {"sha256": sha256((made / "s.sbom.json").read_bytes()).hexdigest()}}]


def test_the_same_build_gives_the_same_bytes(made: Path, tmp_path: Path):
    site = made / "repository" / "sites" / "small"
    for first, again in (("s.sbom.json", tmp_path / "b.json"), ("s.provenance.json", tmp_path / "p.json")):
        more = ("--key", made / "ours.key", "--sbom", made / "s.sbom.json") if "provenance" in first else ()
        done(provenance if more else sbom, "write", made / "s.tessera", "--site", site, *more, "--out", again)
        assert again.read_bytes() == (made / first).read_bytes()


def test_on_github_the_workflow_is_the_builder_and_a_declared_time_is_told(made: Path, tmp_path: Path):
    github = {"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_WORKFLOW_REF": "o/r/.github/workflows/release.yml@refs/heads/main", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "2"}
    site, out = made / "repository" / "sites" / "small", tmp_path / "p.json"
    done(provenance, "write", made / "s.tessera", "--site", site, "--key", made / "ours.key", "--out", out, SOURCE_DATE_EPOCH="1795000000", **github)
    details = json.loads(b64decode(json.loads(out.read_text())["payload"]))["predicate"]["runDetails"]
    assert details["builder"]["id"] == "https://github.com/o/r/.github/workflows/release.yml@refs/heads/main"
    assert details["metadata"] == {"invocationId": "https://github.com/o/r/actions/runs/7/attempts/2", "finishedOn": "2026-11-18T11:06:40Z"}


def test_what_holds_is_said(made: Path):
    site = made / "repository" / "sites" / "small"
    proof = json.loads(done(provenance, "verify", made / "s.tessera", "--key", made / "ours.pub", "--sbom", made / "s.sbom.json", "--site", site, "--commit", revision(site).commit, "--json").stdout)
    assert proof["valid"] and proof["dirty"] is False and proof["files"] == len(digests(site))
    done(sbom, "verify", made / "s.tessera", "--site", site)


# --- tampering: each kind is told apart ---------------------------------------------------------------------------------


def enveloped(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], Any]:
    """Change the envelope without signing it anew."""

    def apply(folder: Path) -> None:
        path = folder / "s.provenance.json"
        envelope = json.loads(path.read_text())
        change(envelope)
        path.write_text(json.dumps(envelope))

    return apply


def stated(change: Callable[[dict[str, Any]], Any], key: str = "ours.key", kind: str = dsse.IN_TOTO) -> Callable[[Path], Any]:
    """Change the statement and sign it anew."""

    def apply(folder: Path) -> None:
        statement = told(folder)
        change(statement)
        (folder / "s.provenance.json").write_bytes(dsse.seal(json.dumps(statement).encode(), folder / key, kind))

    return apply


def payload(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], Any]:
    def apply(envelope: dict[str, Any]) -> None:
        statement = json.loads(b64decode(envelope["payload"]))
        change(statement)
        envelope["payload"] = b64encode(json.dumps(statement).encode()).decode()

    return enveloped(apply)


def bundled(change: Callable[[Path, bytes], bytes]) -> Callable[[Path], Any]:
    return lambda folder: (folder / "s.tessera").write_bytes(change(folder, (folder / "s.tessera").read_bytes()))


def another(folder: Path, _: bytes) -> bytes:
    copy = folder / "repository" / "sites" / "small" / "content" / "hero.yaml"
    copy.write_text(copy.read_text().replace("Welcome", "Hello", 1))
    return sign(compile_site(copy.parents[1]).bundle, folder / "ours.key")


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def edit(path: str, text: str) -> Callable[[Path], Any]:
    return lambda folder: (folder / path).write_text(text)


SMALL = "repository/sites/small"
TAMPERED = {
    "the bundle's body": ("bundle", "does not match its digest", bundled(lambda _, data: flipped(data, 200)), ()),
    "the bundle cut off": ("bundle", "truncated", bundled(lambda _, data: data[:300]), ()),
    "the bundle's signature": ("bundle", "wrong signature", bundled(lambda _, data: flipped(data, len(data) - 1)), ()),
    "the bundle signed by somebody else": ("bundle", "unknown key", bundled(lambda folder, data: sign(data, folder / "theirs.key")), ()),
    "the bundle signed by another key that is trusted": ("re-signed", "signature was replaced", bundled(lambda folder, data: sign(data, folder / "theirs.key")), ("--key", "theirs.pub")),
    "another bundle of ours": ("other-bundle", "it is of", bundled(another), ()),
    "the statement": ("signature", "was altered", payload(lambda one: one["predicate"]["runDetails"]["builder"].update(id="https://evil.example")), ()),
    "its type": ("signature", "was altered", enveloped(lambda one: one.update(payloadType="application/json")), ()),
    "its signature": ("signature", "was altered", enveloped(lambda one: one["signatures"][0].update(sig=b64encode(bytes(64)).decode())), ()),
    "no signature": ("unsigned", "no signature", enveloped(lambda one: one.update(signatures=[])), ()),
    "signed by somebody else": ("unknown-key", "unknown key", stated(lambda _: None, "theirs.key"), ()),
    "signed as something else": ("type", "signed as 'text/plain'", stated(lambda _: None, kind="text/plain"), ()),
    "another kind of statement": ("statement", "of another kind", stated(lambda one: one.update(predicateType="https://spdx.dev/Document")), ()),
    "no statement": ("statement", "no in-toto statement", stated(lambda one: one.clear()), ()),
    "another kind of build": ("statement", "build type", stated(lambda one: one["predicate"]["buildDefinition"].update(buildType="urn:other")), ()),
    "no envelope": ("unreadable", "no DSSE envelope", edit("s.provenance.json", "[]"), ()),
    "no base64": ("unreadable", "no DSSE envelope", enveloped(lambda one: one.update(payload="%%")), ()),
    "no provenance": ("missing", "no provenance", lambda folder: (folder / "s.provenance.json").unlink(), ()),
    "a file of the site": ("files", "changed slots/hero.yaml", edit(f"{SMALL}/slots/hero.yaml", "{}"), ("--site", SMALL)),
    "a file more": ("files", "new extra.md", edit(f"{SMALL}/extra.md", ""), ("--site", SMALL)),
    "a file less": ("files", "missing site.yaml", lambda folder: (folder / SMALL / "site.yaml").unlink(), ("--site", SMALL)),
    "the bill": ("sbom", "does not vouch", edit("s.sbom.json", "{}"), ("--sbom", "s.sbom.json")),
    "another builder": ("builder", "not by urn:x", lambda _: None, ("--builder", "urn:x")),
    "another commit": ("commit", "not from 00", lambda _: None, ("--commit", "00")),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_is_told_apart(folder: Path, monkeypatch: pytest.MonkeyPatch, what: str):
    problem, words, spoil, more = TAMPERED[what]
    spoil(folder)
    monkeypatch.chdir(folder)
    result = run(provenance, "verify", "s.tessera", "--key", "ours.pub", *more, "--json")
    assert result.exit_code == 1 and json.loads(result.stdout)["problem"] == problem, result.output
    assert words in result.stderr and result.stderr.count("\n") == 1


def test_a_hint_that_names_another_key_changes_nothing(folder: Path):
    """`keyid` is not authenticated: what counts is whose signature it is."""
    enveloped(lambda one: one["signatures"][0].update(keyid="0" * 16))(folder)
    done(provenance, "verify", folder / "s.tessera", "--key", folder / "ours.pub")


def test_a_bundle_of_other_files_gets_no_provenance(folder: Path):
    copy = folder / SMALL / "content" / "hero.yaml"
    copy.write_text(copy.read_text() + "\n# changed\n")
    done(provenance, "write", folder / "s.tessera", "--site", folder / SMALL, "--key", folder / "ours.key")  # a comment changes no byte of the bundle
    dirty = json.loads(done(provenance, "verify", folder / "s.tessera", "--key", folder / "ours.pub", "--json").stdout)
    assert dirty["dirty"] is True
    (folder / "s.tessera").write_bytes(another(folder, b""))
    copy.write_text(copy.read_text().replace("Hello", "Goodbye", 1))
    result = run(provenance, "write", folder / "s.tessera", "--site", folder / SMALL, "--key", folder / "ours.key")
    assert result.exit_code == 1 and "is not what" in result.stderr


def test_pre_authentication_encoding():
    """The example of the specification."""
    assert dsse.pae("http://example.com/HelloWorld", b"hello world") == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


@pytest.mark.parametrize(
    ("told", "public"),
    [
        ("https://user:secret@example.com/o/r.git", "https://example.com/o/r.git"),
        ("git@example.com:o/r.git", "ssh://example.com/o/r.git"),
        ("ssh://git@example.com:2222/o/r.git", "ssh://example.com:2222/o/r.git"),
        ("../r", None),
        ("/srv/r.git", None),
        ("file:///srv/r.git", None),
        ("", None),
    ],
)
def test_a_remote_is_told_without_credentials(told: str, public: str | None):
    assert public_remote(told) == public


def test_dir_hash_is_what_sha256sum_gives(tmp_path: Path):
    (tmp_path / "b").mkdir()
    (tmp_path / "a").write_text("1")
    (tmp_path / "b" / "c").write_text("2")
    sums = subprocess.run("sha256sum a b/c | sha256sum", shell=True, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert dir_hash(digests(tmp_path)) == sums.split()[0]


# --- the bill of materials ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The shop's."""
    folder = tmp_path_factory.mktemp("bill")
    generate(folder / "k.key")
    (folder / "s.tessera").write_bytes(sign(compile_site(STORE).bundle, folder / "k.key"))
    done(sbom, "write", folder / "s.tessera", "--site", STORE)
    return json.loads((folder / "s.sbom.json").read_text())


def test_the_bill_is_cyclonedx(bill: dict[str, Any]):
    resources = Path(next(iter(find_spec("cyclonedx.schema").submodule_search_locations))) / "_res"
    schemas = [json.loads((resources / f"{name}.SNAPSHOT.schema.json").read_text()) for name in ("bom-1.6", "spdx", "jsf-0.82")]
    registry = Registry().with_resources([(one["$id"], Resource.from_contents(one)) for one in schemas])
    assert not [error.message for error in Draft7Validator(schemas[0], registry=registry).iter_errors(bill)]
    assert "timestamp" not in bill["metadata"]


def test_the_bill_lists_models_data_packages_and_the_edge(bill: dict[str, Any]):
    found = {one["bom-ref"]: one for one in bill["components"]}
    assert {"items:items", "list:target_accounts", "lookup:company", "model:affinity", "edge", "compiler"} <= found.keys()
    assert found["items:items"]["hashes"] == [{"alg": "SHA-256", "content": sha256((STORE / "items.csv").read_bytes()).hexdigest()}]
    lines = [line.split("==") for line in (STORE.parents[1] / "requirements.lock").read_text().splitlines() if not line.startswith(" ")]
    assert {f"pkg:pypi/{name}@{version.split()[0]}" for name, version in lines} == {ref for ref in found if ref.startswith("pkg:")}
    needs = {one["ref"]: set(one.get("dependsOn", ())) for one in bill["dependencies"]}
    assert {ref.split("@")[0] for ref in needs["edge"]} == {"pkg:pypi/msgpack", "pkg:pypi/workers-runtime-sdk"}
    assert needs["bundle"] >= {"edge", "compiler", "model:affinity"}
    data = compile_site(STORE).bundle
    sections = {one["name"]: one for one in bill["metadata"]["component"]["components"]}
    assert {"site", "conditions", "decisions", "content"} <= sections.keys()
    assert bill["metadata"]["component"]["version"] == unseal(data).name


def test_a_bill_of_something_else_is_refused(folder: Path):
    path, site = folder / "s.sbom.json", folder / SMALL
    right = json.loads(path.read_text())
    for change, words in (
        (lambda one: one["components"].pop(), "missing "),
        (lambda one: one["components"].append({"type": "library", "name": "x", "bom-ref": "x"}), "unknown x"),
        (lambda one: one["metadata"]["component"]["hashes"][0].update(content="0" * 64), "wrong bundle"),
        (lambda one: one.update(specVersion="1.4"), "not a bill of materials"),
    ):
        wrong = json.loads(json.dumps(right))
        change(wrong)
        path.write_text(json.dumps(wrong))
        result = run(sbom, "verify", folder / "s.tessera", "--site", site)
        assert result.exit_code == 1 and words in result.stderr and result.stderr.count("\n") == 1


def test_lock_files():
    text = "a.b==1.0 \\\n    --hash=sha256:" + "0" * 64 + " \\\n    --hash=sha256:" + "1" * 64 + "\n# why\nC_d==2.0.post1 ; sys_platform == 'win32' \\\n    --hash=sha256:" + "2" * 64 + "\n"
    assert [(one.name, one.version, one.marker, len(one.hashes)) for one in locked(text)] == [("a.b", "1.0", None, 2), ("c_d", "2.0.post1", "sys_platform == 'win32'", 1)]
    with pytest.raises(SbomError, match="not understood at '-e .'"):
        locked("a==1\n-e .\n")
