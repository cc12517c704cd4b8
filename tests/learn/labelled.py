"""Labelled rows for the tests of propensities: made up, and the real ones where the shared data are."""

from __future__ import annotations

import csv
import random
from pathlib import Path

SHOPPERS = "data/online-shoppers/online_shoppers_intention.csv"
MONTHS = ("Feb", "Mar", "May", "Nov")


def visits(path: Path, rows: int = 600, seed: int = 1) -> Path:
    """A CSV of visits: pages seen (some missing), value, month (some missing), weekend, and whether they bought."""
    draw = random.Random(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("day", "pages", "value", "month", "weekend", "same", "bought"))
        for number in range(rows):
            pages, value, month = draw.randrange(30), round(draw.expovariate(0.1), 3), draw.choice(MONTHS)
            weekend = draw.random() < 0.3
            odds = 0.12 * pages + 0.08 * value + (1.2 if month == "Nov" else 0) - 3.4 + draw.gauss(0, 0.7)
            told = (number // 10, "" if draw.random() < 0.1 else pages, value, "" if draw.random() < 0.05 else month, str(weekend).upper(), 7, str(odds > 0).upper())
            writer.writerow(told)
    return path
