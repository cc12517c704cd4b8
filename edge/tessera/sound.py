"""A visit that is not of the types that it says → what is left of it that is: whoever decides must not fail for it."""

from __future__ import annotations

from functools import wraps
from typing import Any, Callable, Iterable, Mapping

from tessera.resolved import Bundle
from tessera.types import EMPTY, Visit, coerce, finite

ILL_TYPED = (TypeError, AttributeError, ValueError, ArithmeticError, RecursionError)  # what working with such a visit may raise


def total(work: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a bundle, a visit and more that is asked again with the sound part of a visit that makes it raise."""

    @wraps(work)
    def asked(bundle: Bundle, visit: Visit, *more: Any, **named: Any) -> Any:
        try:
            return work(bundle, visit, *more, **named)
        except ILL_TYPED:
            return work(bundle, sound(bundle, visit), *more, **named)

    return asked


def sound(bundle: Bundle, visit: Visit) -> Visit:
    """The visit with everything left out that is not of its type; values are of the types that their attributes declare."""
    visit = shaped(visit)
    known = ((name, bundle.attributes.get(name), value) for name, value in visit.values.items())
    values = {name: coerce(attribute, value) for name, attribute, value in known if attribute is not None}
    return visit._replace(values={name: value for name, value in values.items() if value is not None})


def shaped(visit: Visit) -> Visit:
    """The same for all but the values themselves: of those all stay that have a name."""
    at, offset = finite(visit.at), finite(visit.offset)
    return Visit(
        units=_texts(visit.units),
        values=_named(visit.values),
        purposes=frozenset(_only_texts(visit.purposes)) if isinstance(visit.purposes, (set, frozenset)) else frozenset(),
        jurisdiction=_text(visit.jurisdiction),
        at=0.0 if at is None else at,
        offset=0 if offset is None else int(offset),
        seen={name: seen for name, told in _named(visit.seen).items() if (seen := _seen(told)) is not None},
        forced=_texts(visit.forced),
        preview=visit.preview is True,
        sticky=_texts(visit.sticky),
        ages={name: age for name, told in _named(visit.ages).items() if (age := finite(told)) is not None},
        served_from=_text(visit.served_from),
        fallbacks=tuple(_only_texts(visit.fallbacks)) if isinstance(visit.fallbacks, (tuple, list)) else (),
    )


def _named(held: Any) -> Mapping[str, Any]:
    return {name: value for name, value in held.items() if isinstance(name, str)} if isinstance(held, Mapping) else EMPTY


def _texts(held: Any) -> Mapping[str, str]:
    return {name: value for name, value in _named(held).items() if isinstance(value, str)}


def _only_texts(values: Iterable[Any]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _seen(told: Any) -> int | tuple | None:
    """A count, or times."""
    if isinstance(told, int) and not isinstance(told, bool):
        return told
    return tuple(at for at in map(finite, told) if at is not None) if isinstance(told, (tuple, list)) else None
