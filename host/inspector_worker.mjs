// A Worker that looks at the pages of an origin by the product's own modules, and tells what the edge would make of them.

import { freshnessOf } from "./freshness.mjs";
import { fetchOrigin, pageRequest } from "./origin.mjs";
import { isPersonalisable, readPage, unsuitable } from "./page.mjs";
import { planOf, slotStatus } from "./plan.mjs";

const AGENT = "Mozilla/5.0 (compatible; tessera-check)";

/** Why the page would stay as it is ("" where it would not), its size, and what would become of each place. */
async function planned(response, slots) {
  const why = unsuitable(response);
  if (why) return { why };
  const bytes = await readPage(response);
  if (bytes === null) return { why: "size" };
  if (!isPersonalisable(bytes)) return { why: "charset", size: bytes.length };
  try {
    const plan = await planOf(bytes, slots);
    const places = slots.map((_, i) => ({ matches: plan.matches[i], status: slotStatus(plan, i, true) }));
    return { why: "", size: bytes.length, places };
  } catch {
    return { why: "parser", size: bytes.length };
  }
}

async function look({ origin, path, slots, deadline }) {
  const env = { TESSERA_ORIGIN: origin, TESSERA_ORIGIN_DEADLINE: deadline };
  const url = new URL(path, origin).href;
  const asked = new Request(url, { headers: { accept: "text/html,*/*;q=0.8", "user-agent": AGENT } });
  try {
    const response = await fetchOrigin(pageRequest(asked, url), env);
    const facts = { status: response.status, headers: [...response.headers], freshness: freshnessOf(response.headers) };
    return { ...facts, ...(await planned(response, slots)) };
  } catch (error) {
    return { error: String(error?.message ?? error) };
  }
}

export default {
  async fetch(request) {
    return Response.json(await look(await request.json()));
  },
};
