import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { raw } from "sql-template-tag";
import type { Database, Queryable, Statement } from "./database.ts";

/** The database and the program do not match; the message says which of them to change. */
export class MigrationRefused extends Error {
  override readonly name = "MigrationRefused";
}

export interface MigrateOptions {
  /** The schema with which the database was opened; created if missing. */
  schema: string;
  /** A directory of `001_what_it_does.sql`, numbered without gaps; default the server's own. */
  migrations?: string | URL;
}

interface Migration {
  id: number;
  name: string;
  text: string;
  hash: string;
}

const lock: Statement = {
  name: "migrate.lock",
  text: "select pg_advisory_xact_lock(hashtextextended('colloquy.migrate.' || $1, 0))",
};

/** Prevents other changes of the schema until the transaction ends. */
export async function lockMigrations(tx: Queryable, schema: string): Promise<void> {
  await tx.query(lock, [schema]);
}

const present: Statement = {
  name: "migrate.present",
  text: "select to_regnamespace($1) is not null as schema, to_regclass($1 || '.migration') is not null as table",
};

const appliedMigrations: Statement = {
  name: "migrate.applied",
  text: "select id, name, hash from migration order by id",
};

const record: Statement = {
  name: "migrate.record",
  text: "insert into migration (id, name, hash) values ($1, $2, $3)",
};

/**
 * Migrates the schema to the version of this program; returns the names of the migrations that it applied. Each
 * migration is a transaction of its own. Processes that start at the same time wait for each other, and each
 * migration runs once.
 *
 * @throws MigrationRefused
 */
export async function migrate(
  database: Database,
  { schema, migrations: directory = new URL("./migrations/", import.meta.url) }: MigrateOptions,
): Promise<{ applied: string[] }> {
  const migrations = await read(directory);
  const applied: string[] = [];
  for (;;) {
    const name = await database.transaction((tx) => applyNext(tx, schema, migrations));
    if (name === undefined) return { applied };
    applied.push(name);
  }
}

/** Checks again under the lock each time: another process may have been first. */
async function applyNext(
  tx: Queryable,
  schema: string,
  migrations: Migration[],
): Promise<string | undefined> {
  await lockMigrations(tx, schema);
  const [found] = await tx.query<{ schema: boolean; table: boolean }>(present, [schema]);
  // "If not exists" would ask for the right to create schemas even where an administrator has made this one.
  if (!found?.schema) await tx.query(raw(`create schema "${schema}"`));
  if (!found?.table) await tx.query(raw(MIGRATION_TABLE));
  const done = await tx.query<Omit<Migration, "text">>(appliedMigrations);
  refuseStrangers(done, migrations);
  const next = migrations[done.length];
  if (!next) return undefined;
  // A big table takes longer than a statement may in service.
  await tx.query(raw("set local statement_timeout = 0"));
  await tx.query(raw(next.text));
  await tx.query(record, [next.id, next.name, next.hash]);
  return next.name;
}

const MIGRATION_TABLE = `
  create table migration (
    id int primary key,
    name text not null,
    applied timestamptz not null default now(),
    hash text not null
  )`;

function refuseStrangers(done: Omit<Migration, "text">[], migrations: Migration[]): void {
  for (const [index, { name, hash }] of done.entries()) {
    const known = migrations[index];
    if (known?.name !== name) {
      throw new MigrationRefused(
        `The database has the migration ${name}, which this version of Colloquy does not know: run the newer version that applied it`,
      );
    }
    if (known.hash !== hash) {
      throw new MigrationRefused(
        `The migration ${name} was changed after the database had applied it: restore it, and put the change into a new one`,
      );
    }
  }
}

async function read(directory: string | URL): Promise<Migration[]> {
  const folder = typeof directory === "string" ? directory : fileURLToPath(directory);
  const files = (await readdir(folder)).filter((file) => file.endsWith(".sql")).sort();
  return Promise.all(
    files.map(async (file, index) => {
      const id = index + 1;
      if (!/^\d{3}_\w+\.sql$/.test(file) || Number(file.slice(0, 3)) !== id) {
        throw new Error(
          `Migrations are numbered without gaps: ${file} should begin with ${String(id).padStart(3, "0")}_`,
        );
      }
      // A checkout may turn line ends around; that is no change.
      const text = (await readFile(`${folder}/${file}`, "utf8")).replaceAll("\r\n", "\n");
      return {
        id,
        name: file.slice(0, -".sql".length),
        text,
        hash: createHash("sha256").update(text).digest("hex"),
      };
    }),
  );
}
