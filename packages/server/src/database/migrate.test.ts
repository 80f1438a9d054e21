import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { raw } from "sql-template-tag";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase } from "../../../../tests/support/database.ts";
import type { Database } from "./database.ts";
import { MigrationRefused, migrate } from "./migrate.ts";

const schema = "fixture";
let migrations: string;
let database: Database;

beforeEach(async () => {
  migrations = await mkdtemp(join(tmpdir(), "colloquy-migrations-"));
  await write("001_note.sql", "create table note (id int);\ninsert into note values (1);\n");
  await write(
    "002_grow.sql",
    "create function two() returns int language sql as $$ select 2; $$; insert into note values (two());",
  );
  database = await freshDatabase({ schema });
});

afterEach(() => rm(migrations, { recursive: true }));

const write = (name: string, text: string) => writeFile(join(migrations, name), text);
const remove = (name: string) => rm(join(migrations, name));
const notes = () => database.query(raw("select id from note order by id"));

test("applies what is missing, in order, and records it", async () => {
  await write("readme.txt", "not a migration");
  expect(await migrate(database, { schema, migrations })).toEqual({ applied: ["001_note", "002_grow"] });
  expect(await migrate(database, { schema, migrations })).toEqual({ applied: [] });
  await write("003_more.sql", "insert into note values (3)");
  expect(await migrate(database, { schema, migrations: pathToFileURL(`${migrations}/`) })).toEqual({
    applied: ["003_more"],
  });
  expect(await notes()).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  const rows = await database.query(raw("select id, name, applied, hash from migration order by id"));
  expect(rows[2]).toEqual({
    id: 3,
    name: "003_more",
    applied: expect.stringMatching(/^20.*Z$/),
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(await database.query(raw("select schemaname from pg_tables where tablename = 'note'"))).toEqual([
    { schemaname: schema },
  ]);
});

test("a migration that fails leaves nothing of itself, and those before it stay", async () => {
  await write(
    "003_broken.sql",
    "insert into note values (3); create table half (id int); select * from missing;",
  );
  await expect(migrate(database, { schema, migrations })).rejects.toMatchObject({ code: "42P01" });
  expect(await notes()).toEqual([{ id: 1 }, { id: 2 }]);
  await write("003_broken.sql", "create table half (id int)");
  expect(await migrate(database, { schema, migrations })).toEqual({ applied: ["003_broken"] });
});

test("several at once apply each migration once", async () => {
  // On PostgreSQL over connections of their own, as several nodes that start together.
  await write("003_slow.sql", "select pg_sleep(0.1); insert into note values (3)");
  const all = await Promise.all([1, 2, 3].map(() => migrate(database, { schema, migrations })));
  expect(all.flatMap(({ applied }) => applied).sort()).toEqual(["001_note", "002_grow", "003_slow"]);
  expect(await notes()).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
});

test("a database that is newer than the program is refused, and left as it is", async () => {
  await write("003_later.sql", "insert into note values (3)");
  await migrate(database, { schema, migrations });
  await remove("003_later.sql");
  await expect(migrate(database, { schema, migrations })).rejects.toThrow(MigrationRefused);
  await expect(migrate(database, { schema, migrations })).rejects.toThrow(
    "The database has the migration 003_later, which this version of Colloquy does not know: run the newer version that applied it",
  );
  await write("003_other.sql", "insert into note values (33)");
  await expect(migrate(database, { schema, migrations })).rejects.toThrow("the migration 003_later");
  expect(await notes()).toHaveLength(3);
});

test("a migration that was changed afterwards is refused, but not for its line ends", async () => {
  await migrate(database, { schema, migrations });
  await write("001_note.sql", "create table note (id int);\r\ninsert into note values (1);\r\n");
  expect(await migrate(database, { schema, migrations })).toEqual({ applied: [] });
  await write("001_note.sql", "create table note (id bigint)");
  await expect(migrate(database, { schema, migrations })).rejects.toThrow(
    "The migration 001_note was changed after",
  );
});

test("a gap in the numbers, a number twice or a wrong name is a mistake", async () => {
  await write("004_gap.sql", "select 1");
  await expect(migrate(database, { schema, migrations })).rejects.toThrow(
    "004_gap.sql should begin with 003_",
  );
  await remove("004_gap.sql");
  await write("002_twice.sql", "select 1");
  await expect(migrate(database, { schema, migrations })).rejects.toThrow(
    "002_twice.sql should begin with 003_",
  );
  await remove("002_twice.sql");
  await write("late.sql", "select 1");
  await expect(migrate(database, { schema, migrations })).rejects.toThrow("late.sql should begin with 003_");
});

test("the limit of 30 s for a statement does not hold for migrations", async () => {
  await write("003_limit.sql", "create table seen as select current_setting('statement_timeout') as setting");
  await migrate(database, { schema, migrations });
  expect(await database.query(raw("select setting from seen"))).toEqual([{ setting: "0" }]);
  expect(await database.query(raw("select current_setting('statement_timeout') as setting"))).toEqual([
    { setting: "30s" },
  ]);
});

test("a schema that an administrator has made is enough, without the right to make one", async () => {
  const role = `limited_${Date.now()}`;
  await database.query(
    raw(`create schema ${schema}; create role ${role}; grant usage, create on schema ${schema} to ${role}`),
  );
  const asLimited: Database = {
    ...database,
    transaction: (work) =>
      database.transaction(async (tx) => {
        await tx.query(raw(`set local role ${role}`));
        return work(tx);
      }),
  };
  expect((await migrate(asLimited, { schema, migrations })).applied).toHaveLength(2);
});

test("the server's own migrations apply", async () => {
  const own = await freshDatabase();
  expect(await migrate(own, { schema: "colloquy" })).toEqual({ applied: [] });
  const [row] = await own.query<{ n: number }>(raw("select count(*) as n from migration"));
  expect(row?.n).toBeGreaterThan(0);
});
