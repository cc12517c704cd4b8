// Modules of the product called directly: JSON in, JSON out.

import { Shelf } from "./shelf.mjs";

/** A shelf after these steps: what each `recall` found, and what is left in it. A value is how much it takes. */
export async function shelf(text) {
  const { budget, steps } = JSON.parse(text);
  const made = new Shelf(budget, (value) => value);
  const found = [];
  for (const [name, key, value] of steps) {
    if (name === "recall") found.push(made.recall(key) ?? null);
    else made[name](key, value);
  }
  return JSON.stringify({ found, size: made.size });
}
