"""Emitting: the same program gives the same bytes, on every machine and in every process; what is alike is written once."""

import os
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from compiler.emit import emit
from tests.edge.sites import ALWAYS, TYPES, attribute, both, bundle, ir, is_, program, rule, shop, slot
from tessera.bundle import ALIGN, MAX_BYTES, load, unseal

ROOT = Path(__file__).resolve().parents[2]
NAMES = "from hashlib import sha256; from compiler.emit import emit; from tests.edge.sites import shop; print(sha256(emit(shop())).hexdigest())"


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_the_bytes_do_not_depend_on_the_process(seed):
    done = subprocess.run(
        [sys.executable, "-c", NAMES], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == sha256(emit(shop())).hexdigest()


def test_the_same_program_gives_the_same_bytes():
    assert emit(shop()) == emit(shop())


@pytest.mark.parametrize(
    "change",
    [
        {"hosts": ("other.example",)},
        {"holdout": (50_000, "h2")},
        {"holdout": None},
        {"lists": (("partners", ("acme.com",)),)},
        {"log_purpose": None},
        {"deadline": 30},
        {"reads": ()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_program_has_another_name(change):
    assert unseal(emit(replace(shop(), **change))).name != unseal(emit(shop())).name


def test_equal_tests_terms_and_contents_are_written_once():
    rules = tuple(rule(f"r{i}", both(is_("visitor.plan", "a"), is_("visitor.age", i % 2, "gt")), "a") for i in range(10))
    site = bundle(program(slot("one", rules), slot("two", rules)))
    assert site.postings.terms == (("visitor.plan", "", False), ("visitor.age", "", True))
    assert len(site.postings.questions) == 3 and site.postings.conjunctions == 22  # of the rules and two defaults
    assert len(site.contents) == 2


def test_a_rule_that_can_never_hold_keeps_its_place():
    never = both(is_("visitor.plan", "a"), is_("visitor.plan", "b"))
    site = bundle(program(slot("hero", (rule("never", never, "a"), rule("always", ALWAYS, "a")))))
    assert [(r.name, r.mask) for r in site.rules] == [("never", 0), ("always", 0b10)]


def test_conjunctions_are_numbered_from_the_last_rule_to_the_first():
    two = rule("two", ir.Call("or", (is_("visitor.plan", "a"), is_("visitor.age", 1))), "a")
    site = bundle(program(slot("one", (two, rule("x", ALWAYS, "a"))), slot("two", (rule("y", ALWAYS, "b"),))))
    assert [r.mask for r in site.rules] == [0b110000, 0b001000, 0b000010]  # bits 2 and 0 are the defaults'
    assert [s.mask for s in site.slots] == [0b111000, 0b000010] and list(site.rule_of) == [-1, 2, -1, 1, 0, 0]


@pytest.mark.parametrize("size", [ALIGN, 10_000])
def test_raw_sections_arrive_byte_for_byte(size):
    rows = (bytes(range(128)) * (size // 128 + 1))[:size]
    model = ir.Model("m", "1", "int8", "visitor.recent", 60.0, size, (("rows", rows), ("scales", b"\0\0\x80?")))
    site = bundle(program(slot("hero"), item_ids=("a",), models=(model,)))
    assert site.kernel.row(site.models[0].handle, 0) == (rows, 1.0) and site.sizes["models/m/rows"] == size


def test_a_large_site_is_still_read():
    ids = tuple(f"item-{n}" for n in range(20_000))
    site = emit(program(slot("hero"), item_ids=ids, models=(ir.Model("m", "1", "int8", "visitor.recent", 60.0, 64, (("rows", bytes(64 * 20_000)), ("scales", bytes(4 * 20_000)))),)))
    assert len(site) < MAX_BYTES and len(load(unseal(site)).items.ids) == 20_000


@pytest.mark.parametrize("default", [None, True, 3, 0.5, "text", ("a", "b")])
def test_defaults_arrive(default):
    site = bundle(program(slot("hero"), attributes=(attribute("visitor.plan", default=default),)))
    assert site.attributes["visitor.plan"].default == default


def test_everything_declared_arrives():
    site = bundle(program(slot("hero")))
    assert {name: a.type for name, a in site.attributes.items()} == TYPES
