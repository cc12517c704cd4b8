"""Experiments side by side in their layers, and campaigns with their gates."""

from datetime import datetime, timezone

import pytest

from compiler import ir
from tests.golden.cases import compiled, messages

PAYING = ir.Call("eq", (ir.Ref("visitor.plan", "enum"), ir.Const("pro", "string")))


def experiment(result, name: str) -> ir.Experiment:
    return next(one for one in result.program.experiments if one.name == name)


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()


def second(share: str, more: str = "") -> dict:
    return {"experiments/headline.yaml": {"goal: click": f"goal: click\nlayer: shelf\nshare: {share}\n{more}"}}


def test_what_is_not_said_has_a_default(tmp_path):
    found = experiment(compiled(tmp_path), "headline")
    assert found == ir.Experiment("headline", "headline", "visitor", "analytics", 1_000_000, None, None, (ir.Arm("control", 50), ir.Arm("benefit", 50)))


def test_a_salt_keeps_the_assignment_where_the_name_changes(tmp_path):
    found = experiment(compiled(tmp_path, change={"experiments/headline.yaml": {"goal: click": "goal: click\nsalt: older name"}}), "headline")
    assert found.salt == "older name"


def test_an_arm_may_be_named_default(tmp_path):
    arm = {"popular: {weight: 50, rank: trending, take: 2}": "default: {weight: 50, show: row}"}
    result = compiled(tmp_path, change={"experiments/ranker.yaml": arm})
    assert [arm.name for arm in experiment(result, "ranker").arms] == ["default", "taste"]


def test_a_layer_is_shared_in_the_order_of_the_start(tmp_path):
    runs = {"experiments/ranker.yaml": {"guard: [click]": "guard: [click]\nrun: {from: 2026-02-01}"}}
    result = compiled(tmp_path, change={**second("20%", "run: {from: 2026-01-01}"), **runs})
    assert experiment(result, "headline").layer == ("layer:shelf", 0, 200_000)
    assert experiment(result, "ranker").layer == ("layer:shelf", 200_000, 1_000_000)
    assert experiment(result, "ranker").share == 1_000_000, "within its slice everybody takes part"


def test_experiments_without_a_start_stand_in_front_by_name(tmp_path):
    result = compiled(tmp_path, change=second("20%"))
    assert (experiment(result, "headline").layer[1:], experiment(result, "ranker").layer[1:]) == ((0, 200_000), (200_000, 1_000_000))


@pytest.mark.parametrize(("share", "expected"), [("20%", []), ("0%", ["W007"]), ("20.0001%", ["E062"]), ("100%", ["E062"])])
def test_a_layer_holds_no_more_than_everybody(tmp_path, share, expected):
    assert [code for code, _ in messages(tmp_path, change=second(share))] == expected


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("{from: 2026-03-01, until: 2026-05-31}", ir.Run(moment("2026-03-01"), moment("2026-06-01"), False)),
        ("{from: '2026-03-01T09:30', until: '2026-03-01T10:00'}", ir.Run(moment("2026-03-01T09:30"), moment("2026-03-01T10:00"), False)),
        ("{from: 2026-03-01, zone: visitor}", ir.Run(moment("2026-03-01"), None, True)),
        ("{until: 2026-07-01, zone: Europe/Berlin}", ir.Run(None, moment("2026-07-01T22:00"), False)),
        ("{from: '2026-03-01T00:00+02:00'}", ir.Run(moment("2026-02-28T22:00"), None, False)),
    ],
)
def test_a_run_ends_with_its_last_day(tmp_path, run, expected):
    (campaign,) = compiled(tmp_path, change={"campaigns/spring.yaml": {"{from: 2026-03-01, until: 2026-05-31}": run}}).program.campaigns
    assert campaign.run == expected


def test_a_campaign_has_its_cap_and_its_pause(tmp_path):
    (campaign,) = compiled(tmp_path).program.campaigns
    assert (campaign.name, campaign.cap, campaign.pause) == ("spring", (3, 604_800), ir.Call("or", (ir.Ref("visitor.opened", "bool"), PAYING)))


def test_what_pauses_is_read_by_the_edge(tmp_path):
    assert "visitor.opened" in compiled(tmp_path).program.reads


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("experiments/ranker.yaml", "guard: [click]", "guard: [clicks]", "E038"),
        ("experiments/ranker.yaml", "outcome: order", "outcome: orders", "E038"),
        ("campaigns/spring.yaml", "goal: order", "goal: orders", "E038"),
        ("campaigns/spring.yaml", "pause: visitor.opened || segment.paying", "pause: visitor.visits", "E025"),
        ("campaigns/spring.yaml", "pause: visitor.opened || segment.paying", "pause: item.price > 1.0", "E028"),
    ],
)
def test_names_and_conditions_are_checked(tmp_path, file, old, new, expected):
    assert [code for code, _ in messages(tmp_path, change={file: {old: new}})] == [expected]


def test_an_experiment_that_nothing_runs_is_not_in_the_bundle(tmp_path):
    change = {"slots/hero.yaml": {"test: headline\n": ""}, "scenarios/core.yaml": {"    arms: {headline: control}\n": ""}}
    result = compiled(tmp_path, change=change)
    assert [one.name for one in result.program.experiments] == ["ranker"] and [item.code for item in result.diagnostics.items] == ["W003"]
