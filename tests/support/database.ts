import { openAsBlob } from "node:fs";
import { Client } from "pg";
import { afterAll, inject, onTestFinished, TestRunner } from "vitest";
import {
  type Database,
  type DatabaseOptions,
  openDatabase,
} from "../../packages/server/src/database/database.ts";
import { openPglite } from "../../packages/server/src/database/pglite.ts";

/** What this run tests on: each test file runs once in the project `pglite` and once in `postgres`. */
export const databaseKind = inject("database").kind;

/**
 * A migrated, empty database of the kind that is being tested. It is closed after the test that asked for it (or for
 * which a `beforeEach` did), else after the file.
 */
export async function freshDatabase(options: DatabaseOptions = {}): Promise<Database> {
  const provided = inject("database");
  const database =
    provided.kind === "postgres"
      ? await openDatabase(await freshPostgres(), options)
      : await openPglite("memory:", { ...options, template: await openAsBlob(provided.template) });
  atTheEnd(database.close);
  return database;
}

/** The URL of a migrated, empty database on the PostgreSQL of the project `postgres`: for several nodes on one. */
export async function freshPostgres(): Promise<string> {
  const provided = inject("database");
  if (provided.kind !== "postgres") throw new Error("Only the project `postgres` has a server");
  const name = `test_${process.pid}_${++count}`;
  await asAdmin(provided.url, `create database ${name} template ${provided.template}`);
  atTheEnd(() => asAdmin(provided.url, `drop database ${name} with (force)`));
  return new URL(`/${name}`, provided.url).href;
}

let count = 0;

async function asAdmin(connectionString: string, statement: string): Promise<void> {
  const admin = new Client({ connectionString });
  await admin.connect();
  await admin.query(statement).finally(() => admin.end());
}

const endings: (() => Promise<void>)[] = [];

/** Registered last, run first, as the hooks of vitest are: a database is closed before it is dropped. */
function atTheEnd(ending: () => Promise<void>): void {
  if (TestRunner.getCurrentTest()) onTestFinished(ending);
  else endings.unshift(ending);
}

afterAll(async () => {
  for (const ending of endings) await ending();
});
