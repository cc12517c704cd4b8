"""A small site of flags, one for each way that a flag's value comes about, and a slot of a page beside them."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "site.yaml": """\
tessera: 1
name: flags
hosts: [localhost, 127.0.0.1]
pages: {home: /}
attributes:
  visitor:
    plan: {type: string, purpose: personalization, keep: 30d}
    spent: {type: double, purpose: personalization, keep: 30d}
    tier: {type: any, purpose: none, keep: session, from: context.tier}
purposes: {personalization: {tcf: [1, 5]}, analytics: {tcf: [1, 8]}}
jurisdictions:
  eea: {when: 'request.region == "EEA"', allow: []}
  california: {when: 'request.region == "US-CA"', allow: [personalization, analytics], gpc: deny}
  rest: {allow: [personalization, analytics]}
assets: {dir: public}
log: {purpose: analytics, keep: 1d}
""",
    "public/index.html": "<!doctype html><title>flags</title><p id=greeting>Hello</p>\n",
    "content/word.html": "{{text}}",
    "content/word.yaml": "fields: {text: text}\nvariants: {hello: {text: Hello}, regular: {text: Welcome back}}\n",
    "experiments/checkout.yaml": "purpose: analytics\narms: {control: {weight: 50, show: off}, treatment: {weight: 50, show: on}}\n",
    "slots/greeting.yaml": """\
place: {page: home, selector: "#greeting", do: inner}
component: word
ladder:
  individual:
    - {rule: spender, when: 'visitor.spent > 100.0', show: regular}
  default: hello
""",
    "slots/free_shipping.yaml": """\
flag: free-shipping-from
values: {low: 40, usual: 60}
metadata: {owner: logistics}
ladder:
  individual:
    - {rule: gold, when: 'visitor.plan == "gold"', show: low}
  default: usual
""",
    "slots/theme.yaml": "values: {dark: {colour: '#000', sizes: [1, 2]}, light: {colour: '#fff'}}\nladder: {default: dark}\n",
    "slots/new_checkout.yaml": """\
flag: new-checkout
values: {on: true, off: false}
ladder:
  segment:
    - {rule: split, when: 'request.country != "XX"', test: checkout}
  default: off
""",
    "slots/legacy_menu.yaml": "values: {on: true, off: false}\nladder: {default: none}\n",
    "slots/ratio.yaml": """\
values: {half: 0.5, whole: 1.0}
ladder:
  segment:
    - {rule: silver, when: 'visitor.tier == "silver"', show: half}
  default: whole
""",
    "slots/sale.yaml": """\
values: {on: running, off: over}
ladder:
  cohort:
    - {rule: until, when: 'request.at < timestamp("2026-12-01T00:00:00Z")', show: on}
  default: off
""",
}
BEFORE, AFTER = 1_795_000_000.0, 1_797_000_000.0  # of the end of the sale


def write(folder: Path) -> Path:
    """The site's folder."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
