"""ALS, BPR, content: vectors that place items by what they have in common; and the choice among models."""

import numpy as np
import pytest

from learn.models import als, bpr, content, popularity, portfolio, splits
from learn.models.recipes import PARTS, SINGLE, Recipe, fitted
from learn.models.scoring import histories, rankings
from learn.models.similar import normalized
from learn.models.types import Lists, Order, interactions


def two_tastes(users: int = 100, items: int = 40, seed: int = 3):
    """Half of the users like the first half of the items, the others the second."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(users), 12)
    what = rng.integers(0, items // 2, len(who)) + (who % 2) * (items // 2)
    return interactions(np.char.add("u", who.astype(str)), np.char.zfill(what.astype(str), 3), times=rng.random(len(who)) * 1e6)


KNOWN = two_tastes()


@pytest.mark.parametrize("fit", [lambda known: als.fit(known, 8), lambda known: bpr.fit(known, 8, iterations=30)], ids=["als", "bpr"])
def test_factors_tell_tastes_apart_and_are_the_same_in_every_run(fit):
    found = fit(KNOWN).vectors
    assert np.allclose(found, fit(KNOWN).vectors, atol=1e-4)
    near = normalized(found) @ normalized(found).T
    assert near[:20, :20].mean() > near[:20, 20:].mean() + 0.2


def test_the_mean_of_vectors_is_what_least_squares_make_of_a_new_visitor():
    factors = np.random.default_rng(0).normal(size=(12, 4))
    bought = np.zeros(12)
    bought[[1, 5, 7]] = 1
    taste = np.linalg.solve(factors.T @ factors + 0.5 * np.eye(4), factors.T @ bought)
    folded = als.folded(factors.astype(np.float32), 0.5)
    assert np.allclose(folded @ folded[[1, 5, 7]].sum(axis=0), factors @ taste, atol=1e-5)


# --- content ---------------------------------------------------------------------------------------------------------

FILMS = ["Animation Children's", "Animation Comedy", "Action Thriller", "Action War", "", "Comedy Romance"]


def test_items_of_like_words_are_near_and_such_without_words_nowhere():
    found = content.fit(np.arange(6).astype(str), FILMS, 5).vectors
    assert found[0] @ found[1] > found[0] @ found[2] + 0.2 and found[2] @ found[3] > 0.2
    assert not found[4].any() and np.allclose(np.linalg.norm(found[[0, 1, 2, 3, 5]], axis=1), 1, atol=1e-5)


def test_words_are_split_as_documents_say():
    assert content.words("Toy-Story brand=acme/new,Café 7") == ["toy", "story", "brand=acme/new", "café", "7"]


@pytest.mark.parametrize("repeat", [1, 40], ids=["more words than items", "more items than words"])
def test_cold_items_get_the_vectors_of_their_words(repeat):
    learned = als.fit(KNOWN, 8)
    words = [f"{'left' if int(item) < 20 else 'right'} w{int(item) % 7} " + (f"x{item}" if repeat == 1 else "") for item in learned.item_ids]
    made = content.predict(learned, words, ["left w1", "right w2", "nothing known"], penalty=0.1)
    near = normalized(made) @ normalized(learned.vectors).T
    assert near[0, :20].mean() > near[0, 20:].mean() + 0.3 and near[1, 20:].mean() > near[1, :20].mean() + 0.3
    assert np.allclose(made[2], learned.vectors.mean(axis=0), atol=1e-5)


# --- the choice ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SINGLE)
def test_each_model_can_be_asked_for_by_name(name):
    made = portfolio.single(name, KNOWN).model
    assert len(made.item_ids) == 40


def test_what_needs_times_says_so():
    with pytest.raises(ValueError, match="times"):
        portfolio.single("sequence", interactions(["u"], ["a"]))


@pytest.mark.parametrize("kind", ["random", "time", "last", "basket"])
def test_the_choice_is_better_than_popularity_and_the_same_again(kind):
    split, splitter = splits.chosen(kind, KNOWN)
    found = portfolio.select(split.train, splitter, trials=2)
    again = portfolio.select(split.train, splitter, trials=2)
    assert found.name == again.name and found.trials == again.trials and found.parameters == again.parameters
    assert isinstance(found.model, Lists) and len(found.trials) > 4
    popular = found.trials[0]
    assert popular.model == "popularity" and max(trial.value for trial in found.trials) > 1.2 * popular.value


def test_the_test_part_has_no_say_in_the_choice():
    """Other rows in the test part: the same model."""
    split, splitter = splits.chosen("random", KNOWN)
    other = interactions(KNOWN.user_ids[KNOWN.users], KNOWN.item_ids[KNOWN.items], times=KNOWN.times)
    assert portfolio.select(split.train, splitter, trials=2).trials == portfolio.select(splits.random(other).train, splitter, trials=2).trials


@pytest.mark.parametrize(
    "known", [interactions(["u"], ["a"]), interactions(["u"] * 9, ["a"] * 9), interactions(np.arange(30), np.arange(30))], ids=["a row", "one pair", "strangers"]
)
def test_where_nothing_can_be_compared_popularity_is_chosen(known):
    found = portfolio.select(known, splits.random, trials=2)
    assert found.name == "popularity" and isinstance(found.model, Order)


def test_a_small_bundle_makes_short_lists():
    assert portfolio.longest(1_000, 8_000_000) == 400 and portfolio.longest(10_000, 1_200_000) == 20 and portfolio.longest(1, 1) == 1
    found = portfolio.select(KNOWN, splits.random, trials=2, most_bytes=40 * 6 * 5)
    assert np.diff(found.model.starts.astype(int)).max() <= 5


def test_a_recipe_is_one_model():
    made = fitted(Recipe({"ease": 0.6, "cosine": 0.4}, liking=0.1, trend=0.5, trend_half_life=1e5, length=7), KNOWN)
    assert np.diff(made.starts.astype(int)).max() <= 7 and set(PARTS) > {"ease", "cosine"}
    shown = rankings(made, histories(KNOWN), popularity.fit(KNOWN))
    assert ((shown >= 20) == (np.arange(100)[np.argsort([f"u{n}" for n in range(100)])] % 2 == 1)[:, None]).mean() > 0.8
