import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../../packages/server/src/database/database.ts";
import { migrate } from "../../packages/server/src/database/migrate.ts";
import { freshPostgres } from "../support/database.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { startServer, type TestServer } from "../support/server.ts";

const USER = 2;
const OTHER = 3;

/** A PostgreSQL of this test's own, which it may kill. */
async function ownPostgres(): Promise<PostgresServer> {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.stop());
  const database = await openDatabase(postgres.url());
  await migrate(database, { schema: "colloquy" });
  await database.close();
  return postgres;
}

/** A server on a database behind a network of its own, which can stop to carry anything. */
interface Stalling {
  url: string;
  stall(): void;
  goOn(): void;
}

async function stalling(url: string): Promise<Stalling> {
  const { port, hostname } = new URL(url);
  const sockets = new Set<Socket>();
  let isStalled = false;
  const proxy: Server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
      if (isStalled) from.unpipe(to).pause();
    }
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  const address = new URL(url);
  address.port = String((proxy.address() as { port: number }).port);
  return {
    url: address.href,
    stall() {
      isStalled = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    goOn() {
      isStalled = false;
      // What was stalled is cut off, as a network that comes back has forgotten its connections.
      for (const socket of sockets) socket.destroy();
    },
  };
}

const ready = async (server: TestServer) => {
  const response = await fetch(`${server.url}/readyz`);
  return { status: response.status, retry: response.headers.get("retry-after"), body: await response.json() };
};

/** What each of them answers while the database does not. */
async function expectUnavailable(server: TestServer, thread: number): Promise<void> {
  const requests = [
    server.as(USER).get(`/threads/${thread}`),
    server.as(USER).get(`/threads/${thread}/messages`),
    server.as(USER).post(`/threads/${thread}/messages`, { text: "Is anybody there?" }),
    server.as(USER).get(`/accounts/${USER}/threads/chat`),
    server.as(USER).post(`/accounts/${USER}/threads/chat`, {}),
    server.as(USER).get("/surveys/1"),
    server.as(1).get("/admin/schemas"),
  ];
  for (const { status, headers, body } of await Promise.all(requests)) {
    expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
    expect(body).toEqual({ detail: "The database cannot be reached, or has too much to do. Try again." });
  }
  expect(await ready(server)).toEqual({
    status: 503,
    retry: "1",
    body: { status: "unavailable", parts: { database: false } },
  });
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
}

async function upgrading(server: TestServer, user: number): Promise<number> {
  const { port } = new URL(server.url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-User-Id: ${user}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
  );
  const [head] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  return Number(/^HTTP\/1.1 (\d+)/.exec(head.toString())![1]);
}

test("a database that is down is 503 until it is back, and open sockets stay", async () => {
  const postgres = await ownPostgres();
  const server = await startServer({}, { database: await openDatabase(postgres.url()) });
  const { id } = await server.colloquy.threads.create({ creator: USER });
  await server.colloquy.members.add(id, OTHER);
  const socket = await server.socket(OTHER);
  await postgres.kill();
  await expectUnavailable(server, id);
  expect(await upgrading(server, 9)).toBe(503);
  await postgres.start();
  await expect.poll(async () => (await ready(server)).status).toBe(200);
  await expect
    .poll(async () => (await server.as(USER).post(`/threads/${id}/messages`, { text: "Back" })).status)
    .toBe(201);
  await socket.next(({ data }) => data.text === "Back");
  await server.close();
});

test("a database that takes no answer back is 503 after a while, and never hangs", async () => {
  const network = await stalling(await freshPostgres());
  const database = await openDatabase(network.url, { connectSeconds: 1, answerSeconds: 2 });
  const server = await startServer({}, { database });
  const { id } = await server.colloquy.threads.create({ creator: USER });
  await server.as(USER).get(`/threads/${id}`);
  network.stall();
  await expectUnavailable(server, id);
  network.goOn();
  await expect.poll(async () => (await server.as(USER).get(`/threads/${id}`)).status).toBe(200);
  await server.close();
});

test("a pool of which every connection is taken is 503, whoever waits, and serves again afterwards", async () => {
  const database = await openDatabase(await freshPostgres(), { poolSize: 1, connectSeconds: 1 });
  const server = await startServer({}, { database });
  const { id } = await server.colloquy.threads.create({ creator: USER });
  await server.as(USER).get(`/threads/${id}`);
  const { promise: finish, resolve } = Promise.withResolvers<void>();
  const taken = Promise.withResolvers<void>();
  const holding = database.transaction(async (tx) => {
    await tx.query({ name: "test_taken", text: "select 1" });
    taken.resolve();
    await finish;
  });
  await taken.promise;
  await expectUnavailable(server, id);
  resolve();
  await holding;
  expect((await server.as(USER).get(`/threads/${id}`)).status).toBe(200);
  await server.close();
});

test("no more than a thousand wait for a connection", async () => {
  const database = await openDatabase(await freshPostgres(), { poolSize: 1 });
  const { promise: finish, resolve } = Promise.withResolvers<void>();
  const taken = Promise.withResolvers<void>();
  const holding = database.transaction(async (tx) => {
    await tx.query({ name: "test_taken", text: "select 1" });
    taken.resolve();
    await finish;
  });
  await taken.promise;
  const asked = Array.from({ length: 1_100 }, () => database.query({ name: "test_one", text: "select 1" }));
  const settled = Promise.allSettled(asked);
  await expect(asked.at(-1)).rejects.toThrow("Too many wait for a connection");
  resolve();
  await holding;
  const outcomes = (await settled).map(({ status }) => status);
  expect([outcomes.indexOf("rejected"), outcomes.filter((outcome) => outcome === "rejected").length]).toEqual(
    [1_000, 100],
  );
  await database.close();
});
