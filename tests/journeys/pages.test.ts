import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { databaseKind } from "../support/database.ts";
import { startServer, type TestServer } from "../support/server.ts";
import type { Frame } from "../support/socket.ts";
import { openThread } from "./flows.ts";

// Spec 5: what was missed is told in pages, however much it is, and nobody else waits for it.

const [WRITER, READER, OTHER] = [2, 3, 4];
/** More than waits for a slow reader, many times over. */
const LARGE = 300_000;
/** Who come back at once, each to six megabytes; the embedded database tells one after the other. */
const MANY = databaseKind === "postgres" ? 6 : 3;

let server: TestServer;
/** What it waits for to be known whether the other one may read. */
let mayOtherRead: Promise<void> = Promise.resolve();

beforeAll(async () => {
  server = await startServer({
    limits: { textLength: 1_000_000 },
    policies: {
      async messagesList({ id }, _asked, byDefault) {
        if (id === OTHER) await mayOtherRead;
        return byDefault();
      },
    },
  });
});

const isMessage = ({ message }: Frame) => message === "message_created_or_updated";
const texts = (frames: readonly Frame[], thread: number) =>
  frames.filter((frame) => isMessage(frame) && frame.data.thread === thread).map(({ data }) => data.text);
const thread = () => openThread(server, WRITER, { [READER]: 19 });
const post = (id: number, text: string) => server.colloquy.messages.post(id, WRITER, { text });
const start = async () => (await server.as(READER).get("/sync?since=x")).body.event as string;

/** All pages from a token on. */
async function syncAll(
  since: string,
): Promise<{ pages: { events: Frame[]; event: string }[]; frames: Frame[] }> {
  const pages = [];
  for (let token = since, more = true; more; ) {
    const { status, body } = await server.as(READER).get(`/sync?since=${token}`);
    expect([status, body.resync]).toEqual([200, false]);
    pages.push(body);
    [token, more] = [body.event, body.more];
  }
  return { pages, frames: pages.flatMap(({ events }) => events) };
}

interface Reading {
  socket: WebSocket;
  frames: Frame[];
  has(matches: (frame: Frame) => boolean): Promise<void>;
}

async function connect(since?: string): Promise<Reading> {
  const query = since === undefined ? "" : `?since=${since}`;
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/ws${query}`, {
    headers: { "x-user-id": String(READER) },
  });
  onTestFinished(() => socket.terminate());
  const frames: Frame[] = [];
  socket.on("message", (data) => frames.push(JSON.parse(String(data))));
  await once(socket, "message");
  const has = (matches: (frame: Frame) => boolean) =>
    expect.poll(() => frames.some(matches), { timeout: 30_000 }).toBe(true);
  return { socket, frames, has };
}

const isOf = (id: number, text: string) => (frame: Frame) =>
  isMessage(frame) && frame.data.thread === id && frame.data.text === text;

describe("/sync", () => {
  test("answers in pages of a bounded size, which together are all that was missed, once and in order", {
    timeout: 60_000,
  }, async () => {
    const ids = [await thread(), await thread(), await thread()];
    const schema = await server.colloquy.schemas.load({
      format: "colloquy.schema/1",
      name: "paged",
      type: "survey",
      questions: [{ qid: 1, type: "text", text: "?", next_qid: -1 }],
    });
    const since = await start();
    const expected = new Map(ids.map((id): [number, string[]] => [id, []]));
    for (let n = 0; n < 30; n++) {
      const text = `${n} ${"x".repeat(n % 3 === 0 ? LARGE : 10)}`;
      await post(ids[n % 3]!, text);
      expected.get(ids[n % 3]!)!.push(text);
    }
    const surveys = [];
    for (let n = 0; n < 3; n++)
      surveys.push((await server.colloquy.surveys.create({ user: READER, schema: schema.id })).id);
    const { pages, frames } = await syncAll(since);
    for (const [id, all] of expected) expect(texts(frames, id)).toEqual(all);
    expect(frames.flatMap(({ message, data }) => (message === "survey_updated" ? data.id : []))).toEqual(
      surveys,
    );
    expect(frames.filter(({ message }) => message === "unread_changed").length).toBeGreaterThan(0);
    expect(pages.length).toBeGreaterThan(3);
    // The last frame of a page may be as long as two messages.
    for (const page of pages) expect(JSON.stringify(page).length).toBeLessThan(1_000_000 + 3 * LARGE);
    expect((await syncAll(pages.at(-1)!.event)).frames.filter(isMessage)).toEqual([]);
  });

  test("has a bounded number of frames in a page, and its tokens stay short over many threads", {
    timeout: 60_000,
  }, async () => {
    const ids: number[] = [];
    for (let n = 0; n < 60; n++) ids.push(await thread());
    const since = await start();
    for (let round = 0; round < 10; round++) for (const id of ids) await post(id, `${round}`);
    const { pages, frames } = await syncAll(since);
    const rounds = Array.from({ length: 10 }, (_, round) => `${round}`);
    for (const id of ids) expect(texts(frames, id)).toEqual(rounds);
    expect(pages.length).toBe(2);
    for (const { event } of pages) expect(event.length).toBeLessThan(500);
  });

  test("goes on where a page ended, though more is said meanwhile, in threads that were told already", {
    timeout: 60_000,
  }, async () => {
    const [first, second] = [await thread(), await thread()];
    const since = await start();
    for (const id of [first, second])
      for (const n of [1, 2, 3, 4]) await post(id, `${n} ${"x".repeat(LARGE)}`);
    const said: Frame[] = [];
    const meanwhile: string[] = [];
    let [token, more, pages] = [since, true, 0];
    for (; more; pages++) {
      const { body } = await server.as(READER).get(`/sync?since=${token}`);
      said.push(...body.events);
      [token, more] = [body.event, body.more];
      if (pages >= 4) continue;
      meanwhile.push(`page ${pages}`);
      for (const id of [first, second]) await post(id, `page ${pages}`);
    }
    const rest = (await syncAll(token)).frames;
    for (const id of [first, second])
      expect(texts([...said, ...rest], id).map((text) => text.slice(0, 6).trim())).toEqual([
        ...["1 xxxx", "2 xxxx", "3 xxxx", "4 xxxx"],
        ...meanwhile,
      ]);
    expect(pages).toBeGreaterThan(2);
  });

  test("answers many who come back at once", { timeout: 60_000 }, async () => {
    const id = await thread();
    const since = await start();
    for (let n = 0; n < 20; n++) await post(id, `${n} ${"x".repeat(LARGE)}`);
    const all = await Promise.all(Array.from({ length: MANY }, () => syncAll(since)));
    for (const { frames } of all) expect(texts(frames, id)).toHaveLength(20);
  });
});

describe("who comes back", () => {
  test("and reads steadily, but slowly, is told all of it, and not cut off", {
    timeout: 60_000,
  }, async () => {
    const id = await thread();
    const since = await start();
    for (let n = 0; n < 40; n++) await post(id, `${n} ${"x".repeat(LARGE)}`);
    const client = await connect(since);
    const reading = (async () => {
      while (texts(client.frames, id).length < 40 && client.socket.readyState === WebSocket.OPEN) {
        client.socket.pause();
        await sleep(10);
        client.socket.resume();
        await sleep(2);
      }
    })();
    // What is said meanwhile comes after it.
    await post(id, "and now");
    await reading;
    await client.has(isOf(id, "and now"));
    expect(texts(client.frames, id).map((text) => text.split(" ")[0])).toEqual([
      ...Array.from({ length: 40 }, (_, n) => `${n}`),
      "and",
    ]);
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
    const after = client.frames.findLast(({ event }) => event !== undefined)!.event!;
    expect((await syncAll(after)).frames.filter(isMessage)).toEqual([]);
  });

  test("and breaks off in the middle goes on from there", { timeout: 60_000 }, async () => {
    const ids = [await thread(), await thread(), await thread()];
    let token = await start();
    for (let n = 0; n < 8; n++) for (const id of ids) await post(id, `${n} ${"x".repeat(LARGE)}`);
    const said: Frame[] = [];
    for (let round = 0; round < 4; round++) {
      const { socket, frames } = await connect(token);
      await expect.poll(() => frames.filter(isMessage).length, { timeout: 10_000 }).toBeGreaterThan(round);
      socket.terminate();
      said.push(...frames);
      token = said.findLast(({ event }) => event !== undefined)!.event!;
      await post(ids[0]!, `break ${round}`);
    }
    said.push(...(await syncAll(token)).frames);
    const numbers = Array.from({ length: 8 }, (_, n) => `${n}`);
    for (const id of ids.slice(1)) expect(texts(said, id).map((text) => text.split(" ")[0])).toEqual(numbers);
    const breaks = Array.from({ length: 4 }, () => "break");
    expect(texts(said, ids[0]!).map((text) => text.split(" ")[0])).toEqual([...numbers, ...breaks]);
  });

  test.each(["by the address", "by a frame"])(
    "%s is told what they missed while people write without a pause, and holds nobody up",
    { timeout: 60_000 },
    async (way) => {
      const ids = [await thread(), await thread()];
      const other = await server.socket(OTHER);
      for (const id of ids) await server.colloquy.members.add(id, OTHER);
      const since = await start();
      for (const id of ids) for (let n = 0; n < 20; n++) await post(id, `missed ${n}`);
      let isOver = false;
      const posted = new Map<number, string[]>();
      const writing = ids.map(async (id) => {
        const own: string[] = [];
        posted.set(id, own);
        for (let n = 0; !isOver; n++) {
          own.push(`meanwhile ${n}`);
          await post(id, `meanwhile ${n}`);
        }
      });
      const stop = async () => {
        isOver = true;
        await Promise.all(writing);
      };
      onTestFinished(stop);
      const client = await connect(way === "by the address" ? since : undefined);
      if (way === "by a frame") client.socket.send(JSON.stringify({ message: "resume", data: { since } }));
      const resumed = () => {
        const from = client.frames.findIndex(({ message }) => message === "resumed");
        return way === "by the address" ? client.frames : from < 0 ? [] : client.frames.slice(from);
      };
      // The counts come last.
      await client.has((frame) => frame.message === "unread_changed" && resumed().includes(frame));
      for (const id of ids)
        expect(texts(resumed(), id).slice(0, 20)).toEqual(
          Array.from({ length: 20 }, (_, n) => `missed ${n}`),
        );
      await stop();
      for (const id of ids) {
        const last = posted.get(id)!.at(-1)!;
        await client.has((frame) => isOf(id, last)(frame) && resumed().includes(frame));
        const own = texts(resumed(), id);
        expect(own.slice(own.indexOf("meanwhile 0"))).toEqual(posted.get(id));
        await other.next(isOf(id, last));
      }
    },
  );

  test("does not wait for what is being pushed in their threads", { timeout: 30_000 }, async () => {
    const id = await thread();
    await server.colloquy.members.add(id, OTHER);
    const since = await start();
    await post(id, "missed");
    const other = await server.socket(OTHER);
    const client = await connect();
    const { promise, resolve } = Promise.withResolvers<void>();
    mayOtherRead = promise;
    onTestFinished(() => resolve());
    await post(id, "pushed");
    client.socket.send(JSON.stringify({ message: "resume", data: { since } }));
    await client.has(({ message }) => message === "unread_changed");
    const resumed = client.frames.slice(client.frames.findIndex(({ message }) => message === "resumed"));
    expect(texts(resumed, id)).toEqual(["missed", "pushed"]);
    resolve();
    await other.next(isOf(id, "pushed"));
    await post(id, "after");
    await client.has(isOf(id, "after"));
    expect(texts(client.frames.slice(client.frames.indexOf(resumed[0]!)), id)).toEqual([
      "missed",
      "pushed",
      "after",
    ]);
  });

  test("waits in no room: others are pushed what is said there while a page for them is being read", {
    timeout: 60_000,
  }, async () => {
    const id = await thread();
    await server.colloquy.members.add(id, OTHER);
    const other = await server.socket(OTHER);
    const since = await start();
    for (let n = 0; n < 60; n++) await post(id, `${n} ${"x".repeat(LARGE)}`);
    // It does not read at all.
    const { socket } = await connect(since);
    socket.pause();
    for (let n = 0; n < 3; n++) {
      await post(id, `live ${n}`);
      await other.next(isOf(id, `live ${n}`));
    }
    socket.resume();
  });

  test("and leaves a thread meanwhile hears no more of it, and all of it once they are back", {
    timeout: 60_000,
  }, async () => {
    const [before, id] = [await thread(), await thread()];
    const since = await start();
    for (let n = 0; n < 20; n++) await post(before, `${n} ${"x".repeat(LARGE)}`);
    for (let n = 0; n < 3; n++) await post(id, `old ${n}`);
    const client = await connect(since);
    client.socket.pause();
    await server.colloquy.members.remove(id, READER);
    await post(id, "between others");
    await server.colloquy.members.add(id, READER);
    await post(id, "welcome back");
    client.socket.resume();
    await client.has(isOf(id, "welcome back"));
    await client.has(
      (frame) => isMessage(frame) && frame.data.thread === before && frame.data.text.startsWith("19 "),
    );
    const told = client.frames.filter(
      ({ message, data }) => message === "thread_updated" && data.id === id && data.deleted === true,
    );
    const after = client.frames.slice(client.frames.indexOf(told.at(-1)!));
    expect(texts(after, id)).toEqual(["welcome back"]);
  });
});
