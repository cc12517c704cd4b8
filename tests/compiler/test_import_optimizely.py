"""Optimizely's datafile → a site: it reads well, passes the check, decides as the SDKs do, and says what it leaves out."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from compiler.cli import main
from compiler.contexts import visit_of
from compiler.frontends.optimizely import read
from compiler.frontends.site import ImportRefused
from compiler.frontends.write import write
from tests.conformance.flags import compiled, decided
from tests.golden.imports import copied, expected, source, told

EVERYBODY = [{"entityId": "v1", "endOfRange": 10_000}]


def rule(number: str, *, traffic: list[dict] = EVERYBODY, enabled: bool = True, **more: Any) -> dict:
    variations = [{"id": "v1", "key": "on", "featureEnabled": enabled}, {"id": "v2", "key": "off", "featureEnabled": False}]
    return {"id": number, "key": f"rule-{number}", "status": "Running", "audienceIds": [], "variations": variations, "trafficAllocation": traffic, "forcedVariations": {}, **more}


def datafile(*, flags: dict[str, Any] | None = None, **more: Any) -> str:
    flag = {"id": "f", "key": "flag", "rolloutId": "", "experimentIds": [], "variables": [], **(flags or {})}
    return json.dumps({"version": "4", "featureFlags": [flag], **more})


def audience(*conditions: Any, name: str = "some") -> dict:
    return {"id": name, "name": name, "conditions": list(conditions)}


def leaf(match: str | None, value: Any, name: str = "a") -> dict:
    return {"name": name, "type": "custom_attribute", "value": value, **({} if match is None else {"match": match})}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return compiled(read(source("optimizely")), tmp_path_factory.mktemp("shop"))


# --- the golden site -----------------------------------------------------------------------------------------------------


def test_a_realistic_file_becomes_files_that_read_well():
    site = read(source("optimizely"))
    assert {**write(site), "unsupported.txt": told(site)} == expected("optimizely", site)


def test_they_pass_the_check(tmp_path):
    result = CliRunner().invoke(main, ["check", str(copied(read(source("optimizely")), tmp_path / "site"))], catch_exceptions=False)
    assert (result.exit_code, result.output.endswith("no errors\n")) == (0, True), result.output


DEFAULTS = {"steps": 3, "title": "Your order", "payment": {"express": ()}}


@pytest.mark.parametrize(
    ("context", "variant", "value"),
    [
        ({"user_id": "tester-1"}, "one_page", {"enabled": True, "variables": {**DEFAULTS, "steps": 1, "payment": {"express": ("paypal", "apple")}}}),
        ({"user_id": "tester-3"}, "control", {"enabled": True, "variables": DEFAULTS}),
        ({"user_id": "u1", "country": "SE"}, "on", {"enabled": True, "variables": {**DEFAULTS, "steps": 2}}),
        ({"user_id": "u1", "country": "DE"}, "off", {"enabled": False, "variables": DEFAULTS}),
        ({"user_id": "u1"}, "off", {"enabled": False, "variables": DEFAULTS}),
    ],
)
def test_the_shop_decides(shop, context, variant, value):
    assert decided(shop, "checkout", visit_of(shop, context))[:2] == (value, variant)


# --- what decides --------------------------------------------------------------------------------------------------------


def values(tmp_path, text: str, contexts: list[dict]) -> list[Any]:
    bundle = compiled(read(text), tmp_path)
    return [decided(bundle, "flag", visit_of(bundle, {"user_id": "u", **context}))[1] for context in contexts]


@pytest.mark.parametrize(
    ("conditions", "true", "not_true"),
    [
        (["or", leaf("exact", "x")], ["x"], ["y", "X", 5, None, True]),
        (["not", leaf("exact", "x")], ["y", ""], ["x", 5, None, ["y"]]),  # of another type: unknown, and so is its opposite
        (["not", leaf("exact", 5)], [6, 0.5], [5, 5.0, "6", True, None, 2**53 + 2]),
        (["not", leaf("exact", True)], [False], [True, 0, "false", None]),
        ([leaf("gt", 5), leaf("lt", 2)], [6, 1, -0.5], [5, 2, 3, "6", True, None]),
        (["and", ["not", leaf("ge", 5)], ["not", leaf("le", 2)]], [3, 4.9], [5, 2, "3", None]),
        (["not", leaf("substring", "b")], ["a", ""], ["abc", 5, None]),
        (["not", leaf("exists", None)], [None], [0, "", False, []]),
        (["or", leaf("exists", None), leaf("exact", "x")], ["x", 0, ""], [None]),
        (["or", leaf("semver_lt", "2.0.0-beta")], ["1.9", "2.0.0-alpha"], ["2.0.0-beta", "2.0.0", "two", 1]),
        (["not", leaf("nonsense", "x")], [], ["x", "y", None]),
        (["or", leaf("nonsense", "x"), leaf("exact", "x")], ["x"], ["y"]),
        (["not", leaf("gt", "5")], [], [4, 6]),
        (["not", {**leaf("exact", "x"), "type": "else"}], [], ["y"]),
        (["and"], ["x", None], []),
        (["or"], [], ["x"]),
        ([leaf(None, "x"), leaf(None, "y")], ["x", "y"], ["z", None]),
    ],
)
def test_conditions_know_true_false_and_unknown(tmp_path, conditions, true, not_true):
    text = datafile(flags={"rolloutId": "r"}, rollouts=[{"id": "r", "experiments": [rule("1", audienceIds=["some"])]}], typedAudiences=[audience(*conditions)])
    assert values(tmp_path, text, [{"a": value} for value in true + not_true]) == ["on"] * len(true) + ["default"] * len(not_true)


def test_a_list_of_many_ids_is_cut_into_parts(tmp_path):
    ids = [f"customer-{number:05}" for number in range(2_000)]
    text = datafile(flags={"rolloutId": "r"}, rollouts=[{"id": "r", "experiments": [rule("1", audienceIds=["some"])]}], typedAudiences=[audience("or", *(leaf("exact", each) for each in ids))])
    site = read(text)
    assert len(site.segments) > 3 and all(len(segment.when) < 10_000 for segment in site.segments) and not site.unsupported
    assert values(tmp_path, text, [{"a": ids[0]}, {"a": ids[-1]}, {"a": "customer-9"}]) == ["on", "on", "default"]


def test_who_is_in_a_rules_audience_and_not_in_its_traffic_goes_on_with_the_last_rule(tmp_path):
    rules = [rule("1", audienceIds=["some"], traffic=[]), rule("2", traffic=EVERYBODY), rule("3", traffic=[{"entityId": "v2", "endOfRange": 10_000}])]
    text = datafile(flags={"rolloutId": "r"}, rollouts=[{"id": "r", "experiments": rules}], typedAudiences=[audience("or", leaf("exact", "x"))])
    assert values(tmp_path, text, [{"a": "x"}, {"a": "y"}, {}]) == ["off", "on", "on"]


def test_experiments_of_a_random_group_exclude_each_other(tmp_path):
    members = [rule("1"), rule("2", traffic=[{"entityId": "v2", "endOfRange": 10_000}])]
    group = {"id": "g", "policy": "random", "experiments": members, "trafficAllocation": [{"entityId": "1", "endOfRange": 5000}, {"entityId": "2", "endOfRange": 7000}]}
    users = [{"user_id": f"u{number}"} for number in range(200)]
    both = {"experimentIds": ["1", "2"]}
    (tmp_path / "random").mkdir(), (tmp_path / "overlapping").mkdir()
    found = values(tmp_path / "random", datafile(flags=both, groups=[group]), users)
    assert {name: found.count(name) > 20 for name in ("on", "off", "default")} == {"on": True, "off": True, "default": True}
    assert set(values(tmp_path / "overlapping", datafile(flags=both, groups=[{**group, "policy": "overlapping"}]), users)) == {"on"}


def test_a_bucketing_id_takes_the_place_of_the_users(tmp_path):
    text = datafile(flags={"experimentIds": ["1"]}, experiments=[rule("1", traffic=[{"entityId": "v1", "endOfRange": 5000}, {"entityId": "v2", "endOfRange": 10_000}])])
    found = values(tmp_path, text, [{"user_id": f"u{number}"} for number in range(20)])
    assert len(set(found)) == 2
    (tmp_path / "again").mkdir()
    assert values(tmp_path / "again", text, [{"user_id": f"u{number}", "$opt_bucketing_id": "u3"} for number in range(20)]) == [found[3]] * 20
    (tmp_path / "number").mkdir()
    assert values(tmp_path / "number", text, [{"user_id": f"u{number}", "$opt_bucketing_id": 5} for number in range(20)]) == found


@pytest.mark.parametrize(
    ("more", "variant"),
    [
        ({}, "on"),
        ({"status": "Paused"}, "default"),
        ({"status": "Paused", "forcedVariations": {"u": "on"}}, "default"),
        ({"forcedVariations": {"u": "off"}}, "off"),
        ({"forcedVariations": {"u": "gone"}}, "on"),
        ({"forcedVariations": {"u": "off"}, "audienceIds": ["gone"]}, "off"),
        ({"audienceIds": ["gone"]}, "default"),
        ({"audienceIds": ["gone"], "audienceConditions": []}, "on"),
        ({"traffic": [{"entityId": "gone", "endOfRange": 10_000}]}, "default"),
        ({"traffic": [{"entityId": "v2", "endOfRange": 10_000}, {"entityId": "v1", "endOfRange": 10_000}]}, "off"),
    ],
)
def test_an_experiment(tmp_path, more, variant):
    assert values(tmp_path, datafile(flags={"experimentIds": ["1"]}, experiments=[rule("1", **more)]), [{}]) == [variant]


def held(**more: Any) -> dict:
    return {"id": "h", "key": "holdout", "status": "Running", "audienceIds": [], "variations": [{"id": "h1", "key": "held", "featureEnabled": False}], "trafficAllocation": [{"entityId": "h1", "endOfRange": 10_000}], **more}


@pytest.mark.parametrize(
    ("more", "variant"),
    [
        ({"holdouts": [held()]}, "held"),
        ({"holdouts": [held(status="Draft")]}, "on"),
        ({"holdouts": [held(audienceIds=["gone"])]}, "on"),
        ({"holdouts": [held(trafficAllocation=[])]}, "on"),
        ({"holdouts": [held(excludeTargetedDeliveries=True)]}, "default"),
        ({"localHoldouts": [held(includedRules=["1"])]}, "held"),
        ({"localHoldouts": [held(includedRules=["2"])]}, "on"),
        ({"localHoldouts": [held()]}, "on"),
    ],
)
def test_holdouts(tmp_path, more, variant):
    assert values(tmp_path, datafile(flags={"experimentIds": ["1"]}, experiments=[rule("1")], **more), [{}]) == [variant]


def test_a_holdout_can_leave_targeted_deliveries_out(tmp_path):
    text = datafile(flags={"experimentIds": ["1", "2"]}, experiments=[rule("1"), rule("2", type="td", traffic=[{"entityId": "v2", "endOfRange": 10_000}])], holdouts=[held(excludeTargetedDeliveries=True)])
    assert values(tmp_path, text, [{}]) == ["off"]


def test_an_experiment_that_no_flag_runs_is_a_flag_of_its_own(tmp_path):
    site = read(datafile(experiments=[rule("1")]))
    bundle = compiled(site, tmp_path)
    assert decided(bundle, "rule-1", visit_of(bundle, {"user_id": "u"}))[:2] == ("on", "on")


def test_an_audience_may_ask_for_a_user_id_of_its_own():
    site = read(datafile(experiments=[rule("1", audienceIds=["some"])], typedAudiences=[audience("or", leaf("exact", "x", "user_id"))]))
    assert {attribute.original for attribute in site.attributes} == {"user_id", "$opt_user_id", "$opt_bucketing_id"}


def test_what_cannot_be_expressed_is_told():
    bandit = rule("1", cmab={"attributeIds": [], "trafficAllocation": 10_000})
    site = read(datafile(flags={"experimentIds": ["1", "9"]}, experiments=[bandit]))
    assert [(each.where, each.what.split(":")[0].split(",")[0]) for each in site.unsupported] == [
        ("flag flag, experiment rule-1", "a contextual bandit"),
        ("flag flag", "it runs the experiment 9"),
    ]
    assert all(each.fix for each in site.unsupported)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "not an Optimizely datafile of version 2, 3 or 4: its version is null"),
        ('{"version": "5"}', 'its version is "5"'),
        ('{"version": "4", "featureFlags": {}}', "the datafile: `featureFlags` is not a list of objects"),
        ('{"version": "4", "featureFlags": [{}]}', "a feature flag: `key` is not a text"),
        ('{"version": "4", "experiments": [{"key": "a"}]}', "an experiment: `id` is not a text"),
        ('{"version": "4", "audiences": [{"id": "1", "name": "a", "conditions": "["}]}', "audience a: `conditions` is not JSON"),
        (datafile(experiments=[rule("1", trafficAllocation=5)]), "`trafficAllocation` is not a list of objects"),
        (datafile(experiments=[rule("1", forcedVariations=[])]), "`forcedVariations` is not an object"),
    ],
)
def test_what_is_not_of_the_format_is_refused(text, message):
    with pytest.raises(ImportRefused, match=message):
        read(text)
