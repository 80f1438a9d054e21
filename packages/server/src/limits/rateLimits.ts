import { refused, texts, type UserId } from "@colloquy/protocol";
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { networkOf } from "../http/peer.ts";
import type { Metrics } from "../metrics/metrics.ts";

const MINUTE = 60_000;

type Outcome = { isAllowed: true } | { isAllowed: false; isExceeded: boolean; ttlInSeconds: number };

/** Whether one more request for a socket may come from an address now. */
export type AllowUpgrade = (address: string) => Promise<boolean>;

/**
 * Refuses what comes too fast, by address before anybody is asked who they are, by person after; 0 is no limit. Requests
 * for sockets do not pass the application: what this answers counts them with the others of their address.
 */
export async function limitRates(
  app: FastifyInstance,
  { perMinutePerIp, perMinutePerUser }: { perMinutePerIp: number; perMinutePerUser: number },
  metrics: Metrics,
): Promise<AllowUpgrade> {
  let allowUpgrade: AllowUpgrade = async () => true;
  if (perMinutePerIp === 0 && perMinutePerUser === 0) return allowUpgrade;
  await app.register(rateLimit, { global: false });

  if (perMinutePerIp > 0) {
    const check = app.createRateLimit({
      max: perMinutePerIp,
      timeWindow: MINUTE,
      keyGenerator: ({ ip }) => networkOf(ip),
    });
    allowUpgrade = async (ip) => {
      // It looks at no more of a request than its key, and whether its route says otherwise.
      const outcome: Outcome = await check({ ip, routeOptions: {} } as FastifyRequest);
      if (outcome.isAllowed || !outcome.isExceeded) return true;
      metrics.countOf("rate_limited_total", "address");
      return false;
    };
    app.addHook("onRequest", async (request) => refuseExcess(await check(request), "address"));
  }
  if (perMinutePerUser > 0) {
    const keyGenerator = (request: FastifyRequest) => `user ${(request.asked!.caller as { id: UserId }).id}`;
    const check = app.createRateLimit({ max: perMinutePerUser, timeWindow: MINUTE, keyGenerator });
    app.addHook("preParsing", async (request) => {
      if (request.asked?.caller) refuseExcess(await check(request), "person");
    });
  }

  return allowUpgrade;

  function refuseExcess(outcome: Outcome, limit: "address" | "person"): void {
    if (outcome.isAllowed || !outcome.isExceeded) return;
    metrics.countOf("rate_limited_total", limit);
    throw refused(429, texts.tooManyRequests, { "retry-after": String(outcome.ttlInSeconds) });
  }
}
