"""The Cookie header: pairs as browsers send them, and the values of one name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tests.edge.sites import named, table
from tessera.cookies import MAX_HEADER, MAX_PAIRS, cookie_values, pairs

NAME = st.text("abcXYZ019-_.$@#%!*&+:^", min_size=1, max_size=12)
VALUE = st.text(st.characters(codec="utf-8", exclude_characters=";", exclude_categories=["Cc", "Zs"]), max_size=20)


@pytest.mark.parametrize("row", **named(table("cookies.yaml")))
def test_pairs(row):
    assert [list(pair) for pair in pairs(row["header"])] == row["pairs"]


@given(st.lists(st.tuples(NAME, VALUE), max_size=20), st.sampled_from(["; ", ";", " ;\t"]))
def test_what_is_sent_is_read(sent, between):
    header = between.join(f"{name}={value}" for name, value in sent)
    assert pairs(header) == sent
    for name, _ in sent:
        assert cookie_values(header, name) == [value.strip('"') for other, value in sent if other == name]


@pytest.mark.parametrize(
    "header, values",
    [
        ("a=1; tessera=x; b=2; tessera=y", ["x", "y"]),
        ("tessera=a=b", ["a=b"]),
        ('tessera="a"; tessera=""', ["a", ""]),
        ("tessera=;tessera", [""]),
        (";;; =;tessera=x", ["x"]),
        ("  tessera =\tx ", ["x"]),
        ("xtessera=1; tesserax=2; a=tessera", []),
        ("\0tessera=1", []),
        ("", []),
    ],
)
def test_values_of_a_name(header, values):
    assert cookie_values(header, "tessera") == values


@given(hostile.text)
def test_no_header_raises(text):
    for header in (text, f"a={text}; {text}=b", text * 100):
        assert all(isinstance(part, str) for pair in pairs(header) for part in pair)
        assert all(value in header for value in cookie_values(header, "a"))


def test_bounds():
    assert len(pairs("a=b;" * 5_000)) == MAX_PAIRS
    assert pairs("a=" + "b" * MAX_HEADER + ";c=d") == [("a", "b" * (MAX_HEADER - 2))]
    assert pairs(";" * 1_000_000) == [] and cookie_values("b" * MAX_HEADER + ";c=d", "c") == []
