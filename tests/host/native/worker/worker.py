"""The entry as a native Python Worker of the first kind: functions instead of a class. For tests there are doors to the planner of
pages, and to how many readings of pages are still held; and a request can say how its environment differs."""

import asyncio
import gc
import json
from base64 import b64decode, b64encode
from types import SimpleNamespace
from uuid import uuid4

from bridge_pages import Reading, plan_of
from bridge_platform import JsException, js
from entry import Default
from tessera.page_plan import Slot, join
from workers import Request


async def on_fetch(request, env, ctx):
    url = str(request.url)
    if url.endswith("/.native/plans"):
        return js.Response.new(json.dumps([await planned(task) for task in json.loads(await request.text())]))
    if url.endswith("/.native/readings"):
        gc.collect()
        return js.Response.new(str(sum(isinstance(each, Reading) for each in gc.get_objects())))
    changes = json.loads(request.headers.get("x-settings") or "{}")
    return await Default(ctx, Environment(env, ctx, changes)).fetch(Request(request))


class Environment:
    """The bindings; the queue hands each message on as it comes, as this runtime's own loses them ("Network connection lost").

    `changes`: variables, and bindings that `hang` or `fail`.
    """

    def __init__(self, env, ctx, changes):
        self._env, self._ctx, self.DECISIONS = env, ctx, self
        for name, value in changes.items():
            setattr(self, name, Broken(value) if value in ("hang", "fail") else value)

    def __getattr__(self, name):
        return getattr(self._env, name)

    async def send(self, message, contentType):
        told = SimpleNamespace(id=str(uuid4()), body=message, attempts=1, ack=lambda: None, retry=lambda delaySeconds: None)
        batch = SimpleNamespace(queue="decisions", messages=[told])
        await Default(self._ctx, self._env).queue(batch)


class Broken:
    """A store or a queue that does not work."""

    def __init__(self, how):
        self._how = how

    async def get(self, key):
        await (asyncio.sleep(20) if self._how == "hang" else js.Promise.reject(js.Error.new("asked to fail")))

    async def send(self, message, contentType):
        await self.get("")


async def planned(task):
    """A page with contents in its slots, and what is said of each; or what the parser said when it gave up."""
    page = b64decode(task["page"])
    contents = [None if content is None else content.encode() for content in task["contents"]]
    try:
        found = await plan_of(page, [Slot("", selector, operation) for selector, operation in task["slots"]])
    except (JsException, ValueError) as error:
        return {"error": str(error)}
    statuses = [found.status(slot, content is not None) for slot, content in enumerate(contents)]
    return {"body": b64encode(join(page, found.cuts, contents)).decode(), "statuses": statuses}
