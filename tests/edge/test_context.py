"""What the request tells: rows of requests and what is read from them; and that no header makes reading raise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tests.edge.sites import named, table
from tessera.context import BUILT_IN, EEA, FIELDS, Request, parse, request_values
from tessera.types import Attribute, coerce, is_version, version_text

HERE = {"url": "https://shop.example/", "now": "1764756900000"}


@pytest.mark.parametrize("row", **named(table("context.yaml")))
def test_attributes(row):
    request = Request(**{**(HERE if row["request"] else {}), **row["request"]})
    found = request_values(request, BUILT_IN)
    assert {name: written(found.get(f"request.{name}")) for name in row["is"]} == row["is"]


def written(value):
    """A value as the table has it: versions are texts there."""
    return version_text(value) if is_version(value) else value


def test_every_built_in_has_a_row():
    asked = {name for row in table("context.yaml") for name in row["is"]}
    assert {f"request.{name}" for name in asked} >= set(BUILT_IN) - {"request.city", "request.continent"}


def test_only_what_is_wanted_is_read():
    request = Request(country="DE", city="Ulm")
    assert request_values(request, ["request.city", "visitor.plan"]) == {"request.city": "Ulm"}


def test_the_eea_has_thirty_members():
    assert len(EEA) == 30 and "CH" not in EEA and "GB" not in EEA


texts = st.one_of(hostile.text, st.sampled_from([v for v in hostile.NASTY if isinstance(v, str)]), st.sampled_from([
    "https://[::1", "http://[", "https://shop.example/?" + "a=1&" * 5000, "https://shop.example/?utm_source=" + "%ff" * 2000, "//", "https://\ud800/",
    "https://℀.example/", "?utm_source=\ud800", "a,b;q=1", "1", '"Chromium";v="140", "a', '"Windows"', "?1", "?0", "rain;9e999", "fog;-4", "1e2", "Mozilla/5.0 (", "Opera/",
    "Mozilla/5.0 (X11; Linux) Gecko/1 /", "Mozilla/5.0 (Linux; Android 15; SM-X810) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/٣.٤ Safari/537.36", "iPhone " * 500,
]))  # fmt: skip
FREE = [name for name in Request._fields if name not in ("now", "offset")]


@given(st.fixed_dictionaries({}, optional={name: texts for name in FREE}), st.integers(0, 4_102_444_800_000), st.integers(-840, 840))
def test_no_header_makes_reading_raise(headers, now, offset):
    request = Request(**{**headers, "now": str(now), "offset": str(offset)})
    for name, value in request_values(request, BUILT_IN).items():
        kind, members, _ = BUILT_IN[name]
        typed = coerce(Attribute(name, kind, values=frozenset(members)), value)
        assert typed == (value[:1024] if isinstance(value, str) else value), name


@given(st.lists(hostile.text, max_size=32))
def test_parse_reads_what_was_joined_or_refuses(parts):
    text = FIELDS.join(parts)
    if text.count(FIELDS) == len(Request._fields) - 1:
        assert FIELDS.join(parse(text)) == text
    else:
        with pytest.raises(ValueError):
            parse(text)


def test_the_fields_are_as_agreed_with_the_bridge():
    request = parse(FIELDS.join(str(n) for n in range(len(Request._fields))))
    agreed = ["account", "method", "url", "now", "offset", "country", "subdivision", "city", "continent", "timezone", "ip", "cookie", "user_agent"]
    agreed += ["accept_language", "referer", "gpc", "prefetch", "nonce", "page", "newcomer", "ch_ua", "ch_mobile", "ch_platform"]
    agreed += ["ch_platform_version", "ch_model", "postal", "latitude", "longitude", "weather", "snapshot"]
    assert [getattr(request, name) for name in agreed] == [str(n) for n in range(30)]


@pytest.mark.parametrize("now, offset, at, ahead", [("1764756900123", "60", 1764756900.123, 60), ("0", "", 0.0, 0), ("", "-90", 0.0, -90)])
def test_time(now, offset, at, ahead):
    request = Request(now=now, offset=offset)
    assert (request.at, request.minutes_ahead) == (at, ahead)
