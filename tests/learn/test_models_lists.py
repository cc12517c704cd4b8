"""Item lists: each algorithm against its formula, computed slowly."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

import tests.edge.effort  # noqa: F401  how hard hypothesis tries
from learn.models import association, cooccurrence, ease, hybrid, sequence, similar, spectral, trending
from learn.models.grams import cut, heaviest, heaviest_sparse, recent
from learn.models.types import Interactions, Lists, Order, Vectors, interactions

RNG = np.random.default_rng(5)
SOME = interactions(RNG.integers(0, 40, 500), RNG.zipf(1.5, 500) % 30, times=RNG.random(500) * 1e6)
BASKETS = interactions([1, 1, 2, 2, 3, 3, 4, 5], ["a", "b", "a", "b", "a", "b", "a", "c"])


def pairs(lists: Lists) -> dict[tuple[str, str], float]:
    made = lists.matrix().tocoo()
    return {(str(lists.item_ids[i]), str(lists.item_ids[j])): float(w) for i, j, w in zip(made.row, made.col, made.data)}


@st.composite
def small(draw) -> Interactions:
    rows = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6)), min_size=1, max_size=40))
    users, items = np.array(rows).T
    return interactions(users, items, times=draw(st.just(None) | st.just(np.arange(len(rows)) % 7.0)))


@settings(max_examples=60)
@given(small(), st.integers(1, 8))
def test_no_list_is_too_long_out_of_order_or_names_the_item_itself(known, most):
    fits = (
        ease.fit(known, most), spectral.fit(known, most, 3), sequence.fit(known, most), association.fit(known, most, least=1, lift=0.0),
        *(cooccurrence.fit(known, most, measure) for measure in cooccurrence.MEASURES),
    )  # fmt: skip
    for made in fits:
        n = len(known.item_ids)
        assert len(made.starts) == n + 1 and np.isfinite(made.weights).all() and (made.weights != 0).all()
        for item, (start, stop) in enumerate(itertools.pairwise(made.starts.astype(int))):
            others, weights = made.others[start:stop], made.weights[start:stop]
            assert stop - start <= most and item not in others and len(set(others.tolist())) == len(others)
            assert (np.diff(weights) <= 0).all()


@settings(max_examples=60)
@given(st.integers(1, 12), st.integers(1, 14), st.integers(0, 2**32))
def test_the_heaviest_of_a_dense_and_of_a_sparse_matrix_are_the_heaviest(n, most, seed):
    weights = np.round(np.random.default_rng(seed).normal(size=(n, n)), 1).astype(np.float32)
    ids = np.arange(n).astype(str)
    kept = csr_matrix(weights)
    for made in (heaviest(ids, lambda start, stop: weights[start:stop], most), heaviest_sparse(ids, kept, most)):
        for row in range(n):
            own = np.sort(np.abs(np.delete(weights[row], row)))[::-1]
            found = np.abs(made.weights[made.starts[row] : made.starts[row + 1]])
            assert np.sort(found)[::-1].tolist() == own[own > 0][:most].tolist()
    assert np.array_equal(kept.toarray(), weights)


def test_what_is_cut_blended_or_boosted_stays_as_it_is():
    made = cooccurrence.fit(SOME, 29)
    before = made.others.copy(), made.weights.copy()
    for most in (20, 3):
        cut(made, most)
    hybrid.boosted(made, np.linspace(1, 2, len(made.item_ids)))
    hybrid.blended([made, made], [0.5, 0.5], SOME.binary(), 10)
    assert np.array_equal(made.others, before[0]) and np.array_equal(made.weights, before[1])


# --- EASE ------------------------------------------------------------------------------------------------------------


def test_plain_ease_is_the_published_closed_form():
    known = SOME.binary().toarray().astype(np.float64)
    gram = known.T @ known
    inverse = np.linalg.inv(gram + 3.0 * gram.diagonal().mean() * np.eye(len(gram)))
    wanted = -inverse / inverse.diagonal()
    np.fill_diagonal(wanted, 0.0)
    found = ease.weights(SOME, penalty=3.0, dropout=0.0, user_power=0.0, item_power=0.0)
    assert np.allclose(found, wanted, atol=1e-12)


@settings(max_examples=30)
@given(small())
def test_the_diagonal_of_ease_is_zero_and_each_column_is_the_best_of_its_kind(known):
    made = ease.weights(known, penalty=1.0, dropout=0.0, user_power=0.0, item_power=0.0)
    assert (made.diagonal() == 0).all()
    matrix = known.binary().toarray().astype(np.float64)
    penalty = float((matrix.T @ matrix).diagonal().mean())

    def loss(weights: np.ndarray) -> float:
        return ((matrix - matrix @ weights) ** 2).sum() + penalty * (weights**2).sum()

    nudge = np.random.default_rng(0).normal(size=made.shape) * 1e-3
    np.fill_diagonal(nudge, 0.0)
    assert loss(made) <= min(loss(made + nudge), loss(made - nudge)) + 1e-12


def test_a_catalogue_that_is_too_large_for_ease_has_lists_of_all_items():
    whole, part = ease.fit(SOME, 29), ease.fit(SOME, 29, most_items=10)
    head = np.argsort(-SOME.counts(), kind="stable")[:10]
    assert (np.diff(part.starts.astype(int))[SOME.counts() > 1] > 0).all()
    tail = np.setdiff1d(np.arange(len(SOME.item_ids)), head)
    assert part.matrix()[head][:, tail].nnz and part.matrix()[tail][:, head].nnz
    assert len(part.item_ids) == len(whole.item_ids)


# --- co-occurrence and rules -----------------------------------------------------------------------------------------

FORMULAS = {
    "count": 3, "conditional": 3 / 4, "cosine": 3 / 12**0.5, "jaccard": 3 / 4, "lift": 3 * 5 / 12, "pmi": float(np.log(15 / 12)),
    "likelihood": 2 * (3 * np.log(3 / (12 / 5)) + 1 * np.log(1 / (8 / 5)) + 1 * np.log(1 / (2 / 5))),
}  # fmt: skip


@pytest.mark.parametrize("measure", FORMULAS)
def test_a_measure_is_its_formula(measure):
    """a: users 1 to 4; b: 1 to 3; c: 5; five users."""
    found = pairs(cooccurrence.fit(BASKETS, measure=measure))
    assert found[("a", "b")] == pytest.approx(FORMULAS[measure], rel=1e-6)
    assert ("a", "c") not in found


def test_users_who_have_everything_say_less_by_bm25():
    known = interactions([0] * 6 + [1, 1, 2, 2], ["a", "b", "c", "d", "e", "f", "a", "b", "a", "b"])
    found = pairs(cooccurrence.fit(known, measure="bm25"))
    assert found[("a", "b")] > found[("a", "c")] > 0


def test_co_occurrence_in_blocks_is_co_occurrence(monkeypatch):
    whole = pairs(cooccurrence.fit(SOME))
    monkeypatch.setattr(cooccurrence, "CELLS", 50)
    assert pairs(cooccurrence.fit(SOME)) == whole


def test_rules_have_support_confidence_and_lift():
    table = association.rules(BASKETS, least=2, confidence=0.0, lift=0.0).table()
    assert table == [
        {"item": "b", "other": "a", "baskets": 3, "support": 3 / 5, "confidence": 1.0, "lift": 5 / 4},
        {"item": "a", "other": "b", "baskets": 3, "support": 3 / 5, "confidence": 3 / 4, "lift": pytest.approx(5 / 4)},
    ]


@pytest.mark.parametrize("threshold", [{"least": 4}, {"support": 0.7}, {"confidence": 1.1}, {"lift": 1.3}])
def test_each_threshold_keeps_rules_away(threshold):
    assert len(association.rules(BASKETS, **{"least": 1, "confidence": 0.0, "lift": 0.0, **threshold})) == 0


# --- sequences and time ----------------------------------------------------------------------------------------------


def test_steps_count_less_the_further_they_lead():
    known = interactions(["u"] * 3, ["a", "b", "c"], times=[0, 10, 20])
    found = pairs(sequence.fit(known, steps=2, decay=0.5, popularity=0.0))
    assert found == {("a", "b"): 1.0, ("b", "c"): 1.0, ("a", "c"): 0.5}


def test_a_session_ends_where_nothing_happens_for_long():
    known = interactions(["u"] * 3 + ["v"], ["a", "b", "c", "d"], times=[0, 10, 1000, 1001])
    assert set(pairs(sequence.fit(known, session=60))) == {("a", "b")}


def test_order_is_by_time_and_where_there_is_none_by_row():
    assert set(pairs(sequence.fit(interactions(["u"] * 2, ["a", "b"], times=[5, 1]), steps=1))) == {("b", "a")}
    assert set(pairs(sequence.fit(interactions(["u"] * 2, ["a", "b"]), steps=1))) == {("a", "b")}


def test_what_is_trending_halves_with_each_half_life():
    known = interactions(["u", "v", "w"], ["a", "a", "b"], times=[0, 10, 20])
    assert trending.fit(known, half_life=10).scores.tolist() == [0.25 + 0.5, 1.0]
    with pytest.raises(ValueError, match="times"):
        trending.fit(interactions(["u"], ["a"]))


def test_factors_of_what_is_trending_are_one_on_average():
    found = trending.factors(Order(SOME.item_ids, np.arange(30.0)), np.full(30, 5), 0.5)
    assert found.mean() == pytest.approx(1) and (np.diff(found) > 0).all()


def test_of_a_long_history_the_newest_count():
    known = interactions(["u"] * 5 + ["v"], list("abcdea"), times=[5, 4, 3, 2, 1, 1])
    assert recent(known, 2).item_ids[recent(known, 2).items].tolist() == ["a", "b", "a"]
    assert recent(known, 5) is known


# --- vectors and hybrids ---------------------------------------------------------------------------------------------


def test_similar_items_are_the_nearest_by_cosine():
    found = pairs(similar.fit(Vectors(np.array(["a", "b", "c", "d"]), np.array([[1, 0], [2, 0.2], [-1, 0], [0, 0]], np.float32)), 2))
    assert found == {("a", "b"): pytest.approx(2 / 4.04**0.5), ("b", "a"): pytest.approx(2 / 4.04**0.5)}


def test_products_of_vectors_are_the_scores_of_the_vectors():
    vectors = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)
    wanted = vectors @ vectors.T
    np.fill_diagonal(wanted, 0)
    assert np.allclose(similar.products(Vectors(np.arange(9).astype(str), vectors), 9).matrix().toarray(), wanted, atol=1e-6)


def test_a_blend_is_the_sum_of_its_parts_on_their_own_scales():
    past = SOME.binary()
    one, other = cooccurrence.fit(SOME, 29, "cosine"), ease.fit(SOME, 29)
    blend = hybrid.blended([one, other], [0.25, 0.75], past, 29)
    wanted = 0.25 * (past @ one.matrix()) / hybrid.spread(one, past) + 0.75 * (past @ other.matrix()) / hybrid.spread(other, past)
    assert np.allclose((past @ blend.matrix()).toarray(), wanted.toarray(), atol=1e-4)
    assert hybrid.spread(blend, past) > 0.5


def test_boosted_lists_have_each_weight_times_its_factor():
    made = cooccurrence.fit(SOME, 29)
    factors = np.linspace(0.5, 2, len(made.item_ids))
    assert np.allclose(hybrid.boosted(made, factors).matrix().toarray(), made.matrix().toarray() * factors, rtol=1e-6)
