import { expect, test } from "vitest";
import { startServer } from "../../../../tests/support/server.ts";
import type { Wake } from "../bus/bus.ts";
import { openSweep } from "./sweep.ts";

test("the sweep tells how far a thread has come, and from where on who joined it follows", async () => {
  const server = await startServer();
  const { db } = server.colloquy;
  const found: Wake[] = [];
  const stop = openSweep(
    db,
    (wakes) => void found.push(...wakes),
    (error) => {
      throw error;
    },
  );
  // It begins with what comes after its first look.
  await expect
    .poll(
      async () => {
        await server.colloquy.threads.create({ creator: 2 });
        return found.length;
      },
      { interval: 500 },
    )
    .toBeGreaterThan(0);

  const { id } = await server.colloquy.threads.create({ creator: 2 });
  for (const text of ["one", "two"]) await server.as(2).post(`/threads/${id}/messages`, { text });
  await server.colloquy.members.add(id, 3);
  const [row] = await db.query<{ seq: number; joined: number }>(
    {
      name: "test_events",
      text: `select max(seq) as seq, max(seq) filter (where type = 'member_joined') as joined
        from event where thread_id = $1`,
    },
    [id],
  );
  const last = () => found.findLast((wake) => wake.type === "thread" && wake.thread === id);
  await expect.poll(last).toMatchObject({ seq: row!.seq });
  const touched = found.flatMap((wake) =>
    wake.type === "thread" && wake.thread === id ? (wake.touched ?? []) : [],
  );
  expect(touched).toContainEqual({ user: 3, after: row!.joined - 1 });
  await stop();
});
