"""Which of a site's named segments somebody is in, as far as what is known tells; a condition that is unknown is not met."""

from __future__ import annotations

from typing import Any, Mapping

from tessera.evaluate import evaluate
from tessera.profile import read
from tessera.resolved import Bundle
from tessera.types import coerce


def segments_of(bundle: Bundle, values: Mapping[str, Any]) -> list[str]:
    """The names of the segments whose condition holds for these values (typed, permitted), in the order of the alphabet."""
    return [name for name, when in bundle.segments.items() if evaluate(when, values) is True]


def of_document(bundle: Bundle, document: Mapping[str, Any], at: float) -> list[str]:
    """The same for a stored profile: by the attributes of the purposes that were in force at its last change, of an allowed age.

    Args:
        document: of the second version. at: epoch seconds.
    """
    if not bundle.segments:
        return []
    stored, purposes = read(document, bundle.attributes, at), document.get("purposes")
    values: dict[str, Any] = {}
    for name, value in stored.attributes.items():
        attribute = bundle.attributes.get(name)
        if attribute is None or (attribute.purpose is not None and isinstance(purposes, list) and attribute.purpose not in purposes):
            continue
        if attribute.keep is not None and stored.ages[name] > attribute.keep:
            continue
        typed = coerce(attribute, value)
        if typed is not None:
            values[name] = typed
    return segments_of(bundle, values)
