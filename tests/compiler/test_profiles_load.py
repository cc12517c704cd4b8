"""`tessera profiles`: rows of files → documents of the store, every bad row with its place, and a load that goes on after a kill."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Iterator

import click
import pytest

from compiler import profile_load
from compiler.cli import main
from compiler.fact_rows import Facts, Pair, key_of
from compiler.local import Local, local
from compiler.pipeline import compile_site
from compiler.row_files import RowFileError, open_rows
from host.admin import Admin
from host.process import Host
from tessera.bundle import load, unseal
from tessera.identity import account_key
from tessera.profile import MAX_PROFILE, document, read
from tessera.types import coerce
from tests.compiler.commands import STORE, refused, run
from tests.golden.cases import BASE

AT = 1_795_600_000.0
SITE = ("--site", BASE)
GOOD = {"visitor": "v1", "plan": "pro", "visitor.visits": 3, "spent": 12.5, "recent": [{"item": "sku1", "at": AT}, "sku2"], "opened": True}


@pytest.fixture(scope="module")
def bundle():
    return load(unseal(compile_site(BASE).bundle))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """A folder whose stores are open."""
    found = local(tmp_path_factory.mktemp("stores"))
    with Host(found.root, found.state, secrets={}, variables={}, store_only=True):
        yield found


def admin(place: Local) -> Admin:
    return Admin.running(place.state)


def ndjson(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" if not isinstance(row, str) else row + "\n" for row in rows), "utf-8")
    return path


def looked_at(path: Path, *options: Any) -> dict[str, Any]:
    """What `--dry-run --json` says of a file."""
    result = run("profiles", "load", path, *SITE, "--dry-run", "--json", *options)
    (told,) = json.loads(result.stdout)
    assert result.exit_code == (1 if told["refused"] else 0)
    return told


# --- rows → documents --------------------------------------------------------------------------------------------------


def maker(bundle, **told: Any) -> Facts:
    return Facts(**{"site": "s", "attributes": bundle.attributes, "id": None, "ignored": frozenset(), "written": False, "at": AT, **told})


def test_a_row_becomes_a_document_that_the_edge_reads(bundle):
    made = maker(bundle).of(GOOD)
    assert isinstance(made, Pair) and made.key == "facts:v1"
    assert json.loads(made.value) == {
        "v": 2,
        "attributes": {"visitor.plan": "pro", "visitor.visits": 3, "visitor.spent": 12.5, "visitor.recent": [{"item": "sku1", "at": AT}, "sku2"], "visitor.opened": True},
        "updated": AT,
    }
    stored, fallback = document(made.value, bundle.attributes, AT + 60)
    profile = read(stored, bundle.attributes, AT + 60)
    assert fallback == ""
    assert profile.attributes["visitor.plan"] == "pro" and set(profile.ages.values()) == {60.0}
    assert all(coerce(bundle.attributes[name], value) is not None for name, value in profile.attributes.items())


@pytest.mark.parametrize(
    "row",
    [
        {"visitor": "v1", "plan": "pro"},
        {"visitor": "v1", "visitor.plan": "pro"},
        {"id": "v1", "visitor": {"plan": "pro"}},
        {"unit": "v1", "plan": "pro", "visits": None},
        {"user_id": "v1", "plan": "pro", "updated": AT},
    ],
    ids=json.dumps,
)
def test_names_are_full_bare_or_nested(bundle, row):
    made = maker(bundle).of(row)
    assert made.key == "facts:v1" and json.loads(made.value) == {"v": 2, "attributes": {"visitor.plan": "pro"}, "updated": AT}


@pytest.mark.parametrize(
    ("told", "key"),
    [("ana", "ana"), (4711, "4711"), ("account:ana@x", account_key("s", "ana@x")), ("", None), ("a b", None), ("ä", None), ("x" * 65, None), (True, None), (None, None), ("account:", None), (1.5, None)],
)  # fmt: skip
def test_ids(told, key):
    assert key_of("s", told) == key


BAD = [  # row → what is said of it
    ({"plan": "pro"}, "no id; name its column with --id; looked for were visitor, id, unit, user_id"),
    ({"id": "a b"}, "id: the text 'a b' is no id; an id is 1 to 64 letters, digits, - and _, as in the cookie; of an account write account: and its subject"),
    ({"id": "a", "plan": "por"}, "visitor.plan: the text 'por' is none of free, pro; did you mean 'pro'?"),
    ({"id": "a", "visits": "3"}, "visitor.visits: expected int, found the text '3'; write a value of that type, or null for none"),
    ({"id": "a", "visits": 1.5}, "visitor.visits: expected int, found the number 1.5; write a value of that type, or null for none"),
    ({"id": "a", "visits": 2**63}, f"visitor.visits: expected int, found the number {2**63}; write a value of that type, or null for none"),
    ({"id": "a", "opened": 1}, "visitor.opened: expected bool, found the number 1; write a value of that type, or null for none"),
    ('{"id": "a", "spent": NaN}', "NaN is no JSON"),
    ({"id": "a", "recent": ["x", 3]}, "visitor.recent: 1 of 2 elements are not as list<item> has them; correct or remove them"),
    ({"id": "a", "recent": ["x"] * 257}, "visitor.recent: 257 elements, at most 256 are read; keep the most important ones"),
    ({"id": "a", "recent": ["x" * 1025]}, "visitor.recent: a text of more than 1,024 characters; shorten it: the edge would cut it"),
    ({"id": "a", "plann": "pro"}, "plann: no attribute of the site; did you mean 'plan'?"),
    ({"id": "a", "request.country": "DE"}, "request.country: no attribute of the site; declare it in site.yaml, or leave it out with --ignore request.country"),
    ({"id": "a", "account.domain": "x.example"}, "account.domain: is looked up by the visitor's address with each request; leave it out with --ignore account.domain"),
    ({"id": "a", "plan": "pro", "visitor.plan": "pro"}, "visitor.plan: stands there twice, as a full and as a bare name"),
    ({"id": "a", "updated": "soon"}, "updated: the text 'soon' is no moment of the past; write ISO 8601 or seconds since 1970"),
    ({"id": "a", "spent": 1e300}, "visitor.spent: the number is beyond 1e+15"),
    ("[1]", "not a JSON object"),
    ('{"id": ', "not JSON (Expecting value at column 7)"),
    ('{"id": ' + "[" * 65 + "]" * 65 + "}", "JSON with more than 64 levels"),
]


@pytest.mark.parametrize(("row", "said"), BAD, ids=[said.partition(";")[0] for _, said in BAD])
def test_a_bad_row_is_refused_with_its_place_and_a_reason(tmp_path, monkeypatch, row, said):
    monkeypatch.chdir(tmp_path)
    ndjson(Path("rows.ndjson"), GOOD, "", row, GOOD)
    result = run("profiles", "load", "rows.ndjson", *SITE, "--dry-run")
    assert result.exit_code == 1
    assert result.stderr == f"rows.ndjson:3: {said}\n"
    assert result.stdout.startswith("rows.ndjson: 2 rows good, nothing was stored (--dry-run), 1 refused, ")


def test_what_the_gate_refuses_is_told_with_its_attribute(bundle):
    said = ["visitor.visits: a count or an amount below 0", "the document is impossible: really"]
    made = maker(bundle, gate=lambda document: said if document["attributes"] else ()).of(GOOD)
    assert [tuple(problem)[:2] for problem in made] == [("visitor.visits", "a count or an amount below 0"), (None, said[1])]


def test_all_problems_of_a_row_are_told_at_once(tmp_path):
    told = looked_at(ndjson(tmp_path / "rows.ndjson", {"id": "?", "visits": "many", "plan": "gold"}))
    assert [problem["attribute"] for problem in told["problems"]] == ["id", "visitor.visits", "visitor.plan"]
    assert {problem["line"] for problem in told["problems"]} == {1}


def test_of_many_refused_rows_the_first_are_told_and_all_counted(tmp_path):
    result = run("profiles", "load", ndjson(tmp_path / "rows.ndjson", *[{"id": "?"}] * 80), *SITE, "--dry-run")
    assert len(result.stderr.splitlines()) == 51 and "… and 30 more refused rows" in result.stderr and "80 refused" in result.stdout


def test_a_document_that_the_edge_would_not_read_is_refused(bundle):
    from dataclasses import replace

    wide = {f"visitor.t{number}": replace(bundle.attributes["visitor.recent"], name=f"visitor.t{number}", type="list<string>") for number in range(3)}
    made = maker(bundle, attributes=wide).of({"id": "a", **{name: ["x" * 1000] * 30 for name in wide}})
    assert [problem.why for problem in made] == ["90,360 characters in all, at most 65,536 are read"] and MAX_PROFILE == 65_536


# --- kinds of files ----------------------------------------------------------------------------------------------------


def kinds(folder: Path) -> dict[str, Path]:
    """The same three rows in every kind of file."""
    import duckdb

    rows = [{"visitor": f"v{n}", "visits": n, "plan": "pro", "spent": n / 2, "recent": ["sku1"], "opened": n == 1} for n in range(3)]
    plain = ndjson(folder / "a.ndjson", *rows)
    zipped = folder / "a.ndjson.gz"
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    table = folder / "a.csv"
    cells = ("".join(f"v{n},{n},pro,{n / 2},\"[\"\"sku1\"\"]\",{str(n == 1).lower()}\n" for n in range(3)))
    table.write_text("\ufeffvisitor,visits,plan,spent,recent,opened\n" + cells, "utf-8")
    parquet = folder / "a.parquet"
    duckdb.sql(f"COPY (SELECT * FROM read_json('{plain}')) TO '{parquet}'")
    return {"ndjson": plain, "gz": zipped, "csv": table, "parquet": parquet}


def test_every_kind_of_file_gives_the_same_documents(tmp_path, bundle):
    made = {}
    for kind, path in kinds(tmp_path).items():
        source = open_rows(path)
        made[kind] = [maker(bundle, written=source.written).of(row.values) for row in source.rows()]
        assert source.kind == kind and list(source.rows())[-1].position == source.size
    assert made["ndjson"] == made["gz"] == made["csv"] == made["parquet"]
    assert [pair.key for pair in made["csv"]] == ["facts:v0", "facts:v1", "facts:v2"]


def test_structs_moments_and_decimals_of_parquet(tmp_path):
    import duckdb

    path = tmp_path / "s.parquet"
    moment = "TIMESTAMPTZ '2026-11-20 10:00:00+01:00' AS updated"
    duckdb.sql(f"COPY (SELECT 7 AS user_id, {{'plan': 'free', 'spent': 3.25::DECIMAL(8,2)}} AS visitor, {moment}) TO '{path}'")
    out = tmp_path / "out"
    assert run("profiles", "load", path, *SITE, "--out", out).exit_code == 0
    ((pair,),) = [json.loads(file.read_text()) for file in out.iterdir()]
    assert pair["key"] == "facts:7" and pair["expiration_ttl"] == 180 * 86_400
    assert json.loads(pair["value"]) == {"v": 2, "attributes": {"visitor.plan": "free", "visitor.spent": 3.25}, "updated": 1_795_165_200.0}


FILES = [  # name, content → what is said
    ("a.txt", b"", "rows are read from .ndjson, .jsonl, .ndjson.gz, .jsonl.gz, .csv, .parquet; rename or convert it"),
    ("a.csv", b"id,plann\na,pro\n", "plann: no attribute of the site; did you mean 'plan'?"),
    ("a.csv", b"customer,plan\na,pro\n", "no column of the visitor's id; name it with --id; the columns are customer, plan"),
    ("a.csv", b"id,plan,plan\n", "the column 'plan' stands there twice; remove one"),
    ("a.csv", b"id,plan,visitor.plan\n", "visitor.plan: stands there twice, as a full and as a bare name; leave one out with --ignore visitor.plan"),
    ("a.csv", b"", "no column of the visitor's id; name it with --id; the columns are none"),
    ("a.parquet", b"PAR0", "no Parquet ("),
    ("a.ndjson.gz", b"\x1f\x8b\x08\x00", "Compressed file ended before the end-of-stream marker was reached"),
    ("b.ndjson.gz", b"plain", "Not a gzipped file (b'pl')"),
]


@pytest.mark.parametrize(("name", "content", "said"), FILES, ids=[f"{name}: {said[:30]}" for name, _, said in FILES])
def test_a_file_that_is_none_stops_at_once(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    result = run("profiles", "load", tmp_path / name, *SITE, "--dry-run")
    assert result.exit_code == 1 and said in result.stderr and result.stdout == ""


@pytest.mark.parametrize(
    ("cells", "said"),
    [(b"a,pro,1\n", "3 cells, the header has 2"), (b"a,\xff\n", "not UTF-8"), (b'a,"x\ny"\n', "visitor.plan: the text 'x\ny' is none of free, pro")],
)
def test_bad_rows_of_csv(tmp_path, cells, said):
    (tmp_path / "a.csv").write_bytes(b"id,plan\nb,pro\n" + cells + b"c,\n")
    told = looked_at(tmp_path / "a.csv")
    assert (told["loaded"], told["refused"]) == (2, 1)
    assert [problem["line"] for problem in told["problems"]] == [3]
    assert told["problems"][0]["why"] in said or said.endswith(told["problems"][0]["why"])


def test_a_line_that_never_ends_is_one_bad_row(tmp_path):
    path = tmp_path / "long.ndjson"
    path.write_bytes(b'{"id": "a", "plan": "' + b"x" * 2_500_000 + b'"}\n{"id": "b"}\n')
    told = looked_at(path)
    assert (told["loaded"], told["refused"]) == (1, 1) and told["problems"][0]["why"] == "longer than 1,000,000 characters"


def test_columns_can_be_left_out_and_the_id_named(tmp_path):
    (tmp_path / "crm.csv").write_text("customer,plan,notes\n1,pro,x\n")
    assert looked_at(tmp_path / "crm.csv", "--id", "customer", "--ignore", "notes")["loaded"] == 1


def test_without_the_library_parquet_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "a.parquet").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(RowFileError, match=r"pip install 'tessera-edge\[learn\]'"):
        open_rows(tmp_path / "a.parquet")


@pytest.mark.parametrize(("group", "name"), [("profiles", "load"), ("profiles", "show"), ("profiles", "expire"), ("log", "expire")])
def test_the_examples_of_the_commands_parse(group, name):
    command = main.commands[group].commands[name]
    examples = [line.split() for line in run(group, name, "--help").output.splitlines() if line.strip().startswith("tessera ")]
    assert examples
    for words in examples:
        assert words[1:3] == [group, name]
        command.make_parser(click.Context(command)).parse_args(words[3:])


# --- usage -------------------------------------------------------------------------------------------------------------


def test_wrong_usage(tmp_path):
    file = ndjson(tmp_path / "a.ndjson", GOOD)
    assert "name a FILE" in refused("profiles", "load", *SITE, code=2)
    assert "two targets" in refused("profiles", "load", file, *SITE, "--cloudflare", "--out", tmp_path, code=2)
    assert "a minute or more" in refused("profiles", "load", file, *SITE, "--ttl", "5s", code=2)
    assert "belongs to a site" in refused("profiles", "show", "account:1", code=2)
    assert "is no id" in refused("profiles", "show", "a b", code=2)


# --- storing -----------------------------------------------------------------------------------------------------------


def test_rows_are_stored_shown_and_vanish_after_the_longest_keep(tmp_path, place):
    rows = [{**GOOD, "visitor": "stored"}, {"visitor": "account:4711", "plan": "free"}, {"visitor": "wrong", "visits": "x"}]
    before = time.time()
    result = run("profiles", "load", ndjson(tmp_path / "a.ndjson", *rows), *SITE, "--state", place.root, "--json")
    (told,) = json.loads(result.stdout)
    assert result.exit_code == 1 and (told["loaded"], told["refused"], told["ttl"]) == (2, 1, 180 * 86_400)
    assert [(problem["line"], problem["attribute"]) for problem in told["problems"]] == [(3, "visitor.visits")]
    account = account_key("shop.example.com", "4711")
    expiries = admin(place).expirations_kv("PROFILES", "facts:")
    assert {"facts:stored", f"facts:{account}"} <= set(expiries) and "facts:wrong" not in expiries
    assert abs(expiries["facts:stored"] - before - 180 * 86_400) < 120
    shown = json.loads(run("profiles", "show", "stored", "--state", place.root, "--json").stdout)
    assert shown["facts"]["attributes"]["visitor.plan"] == "pro" and shown["profile"] is None
    assert "visitor.plan" in run("profiles", "show", "account:4711", *SITE, "--state", place.root).output
    assert run("profiles", "show", "nobody", "--state", place.root).exit_code == 1
    assert not profile_load.state_of(tmp_path / "a.ndjson").exists()


def test_strict_stores_nothing_where_a_row_is_wrong(tmp_path, place):
    file = ndjson(tmp_path / "a.ndjson", {"id": "strict1"}, {"id": "strict2", "visits": "x"})
    result = run("profiles", "load", file, *SITE, "--state", place.root, "--strict")
    assert result.exit_code == 1 and "0 rows stored, because rows are wrong (--strict), 1 refused" in result.output
    assert admin(place).list_kv("PROFILES", "facts:strict") == []


def test_aliases_are_stored(tmp_path, place):
    rows = [{"account": "anna", "visitors": ["v1", "v2", "v1"]}, {"account": 12, "visitors": ["v3"]}, {"account": "x", "visitors": []}, {"account": "", "visitors": ["a b"]}]
    result = run("profiles", "load", "--aliases", ndjson(tmp_path / "aliases.ndjson", *rows), *SITE, "--state", place.root, "--json")
    (told,) = json.loads(result.stdout)
    assert (told["loaded"], told["refused"]) == (2, 2)
    assert [problem["attribute"] for problem in told["problems"]] == ["visitors", "account", "visitors"]
    shown = json.loads(run("profiles", "show", "account:anna", *SITE, "--state", place.root, "--json").stdout)
    assert shown["aliases"] == {"v": 2, "visitors": ["v1", "v2"]}


def test_a_load_that_was_killed_goes_on_and_loses_nothing(tmp_path, place):
    many = 1300
    file = ndjson(tmp_path / "many.ndjson", *({"id": f"k{n}", "visits": n} if n % 100 else {"id": f"k{n}", "visits": "x"} for n in range(many)))
    command = [sys.executable, "-m", "compiler.cli", "profiles", "load", str(file), "--site", str(BASE), "--state", str(place.root), "--json"]
    state = profile_load.state_of(file)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    until = time.monotonic() + 120
    while not state.exists() and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    begun = json.loads(state.read_text())
    assert process.returncode == -signal.SIGKILL and 0 < begun["row"] < many and 0 < begun["loaded"] < many

    file.write_text(file.read_text().replace('"visits": 1}', '"visits": 2}'))
    assert "the file has changed since; begin anew with --restart" in refused("profiles", "load", file, *SITE, "--state", place.root)
    file.write_text(file.read_text().replace('{"id": "k1", "visits": 2}', '{"id": "k1", "visits": 1}'))
    assert "other options; begin anew" in refused("profiles", "load", file, *SITE, "--state", place.root, "--ttl", "2d")

    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    (told,) = json.loads(done.stdout)
    assert done.returncode == 1 and told["after"] == begun["row"] and (told["loaded"], told["refused"]) == (many - 13, 13)
    stored = set(admin(place).list_kv("PROFILES", "facts:k"))
    assert stored == {f"facts:k{n}" for n in range(many) if n % 100}
    for number in range(1, many, 97):
        facts = json.loads(admin(place).get_kv("PROFILES", f"facts:k{number}") or "null")
        assert facts is None if number % 100 == 0 else facts == {"v": 2, "attributes": {"visitor.visits": number}, "updated": begun["started"]}
    assert not state.exists()


class _Failing:
    """A store that takes one batch, and then fails as an unreachable host does."""

    batch = 2

    def __init__(self) -> None:
        self.stored: dict[str, str] = {}

    def put(self, values, ttl) -> None:
        from host.tools import HostError

        if self.stored:
            raise HostError("gone")
        self.stored.update(values)


def test_a_store_that_fails_leaves_a_state_to_go_on_from(tmp_path, bundle):
    from host.tools import HostError

    source = open_rows(ndjson(tmp_path / "a.ndjson", *({"id": f"v{n}"} for n in range(5))))
    fresh = profile_load.Progress(profile_load.digest_of(source.path), "s", AT)
    with pytest.raises(HostError):
        profile_load.run(source, maker(bundle), _Failing(), fresh, 60, tell=lambda refused: None)
    assert (found := profile_load.resumed(source.path, fresh)).row == 2 and found.loaded == 2


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"digest": 1}', "null"])
def test_a_broken_state_file_is_told(tmp_path, text):
    path = tmp_path / "a.ndjson"
    profile_load.state_of(path).write_text(text)
    with pytest.raises(profile_load.LoadError, match="not the state of a load"):
        profile_load.resumed(path, profile_load.Progress("d", "s", AT))


def test_the_store_is_opened_for_the_moment_where_no_host_runs(tmp_path):
    file = ndjson(tmp_path / "a.ndjson", GOOD)
    assert run("profiles", "load", file, *SITE, "--state", tmp_path / "state").exit_code == 0
    shown = run("profiles", "show", "v1", "--state", tmp_path / "state", "--json")
    assert json.loads(shown.stdout)["facts"]["attributes"]["visitor.visits"] == 3


def test_a_bulk_put_is_checked_before_its_first_key_is_written(place):
    from host.tools import HostError

    for pairs, ttl in (({"good": "1", "": "2"}, None), ({"good": "1"}, 5), ({"good": "1", "x" * 513: "2"}, None)):
        with pytest.raises(HostError, match="400 a bulk put is a list"):
            admin(place).put_kv_many("PROFILES", pairs, ttl)
    assert admin(place).get_kv("PROFILES", "good") is None


def test_wrangler_stores_them_as_it_does_on_cloudflare(tmp_path, bundle):
    """The pinned wrangler, with its own store on this machine in place of Cloudflare's."""
    from compiler.profile_stores import WRANGLER, Wrangler
    from tests.compiler.commands import ROOT

    if not WRANGLER.is_file():
        pytest.skip("wrangler is not installed: make setup-dev")
    store = Wrangler(ROOT / "wrangler.toml", tmp_path / "persisted")
    store.put({"facts:w1": "one", "facts:w2": "two"}, 600)
    assert store.kv("facts:w2") == "two" and store.kv("facts:none") is None


def test_the_shop_takes_its_own_attributes(tmp_path):
    file = ndjson(tmp_path / "a.ndjson", {"visitor": "ana", "lifecycle": "customer", "last_order": "2026-11-20T10:00:00Z", "bought": ["kochere"]})
    assert run("profiles", "load", file, "--site", STORE, "--dry-run").exit_code == 0
