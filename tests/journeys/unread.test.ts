import { beforeAll, describe, expect, test } from "vitest";
import type { UserId } from "../../packages/server/src/index.ts";
import { person } from "../support/people.ts";
import { type Answer, startServer, type TestServer } from "../support/server.ts";
import type { TestSocket } from "../support/socket.ts";
import { openThread, publish } from "./flows.ts";

// Spec 2.6 and what is hidden (2.4): what counts as unread, what ends it, and that it never drifts.

const PATIENT = person(2);
const DOCTOR = person(3);
const OTHER = person(4);
const HIDER = person(5);

let server: TestServer;

beforeAll(async () => {
  server = await startServer({
    messages: { hidden: ({ id }) => (id === HIDER ? ["secret", "secret_question"] : []) },
  });
});

const doctor = () => server.as(DOCTOR);
const post = (user: UserId, thread: number, body: object) =>
  server.as(user).post(`/threads/${thread}/messages`, body);
const view = async (user: UserId, thread: number) => (await server.as(user).get(`/threads/${thread}`)).body;
const texts = async (user: UserId, thread: number) =>
  (await server.as(user).get(`/threads/${thread}/messages?limit=100`)).body.results.map(
    ({ text }: { text: string }) => text,
  );
const times = (count: number) => Array.from({ length: count }, (_, index) => index);
const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status).sort();

/** An open thread of the patient with everybody of `others` in it, each with all rights. */
const open = (...others: UserId[]) =>
  openThread(server, PATIENT, Object.fromEntries(others.map((user) => [user, 8191])));

const stored = (thread: number) =>
  server.colloquy.db.query<{ id: number }>(
    { name: "test_ids", text: "select id from message where thread_id = $1 order by id" },
    [thread],
  );

/** Waits until a socket was pushed a message. */
const told = (socket: TestSocket, id: number) =>
  socket.next(({ message, data }) => message === "message_created_or_updated" && data.id === id);

describe("hidden messages", () => {
  test("are never listed, counted, pushed, got, marked, or shown as the last", async () => {
    const thread = await openThread(server, PATIENT, { [HIDER]: 8191 });
    const socket = await server.socket(HIDER);
    const seen = (await post(PATIENT, thread, { text: "seen" })).body.id;
    const secret = (await post(PATIENT, thread, { text: "hidden", type: "secret" })).body.id;
    const hider = server.as(HIDER);
    expect(await view(HIDER, thread)).toMatchObject({ unread: 1, last_message_data: { id: seen } });
    expect((await hider.get(`/accounts/${HIDER}/threads/chat`)).body.results[0]).toMatchObject({
      unread: 1,
      last_message_data: { id: seen },
    });
    expect((await hider.get(`/threads/${thread}/messages/${secret}`)).status).toBe(404);
    expect((await hider.post(`/threads/${thread}/read`, { message: secret })).status).toBe(404);
    expect((await hider.delete(`/threads/${thread}/messages/${secret}`)).status).toBe(404);
    socket.send({ message: "mark_message_as_read", data: { message: secret } });
    await socket.next(({ message, data }) => message === "error" && data.code === "DENIED");
    expect(await texts(HIDER, thread)).toEqual(["seen"]);
    expect((await hider.get(`/threads/${thread}/messages?q=hidden`)).body.results).toEqual([]);
    expect(await texts(PATIENT, thread)).toEqual(["seen", "hidden"]);
    await post(PATIENT, thread, { text: "seen, too" });
    await socket.next(({ data }) => data.text === "seen, too");
    const pushed = socket.frames.filter(({ message }) => message === "message_created_or_updated");
    expect(pushed.map(({ data }) => data.text)).toEqual(["seen", "seen, too"]);
    await socket.close();
  });

  test("do not count either where one's own answer brings them", async () => {
    const secretive = await publish(server, "secretive", [
      { qid: 1, type: "text", next_qid: 2 },
      { qid: 2, type: "message", show_as_type: "secret_question", next_qid: 3 },
      { qid: 3, type: "text", next_qid: -1 },
    ]);
    const { body: thread } = await server
      .as(HIDER)
      .post(`/accounts/${HIDER}/threads/chat`, { state: "scripted", schema: secretive.id });
    const { body } = await post(HIDER, thread.id, { text: "x" });
    expect(body.thread_data.unread).toBe(2);
    expect((await view(HIDER, thread.id)).unread).toBe(2);
    expect(await texts(HIDER, thread.id)).toEqual(["Question 1", "x", "Question 3"]);
  });
});

describe("unread", () => {
  test("ends on listing, getting, marking, and reading up to a message", async () => {
    const thread = await openThread(server, PATIENT, { [DOCTOR]: 8191 });
    const socket = await server.socket(DOCTOR);
    const ids: number[] = [];
    for (let n = 0; n < 10; n++) ids.push((await post(PATIENT, thread, { text: `${n}` })).body.id);
    expect((await view(DOCTOR, thread)).unread).toBe(10);
    expect((await view(PATIENT, thread)).unread).toBe(0);

    const got = () => doctor().get(`/threads/${thread}/messages/${ids[4]}`);
    expect((await got()).body.is_read).toBe(false);
    expect((await got()).body.is_read).toBe(true);
    expect((await view(DOCTOR, thread)).unread).toBe(9);

    const list = () => doctor().get(`/threads/${thread}/messages?limit=2&offset=3`);
    const read = (body: { results: { is_read: boolean }[] }) => body.results.map(({ is_read }) => is_read);
    expect(read((await list()).body)).toEqual([false, true]);
    expect(read((await list()).body)).toEqual([true, true]);
    expect((await view(DOCTOR, thread)).unread).toBe(8);

    socket.send({ message: "mark_message_as_read", data: { message: ids[9] } });
    const marked = await socket.next(
      ({ message, data }) => message === "unread_changed" && data.unread === 7,
    );
    expect(marked.data).toEqual({ thread, unread: 7, read: expect.any(Array) });

    expect((await doctor().post(`/threads/${thread}/read`, { message: ids[6] })).status).toBe(204);
    expect((await view(DOCTOR, thread)).unread).toBe(2);
    expect((await doctor().post(`/threads/${thread}/read`, { message: ids[2] })).status).toBe(204);
    expect((await view(DOCTOR, thread)).unread).toBe(2);
    expect((await doctor().post(`/threads/${thread}/read`, { message: 999_999 })).status).toBe(404);
    expect((await doctor().post(`/threads/${thread}/read`, {})).body).toEqual({
      message: ["This field is required."],
    });
    expect((await doctor().get(`/accounts/${DOCTOR}/threads/chat?limit=1`)).body.results[0].unread).toBe(2);
    await socket.close();
  });

  test("what an answer says of it is what the thread says, with the flag on and off", async () => {
    const asked = await publish(server, "counted answers", [{ qid: 1, type: "text", next_qid: 1 }]);
    for (const notifications of [3, 2]) {
      const thread = await open();
      await server.colloquy.members.edit(thread, PATIENT, {
        notifications,
        state: "scripted",
        schema: asked.id,
      });
      const { body } = await post(PATIENT, thread, { text: "x" });
      const now = await view(PATIENT, thread);
      expect(body.thread_data).toEqual(now);
      expect(now.unread).toBe(notifications === 3 ? 2 : 0);
    }
  });

  test("one's own messages never are, nor what was said before one came", async () => {
    const thread = await openThread(server, PATIENT);
    await post(PATIENT, thread, { text: "before" });
    await server.colloquy.members.add(thread, DOCTOR, { permissions: 8191 });
    expect((await view(DOCTOR, thread)).unread).toBe(0);
    await post(DOCTOR, thread, { text: "mine" });
    expect((await view(DOCTOR, thread)).unread).toBe(0);
    expect((await view(PATIENT, thread)).unread).toBe(1);
    const { results } = (await doctor().get(`/threads/${thread}/messages`)).body;
    expect(results.map(({ is_read }: { is_read: boolean }) => is_read)).toEqual([true, true]);
  });
});

describe("the unread count", () => {
  /** What a member has not read, by the messages themselves. */
  async function byHand(thread: number, user: UserId): Promise<number> {
    const unread = await server.colloquy.db.query(
      {
        name: "test_unread",
        text: `select x.id from message x join member m on m.thread_id = x.thread_id and m.user_id = $2
          where x.thread_id = $1 and x.deleted is null and x.sender_id is distinct from $2
            and not x.seq <@ m.seen and (m.muted_from is null or x.seq <= m.muted_from)`,
      },
      [thread, user],
    );
    return unread.length;
  }

  async function expectExact(thread: number, user: UserId, known?: number): Promise<void> {
    const { body } = await server.as(user).get(`/threads/${thread}`);
    expect(body.unread).toBe(await byHand(thread, user));
    if (known !== undefined) expect(body.unread).toBe(known);
  }

  test("never drifts, whoever reads and writes at once", async () => {
    const thread = await open(DOCTOR);
    const socket = await server.socket(DOCTOR);
    const post = async (text: string) => {
      const { body } = await server.as(PATIENT).post(`/threads/${thread}/messages`, { text });
      return body.id as number;
    };
    // More than what makes a stored count worth renewing.
    for (const n of times(120)) await server.colloquy.messages.automate(thread, { text: `old ${n}` });
    await expectExact(thread, DOCTOR, 120);
    const messages = (await stored(thread)).map(({ id }) => id);

    for (const round of times(6)) {
      const reading = times(20).map((n) => {
        const target = messages[(round * 17 + n * 5) % messages.length]!;
        if (n % 4 === 0) return server.as(DOCTOR).get(`/threads/${thread}/messages/${target}`);
        if (n % 4 === 1) return server.as(DOCTOR).get(`/threads/${thread}`);
        if (n % 4 === 2) return server.as(DOCTOR).get(`/threads/${thread}/messages?limit=3&before=${target}`);
        socket.send({ message: "mark_message_as_read", data: { message: target } });
        return post(`new ${round} ${n}`).then((id) => {
          messages.push(id);
        });
      });
      await Promise.all(reading);
    }
    const last = await socketIsDone(socket, thread);
    await expectExact(thread, DOCTOR);
    expect(last).toBe(await byHand(thread, DOCTOR));

    const upTo = messages[100]!;
    await Promise.all(
      times(20).map(() => server.as(DOCTOR).post(`/threads/${thread}/read`, { message: upTo })),
    );
    await expectExact(thread, DOCTOR);
    const newest = (await stored(thread)).at(-1)!.id;
    await server.as(DOCTOR).post(`/threads/${thread}/read`, { message: newest });
    await expectExact(thread, DOCTOR, 0);
    await socket.close();
  });

  /** Waits until everything sent over the socket was carried out; answers the newest count it was told of. */
  async function socketIsDone(socket: TestSocket, thread: number): Promise<number> {
    socket.send({ message: "no such message", data: {} });
    await socket.next(({ message, data }) => message === "error" && data.about === "no such message");
    const marker = await server.colloquy.messages.automate(thread, { text: "marker" });
    await told(socket, marker);
    const { body } = await server.as(DOCTOR).get(`/threads/${thread}/messages/${marker}`);
    expect(body.is_read).toBe(false);
    const expected = (await server.as(DOCTOR).get(`/threads/${thread}`)).body.unread;
    await socket.next(({ message, data }) => message === "unread_changed" && data.unread === expected);
    return expected;
  }

  test("forgets deleted messages, and only once", async () => {
    const thread = await open(DOCTOR, OTHER);
    const ids: number[] = [];
    for (const n of times(10)) {
      const { body } = await server.as(PATIENT).post(`/threads/${thread}/messages`, { text: String(n) });
      ids.push(body.id);
    }
    await server.as(DOCTOR).get(`/threads/${thread}/messages/${ids[2]}`);
    await expectExact(thread, DOCTOR, 9);
    const remove = (id: number) => server.as(OTHER).delete(`/threads/${thread}/messages/${id}`);
    const twice = await Promise.all([remove(ids[5]!), remove(ids[5]!), remove(ids[2]!)]);
    expect(statuses(twice)).toEqual([204, 204, 404]);
    await expectExact(thread, DOCTOR, 8);
    await Promise.all([remove(ids[7]!), server.as(DOCTOR).get(`/threads/${thread}/messages/${ids[7]}`)]);
    await Promise.all([
      remove(ids[8]!),
      server.as(PATIENT).post(`/threads/${thread}/messages`, { text: "more" }),
    ]);
    await expectExact(thread, DOCTOR, 7);
    await server.as(DOCTOR).get(`/threads/${thread}/messages?limit=100`);
    await expectExact(thread, DOCTOR, 0);
  });

  test("counts what comes while the flag is on, and nothing else", async () => {
    const thread = await open();
    await server.colloquy.members.add(thread, DOCTOR, { permissions: 8191 });
    const post = (text: string) => server.as(PATIENT).post(`/threads/${thread}/messages`, { text });
    const flag = (notifications: number) => server.as(DOCTOR).patch(`/threads/${thread}`, { notifications });
    await post("counted 1");
    await post("counted 2");
    expect((await flag(2)).body.unread).toBe(2);
    await post("not counted");
    await expectExact(thread, DOCTOR, 2);
    expect((await flag(3)).body.unread).toBe(2);
    await expectExact(thread, DOCTOR, 2);
    await post("counted 3");
    await expectExact(thread, DOCTOR, 3);
    const { body } = await server.as(DOCTOR).get(`/threads/${thread}/messages`);
    const flags = body.results.map(({ text, is_read }: { text: string; is_read: boolean }) => [
      text,
      is_read,
    ]);
    expect(flags).toEqual([
      ["counted 1", false],
      ["counted 2", false],
      ["not counted", true],
      ["counted 3", false],
    ]);
    await expectExact(thread, DOCTOR, 0);

    // Off and on at once with what is posted: exact in whatever order they came.
    for (const turn of times(10)) await Promise.all([flag(turn % 2 ? 3 : 2), post(`racing ${turn}`)]);
    await flag(3);
    await expectExact(thread, DOCTOR);
  });
});
