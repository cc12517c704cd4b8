"""What the compiler must know of a function of another tool's rule language."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple


class Function(NamedTuple):
    """A total function over plain values (None for what is missing).

    Attributes:
        call: the function itself; never raises.
        arity: the numbers of arguments it takes; empty for any.
        returns: bool, int, double, string, or dyn where it depends.
        pattern: whether the last argument is an RE2 pattern, handed over as a program of tessera.automaton.
    """

    call: Callable[..., Any]
    arity: tuple[int, ...]
    returns: str
    pattern: bool = False
