import type { IncomingMessage } from "node:http";
import { denied } from "@colloquy/protocol";
import type { FastifyInstance } from "fastify";
import { peerOf, type Trust } from "./peer.ts";

/** What a page of another origin may read of an answer, beside what browsers always show it. */
const EXPOSED =
  "etag, retry-after, content-disposition, content-range, accept-ranges, idempotent-replayed, www-authenticate, colloquy-unknown-fields";
const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
/** Seconds for which a browser need not ask again. */
const MAX_AGE = "600";
/** Names of headers; what else a client sends here is not repeated to it. */
const HEADER_NAMES = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+(?:\s*,\s*[A-Za-z0-9!#$%&'*+.^_`|~-]+)*$/;
const READING = ["GET", "HEAD", "OPTIONS"];

/** Whether a page's origin is our own, is listed, or neither; clients that are no browsers send none. */
export type OriginKind = "own" | "listed" | "foreign" | null;

/** Tells where a request comes from. Only trusted proxies say which scheme a client used, so else either is ours. */
export function originKind(request: IncomingMessage, trust: Trust, listed: readonly string[]): OriginKind {
  const { origin } = request.headers;
  if (origin === undefined) return null;
  if (listed.includes(origin)) return "listed";
  const { host, scheme } = peerOf(request, trust);
  const isBehindProxy = trust(request.socket.remoteAddress ?? "", 0);
  const ours = isBehindProxy ? [`${scheme}://${host}`] : [`http://${host}`, `https://${host}`];
  return ours.some((url) => URL.parse(url)?.origin === origin) ? "own" : "foreign";
}

/**
 * Lets browsers show pages of the listed origins what we answer them (CORS), and refuses what a page of any other
 * origin would change: a host may know its people by a cookie, which their browser sends along.
 */
export function answerOrigins(app: FastifyInstance, trust: Trust, listed: readonly string[]): void {
  app.addHook("onRequest", async (request, out) => {
    const kind = originKind(request.raw, trust, listed);
    if (listed.length > 0) out.header("vary", "Origin");
    if (kind === "foreign" && !READING.includes(request.method)) throw denied();
    if (kind !== "listed") return;
    out.header("access-control-allow-origin", request.headers.origin!);
    out.header("access-control-expose-headers", EXPOSED);
    const { "access-control-request-method": method, "access-control-request-headers": headers } =
      request.headers;
    if (request.method !== "OPTIONS" || method === undefined) return;
    out.header("access-control-allow-methods", METHODS).header("access-control-max-age", MAX_AGE);
    if (headers !== undefined && HEADER_NAMES.test(headers))
      out.header("access-control-allow-headers", headers);
    return out.code(204).send();
  });
}
