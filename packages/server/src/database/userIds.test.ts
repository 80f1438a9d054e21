import type { UserIdKind } from "@colloquy/protocol";
import { raw } from "sql-template-tag";
import { expect, test } from "vitest";
import { databaseKind, freshDatabase, freshPostgres } from "../../../../tests/support/database.ts";
import { atTheEnd } from "../../../../tests/support/endings.ts";
import { createColloquy, type Database, migrateDatabase, openDatabase } from "../index.ts";
import { ensureAccount } from "../people/queries.ts";

/** One whose session has prepared nothing yet: what is prepared does not survive a change of type. */
const NEW = { schema: "colloquy" };
const QUIET = { http: { logLevel: "silent" }, auth: { dev: true } } as const;

async function open(database: Database, ids: UserIdKind) {
  const colloquy = await createColloquy({ ...QUIET, accounts: { ids } }, { database });
  return { ...colloquy, [Symbol.asyncDispose]: () => colloquy.close() };
}

/** What the columns of users' ids are, what they hold, and what is logged of users. */
async function contents(database: Database) {
  const [row] = await database.query<{ all: { [what: string]: unknown } }>(
    raw(`select jsonb_build_object(
      'members', (select jsonb_agg(jsonb_build_array(user_id, automated_sender) order by id) from member),
      'senders', (select jsonb_agg(sender_id order by id) from message),
      'events', (select jsonb_agg(data -> 'user' order by xid, id) from event where data ? 'user'),
      'accounts', (select jsonb_agg(id order by first_name) from account),
      'keys', (select count(*) from idempotency_key)) as all`),
  );
  return row!;
}

const definition = async (database: Database, name: string) =>
  (
    await database.query<{ text: string }>(
      { name: "t_def", text: "select pg_get_indexdef($1::regclass) as text" },
      [name],
    )
  )[0]!.text;

/** A database with a thread of two people in it, whose members and messages are theirs. */
async function filled(): Promise<Database> {
  const database = await freshDatabase(NEW);
  for (const id of [1, 2]) await ensureAccount(database, id, { first_name: `Person ${id}` });
  await using colloquy = await open(database, "integer");
  const { id } = await colloquy.threads.create({ creator: 1 });
  await colloquy.members.add(id, 2, { automated_sender: 1 });
  await colloquy.messages.post(id, 2, { text: "Hello" });
  await colloquy.messages.automate(id, { text: "Welcome" });
  await colloquy.db.query(raw("insert into idempotency_key (user_id, key, request) values (1, 'k', 'r')"));
  return database;
}

test("a database in which there is nobody takes the ids of the setting, to and fro", async () => {
  const database = await freshDatabase(NEW);
  for (const ids of ["string", "integer", "string"] as const) {
    await using colloquy = await open(database, ids);
    expect(colloquy.settings.accounts.ids).toBe(ids);
  }
});

test("one with people of the other kind is refused, with the setting and the command, and left as it is", async () => {
  const database = await filled();
  const before = await contents(database);
  await expect(open(database, "string")).rejects.toMatchObject({
    name: "SettingsError",
    message: expect.stringMatching(/^accounts\.ids .* integers: .*`colloquy migrate`/),
  });
  expect(await contents(database)).toEqual(before);
});

test("whoever converts it finds everybody under their id, as a string; and as an integer again", async () => {
  const database = await filled();
  const index = await definition(database, "event_left");
  const before = await contents(database);
  expect(before).toEqual({
    all: {
      members: [
        [1, null],
        [2, 1],
      ],
      senders: [2, null],
      events: [1, 2],
      accounts: [1, 2],
      keys: 1,
    },
  });
  expect(await migrateDatabase(database, { ids: "string" })).toEqual({ applied: [], converted: true });
  expect(await migrateDatabase(database, { ids: "string" })).toEqual({ applied: [], converted: false });
  expect(await contents(database)).toEqual({
    all: {
      members: [
        ["1", null],
        ["2", "1"],
      ],
      senders: ["2", null],
      events: ["1", "2"],
      accounts: ["1", "2"],
      keys: 0,
    },
  });
  expect(await definition(database, "event_left")).toBe(index);
  expect(await migrateDatabase(database, { ids: "integer" })).toEqual({ applied: [], converted: true });
  expect(await contents(database)).toEqual({ all: { ...before.all, keys: 0 } });
  // Ids are given out again, from where they had come to.
  const [added] = await database.query(raw("insert into account default values returning id"));
  expect(added).toEqual({ id: 3 });
});

test.each([
  ["member", "user_id", "auth0|7"],
  ["survey", "automated_sender", "9007199254740992"],
  ["account", "id", "007"],
])("strings that are no integers stay: %s.%s %j, and nothing is half done", async (table, column, id) => {
  const database = await filled();
  await migrateDatabase(database, { ids: "string" });
  await database.query(raw("insert into schema (name, type, version) values ('s', 's', 1)"));
  await database.query(raw("insert into survey (schema_id, user_id) select id, '2' from schema"));
  await database.query(
    {
      name: `t_${table}`,
      text: `update ${table} set ${column} = $1 where ctid = (select min(ctid) from ${table})`,
    },
    [id],
  );
  const before = await contents(database);
  await expect(migrateDatabase(database, { ids: "integer" })).rejects.toMatchObject({
    name: "MigrationRefused",
    message: expect.stringContaining(`The id ${JSON.stringify(id)} in ${table} is not an integer`),
  });
  expect(await contents(database)).toEqual(before);
  await using colloquy = await open(database, "string");
  expect(colloquy.settings.accounts.ids).toBe("string");
});

test("two servers that start at once on a database without people both find its ids as they want them", async () => {
  const [database, other] = await twice();
  const both = await Promise.all([open(database, "string"), open(other, "string")]);
  for (const one of both) await one.close();
  await ensureAccount(database, "ann", {});
  await using colloquy = await open(other, "string");
  expect((await colloquy.threads.create({ creator: "ann" })).users_data).toMatchObject([{ id: "ann" }]);
});

/** A database over connections of two processes, where there can be several. */
async function twice(): Promise<[Database, Database]> {
  if (databaseKind === "pglite") {
    const database = await freshDatabase(NEW);
    return [database, database];
  }
  const url = await freshPostgres();
  const [one, other] = [await openDatabase(url), await openDatabase(url)];
  for (const { close } of [one, other]) atTheEnd(close);
  return [one, other];
}
