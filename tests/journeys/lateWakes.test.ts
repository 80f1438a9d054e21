import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { openLocalBus } from "../../packages/server/src/bus/localBus.ts";
import { openPostgresBus } from "../../packages/server/src/bus/postgresBus.ts";
import type { Database, Statement } from "../../packages/server/src/database/database.ts";
import { freshDatabase } from "../support/database.ts";
import { startServer } from "../support/server.ts";

const [AUTHOR, MEMBER] = [2, 3];

/** A database whose answers to one statement are kept back, and the statements that were answered. */
function holding(database: Database, held: string) {
  const { promise, resolve: release } = Promise.withResolvers<void>();
  const answered: string[] = [];
  let isHeld = false;
  const query = async (statement: Statement, values: readonly unknown[]) => {
    const rows = await database.query(statement, values);
    answered.push(statement.name);
    if (isHeld && statement.name === held) await promise;
    return rows;
  };
  const proxy = new Proxy(database, {
    get: (target, name) => (name === "query" ? query : Reflect.get(target, name)),
  });
  return {
    database: proxy,
    answered,
    release,
    hold: () => {
      answered.length = 0;
      isHeld = true;
    },
  };
}

test("a wake-up that comes late tells nothing again to who is just coming", async () => {
  const own = holding(await freshDatabase(), "missed_since");
  const server = await startServer({}, { database: own.database });
  const { listen } = own.database;
  const bus = listen === undefined ? openLocalBus(own.database) : openPostgresBus(listen);
  onTestFinished(() => bus.close());
  const { id } = await server.colloquy.threads.create({ creator: AUTHOR, permissions: 8191 });
  await server.colloquy.members.add(id, MEMBER);
  const post = (text: string) => server.as(AUTHOR).post(`/threads/${id}/messages`, { text });
  await post("old");

  own.hold();
  const coming = server.socket(MEMBER);
  await expect.poll(() => own.answered).toContain("missed_since");
  // As a sweep says it, that comes by only now: the member follows from the first event on.
  bus.publish({ type: "thread", thread: id, seq: 3, touched: [{ user: MEMBER, after: 0 }] });
  await sleep(300);
  own.release();
  const socket = await coming;
  await post("new");
  const texts = () => socket.frames.flatMap(({ data }) => data.text ?? []);
  await expect.poll(texts).toContain("new");
  expect(texts()).toEqual(["new"]);
});

test("who is added while they are just coming is told of it all the same", async () => {
  const own = holding(await freshDatabase(), "missed_since");
  const server = await startServer({}, { database: own.database });
  const { id } = await server.colloquy.threads.create({ creator: AUTHOR, permissions: 8191 });
  own.hold();
  const coming = server.socket(MEMBER);
  await expect.poll(() => own.answered).toContain("missed_since");
  await server.colloquy.members.add(id, MEMBER);
  await server.as(AUTHOR).post(`/threads/${id}/messages`, { text: "welcome" });
  own.release();
  const socket = await coming;
  await expect.poll(() => socket.frames.flatMap(({ data }) => data.text ?? [])).toEqual(["welcome"]);
});
