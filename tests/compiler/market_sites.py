"""A small site with three markets, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from compiler.pipeline import compile_site
from tessera.bundle import load, unseal
from tessera.resolved import Bundle

FILES = {
    "site.yaml": """\
tessera: 1
name: shop
hosts: [shop.example]
pages: {home: /}
purposes: {analytics: {}}
jurisdictions: {rest: {allow: [analytics]}}
markets:
  germany: {when: 'request.country in ["DE", "AT"]', language: de, currency: EUR, calendar: de_holidays}
  france:  {when: 'request.country == "FR"', language: fr-FR, currency: EUR, after: germany}
  rest:    {language: en, currency: GBP}
items:
  file: items.csv
  id: sku
  fields: {name: {type: string, in: {de: name_de}}, price: {type: double, in: {EUR: price_eur}}, popularity: double}
""",
    "items.csv": """\
sku,name,name_de,price,price_eur,popularity
kettle,Kettle,Kessel,80,95,3
mug,Mug,Becher,10,12.5,2
scale,Scale,Waage,40,,1
""",
    "lists/de_holidays.csv": "day\n2026-12-25\n2026-12-26\n",
    "content/hero.html": '<h1 lang="{{market.language}}">{{headline}}</h1><a href="{{cta}}">{{market.currency}}</a>',
    "content/hero.yaml": """\
fields: {headline: text, cta: link}
variants:
  plain:
    headline: Coffee & more
    cta: /shop
    in:
      de: {headline: Kaffee & mehr, cta: '/{{market.language}}/laden'}
      france: {headline: Du café}
  known: {extends: plain, headline: Welcome, in: {fr: {headline: Bienvenue}}}
  closed: {extends: plain, headline: See you tomorrow}
""",
    "slots/hero.yaml": """\
place: {page: home, selector: "#hero", do: inner}
component: hero
test: headline
ladder:
  cohort:
    - {rule: closed, when: market.closed, show: closed}
    - {rule: french, when: market.france, show: known}
    - {rule: late, when: 'market.rest && request.hour >= 22', show: known}
  default: plain
""",
    "experiments/headline.yaml": """\
arms:
  control: {weight: 50}
  benefit: {weight: 50, set: {headline: Better mornings}, in: {de: {headline: Bessere Morgen}}}
""",
    "content/shelf.html": "<ul>{{#items}}<li>{{item.name}} {{item.price}} {{market.currency}}</li>{{/items}}</ul>",
    "content/shelf.yaml": "fields: {}\nvariants: {row: {}}\n",
    "slots/shelf.yaml": """\
place: {page: home, selector: "#shelf", do: inner}
component: shelf
ladder: {default: {rank: popular, take: 3, where: 'item.price < 50.0'}}
""",
    "models/popular.yaml": "score: {from: item.popularity}\n",
}


def write(folder: Path, **changes: str | None) -> Path:
    """The site as files; `changes` are files (`site__yaml`: site.yaml) in place of its own, None for one that is left out."""
    files: dict[str, Any] = {**FILES, **changes}
    for name, text in files.items():
        if text is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
    return folder


def bundle(folder: Path, **changes: str | None) -> Bundle:
    return load(unseal(compile_site(write(folder, **changes)).bundle))
