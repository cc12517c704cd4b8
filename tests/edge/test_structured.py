"""Structured fields: what is read and refused beyond the suite of the standard (tests/conformance), and that no text raises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tessera.structured import MAX, Bytes, Date, Display, Item, StructuredError, Token, parse_dictionary, parse_item, parse_list

READERS = (parse_item, parse_list, parse_dictionary)


@pytest.mark.parametrize("text, value", [
    ("?1", True),
    ("?0", False),
    (" -12 ", -12),
    ("-1.5", -1.5),
    ('"a\\"b\\\\"', 'a"b\\'),
    ("*a/b:c", Token("*a/b:c")),
    (":aGk=:", Bytes(b"hi")),
    ("@-5", Date(-5)),
    ('%"caf%c3%a9"', Display("café")),
])  # fmt: skip
def test_items(text, value):
    found = parse_item(text)
    assert found == Item(value, {}) and type(found.value) is type(value)


def test_parameters_inner_lists_and_dictionaries():
    assert parse_item("a; b;c=?0;  b=2") == Item("a", {"b": 2, "c": False})
    assert parse_list('("x";q=1 y);z, 3') == (Item((Item("x", {"q": 1}), Item("y", {})), {"z": True}), Item(3, {}))
    assert parse_dictionary("a, b=(1), a=5;x") == {"a": Item(5, {"x": True}), "b": Item((Item(1, {}),), {})}
    assert parse_list("") == () and parse_dictionary("  ") == {}


@pytest.mark.parametrize("text", [
    "", "a b", '"a', '"a\\n"', '"\x7f"', '"é"', "1.", "1.2345", "1234567890123.1", "1" * 16, "--1", "?2", "?", ":a", ":#:", "@1.5", "@", '%"%C3"', '%"%c3"', '%"a', "%a", "a;=1",
    "a;A=1", "é", "(", "\t1", "[", "\ud800", "1 ;a", "a;", "٣",
])  # fmt: skip
def test_refused_as_items(text):
    with pytest.raises(StructuredError):
        parse_item(text)


@pytest.mark.parametrize("read, text", [
    (parse_list, "a,"), (parse_list, ",a"), (parse_list, "(a"), (parse_list, '(a"b")'), (parse_list, "a b"), (parse_list, "((a))"), (parse_dictionary, "a=1,"),
    (parse_dictionary, "A=1"), (parse_dictionary, "a=="), (parse_dictionary, "=1"), (parse_dictionary, "a=1 b"), (parse_dictionary, "a=,b"),
])  # fmt: skip
def test_refused(read, text):
    with pytest.raises(StructuredError):
        read(text)


@pytest.mark.parametrize("read", READERS)
def test_a_text_that_is_too_long(read):
    with pytest.raises(StructuredError):
        read("a" * (MAX + 1))


@given(st.one_of(hostile.text, st.text('()",;=?@:%*a1.- \\', max_size=40)))
def test_any_text_is_read_or_refused(text):
    for read in READERS:
        try:
            read(text)
        except StructuredError:
            pass
