// The page plans that an isolate remembers, within a budget of bytes; those used longest ago go first.

const BUDGET = 32 * 1024 * 1024;
const OVERHEAD = 2048;

const plans = new Map();
let used = 0;

const costOf = ({ bytes }) => bytes.length + OVERHEAD;

function drop(key) {
  const plan = plans.get(key);
  if (plan && plans.delete(key)) used -= costOf(plan);
}

/** The plan under a key, if it was made for slots of the same shape. */
export function recall(key, shape) {
  const plan = plans.get(key);
  if (plan?.shape !== shape) return null;
  plans.delete(key);
  plans.set(key, plan);
  return plan;
}

export function keep(key, plan) {
  drop(key);
  plans.set(key, plan);
  used += costOf(plan);
  while (used > BUDGET) drop(plans.keys().next().value);
}
