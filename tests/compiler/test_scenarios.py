"""`tessera test`: scenarios are decided by the edge's own code; personas, arms, holdout and time are as they say."""

from pathlib import Path

import pytest

from compiler.scenarios import Result, of_site, run, visitor
from tests.golden.cases import base_site, compiled
from tessera.bundle import load, unseal


def results(folder: Path, text: str) -> list[Result]:
    result = compiled(folder, write={"scenarios/core.yaml": None, "scenarios/own.yaml": text})
    return run(load(unseal(result.bundle)), of_site(result.ruleset))


def one(folder: Path, scenario: str) -> Result:
    (found,) = results(folder, f"scenarios:\n  - {{name: it, page: /, {scenario}}}\n")
    return found


ALL = "consent: [personalization, analytics]"


@pytest.mark.parametrize(
    "scenario",
    [
        f"with: {{{ALL}}}, expect: {{hero: {{variant: everyone, level: default, why: default}}}}",
        "expect: {hero: {variant: everyone, why: consent}}",  # nothing chosen, and the first jurisdiction may hold
        f"with: {{visitor: {{visits: 9}}, {ALL}, at: 2026-04-01}}, expect: {{hero: {{variant: welcome, rule: regulars, campaign: spring, level: segment, why: rule}}}}",
        f"with: {{visitor: {{visits: 9}}, {ALL}, at: 2026-06-01}}, expect: {{hero: {{variant: everyone, why: paused}}}}",
        f"with: {{visitor: {{visits: 9, opened: true}}, {ALL}, at: 2026-04-01}}, expect: {{hero: {{variant: everyone, why: paused}}}}",
        f"with: {{visitor: {{visits: 9}}, {ALL}, at: 2026-04-01, seen: {{spring: 3}}}}, expect: {{hero: {{variant: everyone, why: cap}}}}",
        f"with: {{visitor: {{visits: 9}}, {ALL}, at: 2026-04-01, seen: {{spring: 2}}}}, expect: {{hero: {{variant: welcome}}}}",
        "with: {visitor: {visits: 9}, consent: [], at: 2026-04-01}, expect: {hero: {variant: everyone, why: consent}}",
        "with: {visitor: {visits: 9}, request: {region: US-NY}, at: 2026-04-01}, expect: {hero: {variant: welcome}}",
        "with: {visitor: {visits: 9}, request: {region: EEA}, at: 2026-04-01}, expect: {hero: {variant: everyone, why: consent}}",
        "with: {request: {country: DE}, consent: []}, expect: {hero: {variant: welcome, level: cohort, rule: germany}}",
        f"with: {{holdout: true, request: {{country: DE}}, {ALL}}}, expect: {{hero: {{variant: everyone, why: holdout, holdout: true}}}}",
        f"with: {{{ALL}}}, arms: {{headline: benefit}}, expect: {{hero: {{experiment: headline, arm: benefit}}}}",
        f"with: {{visitor: {{recent: [blend, kettle]}}, {ALL}}}, arms: {{ranker: popular}}, expect: {{shelf: {{model: trending, items: [blend, kettle], level: individual}}}}",
    ],
)  # fmt: skip
def test_a_scenario_that_holds(tmp_path, scenario):
    found = one(tmp_path, scenario)
    assert found.passed, (found.problem, found.failures)


@pytest.mark.parametrize(
    ("scenario", "problem"),
    [
        ("expect: {hero: {variant: everyone}, shelf: {variant: trending}}", None),
        ("page: /nowhere, expect: {hero: {variant: everyone}}", "no page of this site matches '/nowhere'; its pages are home (/), product (/p/:sku)"),
        ("page: /p/x, expect: {hero: {variant: everyone}}", "the page 'product' has no slot 'hero'"),
        ("with: {request: {timezone: Mars/Olympus}}, expect: {hero: {variant: everyone}}", "unknown time zone 'Mars/Olympus'; use an IANA name such as Europe/Berlin"),
    ],
)
def test_problems_of_a_scenario(tmp_path, scenario, problem):
    text = f"scenarios:\n  - {{name: it, {'' if 'page:' in scenario else 'page: /, '}{scenario}}}\n"
    (found,) = results(tmp_path, text)
    assert found.problem == problem


def test_a_failure_says_what_came_and_why_and_where(tmp_path):
    found = one(tmp_path, "with: {consent: [personalization]}, expect: {hero: {variant: welcome, why: default, level: default}}")
    (failure,) = found.failures
    assert (failure.slot, failure.field, failure.expected, failure.got) == ("hero", "variant", "welcome", "everyone")
    assert failure.because.startswith("'everyone' was shown by default")
    assert (found.place.file, found.place.line, found.place.column) == ("site/scenarios/own.yaml", 2, 12)


def test_a_persona_is_overlaid_fact_by_fact():
    persona = {"id": "ana", "visitor": {"visits": 9, "plan": "pro"}, "account": {"domain": "a"}, "consent": ["analytics"], "seen": {"spring": 1}}
    told = visitor({"with": {"visitor": {"plan": "free"}, "gpc": True, "consent": [], "at": "2026-01-01"}, "arms": {"x": "y"}}, persona)
    assert told == {
        "id": "ana", "at": "2026-01-01", "consent": [], "seen": {"spring": 1}, "arms": {"@holdout": "out", "x": "y"},
        "attributes": {"visitor": {"visits": 9, "plan": "free"}, "account": {"domain": "a"}, "request": {"gpc": True}},
    }  # fmt: skip
    assert persona["visitor"]["plan"] == "pro", "the persona itself stays as it is"


def test_without_a_persona_there_is_somebody_at_a_fixed_time():
    assert visitor({}, None) == {"id": "scenario", "at": "2026-12-01T12:00:00+00:00", "arms": {"@holdout": "out"}, "attributes": {}}


def test_a_named_visitor_has_its_name_as_id(tmp_path):
    from compiler.diagnostics import Diagnostics
    from compiler.syntax import load as read

    ruleset = read(base_site(tmp_path / "site"), Diagnostics(), "site")
    ((name, place, scenario, persona),) = of_site(ruleset)
    assert (name, place.line, scenario["as"], persona["id"]) == ("a partner sees the business page", 4, "anna", "anna")
