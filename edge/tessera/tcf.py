"""TC strings of the IAB's Transparency & Consent Framework, version 2 (2.0 to 2.2): what a visitor in Europe agreed to.

`choice` reads what a decision needs and nothing else; `decode` reads everything, by the tables of this module. Strings of
version 1 are refused. Source: IAB Tech Lab, "Consent string and vendor list formats v2".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tessera.bits import MOST, Bits, ConsentError
from tessera.consent_fields import CUSTOM, Field, Ids, bits_before, default, held, read

VERSION = 2
PURPOSES, SPECIAL = 24, 12  # how many purposes and special features there can be
CORE = (
    Field("Version", "int", 6),
    Field("Created", "time"),
    Field("LastUpdated", "time"),
    Field("CmpId", "int", 12),
    Field("CmpVersion", "int", 12),
    Field("ConsentScreen", "int", 6),
    Field("ConsentLanguage", "letters", 2),
    Field("VendorListVersion", "int", 12),
    Field("PolicyVersion", "int", 6),
    Field("IsServiceSpecific", "bool"),
    Field("UseNonStandardStacks", "bool"),
    Field("SpecialFeatureOptins", "flags", SPECIAL),
    Field("PurposeConsents", "flags", PURPOSES),
    Field("PurposeLegitimateInterests", "flags", PURPOSES),
    Field("PurposeOneTreatment", "bool"),
    Field("PublisherCountryCode", "letters", 2),
    Field("VendorConsents", "ids"),
    Field("VendorLegitimateInterests", "ids"),
    Field("PublisherRestrictions", "restrictions"),
)
DISCLOSED, ALLOWED, PUBLISHER = 1, 2, 3  # the types of the segments after the core, as their first three bits say
SEGMENTS = {
    PUBLISHER: (
        Field("PublisherPurposesSegmentType", "int", 3, PUBLISHER),
        Field("PublisherConsents", "flags", PURPOSES),
        Field("PublisherLegitimateInterests", "flags", PURPOSES),
        Field(CUSTOM, "int", 6),
        Field("PublisherCustomConsents", "custom"),
        Field("PublisherCustomLegitimateInterests", "custom"),
    ),
    ALLOWED: (Field("VendorsAllowedSegmentType", "int", 3, ALLOWED), Field("VendorsAllowed", "ids")),
    DISCLOSED: (Field("VendorsDisclosedSegmentType", "int", 3, DISCLOSED), Field("VendorsDisclosed", "ids")),
}
_TYPES = {first: number >> 3 for number, first in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")}
_VENDORS = bits_before(CORE, "VendorConsents")
_SETS = CORE[-3:-1]  # of vendors


def _from_the_end(name: str, size: int) -> int:
    """How many bits of the core stand between a field of so many and the vendors."""
    return _VENDORS - bits_before(CORE, name) - size


_AT_VERSION = _from_the_end("Version", 6)
_AT_SPECIFIC = _from_the_end("IsServiceSpecific", 1)
_AT_SPECIAL = _from_the_end("SpecialFeatureOptins", SPECIAL)
_AT_CONSENTS = _from_the_end("PurposeConsents", PURPOSES)
_AT_INTERESTS = _from_the_end("PurposeLegitimateInterests", PURPOSES)
_AT_TREATMENT = _from_the_end("PurposeOneTreatment", 1)
_ALL, _ALL_SPECIAL = (1 << PURPOSES) - 1, (1 << SPECIAL) - 1


@dataclass(frozen=True, slots=True)
class Choice:
    """What a visitor chose, by the numbers of the framework.

    Attributes:
        purposes: agreed to. legitimate: purposes for which a legitimate interest was shown and not objected to.
        special: features opted into. service_specific: whether it is about this site alone.
        one_treatment: whether purpose 1 was not asked about at all, because the publisher's country does not ask.
        publisher_purposes, publisher_legitimate: the same for the publisher itself; None where the string does not say.
    """

    purposes: frozenset[int]
    legitimate: frozenset[int]
    special: frozenset[int]
    service_specific: bool
    one_treatment: bool
    publisher_purposes: frozenset[int] | None
    publisher_legitimate: frozenset[int] | None
    core: str

    def vendors(self) -> Ids:
        """The vendors that were agreed to; read when this is called.

        Raises:
            ConsentError: where the rest of the core is malformed.
        """
        return self._vendors("VendorConsents")

    def legitimate_vendors(self) -> Ids:
        """The vendors whose legitimate interest was not objected to; read when this is called.

        Raises:
            ConsentError: where the rest of the core is malformed.
        """
        return self._vendors("VendorLegitimateInterests")

    def _vendors(self, name: str) -> Ids:
        bits = Bits(self.core)
        bits.at = _VENDORS
        return read(bits, _SETS)[name]


def choice(text: str) -> Choice:
    """What a TC string grants. Vendors and restrictions are not looked at, so they may be damaged.

    Raises:
        ConsentError: where it is no TC string of version 2 up to there, or its publisher's segment is malformed.
    """
    core, others = _split(text)
    row = Bits(core).take(_VENDORS)
    if row >> _AT_VERSION != VERSION:
        raise ConsentError("no TC string of version 2")
    consents = interests = None
    if PUBLISHER in others:
        both = Bits(others[PUBLISHER]).take(3 + 2 * PURPOSES)
        consents, interests = held(both >> PURPOSES & _ALL, PURPOSES), held(both & _ALL, PURPOSES)
    return Choice(
        held(row >> _AT_CONSENTS & _ALL, PURPOSES),
        held(row >> _AT_INTERESTS & _ALL, PURPOSES),
        held(row >> _AT_SPECIAL & _ALL_SPECIAL, SPECIAL),
        row >> _AT_SPECIFIC & 1 == 1,
        row >> _AT_TREATMENT & 1 == 1,
        consents,
        interests,
        core,
    )


def decode(text: str, lenient: bool = False) -> dict[str, Any]:
    """All fields of a TC string by the names that the GPP gives them; those of segments that are not there are empty.

    Times are epoch milliseconds, flags a tuple of bools from purpose 1 on.

    Args:
        lenient: whether the restrictions may be cut off, as within a GPP string: there are none then.

    Raises:
        ConsentError: where it is none, or none of version 2.
    """
    core, others = _split(text)
    bits = Bits(core)
    if bits.take(6) != VERSION:
        raise ConsentError("no TC string of version 2")
    bits.at = 0
    return read(bits, CORE, lenient) | segments(others, SEGMENTS)


def segments(texts: dict[int, str], tables: dict[int, tuple[Field, ...]]) -> dict[str, Any]:
    """The fields of the segments after the core, by their types.

    Raises:
        ConsentError: where one is malformed.
    """
    found: dict[str, Any] = {}
    for kind, table in tables.items():
        found |= read(Bits(texts[kind]), table) if kind in texts else {field.name: default(field) for field in table}
    return found


def split(text: str, tables: dict[int, tuple[Field, ...]]) -> tuple[str, dict[int, str]]:
    """The core, and the segments after it by their types, in whatever order they come.

    Raises:
        ConsentError: where the text is too long, the core is not in front, or a segment is of an unknown type or there twice.
    """
    if len(text) > MOST:
        raise ConsentError("too long")
    core, *others = text.strip(" \t\r\n").split(".", len(tables) + 1)
    found: dict[int, str] = {}
    for other in others:
        kind = _TYPES.get(other[:1], 0)
        if kind not in tables or kind in found:
            raise ConsentError("no segment of the string, or one too many")
        found[kind] = other
    return core, found


def _split(text: str) -> tuple[str, dict[int, str]]:
    return split(text, SEGMENTS)
