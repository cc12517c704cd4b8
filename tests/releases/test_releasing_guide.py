"""docs/releasing.md: its policy file is read, its table tells every key, and its approvals and tampering go as they are told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from compiler.releases.policy import CanarySpec, GuardSpec, PersonSpec, TargetSpec, read_policy
from tests.shop import STORE
from tests.test_docs import blocks, table, text_of

GUIDE = "docs/releasing.md"
ORDER = [
    "waits for the approval of marketing, legal: tessera approve NAME",
    "ana approves NAME for production",
    "NAME is in the store and waits for the approval of legal;",
    "lars approves NAME for production",
    "live: NAME (SIZE bytes), release 1",
    "approved by ana, lars: a shorter last word",
    "all is as it was signed",
    "production was changed: bundle rejected: the body does not match its digest; publish it again",
]


def _block(beginning: str, kind: str = "sh") -> str:
    (found,) = (body for body in blocks(GUIDE, kind) if beginning in body)
    return found


def test_the_policy_of_the_guide_is_read(tmp_path: Path) -> None:
    (tmp_path / "release.yaml").write_text(_block("people:", "yaml"))
    production = read_policy(tmp_path / "release.yaml").targets["production"]
    assert production.needs == ("marketing", "legal") and production.budget == 500_000
    assert production.canary and production.canary.countries == ("DE",) and production.guard and production.guard.hold == 3600


def test_every_key_of_the_policy_is_told() -> None:
    told = {name for row in table(GUIDE, "policy") for name in re.findall(r"`([\w.]+)`", row[0])}
    keys = {f"people.NAME.{name}" for name in PersonSpec.model_fields}
    keys |= {f"targets.NAME.{name}" for name in TargetSpec.model_fields} - {"targets.NAME.canary"}
    assert told == keys | {f"targets.NAME.canary.{name}" for name in CanarySpec.model_fields}
    plan = text_of("docs/guard.md").partition("\n### The plan\n")[2].partition("\n### ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", plan, re.MULTILINE)) == set(GuardSpec.model_fields)


def test_the_defaults_of_the_policy_are_told(tmp_path: Path) -> None:
    (tmp_path / "release.yaml").write_text("targets: {production: {to: local}}\n")
    target = read_policy(tmp_path / "release.yaml").targets["production"]
    (keep,) = (row for row in table(GUIDE, "policy") if row[0] == "`targets.NAME.keep`")
    assert keep[1] == str(target.keep) and (target.needs, target.edges, target.budget, target.canary, target.guard) == ((), (), None, None, None)


def test_approvals_and_tampering_go_as_the_guide_tells(tmp_path: Path) -> None:
    """The commands that need no edge, in one shell."""
    (tmp_path / "tessera").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m compiler.cli "$@"\n')
    (tmp_path / "tessera").chmod(0o755)
    work = tmp_path / "tryout"
    work.mkdir()
    change = next(line for line in _block("perl -pi -e 's/Not").splitlines() if line.startswith("perl"))
    script = [f"cp -R '{STORE}' store", change, "git init --quiet", *map(_block, ("keygen keys/ana.key", "--as lars", "cp -R production kept"))]
    who = {"GIT_AUTHOR_NAME": "ana", "GIT_AUTHOR_EMAIL": "ana@example.com", "GIT_COMMITTER_NAME": "ana", "GIT_COMMITTER_EMAIL": "ana@example.com"}
    environment = {**os.environ, **who, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", "\n".join(script)], cwd=work, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    printed, told = _plain(done.stdout), _plain("".join(blocks(GUIDE, "text")))
    places = [printed.find(text) for text in ORDER]
    assert -1 not in places and places == sorted(places), done.stdout
    assert [text for text in ORDER if text not in told] == []


def _plain(text: str) -> str:
    """Without what changes with the shop."""
    return re.sub(r"[\d,]+ bytes", "SIZE bytes", re.sub(r"\b(?:[0-9a-f]{64}|[0-9a-f]{12})\b", "NAME", text))
