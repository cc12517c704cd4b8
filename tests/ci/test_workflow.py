"""action.yml and the workflow: what they may not contain, and what their steps do, run in order in a repository of its own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compiler.releases.publish import current
from compiler.releases.targets import open_target
from compiler.sign import generate, public_keys
from compiler.starter import write
from tests.ci.expressions import Unknown, evaluate, filled, holds
from tests.ci.github import Comments, served
from tests.ci.repository import committed, git
from tests.ci.runner import ROOT, Runner, read_yaml
from tests.learn.guard_logs import save, view

WORKFLOW = ".github/workflows/release.yml"
FILES = ("action.yml", WORKFLOW, "scripts/release", "scripts/post_comment", "requirements.lock", "requirements-dev.lock", "package-lock.json", "pyproject.toml", ".gitignore")
ACTION, RELEASE = read_yaml(ROOT / "action.yml"), read_yaml(ROOT / WORKFLOW)
STEPS = [*ACTION["runs"]["steps"], *(step for job in RELEASE["jobs"].values() for step in job["steps"])]


# --- what they may not contain ------------------------------------------------------------------------------------------


def named(step: dict[str, Any]) -> str:
    return step.get("name") or step["uses"].split("@")[0]


@pytest.mark.parametrize("step", [step for step in STEPS if "uses" in step], ids=named)
def test_actions_of_others_are_pinned_to_a_commit(step: dict[str, Any]):
    assert step["uses"] == "./" or re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"])


def test_pins_say_which_version_they_are():
    for path in ("action.yml", WORKFLOW):
        for line in (ROOT / path).read_text().splitlines():
            if "uses: actions/" in line:
                assert re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


@pytest.mark.parametrize("step", [step for step in STEPS if "run" in step], ids=named)
def test_scripts_get_values_by_their_environment_alone(step: dict[str, Any], tmp_path: Path):
    assert "${{" not in step["run"]
    lines = [line for line in step["run"].strip().splitlines() if line.strip()]
    assert len(lines) == 1 or lines[0] == "set -euo pipefail"
    assert subprocess.run(["bash", "-n", "-c", step["run"]]).returncode == 0
    assert not re.search(r"eval |`", step["run"])


@pytest.mark.parametrize("step", [step for step in ACTION["runs"]["steps"] if "run" in step], ids=named)
def test_steps_of_the_action_name_their_shell(step: dict[str, Any]):
    assert step["shell"] == "bash"


@pytest.mark.parametrize("name", RELEASE["jobs"])
def test_jobs_have_the_least_rights(name: str):
    job = RELEASE["jobs"][name]
    assert RELEASE["permissions"] == {} and job["timeout-minutes"] <= 30
    assert job["permissions"] == {"contents": "read"} | ({"pull-requests": "write"} if name == "comment" else {})
    text = json.dumps(job)
    if "secrets." in text:  # never where somebody else's code may run
        assert job["environment"] == "production" and "pull_request" not in job["if"]
        assert job["concurrency"] == {"group": "target-production", "cancel-in-progress": False}
    for step in job["steps"]:
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False
    if name == "comment":  # which may write, so that it runs nothing of the pull request
        (checkout,) = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout")]
        assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}" and not any(step.get("uses") == "./" for step in job["steps"])


def test_no_pull_request_runs_with_the_rights_of_its_target():
    assert RELEASE["on"].keys() == {"pull_request", "push", "schedule", "workflow_dispatch"}


def test_every_input_of_the_action_is_used_and_said():
    text = json.dumps(ACTION["runs"])
    for name, told in ACTION["inputs"].items():
        assert f"inputs.{name}" in text, name
        assert told["description"].endswith(".")
    assert ACTION["outputs"].keys() == {"bundle", "changed_share", "comment-file", "verdict"}


@pytest.mark.parametrize(
    ("text", "value"),
    [("'a' == 'A'", True), ("inputs.x", "1"), ("inputs.y.z", None), ("!inputs.y", True), ("inputs.y || 'other'", "other"), ("startsWith(inputs.x, '1') && 'yes'", "yes"), ("(true || false) && !cancelled()", True)],
)
def test_expressions(text: str, value: Any):
    assert evaluate(text, {"inputs": {"x": "1"}}, {"success": True, "failure": False, "cancelled": False}) == value


@pytest.mark.parametrize("text", ["secrets.x", "fromJSON('1')", "1 == '1'", "inputs.x inputs.x", "'a", "inputs[0]"])
def test_expressions_that_are_not_known_fail(text: str):
    with pytest.raises(Unknown):
        evaluate(text, {"inputs": {"x": "1"}}, {"success": True, "failure": False, "cancelled": False})


def test_a_condition_without_a_status_holds_only_where_nothing_failed():
    failed = {"success": False, "failure": True, "cancelled": False}
    assert not holds("true", {}, failed) and holds("${{ !cancelled() }}", {}, failed) and not holds(None, {}, failed)
    assert filled("a ${{ github.x }} b", {"github": {"x": True}}, failed) == "a true b"


# --- what the steps do --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder: the key, and a repository with a small site in the shop's place, the workflow, the action and the scripts."""
    folder = tmp_path_factory.mktemp("workflow")
    generate(folder / "release.key")
    repository = folder / "repository"
    for name in FILES:
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, repository / name)
    write(repository / "rulesets" / "store")
    policy = f'targets:\n  production: {{to: "{folder / "store"}", budget: 100 kB, canary: {{share: 20%}}, guard: {{steps: [20%, 100%]}}}}\n'
    (repository / "release.yaml").write_text(policy)
    committed(repository)
    return folder


@pytest.fixture(scope="module")
def api() -> Iterator[Comments]:
    with served() as comments:
        yield comments


def runner(source: Path, folder: Path, event: str, payload: dict[str, Any], api: Comments) -> Runner:
    keys = {"TESSERA_SIGNING_KEY_PEM": (source / "release.key").read_text(), "TESSERA_CLOUDFLARE_TOKEN": "", "TESSERA_CLOUDFLARE_R2_KEY_ID": "", "TESSERA_CLOUDFLARE_R2_SECRET": ""}
    if event == "pull_request":  # GitHub gives them to nobody's fork; here to no pull request at all, since no job asks for them
        keys = {}
    variables = {"TESSERA_PUBLIC_KEYS": (source / "release.pub").read_text().strip(), "TESSERA_LOG": f"file://{source / 'log'}"}
    return Runner(source / "repository", folder, (event, payload), keys, variables, api.url)


def pull(source: Path, number: int = 5) -> dict[str, Any]:
    base = git(source / "repository", "rev-parse", "main")
    return {"pull_request": {"number": number, "base": {"sha": base}, "head": {"repo": {"full_name": "o/r"}}}}


def change(source: Path, old: str, new: str, branch: str) -> None:
    """A commit on a branch, which is then checked out, as GitHub does it for a pull request."""
    repository = source / "repository"
    git(repository, "checkout", "--quiet", "-B", branch)
    copy = repository / "rulesets" / "store" / "content" / "hero.yaml"
    assert old in copy.read_text()
    copy.write_text(copy.read_text().replace(old, new))
    committed(repository)


def failures(run: Runner) -> str:
    return "\n".join(f"{step.name}:\n{step.printed}" for step in run.ran if step.outcome == "failure")


def test_the_workflow_from_a_pull_request_to_a_guarded_canary(source: Path, tmp_path: Path, api: Comments):
    keys = public_keys((source / "release.pub").read_text())

    push = runner(source, tmp_path / "first", "push", {}, api)
    jobs = push.workflow(WORKFLOW)
    assert jobs.keys() == {"release"} and jobs["release"].result == "success", failures(push)
    assert {name for name, _ in push.artifacts["release"]} == {"bundle.tessera", "bundle.sbom.json", "bundle.provenance.json", "comment.md"}
    with open_target(str(source / "store")) as store:
        live = current(store, keys)
        assert live.canary is None
        assert store.get(f"bundles/{live.live.bundle}.provenance.json").content == dict(push.artifacts["release"])["bundle.provenance.json"]
        assert store.get(f"bundles/{live.live.bundle}.sbom.json") is not None
    assert "Welcome" in (source / "repository/rulesets/store/content/hero.yaml").read_text()

    change(source, "Welcome", "Hello", "a-change")
    asked = runner(source, tmp_path / "pull", "pull_request", pull(source), api)
    jobs = asked.workflow(WORKFLOW)
    assert {name: job.result for name, job in jobs.items()} == {"check": "success", "comment": "success"}, failures(asked)
    (step,) = [step for step in asked.ran if step.name == "Check" and step.outputs.get("verdict")]
    assert step.outputs["verdict"] == "checked" and 0 < float(step.outputs["changed_share"]) <= 1
    (posted,) = [one for one in api.all if one["issue"] == 5]
    assert posted["body"] == jobs["check"].summary and "of visitors see something else" in posted["body"]
    assert all("TESSERA_SIGNING_KEY_PEM" not in step.environment for step in asked.ran)

    git(source / "repository", "checkout", "--quiet", "main")
    git(source / "repository", "merge", "--quiet", "--ff-only", "a-change")
    merged = runner(source, tmp_path / "merged", "push", {}, api)
    assert merged.workflow(WORKFLOW)["release"].result == "success", failures(merged)
    with open_target(str(source / "store")) as store:
        found = current(store, keys)
    assert found.canary.share == 0.2 and found.live.bundle == live.live.bundle
    (step,) = [step for step in merged.ran if step.name == "Release"]
    assert step.outputs["verdict"] == "canary" and step.outputs["bundle"] == found.canary.release.bundle

    save(source / "log", view("1", time.time(), "somebody", bundle=live.live.bundle), [])
    guard = runner(source, tmp_path / "guard", "schedule", {}, api)
    jobs = guard.workflow(WORKFLOW)
    assert jobs.keys() == {"guard"} and jobs["guard"].result == "success", failures(guard)
    (step,) = [step for step in guard.ran if step.name == "Guard" and step.outputs.get("verdict")]
    assert step.outputs["verdict"] == "hold" and "nothing was changed" in jobs["guard"].summary


def test_a_pull_request_that_is_wrong_is_refused_and_told(source: Path, tmp_path: Path, api: Comments):
    git(source / "repository", "checkout", "--quiet", "main")
    git(source / "repository", "checkout", "--quiet", "-B", "a-mistake")
    (source / "repository/rulesets/store/slots/hero.yaml").write_text("place: {page: hom}\n")
    committed(source / "repository")
    try:
        run = runner(source, tmp_path / "pull", "pull_request", pull(source, 6), api)
        jobs = run.workflow(WORKFLOW)
    finally:
        git(source / "repository", "checkout", "--quiet", "main")
    assert {name: job.result for name, job in jobs.items()} == {"check": "failure", "comment": "success"}
    (posted,) = [one for one in api.all if one["issue"] == 6]
    assert "The stage check failed" in posted["body"] and "E0" in posted["body"]
    assert [step.outcome for step in run.ran if step.name == "Build"] == ["skipped"]


@pytest.mark.parametrize(("repository", "result", "told"), [("o/r", "success", True), ("o/r", "failure", True), ("o/r", "skipped", False), ("fork/r", "success", False)])
def test_who_gets_a_comment(repository: str, result: str, told: bool):
    """A fork's token may not write: its comment is in the summary of the run alone."""
    event = {"pull_request": {"head": {"repo": {"full_name": repository}}}}
    contexts = {"github": {"event": event, "repository": "o/r"}, "needs": {"check": {"result": result}}}
    status = {"success": result == "success", "failure": result == "failure", "cancelled": False}
    assert holds(RELEASE["jobs"]["comment"]["if"], contexts, status) is told


@pytest.mark.parametrize(
    ("event", "keys", "jobs"),
    [("push", "k", {"release"}), ("workflow_dispatch", "k", {"release"}), ("schedule", "k", {"guard"}), ("pull_request", "k", {"check"}), ("push", "", set()), ("schedule", "", set())],
)
def test_which_jobs_an_event_starts(event: str, keys: str, jobs: set[str]):
    """Nothing is released before somebody has said whose keys are believed."""
    contexts = {"github": {"event_name": event}, "vars": {"TESSERA_PUBLIC_KEYS": keys, "TESSERA_LOG": "log"}}
    ready = {"success": True, "failure": False, "cancelled": False}
    assert {name for name, job in RELEASE["jobs"].items() if "needs" not in job and holds(job["if"], contexts, ready)} == jobs


@pytest.mark.parametrize(
    ("with_", "says"),
    [({"mode": "release"}, "never released"), ({"mode": "guard"}, "never released"), ({"mode": "deploy"}, "mode is check, release or guard")],
)
def test_a_pull_request_cannot_release(source: Path, tmp_path: Path, api: Comments, with_: dict[str, str], says: str):
    run = runner(source, tmp_path / "run", "pull_request", pull(source), api)
    job = run.job("x", {"steps": [RELEASE["jobs"]["release"]["steps"][0], {"uses": "./", "with": {"site": "rulesets/store", **with_}}]}, {})
    assert job.result == "failure" and says in failures(run)
    assert [step.outcome for step in run.ran if step.name == "Check"] == ["skipped"]


def test_inputs_are_data(source: Path, tmp_path: Path, api: Comments):
    """What somebody writes into an input gets nowhere near a shell."""
    evil = "$(touch '$RUNNER_TEMP/evil'); `touch evil` \"' && false"
    run = runner(source, tmp_path / "run", "push", {}, api)
    given = {"site": "rulesets/store", "who": evil, "why": evil, "target": "./" + "x;touch evil", "mode": "check"}
    job = run.job("x", {"steps": [RELEASE["jobs"]["release"]["steps"][0], {"name": "Action", "uses": "./", "with": given}]}, {})
    settings = (tmp_path / "run/x/temp/tessera/run/settings").read_text()
    assert f"who\t{evil}\n" in settings and f"why\t{evil}\n" in settings
    assert not list(tmp_path.rglob("evil")) and job.summary


# --- the comment --------------------------------------------------------------------------------------------------------


def post(file: Path, number: str, api: Comments, token: str = "a-token-that-may-write") -> subprocess.CompletedProcess[str]:
    environment = {"GITHUB_TOKEN": token, "GITHUB_REPOSITORY": "o/r", "GITHUB_API_URL": api.url, "no_proxy": "127.0.0.1"}
    return subprocess.run([sys.executable, str(ROOT / "scripts" / "post_comment"), str(file), number], env=environment, capture_output=True, text=True, timeout=30)


def test_a_comment_takes_the_place_of_the_one_before(tmp_path: Path, api: Comments):
    file = tmp_path / "comment.md"
    first = "<!-- tessera-release store production -->"
    file.write_text(f"{first}\n\nnew")
    api.add(20, f"{first}\n\nby a person", kind="User")
    for number in range(150):
        api.add(20, f"{number}")
    api.add(20, f"{first}\n\nold")
    assert post(file, "20", api).returncode == 0
    bodies = [one["body"] for one in api.all if one["issue"] == 20]
    assert bodies[0].endswith("by a person") and bodies[-1] == f"{first}\n\nnew" and len(bodies) == 152


def test_what_cannot_be_posted_is_said_in_one_line(tmp_path: Path, api: Comments):
    file = tmp_path / "comment.md"
    file.write_text("<!-- tessera-release store x -->\n" + "x" * 70_000)
    assert post(file, "21", api).returncode == 0
    for told, number, token, says in (
        (file, "21", "another", "GitHub answers 403"),
        (file, "21; rm", "a-token-that-may-write", "no number"),
        (tmp_path / "none", "21", "a-token-that-may-write", "No such file"),
    ):
        done = post(told, number, api, token)
        assert done.returncode == 1 and says in done.stderr and done.stderr.count("\n") == 1
    file.write_text("hello")
    assert post(file, "21", api).returncode == 1
