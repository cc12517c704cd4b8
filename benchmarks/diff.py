"""What comparing two bundles of the example shop costs, a visitor, against deciding and rendering every page twice.

    python -m benchmarks.diff [--json] [--visitors N]

Both take the same made-up visitors on all pages, and must find the same: how many see something else, and in which slots. Ours
counts making the visitors too (`Sample`), since that is part of the command; the peer's are made before and only turned to each
page. Each run is timed by the CPU of this process, so that the rates are of one core.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.measure import Row, cost, interleaved, report
from compiler.diff import Plan, Report, Visitor, compare
from compiler.diff.sample import Sample
from compiler.pipeline import compile_site
from tessera.bundle import load, unseal
from tessera.decide import decide
from tessera.render import render
from tessera.resolved import Bundle
from tessera.types import Visit

STORE = Path(__file__).parent.parent / "rulesets" / "store"
PEER = "decide() and render with both, one after the other"
AT = 1_796_000_000.0  # epoch seconds: 30 November 2026
WANTED = 50.0  # µs: 20,000 visitors a second
ROUNDS = 3

Edit = tuple[str, str, str]  # a file, a text in it, and what takes its place
EDITS: dict[str, tuple[Edit, ...]] = {
    "nothing": (),
    "names": (("segments.yaml", "lapsed:   ", "gone_away:"), ("slots/hero.yaml", "segment.lapsed", "segment.gone_away"), ("slots/mail_teaser.yaml", "segment.lapsed", "segment.gone_away")),
    "a rule, a text and the weights of a test": (
        ("slots/banner.yaml", "request.hour < 14", "request.hour < 12"),
        ("content/cta.yaml", "Take me to it", "Show it"),
        ("experiments/hero_headline.yaml", "control: {weight: 50}", "control: {weight: 40}"),
    ),
    "the share of a test that ranks": (("experiments/carousel_ranker.yaml", "share: 80%", "share: 60%"),),
    "the holdout": (("site.yaml", "salt: h2-2026", "salt: h1-2027"),),
    "the price of an item": (("items.csv", "Harbour Blend,11.50", "Harbour Blend,12.50"),),
}


def edited(edits: Sequence[Edit]) -> Bundle:
    """The shop after some edits."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "store"
        shutil.copytree(STORE, site)
        for file, before, after in edits:
            text = (site / file).read_text()
            if before not in text:
                raise SystemExit(f"{file} has no '{before}' any more")
            (site / file).write_text(text.replace(before, after))
        return load(unseal(compile_site(site).bundle))


def both(old: Bundle, new: Bundle, visitors: Sequence[Visitor]) -> tuple[int, Counter[str]]:
    """The peer: who sees something else, and in which slots."""
    pages = [*(name for name, _ in old.pages), None]
    changed, slots = 0, Counter[str]()
    for visitor in visitors:
        found = set()
        for page in pages:
            before, after = visitor.view(page, page)
            ours, theirs = shown(old, before, page), shown(new, after, page)
            found |= {slot for slot in ours.keys() | theirs.keys() if ours.get(slot) != theirs.get(slot)}
        changed += bool(found)
        slots.update(found)
    return changed, slots


def shown(bundle: Bundle, visit: Visit, page: str | None) -> dict[str, str | None]:
    """What the slots of a page show; of none what stands on no page."""
    numbers = bundle.slots_of(page)
    decisions = decide(bundle, visit, page)
    return {
        bundle.slots[number].name: None if one.content < 0 else render(bundle.contents[one.content], visit.values, bundle.items, one.items)
        for number, one in zip(numbers, decisions)
        if page is not None or not bundle.slots[number].pages
    }


def micros(work: Callable[[], object], visitors: int) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) / visitors * 1e6


def rows(visitors: int) -> Iterator[Row]:
    """The comparisons; raises SystemExit where the two do not find the same."""
    old = edited(())
    for case, edits in EDITS.items():
        new = edited(edits)
        few = list(Sample(Plan(old, new), max(visitors // 10, 1), at=AT))
        check(case, compare(old, new, few), *both(old, new, few))

        def ours() -> float:
            plan = Plan(old, new)
            return micros(lambda: compare(old, new, Sample(plan, visitors, at=AT), plan=plan), visitors)

        mine, theirs = interleaved(ROUNDS, ours, lambda: micros(lambda: both(old, new, few), len(few)))
        yield cost(f"changed: {case}", PEER, mine, theirs, "us CPU/visitor")
        yield cost(f"changed: {case}", "what is wanted at most", mine, WANTED, "us CPU/visitor")


def check(case: str, told: Report, changed: int, slots: Counter[str]) -> None:
    if told.changed != changed or {one.name: one.changed for one in told.slots if one.changed} != slots:
        raise SystemExit(f"{case}: {told.changed} visitors see something else, and {changed} by deciding twice")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the rows as JSON in the last line")
    parser.add_argument("--visitors", type=int, default=10_000, help="how many are compared")
    told = parser.parse_args()
    report(rows(told.visitors), told.json)


if __name__ == "__main__":
    main()
