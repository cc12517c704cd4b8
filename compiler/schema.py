"""JSON Schemas (draft 2020-12) of the authoring files, so that editors complete keys and mark mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, dict[str, Any]]:
    """File kind (`site`, `segments`, `slot`…) → the schema of a file of that kind."""
    from pydantic import TypeAdapter

    from compiler import shapes
    from compiler.values import SpokenName

    kinds: dict[str, tuple[Any, str]] = {
        "site": (shapes.Site, "site.yaml"),
        "segments": (dict[SpokenName, shapes.Segment], "segments.yaml"),
        "metrics": (dict[SpokenName, shapes.Metric], "metrics.yaml"),
        "slot": (shapes.Slot, "slots/*.yaml"),
        "experiment": (shapes.Experiment, "experiments/*.yaml"),
        "campaign": (shapes.Campaign, "campaigns/*.yaml"),
        "model": (shapes.Model, "models/*.yaml"),
        "content": (shapes.Content, "content/*.yaml"),
        "scenarios": (shapes.Scenarios, "scenarios/*.yaml"),
    }
    return {kind: _schema(TypeAdapter(shape), files) for kind, (shape, files) in sorted(kinds.items())}


def write(folder: Path) -> list[Path]:
    """Write `{kind}.schema.json` for each kind into a folder, which is made if need be; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind, schema in json_schema().items():
        path = folder / f"{kind}.schema.json"
        path.write_text(json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
        written.append(path)
    return written


def _schema(adapter: Any, files: str) -> dict[str, Any]:
    return {"$schema": DRAFT, **_without_examples(adapter.json_schema(by_alias=True, mode="validation")), "title": f"Tessera: {files}"}


def _without_examples(schema: Any) -> Any:
    """The schema without the example lines that messages use; they are YAML, not values."""
    if isinstance(schema, dict):
        return {key: _without_examples(value) for key, value in schema.items() if not (key == "examples" and isinstance(value, list))}
    return [_without_examples(value) for value in schema] if isinstance(schema, list) else schema
