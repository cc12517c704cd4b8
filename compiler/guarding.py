"""What `tessera guard` knows of a target: which releases are compared, since when, and what is done with a verdict.

Since when somebody gets a canary, with which share, says the signed release log and not the pointer alone: a share that grew is a
new trial, since visitors change sides with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from compiler.releases import changes
from compiler.releases.entries import Action, Entry, walk
from compiler.releases.pointer import Pointer
from compiler.releases.policy import GuardPlan
from compiler.releases.publish import Author
from compiler.releases.stores import Store

if TYPE_CHECKING:
    from learn.guard_types import Metric, Plan, Trial

BEGINS: frozenset[Action] = frozenset({"canary", "widen"})
CHANGES_LIVE: frozenset[Action] = frozenset({"publish", "promote", "rollback"})
LONGEST_WHY = 300  # characters of a reason that goes into the release log


class Unguardable(Exception):
    """There is nothing to judge, or not enough is told; one line that says what, and how to mend it."""


@dataclass(frozen=True)
class Change:
    """When the live release went live (epoch seconds), by which action and whom, and which bundle was live before (None: none)."""

    bundle: str
    at: float
    action: Action
    who: str
    before: str | None


def plan_of(guard: GuardPlan | None, metric: str | None) -> Plan:
    """The plan of a target, or what holds without one; `metric` goes before the plan's."""
    from dataclasses import replace

    from learn.guard_types import Plan

    found = Plan() if guard is None else Plan(
        guard.metric, tuple(guard.steps), guard.min_visitors, guard.alpha, guard.worse, guard.errors, guard.fallbacks, guard.latency, guard.hold
    )  # fmt: skip
    return found if metric is None else replace(found, metric=metric)


def metric_of(site: Path, name: str) -> Metric:
    """A metric of a site's metrics.yaml. Raises: Unguardable."""
    from compiler.diagnostics import Diagnostics
    from compiler.syntax import load
    from learn.guard_types import Metric

    diagnostics = Diagnostics()
    ruleset = load(site, diagnostics)
    if ruleset is None:
        raise Unguardable(f"{site}: the site cannot be read; 'tessera check {site}' says why")
    if name not in ruleset.metrics:
        raise Unguardable(f"{site}: there is no metric '{name}' in metrics.yaml; there are {', '.join(ruleset.metrics) or 'none'}")
    spec = ruleset.metrics[name].spec
    return Metric(name, spec.event, spec.within, spec.sum, spec.good)


def trial_of(store: Store, known: Pointer, keys: Mapping[str, bytes], settle: float, until: float) -> tuple[Trial, float]:
    """The comparison of the canary, and since when it has had its share.

    Args:
        settle: seconds until every edge goes by a new pointer; what they log before that does not count. until: epoch seconds.
    Raises:
        Unguardable, Tampered, StoreError.
    """
    from learn.guard_types import Trial

    if known.canary is None:
        raise Unguardable(f"there is no canary in {store.name}; 'tessera publish BUNDLE --canary 5%' begins one")
    if known.off:
        raise Unguardable(f"personalisation is switched off ({known.off}): no release decides, and nothing can be compared")
    canary = known.canary
    if not 0 < canary.share < 1:
        raise Unguardable(f"the canary goes to {100 * canary.share:g} % of the visitors: there is nobody to compare it with; give it another share, or promote or abort it yourself")
    entry = next((one for one in walk(store, known.head, known.serial, keys) if one.action in BEGINS and one.bundle == canary.release.bundle), None)
    began = moment(entry.at if entry else canary.release.published)
    return Trial(frozenset(known.live.bundles), frozenset(canary.release.bundles), canary.share, began + settle, until), began


def went_live(store: Store, known: Pointer, keys: Mapping[str, bytes]) -> Change:
    """Since when the live release is live. Raises: Tampered, StoreError."""

    def changes(entry: Entry) -> bool:
        return entry.action in CHANGES_LIVE and entry.bundle == known.live.bundle and entry.before != entry.bundle

    found = next((one for one in walk(store, known.head, known.serial, keys) if changes(one)), None)
    if found is None:
        return Change(known.live.bundle, moment(known.live.published), "publish", "", None)
    return Change(known.live.bundle, moment(found.at), found.action, found.who, found.before)


def step(store: Store, author: Author, judged: Pointer, to: float | None, reason: str, keep: int) -> Pointer:
    """Take a canary's next step: another share, everybody (1.0), or back (None).

    Raises:
        Contended: where the release was changed since it was judged. PublishError, Tampered, StoreError, KeyFileError.
    """
    why = f"guard: {reason}"[:LONGEST_WHY]
    if to is None:
        return changes.abort(store, author, why, judged.serial)
    if to >= 1:
        return changes.promote(store, author, why, keep, judged.serial)
    return changes.widen(store, author, to, why, judged.serial)


def go_back(store: Store, author: Author, judged: Pointer, before: str, reason: str, keep: int) -> Pointer:
    """Roll back to the release that was live before. Raises: as `step`."""
    return changes.rollback(store, author, before, f"guard watch: {reason}"[:LONGEST_WHY], keep, judged.serial)


def moment(text: str) -> float:
    """Epoch seconds of a time of the release log."""
    return datetime.fromisoformat(text).timestamp()
