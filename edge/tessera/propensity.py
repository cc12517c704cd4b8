"""Attributes that models predict (`from: model.<name>`): of the values that are permitted to a visit, one more value.

Nothing is predicted that a page's decisions do not read, that its purpose does not permit, or of which nothing is known. A value
that is told otherwise (by a scenario, a visitor file, a caller of the API, a bulk load) stays.
"""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

from tessera import trees

SOURCE = "model."


class Predicted(NamedTuple):
    """An attribute that a model predicts.

    Attributes:
        attribute: its name; purpose: what it needs, None for nothing.
        pages: those whose decisions read it, None where any may.
        features: the attributes that the model reads, in its order.
    """

    attribute: str
    name: str
    version: str
    purpose: str | None
    pages: frozenset[str] | None
    features: tuple[str, ...]
    model: trees.Propensity


def read(row: Sequence[Any], attributes: Mapping[str, Any]) -> Predicted:
    """A row of the section `propensities`: docs/format.md.

    Raises:
        ValueError, LookupError, TypeError, struct.error: where it is malformed.
    """
    attribute, name, version, pages, features, body = row
    model = trees.prepare(body)
    if len(model.model.features) != len(features):
        raise ValueError(f"the features of the propensity {name} do not fit its model")
    told = None if pages is None else frozenset(pages)
    return Predicted(attribute, name, version, attributes[attribute].purpose, told, tuple(features), model)


def predict(models: Sequence[Predicted], values: Mapping[str, Any], purposes: frozenset[str], page: str | None) -> dict[str, float]:
    """What the models add to the values.

    Args:
        values: attribute name → value, permitted and of its declared type.
        page: the page that is decided; None for all of them.
    """
    found: dict[str, float] = {}
    for one in models:
        if one.attribute in values or one.purpose is not None and one.purpose not in purposes:
            continue
        if page is not None and one.pages is not None and page not in one.pages:
            continue
        known = [values.get(name) for name in one.features]
        if known.count(None) < len(known):
            found[one.attribute] = one.model.probability(known)
    return found
