"""What the API's benchmark compares is the same: both forms of the flags say what a plain reading of their rules says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import flags
from benchmarks.api import CASES, PEER, Wrong, check
from compiler.api_keys import generate
from compiler.frontends import flagd
from compiler.pipeline import compile_site
from tests.conformance.flags import compiled
from tessera import ofrep
from tessera.bundle import load, unseal
from tessera.resolved import Bundle

COUNT = 50


def asked(bundle: Bundle, context: dict) -> dict:
    told = {
        "family": "ofrep", "method": "POST", "path": ["evaluate", "flags"], "query": {}, "headers": {}, "text": json.dumps({"context": context}),
        "role": "reader", "subject": "k", "at": 1_795_000_000.0, "nonce": "n",
    }  # fmt: skip
    return {flag["key"]: flag["value"] for flag in json.loads(ofrep.answer(bundle, told).split("\x1e")[1])["flags"]}


def holds(flag: flags.Flag, context: dict) -> bool:
    value = context[flag.attribute]
    return value >= flag.value if flag.attribute == "orders" else value == flag.value


def site(folder: Path, count: int) -> Bundle:
    for name, text in flags.site(count).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return load(unseal(compile_site(folder, shown="").bundle))


def calls(bundle: Bundle) -> float:
    """Calls of functions, Python's and C's, for each bulk request."""
    count = 0

    def tally(frame, event, arg):
        nonlocal count
        count += event in ("call", "c_call")

    for context in flags.contexts()[:40]:
        asked(bundle, context)  # what is made once is not counted
    before = sys.getprofile()
    sys.setprofile(tally)
    try:
        for context in flags.contexts()[:40]:
            asked(bundle, context)
    finally:
        sys.setprofile(before)
    return count / 40


def test_what_a_further_flag_costs(tmp_path: Path):
    """The same on every machine: what is told of a decision is not made again."""
    few, many = calls(site(tmp_path / "few", 5)), calls(site(tmp_path / "many", 350))
    assert few < 600 and (many - few) / 345 < 4, (few, many)


def test_both_forms_say_what_the_rules_say(tmp_path: Path):
    ours = site(tmp_path / "site", COUNT)
    theirs = compiled(flagd.read(json.dumps(flags.flagd(COUNT))), tmp_path / "flagd")
    split = 0
    for context in flags.contexts():
        one, other = asked(ours, context), asked(theirs, context)
        assert one.keys() == other.keys() == {flag.key for flag in flags.flags(COUNT)}
        for flag in flags.flags(COUNT):
            if not flag.is_split:
                assert one[flag.key] is other[flag.key] is (flag.has_rule and holds(flag, context))
            elif flag.has_rule and not holds(flag, context):
                assert one[flag.key] is other[flag.key] is False
            split += flag.is_split and one[flag.key]
    assert split > 100


def test_flags_are_of_every_kind_and_the_same_each_time():
    assert {flag.kind for flag in flags.flags(5)} == set(flags.KINDS) and flags.flags(350) == flags.flags(350)
    assert flags.flags(350)[:5] == flags.flags(5) and len(flags.contexts()) == flags.VISITORS


def test_requests_are_whole():
    for case in CASES:
        for ask in case.asks(generate("reader", "tests")):
            head, _, body = ask.request.partition(b"\r\n\r\n")
            assert f"Content-Length: {len(body)}".encode() in head and json.loads(body)


def test_other_answers_than_the_peers_are_noticed(monkeypatch):
    same = {"flags": [{"key": flag.key, "value": False} for flag in flags.flags(5)]}
    other = {"flags": [{"key": flag.key, "value": flag.key == "flag-001"} for flag in flags.flags(5)]}
    for theirs, wrong in ((same, False), (other, True), ({"flags": same["flags"][1:]}, True)):
        monkeypatch.setattr("benchmarks.api._bodies", lambda running, asks: iter([running]))
        if wrong:
            with pytest.raises(Wrong):
                check(CASES[0], {"tessera": same, PEER: theirs}, [])
        else:
            check(CASES[0], {"tessera": same, PEER: theirs}, [])
