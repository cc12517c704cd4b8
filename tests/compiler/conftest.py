"""Sites and bundles for the tests of the compiler and its commands."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.compiler.commands import STORE, run
from tests.golden.cases import BASE


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
