"""GrowthBook's payload → a site: it reads well, passes the check, and says what it leaves out."""

import json
from base64 import b64encode

import pytest
from click.testing import CliRunner

from compiler.cli import main
from compiler.contexts import visit_of
from compiler.frontends.growthbook import read
from compiler.frontends.growthbook_conditions import Conditions, Inexpressible
from compiler.frontends.javascript import InvalidPattern, UnsupportedPattern, re2
from compiler.frontends.site import ImportRefused
from compiler.frontends.write import write
from tests.conformance.flags import compiled, decided
from tests.golden.imports import copied, expected, source, told

KEY = b64encode(b"0123456789abcdef").decode()


def payload(**features) -> str:
    return json.dumps({"features": features})


def when(condition: dict, groups: dict | None = None) -> str:
    return Conditions(groups or {}).condition(condition)


def value_of(text: str, flag: str, tmp_path, **context):
    bundle = compiled(read(text), tmp_path)
    return decided(bundle, flag, visit_of(bundle, context))[0]


def test_a_realistic_payload_becomes_files_that_read_well():
    site = read(source("growthbook"))
    assert {**write(site), "unsupported.txt": told(site)} == expected("growthbook", site)


def test_they_pass_the_check(tmp_path):
    result = CliRunner().invoke(main, ["check", str(copied(read(source("growthbook")), tmp_path / "site"))], catch_exceptions=False)
    assert (result.exit_code, result.output.endswith("no errors\n")) == (0, True), result.output


def test_the_command_tells_what_it_leaves_out(tmp_path):
    file = tmp_path / "payload.json"
    file.write_text(source("growthbook"), encoding="utf-8")
    result = CliRunner().invoke(main, ["import", "growthbook", str(file), "--out", str(tmp_path / "site")], catch_exceptions=False)
    assert result.exit_code == 2
    assert "feature pricing, rule 3: the pattern /^(?!test).*@example\\.com$/ looks ahead, and RE2 does not" in result.output


@pytest.mark.parametrize(
    "text, message",
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "neither `features` nor `experiments`"),
        ('{"features": 5}', "`features` must be an object"),
        ('{"features": {}, "experiments": {}}', "`experiments` a list"),
        ('{"encryptedFeatures": "a.b"}', "the payload is encrypted"),
        ('{"features": [{"id": "a", "environments": {"production": {"enabled": true, "definition": "{"}}}]}', "feature a: its definition is not JSON"),
    ],
)
def test_what_is_not_of_the_format_is_refused(text, message):
    with pytest.raises(ImportRefused, match=message):
        read(text)


def encrypted(text: bytes) -> str:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    text += bytes([16 - len(text) % 16]) * (16 - len(text) % 16)
    cipher = Cipher(algorithms.AES(b"0123456789abcdef"), modes.CBC(b"i" * 16)).encryptor()
    return f"{b64encode(b'i' * 16).decode()}.{b64encode(cipher.update(text) + cipher.finalize()).decode()}"


def test_an_encrypted_payload_is_read_with_its_key(monkeypatch):
    text = json.dumps({"encryptedFeatures": encrypted(b'{"a": {"defaultValue": true}}')})
    assert read(text, KEY).flags[0].values == {"on": True}
    monkeypatch.setenv("GROWTHBOOK_DECRYPTION_KEY", KEY)
    assert read(text).flags[0].original == "a"
    for key in (f" {KEY}\n", KEY.rstrip("=")):
        assert read(text, key).flags[0].original == "a"
    for key in ("nonsense", KEY[:-1]):
        with pytest.raises(ImportRefused, match="cannot be decrypted"):
            read(text, key)
    with pytest.raises(ImportRefused, match="holds no JSON"):
        read(json.dumps({"encryptedFeatures": encrypted(b"{")}), KEY)


def test_the_rest_api_gives_definitions_by_environment():
    definition = json.dumps({"defaultValue": 1, "rules": [{"force": 2}]})
    features = [
        {"id": "a", "environments": {"dev": {"enabled": False}, "production": {"enabled": True, "definition": definition}}},
        {"id": "b", "environments": {"dev": {"enabled": True, "definition": definition}}},
        {"id": "c", "environments": {"production": {"enabled": False, "definition": definition}}},
    ]
    assert [flag.original for flag in read(json.dumps({"features": features})).flags] == ["a", "b"]


@pytest.mark.parametrize(
    "condition, text",
    [
        ({}, "true"),
        ({"country": "US"}, 'growthbook.is(visitor.country, "US")'),
        ({"age": {"$gt": 18, "$lte": 65}}, "growthbook.gt(visitor.age, 18) && growthbook.le(visitor.age, 65)"),
        ({"plan": None}, "!has(visitor.plan)"),
        ({"user.plan": {"$exists": True}}, "has(visitor.user.plan)"),
        ({"user.first-name": "Ana"}, 'growthbook.is(growthbook.get(visitor.user, "first-name"), "Ana")'),
        ({"tags.0": 1}, 'growthbook.is(growthbook.get(visitor.tags, "0"), 1)'),
        ({"$or": [{"a": 1}, {"b": 2, "c": 3}]}, "growthbook.is(visitor.a, 1) || (growthbook.is(visitor.b, 2) && growthbook.is(visitor.c, 3))"),
        ({"$nor": [{"a": 1}, {"b": 2}]}, "!(growthbook.is(visitor.a, 1) || growthbook.is(visitor.b, 2))"),
        ({"$not": {"a": {"$ne": 1}}}, "growthbook.eq(visitor.a, 1)"),
        ({"a": {"$nin": ["x && y"]}, "b": 1}, '!growthbook.any_of(visitor.a, ["x && y"]) && growthbook.is(visitor.b, 1)'),
        ({"tags": {"$size": {"$gt": 2}}}, 'growthbook.type_is(visitor.tags, "array") && growthbook.gt(growthbook.size(visitor.tags), 2)'),
        ({"pets": {"$elemMatch": {"kind": "dog"}}}, 'growthbook.elements(visitor.pets).exists(x, growthbook.ne(x, null) && growthbook.is(x.kind, "dog"))'),
        ({"pets": {"$elemMatch": {"$in": 5}}}, "false"),
        ({"a": {"$all": [1, 2]}}, "growthbook.all_of(visitor.a, [1, 2])"),
        ({"a": {"$in": 5}}, "false"),
        ({"a": {"$unknown": 5}}, "false"),
        ({"a": {"$regex": "("}}, "false"),
        ({"a": {"$regex": 5}}, "false"),
        ({"a": {"$inGroup": "none"}}, "segment.none_2"),
        ({"a": {"$notInGroup": None}}, "!segment.null_2"),
        ({"in": "x"}, 'growthbook.is(visitor.in_2, "x")'),
        ({"$or": [5, {"a": 1}]}, "true"),
        ({"$or": ["x", {"a": 1}]}, 'growthbook.is(visitor.n_0, "x") || growthbook.is(visitor.a, 1)'),
    ],
)
def test_a_condition(condition, text):
    assert when(condition) == text


GROUPS = {
    "old": ["x"],
    "list": {"type": "list", "attributeKey": "plan", "values": ["x", "y"]},
    "bare": {"type": "list", "values": ["x"]},
    "broken": {"type": "list", "attributeKey": "plan"},
    "us": {"type": "condition", "condition": {"country": "US"}},
    "both": {"type": "condition", "condition": {"$savedGroup": {"id": "us"}, "age": {"$gt": 18}}},
    "itself": {"type": "condition", "condition": {"$not": {"$savedGroup": {"id": "itself"}}}},
    "newer": {"type": "cohort"},
    "null": None,
}


@pytest.mark.parametrize(
    "condition, context, found",
    [
        ({"$savedGroup": {"id": "list"}}, {"plan": "y"}, True),
        ({"$savedGroup": {"id": "list"}}, {"plan": "z"}, False),
        ({"$savedGroup": {"id": "list", "attributeKey": "tags"}}, {"plan": "z", "tags": ["z", "x"]}, True),
        ({"$savedGroup": {"id": "list", "attributeKey": None}}, {"plan": "x"}, False),
        ({"$savedGroup": {"id": "bare", "attributeKey": "a.b"}}, {"a": {"b": "x"}}, True),
        ({"$savedGroup": {"id": "bare"}}, {"plan": "x"}, False),
        ({"$savedGroup": {"id": "broken"}}, {"plan": "x"}, False),
        ({"$savedGroup": {"id": "old"}}, {"plan": "x"}, False),
        ({"$savedGroup": {"id": "newer"}}, {}, False),
        ({"$not": {"$savedGroup": {"id": "unknown"}}}, {}, True),
        ({"$savedGroup": "us"}, {"country": "US"}, False),
        ({"$savedGroup": {"id": "both"}}, {"country": "US", "age": 20}, True),
        ({"$savedGroup": {"id": "both", "attributeKey": "plan"}}, {"country": "US", "age": 10}, False),
        ({"$savedGroup": {"id": "itself"}}, {}, True),  # within itself it holds for nobody
        ({"pets": {"$elemMatch": {"$savedGroup": {"id": "us"}, "kind": "cat"}}}, {"pets": [{"kind": "cat", "country": "US"}]}, True),
        ({"plan": {"$inGroup": "list"}}, {"plan": "y"}, True),
        ({"plan": {"$notInGroup": "bare"}}, {"plan": "y"}, True),
        ({"plan": {"$notInGroup": "unknown"}}, {"plan": "y"}, True),
        ({"plan": {"$notInGroup": "broken"}}, {"plan": "y"}, False),
        ({"plan": {"$notInGroup": "us"}}, {"plan": "y"}, False),
        ({"plan": {"$notInGroup": None}}, {"plan": "y"}, False),
        ({"tags": {"$elemMatch": {"$eq": 0}}}, {"tags": [None, 0]}, True),
        ({"tags": {"$elemMatch": {"$ne": 1}}}, {"tags": [None, 1]}, False),
    ],
)
def test_a_condition_holds(condition, context, found, tmp_path):
    text = json.dumps({"features": {"a": {"defaultValue": False, "rules": [{"condition": condition, "force": True}]}}, "savedGroups": GROUPS})
    assert value_of(text, "a", tmp_path, **context) is found


def test_a_saved_group_is_a_segment():
    conditions = Conditions(GROUPS)
    assert conditions.condition({"$savedGroup": {"id": "both"}}) == "segment.both"
    assert [segment.when for segment in conditions.segments.values()] == ['growthbook.is(visitor.country, "US")', "segment.us && growthbook.gt(visitor.age, 18)"]


def test_saved_groups_too_deep_are_inexpressible():
    groups = {str(n): {"type": "condition", "condition": {"$savedGroup": {"id": str(n + 1)}, "a": n}} for n in range(100)}
    with pytest.raises(Inexpressible, match="too deep"):
        Conditions(groups).condition({"$savedGroup": {"id": "0"}})


def test_a_condition_of_many_parts_becomes_segments(tmp_path):
    parts = [{"city": f"Nieuw-Amsterdam {number}", "age": {"$gt": number}} for number in range(500)]
    rules = [{"condition": {"$nor": parts}, "force": "few"}, {"condition": {"$and": [{"$not": part} for part in parts[:-1]]}, "force": "last"}]
    text = payload(a={"defaultValue": "some", "rules": rules})
    cities = {"Leiden": "few", "Nieuw-Amsterdam 499": "last", "Nieuw-Amsterdam 3": "some"}
    assert {city: value_of(text, "a", tmp_path / city, city=city, age=1000) for city in cities} == cities


def test_a_condition_that_is_too_long_is_listed():
    rules = [{"condition": {"a": ["x" * 11_000]}, "force": 1}]
    (left,) = read(payload(a={"rules": rules})).unsupported
    assert "a condition of 11,0" in left.what


def test_a_long_list_becomes_segments():
    conditions = Conditions()
    text = conditions.condition({"id": {"$in": [f"user-{number:05}" for number in range(2000)]}})
    assert text == " || ".join(f"segment.{segment.name}" for segment in conditions.segments.values())
    assert len(conditions.segments) > 1 and all(len(segment.when) < 10_000 for segment in conditions.segments.values())


def test_what_re2_has_not_is_inexpressible():
    with pytest.raises(Inexpressible, match="looks behind"):
        when({"a": {"$regex": "(?<=a)b"}})


def test_lists_three_deep_are_inexpressible():
    with pytest.raises(Inexpressible, match="lists within lists"):
        when({"a": {"$elemMatch": {"b": {"$elemMatch": {"c": {"$elemMatch": {"$eq": 1}}}}}}})


@pytest.mark.parametrize(
    "pattern, found",
    [
        (r"^/p/\d+$", r"^/p/\d+$"),
        (r"\/a\-b\_c", "/a-b_c"),
        ("a.c", r"a[^\n\r\x{2028}\x{2029}]c"),
        ("a{2,3}?b{x}", r"a{2,3}b\{x\}"),
        (r"(?<year>\d{4})", r"(\d{4})"),
        (r"[\]a-c\-\d^]", r"[\]a-c\-\d\^]"),
        (r"[^]", r"[\x{0}-\x{10ffff}]"),
        (r"\u00e9\x41\t\cA\0", "éA\\x{9}\\x{1}\\x{0}"),
        (r"\ud83d\ude00", "😀"),
        (r"\1", r"\x{1}"),
        (r"(?:a|b)+", "(?:a|b)+"),
    ],
)
def test_a_pattern_of_javascript(pattern, found):
    assert re2(pattern) == found


@pytest.mark.parametrize("pattern", ["(", ")", "[a", "*", "a**", "a{3,2}", "[z-a]", "(?a)", "\\", "^*", "(?<1>a)"])
def test_what_javascript_refuses(pattern):
    with pytest.raises(InvalidPattern):
        re2(pattern)


@pytest.mark.parametrize("pattern", ["a(?=b)", "(?!a)b", "(?<=a)b", "(?<!a)b", r"(a)\1", r"(?<n>a)\k<n>", r"[\Sa]", r"\ud800", "a{2000}"])
def test_what_re2_lacks(pattern):
    with pytest.raises(UnsupportedPattern):
        re2(pattern)


@pytest.mark.parametrize(
    "parts, weights, found",
    [
        ({}, [0.5, 0.5], ((0, 500), (500, 1000))),
        ({"hashVersion": 2}, [0.5, 0.5], ((0, 5000), (5000, 10000))),
        ({"coverage": 0.4}, [0.5, 0.5], ((0, 200), (500, 700))),
        ({}, [0.2, 0.2], ((0, 500), (500, 1000))),
        ({"ranges": [[0, 0.1], [0.05, 0.3]]}, None, ((0, 100), (100, 300))),
        ({"hashVersion": 2}, [0.3334, 0.6666], ((0, 3334), (3334, 10000))),
        ({"ranges": []}, [0.5, 0.5], ()),
        ({"ranges": [["0", "0.1"], [0.2]]}, None, ((0, 100),)),
        ({"ranges": {}}, None, ()),
        ({"coverage": "0.4"}, [0.5, 0.5], ((0, 200), (500, 700))),
        ({"coverage": None}, [0.5, 0.5], ()),
        ({"coverage": {}}, [0.5, 0.5], ()),
        ({"status": "draft", "active": False}, [0.5, 0.5], ((0, 500), (500, 1000))),  # of experiments by themselves alone
    ],
)
def test_arms_own_the_buckets_that_growthbook_gives_them(parts, weights, found):
    (experiment,) = read(payload(a={"rules": [{"variations": [0, 1], "weights": weights, **parts}]})).experiments
    assert tuple(pair for arm in experiment.arms for pair in arm.ranges) == found


def test_an_id_of_zero_is_nobody(tmp_path):
    text = payload(a={"defaultValue": "none", "rules": [{"variations": ["x", "y"]}]})
    assert value_of(text, "a", tmp_path, id=0) == "none"


@pytest.mark.parametrize(
    "rule, found",
    [
        ({"force": 1, "range": [0, 1]}, 1),
        ({"force": 1, "range": []}, 0),
        ({"force": 1, "range": [0, 1, 5], "coverage": 0}, 1),
        ({"force": 1, "coverage": "1"}, 1),
        ({"force": 1, "coverage": {}}, 0),
        ({"force": 1, "coverage": 1, "hashVersion": "2"}, 0),
        ({"variations": [0, 1], "weights": [0, 1], "namespace": ["ns", 0, 1]}, 1),
        ({"variations": [0, 1], "weights": [0, 1], "namespace": ["ns", 0]}, 0),
        ({"variations": [0, 1], "weights": [0, 1], "namespace": ["ns", 0, 0], "filters": []}, 1),
        ({"variations": [0, 1], "weights": [0, 1], "hashVersion": [2]}, 0),
        ({"variations": [0, 1], "weights": [0, 1], "fallbackAttribute": ["x"]}, 1),
        ({"force": 1, "filters": [{"ranges": [[0.2828, 0.2829]]}]}, 1),  # no seed is the text "undefined"
    ],
)
def test_who_is_in_a_rule(rule, found, tmp_path):
    assert value_of(payload(a={"defaultValue": 0, "rules": [rule]}), "a", tmp_path, id="u1") == found


def test_a_variation_passes_on_in_rules_alone(tmp_path):
    parts = {"variations": ["x", "y"], "weights": [0, 1], "meta": [{}, {"passthrough": True}]}
    text = json.dumps({"features": {"a": {"defaultValue": "z", "rules": [parts]}}, "experiments": [{"key": "b", **parts}]})
    assert [value_of(text, flag, tmp_path / flag, id="u1") for flag in "ab"] == ["z", "y"]


def test_nobody_keeps_an_arm_of_what_has_stopped():
    (experiment,) = read(json.dumps({"experiments": [{"key": "b", "variations": [0, 1], "bucketVersion": 2, "status": "stopped"}]})).experiments
    assert (experiment.sticky, experiment.version) == (False, 0)


CIRCLE = payload(
    a={"defaultValue": 1, "rules": [{"condition": {"country": "US"}, "force": 2}, {"parentConditions": [{"id": "b", "condition": {"value": 3}}], "force": 4}]},
    b={"defaultValue": 3, "rules": [{"condition": {"country": "DE"}, "force": 3}, {"parentConditions": [{"id": "a", "condition": {"value": 2}}], "force": 5}]},
)


@pytest.mark.parametrize(
    "country, a, b",
    [
        ("US", 2, 5),  # each stops before the circle closes
        ("DE", 4, 3),
        ("FR", None, None),  # both come back to themselves
    ],
)
def test_a_circle_of_prerequisites_is_nothing_for_who_goes_round_it(country, a, b, tmp_path):
    bundle = compiled(read(CIRCLE), tmp_path)
    visit = visit_of(bundle, {"country": country})
    assert (decided(bundle, "a", visit)[0], decided(bundle, "b", visit)[0]) == (a, b)


def test_the_first_redirect_that_takes_a_visitor_ends_the_search(tmp_path):
    here = [{"type": "simple", "include": True, "pattern": "/home"}]
    one = {"key": "one", "urlPatterns": here, "variations": [{}, {"urlRedirect": "https://a.example/1"}], "weights": [1, 0]}
    two = {"key": "two", "urlPatterns": here, "variations": [{}, {"urlRedirect": "https://a.example/2"}], "weights": [0, 1]}
    both, second = [json.dumps({"experiments": found}) for found in ([one, two], [two])]
    page = {"id": "u1", "request.url": "https://a.example/home"}
    assert value_of(both, "url_redirect", tmp_path / "both", **page) is None
    assert value_of(second, "url_redirect", tmp_path / "second", **page) == "https://a.example/2"
    assert value_of(second, "url_redirect", tmp_path / "other", **{**page, "request.url": "https://a.example/"}) is None


@pytest.mark.parametrize(
    "experiment, what",
    [
        ({"variations": []}, "it has no variations"),
        ({"key": None, "variations": [0, 1]}, "it has no key"),
        ({"key": "", "variations": [{}, {"urlRedirect": "/"}], "urlPatterns": [{"type": "simple", "pattern": "/"}]}, "it has no key"),
        ({"variations": [{}, {"js": "x"}]}, "its changes to the page"),
        ({"variations": [0, 1], "groups": ["beta"]}, "its targeting by the old key `groups`"),
        ({"variations": [{}, {"urlRedirect": "/"}], "urlPatterns": [{"type": "simple", "pattern": "/"}], "manual": True}, "it begins when"),
        ({"variations": [0, 1], "urlPatterns": [{"type": "regex", "pattern": "(?=a)"}]}, "looks ahead"),
        ({"variations": list(range(101))}, "an experiment of 101 variations"),
    ],
)
def test_what_of_an_experiment_is_listed(experiment, what):
    (left,) = read(json.dumps({"experiments": [{"key": "exp", **experiment}]})).unsupported
    assert left.where == f"experiment {experiment.get('key', 'exp') or ''}" and what in left.what


def test_rules_that_reach_nobody_are_told():
    rules = [{"force": 1, "coverage": 0}, {"variations": [1]}, {"variations": [1, 2], "hashVersion": 3}]
    (flag,) = read(payload(a={"defaultValue": 0, "rules": rules})).flags
    assert flag.rules == () and flag.comment.count("reaches nobody") == 3
