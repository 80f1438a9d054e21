import { once } from "node:events";
import { request } from "node:http";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../../packages/server/src/database/database.ts";
import { migrate } from "../../packages/server/src/database/migrate.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { startServer, type TestServer } from "../support/server.ts";

// A database that is away, silent or used up is no fault of the server: it says so soon, and goes on by itself.

const PERSON = 2;
/** Milliseconds in which a machine with much else to do answers what takes some seconds at most. */
const SOON = 40_000;
const LONG = { timeout: 120_000 };

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres({ durable: true });
});
afterAll(() => postgres.stop());

let count = 0;
async function freshUrl(): Promise<string> {
  const name = `down_${++count}`;
  await asAdmin((admin) => admin.query(`create database ${name}`));
  return postgres.url(name);
}

async function asAdmin<T>(work: (admin: Client) => Promise<T>, url = postgres.url()): Promise<T> {
  const admin = new Client({ connectionString: url });
  admin.on("error", () => {});
  await admin.connect();
  return work(admin).finally(() => admin.end());
}

async function serverOn(url: string, poolSize = 10): Promise<TestServer> {
  const database = await openDatabase(url, { poolSize });
  onTestFinished(database.close);
  await migrate(database, { schema: "colloquy" });
  return startServer({}, { database });
}

/** A path's answer, which does not keep anybody waiting. */
async function asked(server: TestServer, path: string) {
  const headers = { "x-user-id": String(PERSON) };
  const answer = await fetch(server.url + path, { headers, signal: AbortSignal.timeout(SOON) });
  const body = (await answer.json()) as { detail?: string };
  return { status: answer.status, body, retryAfter: answer.headers.get("retry-after") };
}

/** The status with which somebody's socket is refused, 101 where it is opened. */
async function upgraded({ url }: TestServer): Promise<[status: number, retryAfter: string | undefined]> {
  const headers = {
    connection: "upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "x-user-id": String(PERSON),
  };
  const asking = request(`${url}/ws`, { headers });
  asking.on("upgrade", (_answer, socket) => socket.destroy());
  asking.end();
  const [answer] = await Promise.race([once(asking, "response"), once(asking, "upgrade")]);
  return [answer.statusCode, answer.headers["retry-after"]];
}

const UNAVAILABLE = {
  status: 503,
  body: { detail: "Temporarily unavailable. Try again." },
  retryAfter: expect.stringMatching(/^\d+$/),
};

async function expectUnavailable(server: TestServer): Promise<void> {
  const answers = Promise.all([
    asked(server, "/api/accounts/2/threads/chat"),
    upgraded(server),
    asked(server, "/readyz"),
    asked(server, "/healthz"),
  ]);
  expect(await answers).toEqual([
    UNAVAILABLE,
    [503, expect.stringMatching(/^\d+$/)],
    { ...UNAVAILABLE, body: { status: "unavailable", parts: { database: false } } },
    { status: 200, body: { status: "ok" }, retryAfter: null },
  ]);
}

async function expectBack(server: TestServer): Promise<void> {
  const status = async (path: string) => (await asked(server, path)).status;
  await expect.poll(() => status("/readyz"), { timeout: SOON }).toBe(200);
  await expect.poll(() => status("/api/accounts/2/threads/chat"), { timeout: SOON }).toBe(200);
  await expect.poll(async () => (await upgraded(server))[0], { timeout: SOON }).toBe(101);
}

describe("while the database is", () => {
  test(
    "stopped, whoever asks is told to come back, sockets stay open, and all goes on when it is back",
    LONG,
    async () => {
      const server = await serverOn(await freshUrl());
      const { id } = await server.colloquy.threads.create({ creator: PERSON });
      const socket = await server.socket(PERSON);
      await postgres.kill();
      await expectUnavailable(server);
      socket.send({ message: "mark_message_as_read", data: { message: 1 } });
      const refused = await socket.next(({ message }) => message === "error");
      expect(refused.data).toMatchObject({ code: "UNAVAILABLE", about: "mark_message_as_read" });
      await postgres.start();
      await expectBack(server);
      await server.colloquy.messages.automate(id, { text: "Back" });
      expect((await socket.next(({ data }) => data.text === "Back")).message).toBe(
        "message_created_or_updated",
      );
    },
  );

  test("silent, nobody waits for it for long", LONG, async () => {
    const server = await serverOn(await freshUrl());
    // Connections that are open, and one that is in the middle of something.
    await Promise.all(Array.from({ length: 5 }, () => asked(server, "/api/accounts/2/threads/chat")));
    const sleeping = server.colloquy.db.query({ name: "test_sleep", text: "select pg_sleep(25)" });
    const cutOff = expect(sleeping).rejects.toThrow(/^Cannot reach PostgreSQL at .*: it does not respond$/);
    postgres.pause();
    try {
      await expectUnavailable(server);
      // More than the pool has connections, so that most wait in line.
      const crowd = await Promise.all(
        Array.from({ length: 60 }, () => asked(server, "/api/accounts/2/threads/chat")),
      );
      expect(new Set(crowd.map(({ status }) => status))).toEqual(new Set([503]));
      await cutOff;
    } finally {
      postgres.resume();
    }
    await expectBack(server);
  });

  test("silent, a server can be closed", LONG, async () => {
    const server = await serverOn(await freshUrl());
    await asked(server, "/api/accounts/2/threads/chat");
    postgres.pause();
    try {
      await server.close();
      await server.colloquy.db.close();
    } finally {
      postgres.resume();
    }
  });

  test("slow but there, nobody is cut off", LONG, async () => {
    const server = await serverOn(await freshUrl());
    const slow = { name: "test_slow", text: "select pg_sleep(6), 1 as one" };
    expect(await server.colloquy.db.query(slow)).toMatchObject([{ one: 1 }]);
  });

  test("out of connections for us, all is as if it were stopped", LONG, async () => {
    const url = new URL(await freshUrl());
    [url.username, url.password] = ["limited", "secret"];
    await asAdmin(async (admin) => {
      // Of a superuser nothing is kept back.
      await admin.query("create role limited login password 'secret'");
      await admin.query(`alter database ${url.pathname.slice(1)} owner to limited`);
    });
    const server = await serverOn(url.href);
    await asAdmin(async (admin) => {
      await admin.query("alter role limited connection limit 0");
      const ours = "from pg_stat_activity where usename = 'limited'";
      await admin.query(`select pg_terminate_backend(pid) ${ours}`);
      await expect.poll(async () => (await admin.query(`select pid ${ours}`)).rows).toEqual([]);
      await expectUnavailable(server);
      await admin.query("alter role limited connection limit -1");
    });
    await expectBack(server);
  });
});

test(
  "a pool whose connections are all lent says so, and is there again when one comes back",
  LONG,
  async () => {
    const server = await serverOn(await freshUrl(), 1);
    const [taken, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const held = server.colloquy.db.transaction(async (tx) => {
      await tx.query({ name: "test_one", text: "select 1" });
      taken.resolve();
      await release.promise;
    });
    await taken.promise;
    await expectUnavailable(server);
    release.resolve();
    await held;
    await expectBack(server);
  },
);

test("a lock that cannot be had in time is 503, and holds up nobody else", LONG, async () => {
  const url = await freshUrl();
  await asAdmin((admin) =>
    admin.query(`alter database ${new URL(url).pathname.slice(1)} set lock_timeout = '300ms'`),
  );
  const server = await serverOn(url);
  const { id } = await server.colloquy.threads.create({ creator: PERSON });
  await asAdmin(async (other) => {
    await other.query("begin");
    await other.query("select from colloquy.thread where id = $1 for update", [id]);
    const posted = await server.as(PERSON).post(`/threads/${id}/messages`, { text: "late" });
    expect(posted).toMatchObject({ status: 503, body: UNAVAILABLE.body });
    expect((await asked(server, "/readyz")).status).toBe(200);
    await other.query("rollback");
  }, url);
  expect((await server.as(PERSON).post(`/threads/${id}/messages`, { text: "now" })).status).toBe(201);
});
