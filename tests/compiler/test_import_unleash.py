"""Unleash's features → a site: it reads well, passes the check, and says what it leaves out."""

import json

import pytest
from click.testing import CliRunner

from compiler.cli import main
from compiler.contexts import visit_of
from compiler.frontends.site import ImportRefused
from compiler.frontends.unleash import read
from compiler.frontends.write import write
from tests.conformance.flags import compiled, decided
from tests.golden.imports import copied, expected, source, told

ALWAYS_ON = {"name": "t", "enabled": True, "strategies": [{"name": "default"}]}


def features(*found: dict, **more) -> str:
    return json.dumps({"version": 2, "features": list(found), **more})


def test_a_realistic_file_becomes_files_that_read_well():
    site = read(source("unleash"))
    assert {**write(site), "unsupported.txt": told(site)} == expected("unleash", site)


def test_they_pass_the_check(tmp_path):
    result = CliRunner().invoke(main, ["check", str(copied(read(source("unleash")), tmp_path / "site"))], catch_exceptions=False)
    assert (result.exit_code, result.output.endswith("no errors\n")) == (0, True), result.output


@pytest.mark.parametrize(
    "text, message",
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "not Unleash's client features: there is no list `features`"),
        ('{"features": {}}', "there is no list `features`"),
        ('{"features": [1]}', "the document: `features` is not a list of objects"),
        ('{"features": [{"enabled": true}]}', "feature 1: `name` is not a text"),
        (features({**ALWAYS_ON, "strategies": [1]}), "toggle t: `strategies` is not a list of objects"),
        (features({**ALWAYS_ON, "strategies": [{}]}), "toggle t, strategy 1: `name` is not a text"),
        (features({**ALWAYS_ON, "strategies": [{"name": "default", "constraints": [{}]}]}), "toggle t, strategy 1: `operator` is not a text"),
        (features({**ALWAYS_ON, "name": ""}), "feature 1: `name` is empty"),
        (features({**ALWAYS_ON, "strategies": [{"name": "default", "parameters": []}]}), "toggle t, strategy 1: `parameters` is not an object"),
        (features({**ALWAYS_ON, "variants": [{"name": "a", "weight": "1"}]}), "toggle t: the weight of a variant is not a whole number"),
        (features({**ALWAYS_ON, "variants": [{"weight": 1}]}), "toggle t: a variant has no name"),
        (features({**ALWAYS_ON, "variants": [{"name": "a", "weight": 1, "overrides": [{}]}]}), "toggle t: an override needs"),
        (features({**ALWAYS_ON, "dependencies": [{}]}), "toggle t: `feature` is not a text"),
    ],
)
def test_what_is_not_of_the_format_is_refused(text, message):
    with pytest.raises(ImportRefused, match=message):
        read(text)


@pytest.mark.parametrize(
    "constraint, what",
    [
        ({"operator": "NUM_EQ", "value": "many"}, 'NUM_EQ compares with "many", which is no number: it never holds'),
        ({"operator": "SEMVER_EQ", "value": "v1.0.0"}, 'SEMVER_EQ compares with "v1.0.0", which is no semantic version: it never holds'),
        ({"operator": "NUM_EQ", "value": " "}, 'NUM_EQ compares with " ", which is no number: it never holds'),
        ({"operator": "DATE_AFTER", "value": "soon"}, 'DATE_AFTER compares with "soon", which is no time: it never holds'),
        ({"operator": "DATE_AFTER", "value": "2022-W04-6"}, 'DATE_AFTER compares with "2022-W04-6", which is no time: it never holds'),
        ({"operator": "NEWER_THAN", "value": "1"}, 'the operator "NEWER_THAN" is not known: it never holds'),
        ({"operator": "REGEX", "value": "("}, 'the pattern "(" is not RE2'),
    ],
)
@pytest.mark.parametrize("inverted", [False, True])
def test_a_constraint_that_makes_no_sense_is_listed_and_never_holds(constraint, what, inverted):
    strategy = {"name": "default", "constraints": [{"contextName": "userId", "inverted": inverted, **constraint}]}
    site = read(features({**ALWAYS_ON, "strategies": [strategy]}))
    assert site.flags[0].rules == () and site.flags[0].default == "off"
    (left,) = site.unsupported
    assert left.where == "toggle t, strategy 1" and left.what.startswith(what)


def test_the_events_of_the_delta_api_lead_to_features():
    segment = {"id": 1, "constraints": [{"contextName": "appName", "operator": "IN", "values": ["web"]}]}
    hydration = {"type": "hydration", "features": [ALWAYS_ON, {**ALWAYS_ON, "name": "gone"}], "segments": [segment]}
    updated = {"type": "feature-updated", "feature": {"name": "new", "enabled": True, "strategies": [{"name": "default", "segments": [1]}]}}
    site = read(json.dumps({"events": [hydration, {"type": "feature-removed", "featureName": "gone"}, updated]}))
    assert [flag.original for flag in site.flags] == ["t", "new"]
    assert [rule.when for rule in site.flags[1].rules] == ["segment.segment_1"]


def test_names_that_are_near_stay_apart(tmp_path):
    variants = [{"name": name, "weight": 1} for name in ("none", "None", "disabled", "A b", "a-b")]
    found = [{**ALWAYS_ON, "name": name, "variants": variants} for name in ("a-b", "A.B", "a_b_variant", "😊", "你好")]
    bundle = compiled(read(features(*found)), tmp_path)
    for feature in found:
        assert decided(bundle, feature["name"], visit_of(bundle, {}))[0] is True
        names = {decided(bundle, f"{feature['name']}:variant", visit_of(bundle, {"userId": str(n)}))[0]["name"] for n in range(60)}
        assert names == {"none", "None", "disabled", "A b", "a-b"}


@pytest.mark.parametrize(
    "stickiness, context, on",
    [
        ("random", {}, False),
        ("random", {"random": "0", "userId": "x"}, True),
        ("default", {"random": "0"}, True),
        ("default", {"userId": "", "sessionId": "0"}, True),
        ("userId", {"random": "0", "sessionId": "0"}, False),
        ("tenant", {"tenant": 0}, True),
        ("tenant", {}, False),
    ],
)
def test_stickiness(tmp_path, stickiness, context, on):
    parameters = {"rollout": "50", "stickiness": stickiness, "groupId": "g"}  # g:0 is the 27th of 100
    bundle = compiled(read(features({**ALWAYS_ON, "strategies": [{"name": "flexibleRollout", "parameters": parameters}]})), tmp_path)
    assert decided(bundle, "t", visit_of(bundle, context))[0] is on


@pytest.mark.parametrize("group, on, variant", [("g", False, "disabled"), ("", True, "a"), (None, True, "b")])
def test_an_empty_group_is_a_group(tmp_path, group, on, variant):
    parameters = {"rollout": "50", "stickiness": "userId", **({} if group is None else {"groupId": group})}
    variants = [{"name": name, "weight": 1} for name in "ab"]
    bundle = compiled(read(features({**ALWAYS_ON, "strategies": [{"name": "flexibleRollout", "parameters": parameters, "variants": variants}]})), tmp_path)
    visit = visit_of(bundle, {"userId": "7"})
    assert (decided(bundle, "t", visit)[0], decided(bundle, "t:variant", visit)[0]["name"]) == (on, variant)


@pytest.mark.parametrize(
    "strategy, context, on",
    [
        ({"constraints": [{"contextName": "n", "operator": "NUM_LT", "value": "1e400"}]}, {"n": "12"}, True),
        ({"constraints": [{"contextName": "n", "operator": "NUM_GT", "value": "-Infinity"}]}, {"n": "12"}, True),
        ({"constraints": [{"contextName": "v", "operator": "SEMVER_EQ", "value": " 1.2.3 "}]}, {"v": "1.2.3"}, True),
        ({"constraints": [{"contextName": "p", "operator": "IN", "values": ["\ufeffa\u00a0"]}]}, {"p": "a"}, True),
        ({"constraints": [{"contextName": "p", "operator": "IN", "values": ["\u0085a"]}]}, {"p": "\u0085a"}, True),
        ({"name": "userWithId", "parameters": {"userIds": "1,,2"}}, {"userId": ""}, True),
        ({"name": "userWithId", "parameters": {"userIds": ""}}, {"userId": ""}, False),
    ],
)
def test_values_are_read_as_unleash_reads_them(tmp_path, strategy, context, on):
    bundle = compiled(read(features({**ALWAYS_ON, "strategies": [{"name": "default", **strategy}]})), tmp_path)
    assert decided(bundle, "t", visit_of(bundle, context))[0] is on


def test_the_first_active_strategy_decides_the_variant(tmp_path):
    for_web = {"name": "default", "constraints": [{"contextName": "appName", "operator": "IN", "values": ["web"]}], "variants": [{"name": "w", "weight": 1}]}
    for_ana = {"name": "userWithId", "parameters": {"userIds": "ana"}}
    for_ios = {**for_web, "constraints": [{"contextName": "appName", "operator": "IN", "values": ["ios"]}], "variants": [{"name": "i", "weight": 1}]}
    toggle = {"name": "t", "enabled": True, "strategies": [for_web, for_ana, for_ios], "variants": [{"name": "own", "weight": 1}]}
    bundle = compiled(read(features(toggle)), tmp_path)

    def variant(**context: str) -> str:
        return decided(bundle, "t:variant", visit_of(bundle, context))[0]["name"]

    assert variant(appName="web", userId="ana") == "w"
    assert variant(appName="ios", userId="ana") == "own"
    assert variant(appName="ios") == "i"
    assert variant() == "disabled"
