// An origin that answers what a test describes: {status, headers, body (base64), pad, failures, chunk}.

let failuresLeft = 0;

function decode(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** The page with spaces behind it, up to a size. */
function padded(bytes, size) {
  if (size <= bytes.length) return bytes;
  const whole = new Uint8Array(size).fill(32);
  whole.set(bytes);
  return whole;
}

/** The body in pieces, as a network would bring it. */
function pieces(bytes, size) {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

export function environment(text) {
  const { status = 200, headers = {}, body = "", pad = 0, failures = 0, chunk = 0 } = JSON.parse(text);
  failuresLeft = failures;
  const fetch = async (request) => {
    if (failuresLeft > 0) {
      failuresLeft -= 1;
      throw new Error("the origin is down");
    }
    const seen = new Headers(headers);
    seen.set("x-seen", JSON.stringify([...request.headers].filter(([name]) => /^(range|if-|accept-enc)/.test(name))));
    if (seen.has("etag") && request.headers.get("if-none-match") === seen.get("etag")) {
      return new Response(null, { status: 304, headers: seen });
    }
    const bytes = padded(decode(body), pad);
    return new Response(chunk ? pieces(bytes, chunk) : bytes, { status, headers: seen, encodeBody: "manual" });
  };
  return { ASSETS: { fetch } };
}
