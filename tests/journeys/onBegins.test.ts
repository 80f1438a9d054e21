import { expect, test } from "vitest";
import { databaseKind, freshDatabase } from "../support/database.ts";
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
  const of = (name: string) => heard.filter(([own]) => own === name).map(([, message]) => message);
  await expect.poll(() => [of("early"), of("late")]).toEqual([[one, two], [two]]);
});

test("one that fails keeps nothing from the others", async () => {
  const settled: number[] = [];
  const server = await startServer({
    on: { message_created: ({ data }) => void settled.push(data.message) },
  });
  const post = await posting(server);
  const heard: number[] = [];
  await server.colloquy.on("message_created", () => {
    throw new Error("The host is not well");
  }).begun;
  await server.colloquy.on("message_created", ({ data }) => void heard.push(data.message)).begun;
  const ids = [await post("one"), await post("two")];
  await expect.poll(() => [settled, heard]).toEqual([ids, ids]);
});

test("one that is added leaves the place in the log that the settings' handlers have", async () => {
  const database = await freshDatabase();
  const first: number[] = [];
  const on = { message_created: ({ data }: { data: { message: number } }) => void first.push(data.message) };
  const host = await startServer({ on }, { database });
  const post = await posting(host);
  const one = await post("one");
  await expect.poll(() => first).toEqual([one]);
  await host.close();

  const script = await startServer({}, { database });
  const postThere = await posting(script);
  const two = await postThere("two");
  const added: number[] = [];
  await script.colloquy.on("message_created", ({ data }) => void added.push(data.message)).begun;
  const three = await postThere("three");
  await expect.poll(() => added).toEqual([three]);
  await script.close();

  const again: number[] = [];
  const later = {
    message_created: ({ data }: { data: { message: number } }) => void again.push(data.message),
  };
  await startServer({ on: later }, { database });
  await expect.poll(() => again).toEqual([two, three]);
});

// The embedded database has one connection, and so one transaction at a time.
test.runIf(databaseKind === "postgres")(
  "one that is added while another transaction runs is called for nothing that was committed before",
  async () => {
    const database = await freshDatabase();
    const server = await startServer({}, { database });
    const post = await posting(server);
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const running = database.transaction(async (tx) => {
      await tx.query({ name: "test_xid", text: "select pg_current_xact_id()" });
      await ended;
    });
    await post("before");
    const heard: number[] = [];
    await server.colloquy.on("message_created", ({ data }) => void heard.push(data.message)).begun;
    const after = await post("after");
    end();
    await running;
    await expect.poll(() => heard).toEqual([after]);
  },
);
