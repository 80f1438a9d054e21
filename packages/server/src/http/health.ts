import type { FastifyInstance } from "fastify";
import { RETRY_AFTER } from "./errorAnswers.ts";

/** Whether the server can do its work, part by part: `{database: true, jobs: false}`. */
export type IsReady = () => Promise<Record<string, boolean>>;

/** `/healthz`: the process answers. `/readyz`: so does what it needs, else 503. For machines, without auth. */
export function addHealth(app: FastifyInstance, isReady: IsReady): void {
  const options = { logLevel: "warn" } as const;
  app.get("/healthz", options, async () => ({ status: "ok" }));
  app.get("/readyz", options, async (_request, out) => {
    const parts = await isReady();
    const ready = Object.values(parts).every(Boolean);
    if (!ready) out.header("retry-after", RETRY_AFTER);
    return out.code(ready ? 200 : 503).send({ status: ready ? "ok" : "unavailable", parts });
  });
}
