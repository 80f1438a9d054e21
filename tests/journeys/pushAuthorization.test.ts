import { beforeAll, describe, expect, it } from "vitest";
import { ensureAccount } from "../../packages/server/src/people/queries.ts";
import { addPeople, startServer, type TestServer } from "../support/server.ts";
import type { Frame, TestSocket } from "../support/socket.ts";

const ALL = 8191;
const [SUPERUSER, AUTHOR, REMOVED, STRANGER, SIGHTED, BLINKERED] = [1, 2, 3, 4, 5, 6];
const SECOND_SUPERUSER = 7;
const [FLAGS, RIGHTS] = [100, 200];
const bits = (count: number) => Array.from({ length: count }, (_, index) => 2 ** index);

let server: TestServer;

beforeAll(async () => {
  server = await startServer({
    messages: { hidden: ({ id }) => (id === BLINKERED ? ["secret"] : []) },
  });
  await addPeople(server.colloquy.db, FLAGS, FLAGS + 5);
  await addPeople(server.colloquy.db, RIGHTS, RIGHTS + 13);
  await ensureAccount(server.colloquy.db, SECOND_SUPERUSER, { first_name: "Second" });
  await server.colloquy.db.query({
    name: "test_promote",
    text: `update account set is_superuser = true where id = ${SECOND_SUPERUSER}`,
  });
});

async function makeThread(): Promise<number> {
  const { id } = await server.colloquy.threads.create({ creator: AUTHOR, permissions: ALL });
  return id;
}

function createsMessage(id: number) {
  return ({ message, data }: Frame) => message === "message_created_or_updated" && data.id === id;
}

/**
 * What each of the users is pushed of a thread while `act` runs. A last frame, which they are pushed by a thread
 * of their own, says that nothing more is on its way: pushes of one thread do not wait for those of another, so
 * the author posts there only once the author, too, has seen what `act` led to.
 */
async function pushedTo(
  users: readonly number[],
  thread: number,
  act: () => Promise<unknown>,
): Promise<Map<number, Frame[]>> {
  const sockets = new Map<number, TestSocket>();
  for (const user of users) sockets.set(user, await server.socket(user));
  const witness = await server.socket(AUTHOR);
  const before = new Map([...sockets].map(([user, { frames }]) => [user, frames.length]));
  await act();
  const { id } = await server.colloquy.threads.create({ creator: AUTHOR, permissions: ALL });
  for (const user of users)
    if (user !== AUTHOR) await server.colloquy.members.add(id, user, { permissions: 1 });
  const { id: last } = (await server.colloquy.messages.post(thread, AUTHOR, { text: "That was all" }))!;
  await witness.next(createsMessage(last));
  const bell = (await server.colloquy.messages.post(id, AUTHOR, { text: "Bell" }))!;
  const frames = new Map<number, Frame[]>();
  for (const [user, socket] of sockets) {
    await socket.next(createsMessage(bell.id));
    const about = ({ data }: Frame) => (data.thread ?? data.id) === thread && data.id !== last;
    frames.set(user, socket.frames.slice(before.get(user)).filter(about));
    await socket.close();
  }
  await witness.close();
  return frames;
}

const names = (frames: Frame[] | undefined) => [...new Set(frames?.map(({ message }) => message))].sort();

describe("what happens in a thread is pushed", () => {
  const edit = async (thread: number) => {
    const { body } = await server.as(AUTHOR).post(`/threads/${thread}/messages`, { text: "One" });
    await server.as(AUTHOR).patch(`/threads/${thread}/messages/${body.id}`, { text: "Two" });
    await server.as(AUTHOR).delete(`/threads/${thread}/messages/${body.id}`);
    await server.as(AUTHOR).patch(`/threads/${thread}`, { title: "Three" });
  };
  const everything = ["message_created_or_updated", "thread_updated"];

  it("to members with the flag for it, and to no others", async () => {
    const thread = await makeThread();
    for (const [index, flag] of bits(5).entries())
      await server.colloquy.members.add(thread, FLAGS + index, { notifications: flag, permissions: 19 });
    await server.colloquy.members.add(thread, FLAGS + 5, { notifications: 29, permissions: 19 });
    const users = [AUTHOR, STRANGER, SUPERUSER, ...bits(6).map((_, index) => FLAGS + index)];
    const frames = await pushedTo(users, thread, () => edit(thread));
    const told = users.filter((user) => frames.get(user)!.length > 0);
    expect(told).toEqual([AUTHOR, FLAGS + 1]);
    expect(names(frames.get(FLAGS + 1))).toEqual(everything);
    const created = frames.get(FLAGS + 1)!.filter(({ message }) => message === everything[0]);
    expect(created.map(({ data }) => data.text ?? data.deleted)).toContain(true);
  });

  it("to members who may read messages, and to no others", async () => {
    const thread = await makeThread();
    for (const [index, right] of [0, ...bits(13)].entries())
      await server.colloquy.members.add(thread, RIGHTS + index, { notifications: 31, permissions: right });
    const users = [0, ...bits(13)].map((_, index) => RIGHTS + index);
    const frames = await pushedTo(users, thread, async () => {
      await edit(thread);
      const writer = await server.socket(AUTHOR);
      writer.send({ message: "thread_someone_is_writing", data: { thread, length: 1000 } });
      // Answered in the order of sending: once this is refused, the other is done.
      writer.send({ message: "nonsense" });
      await writer.next(({ message }) => message === "error");
      await writer.close();
    });
    expect(users.filter((user) => frames.get(user)!.length > 0)).toEqual([RIGHTS + 1]);
    expect(names(frames.get(RIGHTS + 1))).toEqual([...everything, "thread_someone_is_writing"].sort());
  });

  it("no more to who was taken out, or has lost the right, or the flag", async () => {
    const thread = await makeThread();
    const users = [REMOVED, FLAGS, FLAGS + 1];
    for (const user of users) await server.colloquy.members.add(thread, user);
    const sockets = await Promise.all(users.map((user) => server.socket(user)));
    const { body: first } = await server.as(AUTHOR).post(`/threads/${thread}/messages`, { text: "Before" });
    for (const socket of sockets) await socket.next(createsMessage(first.id));
    await server.as(AUTHOR).delete(`/threads/${thread}/users/${REMOVED}`);
    await server.as(AUTHOR).patch(`/threads/${thread}/users/${FLAGS}`, { permissions: 18 });
    await server.as(FLAGS + 1).patch(`/threads/${thread}/users/${FLAGS + 1}`, { notifications: 1 });
    const { body: second } = await server.as(AUTHOR).post(`/threads/${thread}/messages`, { text: "After" });
    const frames = await pushedTo(users, thread, () => edit(thread));
    for (const user of users) expect(frames.get(user)).toEqual([]);
    for (const socket of sockets) {
      expect(socket.frames.filter(createsMessage(second.id))).toEqual([]);
      expect(JSON.stringify(socket.frames)).not.toContain("After");
    }
  });

  it("at once to who has joined, but nothing from before", async () => {
    const thread = await makeThread();
    await server.as(AUTHOR).post(`/threads/${thread}/messages`, { text: "Before" });
    const socket = await server.socket(FLAGS);
    await server.as(AUTHOR).post(`/threads/${thread}/users`, { user: FLAGS });
    const { body } = await server.as(AUTHOR).post(`/threads/${thread}/messages`, { text: "After" });
    await socket.next(createsMessage(body.id));
    const texts = socket.frames.filter(({ message }) => message === "message_created_or_updated");
    expect(texts.map(({ data }) => data.text)).toEqual(["After"]);
  });

  it("to a superuser who follows it, as to a reader, until they follow another", async () => {
    const [thread, other] = [await makeThread(), await makeThread()];
    const follow = (user: number, id: number) => server.as(user).post(`/threads/${id}/ws-subscribe`);
    expect((await follow(SUPERUSER, thread)).status).toBe(204);
    expect((await follow(STRANGER, thread)).status).toBe(403);
    const frames = await pushedTo([SUPERUSER, SECOND_SUPERUSER, STRANGER], thread, () => edit(thread));
    expect(frames.get(SECOND_SUPERUSER)).toEqual([]);
    expect(frames.get(STRANGER)).toEqual([]);
    expect(names(frames.get(SUPERUSER))).toContain("message_created_or_updated");
    const created = frames.get(SUPERUSER)!.find(({ data }) => data.thread_data !== undefined)!;
    expect(created.data).toMatchObject({
      is_own: false,
      is_read: true,
      thread_data: {
        id: thread,
        type: "chat",
        state: "closed",
        permissions: 17,
        notifications: 0,
        unread: 0,
      },
    });

    await follow(SUPERUSER, other);
    expect((await pushedTo([SUPERUSER], thread, () => edit(thread))).get(SUPERUSER)).toEqual([]);
    expect((await pushedTo([SUPERUSER], other, () => edit(other))).get(SUPERUSER)).not.toEqual([]);
  });

  it("not to a follower who is no superuser any more, once that is known", async () => {
    const thread = await makeThread();
    await server.as(SECOND_SUPERUSER).post(`/threads/${thread}/ws-subscribe`);
    await server.colloquy.db.query({
      name: "test_demote",
      text: `update account set is_superuser = false where id = ${SECOND_SUPERUSER}`,
    });
    await expect
      .poll(async () => (await server.as(SECOND_SUPERUSER).get("/admin/accounts")).status)
      .toBe(403);
    const frames = await pushedTo([SECOND_SUPERUSER], thread, () => edit(thread));
    expect(frames.get(SECOND_SUPERUSER)).toEqual([]);
  });
});

describe("messages of a type that is hidden from the receiver", () => {
  it("are neither pushed, nor the last message of what is pushed, nor counted", async () => {
    const thread = await makeThread();
    for (const user of [SIGHTED, BLINKERED]) await server.colloquy.members.add(thread, user);
    const post = (text: string, type: string) =>
      server.as(AUTHOR).post(`/threads/${thread}/messages`, { text, type });
    const frames = await pushedTo([SIGHTED, BLINKERED], thread, async () => {
      await post("Plain", "message");
      const { body } = await post("Whispered", "secret");
      await server.as(AUTHOR).patch(`/threads/${thread}`, { title: "Changed" });
      await server.as(AUTHOR).patch(`/threads/${thread}/messages/${body.id}`, { text: "Whispered again" });
      await server.as(AUTHOR).delete(`/threads/${thread}/messages/${body.id}`);
    });
    expect(JSON.stringify(frames.get(SIGHTED))).toContain("Whispered");
    expect(JSON.stringify(frames.get(BLINKERED))).not.toContain("Whispered");
    const created = frames.get(BLINKERED)!.filter(({ message }) => message === "message_created_or_updated");
    expect(created.map(({ data }) => data.text)).toEqual(["Plain"]);
    const updated = frames.get(BLINKERED)!.find(({ message }) => message === "thread_updated")!;
    expect(updated.data).toMatchObject({ unread: 1, last_message_data: { text: "Plain" } });
  });

  it("cannot be read, marked as read, edited or deleted by their id either", async () => {
    const thread = await makeThread();
    await server.colloquy.members.add(thread, BLINKERED, { permissions: ALL });
    const { body } = await server
      .as(AUTHOR)
      .post(`/threads/${thread}/messages`, { text: "Shh", type: "secret" });
    const blinkered = server.as(BLINKERED);
    const path = `/threads/${thread}/messages/${body.id}`;
    expect((await blinkered.get(path)).status).toBe(404);
    expect((await blinkered.delete(path)).status).toBe(404);
    expect((await blinkered.patch(path, { text: "Mine" })).status).toBe(404);
    expect((await blinkered.post(`/threads/${thread}/read`, { message: body.id })).status).toBe(404);
    const page = await blinkered.get(`/threads/${thread}/messages`);
    expect(page.body.results).toEqual([]);
    const socket = await server.socket(BLINKERED);
    socket.send({ message: "mark_message_as_read", data: { message: body.id } });
    expect((await socket.next(({ message }) => message === "error")).data.code).toBe("DENIED");
  });
});

describe("what somebody does on a socket", () => {
  it("is pushed to the others who may read, not to themselves; and refused of who is no member", async () => {
    const thread = await makeThread();
    await server.colloquy.members.add(thread, SIGHTED);
    await server.as(SUPERUSER).post(`/threads/${thread}/ws-subscribe`);
    const [author, sighted, superuser, stranger] = await Promise.all(
      [AUTHOR, SIGHTED, SUPERUSER, STRANGER].map((user) => server.socket(user)),
    );
    const writing = { message: "thread_someone_is_writing", data: { thread, length: 1500 } };
    for (const socket of [superuser, stranger]) {
      socket!.send(writing);
      expect((await socket!.next(({ message }) => message === "error")).data).toMatchObject({
        code: "DENIED",
      });
    }
    author!.send(writing);
    const isWriting = ({ message }: Frame) => message === "thread_someone_is_writing";
    const pushed = await sighted!.next(isWriting);
    expect(pushed.data).toEqual({
      thread,
      length: 1500,
      sender_data: expect.objectContaining({ id: AUTHOR }),
    });
    await superuser!.next(isWriting);
    for (const socket of [author, stranger]) expect(socket!.frames.filter(isWriting)).toEqual([]);
  });

  it("marks a message as read for members who may read it, telling their own devices alone", async () => {
    const thread = await makeThread();
    await server.colloquy.members.add(thread, SIGHTED);
    await server.colloquy.members.add(thread, FLAGS, { permissions: 16 });
    const { body } = await server.as(AUTHOR).post(`/threads/${thread}/messages`, { text: "Unread" });
    const mark = { message: "mark_message_as_read", data: { message: body.id } };
    const [author, reader, phone, blind, stranger] = await Promise.all(
      [AUTHOR, SIGHTED, SIGHTED, FLAGS, STRANGER].map((user) => server.socket(user)),
    );
    for (const socket of [blind, stranger]) {
      socket!.send(mark);
      expect((await socket!.next(({ message }) => message === "error")).data).toMatchObject({
        code: "DENIED",
      });
    }
    expect((await server.colloquy.threads.get(thread, FLAGS)).unread).toBe(1);
    reader!.send(mark);
    const counted = ({ message }: Frame) => message === "unread_changed";
    for (const socket of [reader, phone])
      expect((await socket!.next(counted)).data).toMatchObject({ thread, unread: 0 });
    for (const socket of [author, blind, stranger]) expect(socket!.frames.filter(counted)).toEqual([]);
  });
});

describe("a socket", () => {
  it("is opened for nobody without an account", async () => {
    await expect(server.socket(987_654)).rejects.toThrow("not opened");
  });
});
