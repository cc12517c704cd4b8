"""YAML with places: data by the core schema of YAML 1.2, errors in plain words, positions inside texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import Diagnostics
from compiler.source import LARGEST_FILE, parse, read


def loaded(text):
    found = Diagnostics()
    node = parse(text, "f.yaml", found)
    assert node is not None, found.render()
    return node


def refused(text):
    found = Diagnostics()
    assert parse(text, "f.yaml", found) is None
    assert found.failed
    return found.items[0]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"), ("off", "off"), ("yes", "yes"), ("true", True), ("False", False), ("~", None), ("", None), ("12", 12), ("012", 12), ("0x1f", 31),
        ("0o17", 15), ("1_000", "1_000"), ("1.5", 1.5), ("1e3", 1000.0), (".inf", float("inf")), ("'5'", "5"), ("!!str 5", "5"), ("2026-12-01", "2026-12-01"),
        ("2026-12-03T20:15:00+01:00", "2026-12-03T20:15:00+01:00"), ("5%", "5%"), ("+2%", "+2%"), ("12:30:45", "12:30:45"), ("[a, 1]", ["a", 1]), ("{b: c}", {"b": "c"}),
        ('"a\\tb"', "a\tb"), ("a # comment", "a"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(written, value):
    assert loaded(f"a: {written}\n").plain == {"a": value}


def test_aliases_are_expanded_and_merge_is_a_plain_key():
    assert loaded("a: &x [1]\nb: *x\n<<: 2\n").plain == {"a": [1], "b": [1], "<<": 2}


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "fix"),
    [
        ("a: !has(visitor.x) && b\n", "E008", 1, 4, "quote it: '!has(visitor.x) && b'"),
        ("l:\n  - {rule: x, when: !has(visitor.y), show: z}\n", "E008", 2, 21, "quote it: '!has(visitor.y)'"),
        ("a: && b\n", "E008", 1, 4, "quote it: '&& b'"),
        ('when: "us" == x\n', "E003", 1, 12, "quote it: '\"us\" == x'"),
        ("a: b ? c : d\n", "E003", 1, 10, "quote it: 'b ? c : d'"),
        ("a: {b: x != y ? c : d, e: 2}\n", "E003", 1, 19, "quote it: 'x != y ? c : d'"),
        ("a: {b: c in [1,2]}\n", "E003", 1, 13, "quote it: 'c in [1,2]'"),
        ("a: x == 'y': 2\n", "E003", 1, 12, "quote it: 'x == ''y'': 2'"),
        ("a:\n\tb: 1\n", "E004", 2, 1, "replace the tab by spaces"),
        ("a: 1\nb: 3\na: 2\n", "E005", 3, 1, "keep one of the two"),
        ("a: {b: 1, b: 2}\n", "E005", 1, 11, "keep one of the two"),
        ("a: @x\n", "E003", 1, 4, "quote it: '@x'"),
        ("a: 'x\n", "E003", 1, 4, "close the text with the quote it began with"),
        ("a: *nope\n", "E003", 1, 4, "quote the value if the asterisk belongs to it: '…'"),
        ('a: "\\q"\n', "E003", 1, 6, "use single quotes, in which a backslash is itself"),
        ("a: 1\n---\nb: 2\n", "E003", 2, 1, "make each one a file of its own"),
        ("a: \x01\n", "E003", 1, 4, "remove it"),
        ("", "E007", 1, 1, "fill it, or delete it"),
        ("# nothing\n", "E007", 1, 1, "fill it, or delete it"),
        ("- a\n", "E007", 1, 1, "write `key: value` lines, without a dash before them"),
        ("a: &x [*x]\n", "E006", 1, 4, "write it without aliases, or split it"),
        ("a: " + "[" * 100 + "]" * 100, "E006", 1, 64, "write it without aliases, or split it"),
        ("a: " + "[" * 5000, "E006", 1, 1, None),
        ("? {a: 1}\n: b\n", "E003", 1, 3, "quote the value that contains `?` or braces: '…'"),
    ],
)  # fmt: skip
def test_errors_say_where_and_how_to_mend(text, code, line, column, fix):
    item = refused(text)
    assert (item.code, item.place.line, item.place.column, item.fix) == (code, line, column, fix)


def test_a_second_key_points_at_the_first():
    assert "first in line 1, column 1" in refused("a: 1\na: 2\n").message


def test_aliases_cannot_grow_without_bound():
    lines = ["l0: &l0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert refused("\n".join(lines)).code == "E006"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"a: \xff", "E002"), (b"a: " + b"x" * LARGEST_FILE, "E006"), (None, "E001")],
)
def test_files_that_cannot_be_read(tmp_path, content, code):
    path = tmp_path / "f.yaml"
    if content is not None:
        path.write_bytes(content)
    found = Diagnostics()
    assert read(path, "shown/f.yaml", found) is None
    assert [(item.code, item.place.file) for item in found.items] == [(code, "shown/f.yaml")]


def test_a_byte_order_mark_and_crlf_are_read(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: x\r\n")
    node = read(path, "f.yaml", Diagnostics())
    assert node.plain == {"a": 1, "b": "x"}
    assert (node.place("b").line, node.place("b").column, node.place("b").source) == (2, 4, "b: x")


LADDER = "ladder:\n  segment:\n    - {rule: abm, when: segment.vip}\n    - rule: b\n      when: 'x'\ndefault: none\n"


@pytest.mark.parametrize(
    ("path", "key", "line", "column", "length"),
    [
        (("default",), False, 6, 10, 4), (("default",), True, 6, 1, 7), (("ladder", "segment", 0, "when"), False, 3, 25, 11),
        (("ladder", "segment", 0, "when"), True, 3, 19, 4), (("ladder", "segment", 1), False, 4, 7, 4), (("ladder", "segment", 0), False, 3, 7, 30),
        (("ladder", "segment", 1, "nope", 3), False, 4, 7, 4), (("nope",), False, 1, 1, 6), ((), False, 1, 1, 6), (("ladder", "segment", 9), False, 3, 5, 32),
    ],
)  # fmt: skip
def test_places(path, key, line, column, length):
    place = loaded(LADDER).place(*path, key=key)
    assert (place.line, place.column, place.length) == (line, column, length)


@pytest.mark.parametrize(
    ("text", "needle", "line", "column"),
    [
        ("a: visitor.x == 1\n", "== 1", 1, 14),
        ("a: 'it''s == 1'\n", "== 1", 1, 11),
        ('a: "it\\"s \\u00e9 == 1"\n', "== 1", 1, 18),
        ("a: |\n  first\n  x == 1\n", "== 1", 3, 5),
        ("a: |-\n    first\n\n      x == 1\n", "== 1", 4, 9),
        ("a: >\n  first\n  x == 1\n", "== 1", 3, 5),
        ("a: x &&\n  y == 1\n", "== 1", 2, 5),
        ("a: 'x &&\n\n  y == 1'\n", "== 1", 3, 5),
        ('a: "x && \\\n  y == 1"\n', "== 1", 2, 5),
        ("a: !!str x == 1\n", "== 1", 1, 12),
        ("a: &here 'x == 1'\n", "== 1", 1, 13),
        ("a: 日本 == 1\n", "== 1", 1, 7),
        ("a:\r\n  x == 1\r\n", "== 1", 2, 5),
    ],
)
def test_places_inside_texts(text, needle, line, column):
    node = loaded(text)
    place = node.text_place(("a",), node.plain["a"].index(needle), len(needle))
    assert (place.line, place.column, place.length) == (line, column, len(needle))
    assert place.source[place.column - 1 :].startswith(needle)


def test_a_place_inside_something_that_is_no_text_is_its_own():
    assert loaded("a: [1, 2]\n").text_place(("a",), 5).column == 4


@given(st.text(alphabet="ab'\"\\ é&|=(){}.:#-", min_size=1, max_size=30), st.sampled_from(["'", '"', "|"]))
def test_every_character_is_found_where_it_stands(text, style):
    text = text.strip() or "x"
    written = {"'": "'" + text.replace("'", "''") + "'", '"': '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"', "|": "|-\n  " + text}[style]
    node = loaded(f"a: {written}\n")
    assert node.plain["a"] == text
    for offset, char in enumerate(text):
        place = node.text_place(("a",), offset)
        shown = place.source[place.column - 1 :]
        assert shown.startswith(("\\" + char) if style == '"' and char in "\\\"" else char)
