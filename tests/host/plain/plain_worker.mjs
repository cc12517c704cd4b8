// Modules of the product called in workerd: POST {do, …} in, JSON out. The environment of a task is the Worker's with `settings` in it.

import { answerOf, allows, authorise } from "./credentials.mjs";
import { counted } from "./journal.mjs";
import { remembered, verifyToken } from "./jwt.mjs";
import { countedAddress, limitedCaller, limitedVisitor, tooMany } from "./limits.mjs";
import { accountOf, adoptLogin } from "./login.mjs";
import { problem } from "./problem.mjs";
import { seal, snapshotOf } from "./sealed.mjs";

const HANG = 60_000;
const trusts = new Map(); // by their text: what is remembered hangs on the object

/** A binding that does not do what it should. */
const FAULTS = {
  throws: { limit: () => { throw new Error("asked to fail"); } },
  rejects: { limit: async () => { throw new Error("asked to fail"); } },
  hangs: { limit: () => scheduler.wait(HANG) },
};

function trustOf(trust) {
  const text = JSON.stringify(trust);
  if (!trusts.has(text)) trusts.set(text, trust);
  return trusts.get(text);
}

const environment = ({ settings = {}, faults = {} }, env) => ({
  ...env,
  ...settings,
  ...Object.fromEntries(Object.entries(faults).map(([name, fault]) => [name, FAULTS[fault]])),
});

const DO = {
  /** Each of some tokens, one after the other: what became of it, and what is remembered of it then. */
  async verify({ tokens, trust, now, waiting = false }, env, ctx) {
    const platform = waiting ? { waitUntil: (task) => ctx.waitUntil(task) } : undefined;
    const told = [];
    for (const token of tokens) told.push(await verifyToken(token, trustOf(trust), now, platform));
    return Response.json(told);
  },
  async remembered({ tokens, trust, now }) {
    return Response.json(tokens.map((token) => remembered(token, trustOf(trust), now)));
  },
  async authorise(task, env, ctx) {
    const view = { request: new Request("https://site.example/", { headers: task.headers }), env: environment(task, env), ctx, now: task.now };
    const caller = await authorise(view, task.needs ?? null);
    if (!task.answered || caller.role) return Response.json(caller);
    return answerOf(caller);
  },
  async allows({ pairs }) {
    return Response.json(pairs.map((pair) => allows(...pair)));
  },
  async limited(task, env) {
    const own = environment(task, env);
    const found = [];
    for (const caller of task.callers ?? []) found.push(await limitedCaller(own, caller));
    for (const address of task.addresses ?? []) {
      const headers = address === null ? {} : { "cf-connecting-ip": address };
      found.push(await limitedVisitor({ request: new Request("https://site.example/", { headers }), env: own }));
    }
    return Response.json(found);
  },
  async addresses({ addresses }) {
    return Response.json(addresses.map(countedAddress));
  },
  async problem({ given }) {
    return problem(...given);
  },
  async tooMany({ found }) {
    return tooMany(found);
  },
  async seal({ cookies, keys }) {
    return Response.json(await seal({ TESSERA_COOKIE_KEYS: keys }, cookies));
  },
  /** What the snapshot of each Cookie header says. */
  async opened({ headers, keys }) {
    const env = { TESSERA_COOKIE_KEYS: keys };
    const requests = headers.map((cookie) => new Request("https://site.example/", { headers: cookie === null ? {} : { cookie } }));
    return Response.json(await Promise.all(requests.map(async (request) => snapshotOf({ request, env }))));
  },
  /** Whose account each request is, one after the other: [whether that had to be waited for, the subject]. */
  async accounts({ requests, login, settings, now }, env, ctx) {
    adoptLogin(login);
    const told = [];
    for (const headers of requests) {
      const found = accountOf({ request: new Request("https://site.example/", { headers }), env: { ...env, ...settings }, ctx, now });
      told.push([found instanceof Promise, await found]);
    }
    return Response.json(told);
  },
  async counted() {
    return Response.json(counted());
  },
};

export default {
  async fetch(request, env, ctx) {
    const task = await request.json();
    try {
      return await DO[task.do](task, env, ctx);
    } catch (error) {
      return new Response(`THREW ${error?.stack}`, { status: 599 });
    }
  },
};
