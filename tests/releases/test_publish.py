"""Releases in a folder: what is live, what can be gone back to, who must agree, and what the log says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.pipeline import compile_site
from compiler.releases import approvals, changes, upkeep
from compiler.releases import publish as releases
from compiler.releases.files import Folder
from compiler.releases.policy import CanaryPlan, Person, PolicyError, digest, missing_groups, read_policy
from compiler.releases.publish import Author, PublishError, Unapproved
from compiler.releases.versions import VersionedStore
from compiler.sign import public_of, sign
from compiler.starter import write
from tessera.bundle import HEADER, LATER_FORMAT, BundleError, unseal
from tests.releases.sites import author, bundle, name_of


@pytest.fixture
def ana(tmp_path):
    return author(tmp_path)


@pytest.fixture
def bundles(tmp_path, ana):
    return [bundle(tmp_path / "sites", ana.key, f"number {number}") for number in range(4)]


@pytest.fixture
def store(tmp_path):
    return VersionedStore(Folder(tmp_path / "store"))


def test_a_life_of_releases(store, ana, bundles):
    names = [name_of(data) for data in bundles]
    for data in bundles[:3]:
        releases.publish(store, [data], ana, source={"revision": "f" * 40, "dirty": False}, why="because")
    releases.publish(store, [bundles[3]], ana, canary=CanaryPlan(0.05, ("DE",), ("x-canary", "y")))
    changes.widen(store, ana, 0.5)
    changes.promote(store, ana, "fine")
    known = changes.rollback(store, ana, why="not fine")
    assert (known.live.bundle, known.canary) == (names[2], None)
    assert [one.bundle for one in known.retained] == [names[3], names[1], names[0]]
    known = changes.rollback(store, ana, to=names[0][:8])
    assert known.live.bundle == names[0]
    told = upkeep.history(store, ana.keys)
    assert [entry.action for entry in reversed(told)] == ["publish", "publish", "publish", "canary", "widen", "promote", "rollback", "rollback"]
    assert [entry.serial for entry in told] == list(range(8, 0, -1)) and {entry.who for entry in told} == {"ana"}
    assert told[-1].source == {"revision": "f" * 40, "dirty": False} and told[-1].why == "because" and told[1].before == names[3]


def test_publishing_what_is_live_changes_nothing(store, ana, bundles):
    first = releases.publish(store, [bundles[0]], ana)
    assert releases.publish(store, [bundles[0]], ana) == first
    assert len(upkeep.history(store, ana.keys)) == 1


@pytest.mark.parametrize("act, why", [
    (lambda s, a, b: changes.promote(s, a), "there is no canary"),
    (lambda s, a, b: changes.widen(s, a, 0.5), "there is no canary"),
    (lambda s, a, b: changes.abort(s, a), "neither a canary nor a shadow"),
    (lambda s, a, b: changes.rollback(s, a), "no earlier release"),
    (lambda s, a, b: changes.rollback(s, a, to="abcd"), "none of the retained releases"),
    (lambda s, a, b: (changes.freeze(s, a, "sale"), releases.publish(s, [b[1]], a)), "is frozen: sale"),
    (lambda s, a, b: (releases.publish(s, [b[1]], a, canary=CanaryPlan(0.1)), changes.freeze(s, a, "sale"), changes.promote(s, a)), "are frozen: sale"),
    (lambda s, a, b: releases.publish(s, [b[1], b[2]], a), "of the same format"),
])  # fmt: skip
def test_what_cannot_be_done_is_said_and_changes_nothing(store, ana, bundles, act, why):
    releases.publish(store, [bundles[0]], ana)
    with pytest.raises(PublishError, match=why):
        act(store, ana, bundles)
    assert releases.current(store, ana.keys).live.bundle == name_of(bundles[0])


def test_before_the_first_release(store, ana, bundles):
    with pytest.raises(PublishError, match="nothing is released"):
        releases.current(store, ana.keys)
    with pytest.raises(PublishError, match="publish one for everybody first"):
        releases.publish(store, [bundles[0]], ana, canary=CanaryPlan(0.1))


def test_a_bundle_that_the_edges_would_refuse_is_not_published(store, ana, bundles):
    for data, why in ((bundles[0][:-76], "not signed"), (bundles[0][:-1] + b"?", "wrong signature"), (b"", "not a Tessera bundle")):
        with pytest.raises(BundleError, match=why):
            releases.publish(store, [data], ana)
    assert store.names("") == []


def test_pruning_keeps_what_is_needed_and_the_log(store, ana, bundles):
    for data in bundles:
        releases.publish(store, [data], ana)
    removed = upkeep.prune(store, ana, 1)
    assert removed == tuple(sorted(releases.bundle_file(name_of(data)) for data in bundles[:2]))
    assert [one.bundle for one in releases.current(store, ana.keys).retained] == [name_of(bundles[2])]
    assert upkeep.audit(store, ana.keys) == [] and len(upkeep.history(store, ana.keys)) == 5
    with pytest.raises(PublishError, match="none of the retained"):
        changes.rollback(store, ana, to=name_of(bundles[0]))
    assert upkeep.prune(store, ana, 1) == ()


# --- approval -----------------------------------------------------------------------------------------------------------------


def policy_file(folder: Path, needs: str = "[marketing, legal]") -> Path:
    keys = {who: public_of(author(folder, who).key) for who in ("mia", "lars", "both")}
    path = folder / "release.yaml"
    path.write_text(
        f"people:\n  mia: {{groups: [marketing], key: '{keys['mia']}'}}\n  lars: {{groups: [legal], key: '{keys['lars']}'}}\n"
        f"  both: {{groups: [marketing, legal], key: '{keys['both']}'}}\n"
        f"targets:\n  production: {{to: local, needs: {needs}, budget: 500 kB, canary: {{share: 5%, countries: [DE]}}, guard: {{metric: order, hold: 1h}}}}\n"
    )
    return path


@pytest.fixture
def rules(tmp_path):
    found = read_policy(policy_file(tmp_path))
    return found.of(found.targets["production"])


def approve(store, folder, who, data, rules, under=None):
    person = Person(who, tuple(rules["people"][who]["groups"]), rules["people"][who]["key"])
    approvals.approve(store, name_of(data), rules["target"], digest(under or rules), person, author(folder, who).key, author(folder).clock())


def test_the_policy_file(tmp_path):
    found = read_policy(policy_file(tmp_path))
    target = found.targets["production"]
    assert (target.needs, target.budget, target.canary.share, target.canary.countries) == (("marketing", "legal"), 500_000, 0.05, ("DE",))
    assert (target.guard.metric, target.guard.steps, target.guard.hold, target.guard.worse) == ("order", (0.05, 0.25, 1.0), 3600, 0.02)
    assert sorted(found.of(target)["people"]) == ["both", "lars", "mia"]


@pytest.mark.parametrize("change, message", [
    (("needs: [marketing", "needs: [finance"), r"release.yaml:\d+:\d+: E012 nobody speaks for 'finance'"),
    (("needs:", "neds:"), r"E009.*neds"),
    (("share: 5%", "share: 500%"), "E012"),
    (("budget: 500 kB", "budget: huge"), "'huge' is no size"),
    (("countries: [DE]", "countries: [Germany]"), "'Germany' is no country"),
    (("key: '", "key: 'x"), "this is no public key"),
])  # fmt: skip
def test_a_policy_that_cannot_be_used_says_where(tmp_path, change, message):
    path = policy_file(tmp_path)
    path.write_text(path.read_text().replace(*change, 1))
    with pytest.raises(PolicyError, match=message):
        read_policy(path)


@pytest.mark.parametrize("needs, speaking, missing", [
    ([], {}, []),
    (["a"], {}, ["a"]),
    (["a", "b"], {"x": ["a", "b"]}, ["b"]),
    (["a", "b"], {"x": ["a", "b"], "y": ["a"]}, []),
    (["a", "b"], {"y": ["a"], "x": ["a", "b"]}, []),
    (["a", "b", "c"], {"x": ["a", "b"], "y": ["a", "c"], "z": ["c"]}, []),
    (["a", "a"], {"x": ["a"]}, ["a"]),
])  # fmt: skip
def test_each_person_speaks_for_one_group(needs, speaking, missing):
    assert missing_groups(needs, speaking) == missing


def test_two_people_must_agree(store, ana, bundles, rules, tmp_path):
    with pytest.raises(Unapproved, match="waits for the approval of marketing, legal"):
        releases.publish(store, [bundles[0]], ana, policy=rules)
    approve(store, tmp_path, "both", bundles[0], rules)
    with pytest.raises(Unapproved, match="waits for the approval of legal"):
        releases.publish(store, [bundles[0]], ana, policy=rules)
    approve(store, tmp_path, "lars", bundles[0], rules)
    known = releases.publish(store, [bundles[0]], ana, policy=rules)
    assert known.policy == rules and upkeep.history(store, ana.keys)[0].approvals == ("both", "lars")
    with pytest.raises(Unapproved):  # the policy is the store's now, whether it is named or not
        releases.publish(store, [bundles[1]], ana)
    with pytest.raises(Unapproved):
        releases.publish(store, [bundles[1]], ana, canary=CanaryPlan(0.01))


def test_a_policy_changes_only_with_those_whom_it_asks(store, ana, bundles, rules, tmp_path):
    for who in ("mia", "lars"):
        approve(store, tmp_path, who, bundles[0], rules)
    releases.publish(store, [bundles[0]], ana, policy=rules)
    weaker = {**rules, "needs": ["marketing"]}
    for who in ("mia", "lars"):
        approve(store, tmp_path, who, bundles[1], rules)
    with pytest.raises(Unapproved, match="the policy itself changes"):
        releases.publish(store, [bundles[1]], ana, policy=weaker)
    with pytest.raises(Unapproved):
        releases.publish(store, [bundles[1]], ana, policy=None)
    for who in ("mia", "lars"):
        approve(store, tmp_path, who, bundles[1], rules, under=weaker)
    assert releases.publish(store, [bundles[1]], ana, policy=weaker).policy == weaker


def test_nobody_approves_with_another_key(store, ana, bundles, rules):
    lars = Person("lars", ("legal",), rules["people"]["lars"]["key"])
    with pytest.raises(approvals.NotAsked, match="not the key that the policy has for lars"):
        approvals.approve(store, name_of(bundles[0]), "production", digest(rules), lars, ana.key, ana.clock())


def test_an_approval_for_another_target_or_policy_does_not_count(store, ana, bundles, rules, tmp_path):
    elsewhere = {**rules, "target": "staging"}
    for who in ("mia", "lars"):
        approve(store, tmp_path, who, bundles[0], elsewhere)
    with pytest.raises(Unapproved):
        releases.publish(store, [bundles[0]], ana, policy=rules)


def test_going_back_and_switching_off_need_nobody(store, ana, bundles, rules, tmp_path):
    for data in bundles[:2]:
        for who in ("mia", "lars"):
            approve(store, tmp_path, who, data, rules)
        releases.publish(store, [data], ana, policy=rules)
    assert changes.rollback(store, ana).live.bundle == name_of(bundles[0])
    assert changes.switch_off(store, ana, "now").off == "now"


def test_every_format_of_a_release_needs_the_approvals(store, ana, bundles, rules, tmp_path):
    changed = _in_later_format(bundles[2], ana)
    for who in ("mia", "lars"):
        approve(store, tmp_path, who, bundles[0], rules)
    with pytest.raises(Unapproved, match=name_of(changed)[:12]):
        releases.publish(store, [bundles[0], changed], ana, policy=rules)
    for who in ("mia", "lars"):
        approve(store, tmp_path, who, changed, rules)
    known = releases.publish(store, [bundles[0], changed], ana, policy=rules)
    assert (known.live.format, known.live.bundle, known.live.also[0][:1]) == (LATER_FORMAT, name_of(changed), (name_of(bundles[0]),))


def _in_later_format(data, who):
    """The same bytes, said to be of the later format."""
    told = HEADER.unpack_from(data)
    return sign(HEADER.pack(told[0], LATER_FORMAT, *told[2:]) + bytes(unseal(data).body), who.key)


def test_a_bundle_that_is_there_stays_as_it_was_signed(store, ana, bundles, tmp_path):
    releases.publish(store, [bundles[0]], ana)
    eve = author(tmp_path, "eve")
    both = Author("eve", eve.key, {**ana.keys, **eve.keys})
    again = sign(bundles[0], eve.key)
    with pytest.raises(PublishError, match="signed by the key .* --sign-anew"):
        releases.stage(store, [again], eve.keys, "")
    releases.stage(store, [again], both.keys, "")
    assert store.get(releases.bundle_file(name_of(bundles[0]))).content == bundles[0]
    releases.stage(store, [again], both.keys, "", sign_anew=True)
    assert store.get(releases.bundle_file(name_of(bundles[0]))).content == again


def test_a_damaged_bundle_is_put_there_again(store, ana, bundles):
    releases.publish(store, [bundles[0]], ana)
    store.put(releases.bundle_file(name_of(bundles[0])), bundles[0][:100])
    releases.stage(store, [bundles[0]], ana.keys, "")
    assert upkeep.audit(store, ana.keys) == []


def test_another_site_takes_no_place_that_is_guarded(store, ana, bundles, tmp_path):
    """To begin anew is for pointers that are damaged, and for the sites of one who develops."""
    site = tmp_path / "other"
    write(site)
    other = sign(compile_site(site).bundle, ana.key)
    releases.publish(store, [bundles[0]], ana)
    changes.freeze(store, ana, "sale")
    with pytest.raises(PublishError, match="is frozen: sale"):
        releases.publish(store, [other], ana, begin_anew=True)
    changes.unfreeze(store, ana)
    with pytest.raises(PublishError, match="holds releases of 'small'"):
        releases.publish(store, [other], ana)
    assert releases.publish(store, [other], ana, begin_anew=True).live.bundle == name_of(other)
    assert len(upkeep.history(store, ana.keys)) == 4
