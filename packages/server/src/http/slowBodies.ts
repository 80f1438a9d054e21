import { refused, texts } from "@colloquy/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** Milliseconds between two looks at bodies that are still on their way. */
const LOOK = 500;

interface Awaited {
  request: FastifyRequest;
  out: FastifyReply;
  until: number;
}

/**
 * Ends requests whose bodies take longer than so many seconds to come, from their headers on. The listener's own time
 * limits would not do: a host may have mounted us on its own.
 */
export function refuseSlowBodies(app: FastifyInstance, seconds: number): void {
  const awaited = new Map<FastifyRequest, Awaited>();
  const forget = (request: FastifyRequest) => void awaited.delete(request);

  app.addHook("onRequest", (request, out, done) => {
    // Whoever sends nothing is done at once.
    if (request.raw.complete !== false) return done();
    awaited.set(request, { request, out, until: performance.now() + seconds * 1_000 });
    request.raw.once("end", () => forget(request));
    request.raw.once("close", () => forget(request));
    out.raw.once("close", () => {
      // An answer may come before the body, which must be over before the next request.
      if (request.raw.complete) forget(request);
    });
    done();
  });

  const timer = setInterval(() => {
    const now = performance.now();
    for (const { request, out, until } of awaited.values()) {
      // The oldest come first.
      if (until > now) break;
      forget(request);
      end(request, out);
    }
  }, LOOK);
  timer.unref();
  app.addHook("onClose", async () => clearInterval(timer));
}

/** Answers, where nothing has been answered, and hangs up: the rest of the body would be taken for a request. */
function end({ raw }: FastifyRequest, out: FastifyReply): void {
  const { body } = refused(408, texts.bodyTooSlow);
  const hangUp = () => raw.socket.destroy();
  if (out.sent) return void hangUp();
  out.raw.once("finish", () => setTimeout(hangUp, LOOK).unref());
  out
    .header("connection", "close")
    .type("application/json; charset=utf-8")
    .code(408)
    .send(JSON.stringify(body));
}
