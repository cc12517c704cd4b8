// What the Worker says of itself: one line a happening for the platform's log, and how often each kind happened here.

const counts = new Map();

/** One line, for machines first. Never a cookie, a key or a visitor's data. */
export function say(event, facts = {}) {
  console.log(JSON.stringify({ event, ...facts }));
}

/** Count a happening of this isolate. */
export function count(name, times = 1) {
  counts.set(name, (counts.get(name) ?? 0) + times);
}

/** Count it and say it. */
export function note(event, facts = {}) {
  count(event);
  say(event, facts);
}

export const counted = () => Object.fromEntries([...counts].sort());

/** An error in one line. */
export const brief = (error) => String(error?.message ?? error).replace(/\s+/g, " ").slice(0, 300);
