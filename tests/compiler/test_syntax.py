"""Sites: what loads, what is refused where, and what is only warned of."""

import json
import shutil

import pytest

from compiler.diagnostics import Diagnostics
from compiler.schema import json_schema, write
from compiler.syntax import load

FILES = {
    "site.yaml": """\
tessera: 1
hosts: [shop.example.com]
pages: {product: "/p/:sku", home: /}
attributes:
  visitor:
    plan:   {type: [free, paid], purpose: personalization, keep: 180d}
    visits: {type: int, purpose: none, keep: session, default: 0}
purposes: {personalization: {tcf: [1, 5]}, analytics: {}}
jurisdictions:
  eea:  {when: 'request.region == "EEA"', allow: []}
  rest: {allow: [personalization]}
holdout: {share: 5%, salt: h2, except: [hero]}
items: {file: items.csv, id: sku, fields: {price: double, name: string, stock: bool, count: int}}
lookups: {company: {file: lookups/company.csv, key: ip}}
""",
    "segments.yaml": "returning: {when: 'visitor.visits > 3', owner: growth}\nanew: {when: 'true'}\n",
    "metrics.yaml": "order: {event: purchase, within: 7d}\nclick: {event: click, within: session}\n",
    "slots/hero.yaml": """\
place: {page: home, selector: "#hero", do: replace}
component: hero
ladder:
  segment:
    - {rule: back, when: segment.returning, show: win_back}
  cohort:
    - {rule: shelf, when: 'request.hour > 3', rank: affinity, take: 4, where: 'item.stock', at_most: {category: 2}}
  default: evergreen
""",
    "slots/banner.yaml": 'place: {page: [home, product], selector: "main", do: prepend}\ncomponent: hero\nladder:\n  default: {test: headline}\n',
    "experiments/headline.yaml": """\
hypothesis: {change: a, audience: b, outcome: click, by: +2.5%, because: c}
share: 0.8
arms: {control: {weight: 50}, benefit: {weight: 50, set: {headline: "Better"}}}
goal: click
run: {from: 2026-12-01, until: 2026-12-22, power: 80%, alpha: 5%}
""",
    "campaigns/cart.yaml": "owner: x\nrun: {from: 2026-12-01T09:00, until: 2026-12-31, zone: visitor}\ncap: {times: 3, per: 7d, channels: [web], count: seen}\npause: visitor.visits > 9\n",
    "models/affinity.yaml": "vectors: {file: items.npz, id: sku, quantize: int8, min_overlap: 0.98}\nvisitor: {from: visitor.recent, mean: {half_life: 7d}, else: trending}\n",
    "models/trending.yaml": "score: {from: item.price}\n",
    "content/hero.yaml": "fields: {headline: text}\nvariants:\n  evergreen: {headline: 'Hi {{visitor.plan}}'}\n  win_back: {extends: evergreen}\n",
    "content/hero.html": "<section>\n  <h1>{{headline}}</h1>\n</section>\n",
    "scenarios/core.yaml": "visitors: {ana: {visitor: {plan: free}, consent: [personalization]}, anon: {}}\nscenarios:\n  - name: a\n    as: ana\n    with: {seen: {cart: 3}, at: 2026-12-03T20:15:00+01:00}\n    page: /\n    expect: {hero: {variant: evergreen, why: default}}\n",
    "lists/partners.csv": "domain\nglobex.com\nacme.com\n",
    "lookups/company.csv": "network,domain\n2001:db8::/32,six.example\n192.0.2.0/24,acme.com\n10.0.0.0/8,\n",
    "items.csv": 'sku,price,name,stock,count,extra\nb,2.50,"Bag, large",true,3,x\na,,A,false,,y\n',
    "items.npz": "",
}


@pytest.fixture
def site(tmp_path):
    """A function that writes the site above, with files replaced (None: left out), and returns the folder."""

    def build(**changes):
        folder = tmp_path / "site"
        shutil.rmtree(folder, ignore_errors=True)
        for relative, content in {**FILES, **{name.replace("__", "/"): text for name, text in changes.pop("files", {}).items()}, **changes}.items():
            if content is not None:
                (folder / relative).parent.mkdir(parents=True, exist_ok=True)
                (folder / relative).write_text(content, encoding="utf-8")
        return folder

    return build


def loaded(folder):
    found = Diagnostics()
    ruleset = load(folder, found, "site")
    assert ruleset is not None, found.render()
    return ruleset, found


def refused(folder):
    found = Diagnostics()
    assert load(folder, found, "site") is None
    return [(item.code, item.place.file.removeprefix("site/"), item.place.line, item.place.column, item.fix) for item in found.items if item.severity == "error"]


def test_a_site_loads_in_one_order(site):
    ruleset, found = loaded(site())
    assert not found.items
    assert list(ruleset.slots) == ["banner", "hero"] and list(ruleset.segments) == ["anew", "returning"]
    assert list(ruleset.site.spec.pages) == ["product", "home"] and list(ruleset.site.spec.jurisdictions) == ["eea", "rest"]
    assert list(ruleset.experiments["headline"].spec.arms) == ["control", "benefit"]


def test_units(site):
    ruleset, _ = loaded(site())
    spec = ruleset.site.spec
    assert spec.holdout.share == 50_000 and spec.log.keep == 90 * 86_400 and spec.freshness.deadline == 20
    assert spec.attributes.visitor["plan"].keep == 180 * 86_400 and spec.attributes.visitor["visits"].keep == 0
    assert str(spec.attributes.visitor["plan"].type) == "[free, paid]" and spec.attributes.visitor["plan"].type.kind == "enum"
    experiment = ruleset.experiments["headline"].spec
    assert (experiment.share, experiment.hypothesis.by, experiment.run.alpha) == (800_000, 25_000, 50_000)
    assert ruleset.models["affinity"].spec.vectors.min_overlap == 980_000
    assert ruleset.metrics["click"].spec.within == 0


def test_runs_end_with_their_last_day(site):
    ruleset, _ = loaded(site())
    run = ruleset.experiments["headline"].spec.run
    assert (run.start, run.end, run.local) == (1_796_083_200, 1_796_083_200 + 22 * 86_400, False)
    local = ruleset.campaigns["cart"].spec.run
    assert (local.start, local.end, local.local) == (1_796_083_200 + 9 * 3600, 1_796_083_200 + 31 * 86_400, True)


def test_runs_in_a_zone(site):
    ruleset, _ = loaded(site(files={"campaigns__cart.yaml": "run: {from: 2026-06-01, until: 2026-12-01, zone: Europe/Berlin}\n"}))
    run = ruleset.campaigns["cart"].spec.run
    assert (run.start, run.end) == (1_780_264_800, 1_796_166_000)


def test_outcomes(site):
    ruleset, _ = loaded(site())
    ladder = ruleset.slots["hero"].spec.ladder
    assert (ladder.default.kind, ladder.default.show) == ("show", "evergreen")
    assert (ladder.cohort[0].kind, ladder.cohort[0].take, ladder.cohort[0].at_most) == ("rank", 4, {"category": 2})
    assert ruleset.slots["banner"].spec.ladder.default.kind == "test"
    assert [arm.kind for arm in ruleset.experiments["headline"].spec.arms.values()] == ["", "set"]


def test_tables(site):
    ruleset, _ = loaded(site())
    assert ruleset.lists["partners"].values == ("acme.com", "globex.com")
    assert ruleset.items.ids == ("a", "b") and list(ruleset.items.fields) == ["price", "name", "stock", "count"]
    assert ruleset.items.rows == ((None, "A", False, None), (2.5, "Bag, large", True, 3)) and ruleset.items.lines == (3, 2)
    assert ruleset.lookups["company"].rows == (("10.0.0.0/8", (None,)), ("192.0.2.0/24", ("acme.com",)), ("2001:db8::/32", ("six.example",)))


def test_places(site):
    ruleset, _ = loaded(site())
    entry = ruleset.segments["returning"]
    place = entry.text_place(("when",), 0, 14)
    assert (place.file, place.line, place.column, place.length) == ("site/segments.yaml", 1, 20, 14)
    content = ruleset.contents["hero"]
    assert content.markup.startswith("<section>")
    place = content.markup_place(content.markup.index("{{"), 12)
    assert (place.file, place.line, place.column, place.source) == ("site/content/hero.html", 2, 7, "  <h1>{{headline}}</h1>")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("slots__hero.yaml", 'place: {page: home, selector: #hero\n  , do: replace}\ncomponent: hero\nladder: {default: none}\n', [("E011", 1, 21, "quote it: '#hero' (an unquoted # starts a comment)")]),
        ("slots__hero.yaml", 'place: {page: home, selector: "#a", do: replase}\ncomponnent: hero\nladder: {default: none}\n', [
            ("E012", 1, 41, "did you mean 'replace'? (possible are replace, inner, before, after, prepend, append, text, src, srcset, href, class, remove, redirect)"),
            ("E009", 2, 1, "did you mean 'component'? (possible are about, component, flag, ladder, metadata, owner, place, test, values)"),
        ]),
        ("slots__hero.yaml", 'place: {page: home, selector: a, do: inner}\ncomponent: hero\nladder:\n  segment:\n    - {rule: Abm-1, when: x, show: a}\n    - {rule: b, when: x, show: a, rank: b, take: 1}\n    - {rule: c, when: x}\n    - {rule: d, when: x, rank: b}\n    - {rule: e, when: 5, show: a}\n    - {rule: f, show: a}\n    - {rule: g, when: x, show: a, take: 3}\n  default: {test: 1}\n', [
            ("E013", 5, 14, "for example 'abm_1'"), ("E016", 6, 7, "keep one of show and rank"), ("E016", 7, 7, "for example `show: evergreen`, or `show: none` to leave the page as it is"),
            ("E010", 8, 7, "add it, for example `take: 8`"), ("E011", 9, 23, "quote it: '5'"), ("E010", 10, 7, "add it, for example `when: segment.returning`"),
            ("E016", 11, 7, "add `rank: …`, or remove it"), ("E011", 12, 19, "quote it: '1'"),
        ]),
        ("segments.yaml", "Bad-Name: {when: 'true'}\nin: {when: 'true'}\nb: {whem: 'true'}\n", [
            ("E013", 1, 1, "for example 'bad_name'"), ("E013", 2, 1, "choose another name, for example 'in_value'"), ("E010", 3, 1, "add it, for example `when: 'visitor.visits > 3'`"),
            ("E009", 3, 5, "did you mean 'when'? (possible are about, owner, when)"),
        ]),
        ("campaigns__cart.yaml", "run: {from: 2026-12-01, until: 2026-13-01}\ncap: {times: '3', per: session}\n", [
            ("E012", 1, 32, "write 2026-12-01, or with a time 2026-12-01T09:00"), ("E011", 2, 14, "write it without quotes and fraction"), ("E012", 2, 24, "write a duration like 7d"),
        ]),
        ("campaigns__cart.yaml", "run: {from: 2026-12-02, until: 2026-12-01}\n", [("E012", 1, 6, "exchange or correct the dates")]),
        ("campaigns__cart.yaml", "run: {from: 2026-12-02T00:00Z, zone: visitor}\n", [("E012", 1, 6, "leave the offset (Z, +01:00) out")]),
        ("experiments__headline.yaml", "arms: {a: {weight: 0}, b: {weight: 0}}\ngoal: click\n", [("E012", 1, 1, "give the arms weights that say how many visitors each gets")]),
        ("experiments__headline.yaml", "share: 500%\narms: {}\ngoal: click\n", [
            ("E012", 1, 8, "write a percentage like 5%, or a fraction like 0.05"), ("E012", 2, 7, "for example `arms: {control: {weight: 50}, benefit: {weight: 50, set: {headline: …}}}`"),
        ]),
        ("models__trending.yaml", "about: x\n", [("E016", 1, 1, "write `vectors: …` or `lists: …` with `visitor: …`, `score: {from: item.popularity}`, or `cascade: […]`")]),
        ("models__affinity.yaml", "vectors: {file: item.npz, id: sku}\nvisitor: {from: visitor.recent, mean: {half_life: 7d}}\n", [("E014", 1, 17, "did you mean 'items.npz'?")]),
        ("content__hero.yaml", "fields: {headline: txt}\nvariants: {a: {headline: 5}}\n", [("E012", 1, 20, "did you mean 'text'? (possible are text, image, link)"), ("E011", 2, 26, "quote it: '5'")]),
        ("content__hero.yaml", "fields: {}\nvariants: {none: {}}\n", [("E013", 1, 1, "choose another name")]),
        ("scenarios__core.yaml", "scenarios: [{name: a, page: x, expect: {hero: {varient: b}}}]\n", [("E012", 1, 29, "for example `page: /`"), ("E009", 1, 48, "did you mean 'variant'? (possible are arm, campaign, experiment, holdout, items, level, model, rule, segment, variant, why)")]),
        ("lists__partners.csv", "a,b\n1,2\n", [("E015", 1, 1, "remove the other columns, or put them in lists of their own")]),
        ("lists__partners.csv", "", [("E015", 1, 1, "begin it with a line of column names")]),
        ("items.csv", "sku,prise,name,stock,count\n", [("E015", 1, 1, "did you mean 'prise'?")]),
        ("items.csv", "sku,price,name,stock,count\na,1.5,A,yes,3\na,1.5,A,true,3\nb,x,B,true,1.5\nc,1\n,1.0,D,true,1\n", [
            ("E015", 2, 9, "write true or false, or leave it empty"), ("E015", 3, 1, "give each item its own sku"), ("E015", 4, 3, "write a number with a point, like 11.50, or leave it empty"),
            ("E015", 4, 12, "write a whole number like 12, or leave it empty"), ("E015", 5, 1, "add or remove values; put one with a comma in quotes"), ("E015", 6, 1, "give each item its own sku"),
        ]),
        ("lookups__company.csv", "network,domain\n192.0.2.1/24,x\n192.0.2.0/24,x\n192.0.2.0/24,y\n", [("E015", 2, 1, "write it like 192.0.2.0/24 or 2001:db8::/32"), ("E015", 4, 1, "keep one of the lines")]),
        ("lookups__company.csv", "domain,network\n", [("E015", 1, 1, "for example the header network,domain,name")]),
    ],
)  # fmt: skip
def test_refused_files(site, name, text, expected):
    file = name.replace("__", "/")
    assert refused(site(files={name: text})) == [(code, file, line, column, fix) for code, line, column, fix in expected]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("tessera: 1", "tessera: 2", ("E012", 1, 10, "possible is 1")),
        ("[shop.example.com]", "[https://a.b/]", ("E012", 2, 9, "write it without scheme and path, in lower case: shop.example.com")),
        ("home: /}", "home: home}", ("E012", 3, 35, "begin it with a slash, without query: /p/:sku")),
        ("type: int", "type: integer", ("E012", 7, 20, None)),
        ("default: 0", "default: x", ("E011", 7, 13, "give a default of that type, or leave it out")),
        ("keep: session, default", "keep: 7 months, default", ("E011", 7, 46, "write it like 30m, 12h, 7d, or session")),
        ("salt: h2", 'salt: ""', ("E012", 12, 28, "fill it, or leave the key out")),
        ("salt: h2", 'salt: "a\\0"', ("E012", 12, 28, "remove it")),
        ("file: items.csv", "file: ../items.csv", ("E014", 13, 15, "write a path from the site's folder, like items.csv or lookups/company.csv")),
        ("file: items.csv", "file: itmes.csv", ("E014", 13, 15, "did you mean 'items.csv'?")),
    ],
)
def test_refused_sites(site, old, new, expected):
    found = refused(site(files={"site.yaml": FILES["site.yaml"].replace(old, new)}))
    code, line, column, fix = expected
    assert [item[:4] for item in found] == [(code, "site.yaml", line, column)]
    assert fix is None or found[0][4] == fix


def test_errors_of_all_files_are_reported_together(site):
    found = refused(site(files={"segments.yaml": "a: {}\n", "slots__hero.yaml": "- a\n", "items.csv": "x\n", "content__hero.html": None}))
    assert {file for _, file, *_ in found} == {"segments.yaml", "slots/hero.yaml", "items.csv", "content/hero.yaml"}


@pytest.mark.parametrize("missing", ["folder", "site.yaml"])
def test_no_site(site, tmp_path, missing):
    folder = tmp_path / "none" if missing == "folder" else site(files={"site.yaml": None})
    assert [(code, file) for code, file, *_ in refused(folder)] == [("E001", "site.yaml")]


@pytest.mark.parametrize(
    ("relative", "fix"),
    [
        ("slots/hero.yml", "rename it to slots/hero.yaml"), ("slot/hero.yaml", "did you mean the folder 'slots'?"), ("segment.yaml", "did you mean 'segments.yaml'?"),
        ("lists/a.bak", "move it out of the site's folder"), ("lists/a.tsv", "move it out of the site's folder"), ("lists/b.yaml", "rename it to lists/b.csv"), ("lookups/other.csv", "name it in site.yaml, or move it out of the site's folder"), ("README.md", None), ("public/index.html", None), (".hidden", None), ("profiles/ana.json", None),
    ],
)  # fmt: skip
def test_files_that_nothing_reads(site, relative, fix):
    _, found = loaded(site(files={relative.replace("/", "__"): "x\n"}))
    assert [(item.code, item.fix) for item in found.items] == ([("W001", fix)] if fix else [])


def test_odd_lists_are_warned_of(site):
    _, found = loaded(site(files={"lists__partners.csv": "domain\na\na\n", "lists__none.csv": "x\n"}))
    assert [item.code for item in found.items] == ["W002", "W002"]


def test_a_link_out_of_the_site_is_refused(site, tmp_path):
    folder = site(files={"items.csv": None})
    (tmp_path / "items.csv").write_text(FILES["items.csv"])
    (folder / "items.csv").symlink_to(tmp_path / "items.csv")
    assert [item[0] for item in refused(folder)] == ["E014"]


def test_schemas(tmp_path):
    schemas = json_schema()
    assert sorted(schemas) == ["campaign", "content", "experiment", "metrics", "model", "scenarios", "segments", "site", "slot"]
    assert all(schema["$schema"].endswith("2020-12/schema") and schema["title"].startswith("Tessera: ") for schema in schemas.values())
    assert schemas["slot"]["properties"]["place"] and "from" in schemas["site"]["$defs"]["Attribute"]["properties"]
    written = write(tmp_path / "schemas")
    assert [json.loads(path.read_text())["title"] for path in written] == [schemas[kind]["title"] for kind in sorted(schemas)]
