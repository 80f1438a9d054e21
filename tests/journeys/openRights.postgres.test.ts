import { expect, test } from "vitest";
import { openDatabase } from "../../packages/server/src/database/database.ts";
import { freshPostgres } from "../support/database.ts";
import { startServer } from "../support/server.ts";
import type { Frame } from "../support/socket.ts";
import { openThread } from "./flows.ts";

const [CHIEF, WRITER] = [1, 2];

test("a superuser who is made none on one node is pushed no more by another", {
  timeout: 60_000,
}, async () => {
  const url = await freshPostgres();
  const settings = { accounts: { cacheSeconds: 1 } };
  const here = await startServer(settings, { database: await openDatabase(url) });
  const there = await startServer(settings, { database: await openDatabase(url) });
  const isText = (text: string) => (frame: Frame) =>
    frame.message === "message_created_or_updated" && frame.data.text === text;
  const foreign = await openThread(there, WRITER);
  expect((await there.as(CHIEF).post(`/threads/${foreign}/ws-subscribe`)).status).toBe(204);
  const [socket, witness] = [await here.socket(CHIEF), await here.socket(WRITER)];

  /** What is said in both threads on one node: a push of the second says that there was one of the first, or none. */
  async function isPushed(): Promise<boolean> {
    const [text, bell] = [crypto.randomUUID(), crypto.randomUUID()];
    await there.as(WRITER).post(`/threads/${foreign}/messages`, { text });
    await witness.next(isText(text));
    const own = await openThread(there, WRITER, { [CHIEF]: 19 });
    await there.as(WRITER).post(`/threads/${own}/messages`, { text: bell });
    await socket.next(isText(bell));
    return socket.frames.some(isText(text));
  }
  expect(await isPushed()).toBe(true);
  await there.colloquy.db.query({ name: "test_demote", text: "update account set is_superuser = false" });
  await expect.poll(isPushed, { timeout: 30_000, interval: 500 }).toBe(false);
});
