"""The example shop and edited copies of it, each compiled once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from compiler.pipeline import compile_site
from tessera.bundle import load, unseal
from tessera.resolved import Bundle

STORE = Path(__file__).parent.parent.parent / "rulesets" / "store"
Edit = tuple[str, str, str]  # a file, a text in it, and what takes its place

EDITS: dict[str, tuple[Edit, ...]] = {
    "the shop": (),
    "a day's work": (
        ("experiments/hero_headline.yaml", "control: {weight: 50}", "control: {weight: 40}"), ("slots/banner.yaml", "request.hour < 14", "request.hour < 12"),
        ("content/cta.yaml", "Take me to it", "Show it"), ("slots/cta.yaml", "show: friends", "show: starters"),
    ),
    "a share": (("experiments/carousel_ranker.yaml", "share: 80%", "share: 60%"),),
    "a salt": (("experiments/hero_headline.yaml", "unit: visitor", "unit: visitor\nsalt: anew"),),
    "the holdout": (("site.yaml", "salt: h2-2026", "salt: h1-2027"),),
    "prices": (("items.csv", "Harbour Blend,11.50", "Harbour Blend,12.50"),),
    "a price that a filter reads": (("items.csv", "Harbour Blend,11.50", "Harbour Blend,250.00"),),
    "prices and a text": (("items.csv", "Harbour Blend,11.50", "Harbour Blend,12.50"), ("content/cta.yaml", "Take me to it", "Show it"), ("slots/banner.yaml", "request.hour < 14", "request.hour < 12")),
    "a boost": (("experiments/carousel_ranker.yaml", 'item.category == "gifts"', "item.price > 20.0"),),
    "stock": (("items.csv", "espresso,true,harbour-blend", "espresso,false,harbour-blend"),),
    "a segment": (("segments.yaml", "visitor.visits >= 4", "visitor.visits >= 3"),),
    "consent": (("site.yaml", "rest:       {allow: [personalization, analytics]}", "rest:       {allow: [analytics]}"),),
    "the end of a campaign": (("campaigns/cart_recovery.yaml", "until: 2027-03-31", "until: 2026-11-10"),),
    "names": (
        ("segments.yaml", "lapsed:   ", "gone_away:"), ("slots/hero.yaml", "{rule: lapsed, when: segment.lapsed", "{rule: gone, when: segment.gone_away"),
        ("slots/mail_teaser.yaml", "{rule: lapsed, when: segment.lapsed", "{rule: gone, when: segment.gone_away"),
    ),
    "a rule's place": (
        ("slots/delivery_note.yaml", "    - {rule: britain, when: 'request.country == \"GB\"', show: britain}\n", ""),
        ("slots/delivery_note.yaml", "  cohort:\n", "  cohort:\n    - {rule: britain, when: 'request.country == \"GB\"', show: britain}\n"),
    ),
    "a slot less": (),
}  # fmt: skip
LEFT_OUT = {"a slot less": ("slots/shelf.yaml", "content/shelf.yaml", "content/shelf.html", "scenarios/core.yaml", "scenarios/rank.yaml")}
UNSEEN = ("the shop", "names", "a rule's place")  # nobody can see these


@cache
def data(name: str) -> bytes:
    """The bundle of the shop after an edit."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "store"
        shutil.copytree(STORE, site)
        for file, before, after in EDITS[name]:
            text = (site / file).read_text()
            assert before in text, (file, before)
            (site / file).write_text(text.replace(before, after))
        for file in LEFT_OUT.get(name, ()):
            (site / file).unlink()
        return compile_site(site).bundle


def shop(name: str) -> Bundle:
    """The same, loaded."""
    return load(unseal(data(name)))


def pair(name: str) -> tuple[Bundle, Bundle]:
    """The shop, and the shop after an edit."""
    return shop("the shop"), shop(name)


def names() -> Sequence[str]:
    return tuple(EDITS)
