"""flagd's definitions → a site: it reads well, passes the check, decides as flagd does, and says what it leaves out."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from compiler.cli import main
from compiler.contexts import visit_of
from compiler.frontends.flagd import NO_SUCH_VARIANT, read
from compiler.frontends.site import ImportRefused
from compiler.frontends.write import write
from tests.conformance.flags import compiled, decided
from tests.golden.imports import FOLDER, copied, expected, source, told

VARIANTS = {"a": "A", "b": "B", "c": "C", "none": "N", "true": "T"}
UNNAMED = VARIANTS | {"": "E"}
BUCKETS = [["a", 1], ["b", 1]]
STAFF = {"$evaluators": {"staff": {"in": ["@shop", {"var": "email"}]}, "again": {"!": {"$ref": "staff"}}}}


def file(targeting: object, **more: object) -> str:
    flag = {"state": "ENABLED", "variants": VARIANTS, "defaultVariant": "c", "targeting": targeting}
    return json.dumps({"flags": {"my-flag": flag}, **more})


def rules(targeting: object, **more: object) -> list[tuple]:
    (flag,) = read(file(targeting, **more)).flags
    return [(rule.when, rule.show or f"test {rule.test}") for rule in flag.rules]


def test_a_realistic_file_becomes_files_that_read_well():
    site = read(source("flagd"))
    assert {**write(site), "unsupported.txt": told(site)} == expected("flagd", site)


def test_they_pass_the_check(tmp_path):
    result = CliRunner().invoke(main, ["check", str(copied(read(source("flagd")), tmp_path / "site"))], catch_exceptions=False)
    assert (result.exit_code, result.output.endswith("no errors\n")) == (0, True), result.output


def test_what_was_left_out_is_listed_and_the_exit_code_says_so(tmp_path):
    result = CliRunner().invoke(main, ["import", "flagd", str(FOLDER / "flagd.json"), "--out", str(tmp_path / "site")], catch_exceptions=False)
    assert result.exit_code == 2
    assert "flag old-split: its targeting needs the operator `fractionalEvaluation`" in result.output


@pytest.mark.parametrize(
    "text, message",
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "not a file of flagd: there is no object `flags`"),
        ('{"flags": [{"state": "ENABLED"}]}', "`flags` is a list, and not each of its flags has a `key`"),
        ('{"flags": {}, "$evaluators": []}', "`\\$evaluators` is not an object"),
    ],
)
def test_what_is_not_of_the_format_is_refused(text, message):
    with pytest.raises(ImportRefused, match=message):
        read(text)


def test_metadata_is_the_flags_own_and_what_it_inherits(tmp_path):
    own = {"owner": "search", "tier": 2, "ratio": 0.5, "live": True, "huge": 10**20, "nested": {}, " ": "blank"}
    site = read(json.dumps({"flags": {"f": {"variants": VARIANTS, "metadata": own}, "g": {"variants": VARIANTS}}, "metadata": {"owner": "shop", "set": "a"}}))
    assert [told.where for told in site.unsupported] == ['flag f, metadata "huge"', 'flag f, metadata "nested"', 'flag f, metadata " "']
    bundle = compiled(replace(site, unsupported=()), tmp_path)
    assert {slot.name: slot.metadata for slot in bundle.slots} == {
        "f": {"owner": "search", "tier": 2, "ratio": 0.5, "live": True, "set": "a"}, "g": {"owner": "shop", "set": "a"},
    }  # fmt: skip


@pytest.mark.parametrize(
    "flag, what",
    [
        (1, "not an object"),
        ({"variants": {}}, "it has no `variants`"),
        ({"variants": VARIANTS, "state": "OFF"}, "its `state` is 'OFF', neither ENABLED nor DISABLED"),
        ({"variants": VARIANTS, "defaultVariant": "z"}, "its `defaultVariant` 'z' is none of its variants"),
        ({"variants": VARIANTS, "targeting": "a"}, "its `targeting` is not an object"),
        ({"variants": VARIANTS, "metadata": 1}, "its `metadata` is not an object"),
        ({"variants": {"a": "\ud800"}}, "half a surrogate pair in a text"),
    ],
)
def test_a_malformed_flag_is_listed_and_left_out(flag, what):
    site = read(json.dumps({"flags": {"f": flag, "g": {"variants": VARIANTS}}}))
    assert [flag.name for flag in site.flags] == ["g"]
    assert told(site) == f"flag f: {what}\n"


@pytest.mark.parametrize("key, what", [("", "its key is empty"), ("\n", "its key is empty"), ("\ud800", "half a surrogate pair in a text")])
def test_a_flag_with_a_key_that_names_nothing_is_listed(key, what):
    site = read(json.dumps({"flags": {key: {"variants": VARIANTS}, "g": {"variants": VARIANTS}}}))
    assert ([flag.name for flag in site.flags], [found.what for found in site.unsupported]) == (["g"], [what])


@pytest.mark.parametrize(
    "targeting, what",
    [
        ({"upper": ["a"]}, "the operator `upper`"),
        ({"if": [{"var": "\ud800"}, "a"]}, "half a surrogate pair in a text"),
        ({"if": [{"some": [{"var": "x"}, {"all": [{"var": "y"}, {"map": [{"var": "z"}, 1]}]}]}, "a"]}, "lists within lists within lists"),
        ({"if": [{"$ref": "nobody"}, "a"]}, "a reference to the evaluator `nobody`, which is not there"),
        ({"if": [{"$ref": "loop"}, "a"]}, "a reference to the evaluator `loop`, which refers to itself"),
        ({"if": [{"var": ""}, "a"]}, "all of the context at once"),
        ({"var": {"cat": ["a", {"var": "b"}]}}, "names of attributes that `cat` computes"),
        ({"if": [{"in": [{"var": "x"}, [f"value {i}" for i in range(1000)]]}, "a"]}, "a condition of more than 10,000 characters"),
    ],
)
def test_targeting_that_cannot_be_expressed_decides_nothing(targeting, what):
    site = read(file(targeting, **{"$evaluators": {"loop": {"or": [{"$ref": "loop"}, False]}}}))
    assert told(site) == f"flag my-flag: its targeting needs {what}; the flag decides nothing, so that callers get their own default\n"
    assert (site.flags[0].rules, site.flags[0].default) == ((), "none")


@pytest.mark.parametrize(
    "targeting, written",
    [
        ({"if": [{"var": "x"}, "a", {"var": "y"}, "b", "c"]}, [("jsonlogic.truthy(visitor.x)", "a"), ("jsonlogic.truthy(visitor.y)", "b"), ("true", "c")]),
        ({"if": [{"var": "x"}, "a", {"var": "y"}, "b"]}, [("jsonlogic.truthy(visitor.x)", "a"), ("jsonlogic.truthy(visitor.y)", "b")]),
        ({"if": [{"var": "x"}, None, "b"]}, [("!jsonlogic.truthy(visitor.x)", "b")]),
        ({"if": [{"var": "x"}, "zz", "none"]}, [("jsonlogic.truthy(visitor.x)", NO_SUCH_VARIANT), ("true", "none_2")]),
        (
            {"if": [{"var": "x"}, {"if": [{"var": "y"}, "a"]}, "b"]},
            [("jsonlogic.truthy(visitor.x) && jsonlogic.truthy(visitor.y)", "a"), ("!jsonlogic.truthy(visitor.x)", "b")],
        ),
        ({"if": [{"$ref": "staff"}, "a", {"$ref": "again"}, "b"]}, [("segment.staff", "a"), ("segment.again", "b")]),
        ({"if": [True, True]}, [("true", "true_2")]),
        ({"$ref": "staff"}, [('flagd.variant(jsonlogic.contains(visitor.email, "@shop")) == "true"', "true_2"),
                             ('!(flagd.variant(jsonlogic.contains(visitor.email, "@shop")) in ["a", "b", "c", "none", "true"])', NO_SUCH_VARIANT)]),
        ({"if": [{">": [{"var": "$flagd.timestamp"}, 9]}, "a"]}, [("jsonlogic.gt(int(request.at), 9)", "a")]),
        ({"fractional": BUCKETS}, [("flagd.is_text(visitor.targeting_key)", "test my_flag")]),
        ({"fractional": [{"var": "targetingKey"}, *BUCKETS]}, [("flagd.is_text(visitor.targeting_key)", "test my_flag")]),
        (
            {"fractional": [{"var": "email"}, *BUCKETS]},
            [("flagd.is_text(visitor.email)", "test my_flag"), ("visitor.email == null && flagd.is_text(visitor.targeting_key)", "test my_flag_2")],
        ),
        ({"fractional": [{"cat": ["seed", {"var": "email"}]}, *BUCKETS]}, [("true", "test my_flag"), ('jsonlogic.cat(visitor.email) == ""', "b")]),
        (
            {"if": [{"var": "x"}, {"fractional": BUCKETS}, "c"]},
            [("jsonlogic.truthy(visitor.x) && flagd.is_text(visitor.targeting_key)", "test my_flag"), ("!jsonlogic.truthy(visitor.x)", "c")],
        ),
    ],
)  # fmt: skip
def test_targeting_becomes_rules(targeting, written):
    assert rules(targeting, **STAFF) == written


def test_an_evaluator_can_be_all_of_the_targeting_and_flags_can_be_a_list():
    evaluators = {"who": {"if": [{"$ref": "staff"}, "a", {"$ref": "rest"}]}, "rest": "b", "staff": {"var": "s"}}
    flags = [{"key": "my-flag", "variants": VARIANTS, "targeting": {"$ref": "who"}}]
    (flag,) = read(json.dumps({"flags": flags, "$evaluators": evaluators})).flags
    assert [(rule.when, rule.show) for rule in flag.rules] == [("segment.staff", "a"), ("true", "b")]


def test_segments_that_segments_ask_for_are_kept_and_others_are_not(tmp_path):
    evaluators = {"c": {"!": {"$ref": "b"}}, "b": {"or": [{"$ref": "a"}, {"var": "y"}]}, "a": {"var": "x"}, "ab": {"var": "z"}}
    flags = {"f": {"variants": VARIANTS, "targeting": {"if": [{"$ref": "c"}, "a", "b"]}}, "g": {"variants": VARIANTS, "targeting": {"if": [{"$ref": "ab"}, {"?": 1}]}}}
    site = read(json.dumps({"flags": flags, "$evaluators": evaluators}))
    assert {segment.name: segment.when for segment in site.segments} == {
        "a": "jsonlogic.truthy(visitor.x)", "b": "segment.a || jsonlogic.truthy(visitor.y)", "c": "!segment.b",
    }  # fmt: skip
    bundle = compiled(site, tmp_path)
    assert [decided(bundle, "f", visit_of(bundle, context))[0] for context in ({}, {"x": 1}, {"y": 1})] == ["A", "B", "B"]


@pytest.mark.parametrize("evaluator", ["half", "other"])
def test_an_evaluator_that_hashes_with_the_flag_s_key_is_no_segment(evaluator):
    evaluators = {"half": {"fractional": [[True, 1], [False, 1]]}, "other": {"!": {"$ref": "half"}}}
    flags = {key: {"variants": VARIANTS, "targeting": {"if": [{"$ref": evaluator}, "a", "b"]}} for key in ("f", "g")}
    site = read(json.dumps({"flags": flags, "$evaluators": evaluators}))
    assert [f'fractional("{flag.original}"' in flag.rules[0].when for flag in site.flags] == [True, True]
    assert not site.segments


def test_shares_are_weights_where_they_leave_no_gap():
    (test,) = read(file({"fractional": [["a", 3], ["b"], ["a", 0], ["c", -2]]})).experiments
    assert (test.hash, test.buckets, test.salt, test.unit) == ("flagd", 4, "my-flag", "visitor.targeting_key")
    assert [(arm.name, arm.show, arm.weight) for arm in test.arms] == [("a", "a", 3), ("b", "b", 1), ("a_2", "a", 0), ("c", "c", 0)]


def test_shares_are_ranges_where_a_bucket_is_nobodys_or_they_are_large():
    (test,) = read(file({"fractional": [["a", 3], [None, 5], ["b", 2_000_000]]})).experiments
    assert [(arm.show, arm.ranges) for arm in test.arms] == [("a", ((0, 3),)), ("b", ((8, 2_000_008),))]


CASES = [  # targeting, context, what is decided: a value, `default`, or `error`
    ({"if": [{"==": [{"var": "n"}, "1"]}, "a", "b"]}, {"n": 1}, "A"),
    ({"if": [{"var": "x"}, None, "b"]}, {"x": 1}, "default"),
    ({"if": [{"var": "x"}, "zz", "b"]}, {"x": 1}, "error"),
    ({"var": "name"}, {"name": "none"}, "N"),
    ({"var": "name"}, {"name": True}, "T"),
    ({"var": "name"}, {"name": "zz"}, "error"),
    ({"var": "name"}, {"name": [1, 2]}, "error"),
    ({"var": "name"}, {}, "default"),
    ({"var": "user.names.1"}, {"user": {"names": ["a", "b"]}}, "B"),
    ({"var": ["name", "b"]}, {"name": None}, "B"),
    ({"var": {"if": [{"var": "x"}, "p", "q.r"]}}, {"q": {"r": "a"}}, "A"),
    ({"if": [{"missing": ["x", "y.z"]}, "a", "b"]}, {"x": 1, "y": {"z": 2}}, "B"),
    ({"if": [{"sem_ver": [{"var": "v"}, ">=", "1.2"]}, "a", "b"]}, {"v": "1.2.0"}, "A"),
    ({"and": [{"var": "x"}, "a"]}, {"x": 0}, "error"),
    ({"and": [{"var": "x"}, "a"]}, {"x": 1}, "A"),
    ({"if": [{"some": [{"var": "cart"}, {">": [{"var": "price"}, 9]}]}, "a", "b"]}, {"cart": [{"price": 5}, {"price": 10}]}, "A"),
    ({"if": [{"==": [{"var": "$flagd.flagKey"}, "my-flag"]}, "a", "b"]}, {}, "A"),
    ({"if": [{"<": [{"var": "$flagd.timestamp"}, 1000]}, "a", "b"]}, {}, "A"),
    ({"fractional": BUCKETS}, {}, "default"),
    ({"fractional": BUCKETS}, {"targetingKey": 7}, "default"),
    ({"fractional": [["a", 1]]}, {"targetingKey": "u1"}, "A"),
    ({"fractional": [[None, 1]]}, {"targetingKey": "u1"}, "default"),
    ({"fractional": [["zz", 1]]}, {"targetingKey": "u1"}, "error"),
    ({"fractional": [["a", 1.5]]}, {"targetingKey": "u1"}, "default"),
    ({"fractional": [{"var": "id"}, ["a", 50], ["b", 50]]}, {"id": "ejOoVL"}, "A"),
    ({"fractional": [{"var": "id"}, ["a", 50], ["b", 50]]}, {"id": "6LvT0"}, "B"),
    ({"fractional": [{"var": "id"}, ["a", 50], ["b", 50]]}, {"id": 6}, "default"),
    ({"fractional": [{"cat": ["6Lv", {"var": "id"}]}, ["a", 50], ["b", 50]]}, {"id": "T0"}, "B"),
    ({"fractional": [{"cat": ["6LvT", {"var": "id"}]}, ["a", 50], ["b", 50]]}, {"id": 0}, "B"),
    ({"fractional": [{"cat": ["6LvT0", {"var": "id"}]}, ["a", 50], ["b", 50]]}, {}, "B"),
    ({"fractional": [{"cat": [{"var": "x.y"}, "T0"]}, ["a", 50], ["b", 50]]}, {"x": {"y": "6Lv"}}, "B"),
    ({"fractional": [{"var": "id"}, [{"var": "x"}, 50], ["b", {"var": "y"}]]}, {"id": "ejOoVL", "x": "c", "y": 1}, "C"),
    ({"if": [{"fractional": [{"var": "id"}, [True, 50], [False, 50]]}, "a", "b"]}, {"id": "6LvT0"}, "B"),
    ({"var": [{"if": [{"var": "x"}, "p", "q"]}, "b"]}, {}, "B"),
    ({"var": [{"if": [{"var": "x"}, "p", "q"]}, "b"]}, {"q": "a"}, "A"),
    ({"var": "name"}, {"name": ""}, "E"),
    ({"if": [{"in": ["x", ["x", {"var": "user.first-name"}]]}, "a", "b"]}, {"user": {}}, "A"),
]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    flags = {f"case {i}": {"variants": UNNAMED, "defaultVariant": "c", "targeting": targeting} for i, (targeting, _, _) in enumerate(CASES)}
    text = json.dumps({"flags": flags}).replace('"my-flag"', '"case 16"')
    return compiled(read(text), tmp_path_factory.mktemp("flagd"))


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda i: f"{json.dumps(CASES[i][0])}-{json.dumps(CASES[i][1])}")
def test_decisions(number, bundle):
    _, context, answer = CASES[number]
    value, variant, decision = decided(bundle, f"case {number}", visit_of(bundle, context, at=999.0))
    told = "default" if decision.why == "default" else "error" if variant == NO_SUCH_VARIANT else value
    assert told == answer


def test_a_disabled_flag_and_one_without_a_default_decide_nothing():
    disabled, bare = read(json.dumps({"flags": {"d": {"state": "DISABLED", "variants": VARIANTS, "defaultVariant": "a"}, "e": {"variants": VARIANTS}}})).flags
    assert (disabled.default, disabled.rules, bare.default) == ("none", (), "none")
    assert disabled.comment == "Disabled in flagd: callers get their own default."


@pytest.mark.parametrize("version, function", [(1, "flagd.fractional_v1"), (3, "flagd.fractional_v3")])
def test_other_versions_of_fractional_keep_their_buckets(version, function):
    site = read(file({"fractional": BUCKETS}), fractional=version)
    call = f'flagd.variant({function}("my-flag", visitor.targeting_key, [["a", 1], ["b", 1]]))'
    assert [(rule.when, rule.show) for rule in site.flags[0].rules] == [(f'{call} == "a"', "a"), (f'{call} == "b"', "b")]
    assert not site.experiments
