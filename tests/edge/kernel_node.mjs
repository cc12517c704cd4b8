// edge/kernel.mjs for tests outside Python's WebAssembly. A JSON line in, [kernel, method, share, ...arguments], and a JSON line
// out, [answer, share]. Bytes are latin-1 texts; the share is what Python and JavaScript would both see. The method "new" makes a
// kernel over a body; kernels are numbered from 0.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Kernel } from "../../edge/kernel.mjs";

const module = new WebAssembly.Module(readFileSync(new URL("../../edge/kernel.wasm", import.meta.url)));
const kernels = [];

/** A bytearray of Python's, as JavaScript sees one. */
class Share {
  constructor(size) {
    this.data = new Uint8Array(size);
  }

  copy() {
    return this;
  }

  getBuffer() {
    return this;
  }

  release() {}

  destroy() {}
}

function told(kernel, method, shared, given) {
  if (method === "new") return kernels.push(new Kernel(module, Buffer.from(given[0], "latin1"))) - 1;
  if (method === "share") return kernels[kernel].share(new Share(given[0]));
  const { buffer } = kernels[kernel];
  buffer.data.fill(0).set(Buffer.from(shared, "latin1"));
  return kernels[kernel][method](...given);
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const [kernel, method, shared, ...given] = JSON.parse(line);
  const answer = told(kernel, method, shared, given) ?? null;
  const share = kernels[kernel]?.buffer?.data ?? new Uint8Array(0);
  process.stdout.write(`${JSON.stringify([answer, Buffer.from(share).toString("latin1").replace(/\0+$/, "")])}\n`);
});
