import { expect, test } from "vitest";
import { freshDatabase } from "../support/database.ts";
import { holdAnswers } from "../support/heldAnswers.ts";
import { runs } from "../support/runs.ts";
import { seeded } from "../support/seeded.ts";
import { startServer } from "../support/server.ts";
import { lastUnread } from "../support/socket.ts";

// A push says what its receiver has not read, and is made of what the message's commit saw of them: whatever they read
// at that very moment, here or on another node, they are told the right count in the end.

const WRITER = 2;
const READER = 3;

const PEOPLE = [WRITER, READER, 4];
const STEPS = runs(66, 186);
const AT_ONCE = 6;

test.each(["this node", "another"])(
  "what is read on %s before a push goes out is not unread in it",
  async (where) => {
    const database = await freshDatabase();
    const slow = holdAnswers(database);
    const here = await startServer({}, { database: slow });
    const other = await startServer({}, { database: slow });
    const { id } = await here.colloquy.threads.create({ creator: WRITER });
    await here.colloquy.members.add(id, READER);
    const post = (text: string) => here.as(WRITER).post(`/threads/${id}/messages`, { text });
    const socket = await here.socket(READER);
    const unreadIn = async (text: string): Promise<number> =>
      (await socket.next(({ data }) => data.text === text)).data.thread_data.unread;

    for (const [text, unread] of [
      ["one", 1],
      ["two", 2],
    ] as const) {
      await post(text);
      expect(await unreadIn(text)).toBe(unread);
    }
    const { reached, release } = slow.hold("thread_messages");
    const posted = post("three");
    await reached;
    await (where === "another" ? other : here).as(READER).get(`/threads/${id}/messages`);
    expect((await socket.next(({ message }) => message === "unread_changed")).data.unread).toBe(0);
    release();
    expect((await posted).status).toBe(201);
    expect(await unreadIn("three")).toBe(0);
  },
);

test("a count that was asked for before a push does not come after it", async () => {
  const slow = holdAnswers(await freshDatabase());
  const server = await startServer({}, { database: slow });
  const { id } = await server.colloquy.threads.create({ creator: WRITER });
  await server.colloquy.members.add(id, READER);
  const socket = await server.socket(READER);
  const post = async (text: string) => {
    await server.as(WRITER).post(`/threads/${id}/messages`, { text });
    await socket.next(({ data }) => data.text === text);
  };
  await post("one");
  const { reached, release } = slow.hold("unread_in");
  await server.as(READER).get(`/threads/${id}/messages`);
  await reached;
  await post("two");
  release();
  expect((await socket.next(({ message }) => message === "unread_changed")).data.unread).toBe(1);
});

test("who reads while others write is told in the end what they have not read", async () => {
  const database = await freshDatabase();
  const nodes = [await startServer({}, { database }), await startServer({}, { database })];
  const { id } = await nodes[0]!.colloquy.threads.create({ creator: PEOPLE[0]! });
  for (const user of PEOPLE.slice(1)) await nodes[0]!.colloquy.members.add(id, user);
  const sockets = await Promise.all(
    nodes.flatMap((node) => PEOPLE.map(async (user) => ({ user, socket: await node.socket(user) }))),
  );
  const random = seeded(7);
  const pick = <Value>(values: readonly Value[]) => values[Math.floor(random() * values.length)]!;

  async function step(): Promise<void> {
    const as = pick(nodes).as(pick(PEOPLE));
    const { status, body } = await (random() < 0.6
      ? as.post(`/threads/${id}/messages`, { text: "Hello" })
      : as.get(`/threads/${id}/messages?limit=100`));
    expect(status, JSON.stringify(body)).toBeLessThan(300);
  }

  const told = () => sockets.map(({ socket }) => lastUnread(socket.frames));
  const truth = () =>
    Promise.all(
      sockets.map(
        async ({ user }) => (await nodes[0]!.as(user).get(`/threads/${id}?fields=unread`)).body.unread,
      ),
    );

  for (let steps = 0; steps < STEPS; steps += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, step));
    if (steps % (10 * AT_ONCE) !== 0) continue;
    const counts = await truth();
    await expect.poll(told, { message: `after ${steps} steps` }).toEqual(counts);
  }
});
