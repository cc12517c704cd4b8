"""What the decision benchmark compares is the same: every engine makes the reference's decisions of the same rules."""

from __future__ import annotations

import pytest

from benchmarks import native
from benchmarks.decide import bundles, check, expected, same_arms
from benchmarks.native import Chosen, Engine
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
