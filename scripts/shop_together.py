"""Write what the store's products are bought together with (`models/together.csv`) from a table of last season's baskets.

The weight of a pair is the cosine of the two: the baskets with both, over the square root of the product of the baskets with each.
Sums, square roots and rounding only, in the order of the table, so that it gives the same bytes on every machine.

    python scripts/shop_together.py [rulesets/store]
"""

from __future__ import annotations

import csv
import math
import sys
from collections import Counter
from itertools import combinations
from pathlib import Path

BASKETS: tuple[tuple[int, str], ...] = (  # how many, and what was in each
    (41, "kochere cone-dripper"), (17, "kochere cone-dripper gooseneck-kettle"), (23, "kochere nyeri"), (14, "kochere guji-natural"),
    (11, "nyeri lake-kivu"), (9, "nyeri guji-natural cone-dripper"), (12, "guji-natural lake-kivu"), (8, "nyeri cone-dripper"),
    (7, "lake-kivu cone-dripper"), (6, "boquete-gesha gooseneck-kettle"), (5, "boquete-gesha kochere"), (19, "huila harbour-filter"),
    (16, "harbour-filter glass-press"), (13, "harbour-filter low-tide-decaf"), (10, "huila glass-press"), (9, "huila pair-of-cups"),
    (15, "lintong glass-press"), (8, "lintong travel-press"), (6, "lintong monsoon-coast"), (7, "low-tide-decaf half-moon-decaf"),
    (6, "low-tide-decaf kochere"), (38, "harbour-blend night-ferry"), (22, "harbour-blend stovetop-moka"), (18, "harbour-blend fazenda-alta"),
    (21, "night-ferry stovetop-moka"), (14, "night-ferry monsoon-coast"), (9, "night-ferry lever-one"), (11, "little-owl night-ferry"),
    (10, "little-owl stovetop-moka"), (8, "monsoon-coast stovetop-moka"), (7, "harbour-blend lever-one hand-grinder"),
    (12, "fazenda-alta antigua-ridge"), (10, "antigua-ridge santa-rita"), (9, "santa-rita first-light"), (8, "first-light guji-natural"),
    (6, "first-light lever-one"), (11, "half-moon-decaf harbour-blend"), (6, "half-moon-decaf stovetop-moka"), (24, "gooseneck-kettle cone-dripper"),
    (16, "brew-scale gooseneck-kettle"), (13, "hand-grinder brew-scale"), (12, "hand-grinder cone-dripper"), (10, "hand-grinder lever-one"),
    (8, "brew-scale lever-one"), (9, "travel-press harbour-filter"), (7, "glass-press hand-grinder"), (15, "first-flight pair-of-cups"),
    (12, "first-flight cone-dripper"), (11, "first-flight gift-card"), (9, "monthly-post harbour-blend"), (8, "monthly-post gift-card"),
    (10, "pair-of-cups stovetop-moka"), (7, "pair-of-cups gift-card"), (6, "monthly-post kochere"),
)  # fmt: skip


def lists(baskets: tuple[tuple[int, str], ...]) -> list[tuple[str, str, str]]:
    """(product, the other, weight with three places) in both directions, by product, then the heaviest first."""
    alone: Counter[str] = Counter()
    both: Counter[tuple[str, str]] = Counter()
    for times, basket in baskets:
        products = basket.split()
        alone.update(dict.fromkeys(products, times))
        both.update({pair: times for one, two in combinations(products, 2) for pair in ((one, two), (two, one))})
    weights = {(one, two): times / math.sqrt(alone[one] * alone[two]) for (one, two), times in both.items()}
    return [(one, two, f"{weight:.3f}") for (one, two), weight in sorted(weights.items(), key=lambda pair: (pair[0][0], -pair[1], pair[0][1]))]


def main(site: Path) -> None:
    """Write `models/together.csv` of the site."""
    with (site / "models" / "together.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("item", "other", "weight"))
        writer.writerows(lists(BASKETS))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "rulesets/store"))
