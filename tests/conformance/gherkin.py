"""Gherkin as far as feature files of data use it: tags, backgrounds, outlines with examples, and tables under steps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Step:
    """A step without its keyword, and the table under it (the heads first)."""

    text: str
    table: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Scenario:
    """A scenario, or an outline with one row of its examples: `name` says which. `tags` are those of everything around it too."""

    name: str
    tags: frozenset[str]
    steps: tuple[Step, ...]


def scenarios(path: Path) -> Iterator[Scenario]:
    """The scenarios of a feature file, an outline once for each row."""
    feature, tags, background = frozenset[str](), frozenset[str](), list[Step]()
    title, own, steps, examples = "", frozenset[str](), list[Step](), list[tuple[frozenset[str], list[tuple[str, ...]]]]()
    target: list[Step] = background

    def told() -> Iterator[Scenario]:
        if title and not examples:
            yield Scenario(f"{path.name}: {title}", own, (*background, *steps))
        for more, (heads, *rows) in examples:
            for row in rows:
                values = dict(zip(heads, row))
                yield Scenario(f"{path.name}: {title} {', '.join(row)}", own | more, tuple(_filled(step, values) for step in (*background, *steps)))

    for line in map(str.strip, path.read_text("utf-8").splitlines()):
        if line.startswith("@"):
            tags |= frozenset(line.split())
        elif line.startswith("Feature:"):
            feature, tags = tags, frozenset()
        elif line.startswith("Background:"):
            target = background
        elif found := re.match(r"Scenario(?: Outline)?:(.*)", line):
            yield from told()
            title, own, tags, steps, examples = found[1].strip(), feature | tags, frozenset(), [], []
            target = steps
        elif line.startswith("Examples:"):
            examples.append((tags, []))
            tags = frozenset()
        elif line.startswith("|"):
            cells = tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1])
            if examples:
                examples[-1][1].append(cells)
            else:
                target[-1] = Step(target[-1].text, (*target[-1].table, cells))
        elif found := re.match(r"(?:Given|When|Then|And|But) (.*)", line):
            target.append(Step(found[1]))
    yield from told()


def _filled(step: Step, values: dict[str, str]) -> Step:
    return Step(re.sub(r"<([^<>]+)>", lambda found: values.get(found[1], found[0]), step.text), step.table)
