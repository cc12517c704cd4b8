"""Metrics against their definitions, splits that leak nothing, rankings against brute force."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

import tests.edge.effort  # noqa: F401  how hard hypothesis tries
from learn.models import scoring, splits
from learn.models.metrics import measure, overlap, per_user
from learn.models.types import Interactions, Lists, Order, Vectors, interactions

EMPTY = np.zeros((0, 10), int)


@st.composite
def events(draw) -> Interactions:
    rows = draw(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 9), st.integers(0, 12)), min_size=1, max_size=60))
    users, items, times = np.array(rows).T
    return interactions(users, items, times=times)


# --- metrics ---------------------------------------------------------------------------------------------------------


@settings(max_examples=100)
@given(st.integers(0, 2**32))
def test_metrics_are_their_definitions(seed):
    rng = np.random.default_rng(seed)
    truth = csr_matrix((rng.random((5, 14)) < 0.3).astype(float))
    rankings = np.array([rng.permutation(14)[:10] for _ in range(5)])
    rankings[0, 7:] = -1
    found = per_user(rankings, truth)
    recall, ndcg, precision = [], [], []
    for user in range(5):
        wanted = set(truth[user].indices)
        if wanted:
            hits = [item in wanted for item in rankings[user].tolist()]
            recall.append(sum(hits) / len(wanted))
            precision.append(sum(hits) / 10)
            ideal = sum(1 / math.log2(place + 2) for place in range(min(len(wanted), 10)))
            ndcg.append(sum(hit / math.log2(place + 2) for place, hit in enumerate(hits)) / ideal)
    assert found.recall.tolist() == pytest.approx(recall) and found.ndcg.tolist() == pytest.approx(ndcg)
    assert found.precision.tolist() == pytest.approx(precision)


def test_means_coverage_and_novelty():
    truth = csr_matrix(np.array([[1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0]]))
    found = measure(np.array([[0, 1], [2, 3], [0, 1]]), truth, np.array([3, 1, 0, 0]))
    assert (found.users, found.recall, found.hit_rate, found.mrr, found.coverage) == (2, 0.75, 1.0, 0.75, 0.5)
    assert found.novelty == pytest.approx(-(math.log2(4 / 4) + math.log2(2 / 4)) / 2)
    assert measure(EMPTY, csr_matrix((0, 4)), np.zeros(4)).users == 0


def test_overlap_is_the_share_of_the_first_that_the_second_has():
    one = np.array([[1, 2, 3], [4, -1, -1], [-1, -1, -1]])
    assert overlap(one, np.array([[3, 2, 9], [5, 4, 1], [1, 2, 3]])) == pytest.approx((2 / 3 + 1) / 2)


# --- splits ----------------------------------------------------------------------------------------------------------


def rows(known: Interactions) -> list[tuple]:
    return sorted(zip(known.users.tolist(), known.items.tolist(), known.times.tolist()))


@settings(max_examples=100)
@given(events())
def test_no_split_loses_or_doubles_a_row_between_history_and_test(known):
    for split in (splits.random(known), splits.time(known), splits.last(known)):
        assert sorted(rows(split.history) + rows(split.test)) == rows(known)


@settings(max_examples=100)
@given(events())
def test_what_is_learned_by_time_happened_before_all_that_is_foretold(known):
    for split in (splits.time(known), splits.basket(known)):
        assert (split.train.times < split.cut).all() and (split.test.times >= split.cut).all()
        for user in np.unique(split.test.users):
            past, future = split.history.times[split.history.users == user], split.test.times[split.test.users == user]
            assert not len(past) or past.max() < future.min() or past.max() == future.min() < split.cut


@settings(max_examples=100)
@given(events())
def test_the_last_rows_of_each_user_are_foretold(known):
    split = splits.last(known)
    for user in np.unique(known.users):
        past, future = split.train.times[split.train.users == user], split.test.times[split.test.users == user]
        assert len(past) >= 1 and (not len(future) or past.max() <= future.min())
        assert len(future) >= (len(past) + len(future) > 1)


@settings(max_examples=50)
@given(events())
def test_the_next_basket_is_whole_and_one(known):
    split = splits.basket(known)
    for user in np.unique(split.test.users):
        moments = set(split.test.times[split.test.users == user].tolist())
        assert len(moments) == 1
        (moment,) = moments
        assert len(split.test.times[split.test.users == user]) == ((known.users == user) & (known.times == moment)).sum()


def test_the_random_split_is_the_usual_one():
    known = interactions(np.arange(1000) % 9, np.arange(1000) % 7)
    assert len(splits.random(known).train) == int((np.random.default_rng(42).random(1000) < 0.8).sum())


@pytest.mark.parametrize(
    ("times", "kind"),
    [(None, "random"), (np.tile(np.arange(50.0), 100), "time"), (np.repeat(np.arange(100.0), 50), "last"), (np.zeros(5000), "last")],
    ids=["no times", "all the while", "one user after the other", "one moment"],
)
def test_auto_takes_the_split_by_which_users_can_be_measured(times, kind):
    known = interactions(np.repeat(np.arange(100), 50), np.tile(np.arange(50), 100), times=times)
    if kind == "last" and times is not None and times.any():
        known = interactions(np.repeat(np.arange(2000), 1), np.arange(2000) % 20, times=np.arange(2000.0))
    assert splits.chosen("auto", known)[0].kind == kind


@pytest.mark.parametrize("split", [splits.time, splits.last, splits.basket])
def test_a_split_by_time_needs_times(split):
    with pytest.raises(ValueError, match="times"):
        split(interactions(["u"], ["a"]))


# --- rankings --------------------------------------------------------------------------------------------------------


@settings(max_examples=100)
@given(st.integers(0, 2**32), st.integers(1, 12), st.booleans(), st.booleans())
def test_the_best_are_the_best_and_of_equals_the_first(seed, top, positive, seen):
    rng = np.random.default_rng(seed)
    scores = rng.integers(-2, 3, (4, 9)).astype(np.float32)
    past = csr_matrix((rng.random((4, 9)) < 0.3).astype(np.float32))
    found = scoring.best(scores.copy(), past, top, positive, seen)
    for user in range(4):
        able = [i for i in range(9) if (seen or not past[user, i]) and (not positive or scores[user, i] > 0)]
        wanted = sorted(able, key=lambda i: (-scores[user, i], i))[:top]
        assert found[user].tolist() == wanted + [-1] * (min(top, 9) - len(wanted))


def test_what_lists_leave_free_is_filled_by_the_order():
    lists = Lists(np.array(list("abcd")), np.array([0, 1, 1, 1, 1]), np.array([2]), np.array([1.0], np.float32))
    popular = Order(lists.item_ids, np.array([9.0, 5.0, 1.0, 7.0]))
    past = csr_matrix(np.array([[1, 0, 0, 0], [0, 0, 0, 0]]))
    assert scoring.rankings(lists, past, popular, 3).tolist() == [[2, 3, 1], [0, 3, 1]]
    assert scoring.rankings(lists, past, None, 3).tolist() == [[2, -1, -1], [-1, -1, -1]]
    assert scoring.rankings(lists, past, popular, 3, seen=True).tolist() == [[2, 0, 3], [0, 3, 1]]


def test_scores_by_vectors_are_those_of_the_mean():
    vectors = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    past = csr_matrix(np.array([[1.0, 0.5, 0, 0, 0]]))
    found = scoring.scores(Vectors(np.arange(5).astype(str), vectors), past)
    assert np.allclose(found[0], vectors @ (vectors[0] + 0.5 * vectors[1]), atol=1e-5)


def test_histories_fade_from_the_newest_on():
    known = interactions(["u", "u", "u", "v"], ["a", "a", "b", "a"], times=[0, 10, 30, 0])
    assert np.allclose(scoring.histories(known, 10).toarray(), [[0.25, 1], [1, 0]])
    assert np.array_equal(scoring.histories(known).toarray(), [[1, 1], [1, 0]])
