"""The register of processing: nothing that a site keeps is missing in it, and the shop's is in the documents."""

from __future__ import annotations

import csv
import io
import json

import pytest

from compiler.pipeline import compile_site
from compiler.register import FREE, GPC, LOG_FIELDS, NAMELESS_FIELDS, OPT_IN, PROFILE_FIELDS, TITLES, rows, spoken_period
from compiler.visitors import visit_of
from tessera import events, identity, preview
from tessera.bundle import load, unseal
from tessera.decide import decide
from tessera.fold import fold
from tessera.record import page_view
from tessera.vocabulary import FIELDS
from tests.compiler.commands import ROOT, STORE, run, same
from tests.golden.cases import apply, base_site

SITE = compile_site(STORE)
BUNDLE = load(unseal(SITE.bundle))
REGISTER = rows(SITE)


def named(kind: str) -> set[str]:
    return {row.name for row in REGISTER if row.kind == kind}


def test_the_shops_register_is_in_the_documents():
    """TESSERA_UPDATE_GOLDENS=1 writes it anew."""
    same(ROOT / "docs" / "register.md", run("register", STORE).output)


def test_every_attribute_is_in_it():
    declared = {name for name in BUNDLE.attributes if not name.startswith("request.")}
    assert named("attribute") == declared | set(BUNDLE.asks)


def test_every_field_of_the_logs_is_in_it():
    visit, _ = visit_of(BUNDLE, {"id": "a", "consent": ["analytics"]}, "home")
    decisions = decide(BUNDLE, visit, "home")
    view = page_view(BUNDLE, visit, decisions, view="v", page="home")
    assert {*LOG_FIELDS, *NAMELESS_FIELDS} == set(view) - {"slots"} | {"page_status", "slot"}
    assert {row.name for row in REGISTER if row.kind == "event field"} - {"all others", "unit"} <= set(FIELDS)


def test_every_field_of_a_profile_is_in_it():
    message = {
        "events": [{"event": "purchase", "value": 3.0, "item": "kochere"}], "id": "e", "received": 1_795_600_000.0, "bundle": "b", "unit": "a", "unit_kind": "visitor",
        "purposes": ["personalization", "analytics"], "jurisdiction": "eea", "bot": False, "profile": "a", "shown": {},
    }  # fmt: skip
    assert set(fold(BUNDLE, None, message)) <= set(PROFILE_FIELDS) == named("profile field") - {"alias"}
    assert events.rows(message)


def test_every_cookie_is_in_it():
    told = dict(SITE.program.consent)
    assert named("cookie") >= {identity.COOKIE, preview.PARAMETER, told["cookie"]}


def test_every_rule_and_experiment_is_in_it_with_its_purpose():
    assert named("rule") == {f"{slot.name}.{rule.name}" for slot in SITE.program.slots for rule in slot.rules}
    assert named("experiment") == {one.name for one in SITE.program.experiments}
    assert all(row.purposes for row in REGISTER if row.kind == "rule" and row.what.startswith("individual"))


def test_what_is_allowed_without_a_choice():
    (row,) = [row for row in REGISTER if row.name == "visitor.visits" and row.store == "profile (KV)"]
    assert row.allowed == {"eea": OPT_IN, "uk": OPT_IN, "california": GPC, "rest": FREE} and row.period == 180 * 86_400


def test_sites_of_other_kinds(tmp_path):
    site = base_site(tmp_path / "site")
    apply(site, {"change": {"site.yaml": {
        "  rest: {allow: [personalization, analytics]}\n": "  us: {when: 'request.country == \"US\"', allow: [personalization]}\n",
        "    opened:": "    religion: {type: string, purpose: analytics, keep: 30d, sensitive: true}\n    opened:",
    }}})  # fmt: skip
    found = rows(compile_site(site))
    (religion, *_) = [row for row in found if row.name == "visitor.religion"]
    assert religion.sensitive and religion.allowed == {"eea": OPT_IN, "us": OPT_IN, "elsewhere": OPT_IN}
    logged = [row for row in found if row.name == "visitor.plan" and row.store == "log (R2)"]
    assert [row.allowed["us"] for row in logged] == [OPT_IN], "its own purpose is allowed, the log's is not"
    assert "visitor.religion (sensitive)" in run("register", site).output


def test_the_forms_agree(tmp_path):
    plain = json.loads(run("register", STORE, "--json").stdout)
    lines = list(csv.DictReader(io.StringIO(run("register", STORE, "--csv").stdout)))
    text = run("register", STORE, "--markdown").stdout
    assert len(plain) == len(lines) == len(REGISTER) and [line["name"] for line in lines] == [row["name"] for row in plain]
    assert all(f"## {title}\n" in text for kind, title in TITLES.items() if named(kind))
    run("register", STORE, "--out", tmp_path / "r.md")
    assert (tmp_path / "r.md").read_text() == text


@pytest.mark.parametrize(("seconds", "words"), [(0, "session"), (None, "as its setter says"), (90, "90s"), (3600, "1h"), (86_400 * 400, "400d"), (120, "2m")])
def test_periods_in_words(seconds, words):
    assert spoken_period(seconds) == words
