"""The files that models are made of → vectors, lists and scores with the ids that they are of: found, and checked as such."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from compiler.model_arrays import Arrays, ModelFileError, arrays, ids_of, texts

WIDEST = 4_096  # dimensions
VECTORS = ("vectors", "item_factors", "embeddings")
SCORES = ("scores", "score")


@dataclass(frozen=True, slots=True)
class Vectors:
    """`vectors`: n × d float32, finite; of the item `ids[row]` each."""

    ids: tuple[str, ...]
    vectors: np.ndarray


@dataclass(frozen=True, slots=True)
class Lists:
    """Of the item `ids[items[k]]` the other `ids[others[k]]` with `weights[k]` (float64, finite), in any order, no pair twice."""

    ids: tuple[str, ...]
    items: np.ndarray
    others: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, slots=True)
class Scores:
    """`scores`: float64, finite; of the item `ids[row]` each."""

    ids: tuple[str, ...]
    scores: np.ndarray


def read_vectors(path: Path, id_: str, column: str | None = None, ids: Path | None = None) -> Vectors:
    """Vectors and their ids.

    Args:
        id_: the column of the ids, in files of columns. column: the array or column of the vectors (default: VECTORS, else the only
            one that may be meant). ids: a file of the ids (default: they are in the file itself).
    Raises:
        ModelFileError: what is wrong with the file.
    """
    found = arrays(path)
    if column is not None and column not in found:
        raise ModelFileError("E081", f"no array '{column}'", f"the file has {_some(list(found))}")
    named = column or next((name for name in VECTORS if name in found), None)
    names = [named] if named else _likely(found, id_)
    if not names:
        raise _no_vectors(found)
    parts = [found[name] for name in names]
    vectors = parts[0] if len(parts) == 1 and (parts[0].ndim == 2 or named) else np.stack(parts, axis=1)
    of = _ids(found, id_, ids)
    if vectors.ndim != 2 or len(of) != len(vectors) or not 1 <= vectors.shape[1] <= WIDEST:
        raise ModelFileError("E081", f"shapes {(len(of),)} and {vectors.shape} do not fit", f"give n ids and an n × d array of vectors, d at most {WIDEST:,}")
    if not np.issubdtype(vectors.dtype, np.floating):
        raise ModelFileError("E081", f"vectors of {vectors.dtype}; they must be floats", "save them as float32")
    with np.errstate(over="ignore"):
        vectors = vectors.astype(np.float32)
    sound = np.isfinite(vectors).all(axis=1)
    if not sound.all():
        where = int(np.argmin(sound))
        raise ModelFileError("E081", f"vectors must be finite; that of '{of[where]}' is not", "look for NaN or infinity where they are made, and save them as float32")
    return Vectors(_each_once(of), vectors)


def read_lists(path: Path) -> Lists:
    """Item-to-item lists: NPZ with `ids`, `starts`, `others` and `weights`, or a table with the columns item, other and weight.

    Raises:
        ModelFileError: what is wrong with the file.
    """
    found = arrays(path)
    if found.table:
        _columns_there(found, ("item", "other", "weight"))
        item, other = texts_of(found, "item"), texts_of(found, "other")
        ids = tuple(sorted({*item, *other}))
        row_of = {one: row for row, one in enumerate(ids)}
        items, others = (np.array([row_of[one] for one in side], np.int64) for side in (item, other))
        weights = numbers(found, "weight")
    else:
        if not {"ids", "starts", "others", "weights"} <= found.keys():
            fix = "write it with `tessera train`, or as CSV with the columns item, other, weight"
            raise ModelFileError("E080", "not an NPZ file with the arrays `ids`, `starts`, `others` and `weights`", fix)
        ids, weights = _each_once(texts_of(found, "ids")), numbers(found, "weights")
        starts, others = _rows_of(found, len(ids), len(weights))
        items = np.repeat(np.arange(len(ids)), np.diff(starts))
    pairs = items * len(ids) + others
    if len(np.unique(pairs)) != len(pairs):
        order = np.sort(pairs)
        twice = int(order[1:][order[1:] == order[:-1]][0])
        raise ModelFileError("E082", f"the pair '{ids[twice // len(ids)]}', '{ids[twice % len(ids)]}' stands twice", "keep one of them")
    return Lists(ids, items, others, weights)


def read_scores(path: Path, id_: str) -> Scores:
    """Scores of items: arrays or columns of ids and of scores. Raises ModelFileError: what is wrong with the file."""
    found = arrays(path)
    name = next((name for name in SCORES if name in found), None)
    if name is None:
        raise ModelFileError("E081", "no array or column `scores`", f"the file has {_some(list(found))}; name one of them `scores`")
    ids, scores = _ids(found, id_, None), numbers(found, name)
    if scores.shape != (len(ids),):
        raise ModelFileError("E081", f"shapes {(len(ids),)} and {scores.shape} do not fit", "give n ids and n scores")
    return Scores(_each_once(ids), scores)


def numbers(found: Arrays, name: str) -> np.ndarray:
    """An array as finite float64. Raises ModelFileError."""
    array = found[name]
    try:
        if array.dtype.kind not in "iufU":
            raise ValueError
        array = array.astype(np.float64)
    except ValueError:
        raise ModelFileError("E081", f"`{name}` holds what is no number", "write numbers alone") from None
    if not np.isfinite(array).all():
        raise ModelFileError("E081", f"`{name}` holds numbers that are not finite", "look for NaN or infinity where they are made")
    return array


def texts_of(found: Arrays, name: str) -> list[str]:
    """An array as ids. Raises ModelFileError."""
    array = found[name]
    if array.ndim != 1:
        raise ModelFileError("E081", f"`{name}` has the shape {array.shape}", "give a list of ids")
    try:
        return texts(array)
    except ValueError as error:
        raise ModelFileError("E081", f"`{name}`: {error}", "write them as texts") from None


def _rows_of(found: Arrays, n: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """`starts` and `others` of lists of n items with so many weights, int64."""
    starts, others = found["starts"], found["others"]
    if starts.dtype.kind in "iu" and others.dtype.kind in "iu" and starts.shape == (n + 1,) and others.shape == (count,):
        starts, others = starts.astype(np.int64), others.astype(np.int64)
        within = not count or 0 <= others.min() <= others.max() < n
        if starts[0] == 0 and starts[-1] == count and (np.diff(starts) >= 0).all() and within:
            return starts, others
    fix = "write n + 1 ascending starts from 0, and of each item others (places in `ids`) and weights"
    raise ModelFileError("E081", f"`starts`, `others` and `weights` are no lists of {n:,} items", fix)


def _likely(found: Arrays, id_: str) -> list[str]:
    """The arrays that must be meant: the only one of two dimensions, or in tables all columns of floats."""
    others = [name for name in found if name not in ("ids", id_)]
    if found.table:
        wide = [name for name in others if found[name].ndim == 2]
        return wide if len(wide) == 1 else [] if wide else [name for name in others if found[name].dtype.kind == "f"]
    wide = [name for name in others if found[name].ndim == 2 and found[name].dtype.kind == "f"]
    items = [name for name in wide if "item" in name.lower()]
    return wide if len(wide) == 1 else items if len(items) == 1 else []


def _no_vectors(found: Arrays) -> ModelFileError:
    wide = [name for name in found if found[name].ndim == 2]
    if wide:
        return ModelFileError("E081", f"several arrays may be the vectors: {_some(wide)}", f"say which: `column: {wide[0]}`")
    if found.what == "NPZ":
        return ModelFileError("E080", "not an NPZ file with the arrays `ids` and `vectors`", "write it with numpy.savez(file, ids=…, vectors=…)")
    return ModelFileError("E081", "no vectors in it", f"the file has {_some(list(found))}; name the array with `column: …`")


def _ids(found: Arrays, id_: str, beside: Path | None) -> list[str]:
    if beside is not None:
        return ids_of(beside)
    name = next((name for name in (*((id_,) if found.table else ()), "ids", "id", id_) if name in found), None)
    if name is not None:
        return texts_of(found, name)
    if found.table:
        raise ModelFileError("E081", f"no column '{id_}'", f"the file has {_some(list(found))}; name the ids' column '{id_}'")
    if found.what == "NPZ" and "item_factors" not in found:
        raise ModelFileError("E080", "not an NPZ file with the arrays `ids` and `vectors`", "write it with numpy.savez(file, ids=…, vectors=…)")
    raise ModelFileError("E082", "it does not say which vector is of which item", "write the ids, one a line, into a file and name it: `ids: models/ids.txt`")


def _columns_there(found: Arrays, wanted: Sequence[str]) -> None:
    for name in wanted:
        if name not in found:
            raise ModelFileError("E081", f"no column '{name}'", f"the columns are {_some(list(found))}; {', '.join(wanted)} are wanted")


def _each_once(ids: Sequence[str]) -> tuple[str, ...]:
    if len(set(ids)) != len(ids):
        seen: set[str] = set()
        twice = next(one for one in ids if one in seen or seen.add(one))
        raise ModelFileError("E082", f"the id '{twice}' stands twice", "give each item one row")
    return tuple(ids)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "") if names else "nothing"
