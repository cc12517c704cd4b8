"""Files that models are made of: what each library writes is read, and nothing else than numbers and ids comes out of them."""

from __future__ import annotations

import collections
import io
import json
import os
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from compiler import model_arrays
from compiler.model_arrays import ModelFileError
from compiler.model_files import read_lists, read_scores, read_vectors
from tests.compiler.torch_files import Tensor, halves, saved, zipped

IDS = ["blend", "decaf", "kettle"]
ROWS = np.array([[1.0, 0.5], [0.0, -2.0], [3.0, 1.0]], np.float32)


def npz(**arrays) -> bytes:
    out = io.BytesIO()
    np.savez(out, **{name: np.asarray(rows) for name, rows in arrays.items()})
    return out.getvalue()


def arrow(kind: str, columns: dict) -> bytes:
    import pyarrow
    from pyarrow import feather, parquet

    table, out = pyarrow.table(columns), io.BytesIO()
    if kind == "parquet":
        parquet.write_table(table, out)
    elif kind == "feather":
        feather.write_feather(table, out)
    else:
        with (pyarrow.ipc.new_stream if kind == "stream" else pyarrow.ipc.new_file)(out, table.schema) as writer:
            writer.write_table(table, max_chunksize=2)
    return out.getvalue()


def lists_of(rows: np.ndarray) -> list[list[float]]:
    return rows.tolist()


def implicit_model(tmp_path: Path) -> bytes:
    from implicit.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(2, iterations=1, random_state=1, num_threads=1)
    model.item_factors, model.user_factors = ROWS, np.ones((5, 2), np.float32)
    model.save(str(tmp_path / "implicit.npz"))
    return (tmp_path / "implicit.npz").read_bytes()


STATE = collections.OrderedDict({
    "user_embedding.weight": Tensor(np.ones((5, 2), np.float32), "f4"), "item_embedding.weight": Tensor(ROWS, "f4"), "bias": Tensor(np.ones(3, np.float32), "f4"),
})  # fmt: skip
STATE._metadata = collections.OrderedDict({"": {"version": 1}})  # as a state_dict has it

VECTORS = {
    "npz": ("m.npz", lambda: npz(ids=IDS, vectors=ROWS), {}, None),
    "npz_float16": ("m.npz", lambda: npz(ids=IDS, vectors=ROWS.astype(np.float16)), {}, None),
    "npz_big_endian": ("m.npz", lambda: npz(ids=IDS, vectors=ROWS.astype(">f8")), {}, None),
    "npz_by_columns": ("m.npz", lambda: npz(ids=IDS, vectors=np.asfortranarray(ROWS)), {}, None),
    "npz_named": ("m.npz", lambda: npz(ids=IDS, mine=ROWS, other=ROWS * 2), {"column": "mine"}, None),
    "npz_only_one": ("m.npz", lambda: npz(ids=IDS, mine=ROWS), {}, None),
    "npz_bytes_as_ids": ("m.npz", lambda: npz(ids=np.array(IDS, "S10"), vectors=ROWS), {}, None),
    "implicit": ("m.npz", None, {}, "blend\ndecaf\nkettle\n"),
    "parquet_list": ("m.parquet", lambda: arrow("parquet", {"sku": IDS, "v": lists_of(ROWS)}), {}, None),
    "parquet_columns": ("m.parquet", lambda: arrow("parquet", {"d0": ROWS[:, 0], "sku": IDS, "d1": ROWS[:, 1]}), {}, None),
    "parquet_named": ("m.parquet", lambda: arrow("parquet", {"sku": IDS, "a": lists_of(ROWS), "b": lists_of(ROWS * 2)}), {"column": "a"}, None),
    "parquet_fixed": ("m.parquet", lambda: arrow("parquet", {"sku": IDS, "v": fixed(ROWS)}), {}, None),
    "parquet_categories": ("m.parquet", lambda: arrow("parquet", {"sku": categories(IDS), "v": lists_of(ROWS)}), {}, None),
    "feather": ("m.feather", lambda: arrow("feather", {"sku": IDS, "v": lists_of(ROWS)}), {}, None),
    "arrow": ("m.arrow", lambda: arrow("file", {"sku": IDS, "v": lists_of(ROWS)}), {}, None),
    "arrow_stream": ("m.arrow", lambda: arrow("stream", {"sku": IDS, "v": lists_of(ROWS)}), {}, None),
    "torch_state": ("m.pt", lambda: saved(STATE), {"column": "item_embedding.weight"}, "blend\ndecaf\nkettle"),
    "torch_likely": ("m.pt", lambda: saved(STATE), {}, "blend\ndecaf\nkettle\n"),
    "torch_parameter": ("m.pth", lambda: saved({"state_dict": {"item.weight": Tensor(ROWS, "f4", parameter=True)}, "epoch": 3, "loss": 0.25}), {"column": "state_dict.item.weight"}, "blend\ndecaf\nkettle\n"),
    "torch_with_ids": ("m.pt", lambda: saved({"ids": IDS, "vectors": Tensor(ROWS, "f8")}), {}, None),
    "torch_alone": ("m.pt", lambda: saved(Tensor(ROWS, "f2")), {}, "blend\ndecaf\nkettle\n"),
    "torch_bfloat16": ("m.pt", lambda: saved({"ids": IDS, "vectors": Tensor(halves(ROWS), "bf16")}), {}, None),
    "torch_big_endian": ("m.pt", lambda: saved({"ids": IDS, "vectors": Tensor(ROWS, "f4")}, byteorder="big"), {}, None),
    "torch_before_2_0": ("m.pt", lambda: saved({"ids": IDS, "vectors": Tensor(ROWS, "f4")}, byteorder=None), {}, None),
    "torch_view": ("m.pt", lambda: saved({"ids": IDS, "vectors": Tensor(np.concatenate([[9.0], ROWS.T.ravel()]).astype(np.float32), "f4", offset=1, strides=(1, 3), shape=(3, 2))}), {}, None),
    "ids_json": ("m.pt", lambda: saved(Tensor(ROWS, "f4")), {}, json.dumps(IDS)),
    "ids_map": ("m.pt", lambda: saved(Tensor(ROWS, "f4")), {}, json.dumps({"kettle": 2, "blend": 0, "decaf": 1})),
    "ids_rows": ("m.pt", lambda: saved(Tensor(ROWS, "f4")), {}, json.dumps({"2": "kettle", "0": "blend", "1": "decaf"})),
}  # fmt: skip


def fixed(rows: np.ndarray):
    import pyarrow

    return pyarrow.FixedSizeListArray.from_arrays(rows.ravel(), rows.shape[1])


def categories(values: list[str]):
    import pyarrow

    return pyarrow.array(values).dictionary_encode()


@pytest.mark.parametrize("case", VECTORS)
def test_vectors_are_read_from(case, tmp_path):
    name, content, options, ids = VECTORS[case]
    (tmp_path / name).write_bytes(content() if content else implicit_model(tmp_path))
    if ids is not None:
        beside = tmp_path / ("ids.json" if ids.startswith(("[", "{")) else "ids.txt")
        beside.write_text(ids)
        options = {**options, "ids": beside}
    found = read_vectors(tmp_path / name, "sku", **options)
    assert found.ids == tuple(IDS) and found.vectors.dtype == np.float32
    assert found.vectors.tolist() == ROWS.tolist()


LISTS = {
    "npz": ("l.npz", lambda: npz(ids=IDS, starts=np.array([0, 2, 2, 3], "u4"), others=np.array([1, 2, 0], "u4"), weights=np.array([2.0, 1.0, -1.0], "f4"))),
    "csv": ("l.csv", lambda: b"item,other,weight\nblend,decaf,2\nblend,kettle,1.0\nkettle,blend,-1e0\n"),
    "tsv": ("l.tsv", lambda: "\ufeffother\titem\tweight\ndecaf\tblend\t2\nkettle\tblend\t1\nblend\tkettle\t-1\n".encode()),
    "parquet": ("l.parquet", lambda: arrow("parquet", {"item": ["blend", "blend", "kettle"], "other": ["decaf", "kettle", "blend"], "weight": [2, 1, -1]})),
}  # fmt: skip


@pytest.mark.parametrize("case", LISTS)
def test_lists_are_read_from(case, tmp_path):
    name, content = LISTS[case]
    (tmp_path / name).write_bytes(content())
    found = read_lists(tmp_path / name)
    told = {(found.ids[item], found.ids[other]): weight for item, other, weight in zip(found.items, found.others, found.weights)}
    assert told == {("blend", "decaf"): 2.0, ("blend", "kettle"): 1.0, ("kettle", "blend"): -1.0}


@pytest.mark.parametrize("name, content", [
    ("s.npz", lambda: npz(ids=IDS, scores=[3.0, -1.0, 2.5])), ("s.csv", lambda: b"sku,score\nblend,3\ndecaf,-1\nkettle,2.5\n"),
    ("s.parquet", lambda: arrow("parquet", {"scores": [3.0, -1.0, 2.5], "sku": IDS})),
])  # fmt: skip
def test_scores_are_read_from(name, content, tmp_path):
    (tmp_path / name).write_bytes(content())
    found = read_scores(tmp_path / name, "sku")
    assert dict(zip(found.ids, found.scores.tolist())) == {"blend": 3.0, "decaf": -1.0, "kettle": 2.5}


# --- what is refused -------------------------------------------------------------------------------------------------------


def pickled(thing) -> bytes:
    return zipped({"archive/data.pkl": pickle.dumps(thing, protocol=2)})


class Evil:
    def __reduce__(self):
        return os.mkdir, ("evil",)


def opcodes(raw: bytes) -> bytes:
    return zipped({"archive/data.pkl": raw})


def header(shape: str, dtype: str = "<f4") -> bytes:
    """An NPY file that claims a shape, and has one number."""
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + b"\0" * 4


def bomb(name: str, size: int) -> bytes:
    """A zip whose one member is zeros, far more than the file's own bytes."""
    return zipped({name: bytes(size)}, zipfile.ZIP_DEFLATED)


def tensor_of(**changed) -> bytes:
    return saved({"ids": IDS, "vectors": Tensor(ROWS, "f4", **changed)})


REFUSED = {
    "torch_runs_code": ("m.pt", lambda: pickled(Evil()), "E080", "more than tensors: (posix|nt).mkdir"),
    "torch_eval": ("m.pt", lambda: opcodes(b"cbuiltins\neval\n(V1\ntR."), "E080", "more than tensors: builtins.eval"),
    "torch_stack_global": ("m.pt", lambda: opcodes(b"\x80\x04\x8c\x02os\x8c\x06system\x93."), "E080", "more than tensors: os.system"),
    "torch_instance": ("m.pt", lambda: opcodes(b"(ios\nsystem\n."), "E080", "more than tensors: the pickle's INST"),
    "torch_object": ("m.pt", lambda: opcodes(b"(cos\nsystem\no."), "E080", "more than tensors: os.system"),
    "torch_extension": ("m.pt", lambda: opcodes(b"\x82\x01."), "E080", "more than tensors: the pickle's EXT1"),
    "torch_new_object": ("m.pt", lambda: opcodes(b"ccollections\nOrderedDict\n)\x81."), "E080", "more than tensors: the pickle's NEWOBJ"),
    "torch_builds_a_function": ("m.pt", lambda: opcodes(b"ctorch._utils\n_rebuild_tensor_v2\n}b."), "E080", "more than tensors: an object with attributes"),
    "torch_calls_a_storage": ("m.pt", lambda: opcodes(b"ctorch\nFloatStorage\n)R."), "E080", "more than tensors: a call"),
    "torch_calls_a_text": ("m.pt", lambda: opcodes(b"\x80\x02X\x01\x00\x00\x00a)R."), "E080", "more than tensors: a call"),
    "torch_whole_model": ("m.pt", lambda: opcodes(b"c__main__\nModel\n)\x81."), "E080", "more than tensors: __main__.Model"),
    "torch_control_characters": ("m.pt", lambda: opcodes(b"cos\nsy\x1b[2Jstem\n."), "E080", r"os\.sy\?\[2Jstem"),
    "torch_empty_stack": ("m.pt", lambda: opcodes(b"."), "E080", "not a PyTorch export"),
    "torch_no_mark": ("m.pt", lambda: opcodes(b"t."), "E080", "a broken pickle"),
    "torch_unknown_memo": ("m.pt", lambda: opcodes(b"h\x05."), "E080", "not a PyTorch export"),
    "torch_far_memo": ("m.pt", lambda: opcodes(b"\x80\x02Nr\xff\xff\xff\x7f."), "E081", "no vectors in it"),
    "torch_cut_pickle": ("m.pt", lambda: opcodes(pickle.dumps(["a"] * 9, 2)[:-5]), "E080", "not a PyTorch export"),
    "torch_cut_zip": ("m.pt", lambda: tensor_of()[:-40], "E080", "not a PyTorch export"),
    "torch_legacy": ("m.pt", lambda: pickle.dumps(0x1950A86A20F9469CFC6C, 2), "E080", "not a PyTorch export"),
    "torch_no_storage": ("m.pt", lambda: zipped({name: raw for name, raw in unzipped(tensor_of()).items() if "/data/" not in name}), "E080", "not a PyTorch export"),
    "torch_short_storage": ("m.pt", lambda: zipped({name: raw[:-4] if "/data/" in name else raw for name, raw in unzipped(tensor_of()).items()}), "E080", "larger than its numbers"),
    "torch_beyond": ("m.pt", lambda: tensor_of(offset=1), "E080", "larger than its numbers"),
    "torch_negative": ("m.pt", lambda: tensor_of(offset=-1), "E080", "no possible shape"),
    "torch_repeated": ("m.pt", lambda: tensor_of(strides=(0, 0), shape=(3_000_000_000, 2)), "E080", "larger than its numbers"),
    "torch_order": ("m.pt", lambda: saved(Tensor(ROWS, "f4"), byteorder="middle"), "E080", "byte order 'middle'"),
    "torch_integers": ("m.pt", lambda: saved({"ids": IDS, "vectors": Tensor(ROWS.astype("i8"), "i8")}), "E081", "vectors of int64"),
    "torch_no_ids": ("m.pt", lambda: saved(STATE), "E082", "which vector is of which item"),
    "torch_unclear": ("m.pt", lambda: saved({"a": Tensor(ROWS, "f4"), "b": Tensor(ROWS, "f4")}), "E081", "several arrays may be the vectors: a, b"),
    "torch_nested_dicts": ("m.pt", lambda: opcodes(b"}q\x00" + many_dicts()), "E080", "more than 10,000 parts"),
    "npz_bomb": ("m.npz", lambda: bomb("vectors.npy", 2**20 + 1), "E080", "cannot be read: 1,048,577 bytes"),
    "torch_bomb": ("m.pt", lambda: bomb("archive/data.pkl", 2**20 + 1), "E080", "1,048,577 bytes"),
    "npz_claims_more": ("m.npz", lambda: zipped({"ids.npy": header("(3,)", "<U5"), "vectors.npy": header("(1000000000000, 8)")}), "E080", "does not fit"),
    "npz_objects": ("m.npz", lambda: npz(ids=IDS, vectors=np.array([[Evil()]], dtype=object)), "E080", "Python objects"),
    "npz_header_code": ("m.npz", lambda: zipped({"vectors.npy": header("__import__('os').mkdir('evil')")}), "E080", "cannot be read"),
    "npz_no_rows": ("m.npz", lambda: npz(ids=IDS, vectors=np.zeros((3, 0), np.float32)), "E081", "do not fit"),
    "npz_double": ("m.npz", lambda: npz(ids=["a", "a", "b"], vectors=ROWS), "E082", "'a' stands twice"),
    "npz_ids_are_floats": ("m.npz", lambda: npz(ids=[1.0, 2.0, 3.0], vectors=ROWS), "E081", "texts or whole numbers"),
    "npz_column": ("m.npz", lambda: npz(ids=IDS, vectors=ROWS), "E081", "no array 'mine'"),
    "parquet_ragged": ("m.parquet", lambda: arrow("parquet", {"sku": IDS, "v": [[1.0], [1.0, 2.0], [1.0]]}), "E080", "lists of 1 to 2 numbers"),
    "parquet_nothing": ("m.parquet", lambda: arrow("parquet", {"sku": ["a", None, "b"], "v": lists_of(ROWS)}), "E080", "1 empty cells"),
    "parquet_null_inside": ("m.parquet", lambda: arrow("parquet", {"sku": IDS, "v": [[1.0, None], [1.0, 2.0], [1.0, 1.0]]}), "E081", "must be finite; that of 'blend' is not"),
    "parquet_no_id": ("m.parquet", lambda: arrow("parquet", {"ean": IDS, "v": lists_of(ROWS)}), "E081", "no column 'sku'"),
    "parquet_cut": ("m.parquet", lambda: arrow("parquet", {"sku": IDS, "v": lists_of(ROWS)})[:-20], "E080", "not Parquet"),
    "arrow_cut": ("m.arrow", lambda: arrow("file", {"sku": IDS, "v": lists_of(ROWS)})[:-20], "E080", "not an Arrow file"),
    "feather_text": ("m.feather", lambda: b"sku,v\n", "E080", "not a Feather file"),
    "kind": ("m.h5", lambda: b"", "E080", "no kind that is read"),
    "csv_vectors": ("m.csv", lambda: b"sku,d0\na,x\n", "E081", "no vectors in it"),
}  # fmt: skip


def unzipped(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def many_dicts() -> bytes:
    """The rest of a pickle: dicts of 99 times the dict before, six deep."""
    out = b""
    for level in range(1, 6):
        entries = b"".join(b"X\x02\x00\x00\x00" + f"{i:02d}".encode() + b"h" + bytes([level - 1]) for i in range(99))
        out += b"}q" + bytes([level]) + b"(" + entries + b"u"
    return out + b"."


@pytest.mark.parametrize("case", REFUSED)
def test_files_that_are_refused(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if "bomb" in case:
        monkeypatch.setattr(model_arrays, "LARGEST", 2**20)
        monkeypatch.setattr("compiler.model_torch.LARGEST_PICKLE", 2**20)
    name, content, code, message = REFUSED[case]
    (tmp_path / name).write_bytes(content())
    with pytest.raises(ModelFileError, match=message) as told:
        read_vectors(tmp_path / name, "sku", "mine" if case == "npz_column" else None)
    assert told.value.code == code and told.value.fix and not (tmp_path / "evil").exists()
    assert len(told.value.message) < 300 and told.value.message.isprintable()


BROKEN_LISTS = {
    "npz_without": ("l.npz", lambda: npz(ids=IDS, starts=[0, 0, 0, 0]), "E080", "`starts`, `others` and `weights`"),
    "npz_backwards": ("l.npz", lambda: npz(ids=IDS, starts=[0, 2, 1, 3], others=[1, 2, 0], weights=[1.0, 1.0, 1.0]), "E081", "are no lists of 3 items"),
    "npz_outside": ("l.npz", lambda: npz(ids=IDS, starts=[0, 1, 1, 1], others=[3], weights=[1.0]), "E081", "are no lists of 3 items"),
    "npz_short": ("l.npz", lambda: npz(ids=IDS, starts=[0, 1], others=[1], weights=[1.0]), "E081", "are no lists of 3 items"),
    "npz_infinite": ("l.npz", lambda: npz(ids=IDS, starts=[0, 1, 1, 1], others=[1], weights=[np.inf]), "E081", "not finite"),
    "npz_pair": ("l.npz", lambda: npz(ids=IDS, starts=[0, 2, 2, 2], others=[1, 1], weights=[1.0, 2.0]), "E082", "'blend', 'decaf' stands twice"),
    "csv_column": ("l.csv", lambda: b"item,others,weight\na,b,1\n", "E081", "no column 'other'"),
    "csv_number": ("l.csv", lambda: b"item,other,weight\na,b,heavy\n", "E081", "no number"),
    "csv_cells": ("l.csv", lambda: b"item,other,weight\na,b\n", "E080", "line 2 has 2 cells"),
    "csv_bytes": ("l.csv", lambda: b"item,other,weight\n\xff,b,1\n", "E080", "not CSV"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN_LISTS)
def test_lists_that_are_refused(case, tmp_path):
    name, content, code, message = BROKEN_LISTS[case]
    (tmp_path / name).write_bytes(content())
    with pytest.raises(ModelFileError, match=message) as told:
        read_lists(tmp_path / name)
    assert told.value.code == code and told.value.fix


@pytest.mark.parametrize("content, message", [("", "do not fit"), ("a\nb\n", "do not fit"), ('{"a": 0, "b": 0, "c": 1}', "no ids"), ("[1.5, 2, 3]", "no ids"), ("[1, 2", "no ids"), ('{"a": "x"}', "no ids"), ("\xff", "no ids")])
def test_ids_that_do_not_fit(content, message, tmp_path):
    (tmp_path / "m.pt").write_bytes(saved(Tensor(ROWS, "f4")))
    beside = tmp_path / ("ids.json" if content[:1] in ("[", "{") else "ids.txt")
    beside.write_bytes(content.encode("latin-1"))
    with pytest.raises(ModelFileError, match=message):
        read_vectors(tmp_path / "m.pt", "sku", ids=beside)


def test_without_pyarrow_it_says_what_to_install(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "m.parquet").write_bytes(b"PAR1")
    with pytest.raises(ModelFileError) as told:
        read_vectors(tmp_path / "m.parquet", "sku")
    assert "tessera-edge[learn]" in told.value.fix


def test_what_a_trainer_saves_is_what_the_compiler_reads(tmp_path):
    from learn.models import types

    ids = np.array(IDS)
    types.save(types.Vectors(ids, ROWS), tmp_path / "v.npz")
    types.save(types.Lists(ids, np.array([0, 1, 1, 2]), np.array([2, 0]), np.array([0.5, 0.25], np.float32)), tmp_path / "l.npz")
    types.save(types.Order(ids, np.array([3.0, 2.0, 1.0])), tmp_path / "o.npz")
    assert read_vectors(tmp_path / "v.npz", "sku").vectors.tolist() == ROWS.tolist()
    lists = read_lists(tmp_path / "l.npz")
    assert (lists.items.tolist(), lists.others.tolist(), lists.weights.tolist()) == ([0, 2], [2, 0], [0.5, 0.25])
    assert read_scores(tmp_path / "o.npz", "sku").scores.tolist() == [3.0, 2.0, 1.0]
