import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startChild } from "./support/child.ts";
import type { Figure } from "./support/figure.ts";
import { type Bench, onStage } from "./support/stage.ts";

const SETTLED = 2_000;

/** How long the server takes to start on a migrated database, and what memory it holds when nothing happens. */
export async function idle(bench: Bench): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), "colloquy-bench-"));
  try {
    await serve(join(directory, "database"));
    return [
      ...(await onStage(bench, "idle", ({ url }) => figures("PostgreSQL", url))),
      ...(await figures("PGlite", join(directory, "database"))),
    ];
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function figures(kind: string, database: string): Promise<Figure[]> {
  const { seconds, megabytes } = await serve(database);
  return [
    { measurement: `start on ${kind}`, value: seconds, unit: "s" },
    { measurement: `idle memory on ${kind}`, value: megabytes, unit: "MB" },
  ];
}

async function serve(database: string): Promise<{ seconds: number; megabytes: number }> {
  const from = performance.now();
  const server = startChild("server");
  await server.ask({ database, http: { port: 0 } });
  const seconds = (performance.now() - from) / 1000;
  await sleep(SETTLED);
  const kilobytes = Number(execFileSync("ps", ["-o", "rss=", "-p", String(server.pid)], { encoding: "utf8" }));
  await server.stop();
  return { seconds, megabytes: kilobytes / 1024 };
}
