"""Impossible profiles are refused, each with what is wrong; and what folding makes is possible."""

import pytest
from hypothesis import given, settings

from tests.edge.folding import HISTORIES, everything
from tests.edge.sites import AT, DAY, named, table
from tests.edge.test_fold import histories, one_by_one, stored
from tessera.documents import MAX_PROFILE
from tessera.fold import problems

GOOD = {
    "v": 2, "attributes": {"visitor.orders": 2, "visitor.spent": -3.5, "visitor.recent": ["mug", {"item": "scale", "at": AT}], "visitor.taste": {"cups": -1.0},
                           "visitor.lifecycle": "lapsed", "visitor.bought_last": "2025-12-03T10:00:00Z", "visitor.plan": "pro"},
    "updated_at": {"visitor.orders": AT}, "updated": AT, "created": AT - 5, "last": AT, "seen": {"recovery": [AT], "old": 3}, "applied": ["x"], "state": {}, "level": "default",
}  # fmt: skip


def test_what_may_be_stored():
    assert problems(everything(), GOOD, at=AT) == []
    assert problems(everything(), {}) == problems(everything(), {"v": 2, "erased": AT}) == []


ROWS = table("quality.yaml")
SPECIAL = {"NaN": float("nan"), "huge": 10**400, "long": "x" * 1025, "many": ["m"] * 257, "big": "x" * MAX_PROFILE, "late": AT + DAY + 1, "times": [AT] * 65, "ids": ["x"] * 129}


def special(value):
    if isinstance(value, dict):
        return {key: special(one) for key, one in value.items()}
    if isinstance(value, list):
        return [special(one) for one in value]
    return SPECIAL.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("row", **named(ROWS))
def test_what_may_not(row):
    document = {**GOOD, **special(row["with"])}
    found = problems(everything(), document, at=AT)
    assert len(found) == 1 and row["why"] in found[0]
    assert problems(everything(), document, at=AT, before=document) == []
    assert problems(everything(), document, at=AT, before=GOOD) == found


def test_what_is_no_object_is_none():
    assert problems(everything(), []) == ["the document is no object"]


@settings(max_examples=HISTORIES)
@given(histories())
def test_what_folding_makes_is_possible(messages):
    document = one_by_one(everything(), messages)
    assert document is None or problems(everything(), document) == []


@settings(max_examples=HISTORIES)
@given(stored)
def test_no_document_makes_it_fail(document):
    assert all(isinstance(problem, str) and len(problem) < 400 for problem in problems(everything(), document, at=AT))
