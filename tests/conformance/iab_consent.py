"""IAB consent strings: TC strings of version 2, and GPP strings with their sections, decoded field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tests.conformance.case import Case
from tessera import gpp, tcf
from tessera.bits import ConsentError
from tessera.consent_fields import Ids, Restriction

_TIMES = {"Created", "LastUpdated"}
_TCF = {  # the suite's names of the fields of a TC string, where they are not the same in snake case
    "special_feature_optins": "SpecialFeatureOptins",
    "use_non_standard_texts": "UseNonStandardStacks",
}


def cases(root: Path) -> Iterator[Case]:
    folder = root / "iab-consent"
    for kind, problem in (("tcf", tcf_problem), ("gpp", gpp_problem)):
        for number, line in enumerate((folder / f"{kind}.jsonl").read_text("utf-8").splitlines()):
            yield Case(f"{kind}#{number}", problem(json.loads(line)))


def tcf_problem(case: dict[str, Any]) -> str | None:
    """What differs from the expected fields of a TC string; and what `choice` says differently from `decode`."""
    try:
        found = tcf.decode(case["tc_string"])
        chosen = tcf.choice(case["tc_string"])
        told = {"purpose_consents": chosen.purposes, "purpose_legitimate_interests": chosen.legitimate, "special_feature_optins": chosen.special}
        told |= {"vendor_consents": chosen.vendors(), "vendor_legitimate_interests": chosen.legitimate_vendors()}
    except ConsentError as error:
        return str(error)
    expected = case["expected"]
    names = {name: _TCF.get(name, "".join(map(str.title, name.split("_")))) for name in expected}
    read = {name: _plain(names[name], found[names[name]]) for name in expected}
    for name, value in read.items():
        if name == "publisher_restrictions":  # the suite counts them
            read[name] = len({(each.purpose, each.kind) for each in found["PublisherRestrictions"] if each.vendors})
        elif value and isinstance(value, list) and isinstance(value[0], bool):  # and names what is set
            read[name] = [number for number, flag in enumerate(value, 1) if flag]
    return _difference(read, expected) or _difference({name: sorted(value) for name, value in told.items()}, {name: expected[name] for name in told})


def gpp_problem(case: dict[str, Any]) -> str | None:
    """What differs from the expected fields of the sections of a GPP string; and what `opted_out` says differently."""
    try:
        sections = gpp.decode(case["gpp_string"])
        opted_out = gpp.opted_out(case["gpp_string"])
    except ConsentError as error:
        return str(error)
    expected = case["expected"]
    ids = [each for each, name in gpp.NAMES.items() if name in sections]
    if ids != expected["section_ids"]:
        return f"sections {ids}, expected {expected['section_ids']}"
    read = {name: {field: _plain(field, value) for field, value in fields.items()} for name, fields in sections.items()}
    return _difference(read, expected["sections"]) or _difference({"opted out": sorted(opted_out)}, {"opted out": sorted(_opt_outs(expected["sections"]))})


def _opt_outs(sections: dict[str, dict[str, Any]]) -> set[str]:
    """What the expected fields say of opting out."""
    found = {name for fields in sections.values() for name in gpp.OPT_OUTS if fields.get(name) == 1}
    found |= {gpp.GPC for fields in sections.values() if fields.get(gpp.GPC)}
    return found | {"SaleOptOut" for fields in sections.values() if fields.get("OptOutSale") == "Y"}


def _plain(name: str, value: Any) -> Any:
    """A value as the suite writes it."""
    if name in _TIMES:
        return datetime.fromtimestamp(value / 1000, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Ids):
        return list(value)
    if isinstance(value, Restriction):
        return {"key": value.purpose, "type": value.kind, "ids": list(value.vendors)}
    return [_plain("", each) for each in value] if isinstance(value, tuple) else value


def _difference(found: dict[str, Any], expected: dict[str, Any]) -> str | None:
    """The first field that is not as expected, compared as JSON, which tells true from 1."""
    if found.keys() != expected.keys():
        return f"{sorted(found)}, expected {sorted(expected)}"
    wrong = next((name for name in expected if json.dumps(found[name], sort_keys=True) != json.dumps(expected[name], sort_keys=True)), None)
    return wrong and f"{wrong}: {json.dumps(found[wrong])[:300]}, expected {json.dumps(expected[wrong])[:300]}"
