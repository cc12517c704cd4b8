// The worker of the scoring benchmark: Python, the product's kernel, and the peer over the same numbers.
import { start } from "./interpreter.mjs";
import { Kernel } from "./kernel.mjs";
import module from "./kernel_module.mjs";
import { Peer } from "./score_peer.mjs";
import reader from "./score_read.wasm";

const adapter = await start();
const { loaded, answer, run } = adapter.Default;
let body;
let told;

/** The product's kernel, which can also merely read all rows, with a module and memory that are not the product's. */
class Reading extends Kernel {
  constructor() {
    super(module, body);
    const { offset, size } = told;
    const { memory, read } = new WebAssembly.Instance(reader).exports;
    const at = memory.buffer.byteLength;
    memory.grow(Math.ceil(size / 65_536));
    new Uint8Array(memory.buffer).set(body.subarray(offset, offset + size), at);
    this.read = () => read(at, size);
  }
}

/** Load the kernel so many times: its sections and the model, and nothing else. */
function load(count) {
  const { rows, scales } = told.layout.sections;
  for (let i = 0; i < count; i += 1) {
    const kernel = new Kernel(module, body);
    kernel.int8(kernel.hold(...rows), kernel.hold(...scales), told.layout.n, told.layout.stride);
    kernel.release();
  }
}

function take(layout) {
  const { n, stride, sections } = layout;
  const { rows, scales } = sections;
  told = { layout, offset: rows[0], size: rows[1] };
  const peer = new Peer(module, new Int8Array(body.buffer, rows[0], n * stride), new Float32Array(body.buffer, scales[0], n), stride);
  return loaded(new Reading(), peer, JSON.stringify(layout));
}

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const count = Number(searchParams.get("count"));
    if (pathname === "/body") body = new Uint8Array(await request.arrayBuffer());
    else if (pathname === "/take") return new Response(String(take(await request.json())));
    else if (pathname === "/answer") return new Response(answer(searchParams.get("part")));
    else if (pathname === "/load") load(count);
    else run(searchParams.get("part"), count);
    return new Response("done");
  },
};
