// Which of the loaded bundles decides for a request: the live one, or for some visitors the canary; and what is tried beside.

import { factsOf } from "./visit.mjs";

const HEX = 16;
const DIGITS = 8; // of the page view's id, which is random: by these page views are sampled

let pointed = { live: "", canary: null, shadow: null };

/** Whether a pointer was read; until then a request waits a little for one, also where it says that nothing is to be personalised. */
export const decider = { isKnown: false };

/** Decide as tessera/release.py says from now on: {live, canary: {name, header} or null, shadow: {name, sample} or null}. */
export function pointTo(told) {
  pointed = told;
  decider.isKnown = true;
}

const hasHeader = ({ headers }, header) => header !== null && headers.get(header[0]) === header[1];

/** The name of the bundle for a request, "" for none; once a request. `choose(facts)` asks Python, while there is a canary. */
export function deciderOf(view, choose) {
  const { live, canary } = pointed;
  if (canary === null || live === "") return live;
  if (view.decider !== undefined) return view.decider;
  view.lane = hasHeader(view.request, canary.header) ? "header" : choose(factsOf(view, ""));
  view.decider = view.lane === "header" || view.lane === "canary" ? canary.name : live;
  return view.decider;
}

/** Whether to begin anew with what decides now, once a request: the release with which it began is no longer loaded, says Python's answer. */
export function isAnew(view, answer) {
  if (!answer.startsWith("gone") || view.isAnew) return false;
  Object.assign(view, { isAnew: true, decider: undefined, lane: undefined });
  return true;
}

/** Have a sample of the page views that the live bundle decided looked at again, after the response; `again()` may give a promise. */
export function shadowed(view, again) {
  const { shadow } = pointed;
  if (shadow === null || view.asked === undefined || view.lane === "canary" || view.lane === "header") return;
  if (Number.parseInt(view.fresh[0].slice(0, DIGITS), HEX) / HEX ** DIGITS >= shadow.sample) return;
  view.ctx.waitUntil(scheduler.wait(0).then(again));
}
