"""Calls `entry.Default` the way the platform calls a Python Worker's entrypoint."""

import random

from workers import Request, import_from_javascript

from entry import Default

_seeded = False


def _seed() -> None:
    """Undo the snapshot's frozen generator, as the platform does before the first request."""
    global _seeded
    if not _seeded:
        random.seed()
        _seeded = True


async def fetch(request, env, ctx):
    _seed()
    response = await Default(ctx, env).fetch(Request(request))
    return getattr(response, "js_object", response)


async def queue(batch, env, ctx):
    _seed()
    await Default(ctx, env).queue(batch)


async def probe():
    """Prove that Python can wait for JavaScript: importing needs the stack switching that a bad snapshot lacks."""
    return import_from_javascript("./bridge.mjs") is not None
