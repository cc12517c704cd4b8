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
    with pytest.raises(ImportRefused, match="cannot be decrypted"):
        read(text, "nonsense")
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
        ({"pets": {"$elemMatch": {"kind": "dog"}}}, 'growthbook.elements(visitor.pets).exists(x, growthbook.truthy(x) && growthbook.is(x.kind, "dog"))'),
        ({"a": {"$all": [1, 2]}}, "growthbook.all_of(visitor.a, [1, 2])"),
        ({"a": {"$in": 5}}, "false"),
        ({"a": {"$unknown": 5}}, "false"),
        ({"a": {"$regex": "("}}, "false"),
        ({"a": {"$regex": 5}}, "false"),
        ({"a": {"$inGroup": "none"}}, "segment.none_2"),
        ({"in": "x"}, 'growthbook.is(visitor.in_2, "x")'),
    ],
)
def test_a_condition(condition, text):
    assert when(condition) == text


def test_a_long_list_becomes_segments():
    conditions = Conditions()
    text = conditions.condition({"id": {"$in": [f"user-{number:05}" for number in range(2000)]}})
    assert text == " || ".join(f"segment.{segment.name}" for segment in conditions.segments.values())
    assert len(conditions.segments) > 1 and all(len(segment.when) < 10_000 for segment in conditions.segments.values())


def test_what_re2_has_not_is_inexpressible():
    with pytest.raises(Inexpressible, match="looks behind"):
        when({"a": {"$regex": "(?<=a)b"}})


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
    ],
)
def test_arms_own_the_buckets_that_growthbook_gives_them(parts, weights, found):
    (experiment,) = read(payload(a={"rules": [{"variations": [0, 1], "weights": weights, **parts}]})).experiments
    assert tuple(pair for arm in experiment.arms for pair in arm.ranges) == found


def test_an_id_of_zero_is_nobody(tmp_path):
    text = payload(a={"defaultValue": "none", "rules": [{"variations": ["x", "y"]}]})
    assert value_of(text, "a", tmp_path, id=0) == "none"


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
        ({"variations": [{}, {"js": "x"}]}, "its changes to the page"),
        ({"variations": [0, 1], "groups": ["beta"]}, "its targeting by the old key `groups`"),
        ({"variations": [{}, {"urlRedirect": "/"}], "urlPatterns": [{"type": "simple", "pattern": "/"}], "manual": True}, "it begins when"),
        ({"variations": [0, 1], "urlPatterns": [{"type": "regex", "pattern": "(?=a)"}]}, "looks ahead"),
        ({"variations": list(range(101))}, "an experiment of 101 variations"),
    ],
)
def test_what_of_an_experiment_is_listed(experiment, what):
    (left,) = read(json.dumps({"experiments": [{"key": "exp", **experiment}]})).unsupported
    assert left.where == "experiment exp" and what in left.what


def test_rules_that_reach_nobody_are_told():
    rules = [{"force": 1, "coverage": 0}, {"variations": [1]}, {"variations": [1, 2], "hashVersion": 3}]
    (flag,) = read(payload(a={"defaultValue": 0, "rules": rules})).flags
    assert flag.rules == () and flag.comment.count("reaches nobody") == 3
