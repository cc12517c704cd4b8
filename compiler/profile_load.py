"""A file of rows goes into the profile store, in batches; what was interrupted goes on where it stood.

Each batch is one bulk put, and after it a state file beside the rows tells how far they are stored. A put is blind (whole
documents, never read before), so that a batch which is put twice changes nothing. A refused row is not stored at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from compiler.fact_rows import Made, Pair, Problem
from compiler.files import write_atomically
from compiler.row_files import Row, RowFile, RowFileError

STATE = ".tessera-load"  # what the state file's name adds to the file's
_CHUNK = 1 << 20
_VERSION = 1


class LoadError(Exception):
    """The load cannot begin or go on; one line that says why and what to do."""


class Store(Protocol):
    """Where rows go: `batch` keys at a time."""

    batch: int

    def put(self, values: Mapping[str, str], ttl: int | None) -> None:
        """Store these keys, each of which vanishes after `ttl` seconds. Raises HostError."""


class Maker(Protocol):
    """Rows → documents."""

    def of(self, row: Mapping[str, Any]) -> Made: ...


class Refused(NamedTuple):
    """What is wrong with the row of a number."""

    number: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a load is: the number of the last row that is done, how many rows were stored and refused, and of what.

    `digest` is of the file, `settings` of all else on which the documents depend, `started` when the load began (epoch
    seconds): a resumed load makes the very documents that it would have made at once.
    """

    digest: str
    settings: str
    started: float
    row: int = 0
    loaded: int = 0
    refused: int = 0
    version: int = field(default=_VERSION)


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes. Raises OSError."""
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def settings_of(*told: Any) -> str:
    """A digest of what the documents depend on besides the file."""
    return sha256(json.dumps(told, sort_keys=True, default=repr).encode()).hexdigest()


def state_of(path: Path) -> Path:
    """Where the progress of a file's load is kept."""
    return path.with_name(path.name + STATE)


def resumed(path: Path, fresh: Progress) -> Progress:
    """The progress of an interrupted load of this file; `fresh` where there is none.

    Raises:
        LoadError: the file, the site or the options are others than when it began.
    """
    state = state_of(path)
    try:
        found = Progress(**json.loads(state.read_text()))
    except FileNotFoundError:
        return fresh
    except (OSError, ValueError, TypeError):
        raise LoadError(f"{state}: not the state of a load; remove it, or begin anew with --restart") from None
    begun = f"a load of {path} was interrupted after row {found.row}"
    if found.version != _VERSION:
        raise LoadError(f"{begun} by another version of this command; begin anew with --restart")
    if found.digest != fresh.digest:
        raise LoadError(f"{begun}, and the file has changed since; begin anew with --restart")
    if found.settings != fresh.settings:
        raise LoadError(f"{begun}, with another site, target or other options; begin anew with --restart")
    return found


def run(
    source: RowFile, maker: Maker, store: Store, progress: Progress, ttl: int | None,
    *, tell: Callable[[Refused], None], moved: Callable[[int], None] = lambda position: None,
) -> Progress:  # fmt: skip
    """Store all rows that are not stored yet, and remove the state file at the end; returns how it went.

    Args:
        tell: gets each refused row. moved: gets the position in the file from time to time.
    Raises:
        RowFileError, HostError, OSError: what was stored until then is, and the state file says how far.
    """
    state = state_of(source.path)
    batch: dict[str, str] = {}
    stored, pending = progress, 0

    def flush(row: int) -> None:
        nonlocal stored, pending
        if batch:
            store.put(batch, ttl)
        stored = replace(stored, row=row, loaded=stored.loaded + pending)
        batch.clear()
        pending = 0
        write_atomically(state, json.dumps(asdict(stored)).encode())
        moved(position)

    position, last = 0, progress.row
    for row, made in _made(source, maker, progress.row):
        last, position = row.number, row.position
        if isinstance(made, Pair):
            batch[made.key] = made.value  # of a key that stands there twice the later row counts
            pending += 1
        else:
            stored = replace(stored, refused=stored.refused + 1)
            tell(Refused(row.number, tuple(made)))
        if len(batch) >= store.batch:
            flush(last)
    flush(last)
    state.unlink()
    return stored


def check(source: RowFile, maker: Maker, after: int, *, tell: Callable[[Refused], None], moved: Callable[[int], None] = lambda position: None) -> tuple[int, int]:
    """Look at all rows after one, and store nothing: how many are good, and how many are refused.

    Raises:
        RowFileError: the file cannot be read to its end.
    """
    good = bad = 0
    for row, made in _made(source, maker, after):
        if isinstance(made, Pair):
            good += 1
        else:
            bad += 1
            tell(Refused(row.number, tuple(made)))
        if (good + bad) % 1000 == 0:
            moved(row.position)
    return good, bad


def _made(source: RowFile, maker: Maker, after: int) -> Iterator[tuple[Row, Made]]:
    for row in source.rows():
        if row.number > after:
            yield row, [Problem(None, row.problem)] if row.values is None else maker.of(row.values)


__all__ = ["LoadError", "Progress", "Refused", "RowFileError", "Store", "check", "digest_of", "resumed", "run", "settings_of", "state_of"]
