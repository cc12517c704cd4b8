"""The JSON Schemas: every file of the shop and of the starter is valid against its own; wrong ones are not."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from compiler.schema import json_schema, write
from compiler.starter import FILES
from tests.golden.cases import BASE

STORE = Path(__file__).parents[2] / "rulesets" / "store"
SCHEMAS = json_schema()
KINDS = {"site.yaml": "site", "segments.yaml": "segments", "metrics.yaml": "metrics"}
FOLDERS = {"slots": "slot", "experiments": "experiment", "campaigns": "campaign", "models": "model", "content": "content", "scenarios": "scenarios"}


def kind_of(name: str) -> str:
    return KINDS.get(name) or FOLDERS[name.partition("/")[0]]


def data(text: str):
    """YAML as an editor's language server reads it: dates are texts."""
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=lambda moment: moment.isoformat()))


def files(site: Path) -> list[Path]:
    return sorted(path for path in site.rglob("*.yaml") if "public" not in path.parts)


def test_there_is_one_for_each_kind_of_file():
    assert sorted(SCHEMAS) == sorted({*KINDS.values(), *FOLDERS.values()})
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", [*files(STORE), *files(BASE)], ids=lambda path: f"{path.parts[-2]}-{path.stem}")
def test_a_right_file_is_valid(path):
    site = STORE if path.is_relative_to(STORE) else BASE
    kind = kind_of(path.relative_to(site).as_posix())
    errors = list(Draft202012Validator(SCHEMAS[kind]).iter_errors(data(path.read_text("utf-8"))))
    assert not errors, errors[0].message


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".yaml")])
def test_the_starter_is_valid(name):
    Draft202012Validator(SCHEMAS[kind_of(name)]).validate(data(FILES[name]))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("site", "tessera: 2\nhosts: [a.example]\npages: {home: /}"), ("site", "tessera: 1\npages: {home: /}"), ("site", "tessera: 1\nhosts: []\npages: {home: /}"),
        ("site", "tessera: 1\nhosts: [a.example]\npages: {home: home}"), ("site", "tessera: 1\nhosts: [a.example]\npages: [home]"), ("site", "tessera: 1\nhosts: [a.example]\npages: {home: /}\nmore: 1"),
        ("site", "tessera: 1\nhosts: [a.example]\npages: {home: /}\nholdout: {share: 5, salt: x}"), ("site", "tessera: 1\nhosts: [a.example]\npages: {home: /}\nattributes: {visitor: {a: {type: int, purpose: none, keep: 3}}}"),
        ("segments", "vip: {}"), ("segments", "vip: 'true'"), ("segments", "vip: {when: 3}"), ("metrics", "order: {event: purchase}"), ("metrics", "order: {event: purchase, within: soon}"),
        ("slot", "component: hero"), ("slot", "values: [on]\nladder: {default: none}"), ("slot", "place: {page: home, selector: a, do: paint}\ncomponent: hero\nladder: {default: none}"), ("slot", "place: {page: home, selector: a, do: inner}\ncomponent: hero\nladder: {}"),
        ("slot", "place: {page: home, selector: a, do: inner}\ncomponent: hero\nladder: {default: none, segment: [{rule: x}]}"), ("slot", "place: {page: home, selector: a, do: inner}\ncomponent: Hero One\nladder: {default: none}"),
        ("experiment", "arms: {}\ngoal: x"), ("experiment", "arms: {a: {weight: 1}, b: {weight: -1}}\ngoal: x"), ("experiment", "arms: {a: {weight: 1}, b: {weight: 1}}\nhash: crc32"), ("campaign", "cap: {times: 0, per: 7d}"), ("campaign", "cap: {times: 1, per: session}"),
        ("model", "vectors: {file: a.npz}"), ("content", "fields: {a: picture}\nvariants: {}"), ("content", "variants: {}"), ("scenarios", "scenarios: []"), ("scenarios", "scenarios: [{name: x, page: home, expect: {a: {variant: b}}}]"),
        ("scenarios", "scenarios: [{name: x, page: /, expect: {a: {level: top}}}]"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_not(kind, text):
    assert not Draft202012Validator(SCHEMAS[kind]).is_valid(data(text))


def test_they_are_written_as_files_that_are_the_same_each_time(tmp_path):
    first = {path.name: path.read_bytes() for path in write(tmp_path / "a" / "b")}
    second = {path.name: path.read_bytes() for path in write(tmp_path / "c")}
    assert first == second and sorted(first) == [f"{kind}.schema.json" for kind in sorted(SCHEMAS)]
    assert all(json.loads(content)["$schema"].endswith("2020-12/schema") for content in first.values())
