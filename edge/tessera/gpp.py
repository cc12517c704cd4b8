"""GPP strings of the IAB's Global Privacy Platform: a header that says which sections follow, and the sections.

`opted_out` and `tcf_text` read what a decision needs and nothing else; `decode` reads everything. The sections are tables:
`tessera.gpp_sections`, and for Europe `tessera.tcf`. Source: IAB Tech Lab, "Global Privacy Platform String".
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tessera import tcf
from tessera.bits import MOST, Bits, ConsentError
from tessera.consent_fields import Field, Ids, Restriction, bits_before, default, fibonacci, read
from tessera.gpp_sections import CANADA, CANADA_SEGMENTS, TCF_CA, TCF_EU, US, USP, Section, before_fibonacci

NAMES = {TCF_EU: "tcfeuv2", TCF_CA: "tcfcav1", USP: "uspv1"} | {each: section.name for each, section in US.items()}
MOST_SECTIONS = 64
GPC = "Gpc"
OPT_OUTS = ("SaleOptOut", "SharingOptOut", "TargetedAdvertisingOptOut")
_REMEMBERED = 64  # characters of a section of which it is remembered what it opts out of
_HEADER, _VERSION = 3, 1  # the type of a header, and the version of it that is read
_PLACES = {  # section → the names of its opt-outs, each with the number of bits in front of it: the same in all versions
    each: tuple((name, bits_before(core, name)) for name in OPT_OUTS if any(field.name == name for field in core))
    for each, section in US.items()
    for core in [section.cores[1]]
}
_USP_VALUES = frozenset("YN-")


def sections(text: str) -> tuple[tuple[int, str], ...]:
    """The ids of the sections with their texts, in order. A TC string alone is the section of Europe; "" has none.

    Raises:
        ConsentError: where it is no GPP string: no header of version 1, or not the sections that it names.
    """
    if len(text) > MOST:
        raise ConsentError("too long")
    header, *texts = text.strip(" \t\r\n").split("~", MOST_SECTIONS + 1)
    if not texts and header[:1] == "C":
        return ((TCF_EU, header),)
    if not texts and not header:
        return ()
    ids = _named(header[:MOST_SECTIONS])
    if len(ids) != len(texts) or not all(map(str.strip, texts)):
        raise ConsentError("not the sections that the header names")
    return tuple(zip(ids, texts))


@lru_cache(maxsize=512)  # there are few of them: what a site's visitors have differs in the sections
def _named(header: str) -> tuple[int, ...]:
    """The ids of the sections that a header names."""
    bits = Bits(header)
    if (bits.take(6), bits.take(6)) != (_HEADER, _VERSION):
        raise ConsentError("no header of version 1")
    ranges = fibonacci(bits)
    if sum(last - first + 1 for first, last in ranges) > MOST_SECTIONS:
        raise ConsentError("too many sections")
    return tuple(each for first, last in ranges for each in range(first, last + 1))


def tcf_text(text: str) -> str | None:
    """The TC string within a GPP string, for `tcf.choice`; None where it has no section about Europe.

    Raises:
        ConsentError: where it is no GPP string.
    """
    return next((section for each, section in sections(text) if each == TCF_EU), None)


def opted_out(text: str) -> frozenset[str]:
    """What a visitor opted out of, in whichever of the sections about the US: names of OPT_OUTS, and GPC for the signal.

    A sale that is refused by US privacy (section 6) counts as SaleOptOut. Sections that are not known say nothing.

    Raises:
        ConsentError: where it is no GPP string, or a section about the US is malformed or of an unknown version.
    """
    found: set[str] = set()
    for each, section in sections(text):
        if each in US:
            found |= (_opted_out if len(section) <= _REMEMBERED else _opted_out.__wrapped__)(each, section)
        elif each == USP and _usp(section)["OptOutSale"] == "Y":
            found.add("SaleOptOut")
    return frozenset(found)


@lru_cache(maxsize=1024)
def _opted_out(each: int, text: str) -> frozenset[str]:
    """What a visitor opted out of in one of the sections about the US."""
    core, *others = text.split(".", 2)
    bits = Bits(core)
    if bits.take(6) not in US[each].cores:
        raise ConsentError("a section of an unknown version")
    found = set()
    for name, bits.at in _PLACES[each]:
        value = bits.take(2)
        if value == 3:
            raise ConsentError("an opt-out that means nothing")
        if value == 1:
            found.add(name)
    if others and _has_gpc(US[each]) and read(Bits(others[0]), US[each].after)[GPC]:
        found.add(GPC)
    return frozenset(found)


def _has_gpc(section: Section) -> bool:
    return any(field.name == GPC for field in section.after)


def decode(text: str) -> dict[str, dict[str, Any]]:
    """All fields of all sections, by the names of the section and of the field; sections that are not known are left out.

    Fields of segments that are not there have their defaults; of restrictions that are cut off there are none.

    Raises:
        ConsentError: where it is no GPP string, or a section is malformed or of an unknown version.
    """
    return {NAMES[each]: _section(each, section) for each, section in sections(text) if each in NAMES}


def _section(each: int, text: str) -> dict[str, Any]:
    if each == TCF_EU:
        return tcf.decode(text, lenient=True)
    if each == TCF_CA:
        return _canada(text)
    return _usp(text) if each == USP else _us(US[each], text)


def _usp(text: str) -> dict[str, Any]:
    """US privacy, a text of four characters: version, notice given, opted out of sale, covered by the agreement."""
    if len(text) != 4 or text[0] != "1" or not _USP_VALUES.issuperset(text[1:]):
        raise ConsentError("no US privacy of version 1")
    return {"Version": 1, "Notice": text[1], "OptOutSale": text[2], "LspaCovered": text[3]}


def _us(section: Section, text: str) -> dict[str, Any]:
    core, *others = text.split(".", 2)
    bits = Bits(core)
    version = bits.take(6)
    if version not in section.cores:
        raise ConsentError("a section of an unknown version")
    bits.at = 0
    written = [layout for least, layout in section.layouts.items() if least <= bits.size]
    found = read(bits, written[-1] if written else section.cores[version])
    found |= {field.name: _as_long(found[field.name], field.size) for field in section.cores[version] if field.kind == "ints"}
    after = read(Bits(others[0]), section.after) if others else {field.name: default(field) for field in section.after}
    return found | after


def _as_long(values: tuple[int, ...], size: int) -> tuple[int, ...]:
    return (*values[:size], *[0] * (size - len(values)))


def _canada(text: str) -> dict[str, Any]:
    core, others = tcf.split(text, CANADA_SEGMENTS)
    if Bits(core).take(6) != 1:
        raise ConsentError("a section of an unknown version")
    found = _either(core, CANADA)
    for kind, table in CANADA_SEGMENTS.items():
        found |= _either(others[kind], table) if kind in others else {field.name: default(field) for field in table}
    return found


def _either(text: str, table: tuple[Field, ...]) -> dict[str, Any]:
    """The fields in Fibonacci's code; or as they were written before it, where only that makes sense."""
    plain = None
    for fields in (table, before_fibonacci(table)):
        bits = Bits(text)
        try:
            found = read(bits, fields)
        except ConsentError:
            continue
        if all(map(_sound, found.values())) and "1" not in bits.peek(bits.size - bits.at):
            return found
        plain = found if fields is table else plain
    return plain or read(Bits(text), table, lenient=True)


def _sound(value: Any) -> bool:
    """Whether sets of ids are as large as they say: those that are read in the wrong code hardly ever are."""
    if isinstance(value, Ids):
        return value.sound
    return not (isinstance(value, tuple) and value and isinstance(value[0], Restriction)) or all(each.vendors.sound for each in value)
