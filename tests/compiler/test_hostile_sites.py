"""Confused and hostile authors: whatever stands in a site's files, `check` reports it; it never falls over."""

from __future__ import annotations

import copy
import json
import os
import random
import shutil
from pathlib import Path
from typing import Any, Iterator

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from compiler.diagnostics import Rejected
from compiler.pipeline import compile_site
from tests.golden.cases import BASE

STORE = Path(__file__).parents[2] / "rulesets" / "store"
ROUNDS = int(os.environ.get("TESSERA_FUZZ", "25"))  # edits tried for each seed
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 3, 10**18, 10**40, 0.5, -0.0, 1e308, float("inf"), float("nan"), "", " ", "x", "none", "null", "true", "5%", "200%", "7d",
    "session", "0d", "99999w", "2026-12-01", "0001-01-01", "9999-12-31", "2026-02-30", "0000-00-00", "\0", "\ud800".encode("utf-8", "replace").decode(), "\u202e",
    "é" * 70, "a" * 65, "a" * 20_001, "{{", "{{x}}", "{{item.name}}", "{{#items}}", '{{request.city | "x"}}', "request.", "segment.x", "true", "false", "1 == 1", "!true",
    "has(request.city)", "request.hour > 1e999", "((((((", "request.path.matches('(')", "request.path.matches('a{1000}')", "lists.x", "\\", "'", '"', "#", "/", "//", "../x",
    "/etc/passwd", "items.csv", "item.", "item.x", "visitor.x", "visitor.recent", "lookup.", "lookup.x", "javascript:x", "list<item>", "list<list<int>>", "map<string, int>",
    "[]", "[a]", "enum", "*", ">", "a:b", "::", ":has(a)", "a::before", "/p/:", "/p/:sku(", "/(.*)", "/{", "Europe/Berlin", "visitor", "utc", [], {}, [[]], [None], [{}], {"a": None},
    {"": 1}, {"show": "x"}, {"rank": "trending", "take": 3}, ["a", "a"], [1, 2], {"when": "true"}, "0123", "-", "_", "_a", "A", "a b", "a-b", "in", "https://x.example", "127.0.0.1:99999",
)  # fmt: skip
TEXTS = ("{", "}", "[", "]", ":", ": ", "#", " #", "&", "*", "!", "|", ">", "'", '"', "%", "@", "`", "\t", "\n", "\r", "\0", "\x1b", "\ufeff", "\u2028", "é", "- ", "? ", "---\n", "<<: ", "\\", ",", "{{", "}}", "<", ">", "</", "<!--", "&&", "||", "==", "=", "(", ")")  # fmt: skip


def compiles(site: Path) -> bool:
    """Whether a site compiles; a rejection must say why, in lines that can be shown."""
    try:
        compile_site(site)
    except Rejected as rejected:
        told = rejected.diagnostics.render()
        assert rejected.diagnostics.failed and told
        assert all(item.place.line >= 1 and item.place.column >= 1 for item in rejected.diagnostics.items)
        told.encode()
        json.dumps([item.message for item in rejected.diagnostics.items])
        return False
    return True


def paths(value: Any, at: tuple = ()) -> Iterator[tuple]:
    """The path of every value below."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*at, key)
        yield from paths(inner, (*at, key))


def edited(data: Any, chance: random.Random) -> Any:
    """A copy of a file's data with a value replaced, taken away, repeated, or under another key."""
    data = copy.deepcopy(data)
    *way, last = chance.choice(list(paths(data)))
    parent = data
    for step in way:
        parent = parent[step]
    kind = chance.random()
    if kind < 0.7:
        parent[last] = chance.choice(VALUES)
    elif kind < 0.8:
        del parent[last]
    elif isinstance(parent, dict):
        parent[str(chance.choice(VALUES))] = parent.pop(last) if kind < 0.9 else parent[last]
    else:
        parent.append(parent[last])
    return data


def scrambled(text: str, chance: random.Random) -> str:
    """A text with something put in, cut out, or put twice."""
    start, end = sorted((chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)))
    end = min(end, start + chance.randrange(40))
    return chance.choice((text[:start] + chance.choice(TEXTS) + text[start:], text[:start] + text[end:], text[:end] + text[start:], text[:start]))


def parsed(path: Path) -> Any:
    """The data of a YAML file; None where an earlier edit broke it."""
    try:
        return YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
    except YAMLError:
        return None


def broken(site: Path, chance: random.Random) -> str:
    """Edit one file of a site; returns what was done."""
    files = sorted(path for path in site.rglob("*") if path.suffix in (".yaml", ".html", ".csv") and "public" not in path.parts)
    path = chance.choice(files)
    data = parsed(path) if path.suffix == ".yaml" and chance.random() < 0.75 else None
    if isinstance(data, (dict, list)) and data:
        text = json.dumps(edited(data, chance), ensure_ascii=False, default=str)  # JSON is YAML
    else:
        text = scrambled(path.read_text("utf-8"), chance)
    path.write_bytes(text.encode("utf-8", "replace"))
    return f"{path.relative_to(site)}: {text[:3000]}"


@pytest.mark.parametrize("seed", range(8))
def test_random_edits_of_a_small_site_never_raise(seed, tmp_path):
    chance = random.Random(seed)
    for number in range(ROUNDS):
        site = shutil.copytree(BASE, tmp_path / str(number))
        done = [broken(site, chance) for _ in range(chance.choice((1, 1, 1, 2, 5)))]
        try:
            compiles(site)
        except Exception as error:
            raise AssertionError(f"{type(error).__name__}: {error}\n" + "\n".join(done)) from error
        shutil.rmtree(site)


@pytest.mark.parametrize("seed", range(2))
def test_random_edits_of_the_shop_never_raise(seed, tmp_path):
    chance = random.Random(1000 + seed)
    shop = shutil.copytree(STORE, tmp_path / "shop", ignore=shutil.ignore_patterns("public"))
    (shop / "public").symlink_to(STORE / "public")
    before = {path: path.read_bytes() for path in shop.rglob("*") if path.is_file() and "public" not in path.parts}
    for _ in range(ROUNDS // 2):
        done = broken(shop, chance)
        try:
            compiles(shop)
        except Exception as error:
            raise AssertionError(f"{type(error).__name__}: {error}\n{done}") from error
        for path, content in before.items():
            path.write_bytes(content)


def test_more_attributes_than_conditions_can_be_checked_with_are_told(tmp_path):
    told = "".join(f"    a{number}: {{type: string, purpose: none, keep: session}}\n" for number in range(4001))
    (tmp_path / "site.yaml").write_text(f"tessera: 1\nhosts: [localhost]\nattributes:\n  visitor:\n{told}")
    with pytest.raises(Rejected, match="E012 in 'attributes.visitor': expected at most 4000 entries"):
        compile_site(tmp_path)
