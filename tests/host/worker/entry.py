"""A Worker for the host's own tests: does with the bridge and the bindings what each request asks it to do."""

import json
import os
import random
from base64 import b64decode

import js
from workers import Response, WorkerEntrypoint, import_from_javascript

US, RS = "\x1f", "\x1e"


def answer(task):
    head = US.join((task.get("key", "plan"), task.get("cookie", ""), task.get("timing", "")))
    return RS.join([head, *(US.join(slot) for slot in task["slots"])])


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        self.js = request.js_object
        self.bridge = import_from_javascript("./bridge.mjs")
        self.raw = self.env._env
        task = json.loads(self.js.headers.get("x-task") or '{"do": "original"}')
        return await getattr(self, task["do"])(task)

    def visit(self, task):
        env = self.raw
        if "origin" in task:
            env = import_from_javascript("./origin.mjs").environment(json.dumps(task["origin"]))
        return self.bridge.visit(self.js, env, task.get("bundle", ""))

    async def page(self, task):
        token = self.visit(task).split(US)[0]
        response = await self.bridge.respond(token, answer(task))
        told = js.Response.new(response.body, response)  # an untouched response has headers that cannot be set
        told.headers.set("x-report", self.bridge.report(token).replace(RS, "|").replace(US, "="))
        return told

    async def fields(self, task):
        if "routes" in task:
            self.bridge.route(task["bundle"], RS.join(US.join(route) for route in task["routes"]))
        return Response(json.dumps(self.visit(task).split(US)))

    async def read(self, task):
        return Response(await self.bridge.read(getattr(self.raw, task["binding"]), task["key"], task["deadline"]))

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
        # `pass` is a keyword of Python: Pyodide takes the name with an underscore, and no subscript
        return await self.bridge.pass_(self.visit(task).split(US)[0])

    async def queue(self, batch):
        for message in batch.messages:
            await self.env.LOG.put(f"decisions/{message.id}.json", str(message.body))
            message.ack()

