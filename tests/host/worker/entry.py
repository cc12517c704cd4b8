"""A Worker for the host's own tests: does with the bridge and the bindings what each request asks it to do."""

import json
import os
import random
from base64 import b64decode

from pyodide.ffi import create_proxy
from workers import Response, WorkerEntrypoint, import_from_javascript

US, RS = "\x1f", "\x1e"
EVERYTHING = [["", "/*"]]


class Turn:
    """What decides in place of tessera/turn.py: it answers as the task wishes, and remembers what it was asked."""

    bridge = None
    asked = []
    answers = []


def turn(bundle, text):
    Turn.asked.append(text)
    answer = Turn.answers.pop(0) if len(Turn.answers) > 1 else Turn.answers[0]
    if answer == "raise":
        raise RuntimeError("asked to fail")
    return answer


async def follow(env):
    pass


def about(counts, now):
    return counts


def events(text):
    return "[]"


def unasked(*texts):
    raise AssertionError("no test of this Worker calls it")


def content(bundle, number):
    """Of the contents that are the same for everybody; every release has others."""
    return f"{Turn.bridge.page(bundle, 'https://any.example/')} {number}"


def routes_of(task, slots):
    places = US.join(US.join(slot[:3]) for slot in slots)
    if "routes" in task:
        return RS.join(US.join(route) for route in task["routes"])
    return US.join(("page", "/*", places)) if slots else US.join(("page", "/*"))


def page_of(task, slots):
    """The answer of a turn: a page with these slots, each [name, selector, operation, "1" or "0", content]."""
    first = US.join(("page", task.get("cookie", ""), task.get("record", "{}"), task.get("whose", "")))
    return RS.join((first, *(put + (content if put == "1" else "") for _, _, _, put, content in slots)))


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        self.js = request.js_object
        self.raw = self.env._env
        self.bridge = Turn.bridge or import_from_javascript("./bridge.mjs")
        if Turn.bridge is None:
            self.bridge.begin(*map(create_proxy, (turn, follow, about, events, content, unasked, unasked, unasked, unasked)))
            Turn.bridge = self.bridge
        task = json.loads(self.js.headers.get("x-task") or '{"do": "original"}')
        return await getattr(self, task["do"])(task)

    def serve(self, task, slots, *answers):
        """The bridge's answer to this very request, in an environment that remembers what was queued; and that environment."""
        Turn.asked.clear()
        Turn.answers[:] = answers
        env = import_from_javascript("./tasks.mjs").environment(json.dumps(task), self.raw)
        live = task.get("key", "t")
        self.bridge.adopt(live, routes_of(task, slots), json.dumps({"login": task.get("login")}))
        self.bridge.point(json.dumps({"live": live, "bundles": [live], "canary": None, "shadow": None}))
        return import_from_javascript("./tasks.mjs").settled(self.bridge.serve(self.js, env, self.ctx)), env

    async def page(self, task):
        slots = task["slots"]
        serving, env = self.serve(task, slots, *task.get("answers", [page_of(task, slots)]))
        return import_from_javascript("./tasks.mjs").told(await serving, env, json.dumps([slot[0] for slot in slots]))

    async def turns(self, task):
        """What the turns were asked, behind the fields of the request: what the store told."""
        await self.serve({"routes": EVERYTHING, **task}, [], *task["answers"])[0]
        return Response(json.dumps([text.partition(RS)[2].split(US) for text in Turn.asked]))

    async def fields(self, task):
        await self.serve({"routes": EVERYTHING, **task}, [], f"failed{US}only the fields are asked for")[0]
        return Response(json.dumps(Turn.asked[0].split(US) if Turn.asked else None))

    async def unit(self, task):
        """One of the product's modules, called directly."""
        return Response(await getattr(import_from_javascript("./units.mjs"), task["name"])(json.dumps(task["given"])))

    async def read(self, task):
        release = import_from_javascript("./release.mjs")
        return Response(US.join(await release.read(getattr(self.raw, task["binding"]), task["key"], task["deadline"])))

    async def verify(self, task):
        return Response(str(await self.bridge.verify(*(b64decode(part) for part in task["parts"]))))

    async def send(self, task):
        await self.env.DECISIONS.send(json.dumps(task["message"]))
        return Response("sent")

    async def kv(self, task):
        await self.env.PROFILES.put("k", task["value"].encode())
        return Response(bytes(await self.env.PROFILES.get("k", "arrayBuffer")))

    async def r2(self, task):
        found = await self.env.BUNDLES.get(task["key"])
        return Response("none" if found is None else await found.text())

    async def random(self, task):
        return Response(json.dumps([random.random(), os.urandom(8).hex()]))

    async def names(self, task):
        return Response(json.dumps([getattr(self.raw, name, None) is not None for name in task["names"]]))

    async def boom(self, task):
        raise RuntimeError("asked to fail")

    async def later(self, task):
        async def write():
            await self.env.PROFILES.put(task["key"], task["value"])

        self.ctx.waitUntil(write())
        return Response("now")

    async def original(self, task):
        return await self.serve({"routes": [["", "/no/page"]], **task}, [])[0]

    async def queue(self, batch):
        for message in batch.messages:
            await self.env.LOG.put(f"decisions/{message.id}.json", str(message.body))
            message.ack()
