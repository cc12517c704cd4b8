// What an isolate remembers, within a budget; what was used longest ago goes first.

export class Shelf {
  #kept = new Map();
  #used = 0;
  #budget;
  #cost;

  /** `cost` tells what a value takes of the budget. */
  constructor(budget, cost) {
    this.#budget = budget;
    this.#cost = cost;
  }

  get size() {
    return this.#kept.size;
  }

  /** The value under a key; undefined where there is none. */
  recall(key) {
    const value = this.#kept.get(key);
    if (value === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, value);
    return value;
  }

  drop(key) {
    const value = this.#kept.get(key);
    if (value !== undefined && this.#kept.delete(key)) this.#used -= this.#cost(value);
  }

  keep(key, value) {
    this.drop(key);
    this.#kept.set(key, value);
    this.#used += this.#cost(value);
    while (this.#used > this.#budget) this.drop(this.#kept.keys().next().value);
  }
}
