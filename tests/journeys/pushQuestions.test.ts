import { beforeAll, expect, test } from "vitest";
import { freshDatabase } from "../support/database.ts";
import { addPeople, startServer, type TestServer } from "../support/server.ts";
import type { Frame, TestSocket } from "../support/socket.ts";
import { openThread } from "./flows.ts";

// How often the database is asked for one push: once for all, however many they are.

const [CHIEF, WRITER] = [1, 2];
const WATCHERS = Array.from({ length: 24 }, (_, index) => 100 + index);
const CHIEFS = [200, 201, 202, 203];

const sent: string[] = [];
let server: TestServer;

beforeAll(async () => {
  const database = await freshDatabase({ onStatement: (name) => sent.push(name) });
  server = await startServer(
    {
      accounts: { cacheSeconds: 3_600 },
      // From some all that is secret is hidden, from others but what is shown to them.
      messages: {
        hidden: ({ id }) =>
          id === WRITER
            ? []
            : Number(id) % 2
              ? ["secret"]
              : [{ type: "secret", unless: { meta: { visible_to: [id] } } }],
      },
    },
    { database },
  );
  await addPeople(database, WATCHERS[0]!, WATCHERS.at(-1)!);
  await addPeople(database, CHIEFS[0]!, CHIEFS.at(-1)!);
  await database.query({
    name: "test_chiefs",
    text: "update account set is_superuser = true where id >= 200",
  });
});

const isText = (text: string) => (frame: Frame) =>
  frame.message === "message_created_or_updated" && frame.data.text === text;

/** The statements sent until all of them are pushed what was done to their thread. */
async function statements(sockets: readonly TestSocket[], act: () => Promise<unknown>): Promise<string[]> {
  await Promise.all(sockets.map((socket) => socket.next(isText("Before"))));
  const next = sockets.map((socket) => socket.next(({ message }) => message === "thread_updated"));
  sent.length = 0;
  await act();
  await Promise.all(next);
  return sent.slice();
}

test("a message that is hidden from many asks once for what they see in its place", async () => {
  const thread = await openThread(server, WRITER, Object.fromEntries(WATCHERS.map((user) => [user, 19])));
  await server.colloquy.members.edit(thread, WRITER, { permissions: 8191 });
  const sockets = await Promise.all(WATCHERS.map((user) => server.socket(user)));
  await server.colloquy.messages.post(thread, WRITER, { text: "Before" });
  const asked = await statements(sockets, async () => {
    await server.colloquy.messages.post(thread, WRITER, { text: "Hidden", type: "secret" });
    await server.as(WRITER).patch(`/threads/${thread}`, { title: "Changed" });
  });
  const [one] = sockets;
  const { data } = one!.frames.findLast(({ message }) => message === "thread_updated")!;
  expect(data.last_message_data).toMatchObject({ text: "Before", is_read: false });
  // Twice at the most: the message and the change may be pushed each by itself.
  for (const name of ["last_messages_by_rule", "thread_views_hiding"])
    expect([name, asked.filter((each) => each === name).length]).toEqual([name, expect.toBeOneOf([1, 2])]);
  // Besides, the answer to who changed it.
  expect(asked.filter((name) => name === "last_messages").length).toBeLessThanOrEqual(1);
  for (const socket of sockets) await socket.close();
});

test("an edit that hides messages from many asks once for what they were", async () => {
  const thread = await openThread(server, WRITER, Object.fromEntries(WATCHERS.map((user) => [user, 19])));
  const shown = { text: "Before", type: "secret", meta: { visible_to: WATCHERS } };
  const { id } = (await server.colloquy.messages.post(thread, WRITER, shown))!;
  // The others are shown nothing that is secret.
  const watchers = WATCHERS.filter((user) => user % 2 === 0);
  const sockets = await Promise.all(watchers.map((user) => server.socket(user)));
  const gone = sockets.map((socket) => socket.next(({ data }) => data.id === id && data.deleted === true));
  await server.colloquy.members.edit(thread, WRITER, { permissions: 8191 });
  sent.length = 0;
  await server.as(WRITER).patch(`/threads/${thread}/messages/${id}`, { meta: { visible_to: [] } });
  await Promise.all(gone);
  expect(sent.filter((name) => ["message_kinds", "message_history"].includes(name))).toHaveLength(1);
  for (const socket of sockets) await socket.close();
});

test("many who follow a foreign thread are looked at with one question", async () => {
  const thread = await openThread(server, WRITER);
  for (const chief of [CHIEF, ...CHIEFS]) await server.as(chief).post(`/threads/${thread}/ws-subscribe`);
  const sockets = await Promise.all([CHIEF, ...CHIEFS].map((chief) => server.socket(chief)));
  const pushed = sockets.map((socket) => socket.next(isText("Followed")));
  sent.length = 0;
  await server.colloquy.messages.post(thread, WRITER, { text: "Followed" });
  await Promise.all(pushed);
  expect(sent.filter((name) => name === "thread_views_hiding")).toHaveLength(1);
  expect(sent.filter((name) => name.startsWith("thread_view_hiding"))).toEqual([]);
  for (const socket of sockets) await socket.close();
});
