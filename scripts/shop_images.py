"""Draw the store's pictures: one SVG per product of `items.csv`, and those that the pages and the content name.

    python scripts/shop_images.py [rulesets/store]
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from shop_art import (
    BRASS, CLAY, CRAFT, GOLD, INK, MOTIFS, NIGHT, PAPER, PINE, ROSE, SEA,
    at, bag, bean, card, carafe, cup, dripper, grinder, kettle, lever, moka, parcel, person, picture, plant, press, scale,
    shadow, steam, tumbler,
)

# sku → the bag's colour, its motif, the motif's two colours, the ground of the picture
BAGS = {
    "harbour-blend": (CLAY, "waves", SEA, GOLD, "#efe2cf"),
    "night-ferry": (NIGHT, "ferry", NIGHT, CLAY, "#dfe2e6"),
    "fazenda-alta": ("#8a5a34", "hills", "#8a5a34", GOLD, "#f0e4cf"),
    "monsoon-coast": ("#5c4a63", "leaf", "#5c4a63", CRAFT, "#e9e1e8"),
    "antigua-ridge": ("#a8432b", "hills", "#5d3a2e", "#e08a3c", "#f2e0d2"),
    "santa-rita": (GOLD, "rings", "#b97f1f", CLAY, "#f5ead0"),
    "first-light": ("#d98a6a", "sun", CLAY, GOLD, "#f7e6da"),
    "half-moon-decaf": ("#41566b", "moon", "#41566b", GOLD, "#e2e7ea"),
    "little-owl": (PINE, "owl", PINE, GOLD, "#e3e8df"),
    "kochere": ("#6f9a86", "flower", ROSE, GOLD, "#e7eee6"),
    "nyeri": ("#7c2f45", "cherries", "#7c2f45", PINE, "#f0dfe0"),
    "guji-natural": ("#4a5a8c", "cherries", "#4a5a8c", "#6f9a86", "#e4e6ef"),
    "huila": ("#c46a45", "sun", "#c46a45", GOLD, "#f3e5d8"),
    "boquete-gesha": ("#e6c7bb", "flower", "#d9818a", GOLD, "#f8ece6"),
    "lake-kivu": (SEA, "waves", SEA, "#a8323e", "#e0eaec"),
    "lintong": ("#4b4a2f", "leaf", "#4b4a2f", GOLD, "#e8e6d8"),
    "harbour-filter": ("#d7a878", "waves", CLAY, SEA, "#f4ead9"),
    "low-tide-decaf": ("#e0a58b", "moon", "#c0735a", SEA, "#f8e9e1"),
}


def tools() -> dict[str, str]:
    """sku → picture of the things that are not bags."""

    def still(ground: str, *shapes: str) -> str:
        return picture(400, 400, ground, *shapes)

    small = [at(x, y, bag(body, motif, a, b), 0.5) for x, y, (body, motif, a, b, _) in (
        (126, 270, BAGS["kochere"]), (274, 270, BAGS["night-ferry"]), (150, 334, BAGS["santa-rita"]), (250, 334, BAGS["harbour-blend"]))]
    return {
        "cone-dripper": still("#efe2d6", at(200, 330, carafe(0.38), 1.1), at(196, 192, dripper(), 1.05)),
        "gooseneck-kettle": still("#e8e4da", at(206, 312, kettle(), 1.12)),
        "hand-grinder": still("#e9e6e0", at(190, 344, grinder(), 1.05), at(300, 344, bean()), at(326, 350, bean()), at(90, 348, bean())),
        "glass-press": still("#e3e9e4", at(190, 342, press(), 1.05)),
        "stovetop-moka": still("#f2e3d6", at(190, 340, moka(), 1.05)),
        "travel-press": still("#e6edee", at(200, 340, tumbler(), 1.05)),
        "brew-scale": still("#ece6dc", at(200, 320, scale(), 1.2), at(176, 266, carafe(0.4), 0.9), at(172, 154, dripper(PINE), 0.8)),
        "lever-one": still("#eee2d8", at(216, 350, lever(), 0.98)),
        "first-flight": still("#f0e6d4", *small),
        "monthly-post": still("#e5e9e1", at(150, 236, bag(PINE, "leaf", PINE, GOLD), 0.52), at(250, 236, bag(CLAY, "sun", CLAY, GOLD), 0.52), at(200, 330, parcel(), 1.05)),
        "pair-of-cups": still("#ece4da", at(146, 248, cup("#d9c4a3"), 0.95), at(246, 322, cup(PAPER), 1.05)),
        "gift-card": still("#e4e9e4", at(200, 292, card(), 1.15)),
    }


def scenes() -> dict[str, str]:
    """The large pictures of heroes and stories, 640 × 560."""

    def room(wall: str, table: str, *shapes: str) -> str:
        return picture(640, 560, wall, *shapes[:1], f'<path d="M0 438H640V560H0z" fill="{table}"/><path d="M0 438H640V446H0z" fill="#000" opacity=".06"/>', *shapes[1:])

    def window(x: int, pane: str, sun: str = "") -> str:
        frame = f'<rect x="{x}" y="54" width="220" height="270" rx="110" fill="{pane}"/>{sun}'
        return frame + f'<path d="M{x + 110} 54V324M{x} 196H{x + 220}" stroke="#fff" stroke-width="7" opacity=".75"/><rect x="{x - 16}" y="320" width="252" height="12" rx="4" fill="#fff" opacity=".8"/>'

    def shelf(y: int, *shapes: str) -> str:
        return "".join(shapes) + f'<rect x="40" y="{y}" width="560" height="12" rx="4" fill="#8a5a34"/>'

    house = bag(*BAGS["harbour-blend"][:4], "Harbour", "BLEND")
    night = bag(*BAGS["night-ferry"][:4], "Night Ferry", "DARK")
    light = bag(*BAGS["kochere"][:4], "Kochere", "LIGHT")
    steps = "".join(
        f'<g transform="translate({x} 62) scale(.72)"><circle r="46" fill="{PAPER}"/><circle r="46" fill="none" stroke="{GOLD}" stroke-width="4"/>{shape}</g>'
        for x, shape in ((120, at(0, 0, bean(), 1.5)), (280, at(4, 26, kettle(CLAY), 0.22)), (440, at(0, 22, cup(PINE, saucer=False), 0.4)))
    ) + f'<path d="M162 62h84M322 62h84" stroke="{GOLD}" stroke-width="4" stroke-dasharray="2 10" stroke-linecap="round"/>'
    pour = '<path d="M286 180C276 186 272 200 271 216" stroke="#9fc3cf" stroke-width="6" fill="none" stroke-linecap="round"/>'
    screen = (
        '<rect x="70" y="70" width="330" height="230" rx="16" fill="#26324a"/><rect x="84" y="84" width="302" height="202" rx="8" fill="#f2e3d6"/>'
        + at(216, 282, person("#c98e6b", INK, PINE), 1.9)
        + f'<circle cx="344" cy="124" r="9" fill="{CLAY}"/>'
    )
    return {
        "hero-morning.svg": room("#f1dfc8", "#c99f74", window(60, "#fbeecb", f'<circle cx="214" cy="150" r="44" fill="{GOLD}" opacity=".75"/>'),
                                 at(470, 470, house, 1.22), at(240, 506, cup(), 1.3), at(240, 376, steam(130)), at(386, 512, bean(), 1.2), at(426, 526, bean(), 1.1), at(120, 520, bean(), 1.1)),
        "hero-brew-guide.svg": room("#dfe7dc", "#b98d63", steps, at(260, 500, carafe(0.42), 1.25), at(256, 344, dripper(), 1.1), at(432, 302, f'<g transform="rotate(-6)">{kettle().removeprefix(shadow(200))}</g>', 0.9), pour, at(520, 494, scale(), 0.8)),
        "hero-tasting.svg": room("#e9dfd6", "#a97a52", screen, at(536, 446, light, 1.02), at(150, 506, cup(CLAY), 0.9), at(330, 520, cup(PINE), 0.9), at(500, 512, cup(NIGHT), 0.9),
                                 at(150, 420, steam(70)), at(330, 434, steam(70)), at(500, 426, steam(70))),
        "hero-post.svg": room("#dce5df", "#b98d63", window(370, "#eef3ee"), at(236, 336, light, 0.84), at(400, 336, night, 0.84), at(320, 500, parcel(), 1.55), at(550, 512, cup(PINE), 0.8)),
        "hero-welcome-back.svg": room("#ead9cf", "#9c6b48", window(360, "#f7e3cf"), at(190, 492, grinder(PINE), 1.25), at(420, 506, cup(CLAY), 1.25), at(420, 380, steam(120)),
                                      at(270, 516, bean(), 1.2), at(300, 530, bean(), 1.1), at(92, 520, bean(), 1.2)),
        "hero-team.svg": room("#d9e0e2", "#a97a52", shelf(190, at(110, 190, house, 0.44), at(210, 190, light, 0.44), at(310, 190, night, 0.44), at(440, 190, plant(), 0.6), at(540, 190, cup(CLAY, saucer=False), 0.6)),
                              at(220, 474, lever(), 1.06), at(400, 512, cup(), 0.8), at(540, 500, cup(PINE), 0.8), at(400, 440, steam(60)), at(540, 428, steam(60))),
        "story-roaster.svg": room("#e7ddcf", "#7d5638", at(520, 420, plant(), 1.1),
                                  at(290, 500, f'{shadow(360)}<path d="M-120 0V-90H120V0H92V-60H-92V0z" fill="{INK}"/><circle cy="-170" r="118" fill="{PINE}"/><circle cy="-170" r="88" fill="#3d6152"/><circle cy="-170" r="58" fill="#5b3a29"/>'
                                     f'{"".join(at(x, y, bean("#8a5a34")) for x, y in ((-26, -186), (8, -200), (24, -168), (-12, -156), (10, -138), (-36, -158)))}<path d="M-30-340H90L56-280H4z" fill="{BRASS}"/><rect x="14" y="-284" width="32" height="24" fill="{BRASS}"/><path d="M110-200h110v-150" fill="none" stroke="{INK}" stroke-width="24"/>', 1.1)),
    }


def marks() -> dict[str, str]:
    """The logo, category pictures, portraits and the small signs of the banner."""
    wave = MOTIFS["waves"].format(a=PAPER, b=GOLD)

    def sign(path: str) -> str:
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24" fill="none" '
            f'stroke="{INK}" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round">{path}</svg>\n'
        )

    def portrait(ground: str, *looks: str) -> str:
        return picture(96, 96, ground, at(48, 98, person(*looks), 0.9))

    return {
        "mark.svg": f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64"><rect width="64" height="64" rx="32" fill="{CLAY}"/><g transform="translate(32 31) scale(.3)">{wave}</g></svg>\n',
        "category-espresso.svg": picture(400, 300, "#ead7c6", at(206, 268, lever(), 0.72)),
        "category-filter.svg": picture(400, 300, "#dfe7dc", at(170, 266, carafe(0.4), 0.9), at(168, 154, dripper(), 0.8), at(318, 262, cup(PINE, saucer=False), 0.6)),
        "category-brewers.svg": picture(400, 300, "#e6e1d6", at(104, 262, moka(), 0.74), at(282, 262, kettle(), 0.78)),
        "category-gifts.svg": picture(400, 300, "#f2e1d8", at(200, 256, parcel(), 1.05)),
        "van.svg": sign('<path d="M2 6h11v10H2zM13 9h4.500L21 13v3h-8z"/><circle cx="6.500" cy="17" r="2"/><circle cx="17" cy="17" r="2"/>'),
        "moon.svg": sign('<path d="M19.500 14.500A8.500 8.500 0 1 1 9.500 4.500a7 7 0 0 0 10 10z"/>'),
        "basket.svg": sign('<path d="M3 9h18l-2 11H5zM8 9l3-6M16 9l-3-6M9 13v4M15 13v4"/>'),
        "sun.svg": sign('<circle cx="12" cy="12" r="4"/><path d="M12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400"/>'),
        "globe.svg": sign('<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18"/>'),
        "portrait-home.svg": portrait("#efe2d6", "#e3b08f", "#6b3f2a", PINE),
        "portrait-software.svg": portrait("#dfe7dc", "#8d5a3b", INK, CLAY),
        "portrait-healthcare.svg": portrait("#e0eaec", "#f0c7a8", "#b9853f", SEA),
        "portrait-hospitality.svg": portrait("#f2e0d2", "#c98e6b", "#2b1e17", NIGHT),
    }


def main(site: Path) -> None:
    """Write every picture to `public/img`; fails when a product has none."""
    with (site / "items.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    drawn = tools()
    pictures = scenes() | marks()
    for row in rows:
        sku = row["sku"]
        if sku in BAGS:
            body, motif, first, second, ground = BAGS[sku]
            name = row["name"].removesuffix(" Decaf")
            drawn[sku] = picture(400, 400, ground, at(200, 344, bag(body, motif, first, second, name, row["roast"].upper())))
        pictures[row["image"]] = drawn[sku]
    for name, text in sorted(pictures.items()):
        (site / "public/img" / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "rulesets/store"))
