// Asks for flags by OpenFeature's own OFREP providers, as applications do: node openfeature.mjs < {url, key, contexts, flags}.
// One JSON line: of the server's provider the details of each flag for each context; of the browser's the same, and the statuses
// of its requests, each context after the other and the last one refreshed.

import { createRequire } from "node:module";

const require = createRequire(new URL("../../tools/openfeature/package.json", import.meta.url));
const server = require("@openfeature/server-sdk");
const web = require("@openfeature/web-sdk");
const { OFREPProvider } = require("@openfeature/ofrep-provider");
const { OFREPWebProvider } = require("@openfeature/ofrep-web-provider");

const ASK = { boolean: "getBooleanDetails", string: "getStringDetails", number: "getNumberDetails", object: "getObjectDetails" };
const told = ({ value, reason, variant, flagMetadata, errorCode }) => ({ value, reason, variant, metadata: flagMetadata, error: errorCode ?? null });

const parts = [];
for await (const part of process.stdin) parts.push(part);
const { url, key, contexts, flags } = JSON.parse(parts.join(""));
const headers = [["Authorization", `Bearer ${key}`]];

async function byServer() {
  await server.OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: url, headers }));
  const client = server.OpenFeature.getClient();
  const found = [];
  for (const context of contexts) {
    found.push({});
    for (const [flag, kind, otherwise] of flags) found.at(-1)[flag] = told(await client[ASK[kind]](flag, otherwise, context));
  }
  return found;
}

async function byBrowser() {
  const statuses = [];
  const fetchImplementation = async (request) => {
    const response = await fetch(request);
    statuses.push(response.status);
    return response;
  };
  const provider = new OFREPWebProvider({ baseUrl: url, headers, fetchImplementation, cacheMode: "disabled", pollInterval: 0 });
  await web.OpenFeature.setContext(contexts[0]);
  await web.OpenFeature.setProviderAndWait(provider);
  const client = web.OpenFeature.getClient();
  const found = [];
  for (const context of contexts) {
    await web.OpenFeature.setContext(context);
    found.push(Object.fromEntries(flags.map(([flag, kind, otherwise]) => [flag, told(client[ASK[kind]](flag, otherwise))])));
  }
  await provider.onContextChange(contexts.at(-1), contexts.at(-1));
  return { found, statuses };
}

console.log(JSON.stringify({ server: await byServer(), browser: await byBrowser() }));
process.exit(0);
