"""Models of a site: made of their files, checked against the catalogue, the card and the site's limits, and ranked by at the edge."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from compiler import ir, model_quality
from compiler.cold_items import completed
from compiler.quantize import quantize
from compiler.visitors import visit_of
from tessera.bundle import load, unseal
from tessera.decide import decide
from tests.compiler.commands import run
from tests.golden.cases import BASE, compiled, messages

LIMITS = {"site.yaml": {"lookups:": "models: {min_rank_correlation: -1, min_overlap: 0%}\nlookups:"}}
CSV = "item,other,weight\nblend,kettle,2.0\nblend,decaf,1.0\nkettle,blend,3.0\n"
LISTED = {"together.csv": CSV, "items.npz": None}  # in place of the vectors


def named(result, name: str) -> ir.Model:
    return next(one for one in result.program.models if one.name == name)


def catalogue(n: int, seed: int = 1) -> dict[str, str]:
    """A table of n items of four categories."""
    rows = "".join(f"sku{i:04d},Name {i},{5 + i % 90}.5,beans.svg,0.{i % 10}\n" for i in range(n))
    return {"items.csv": f"sku,name,price,image,popularity\n{rows}"}


def vectors(n: int, d: int = 16, seed: int = 1) -> dict:
    rng = np.random.default_rng(seed)
    return {"items.npz": {"ids": [f"sku{i:04d}" for i in range(n)], "vectors": rng.normal(size=(n, d)).astype(np.float32)}}


# --- kinds -----------------------------------------------------------------------------------------------------------------


def test_lists_have_rows_of_the_catalogue_and_one_scale(tmp_path):
    text = "lists: {file: together.csv, id: sku, most: 1}\nvisitor: {from: page.sku}\n"
    result = compiled(tmp_path, write={**LISTED, "models/affinity.yaml": text})
    found = named(result, "affinity")
    sections = dict(found.sections)
    assert (found.kind, found.source, found.half_life, found.dimensions) == ("lists", "page.sku", 0.0, 0)
    assert np.frombuffer(sections["starts"], "<u4").tolist() == [0, 1, 1, 2]
    assert np.frombuffer(sections["others"], "<u4").tolist() == [2, 0], "of blend the kettle, of the kettle blend"
    assert (np.frombuffer(sections["weights"], "<i2") * found.unit * 1024).tolist() == pytest.approx([2.0, 3.0], rel=1e-4)


def test_scores_of_a_file_order_all_items(tmp_path):
    result = compiled(tmp_path, write={"lately.csv": "sku,scores\nkettle,9\nblend,-4\n", "models/trending.yaml": "score: {file: lately.csv}\n"})
    found = named(result, "trending")
    sections = dict(found.sections)
    assert np.frombuffer(sections["scores"], "<f8").tolist() == [-4.0, -4.0, 9.0], "what the file does not know comes last"
    assert np.frombuffer(sections["rows"], "<u4").tolist() == [2, 0, 1]


@pytest.mark.parametrize("kind, dimensions, size", [("int8", 16, 100 * 20), ("int4", 32, 100 * 20), ("pq, parts: 4", 16, 100 * 8 + 256 * 16)])
def test_each_kind_has_its_sections(tmp_path, kind, dimensions, size):
    change = {"site.yaml": {"lookups:": "models: {min_rank_correlation: 0, min_overlap: 0%, max_recall_loss: 100%, pq_above: 99}\nlookups:"}, "models/affinity.yaml": {"quantize: int8, min_overlap: 0.9": f"quantize: {kind}"}}
    found = named(compiled(tmp_path, change=change, write=catalogue(100), arrays=vectors(100)), "affinity")
    assert (found.kind, found.dimensions, found.quality.size) == (kind.split(",")[0], dimensions, size)


def test_a_cascade_has_the_parts_of_its_parts_once(tmp_path):
    write = {"models/first.yaml": "cascade: [affinity, second]\n", "models/second.yaml": "cascade: [trending, affinity]\n"}
    result = compiled(tmp_path, write=write, change={"slots/shelf.yaml": {"rank: trending": "rank: first"}})
    assert named(result, "first").parts == ("affinity", "trending") and named(result, "second").parts == ("trending", "affinity")


# --- who stands in -----------------------------------------------------------------------------------------------------------

AGAIN = "vectors: {file: items.npz, id: sku, min_overlap: 0.9}\nvisitor: {from: visitor.recent, else: %s}\n"


@pytest.mark.parametrize("write, expected", [
    ({"models/a.yaml": AGAIN % "trending"}, []),
    ({"models/a.yaml": AGAIN % "b", "models/b.yaml": AGAIN % "trending"}, []),
    ({"models/a.yaml": AGAIN % "b", "models/b.yaml": AGAIN % "a"}, ["E085"]),
    ({"models/a.yaml": AGAIN % "b", "models/b.yaml": "cascade: [trending, a]\n"}, ["E085"]),
    ({"models/a.yaml": AGAIN % "b", "models/b.yaml": AGAIN % "c", "models/c.yaml": AGAIN % "b"}, ["E085"]),
    ({"models/a.yaml": "cascade: [a, trending]\n"}, ["E037"]),
    ({"models/a.yaml": "cascade: [affinity, trendin]\n"}, ["E037"]),
])  # fmt: skip
def test_chains_of_models(tmp_path, write, expected):
    change = {"experiments/ranker.yaml": {"rank: affinity": "rank: a"}}
    found = [code for code, _ in messages(tmp_path, write=write, change=change) if code != "W005"]
    assert found == expected


@pytest.mark.parametrize("write, fine", [
    ({"models/a.yaml": AGAIN % "trending"}, True),
    ({"models/a.yaml": "cascade: [affinity, trending]\n"}, True),
    ({"models/a.yaml": "cascade: [affinity]\n"}, False),
    ({"models/a.yaml": "cascade: [b]\n", "models/b.yaml": AGAIN % "trending"}, False),  # what stands in for a part is not asked
    ({"models/a.yaml": AGAIN % "affinity"}, False),
    ({"models/a.yaml": "lists: {file: together.csv, id: sku}\nvisitor: {from: page.sku}\n", "together.csv": CSV}, True),
])  # fmt: skip
def test_a_default_needs_a_model_that_knows_everybody(tmp_path, write, fine):
    codes = [code for code, _ in messages(tmp_path, write=write, change={"slots/shelf.yaml": {"default: {rank: trending": "default: {rank: a"}})]
    assert ("E043" in codes) is not fine


# --- the visitor ---------------------------------------------------------------------------------------------------------------


def ranked(result, told: dict, page: str = "home", path: str = "/") -> list[str]:
    """The items of the shelf for a visitor."""
    bundle = load(unseal(result.bundle))
    visit, unknown = visit_of(bundle, {"consent": ["personalization", "analytics"], "id": "one", **told}, page, path)
    assert not unknown
    found = next(each for each in decide(bundle, visit, page) if bundle.slots[each.slot].name == "shelf")
    return [bundle.items.ids[item.row] for item in found.items]


SHELF = {"slots/shelf.yaml": {"when: 'size(visitor.recent) >= 2', test: ranker": "when: 'true', rank: liked, take: 1"}}


def test_a_stored_vector_is_ranked_by(tmp_path):
    change = {**SHELF, "site.yaml": {"    opened:": "    taste: {type: list<double>, purpose: personalization, keep: 30d}\n    opened:"}}
    write = {"models/liked.yaml": "vectors: {file: items.npz, id: sku, min_overlap: 0.9}\nvisitor: {from: visitor.taste}\n"}
    arrays = {"items.npz": {"ids": ["blend", "decaf", "kettle"], "vectors": [[1, 0], [-1, 0], [0, 1]]}}
    result = compiled(tmp_path, change=change, write=write, arrays=arrays)
    assert ranked(result, {"attributes": {"visitor": {"taste": [0.1, 0.7]}}}) == ["kettle"]
    assert ranked(result, {"attributes": {"visitor": {"taste": [-0.3, 0.0]}}}) == ["decaf"]
    assert ranked(result, {"attributes": {"visitor": {"taste": [0.1] * 40}}}) != ["kettle"], "a vector of another length is none"


def test_a_segment_stands_for_those_of_whom_nothing_is_known(tmp_path):
    write = {"models/liked.yaml": "vectors: {file: items.npz, id: sku, min_overlap: 0.9}\nvisitor: {from: visitor.recent, segments: {big: 'item.price > 50.0', small: 'item.price < 12.0'}}\n"}
    arrays = {"items.npz": {"ids": ["blend", "decaf", "kettle"], "vectors": [[1, 0], [-1, 0], [0, 1]]}}
    write["segments.yaml"] = (BASE / "segments.yaml").read_text() + "\nbig: {when: 'visitor.spent > 100.0'}\nsmall: {when: 'visitor.spent > 0.0'}\n"
    result = compiled(tmp_path, change=SHELF, write=write, arrays=arrays)
    assert "visitor.spent" in result.program.reads and [name for name, _ in named(result, "liked").centroids] == ["big", "small"]
    assert ranked(result, {"attributes": {"visitor": {"spent": 500.0}}}) == ["kettle"]
    assert ranked(result, {"attributes": {"visitor": {"spent": 5.0}}}) == ["blend"]
    assert ranked(result, {"attributes": {"visitor": {"spent": 500.0, "recent": ["decaf"]}}}) != ["decaf"], "what is known of the visitor counts, and is not shown again"


def test_lists_go_by_the_item_of_the_page(tmp_path):
    write = {"together.csv": CSV, "models/liked.yaml": "lists: {file: together.csv, id: sku}\nvisitor: {from: page.sku, else: trending}\n"}
    result = compiled(tmp_path, change=SHELF, write=write)
    assert ranked(result, {}, "product", "/p/blend") == ["kettle"] and ranked(result, {}, "product", "/p/kettle") == ["blend"]
    assert ranked(result, {}, "product", "/p/decaf")[0] == "blend", "nothing goes with it: what sells is shown"


@pytest.mark.parametrize("visitor, code, message", [
    ("{from: visitor.visits}", "E082", "is int"),
    ("{from: page.sku, mean: {half_life: 1d}}", "E016", "nothing to take a mean of"),
    ("{from: page.skus}", "E034", "unknown part of an address 'skus'"),
    ("{from: visitor.resent}", "E021", "unknown attribute"),
    ("{from: visitor.recent, segments: {nobody: 'item.price > 1.0'}}", "E029", "unknown segment 'nobody'"),
    ("{from: visitor.recent, segments: {partner: 'item.price > 1000.0'}}", "E082", "no item stands for the segment 'partner'"),
    ("{from: visitor.recent, segments: {partner: 'item.prise > 1.0'}}", "E031", "unknown"),
    ("{from: visitor.recent, segments: {partner: 'visitor.visits > 1'}}", "E028", ""),
])  # fmt: skip
def test_what_a_visitors_side_cannot_be(tmp_path, visitor, code, message):
    found = messages(tmp_path, write={"models/affinity.yaml": f"vectors: {{file: items.npz, id: sku, min_overlap: 0.9}}\nvisitor: {visitor}\n"})
    assert [each for each, _ in found] == [code] and message in found[0][1]


def test_lists_take_neither_segments_nor_stored_vectors(tmp_path):
    change = {"site.yaml": {"    opened:": "    taste: {type: list<double>, purpose: personalization, keep: 30d}\n    opened:"}}
    text = "lists: {file: together.csv, id: sku}\nvisitor: {from: %s}\n"
    assert [code for code, _ in messages(tmp_path / "1", write={**LISTED, "models/affinity.yaml": text % "visitor.taste"}, change=change)] == ["E082"]
    segments = text % "visitor.recent, segments: {partner: 'item.price > 1.0'}"
    assert [code for code, _ in messages(tmp_path / "2", write={**LISTED, "models/affinity.yaml": segments})] == ["E082"]


# --- items without vectors ---------------------------------------------------------------------------------------------------


def test_cold_items_get_vectors_near_to_those_that_are_alike(tmp_path):
    rng = np.random.default_rng(3)
    kinds = rng.normal(size=(4, 8))
    n = 200
    columns = {"kind": tuple(f"kind {i % 4}" for i in range(n)), "price": tuple(float(10 * (i % 4)) for i in range(n))}
    true = (kinds[np.arange(n) % 4] + rng.normal(size=(n, 8)) * 0.1).astype(np.float32)
    known = np.arange(n) % 10 > 0
    found = completed(true, known, columns, ["kind", "price"])
    assert (found[known] == true[known]).all()
    lengths = np.linalg.norm(found, axis=1)
    for row in np.flatnonzero(~known):
        assert found[row] @ kinds[row % 4] / lengths[row] / np.linalg.norm(kinds[row % 4]) > 0.95
        assert 0.5 < lengths[row] / np.median(lengths[known]) < 1.5


def test_nothing_to_go_by_is_a_vector_of_zeros():
    known = np.array([True, True, False, False])
    found = completed(np.ones((4, 3), np.float32), known, {"kind": ("a", "b", None, "never seen")}, ["kind"])
    assert found[2:].tolist() == [[0.0] * 3] * 2 and found[:2].tolist() == [[1.0] * 3] * 2
    assert not completed(np.zeros((2, 3), np.float32), np.array([False, False]), {"kind": ("a", "b")}, ["kind"]).any()


def test_cold_fields_exist(tmp_path):
    arrays = {"items.npz": {"ids": ["blend", "decaf"], "vectors": [[1, 2], [2, 1]]}}
    change = {"models/affinity.yaml": {"min_overlap: 0.9": "min_overlap: 0.9, cold: [nam]"}}
    assert messages(tmp_path, arrays=arrays, change=change) == [("E031", "unknown item field 'nam'")]


# --- cards and limits ----------------------------------------------------------------------------------------------------------


def card(content: str, **changed) -> str:
    told = {"card": 1, "version": sha256(content.encode()).hexdigest()[:12], "refused": False, "gates": [], "figures": {"recall@10": {"value": 0.2, "low": 0.1, "high": 0.3}, "coverage": {"value": 0.5}}}
    return json.dumps({**told, **changed})


@pytest.mark.parametrize("told, gates, code, message", [
    (card(CSV), "", None, ""),
    (card(CSV), "recall: 20%, coverage: 0.5", None, ""),
    (card(CSV), "recall: 0.21", "E089", "recall@10 is 0.2, the site asks for 0.21"),
    (card(CSV), "precision: 1%", "E089", "its card tells no precision@10"),
    (card(CSV, gates=[{"gate": "lift", "passed": False}], refused=True), "", "E089", "its training failed a gate: lift"),
    (card(CSV, refused=True), "", "E089", "its training failed a gate"),
    (card(CSV + "x"), "", "E089", "is the card of another file"),
    ("{", "", "E080", "cannot be read"), ("[]", "", "E080", "cannot be read"), (card(CSV, version="old"), "", "E080", "cannot be read"), (card(CSV, gates={}), "", "E080", "cannot be read"),
    (None, "recall: 1%", "E089", "it has no card, and the site asks for recall@10"),
])  # fmt: skip
def test_cards_and_gates(tmp_path, told, gates, code, message):
    write = {**LISTED, "models/affinity.yaml": "lists: {file: together.csv, id: sku}\nvisitor: {from: visitor.recent}\n"}
    write |= {"together.card.json": told} if told is not None else {}
    change = {"site.yaml": {"lookups:": f"models: {{gates: {{{gates}}}}}\nlookups:"}}
    found = messages(tmp_path, write=write, change=change)
    assert [each for each, _ in found] == ([code] if code else []) and (not code or message in found[0][1])


def test_a_version_begins_with_the_cards(tmp_path):
    write = {**LISTED, "models/affinity.yaml": "lists: {file: together.csv, id: sku}\nvisitor: {from: visitor.recent}\n"}
    plain = named(compiled(tmp_path / "1", write=write), "affinity").version
    carded = named(compiled(tmp_path / "2", write={**write, "together.card.json": card(CSV)}), "affinity").version
    assert carded == f"{sha256(CSV.encode()).hexdigest()[:12]}-{plain}" and len(plain) == 12


@pytest.mark.parametrize("limits, kind, told", [
    ("", "int4", "the ten best by int4 share"), ("min_overlap: 50%", "int4", None), ("", "int4, min_overlap: 50%", None),
    ("min_overlap: 50%, min_rank_correlation: 0.9999", "int4", r"the order by int4 agrees with the exact one by 0\.9"),
    ("min_overlap: 1%, min_rank_correlation: 0, pq_above: 1000", "pq, parts: 2", "of the exact ten best are not even among"),
])  # fmt: skip
def test_a_model_below_the_limits_is_no_model(tmp_path, limits, kind, told):
    change = {"site.yaml": {"lookups:": f"models: {{{limits}}}\nlookups:"}, "models/affinity.yaml": {"quantize: int8, min_overlap: 0.9": f"quantize: {kind}"}}
    arrays = vectors(1500, 12)
    found = messages(tmp_path, change=change, write=catalogue(1500), arrays=arrays)
    assert [code for code, _ in found] == (["E083"] if told else []) and (told is None or re.search(told, found[0][1]))


def test_lengths_that_differ_by_far_are_told(tmp_path):
    arrays = {"items.npz": {"ids": ["blend", "decaf", "kettle"], "vectors": [[1, 0], [0, 9000], [1, 1]]}}
    ((code, message),) = messages(tmp_path, arrays=arrays)
    assert code == "W010" and "(decaf) is 9,000 times as long" in message


# --- drift and the report --------------------------------------------------------------------------------------------------------


def write_site(folder: Path, **edits) -> Path:
    compiled(folder, **edits)
    return folder / "site"


def test_vectors_that_were_only_turned_have_not_moved(tmp_path):
    n, first = 120, vectors(120)["items.npz"]["vectors"]
    turn, _ = np.linalg.qr(np.random.default_rng(9).normal(size=(16, 16)))
    ids = vectors(n)["items.npz"]["ids"]
    old = write_site(tmp_path / "old", change=LIMITS, write=catalogue(n), arrays=vectors(n))
    turned = write_site(tmp_path / "turned", change=LIMITS, write=catalogue(n), arrays={"items.npz": {"ids": ids, "vectors": (first @ turn).astype(np.float32)}})
    other = write_site(tmp_path / "other", change=LIMITS, write=catalogue(n), arrays=vectors(n, seed=2))
    assert run("build", old, "--out", tmp_path / "old.tessera").exit_code == 0
    assert "W011" not in run("check", turned, "--against", tmp_path / "old.tessera").output
    told = run("check", other, "--against", tmp_path / "old.tessera").output
    assert "W011 since the bundle before, an item of 'affinity' kept" in told
    again = run("build", other, "--out", tmp_path / "old.tessera")
    assert again.exit_code == 0 and "W011" in again.output, "what is there already is compared with"
    assert "W011" not in run("build", other, "--out", tmp_path / "old.tessera").output


def test_a_bundle_that_is_none_cannot_be_compared_with(tmp_path):
    site = write_site(tmp_path / "s")
    (tmp_path / "none.tessera").write_bytes(b"nothing")
    assert run("check", site, "--against", tmp_path / "none.tessera").exit_code == 1
    assert run("build", site, "--out", tmp_path / "none.tessera").exit_code == 0, "it is written over"


REPORT = """
model     kind   items  dim.  bytes  an item  overlap  recall  Spearman  Kendall
affinity  int8      64    16  1,280       20    0.994   1.000     0.999    0.991
together  lists     64        1,370    21.41    1.000   1.000     1.000    0.999
overlap: the ten best shared with the exact ten; recall: the exact ten among the hundred best; Spearman, Kendall: rank correlation
"""


def test_the_report(tmp_path):
    """Golden: what people see, and what machines read."""
    n = 64
    rows = (np.arange(n * 8, dtype=np.int64) * 2_654_435_761 % 4_093 - 2_046).reshape(n, 8) / 512
    arrays = {"items.npz": {"ids": [f"sku{i:04d}" for i in range(n)], "vectors": rows.tolist()}}
    lists = "item,other,weight\n" + "".join(f"sku{i:04d},sku{(i * step + 1) % n:04d},{1 + (i + step) % 9}\n" for i in range(n) for step in (2, 3, 5) if (i * step + 1) % n != i and len({(i * s + 1) % n for s in (2, 3, 5)}) == 3)
    write = {**catalogue(n), "together.csv": lists, "models/together.yaml": "lists: {file: together.csv, id: sku}\nvisitor: {from: page.sku, else: affinity}\n"}
    site = write_site(tmp_path, write=write, arrays=arrays, change={"experiments/ranker.yaml": {"rank: affinity": "rank: together"}})
    out = run("build", site, "--out", tmp_path / "b.tessera", "--report").output
    assert out[out.index("model ") :].rstrip() == REPORT.strip()
    told = json.loads(run("check", site, "--models", "--json").output)
    assert told["messages"] == []
    (affinity, together) = told["models"]
    assert affinity["kind"] == "int8" and affinity["bytes_per_item"] == 20.0 and affinity["compared"] == n and affinity["top10_overlap"] > 0.95
    assert together["kind"] == "lists" and together["top10_overlap"] > 0.95 and together["bytes"] == sum(len(raw) for _, raw in named_sections(site, "together"))


def named_sections(site: Path, name: str):
    from compiler.pipeline import compile_site

    return next(model.sections for model in compile_site(site).program.models if model.name == name)


# --- real data -----------------------------------------------------------------------------------------------------------------


def test_int8_keeps_the_ranking_of_real_vectors():
    """Singular vectors of MovieLens-100k: overlap at least 0.98, nothing of the ten best lost from the hundred best."""
    import os

    file = Path(os.environ.get("TESSERA_SHARED", Path(__file__).parents[3] / "shared")) / "data/movielens-100k/ml-100k.inter"
    if not file.is_file():
        pytest.skip("the data set may not be copied, and is not here")
    pairs = np.array([line.split("\t")[:2] for line in file.read_text().splitlines()[1:]])
    users, items = (np.unique(pairs[:, side], return_inverse=True)[1] for side in (0, 1))
    kept = np.random.default_rng(42).random(len(users)) < 0.8
    seen = np.zeros((users.max() + 1, items.max() + 1), np.float32)
    seen[users[kept], items[kept]] = 1
    values, turned = np.linalg.eigh((seen @ seen.T).astype(np.float64))
    factors = ((turned[:, -32:].T @ seen).T / np.sqrt(np.sqrt(values[-32:]))).astype(np.float32)
    made = quantize(factors)
    found = model_quality.of_vectors(ir.Model("m", "1", "int8", dimensions=made.dimensions, sections=made.sections()), factors)
    assert found.overlap >= 0.98 and 1 - found.recall <= 0.002 and found.spearman > 0.999 and found.size == len(factors) * 36


def test_what_was_seen_lately_needs_no_file(tmp_path):
    text = "recent: true\nvisitor: {from: visitor.recent, mean: {half_life: 7d}, else: trending}\n"
    found = named(compiled(tmp_path, write={"models/seen.yaml": text}), "seen")
    assert (found.kind, found.source, found.half_life, found.sections, found.otherwise) == ("recent", "visitor.recent", 604_800.0, (), "trending")
