"""Items, models over them, and look-ups by network."""

import io
import itertools
import zipfile

import numpy as np
import pytest

from compiler import ir
from tests.golden.cases import base_site, compiled, messages


def model(result, name: str) -> ir.Model:
    return next(one for one in result.program.models if one.name == name)


def test_items_are_sorted_by_id_in_columns(tmp_path):
    change = {"items.csv": {"decaf,Low Tide,12.00,beans.svg,0.4\n": "", "sku,name": "sku,name"}, "slots/shelf.yaml": {"take: 2": "take: 1"}}
    arrays = {"items.npz": {"ids": ["kettle", "blend", "a"], "vectors": [[0, 1], [1, 0], [1, 1]]}}
    write = {"items.csv": "popularity,sku,image,price,name,more\n0.6,kettle,https://cdn.example/k.png,89,Kettle,x\n,a,beans.svg,,,\n0.9,blend,beans.svg,11.50,House Blend,\n"}
    del change["items.csv"]
    result = compiled(tmp_path, change=change, arrays=arrays, write=write)
    assert result.program.item_ids == ("a", "blend", "kettle")
    assert dict(result.program.item_columns) == {
        "name": (None, "House Blend", "Kettle"), "price": (None, 11.5, 89.0),
        "image": ("/img/beans.svg", "/img/beans.svg", "https://cdn.example/k.png"), "popularity": (None, 0.9, 0.6),
    }  # fmt: skip
    rows = np.frombuffer(dict(model(result, "affinity").sections)["rows"], np.int8).reshape(3, 16)
    assert rows[:, :2].tolist() == [[127, 127], [127, 0], [0, 127]], "in the order of the items, not of the file"


def test_models_carry_a_version_of_what_they_are_made_of(tmp_path):
    first = compiled(tmp_path / "1")
    same = compiled(tmp_path / "2", change={"content/hero.yaml": {"Good coffee": "Better coffee"}})
    other = compiled(tmp_path / "3", change={"models/affinity.yaml": {"7d": "8d"}, "items.csv": {"0.9": "0.8"}})
    for name in ("affinity", "trending"):
        assert model(first, name).version == model(same, name).version != model(other, name).version


def test_a_score_and_vectors(tmp_path):
    result = compiled(tmp_path, change={"models/affinity.yaml": {"{half_life: 7d}": "{half_life: 12h}, else: trending"}})
    trending, affinity = model(result, "trending"), model(result, "affinity")
    assert (trending.kind, trending.field, trending.source, trending.sections) == ("order", "popularity", None, ())
    assert (affinity.kind, affinity.source, affinity.half_life, affinity.dimensions, affinity.otherwise) == ("int8", "visitor.recent", 43_200.0, 16, "trending")
    assert {name: len(raw) for name, raw in affinity.sections} == {"rows": 48, "scales": 12} and "visitor.recent" in result.program.reads


def npz(**arrays) -> bytes:
    out = io.BytesIO()
    np.savez(out, **{name: np.array(rows) for name, rows in arrays.items()})
    return out.getvalue()


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.npy", content)
    return out.getvalue()


GOOD = {"ids": ["blend", "decaf", "kettle"], "vectors": [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]}


def lone(value: object) -> bytes:
    out = io.BytesIO()
    np.save(out, np.array(value, dtype=object if value is None else None), allow_pickle=True)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (npz(**GOOD), None),
        (b"", "E080"), (b"nothing", "E080"), (b"PK\x03\x04", "E080"), (npz(**GOOD)[:-30], "E080"), (npz(**GOOD)[:100] + b"\xff" * 200 + npz(**GOOD)[300:], "E080"), (lone([1.0]), "E080"), (npz(ids=GOOD["ids"]), "E080"),
        (zipped(ids=b"", vectors=b""), "E080"), (zipped(ids=b"\x93NUMPY\x01\x00", vectors=b"x"), "E080"), (zipped(ids=lone(None), vectors=lone(None)), "E080"),
        (npz(**{**GOOD, "vectors": [[1, 0], [0, 1], [1, 1]]}), "E081"), (npz(**{**GOOD, "vectors": [1.0, 2.0, 3.0]}), "E081"), (npz(**{**GOOD, "vectors": np.zeros((3, 0))}), "E081"),
        (npz(**{**GOOD, "vectors": np.zeros((3, 4097))}), "E081"), (npz(**{**GOOD, "vectors": [[np.nan, 0], [0, 1], [1, 1]]}), "E081"), (npz(**{**GOOD, "ids": [["a"]]}), "E081"),
        (npz(**{**GOOD, "ids": ["blend", "blend", "kettle"]}), "E082"), (npz(**{**GOOD, "ids": ["blend", "decaf", "pot"]}), "E082"), (npz(**{**GOOD, "ids": [1, 2, 3]}), "E082"),
    ],
    ids=itertools.count(),  # not the bytes: they hold the time of writing, and every worker must give a case the same name
)  # fmt: skip
def test_files_of_vectors(tmp_path, content, code):
    from compiler.diagnostics import Rejected
    from compiler.pipeline import compile_site

    site = base_site(tmp_path / "site")
    (site / "items.npz").write_bytes(content)
    try:
        found = compile_site(site).diagnostics
    except Rejected as rejected:
        found = rejected.diagnostics
    assert [item.code for item in found.items] == ([code] if code else [])
    assert all("pickle" not in item.message for item in found.items)


def test_lookups_are_disjoint_and_the_narrowest_network_wins(tmp_path):
    (lookup,) = compiled(tmp_path, write={"lookups/company.csv": "network,domain\n10.0.0.0/8,wide.example\n10.1.0.0/16,narrow.example\n10.1.2.0/24,\n"}).program.lookups
    assert lookup.name == "company" and lookup.fields == ("domain",)
    ends = [(start[-4:], end[-4:], row) for start, end, row in zip(lookup.starts, lookup.ends, lookup.rows)]
    assert ends[0] == (bytes([10, 0, 0, 0]), bytes([10, 0, 255, 255]), ("wide.example",))
    assert ends[2] == (bytes([10, 1, 2, 0]), bytes([10, 1, 2, 255]), (None,))
    assert all(a < b for a, b in zip(lookup.ends, lookup.starts[1:]))


def test_a_model_may_stand_in_for_another_but_not_for_itself(tmp_path):
    assert messages(tmp_path, change={"models/affinity.yaml": {"{half_life: 7d}": "{half_life: 7d}, else: affinity"}}) == [("E037", "unknown model 'affinity'")]


@pytest.mark.parametrize("folder", ["public", "pages"])
def test_images_are_looked_for_where_the_static_pages_are(tmp_path, folder):
    edits = {"change": {"site.yaml": {"dir: public": f"dir: {folder}"}}}
    if folder != "public":
        edits["move"] = {"public": folder}
    assert messages(tmp_path, **edits) == []
    edits["move"] = {**edits.get("move", {}), f"{folder}/img/beans.svg": f"{folder}/img/beans.png"}
    assert [code for code, _ in messages(tmp_path / "2", **edits)] == ["E078"] * 5
