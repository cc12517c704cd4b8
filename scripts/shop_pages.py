"""Write the store's static pages to `public/` from `items.csv`, `site.yaml`, `content/` and the templates in `scripts/shop`.

The pages stand for the shop's origin. What stands in a slot is rendered from the very component that the edge would
put there, so that the page without Tessera and Tessera's default look alike.

    python scripts/shop_pages.py [rulesets/store]        # needs ruamel.yaml
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from string import Template

from ruamel.yaml import YAML

TEMPLATES = Path(__file__).parent / "shop"
CATEGORIES = {
    "espresso": ("Espresso", "Nine coffees for the machine, the moka pot and anything with milk. From jam on toast to dark chocolate."),
    "filter": ("Filter", "Nine coffees for cone, press and pot. Lighter, longer and best without hurry."),
    "brewers": ("Brewers", "Eight tools that we use every day at the roastery, and can repair."),
    "gifts": ("Gifts", "For the friend who has everything except a good cup."),
}
METHODS = {
    "espresso": "Espresso machine, moka pot", "filter": "Cone, pot, filter machine", "immersion": "Press",
    "stovetop": "Stovetop", "any": "Any way you like",
}
GUIDES = {
    "espresso": ("Pull it like this", ("Grind 18 g fine, like table salt, and press it down evenly.", "Let 38 g run into the cup, in about 28 seconds.", "Sour? Grind finer. Bitter? Grind coarser. That is the whole secret.")),
    "filter": ("Brew it like this", ("Grind 18 g medium, like beach sand, and rinse the paper.", "Pour 60 g of water at 94 °C, wait for half a minute, then pour up to 300 g in circles.", "After three minutes it has run through. Let it cool a little: the fruit comes last.")),
    "brewers": ("Made to be repaired", ("Every part can be bought one by one, for at least fifteen years.", "Send it to us, and we mend it for the price of the part.", "Not used any more? We buy it back and find it a new kitchen.")),
    "gifts": ("How giving works", ("We wrap in paper and twine, without a price or an invoice inside.", "Write a few words at checkout: we put them on a card by hand.", "Choose the day it should arrive, up to three months ahead.")),
}
LABELS = {"personalization": "Suggestions", "analytics": "Measuring", "none": "Running the shop"}
KEPT = {
    "lifecycle": "Whether you are new, a customer or were one", "visits": "How often you have come by", "cart_value": "The value of your cart",
    "recent": "The products you looked at last", "taste": "Which kinds of products you like", "hidden": "Products that you do not want to see", "bought": "The products you bought", "orders": "How many orders you placed",
    "last_order": "The day of your last order", "open_case": "Whether you are waiting for an answer from us",
}


def fill(name: str, values: Mapping[str, str]) -> str:
    """A template of `scripts/shop` with its `$names` put in; the values are HTML already."""
    return Template((TEMPLATES / f"{name}.html").read_text(encoding="utf-8")).substitute(values).strip("\n")


def text(values: Mapping[str, str]) -> dict[str, str]:
    return {key: escape(value) for key, value in values.items()}


class Component:
    """A component of `content/`: its markup and the copy of its variants."""

    def __init__(self, site: Path, name: str) -> None:
        self.markup = (site / "content" / f"{name}.html").read_text(encoding="utf-8").strip("\n")
        copy = YAML(typ="safe", pure=True).load((site / "content" / f"{name}.yaml").read_text(encoding="utf-8"))
        self.fields: dict[str, str] = copy["fields"]
        self.variants: dict[str, dict[str, str]] = copy["variants"]

    def show(self, variant: str) -> str:
        """The markup with the variant's copy; copy with variables of its own is not for static pages."""
        values = {f: "/img/" + v if self.fields[f] == "image" else v for f, v in self.variants[variant].items()}
        return put(self.markup, values)

    def rank(self, rows: Iterable[Mapping[str, str]]) -> str:
        """The repeated part of the markup, once for each product."""
        each = re.fullmatch(r"\{\{#items\}\}\n(.*)\n\{\{/items\}\}", self.markup, re.DOTALL)
        assert each, "the component must be one {{#items}} block"
        return "\n".join(put(each[1], item(row)) for row in rows)


def item(row: Mapping[str, str]) -> dict[str, str]:
    """A product as the template's `item.*`, shown as the edge shows it."""
    shown = {**row, "id": row["sku"], "image": "/img/" + row["image"], "price": price(row)}
    return {f"item.{field}": value for field, value in shown.items()}


def price(row: Mapping[str, str]) -> str:
    """Whole prices without a fraction, others with two places."""
    value = float(row["price"])
    return f"{value:.2f}" if value % 1 else str(int(value))


def put(markup: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{\{([\w.]+)\}\}", lambda found: escape(values[found[1]]), markup)


def menu(current: str) -> str:
    here = {current: ' aria-current="page"'}
    return "\n".join(f'<li><a href="/c/{key}"{here.get(key, "")}>{name}</a></li>' for key, (name, _) in CATEGORIES.items())


def page(title: str, description: str, main: str, current: str = "", head: str = "") -> str:
    """A whole page: the frame around `main`."""
    values = {
        "title": escape(title), "description": escape(description), "head": head, "menu": menu(current), "main": main,
        "cart_current": ' aria-current="page"' if current == "cart" else "",
    }
    return fill("layout", values) + "\n"


def popular(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(rows, key=lambda row: -float(row["popularity"]))


def category_page(category: str, rows: list[dict[str, str]], cards: Component) -> str:
    name, about = CATEGORIES[category]
    shown = cards.rank(popular(rows)).replace(' loading="lazy"', "", 4)  # the first row is in view
    for row in rows:
        if row["in_stock"] == "false":
            label = f'<span class="card-name">{escape(row["name"])}'
            shown = shown.replace(label + "</span>", label + " (sold out)</span>")
    main = fill("category", {"category": category, "name": name, "text": escape(about), "cards": shown})
    return page(f"{name} · Tidewick Coffee", about, main, category)


def buy(row: Mapping[str, str]) -> str:
    """The order form, or the word that there is nothing to order."""
    values = text(row)
    if row["in_stock"] == "false":
        return '<div class="buy" id="buy"><p class="sold-out">Sold out for now. It comes back with the next delivery.</p></div>'
    return (
        f'<form class="buy" id="buy" action="/cart" method="get" data-sku="{values["sku"]}" data-name="{values["name"]}" '
        f'data-price="{price(row)}" data-image="{values["image"]}">\n'
        f'<input type="hidden" name="add" value="{values["sku"]}">\n'
        '<label>Count <input type="number" name="count" value="1" min="1" max="20"></label>\n'
        '<button type="submit" class="button">Add to cart</button>\n<p class="buy-status" id="buy-status" role="status"></p>\n</form>'
    )


def together(row: Mapping[str, str], others: list[dict[str, str]], component: Component) -> str:
    """The section of what goes with a product: what sells best on other shelves."""
    tools = sorted(others, key=lambda other: other["category"] == row["category"])
    return fill("together", {"name": escape(row["name"]), "bundle": component.rank(tools[:2])}) + "\n"


def product_page(row: dict[str, str], rows: list[dict[str, str]], cards: Component, bundle: Component) -> str:
    coffee = row["roast"] != ""
    name, _ = CATEGORIES[row["category"]]
    facts = {"Tastes of": row["notes"], "Origin": row["origin"], "Process": row["process"], "Roast": row["roast"], "Brew it by": METHODS[row["method"]]}
    if not coffee:
        facts = {"Details": row["notes"], "Good for": METHODS[row["method"]], "Guarantee": "Five years" if row["category"] == "brewers" else ""}
    heading, steps = GUIDES[row["category"]]
    others = [other for other in popular(rows) if other is not row and other["in_stock"] == "true"]
    others.sort(key=lambda other: other["category"] != row["category"])
    values = text(row) | {
        "category_name": name,
        "eyebrow": escape(f"{row['roast'].capitalize()} roast · {row['origin']}") if coffee else name,
        "alt": escape(f"A bag of {row['name']}" if coffee else row["name"]),
        "price": price(row), "unit": "250 g" if coffee else "",
        "buy": buy(row), "together": together(row, others, bundle),
        "facts": "\n".join(f"<div><dt>{k}</dt><dd>{escape(v[:1].upper() + v[1:])}</dd></div>" for k, v in facts.items() if v),
        "guide": f'<section class="guide" aria-labelledby="guide-title">\n<h2 id="guide-title">{heading}</h2>\n<ol>\n'
        + "\n".join(f"<li>{escape(step)}</li>" for step in steps) + "\n</ol>\n</section>",
        "related": cards.rank(others[:8]),
    }
    hide = f'\n<style>#related [data-sku="{row["sku"]}"] {{ display: none; }}</style>'
    return page(f"{row['name']} · Tidewick Coffee", row["blurb"], fill("product", values), row["category"], hide)


def home_page(site: Path, rows: list[dict[str, str]], cards: Component) -> str:
    shelves = "\n".join(
        f'<li class="card"><a href="/c/{key}"><img src="/img/category-{key}.svg" width="400" height="300" alt=""><span class="card-name">{name}</span>'
        f'<span class="card-notes">{sum(row["category"] == key for row in rows)} kinds</span></a></li>'
        for key, (name, _) in CATEGORIES.items()
    )
    main = fill("home", {
        "hero": Component(site, "hero").show("evergreen"), "shelves": shelves, "related": cards.rank(popular(rows)[:8]), "shelf": Component(site, "shelf").show("gifts"),
        "testimonial": Component(site, "testimonial").show("home"), "cta": Component(site, "cta").show("browse"),
    })
    return page("Tidewick Coffee · Roasted on the harbour", "A small roastery: eighteen coffees, eight good tools, posted within a day of roasting.", main)


def search_page(rows: list[dict[str, str]], cards: Component) -> str:
    """All products; the words that a search looks in are in each card."""
    shown = cards.rank(popular(rows)).replace(' loading="lazy"', "", 4)
    for row in rows:
        words = " ".join(("coffee" if row["roast"] else "", row["category"], row["roast"], row["origin"], row["process"], METHODS[row["method"]], row["blurb"])).strip()
        shown = shown.replace(f'data-sku="{row["sku"]}"', f'data-sku="{row["sku"]}" data-words="{escape(words)}"')
    return page("Search · Tidewick Coffee", "All coffees and tools of a small roastery.", fill("search", {"cards": shown}), "search")


def span(keep: str) -> str:
    """A `keep` of site.yaml in words."""
    return {"session": "This visit", "1d": "1 day"}.get(keep) or keep.removesuffix("d") + " days"


def privacy_page(site: Path) -> str:
    """The page on consent; its table is what `site.yaml` declares, and an attribute without words here is a KeyError."""
    declared = YAML(typ="safe", pure=True).load((site / "site.yaml").read_text(encoding="utf-8"))["attributes"]
    rows = [(KEPT[name], spec) for name, spec in declared["visitor"].items()]
    rows.append(("The company whose network you come from", declared["account"]["name"]))
    kept = "\n".join(f"<tr><td>{what}</td><td>{LABELS[spec['purpose']]}</td><td>{span(spec['keep'])}</td></tr>" for what, spec in rows)
    return page("Privacy and choices · Tidewick Coffee", "What the shop remembers, why and for how long.", fill("privacy", {"kept": kept}))


def main(site: Path) -> None:
    """Write all pages."""
    with (site / "items.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    cards, bundle = Component(site, "carousel"), Component(site, "bundle")
    pages = {
        "index": home_page(site, rows, cards),
        "cart": page("Your cart · Tidewick Coffee", "What is in your cart.", fill("cart", {}), "cart"),
        "thanks": page("Thank you · Tidewick Coffee", "Your order.", fill("thanks", {})),
        "privacy": privacy_page(site),
        "search": search_page(rows, cards),
        "404": page("Not found · Tidewick Coffee", "There is no such page.", fill("missing", {})),
    }
    pages |= {f"c/{key}": category_page(key, [row for row in rows if row["category"] == key], cards) for key in CATEGORIES}
    pages |= {f"p/{row['sku']}": product_page(row, rows, cards, bundle) for row in rows}
    for name, markup in pages.items():
        target = site / "public" / f"{name}.html"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(markup, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "rulesets/store"))
