import { expect, test } from "vitest";
import { freshDatabase } from "../support/database.ts";
import { holdAnswers } from "../support/heldAnswers.ts";
import { startServer } from "../support/server.ts";
import type { Frame } from "../support/socket.ts";
import { openThread } from "./flows.ts";

const [WRITER, READER] = [2, 3];

test("who is taken out and comes back while their /sync is answered is told of nothing in between", async () => {
  const database = holdAnswers(await freshDatabase());
  const server = await startServer({}, { database });
  const { messages, members } = server.colloquy;
  const thread = await openThread(server, WRITER, { [READER]: 19 });
  const since = (await server.as(READER).get("/sync?since=x")).body.event;
  await messages.post(thread, WRITER, { text: "before" });

  // It is known that they follow the thread, and how far they know it; its events are still to be read.
  const { reached, release } = database.hold("missed_leaving");
  const syncing = server.as(READER).get(`/sync?since=${since}`);
  await reached;
  await members.remove(thread, READER);
  await messages.post(thread, WRITER, { text: "while they were out" });
  await members.add(thread, READER);
  await messages.post(thread, WRITER, { text: "after" });
  release();

  const { status, body } = await syncing;
  expect(status).toBe(200);
  const frames: Frame[] = body.events;
  const ofThread = frames.filter(({ message }) => message !== "unread_changed");
  expect(ofThread[0]).toMatchObject({ message: "thread_updated", data: { id: thread, deleted: true } });
  const texts = frames.flatMap(({ message, data }) =>
    message === "message_created_or_updated" ? data.text : [],
  );
  expect(texts).toEqual(["after"]);
  expect((await server.as(READER).get(`/sync?since=${body.event}`)).body.events).not.toContainEqual(
    expect.objectContaining({ message: "message_created_or_updated" }),
  );
});
