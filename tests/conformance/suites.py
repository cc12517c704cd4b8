"""The suites by name: each is a module whose `cases(root)` yields a Case for every case of it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from tests.conformance.case import Case

SUITES = ("growthbook", "unleash", "flagd", "optimizely", "eppo", "jsonlogic", "cel", "murmur3", "msgpack", "ua-parser", "crawlers", "urlpattern", "structured-fields", "http-cookies", "iab-consent", "html5lib", "lol-html", "pages")


def run(suite: str, root: Path) -> Iterator[Case]:
    """The cases of a suite under a root folder, each already run.

    Raises:
        FileNotFoundError: where the suite's files are not there.
    """
    if suite == "pages" and not (root / suite).is_dir():
        root = root.parent  # the pages lie beside the folder of the suites
    if not (folder := root / suite).is_dir():
        raise FileNotFoundError(2, "no such folder", str(folder))
    return import_module(f"tests.conformance.{suite.replace('-', '_')}").cases(root)
