"""`tessera check --live`: a site's pages at a real origin, looked at by the edge's own modules in workerd."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any, Mapping

import pytest

from compiler import live
from compiler.cache_policy import lint
from compiler.diagnostics import CODES
from compiler.origins import OriginUnreachable, origin_of, reach
from compiler.pipeline import compile_site
from compiler.terminal import count
from host.inspector import Ask, inspect
from tests.compiler.commands import refused, run
from tests.golden.cases import UPDATE, Case, apply, base_site
from tests.golden.live_cases import ADDRESSES, RIGHT, answer, live_cases
from tests.site.origin import Origin, Told

CASES = live_cases()


class Looked:
    """Sites and what was seen of their pages; all are looked at together, since workerd takes a second to start."""

    def __init__(self, folder: Path, origin: Origin) -> None:
        self.folder, self.origin = folder, origin
        self._sites: dict[str, tuple[Any, list[live.Address], list[str]]] = {}
        self._asks: list[Ask] = []
        self._names: list[str] = []

    def add(self, name: str, compiled: Any, told: Mapping[str, Any]) -> None:
        given = [live.Address(*each.split("=")) for each in told.get("addresses", ADDRESSES)]
        asked, unknown = live.addresses(compiled, given)
        self._sites[name] = (compiled, asked, unknown)
        placed = live.places_of(compiled)
        for address in asked:
            status, headers, body = answer(told.get("pages", {}).get(address.path, {}))
            kind = headers.pop("content-type")
            self.origin.pages[f"/{name}{address.path}"] = Told(body, status, kind, list(headers.items()))
            self._asks.append(Ask(f"/{name}{address.path}", tuple((spot.selector, spot.operation) for spot in placed[address.page])))
            self._names.append(name)

    def judged(self) -> dict[str, str]:
        """All messages of each site, as `check` prints them."""
        seen = dict(inspect(self.origin.url, self._asks))
        found = {}
        for name, (compiled, asked, unknown) in self._sites.items():
            own = [seen[number] for number, other in enumerate(self._names) if other == name]
            live.judge(compiled, asked, own, unknown)
            found[name] = f"{compiled.diagnostics.render()}\n\nsite: {count(compiled.diagnostics)}\n" if compiled.diagnostics.items else ""
        return found


@pytest.fixture(scope="module")
def judged(tmp_path_factory) -> dict[str, str]:
    with Origin() as origin:
        looked = Looked(tmp_path_factory.mktemp("sites"), origin)
        for case in CASES:
            site = base_site(looked.folder / case.name)
            apply(site, case.edits)
            looked.add(case.name, compile_site(site, "site"), case.edits)
            apply(site, case.mend)
            looked.add(f"{case.name}-mended", compile_site(site, "site"), {**case.edits, **case.mend})
        return looked.judged()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_message(case: Case, judged):
    if UPDATE:
        case.rewrite(judged[case.name])
    else:
        assert judged[case.name] == case.expect
    assert f" {case.code} " in judged[case.name]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_fix_mends_it(case: Case, judged):
    assert judged[f"{case.name}-mended"] == ""


def test_every_code_has_a_case():
    assert {case.code for case in CASES} == {code for code in CODES if code.startswith("E09") or code.startswith("W02")}


# --- the command -------------------------------------------------------------------------------------------------------

PAGE = Told(RIGHT.encode(), etag='"right"')


@pytest.fixture
def origin():
    with Origin({"/": PAGE, "/p/1": PAGE, "/p/2": PAGE}) as running:
        yield running


def test_a_right_site(site, origin):
    result = run("check", "site", "--live", origin.url, "--page", "product=/p/1", "--page", "product=/p/2", "--strict")
    assert (result.exit_code, result.stdout) == (0, "site: 3 pages looked at: no errors\n")
    lines = sorted(line.partition("] ")[2] for line in result.stderr.splitlines())
    size = f"200, {len(RIGHT)} bytes"
    assert lines == [f"home /: {size}", f"product /p/1: {size}", f"product /p/2: {size}"]
    assert [line[:6] for line in result.stderr.splitlines()] == ["[1/3] ", "[2/3] ", "[3/3] "]


def test_what_is_wrong_is_told_as_json_and_fails(site, origin):
    origin.pages["/"] = Told(b"<head></head><p>nothing here</p>", etag='"1"')
    result = run("check", "site", "--live", origin.url, "--json")
    assert result.exit_code == 1
    rows = json.loads(result.stdout)
    assert [(row["code"], row["severity"], row["file"]) for row in rows] == [
        ("W020", "warning", "site/site.yaml"), ("E092", "error", "site/slots/hero.yaml"), ("E092", "error", "site/slots/shelf.yaml"),
    ]  # fmt: skip
    assert "'#hero' matches nothing on the page 'home' (/)" == rows[1]["message"]
    assert (rows[1]["line"], rows[1]["column"]) == (1, 31)


def test_warnings_fail_only_where_it_is_strict(site, origin):
    origin.pages["/"] = Told(RIGHT.encode())
    asked = ("check", "site", "--live", origin.url, "--page", "product=/p/1")
    assert run(*asked).exit_code == 0
    assert run(*asked, "--strict").exit_code == 1
    (Path("site") / "notes.yaml").write_text("a: 1\n")
    assert (run("check", "site").exit_code, run("check", "site", "--strict").exit_code) == (0, 1)


def test_addresses_of_pages_with_parameters_come_from_scenarios(site, origin):
    scenarios = Path("site/scenarios/core.yaml")
    scenarios.write_text(scenarios.read_text() + "  - {name: a product, page: '/p/2?utm_source=x#top', expect: {shelf: {level: default}}}\n")
    result = run("check", "site", "--live", f"localhost:{origin.port}")
    assert result.exit_code == 0 and "product /p/2?utm_source=x: 200" in result.stderr, result.output
    assert origin.last("/p/2").path == "/p/2?utm_source=x"


def test_an_origin_below_a_folder(site, origin):
    origin.pages |= {"/shop/": PAGE, "/shop/p/1": PAGE}
    result = run("check", "site", "--live", f"{origin.url}/shop/", "--page", "product=/p/1")
    assert result.exit_code == 0, result.output
    assert {asked.path for asked in origin.asked} == {"/shop/", "/shop/p/1"}


def test_what_cannot_be_asked(site, origin):
    assert refused("check", "site", "--page", "home=/", code=2) == "tessera: --page goes with --live URL"
    assert refused("check", "site", "--live", origin.url, "--page", "home", code=2).startswith("tessera: --page is written NAME=/path")
    assert refused("check", "site", "--live", origin.url, "--page", "hom=/", code=2).endswith("the site has no page 'hom'; its pages are home, product")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    line = refused("check", "site", "--live", f"http://127.0.0.1:{port}")
    assert line == f"tessera: http://127.0.0.1:{port} does not answer (connection refused); is the site running, and is this its address?"


def test_a_wrong_site_is_told_before_any_page_is_asked_for(site, origin):
    (Path("site") / "slots" / "hero.yaml").write_text("nothing: 1\n")
    result = run("check", "site", "--live", origin.url)
    assert result.exit_code == 1 and origin.asked == []


@pytest.mark.parametrize("told, origin_is", [
    ("http://localhost:3000", "http://localhost:3000"), ("https://www.example.com/", "https://www.example.com"), ("localhost:3000", "http://localhost:3000"),
    ("https://example.com/shop/", "https://example.com/shop"), ("http://[::1]:8000", "http://[::1]:8000"),
])  # fmt: skip
def test_addresses_of_origins(told, origin_is):
    assert origin_of(told) == origin_is


@pytest.mark.parametrize("told", ["", "ftp://example.com", "http://", "https://a:b@example.com", "http://example.com/?a=1", "http://example.com#a", "http://x:99999", "http://[::1", "file:///etc"])
def test_what_is_no_origin(told):
    with pytest.raises(OriginUnreachable, match="is not the address of a site"):
        origin_of(told)


def test_an_origin_that_answers_anything_is_reached(origin):
    origin.pages["/"] = Told(b"", 500)
    reach(origin.url)
    origin.pages["/"] = Told(b"", 302, headers=[("location", "http://nowhere.invalid/")])
    reach(origin.url)


KEPT = {"kept": True, "fresh": 60}
ASKED = {"kept": True, "fresh": 0}


@pytest.mark.parametrize("headers, freshness, codes", [
    ({"cache-control": "max-age=60"}, KEPT, []),
    ({"etag": '"1"'}, ASKED, []),
    ({"etag": '"1"', "set-cookie": "a=1"}, ASKED, []),
    ({"etag": '"1"', "set-cookie": "a=1", "cache-control": "no-cache"}, ASKED, []),
    ({"etag": '"1"', "set-cookie": "a=1", "cache-control": "max-age=0"}, ASKED, []),
    ({"set-cookie": "a=1", "cache-control": "max-age=60"}, ASKED, ["W021"]),
    ({"set-cookie": "a=1", "expires": "Wed, 01 Jan 2031 00:00:00 GMT"}, ASKED, ["W021"]),
    ({"vary": "accept-encoding , USER-AGENT", "etag": '"1"'}, ASKED, ["W022"]),
    ({"vary": "*"}, {"kept": False, "fresh": 0}, ["W022"]),
    ({"cache-control": "private"}, {"kept": False, "fresh": 0}, ["W023"]),
    ({"last-modified": "Mon, 02 Nov 2026 10:00:00 GMT"}, ASKED, ["W024"]),
    ({"cdn-cache-control": "max-age=60", "cache-control": "max-age=60"}, KEPT, ["W025"]),
    ({"cache-control": "max-age=60, S-MaxAge=5"}, KEPT, ["W025"]),
    ({"content-security-policy": "script-src 'nonce-a'", "etag": '"1"'}, ASKED, ["W026"]),
    ({"content-security-policy": "script-src 'nonce-a'", "cache-control": "no-store"}, {"kept": False, "fresh": 0}, ["W023"]),
])  # fmt: skip
def test_what_is_said_of_headers(headers, freshness, codes):
    assert [code for code, _, _ in lint(list(headers.items()), freshness)] == codes


def test_many_pages_are_looked_at():
    """More questions and answers than pipes hold."""
    with Origin() as origin:
        origin.pages = {f"/{n}": Told(RIGHT.encode()) for n in range(100)}
        seen = dict(inspect(origin.url, [Ask(f"/{n}", (("#hero", "inner"),) * 20) for n in range(100)]))
    assert {one.fates[0].status for one in seen.values()} == {"spliced"} and len(seen) == 100
