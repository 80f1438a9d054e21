import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { raw } from "sql-template-tag";
import { expect, test } from "vitest";
import { freshDatabase } from "../../../../tests/support/database.ts";
import type { Database } from "./database.ts";
import { migrate } from "./migrate.ts";

const schema = "fixture";

/** Applies the migrations up to a number; returns their names. */
async function migrateTo(database: Database, last: number): Promise<string[]> {
  const own = fileURLToPath(new URL("./migrations/", import.meta.url));
  const some = await mkdtemp(join(tmpdir(), "colloquy-before-"));
  const isWanted = (path: string) => Number(/(\d{3})_\w+\.sql$/.exec(path)?.[1] ?? 0) <= last;
  await cp(own, some, { recursive: true, filter: isWanted });
  const { applied } = await migrate(database, { schema, migrations: some });
  await rm(some, { recursive: true });
  return applied;
}

/** Where each table and index lies: another file is a table written anew. */
async function files(database: Database): Promise<Record<string, number>> {
  const rows = await database.query<{ name: string; file: number }>(
    raw(`select relname as name, pg_relation_filenode(oid) as file from pg_class
      where relnamespace = current_schema()::regnamespace and relkind in ('r', 'i')`),
  );
  return Object.fromEntries(rows.map(({ name, file }) => [name, file]));
}

test("giving users' ids a type of their own keeps them, and writes no table anew", async () => {
  const database = await freshDatabase({ schema });
  await migrateTo(database, 7);
  await database.query(
    raw(`insert into thread (type) values ('chat');
      insert into member (thread_id, user_id, automated_sender, permissions, notifications)
        select id, 7, 9007199254740991, 0, 0 from thread;
      insert into event (thread_id, seq, type, data) select id, 1, 'member_left', '{"user": 7}' from thread`),
  );
  const before = await files(database);
  expect(await migrateTo(database, 8)).toEqual(["008_user_ids"]);
  const after = await files(database);
  const written = Object.keys(before).filter((name) => after[name] !== before[name]);
  // PostgreSQL makes partial indexes anew whatever the change of type.
  expect(written.toSorted()).toEqual(["event_left", "event_user_xid", "message_client_id"]);
  const rows = await database.query(
    raw(`select m.user_id, m.automated_sender, e.id is not null as left from member m
      join event e on (e.data ->> 'user')::user_ref = m.user_id`),
  );
  expect(rows).toEqual([{ user_id: 7, automated_sender: Number.MAX_SAFE_INTEGER, left: true }]);
});
