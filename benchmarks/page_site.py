"""What the page benchmark serves: a shop's page with five slots, the site that fills them, and who asks for it.

The page says € and – as shops do, so it is not plain ASCII. Each slot has three variants and an experiment of two arms; twelve
rules choose. In the plain site the rules ask the request alone, so no store is read; in the other one half of
them ask stored facts, which costs one read of a profile for each page view. The same seed makes the same bytes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Any, Mapping
from uuid import UUID

from tessera import identity

SEED = 20261122
VISITORS = 200
SMALL, LARGE = 60 * 1024, 700 * 1024
PATHS = {"/": SMALL, "/large": LARGE}  # of the pages, and their sizes in bytes
PURPOSES = ("personalization", "analytics")

_WORDS = (
    "harbour roast morning kettle filter paper water slow bright round sweet cocoa plum orange honey walnut fresh bag grind "
    "scoop pour bloom cup table window rain market boat early quiet warm steam copper linen stone street corner light"
).split()
_COUNTRIES = {
    "US": ("New York", "NA", "America/New_York", "NY"), "DE": ("Berlin", "EU", "Europe/Berlin", "BE"),
    "GB": ("Bristol", "EU", "Europe/London", "ENG"), "FR": ("Lyon", "EU", "Europe/Paris", "ARA"),
    "JP": ("Osaka", "AS", "Asia/Tokyo", "27"), "BR": ("Recife", "SA", "America/Recife", "PE"),
}  # fmt: skip
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
)
_QUERIES = ("", "?utm_source=newsletter&utm_medium=email", "?utm_source=search&utm_medium=cpc&utm_campaign=autumn")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place on the page. `replace` takes the place of the element, `inner` of what is in it."""

    name: str
    operation: str
    rules: tuple[tuple[str, str, str], ...]  # name, condition, variant; the condition asks the request alone
    stored: tuple[tuple[str, str, str], ...]  # what takes the place of the first rules in the site that reads profiles

    @property
    def selector(self) -> str:
        return f"#{self.name}"


SLOTS = (
    Slot(
        "hero",
        "replace",
        (
            ("morning", 'request.country == "US" && request.hour < 12', "second"),
            ("newsletter", 'request.utm_source == "newsletter"', "third"),
            ("evening", 'request.country in ["DE", "FR", "GB"] && request.hour >= 17', "second"),
        ),
        (
            ("customer", 'visitor.lifecycle == "customer" && visitor.orders >= 3', "third"),
            ("lapsed", 'visitor.lifecycle == "lapsed"', "second"),
        ),
    ),
    Slot(
        "offer",
        "replace",
        (("paid", 'request.utm_medium == "cpc"', "second"), ("abroad", 'request.continent != "EU"', "third")),
        (("cart", "visitor.cart_value > 40.0", "second"),),
    ),
    Slot(
        "picks",
        "inner",
        (
            ("mobile", 'request.device == "mobile"', "second"),
            ("weekend", 'request.weekday in ["sat", "sun"]', "third"),
            ("asia", 'request.continent == "AS"', "second"),
        ),
        (("regular", "visitor.visits > 12", "third"),),
    ),
    Slot(
        "story",
        "inner",
        (("german", 'request.language.startsWith("de")', "second"), ("searched", 'request.source == "search"', "third")),
        (("reader", 'visitor.category == "filter"', "second"),),
    ),
    Slot(
        "note",
        "replace",
        (("brazil", 'request.country == "BR"', "third"), ("night", 'request.daypart == "night"', "second")),
        (("orders", "visitor.orders == 0", "third"),),
    ),
)
VARIANTS = ("first", "second", "third")
ARMS = ("control", "warmer")

_COMPONENT = """\
<section id="{slot}" class="block {slot}" data-slot="{slot}" data-variant="{{{{variant}}}}">
<div class="wrap"><p class="eyebrow">{{{{eyebrow}}}}</p>
<h2>{{{{headline}}}}</h2>
<p class="lede">{{{{text}}}}</p>
<ul class="points"><li>Roasted on Tuesdays</li><li>Posted within a day – even on Saturdays</li><li>Free from € 40</li></ul>
<p class="actions"><a class="button" href="{{{{link}}}}">{{{{label}}}}</a> <a class="button plain" href="/about">How we work</a></p>
</div>
</section>"""
_FIELDS = {"variant": "text", "eyebrow": "text", "headline": "text", "text": "text", "link": "link", "label": "text"}


def _prose(random: Random, words: int) -> str:
    return " ".join(random.choices(_WORDS, k=words)).capitalize() + "."


def _bytes(text: str) -> int:
    return len(text.encode())


def _card(random: Random, number: int) -> str:
    name, price = _prose(random, 2)[:-1], random.randint(600, 4900) / 100
    return (
        f'<li class="card"><a href="/p/item-{number}"><img src="/img/item-{number}.svg" width="240" height="240" loading="lazy" alt="">'
        f'<span class="name">{name}</span></a><p class="notes">{_prose(random, 9)}</p>'
        f'<p class="buy"><span class="price">€ {price:.2f}</span> <button type="button" data-item="{number}">Add</button></p></li>\n'
    )


def _default(slot: Slot, random: Random) -> str:
    """What stands in a slot's place in the original page."""
    inside = f"<h2>{_prose(random, 4)}</h2><p>{_prose(random, 60)}</p><p>{_prose(random, 40)}</p>"
    return f'<section id="{slot.name}" class="block {slot.name}">{inside}</section>\n'


def parts(size: int) -> list[str | Slot]:
    """The page of exactly so many bytes as text and slots in turn; a slot stands for its element (see `original`)."""
    random = Random(f"{SEED}/{size}")
    head = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>A shop</title>\n'
        '<link rel="stylesheet" href="/shop.css">\n<script src="/shop.js" defer></script>\n</head>\n<body>\n<header class="top"><nav><ul>'
        + "".join(f'<li><a href="/c/{word}">{word}</a></li>' for word in _WORDS[:12])
        + "</ul></nav></header>\n<main>\n"
    )
    foot = "</main>\n<footer><p>A shop</p></footer>\n</body>\n</html>\n"
    room = size - _bytes(head) - _bytes(foot) - sum(_bytes(original(slot, size)) for slot in SLOTS)
    lists, number = [], 0
    for place in range(len(SLOTS)):
        wanted = room // len(SLOTS) if place < len(SLOTS) - 1 else room - sum(map(_bytes, lists))
        cards = ""
        while _bytes(cards) < wanted - 600:
            cards, number = cards + _card(random, number), number + 1
        text = f'<ul class="cards">\n{cards}</ul>\n'
        lists.append(text + f"<!-- {'-' * (wanted - _bytes(text) - 10)} -->\n")
    found: list[str | Slot] = [head]
    for slot, text in zip(SLOTS, lists):
        found += [slot, text]
    return [*found, foot]


def original(slot: Slot, size: int) -> str:
    """A slot's element as it stands in the page of this size."""
    return _default(slot, Random(f"{SEED}/{size}/{slot.name}"))


def page(size: int) -> str:
    return "".join(part if isinstance(part, str) else original(part, size) for part in parts(size))


def _values(slot: Slot, variant: str) -> dict[str, str]:
    random = Random(f"{SEED}/{slot.name}/{variant}")
    return {
        "variant": variant,
        "eyebrow": _prose(random, 3),
        "headline": _prose(random, 5),
        "text": _prose(random, 45),
        "link": f"/c/{variant}",
        "label": _prose(random, 2),
    }


def contents(slot: Slot, variant: str, arm: str = ARMS[0]) -> str:
    """The markup that the site shows for a variant, with the arm's headline."""
    values = _values(slot, variant)
    if arm != ARMS[0]:
        values["headline"] = _warmer(slot)
    text = _COMPONENT.format(slot=slot.name)
    for field, value in values.items():
        text = text.replace(f"{{{{{field}}}}}", value)
    return text


def _warmer(slot: Slot) -> str:
    return f"Lovely to see you at the {slot.name}"


def site(stored: bool) -> dict[str, str]:
    """File name → text. YAML is a superset of JSON, so the files are written as such."""
    kept = {"purpose": PURPOSES[0], "keep": "180d"}
    attributes = {
        "lifecycle": {"type": ["new", "engaged", "customer", "lapsed"], **kept},
        "visits": {"type": "int", **kept},
        "orders": {"type": "int", **kept},
        "cart_value": {"type": "double", **kept},
        "category": {"type": "string", **kept},
    }
    found: dict[str, Any] = {
        "site.yaml": {
            "tessera": 1,
            "name": "benchmark",
            "hosts": ["localhost"],
            "pages": {"home": "/", "large": "/large"},
            **({"attributes": {"visitor": attributes}} if stored else {}),
            "purposes": {name: {} for name in PURPOSES},
            "jurisdictions": {"eea": {"when": 'request.region == "EEA"', "allow": []}, "rest": {"allow": list(PURPOSES)}},
        }
    }
    for slot in SLOTS:
        asked = slot.stored if stored else ()
        ladder: dict[str, Any] = {"segment": [_rule(*rule) for rule in asked]} if asked else {}
        ladder |= {"cohort": [_rule(*rule) for rule in slot.rules[len(asked) :]], "default": VARIANTS[0]}
        place = {"page": ["home", "large"], "selector": slot.selector, "do": slot.operation}
        found[f"slots/{slot.name}.yaml"] = {"place": place, "component": slot.name, "test": f"{slot.name}_headline", "ladder": ladder}
        found[f"content/{slot.name}.yaml"] = {"fields": _FIELDS, "variants": {variant: _values(slot, variant) for variant in VARIANTS}}
        arms = {ARMS[0]: {"weight": 50}, ARMS[1]: {"weight": 50, "set": {"headline": _warmer(slot)}}}
        found[f"experiments/{slot.name}_headline.yaml"] = {"unit": "visitor", "purpose": "analytics", "arms": arms}
    texts = {name: json.dumps(value) for name, value in found.items()}
    return texts | {f"content/{slot.name}.html": _COMPONENT.format(slot=slot.name) for slot in SLOTS}


def _rule(name: str, when: str, variant: str) -> dict[str, str]:
    return {"rule": name, "when": when, "show": variant}


def growthbook() -> dict[str, Any]:
    """The same five experiments as visual experiments, in the payload that GrowthBook's SDKs read; without rules."""
    experiments = [
        {
            "key": f"{slot.name}_headline",
            "changeId": f"change_{slot.name}",
            "status": "running",
            "manual": False,
            "hashAttribute": "id",
            "hashVersion": 2,
            "seed": slot.name,
            "coverage": 1,
            "weights": [0.5, 0.5],
            "urlPatterns": [{"include": True, "type": "simple", "pattern": "*"}],
            "variations": [{"domMutations": [_mutation(slot, arm)]} for arm in ARMS],
            "meta": [{"key": arm} for arm in ARMS],
        }
        for slot in SLOTS
    ]
    return {"features": {}, "experiments": experiments}


def _mutation(slot: Slot, arm: str) -> dict[str, str]:
    return {"selector": slot.selector, "action": "set", "attribute": "html", "value": contents(slot, VARIANTS[0], arm)}


# --- who asks -------------------------------------------------------------------------------------------------------


def visitor_ids() -> list[str]:
    random = Random(f"{SEED}/visitors")
    return [f"{random.getrandbits(128):032x}" for _ in range(VISITORS)]


def profiles() -> list[dict[str, Any]]:
    """A stored profile for each visitor, as visitor files hold them."""
    found = []
    for id_ in visitor_ids():
        random = Random(f"{SEED}/{id_}")
        attributes = {
            "lifecycle": random.choice(("new", "engaged", "customer", "lapsed")),
            "visits": random.randint(1, 30),
            "orders": random.randint(0, 6),
            "cart_value": random.choice((0.0, 25.5, 61.0)),
            "category": random.choice(("filter", "espresso", "gifts")),
        }
        found.append({"id": id_, "attributes": {"visitor": attributes}})
    return found


def requests(keys: str, now: float, path: str = "/") -> list[bytes]:
    """An HTTP request of each visitor, with a signed cookie and a choice of consent.

    Args:
        keys: the Worker's setting of cookie keys. now: epoch seconds at which the cookies were signed.
    """
    return [_request(id_, identity.keys(keys)[0], now, path).encode() for id_ in visitor_ids()]


def _request(id_: str, key: identity.Key, now: float, path: str) -> str:
    random = Random(f"{SEED}/{id_}/request")
    country = random.choice(list(_COUNTRIES))
    cookies = {
        "_session": f"{random.getrandbits(96):024x}",
        "tessera": identity.sign(id_, int(now), key),
        "tessera_consent": ".".join(PURPOSES),
        "gbuuid": str(UUID(id_)),
    }
    headers: Mapping[str, str] = {
        "Host": "localhost",
        "User-Agent": random.choice(_AGENTS),
        "Accept": "text/html,application/xhtml+xml",
        "Accept-Language": random.choice(("en-GB,en;q=0.8", "de-DE,de;q=0.9,en;q=0.5", "fr")),
        "Referer": random.choice(("https://www.google.com/", "https://news.example/coffee")),
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "CF-Connecting-IP": f"198.51.100.{random.randint(1, 254)}",
        "CF-Blob": _facts(country),
    }
    lines = [f"GET {path}{random.choice(_QUERIES)} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""])


def _facts(country: str) -> str:
    """What the CDN tells of a place, in the header that workerd makes `request.cf` of."""
    city, continent, zone, region = _COUNTRIES[country]
    return json.dumps({"country": country, "city": city, "continent": continent, "timezone": zone, "regionCode": region})
