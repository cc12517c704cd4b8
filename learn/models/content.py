"""Vectors from what is known of an item: words of its text, categories, attributes. For items that nobody has seen yet.

A document is an item's words, in any form that `words` splits: "Toy Story Animation Children's", or "brand=acme category=shoes".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learn.models.similar import normalized
from learn.models.types import Vectors

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

WORD = re.compile(r"[^\W_]+(?:=[^\s|,;]+)?")
VOCABULARY = 50_000  # of more different words the most frequent


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Word → column, and of each column its rarity (inverse document frequency)."""

    columns: dict[str, int]
    rarity: np.ndarray


def words(document: str) -> list[str]:
    """`Toy Story` are two words, `brand=acme` is one; case does not matter."""
    return WORD.findall(document.casefold())


def vocabulary(documents: Sequence[str], least: int = 1) -> Vocabulary:
    """The words that at least `least` documents have."""
    seen: dict[str, int] = {}
    for document in documents:
        for word in set(words(document)):
            seen[word] = seen.get(word, 0) + 1
    kept = sorted(sorted(word for word, count in seen.items() if count >= least), key=lambda word: -seen[word])[:VOCABULARY]
    rarity = np.log((1 + len(documents)) / (1 + np.array([seen[word] for word in kept], np.float64))) + 1
    return Vocabulary({word: column for column, word in enumerate(kept)}, rarity)


def features(documents: Sequence[str], known: Vocabulary) -> csr_matrix:
    """Documents × words: TF-IDF, each row of length 1. Unknown words count for nothing."""
    from scipy.sparse import csr_matrix, diags

    found = [(row, known.columns[word]) for row, document in enumerate(documents) for word in words(document) if word in known.columns]
    rows, columns = np.array(found, int).reshape(-1, 2).T
    counts = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(documents), len(known.rarity)))
    counts.data = 1 + np.log(counts.data)
    weighed = counts @ diags(known.rarity)
    lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    return (diags(1 / np.where(lengths > 0, lengths, 1.0)) @ weighed).tocsr()


def fit(item_ids: np.ndarray, documents: Sequence[str], dimensions: int = 32, least: int = 1) -> Vectors:
    """A vector of each item on the main axes of the words (TF-IDF, then a truncated SVD), of length 1; zeros where no word is known."""
    from learn.models.spectral import leading

    matrix = features(documents, vocabulary(documents, least))
    if not matrix.nnz:
        return Vectors(item_ids, np.zeros((len(item_ids), 1), np.float32))
    return Vectors(item_ids, normalized(matrix @ leading(matrix, dimensions)))


def predict(learned: Vectors, documents: Sequence[str], new_documents: Sequence[str], penalty: float = 1.0, least: int = 2) -> np.ndarray:
    """Vectors of items without interactions, from those with: ridge regression from words to vectors.

    Args:
        learned: vectors from interactions. documents: what is known of those items, in the same order.
        new_documents: what is known of the others. penalty: of the squared weights.
    Returns:
        A row for each new document, float32; the mean of the learned vectors where none of its words is known.
    """
    from scipy.sparse import identity
    from scipy.sparse.linalg import spsolve

    known = vocabulary(documents, least)
    given, wanted = features(documents, known), features(new_documents, known)
    centre = learned.vectors.astype(np.float64).mean(axis=0)
    rest = learned.vectors - centre
    n, m = given.shape
    if m == 0:
        return np.tile(centre, (len(new_documents), 1)).astype(np.float32)
    if min(n, m) > 5000:  # too large to solve densely; the sparse system of the words
        solution = spsolve((given.T @ given + penalty * identity(m)).tocsc(), given.T @ rest)
        return (centre + wanted @ solution.reshape(m, -1)).astype(np.float32)
    if m <= n:
        solution = np.linalg.solve((given.T @ given).toarray() + penalty * np.eye(m), given.T @ rest)
    else:
        solution = given.T @ np.linalg.solve((given @ given.T).toarray() + penalty * np.eye(n), rest)
    return (centre + wanted @ solution).astype(np.float32)
