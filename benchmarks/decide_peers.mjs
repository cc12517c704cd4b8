// The worker that holds the JavaScript peers, each in its sensible configurations. An engine decides all slots for one
// visitor, whose attributes it gets as texts, and returns its own result objects; `read` makes [rule, variant, arm] of one ("": it does not tell).
import { GrowthBook, GrowthBookClient } from "@growthbook/growthbook";
import { FlagdCore } from "@openfeature/flagd-core";

const growthbook = (payload, slots) => {
  const client = new GrowthBookClient().initSync({ payload });
  const instance = new GrowthBook().initSync({ payload });
  const read = ({ ruleId, value, experimentResult }) => [ruleId || null, value, experimentResult?.key ?? null];
  return {
    "growthbook-js client": {
      read,
      decide(attributes) {
        const user = { attributes };
        return slots.map((slot) => client.evalFeature(slot, user));
      },
    },
    "growthbook-js instance": {
      read,
      decide(attributes) {
        instance.setAttributes(attributes);
        return slots.map((slot) => instance.evalFeature(slot));
      },
    },
  };
};

const flagd = (configuration, slots) => {
  const core = new FlagdCore(undefined, undefined, { disableDynamicCodeGeneration: true });
  core.setConfigurations(JSON.stringify(configuration));
  const read = ({ variant, reason }) => {
    if (reason === "ERROR") throw new Error("flagd could not evaluate");
    if (variant === "none") return [null, null, null];
    const [rule, name] = variant.split("/");
    return name === undefined ? ["", rule, ""] : [rule, name, ""];
  };
  const context = ({ id, ...attributes }) => ({ targetingKey: id, ...attributes });
  return {
    "flagd-core resolve": { read, context, decide: (user) => slots.map((slot) => core.resolveStringEvaluation(slot, "none", user)) },
    "flagd-core resolveAll": { read, context, decide: (user) => core.resolveAll(user) },
  };
};

const makers = { growthbook, flagd };
const engines = {};
let visitors = [];
let texts = []; // of each visitor, in the order of the workload

/** A visitor's attributes from the same texts that Tessera starts with, as one literal: the shape that engines read fastest. */
function attributesOf(facts) {
  const [
    id, country, language, device, browser, os, channel, campaign, city, plan, industry, lifecycle, category,
    visits, orders, cart_value, days_away, page_views, age, logged_in, subscriber,
  ] = facts;
  return {
    id, country, language, device, browser, os, channel, campaign, city, plan, industry, lifecycle, category,
    visits: Number(visits), orders: Number(orders), cart_value: Number(cart_value), days_away: Number(days_away),
    page_views: Number(page_views), age: Number(age), logged_in: logged_in === "1", subscriber: subscriber === "1",
  };
}

/** So many decisions one after the other; the number of results, so that none is for nothing. */
function run(name, count) {
  const { decide, context = (visitor) => visitor } = engines[name];
  let sum = 0;
  for (let i = 0; i < count; i += 1) sum += decide(context(attributesOf(texts[i % texts.length]))).length;
  return sum;
}

function answers(name) {
  const { decide, read, context = (visitor) => visitor } = engines[name];
  return texts.map((facts) => decide(context(attributesOf(facts))).map(read));
}

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const name = searchParams.get("part");
    if (pathname.endsWith("/load")) {
      const { rules, slots } = await request.json();
      const made = makers[name](rules, slots);
      Object.assign(engines, made);
      return Response.json(Object.keys(made));
    }
    if (pathname.endsWith("/visitors")) {
      visitors = await request.json();
      texts = visitors.map((visitor) => Object.values(visitor).map((fact) => (typeof fact === "boolean" ? `${+fact}` : `${fact}`)));
      return new Response(String(visitors.length));
    }
    if (pathname.endsWith("/answers")) return Response.json(answers(name));
    const count = Number(searchParams.get("count"));
    return new Response(String(count ? run(name, count) : 0));
  },
};
