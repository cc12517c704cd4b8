"""Whether the releases of a site are as they should be: what the store, the edges and the log tell, and what of it is trouble.

docs/operations.md has every key of the report and every code of a trouble.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from compiler.releases import approvals, entries, pointer, upkeep
from compiler.releases.documents import Tampered, opened
from compiler.releases.pointer import Held, Pointer
from compiler.releases.policy import digest
from compiler.releases.publish import PublishError, held_bytes, seen
from compiler.releases.stores import POINTER, Store, StoreError
from compiler.status_counts import COUNTS, kind_of

if TYPE_CHECKING:
    from compiler.status_edges import Answer
    from learn.log_health import Health

GRACE = 120  # seconds after a change in which edges and copies may still be behind: KV's minute and the edges' interval
FEWEST = 100  # page views below which no rate is judged
MEND = "'Pointer damaged or forged' in docs/operations.md says what to do"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong: where, its code, what it is, and what to do about it; each a line."""

    where: str
    code: str
    says: str
    do: str

    def __str__(self) -> str:
        return f"{self.where}: {self.says}; {self.do}"


@dataclass(frozen=True, slots=True)
class Limits:
    """What is tolerated of the log: rates of page views (0 to 1), milliseconds of the p95."""

    errors: float = 0.005
    fallbacks: float = 0.01
    slow: float = 500.0


@dataclass(frozen=True, slots=True)
class Part:
    """What one of the three tells, as the report has it, and what is wrong with it; of a store also the pointer, where it is to be believed."""

    told: dict[str, Any]
    troubles: tuple[Trouble, ...] = ()
    pointer: Pointer | None = field(default=None, compare=False)


# --- the store --------------------------------------------------------------------------------------------------------------


def of_store(store: Store, keys: Mapping[str, bytes], now: float, deep: bool = False, clock: Callable[[], float] = time.monotonic) -> Part:
    """Look at a store; whatever is wrong with it is a trouble, and nothing is raised.

    Args:
        keys: raw public keys by name, whose documents are believed. now: epoch seconds. deep: read every bundle and the whole log.
    """
    told: dict[str, Any] = {"target": store.name, "bound": store.bound, "reachable": False, "read_ms": None, "checked": "deep" if deep else "quick"}
    started = clock()
    try:
        store.get(POINTER)
        told |= {"reachable": True, "read_ms": round(1000 * (clock() - started), 1)}
        known = seen(store, keys).pointer
        if known is None:
            return Part(told, (_trouble("nothing-released", "nothing is released yet", "'tessera publish' begins"),))
        copy, about_copy = _copy(store, known, keys, now)
        told |= {**_released(known, now), "copy": copy}
        wrong = about_copy + _looked(store, known, keys, deep) + _state(known)
        return Part(told, tuple(dict.fromkeys(wrong)), known)
    except Tampered as error:
        return Part(told, (_trouble("tampered", str(error), MEND),))
    except StoreError as error:
        return Part(told, (_trouble("store-unreachable", str(error), "edges keep what they have; look at the store, and at its credentials"),))


def unreachable(target: str, why: str) -> Part:
    """What is told of a store that cannot even be opened."""
    return Part({"target": target, "reachable": False}, (_trouble("store-unreachable", why, "edges keep what they have; look at the store, and at its credentials"),))


def _trouble(code: str, says: str, do: str) -> Trouble:
    return Trouble("store", code, says, do)


def _released(known: Pointer, now: float) -> dict[str, Any]:
    canary, shadow = known.canary, known.shadow
    return {
        "site": known.site, "serial": known.serial, "at": known.at, "age": age(known.at, now),
        "live": _held(known.live, now),
        "canary": canary and {**_held(canary.release, now), "share": canary.share, "countries": list(canary.countries), "header": canary.header[0] if canary.header else None},
        "shadow": shadow and {**_held(shadow.release, now), "sample": shadow.sample},
        "off": known.off, "frozen": known.frozen,
        "needs": list(known.policy["needs"]) if known.policy else [],
        "retained": [_held(one, now) for one in known.retained],
    }  # fmt: skip


def _held(release: Held, now: float) -> dict[str, Any]:
    return {**release.payload(), "age": age(release.published, now)}


def age(text: str, now: float) -> float | None:
    """Seconds since a time in ISO 8601; None where it is none."""
    try:
        return round(now - datetime.fromisoformat(text).timestamp())
    except ValueError:
        return None


def _is_new(known: Pointer, now: float) -> bool:
    """Whether the pointer moved so lately that nobody need have followed."""
    since = age(known.at, now)
    return since is not None and since <= GRACE


def _copy(store: Store, known: Pointer, keys: Mapping[str, bytes], now: float) -> tuple[dict[str, Any], tuple[Trouble, ...]]:
    """The pointer's copy for the edges: its serial, and whether it is the pointer's."""
    content = store.copy()
    told: dict[str, Any] = {"serial": None, "agrees": False, "behind": None}
    if content is None:
        return told, (_trouble("copy-missing", "the pointer's copy for the edges is missing: they read the pointer itself", "'tessera releases repair' writes it"),)
    try:
        found = pointer.read(opened("pointer", content, keys, "the pointer's copy for the edges"))
    except Tampered as error:
        return told, (_trouble("copy-broken", str(error), "'tessera releases repair' writes it anew"),)
    told |= {"serial": found.serial, "agrees": found == known, "behind": max(0, known.serial - found.serial)}
    if found.serial > known.serial:
        return told, (_trouble("copy-ahead", f"the pointer is of the release {known.serial}, and its copy of {found.serial}: somebody has put an older pointer back", MEND),)
    if found.serial < known.serial and not _is_new(known, now):
        says = f"the pointer's copy for the edges is of the release {found.serial}, and {known.serial} was published {spoken(age(known.at, now))} ago"
        return told, (_trouble("copy-behind", says, "'tessera releases repair' writes it"),)
    if found.serial == known.serial and found != known:
        return told, (_trouble("copy-broken", f"the pointer and its copy are both of the release {known.serial}, and differ: one of them was forged by somebody with a key", MEND),)
    return told, ()


def _looked(store: Store, known: Pointer, keys: Mapping[str, bytes], deep: bool) -> tuple[Trouble, ...]:
    """The bundles that decide and the newest entry of the release log; with `deep` everything that the pointer names, and all entries."""
    tried = [one.release for one in (known.canary, known.shadow) if one]
    releases = (known.live, *tried, *(known.retained if deep else ()))
    wrong = []

    def look(what: Callable[[], Any]) -> None:
        try:
            what()
        except PublishError as error:
            wrong.append(_trouble("bundle-missing", str(error), "publish the same bundle again, or 'tessera releases rollback': an edge that starts now cannot load it"))
        except Tampered as error:
            wrong.append(_trouble("tampered", str(error), MEND))

    for release in releases:
        for name in release.bundles:
            look(partial(held_bytes, store, name, keys))
        if deep and known.policy:
            look(partial(approvals.given, store, release.bundle, known.policy, digest(known.policy)))
    look(lambda: upkeep.history(store, keys) if deep else next(entries.walk(store, known.head, known.serial, keys), None))
    return tuple(wrong)


def _state(known: Pointer) -> tuple[Trouble, ...]:
    return (_trouble("off", f"personalisation is switched off: {known.off}", "'tessera releases on' ends it"),) if known.off else ()


# --- the edges --------------------------------------------------------------------------------------------------------------


def of_edges(answers: Sequence[Answer], known: Pointer | None, now: float) -> Part:
    """What edges say of themselves, against the pointer (None: it is not known)."""
    rows, wrong = [], []
    for one in answers:
        troubled = {name: times for name, times in one.counts.items() if kind_of(name) == "trouble"}
        rows.append({
            **{name: value for name, value in asdict(one).items() if name not in ("counts", "formats")},
            "formats": list(one.formats), "behind": known.serial - one.serial if known and one.serial is not None else None,
            "counts": troubled, "noted": {name: times for name, times in one.counts.items() if name not in troubled},
        })  # fmt: skip
        wrong += _of_edge(one, known, now)
        wrong += [Trouble(one.url, f"count:{name}", f"{name} happened {times:,} time{'s' if times != 1 else ''} in the isolate that answered", COUNTS[name.partition(":")[0]][1]) for name, times in troubled.items()]
    return Part({"edges": rows}, tuple(wrong))


def _of_edge(one: Answer, known: Pointer | None, now: float) -> list[Trouble]:
    def trouble(code: str, says: str, do: str) -> Trouble:
        return Trouble(one.url, code, says, do)

    if one.why:
        return [trouble("edge-unreachable", f"no answer at /.well-known/tessera ({one.why})", "look at the route, the Worker and its log")]
    if one.bundle is None:
        return [trouble("edge-no-bundle", f"no bundle decides: {one.refused or 'none is loaded'}", "original pages are served; 'tessera status --deep', then docs/format.md, 'Refusal'")]
    wrong = []
    if one.refused:
        wrong.append(trouble("edge-refused", f"it refused the newest release ({one.refused})", "it keeps the last good one; docs/format.md, 'Refusal'"))
    if known is None:
        return wrong
    if one.site != known.site:
        wrong.append(trouble("edge-site", f"it decides for the site '{one.site}', and the store is of '{known.site}'", "look at the address, and at the Worker's bindings"))
    elif one.formats and not {known.live.format, *(version for *_, version in known.live.also)} & set(one.formats):
        there = " and ".join(map(str, sorted(one.formats)))
        wrong.append(trouble("edge-formats", f"it reads the formats {there}, and the live release is of format {known.live.format}", "deploy the newer Worker, or publish the release in such a format too"))
    elif one.serial is not None and one.serial > known.serial:
        wrong.append(trouble("edge-ahead", f"it goes by the release {one.serial}, and the store is at {known.serial}: an older pointer was put back, or this is another store", MEND))
    elif not one.refused and (one.serial or 0) < known.serial and not _is_new(known, now):
        behind = f"{known.serial - one.serial} behind" if one.serial is not None else "which has no number"
        wrong.append(trouble("edge-behind", f"it goes by the release {one.serial}, {behind}; the store's {known.serial} is {spoken(age(known.at, now))} old", "'tessera releases repair', then look at KV and the Worker's log"))
    elif one.serial == known.serial and one.bundle not in known.live.bundles:
        wrong.append(trouble("edge-bundle", f"it says that it goes by the release {one.serial}, and decides by {one.bundle[:12]} in place of {known.live.bundle[:12]}", MEND))
    return wrong


# --- the log ----------------------------------------------------------------------------------------------------------------


def of_log(health: Health, limits: Limits, is_off: bool) -> Part:
    """Rates of a stretch of the log, against what is tolerated. Where nothing is personalised, that nothing is logged is no trouble."""
    wrong: list[Trouble] = []

    def trouble(code: str, says: str, do: str) -> None:
        wrong.append(Trouble("log", code, says, do))

    if health.dead_letters:
        trouble("log-dead-letters", f"{health.dead_letters:,} message{'s' if health.dead_letters != 1 else ''} became dead letters", "the reason stands in the rows below dead/")
    if not health.total.views and not is_off:
        trouble("log-silent", "there is no page view", "see whether pages are served, then whether the queue has a backlog, then whether the log was copied here")
    for lane in (health.total, *health.lanes) if len(health.lanes) > 1 else (health.total,):
        whose = f"{lane.lane} {(lane.bundle or '-')[:12]}: " if lane is not health.total else ""
        if lane.views < FEWEST:
            continue
        if lane.errors > limits.errors * lane.views:
            trouble("log-errors", f"{whose}{lane.errors:,} of {lane.views:,} page views failed open ({lane.errors / lane.views:.2%}; {limits.errors:.2%} are tolerated)", "read decision-failed and page-failed in the Worker's log; 'tessera releases rollback' where a release did it")
        if lane.fallbacks > limits.fallbacks * lane.views:
            trouble("log-fallbacks", f"{whose}{lane.fallbacks:,} of {lane.views:,} page views fell back ({lane.fallbacks / lane.views:.2%}; {limits.fallbacks:.2%} are tolerated)", "docs/operations.md, 'Fallback rate up'")
        if lane.p95 is not None and lane.p95 > limits.slow:
            trouble("log-slow", f"{whose}the p95 is {lane.p95:,.0f} ms; {limits.slow:,.0f} are tolerated", "compare the lanes, then look at the origin")
    return Part(asdict(health), tuple(wrong))


def spoken(seconds: float | None) -> str:
    """A time as people say it: 40 s, 12 min, 3 h, 9 d."""
    if seconds is None:
        return "an unknown time"
    for unit, length in (("d", 172_800), ("h", 7_200), ("min", 120)):
        if seconds >= length:
            return f"{seconds // {'d': 86_400, 'h': 3_600, 'min': 60}[unit]:.0f} {unit}"
    return f"{seconds:.0f} s"
