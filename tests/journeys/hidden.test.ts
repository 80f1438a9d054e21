import { beforeAll, describe, expect, test } from "vitest";
import type { UserId } from "../../packages/server/src/index.ts";
import { person } from "../support/people.ts";
import { startServer, type TestServer } from "../support/server.ts";
import type { Frame, TestSocket } from "../support/socket.ts";
import { publish, question } from "./flows.ts";

// Spec 2.4: notes that only some may see, wherever messages are shown.

const AUTHOR = person(2);
const INSIDER = person(3);
const OUTSIDER = person(4);
const HOUND = person(5);
const MUZZLED = person(6);

let server: TestServer;

beforeAll(async () => {
  server = await startServer({
    messages: {
      hidden: ({ id }) => {
        const notes = { meta: { private: true }, unless: { meta: { visible_to: [id] } } };
        if (id === HOUND) return [];
        if (id === MUZZLED) return [{ type: ["bark", "growl"], sender: HOUND }, { type: "whisper" }];
        return [notes, "secret"];
      },
    },
  });
});

/** A thread of the first with the others in it, all with all rights. */
async function open(creator: UserId, ...others: UserId[]): Promise<number> {
  const { id } = await server.colloquy.threads.create({ creator, permissions: 8191 });
  for (const user of others) await server.colloquy.members.add(id, user, { permissions: 8191 });
  return id;
}

const isMessage = ({ message }: Frame) => message === "message_created_or_updated";
const post = (user: UserId, thread: number, body: object) =>
  server.as(user).post(`/threads/${thread}/messages`, body);
const list = async (user: UserId, thread: number, query = "") =>
  (await server.as(user).get(`/threads/${thread}/messages${query}`)).body.results.map(
    ({ text }: { text: string }) => text,
  );
const view = async (user: UserId, thread: number) => (await server.as(user).get(`/threads/${thread}`)).body;

describe("a private note", () => {
  test("is seen by those whom it names, and by nobody else in any way", async () => {
    const thread = await open(AUTHOR, INSIDER, OUTSIDER, HOUND);
    const [insider, outsider] = [await server.socket(INSIDER), await server.socket(OUTSIDER)];
    const { body: plain } = await post(AUTHOR, thread, { text: "Plain" });
    const meta = { private: true, visible_to: [AUTHOR, INSIDER], topic: { grave: 1 } };
    const { status, body: note } = await post(AUTHOR, thread, { text: "Note", meta });
    expect([status, note.thread_data.last_message_data.text]).toEqual([201, "Note"]);

    const shown = async (user: UserId) => {
      const one = await view(user, thread);
      const path = `/accounts/${user}/threads/chat`;
      const [listed] = (await server.as(user).get(path)).body.results;
      const got = await server.as(user).get(`/threads/${thread}/messages/${note.id}`);
      return [
        [one.unread, listed.unread],
        [one.last_message_data.text, listed.last_message_data.text],
        got.status,
      ];
    };
    // Looking at it is reading it: counts come first.
    expect(await shown(INSIDER)).toEqual([[2, 2], ["Note", "Note"], 200]);
    expect(await shown(HOUND)).toEqual([[2, 2], ["Note", "Note"], 200]);
    expect(await shown(OUTSIDER)).toEqual([[1, 1], ["Plain", "Plain"], 404]);
    for (const user of [AUTHOR, INSIDER, HOUND]) expect(await list(user, thread)).toEqual(["Plain", "Note"]);
    expect(await list(OUTSIDER, thread)).toEqual(["Plain"]);
    expect(await list(OUTSIDER, thread, "?q=note")).toEqual([]);
    expect(await list(INSIDER, thread, "?q=note")).toEqual(["Note"]);

    await server.as(AUTHOR).patch(`/threads/${thread}/messages/${note.id}`, { text: "Note 2" });
    await server.as(AUTHOR).delete(`/threads/${thread}/messages/${note.id}`);
    const { body: last } = await post(AUTHOR, thread, { text: "Last" });
    for (const socket of [insider, outsider])
      await socket.next((frame) => isMessage(frame) && frame.data.id === last.id);
    expect(insider.frames.filter(({ data }) => data.id === note.id).length).toBeGreaterThan(0);
    expect(JSON.stringify(outsider.frames)).not.toContain("Note");
    const pushed = outsider.frames.filter(isMessage).map(({ data }) => data.id);
    expect(pushed).toEqual([plain.id, last.id]);
    await Promise.all([insider.close(), outsider.close()]);
  });

  test("is answered to its author, who does not see it afterwards where it leaves them out", async () => {
    const thread = await open(AUTHOR);
    await post(AUTHOR, thread, { text: "Plain" });
    const { status, body } = await post(AUTHOR, thread, { text: "Away", meta: { private: true } });
    expect([status, body.text]).toEqual([201, "Away"]);
    expect(body.thread_data).toMatchObject({ unread: 0, last_message_data: { text: "Plain" } });
    expect(await list(AUTHOR, thread)).toEqual(["Plain"]);
  });

  test("ends being seen by who is no longer named in it, and begins by who is", async () => {
    const thread = await open(AUTHOR, INSIDER, OUTSIDER);
    const meta = { private: true, visible_to: [AUTHOR, INSIDER] };
    const { body } = await post(AUTHOR, thread, { text: "Note", meta });
    const [insider, outsider] = [await server.socket(INSIDER), await server.socket(OUTSIDER)];
    const changed = { meta: { ...meta, visible_to: [AUTHOR, OUTSIDER] } };
    await server.as(AUTHOR).patch(`/threads/${thread}/messages/${body.id}`, changed);
    const gone = { id: body.id, thread, deleted: true };
    expect((await insider.next(isMessage)).data).toEqual(gone);
    const { data: left } = await insider.next(({ message }) => message === "thread_updated");
    expect(left).toMatchObject({ unread: 0, last_message_data: null });
    expect((await outsider.next(isMessage)).data).toMatchObject({ text: "Note", thread_data: { unread: 1 } });
    // Who comes back later learns it as well.
    const { event } = insider.frames[0]!.data;
    const { body: synced } = await server.as(INSIDER).get(`/sync?since=${event}`);
    expect(synced.events.map(({ data }: Frame) => data)).toContainEqual(gone);
    await Promise.all([insider.close(), outsider.close()]);
    expect([(await view(INSIDER, thread)).unread, await list(INSIDER, thread)]).toEqual([0, []]);
    expect([(await view(OUTSIDER, thread)).unread, await list(OUTSIDER, thread)]).toEqual([1, ["Note"]]);
  });
});

test("who did not see a message any more, or never did, is told of no further edits", async () => {
  const thread = await open(AUTHOR, OUTSIDER);
  const { body } = await post(AUTHOR, thread, { text: "For all" });
  const edit = (text: string) =>
    server.as(AUTHOR).patch(`/threads/${thread}/messages/${body.id}`, {
      text,
      meta: { private: true, visible_to: [AUTHOR] },
    });
  const outsider = await server.socket(OUTSIDER);
  expect((await edit("For some")).status).toBe(200);
  await server.colloquy.members.add(thread, INSIDER, { permissions: 8191 });
  const insider = await server.socket(INSIDER);
  for (const text of ["Once more", "And again"]) expect((await edit(text)).status).toBe(200);
  const { body: last } = await post(AUTHOR, thread, { text: "Last" });
  const told = async (socket: TestSocket) => {
    await socket.next((frame) => isMessage(frame) && frame.data.id === last.id);
    await socket.close();
    return socket.frames.filter(isMessage).map(({ data }) => [data.id, data.deleted === true]);
  };
  expect(await told(insider)).toEqual([[last.id, false]]);
  expect(await told(outsider)).toEqual([
    [body.id, true],
    [last.id, false],
  ]);
});

describe("a condition", () => {
  test("hides where all that it names holds: some types of one sender", async () => {
    const thread = await open(AUTHOR, HOUND, MUZZLED);
    for (const type of ["bark", "growl", "message", "whisper"])
      for (const user of [HOUND, AUTHOR]) await post(user, thread, { text: `${user} ${type}`, type });
    const seen = [`${AUTHOR} bark`, `${AUTHOR} growl`, `${HOUND} message`, `${AUTHOR} message`];
    expect(await view(MUZZLED, thread)).toMatchObject({
      unread: 4,
      last_message_data: { text: `${AUTHOR} message` },
    });
    expect(await list(MUZZLED, thread)).toEqual(seen);
    expect((await view(MUZZLED, thread)).unread).toBe(0);
  });

  test("hides as well what a run says, in the answer of whom it leads", async () => {
    const flow = await publish(server, "hiding", [
      { qid: 1, type: "text", next_qid: 2 },
      { qid: 2, type: "message", next_qid: 3, meta: { private: true } },
      { qid: 3, type: "text", next_qid: -1, meta: { private: true, visible_to: [AUTHOR] } },
    ]);
    const made = { creator: AUTHOR, permissions: 8191, schema: flow.id };
    const { id } = await server.colloquy.threads.create({ ...made, state: "scripted" });
    const { body } = await post(AUTHOR, id, { text: "One" });
    expect(body.thread_data).toMatchObject({ unread: 2, last_message_data: { text: "Question 3" } });
    expect((await view(AUTHOR, id)).unread).toBe(2);
    expect(await list(AUTHOR, id)).toEqual(["Question 1", "One", "Question 3"]);

    const controlled = await server.colloquy.threads.create({ ...made, state: "scripted_fe_controlled" });
    const shown = await post(AUTHOR, controlled.id, { question: question(flow, 2) });
    expect([shown.status, shown.body]).toEqual([204, null]);
    expect(await list(AUTHOR, controlled.id)).toEqual([]);
  });
});
