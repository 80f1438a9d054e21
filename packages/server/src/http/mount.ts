import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";

/**
 * Answers a request, for any server of Node's. With `next`, as Express gives it, what does not lie below the prefix is
 * passed on.
 */
export type Handle = (request: MountedRequest, response: ServerResponse, next?: () => void) => void;

/** A request as Express hands it on: `url` without the path that it is mounted at. */
export interface MountedRequest extends IncomingMessage {
  originalUrl?: string;
}

export function openHandle(app: FastifyInstance, prefix: string): Handle {
  return (request, response, next) => {
    const { originalUrl = request.url ?? "/" } = request;
    if (next !== undefined && !isBelow(prefix, originalUrl)) return next();
    request.url = originalUrl;
    app.routing(request, response);
  };
}

function isBelow(prefix: string, url: string): boolean {
  return url.startsWith(prefix) && /^(?:$|[/?#])/.test(url.slice(prefix.length));
}
