// POST /_tessera/rank?page=PATH: items of a page of this site, such as the results of its search, in an order for whoever asks.

import { readBody } from "./body.mjs";
import { asked } from "./api_mine.mjs";
import { isOwn, json, refusal } from "./json.mjs";
import { pageOf } from "./own_page.mjs";
import { routeTo } from "./visit.mjs";

const STATUS = "api"; // of such a decision in the log

/** The page that the items are for, where the query names one; null where that is none of this site. */
function pageFor(view, tools) {
  if (!new URL(view.url).searchParams.has("page")) return { view, page: "" };
  const address = pageOf(view.url);
  return address && { view: { ...view, url: address }, page: routeTo(tools.live(view), address)?.page ?? "" };
}

export async function rank(view, tools) {
  const { request } = view;
  if (request.method !== "POST") return refusal(405, "only POST", { allow: "POST" });
  if (!isOwn(view, false)) return refusal(403, "only for pages of this site");
  if (!tools.live(view)) return refusal(503, "no release is live", { "retry-after": "5" });
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get("content-type") ?? "")) return refusal(415, "only application/json");
  const where = pageFor(view, tools);
  if (where === null) return refusal(400, "`page` is a path of this site, or an address of it");
  const { text, status, why } = await readBody(request);
  if (why) return refusal(status, why);
  const { status: answered, body, record } = await asked(where.view, tools, "rank", where.page, text);
  if (record) tools.log(view, { record, whose: "", command: "" }, STATUS, { [body.slot ?? "@rank"]: "offered" });
  return json(answered, body);
}
