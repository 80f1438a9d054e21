import { openAsBlob } from "node:fs";
import { Client } from "pg";
import { inject } from "vitest";
import {
  type Database,
  type DatabaseOptions,
  openDatabase,
} from "../../packages/server/src/database/database.ts";
import { openPglite } from "../../packages/server/src/database/pglite.ts";
import { emptyPglite } from "./emptied.ts";
import { atTheEnd } from "./endings.ts";

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
      : await freshPglite(provided.template, options);
  atTheEnd(database.close);
  return database;
}

async function freshPglite(template: string, options: DatabaseOptions): Promise<Database> {
  const copy = () => openAsBlob(template);
  // What has a schema of its own is about the database itself.
  if (options.schema !== undefined) return openPglite("memory:", { ...options, template: await copy() });
  return emptyPglite(copy, options.onStatement);
}

/** The URL of a migrated, empty database on the PostgreSQL of the project `postgres`: for several nodes on one. */
export async function freshPostgres(): Promise<string> {
  const provided = inject("database");
  if (provided.kind !== "postgres") throw new Error("Only the project `postgres` has a server");
  const name = `test_${process.pid}_${++count}`;
  // Nothing here need outlive a crash: to copy the files takes a quarter of what it takes to write them to the log.
  await asAdmin(provided.url, `create database ${name} template ${provided.template} strategy file_copy`);
  atTheEnd(() => asAdmin(provided.url, `drop database ${name} with (force)`));
  return new URL(`/${name}`, provided.url).href;
}

let count = 0;

async function asAdmin(connectionString: string, statement: string): Promise<void> {
  const admin = new Client({ connectionString });
  await admin.connect();
  await admin.query(statement).finally(() => admin.end());
}
