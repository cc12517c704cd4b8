"""monperrus/crawler-user-agents: every User-Agent of a robot is one; and the browsers of people in uap-core's suite are not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.conformance.case import Case
from tessera.agents import bot_of

PEOPLE = ("Chrome", "Mobile Safari", "Safari", "Firefox", "Edge", "Opera", "Samsung Internet", "IE")  # how families begin


def cases(root: Path) -> Iterator[Case]:
    for row in _rows(root / "crawlers" / "crawlers.jsonl"):
        for number, agent in enumerate(row["instances"]):
            yield Case(f"{row['pattern']}#{number}", None if bot_of(agent) else f"taken for people: {agent}")
    for number, agent in enumerate(people(root)):
        yield Case(f"people#{number}", f"taken for a robot ({kind}): {agent}" if (kind := bot_of(agent)) else None)


def people(root: Path) -> list[str]:
    """The browsers of people in uap-core's suite."""
    return [row["user_agent_string"] for row in _rows(root / "ua-parser" / "test_ua.jsonl") if row["family"].startswith(PEOPLE)]


def _rows(path: Path) -> list[dict[str, Any]]:
    return list(map(json.loads, path.read_text("utf-8").splitlines()))
