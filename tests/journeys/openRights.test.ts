import type { UserId } from "@colloquy/protocol";
import { afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Caller } from "../../packages/server/src/policies/caller.ts";
import type { SettingsInput } from "../../packages/server/src/settings.ts";
import { freshDatabase } from "../support/database.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type Frame, openSocket, type TestSocket } from "../support/socket.ts";
import { openThread } from "./flows.ts";

// Spec 5: a superuser is asked again within seconds of a change, over a socket that stays open.

const [CHIEF, WRITER, READER] = [1, 2, 3];
const NOT_ALLOWED = 1008;

const isText = (text: string) => (frame: Frame) =>
  frame.message === "message_created_or_updated" && frame.data.text === text;

/** Whether a user is pushed a message of a thread: what they are pushed of another, as a member, says when it is late enough. */
async function isPushed(
  server: TestServer,
  socket: TestSocket,
  user: number,
  thread: number,
  type = "message",
) {
  const witness = await server.socket(WRITER);
  const [text, bell] = [crypto.randomUUID(), crypto.randomUUID()];
  await server.colloquy.messages.post(thread, WRITER, { text, type });
  await witness.next(isText(text));
  const own = await openThread(server, WRITER, { [user]: 19 });
  await server.colloquy.messages.post(own, WRITER, { text: bell });
  await socket.next(isText(bell));
  await witness.close();
  return socket.frames.some(isText(text));
}

/** A host's own people, by whether they are superusers; it forgets those who are taken out. */
function host(settings: (people: Map<UserId, Caller>) => SettingsInput) {
  const person = (id: number, isSuperuser: boolean): Caller => ({
    id,
    isSuperuser,
    language: null,
    timeZone: null,
  });
  const people = new Map<UserId, Caller>([CHIEF, WRITER, READER].map((id) => [id, person(id, id === CHIEF)]));
  const byHeader: SettingsInput["authenticate"] = ({ headers }) =>
    people.get(Number(headers["x-user-id"])) ?? null;
  return {
    start: () => startServer({ authenticate: byHeader, accounts: { cacheSeconds: 0 }, ...settings(people) }),
    demote: (id: number) => void people.set(id, person(id, false)),
    forget: (id: number) => void people.delete(id),
    set: (who: Caller) => void people.set(who.id, who),
  };
}

const subscribe = (server: TestServer, user: number, thread: number) =>
  server.as(user).post(`/threads/${thread}/ws-subscribe`);

describe("a superuser who is one no longer", () => {
  test("is pushed no more of a foreign thread, seconds later", { timeout: 40_000 }, async () => {
    const server = await startServer();
    const thread = await openThread(server, WRITER);
    await subscribe(server, CHIEF, thread);
    const socket = await server.socket(CHIEF);
    expect(await isPushed(server, socket, CHIEF, thread)).toBe(true);
    await server.colloquy.db.query({ name: "test_demote", text: "update account set is_superuser = false" });
    await expect
      .poll(() => isPushed(server, socket, CHIEF, thread), { timeout: 20_000, interval: 500 })
      .toBe(false);
  });

  test("is hidden what is hidden from others, in a thread of their own as well", async () => {
    const server = await startServer({
      accounts: { cacheSeconds: 0 },
      messages: { hidden: ({ isSuperuser }) => (isSuperuser ? [] : ["secret"]) },
    });
    const thread = await openThread(server, WRITER, { [CHIEF]: 19 });
    await server.colloquy.members.edit(thread, WRITER, { permissions: 8191 });
    const socket = await server.socket(CHIEF);
    const push = async () => {
      const [secret, bell] = [crypto.randomUUID(), crypto.randomUUID()];
      for (const [text, type] of [
        [secret, "secret"],
        [bell, "message"],
      ] as const)
        await server.colloquy.messages.post(thread, WRITER, { text, type });
      await socket.next(isText(bell));
      return JSON.stringify(socket.frames).includes(secret);
    };
    expect(await push()).toBe(true);
    await server.colloquy.db.query({ name: "test_demote", text: "update account set is_superuser = false" });
    expect(await push()).toBe(false);
  });

  test("is so by what the host's `findCaller` says", async () => {
    const own = host((people) => ({ findCaller: (id) => people.get(id) ?? null }));
    const server = await own.start();
    const thread = await openThread(server, WRITER);
    await subscribe(server, CHIEF, thread);
    const socket = await server.socket(CHIEF);
    expect(await isPushed(server, socket, CHIEF, thread)).toBe(true);
    own.demote(CHIEF);
    expect(await isPushed(server, socket, CHIEF, thread)).toBe(false);
  });

  test("or, without it, by what `authenticate` says to the request that opened the socket", async () => {
    const own = host(() => ({}));
    const server = await own.start();
    const thread = await openThread(server, WRITER);
    await subscribe(server, CHIEF, thread);
    const socket = await server.socket(CHIEF);
    expect(await isPushed(server, socket, CHIEF, thread)).toBe(true);
    own.demote(CHIEF);
    expect(await isPushed(server, socket, CHIEF, thread)).toBe(false);
  });

  afterEach(() => void vi.useRealTimers());

  test("or, where a ticket opened it, when that is good no more", async () => {
    const server = await host(() => ({})).start();
    const thread = await openThread(server, WRITER);
    await subscribe(server, CHIEF, thread);
    const { body } = await server.as(CHIEF).post("/ws-ticket");
    const socket = await openByTicket(server, body.token);
    expect(await isPushed(server, socket, CHIEF, thread)).toBe(true);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
    expect(await isPushed(server, socket, CHIEF, thread)).toBe(false);
  });
});

test.each([
  ["`findCaller`", (people: Map<UserId, Caller>) => ({ findCaller: (id: number) => people.get(id) ?? null })],
  ["`authenticate`", () => ({})],
])("a superuser whom %s does not know any more is closed with 1008", async (_name, settings) => {
  const own = host(settings);
  const server = await own.start();
  const thread = await openThread(server, WRITER);
  await subscribe(server, CHIEF, thread);
  const socket = await server.socket(CHIEF);
  own.forget(CHIEF);
  await server.colloquy.messages.post(thread, WRITER, { text: "For whom?" });
  expect(await socket.closed).toBe(NOT_ALLOWED);
  expect(socket.frames.some(isText("For whom?"))).toBe(false);
});

test("who cannot be told for some time is closed, and comes back to what they missed", async () => {
  let isDown = false;
  const own = host((people) => ({
    findCaller: (id) => {
      if (isDown) throw new Error("Down");
      return people.get(id) ?? null;
    },
  }));
  const server = await own.start();
  const thread = await openThread(server, WRITER, { [CHIEF]: 19 });
  const socket = await server.socket(CHIEF);
  isDown = true;
  const { event } = socket.frames[0]!.data;
  await server.colloquy.messages.post(thread, WRITER, { text: "Meanwhile" });
  expect(await socket.closed).toBe(1011);
  expect(socket.frames.some(isText("Meanwhile"))).toBe(false);
  isDown = false;
  const { body } = await server.as(CHIEF).get(`/sync?since=${event}`);
  expect(body.events.some(isText("Meanwhile"))).toBe(true);
});

test("whom the host's own policy let follow a foreign thread loses it with what `findCaller` says", async () => {
  const own = host((people) => ({
    findCaller: (id) => people.get(id) ?? null,
    policies: { threadWsSubscribe: ({ id, language }) => id === READER && language !== "xx" },
  }));
  const other: Caller = { id: READER, isSuperuser: false, language: "xx", timeZone: null };
  const server = await own.start();
  const thread = await openThread(server, WRITER);
  expect((await subscribe(server, READER, thread)).status).toBe(204);
  const socket = await server.socket(READER);
  expect(await isPushed(server, socket, READER, thread)).toBe(true);
  own.set(other);
  expect(await isPushed(server, socket, READER, thread)).toBe(false);
});

describe("a member whose flag for pushes is gone", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({}, { database: await freshDatabase() });
  });

  test("is pushed no more, though nothing told this node of it", async () => {
    const thread = await openThread(server, WRITER, { [READER]: 19 });
    const socket = await server.socket(READER);
    expect(await isPushed(server, socket, READER, thread)).toBe(true);
    // As another node does it whose wake-up is lost.
    await server.colloquy.db.query(
      {
        name: "test_flag",
        text: "update member set notifications = 1 where thread_id = $1 and user_id = $2",
      },
      [thread, READER],
    );
    expect(await isPushed(server, socket, READER, thread)).toBe(false);
  });
});

async function openByTicket(server: TestServer, token: string): Promise<TestSocket> {
  const socket = await openSocket(`${server.url.replace("http", "ws")}/ws?token=${token}`, null);
  onTestFinished(() => socket.close());
  return socket;
}
