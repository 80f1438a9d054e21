import { refused, texts } from "@colloquy/protocol";
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Metrics } from "../metrics/metrics.ts";

const MINUTE = 60_000;

type Outcome = { isAllowed: true } | { isAllowed: false; isExceeded: boolean; ttlInSeconds: number };

/** Refuses what comes too fast, by address before anybody is asked who they are, by person after; 0 is no limit. */
export async function limitRates(
  app: FastifyInstance,
  { perMinutePerIp, perMinutePerUser }: { perMinutePerIp: number; perMinutePerUser: number },
  metrics: Metrics,
): Promise<void> {
  if (perMinutePerIp === 0 && perMinutePerUser === 0) return;
  await app.register(rateLimit, { global: false });

  if (perMinutePerIp > 0) {
    const check = app.createRateLimit({
      max: perMinutePerIp,
      timeWindow: MINUTE,
      keyGenerator: (request) => request.ip,
    });
    app.addHook("onRequest", async (request) => refuseExcess(await check(request), "address"));
  }
  if (perMinutePerUser > 0) {
    const keyGenerator = (request: FastifyRequest) => `user ${(request.asked!.caller as { id: number }).id}`;
    const check = app.createRateLimit({ max: perMinutePerUser, timeWindow: MINUTE, keyGenerator });
    app.addHook("preParsing", async (request) => {
      if (request.asked?.caller) refuseExcess(await check(request), "person");
    });
  }

  function refuseExcess(outcome: Outcome, limit: "address" | "person"): void {
    if (outcome.isAllowed || !outcome.isExceeded) return;
    metrics.countOf("rate_limited_total", limit);
    throw refused(429, texts.tooManyRequests, { "retry-after": String(outcome.ttlInSeconds) });
  }
}
