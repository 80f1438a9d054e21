import { expect, test } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";

const AUTHOR = 2;

async function posting(server: TestServer) {
  const { id } = await server.colloquy.threads.create({ creator: AUTHOR });
  return async (text: string): Promise<number> =>
    (await server.as(AUTHOR).post(`/threads/${id}/messages`, { text })).body.id;
}

test.each([
  ["the first", {}],
  ["one among others", { on: { message_created: () => {} } }],
])(
  "a handler that is added is called for what comes after, and for nothing before: %s",
  async (_which, settings) => {
    const server = await startServer(settings);
    const post = await posting(server);
    for (const text of ["one", "two"]) await post(text);
    const heard: number[] = [];
    const stop = server.colloquy.on("message_created", ({ data }) => void heard.push(data.message));
    await stop.begun;
    const later = [await post("three"), await post("four")];
    await expect.poll(() => heard).toEqual(later);
    stop();
    await post("five");
    const again: number[] = [];
    await server.colloquy.on("message_created", ({ data }) => void again.push(data.message)).begun;
    const last = await post("six");
    await expect.poll(() => again).toEqual([last]);
    expect(heard).toEqual(later);
  },
);

test("two that are added at different times each begin where they were added", async () => {
  const server = await startServer();
  const post = await posting(server);
  const heard: [string, number][] = [];
  const add = (name: string) =>
    server.colloquy.on("message_created", ({ data }) => void heard.push([name, data.message])).begun;
  await add("early");
  const one = await post("one");
  await add("late");
  const two = await post("two");
  await expect
    .poll(() => heard)
    .toEqual([
      ["early", one],
      ["early", two],
      ["late", two],
    ]);
});
