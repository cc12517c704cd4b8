"""One case of a suite."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """`problem` is None where it passed; `skipped` says why it was not run."""

    name: str
    problem: str | None = None
    skipped: str | None = None
