import { Client } from "pg";
import { type Database, openDatabase } from "../../packages/server/src/database/database.ts";
import { migrate } from "../../packages/server/src/database/migrate.ts";
import { type Colloquy, createColloquy, type SettingsInput } from "../../packages/server/src/index.ts";
import type { PostgresServer } from "../../tests/support/postgres.ts";
import type { FloorQuestion } from "../processes/floor.ts";
import type { LoadQuestion } from "../processes/load.ts";
import { type Child, type Program, startChild } from "./child.ts";
import type { HttpRequest } from "./keepAlive.ts";
import type { Lane } from "./lanes.ts";
import { record, type Sent } from "./recording.ts";

export interface Bench {
  postgres: PostgresServer;
  /** Where the server's CPU profiles go; null for none. */
  profile: string | null;
}

/** A database of its own, with a Colloquy in this process to prepare it and others to be measured. */
export interface Stage {
  url: string;
  db: Database;
  colloquy: Colloquy;
  /** What the Colloquy of this process sent to the database since the last time. */
  take(): Sent[];
  tokenOf(user: number): Promise<string>;
  /** The server that is measured. */
  startServer(): Promise<{ address: string; pid: number }>;
  startLoad(address: string, lanes: Lane<HttpRequest>[]): Promise<Child>;
  startFloor(lanes: Lane<Sent[]>[]): Promise<Child>;
}

const SECRET = "a secret that only the benchmark has";

/** Runs a measurement on a new stage, and clears it away. */
export async function onStage<Result>(
  { postgres, profile }: Bench,
  name: string,
  measure: (stage: Stage) => Promise<Result>,
): Promise<Result> {
  await createDatabase(postgres, name);
  const url = postgres.url(name);
  const db = await openDatabase(url);
  await migrate(db, { schema: "colloquy" });
  const recording = record(db);
  // Accounts are remembered for good here, so that what is recorded for the floor is the least it can be.
  const settings: SettingsInput = { auth: { secret: SECRET }, accounts: { cacheSeconds: 86_400 } };
  const colloquy = await createColloquy(settings, { database: recording.db });
  const children: Child[] = [];
  const start = (program: Program, execArgv: string[] = []) => {
    const child = startChild(program, execArgv);
    children.push(child);
    return child;
  };

  try {
    return await measure({
      url,
      db,
      colloquy,
      take: recording.take,
      tokenOf: (user) => colloquy.tokens.issue(user, 3600),
      async startServer() {
        const child = start("server", profile === null ? [] : profiling(profile, name));
        const server: SettingsInput = { database: url, auth: { secret: SECRET }, http: { port: 0 } };
        return { address: await child.ask<string>(server), pid: child.pid };
      },
      async startLoad(address, lanes) {
        const child = start("load");
        await child.ask({ address, lanes } satisfies LoadQuestion);
        return child;
      },
      async startFloor(lanes) {
        const child = start("floor");
        await child.ask({ url, lanes } satisfies FloorQuestion);
        return child;
      },
    });
  } finally {
    for (const child of children) await child.stop();
    await colloquy.close();
    await db.close();
  }
}

async function createDatabase(postgres: PostgresServer, name: string): Promise<void> {
  const admin = new Client({ connectionString: postgres.url() });
  await admin.connect();
  await admin.query(`create database ${name}`).finally(() => admin.end());
}

function profiling(directory: string, name: string): string[] {
  return ["--cpu-prof", `--cpu-prof-dir=${directory}`, `--cpu-prof-name=${name}.cpuprofile`];
}
