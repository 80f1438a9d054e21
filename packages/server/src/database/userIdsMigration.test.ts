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

/** A database as it was before users' ids had a type of their own. */
async function oldDatabase(): Promise<Database> {
  const own = fileURLToPath(new URL("./migrations/", import.meta.url));
  const before = await mkdtemp(join(tmpdir(), "colloquy-before-"));
  await cp(own, before, { recursive: true, filter: (path) => !/0(0[89]|[1-9]\d)_\w+\.sql$/.test(path) });
  const database = await freshDatabase({ schema });
  await migrate(database, { schema, migrations: before });
  await rm(before, { recursive: true });
  return database;
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
  const database = await oldDatabase();
  await database.query(
    raw(`insert into thread (type) values ('chat');
      insert into member (thread_id, user_id, automated_sender, permissions, notifications)
        select id, 7, 9007199254740991, 0, 0 from thread;
      insert into event (thread_id, seq, type, data) select id, 1, 'member_left', '{"user": 7}' from thread`),
  );
  const before = await files(database);
  expect((await migrate(database, { schema })).applied).toContain("008_user_ids");
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
