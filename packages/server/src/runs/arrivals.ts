import type { FastifyInstance } from "fastify";
import type { Rivals } from "./rivals.ts";

/** Where answers are posted. */
export const ANSWERS_PATH = "/threads/:thread_id/messages";

/**
 * Tells the rivals of each answer as it arrives: finding out who sent it may take longer than it takes to answer the
 * one that came with it.
 */
export function watchArrivals(app: FastifyInstance, rivals: Rivals): void {
  app.addHook("onRequest", (request, { raw }, done) => {
    if (request.method === "POST" && request.routeOptions.config.resource === ANSWERS_PATH) {
      rivals.arrive(Number((request.params as { thread_id: string }).thread_id), request);
      // Fastify's onResponse does not come where the client has gone before its answer.
      raw.once("close", () => rivals.leave(request));
    }
    done();
  });
}
