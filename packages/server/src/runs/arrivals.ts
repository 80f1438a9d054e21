import type { FastifyInstance } from "fastify";
import type { InFlight } from "./inFlight.ts";

/** Where answers are posted. */
export const ANSWERS_PATH = "/threads/:thread_id/messages";

/**
 * Registers each request that may be an answer as soon as it arrives: to find out who sent it may take longer than to
 * handle the one that came with it.
 */
export function watchArrivals(app: FastifyInstance, inFlight: InFlight): void {
  app.addHook("onRequest", (request, { raw }, done) => {
    if (request.method === "POST" && request.routeOptions.config.resource === ANSWERS_PATH) {
      inFlight.arrive(Number((request.params as { thread_id: string }).thread_id), request);
      // Fastify's onResponse does not come where the client has gone before its answer.
      raw.once("close", () => inFlight.leave(request));
    }
    done();
  });
}
