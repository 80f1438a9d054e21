import type { FastifyInstance } from "fastify";

/** Answers are data, never pages. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";

/**
 * Headers that a browser should see. A route that answers HTML sets its own content-security-policy; TLS and
 * its strictness are the proxy's.
 */
export function secureAnswers(app: FastifyInstance): void {
  app.addHook("onSend", (_request, out, payload, done) => {
    out.header("x-content-type-options", "nosniff").header("referrer-policy", "same-origin");
    if (!out.hasHeader("content-security-policy")) out.header("content-security-policy", DATA_POLICY);
    if (!out.hasHeader("cache-control")) out.header("cache-control", "private, no-cache");
    done(null, payload);
  });
}
