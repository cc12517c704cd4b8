"""What all tests share: the running shop (once a session), the shared suites, and the summary of what was skipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.shop import ROOT, Shop, start

SHARED = Path(os.environ.get("TESSERA_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of other people's suites, data and pages; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("suite skipped: no shared material (set TESSERA_SHARED)")
    return SHARED


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The example shop in the embedded host. Tests that use it run in one worker, so it starts once."""
    running = start(tmp_path_factory.mktemp("shop"))
    yield running
    running.host.stop()


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever uses the running shop runs in one worker."""
    for item in items:
        if "shop" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("shop"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if "suite skipped" in str(report.longrepr)]
    terminalreporter.write_line(f"shared suites skipped: {len(skipped)}")
