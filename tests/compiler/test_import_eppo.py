"""Eppo's configurations → a site: it reads well, passes the check, and says what it leaves out."""

import json

import pytest
from click.testing import CliRunner

from compiler.cli import main
from compiler.contexts import visit_of
from compiler.frontends.eppo import read
from compiler.frontends.site import ImportRefused, Site
from compiler.frontends.write import write
from tests.conformance.flags import compiled, decided
from tests.golden.imports import copied, expected, source, told
from tessera.dialects.eppo import shard
from tessera.types import parse_time

ON = {"on": {"key": "on", "value": True}, "off": {"key": "off", "value": False}}


def flag(*allocations: dict, **more) -> str:
    return json.dumps({"flags": {"f": {"key": "f", "enabled": True, "variationType": "BOOLEAN", "variations": ON, "allocations": list(allocations), "totalShards": 100, **more}}})


def split(variation: str, **shards: list) -> dict:
    listed = [{"salt": salt, "ranges": [{"start": start, "end": end} for start, end in ranges]} for salt, ranges in shards.items()]
    return {"variationKey": variation, "shards": listed}


def conditions(*found: tuple) -> list:
    return [{"conditions": [{"attribute": attribute, "operator": kind, "value": value} for attribute, kind, value in found]}]


@pytest.mark.parametrize("name", ["eppo", "eppo_before"])
def test_a_realistic_file_becomes_files_that_read_well(name):
    site = read(source(name))
    assert {**write(site), "unsupported.txt": told(site)} == expected(name, site)


@pytest.mark.parametrize("name", ["eppo", "eppo_before"])
def test_they_pass_the_check(name, tmp_path):
    result = CliRunner().invoke(main, ["check", str(copied(read(source(name)), tmp_path / "site"))], catch_exceptions=False)
    assert (result.exit_code, result.output.endswith("no errors\n")) == (0, True), result.output


@pytest.mark.parametrize(
    "text, message",
    [
        ("[]", "not a JSON object"),
        ('{"flags": {"\\ud800": {}}}', "half a surrogate pair"),
        ("{}", "not an Eppo configuration: there is no object `flags`"),
        ('{"flags": {"f": 1}}', "not an Eppo configuration"),
        ('{"format": "CLIENT", "flags": {}}', "this configuration is for clients, its names are hashes"),
        (flag({"key": "a", "splits": [{}]}), "flag f, allocation a: `variationKey` is not a text"),
        (flag({"key": "a", "splits": [{"variationKey": "on", "shards": [{"salt": "s", "ranges": [{"start": "0"}]}]}]}), "a range needs whole numbers"),
        (flag({"key": "a", "startAt": "soon", "splits": []}), "flag f, allocation a: `startAt` is not a time"),
        (flag(totalShards=0), "flag f: `totalShards` is not a whole number from 1"),
        (flag({"key": "a", "rules": conditions((1, "GT", 2)), "splits": []}), "flag f, allocation a: `attribute` is not a text"),
    ],
)
def test_what_is_not_of_the_format_is_refused(text, message):
    with pytest.raises(ImportRefused, match=message):
        read(text)


@pytest.mark.parametrize(
    "condition, what",
    [
        (("a", "MATCHES", "(?!a)"), 'the pattern "(?!a)" cannot be expressed'),
        (("a", "GT", "abc"), 'gt compares with "abc", which is neither a number nor a version'),
        (("a", "NEAR", 1), 'the operator "NEAR" with the value 1 is not known'),
        (("a", "ONE_OF", "b"), 'the operator "ONE_OF" with the value "b" is not known'),
    ],
)
def test_a_condition_that_cannot_be_expressed_is_listed_and_its_rule_never_holds(condition, what):
    site = read(flag({"key": "a", "rules": conditions(condition) + conditions(("b", "GT", 1)), "splits": [split("on")]}))
    assert [rule.when for rule in site.flags[0].rules] == ["eppo.gt(visitor.b, 1)"]
    (left,) = site.unsupported
    assert left.where == "flag f, allocation a" and left.what.startswith(what)


@pytest.mark.parametrize(
    "limit, held, against",
    [
        ("GT 1e20", 1e21, 1e20),
        ("LTE 1e400", 1e300, None),
        ("GT -1e400", 0, None),
        ("GT 9007199254740993", 2**53 + 4, 2**53),
        ("GTE 1.0.202401011200", "1.0.202401011201", "1.0.999999999"),
    ],
)
def test_numbers_and_versions_of_any_size_are_compared(tmp_path, limit, held, against):
    kind, _, value = limit.partition(" ")
    bundle = compiled(read(flag({"key": "a", "rules": conditions(("x", kind, value)), "splits": [split("on")]})), tmp_path)
    assert [decided(bundle, "f", visit_of(bundle, {"subjectKey": "ana", "x": x}))[0] for x in (held, against)] == [True, None]


def test_a_whole_number_that_no_integer_holds_is_compared(tmp_path):
    bundle = compiled(read(flag({"key": "a", "rules": conditions(("x", "GT", 10**20)), "splits": [split("on")]})), tmp_path)
    assert [decided(bundle, "f", visit_of(bundle, {"subjectKey": "ana", "x": x}))[0] for x in (1e21, 1e20, "1e21")] == [True, None, True]


def test_allocations_of_the_same_key_keep_their_own_ranges(tmp_path):
    listed = [{"key": "a", "splits": [split("on", t=[(0, traffic)], s=[(0, cut)]), split("off", t=[(0, traffic)], s=[(cut, 100)])]} for traffic, cut in ((30, 10), (100, 90))]
    site = read(flag(*listed))
    bundle = compiled(site, tmp_path)
    shards = {subject: (shard("t", subject, 100), shard("s", subject, 100)) for subject in map(str, range(100))}
    found = {subject: decided(bundle, "f", visit_of(bundle, {"subjectKey": subject}))[0] for subject in shards}
    assert len({experiment.name for experiment in site.experiments}) == 2
    assert found == {subject: split < (10 if traffic < 30 else 90) for subject, (traffic, split) in shards.items()}


def whens(site: Site) -> list[str]:
    return [rule.when for rule in site.flags[0].rules]


def test_splits_that_differ_in_one_salt_are_an_experiment():
    traffic = [(0, 50)]
    site = read(flag({"key": "a", "splits": [split("off", t=traffic, s=[(0, 30)]), split("on", t=traffic, s=[(30, 60)]), split("off", t=traffic, s=[(80, 100)])]}))
    (experiment,) = site.experiments
    assert whens(site) == ['eppo.shard("t", visitor.subject_key, 100) < 50']
    assert (experiment.hash, experiment.salt, experiment.buckets, experiment.unit) == ("eppo", "s", 100, "visitor.subject_key")
    assert [(arm.show, arm.ranges) for arm in experiment.arms] == [("off", ((0, 30), (80, 100))), ("on", ((30, 60),))]


@pytest.mark.parametrize(
    "splits, expected",
    [
        ((split("on", s=[(0, 60)]), split("off", s=[(50, 100)])), ["SHARD < 60", "SHARD >= 50"]),
        ((split("on", s=[(0, 10), (20, 30), (90, 100)]),), ["SHARD < 10 || (SHARD >= 20 && SHARD < 30) || SHARD >= 90"]),
        ((split("on", s=[(0, 10)]), split("off")), ["SHARD < 10", "true"]),
        ((split("on", s=[]), split("off", s=[(0, 100)])), ["true"]),
    ],
)
def test_other_splits_are_a_rule_each(splits, expected):
    site = read(flag({"key": "a", "splits": list(splits)}))
    assert whens(site) == [text.replace("SHARD", 'eppo.shard("s", visitor.subject_key, 100)') for text in expected]
    assert site.experiments == ()


@pytest.mark.parametrize(
    "at, value",
    [("2026-01-01T00:00:00.499Z", None), ("2026-01-01T00:00:00.500Z", True), ("2026-02-01T00:00:00Z", True), ("2026-02-01T00:00:01Z", None)],
)
def test_an_allocation_begins_and_ends_with_its_dates(tmp_path, at, value):
    bundle = compiled(read(flag({"key": "a", "startAt": "2026-01-01T00:00:00.500Z", "endAt": "2026-02-01T00:00:00Z", "splits": [split("on")]})), tmp_path)
    assert decided(bundle, "f", visit_of(bundle, {"subjectKey": "ana"}, at=parse_time(at)))[0] is value


@pytest.mark.parametrize("context, value", [({"subjectKey": "ana"}, True), ({"subjectKey": "ana", "id": "x"}, None), ({"subjectKey": "x", "id": "ana"}, True)])
def test_the_attribute_id_is_the_subject_unless_it_is_given(tmp_path, context, value):
    bundle = compiled(read(flag({"key": "a", "rules": conditions(("id", "ONE_OF", ["ana"])), "splits": [split("on")]})), tmp_path)
    assert decided(bundle, "f", visit_of(bundle, context))[0] is value


def test_a_bandit_is_listed():
    site = read(source("eppo"))
    assert [each.where for each in site.unsupported if each.where.startswith("bandit")] == ["bandit banner_bandit"]
