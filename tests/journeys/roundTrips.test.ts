import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { Authenticate } from "../../packages/server/src/policies/caller.ts";
import { freshDatabase } from "../support/database.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type Flow, option, publish } from "./flows.ts";

const PATIENT = 2;
const DOCTOR = 3;
const OTHER = 4;

let server: TestServer;
let flow: Flow;
const sent: string[] = [];

beforeAll(async () => {
  const database = await freshDatabase({ onStatement: (name) => sent.push(name) });
  // People are asked for once here, and callers never, so that what is counted does not depend on how long it takes.
  const authenticate: Authenticate = ({ headers }) => {
    const id = Number(headers["x-user-id"]);
    return { id, isSuperuser: id === 1, language: null, timeZone: null };
  };
  server = await startServer({ authenticate, accounts: { cacheSeconds: 3_600 } }, { database });
  flow = await publish(server, "counted", [
    {
      qid: 1,
      type: "choice",
      answers: [
        { text: "Go on", next_qid: 2 },
        { text: "Once more", next_qid: 1 },
      ],
    },
    { qid: 2, type: "message", next_qid: 3 },
    { qid: 3, type: "text", next_qid: -1 },
  ]);
});

async function thread(state: "open" | "scripted"): Promise<number> {
  const schema = state === "scripted" ? flow.id : null;
  const { id } = await server.colloquy.threads.create({ creator: PATIENT, state, schema });
  await server.colloquy.members.add(id, DOCTOR);
  return id;
}

/**
 * The statements that a request sends once everybody's account and the schema are known. Each is one round trip:
 * none of these requests opens a transaction of its own.
 */
async function statements(request: () => Promise<{ status: number }>, status: number): Promise<string[]> {
  sent.length = 0;
  expect((await request()).status).toBe(status);
  return sent
    .filter((name) => !["event_sweep", "events_horizon"].includes(name))
    .map((name) => (name.startsWith("thread_change") ? "thread_change" : name));
}

test("a text message is one write where the thread is as its author last saw it, else a read and a write more", async () => {
  const id = await thread("open");
  const post = () => server.as(PATIENT).post(`/threads/${id}/messages`, { text: "Hello" });
  for (const user of [DOCTOR, PATIENT]) await server.as(user).get("/accounts/me");
  await server.as(DOCTOR).get(`/threads/${id}`);
  // The doctor has joined since the patient saw it.
  expect(await statements(post, 201)).toEqual(["thread_messages", "thread_views", "thread_messages"]);
  await server.as(PATIENT).get(`/threads/${id}`);
  expect(await statements(post, 201)).toEqual(["thread_messages"]);
  expect(await statements(post, 201)).toEqual(["thread_messages"]);
  // Somebody else has written meanwhile: what is unread is looked up.
  await server.as(DOCTOR).post(`/threads/${id}/messages`, { text: "Hello" });
  expect(await statements(post, 201)).toEqual(["thread_messages", "thread_views"]);
});

test("a push asks nothing more where its receivers are as they were at the last one", async () => {
  const id = await thread("open");
  const socket = await server.socket(DOCTOR);
  onTestFinished(socket.close);
  const post = (text: string) => async () => {
    const posted = await server.as(PATIENT).post(`/threads/${id}/messages`, { text });
    await socket.next(({ data }) => data.text === text);
    return posted;
  };
  for (const text of ["one", "two"]) await post(text)();
  expect(await statements(post("three"), 201)).toEqual(["thread_messages"]);
  await server.as(DOCTOR).get(`/threads/${id}/messages`);
  // What was read is pushed to the reader's devices after the answer, and is counted for that.
  await socket.next(({ message }) => message === "unread_changed");
  expect(await statements(post("four"), 201)).toEqual(["thread_messages", "thread_views"]);
  expect(await statements(post("five"), 201)).toEqual(["thread_messages"]);
});

test("a scripted answer is one read and one write, whatever follows from it", async () => {
  const id = await thread("scripted");
  const answer = (text: string) => () =>
    server.as(PATIENT).post(`/threads/${id}/messages`, { answers: [option(flow, 1, text)] });
  await answer("Once more")();
  expect(await statements(answer("Once more"), 201)).toEqual(["thread_views", "thread_change"]);
  expect(await statements(answer("Go on"), 201)).toEqual(["thread_views", "thread_change"]);
  const last = () => server.as(PATIENT).post(`/threads/${id}/messages`, { text: "Done" });
  expect(await statements(last, 201)).toEqual(["thread_views", "thread_change"]);
});

test("a front-end controlled answer is one read and one write", async () => {
  const id = await thread("open");
  await server.colloquy.members.edit(id, PATIENT, { state: "scripted_fe_controlled", schema: flow.id });
  const body = { answers: [option(flow, 1, "Once more")], question: flow.questions.get(1)!.id };
  const answer = () => server.as(PATIENT).post(`/threads/${id}/messages`, body);
  await answer();
  expect(await statements(answer, 201)).toEqual(["thread_views", "thread_change"]);
});

test("a list of messages is two reads, and a write where something in it was unread", async () => {
  const id = await thread("open");
  await server.as(PATIENT).post(`/threads/${id}/messages`, { text: "Hello" });
  await server.as(DOCTOR).get("/accounts/me");
  const list = () => server.as(DOCTOR).get(`/threads/${id}/messages`);
  expect(await statements(list, 200)).toEqual(["thread_views", "unnamed", "mark_read"]);
  expect(await statements(list, 200)).toEqual(["thread_views", "unnamed"]);
});

test("a thread is two reads", async () => {
  const id = await thread("scripted");
  const get = () => server.as(PATIENT).get(`/threads/${id}`);
  await get();
  expect(await statements(get, 200)).toEqual(["thread_views", "last_messages"]);
});

test("a page of threads is two reads, however many there are", async () => {
  for (let n = 0; n < 5; n++) await thread(n % 2 ? "open" : "scripted");
  const list = () => server.as(PATIENT).get(`/accounts/${PATIENT}/threads/chat`);
  await list();
  expect(await statements(list, 200)).toEqual(["unnamed", "last_messages"]);
});

test("what is not remembered yet is asked for once, not once per thread", async () => {
  for (let n = 0; n < 5; n++) await thread("open");
  const list = () => server.as(OTHER).get(`/accounts/${OTHER}/threads/chat`);
  const ids = (await server.as(PATIENT).get(`/accounts/${PATIENT}/threads/chat?limit=5`)).body.results;
  for (const { id } of ids) await server.colloquy.members.add(id, OTHER);
  await server.as(OTHER).get("/accounts/me");
  expect(await statements(list, 200)).toEqual(["unnamed", "last_messages", "thread_members"]);
});
