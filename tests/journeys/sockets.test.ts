import { beforeAll, expect, test } from "vitest";
import type { UserId } from "../../packages/server/src/index.ts";
import { person } from "../support/people.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { openSocket } from "../support/socket.ts";
import { openThread, publish } from "./flows.ts";

// Spec 5, the rows that exist: frames both ways, who gets what.

const SUPERUSER = person(1);
const ME = person(2);
const YOU = person(3);
const STRANGER = person(4);

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

const post = (user: UserId, thread: number, body: object) =>
  server.as(user).post(`/threads/${thread}/messages`, body);
const isMessage = (frame: { message: string }) => frame.message === "message_created_or_updated";

test("hello comes first, with who one is and a token", async () => {
  const socket = await server.socket(ME);
  expect(socket.frames[0]).toEqual({
    message: "hello",
    data: { user: ME, event: expect.stringMatching(/^[0-9a-z]+\.\d+/) },
  });
  await socket.close();
});

test("a ticket opens a socket; nobody's is refused", async () => {
  const { status, body } = await server.as(ME).post("/ws-ticket");
  expect(status).toBe(201);
  const ws = `${server.url.replace("http", "ws")}/ws`;
  const opened = await new Promise<string>((resolve, reject) => {
    const socket = new WebSocket(`${ws}?token=${body.token}`);
    socket.onmessage = ({ data }) => {
      socket.close();
      resolve(String(data));
    };
    socket.onerror = reject;
  });
  expect(JSON.parse(opened)).toMatchObject({ message: "hello", data: { user: ME } });
  for (const path of ["", "?token=nonsense"])
    await new Promise<void>((resolve, reject) => {
      const socket = new WebSocket(`${ws}${path}`);
      socket.onopen = reject;
      socket.onerror = () => resolve();
    });
  await expect(openSocket(ws, 999)).rejects.toThrow();
});

test("a frame that is malformed, unknown or refused is answered so, and the connection stays", async () => {
  const socket = await server.socket(ME);
  const thread = await openThread(server, YOU);
  const { id } = (await post(YOU, thread, { text: "x" })).body;
  const cases = [
    ["not json", "MALFORMED", null],
    ["[]", "MALFORMED", null],
    [{ message: "nothing" }, "UNKNOWN_MESSAGE", "nothing"],
    [{ message: "constructor" }, "UNKNOWN_MESSAGE", "constructor"],
    [{ message: "mark_message_as_read", data: { message: "x" } }, "WRONG_DATA", "mark_message_as_read"],
    [{ message: "mark_message_as_read" }, "WRONG_DATA", "mark_message_as_read"],
    [{ message: "mark_message_as_read", data: { message: id } }, "DENIED", "mark_message_as_read"],
    [{ message: "mark_message_as_read", data: { message: 999_999 } }, "DENIED", "mark_message_as_read"],
    [
      { message: "thread_someone_is_writing", data: { thread, length: 100 } },
      "DENIED",
      "thread_someone_is_writing",
    ],
    [
      { message: "thread_someone_is_writing", data: { thread: 999_999, length: 1 } },
      "DENIED",
      "thread_someone_is_writing",
    ],
  ] as const;
  for (const [frame, code, about] of cases) {
    socket.send(frame);
    const { data } = await socket.next(({ message }) => message === "error");
    expect([frame, data]).toEqual([frame, { code, detail: expect.any(String), about }]);
  }
  const own = await openThread(server, ME);
  await post(ME, own, { text: "still here" });
  await socket.next(({ data }) => data.text === "still here");
  await socket.close();
});

test("who writes is told to the others with flag 2, for so many milliseconds, and not too often", async () => {
  const thread = await openThread(server, ME, { [YOU]: 19, [STRANGER]: 19 });
  await server.as(STRANGER).patch(`/threads/${thread}/users/${STRANGER}`, { notifications: 1 });
  const [mine, yours, muted] = [
    await server.socket(ME),
    await server.socket(YOU),
    await server.socket(STRANGER),
  ];
  mine.send({ message: "thread_someone_is_writing", data: { thread, length: 3_000 } });
  const { data, event } = await yours.next(({ message }) => message === "thread_someone_is_writing");
  expect(data).toEqual({
    thread,
    length: 3_000,
    sender_data: { id: ME, first_name: "Person 2", last_name: "", avatar: null },
  });
  expect(event).toBeUndefined();
  for (let n = 0; n < 20; n++)
    mine.send({ message: "thread_someone_is_writing", data: { thread, length: n } });
  const limited = await mine.next(({ message }) => message === "error");
  expect(limited.data).toMatchObject({ code: "TOO_MANY", about: "thread_someone_is_writing" });
  for (const socket of [mine, muted])
    expect(socket.frames.some(({ message }) => message === "thread_someone_is_writing")).toBe(false);
  for (const socket of [mine, yours, muted]) await socket.close();
});

test("a message is pushed to each as they see it, the sender too; so are its edit and its deletion", async () => {
  const thread = await openThread(server, ME, { [YOU]: 19 });
  await server.colloquy.members.edit(thread, ME, { permissions: 8191 });
  const [mine, yours] = [await server.socket(ME), await server.socket(YOU)];
  const { body } = await post(ME, thread, { text: "Hello", meta: { a: 1 } });
  const own = await mine.next(isMessage);
  const other = await yours.next(isMessage);
  const { answers: _answers, thread_data: _thread, ...message } = body;
  expect(own.data).toMatchObject({
    ...message,
    is_own: true,
    is_read: true,
    thread_data: { unread: 0, permissions: 8191 },
  });
  expect(other.data).toMatchObject({
    ...message,
    is_own: false,
    is_read: false,
    attachments_data: [],
    thread_data: {
      id: thread,
      unread: 1,
      permissions: 19,
      last_message_data: { id: body.id, is_own: false },
    },
  });
  for (const { event } of [own, other]) expect(event).toMatch(/^[0-9a-z]+\.\d+;/);

  await server.as(ME).patch(`/threads/${thread}/messages/${body.id}`, { text: "Hello!" });
  expect((await yours.next(isMessage)).data).toMatchObject({
    id: body.id,
    text: "Hello!",
    thread_data: { unread: 1 },
  });
  await server.as(ME).delete(`/threads/${thread}/messages/${body.id}`);
  expect((await yours.next(isMessage)).data).toEqual({ id: body.id, thread, deleted: true });
  for (const socket of [mine, yours]) await socket.close();
});

test("a thread's change is pushed to its members, a mode's to whom it concerns, the count to one's own devices", async () => {
  const flow = await publish(server, "pushed", [
    { qid: 1, type: "control", next_qid: 2 },
    { qid: 2, type: "text", next_qid: -1 },
  ]);
  const thread = await openThread(server, ME, { [YOU]: 8191 });
  const [mine, yours, also] = [await server.socket(ME), await server.socket(YOU), await server.socket(YOU)];
  await server.as(YOU).patch(`/threads/${thread}`, { title: "Renamed" });
  for (const socket of [mine, yours, also])
    expect((await socket.next(({ message }) => message === "thread_updated")).data).toMatchObject({
      id: thread,
      title: "Renamed",
    });
  await server
    .as(YOU)
    .patch(`/threads/${thread}/users/${ME}`, { state: "scripted_fe_controlled", schema: flow.id });
  expect((await mine.next(({ message }) => message === "thread_updated")).data).toMatchObject({
    state: "scripted_fe_controlled",
    question_data: { qid: 1 },
  });
  const question = flow.questions.get(1)!.id;
  expect((await post(ME, thread, { question })).status).toBe(204);
  expect((await mine.next(({ message }) => message === "thread_updated")).data).toMatchObject({
    question_data: { qid: 2 },
  });

  await post(ME, thread, { question: flow.questions.get(2)!.id, text: "Done" });
  await server.as(YOU).get(`/threads/${thread}/messages`);
  for (const socket of [yours, also])
    expect((await socket.next(({ message }) => message === "unread_changed")).data).toEqual({
      thread,
      unread: 0,
      read: [[expect.any(Number), expect.any(Number)]],
    });
  expect(yours.frames.filter(({ message }) => message === "thread_updated")).toHaveLength(1);
  expect(mine.frames.some(({ message }) => message === "unread_changed")).toBe(false);
  for (const socket of [mine, yours, also]) await socket.close();
});

test("members without flag 2 get nothing, and the removed get nothing more", async () => {
  const thread = await openThread(server, ME, { [YOU]: 19, [STRANGER]: 19 });
  const [yours, strangers] = [await server.socket(YOU), await server.socket(STRANGER)];
  await server.as(STRANGER).patch(`/threads/${thread}/users/${STRANGER}`, { notifications: 1 });
  await post(ME, thread, { text: "one" });
  await yours.next(({ data }) => data.text === "one");
  await server.as(ME).delete(`/threads/${thread}/users/${YOU}`);
  await post(ME, thread, { text: "two" });
  await server.as(STRANGER).patch(`/threads/${thread}/users/${STRANGER}`, { notifications: 3 });
  await post(ME, thread, { text: "three" });
  await strangers.next(({ data }) => data.text === "three");
  expect(strangers.frames.filter(isMessage).map(({ data }) => data.text)).toEqual(["three"]);
  expect(yours.frames.filter(isMessage).map(({ data }) => data.text)).toEqual(["one"]);
  // Back again, from then on.
  await server.as(ME).post(`/threads/${thread}/users`, { user: YOU });
  await post(ME, thread, { text: "four" });
  await yours.next(({ data }) => data.text === "four");
  expect(yours.frames.filter(isMessage).map(({ data }) => data.text)).toEqual(["one", "four"]);
  for (const socket of [yours, strangers]) await socket.close();
});

test("a superuser may follow one foreign thread, another replaces it", async () => {
  const [first, second] = [await openThread(server, ME), await openThread(server, ME)];
  const socket = await server.socket(SUPERUSER);
  const subscribe = (user: UserId, thread: number) => server.as(user).post(`/threads/${thread}/ws-subscribe`);
  expect((await subscribe(ME, first)).status).toBe(403);
  expect((await subscribe(SUPERUSER, first)).status).toBe(204);
  await post(ME, first, { text: "followed" });
  const { data } = await socket.next(isMessage);
  expect(data).toMatchObject({
    text: "followed",
    is_own: false,
    is_read: true,
    thread_data: { type: "chat", state: "closed", permissions: 17, notifications: 0, unread: 0 },
  });
  expect((await subscribe(SUPERUSER, second)).status).toBe(204);
  await post(ME, first, { text: "no more" });
  await post(ME, second, { text: "the other" });
  await socket.next(({ data }) => data.text === "the other");
  expect(socket.frames.filter(isMessage).map(({ data }) => data.text)).toEqual(["followed", "the other"]);
  await socket.close();
});

test("a server that stops closes with 1012", async () => {
  const stopping = await startServer();
  const socket = await stopping.socket(ME);
  await stopping.colloquy.close();
  expect(await socket.closed).toBe(1012);
});

test("a server that stops waits for nobody who comes back at once", async () => {
  const stopping = await startServer();
  const address = `${stopping.url.replace("http", "ws")}/ws`;
  let isOver = false;
  const returning = (async () => {
    while (!isOver) {
      const socket = await openSocket(address, ME).catch(() => null);
      if (socket !== null) await socket.closed;
    }
  })();
  await expect
    .poll(() =>
      stopping
        .as(ME)
        .get("/threads/1")
        .then(({ status }) => status),
    )
    .toBe(403);
  await stopping.colloquy.close();
  isOver = true;
  await returning;
});
