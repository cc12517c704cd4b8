// The peer of the scoring benchmark: the best rows by a loop over an Int8Array, as quick as JavaScript of that kind got here. It
// shares memory with Python as the kernel does, so that the two differ in nothing but the work.
import { Kernel } from "./kernel.mjs";

/** Of rows of int8 with a scale each: `top` finds the query in the share and puts the kernel's answer there. */
export class Peer extends Kernel {
  constructor(module, rows, scales, dimensions) {
    super(module, new Uint8Array(0)); // for the share alone
    Object.assign(this, { rows, scales, dimensions, query: new Int32Array(dimensions) });
  }

  best(take, spare) {
    const { rows, scales, dimensions, query: q } = this;
    const shared = this.shared();
    for (let i = 0; i < dimensions; i += 1) q[i] = (shared[i] << 24) >> 24;
    const most = Math.min(take + spare, scales.length);
    const best = new Float64Array(most);
    const found = new Uint32Array(most);
    let count = 0;
    let least = -Infinity;
    for (let row = 0, at = 0; row < scales.length; row += 1, at += dimensions) {
      let sum = 0;
      for (let j = 0; j < dimensions; j += 8) {
        const k = at + j;
        sum =
          (sum + q[j] * rows[k] + q[j + 1] * rows[k + 1] + q[j + 2] * rows[k + 2] + q[j + 3] * rows[k + 3] +
            q[j + 4] * rows[k + 4] + q[j + 5] * rows[k + 5] + q[j + 6] * rows[k + 6] + q[j + 7] * rows[k + 7]) | 0;
      }
      const score = sum * scales[row];
      if (count === most && score <= least) continue;
      let place = count < most ? count++ : most - 1;
      for (; place > 0 && best[place - 1] < score; place -= 1) {
        best[place] = best[place - 1];
        found[place] = found[place - 1];
      }
      best[place] = score;
      found[place] = row;
      least = best[most - 1];
    }
    shared.set(new Uint8Array(Uint32Array.of(Math.min(take, count), count).buffer));
    shared.set(new Uint8Array(best.buffer, 0, 8 * count), 8);
    shared.set(new Uint8Array(found.buffer, 0, 4 * count), 8 + 8 * count);
    return 8 + 12 * count;
  }

  /** A crossing and nothing else. */
  nothing() {
    return this.shared().length && 8 + 13 * 12;
  }
}
