"""`tessera init`: the smallest site that shows a rule, an experiment and a scenario."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "site.yaml": """\
tessera: 1
hosts: [localhost, 127.0.0.1]
pages: {home: /}
attributes:
  visitor:
    lifecycle: {type: [new, customer], purpose: personalization, keep: 180d}
purposes:
  personalization: {tcf: [1, 5, 6]}
  analytics:       {tcf: [1, 8]}
jurisdictions:                    # the first that holds; `allow` = without opt-in
  eea:  {when: 'request.region == "EEA"', allow: []}
  rest: {allow: [personalization, analytics]}
assets: {dir: public, images: /img/}
log: {purpose: analytics, keep: 90d}
""",
    "slots/hero.yaml": """\
place: {page: home, selector: "#hero", do: inner}
component: hero
test: hero_headline
ladder:
  segment:
    - {rule: customers, when: 'visitor.lifecycle == "customer"', show: welcome_back}
  cohort:
    - {rule: evenings, when: 'request.hour >= 18', show: evening}
  default: everyone
""",
    "content/hero.html": """\
<h1>{{headline}}</h1>
<p>{{text}}</p>
""",
    "content/hero.yaml": """\
fields: {headline: text, text: text}
variants:
  everyone:     {headline: Hello, text: This page is the same for everyone until a rule says otherwise.}
  evening:      {extends: everyone, headline: Good evening}
  welcome_back: {headline: Welcome back, text: 'Greetings to {{request.city | "you"}}, and thank you.'}
""",
    "experiments/hero_headline.yaml": """\
hypothesis: {change: a warmer greeting, audience: all, outcome: click, by: +3%, because: it is friendlier}
arms: {control: {weight: 50}, warm: {weight: 50, set: {headline: Lovely to see you}}}
goal: click
""",
    "metrics.yaml": """\
click: {event: click, within: session}
""",
    "scenarios/core.yaml": """\
scenarios:
  - name: a customer is welcomed back
    with: {consent: [personalization], visitor: {lifecycle: customer}}
    page: /
    arms: {hero_headline: control}
    expect: {hero: {variant: welcome_back, level: segment, rule: customers, why: rule}}
  - name: without consent everybody sees the same
    with: {consent: [], visitor: {lifecycle: customer}, at: 2026-12-01T09:00:00+01:00}
    page: /
    expect: {hero: {variant: everyone, level: default, why: consent}}
""",
    "public/index.html": """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>My site</title><meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><section id="hero"><h1>Hello</h1></section></main></body>
</html>
""",
}


def write(folder: Path) -> list[Path]:
    """Write the site; returns the files.

    Raises:
        FileExistsError: where the folder has something in it.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(None, "not empty", str(folder))
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [folder / name for name in FILES]
