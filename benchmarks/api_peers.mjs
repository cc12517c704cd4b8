// The peer of the OFREP benchmark: flagd's own evaluator in JavaScript answers the same bulk requests, without credentials, limits
// or validators. FLAGS is its document.
import { FlagdCore } from "@openfeature/flagd-core";
import document from "./flags.json";

const core = new FlagdCore(undefined, undefined, { disableDynamicCodeGeneration: true });
core.setConfigurations(document);

export default {
  async fetch(request) {
    if (request.method !== "POST") return new Response("ok");
    const { context } = JSON.parse(await request.text());
    const flags = core.resolveAll(context).map(({ flagKey, value, reason, variant }) => ({ key: flagKey, value, reason, variant }));
    return new Response(JSON.stringify({ flags }), { headers: { "content-type": "application/json" } });
  },
};
