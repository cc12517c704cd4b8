"""Conditions: what compiles to which expression, and what each mistake is answered with."""

import pytest

from compiler import cel_explain, cel_library, cel_lower
from compiler.cel import Environment, refs
from compiler.ir import Call, Const, Fold, Has, Local, Ref
from tessera.dialects.function import Function

ATTRIBUTES = {
    "request.country": "string", "request.hour": "int", "request.path": "string", "request.at": "timestamp", "request.daypart": "[night, morning, evening]",
    "visitor.cart_value": "double", "visitor.lifecycle": "[new, engaged, customer, lapsed]", "visitor.recent": "list<item>", "visitor.app": "version",
    "visitor.addr": "ip", "visitor.prefs": "map<string, double>", "visitor.since": "timestamp", "visitor.wait": "duration", "visitor.name": "string",
    "visitor.data": "any", "visitor.things": "list<any>", "visitor.open_case": "bool", "visitor.a_b": "int", "visitor.a__b": "int", "account.domain": "string", "account.apps": "list<version>",
}  # fmt: skip
ABOUT = {"request.country": "from the request's location"}


@pytest.fixture(scope="module")
def environment():
    items = {"price": "double", "in_stock": "bool", "category": "string"}
    dialect = {"test.eq": Function(lambda a, b: None, (2,), "bool"), "test.like": Function(lambda a, b: None, (2,), "bool", True), "test.sum": Function(lambda *a: None, (), "dyn")}
    with pytest.MonkeyPatch.context() as patch:
        for module in (cel_explain, cel_library, cel_lower):
            patch.setattr(module, "DIALECTS", dialect)
        yield Environment(ATTRIBUTES, ["vip", "cart_left"], {"partners": "string"}, items, ABOUT, {"banner": "string", "flag": "bool", "config": "any"})


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
        case Fold(kind, var, range_, body, _, initial):
            return f"{kind}({var}, {shown(range_)}, {shown(body)}{'' if initial is None else f', {shown(initial)}'})"
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
        ("has(visitor.prefs.x)", "has_key(visitor.prefs, 'x')"),
        ('"z" in visitor.prefs', "in('z', visitor.prefs)"),
        ('visitor.app >= version("v1.2")', "ge(visitor.app, version:1.2.0)"),
        ('visitor.app in [version("1"), version("2.0.0-rc.1+7")]', "in(visitor.app, ('1.0.0', '2.0.0-rc.1'))"),
        ('account.apps.exists(a, a > version("1"))', "exists(a, account.apps, gt($a, version:1.0.0))"),
        ("visitor.app > version(visitor.name)", "gt(visitor.app, version(visitor.name))"),
        ('visitor.addr == ip("2001:db8:0::1")', "eq(visitor.addr, ip:2001:db8::1)"),
        ('request.at > timestamp("1970-01-02T00:00:00.5+01:00")', "gt(request.at, timestamp:82800.5)"),
        ('request.at - visitor.since > duration("90d")', "gt(between(request.at, visitor.since), duration:7776000.0)"),
        ('visitor.wait < duration("1h30m")', "lt(visitor.wait, duration:5400.0)"),
        ("request.at.getHours() > 3", "gt(hours(request.at), 3)"),
        ('request.at.getHours("-02:00") > 3', "gt(hours(later(request.at, duration:-7200.0)), 3)"),
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
        # values of any type
        ('visitor.data.address.city == "x"', "eq(index(index(visitor.data, 'address'), 'city'), 'x')"),
        ("visitor.data[0].x == 1 || visitor.data", "or(eq(index(index(visitor.data, 0), 'x'), 1), visitor.data)"),
        ("visitor.data == null && null != visitor.data.x", "and(is_null(visitor.data), not(is_null(index(visitor.data, 'x'))))"),
        ("has(visitor.data) && has(visitor.data.a.b)", "and(has(visitor.data), has_key(index(visitor.data, 'a'), 'b'))"),
        ("visitor.things.exists(t, t.price + 1 > 2)", "exists(t, visitor.things, gt(add(index($t, 'price'), 1), 2))"),
        ("type(visitor.data) == string && type(request.hour) != double", "and(eq(kind(visitor.data), type:string), ne(kind(request.hour), type:double))"),
        ("dyn(request.hour) == 1.0", "eq(request.hour, 1.0)"),
        ("dyn(visitor.since) != null && dyn(visitor.since) < dyn(request.at)", "and(not(and(is_null(visitor.since), null:None)), lt(visitor.since, request.at))"),
        ("dyn(request.hour / 0) == null", "and(is_null(div(request.hour, 0)), null:None)"),
        ("[visitor.data + 1] == [dyn(request.hour / 0)]", "eq(known_list(add(visitor.data, 1)), known_list(div(request.hour, 0)))"),
        ("null in visitor.things", "exists(element, visitor.things, is_null($element))"),
        ("type(visitor.since) == google.protobuf.Timestamp", "eq(if(is_null(visitor.since), null:None, type:timestamp), type:timestamp)"),
        # lists, maps and macros
        ("{true: 1}[visitor.open_case] == 1", "eq(index(known_map(True, 1), visitor.open_case), 1)"),
        ("visitor.prefs.transformMap(k, v, v > 1.0, v + 1.0).x > 2.0", "gt(index(map_of(map(k, filter(k, places(visitor.prefs), gt(index(visitor.prefs, $k), 1.0)), known_list($k, add(index(visitor.prefs, $k), 1.0)))), 'x'), 2.0)"),
        ("visitor.things.transformMap(i, v, v).size() > 1", "gt(size(map_of(map(i, places(visitor.things), make_list($i, index(visitor.things, $i))))), 1)"),
        ('request.country in ["US", request.path]', "in(request.country, known_list('US', request.path))"),
        ('visitor.data in [1, "a", null]', "in(visitor.data, make_list(1, 'a', null:None))"),
        ("[visitor.data, 1] == [1]", "eq(make_list(visitor.data, 1), (1,))"),
        ('visitor.recent == ["a"] && visitor.recent + ["b"] != []', "and(eq(visitor.recent, ('a',)), ne(add(visitor.recent, ('b',)), ()))"),
        ('{"a": request.hour, "b": 2}.a > 1 && {"a": visitor.data}.size() > 0', "and(gt(index(known_map('a', request.hour, 'b', 2), 'a'), 1), gt(size(make_map('a', visitor.data)), 0))"),
        ('visitor.recent.filter(x, x == "a").size() > 1', "gt(size(filter(x, visitor.recent, eq($x, 'a'))), 1)"),
        ('visitor.recent.map(x, x + "!").size() > 1', "gt(size(known(map(x, visitor.recent, add($x, '!')))), 1)"),
        ('visitor.things.map(x, x.a > 1, x.b).size() > 1', "gt(size(map(x, filter(x, visitor.things, gt(index($x, 'a'), 1)), index($x, 'b'))), 1)"),
        ('visitor.prefs.exists(k, k == "x")', "exists(k, visitor.prefs, eq($k, 'x'))"),
        ('visitor.prefs.exists(k, v, k == "x" && v > 1.0)', "exists(k, places(visitor.prefs), and(eq($k, 'x'), gt(index(visitor.prefs, $k), 1.0)))"),
        ("visitor.recent.transformList(i, v, string(i) + v).size() > 1", "gt(size(known(map(i, places(visitor.recent), add(string($i), index(visitor.recent, $i))))), 1)"),
        ('visitor.recent.exists(x, ["b"].exists(x, x == "a"))', "exists(x, visitor.recent, exists(x@1, ('b',), eq($x@1, 'a')))"),
        ("cel.bind(h, request.hour, h > 1 && h < 5)", "and(gt(request.hour, 1), lt(request.hour, 5))"),
        ("cel.bind(h, request.hour + 1, h > 1 && h < 5)", "index(map(h, make_list(add(request.hour, 1)), and(gt($h, 1), lt($h, 5))), 0)"),
        ("jsonlogic.reduce(visitor.things, current.x + accumulator, 0) == 3", "eq(reduce(current, visitor.things, add(index($current, 'x'), $accumulator), 0), 3)"),
        # functions
        ("test.eq(visitor.data.a, null) && test.sum() == test.sum(1, visitor.name, [1, visitor.data])", "and(test.eq(index(visitor.data, 'a'), null:None), eq(test.sum(), test.sum(1, visitor.name, make_list(1, visitor.data))))"),
        ('test.like(visitor.data, "^a")', "test.like(visitor.data, '^a')"),
        ('cidr("10.0.0.0/8").containsIP(visitor.addr)', "contains_ip(cidr:10.0.0.0/8, visitor.addr)"),
        ("visitor.addr == ip(visitor.name) && visitor.addr.isLoopback()", "and(eq(visitor.addr, ip(visitor.name)), is_loopback(visitor.addr))"),
        ("string(visitor.app) + string(visitor.addr) + string(request.at) == visitor.name", "eq(add(add(version_text(visitor.app), visitor.addr), timestamp_text(request.at)), visitor.name)"),
        ('visitor.name.substring(1, 3).trim() == visitor.name.split(",")[0]', "eq(trim(substring(visitor.name, 1, 3)), index(split(visitor.name, ','), 0))"),
        ("math.greatest(request.hour, 3) > 4 && math.round(visitor.cart_value) > 1.0", "and(gt(greatest(request.hour, 3), 4), gt(round(visitor.cart_value), 1.0))"),
        ("visitor.wait.getHours() > 3 && int(request.at) > 5", "and(gt(in_hours(visitor.wait), 3), gt(int(floor(request.at)), 5))"),
        ("visitor.since + visitor.wait < request.at - visitor.wait - visitor.wait", "lt(later(visitor.since, visitor.wait), earlier(earlier(request.at, visitor.wait), visitor.wait))"),
        # constants
        ("request.hour > 2 * 3 + 1 && visitor.name == 'a' + 'b'", "and(gt(request.hour, 7), eq(visitor.name, 'ab'))"),
        ("request.hour > 1 / 0", "gt(request.hour, div(1, 0))"),
        ('request.at > timestamp("2026-01-01T00:00:00Z") - duration("1d")', "gt(request.at, timestamp:1767139200.0)"),
        # what other slots decided
        ('slot.flag && slot.banner == "x" && slot.config.a == 1', "and(slot.flag, eq(slot.banner, 'x'), eq(index(slot.config, 'a'), 1))"),
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
        ("visitor.name == null", "E022", "visitor.name == null", "ask has(visitor.name), or !has(visitor.name)"),
        ("uint(request.hour) == dyn(1)", "E024", "uint(request.hour)", "use int"),
        ("dyn(request.hour) == 1u", "E024", "1u", "write 1"),
        ('visitor.name == b"x"', "E024", 'b"x"', "write a string, without the b"),
        ("{1.5: 1}.size() > 0", "E024", "1.5", "write the key in quotes"),
        ("{true: 1, 2: 2}.size() > 0", "E024", "true", "write the key in quotes"),
        ('"%d".format([1]) == "1"', "E024", '"%d".format([1])', "put texts together with + and string(…)"),
        ("visitor.prefs.?x.hasValue()", "E024", ".?", "ask has(…), and write … ? … : …"),
        ("[1].transformMapEntry(i, v, {v: i}).size() > 0", "E024", "[1].transformMapEntry(i, v, {v: i})", "use exists(x, …), all(x, …), exists_one(x, …), map(x, …) or filter(x, …)"),
        # types that a value does not tell
        ("dyn(visitor.since) == 1.0", "E024", "visitor.since", "compare it with values of its own type only"),
        ("visitor.data in [visitor.since]", "E024", "visitor.data in [visitor.since]", "write timestamp(…) around it"),
        ("[visitor.wait, 1].size() > 0", "E024", "visitor.wait", "compare it with values of its own type only"),
        ('{"a": visitor.addr, "b": 1}.size() > 0', "E024", "visitor.addr", "compare it with values of its own type only"),
        ("visitor.addr == visitor.data", "E024", "visitor.addr == visitor.data", "write ip(…) around it"),
        ("visitor.app > visitor.data", "E024", "visitor.app > visitor.data", "write version(…) around it"),
        ("visitor.data == type(visitor.data)", "E024", "visitor.data == type(visitor.data)", "compare it with a type, like string"),
        ("visitor.since + visitor.data > visitor.since", "E024", "visitor.since + visitor.data", "write timestamp(…) or duration(…) around it"),
        ("visitor.data.family() == 4", "E024", "visitor.data.family()", "write ip(…) around it"),
        ("visitor.data.getFullYear() == 1970", "E024", "visitor.data.getFullYear()", "write timestamp(…) around it"),
        ("math.greatest(dyn(visitor.since), 1) > 1", "E024", "visitor.since", "compare it with values of its own type only"),
        ("dyn(request.hour) + 1.5 > 2.0", "E024", "dyn(request.hour) + 1.5", "write both as doubles, like 1.0, or convert one: double(…)"),
        ("visitor.since == timestamp(null)", "E024", "timestamp(null)", "leave the conversion out"),
        ('visitor.since < timestamp("9999-12-31T23:59:59.999999Z")', "E024", 'timestamp("9999-12-31T23:59:59.999999Z")', "leave the finer digits out"),
        ('visitor.since.getHours("Z") == 1', "E024", 'visitor.since.getHours("Z")', 'use request.hour and request.weekday (the visitor\'s own time), or an offset: "+01:00"'),
        ("Point{x: 1}.x > 0", "E024", "Point", "compare the attributes one by one"),
        ("type(visitor.name) == text", "E024", "text", "the types are bool, int, double, string, list, map, null_type, type, timestamp, duration"),
        ("visitor.data.getHours() > 3", "E024", "visitor.data.getHours()", "write timestamp(…) around it"),
        ("visitor.data - visitor.wait > visitor.wait", "E024", "visitor.data - visitor.wait", "write timestamp(…) or duration(…) around it"),
        ('visitor.wait > duration("1ns")', "E024", 'duration("1ns")', "leave the finer digits out"),
        ("visitor.recent.exists(a, visitor.recent.exists(b, visitor.recent.exists(c, a == b && b == c)))", "E024", "visitor.recent.exists(c, a == b && b == c)", "take one of the macros out"),
        ("current == 1", "E024", "current", "name an attribute"),
        ("test.eg(visitor.data, 1)", "E024", "test.eg(visitor.data, 1)", "did you mean 'test.eq'?"),
        ("test.eq(visitor.data)", "E024", "test.eq(visitor.data)", "give it 2"),
        ("test.like(visitor.data, visitor.name)", "E024", "visitor.name", "write it as a text in quotes"),
        ('test.like(visitor.data, "(")', "E027", '"("', 'the syntax is RE2\'s; escape a literal character with a backslash, in a raw text: r"\\("'),
        ('visitor.name.indexOf("a", 1, 2) > 0', "E022", 'visitor.name.indexOf("a", 1, 2)', "it takes (string) or (string, int)"),
        ("math.ceil(visitor.cart_value, 1) > 0.0", "E022", "math.ceil(visitor.cart_value, 1)", "it takes (double)"),
        ("math.ciel(visitor.cart_value) > 0.0", "E024", "math.ciel(visitor.cart_value)", "did you mean 'math.ceil'?"),
        ("has(segment.vip)", "E024", "has(segment.vip)", "leave has(…) out: segment.vip"),
        ("size(lists.partners) > 3", "E024", "lists.partners", "write … in lists.partners"),
        ('request.at.getHours("Europe/Berlin") > 3', "E024", 'request.at.getHours("Europe/Berlin")', 'use request.hour and request.weekday (the visitor\'s own time), or an offset: "+01:00"'),
        ("request.path.matches(visitor.name)", "E024", "visitor.name", "write it as a text in quotes"),
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
