"""JsonLogic → CEL, row by row; what the text decides is tested by the suite of conformance."""

import pytest

from compiler.frontends.jsonlogic import Data, Inexpressible, Translator

NAMED = Data(None, lambda name: f"visitor.{name}")
WHOLE = Data("visitor.data")
X, Y = {"var": "x"}, {"var": "y.z"}


@pytest.mark.parametrize(
    "rule, value",
    [
        (X, "visitor.x"),
        (Y, "visitor.y.z"),
        ({"var": "y.first-name.in"}, 'jsonlogic.get(visitor.y, "first-name.in")'),
        ({"var": "y.0.length"}, 'jsonlogic.get(visitor.y, "0.length")'),
        ({"var": ["x", 1]}, "jsonlogic.default(visitor.x, 1)"),
        ({"var": {"if": [X, "p.q", "r"]}}, 'jsonlogic.get({"p": visitor.p, "r": visitor.r}, jsonlogic.choose(visitor.x, "p.q", "r"))'),
        ({"missing": ["x", "y.z"]}, 'jsonlogic.missing({"x": visitor.x, "y": visitor.y}, "x", "y.z")'),
        ({"missing_some": [1, ["x"]]}, 'jsonlogic.missing_some({"x": visitor.x}, 1, ["x"])'),
        ({"==": ["a", X]}, 'jsonlogic.eq(visitor.x, "a")'),
        ({"<": [1, X]}, "jsonlogic.gt(visitor.x, 1)"),
        ({"<=": [1, X, 5]}, "(jsonlogic.ge(visitor.x, 1) && jsonlogic.le(visitor.x, 5))"),
        ({"===": [X]}, "jsonlogic.strict_eq(visitor.x)"),
        ({"in": [X, ["a", "b"]]}, 'jsonlogic.is_in(visitor.x, ["a", "b"])'),
        ({"in": ["a", X]}, 'jsonlogic.contains(visitor.x, "a")'),
        ({"+": [X, {"-": Y}]}, "jsonlogic.add(visitor.x, jsonlogic.sub(visitor.y.z))"),
        ({"and": [X, Y]}, "jsonlogic.and(visitor.x, visitor.y.z)"),
        ({"and": [{"!": X}, {"!!": Y}]}, "!jsonlogic.truthy(visitor.x) && jsonlogic.truthy(visitor.y.z)"),
        ({"if": []}, "null"),
        ({"if": [X]}, "visitor.x"),
        ({"?:": [X, "a", "b"]}, 'jsonlogic.choose(visitor.x, "a", "b")'),
        ({"map": [X, {"*": [{"var": ""}, {"var": "n"}]}]}, "jsonlogic.list(visitor.x).map(it, jsonlogic.mul(it, it.n))"),
        ({"filter": [X, {"some": [{"var": "l"}, {"var": ""}]}]}, "jsonlogic.list(visitor.x).filter(it, jsonlogic.list(it.l).exists(it2, jsonlogic.truthy(it2)))"),
        ({"all": [X, {">": [{"var": ""}, 1]}]}, "(jsonlogic.truthy(jsonlogic.list(visitor.x)) && jsonlogic.list(visitor.x).all(it, jsonlogic.gt(it, 1)))"),
        ({"none": [X, {"var": "a"}]}, "!jsonlogic.list(visitor.x).exists(it, jsonlogic.truthy(it.a))"),
        ({"reduce": [X, {"+": [{"var": "current.n"}, {"var": "accumulator"}]}, 0]}, "jsonlogic.reduce(jsonlogic.list(visitor.x), jsonlogic.add(current.n, accumulator), 0)"),
        ({"reduce": [X, {"var": ["accumulator", 1]}]}, 'jsonlogic.reduce(jsonlogic.list(visitor.x), jsonlogic.get({"current": current, "accumulator": accumulator}, "accumulator", 1), null)'),
        ({"var": [{"if": [X, "p", "q"]}, 1]}, 'jsonlogic.default(jsonlogic.get({"p": visitor.p, "q": visitor.q}, jsonlogic.choose(visitor.x, "p", "q")), 1)'),
        ({"log": X}, "visitor.x"),
        ([1, X, {}, {"a": 1, "b": [None]}], '[1, visitor.x, {}, {"a": 1, "b": [null]}]'),
        ("a\"\\\n", '"a\\"\\\\\\n"'),
        (2**70, "1.1805916207174113e+21"),
        ({"cat": list("ab") * 20}, 'jsonlogic.cat(' + '"a", "b", ' * 14 + '"a", jsonlogic.cat(' + '"b", "a", ' * 5 + '"b"))'),
    ],
)  # fmt: skip
def test_values(rule, value):
    assert Translator().value(rule, NAMED).text == value


@pytest.mark.parametrize(
    "rule, condition",
    [
        (X, "jsonlogic.truthy(visitor.x)"),
        ([X], "true"),
        ([], "false"),
        ("0", "true"),
        ({"!": []}, "true"),
        ({"and": []}, "false"),
        ({"or": [X, {"and": [Y, {"!": X}]}]}, "(jsonlogic.truthy(visitor.x) || jsonlogic.truthy(visitor.y.z) && !jsonlogic.truthy(visitor.x))"),
        ({"!": {"and": [X, Y]}}, "!(jsonlogic.truthy(visitor.x) && jsonlogic.truthy(visitor.y.z))"),
        ({"!": {"==": [X, " && "]}}, '!jsonlogic.eq(visitor.x, " && ")'),
        ({"if": [X, True, False]}, "jsonlogic.truthy(visitor.x)"),
        ({"if": [X, 0, 1]}, "!jsonlogic.truthy(visitor.x)"),
        ({"if": [X, Y, 1]}, "(jsonlogic.truthy(visitor.x) ? jsonlogic.truthy(visitor.y.z) : true)"),
    ],
)
def test_conditions(rule, condition):
    assert Translator().condition(rule, NAMED) == condition


@pytest.mark.parametrize(
    "rule, value",
    [
        ({"var": ""}, "visitor.data"),
        ({"var": 1}, 'jsonlogic.get(visitor.data, "1")'),
        ({"var": ["x.y", 1]}, 'jsonlogic.get(visitor.data, "x.y", 1)'),
        ({"var": {"var": "x"}}, "jsonlogic.get(visitor.data, visitor.data.x)"),
        ({"missing": {"merge": [X]}}, "jsonlogic.missing(visitor.data, jsonlogic.merge(visitor.data.x))"),
    ],
)
def test_all_of_the_data_can_be_one_value(rule, value):
    assert Translator().value(rule, WHOLE).text == value


@pytest.mark.parametrize("rule", [{"var": ""}, {"var": None}, {"var": X}, {"missing": {"cat": ["a", X]}}, {"upper": X}, "\ud800", {"map": [X, {"map": [X, {"map": [X, 1]}]}]}])
def test_what_has_no_counterpart_is_refused(rule):
    with pytest.raises(Inexpressible):
        Translator().value(rule, NAMED)
