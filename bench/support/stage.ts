import { Client } from "pg";
import { type Database, openDatabase } from "../../packages/server/src/database/database.ts";
import { migrate } from "../../packages/server/src/database/migrate.ts";
import { type Colloquy, createColloquy, type SettingsInput } from "../../packages/server/src/index.ts";
import type { PostgresServer } from "../../tests/support/postgres.ts";
import type { FloorQuestion } from "../processes/floor.ts";
import type { LoadQuestion } from "../processes/load.ts";
import { type Child, startChild } from "./child.ts";
import type { HttpRequest } from "./keepAlive.ts";
import type { Lane } from "./lanes.ts";
import { record, type Sent } from "./recording.ts";
import { type Running, type Served, serve } from "./serve.ts";

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
  /** The server that is measured; of several, each has a name. */
  startServer(options?: Running & { name?: string }): Promise<Served>;
  /** One connection per lane, to one server or to its own. */
  startLoad(addresses: string | string[], lanes: Lane<HttpRequest>[]): Promise<Child>;
  startFloor(lanes: Lane<Sent[]>[]): Promise<Child>;
  /** Ends a process with the stage. */
  keep<Process extends { stop(): Promise<void> }>(process: Process): Process;
  /** Closes the Colloquy of this process: it would hear of all that the servers do. */
  leave(): Promise<void>;
}

/** Of the tokens. */
export const SECRET = "a secret that only the benchmark has";

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
  const started: { stop(): Promise<void> }[] = [];
  const keep = <Process extends { stop(): Promise<void> }>(process: Process) => {
    started.push(process);
    return process;
  };

  let leaving: Promise<void> | null = null;
  const leave = () => {
    leaving ??= colloquy.close();
    return leaving;
  };

  try {
    return await measure({
      url,
      db,
      colloquy,
      take: recording.take,
      tokenOf: (user) => colloquy.tokens.issue(user, 3600),
      startServer: async ({ name: part = name, node = [], ...running } = {}) => {
        const flags = profile === null ? node : [...node, ...profiling(profile, part)];
        return keep(await serve(url, { secret: SECRET, node: flags, ...running }));
      },
      keep,
      leave,
      async startLoad(addresses, lanes) {
        const child = keep(startChild("load"));
        const each = typeof addresses === "string" ? lanes.map(() => addresses) : addresses;
        await child.ask({ addresses: each, lanes } satisfies LoadQuestion);
        return child;
      },
      async startFloor(lanes) {
        const child = keep(startChild("floor"));
        await child.ask({ url, lanes } satisfies FloorQuestion);
        return child;
      },
    });
  } finally {
    // Clients before their servers.
    for (const process of started.toReversed()) await process.stop();
    await leave();
    await db.close();
  }
}

export async function createDatabase(postgres: PostgresServer, name: string): Promise<void> {
  const admin = new Client({ connectionString: postgres.url() });
  await admin.connect();
  await admin.query(`create database ${name}`).finally(() => admin.end());
}

function profiling(directory: string, name: string): string[] {
  return ["--cpu-prof", `--cpu-prof-dir=${directory}`, `--cpu-prof-name=${name}.cpuprofile`];
}
