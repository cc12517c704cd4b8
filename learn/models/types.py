"""What recommenders learn from, what they learn, and the file of it (NPZ, without pickle)."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

LONG_AGO = (1980, 1, 1, 0, 0, 0)  # of every member of an archive: equal models are equal bytes


class BadModel(ValueError):
    """A model file that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Interactions:
    """Who had to do with what: a row an interaction, in the order of the source.

    `users`, `items`: int32 codes, places in `user_ids` and `item_ids` (arrays of str); `weights`: float32, 1 where nothing
    else is known; `times`: float64 seconds, or None. A user and an item may meet several times.
    """

    users: np.ndarray
    items: np.ndarray
    weights: np.ndarray
    times: np.ndarray | None
    user_ids: np.ndarray
    item_ids: np.ndarray

    def __len__(self) -> int:
        return len(self.users)

    @property
    def shape(self) -> tuple[int, int]:
        """Users and items, also such as have no row."""
        return len(self.user_ids), len(self.item_ids)

    def rows(self, chosen: np.ndarray) -> Interactions:
        """Some of the rows (mask or places); codes stay what they are."""
        times = None if self.times is None else self.times[chosen]
        return Interactions(self.users[chosen], self.items[chosen], self.weights[chosen], times, self.user_ids, self.item_ids)

    def matrix(self) -> csr_matrix:
        """Users × items, float32: the sum of the weights of a pair."""
        from scipy.sparse import csr_matrix

        made = csr_matrix((self.weights.astype(np.float32), (self.users, self.items)), shape=self.shape)
        made.sum_duplicates()
        return made

    def binary(self) -> csr_matrix:
        """Users × items, float32: 1 where a pair met at all."""
        from scipy.sparse import csr_matrix

        made = csr_matrix((np.ones(len(self), np.float32), (self.users, self.items)), shape=self.shape)
        made.sum_duplicates()
        made.data[:] = 1.0
        return made

    def counts(self) -> np.ndarray:
        """Of each item the number of different users, int64."""
        return np.diff(self.binary().tocsc().indptr).astype(np.int64)


def interactions(users: np.ndarray, items: np.ndarray, weights: np.ndarray | None = None, times: np.ndarray | None = None) -> Interactions:
    """Interactions from ids (anything that NumPy can make text of); ids are in ascending order of their text."""
    user_ids, user_codes = np.unique(np.asarray(users).astype(str), return_inverse=True)
    item_ids, item_codes = np.unique(np.asarray(items).astype(str), return_inverse=True)
    weights = np.ones(len(user_codes), np.float32) if weights is None else np.asarray(weights, np.float32)
    times = None if times is None else np.asarray(times, np.float64)
    return Interactions(user_codes.astype(np.int32), item_codes.astype(np.int32), weights, times, user_ids, item_ids)


@dataclass(frozen=True, slots=True)
class Lists:
    """Item → items: of item i the others `others[starts[i]:starts[i + 1]]` with their `weights`, the largest first.

    A visitor's score of j is the sum over the own recent items i of decay(i) × weight(i → j).
    `item_ids`: n str; `starts`: n + 1 uint32; `others`: uint32 places in `item_ids`; `weights`: float32, finite, not 0.
    """

    item_ids: np.ndarray
    starts: np.ndarray
    others: np.ndarray
    weights: np.ndarray

    def matrix(self) -> csr_matrix:
        """Items × items, float32."""
        from scipy.sparse import csr_matrix

        n = len(self.item_ids)
        return csr_matrix((self.weights, self.others.astype(np.int64), self.starts.astype(np.int64)), shape=(n, n))


@dataclass(frozen=True, slots=True)
class Vectors:
    """A vector of each item (n × d float32): a visitor's is the mean of the own recent items', an item's score the dot product."""

    item_ids: np.ndarray
    vectors: np.ndarray


@dataclass(frozen=True, slots=True)
class Order:
    """A score of each item (float64) that is the same for everybody: popularity, what is trending."""

    item_ids: np.ndarray
    scores: np.ndarray


Result = Lists | Vectors | Order


def arrays(result: Result) -> dict[str, np.ndarray]:
    """The arrays of a model file, by name. Integers and floats are little-endian, ids are text."""
    ids = {"ids": np.asarray(result.item_ids).astype(str)}
    if isinstance(result, Lists):
        return ids | {"starts": result.starts.astype("<u4"), "others": result.others.astype("<u4"), "weights": result.weights.astype("<f4")}
    if isinstance(result, Vectors):
        return ids | {"vectors": result.vectors.astype("<f4")}
    return ids | {"scores": result.scores.astype("<f8")}


def archive(named: dict[str, np.ndarray]) -> bytes:
    """An NPZ file that holds no time of writing: equal arrays are equal bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, array in named.items():
            body = io.BytesIO()
            np.lib.format.write_array(body, np.ascontiguousarray(array), allow_pickle=False)
            file.writestr(zipfile.ZipInfo(f"{name}.npy", LONG_AGO), body.getvalue(), zipfile.ZIP_DEFLATED)
    return made.getvalue()


def save(result: Result, path: Path | str) -> None:
    """Write a model file. Raises OSError."""
    Path(path).write_bytes(archive(arrays(result)))


def load(path: Path | str) -> Result:
    """Read a model file. Raises BadModel (what is wrong with it) or OSError."""
    try:
        with np.load(path, allow_pickle=False) as file:
            named = {name: file[name] for name in file.files}
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise BadModel(f"{path}: not an NPZ file of arrays: {error}") from error
    return made(named, str(path))


def made(named: dict[str, np.ndarray], path: str) -> Result:
    """Arrays by name → a model. Raises BadModel where they do not fit together."""
    if "ids" not in named or named["ids"].ndim != 1 or named["ids"].dtype.kind != "U":
        raise BadModel(f"{path}: an array `ids` of text is wanted, an id for each item")
    ids = named["ids"]
    if len(set(ids.tolist())) != len(ids):
        raise BadModel(f"{path}: an id comes twice in `ids`")
    if "starts" in named:
        return _lists(ids, named, path)
    if "vectors" in named:
        vectors = np.asarray(named["vectors"], np.float32)
        if vectors.ndim != 2 or len(vectors) != len(ids) or not np.isfinite(vectors).all():
            raise BadModel(f"{path}: `vectors` is {vectors.shape}; a row of finite numbers for each of the {len(ids)} ids is wanted")
        return Vectors(ids, vectors)
    if "scores" in named:
        scores = np.asarray(named["scores"], np.float64)
        if scores.shape != ids.shape or not np.isfinite(scores).all():
            raise BadModel(f"{path}: `scores` is {scores.shape}; a finite number for each of the {len(ids)} ids is wanted")
        return Order(ids, scores)
    raise BadModel(f"{path}: one of `starts` (with `others`, `weights`), `vectors` and `scores` is wanted; it has {', '.join(named)}")


def _lists(ids: np.ndarray, named: dict[str, np.ndarray], path: str) -> Lists:
    if not {"others", "weights"} <= named.keys():
        raise BadModel(f"{path}: `starts` goes with `others` and `weights`")
    starts, others, weights = (named[name] for name in ("starts", "others", "weights"))
    if starts.shape != (len(ids) + 1,) or starts[0] != 0 or starts[-1] != len(others) or (np.diff(starts.astype(np.int64)) < 0).any():
        raise BadModel(f"{path}: `starts` wants {len(ids) + 1} ascending numbers from 0 to {len(others)}")
    if others.shape != weights.shape or others.dtype.kind not in "iu" or (len(others) and not 0 <= others.min() <= others.max() < len(ids)):
        raise BadModel(f"{path}: `others` wants a place in `ids` for each of the `weights`")
    weights = np.asarray(weights, np.float32)
    if not np.isfinite(weights).all():
        raise BadModel(f"{path}: `weights` has numbers that are not finite")
    return Lists(ids, starts.astype(np.uint32), others.astype(np.uint32), weights)
