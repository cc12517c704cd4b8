"""TC strings: what they grant, what is refused, that what is written is read, and what a hostile one may cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge import hostile
from tests.edge.consent_strings import ALPHABET, base64url, fixed_ranges, plain, values, written
from tests.edge.sites import named, table
from tests.test_invariants import calls
from tessera.bits import MOST, MOST_ENTRIES, Bits, ConsentError
from tessera.consent_fields import LARGEST, Ids, bits_before, held
from tessera.tcf import CORE, DISCLOSED, PUBLISHER, SEGMENTS, VERSION, choice, decode

NASTY = [value for value in hostile.NASTY if isinstance(value, str)]
SAMPLE = "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA"
EVERYTHING = table("tcf.yaml")[1]["text"]


@pytest.mark.parametrize("row", **named(table("tcf.yaml")))
def test_what_a_string_grants(row):
    found = choice(row["text"])
    assert [sorted(each) for each in (found.purposes, found.legitimate, found.special)] == [row["purposes"], row["legitimate"], row["special"]]
    assert [list(found.vendors()), list(found.legitimate_vendors())] == [row["vendors"], row["legitimate_vendors"]]
    assert {name: getattr(found, name) for name in row["flags"]} == row["flags"]
    publisher = None if found.publisher_purposes is None else [sorted(found.publisher_purposes), sorted(found.publisher_legitimate)]
    assert publisher == row["publisher"]


@pytest.mark.parametrize("row", **named(table("tcf.yaml")))
def test_all_of_a_string(row):
    found = decode(row["text"])
    assert {name: found[name] for name in row["fields"]} == row["fields"]
    disclosed = list(found["VendorsDisclosed"])
    assert (disclosed and [len(disclosed), disclosed[0], disclosed[-1]]) == (row["disclosed"] or [])
    if "restrictions" in row:
        assert plain(found["PublisherRestrictions"]) == row["restrictions"]
        assert plain((found["PublisherCustomConsents"], found["PublisherCustomLegitimateInterests"])) == row["custom"]


@pytest.mark.parametrize("row", **named(table("tcf_refused.yaml")))
@pytest.mark.parametrize("read", [choice, decode])
def test_refused(read, row):
    with pytest.raises(ConsentError):
        read(row["text"])


def test_a_choice_needs_nothing_behind_it():
    cut = SAMPLE[:36]  # the vendors are gone
    assert choice(cut).purposes == choice(SAMPLE).purposes
    for read in (decode, lambda text: choice(text).vendors()):
        with pytest.raises(ConsentError):
            read(cut)


def test_restrictions_may_be_cut_off_only_where_that_is_allowed():
    cut = EVERYTHING.split(".")[0][:-6]
    with pytest.raises(ConsentError):
        decode(cut)
    assert decode(cut, lenient=True)["PublisherRestrictions"] == ()


@given(st.data())
def test_what_is_written_is_read(data):
    core = data.draw(values(CORE, {"Version": VERSION}))
    segments = {kind: data.draw(values(fields, {fields[0].name: kind})) for kind, fields in SEGMENTS.items() if data.draw(st.booleans())}
    text = ".".join([base64url(written(CORE, core)), *(base64url(written(SEGMENTS[kind], each)) for kind, each in segments.items())])
    found = decode(text)
    told = core | {name: value for each in segments.values() for name, value in each.items()}
    assert {name: plain(found[name]) for name in told} == {name: plain(value) for name, value in told.items()}
    chosen = choice(text)
    assert sorted(chosen.purposes) == [number for number, flag in enumerate(core["PurposeConsents"], 1) if flag]
    assert sorted(chosen.special) == [number for number, flag in enumerate(core["SpecialFeatureOptins"], 1) if flag]
    assert list(chosen.vendors()) == core["VendorConsents"][0]
    assert (chosen.publisher_purposes is None) is (PUBLISHER not in segments)
    assert bool(found["VendorsDisclosed"]) is bool(DISCLOSED in segments and segments[DISCLOSED]["VendorsDisclosed"][0])


@given(hostile.text | st.text(ALPHABET + ".", max_size=400), st.integers(0, len(EVERYTHING)))
def test_no_text_raises_anything_else(text, place):
    for one in (text, EVERYTHING[:place] + text, EVERYTHING[:place] + text[:1] + EVERYTHING[place + 1 :]):
        _read_all_ways(one)


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_nasty_texts_are_no_strings(nasty):
    for text in (nasty, f"{SAMPLE}.{nasty}"):
        assert _read_all_ways(text) == [False] * 3
    _read_all_ways(SAMPLE + nasty)


def _read_all_ways(text: str) -> list[bool]:
    """Whether each reader accepts a text; what they say of it otherwise repeats nothing of it."""
    found = []
    for read in (choice, decode, lambda text: list(choice(text).vendors())):
        try:
            read(text)
            found.append(True)
        except ConsentError as error:
            assert len(text) < 20 or text not in str(error)
            found.append(False)
    return found


# --- what a hostile string may cost ------------------------------------------------------------------------------------------

HEAD = f"{VERSION:06b}" + "0" * (bits_before(CORE, "VendorConsents") - 6)
EVERYBODY = f"1{1:016b}{LARGEST:016b}"  # a range


def test_everybody_a_thousand_times_is_everybody():
    core = HEAD + f"{LARGEST:016b}1{1_000:012b}" + EVERYBODY * 1_000 + "0" * 45
    found = decode(base64url(core))["VendorConsents"]
    assert found.ranges == ((1, LARGEST),) and LARGEST in found and 0 not in found and LARGEST + 1 not in found
    assert calls(decode, base64url(core)) < 20_000  # not a call for each of 65 million ids


def test_too_many_entries_are_refused():
    one = f"{1:06b}00" + fixed_ranges([7, 9])  # two entries of vendors
    for count, whole in ((MOST_ENTRIES // 3, True), (MOST_ENTRIES // 3 + 1, False)):  # three: each restriction is one too
        text = base64url(HEAD + "0" * 34 + f"{count:012b}" + one * count)
        if len(text) > MOST:
            text = text[:MOST]
        if whole:
            assert len(decode(text)["PublisherRestrictions"]) == count
        else:
            with pytest.raises(ConsentError, match="too many"):
                decode(text)


def test_a_text_that_is_too_long():
    assert decode(SAMPLE + "A" * (MOST - len(SAMPLE)))
    for read in (choice, decode, Bits):
        with pytest.raises(ConsentError):
            read(SAMPLE + "A" * (MOST - len(SAMPLE) + 1))


def test_a_range_that_ends_before_it_begins_names_nobody():
    core = HEAD + f"{9:016b}1{2:012b}" + f"1{9:016b}{3:016b}" + f"0{4:016b}" + "0" * 45
    assert list(decode(base64url(core))["VendorConsents"]) == [4]


def test_nobody_has_the_id_0():
    with pytest.raises(ConsentError):
        decode(base64url(HEAD + f"{9:016b}1{1:012b}" + f"1{0:016b}{3:016b}" + "0" * 45))


# --- bits and sets ------------------------------------------------------------------------------------------------------------


@given(st.text(ALPHABET, max_size=40), st.lists(st.integers(0, 70), max_size=20))
def test_bits_are_taken_in_order(text, counts):
    whole = "".join(f"{ALPHABET.index(each):06b}" for each in text)
    bits, at = Bits(text), 0
    for count in counts:
        assert bits.peek(count) == whole[at : at + count]
        if at + count > len(whole):
            with pytest.raises(ConsentError):
                bits.take(count)
            return
        assert bits.take(count) == int(whole[at : at + count] or "0", 2)
        at += count


@pytest.mark.parametrize("ids", [Ids(), Ids(5, 0b10011), Ids(9, 0, ((1, 2), (5, 5), (9, 9))), Ids(3, 0b111)])
def test_a_set_holds_what_it_lists(ids):
    listed = list(ids)
    assert [number for number in range(-2, 12) if number in ids] == listed and bool(ids) is bool(listed)
    assert ids.sound is (max(listed, default=0) == ids.most)


def test_fields_as_sets():
    assert held(0b1010, 4) == {1, 3} and held(0, 24) == frozenset() and held(1, 24) == {24}
