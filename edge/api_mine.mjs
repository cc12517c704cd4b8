// What visitors may ask of themselves, by their own cookie and from pages of this site alone:
// GET and PUT /_tessera/preferences, GET /_tessera/why?page=PATH, DELETE /_tessera/profile.

import { appendCookies } from "./answer.mjs";
import { readBody, within } from "./body.mjs";
import { brief, note } from "./journal.mjs";
import { isOwn, json, refusal } from "./json.mjs";
import { isAnew } from "./lanes.mjs";
import { pageOf } from "./own_page.mjs";
import { readAll } from "./release.mjs";
import { factsOf, routeTo, US } from "./visit.mjs";

const QUEUE_DEADLINE = 5_000; // milliseconds

/** Python's answer, asked again with what the store told where it wants that. */
export async function asked(view, tools, operation, page, body = "") {
  await tools.recognised(view);
  const given = { operation, facts: factsOf(view, page), body };
  const live = tools.live(view);
  const first = JSON.parse(tools.mine(live, JSON.stringify(given)));
  if (!first.read) return first;
  const told = await readAll(view.env.PROFILES, first.read, first.deadline);
  const second = tools.mine(live, JSON.stringify({ ...given, told: told.join(US) }));
  return isAnew(view, second) ? asked(view, tools, operation, page, body) : JSON.parse(second);
}

async function answered(view, { status, body, cookies, command }) {
  if (command) {
    try {
      await within(view.env.EVENTS.send(JSON.stringify(command), { contentType: "text" }), QUEUE_DEADLINE);
    } catch (error) {
      note("command-lost", { why: brief(error) });
      return refusal(503, "this could not be kept", { "retry-after": "5" });
    }
  }
  const response = json(status, body);
  appendCookies(response.headers, cookies);
  return response;
}

/** What all of them refuse; null where nothing is wrong. */
function refused(view, tools, methods, isRead) {
  if (!methods.includes(view.request.method)) return refusal(405, `only ${methods.join(" and ")}`, { allow: methods.join(", ") });
  if (!isOwn(view, isRead)) return refusal(403, "only for pages of this site");
  return tools.live(view) ? null : refusal(503, "no release is live", { "retry-after": "5" });
}

export async function preferences(view, tools) {
  const isRead = view.request.method === "GET";
  const no = refused(view, tools, ["GET", "PUT"], isRead);
  if (no) return no;
  if (isRead) return answered(view, await asked(view, tools, "preferences", ""));
  if (!/^application\/json\s*(;|$)/i.test(view.request.headers.get("content-type") ?? "")) return refusal(415, "only application/json");
  const { text, status, why } = await readBody(view.request);
  return why ? refusal(status, why) : answered(view, await asked(view, tools, "preferences", "", text));
}

export async function why(view, tools) {
  const no = refused(view, tools, ["GET"], true);
  if (no) return no;
  const address = pageOf(view.url);
  if (address === null) return refusal(400, "`page` is a path of this site, or an address of it");
  const route = routeTo(tools.live(view), address);
  if (route === null) return refusal(404, "no page of the site has this address");
  return answered(view, await asked({ ...view, url: address }, tools, "why", route.page));
}

export async function profile(view, tools) {
  const no = refused(view, tools, ["DELETE"], false);
  return no ?? answered(view, await asked(view, tools, "forget", ""));
}
