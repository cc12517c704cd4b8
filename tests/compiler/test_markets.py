"""Markets, from the files of a site to what visitors see and the log tells."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from compiler import ir
from compiler.audit.markets import CODES, FINDERS
from compiler.audit.subject import Subject
from compiler.cli_markets import markets as command
from compiler.diagnostics import Rejected
from compiler.localisation import in_order, is_read, standings
from compiler.markets import Market, markets_of, tags
from compiler.pipeline import compile_site
from compiler.scenarios import of_site, run
from compiler.visitors import visit_of
from tests.compiler.market_sites import FILES, bundle, write
from tessera import supplied
from tessera.bundle import FORMAT, LATER_FORMAT, load, unseal
from tessera.context import Request
from tessera.decide import decide
from tessera.identity import Key
from tessera.profile import permitted
from tessera.record import page_view, variant_name
from tessera.resolved import Bundle
from tessera.turn import turn
from tessera.types import Profile
from tessera.visit import contents

AT = "2026-12-03T10:00:00+01:00"
FEAST = "2026-12-25T10:00:00+01:00"
SITE, HERO, SHELF = FILES["site.yaml"], FILES["content/hero.yaml"], FILES["slots/shelf.yaml"]
UNTESTED = {"slots/hero.yaml": FILES["slots/hero.yaml"].replace("test: headline\n", ""), "experiments/headline.yaml": None}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return bundle(tmp_path_factory.mktemp("markets"), **UNTESTED)


def seen(site: Bundle, country: str | None = None, at: str = AT, **request: Any) -> tuple[Any, list[str], list[str | None]]:
    """The visit, the variants of hero and shelf, and what stands in them."""
    facts = {**({"country": country} if country else {}), **request}
    visit, unknown = visit_of(site, {"id": "ana", "consent": ["analytics"], "at": at, "attributes": {"request": facts}}, "home")
    assert unknown == []
    decisions = decide(site, visit, "home")
    return visit, [variant_name(site, one) for one in decisions], contents(site, visit, decisions)


DE = '<h1 lang="de">{}</h1><a href="/de/laden">EUR</a>'
FR = '<h1 lang="fr-FR">{}</h1><a href="/shop">EUR</a>'
EN = '<h1 lang="en">{}</h1><a href="/shop">GBP</a>'
ROWS = [  # country, hour, variant, hero, shelf
    ("DE", AT, "plain", DE.format("Kaffee &amp; mehr"), "<li>Becher 12.50 EUR</li>"),
    ("AT", AT, "plain", DE.format("Kaffee &amp; mehr"), "<li>Becher 12.50 EUR</li>"),
    ("DE", FEAST, "closed", DE.format("See you tomorrow"), "<li>Becher 12.50 EUR</li>"),
    ("FR", AT, "known", FR.format("Bienvenue"), "<li>Mug 12.50 EUR</li>"),
    ("FR", FEAST, "known", FR.format("Bienvenue"), "<li>Mug 12.50 EUR</li>"),
    ("GB", AT, "plain", EN.format("Coffee &amp; more"), "<li>Mug 10 GBP</li><li>Scale 40 GBP</li>"),
    (None, AT, "plain", EN.format("Coffee &amp; more"), "<li>Mug 10 GBP</li><li>Scale 40 GBP</li>"),
    ("GB", "2026-12-03T22:10:00+00:00", "known", EN.format("Welcome"), "<li>Mug 10 GBP</li><li>Scale 40 GBP</li>"),
    ("DE", "2026-12-03T22:10:00+00:00", "plain", DE.format("Kaffee &amp; mehr"), "<li>Becher 12.50 EUR</li>"),
]  # fmt: skip


@pytest.mark.parametrize(("country", "at", "variant", "hero", "shelf"), ROWS)
def test_each_market_sees_its_own(site, country, at, variant, hero, shelf):
    visit, variants, shown = seen(site, country, at)
    assert (variants[0], shown) == (variant, [hero, f"<ul>{shelf}</ul>"])
    assert page_view(site, visit, (), view="v", page="home")["inputs"]["request.market"] == {"DE": "germany", "AT": "germany", "FR": "france"}.get(country, "rest")


def single(market: str) -> dict[str, str | None]:
    """The site as somebody would write it who sells in one market alone: no markets, the texts and columns of that one."""
    head, _, tail = SITE.partition("markets:\n")
    _, _, tail = tail.partition("items:\n")
    language, currency, name, price, cta = {
        "germany": ("de", "EUR", "name_de", "price_eur", "/de/laden"), "france": ("fr-FR", "EUR", "name", "price_eur", "/shop"), "rest": ("en", "GBP", "name", "price", "/shop"),
    }[market]  # fmt: skip
    texts = {
        "germany": ("Kaffee & mehr", "Welcome"), "france": ("Du café", "Bienvenue"), "rest": ("Coffee & more", "Welcome"),
    }[market]  # fmt: skip
    closed = "request.date in lists.de_holidays" if market == "germany" else "false"
    rows = [line.split(",") for line in FILES["items.csv"].splitlines()]
    kept = [rows[0].index(column) for column in ("sku", name, price, "popularity")]
    table = [["sku", "name", "price", "popularity"], *([row[at] for at in kept] for row in rows[1:])]
    return {
        **UNTESTED,
        "site.yaml": f"{head}items:\n{tail}".replace("{type: string, in: {de: name_de}}", "string").replace("{type: double, in: {EUR: price_eur}}", "double"),
        "items.csv": "".join(f"{','.join(row)}\n" for row in table),
        "content/hero.html": FILES["content/hero.html"].replace("{{market.language}}", language).replace("{{market.currency}}", currency),
        "content/hero.yaml": f"fields: {{headline: text, cta: link}}\nvariants:\n  plain: {{headline: '{texts[0]}', cta: {cta}}}\n  known: {{extends: plain, headline: {texts[1]}}}\n  closed: {{extends: plain, headline: See you tomorrow}}\n",
        "content/shelf.html": FILES["content/shelf.html"].replace("{{market.currency}}", currency),
        "slots/hero.yaml": UNTESTED["slots/hero.yaml"].replace("market.closed", f"'{closed}'").replace("market.france", "'true'" if market == "france" else "'false'").replace("market.rest", "true" if market == "rest" else "false"),
    }  # fmt: skip


@pytest.mark.parametrize("market", ["germany", "france", "rest"])
def test_a_market_is_as_a_site_of_its_own(site, market, tmp_path):
    """Whoever decides and renders a site of that market alone, with its texts and columns written plainly, gets the same."""
    other = bundle(tmp_path, **single(market))
    assert other.markets is None
    for country in {"germany": ("DE", "AT"), "france": ("FR",), "rest": ("GB", "US", None)}[market]:
        for at in (AT, FEAST, "2026-12-26T23:30:00-05:00", "2026-12-24T23:59:59+13:00"):
            assert seen(site, country, at)[1:] == seen(other, country, at)[1:]


def test_without_the_clock_nothing_is_closed(site):
    supplied_ = supplied.read(site, {"targetingKey": "ana", "country": "DE"}, 1_798_200_000.0)
    values = supplied.settle(site, supplied_, Profile()).values
    assert values["request.market"] == "germany" and "request.date" not in values


def test_what_a_request_says_of_its_market_does_not_count(site):
    assert seen(site, "DE", market="france")[0].values["request.market"] == "germany"
    values, _ = permitted(site, Profile(), {"request.country": "FR", "request.market": "rest"}, frozenset())
    assert values["request.market"] == "france"


def test_a_page_view_from_the_bridge_tells_its_market(site):
    request = Request(url="https://shop.example/", now="1798200000000", offset="60", country="FR", nonce="view", newcomer="new", page="home")
    first, *places = turn(site, (Key("k", b"secret-secret-secret"),), "\x1f".join(request), lambda url: "home").split("\x1e")
    assert json.loads(first.split("\x1f")[2])["inputs"]["request.market"] == "france"
    assert places[0] == f"1{FR.format('Bienvenue')}"


def test_a_logged_visit_is_in_the_same_market_again(site):
    visit, variants, shown = seen(site, "FR")
    logged = page_view(site, visit, (), view="v", page="home")
    again, unknown = visit_of(site, {"id": logged["unit"], "consent": logged["purposes"], "at": AT, "attributes": logged["inputs"]}, "home")
    assert unknown == [] and again.values == visit.values and contents(site, again, decide(site, again, "home")) == shown


def test_arms_set_texts_for_markets(tmp_path):
    site = bundle(tmp_path)
    for country, text in {"DE": "Bessere Morgen", "FR": "Better mornings", "GB": "Better mornings"}.items():
        told = {"id": "ana", "consent": ["analytics"], "at": AT, "attributes": {"request": {"country": country}}, "arms": {"headline": "benefit"}}
        visit, _ = visit_of(site, told, "home")
        assert text in contents(site, visit, decide(site, visit, "home"))[0]


def test_scenarios_are_in_a_market(tmp_path):
    scenarios = "scenarios:\n  - {name: closed, page: /, with: {request: {country: DE, date: '2026-12-26'}}, expect: {hero: {variant: closed}}}\n  - {name: french, page: /, with: {request: {country: FR}}, expect: {hero: {variant: known, rule: french}}}\n"
    compiled = compile_site(write(tmp_path, **{**UNTESTED, "scenarios/core.yaml": scenarios}))
    results = run(load(unseal(compiled.bundle)), of_site(compiled.ruleset))
    assert [(one.name, one.problem, one.failures) for one in results] == [("closed", None, ()), ("french", None, ())]
    assert compiled.diagnostics.items == []


# --- what is compiled ----------------------------------------------------------------------------------------------------


def version(data: bytes) -> int:
    return struct.unpack_from(">I", data, 8)[0]


def test_only_sites_with_markets_or_the_day_need_a_later_reader(tmp_path):
    plain = single("rest")
    assert version(compile_site(write(tmp_path / "markets")).bundle) == LATER_FORMAT
    plain["slots/hero.yaml"] = plain["slots/hero.yaml"].replace("'false', show: closed", "'request.hour < 3', show: closed")
    assert version(compile_site(write(tmp_path / "plain", **plain)).bundle) == FORMAT
    dated = {**plain, "slots/hero.yaml": plain["slots/hero.yaml"].replace("'request.hour < 3'", "'request.date == \"2026-12-24\"'")}
    assert version(compile_site(write(tmp_path / "dated", **dated)).bundle) == LATER_FORMAT


def test_markets_that_nothing_differs_in_leave_contents_alone(tmp_path):
    copy = "fields: {headline: text, cta: link}\nvariants:\n  plain: {headline: Hello, cta: /shop}\n  known: {extends: plain}\n  closed: {extends: plain}\n"
    changes = {**UNTESTED, "content/hero.yaml": copy, "content/hero.html": "<h1>{{headline}}</h1><a href=\"{{cta}}\">x</a>", "content/shelf.html": "<p>{{#items}}{{item.id}}{{/items}}</p>"}
    found = bundle(tmp_path, **changes)
    assert all(isinstance(part, str) or part[0] == "each" for content in found.contents for part in content)


def test_rules_and_filters_stay_masks_and_tables(tmp_path):
    program = compile_site(write(tmp_path, **UNTESTED)).program
    assert all(conjunction.tree is None for slot in program.slots for rule in slot.rules for conjunction in rule.conjunctions)
    (action,) = (slot.default for slot in program.slots if slot.name == "shelf")
    assert isinstance(action.where, ir.Call) and action.where.op == "and"
    site = load(unseal(compile_site(tmp_path).bundle))
    (shelf,) = (slot.default for slot in site.slots if slot.name == "shelf")
    assert shelf.where is None and [field for _, _, field, _ in shelf.tables] == ["price_eur", "price"], "no tree is walked item by item"


def test_conditions_may_name_markets_wherever_they_may_name_the_request(tmp_path):
    changes = {
        **UNTESTED,
        "segments.yaml": "abroad: {when: '!market.rest && market.open'}\n",
        "site.yaml": SITE.replace("{rest: {allow: [analytics]}}", "{eu: {when: 'market.germany || market.france', allow: []}, rest: {allow: [analytics]}}"),
        "slots/hero.yaml": UNTESTED["slots/hero.yaml"].replace("when: market.france", "when: segment.abroad"),
        "slots/shelf.yaml": SHELF.replace("item.price < 50.0", "market.rest || item.price < 50.0"),
    }
    site = bundle(tmp_path, **changes)
    assert [seen(site, country)[1][0] for country in ("DE", "FR", "GB")] == ["known", "known", "plain"]
    assert [seen(site, country)[0].jurisdiction for country in ("DE", "FR", "GB")] == ["eu", "eu", "rest"]
    assert [seen(site, country)[2][1].count("<li>") for country in ("DE", "GB")] == [1, 3]


WRONG = [
    ("a fact that there is none", {"content/hero.html": "<p>{{market.tax}}{{headline}}{{cta}}</p>"}, "E021"),
    ("a fact that not everybody has", {"site.yaml": SITE.replace(", currency: GBP", "")}, "E079"),
    ("visitors in no market", {"site.yaml": SITE.replace("rest:    {", "rest:    {when: 'request.country == \"GB\"', ")}, "E079"),
    ("a condition over stored facts", {"site.yaml": SITE.replace("'request.country == \"FR\"'", "'visitor.plan == \"x\"'")}, "E021"),
    ("a market by its market", {"site.yaml": SITE.replace("'request.country == \"FR\"'", "market.germany")}, "E028"),
    ("whether a market is known", {"slots/hero.yaml": UNTESTED["slots/hero.yaml"].replace("when: market.closed", "when: has(market.closed)")}, "E024"),
    ("a reserved name", {"site.yaml": SITE.replace("  rest: ", "  open: ")}, "E013"),
    ("an unknown calendar", {"site.yaml": SITE.replace("calendar: de_holidays", "calendar: de_holiday")}, "E030"),
    ("an unknown currency of a column", {"site.yaml": SITE.replace("{EUR: price_eur}", "{EURO: price_eur}")}, "E055"),
    ("a column that is not there", {"site.yaml": SITE.replace("price_eur", "price_euro")}, "E015"),
    ("an unknown field", {"content/hero.yaml": HERO.replace("france: {headline", "france: {headlin")}, "E075"),
    ("an image that is not there", {"content/hero.yaml": HERO.replace("cta: link", "cta: image").replace("cta: /shop", "cta: a.svg"), "public/index.html": "<p>"}, "E078"),
    ("an address in a market", {"content/hero.yaml": HERO.replace("cta: '/{{market.language}}/laden'", "cta: 'javascript:x'")}, "E059"),
    ("an arm in an unknown language", {**FILES, "experiments/headline.yaml": FILES["experiments/headline.yaml"].replace("in: {de", "in: {ed")}, "E055"),
    ("an arm with an unknown field", {**FILES, "experiments/headline.yaml": FILES["experiments/headline.yaml"].replace("{de: {headline", "{de: {title")}, "E060"),
]  # fmt: skip


@pytest.mark.parametrize(("about", "changes", "code"), WRONG, ids=[row[0] for row in WRONG])
def test_what_is_refused(tmp_path, about, changes, code):
    with pytest.raises(Rejected) as rejected:
        compile_site(write(tmp_path, **{**UNTESTED, **changes}))
    assert code in {item.code for item in rejected.value.diagnostics.items}


def test_copy_for_markets_needs_markets(tmp_path):
    head, _, tail = SITE.partition("markets:\n")
    _, items, catalogue = tail.partition("items:\n")
    with pytest.raises(Rejected) as rejected:
        compile_site(write(tmp_path, **{**UNTESTED, "site.yaml": head + items + catalogue}))
    assert "declare it in site.yaml, under `markets:`" in rejected.value.diagnostics.render()


@pytest.mark.parametrize(("tag", "expected"), [(None, ()), ("de", ("de",)), ("zh-Hant-TW", ("zh-Hant-TW", "zh-Hant", "zh"))])
def test_languages_fall_back_to_shorter_ones(tag, expected):
    assert tags(tag) == expected


def test_columns_are_chosen_by_market_then_currency_then_language(tmp_path):
    fields = "{name: {type: string, in: {fr: name, de: name_de}}, price: {type: double, in: {EUR: price_eur, france: popularity}}, popularity: double}"
    compiled = compile_site(write(tmp_path, **{**UNTESTED, "site.yaml": SITE.replace(SITE[SITE.index("  fields: ") :], f"  fields: {fields}\n")}))
    assert [dict(market.columns) for market in markets_of(compiled.ruleset)] == [{"name": "name_de", "price": "price_eur"}, {"name": "name", "price": "popularity"}, {}]


# --- how far markets are ---------------------------------------------------------------------------------------------------


def told(folder: Path, **changes: str | None) -> list[dict[str, Any]]:
    result = CliRunner().invoke(command, [str(write(folder, **changes)), "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    return json.loads(result.output)


def test_the_table_of_markets(tmp_path, monkeypatch):
    write(tmp_path / "site")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(command, ["site", "--missing"], catch_exceptions=False)
    assert result.output.splitlines() == [
        "market   language  currency  copy         prices  item texts  calendar              rollout",
        "germany  de        EUR       50.0% (2/4)  66.7%   100%        de_holidays (2 days)  next",
        "france   fr-FR     EUR       50.0% (2/4)  66.7%   0.0%        missing               waits for germany",
        "rest     en        GBP       100% (4/4)   100%    100%        -                     ready",
        "site/content/hero.yaml:9:37: hero.known.headline is missing in de (germany)",
        "site/content/hero.yaml:10:38: hero.closed.headline is missing in de (germany)",
        "site/content/hero.yaml:10:38: hero.closed.headline is missing in fr-FR (france)",
        "site/experiments/headline.yaml:3:41: headline.benefit.headline is missing in fr-FR (france)",
    ]


def test_a_site_without_markets(tmp_path):
    write(tmp_path, **single("rest"))
    assert CliRunner().invoke(command, [str(tmp_path)], catch_exceptions=False).output == f"{tmp_path}: no markets; declare some in site.yaml, under `markets:`\n"


COMPLETE = {
    "content/hero.yaml": HERO.replace("in: {fr: {headline: Bienvenue}}", "in: {fr: {headline: Bienvenue}, de: {headline: Hallo}}").replace(
        "headline: See you tomorrow}", "headline: See you tomorrow, in: {de: {headline: Bis morgen}, fr: {headline: À demain}}}"
    ),
    "experiments/headline.yaml": FILES["experiments/headline.yaml"].replace("in: {de: {", "in: {fr: {headline: Bons matins}, de: {"),
    "items.csv": FILES["items.csv"].replace("40,,1", "40,45,1").replace("name_de", "name_de,name_fr").replace("Kessel", "Kessel,Bouilloire").replace("Becher", "Becher,Tasse").replace("Waage", "Waage,Balance"),
    "lists/fr_feasts.csv": "day\n2026-07-14\n",
}  # fmt: skip
_SITE = SITE.replace("{de: name_de}", "{de: name_de, fr: name_fr}").replace("after: germany", "after: germany, calendar: fr_feasts")


def test_the_rollout_goes_on_when_a_market_is_complete(tmp_path):
    rows = told(tmp_path / "all", **COMPLETE, **{"site.yaml": _SITE})
    assert [(row["market"], row["ready"], row["rollout"], row["missing"]) for row in rows] == [(name, True, "ready", []) for name in ("germany", "france", "rest")]
    rows = told(tmp_path / "one", **{**COMPLETE, "lists/fr_feasts.csv": None, "site.yaml": _SITE.replace(", calendar: fr_feasts", "")})
    assert [(row["market"], row["ready"], row["rollout"]) for row in rows] == [("germany", True, "ready"), ("france", False, "next"), ("rest", True, "ready")]


def test_markets_stand_in_the_order_of_the_rollout():
    made = tuple(Market(name, None, None, None, after, (name,), {}) for name, after in (("c", ("a", "b")), ("b", ("a",)), ("d", ()), ("a", ())))
    assert in_order(made) == ["d", "a", "b", "c"]


@pytest.mark.parametrize(("text", "expected"), [("Hello", True), ("{{request.city | \"here\"}}", False), ("12 €", False), ("ab {{request.city | \"\"}}", True), ("茶", True), ("", False)])
def test_what_is_read(text, expected):
    assert is_read(text) is expected


def test_classes_need_no_translation(tmp_path):
    changes = {
        "content/tone.yaml": "fields: {tone: text, label: text}\nvariants:\n  light: {tone: light, label: Light}\n  dark: {tone: dark, label: Dark}\n",
        "slots/tone.yaml": 'place: {page: home, selector: "#tone", do: class, field: tone}\ncomponent: tone\nladder: {cohort: [{rule: evening, when: "request.hour > 18", show: dark}], default: light}\n',
    }
    (germany, *_) = told(tmp_path, **{**UNTESTED, **changes})
    assert {row["text"] for row in germany["missing"]} >= {"tone.light.label"} and not any(row["text"].endswith(".tone") for row in germany["missing"])


def findings(folder: Path, at: float = 1_790_000_000.0, **changes: str | None) -> list[tuple[str, str]]:
    subject = Subject(compile_site(write(folder, **changes), "site"), at)
    return sorted({(one.code, one.message) for finder in FINDERS for one in finder(subject)})


def test_findings(tmp_path):
    assert findings(tmp_path) == [
        ("L001", "'hero.closed.headline' is not written in de, for the market 'germany'"),
        ("L001", "'hero.closed.headline' is not written in fr-FR, for the market 'france'"),
        ("L001", "'hero.known.headline' is not written in de, for the market 'germany'"),
        ("L002", "'headline.benefit.headline' is not written in fr-FR, for the market 'france'"),
        ("L004", "no price_eur for the market 'france' in 1 of 3 items: scale"),
        ("L004", "no price_eur for the market 'germany' in 1 of 3 items: scale"),
        ("L005", "'item.name' has no column for the market 'france' (fr-FR)"),
        ("L006", "the market 'france' has no calendar, so it is open every day; others have one"),
        ("L008", "the market 'france' comes after 'germany' and has what that lacks: hero.known.headline"),
    ]


def test_a_complete_site_has_none_until_its_calendars_are_over(tmp_path):
    changes = {**COMPLETE, "site.yaml": _SITE}
    assert findings(tmp_path / "now", 1_784_000_000.0, **changes) == []
    assert [code for code, _ in findings(tmp_path / "later", 1_900_000_000.0, **changes)] == ["L007", "L007"]


def test_prices_without_columns(tmp_path):
    plain = SITE.replace("{type: double, in: {EUR: price_eur}}", "double")
    assert [message for code, message in findings(tmp_path, **{"site.yaml": plain}) if code == "L003"] == [
        f"the market '{name}' pays in EUR, and no number of the items has a column for it" for name in ("france", "germany")
    ]


def test_every_finding_is_told():
    text = (Path(__file__).parents[2] / "docs" / "authoring.md").read_text("utf-8")
    assert all(f"| `{code}` | {what} |" in text for code, (_, what) in CODES.items())
    assert not standings(compile_site(Path(__file__).parents[2] / "rulesets" / "store").ruleset)
