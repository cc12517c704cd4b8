// The origin of the page benchmark, in the same process as the Worker that asks it: two pages from memory, with a validator.
import small from "./small.html";
import large from "./large.html";

const CACHING = "public, max-age=300";

const pageOf = (bytes, etag) => ({
  bytes,
  etag,
  headers: { "content-type": "text/html; charset=utf-8", "cache-control": CACHING, etag, "x-content-type-options": "nosniff" },
});
const pages = new Map([["/", pageOf(small, '"small-1"')], ["/large", pageOf(large, '"large-1"')]]);

/** The page of a request or an address; 304 where its validator is still the page's. */
export async function origin(request) {
  const page = pages.get(new URL(request.url ?? request).pathname);
  if (!page) return new Response("not found", { status: 404, headers: { "content-type": "text/plain" } });
  if (request.headers?.get("if-none-match") === page.etag) {
    return new Response(null, { status: 304, headers: { etag: page.etag, "cache-control": CACHING } });
  }
  return new Response(page.bytes, { headers: page.headers });
}
