// The HTTP API below /api/v1/: for callers with credentials, in deployments that have any.

import { exchange, isOpen } from "./api_exchange.mjs";

export const PREFIX = "/api/v1/";

/** A promise of the answer; null where the deployment has no such API, so that the request is the origin's. */
export const apiV1 = (view, tools) => (isOpen(view) ? exchange(view, tools, "v1", PREFIX) : null);
