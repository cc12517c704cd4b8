"""`tessera identities`: what it finds, writes and says, and that nothing is written where anything is wrong."""

import csv
import gzip
import json
from pathlib import Path

import duckdb
import pytest

from tests.compiler.commands import refused, run
from tests.edge.effort import NIGHTLY
from tests.learn.people import people, save

EVENTS = [
    {"visitor": "v1", "user_id": "u7"}, {"visitor": "v2", "user_id": "u7"}, {"visitor": "v1", "email": "Ann@X.example"}, {"visitor": "v3"},
    {"visitor": "v4", "email": "ann@x.example "},
]  # fmt: skip
CRM = 'id,name,email,cluster\nv9,"Smith, Ann",ann@x.example,1\nv3,Bob Jones,,2\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "events.ndjson").write_text("\n".join(map(json.dumps, EVENTS)))
    (tmp_path / "crm.csv").write_text(CRM)
    return tmp_path


def rows(path: Path | str) -> list[dict]:
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def truth(*arguments) -> dict:
    result = run("identities", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["truth"]


# --- what it says and writes ----------------------------------------------------------------------------------------------------


def test_identifiers_join_visitors_and_records(here):
    result = run("identities", "events.ndjson", "crm.csv", "--out", "aliases.ndjson")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "events.ndjson: id visitor; email, account (user_id)",
        "crm.csv: id id; name, email; unused: cluster",
        "note: ids in more than one file: 1; each file's are taken for persons of their own (--same-ids if they are the same)",
        "note: only identifiers were compared: 6 records are too few to learn from (50 are enough)",
        "6 ids are 3 persons (4 by an identifier, 0 by what is similar, 2 on their own)",
        "wrote aliases.ndjson",
    ]
    found = {(row["source"], row["id"]): row for row in rows("aliases.ndjson")}
    assert {key[1] for key, row in found.items() if row["account"] == "u7"} == {"v1", "v2", "v4", "v9"}
    assert found["crm.csv", "v9"] == {"account": "u7", "id": "v9", "source": "crm.csv", "probability": 1.0, "how": "exact"}
    assert found["crm.csv", "v3"]["account"] != found["events.ndjson", "v3"]["account"]
    assert [found["crm.csv", "v3"][key] for key in ("probability", "how")] == [None, "alone"]


@pytest.mark.parametrize("suffix", ["ndjson", "csv", "parquet"])
@pytest.mark.parametrize("by", ["record", "account"])
def test_every_format_says_the_same(here, by, suffix):
    assert run("identities", "events.ndjson", "crm.csv", "--same-ids", "--by", by, "--out", f"out.{suffix}").exit_code == 0
    reader = {"ndjson": "read_json", "csv": "read_csv", "parquet": "read_parquet"}[suffix]
    found = duckdb.sql(f"SELECT * FROM {reader}('out.{suffix}')")
    if by == "record":
        assert found.columns == ["account", "id", "source", "probability", "how"] and len(found.fetchall()) == 5
    elif suffix == "csv":
        assert found.fetchall() == [("u7", "v1"), ("u7", "v2"), ("u7", "v4"), ("u7", "v9")]
    else:
        assert found.fetchall() == [("u7", ["v1", "v2", "v4", "v9"])]


def test_the_same_files_give_the_same_bytes(here):
    save(here / "people.csv", people(20))
    written = []
    for _ in range(2):
        assert run("identities", "people.csv", "--id", "record", "--out", "out.ndjson").exit_code == 0
        written.append(Path("out.ndjson").read_bytes())
    assert written[0] == written[1] and b'"how":"probable"' in written[0]


def test_columns_can_be_told_and_identifiers_chosen(here):
    Path("a.csv").write_text("key;mail;tel\n1;a@x.example;0170 1234567\n2;a@x.example;\n3;;+49 170 1234567\n")
    tell = ("identities", "a.csv", "--id", "key", "--column", "email=mail", "--out", "out.ndjson", "--json")
    for exact, persons in (("email,phone", 1), ("email", 2), ("phone", 2), ("none", 3)):
        assert json.loads(run(*tell, "--exact", exact).stdout)["persons"] == persons


def test_fillers_name_nobody(here):
    Path("a.csv").write_text("id,email\n" + "".join(f"{n},none@x.example\n" for n in range(60)) + "60,a@x.example\n61,a@x.example\n")
    said = json.loads(run("identities", "a.csv", "--out", "out.ndjson", "--json").stdout)
    assert said["persons"] == 61 and said["notes"][0].startswith("email 'none@x.example' (60 ids) names nobody")
    assert json.loads(run("identities", "a.csv", "--most", "60", "--out", "out.ndjson", "--json").stdout)["persons"] == 2


def test_large_accounts_are_told_of(here):
    Path("a.csv").write_text("id,account\n" + "".join(f"{n},u1\n" for n in range(65)))
    said = json.loads(run("identities", "a.csv", "--most", "70", "--by", "account", "--out", "out.ndjson", "--json").stdout)
    assert said["notes"][-1] == "accounts with more than 64 visitors, which the profile store does not take: 1"


def test_the_truth_is_a_file_a_column_or_a_part_of_the_id(here):
    Path("truth.csv").write_text("id,person\nv1,a\nv2,a\nv9,a\nv3,b\n")
    files = ("events.ndjson", "crm.csv", "--same-ids", "--out", "out.ndjson")
    assert truth(*files, "--truth", "truth.csv") == {"pairs": 3, "found": 3, "precision": 1, "recall": 1, "f1": 1}
    assert truth(*files, "--truth-pattern", "(v)")["pairs"] == 10
    assert truth(*files, "--truth-column", "cluster")["pairs"] == 0


# --- what it refuses ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name, content, line", [
    ("a.csv", b"id,email\n1,a@b.c\n2\n", "a.csv:3: 1 values where the first line names 2 columns; quote a value that holds the delimiter"),
    ("a.csv", b'id,email\n1,"a@b.c\n2,x\n', "a.csv:2: a quotation mark is opened and not closed as CSV has it; write a quotation mark within quotation marks twice"),
    ("a.csv", b"id,email\n1,a@b.c\n,b@c.d\n", "a.csv:3: this record has no id; every record needs an id: fill it in, or name another column with --id"),
    ("a.csv", b"id,email\n1,\xff\xfe\n", "a.csv:1: this is not UTF-8; save it as UTF-8"),
    ("a.csv", b"id,id,email\n", "a.csv:1: the column id is there twice; every column has a name of its own"),
    ("a.csv", b"", "a.csv:1: the first line is empty; it names the columns"),
    ("a.csv", b"id,email\n", "a.csv: there is no record in it"),
    ("a.csv", b"foo,email\n1,a\n", "a.csv: no column is called as ids are (foo, email); name it with --id COLUMN"),
    ("a.csv", b"id,shoe\n1,42\n", "a.csv: no column says who somebody is; name one with --column, as in --column email=shoe"),
    ("a.ndjson", b'{"id": 1, "email": "a"}\n[1]\n', 'a.ndjson:2: this is no JSON object; every line is one, such as {"id": "a1", "email": "a@b.example"}'),
    ("a.ndjson", b'{"id": 1, "email": "a"}\n{oops\n', "a.ndjson:2: this is not JSON ("),
    ("a.parquet", b"not Parquet at all", "a.parquet: "),
    ("a.xls", b"", "a.xls: the name tells the format: .csv, .tsv, .ndjson (each also .gz) or .parquet"),
])  # fmt: skip
def test_a_bad_file_is_refused_with_its_place_and_nothing_is_lost(here, name, content, line):
    Path(name).write_bytes(content)
    Path("out.ndjson").write_text("older")
    before = sorted(path.name for path in here.iterdir())
    assert refused("identities", name, "--out", "out.ndjson").startswith(f"tessera: {line}")
    assert Path("out.ndjson").read_text() == "older" and sorted(path.name for path in here.iterdir()) == before


@pytest.mark.parametrize("options, code, said", [
    (("--out", "out.txt"), 2, "out.txt: the name tells the format: .ndjson, .csv, .parquet"),
    (("--out", "no/out.csv"), 1, "no/out.csv: there is no folder no; make it first"),
    (("--out", "o.csv", "--link-only"), 2, "--link-only links between files: name two or more"),
    (("--out", "o.csv", "--column", "shoe=size"), 2, "--column shoe=size: the kinds are given_name, "),
    (("--out", "o.csv", "--column", "email=mail"), 1, "crm.csv:mail: there is no such column for --column email=mail; unused are cluster"),
    (("--out", "o.csv", "--id", "key"), 1, "crm.csv:key: there is no such column; it has id, name, email, cluster"),
    (("--out", "o.csv", "--truth-column", "person"), 1, "crm.csv:person: there is no such column"),
    (("--out", "o.csv", "--truth-column", "cluster", "--truth-pattern", "(.)"), 2, "the truth comes from one place: "),
])  # fmt: skip
def test_wrong_options_are_told(here, options, code, said):
    assert refused("identities", "crm.csv", *options, code=code).startswith(f"tessera: {said}")


@pytest.mark.parametrize("options", [("--truth-pattern", "("), ("--truth-pattern", "x"), ("--exact", "shoe"), ("--column", "email"), ("--threshold", "0")])
def test_options_of_no_meaning_are_usage_errors(here, options):
    result = run("identities", "crm.csv", "--out", "o.csv", *options)
    assert result.exit_code == 2 and options[0] in result.stderr and not Path("o.csv").exists()


# --- what it finds --------------------------------------------------------------------------------------------------------------


def test_households_are_taken_apart(here):
    """One roof, one telephone, sometimes one e-mail address: the members stay persons of their own."""
    save(here / "people.csv", people(150))
    found = truth("people.csv", "--id", "record", "--truth-column", "person", "--out", "out.ndjson")
    assert found["pairs"] > 500 and found["precision"] >= 0.97 and found["recall"] >= 0.93, found


def test_fake_1000(here, shared):
    source = shared / "data" / "splink-fake-1000" / "fake_1000.csv"
    found = truth(source, "--truth-column", "cluster", "--out", "out.ndjson")
    assert found["pairs"] == 2031 and found["precision"] >= 0.99 and found["recall"] >= 0.75, found


def test_febrl4(here, shared):
    files = [shared / "data" / "febrl4" / f"dataset4{part}.csv" for part in "ab"]
    found = truth(*files, "--link-only", "--truth-pattern", r"rec-(\d+)-", "--out", "out.ndjson")
    assert found["pairs"] == 5000 and found["f1"] >= 0.98, found


@pytest.mark.parametrize("row", ["{n},,,,", "{n},ann,lee,1980-01-02,rome"], ids=["nothing known", "nothing different"])
def test_records_that_teach_nothing_are_left_alone(here, row):
    Path("a.csv").write_text("id,first_name,surname,dob,city\n" + "".join(row.format(n=n) + "\n" for n in range(60)))
    assert json.loads(run("identities", "a.csv", "--out", "out.ndjson", "--json").stdout)["persons"] == 60


def test_files_may_be_compressed_and_have_tabs(here):
    Path("a.tsv").write_text("visitor\temail\nv1\ta@x.example\n")
    Path("b.csv.gz").write_bytes(gzip.compress(b"id,email\nc1,A@x.example\n"))
    Path("c.ndjson.gz").write_bytes(gzip.compress(b'{"id": 7, "email": "a@x.example"}\n'))
    assert json.loads(run("identities", "a.tsv", "b.csv.gz", "c.ndjson.gz", "--out", "out.ndjson", "--json").stdout)["persons"] == 1


@pytest.mark.skipif(not NIGHTLY, reason="nightly: Spark takes a minute")
def test_spark_makes_the_same_groups(here, shared):
    source = shared / "data" / "splink-fake-1000" / "fake_1000.csv"
    groups = []
    for engine in ("duckdb", "spark"):
        assert run("identities", source, "--engine", engine, "--out", f"{engine}.csv").exit_code == 0
        with open(f"{engine}.csv", newline="") as file:
            groups.append({row["id"]: row["account"] for row in csv.DictReader(file)})
    assert groups[0] == groups[1]


def test_spark_without_java_says_so(here, monkeypatch):
    monkeypatch.setenv("PATH", str(here))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    line = refused("identities", "crm.csv", "--engine", "spark", "--out", "out.csv")
    assert line == "tessera: Spark needs Java 17 or later, and there is no `java`; install it, or leave --engine out"
    assert not Path("out.csv").exists()
