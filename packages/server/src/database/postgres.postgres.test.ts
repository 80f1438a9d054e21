import { createServer } from "node:net";
import { Client } from "pg";
import { raw } from "sql-template-tag";
import { beforeEach, describe, expect, test } from "vitest";
import { freshPostgres } from "../../../../tests/support/database.ts";
import { type Database, DatabaseUnreachable, openDatabase } from "./database.ts";

const one = { name: "test.one", text: "select 1 as one" };
let url: string;

beforeEach(async () => {
  url = await freshPostgres();
});

async function using<T>(database: Database, work: (database: Database) => Promise<T>): Promise<T> {
  return work(database).finally(database.close);
}

/** Ends all connections of the database, as a restart or an administrator would. */
async function disconnectAll() {
  const admin = new Client({ connectionString: url });
  await admin.connect();
  await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'colloquy' and datname = current_database()",
  );
  await admin.end();
}

describe("a database that cannot be reached", () => {
  test("is one sentence, with no password in it", async () => {
    const refused = await openDatabase("postgres://me:s3cret@127.0.0.1:1/db?password=s3cret").catch(
      (error) => error,
    );
    expect(refused).toBeInstanceOf(DatabaseUnreachable);
    expect(refused.message).toBe(
      "Cannot reach PostgreSQL at me@127.0.0.1:1/db: connect ECONNREFUSED 127.0.0.1:1",
    );
    const unknown = await openDatabase("postgresql://me:s3cret@no-such-host.invalid/db").catch(
      (error) => error,
    );
    expect(unknown).toBeInstanceOf(DatabaseUnreachable);
    expect(unknown.message).toMatch(
      /^Cannot reach PostgreSQL at me@no-such-host.invalid:5432\/db: getaddrinfo/,
    );
    const both = await openDatabase("postgres://localhost:1/db").catch((error) => error);
    expect(both.message).toMatch(/^Cannot reach PostgreSQL at localhost:1\/db: connect ECONNREFUSED/);
  });

  test("is said where the password is wrong, the database missing, or the server no PostgreSQL", async () => {
    const wrong = new URL(url);
    wrong.password = "s3cret";
    const refused = await openDatabase(wrong.href).catch((error) => error);
    expect(refused.message).toMatch(
      /^Cannot reach PostgreSQL at postgres@127.0.0.1:\d+\/test_\w+: password authentication failed/,
    );
    const missing = openDatabase(new URL("/missing", url).href);
    await expect(missing).rejects.toThrow('database "missing" does not exist');
    const other = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(
      0,
      "127.0.0.1",
    );
    const address = other.address();
    const port = address && typeof address === "object" ? address.port : 0;
    await expect(openDatabase(`postgres://127.0.0.1:${port}/db`)).rejects.toThrow(DatabaseUnreachable);
    other.close();
  });

  test("a malformed URL is not repeated", async () => {
    const error = await openDatabase("postgres://me:s3cret@:x:y/db").catch((error) => error);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).not.toContain("s3cret");
    expect(error.cause).toBeUndefined();
  });
});

describe("a connection that breaks", () => {
  test("while idle is replaced, and nobody notices", async () => {
    await using(await openDatabase(url, { poolSize: 3 }), async (database) => {
      await Promise.all([1, 2, 3].map(() => database.query(one)));
      await disconnectAll();
      await expect.poll(() => database.query(one).catch(() => [])).toEqual([{ one: 1 }]);
      await Promise.all([1, 2, 3].map(() => database.query(one)));
    });
  });

  test("in a statement or a transaction says so, and the next one works", async () => {
    await using(await openDatabase(url, { poolSize: 2 }), async (database) => {
      const sleeping = database.query(raw("select pg_sleep(20)"));
      const transaction = database.transaction(async (tx) => {
        await tx.query(one);
        await disconnectAll();
        await tx.query(one);
      });
      // Together: whichever breaks first must not be left without somebody who listens.
      await Promise.all([
        expect(sleeping).rejects.toThrow(DatabaseUnreachable),
        expect(transaction).rejects.toThrow(DatabaseUnreachable),
      ]);
      expect(await database.query(one)).toEqual([{ one: 1 }]);
    });
  });
});

test("a statement that was refused keeps its connection, and what is prepared on it", async () => {
  await using(await openDatabase(url, { poolSize: 1 }), async (database) => {
    const pid = { name: "test.pid", text: "select pg_backend_pid() as pid" };
    const before = await database.query(pid);
    await expect(database.query({ name: "test.bad", text: "select 1 / $1::int" }, [0])).rejects.toMatchObject(
      { code: "22012" },
    );
    await database
      .transaction((tx) => tx.query({ name: "test.bad", text: "select 1 / $1::int" }, [0]))
      .catch(() => {});
    expect(await database.query(pid)).toEqual(before);
    expect(
      await database.query(
        raw("select name from pg_prepared_statements where name like 'test.%' order by 1"),
      ),
    ).toEqual([{ name: "test.bad" }, { name: "test.pid" }]);
  });
});

test("more than the pool holds wait for their turn", async () => {
  await using(await openDatabase(url, { poolSize: 3 }), async (database) => {
    const pids = await Promise.all(
      Array.from({ length: 30 }, () =>
        database.query<{ pid: number }>(raw("select pg_backend_pid() as pid, pg_sleep(0.01)")),
      ),
    );
    expect(new Set(pids.map(([row]) => row?.pid)).size).toBe(3);
  });
});

test("what the URL sets is added to ours", async () => {
  const custom = new URL(url);
  custom.searchParams.set("options", "-c work_mem=5MB");
  custom.searchParams.set("application_name", "host");
  await using(await openDatabase(custom.href), async (database) => {
    const settings =
      "select current_setting('work_mem') as mem, current_setting('search_path') as path, current_setting('application_name') as name";
    expect(await database.query(raw(settings))).toEqual([{ mem: "5MB", path: "colloquy", name: "host" }]);
  });
});

test("a server with other ideas of time and dates does not change what we read", async () => {
  const name = new URL(url).pathname.slice(1);
  await using(await openDatabase(url), (database) =>
    database.query(
      raw(
        `alter database ${name} set timezone = 'Asia/Kathmandu'; alter database ${name} set datestyle = 'German'`,
      ),
    ),
  );
  await using(await openDatabase(url), async (database) => {
    expect(await database.query(raw("select timestamptz '2026-11-22 16:47:58.5+00' as at"))).toEqual([
      { at: "2026-11-22T16:47:58.500000Z" },
    ]);
  });
});
