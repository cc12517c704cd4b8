"""Write the store's item vectors (`items.npz`) from what is known about each product in `items.csv`.

Sixteen axes of taste and use, each built by a plain table below, so that a person can see why two products are near:
looking at washed Ethiopian coffees and a dripper leads to other bright filter coffees and their tools. No library does
any arithmetic (sums and square roots only, in file order), and the archive carries no time, so that the same CSV gives
the same bytes on every machine.

    python scripts/shop_vectors.py [rulesets/store]
"""

from __future__ import annotations

import csv
import io
import math
import sys
import zipfile
from pathlib import Path

import numpy as np

AXES = (
    "fruit", "floral", "chocolate", "nut", "spice", "sweet",  # the tasting notes
    "roast", "natural", "decaf", "east_africa",  # where it comes from and what was done to it
    "espresso", "filter", "immersion",  # how it is brewed
    "gear", "gift", "price",  # what kind of thing it is
)

NOTES: dict[str, dict[str, float]] = {
    "chocolate": {"chocolate": 1.0}, "dark chocolate": {"chocolate": 1.0, "spice": 0.2},
    "milk chocolate": {"chocolate": 0.9, "sweet": 0.4}, "cocoa": {"chocolate": 0.8},
    "hazelnut": {"nut": 1.0}, "peanut": {"nut": 1.0}, "almond": {"nut": 0.9}, "walnut": {"nut": 0.9},
    "caramel": {"sweet": 0.9}, "honey": {"sweet": 0.8, "floral": 0.2}, "molasses": {"sweet": 0.7, "spice": 0.2},
    "clove": {"spice": 1.0}, "cardamom": {"spice": 1.0}, "cedar": {"spice": 0.8}, "smoke": {"spice": 0.6},
    "orange": {"fruit": 0.6}, "red apple": {"fruit": 0.6, "sweet": 0.2}, "strawberry": {"fruit": 1.0},
    "peach": {"fruit": 0.8}, "blackcurrant": {"fruit": 1.0}, "grapefruit": {"fruit": 0.8},
    "blueberry": {"fruit": 1.0}, "mandarin": {"fruit": 0.8}, "cherry": {"fruit": 0.9},
    "jasmine": {"floral": 1.0}, "bergamot": {"floral": 0.6, "fruit": 0.4}, "rose": {"floral": 0.9},
    "black tea": {"floral": 0.6},
}
ROAST = {"light": -1.0, "medium": 0.1, "dark": 1.0}
PROCESS = {
    "natural": {"natural": 0.6}, "honey": {"natural": 0.3}, "monsooned": {"natural": 0.2, "spice": 0.2},
    "wet-hulled": {"spice": 0.2}, "washed": {"natural": -0.3},
    "sugarcane decaf": {"decaf": 1.2}, "water decaf": {"decaf": 1.2},
}
EAST_AFRICA = {"Ethiopia": 0.7, "Kenya": 0.7, "Rwanda": 0.6, "India": -0.3, "Sumatra": -0.3, "Brazil": -0.3}
METHOD = {
    "espresso": {"espresso": 1.0}, "filter": {"filter": 1.0}, "immersion": {"immersion": 1.0, "filter": 0.4},
    "stovetop": {"espresso": 0.6, "immersion": 0.5}, "any": {"espresso": 0.35, "filter": 0.35, "immersion": 0.2},
}
KIND = {"brewers": {"gear": 1.3}, "gifts": {"gift": 1.3}}


def vector(row: dict[str, str]) -> list[float]:
    """One product on the sixteen axes, of length 1.

    Raises:
        KeyError: a note, roast, process or method that the tables above do not know.
    """
    at = dict.fromkeys(AXES, 0.0)

    def add(weights: dict[str, float], times: float = 1.0) -> None:
        for axis, weight in weights.items():
            at[axis] += weight * times

    if row["roast"]:
        for place, note in enumerate(row["notes"].split(", ")):
            add(NOTES[note], (1.0, 0.8, 0.6)[place])
        at["roast"] = ROAST[row["roast"]]
        add(PROCESS[row["process"]])
        origins = row["origin"].split(", ")
        at["east_africa"] = sum(EAST_AFRICA.get(origin, 0.0) for origin in origins) / len(origins)
    add(METHOD[row["method"]])
    add(KIND.get(row["category"], {}))
    at["price"] = 0.25 * math.log2(float(row["price"]) / 16.0)
    length = math.sqrt(sum(value * value for value in at.values()))
    return [at[axis] / length for axis in AXES]


def archive(ids: list[str], vectors: list[list[float]]) -> bytes:
    """The NPZ file with arrays `ids` (unicode) and `vectors` (float32), stored, dated 1980-01-01."""
    out = io.BytesIO()
    arrays = {"ids": np.array(ids, dtype="<U" + str(max(map(len, ids)))), "vectors": np.array(vectors, dtype="<f4")}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archived:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            body = io.BytesIO()
            np.lib.format.write_array(body, array, version=(1, 0), allow_pickle=False)
            archived.writestr(entry, body.getvalue())
    return out.getvalue()


def main(site: Path) -> None:
    """Read `items.csv` of the site and write `items.npz` beside it."""
    with (site / "items.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    (site / "items.npz").write_bytes(archive([row["sku"] for row in rows], [vector(row) for row in rows]))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "rulesets/store"))
