"""Conditions: what compiles to which expression, and what each mistake is answered with."""

import pytest

from compiler.cel import Environment, refs
from compiler.ir import Call, Const, Fold, Has, Local, Ref

ATTRIBUTES = {
    "request.country": "string", "request.hour": "int", "request.path": "string", "request.at": "timestamp", "request.daypart": "[night, morning, evening]",
    "visitor.cart_value": "double", "visitor.lifecycle": "[new, engaged, customer, lapsed]", "visitor.recent": "list<item>", "visitor.app": "version",
    "visitor.addr": "ip", "visitor.prefs": "map<string, double>", "visitor.since": "timestamp", "visitor.wait": "duration", "visitor.name": "string",
    "visitor.open_case": "bool", "visitor.a_b": "int", "visitor.a__b": "int", "account.domain": "string", "account.apps": "list<version>",
}  # fmt: skip
ABOUT = {"request.country": "from the request's location"}


@pytest.fixture(scope="module")
def environment():
    items = {"price": "double", "in_stock": "bool", "category": "string"}
    return Environment(ATTRIBUTES, ["vip", "cart_left"], {"partners": "string"}, items, ABOUT)


def shown(expression):
    """An expression as short text."""
    match expression:
        case Const(value, type):
            return f"{value!r}" if type in ("bool", "int", "double", "string") or type.startswith("list") else f"{type}:{value}"
        case Ref(name):
            return name
        case Local(name):
            return f"${name}"
        case Has(name):
            return f"has({name})"
        case Fold(kind, var, range_, body):
            return f"{kind}({var}, {shown(range_)}, {shown(body)})"
        case Call(op, args):
            return f"{op}({', '.join(map(shown, args))})"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("account.domain in lists.partners", "in(account.domain, lists.partners)"),
        ("visitor.cart_value > 0.0 && segment.vip && !segment.cart_left", "and(gt(visitor.cart_value, 0.0), segment.vip, not(segment.cart_left))"),
        ("segment.vip || (segment.cart_left || request.hour != 3)", "or(segment.vip, segment.cart_left, ne(request.hour, 3))"),
        ("segment.vip && request.hour >= 7 || request.hour <= 3", "or(and(segment.vip, ge(request.hour, 7)), le(request.hour, 3))"),
        ("size(visitor.recent) >= 3", "ge(size(visitor.recent), 3)"),
        ("visitor.recent.size() >= 3", "ge(size(visitor.recent), 3)"),
        ("has(visitor.cart_value) ? visitor.cart_value < 1.0 : true", "if(has(visitor.cart_value), lt(visitor.cart_value, 1.0), True)"),
        ('visitor.recent.exists(x, x == "a")', "exists(x, visitor.recent, eq($x, 'a'))"),
        ('visitor.recent.all(x, x != "a")', "all(x, visitor.recent, ne($x, 'a'))"),
        ('visitor.recent.exists_one(x, x == "a")', "exists_one(x, visitor.recent, eq($x, 'a'))"),
        ('visitor.recent.exists(request, request == "a")', "exists(request, visitor.recent, eq($request, 'a'))"),
        ("[1, -2].exists(x, x == request.hour)", "exists(x, (1, -2), eq($x, request.hour))"),
        ('request.country in ["US", "CA"]', "in(request.country, ('US', 'CA'))"),
        ('"a" in visitor.recent && visitor.recent[0] == "b"', "and(in('a', visitor.recent), eq(index(visitor.recent, 0), 'b'))"),
        ('visitor.prefs.x > 1.0 && visitor.prefs["y"] < 2.0', "and(gt(index(visitor.prefs, 'x'), 1.0), lt(index(visitor.prefs, 'y'), 2.0))"),
        ("has(visitor.prefs.x)", "and(has(visitor.prefs), in('x', visitor.prefs))"),
        ('"z" in visitor.prefs', "in('z', visitor.prefs)"),
        ('visitor.app >= version("v1.2")', "ge(visitor.app, version:1.2.0)"),
        ('visitor.app in [version("1"), version("2.0.0-rc.1+7")]', "in(visitor.app, ('1.0.0', '2.0.0-rc.1'))"),
        ('account.apps.exists(a, a > version("1"))', "exists(a, account.apps, gt($a, version:1.0.0))"),
        ("visitor.app > version(visitor.name)", "gt(visitor.app, version(visitor.name))"),
        ('visitor.addr == ip("2001:db8:0::1")', "eq(visitor.addr, ip:2001:db8::1)"),
        ('request.at > timestamp("1970-01-02T00:00:00.5+01:00")', "gt(request.at, timestamp:82800.5)"),
        ('request.at - visitor.since > duration("90d")', "gt(sub(request.at, visitor.since), duration:7776000.0)"),
        ('visitor.wait < duration("1h30m")', "lt(visitor.wait, duration:5400.0)"),
        ("request.at.getHours() > 3", "gt(hours(request.at), 3)"),
        ('request.at.getHours("-02:00") > 3', "gt(hours(add(request.at, duration:-7200.0)), 3)"),
        ('request.at.getMonth("UTC") == 11', "eq(month(request.at), 11)"),
        ("request.at.getDate() == 1 && request.at.getDayOfMonth() == 0", "and(eq(add(day_of_month(request.at), 1), 1), eq(day_of_month(request.at), 0))"),
        ('request.path.startsWith("/p/") || request.path.endsWith("x")', "or(starts_with(request.path, '/p/'), ends_with(request.path, 'x'))"),
        ('request.path.lowerAscii().contains("x")', "contains(lower_ascii(request.path), 'x')"),
        (r'request.path.matches(r"^/p/\d+$") && matches(visitor.name, "a|b")', r"and(matches(request.path, '^/p/\\d+$'), matches(visitor.name, 'a|b'))"),
        ("-request.hour < -5 && request.hour % 2 == 0", "and(lt(neg(request.hour), -5), eq(mod(request.hour, 2), 0))"),
        ("visitor.cart_value / 2.0 * 3.0 + 1.0 > 3.0", "gt(add(mul(div(visitor.cart_value, 2.0), 3.0), 1.0), 3.0)"),
        ('int(visitor.cart_value) > 3 && string(request.hour) == "3"', "and(gt(int(visitor.cart_value), 3), eq(string(request.hour), '3'))"),
        ('"new" == visitor.lifecycle || visitor.lifecycle in ["new", "lapsed"]', "or(eq('new', visitor.lifecycle), in(visitor.lifecycle, ('new', 'lapsed')))"),
        ("visitor.a_b > visitor.a__b", "gt(visitor.a_b, visitor.a__b)"),
        ("true // always", "True"),
        (" || ".join(f'request.path == "/{n}"' for n in range(200)), f"or({', '.join(f'eq(request.path, {chr(39)}/{n}{chr(39)})' for n in range(200))})"),
    ],
)  # fmt: skip
def test_conditions(environment, text, expected):
    expression = environment.compile(text)
    assert not isinstance(expression, list), expression
    assert shown(expression) == expected


@pytest.mark.parametrize(
    ("text", "code", "marked", "fix"),
    [
        # names
        ('request.contry == "US"', "E021", "request.contry", "did you mean 'request.country' (string, from the request's location)?"),
        ("has(visitor.nme)", "E021", "has(visitor.nme)", "did you mean 'visitor.name' (string)?"),
        ('lifecycle == "new"', "E021", "lifecycle", "did you mean 'visitor.lifecycle' (enum)?"),
        ('visitr.lifecycle == "new"', "E021", "visitr.lifecycle", "did you mean 'visitor.lifecycle' (enum)?"),
        ('request.name == "x"', "E021", "request.name", "did you mean 'visitor.name' (string)?"),
        ("visitor", "E021", "visitor", "name one of it, for example 'visitor.a__b'"),
        ("segment.vipp", "E029", "segment.vipp", "did you mean 'segment.vip' (a segment)?"),
        ("account.domain in lists.partnrs", "E030", "lists.partnrs", "did you mean 'lists.partners' (a list)?"),
        ("item.price > 1.0", "E028", "item.price", "it can be used in the `where` of a ranking"),
        # types
        ("visitor.cart_value > 1", "E022", "visitor.cart_value > 1", "write 1.0"),
        ("1 < visitor.cart_value", "E022", "1 < visitor.cart_value", "write 1.0"),
        ("request.hour > 1.0", "E022", "request.hour > 1.0", "write 1"),
        ("request.hour > 1.5", "E022", "request.hour > 1.5", "write double(request.hour)"),
        ('visitor.app > "1.2"', "E022", 'visitor.app > "1.2"', 'write version("1.2.3")'),
        ('visitor.since > "2026-12-01"', "E022", 'visitor.since > "2026-12-01"', 'write timestamp("2026-12-01T00:00:00Z")'),
        ('request.hour == "3"', "E022", 'request.hour == "3"', "write it without quotes: 3"),
        ("request.country == 3", "E022", "request.country == 3", 'write it in quotes: "3"'),
        ('visitor.open_case == "true"', "E022", 'visitor.open_case == "true"', "write it without quotes: true"),
        ("visitor.name && true", "E022", "visitor.name && true", 'compare it: visitor.name == "…"'),
        ("!request.hour", "E022", "!request.hour", "compare it: request.hour > 0"),
        ('"a" in visitor.name', "E022", '"a" in visitor.name', 'write visitor.name.contains("a")'),
        ("visitor.name.size > 3", "E022", "visitor.name.size", "call it: size(…)"),
        ('visitor.name.exists(x, x == "a")', "E022", "visitor.name", "use contains(…) for a part of a text, == for a value"),
        ("visitor.app.major > 3", "E022", "visitor.app.major", "compare it as a whole"),
        ("size(request.hour) > 2", "E022", "size(request.hour)", "size() counts the characters of a string and the values of a list or map"),
        ('visitor.lifecycle < "new"', "E022", 'visitor.lifecycle < "new"', 'use == or in ["…", "…"]'),
        ("request.hour", "E025", "request.hour", "compare it: request.hour > 0"),
        # enumerations
        ('visitor.lifecycle == "laspsed"', "E023", '"laspsed"', "did you mean 'lapsed'?"),
        ('"x" != request.daypart', "E023", '"x"', "it is one of: night, morning, evening"),
        ('visitor.lifecycle in ["new", "customr"]', "E023", '"customr"', "did you mean 'customer'?"),
        # what the edge does not do
        ('request.path.startswith("/a")', "E024", 'request.path.startswith("/a")', "did you mean 'startsWith'?"),
        ('visitor.recent.filter(x, x == "a").size() > 1', "E024", 'visitor.recent.filter(x, x == "a")', "use exists(x, …), all(x, …), exists_one(x, …) or size(…)"),
        ('visitor.recent == ["a"]', "E024", 'visitor.recent == ["a"]', "use `in`, size(…) or exists(x, …)"),
        ("visitor.name == null", "E024", "null", "ask has(…), or !has(…)"),
        ("dyn(request.hour) == 1", "E024", "dyn(request.hour)", "every attribute has one type; leave dyn() out"),
        ('request.country in ["US", request.path]', "E024", '["US", request.path]', "compare one by one: a == x || a == y"),
        ('"a" in [1, "a"]', "E024", '[1, "a"]', "make two lists"),
        ("has(segment.vip)", "E024", "has(segment.vip)", "leave has(…) out: segment.vip"),
        ("size(lists.partners) > 3", "E024", "lists.partners", "write … in lists.partners"),
        ('request.at.getHours("Europe/Berlin") > 3', "E024", 'request.at.getHours("Europe/Berlin")', 'use request.hour and request.weekday (the visitor\'s own time), or an offset: "+01:00"'),
        ("visitor.wait.getHours() > 3", "E024", "visitor.wait.getHours()", 'compare the duration: … > duration("2h")'),
        ("request.path.matches(visitor.name)", "E024", "visitor.name", "write it as a text in quotes"),
        ('visitor.prefs.exists(k, k == "x")', "E024", 'visitor.prefs.exists(k, k == "x")', 'ask for one key: "key" in …'),
        ("request.hour" + " + 1" * 200 + " > 1", "E024", "r", "split it into named segments"),
        # literals
        ('request.at > timestamp("2026-13-01T00:00:00Z")', "E026", 'timestamp("2026-13-01T00:00:00Z")', 'write it like timestamp("2026-12-01T00:00:00Z")'),
        ('visitor.wait > duration("5 days")', "E026", 'duration("5 days")', 'write it like duration("90d"), duration("36h") or duration("1h30m")'),
        ('visitor.app > version("one")', "E026", 'version("one")', 'write it like version("1.2.3")'),
        ('visitor.addr == ip("1.2.3")', "E026", 'ip("1.2.3")', 'write it like ip("192.0.2.1") or ip("2001:db8::1")'),
        ("99999999999999999999 > request.hour", "E026", "99999999999999999999", "int holds up to 9,223,372,036,854,775,807"),
        ('request.path.matches("(")', "E027", '"("', 'the syntax is RE2\'s; escape a literal character with a backslash, in a raw text: r"\\("'),
        # syntax
        ('request.country == "US" and request.hour > 3', "E020", "and", "write `&&`"),
        ('request.country = "US"', "E020", "=", "write `==`"),
        ('request.country === "US"', "E020", "===", "write `==`"),
        ("request.hour =< 3", "E020", "=<", "write `<=` or `>=`"),
        ("request.hour <> 3", "E020", "<>", "write `!=`"),
        ("request.country == “US”", "E020", "“", 'use straight quotes: "…"'),
        ("segment.vip & segment.cart_left", "E020", "&", "write `&&`"),
        ("not segment.vip", "E020", "not", "write `!`"),
        ("True", "E020", "True", "write true"),
        ("segment.vip && (request.hour > 3", "E020", "", "something is missing at the end: a value, or a closing bracket"),
        ("segment.vip) && request.hour > 3", "E020", ")", "remove it, or add the opening bracket"),
        ('request.country == "US', "E020", '"', 'close it with the quote it began with; for backslashes write a raw text: r"\\d"'),
        ("  ", "E020", " ", "write a condition, or leave `when` out where that is allowed"),
        ("visitor.in == 3", "E020", "in", "rename it in site.yaml"),
        ("x" * 10_001, "E020", "x", "split it into named segments, or use a list"),
    ],
)  # fmt: skip
def test_mistakes(environment, text, code, marked, fix):
    problems = environment.compile(text)
    assert isinstance(problems, list), problems
    assert [(problem.code, text[problem.offset : problem.offset + problem.length], problem.fix) for problem in problems] == [(code, marked, fix)]


def test_all_problems_of_a_condition_are_reported(environment):
    text = 'request.hour > 3.0 || visitor.lifecycle == "foo" || visitor.cart_value > 3 || request.foo'
    assert [problem.code for problem in environment.compile(text)] == ["E022", "E023", "E022", "E021"]


def test_offsets_are_code_points_over_lines(environment):
    text = '"é😀" == request.country\n  && request.contry == "x"'
    (problem,) = environment.compile(text)
    assert text[problem.offset : problem.offset + problem.length] == "request.contry"
    expression = environment.compile('"é😀" == request.country\n  && request.hour > 3')
    assert [arg.offset for arg in expression.args] == [5, 42]


def test_scope(environment):
    assert shown(environment.compile("item.in_stock && item.price < 200.0", scope=("item", "lists"))) == "and(item.in_stock, lt(item.price, 200.0))"
    codes = [problem.code for problem in environment.compile("visitor.open_case && item.prise > 1.0", scope=("item",))]
    assert codes == ["E028", "E031"]


@pytest.mark.parametrize(("text", "expect", "ok"), [("request.hour + 1", "int", True), ("request.hour", "double", False), ("request.at", "timestamp", True), ("visitor.app", "version", True), ("request.country", "string", True)])
def test_expected_types(environment, text, expect, ok):
    assert isinstance(environment.compile(text, expect=expect), list) is not ok


def test_types_of_references(environment):
    expression = environment.compile('visitor.lifecycle == "new" && "a" in visitor.recent && account.domain in lists.partners')
    kinds = {arg.name: arg.type for call in expression.args for arg in call.args if isinstance(arg, Ref)}
    assert kinds == {"visitor.lifecycle": "enum", "visitor.recent": "list<item>", "account.domain": "string", "lists.partners": "list<string>"}


def test_refs(environment):
    expression = environment.compile('has(visitor.name) && visitor.recent.exists(x, x == request.country) && account.domain in lists.partners && !segment.vip')
    assert refs(expression) == ("account.domain", "lists.partners", "request.country", "segment.vip", "visitor.name", "visitor.recent")


def test_an_empty_environment_compiles():
    assert Environment({}).compile("true") == Const(True, "bool")


def test_a_type_that_does_not_exist():
    with pytest.raises(ValueError, match="'strng' is not a type"):
        Environment({"visitor.x": "strng"})
