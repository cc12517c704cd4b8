"""What somebody changes who can write the store: pointer, copy, log, approvals, bundles. Each is found, and told by an error of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from compiler.releases import approvals, changes, entries, upkeep
from compiler.releases import publish as releases
from compiler.releases.documents import Tampered, sealed
from compiler.releases.files import Folder
from compiler.releases.policy import Person, digest
from compiler.releases.publish import Author
from compiler.releases.stores import POINTER
from compiler.releases.versions import VersionedStore
from compiler.sign import public_of
from tests.releases.sites import author, bundle, name_of


@dataclass
class Kept:
    """A folder with three releases of Ana's, the last of which lars has approved; and somebody with another key."""

    root: Path
    store: VersionedStore
    ana: Author
    mallory: Author
    lars: Author
    bundles: list[bytes]
    policy: dict[str, Any]

    def pointer_file(self) -> Path:
        return max((self.root / "releases" / "current.json.versions").iterdir())

    def entry_file(self, back: int) -> Path:
        known = releases.current(self.store, self.ana.keys)
        name = known.head
        for entry in entries.walk(self.store, known.head, known.serial, self.ana.keys):
            if back == 0:
                break
            name, back = entry.previous, back - 1
        return self.root / "releases" / "log" / f"{name}.json"

    def bundle_file(self, number: int) -> Path:
        return self.root / "bundles" / f"{name_of(self.bundles[number])}.tessera"

    def approval_file(self) -> Path:
        return self.root / "releases" / "approvals" / name_of(self.bundles[2]) / "lars.json"


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    people = [author(tmp_path, who) for who in ("ana", "mallory", "lars")]
    bundles = [bundle(tmp_path / "sites", people[0].key, f"number {number}") for number in range(4)]
    store = VersionedStore(Folder(tmp_path / "store"))
    policy = {"target": "production", "needs": ["legal"], "people": {"lars": {"groups": ["legal"], "key": public_of(people[2].key)}}}
    lars = Person("lars", ("legal",), public_of(people[2].key))
    for data in bundles[:2]:
        releases.publish(store, [data], people[0])
    approvals.approve(store, name_of(bundles[2]), "production", digest(policy), lars, people[2].key, people[2].clock())
    releases.publish(store, [bundles[2]], people[0], policy=policy)
    return Kept(tmp_path / "store", store, *people, bundles, policy)


def flip(path: Path, find: bytes, put: bytes) -> None:
    content = path.read_bytes()
    assert find in content
    path.write_bytes(content.replace(find, put, 1))


def forge_pointer(kept: Kept) -> None:
    told = releases.current(kept.store, kept.ana.keys)
    kept.pointer_file().write_bytes(sealed("pointer", told.payload(), kept.mallory.key))


def lie_in_pointer(kept: Kept) -> None:
    """With the right key: the pointer goes back without the log saying so."""
    told = releases.current(kept.store, kept.ana.keys)
    kept.pointer_file().write_bytes(sealed("pointer", replace(told, live=told.retained[0]).payload(), kept.ana.key))


def forge_entry(kept: Kept) -> None:
    """An entry by another key, under the name that the chain has."""
    path = kept.entry_file(1)
    payload = json.loads(json.loads(path.read_bytes())["payload"])
    path.write_bytes(sealed("entry", payload | {"who": "nobody"}, kept.mallory.key))


def older_pointer(kept: Kept) -> None:
    """What was the pointer once, as the newest."""
    versions = sorted((kept.root / "releases" / "current.json.versions").iterdir())
    versions[-1].write_bytes(versions[0].read_bytes())


def approval_by_another(kept: Kept) -> None:
    payload = {"bundle": name_of(kept.bundles[2]), "target": "production", "policy": digest(kept.policy), "who": "lars", "at": "", "why": ""}
    kept.approval_file().write_bytes(sealed("approval", payload, kept.mallory.key))


def approval_of_another(kept: Kept) -> None:
    """Lars's own signature, of another bundle."""
    payload = {"bundle": name_of(kept.bundles[0]), "target": "production", "policy": digest(kept.policy), "who": "lars", "at": "", "why": ""}
    kept.approval_file().write_bytes(sealed("approval", payload, kept.lars.key))


TAMPERING: dict[str, tuple[Callable[[Kept], Any], str]] = {
    "a word of the pointer": (lambda k: flip(k.pointer_file(), b'\\"site\\":\\"small\\"', b'\\"site\\":\\"smell\\"'), "the pointer of {store} was changed after it was signed by the key"),
    "a pointer by another key": (forge_pointer, "the pointer of {store} is signed by the key {mallory}, which is not among those that are trusted"),
    "a pointer that is none": (lambda k: k.pointer_file().write_bytes(b"{}"), "the pointer of {store} is no signed document"),
    "a pointer that was live once": (older_pointer, "somebody has put an older pointer back"),
    "a pointer that the log does not know of": (lie_in_pointer, "one of them was forged by somebody with a key"),
    "the copy alone": (lambda k: (k.root / POINTER).write_bytes(b"{}"), "the pointer's copy for the edges is no signed document"),
    "a copy by another key": (lambda k: (k.root / POINTER).write_bytes(sealed("pointer", {}, k.mallory.key)), "the pointer's copy for the edges is signed by the key {mallory}"),
    "a word of the log": (lambda k: flip(k.entry_file(1), b'\\"who\\":\\"ana\\"', b'\\"who\\":\\"eve\\"'), "of the release log ({second}) was changed: its bytes do not have its name"),
    "an entry by another key": (forge_entry, "of the release log ({second}) was changed"),
    "an entry that is gone": (lambda k: k.entry_file(1).unlink(), "of the release log ({second}) is missing: somebody has removed it"),
    "a byte of the live bundle": (lambda k: flip(k.bundle_file(2), b"number 2", b"number 9"), "the bundle {live} in {store} was changed: bundle rejected: the body does not match its digest"),
    "a byte of a retained bundle": (lambda k: flip(k.bundle_file(0), b"number 0", b"number 9"), "the bundle {first} in {store} was changed"),
    "another bundle in its place": (lambda k: k.bundle_file(1).write_bytes(k.bundles[3]), "in {store} was replaced by"),
    "a bundle that is gone": (lambda k: k.bundle_file(1).unlink(), "is not in {store}: it was never published there, or is not retained any more"),
    "a bundle without its signature": (lambda k: k.bundle_file(2).write_bytes(k.bundles[2][:-76]), "not signed"),
    "a word of an approval": (lambda k: flip(k.approval_file(), b"production", b"everywhere"), "lars's approval of {live} was changed after it was signed"),
    "an approval by another key": (approval_by_another, "lars's approval of {live} is signed by the key {mallory}"),
    "an approval that is gone": (lambda k: k.approval_file().unlink(), "lars's approval of {live}, of which the release log tells, is missing: somebody has removed it"),
    "an approval of another bundle": (approval_of_another, "lars's approval of {live} is one of {first} by lars: somebody has put it in this place"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERING)
def test_is_found_and_named(kept, name):
    tamper, expected = TAMPERING[name]
    names = [name_of(data)[:12] for data in kept.bundles]
    facts = {"store": kept.store.name, "mallory": next(iter(kept.mallory.keys)), "first": names[0], "live": names[2], "second": kept.entry_file(1).stem[:12]}
    assert upkeep.audit(kept.store, kept.ana.keys) == []
    tamper(kept)
    problems = upkeep.audit(kept.store, kept.ana.keys)
    assert any(expected.format(**facts) in problem for problem in problems), problems
    assert all("\n" not in problem for problem in problems)


def test_every_tampering_has_an_error_of_its_own():
    assert len({expected for _, expected in TAMPERING.values()}) == len(TAMPERING)


@pytest.mark.parametrize("name", ["a word of the pointer", "a pointer by another key", "a pointer that is none"])
def test_nothing_is_published_over_a_pointer_that_is_not_to_be_believed(kept, name):
    TAMPERING[name][0](kept)
    with pytest.raises(Tampered):
        releases.publish(kept.store, [kept.bundles[3]], kept.ana)
    mended = upkeep.repair(kept.store, kept.ana.keys)
    assert mended.live.bundle == name_of(kept.bundles[2])
    assert upkeep.audit(kept.store, kept.ana.keys) == []


def test_nothing_is_published_over_an_older_pointer_and_repair_takes_the_newer(kept):
    older_pointer(kept)
    with pytest.raises(Tampered, match="somebody has put an older pointer back"):
        releases.publish(kept.store, [kept.bundles[3]], kept.ana)
    with pytest.raises(Tampered, match="put an older pointer back"):
        changes.switch_off(kept.store, kept.ana, "now")
    assert upkeep.repair(kept.store, kept.ana.keys).live.bundle == name_of(kept.bundles[2])
    assert upkeep.audit(kept.store, kept.ana.keys) == []


def test_where_pointer_and_copy_are_lost_a_release_begins_anew_and_the_log_goes_on(kept):
    kept.pointer_file().write_bytes(b"")
    (kept.root / POINTER).write_bytes(b"")
    with pytest.raises(Tampered):
        upkeep.repair(kept.store, kept.ana.keys)
    found = releases.publish(kept.store, [kept.bundles[3]], kept.ana, begin_anew=True)
    assert found.serial == 4 and len(upkeep.history(kept.store, kept.ana.keys)) == 4
    assert upkeep.audit(kept.store, kept.ana.keys) == []


def test_going_back_to_a_bundle_that_was_changed_is_refused(kept):
    flip(kept.bundle_file(1), b"number 1", b"number 9")
    with pytest.raises(Tampered, match="was changed"):
        changes.rollback(kept.store, kept.ana)
    assert releases.current(kept.store, kept.ana.keys).live.bundle == name_of(kept.bundles[2])
