"""`tessera dev`: what an author changes is live at once, and what is wrong leaves the last good release."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.shop import BROWSER, STORE

PATIENCE = 60


class Dev:
    """A running `tessera dev`, and what it says."""

    def __init__(self, site: Path, state: Path) -> None:
        command = [sys.executable, "-u", "-m", "compiler.cli", "dev", str(site), "--port", "0", "--state", str(state)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.said = ""
        self.url = self.until("http://")

    def until(self, word: str) -> str:
        """The next line that has a word; everything before it is kept in `said`."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            line = self.process.stdout.readline()
            self.said += line
            if word in line:
                return line.strip()
            if not line and self.process.poll() is not None:
                break
        raise AssertionError(f"{word!r} was not said:\n{self.said}")

    def page(self) -> str:
        request = Request(self.url, headers={"user-agent": BROWSER, "cookie": "tessera_consent=none"})
        with build_opener(ProxyHandler({})).open(request, timeout=60) as response:
            return response.read().decode()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        self.said += self.process.communicate(timeout=PATIENCE)[0]
        return self.process.returncode


@pytest.mark.xdist_group("shop")
def test_what_an_author_changes_is_live(tmp_path):
    site = tmp_path / "store"
    shutil.copytree(STORE, site)
    copy, page = site / "content" / "hero.yaml", site / "public" / "index.html"
    dev = Dev(site, tmp_path / "state")
    try:
        dev.until("as nora")
        assert "Coffee worth waking up for" in dev.page()

        copy.write_text(copy.read_text().replace("Coffee worth waking up for", "Edited while it runs"))
        dev.until("live:")
        assert "Edited while it runs" in dev.page()

        right = copy.read_text()
        copy.write_text(right.replace("fields: {", "feilds: {"))
        dev.until("the last good bundle stays live")
        assert "did you mean 'fields'?" in dev.said
        assert "Edited while it runs" in dev.page()

        copy.write_text(right)
        dev.until("live:")
        page.write_text(page.read_text().replace("Four short shelves", "Five short shelves"))
        dev.until("live:")
        assert "Five short shelves" in dev.page() and "Edited while it runs" in dev.page()
    finally:
        code = dev.stop()
    assert code == 0 and "stopping" in dev.said
