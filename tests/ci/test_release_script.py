"""`scripts/release`: the shop from its files to a promoted canary, against a local store; each way in which it ends otherwise."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Iterator

import pytest
from click.testing import CliRunner

from compiler.cli_publish import approve
from compiler.local import local
from compiler.sign import generate, public_of
from compiler.starter import write
from host.process import Host
from tests.ci.repository import ALONE, committed
from tests.compiler.commands import same
from tests.learn.guard_logs import CANARY, LIVE, Behaviour, save, visitors

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "release" / "comment.md"
HOURS = 3600.0
POLICY = """\
targets:
  production:
    to: "local:{place}"
    budget: {budget}
    canary: {{share: 50%, countries: [DE]}}
    guard: {{metric: order, steps: [50%, 100%], min_visitors: 200}}
"""
OLD, NEW = "Coffee worth waking up for", "Coffee worth getting up for"


def release(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script in a repository, with nothing of this machine's environment that it could lean on."""
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "TESSERA_COMMAND", "LANG") if name in os.environ}
    stage = arguments[:1] if arguments and not arguments[0].startswith("-") else ()
    told = [str(ROOT / "scripts" / "release"), *stage, "--out", str(folder.parent / "run"), *arguments[len(stage) :]]
    return subprocess.run(told, cwd=folder, env={**plain, **ALONE, **environment}, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A repository with the shop and its policy; the local store that the policy names is kept open, so that it need not start each time."""
    folder = tmp_path_factory.mktemp("release")
    repository, place = folder / "repository", local(folder / "place")
    shutil.copytree(ROOT / "rulesets" / "store", repository / "store")
    (repository / "release.yaml").write_text(POLICY.format(place=place.root, budget="500 kB"))
    committed(repository)
    with Host(place.root, place.state, secrets={}, variables={}, store_only=True):
        yield repository


def told(folder: Path, stage: str) -> Any:
    return json.loads((folder.parent / "run" / f"{stage}.json").read_text())


def published(repository: Path, site: str, *key: str) -> None:
    """The stages that a release cannot do without."""
    for stage in ("build", "sign", "publish"):
        done = release(repository, stage, "--site", site, "--to", "production", "--who", "ana", *key)
        assert done.returncode == 0, done.stderr


def edited(site: Path, old: str, new: str) -> None:
    """Change a headline of a site, and commit."""
    copy = site / "content" / "hero.yaml"
    assert old in copy.read_text("utf-8")
    copy.write_text(copy.read_text("utf-8").replace(old, new), "utf-8")
    committed(site.parent)


def logged(folder: Path, live: str, canary: str, behaviour: Behaviour) -> tuple[Path, str]:
    """A log of three hours with both releases, and the moment after it. It begins when every edge goes by the pointer."""
    start = time.time() + 180
    decisions, events = visitors(2_000, 0.5, Behaviour(), behaviour, start=start)
    names = {LIVE: live, CANARY: canary}
    log = save(folder, [row | {"bundle": names[row["bundle"]]} for row in decisions], events)
    return log, datetime.fromtimestamp(start + 4 * HOURS, timezone.utc).isoformat()


def plain(text: str) -> str:
    """The comment without what is another with each run: names of bundles, of commits, of keys; how long it took."""
    names: dict[str, str] = {}
    text = re.sub(r" in [\d.]+ h,", " in <time>,", text)
    return re.sub(r"`([0-9a-f]{12}|[0-9a-f]{16})`", lambda match: f"`{names.setdefault(match[1], f'<{len(names) + 1}>')}`", text)


def test_from_files_to_a_promoted_canary(shop: Path):
    published(shop, "store")
    assert told(shop, "publish")["canary"] is None
    live = told(shop, "publish")["bundle"]

    edited(shop / "store", OLD, NEW)
    file = shop.parent / "comment.md"
    second = release(shop, "--site", "store", "--to", "production", "--who", "ana", "--why", "another headline", "--sample", "2000", "--at", "2026-11-24", "--comment", str(file))
    assert second.returncode == 0, second.stderr
    found = told(shop, "publish")
    canary = found["bundle"]
    assert found["live"]["bundle"] == live and (found["canary"]["share"], found["canary"]["countries"]) == (0.5, ["DE"])
    assert 0 < told(shop, "diff")["changed_share"] <= 1 and told(shop, "diff")["old"] == live
    assert file.read_text("utf-8") == second.stdout
    assert f"bundle={canary}\n" in (shop.parent / "run" / "outputs").read_text()

    unheard = release(shop, "guard")
    assert unheard.returncode == 2 and "--log is missing" in unheard.stderr

    log, until = logged(shop.parent / "log", live, canary, Behaviour())
    assert release(shop, "guard", "--log", str(log), "--until", until).returncode == 0
    assert told(shop, "guard")["verdict"] == "promote" and told(shop, "guard")["applied"] is False
    assert release(shop, "promote").returncode == 0
    assert told(shop, "promote")["applied"] is True
    assert release(shop, "comment").returncode == 0
    text = (shop.parent / "run" / "comment.md").read_text("utf-8")
    assert "live for everybody" in text
    same(GOLDEN, plain(text))

    again = release(shop, "diff", "--site", "store", "--to", "production", "--sample", "500")
    assert again.returncode == 0 and told(shop, "diff")["changed_share"] == 0


# --- a small site, and a folder as the target ---------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A repository with a small site; the keys lie beside it."""
    for name in ("release", "ana"):
        generate(tmp_path / f"{name}.key")
    write(tmp_path / "repository" / "site")
    committed(tmp_path / "repository")
    return tmp_path / "repository"


def policy(small: Path, more: str) -> None:
    people = f'people: {{ana: {{groups: [legal], key: "{public_of(small.parent / "ana.key")}"}}}}\n'
    (small / "release.yaml").write_text(f'{people}targets: {{production: {{to: "{small.parent / "store"}", {more}}}}}\n')


def test_a_canary_that_does_harm_is_taken_back(small: Path):
    policy(small, "canary: {share: 50%}, guard: {steps: [50%, 100%], min_visitors: 200}")
    key = ("--key", str(small.parent / "release.key"))
    published(small, "site", *key)
    live = told(small, "publish")["bundle"]
    edited(small / "site", "Welcome back", "Go away")
    published(small, "site", *key)
    log, until = logged(small.parent / "log", live, told(small, "publish")["bundle"], Behaviour(errors=0.2))
    assert release(small, "guard", *key, "--log", str(log), "--until", until).returncode == 0
    done = release(small, "promote", *key)
    assert done.returncode == 4 and told(small, "promote")["verdict"] == "rollback", done.stderr
    assert release(small, "comment").returncode == 0
    assert "verdict=rollback\n" in (small.parent / "run" / "outputs").read_text()
    assert "the canary was taken back" in (small.parent / "run" / "comment.md").read_text("utf-8")
    none = release(small, "guard", *key)
    assert none.returncode == 0 and told(small, "guard")["verdict"] == "none"


def test_a_release_waits_for_approval(small: Path):
    policy(small, "needs: [legal]")
    secret = {"TESSERA_SIGNING_KEY_PEM": (small.parent / "release.key").read_text()}
    named = ("--site", "site", "--to", "production", "--who", "ci")
    for stage in ("build", "sign"):
        assert release(small, stage, *named, **secret).returncode == 0
    waiting = release(small, "publish", **secret)
    assert waiting.returncode == 3 and "waits for the approval of legal" in waiting.stderr
    assert release(small, "comment").returncode == 0
    outputs = (small.parent / "run" / "outputs").read_text()
    assert "verdict=waiting\n" in outputs
    bundle = re.search(r"bundle=(\w+)", outputs)[1]
    result = CliRunner().invoke(approve, [bundle[:12], "--to", "production", "--policy", str(small / "release.yaml"), "--as", "ana", "--key", str(small.parent / "ana.key")])
    assert result.exit_code == 0, result.output
    done = release(small, "publish", **secret)
    assert done.returncode == 0 and told(small, "publish")["bundle"] == bundle, done.stderr
    assert not [path for path in small.parent.rglob("*") if path.is_file() and "PRIVATE KEY" in path.read_text(errors="replace") and path.suffix != ".key"]


def test_what_is_wrong_ends_the_run_there(small: Path):
    policy(small, "budget: 1 kB")
    large = release(small, "--site", "site", "--to", "production", "--dry-run")
    assert large.returncode == 1 and "the budget of production is 1,000" in large.stderr and "| budget | ❌ |" in large.stdout
    assert not (small.parent / "run" / "diff.state").exists()
    scenarios = small / "site" / "scenarios" / "core.yaml"
    scenarios.write_text(scenarios.read_text().replace("variant: welcome_back", "variant: evening"))
    failed = release(small, "--site", "site", "--dry-run")
    assert failed.returncode == 1 and "FAILED a customer is welcomed back" in failed.stdout and "verdict=failed" in (small.parent / "run" / "outputs").read_text()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "--site DIR is missing"),
        (("--site", "none"), "none: no such folder"),
        (("--site",), "--site needs a value"),
        (("--site", "site", "--colour", "red"), "there is no option --colour"),
        (("deploy", "--site", "site"), "'deploy' is no stage"),
        (("sign", "--site", "site"), "there is no key"),
        (("publish", "--site", "site"), "--to TARGET is missing"),
        (("promote", "--site", "site"), "there is no verdict"),
        (("check", "--site", "a\nb"), "a value is one line"),
    ],
)
def test_options_that_are_wrong(tmp_path: Path, words: tuple[str, ...], says: str):
    (tmp_path / "here" / "site").mkdir(parents=True)
    done = release(tmp_path / "here", *words)
    assert done.returncode == 2 and says in done.stderr and done.stderr.count("\n") == 1
