import { expect, test } from "vitest";
import { freshDatabase } from "../support/database.ts";
import { startServer } from "../support/server.ts";

const PATIENT = 2;

test("a thread that somebody holds locked delays only its own messages", async () => {
  const database = await freshDatabase();
  const server = await startServer({}, { database });
  const thread = async () => (await server.colloquy.threads.create({ creator: PATIENT })).id;
  const [held, free] = [await thread(), await thread()];
  const post = async (id: number, text: string) =>
    (await server.as(PATIENT).post(`/threads/${id}/messages`, { text })).status;

  let waiting: Promise<number> | undefined;
  let isWaiting = true;
  const meanwhile: number[] = [];
  await database.transaction(async (tx) => {
    await tx.query({ name: "test_lock", text: "select from thread where id = $1 for update" }, [held]);
    waiting = post(held, "waits").finally(() => {
      isWaiting = false;
    });
    for (const text of ["goes on", "and on", "and on"]) meanwhile.push(await post(free, text));
    expect(isWaiting).toBe(true);
  });
  expect(meanwhile).toEqual([201, 201, 201]);
  expect(await waiting).toBe(201);
});
