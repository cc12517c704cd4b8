"""Model files, and interactions as matrices."""

from pathlib import Path

import numpy as np
import pytest

from learn.models.types import BadModel, Lists, Order, Vectors, archive, arrays, interactions, load, save

IDS = np.array(["a", "b", "ç"])
LISTS = Lists(IDS, np.array([0, 2, 2, 3], np.uint32), np.array([1, 2, 0], np.uint32), np.array([0.5, -0.25, 1.0], np.float32))
VECTORS = Vectors(IDS, np.arange(6, dtype=np.float32).reshape(3, 2))
ORDER = Order(IDS, np.array([3.0, 1.0, 2.0]))


def test_a_pair_counts_once_in_the_binary_matrix_and_with_its_weights_in_the_other():
    known = interactions(["u", "u", "v"], ["b", "b", "a"], weights=[1, 2, 5])
    assert known.user_ids.tolist() == ["u", "v"] and known.item_ids.tolist() == ["a", "b"]
    assert known.matrix().toarray().tolist() == [[0, 3], [5, 0]]
    assert known.binary().toarray().tolist() == [[0, 1], [1, 0]]
    assert known.counts().tolist() == [1, 1]
    assert known.rows(np.array([True, False, True])).shape == known.shape == (2, 2)


@pytest.mark.parametrize("model", [LISTS, VECTORS, ORDER], ids=["lists", "vectors", "order"])
def test_a_model_comes_back_from_its_file_and_equal_models_are_equal_bytes(model, tmp_path: Path):
    save(model, tmp_path / "model.npz")
    found = load(tmp_path / "model.npz")
    assert type(found) is type(model)
    for name, array in arrays(model).items():
        assert np.array_equal(arrays(found)[name], array)
    assert archive(arrays(found)) == (tmp_path / "model.npz").read_bytes()


BAD = {
    "no ids": ({"vectors": np.ones((1, 2))}, "`ids`"),
    "an id twice": ({"ids": np.array(["a", "a"]), "scores": np.ones(2)}, "twice"),
    "nothing": ({"ids": IDS}, "one of"),
    "vectors of another length": ({"ids": IDS, "vectors": np.ones((2, 2))}, "`vectors`"),
    "not finite": ({"ids": IDS, "vectors": np.full((3, 2), np.nan)}, "finite"),
    "scores not finite": ({"ids": IDS, "scores": np.array([1, 2, np.inf])}, "finite"),
    "lists without weights": ({"ids": IDS, "starts": np.zeros(4)}, "others"),
    "starts too short": ({"ids": IDS, "starts": np.zeros(3), "others": np.zeros(0, int), "weights": np.zeros(0)}, "starts"),
    "an item that is not there": ({"ids": IDS, "starts": np.array([0, 1, 1, 1]), "others": np.array([3]), "weights": np.ones(1)}, "others"),
}


@pytest.mark.parametrize(("named", "said"), BAD.values(), ids=BAD.keys())
def test_arrays_that_do_not_fit_are_refused(named, said, tmp_path: Path):
    (tmp_path / "bad.npz").write_bytes(archive(named))
    with pytest.raises(BadModel, match=said):
        load(tmp_path / "bad.npz")


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive"])
def test_what_is_no_archive_is_refused(content, tmp_path: Path):
    (tmp_path / "bad.npz").write_bytes(content)
    with pytest.raises(BadModel, match="bad.npz"):
        load(tmp_path / "bad.npz")


def test_pickles_are_not_opened(tmp_path: Path):
    np.savez(tmp_path / "bad.npz", ids=np.array([object()], dtype=object))
    with pytest.raises(BadModel):
        load(tmp_path / "bad.npz")
