"""Calls `entry.Default` the way the platform calls a Python Worker's entrypoint, and breaks a stage of deciding on demand."""

import random
from importlib import import_module
from inspect import iscoroutine

from workers import Request, import_from_javascript

from entry import Default

_seeded = False


def _seed() -> None:
    """Undo the snapshot's frozen generator, as the platform does before the first request."""
    global _seeded
    if not _seeded:
        random.seed()
        _seeded = True


def fetch(request, env, ctx):
    """A response, a promise of one, or a coroutine: whatever the entry gives."""
    _seed()
    response = Default(ctx, env).fetch(Request(request))
    return _unwrapped(response) if iscoroutine(response) else response


async def _unwrapped(coroutine):
    response = await coroutine
    return getattr(response, "js_object", response)


STAGES = {  # of a page view, as tessera/turn.py takes them: where its name is looked up
    "parse": "tessera.turn", "arrive": "tessera.visit", "profile.document": "tessera.profile", "settle": "tessera.visit", "decide": "tessera.turn",
    "destination": "tessera.visit", "contents": "tessera.visit", "text": "tessera.record", "fillings": "tessera.visit",
}  # fmt: skip
ERRORS = {"KeyError": KeyError, "MemoryError": MemoryError}
_sabotaged = {}


def sabotage(wish):
    """Make a stage of deciding raise: `stage:error`; nothing mends them all. RecursionError is brought about, the others are raised.

    Raises:
        KeyError: for an unknown stage or error.
    """
    for (module, name), original in _sabotaged.items():
        setattr(module, name, original)
    _sabotaged.clear()
    if wish:
        stage, _, error = wish.partition(":")
        module, name = import_module(STAGES[stage]), stage.rpartition(".")[2]
        breaks = _endless if error == "RecursionError" else _raising(ERRORS[error])
        _sabotaged[module, name] = getattr(module, name)
        setattr(module, name, breaks)


def _endless(*args, **kwargs):
    return _endless(*args, **kwargs)


def _raising(error):
    def raises(*args, **kwargs):
        raise error("injected fault")

    return raises


async def queue(batch, env, ctx):
    _seed()
    await Default(ctx, env).queue(batch)


async def probe():
    """Prove that Python can wait for JavaScript: importing needs the stack switching that a bad snapshot lacks."""
    return import_from_javascript("./bridge.mjs") is not None
