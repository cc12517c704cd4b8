"""What the benchmarks compare is the same: engines make the reference's decisions of the same rules, workers serve one page."""

from __future__ import annotations

import tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Iterator

import pytest

from benchmarks import native, page_checks, page_site, score
from benchmarks.decide import bundles, check, expected, same_arms
from benchmarks.native import Chosen, Engine
from benchmarks.page import CONNECTIONS, GROWTHBOOK, OURS, PEERS, Bench, rows
from benchmarks.page_checks import Wrong
from benchmarks.page_mix import mixed
from benchmarks.page_traffic import Ask, Traffic
from benchmarks.page_workers import Running, Worker, Workshop, pieces
from benchmarks.workload import SLOTS, VISITORS, Workload, workload
from tessera.bundle import load, unseal

SIZE = 100


@pytest.fixture(scope="module")
def work() -> Workload:
    return workload(SIZE)


@pytest.fixture(scope="module")
def compiled(work: Workload) -> tuple[bytes, bytes]:
    return bundles(work)


def answers(engine: Engine, work: Workload) -> list[list[Chosen]]:
    return [engine.read(answer) for answer in engine.run([engine.ready(visitor) for visitor in work.visitors])]


def test_a_seed_makes_one_workload() -> None:
    assert workload(SIZE, seed=1) == workload(SIZE, seed=1) != workload(SIZE, seed=2)


def test_the_workload_is_what_its_module_says(work: Workload) -> None:
    rules = list(work.rules())
    assert (len(rules), len(work.slots), len(work.visitors)) == (SIZE, len(SLOTS), VISITORS)
    assert {len(rule.tests) for rule in rules} == {2, 3, 4}
    assert sum(rule.experiment is not None for rule in rules) == -(-SIZE // 3)


def test_tessera_decides_as_the_reference(work: Workload, compiled: tuple[bytes, bytes]) -> None:
    for bundle in compiled:
        check("tessera", expected(work), answers(native.tessera(load(unseal(bundle))), work))


def test_growthbook_gives_the_same_arms_by_the_same_hash(work: Workload, compiled: tuple[bytes, bytes]) -> None:
    ours = answers(native.tessera(load(unseal(compiled[1]))), work)
    for engine in native.growthbook(work):
        check(engine.form, expected(work), answers(engine, work))
        same_arms(ours, answers(engine, work), engine.form)


def test_zen_decides_as_the_reference(work: Workload) -> None:
    for engine in native.zen(work):
        check(engine.form, expected(work), answers(engine, work))


def test_a_wrong_answer_stops_the_benchmark(work: Workload) -> None:
    wrong = [[Chosen("rule_0", "hero_a")] * len(SLOTS)] * VISITORS
    with pytest.raises(SystemExit, match="disagrees for visitor 0, slot hero"):
        check("an engine", expected(work), wrong)


# --- pages ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    with tempfile.TemporaryDirectory() as folder:
        yield Workshop(Path(folder))


@pytest.fixture(scope="module")
def asks(workshop: Workshop) -> dict[str, list[Ask]]:
    return {path: workshop.asks(path) for path in page_site.PATHS}


@pytest.mark.parametrize("size", page_site.PATHS.values())
def test_the_page_has_its_size_and_its_pieces_leave_out_the_slots_alone(size: int) -> None:
    page = page_site.page(size)
    assert not page.isascii() and len(page.encode()) == size
    at, found = 0, pieces(size)
    assert len(found) == len(page_site.SLOTS) + 1
    for piece in found:
        at = page.index(piece, at) + len(piece)
    assert at == len(page)


@pytest.mark.parametrize(("stored", "direct"), [(False, True), (True, True), (True, False)])
def test_tessera_serves_the_page_that_the_benchmark_measures(
    workshop: Workshop, asks: dict[str, list[Ask]], stored: bool, direct: bool
) -> None:
    with Running(workshop.tessera(stored=stored, direct=direct)) as running:
        page_checks.check_tessera(running, asks, stored=stored)
        with pytest.raises(Wrong, match="page views"):
            page_checks.check_logged(running, 1, stored=stored)


def test_the_peers_serve_the_page_that_the_benchmark_measures(workshop: Workshop, asks: dict[str, list[Ask]]) -> None:
    fixed = [Running(workshop.peer(mode)) for mode in ("join-texts", "join-bytes", "htmlrewriter")]
    with fixed[0], fixed[1], fixed[2], Running(workshop.peer("growthbook", **GROWTHBOOK)) as growthbook:
        page_checks.check_fixed(fixed, asks)
        page_checks.check_growthbook(growthbook, asks["/"])
        with pytest.raises(Wrong, match="is not the page"):
            page_checks.check_fixed([growthbook], asks)


def test_a_round_tells_the_cpu_of_the_worker(workshop: Workshop, asks: dict[str, list[Ask]]) -> None:
    with Running(workshop.peer("static")) as running:
        figures, each = Bench({"static": running}, asks).ask("static", "/", 4, 100)
        assert (figures.answered, figures.errors, len(figures.first)) == (100, 0, 100)
        assert 0.01 < each < 20
        with Traffic(running.port, [Ask(asks["/"][0].request, ending=b"something else")], 2) as traffic:
            assert traffic.sustain(500, 0.1).errors == 50


def test_a_worker_that_does_not_start_says_why() -> None:
    with pytest.raises(RuntimeError, match="(?s)workerd did not start broken:.*Modules list cannot be empty"):
        Running(Worker("broken", (), {})).__enter__()


def test_a_row_counts_the_better_form_of_a_peer() -> None:
    forms = {form: 2.0 + number for forms in PEERS.values() for number, form in enumerate(forms)}
    cpu = {(name, connections): figure for name, figure in {**forms, **dict.fromkeys(OURS, 1.0)}.items() for connections in CONNECTIONS}
    first = {(name, path): 1.0 for name in ("tessera", "static") for path in page_site.PATHS}
    found = {(row.case, row.peer): row.ratio for row in rows(cpu, first)}
    assert {peer for _, peer in found} >= set(PEERS)
    assert {ratio for (case, _), ratio in found.items() if "known" in case} == {2.0}


CHUNKED = b"5\r\n<p>\r\n\r\n7\r\n</html>\r\n0\r\n\r\n"


class Chunks(BaseHTTPRequestHandler):
    """Answers in chunks, one of which holds a line break where a chunk could end."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.wfile.write(CHUNKED)

    def log_message(self, *_: object) -> None:
        pass


def test_answers_in_chunks_are_read_whole() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Chunks)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        with Traffic(server.server_port, [Ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")], 1) as traffic:
            assert traffic.one() == b"<p>\r\n</html>"
            assert traffic.run(3).errors == 0
    finally:
        server.shutdown()
        server.server_close()


def test_the_mix_has_every_kind_of_request(asks: dict[str, list[Ask]]) -> None:
    found = mixed(asks["/"], asks["/large"])
    assert found == mixed(asks["/"], asks["/large"])
    kinds = {(ask.request[:4], ask.status, b"Cookie:" in ask.request, b"tessera_consent=" in ask.request) for ask in found}
    assert len(kinds) >= 5 and {ask.status for ask in found} == {200, 404}
    assert {ask.request[:4] for ask in found} == {b"GET ", b"HEAD", b"POST"}


# --- scores ---------------------------------------------------------------------------------------------------------


def test_the_kernel_in_workerd_and_its_peers_find_the_same(tmp_path: Path) -> None:
    """With filters and boosts too, and after Python's memory grew; through the product's own crossing."""
    with score.Worker(tmp_path) as worker:
        for n in (20, 100, 3_000):
            given = score.catalogue(n)
            assert worker.take(given) >= len(given.body)
            score.check(worker, given)
        assert worker.seconds("best", 30_000) > 0
        assert score.reading(given, score.ctypes.CDLL(str(score.compiled(tmp_path, "native"))))() != 0
