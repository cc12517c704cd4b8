"""Runs a workflow of GitHub as its runner would: jobs by their conditions and needs, steps in order, composite actions, outputs, summaries.

Scripts are run for real, by bash, each with the environment that the runner would give it. Of the actions that are GitHub's own
(`OFFICIAL`), what they do here is written out: a clone for a checkout, a link for what a cache restores, a folder for artifacts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.ci.expressions import Unknown, filled, holds, shown
from tests.ci.repository import ALONE, git

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE")  # of this machine's environment
SECONDS = 300  # that a step may take, on a machine that does much else


def read_yaml(path: Path) -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load(path.read_text("utf-8"))


@dataclass
class Step:
    """What became of a step: `outcome` is success, failure or skipped."""

    name: str
    outcome: str
    outputs: dict[str, str] = field(default_factory=dict)
    printed: str = ""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Job:
    name: str
    result: str
    steps: list[Step]
    summary: str


@dataclass
class Runner:
    """One run of a workflow in a repository.

    Args:
        repository: of git. event: name and payload, as `github.event_name` and `github.event`. secrets, variables: of the repository.
        api: the address of GitHub's API. folder: for workspaces and temporary files.
    """

    repository: Path
    folder: Path
    event: tuple[str, dict[str, Any]]
    secrets: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    api: str = "http://127.0.0.1:9"
    actor: str = "ana"
    artifacts: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)
    ran: list[Step] = field(default_factory=list)

    def workflow(self, path: str) -> dict[str, Job]:
        """The jobs of a workflow that ran, by name."""
        told = read_yaml(self.repository / path)
        done: dict[str, Job] = {}
        for name, job in told["jobs"].items():  # in the order of the file, which is that of their needs
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            results = {other: {"result": done[other].result if other in done else "skipped"} for other in needs}
            status = {"success": all(one["result"] == "success" for one in results.values()), "failure": any(one["result"] == "failure" for one in results.values()), "cancelled": False}
            inputs = {} if self.event[0] != "workflow_dispatch" else self.event[1].get("inputs", {})
            contexts = {"github": self.github(Path("/"), {}), "vars": self.variables, "needs": results, "inputs": inputs}
            if holds(job.get("if"), contexts, status):
                done[name] = self.job(name, job, inputs)
        return done

    def job(self, name: str, job: dict[str, Any], inputs: Mapping[str, Any]) -> Job:
        workspace, temporary = self.folder / name / "workspace", self.folder / name / "temp"
        workspace.mkdir(parents=True)
        temporary.mkdir()
        summary = self.folder / name / "summary.md"
        summary.touch()
        token = "a-token-that-may-write" if job.get("permissions", {}).get("pull-requests") == "write" else "a-token-that-may-read"
        scene = Scene(self, workspace, temporary, summary, {"secrets": self.secrets, "vars": self.variables, "inputs": inputs}, {}, workspace, token)
        steps = scene.steps(job["steps"])
        return Job(name, "failure" if scene.failed else "success", steps, summary.read_text())

    def github(self, workspace: Path, more: Mapping[str, Any]) -> dict[str, Any]:
        return {"event_name": self.event[0], "event": self.event[1], "repository": "o/r", "actor": self.actor, "action_path": None, **more}


@dataclass
class Scene:
    """The steps of a job, or of a composite action within one."""

    runner: Runner
    workspace: Path
    temporary: Path
    summary: Path
    contexts: dict[str, Any]
    environment: dict[str, str]
    action: Path
    token: str
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    failed: bool = False
    depth: int = 0

    def told(self) -> dict[str, Any]:
        runner = {"temp": str(self.temporary), "os": "Linux", "arch": "X64"}
        more = {"action_path": str(self.action), "token": self.token}
        return {**self.contexts, "github": self.runner.github(self.workspace, more), "runner": runner, "env": self.environment, "steps": self.known}

    def status(self) -> dict[str, bool]:
        return {"success": not self.failed, "failure": self.failed, "cancelled": False}

    def steps(self, steps: list[dict[str, Any]]) -> list[Step]:
        found = []
        for number, step in enumerate(steps):
            name = step.get("name") or step.get("uses") or str(number)
            one = Step(name, "skipped")
            if holds(step.get("if"), self.told(), self.status()):
                one = self.step(name, step)
            self.known[step.get("id", f"_{number}")] = {"outputs": one.outputs, "outcome": one.outcome}
            self.failed = self.failed or one.outcome == "failure"
            found.append(one)
            self.runner.ran.append(one)
        return found

    def step(self, name: str, step: dict[str, Any]) -> Step:
        unknown = step.keys() - {"name", "id", "if", "uses", "with", "env", "run", "shell"}
        if unknown:
            raise Unknown(f"{sorted(unknown)} of the step {name}")
        given = {key: filled(shown(value), self.told(), self.status()) for key, value in step.get("env", {}).items()}
        if "run" in step:
            return self.script(name, step, {**self.environment, **given})
        with_ = {key: filled(shown(value), self.told(), self.status()) for key, value in step.get("with", {}).items()}
        if step["uses"] == "./":
            return self.composite(name, with_, {**self.environment, **given})
        return Step(name, "success", OFFICIAL[step["uses"].split("@")[0]](self, with_) or {})

    def script(self, name: str, step: dict[str, Any], given: dict[str, str]) -> Step:
        if "${{" in step["run"]:
            raise Unknown(f"an expression within the script of {name}")
        output = self.temporary / f"output-{len(self.runner.ran)}"
        output.touch()
        environment = {
            **{key: os.environ[key] for key in KEPT if key in os.environ}, **ALONE,
            "HOME": str(self.temporary.parent), "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(self.workspace), "GITHUB_REPOSITORY": "o/r",
            "GITHUB_SERVER_URL": "https://github.com", "GITHUB_API_URL": self.runner.api, "GITHUB_WORKFLOW_REF": "o/r/.github/workflows/release.yml@refs/heads/main",
            "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_EVENT_NAME": self.runner.event[0], "GITHUB_ACTOR": self.runner.actor,
            "RUNNER_TEMP": str(self.temporary), "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(self.summary), **given,
        }  # fmt: skip
        if self.depth:
            environment["GITHUB_ACTION_PATH"] = str(self.action)
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"] if step.get("shell") == "bash" else ["bash", "-e", "-c"]
        done = subprocess.run([*shell, step["run"]], cwd=self.workspace, env=environment, capture_output=True, text=True, timeout=SECONDS)
        outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
        return Step(name, "success" if done.returncode == 0 else "failure", outputs, done.stdout + done.stderr, given)

    def composite(self, name: str, with_: dict[str, str], given: dict[str, str]) -> Step:
        told = read_yaml(self.workspace / "action.yml")
        if not with_.keys() <= told["inputs"].keys():
            raise Unknown(f"inputs {sorted(with_.keys() - told['inputs'].keys())}")
        inputs = {key: with_[key] if key in with_ else filled(shown(one.get("default", "")), self.told(), self.status()) for key, one in told["inputs"].items()}
        inner = Scene(self.runner, self.workspace, self.temporary, self.summary, {"inputs": inputs}, given, self.workspace, self.token, depth=self.depth + 1)
        for key, one in told["inputs"].items():
            assert inputs[key] or not one.get("required"), f"the input {key} is missing"
        inner.steps(told["runs"]["steps"])
        outputs = {key: filled(one["value"], inner.told(), inner.status()) for key, one in told["outputs"].items()}
        return Step(name, "failure" if inner.failed else "success", outputs)


def _checkout(scene: Scene, with_: dict[str, str]) -> None:
    assert with_.get("persist-credentials") == "false"
    git(scene.workspace, "clone", "--quiet", str(scene.runner.repository), ".")
    git(scene.workspace, "remote", "set-url", "origin", "https://github.com/o/r.git")
    if with_.get("ref"):
        git(scene.workspace, "checkout", "--quiet", "--detach", with_["ref"])


def _cache(scene: Scene, with_: dict[str, str]) -> dict[str, str]:
    """What an earlier run has kept: this checkout's own environment."""
    assert len(with_["key"].rsplit("-", 1)[1]) == 64, "the key has the digest of a lock file"
    path = Path(with_["path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(ROOT / {"python": ".venv", "node_modules": "node_modules"}[path.name])
    return {"cache-hit": "true"}


def _upload(scene: Scene, with_: dict[str, str]) -> None:
    files = [Path(line.strip()) for line in with_["path"].splitlines() if line.strip()]
    assert all(file.is_file() for file in files) and files
    scene.runner.artifacts[with_["name"]] = [(file.name, file.read_bytes()) for file in files]


def _download(scene: Scene, with_: dict[str, str]) -> None:
    folder = scene.workspace / with_["path"]
    folder.mkdir(parents=True)
    for name, content in scene.runner.artifacts[with_["name"]]:
        (folder / name).write_bytes(content)


OFFICIAL = {
    "actions/checkout": _checkout,
    "actions/setup-python": lambda scene, with_: None,
    "actions/cache": _cache,
    "actions/upload-artifact": _upload,
    "actions/download-artifact": _download,
}


def cleared(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
