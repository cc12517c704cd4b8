// The peers of the page benchmark, one a process (MODE): the same page by other means, each in its strongest form.
import { handleRequest } from "@growthbook/edge-cloudflare";
import { origin } from "./page_origin.mjs";
import facts from "./peers.json";

const { slots, chunks, payload } = JSON.parse(facts);
const PERSONAL = { "content-type": "text/html; charset=utf-8", "cache-control": "private, no-cache" };
const HTML = { html: true };

// made once: it holds handlers alone, and parses anew for every page
const rewriter = new HTMLRewriter();
for (const { selector, operation, content } of slots) {
  rewriter.on(selector, {
    element: (element) => (operation === "replace" ? element.replace(content, HTML) : element.setInnerContent(content, HTML)),
  });
}

// a page in pieces, from the start: text, slot, text …; a slot's content is put between, with no look at the origin
const encoder = new TextEncoder();
const bytesOf = Object.fromEntries(Object.entries(chunks).map(([path, pieces]) => [path, pieces.map((piece) => encoder.encode(piece))]));
const contents = slots.map(({ content }) => content);
const contentBytes = contents.map((content) => encoder.encode(content));

function joinTexts(request) {
  const pieces = chunks[new URL(request.url).pathname];
  let page = pieces[0];
  for (let i = 0; i < contents.length; i += 1) page += contents[i] + pieces[i + 1];
  return new Response(page, { headers: PERSONAL });
}

function joinBytes(request) {
  const pieces = bytesOf[new URL(request.url).pathname];
  let size = 0;
  for (const piece of pieces) size += piece.length;
  for (const piece of contentBytes) size += piece.length;
  const page = new Uint8Array(size);
  let at = 0;
  const put = (piece) => {
    page.set(piece, at);
    at += piece.length;
  };
  put(pieces[0]);
  for (let i = 0; i < contentBytes.length; i += 1) {
    put(contentBytes[i]);
    put(pieces[i + 1]);
  }
  return new Response(page, { headers: PERSONAL });
}

async function rewritten(request) {
  const page = await origin(request);
  return rewriter.transform(new Response(page.body, { headers: PERSONAL }));
}

/** GrowthBook's worker asks the origin by the global fetch. Its payload is at hand, parsed, so it reads no store. */
function growthbook(request, env) {
  return handleRequest(request, env, { payload });
}

const modes = {
  hello: () => new Response("ok"),
  static: (request) => origin(request),
  "join-texts": joinTexts,
  "join-bytes": joinBytes,
  htmlrewriter: rewritten,
  growthbook,
};

globalThis.fetch = origin;

export default { fetch: (request, env) => modes[env.MODE](request, env) };
