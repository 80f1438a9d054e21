import sql, { raw } from "sql-template-tag";
import { expect, test } from "vitest";
import type { Database } from "../../packages/server/src/database/database.ts";
import { describeSchema } from "../../scripts/describeSchema.ts";
import { freshDatabase } from "./database.ts";
import { definitions } from "./emptied.ts";
import { addPeople, startServer } from "./server.ts";

/** The rows of all tables, and what their sequences give next. */
async function contents(database: Database): Promise<unknown> {
  const tables = await database.query<{ name: string }>(
    sql`select tablename as name from pg_tables where schemaname = current_schema() order by 1`,
  );
  const rows = [];
  for (const { name } of tables) rows.push([name, await database.query(raw(`select * from ${name}`))]);
  const sequences = await database.query(sql`select sequencename, last_value from pg_sequences order by 1`);
  return { rows, sequences };
}

const serverOf = async (database: Database) =>
  (await database.query(sql`select pg_postmaster_start_time() as at`))[0];

test("a database that another test has left behind is as one that is new", async () => {
  const first = await freshDatabase();
  const [begun, before] = [await serverOf(first), await contents(first)];
  const schema = await describeSchema((query) => first.query(raw(query)));
  const server = await startServer({}, { database: first });
  const { id } = await server.colloquy.threads.create({ creator: 2 });
  await server.colloquy.messages.post(id, 2, { text: "Left behind" });
  await server.close();
  await first.close();
  await expect(first.query(sql`select 1`)).rejects.toThrow("The database is closed");

  const second = await freshDatabase();
  expect(await serverOf(second)).toEqual(begun);
  expect(await contents(second)).toEqual(before);
  expect(await describeSchema((query) => second.query(raw(query)))).toBe(schema);
});

const LASTING = [
  "create table stray (id int)",
  "alter table account add column stray int",
  "alter table message alter column text drop not null",
  "alter table message disable trigger all",
  "create schema stray",
  "create role stray",
  "set statement_timeout = '1s'",
  "alter database postgres set lock_timeout = '1s'",
  "select pg_advisory_lock(7)",
  "insert into migration (id, name, hash) values (999, 'stray', '')",
];

test("one on which somebody did what an emptying does not undo is nobody's afterwards", async () => {
  const first = await freshDatabase();
  const begun = await serverOf(first);
  for (const statement of LASTING) {
    const before = await definitions(first);
    await first.query(raw(statement));
    expect(await definitions(first), statement).not.toBe(before);
  }
  await first.close();
  expect(await serverOf(await freshDatabase())).not.toEqual(begun);
});

test("who is told of its statements is told of no other test's", async () => {
  const told: string[] = [];
  const first = await freshDatabase({ onStatement: (name) => told.push(name) });
  const watched: string[] = [];
  first.watch((name) => watched.push(name));
  await addPeople(first, 1, 1);
  expect(told.length).toBeGreaterThan(0);
  expect(watched).toEqual(told);
  await first.close();
  const count = told.length;
  await addPeople(await freshDatabase(), 1, 1);
  expect([told.length, watched.length]).toEqual([count, count]);
});

test("a statement may be called as another one of another test was", async () => {
  const ask = async (text: string) => {
    const database = await freshDatabase();
    const rows = [];
    for (let n = 0; n < 2; n++) {
      rows.push(...(await database.query({ name: "test_same", text })));
      rows.push(...(await database.transaction((tx) => tx.query({ name: "test_same", text }))));
    }
    await expect(database.query({ name: "test_same", text: `${text} ` })).rejects.toThrow("Two statements");
    await database.close();
    return rows;
  };
  expect(await ask("select 1 as one")).toEqual(Array(4).fill({ one: 1 }));
  expect(await ask("select 2 as two")).toEqual(Array(4).fill({ two: 2 }));
  expect(await ask("select 1 as one")).toEqual(Array(4).fill({ one: 1 }));
});
