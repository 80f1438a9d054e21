import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { databaseKind, freshDatabase } from "../support/database.ts";
import { type HoldingDatabase, holdAnswers } from "../support/heldAnswers.ts";
import { parseMetrics } from "../support/metrics.ts";
import { startServer, type TestServer } from "../support/server.ts";

// Spec 5: a socket costs what it may cost.

const [ME, YOU] = [2, 3];
const NOT_ALLOWED = 1008;
/** Frames of a flood; of the longest, fewer. */
const MANY = 100_000;
/** What a connection may send at once, by default. */
const BURST = 1_000;

const sent: string[] = [];
let database: HoldingDatabase;
let server: TestServer;
let thread: number;
let message: number;

beforeAll(async () => {
  database = holdAnswers(await freshDatabase({ onStatement: (name) => sent.push(name) }));
  server = await startServer({}, { database });
  thread = (await server.colloquy.threads.create({ creator: YOU })).id;
  await server.colloquy.members.add(thread, ME);
  message = (await server.colloquy.messages.post(thread, YOU, { text: "Hello" }))!.id;
});

const address = () => `${server.url.replace("http", "ws")}/ws`;

async function openSocket(user: number): Promise<WebSocket> {
  const socket = new WebSocket(address(), { headers: { "x-user-id": String(user) } });
  socket.on("error", () => {});
  onTestFinished(() => socket.terminate());
  await once(socket, "message");
  return socket;
}

/** Sends until the connection is closed, no faster than it is read. */
async function flood(socket: WebSocket, count: number, send: () => void): Promise<void> {
  for (let n = 0; n < count && socket.readyState === WebSocket.OPEN; n++) {
    send();
    while (socket.bufferedAmount > 1_000_000 && socket.readyState === WebSocket.OPEN) await sleep(1);
    if (n % 1_000 === 0) await sleep(0);
  }
}

/** The longest that somebody else waited for an answer meanwhile, in milliseconds. */
async function longestWait(flooding: Promise<unknown>): Promise<number> {
  let isOver = false;
  void flooding.finally(() => {
    isOver = true;
  });
  let longest = 0;
  do {
    const began = performance.now();
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    longest = Math.max(longest, performance.now() - began);
    await sleep(5);
  } while (!isOver);
  return longest;
}

const text = (frame: object) => JSON.stringify(frame);
const FLOODS: Record<string, [number, (socket: WebSocket) => void]> = {
  "unknown frames": [MANY, (socket) => socket.send(text({ message: "nothing" }))],
  "malformed frames": [MANY, (socket) => socket.send("{")],
  "frames of 60 kB": [5_000, (socket) => socket.send(text({ message: "x", data: "a".repeat(60_000) }))],
  "messages to be marked as read": [
    MANY,
    (socket) => socket.send(text({ message: "mark_message_as_read", data: { message } })),
  ],
  "frames about writing": [
    MANY,
    (socket) => socket.send(text({ message: "thread_someone_is_writing", data: { thread, length: 1 } })),
  ],
  "frames that resume": [MANY, (socket) => socket.send(text({ message: "resume", data: { since: "x" } }))],
  pings: [MANY, (socket) => socket.ping("?")],
  pongs: [MANY, (socket) => socket.pong()],
  "parts of one frame": [MANY, (socket) => socket.send("", { fin: false })],
};

describe("a client that sends without end", () => {
  // Frames are counted before anybody is asked: on the embedded database a third of the floods.
  const chosen = Object.entries(FLOODS).filter((_, index) => databaseKind === "postgres" || index % 3 === 0);
  test.each(chosen)(
    "%s is cut off with 1008, while others are answered",
    { timeout: 60_000 },
    async (_name, [count, send]) => {
      const socket = await openSocket(ME);
      let frames = 0;
      socket.on("message", () => {
        frames += 1;
      });
      const closed = once(socket, "close");
      sent.length = 0;
      const wait = await longestWait(Promise.all([flood(socket, count, () => send(socket)), closed]));
      const [code] = await closed;
      expect(code).toBe(NOT_ALLOWED);
      // Of a second, at the most, more than what may come at once.
      expect(frames).toBeLessThan(2 * BURST);
      expect(sent.filter((name) => name === "message_thread_of").length).toBeLessThan(2 * BURST);
      expect(wait).toBeLessThan(5_000);
    },
  );

  test("is cut off also before it has been greeted", { timeout: 60_000 }, async () => {
    const { released, raw } = await floodBeforeHello();
    const [code] = await closeCode(raw);
    released();
    expect(code).toBe(NOT_ALLOWED);
  });

  /** Frames right after the handshake, while the server still asks the database what to greet with. */
  async function floodBeforeHello(): Promise<{ raw: Socket; released: () => void }> {
    const { hold } = database;
    const { release } = hold("log_now");
    const { port, hostname } = new URL(server.url);
    const raw = connect(Number(port), hostname);
    raw.on("error", () => {});
    onTestFinished(() => void raw.destroy());
    raw.write(
      `GET /ws HTTP/1.1\r\nHost: x\r\nX-User-Id: ${ME}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    );
    const payload = Buffer.from('{"message":"nothing"}');
    const frame = Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
    raw.write(Buffer.concat(Array<Buffer>(20_000).fill(frame)));
    return { raw, released: release };
  }

  /** Of the close frame that comes after the handshake's answer. */
  async function closeCode(raw: Socket): Promise<[number]> {
    const chunks: Buffer[] = [];
    for await (const chunk of raw as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      const all = Buffer.concat(chunks);
      const end = all.indexOf("\r\n\r\n");
      if (end >= 0 && all.length >= end + 8 && all[end + 4] === 0x88) return [all.readUInt16BE(end + 6)];
    }
    throw new Error("The connection ended without a close frame");
  }
});

test("who comes back and marks hundreds of messages as read is not cut off", {
  timeout: 60_000,
}, async () => {
  const { id } = await server.colloquy.threads.create({ creator: YOU });
  await server.colloquy.members.add(id, ME);
  const ids: number[] = [];
  for (let n = 0; n < 300; n++)
    ids.push((await server.colloquy.messages.post(id, YOU, { text: `${n}` }))!.id);
  const socket = await openSocket(ME);
  for (const one of ids) socket.send(text({ message: "mark_message_as_read", data: { message: one } }));
  await expect
    .poll(async () => (await server.as(ME).get(`/threads/${id}?fields=unread`)).body.unread, {
      timeout: 30_000,
    })
    .toBe(0);
  expect(socket.readyState).toBe(WebSocket.OPEN);
});

test("what a closed socket had asked for is dropped", { timeout: 20_000 }, async () => {
  const socket = await openSocket(ME);
  const { reached, release } = database.hold("message_thread_of");
  sent.length = 0;
  for (let n = 0; n < 500; n++) socket.send(text({ message: "mark_message_as_read", data: { message } }));
  await reached;
  socket.terminate();
  const open = async () => parseMetrics((await server.colloquy.metrics()).text).get("colloquy_sockets_open");
  await expect.poll(open, { timeout: 10_000 }).toBe(0);
  release();
  const later = await openSocket(ME);
  later.send(text({ message: "nothing" }));
  await once(later, "message");
  expect(sent.filter((name) => name === "message_thread_of")).toHaveLength(1);
});

describe("sockets", () => {
  test("of one person have a number, beyond which they are refused", async () => {
    const own = await startServer({ limits: { socketsPerUser: 2 } });
    const at = `${own.url.replace("http", "ws")}/ws`;
    const first = await own.socket(ME);
    await own.socket(ME);
    const refused = new WebSocket(at, { headers: { "x-user-id": String(ME) } });
    const [, answer] = await once(refused, "unexpected-response");
    expect([answer.statusCode, answer.headers["retry-after"]]).toEqual([429, expect.stringMatching(/^\d+$/)]);
    await own.socket(YOU);
    await first.close();
    await expect
      .poll(() =>
        own.socket(ME).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });

  test("that are refused are not kept, though their client does not hang up", async () => {
    const own = await startServer();
    const connected = once(own.colloquy.app.server, "connection");
    const { port, hostname } = new URL(own.url);
    const raw = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    onTestFinished(() => void raw.destroy());
    raw.write("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    const [said] = await once(raw, "data");
    expect(String(said)).toMatch(/^HTTP\/1.1 401 /);
    const [connection] = await connected;
    await expect.poll(() => connection.destroyed, { timeout: 10_000 }).toBe(true);
  });

  afterEach(() => void vi.useRealTimers());

  test("wait no longer than some seconds for who asks to be known", async () => {
    const own = await startServer({ authenticate: () => new Promise(() => {}) });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const waiting = new WebSocket(`${own.url.replace("http", "ws")}/ws`);
    const answered = once(waiting, "unexpected-response");
    // Until the server has begun to ask.
    for (let turn = 0; turn < 50; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      vi.advanceTimersByTime(1_000);
    }
    const [, answer] = await answered;
    expect(answer.statusCode).toBe(503);
  });
});
