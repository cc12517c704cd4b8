"""`tessera status`: forged states of the store, edges that answer anything, and logs; each trouble by its code."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click
import duckdb
import pytest
from click.testing import CliRunner

from compiler.cli import main
from compiler.cli_diff import diff
from compiler.cli_provenance import provenance, sbom
from compiler.cli_status import status
from compiler.releases import changes, documents
from compiler.releases import publish as releases
from compiler.releases.files import Folder
from compiler.releases.policy import CanaryPlan
from compiler.releases.stores import POINTER, StoreError
from compiler.releases.versions import VersionedStore
from compiler.status import GRACE, Limits, Part, of_edges, of_log, of_store, spoken
from compiler.status_counts import COUNTS
from compiler.status_edges import Answer, ask, ask_all, place_of, read
from learn.log_health import Health, Lane, health
from tests.releases.sites import author, bundle, name_of

ROOT = Path(__file__).parents[2]
BEGAN = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)
LATER = BEGAN.timestamp() + 7200
SECRET = "a-long-random-text"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Somebody with a key, and two bundles that are signed with it."""
    folder = tmp_path_factory.mktemp("made")
    ana = author(folder, clock=lambda: BEGAN)
    return ana, [bundle(folder / "sites", ana.key, f"number {number}") for number in range(3)]


@pytest.fixture
def store(tmp_path, made):
    """A store with two releases, the second live."""
    ana, bundles = made
    found = VersionedStore(Folder(tmp_path / "store"))
    for data in bundles[:2]:
        releases.publish(found, [data], ana)
    return found


# --- the store --------------------------------------------------------------------------------------------------------------


def older(store: VersionedStore) -> bytes:
    return store.files.read(f"{POINTER}.versions/00000001") or b""


def flipped(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


def spoil(store: VersionedStore, data: bytes) -> None:
    store.put(releases.bundle_file(name_of(data)), flipped(data))


def forged(store: VersionedStore, tmp: Path) -> bytes:
    """A pointer that says the same, signed by somebody else."""
    stranger = author(tmp / "else", "eve")
    found = store.get(POINTER)
    return documents.sealed("pointer", json.loads(json.loads(found.content)["payload"]), stranger.key)


STATES: list[tuple[str, Callable[..., Any], set[str], set[str]]] = [  # what is done, what is found at once, what is found besides with --deep
    ("all is well", lambda s, a, b, t: None, set(), set()),
    ("frozen", lambda s, a, b, t: changes.freeze(s, a, "sale"), set(), set()),
    ("a canary", lambda s, a, b, t: releases.publish(s, [b[2]], a, canary=CanaryPlan(0.05, ("DE",), ("x-canary", SECRET))), set(), set()),
    ("a shadow", lambda s, a, b, t: releases.publish(s, [b[2]], a, shadow=0.01), set(), set()),
    ("off", lambda s, a, b, t: changes.switch_off(s, a, "legal asked"), {"off"}, set()),
    ("the copy is behind", lambda s, a, b, t: s.files.write(POINTER, older(s)), {"copy-behind"}, set()),
    ("the copy is missing", lambda s, a, b, t: s.files.remove(POINTER), {"copy-missing"}, set()),
    ("the copy is garbage", lambda s, a, b, t: s.files.write(POINTER, b"garbage"), {"copy-broken"}, set()),
    ("the copy is forged", lambda s, a, b, t: s.files.write(POINTER, forged(s, t)), {"copy-broken"}, set()),
    ("an older pointer was put back", lambda s, a, b, t: s.files.write(f"{POINTER}.versions/00000003", older(s)), {"copy-ahead"}, set()),
    ("the pointer is forged", lambda s, a, b, t: s.replace(POINTER, forged(s, t), "2"), {"tampered"}, set()),
    ("the pointer is garbage", lambda s, a, b, t: s.replace(POINTER, b"{}", "2"), {"tampered"}, set()),
    ("the live bundle is gone", lambda s, a, b, t: s.delete(releases.bundle_file(name_of(b[1]))), {"bundle-missing"}, set()),
    ("the live bundle was changed", lambda s, a, b, t: spoil(s, b[1]), {"tampered"}, set()),
    ("the newest entry is gone", lambda s, a, b, t: s.delete(f"releases/log/{releases.current(s, a.keys).head}.json"), {"tampered"}, set()),
    ("a retained bundle is gone", lambda s, a, b, t: s.delete(releases.bundle_file(name_of(b[0]))), set(), {"bundle-missing"}),
    ("an old entry is gone", lambda s, a, b, t: s.delete(sorted(set(s.names("releases/log/")) - {f"releases/log/{releases.current(s, a.keys).head}.json"})[0]), set(), {"tampered"}),
]  # fmt: skip


@pytest.mark.parametrize("do, quick, besides", [row[1:] for row in STATES], ids=[row[0] for row in STATES])
def test_states_of_a_store(store, made, tmp_path, do, quick, besides) -> None:
    ana, bundles = made
    do(store, ana, bundles, tmp_path)
    assert {one.code for one in of_store(store, ana.keys, LATER).troubles} == quick
    assert {one.code for one in of_store(store, ana.keys, LATER, deep=True).troubles} == quick | besides


def test_what_is_told_of_a_store(store, made) -> None:
    ana, bundles = made
    releases.publish(store, [bundles[2]], ana, canary=CanaryPlan(0.05, ("DE",), ("x-canary", SECRET)))
    told = of_store(store, ana.keys, LATER).told
    assert (told["serial"], told["site"], told["age"], told["copy"]) == (3, "small", 7200, {"serial": 3, "agrees": True, "behind": 0})
    assert told["live"]["bundle"] == name_of(bundles[1]) and [one["bundle"] for one in told["retained"]] == [name_of(bundles[0])]
    assert (told["canary"]["bundle"], told["canary"]["header"]) == (name_of(bundles[2]), "x-canary") and SECRET not in json.dumps(told)
    assert told["reachable"] and 0 <= told["read_ms"] < 1000


def test_a_release_that_is_just_out_need_not_be_everywhere(store, made) -> None:
    ana, _ = made
    store.files.write(POINTER, older(store))
    now = BEGAN.timestamp()
    found = of_store(store, ana.keys, now + GRACE)
    assert found.troubles == () and found.told["copy"]["behind"] == 1
    behind = read("http://e", {"bundle": found.pointer.retained[0].bundle, "site": "small", "serial": 1})
    assert of_edges([behind], found.pointer, now + GRACE).troubles == ()
    assert [one.code for one in of_edges([behind], found.pointer, now + GRACE + 1).troubles] == ["edge-behind"]


class Silent:
    name, bound = "s3://gone", "30 s"

    def get(self, name: str) -> None:
        raise StoreError("s3://gone: no answer (timed out); nothing was changed")


def test_a_store_that_does_not_answer_or_holds_nothing(tmp_path, made) -> None:
    ana, _ = made
    found = of_store(Silent(), ana.keys, LATER)  # type: ignore[arg-type]
    assert ([one.code for one in found.troubles], found.told["reachable"], found.pointer) == (["store-unreachable"], False, None)
    empty = of_store(VersionedStore(Folder(tmp_path / "empty")), ana.keys, LATER)
    assert ([one.code for one in empty.troubles], empty.told["reachable"]) == (["nothing-released"], True)


# --- edges ------------------------------------------------------------------------------------------------------------------


def document(store: VersionedStore, keys, **more: Any) -> dict[str, Any]:
    """What an edge says that follows this store."""
    known = releases.current(store, keys)
    told = {"bundle": known.live.bundle, "site": known.site, "bytes": known.live.size, "published": known.live.published, "age": 60, "refused": None}
    return {**told, "serial": known.serial, "canary": None, "shadow": None, "off": known.off, "formats": [known.live.format], "tessera": "0.1.0", "counts": {"bundle-loaded": 1}, **more}


SAID: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"serial": 1}, ["edge-behind"]),
    ({"serial": None}, ["edge-behind"]),  # it went by a pointer of old, which had no number
    ({"serial": 9}, ["edge-ahead"]),
    ({"serial": 1, "refused": "bundle rejected: wrong signature; sign and publish it again"}, ["edge-refused"]),
    ({"bundle": None, "refused": "no release is published"}, ["edge-no-bundle"]),
    ({"bundle": None, "refused": None}, ["edge-no-bundle"]),
    ({"bundle": "f" * 64}, ["edge-bundle"]),
    ({"site": "another"}, ["edge-site"]),
    ({"formats": [1, 2]}, ["edge-formats"]),
    ({"counts": {"log-lost": 2, "missing:hero": 5, "passed:status": 7, "never-heard-of": 1}}, ["count:log-lost", "count:missing:hero"]),
]  # fmt: skip


@pytest.mark.parametrize("said, codes", SAID, ids=lambda value: json.dumps(value) if isinstance(value, dict) else "")
def test_what_an_edge_says(store, made, said, codes) -> None:
    ana, _ = made
    found = of_edges([read("https://edge", document(store, ana.keys, **said))], releases.current(store, ana.keys), LATER)
    assert [one.code for one in found.troubles] == codes
    assert all(one.where == "https://edge" and one.says and one.do for one in found.troubles)


def test_edges_are_asked_also_where_the_store_is_silent(store, made) -> None:
    ana, _ = made
    found = of_edges([read("https://a", document(store, ana.keys, serial=1)), Answer("https://b", "timed out")], None, LATER)
    assert [one.code for one in found.troubles] == ["edge-unreachable"] and found.told["edges"][0]["behind"] is None


@pytest.mark.parametrize("found", [
    {"bundle": ["x"], "site": 5, "serial": True, "refused": {"a": 1}, "formats": "5", "counts": {"x": "many", "y": -1.5, "log-lost": True}, "canary": [], "tessera": None},
    {"bundle": "x\x1b[31m\n" + "y" * 9999, "formats": [[], None, "5"], "counts": {"\x1b" * 9: 1}, "serial": 2**70, "age": 1e400},
])  # fmt: skip
def test_an_answer_of_any_form_is_read(found) -> None:
    told = read("https://edge", found)
    assert (told.serial, told.formats, told.age) == (None, (), None) and "\x1b" not in repr(told) and len(told.bundle or "") <= 300
    assert not any(one.code.startswith("count:") for one in of_edges([told], None, LATER).troubles)


@contextmanager
def edge(*answers: tuple[int, bytes], wait: float = 0.0) -> Iterator[str]:
    """An edge that gives these answers one by one, the last for ever; its address."""
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            code, body = left.pop(0) if len(left) > 1 else left[0]
            if self.path != "/.well-known/tessera":
                code = 404
            self.send_response(code)
            self.send_header("location", "https://example.com/")
            self.send_header("content-length", str(len(body) + (1 if wait else 0)))
            self.end_headers()
            self.wfile.write(body)
            time.sleep(wait)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("code, body, wait, why", [
    (200, b'{"bundle": null, "counts": {}}', 0, None),
    (200, b"<h1>a shop</h1>", 0, "no Tessera"),
    (200, b'["bundle"]', 0, "no Tessera"),
    (200, b'{"bundle": null, "counts": 5}', 0, "no Tessera"),
    (200, b"[" * 200_000, 0, "no Tessera"),
    (200, b'{"bundle": "' + b"x" * 2_000_000, 0, "no Tessera"),
    (404, b"no", 0, "status 404"),
    (301, b"", 0, "status 301"),
    (503, b"{}", 0, "status 503"),
    (200, b"{", 2, "timed out|come to an end"),
])  # fmt: skip
def test_whatever_answers_is_bounded(code, body, wait, why) -> None:
    with edge((code, body), wait=wait) as url:
        started = time.monotonic()
        found = ask(url, timeout=0.5)
        assert time.monotonic() - started < 1.9
    assert found.why is None if why is None else re.search(why, found.why or ""), found


def test_nobody_answers() -> None:
    with edge((200, b"{}")) as url:
        pass
    assert "refused" in (ask(url, 1).why or "").lower()


def test_an_edge_that_is_behind_is_asked_once_more(store, made) -> None:
    """The first question makes it read the pointer, in the background."""
    old, new = (json.dumps(document(store, made[0].keys, serial=serial)).encode() for serial in (1, 2))
    with edge((200, old), (200, new)) as url:
        assert [one.serial for one in ask_all([url], 2, again=0.01)] == [2]
    with edge((200, old)) as one, edge((200, new)) as other:
        assert [told.serial for told in ask_all([one, other], 2, again=0.01)] == [1, 2]
    assert ask_all([], 2) == []


@pytest.mark.parametrize("url, place", [
    ("https://shop.example.com/", "https://shop.example.com"), ("shop.example.com", "https://shop.example.com"), ("http://127.0.0.1:8787/x?y", "http://127.0.0.1:8787"),
    ("file:///etc/passwd", None), ("https://ana:pw@shop.example.com", None), ("https://", None), ("https://[", None),
])  # fmt: skip
def test_addresses_of_edges(url, place) -> None:
    if place is not None:
        assert place_of(url) == place
        return
    with pytest.raises(ValueError):
        place_of(url)


# --- the log ----------------------------------------------------------------------------------------------------------------


def rows(count: int, lane: str | None = None, at: float = LATER - 60, name: str = "b" * 64, **more: Any) -> list[dict[str, Any]]:
    shared = {"at": at, "bundle": name, "page_status": "plan-hit", "fallbacks": [], "took": 12.0, **({"lane": lane} if lane else {}), **more}
    return [{**shared, "id": f"{lane}-{at}-{number}-{json.dumps(more)}", "slot": slot, "place": more.get("place", "spliced")} for number in range(count) for slot in ("hero", "strip")]


def written(folder: Path, told: list[dict[str, Any]], kind: str = "decisions") -> Path:
    path = folder / kind / f"date={datetime.fromtimestamp(LATER, timezone.utc):%Y-%m-%d}" / "a.ndjson"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in told))
    return folder


def judged(folder: Path, limits: Limits = Limits(), is_off: bool = False) -> Part:
    return of_log(health([str(folder)], LATER - 3600, LATER, folder), limits, is_off)


def test_a_log_is_counted_by_page_views_and_lanes(tmp_path) -> None:
    told = [
        *rows(90, "control"), *rows(10, "control", page_status="passed:error"), *rows(10, "canary", name="c" * 64, place="missing", took=900.0),
        *rows(5, None, fallbacks=["profile-late"]), *rows(3, "live", page_status="stale:origin", took=None), *rows(7, "live", at=LATER - 4000), *rows(1, at=LATER),
    ]  # fmt: skip
    written(tmp_path, [{"at": LATER - 30, "why": "not JSON"}, {"at": LATER - 9999, "why": "old"}], "dead")
    written(tmp_path, rows(50), "shadow")
    found = health([str(written(tmp_path, told))], LATER - 3600, LATER, tmp_path)
    assert found.total == Lane(None, None, 118, 10, 15, 10, 3, 12.0, 900.0) and (found.newest, found.dead_letters) == (LATER - 60, 1)
    assert found.lanes == (
        Lane("b" * 64, "control", 100, 10, 0, 10, 0, 12.0, 12.0), Lane("c" * 64, "canary", 10, 0, 10, 0, 0, 900.0, 900.0), Lane("b" * 64, "live", 8, 0, 5, 0, 3, 12.0, 12.0),
    )  # fmt: skip


@pytest.mark.parametrize("told, codes", [
    ([*rows(200)], []),
    ([*rows(200), *rows(1, page_status="passed:error")], []),
    ([*rows(200), *rows(2, page_status="passed:error")], ["log-errors"]),
    ([*rows(200), *rows(30, page_status="passed:status")], []),
    ([*rows(200), *rows(3, place="slot-unclosed")], ["log-fallbacks"]),
    ([*rows(90), *rows(5, page_status="passed:error")], []),  # too few to judge
    ([*rows(100, took=501.0)], ["log-slow"]),
    ([*rows(10_000, "control"), *rows(150, "canary", name="c" * 64, fallbacks=["profile-late"])], ["log-fallbacks", "log-fallbacks"]),
    ([*rows(100, at=LATER - 7200)], ["log-silent"]),
], ids=range(9))  # fmt: skip
def test_what_of_a_log_is_trouble(tmp_path, told, codes) -> None:
    assert [one.code for one in judged(written(tmp_path, told)).troubles] == codes


def test_where_nothing_is_personalised_nothing_need_be_logged(tmp_path) -> None:
    folder = written(tmp_path, rows(1, at=LATER - 7200))
    assert [one.code for one in judged(folder).troubles] == ["log-silent"] and judged(folder, is_off=True).troubles == ()
    assert [one.code for one in of_log(Health(0, 1, Lane(None, None, 0), (), None, 2), Limits(), True).troubles] == ["log-dead-letters"]


# --- the command ------------------------------------------------------------------------------------------------------------


def run(*words: str | Path) -> Any:
    return CliRunner().invoke(status, [str(word) for word in words])


@pytest.fixture
def asked(store, made, tmp_path) -> list[str]:
    """The options that name the store and whom to believe."""
    return ["--to", str(tmp_path / "store"), "--trust", str(made[0].key.with_suffix(".pub")), "--state", str(tmp_path / "state")]


@pytest.fixture
def elsewhere(tmp_path, monkeypatch) -> None:
    """No policy file and no local folder here."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TESSERA_PUBLIC_KEYS", raising=False)
    monkeypatch.delenv("TESSERA_SIGNING_KEY", raising=False)


def test_all_is_well(store, made, asked, elsewhere, tmp_path) -> None:
    now = time.time()
    folder = tmp_path / "log"
    day = folder / "decisions" / f"date={datetime.fromtimestamp(now, timezone.utc):%Y-%m-%d}"
    day.mkdir(parents=True)
    (day / "a.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows(5, "live", at=now - 10)))
    with edge((200, json.dumps(document(store, made[0].keys)).encode())) as url:
        done = run(*asked, "--edge", url, "--log", folder)
        assert (done.exit_code, done.stderr) == (0, "") and done.stdout.endswith("all is well\n")
        assert "2 of small" in done.stdout and "5 page views" in done.stdout and f"{url}: release 2" in done.stdout
        found = json.loads(run(*asked, "--edge", url, "--log", folder, "--json").stdout)
    assert found["well"] is True and not (tmp_path / "state").exists()
    assert keys_of(found) == documented()


def test_trouble_is_told_and_ends_with_1(store, made, asked, elsewhere) -> None:
    ana, bundles = made
    releases.publish(store, [bundles[2]], ana, canary=CanaryPlan(0.05, ("DE",), ("x-canary", SECRET)))
    changes.switch_off(store, ana, "legal asked")
    with edge((200, json.dumps(document(store, ana.keys, counts={"origin-failed": 3})).encode())) as url:
        done = run(*asked, "--edge", url)
        found = json.loads(run(*asked, "--edge", url, "--json").stdout)
        ignoring = run(*asked, "--edge", url, "--ignore", "off", "--ignore", "count:origin-failed")
    assert done.exit_code == 1 and done.stdout.endswith("2 troubles\n") and SECRET not in done.output + json.dumps(found)
    assert done.stderr.splitlines() == [
        "tessera: store: personalisation is switched off: legal asked; 'tessera releases on' ends it [off]",
        f"tessera: {url}: origin-failed happened 3 times in the isolate that answered; look at the origin [count:origin-failed]",
    ]
    assert [one["code"] for one in found["troubles"]] == ["off", "count:origin-failed"] and found["well"] is False
    assert ignoring.exit_code == 0 and "[off, ignored]" in ignoring.stderr


def test_edges_of_the_policy_are_asked_and_an_edge_that_is_gone(store, made, asked, elsewhere, tmp_path) -> None:
    with edge((200, b"{}")) as gone:
        pass
    with edge((200, json.dumps(document(store, made[0].keys)).encode())) as url:
        policy = tmp_path / "release.yaml"
        policy.write_text(f'targets:\n  production: {{to: "{tmp_path / "store"}", edges: ["{url}"]}}\n')
        done = run("--policy", policy, "--to", "production", *asked[2:], "--edge", gone, "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 1 and [one["url"] for one in found["edges"]] == [url, gone] and found["store"]["policy"] == "same"
    assert [(one["where"], one["code"]) for one in found["troubles"]] == [(gone, "edge-unreachable")]


@pytest.mark.parametrize("more, code, says", [
    (["--to", "nowhere:x"], 1, "no such kind of target"),
    (["--edge", "ftp://x"], 2, "no address of an edge"),
    (["--window", "soon"], 2, "is no time"),
    (["--log", "no-such-folder"], 1, "[log-unreadable]"),
    (["--trust", "KEYLESS"], 2, "is no public key"),
])  # fmt: skip
def test_what_cannot_be_asked_is_one_line(asked, elsewhere, tmp_path, more, code, says) -> None:
    (tmp_path / "KEYLESS").write_text("this is:none")
    done = run(*asked, *more)
    assert done.exit_code == code and says in done.stderr and "Traceback" not in done.output


def test_nobody_is_believed_by_chance(asked, elsewhere) -> None:
    done = run(*asked[:2], *asked[4:])
    assert done.exit_code == 2 and "say whose with --trust" in done.stderr


# --- what is written of it --------------------------------------------------------------------------------------------------


def table(mark: str) -> list[list[str]]:
    below = (ROOT / "docs" / "operations.md").read_text().split(f"<!-- {mark} -->\n", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in below.splitlines()[2:]]


def names(mark: str, column: int = 0) -> list[str]:
    return [name for row in table(mark) for name in re.findall(r"`([^`]+)`", row[column])]


def documented() -> set[str]:
    return set(names("status: keys"))


def keys_of(found: dict[str, Any]) -> set[str]:
    """The keys of a report, with a dot before those below."""
    told = set(found) | {f"store.{key}" for key in found["store"]} | {f"edges.{key}" for key in found["edges"][0]}
    return told | {f"log.{key}" for key in found["log"]} | {f"log.lanes.{key}" for key in found["log"]["lanes"][0]}


@pytest.mark.parametrize("page", ["operations", "infrastructure"])
def test_commands_in_tables_and_sentences_exist(page) -> None:
    """Those in fenced blocks tests/test_docs.py looks at."""
    told = re.findall(r"`tessera ([^`]+)`", re.sub(r"^```.*?^```$", "", (ROOT / "docs" / f"{page}.md").read_text(), flags=re.M | re.S))
    assert len(told) > 15
    for words in map(str.split, told):
        found: click.Command | None = {**main.commands, **{one.name: one for one in (status, diff, provenance, sbom)}}.get(words[0])
        if isinstance(found, click.Group) and len(words) > 1 and words[1] in found.commands:
            found = found.commands[words[1]]
        assert found is not None, words
        assert {word for word in words if word.startswith("--")} <= {option for parameter in found.params for option in parameter.opts}, words


def test_the_queries_run(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "log", [*rows(3, "live", page="home"), *rows(2, "canary", page="home", place="missing", fallbacks=["profile-late"], page_status="passed:error")])
    queries = re.findall(r"^```sql\n(.*?)^```$", (ROOT / "docs" / "operations.md").read_text(), re.M | re.S)
    found = [duckdb.execute(query).fetchall() for query in queries]
    assert [len(rows_) for rows_ in found] == [2, 1, 2, 1] and found[0][0][1:] == ("b" * 64, "live", 3, 0, 0, 12.0) and found[3] == [("profile-late", 2)]


def test_every_code_is_documented() -> None:
    source = "".join((ROOT / "compiler" / name).read_text() for name in ("status.py", "cli_status.py"))
    codes = set(re.findall(r'(?:_trouble|trouble|Trouble)\((?:"log", )?"([a-z-]+)"', source)) - {"log", "store"}
    assert len(codes) > 15 and codes | {"count:…"} == set(names("status: codes"))


def test_every_count_of_the_edge_is_known_and_documented() -> None:
    files = [*(ROOT / "edge").glob("*.mjs"), *(ROOT / "edge").glob("*.py")]
    glue = "".join(path.read_text() for path in files)
    counted = set(re.findall(r'\b(?:note|count|say)\(f?["`\']([a-z]+(?:-[a-z]+)*)[:"`\']', glue)) | set(re.findall(r'"(slot-[a-z]+|missing)"', glue))
    assert counted <= COUNTS.keys(), counted - COUNTS.keys()
    assert set(names("status: counts")) == {name for name, (kind, _) in COUNTS.items() if kind == "trouble"}


@pytest.mark.parametrize("seconds, words", [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172_800, "2 d"), (None, "an unknown time")])
def test_times_as_people_say_them(seconds, words) -> None:
    assert spoken(seconds) == words
