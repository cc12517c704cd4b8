"""GPP strings: which sections they have, what was opted out of, what is refused, that what is written is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tests.edge.consent_strings import ALPHABET, base64url, fibonacci, header, plain, values, written
from tests.edge.sites import named, table
from tests.test_invariants import calls
from tessera import tcf
from tessera.bits import ConsentError
from tessera.consent_fields import bits_before
from tessera.gpp import GPC, NAMES, OPT_OUTS, decode, opted_out, sections, tcf_text
from tessera.gpp_sections import CANADA, CANADA_SEGMENTS, US

READERS = (sections, opted_out, tcf_text, decode)
NASTY = [value for value in hostile.NASTY if isinstance(value, str) and value]
SAMPLE = "DBACNYA~CPSG_8APSG_8ANwAAAENAwCAAAAAAAAAAAAAAAAAAAAA.QAAA.IAAA~1YNN"


@pytest.mark.parametrize("row", **named(table("gpp.yaml")))
def test_a_string(row):
    found = decode(row["text"])
    assert [each for each, _ in sections(row["text"])] == row["ids"]
    assert sorted(opted_out(row["text"])) == row["opted_out"]
    assert {name: {field: plain(found[name][field]) for field in fields} for name, fields in row["fields"].items()} == row["fields"]


@pytest.mark.parametrize("row", **named(table("gpp_states.yaml")))
def test_all_fields_of_a_state(row):
    section = row["name"].partition("-")[0]
    found = decode(row["text"])[section]
    assert {name: plain(value) for name, value in found.items()} == row["fields"]
    assert opted_out(row["text"]) == {name for name in OPT_OUTS if row["fields"].get(name) == 1} | ({GPC} if row["fields"].get("Gpc") else set())


@pytest.mark.parametrize("row", **named(table("gpp_refused.yaml")))
def test_refused(row):
    with pytest.raises(ConsentError):
        opted_out(row["text"])


def test_the_part_about_europe():
    assert tcf.choice(tcf_text(SAMPLE)).service_specific is False
    assert tcf_text("DBABTA~1YNN") is None and tcf_text("") is None


def test_an_opt_out_that_means_nothing_is_refused():
    core = written(US[8].cores[1], dict.fromkeys([field.name for field in US[8].cores[1]], 3) | {"Version": 1, **_lists(8, 3)})
    text = f"{header([8])}~{base64url(core)}"
    assert decode(text)["usca"]["SaleOptOut"] == 3
    with pytest.raises(ConsentError):
        opted_out(text)


def _lists(each: int, value: int) -> dict[str, tuple[int, ...]]:
    return {field.name: (value,) * field.size for field in US[each].cores[1] if field.kind == "ints"}


VERSIONS = [(each, version) for each, section in US.items() for version in section.cores]
SOME_US = st.sampled_from(VERSIONS).flatmap(
    lambda one: st.tuples(st.just(one), _core_values(*one), st.none() | values(US[one[0]].after))
)


def _core_values(each, version):
    core = US[each].cores[version]
    return values(core, {core[0].name: version})


@pytest.mark.parametrize("each, version", VERSIONS, ids=[f"{NAMES[each]}-{version}" for each, version in VERSIONS])
def test_a_state_is_read_as_it_is_written(each, version):
    section = US[each]
    core, after = section.cores[version], section.after
    told = {field.name: tuple((n + i) % 3 for i in range(field.size)) if field.kind == "ints" else n % 3 for n, field in enumerate(core)}
    told[core[0].name] = version
    more = {field.name: tuple(n % 3 for n in range(8)) if field.kind == "ints" else True if field.kind == "bool" else 1 for field in after}
    _read_back(each, version, told, more)
    _read_back(each, version, told, None)


@given(SOME_US)
def test_so_is_any_of_them(some):
    (each, version), told, after = some
    _read_back(each, version, told, after)


def _read_back(each, version, told, after):
    section = US[each]
    core = section.cores[version]
    text = base64url(written(core, told)) + (f".{base64url(written(section.after, after))}" if after else "")
    whole = f"{header([6, each])}~1YNN~{text}"
    found = decode(whole)[section.name]
    assert {name: found[name] for name in told | (after or {})} == told | (after or {})
    assert list(found) == [field.name for field in (*core, *section.after)]
    if 3 not in {told.get(name) for name in OPT_OUTS}:
        assert opted_out(whole) == {name for name in OPT_OUTS if told.get(name) == 1} | ({GPC} if after and after.get("Gpc") else set())


@given(values(CANADA, {"Version": 1}), values(CANADA_SEGMENTS[3], {"PubPurposesSegmentType": 3}), values(CANADA_SEGMENTS[1], {"DisclosedVendorsSegmentType": 1}))
def test_canada_is_read_as_it_is_written(core, publisher, disclosed):
    parts = [base64url(written(CANADA, core)), base64url(written(CANADA_SEGMENTS[1], disclosed)), base64url(written(CANADA_SEGMENTS[3], publisher))]
    found = decode(f"{header([5])}~{'.'.join(parts)}")["tcfcav1"]
    told = core | publisher | disclosed
    assert {name: plain(found[name]) for name in told} == {name: plain(value) for name, value in told.items()}


@given(st.lists(st.integers(1, 30_000), min_size=1, max_size=20, unique=True).map(sorted))
def test_a_header_names_its_sections(ids):
    known = {2: "CPSG_8APSG_8ANwAAAENAwCAAAAAAAAAAAAAAAAAAAAA", 6: "1YNN"}
    text = "~".join([header(ids), *(known.get(each, "BAAAAAAAAAAAAAAA") for each in ids)])
    assert [each for each, _ in sections(text)] == ids


@given(hostile.text | st.text(ALPHABET + ".~", max_size=400), st.integers(0, len(SAMPLE)))
def test_no_text_raises_anything_else(text, place):
    for one in (text, SAMPLE[:place] + text, SAMPLE[:place] + text[:1] + SAMPLE[place + 1 :], f"DBABLA~{text}", f"DBABDA~B{text}"):
        for read in READERS:
            try:
                read(one)
            except ConsentError:
                pass


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_nasty_texts_are_refused(nasty):
    for text in (nasty, SAMPLE + nasty, f"DBABLA~{nasty}"):
        with pytest.raises(ConsentError):
            opted_out(text)


HEAD = f"{1:06b}" + "0" * (bits_before(CANADA, "VendorExpressConsent") - 6)


@pytest.mark.parametrize("text", [
    "DBABDA~" + base64url(HEAD + f"{9:016b}1{2_000:012b}" + ("0" + fibonacci(1)) * 2_000 + "0" * 50),
    "DBABDA~" + base64url(HEAD + f"{9:016b}1{4_095:012b}" + ("1" + fibonacci(8) * 2) * 4_095),
    "DBABDA~" + base64url(HEAD + f"{9:016b}1{1:012b}0" + "0" * 48_000),
    "DBABLA~" + "B" * 8_000,
    "DBABLA" + "~" * 8_000,
    "DBABLA~BAAAAAAAAQA" + ".QA" * 2_600,
    "DBAB" + "A" * 8_000,
])  # fmt: skip
def test_a_hostile_string_costs_little(text):
    def read():
        for reader in READERS:
            try:
                reader(text)
            except ConsentError:
                pass

    assert calls(read) < 60_000
