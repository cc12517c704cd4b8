"""In which of the site's markets a visit is: the first whose condition holds, as contents and filters of items ask and the log
tells. Rules do not ask here: the compiler puts a market's condition into theirs (compiler/markets.py).
"""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

from tessera.evaluate import bind, evaluate, names

NAME = "request.market"  # the value of a visit that tells its market
_MOST = 1024  # places whose market is remembered


class Markets(NamedTuple):
    """The markets of a site.

    Attributes:
        rows: (name, condition as a tree, None where it always holds), the first that holds counts.
        reads: the names that their conditions read. known: the values of those → the market, as it was found before.
    """

    rows: tuple[tuple[str, tuple | None], ...]
    reads: tuple[str, ...]
    known: dict[tuple, str | None]


def read(rows: Sequence[Sequence[Any]], lists: Mapping[str, frozenset]) -> Markets | None:
    """The section `markets` of a bundle; None for a site without any."""
    if not rows:
        return None
    bound = tuple((name, bind(when, lists)) for name, when in rows)
    return Markets(bound, tuple(sorted(frozenset().union(*(names(when) for _, when in bound)))), {})


def market_of(markets: Markets, values: Mapping[str, Any]) -> str | None:
    """The name of the visit's market; None where no condition is known to hold."""
    place = tuple([values.get(name) for name in markets.reads])
    try:
        if place in markets.known:
            return markets.known[place]
    except TypeError:  # a value that is not hashable: of a dialect's condition
        return _first(markets, values)
    found = _first(markets, values)
    if len(markets.known) < _MOST:
        markets.known[place] = found
    return found


def _first(markets: Markets, values: Mapping[str, Any]) -> str | None:
    return next((name for name, when in markets.rows if when is None or evaluate(when, values) is True), None)


def tell(markets: Markets, values: dict[str, Any]) -> None:
    """Let a visit's values tell its market, whatever they told before."""
    found = market_of(markets, values)
    if found is None:
        values.pop(NAME, None)
    else:
        values[NAME] = found
