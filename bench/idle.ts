import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Figure } from "./support/figure.ts";
import { serve } from "./support/serve.ts";
import { type Bench, onStage, SECRET } from "./support/stage.ts";

const SETTLED = 2_000;

/** How long `colloquy serve` takes to start on a migrated database, and what memory it holds when nothing happens. */
export async function idle(bench: Bench): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), "colloquy-bench-"));
  const embedded = join(directory, "database");
  try {
    const onPostgres = await onStage(bench, "idle", ({ url }) => figures("PostgreSQL", url));
    await (await serve(embedded, { secret: SECRET })).stop(); // The first start makes the database.
    return [...onPostgres, ...(await figures("PGlite", embedded))];
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function figures(kind: string, database: string): Promise<Figure[]> {
  const server = await serve(database, { secret: SECRET });
  await sleep(SETTLED);
  const kilobytes = Number(
    execFileSync("ps", ["-o", "rss=", "-p", String(server.pid)], { encoding: "utf8" }),
  );
  await server.stop();
  return [
    { measurement: `serve on ${kind}: start`, value: server.seconds, unit: "s" },
    { measurement: `serve on ${kind}: memory when idle`, value: kilobytes / 1024, unit: "MB" },
  ];
}
