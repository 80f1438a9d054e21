import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { raw } from "sql-template-tag";
import type { TestProject } from "vitest/node";
import { migrateDatabase } from "../../packages/server/src/createColloquy.ts";
import { openDatabase } from "../../packages/server/src/database/database.ts";
import { migrate } from "../../packages/server/src/database/migrate.ts";
import { openPglite } from "../../packages/server/src/database/pglite.ts";
import { startPostgres } from "./postgres.ts";

/** What the tests of a project run on; a migrated, empty template is ready to be copied. */
export type TestDatabase =
  | { kind: "postgres" /** Of the superuser. */; url: string /** Name of a database. */; template: string }
  | { kind: "pglite" /** Path of a dump. */; template: string };

declare module "vitest" {
  interface ProvidedContext {
    database: TestDatabase;
  }
}

/** Once per project: what it makes is shared by all its test files. */
export default function setup(project: TestProject): Promise<() => Promise<void>> {
  return project.name === "pglite" ? setupPglite(project) : setupPostgres(project);
}

async function setupPostgres(project: TestProject) {
  const server = await startPostgres();
  const template = "colloquy_template";
  const admin = new Client({ connectionString: server.url() });
  await admin.connect();
  await admin.query(`create database ${template}`);
  await admin.end();
  const database = await openDatabase(server.url(template));
  await migrateDatabase(database, { ids: project.name === "strings" ? "string" : "integer" });
  await database.close();
  project.provide("database", { kind: "postgres", url: server.url(), template });
  return () => server.stop();
}

async function setupPglite(project: TestProject) {
  const database = await openPglite("memory:");
  await migrate(database, { schema: "colloquy" });
  // A third of the files are those of databases that nobody connects to, and each copy would have them.
  await database.query(raw("update pg_database set datistemplate = false"));
  for (const name of ["template0", "template1"]) await database.query(raw(`drop database ${name}`));
  const directory = await mkdtemp(join(tmpdir(), "colloquy-pglite-"));
  const template = join(directory, "template.tar");
  await writeFile(template, Buffer.from(await (await database.dump()).arrayBuffer()));
  await database.close();
  project.provide("database", { kind: "pglite", template });
  return () => rm(directory, { recursive: true });
}
