"""Calls that may fail for a moment: tried again, for a bounded time; and conditional writes whose answer may be lost."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from compiler.releases.stores import Object, StoreError

Answer = TypeVar("Answer")


class Again(Exception):
    """An attempt failed, and the next one may not.

    Args:
        why: in a few words. after: seconds that the other side asks to wait, where it says so.
        maybe: whether the attempt may have taken effect all the same.
    """

    def __init__(self, why: str, after: float | None = None, maybe: bool = True) -> None:
        super().__init__(why)
        self.why, self.after, self.maybe = why, after, maybe


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long a call is tried.

    Args:
        attempts: in all. first: seconds before the second attempt at most; doubled each time, up to `longest`.
        total: seconds after which no further attempt begins. pace: seconds to wait after "too many requests" without a time.
    """

    attempts: int = 5
    first: float = 0.5
    longest: float = 8.0
    total: float = 60.0
    pace: float = 1.1
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def tries(self, what: str) -> Iterator[Callable[[Again], None]]:
        """Once for each attempt, what to call when it failed: it waits, or raises StoreError where there is no further one."""
        end = self.clock() + self.total
        for attempt in range(self.attempts):

            def failed(again: Again, attempt: int = attempt) -> None:
                # a random share of the wait, so that those who failed together do not come back together
                wait = again.after if again.after is not None else min(self.longest, self.first * 2**attempt) * random.uniform(0.5, 1)
                if attempt + 1 == self.attempts:
                    raise StoreError(f"{what}: {again.why}; gave up after {self.attempts} attempts")
                if self.clock() + wait > end:
                    told = f", which asks to wait {again.after:.0f} s" if again.after is not None else ""
                    raise StoreError(f"{what}: {again.why}{told}; gave up")
                self.sleep(wait)

            yield failed


def persist(what: str, attempt: Callable[[], Answer], patience: Patience, writes: bool = False) -> Answer:
    """Do what can be done twice without harm. Raises StoreError; with `writes` it says what is known of the effect."""
    maybe = False
    for failed in patience.tries(what):
        try:
            return attempt()
        except Again as again:
            maybe = maybe or again.maybe
            try:
                failed(again)
            except StoreError as error:
                raise StoreError(f"{error}; {effect(maybe)}" if writes else str(error)) from None
    raise AssertionError("the last attempt returns or raises")


def effect(maybe: bool) -> str:
    return "it is not known whether it was written" if maybe else "nothing was changed"


def conditional(what: str, write: Callable[[], bool], read: Callable[[], Object | None], content: bytes, etag: str | None, patience: Patience) -> bool:
    """Write on a condition, once, however often it is tried.

    An attempt without an answer may have been written. So it is read back: what is there tells whether it was, or whether
    to try again; where somebody else has written since, nobody can tell.

    Args:
        write: an attempt; False where the condition does not hold. read: what is there now; raises StoreError.
        etag: of the object that is to be replaced; None where there must be none.
    Returns:
        whether the object is as given now; False: somebody else was first, and nothing was changed.
    """
    maybe = False
    for failed in patience.tries(what):
        try:
            held = write()
        except Again as again:
            if again.maybe:
                maybe = True
                if _landed(what, read, content, etag):
                    return True
            try:
                failed(again)
            except StoreError as error:
                raise StoreError(f"{error}; {effect(maybe)}") from None
            continue
        if held or not maybe:
            return held
        if _landed(what, read, content, etag):
            return True
        raise StoreError(f"{what}: {_OPEN}")
    raise AssertionError("the last attempt returns or raises")


_OPEN = "the answer was lost, and somebody else has written since; it is not known whether it was written"


def _landed(what: str, read: Callable[[], Object | None], content: bytes, etag: str | None) -> bool:
    """Whether a write that nobody answered is there. False: what is there is still what it was to replace."""
    try:
        found = read()
    except StoreError as error:
        raise StoreError(f"{what}: the answer was lost; {error}; {effect(True)}") from None
    if found is not None and found.content == content:
        return True
    if (found and found.etag) != etag:
        raise StoreError(f"{what}: {_OPEN}")
    return False
