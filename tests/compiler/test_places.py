"""What selectors and operations tell before any page is seen."""

from types import SimpleNamespace

import pytest

from compiler.operations import ATTRIBUTES, FIELDS, MARKUP, may_vary, misplaced
from compiler.places import elements, overlapping, wrong

DONE = (*MARKUP, *FIELDS, "remove")


@pytest.mark.parametrize("selector, found", [
    ("#a", (None,)), ("IMG#a", ("img",)), ("*", (None,)), ("main > h1.b:first-child", ("h1",)), ("a, [b=c]", ("a", None)), ("li:nth-child(2n+1)", ("li",)),
    ("p:not(.x)", ("p",)), (".a .b p", ("p",)),
])  # fmt: skip
def test_elements(selector, found):
    assert elements(selector) == found


WORKS = {
    "div": {*MARKUP, "text", "class", "remove"},
    "img": {"replace", "before", "after", "src", "srcset", "class", "remove"},
    "a": {*MARKUP, "text", "href", "class", "remove"},
    "source": {"replace", "before", "after", "src", "srcset", "class", "remove"},
    "script": {"replace", "before", "after", "src", "class", "remove"},
    "style": {"replace", "before", "after", "class", "remove"},
    "title": {"replace", "before", "after", "text", "class", "remove"},
    "head": {"append", "prepend", "class"},
    "html": {"class"},
    "body": {*MARKUP, "text", "class", "remove"},
    "my-element": {*MARKUP, *FIELDS, "remove"},
}


@pytest.mark.parametrize("element", WORKS)
def test_what_can_be_done_with_an_element(element):
    assert {do for do in DONE if misplaced(do, element) is None} == WORKS[element]


def test_a_selector_is_wrong_where_one_of_its_elements_is():
    assert wrong("#a, img", "inner") and wrong("img", "src") is None and wrong("#a", "inner") is None


@pytest.mark.parametrize("do, element, fixed, safe", [
    ("text", None, False, True), ("class", "script", False, True), ("src", "img", False, True), ("href", "a", False, True), ("src", None, False, False), ("src", None, True, True),
    ("src", "iframe", False, False), ("src", "iframe", True, True), ("src", "script", True, False), ("src", "embed", True, False), ("href", "base", True, False), ("href", "link", True, False),
    ("src", "my-card", False, False), ("src", "my-card", True, True), ("srcset", "source", False, True),
])  # fmt: skip
def test_where_an_address_may_vary(do, element, fixed, safe):
    assert may_vary(do, element, fixed) is safe


def pair(selector, do, other, there, pages=(("home",), ("home",))):
    """The names in the one message about two slots, None where there is none."""
    places = [("one", SimpleNamespace(page=pages[0], selector=selector, do=do)), ("two", SimpleNamespace(page=pages[1], selector=other, do=there))]
    found = list(overlapping(places))
    return found[0][:2] if found else None


@pytest.mark.parametrize("do, there, apart", [
    ("inner", "inner", False), ("inner", "text", False), ("replace", "replace", False), ("replace", "inner", False), ("replace", "class", False), ("remove", "src", False),
    ("remove", "append", False), ("src", "src", False), ("class", "class", False), ("replace", "before", True), ("remove", "after", True), ("inner", "prepend", True),
    ("inner", "append", True), ("inner", "class", True), ("text", "href", True), ("src", "srcset", True), ("src", "class", True), ("before", "before", True), ("append", "append", True),
])  # fmt: skip
def test_slots_on_one_element(do, there, apart):
    assert (pair("#a", do, "#a", there) is None) is apart
    assert (pair("#a", there, "#a", do) is None) is apart


@pytest.mark.parametrize("outer, do, inner, found", [
    ("#a", "inner", "#a h1", ("two", "one")), ("#a", "replace", "#a > .b > p", ("two", "one")), ("main #a", "remove", "main #a p", ("two", "one")), ("#a", "text", "#a *", ("two", "one")),
    ("#a", "append", "#a h1", None), ("#a", "class", "#a h1", None), ("#a", "inner", "#b h1", None), ("#a", "inner", "main #a h1", None), ("h1", "replace", "#a h1", None),
    ("#a, #b", "inner", "#b p", ("two", "one")), ("#a", "inner", "#b p, #a p", ("two", "one")),
])  # fmt: skip
def test_slots_within_each_other(outer, do, inner, found):
    assert pair(outer, do, inner, "class") == found
    assert pair(inner, "class", outer, do) == (found and found[::-1])


def test_slots_of_different_pages_are_apart():
    assert pair("#a", "inner", "#a", "inner", (("home",), ("cart", "product"))) is None
    assert pair("#a", "inner", "#a", "inner", (("home", "cart"), ("cart",))) == ("two", "one")


def test_every_attribute_takes_a_field():
    assert set(ATTRIBUTES) < set(FIELDS)
