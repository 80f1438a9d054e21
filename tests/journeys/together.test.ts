import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../../packages/server/src/index.ts";
import { databaseKind, freshDatabase } from "../support/database.ts";
import { runs } from "../support/runs.ts";
import { type Answer, startServer, type TestServer } from "../support/server.ts";
import type { Frame, TestSocket } from "../support/socket.ts";
import { type Flow, option, publish, question } from "./flows.ts";

const PATIENT = 2;
const DOCTOR = 3;
const OTHER = 4;
const PEOPLE = 55;
/** The embedded database has one connection: there, fewer races say as much. */
const TIMES = databaseKind === "postgres" ? runs(100, 500) : runs(30, 150);

let server: TestServer;

beforeAll(async () => {
  server = await startServer({}, { people: PEOPLE });
});

const times = (count: number) => Array.from({ length: count }, (_, index) => index);
const statuses = (answers: readonly Pick<Answer, "status">[]) => answers.map(({ status }) => status).sort();

/** Milliseconds that a slow statement takes. */
const SLOW = 200;

/** A database that takes its time over one kind of statement. */
function slowTo(name: string, database: Database): Database {
  return {
    ...database,
    async query(statement, values) {
      if ("name" in statement && statement.name === name) await delay(SLOW);
      return database.query(statement, values);
    },
  };
}

/** A database that fails at the first statement of one kind. */
function failingOnce(name: string, database: Database): Database {
  let failed = false;
  return {
    ...database,
    query(statement, values) {
      if (failed || !("name" in statement) || statement.name !== name)
        return database.query(statement, values);
      failed = true;
      return Promise.reject(new Error("The connection is gone"));
    },
  };
}

/** A thread of the patient, who is led through a schema there, with the doctor beside. */
async function led(flow: Flow, state = "scripted"): Promise<number> {
  const { id } = await server.colloquy.threads.create({ creator: PATIENT });
  await server.colloquy.members.add(id, DOCTOR, { permissions: 8191 });
  await server.colloquy.members.edit(id, PATIENT, { state: state as "scripted", schema: flow.id });
  return id;
}

/** An open thread of the patient with everybody of `others` in it, each with all rights. */
async function open(...others: number[]): Promise<number> {
  const { id } = await server.colloquy.threads.create({ creator: PATIENT });
  for (const other of others) await server.colloquy.members.add(id, other, { permissions: 8191 });
  return id;
}

/** The patient's answer, in the process: of several at once all have arrived before the first is handled. */
async function answers(thread: number, payload: object): Promise<Pick<Answer, "status" | "body">> {
  const url = `/api/threads/${thread}/messages`;
  const headers = { "x-user-id": String(PATIENT) };
  const answer = await server.colloquy.app.inject({ method: "POST", url, headers, payload });
  return { status: answer.statusCode, body: answer.json() };
}

interface Row {
  id: number;
  seq: number;
  text: string;
  sender_id: number | null;
  deleted: string | null;
  run_role: string | null;
}

const stored = (thread: number) =>
  server.colloquy.db.query<Row>(
    {
      name: "test_messages",
      text: "select id, seq, text, sender_id, deleted, run_role from message where thread_id = $1 order by id",
    },
    [thread],
  );

const eventsOf = (thread: number) =>
  server.colloquy.db.query<{ seq: number; type: string; data: Record<string, unknown> }>(
    { name: "test_events", text: "select seq, type, data from event where thread_id = $1 order by seq" },
    [thread],
  );

/** That both the messages and the events of a thread are numbered from 1 without a hole, in the order of their ids. */
async function expectNoHoles(thread: number): Promise<void> {
  const messages = await stored(thread);
  expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, index) => index + 1));
  const events = await eventsOf(thread);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
}

const pushed = (socket: TestSocket, thread: number): Frame[] =>
  socket.frames.filter(
    ({ message, data }) => message === "message_created_or_updated" && data.thread === thread,
  );

/** Waits until a socket was pushed a message. */
const told = (socket: TestSocket, id: number) =>
  socket.next(({ message, data }) => message === "message_created_or_updated" && data.id === id);

// Neither names what it answers: exactlyOnce.test.ts is about those that do.
describe("two clients that answer the same question at the same instant", () => {
  const options = { answers: [{ text: "Yes", next_qid: 1, variable_modifications: [["n", "n + 1"]] }] };
  const loops = {
    choice: { qid: 1, type: "choice", ...options },
    text: { qid: 1, type: "text", next_qid: 2 },
  };
  const counted = {
    qid: 2,
    type: "fork",
    variable_modifications: [["n", "n + 1"]],
    forking_rules: [[1, "True"]],
  };

  // The next question is the same again, so that the second answer would be a good one to it.
  test.each([
    ["choice", "scripted", TIMES],
    ["text", "scripted", TIMES],
    ["choice", "scripted_fe_controlled", TIMES],
    ["text", "scripted_fe_controlled", TIMES],
  ] as const)(
    "one wins each time: %s in %s, %i times",
    async (type, state, turns) => {
      const flow = await publish(server, `race ${type} ${state}`, [loops[type], counted]);
      const thread = await led(flow, state);
      const answer = type === "choice" ? { answers: [option(flow, 1, "Yes")] } : {};
      const controlled = state === "scripted" ? {} : { question: question(flow, 1) };
      for (const turn of times(turns)) {
        const text = (by: string) => (type === "text" ? { text: `${turn} by ${by}` } : {});
        const both = await Promise.all(
          ["one", "other"].map((by) => answers(thread, { ...answer, ...controlled, ...text(by) })),
        );
        expect([turn, ...statuses(both)]).toEqual([turn, 201, 400]);
        expect(both.find(({ status }) => status === 400)!.body).toEqual({
          non_field_errors: ["ALREADY_ANSWERED"],
        });
      }
      const { body: view } = await server.as(PATIENT).get(`/threads/${thread}`);
      expect(view).toMatchObject({ state, variables_pool: { n: turns }, question: question(flow, 1) });
      const roles = (await stored(thread)).map(({ run_role }) => run_role);
      const after = times(turns).flatMap(() => ["answer", "question"]);
      expect(roles).toEqual(
        state === "scripted" ? ["question", ...after] : times(turns).flatMap(() => ["question", "answer"]),
      );
      await expectNoHoles(thread);
      const events = (await eventsOf(thread)).filter(({ type }) => type === "message_created");
      expect(events).toHaveLength(roles.length);
    },
    20 * 60_000,
  );

  test("the winner's answer is final also where it ends the run", async () => {
    const flow = await publish(server, "race to the end", [{ qid: 1, type: "text", next_qid: -1 }]);
    for (const turn of times(30)) {
      const thread = await led(flow);
      const both = await Promise.all(["a", "b"].map((text) => answers(thread, { text })));
      expect([turn, ...statuses(both)]).toEqual([turn, 201, 400]);
      expect(await stored(thread)).toHaveLength(2);
    }
  });

  test("an aborted request does not count as under way for ever", async () => {
    const flow = await publish(server, "aborted", [{ qid: 1, type: "text", next_qid: 1 }]);
    const thread = await led(flow);
    for (const turn of times(20)) {
      const url = `${server.url}/api/threads/${thread}/messages`;
      const headers = { "content-type": "application/json", "x-user-id": String(PATIENT) };
      const body = JSON.stringify({ text: `aborted ${turn}` });
      const abort = new AbortController();
      const request = fetch(url, { method: "POST", headers, body, signal: abort.signal }).catch(() => null);
      setTimeout(() => abort.abort(), turn / 4);
      await request;
      await server.colloquy.threads.get(thread, PATIENT);
    }
    const answered = () => server.as(PATIENT).post(`/threads/${thread}/messages`, { text: "still here" });
    await expect.poll(async () => (await answered()).status).toBe(201);
  });
});

describe("a client_id", () => {
  test(`sent ${TIMES} times at once makes one message`, async () => {
    const thread = await open(DOCTOR);
    const client_id = randomUUID();
    const draft = { text: "Once", client_id };
    const all = await Promise.all(
      times(TIMES).map(() => server.as(PATIENT).post(`/threads/${thread}/messages`, draft)),
    );
    expect(all.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(all.filter(({ status }) => status === 200)).toHaveLength(TIMES - 1);
    expect(new Set(all.map(({ body }) => body.id)).size).toBe(1);
    expect(await stored(thread)).toHaveLength(1);
    await expectNoHoles(thread);
    expect((await server.as(DOCTOR).get(`/threads/${thread}`)).body.unread).toBe(1);
  });

  test(`sent ${TIMES} times at once is one answer, and all get its result`, async () => {
    const flow = await publish(server, "idempotent", [{ qid: 1, type: "text", next_qid: 1 }]);
    const thread = await led(flow);
    const draft = { text: "Once", client_id: randomUUID() };
    const all = await Promise.all(
      times(TIMES).map(() => server.as(PATIENT).post(`/threads/${thread}/messages`, draft)),
    );
    expect(all.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(all.filter(({ status }) => status === 200)).toHaveLength(TIMES - 1);
    expect(new Set(all.map(({ body }) => body.id)).size).toBe(1);
    expect((await stored(thread)).map(({ run_role }) => run_role)).toEqual([
      "question",
      "answer",
      "question",
    ]);
    const threads = new Set(all.map(({ body }) => JSON.stringify(body.thread_data)));
    expect(threads.size).toBe(1);
    expect(all[0]!.body.thread_data).toMatchObject({ question: question(flow, 1), unread: 2 });
    await expectNoHoles(thread);
  });

  test("belongs to its sender and its thread", async () => {
    const [thread, elsewhere] = [await open(DOCTOR), await open(DOCTOR)];
    const draft = { text: "Same id", client_id: randomUUID() };
    const all = await Promise.all([
      server.as(PATIENT).post(`/threads/${thread}/messages`, draft),
      server.as(DOCTOR).post(`/threads/${thread}/messages`, draft),
      server.as(PATIENT).post(`/threads/${elsewhere}/messages`, draft),
    ]);
    expect(statuses(all)).toEqual([201, 201, 201]);
  });
});

describe("50 people in one thread", () => {
  const everybody = times(50).map((index) => index + 3);

  test("post at once: no deadlock, no hole, and everybody is told in the order of seq", async () => {
    const thread = await open(...everybody);
    const sockets = await Promise.all([PATIENT, 3, 4, 52].map((user) => server.socket(user)));
    for (const round of times(4)) {
      const all = await Promise.all(
        everybody.map((user) =>
          server.as(user).post(`/threads/${thread}/messages`, { text: `${round} by ${user}` }),
        ),
      );
      expect(statuses(all)).toEqual(everybody.map(() => 201));
    }
    await expectNoHoles(thread);
    const ids = (await stored(thread)).map(({ id }) => id);
    expect(ids).toHaveLength(200);
    for (const socket of sockets) {
      await told(socket, ids.at(-1)!);
      expect(pushed(socket, thread).map(({ data }) => data.id)).toEqual(ids);
      await socket.close();
    }
    const { body } = await server.as(PATIENT).get(`/threads/${thread}`);
    expect(body.unread).toBe(200);
    expect((await server.as(3).get(`/threads/${thread}`)).body.unread).toBe(196);
  });

  test("who is added meanwhile is told of everything from then on, and has read what was before", async () => {
    for (const _ of times(8)) {
      const thread = await open(DOCTOR, OTHER);
      const [watching, joining] = [await server.socket(DOCTOR), await server.socket(5)];
      const post = (text: string) => server.as(OTHER).post(`/threads/${thread}/messages`, { text });
      const before = times(6).map((n) => post(`before ${n}`));
      const joined = server.as(DOCTOR).post(`/threads/${thread}/users`, { user: 5 });
      const after = times(12).map((n) => post(`after ${n}`));
      expect((await joined).status).toBe(201);
      expect(statuses(await Promise.all([...before, ...after]))).toEqual(times(18).map(() => 201));

      const messages = await stored(thread);
      const join = (await eventsOf(thread)).find(
        ({ type, data }) => type === "member_joined" && data.user === 5,
      )!;
      const seen = (await eventsOf(thread))
        .filter(({ type, seq }) => type === "message_created" && seq > join.seq)
        .map(({ data }) => data.message as number);
      await told(watching, messages.at(-1)!.id);
      if (seen.length > 0) await told(joining, seen.at(-1)!);
      expect(pushed(watching, thread).map(({ data }) => data.id)).toEqual(messages.map(({ id }) => id));
      expect(pushed(joining, thread).map(({ data }) => data.id)).toEqual(seen);
      expect((await server.as(5).get(`/threads/${thread}`)).body.unread).toBe(seen.length);
      await expectNoHoles(thread);
      await watching.close();
      await joining.close();
    }
  });

  test("that holds however slow the database is to say whom a newcomer follows", async () => {
    const slow = await startServer({}, { database: slowTo("followed_one", await freshDatabase()) });
    const { id: thread } = await slow.colloquy.threads.create({ creator: PATIENT });
    await slow.colloquy.members.add(thread, DOCTOR, { permissions: 8191 });
    const [watching, joining] = [await slow.socket(DOCTOR), await slow.socket(5)];
    const post = async (text: string) =>
      (await slow.as(PATIENT).post(`/threads/${thread}/messages`, { text })).body.id as number;
    await post("before");
    await slow.as(DOCTOR).post(`/threads/${thread}/users`, { user: 5 });
    const ids = [await post("one"), await post("two")];
    await told(watching, ids[1]!);
    await delay(SLOW);
    ids.push(await post("three"));
    for (const id of ids) await told(joining, id);
    expect(pushed(joining, thread).map(({ data }) => data.id)).toEqual(ids);
    expect(pushed(watching, thread).map(({ data }) => data.text)).toEqual(["before", "one", "two", "three"]);
  });

  test("what cannot be pushed at first is pushed later, in order, and to nobody twice", async () => {
    const flaky = await startServer({}, { database: failingOnce("messages_read_by", await freshDatabase()) });
    const { id: thread } = await flaky.colloquy.threads.create({ creator: PATIENT });
    await flaky.colloquy.members.add(thread, DOCTOR, {});
    const sockets = [await flaky.socket(PATIENT), await flaky.socket(DOCTOR)];
    const texts = times(5).map(String);
    for (const text of texts) await flaky.as(PATIENT).post(`/threads/${thread}/messages`, { text });
    for (const socket of sockets) {
      await socket.next(({ data }) => data.text === texts.at(-1));
      expect(pushed(socket, thread).map(({ data }) => data.text)).toEqual(texts);
    }
  });

  test("added at once by several, somebody is a member once", async () => {
    const thread = await open(DOCTOR, OTHER);
    const all = await Promise.all(
      times(10).map((n) => server.as(n % 2 ? DOCTOR : OTHER).post(`/threads/${thread}/users`, { user: 6 })),
    );
    expect(statuses(all)).toEqual([201, ...times(9).map(() => 400)]);
    const { body } = await server.as(DOCTOR).get(`/threads/${thread}/users`);
    expect(body.map(({ user }: { user: number }) => user)).toEqual([PATIENT, DOCTOR, OTHER, 6]);
  });
});

describe("a transition that cannot go on", () => {
  const told = (events: { type: string; data: Record<string, unknown> }[]) =>
    events.find(({ type }) => type === "schema_failed")?.data;

  test("for a bad expression keeps the answer and what was shown before, and opens the thread", async () => {
    const flow = await publish(server, "divides by nothing", [
      { qid: 1, type: "text", next_qid: 2, variable_modifications: [["asked", "1"]] },
      { qid: 2, type: "message", next_qid: 3, variable_modifications: [["told", "1"]] },
      { qid: 3, type: "fork", forking_rules: [[1, "1 / nothing"]] },
    ]);
    const thread = await led(flow);
    const { status, body } = await server
      .as(PATIENT)
      .post(`/threads/${thread}/messages`, { text: "My answer" });
    expect(status).toBe(201);
    expect(body.thread_data).toMatchObject({
      state: "open",
      schema: null,
      question: null,
      related_message: null,
    });
    expect((await stored(thread)).map(({ text }) => text)).toEqual(["Question 1", "My answer", "Question 2"]);
    expect((await server.as(PATIENT).get(`/threads/${thread}`)).body.variables_pool).toEqual({
      asked: 1,
      told: 1,
    });
    expect(told(await eventsOf(thread))).toMatchObject({
      user: PATIENT,
      schema: flow.id,
      code: "BAD_EXPRESSION",
      qid: 3,
    });
    await expectNoHoles(thread);
  });

  test("in a chosen option keeps the answer, too", async () => {
    const flow = await publish(server, "an option that fails", [
      {
        qid: 1,
        type: "choice",
        answers: [{ text: "Go", next_qid: 2, variable_modifications: [["x", "int('x')"]] }],
      },
      { qid: 2, type: "text", next_qid: -1 },
    ]);
    const thread = await led(flow);
    const { body } = await server
      .as(PATIENT)
      .post(`/threads/${thread}/messages`, { answers: [option(flow, 1, "Go")] });
    expect(body).toMatchObject({ text: "Go", thread_data: { state: "open", schema: null } });
    expect((await stored(thread)).map(({ text }) => text)).toEqual(["Question 1", "Go"]);
    expect(told(await eventsOf(thread))).toMatchObject({ code: "BAD_EXPRESSION", qid: 1 });
  });

  test("an endless loop posts nothing of itself", async () => {
    const flow = await publish(server, "round and round", [
      { qid: 1, type: "text", next_qid: 2 },
      { qid: 2, type: "message", next_qid: 3 },
      { qid: 3, type: "message", next_qid: 2 },
    ]);
    const thread = await led(flow);
    const { status, body } = await server
      .as(PATIENT)
      .post(`/threads/${thread}/messages`, { text: "My answer" });
    expect([status, body.thread_data.state]).toEqual([201, "open"]);
    expect((await stored(thread)).map(({ text }) => text)).toEqual(["Question 1", "My answer"]);
    expect(told(await eventsOf(thread))).toMatchObject({ code: "ENDLESS_LOOP", user: PATIENT });
    expect(
      (await server.as(PATIENT).post(`/threads/${thread}/messages`, { text: "I can write" })).status,
    ).toBe(201);
  });

  test("already at the start leaves an open member", async () => {
    const flow = await publish(server, "round from the start", [
      { qid: 1, type: "message", next_qid: 2 },
      { qid: 2, type: "message", next_qid: 1 },
    ]);
    const created = await server
      .as(PATIENT)
      .post(`/accounts/${PATIENT}/threads/chat`, { state: "scripted", schema: flow.id });
    expect([created.status, created.body.state, created.body.schema]).toEqual([201, "open", null]);
    expect(told(await eventsOf(created.body.id))).toMatchObject({ code: "ENDLESS_LOOP" });
    expect(await stored(created.body.id)).toEqual([]);
  });
});

const OUTCOMES = {
  201: [
    ["question: Question 1", "answer: My answer", "question: Question 2", "null: Let me"],
    ["question: Question 1", "null: Let me", "null: My answer"],
  ],
  400: [["question: Question 1", "null: Let me"]],
};

test("a broken state and a simultaneous answer: the answer is there with what follows it, or refused", async () => {
  const flow = await publish(server, "to be broken", [
    { qid: 1, type: "text", next_qid: 2 },
    { qid: 2, type: "text", next_qid: -1 },
  ]);
  for (const turn of times(30)) {
    const thread = await led(flow);
    const answer = () => server.as(PATIENT).post(`/threads/${thread}/messages`, { text: "My answer" });
    const breaking = () =>
      server.as(DOCTOR).post(`/threads/${thread}/messages`, { text: "Let me", break_state: true });
    const [answered, broken] =
      turn % 2
        ? await Promise.all([answer(), breaking()])
        : (await Promise.all([breaking(), answer()])).reverse();
    expect(broken!.status).toBe(201);
    // Answered, refused, or written freely once the state was broken: never half of an answer.
    const said = (await stored(thread)).map(({ text, run_role }) => `${run_role}: ${text}`);
    expect(OUTCOMES[answered!.status as 201 | 400]).toContainEqual(said);
    if (answered!.status === 400) expect(answered!.body).toEqual({ non_field_errors: ["ALREADY_ANSWERED"] });
    const { body } = await server.as(PATIENT).get(`/threads/${thread}`);
    expect(body).toMatchObject({ state: "open", schema: null, question: null, related_message: null });
    await expectNoHoles(thread);
  }
});

test("edits at once: none is lost, and the history tells each", async () => {
  const thread = await open();
  await server.colloquy.members.edit(thread, PATIENT, { permissions: 8191 });
  const { body: message } = await server.as(PATIENT).post(`/threads/${thread}/messages`, { text: "v0" });
  const path = `/threads/${thread}/messages/${message.id}`;
  const edits = await Promise.all([
    ...times(9).map((n) => server.as(PATIENT).patch(path, { text: `v${n + 1}` })),
    server.as(PATIENT).patch(path, { meta: { kept: true } }),
  ]);
  expect(new Set(statuses(edits))).toEqual(new Set([200]));
  const { body: now } = await server.as(PATIENT).get(path);
  expect(now.meta).toEqual({ kept: true });
  await server.colloquy.members.add(thread, 1, {});
  const { body: history } = await server.as(1).get(`/messages/${message.id}/history`);
  expect(history).toHaveLength(10);
  const versions = [...history.map(({ text }: { text: string }) => text), now.text];
  expect(new Set(versions)).toEqual(new Set(times(10).map((n) => `v${n}`)));
});
