import { createHash } from "node:crypto";
import { invalid, refused, texts, type UserId } from "@colloquy/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Queryable } from "../database/database.ts";
import { claim, keep, release } from "./queries.ts";

const LONGEST_KEY = 255;

interface Claim {
  user: UserId;
  key: string;
}

/**
 * Honours `Idempotency-Key` wherever a POST creates: the same request again, by the same person with the same
 * key, answers as the first did and creates nothing; the same key with another request is refused.
 */
export function honourIdempotencyKeys(app: FastifyInstance, db: Queryable): void {
  const claimed = new WeakMap<FastifyRequest, Claim>();

  app.addHook("preHandler", async (request, reply) => {
    const key = request.headers["idempotency-key"];
    const user = request.asked?.caller as { id: UserId } | null | undefined;
    if (request.method !== "POST" || typeof key !== "string" || !user) return;
    if (key.length > LONGEST_KEY) throw invalid({ non_field_errors: [texts.maxLength(LONGEST_KEY)] });
    const fingerprint = fingerprintOf(request);
    const kept = await claim(db, user.id, key, fingerprint);
    if (kept === null) {
      claimed.set(request, { user: user.id, key });
      return;
    }
    if (kept.request !== fingerprint) throw refused(422, texts.keyReused);
    if (kept.status === null) throw refused(409, texts.keyUnderWay, { "retry-after": "1" });
    // What the caller could see then may not be theirs to see now.
    await request.asked!.expectRepeatable(kept.body ? JSON.parse(kept.body) : null);
    return answered(reply, kept.status, kept.body ?? "");
  });

  app.addHook("onSend", (request, reply, payload, done) => {
    const own = claimed.get(request);
    if (own === undefined) return done(null, payload);
    claimed.delete(request);
    settle(own, reply, payload).then(() => done(null, payload), done);
  });

  async function settle(own: Claim, reply: FastifyReply, payload: unknown): Promise<void> {
    const created = reply.statusCode >= 200 && reply.statusCode < 300;
    if (created)
      await keep(db, own.user, own.key, reply.statusCode, typeof payload === "string" ? payload : "");
    else await release(db, own.user, own.key);
  }
}

function answered(reply: FastifyReply, status: number, body: string): FastifyReply {
  reply.code(status).header("idempotent-replayed", "true");
  if (body === "") return reply.send();
  return reply.type("application/json; charset=utf-8").serializer(String).send(body);
}

function fingerprintOf({ method, url, body }: FastifyRequest): string {
  return createHash("sha256")
    .update(`${method} ${url}\n${JSON.stringify(body ?? null)}`)
    .digest("hex");
}
