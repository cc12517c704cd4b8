"""The scoring kernels against each other, bit for bit, and against a naive reference; and what they refuse."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.tools import EDGE, ROOT
from tessera.kernel import PythonKernel, packed, unpacked
from tests.edge.kernels import Body, Held, Node

KINDS = ("int8", "int4", "pq", "lists", "order")
VECTORS = KINDS[:3]
LARGEST = 14_000  # bytes of kernel.wasm: each Worker carries it
NAMES = ("python", "numpy", "wasm")


@pytest.fixture(scope="module")
def running() -> Iterator[Node]:
    found = Node()
    yield found
    found.stop()


@dataclass(frozen=True)
class Case:
    """A model with what `top` takes, all drawn of one seed. `scores` (boosted) and `candidates` of every row are the reference's."""

    body: Body
    kind: str
    model: tuple[int, ...]
    n: int
    vectors: np.ndarray | None  # unpacked
    scales: np.ndarray | None
    plan: tuple[Any, ...] | None
    query: bytes
    take: int
    spare: int
    without: bytes
    tables: list[tuple[int, bytes]]
    scores: list[float]
    candidates: list[bool]
    limits: list[tuple[np.ndarray, int]]


def scales_of(random: np.random.Generator, n: int, plain: bool) -> np.ndarray:
    return (random.integers(-1, 3, n) if plain else random.uniform(-0.02, 2.0, n)).astype("<f4")


def bytes_of(random: np.random.Generator, shape: tuple[int, ...], plain: bool, least: int = -127, largest: int = 127) -> np.ndarray:
    """int8 numbers: few different ones, so that there are ties, or such at the ends of what is allowed."""
    found = random.integers(-1, 2, shape) if plain else random.integers(least, largest + 1, shape)
    ends = random.random(shape) < (0 if plain else 0.2)
    return np.where(ends, np.where(random.random(shape) < 0.5, least, largest), found).astype("i1")


def model_of(body: Body, random: np.random.Generator, kind: str, n: int, plain: bool) -> tuple[tuple[int, ...], Any, Any, bytes, list[int] | list[float]]:
    """(sections and sizes, vectors, scales, a query, scores without scales)."""
    if kind == "order":
        by_row = random.integers(-2, 3, n).astype("<f8") if plain else random.normal(0, 10, n).astype("<f8")
        rows = np.lexsort((np.arange(n), -by_row)).astype("<u4")
        return (body.add(rows), body.add(by_row), n), None, None, b"", by_row.tolist()
    if kind == "lists":
        lengths = random.integers(0, 6, n) * (random.random(n) < 0.8)
        starts = np.concatenate(([0], np.cumsum(lengths))).astype("<u4")
        others = random.integers(0, max(n, 1), int(starts[-1])).astype("<u4")
        weights = (random.integers(-2, 4, len(others)) if plain else random.integers(-32768, 32768, len(others))).astype("<i2")
        asked = random.integers(0, max(n, 1), min(n, 12)).astype("<u4")
        strength = random.integers(-2, 3, len(asked)) if plain else random.integers(-(2**31), 2**31, len(asked))
        sums = [0] * n
        for row, weight in zip(asked, strength):
            for at in range(starts[row], starts[row + 1]):
                sums[others[at]] += int(weight) * int(weights[at])
        return (body.add(starts), body.add(others), body.add(weights), n), None, None, asked.tobytes() + strength.astype("<i4").tobytes(), sums
    scales = scales_of(random, n, plain)
    if kind == "int8":
        stride = int(random.choice([16, 32, 48, 64, 80, 128]))
        vectors = bytes_of(random, (n, stride), plain)
        vectors[:, stride - int(random.integers(0, 16)) :] = 0
        model = body.add(vectors), body.add(scales), n, stride
    elif kind == "int4":
        stride = int(random.choice([16, 32, 48]))
        vectors = bytes_of(random, (n, 2 * stride), plain, -7, 7)
        rows = (vectors[:, ::2] & 15 | vectors[:, 1::2] << 4).astype("i1")
        model = body.add(rows), body.add(scales), n, stride
    else:
        parts, width = int(random.integers(1, 9)), int(random.integers(1, 20))
        codes = random.integers(0, 256, (n, parts)).astype("u1")
        books = bytes_of(random, (parts, 256, width), plain)
        vectors = books[np.arange(parts), codes].reshape(n, parts * width)
        model = body.add(codes), body.add(books), body.add(scales), n, parts, width
    query = bytes_of(random, (vectors.shape[1],), plain)
    return model, vectors, scales, query.tobytes(), (vectors.astype(int) @ query.astype(int)).tolist()


def drawn(seed: int, kind: str, n: int, plain: bool, boosts: bool, groups: int, tables: int, lopsided: bool) -> Case:
    random, body = np.random.default_rng(seed), Body()
    model, vectors, scales, query, dots = model_of(body, random, kind, n, plain)
    scores = [float(dot) * float(scale) for dot, scale in zip(dots, scales)] if vectors is not None else [float(dot) for dot in dots]
    candidates = [dot > 0 for dot in dots] if kind == "lists" else [True] * n
    shown = random.random(n) < random.choice([0.0, 0.05, 0.7, 1.0])
    mask = body.add(np.packbits(shown, bitorder="little")) if random.random() < 0.7 else 0
    if mask:
        candidates = [a and bool(b) for a, b in zip(candidates, shown)]
    without = random.integers(0, n + 3, int(random.integers(0, 6))).astype("<u4")
    for row in without[without < n]:
        candidates[row] = False
    asked = []
    for _ in range(tables):
        codes = random.integers(0, 300, n).astype("<u2")
        table = bytes(int(x) for x in random.integers(0, 4, 300))
        candidates = [fine and table[code] != 0 for fine, code in zip(candidates, codes)]
        asked.append((body.add(codes), table))
    factors = random.choice([0.25, 1.0, 1.5, 3.7, 1e-300, 1e300], int(random.integers(1, 6))).tolist() if boosts else []
    boosted = random.integers(0, len(factors), n).astype("u1") if boosts else None
    if boosts:
        scores = [score * (factors[code] if score > 0 else 1.0 / factors[code]) for score, code in zip(scores, boosted)]
    limits = []
    for _ in range(groups):
        codes = random.integers(0, int(random.choice([1, 3, 50])), n).astype("<u2")
        if lopsided:  # those with the best scores are of one group: the first of them come far apart
            rank = np.lexsort((np.arange(n), -np.array(scores, "f8")))
            codes[rank[: n * 9 // 10]] = 65_535
        limits.append((codes, int(random.integers(0, 4))))
    plan = (mask, body.add(boosted) if boosts else 0, factors, [(body.add(codes), most) for codes, most in limits])
    some = random.random() < 0.9 or mask or boosts or groups
    take, spare = int(random.integers(0, min(n, 30) + 4)), int(random.integers(0, 6))
    return Case(
        body, kind, model, n, vectors, scales, plan if some else None, query, take, spare, without.tobytes(), asked, scores, candidates, limits
    )  # fmt: skip


def reference(case: Case) -> bytes:
    """The best as one would write it down: all rows in order, one after the other."""
    best, after, counts = [], [], [{} for _ in case.limits]
    for row in sorted((row for row in range(case.n) if case.candidates[row]), key=lambda row: (-case.scores[row], row)):
        if len(best) == case.take:
            after.append(row)
        elif all(count.get(int(codes[row]), 0) < most for count, (codes, most) in zip(counts, case.limits)):
            for count, (codes, _) in zip(counts, case.limits):
                count[int(codes[row])] = count.get(int(codes[row]), 0) + 1
            best.append(row)
    rows = best + after[: case.spare]
    return packed(len(best), [case.scores[row] for row in rows], rows)


def answer(held: Held, case: Case) -> bytes:
    plan = held.plan(*case.plan) if case.plan else 0
    return held.top(held.model(case.kind, *case.model), case.query, plan, case.take, case.spare, case.without, case.tables)


cases = st.builds(
    drawn,
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(KINDS),
    n=st.sampled_from([0, 1, 2, 3, 5, 63, 64, 65, 100, 127, 129, 200, 300]),
    plain=st.booleans(),
    boosts=st.booleans(),
    groups=st.integers(0, 3),
    tables=st.integers(0, 2),
    lopsided=st.booleans(),
)


@given(cases)
def test_all_kernels_find_the_reference_s_best(running: Node, case: Case) -> None:
    wanted = reference(case)
    for name, held in case.body.kernels(running).items():
        found = answer(held, case)
        assert found == wanted, f"{name}: {unpacked(found)}, expected {unpacked(wanted)}"


@pytest.mark.parametrize("groups", [0, 1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_so_they_do_in_a_large_catalogue(running: Node, kind: str, groups: int) -> None:
    for seed in range(3):
        case = drawn(seed, kind, 3_000 + seed, False, seed == 1, groups, seed % 2, lopsided=seed < 2)
        wanted = reference(case)
        assert {name: answer(held, case) for name, held in case.body.kernels(running).items()} == dict.fromkeys(NAMES, wanted)


@given(cases, st.integers(0, 8))
def test_all_kernels_give_the_same_scores_rows_and_means(running: Node, case: Case, count: int) -> None:
    random = np.random.default_rng(case.n + count)
    rows = random.integers(0, case.n, count).astype("<u4") if case.n else np.empty(0, "<u4")
    weights = random.choice([0.0, 1.0, -0.3, 0.5**7, 2.0**-999, 1e-320, 1e140], len(rows)).astype("<f8")
    told = []
    for held in case.body.kernels(running).values():
        model = held.model(case.kind, *case.model)
        found = [held.kernel.scores(model, case.query, rows.tobytes())]
        if case.vectors is not None:
            found += [held.kernel.row(model, int(row)) for row in rows]
            assert found[1:] == [(case.vectors[row].tobytes(), float(case.scales[row])) for row in rows]
            mean = held.kernel.mean(model, rows.tobytes(), weights.tobytes())
            found.append(mean)
            assert mean == b"" or (len(mean) == case.vectors.shape[1] and max(np.abs(np.frombuffer(mean, "i1"))) == 127)
            assert mean == expected_mean(case, rows, weights)
        told.append(found)
    assert told[0] == told[1] == told[2]


def expected_mean(case: Case, rows: np.ndarray, weights: np.ndarray) -> bytes:
    total = [0.0] * case.vectors.shape[1]
    for row, weight in zip(rows, weights):
        total = [sum_ + (float(weight) * float(case.scales[row])) * int(x) for sum_, x in zip(total, case.vectors[row])]
    largest = max(map(abs, total))
    return b"" if largest < 2.0**-1000 else bytes(round(x / (largest / 127)) & 255 for x in total)


def test_scores_of_lists_are_zero_where_nothing_speaks_for_a_row(running: Node) -> None:
    body = Body()
    model = body.add(struct.pack("<4I", 0, 2, 2, 2)), body.add(struct.pack("<2I", 1, 2)), body.add(struct.pack("<2h", 5, -5)), 3
    for held in body.kernels(running).values():
        found = held.kernel.scores(held.model("lists", *model), struct.pack("<Ii", 0, 3), struct.pack("<3I", 0, 1, 2))
        assert struct.unpack("<3d", found) == (0.0, 15.0, 0.0)


def test_an_answer_longer_than_a_call_has_arguments_comes_whole(running: Node) -> None:
    case = drawn(7, "int8", 3_000, False, False, 0, 0, False)
    rows = np.arange(3_000, dtype="<u4").tobytes()
    found = [held.kernel.scores(held.model(case.kind, *case.model), case.query, rows) for held in case.body.kernels(running).values()]
    assert found[0] == found[1] == found[2] and len(found[0]) == 24_000


def test_a_kernel_s_memory_is_as_large_as_what_it_holds(running: Node) -> None:
    """Sections come in while memory grows; calls leave nothing behind."""
    body = Body()
    sections = [body.add(np.full((1_000, 64), number, "i1")) for number in range(1, 21)]
    scales = body.add(np.ones(1_000, "<f4"))
    held = body.kernels(running)["wasm"]
    made = [held.model("int8", number, scales, 1_000, 64) for number in sections]
    size = held.kernel.memory()
    assert len(body.content) < size < len(body.content) + 2 * 65_536
    for number, model in enumerate(made, 1):
        for _ in range(10):
            best, scores, found = unpacked(held.kernel.top(model, bytes([1] * 64), 0, 3, 1, b"", ()))
            assert (best, scores, found) == (3, (64.0 * number,) * 4, (0, 1, 2, 3))
    assert held.kernel.memory() <= size + 65_536


# --- what is refused ----------------------------------------------------------------------------------------------------------


def numbers(code: str, *given: float) -> bytes:
    return struct.pack(f"<{len(given)}{code}", *given)


SECTIONS = {  # name → content; models below name them
    "rows": bytes(range(48)),
    "scales": numbers("f", 1, 2, 3),
    "long": numbers("f", 1, 2, 3, 4),
    "infinite": numbers("f", 1, float("inf"), 3),
    "nan": numbers("f", 1, 2, float("nan")),
    "codes": bytes([1, 2, 3, 4, 5, 6]),
    "books": bytes(2 * 256 * 3),
    "starts": numbers("I", 0, 1, 1, 2),
    "back": numbers("I", 0, 2, 1, 2),
    "late": numbers("I", 1, 1, 1, 2),
    "others": numbers("I", 1, 2),
    "far": numbers("I", 1, 3),
    "weights": numbers("h", 1, 2),
    "order": numbers("I", 2, 0, 1),
    "twice": numbers("I", 2, 2, 1),
    "beyond": numbers("I", 2, 0, 3),
    "best": numbers("d", 5, 4, 6),
    "equal": numbers("d", 4, 4, 6),
    "unequal": numbers("d", 4, 5, 6),
    "unknown": numbers("d", float("nan"), 5, 6),
    "groups": numbers("H", 0, 1, 7),
    "few": numbers("H", 0, 1),
    "odd": b"\0\0\0",
    "boosts": bytes([0, 1, 2]),
    "mask": bytes([5]),
    "masks": bytes([5, 5]),
    "none": b"",
}
GOOD_MODELS = [("int8", "rows", "scales", 3, 16), ("int4", "rows", "scales", 3, 16), ("pq", "codes", "books", "scales", 3, 2, 3),
               ("lists", "starts", "others", "weights", 3), ("order", "order", "best", 3), ("order", "order", "equal", 3)]  # fmt: skip
BAD_MODELS = [
    ("int8", "rows", "scales", 3, 32), ("int8", "rows", "scales", 2, 16), ("int8", "rows", "scales", 3, 15), ("int8", "rows", "scales", 3, 0),
    ("int8", "rows", "long", 3, 16), ("int8", "rows", "infinite", 3, 16), ("int8", "rows", "nan", 3, 16), ("int8", "none", "none", 0, 65_552),
    ("int8", "rows", "scales", -1, 16), ("int4", "rows", "scales", 3, 8), ("int4", "rows", "nan", 3, 16), ("int4", "none", "none", 0, 32_784),
    ("int8", "rows", "scales", 2**30, 2**30), ("int8", "rows", "scales", 2**32 - 1, 2**32 - 16),
    ("pq", "codes", "books", "scales", 3, 3, 2), ("pq", "codes", "books", "scales", 3, 2, 2), ("pq", "codes", "books", "scales", 3, 0, 3),
    ("pq", "codes", "books", "nan", 3, 2, 3), ("pq", "none", "none", "none", 0, 65_536, 65_536),
    ("lists", "back", "others", "weights", 3), ("lists", "late", "others", "weights", 3), ("lists", "starts", "far", "weights", 3),
    ("lists", "starts", "others", "starts", 3), ("lists", "starts", "others", "weights", 2), ("lists", "starts", "rows", "weights", 3),
    ("lists", "none", "none", "none", 0),
    ("order", "twice", "best", 3), ("order", "beyond", "best", 3), ("order", "order", "unequal", 3), ("order", "order", "unknown", 3), ("order", "order", "best", 2),
]  # fmt: skip
GOOD_PLANS = [("mask", "boosts", (1.0, 2.0, 0.5), [("groups", 1)]), (None, None, (), []), (None, "boosts", (1.0, 2.0, 0.5, 9.0), [])]
BAD_PLANS = [
    (None, "boosts", (1.0, 2.0), []), (None, "boosts", (1.0, 0.0, 1.0), []), (None, "boosts", (1.0, -1.0, 1.0), []),
    (None, "boosts", (1.0, float("inf"), 1.0), []), (None, "boosts", (1.0, float("nan"), 1.0), []), (None, None, (), [("odd", 1)]),
]  # fmt: skip
UNFIT_PLANS = [("masks", None, (), []), ("none", None, (), []), (None, "mask", (1.0,) * 6, []), (None, None, (), [("few", 1)])]  # made, but not for these models

Make = Callable[[Held], Any]


@pytest.fixture(scope="module")
def kernels(running: Node) -> tuple[dict[str, Held], dict[str | None, int]]:
    body = Body()
    sections: dict[str | None, int] = {name: body.add(content) for name, content in SECTIONS.items()} | {None: 0}
    return body.kernels(running), sections


def made(held: Held, sections: dict[str | None, int], kind: str, *given: Any) -> int:
    return held.model(kind, *(sections[one] if isinstance(one, str) else one for one in given))


def planned(held: Held, sections: dict[str | None, int], mask: str, codes: str, factors: tuple[float, ...], groups: list[tuple[str, int]]) -> int:
    return held.plan(sections[mask], sections[codes], factors, [(sections[name], most) for name, most in groups])


def query_of(kind: str) -> bytes:
    return {"int8": bytes(16), "int4": bytes(32), "pq": bytes(6), "lists": b"", "order": b""}[kind]


@pytest.mark.parametrize("name", NAMES)
def test_good_models_and_plans_are_taken(kernels, name: str) -> None:
    found, sections = kernels
    held = found[name]
    for model in GOOD_MODELS:
        handle = made(held, sections, *model)
        assert held.kernel.scores(handle, query_of(model[0]), b"") == b""
        for plan in GOOD_PLANS:
            best, scores, rows = unpacked(held.top(handle, query_of(model[0]), planned(held, sections, *plan), 9, 9, b"", []))
            assert best == len(scores) == len(rows)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("model", BAD_MODELS, ids=lambda model: " ".join(map(str, model)))
def test_bad_models_are_refused(kernels, model: tuple[Any, ...], name: str) -> None:
    held, sections = kernels[0][name], kernels[1]
    with pytest.raises(ValueError):
        made(held, sections, *model)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("plan", BAD_PLANS, ids=str)
def test_bad_plans_are_refused(kernels, plan: tuple[Any, ...], name: str) -> None:
    held, sections = kernels[0][name], kernels[1]
    with pytest.raises(ValueError):
        planned(held, sections, *plan)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("plan", UNFIT_PLANS, ids=str)
def test_a_plan_for_another_model_is_refused(kernels, plan: tuple[Any, ...], name: str) -> None:
    held, sections = kernels[0][name], kernels[1]
    handle = planned(held, sections, *plan)
    for model in GOOD_MODELS:
        asked = made(held, sections, *model)
        with pytest.raises(ValueError):
            held.top(asked, query_of(model[0]), handle, 1, 1, b"", [])


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_fit_a_call_is_refused(kernels, name: str) -> None:
    held, sections = kernels[0][name], kernels[1]
    kernel = held.kernel
    for kind, *parts in GOOD_MODELS:
        model, query = made(held, sections, kind, *parts), query_of(kind)
        groups, few = sections["groups"], sections["few"]
        refused: list[Callable[[], Any]] = [
            lambda: held.top(model, query + b"\0", 0, 1, 1, b"", []),
            lambda: held.top(model, query, 0, 1, 1, b"\0\0\0", []),
            lambda: held.top(model, query, 0, -1, 1, b"", []),
            lambda: held.top(model, query, 0, 1, -1, b"", []),
            lambda: held.top(model, query, 0, 1, 1, b"", [(groups, b"\1" * 7)]),
            lambda: held.top(model, query, 0, 1, 1, b"", [(groups, b"\1" * 8), (few, b"\1" * 8)]),
            lambda: kernel.top(model, query, model, 1, 1, b"", []),
            lambda: kernel.top(held.sections[groups], query, 0, 1, 1, b"", []),
            lambda: kernel.top(10**6 + 1, query, 0, 1, 1, b"", []),
            lambda: kernel.scores(model, query, numbers("I", 3)),
            lambda: kernel.scores(model, query, b"\0"),
            lambda: kernel.row(model, 3),
            lambda: kernel.row(model, -1),
            lambda: kernel.mean(model, numbers("I", 3), numbers("d", 1)),
            lambda: kernel.mean(model, numbers("I", 1), b""),
            lambda: kernel.mean(model, numbers("I", 1), numbers("d", float("nan"))),
            lambda: kernel.mean(model, numbers("I", 1), numbers("d", 1e200)),
        ]
        if kind == "lists":
            refused.append(lambda: held.top(model, numbers("I", 3, 1), 0, 1, 1, b"", []))
        if kind not in VECTORS:
            refused.append(lambda: kernel.mean(model, b"", b""))
            refused.append(lambda: kernel.row(model, 0))
        for number, call in enumerate(refused):
            with pytest.raises(ValueError):
                call()
                pytest.fail(f"{kind}: call {number} was taken")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", [(-1, 4), (0, 10**6), (10**6, 1), (4, -1), (2**33, 0)])
def test_a_section_outside_the_body_is_refused(kernels, place: tuple[int, int], name: str) -> None:
    with pytest.raises(ValueError):
        kernels[0][name].kernel.hold(*place)


# --- how it is built, and how quick it is ---------------------------------------------------------------------------------------


def test_the_module_is_what_the_source_makes() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts" / "build_kernel", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_module_is_small_and_holds_no_path() -> None:
    content = (EDGE / "kernel.wasm").read_bytes()
    assert b"kernel.c" not in content and not re.search(rb"/[\w.-]+/[\w.-]+", content)
    assert len(content) < LARGEST


def test_the_best_of_a_small_catalogue_cost_a_bounded_number_of_calls() -> None:
    """However many rows and dimensions: all that goes by rows goes on in C."""
    from tests.test_invariants import calls

    def cost(n: int, stride: int) -> int:
        kernel = PythonKernel(memoryview(bytes(n * stride) + numbers("f", *[1.0] * n)))
        model = kernel.int8(kernel.hold(0, n * stride), kernel.hold(n * stride, 4 * n), n, stride)
        query = bytes([1] * stride)
        kernel.top(model, query, 0, 5, 3, b"", ())
        return calls(kernel.top, model, query, 0, 5, 3, b"", ())

    assert cost(48, 16) == cost(900, 64) <= 60
