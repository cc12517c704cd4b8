// A request's body as text, read within bounds of size and time.

const MAX_BYTES = 65_536;
const BODY_DEADLINE = 10_000; // milliseconds that a body may take to come

const strict = new TextDecoder("utf-8", { fatal: true });

export class Late extends Error {}

/** What a task comes to; Late where that takes longer. */
export async function within(task, milliseconds) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Late(`nothing within ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([task, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The body's bytes; null where it is too large, and then no more of it is read than that. */
async function bytesOf({ headers, body }) {
  if (Number(headers.get("content-length")) > MAX_BYTES) return null;
  const parts = [];
  let size = 0;
  const reader = body?.getReader();
  while (reader) {
    const { value, done } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MAX_BYTES) {
      await reader.cancel();
      return null;
    }
    parts.push(value);
  }
  return new Blob(parts).bytes();
}

function textOf(bytes) {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}

/** {text}; or {status, why} where it is refused. Never rejects. */
export async function readBody(request) {
  try {
    const bytes = await within(bytesOf(request), BODY_DEADLINE);
    if (bytes === null) return { status: 413, why: `at most ${MAX_BYTES} bytes` };
    const text = textOf(bytes);
    return text === null ? { status: 400, why: "the body is not UTF-8" } : { text };
  } catch (error) {
    return error instanceof Late ? { status: 408, why: "the body came too slowly" } : { status: 400, why: "the body broke off" };
  }
}
