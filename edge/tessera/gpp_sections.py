"""The sections of a GPP string as tables: Canada, US privacy, the US as a whole, and each state that has a section.

Source: IAB Tech Lab, Global Privacy Platform, "Sections". Most fields are of two bits: 0 does not apply, 1 yes, 2 no; of an
opt-out 1 means that the visitor opted out.
"""

from __future__ import annotations

from typing import Mapping, NamedTuple

from tessera.consent_fields import CUSTOM, Field, ints

TCF_EU, TCF_CA, USP = 2, 5, 6  # sections that are no rows of this table of states
VERSION = Field("Version", "int", 6, 1)
MSPA_VERSION = Field("MspaVersion", "int", 6, 1)
_COVERED = Field("MspaCoveredTransaction", "int", 2, 1)
_MSPA = (_COVERED, *ints("MspaOptOutOptionMode", "MspaServiceProviderMode"))
_NOTICES = ints("SaleOptOutNotice", "TargetedAdvertisingOptOutNotice")
_OPT_OUTS = ints("SaleOptOut", "TargetedAdvertisingOptOut")
_ADDITIONAL = ints("AdditionalDataProcessingConsent")
_CHILD = "KnownChildSensitiveDataConsents"
GPC = (Field("GpcSegmentType", "int", 2, 1), Field("Gpc", "bool"))
SENSITIVE = (Field("SensitiveDataProcessing", "ints", 8),)


class Section(NamedTuple):
    """A section about the US.

    Attributes:
        cores: version → the fields of the core. after: the fields of the segment after it, which may be missing; or ().
        layouts: the least number of bits → the fields as they are written, where that does not follow from the version.
    """

    name: str
    cores: Mapping[int, tuple[Field, ...]]
    after: tuple[Field, ...] = ()
    layouts: Mapping[int, tuple[Field, ...]] = {}


def _sensitive(count: int) -> Field:
    return Field("SensitiveDataProcessing", "ints", count)


def _child(count: int) -> Field:
    return Field(_CHILD, "ints", count) if count > 1 else Field(_CHILD, "int", 2)


def _first(notice: str, sensitive: int, child: int, additional: bool = False, notices: tuple[Field, ...] = ()) -> Mapping[int, tuple[Field, ...]]:
    """A state of the first kind; `notices` are those that it has beyond the usual."""
    more = _ADDITIONAL if additional else ()
    return {1: (VERSION, *ints(notice), *_NOTICES, *notices, *_OPT_OUTS, _sensitive(sensitive), _child(child), *more, *_MSPA)}


def _second(*last: str) -> Mapping[int, tuple[Field, ...]]:
    """A state of the second kind, which begins with the agreement; `last` are its fields after the opt-outs."""
    return {1: (MSPA_VERSION, _COVERED, *ints("MspaMode", "ProcessingNotice"), *_NOTICES, *_OPT_OUTS, *ints(*last))}


def _national(sensitive: int, child: int) -> tuple[Field, ...]:
    return (
        VERSION,
        *ints("SharingNotice", "SaleOptOutNotice", "SharingOptOutNotice", "TargetedAdvertisingOptOutNotice"),
        *ints("SensitiveDataProcessingOptOutNotice", "SensitiveDataLimitUseNotice"),
        *ints("SaleOptOut", "SharingOptOut", "TargetedAdvertisingOptOut"),
        _sensitive(sensitive),
        _child(child),
        *ints("PersonalDataConsents"),
        *_MSPA,
    )


_NATIONAL = {1: _national(12, 2), 2: _national(16, 3)}
_CALIFORNIA = {
    1: (
        VERSION,
        *ints("SaleOptOutNotice", "SharingOptOutNotice", "SensitiveDataLimitUseNotice", "SaleOptOut", "SharingOptOut"),
        _sensitive(9),
        _child(2),
        *ints("PersonalDataConsents"),
        *_MSPA,
    )
}
US: Mapping[int, Section] = {
    # for a time both versions were written in the form of either, which only their lengths tell apart
    7: Section("usnat", _NATIONAL, GPC, {0: _NATIONAL[1], 70: _NATIONAL[2]}),
    8: Section("usca", _CALIFORNIA, GPC),
    9: Section("usva", _first("SharingNotice", 8, 1)),
    10: Section("usco", _first("SharingNotice", 7, 1), GPC),
    11: Section("usut", _first("SharingNotice", 8, 1, notices=ints("SensitiveDataProcessingOptOutNotice"))),
    12: Section("usct", _first("SharingNotice", 8, 3), GPC),
    13: Section("usfl", _first("ProcessingNotice", 8, 3, True)),
    14: Section("usmt", _first("SharingNotice", 8, 3, True), GPC),
    15: Section("usor", _first("ProcessingNotice", 11, 3, True), GPC),
    16: Section("ustx", _first("ProcessingNotice", 8, 1, True), GPC),
    17: Section("usde", _first("ProcessingNotice", 9, 5, True), GPC),
    18: Section("usia", _first("ProcessingNotice", 8, 1, notices=ints("SensitiveDataOptOutNotice")), GPC),
    19: Section("usne", _first("ProcessingNotice", 8, 1, True), GPC),
    20: Section("usnh", _first("ProcessingNotice", 8, 3, True), GPC),
    21: Section("usnj", _first("ProcessingNotice", 10, 5, True), GPC),
    22: Section("ustn", _first("ProcessingNotice", 8, 1, True), GPC),
    23: Section("usmn", _first("ProcessingNotice", 8, 1, True), GPC),
    24: Section("usmd", _second("AdditionalDataProcessingConsent"), GPC),
    25: Section("usin", _second(_CHILD, "AdditionalDataProcessingConsent"), SENSITIVE),
    26: Section("usky", _second(_CHILD, "AdditionalDataProcessingConsent"), SENSITIVE),
    27: Section("usri", _second(_CHILD, "AdditionalDataProcessingConsent"), SENSITIVE),
}

_DISCLOSED, _PUBLISHER = 1, 3  # types of segments
CANADA = (
    Field("Version", "int", 6),
    Field("Created", "time"),
    Field("LastUpdated", "time"),
    Field("CmpId", "int", 12),
    Field("CmpVersion", "int", 12),
    Field("ConsentScreen", "int", 6),
    Field("ConsentLanguage", "letters", 2),
    Field("VendorListVersion", "int", 12),
    Field("TcfPolicyVersion", "int", 6),
    Field("UseNonStandardStacks", "bool"),
    Field("SpecialFeatureExpressConsent", "flags", 12),
    Field("PurposesExpressConsent", "flags", 24),
    Field("PurposesImpliedConsent", "flags", 24),
    Field("VendorExpressConsent", "fibonacci ids"),
    Field("VendorImpliedConsent", "fibonacci ids"),
    Field("PubRestrictions", "fibonacci restrictions"),
)
CANADA_SEGMENTS = {
    _PUBLISHER: (
        Field("PubPurposesSegmentType", "int", 3, _PUBLISHER),
        Field("PubPurposesExpressConsent", "flags", 24),
        Field("PubPurposesImpliedConsent", "flags", 24),
        Field(CUSTOM, "int", 6),
        Field("CustomPurposesExpressConsent", "custom"),
        Field("CustomPurposesImpliedConsent", "custom"),
    ),
    _DISCLOSED: (Field("DisclosedVendorsSegmentType", "int", 3, _DISCLOSED), Field("DisclosedVendors", "fibonacci ids")),
}


def before_fibonacci(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """The same table as it was written before ids were written in Fibonacci's code."""
    return tuple(field._replace(kind=field.kind.removeprefix("fibonacci ")) for field in fields)
