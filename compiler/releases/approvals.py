"""Approvals: somebody's signature that a bundle may go to a target, under the policy that is in force there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from compiler.releases.documents import Tampered, opened, sealed, signer_of
from compiler.releases.policy import Person, missing_groups, people_of
from compiler.releases.stores import Store
from compiler.sign import public_keys

FOLDER = "releases/approvals/"


class NotAsked(Exception):
    """Somebody approves whom the policy does not ask, or with another key than it says; one line."""


def approve(store: Store, bundle: str, target: str, under: str, person: Person, key_file: Path, now: datetime, why: str = "") -> str:
    """Sign and keep somebody's approval of a bundle; the name of the object.

    Args:
        target: the name that the policy file has for it. under: the digest of the policy.
    Raises:
        NotAsked, StoreError, KeyFileError.
    """
    payload = {"bundle": bundle, "target": target, "policy": under, "who": person.name, "at": now.isoformat(timespec="seconds"), "why": why}
    content = sealed("approval", payload, key_file)
    if signer_of(content, "the approval") not in public_keys(person.key):
        raise NotAsked(f"{key_file} is not the key that the policy has for {person.name}; sign with your own")
    name = f"{FOLDER}{bundle}/{person.name}.json"
    store.put(name, content)
    return name


def given(store: Store, bundle: str, policy: Mapping[str, Any], under: str) -> tuple[str, ...]:
    """Which of a policy's people have approved a bundle. An approval under another policy, or of another target, does not count.

    Args:
        under: the digest of the policy that is to be in force: the same, or of one that takes its place.
    Raises:
        Tampered: where an approval is not what that person signed. StoreError.
    """
    found = []
    for name, person in sorted(people_of(policy).items()):
        stored = store.get(f"{FOLDER}{bundle}/{name}.json")
        if stored is None:
            continue
        what = f"{name}'s approval of {bundle[:12]}"
        told = opened("approval", stored.content, public_keys(person.key), what)
        if (told.get("bundle"), told.get("who")) != (bundle, name):
            raise Tampered(f"{what} is one of {str(told.get('bundle'))[:12]} by {str(told.get('who'))[:64]}: somebody has put it in this place")
        if (told.get("target"), told.get("policy")) == (policy["target"], under):
            found.append(name)
    return tuple(found)


def missing(policy: Mapping[str, Any], approvals: tuple[str, ...]) -> list[str]:
    """The groups of a policy for which nobody has approved yet."""
    people = people_of(policy)
    return missing_groups(policy["needs"], {name: people[name].groups for name in approvals})
