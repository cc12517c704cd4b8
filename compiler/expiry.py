"""What has outlived its period goes: files of the log, values in them, stored profiles. See retention.py for what that is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from compiler import ir
from compiler.objects import Objects
from compiler.retention import Plan, blanked, logged, outlived

TRIES = 3  # of a write that somebody else comes before
Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Expired:
    """How many objects were looked at, removed, and written anew; `left`: those that somebody else kept writing to, or that cannot be read."""

    looked: int = 0
    removed: int = 0
    rewritten: int = 0
    left: tuple[str, ...] = ()


def expire_log(store: Objects, plan: Plan, say: Say, dry: bool = False) -> Expired:
    """Carry out a plan for the log; `dry` writes nothing. Raises HostError; what was done until then stays done."""
    done = Expired(looked=len(plan.delete) + len(plan.blank))
    for name in plan.delete:
        say(f"remove {name}")
        if not dry:
            store.delete(name)
        done = replace(done, removed=done.removed + 1)
    for name, due in plan.blank.items():
        outcome = _rewrite(store, name, lambda text: blanked(text, logged(name).folder, due), dry)
        if outcome == "written":
            say(f"blank {', '.join(sorted((*due.attributes, *(f'fields.{field}' for field in due.fields))))} in {name}")
            done = replace(done, rewritten=done.rewritten + 1)
        elif outcome != "as it was":
            done = replace(done, left=(*done.left, name))
    return done


def _rewrite(store: Objects, name: str, change: Callable[[str], str | None], dry: bool) -> str:
    """Write an object anew as long as somebody else comes before: `written`, `as it was`, or why not."""
    for _ in range(TRIES):
        found = store.get(name)
        if found is None:
            return "as it was"  # somebody removed it
        try:
            fresh = change(found.content.decode())
        except UnicodeDecodeError:
            return "not UTF-8"
        if fresh is None:
            return "as it was"
        if dry or store.put(name, fresh.encode(), found.etag):
            return "written"
    return "written to all the time"


def expire_profiles(store: Objects, program: ir.Program, now: float, copy: Callable[[str, str | None], None], say: Say, dry: bool = False) -> Expired:
    """Stored profiles lose what may not be kept any longer.

    Args:
        copy: takes a profile's key, and its text or None where it is removed: the edges' copy follows.
    """
    done = Expired()
    for name in store.names():
        if not (name.startswith("profiles/") and name.endswith(".json")):
            continue
        key = name.removeprefix("profiles/").removesuffix(".json")
        done = replace(done, looked=done.looked + 1)
        found = store.get(name)
        document = _document(found.content) if found is not None else {}
        if document is None:
            done = replace(done, left=(*done.left, name))
            continue
        if found is None or (left := outlived(document, program, now)) == document:
            continue
        if left is None:
            say(f"remove {name}")
            if not dry:
                store.delete(name)
                copy(key, None)
            done = replace(done, removed=done.removed + 1)
            continue
        text = json.dumps(left, separators=(",", ":"))
        if not dry and not store.put(name, text.encode(), found.etag):
            continue  # an event came meanwhile, and forgot it just now
        say(f"shorten {name}")
        if not dry:
            copy(key, text)
        done = replace(done, rewritten=done.rewritten + 1)
    return done


def _document(content: bytes) -> dict | None:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
