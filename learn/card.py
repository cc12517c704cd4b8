"""The card of a model: what it learned from, how it was chosen, how good it is and for whom, what it is for. JSON, and the same in words.

There is no time of making in it: equal data, options and versions make equal cards.
"""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("tessera-edge", "numpy", "scipy", "implicit", "duckdb", "ibis-framework", "pyspark")
EXCLUDED = (
    ("nobody", "rows without an id: no consent to the log"), ("robots", "rows of robots"), ("rows_of_gone", "rows of persons who opted out, withdrew or were erased"),
    ("without_purpose", "rows without the purposes of training"), ("too_late", "rows after the end that was asked for"), ("repeated", "rows that came twice"),
    ("without_item", "events that have to do with no item"), ("unknown_rows", "rows of items that the catalogue does not have"),
)  # fmt: skip
LIMITS = (
    "It knows what was looked at and bought on this site, not why; what was never shown was rarely chosen.",
    "Offline figures compare models on what visitors did by themselves. Whether a model is better for them, only an experiment tells.",
    "It is not meant for decisions about persons: prices, credit, access.",
)


def lineage(site: Path, engine: str, seed: int, command: str, parent: str | None) -> dict[str, Any]:
    """Where a model comes from: versions, seed, the site's revision (null where it is in no repository), the model that it follows."""
    return {
        "python": platform.python_version(), "packages": {name: found for name in PACKAGES if (found := _version(name))}, "engine": engine, "seed": seed,
        "command": command, "site": site.name, "revision": revision(site), "parent": parent,
    }  # fmt: skip


def revision(site: Path) -> str | None:
    """The commit that the site's files are of, with `+` behind it where they differ from it."""
    def asked(*arguments: str) -> str | None:
        try:
            done = subprocess.run(["git", "-C", str(site), *arguments], capture_output=True, text=True, timeout=20)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    commit = asked("rev-parse", "HEAD")
    if commit is None:
        return None
    changed = asked("status", "--porcelain", "--", ".")
    return commit + ("+" if changed else "")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def text(card: Mapping[str, Any]) -> str:
    """The card as a file of JSON."""
    return json.dumps(card, ensure_ascii=False, indent=2) + "\n"


def markdown(card: Mapping[str, Any]) -> str:
    """The card for people."""
    data, made, figures = card["data"], card["lineage"], card["figures"]
    lines = [f"# {card['model']}", "", card["about"], "", f"Version `{card['version']}`, {card['algorithm']}, {card['bytes']:,} bytes. {_state(card)}", ""]
    lines += ["## For what", "", f"For {card['use']}. Recommendations of items of this site to its visitors, at the individual level.", ""]
    lines += [f"- {limit}" for limit in card["limits"]]
    lines += ["", "## Data", "", f"{data['used']:,} interactions of {data['users']:,} visitors with {data['items']:,} of {data['catalogue']:,} items, {_period(data)}.", ""]
    lines += _table(("file", "bytes", "SHA-256"), [(one["file"], f"{one['bytes']:,}", f"`{one['sha256'][:16]}…`") for one in data["files"]])
    told = [(words, f"{data['excluded'][name]:,}") for name, words in EXCLUDED if data["excluded"][name]]
    lines += ["", f"Left out of {data['rows']:,} rows, before anything was counted{':' if told else ': nothing.'}", ""]
    lines += _table(("what", "rows"), told) if told else []
    if data["purposes"]:
        lines += ["", f"Purposes that were in force for every row: {', '.join(data['purposes'])}."]
    lines += ["", "## How good", "", card["measured_on"], ""]
    if figures:
        lines += _table(("figure", "value", "95 % interval", "popularity"), [
            (name, f"{one['value']:.4f}", f"{one['low']:.4f} to {one['high']:.4f}" if "low" in one else "", _number(card["popularity"].get(name)))
            for name, one in figures.items() if one is not None
        ])  # fmt: skip
    if card["segments"]:
        lines += ["", *_table(("visitors", "items known", "questions", "answered", "recall@10", "coverage"), [
            (one["segment"], one["items_known"], f"{one['questions']:,}", f"{one['answered']:.1%}", f"{one['recall@10']:.4f}", f"{one['coverage']:.1%}") for one in card["segments"]
        ])]  # fmt: skip
    if card["gates"]:
        lines += ["", *_table(("gate", "at least", "measured", ""), [(g["gate"], f"{g['least']:g}", _number(g["measured"]), "passed" if g["passed"] else "**not passed**") for g in card["gates"]])]
    lines += ["", "## How it was chosen", "", f"Parameters: {_said(card['parameters']) or 'none'}.", ""]
    if card["tried"]:
        lines += _table(("tried", "recall@10", "ndcg@10"), [(_said(one["parameters"]) or "no parameters", f"{one['recall@10']:.4f}", f"{one['ndcg@10']:.4f}") for one in card["tried"]])
    lines += ["", "## Where it comes from", "", f"`{made['command']}`", ""]
    lines += _table(("what", "which"), [
        ("site", f"{made['site']}, revision {made['revision'] or 'unknown'}"), ("engine", made["engine"]), ("seed", str(made["seed"])), ("follows", made["parent"] or "no model"),
        ("Python", made["python"]), *made["packages"].items(),
    ])  # fmt: skip
    return "\n".join(lines) + "\n"


def _state(card: Mapping[str, Any]) -> str:
    return "It was refused: a gate was not passed." if card["refused"] else "All gates were passed." if card["gates"] else "No gate was set."


def _period(data: Mapping[str, Any]) -> str:
    if not data["last"]:
        return "of no known time"
    first, last = (datetime.fromtimestamp(data[name] / 1000, timezone.utc).strftime("%Y-%m-%d %H:%M") for name in ("first", "last"))
    return f"from {first} to {last} UTC"


def _said(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in parameters.items())


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows)]
