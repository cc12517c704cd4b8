// The scoring kernel of one bundle: kernel.wasm with memory of its own, which goes when the bundle goes. What the methods mean is
// said in tessera/kernel.py; wasm_kernel.py calls them. Bytes come and go in a piece of Python's memory that both share: text of
// an answer's length would cost more on its way to Python than the answer itself. A call says where its numbers end in the share,
// and gets the size of the answer that is in the share then. A negative number says no: -1 where what was asked for does not fit,
// -2 where memory is at its end.

const REFUSED = -1;
const NO_MEMORY = -2;
const BEHIND_A_HANDLE = 16; // where a section's bytes start
const BEHIND_A_SIZE = 8; // where an answer's bytes start

export class Kernel {
  /** module: WebAssembly.Module of kernel.wasm; body: ArrayBuffer or Uint8Array of the bundle's body, needed until `release`. */
  constructor(module, body) {
    this.calls = new WebAssembly.Instance(module).exports;
    this.body = body instanceof Uint8Array ? body : new Uint8Array(body); // another view would be a copy
    this.bytes = new Uint8Array(this.calls.memory.buffer);
    this.start = 0; // of the last answer
    this.size = 0;
  }

  /** No section will be held any more: let the bundle's bytes go. */
  release() {
    this.body = new Uint8Array(0);
  }

  /** Take a bytearray of Python's to share; a smaller one was there before. */
  share(bytearray) {
    this.buffer?.release();
    this.proxy?.destroy();
    this.proxy = bytearray.copy(); // the one given dies with the call
    this.buffer = this.proxy.getBuffer("u8");
  }

  /** Bytes of memory, for who watches it. */
  held() {
    return this.calls.memory.buffer.byteLength;
  }

  hold(offset, size) {
    if (!(offset >= 0 && size >= 0 && offset + size <= this.body.length)) return REFUSED;
    const handle = this.calls.hold(size);
    if (handle > 0) this.memory().set(this.body.subarray(offset, offset + size), handle + BEHIND_A_HANDLE);
    return handle;
  }

  int8(rows, scales, n, stride) {
    return this.calls.int8(rows, scales, n, stride);
  }

  int4(rows, scales, n, stride) {
    return this.calls.int4(rows, scales, n, stride);
  }

  pq(codes, books, scales, n, parts, width) {
    return this.calls.pq(codes, books, scales, n, parts, width);
  }

  lists(starts, others, weights, n) {
    return this.calls.lists(starts, others, weights, n);
  }

  order(rows, scores, n) {
    return this.calls.order(rows, scores, n);
  }

  /** In the share: factors, then groups as pairs of u32, section and most. */
  plan(mask, codes, factors, groups, end) {
    return this.give(end) ? this.calls.plan(mask, codes, factors, groups) : NO_MEMORY;
  }

  /** In the share: rows, then weights. */
  mean(model, rows, weights, end) {
    return this.give(end) ? this.answer(this.calls.mean(model, rows, weights)) : NO_MEMORY;
  }

  /** In the share: the call, then query, without, tables. */
  top(end) {
    return this.give(end) ? this.answer(this.calls.top(end)) : NO_MEMORY;
  }

  /** The answer: the scale as float64, then the vector. */
  row(model, row) {
    return this.answer(this.calls.row(model, row));
  }

  /** In the share: query, then rows. */
  scores(model, query, rows, end) {
    return this.give(end) ? this.answer(this.calls.scores(model, query, rows)) : NO_MEMORY;
  }

  /** The last answer once more: the share was too small for it. */
  again() {
    const shared = this.shared();
    shared.set(this.bytes.subarray(this.start, this.start + Math.min(this.size, shared.length)));
    return this.size;
  }

  /** The memory as bytes. Where it grew, the view from before has none. */
  memory() {
    if (this.bytes.length === 0) this.bytes = new Uint8Array(this.calls.memory.buffer);
    return this.bytes;
  }

  /** The share as bytes. Where Python's memory grew, the view from before has none. */
  shared() {
    if (this.buffer.data.length === 0) {
      this.buffer.release();
      this.buffer = this.proxy.getBuffer("u8");
    }
    return this.buffer.data;
  }

  /** Copy the share up to `end` into the kernel's inbox; whether there was room. */
  give(end) {
    const at = this.calls.inbox(end);
    if (at === 0) return false;
    this.memory().set(this.shared().subarray(0, end), at);
    return true;
  }

  answer(at) {
    if (at < 0) return at;
    const bytes = this.memory();
    this.start = at + BEHIND_A_SIZE;
    this.size = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    return this.again();
  }
}
