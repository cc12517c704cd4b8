"""Files of the event log: which there are below folders, and what is wrong with one that an engine cannot read."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from glob import glob
from hashlib import sha256
from pathlib import Path
from typing import Any

from learn.identity_files import BadFile

ENDINGS = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")
OTHERS = frozenset({"decisions", "shadow", "dead", "retried"})  # folders of the log that hold no events
NO_DECISIONS = frozenset({"events", "shadow", "dead", "retried"})


def files_of(named: Iterable[str], endings: Sequence[str] = ENDINGS, skipped: Collection[str] = OTHERS) -> list[Path]:
    """The files that names, folders and patterns mean, each once, in order. Below a folder, folders called as in `skipped` are left out.

    Raises:
        BadFile: where a name means no file.
    """
    found: dict[Path, None] = {}
    for name in named:
        path = Path(name)
        if path.is_dir():
            here = sorted(file for file in path.rglob("*") if file.is_file() and file.name.endswith(tuple(endings)) and not set(skipped) & set(file.relative_to(path).parts))
        else:
            here = [path] if path.is_file() else sorted(Path(one) for one in glob(name, recursive=True) if Path(one).is_file())
        if not here:
            what = f"the folder has no file of {', '.join(endings)}" if path.is_dir() else "there is no such file"
            raise BadFile(f"{name}: {what}")
        found |= dict.fromkeys(here)
    return list(found)


def rows_of(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """The rows of files of the log, one by one. Raises BadFile at the first line that is none."""
    for path in files:
        with gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    why = _why(line)
                    if why:
                        raise BadFile(f"{path}:{number}: {why}")
                    yield json.loads(line)


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    found = sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def fault(files: Iterable[Path], fallback: str) -> str:
    """The first line that is no row of the log of events, in words; what the engine said where all lines are."""
    for path in files:
        try:
            with gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb") as file:
                for number, line in enumerate(file, 1):
                    if line.strip() and (why := _why(line)):
                        return f"{path}:{number}: {why}"
        except (OSError, EOFError) as error:
            return f"{path}: {getattr(error, 'strerror', None) or error}; is it whole?"
    return fallback


def _why(line: bytes) -> str:
    """Why a line is no row; empty where it is one."""
    try:
        row = json.loads(line)
    except UnicodeDecodeError:
        return "this is not UTF-8; save it as UTF-8"
    except ValueError as error:
        return f"this is not JSON ({error}); every line is one row"
    if not isinstance(row, dict):
        return "this is no JSON object; every line is one row"
    for names, fits, words in _FIELDS:
        for name in names:
            if row.get(name) is not None and not fits(row[name]):
                return f"`{name}` is {json.dumps(row[name])[:60]}; it is {words}"
    return ""


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


_FIELDS: Sequence[tuple[Sequence[str], Callable[[Any], bool], str]] = (
    (("id", "event", "unit", "item", "order"), lambda value: isinstance(value, str), "a text"),
    (("items", "purposes"), _is_list, "a list of texts"),
    (("at", "received"), lambda value: isinstance(value, (int, float)) and not isinstance(value, bool), "a number of seconds"),
    (("bot",), lambda value: isinstance(value, bool), "true or false"),
)
