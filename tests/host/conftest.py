"""A host that runs the test Worker (tests/host/worker) with the product's own JavaScript."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from asking import COOKIE_KEYS, PAGES, Client
from host.process import Host
from host.tools import EDGE


@pytest.fixture(scope="session")
def worker(tmp_path_factory) -> Path:
    """The test Worker beside the product's JavaScript, as a module root."""
    folder = tmp_path_factory.mktemp("worker")
    for path in [*EDGE.glob("*.mjs"), *EDGE.glob("*.wasm"), *(Path(__file__).parent / "worker").iterdir()]:
        if path.is_file():
            shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text("<!doctype html><title>t</title><body><main id=m>home</main></body>")
    (folder / "plain.txt").write_text("text")
    if PAGES.is_dir():
        shutil.copytree(PAGES, folder / "pages")
    return folder


@pytest.fixture(scope="session")
def client(worker, site, tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    variables = {"TESSERA_ENV": "development", "HOST_DIRECT": "no"}  # the entry of this Worker wants every request
    facts = {"country": "NL", "timezone": "Europe/Amsterdam"}
    with Host(site, state, secrets={"TESSERA_COOKIE_KEYS": COOKIE_KEYS}, variables=variables, facts=facts, edge=worker) as host:
        yield Client(host)
