import { describe, expect, test } from "vitest";
import type { Database, EventName, HostEvent, UserId } from "../../packages/server/src/index.ts";
import { freshDatabase } from "../support/database.ts";
import { person } from "../support/people.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { openThread, option, publish, question } from "./flows.ts";

// Spec 2.9 and 1.7: what the host is told of, restarts, versions.

const SUPERUSER = person(1);
const PATIENT = person(2);
const DOCTOR = person(3);

const NAMES: EventName[] = [
  ...([
    "message_created",
    "message_updated",
    "message_deleted",
    "answers_chosen",
    "schema_completed",
  ] as const),
  ...(["schema_failed", "thread_state_changed", "member_joined", "member_left"] as const),
];

/** Handlers for every event, and what they were handed. */
function listener() {
  const heard: HostEvent[] = [];
  const on = Object.fromEntries(
    NAMES.map((name) => [
      name,
      (event: HostEvent) => {
        heard.push(event);
      },
    ]),
  );
  return { heard, on };
}

const names = (heard: readonly HostEvent[]) => heard.map(({ type }) => type);
const post = (server: TestServer, user: UserId, thread: number, body: object) =>
  server.as(user).post(`/threads/${thread}/messages`, body);

describe("the host is told", () => {
  test("of each kind of event, with ids, in order", async () => {
    const { heard, on } = listener();
    const server = await startServer({ on });
    const flow = await publish(server, "told", [
      {
        qid: 1,
        type: "choice",
        answers: [{ text: "Yes", next_qid: -1, variable_modifications: [["n", "n + 1"]] }],
      },
    ]);
    const broken = await publish(server, "broken", [
      { qid: 1, type: "text", next_qid: 2 },
      { qid: 2, type: "fork", forking_rules: [[1, "1 / 0"]] },
    ]);

    const thread = await openThread(server, PATIENT, { [DOCTOR]: 8191 });
    const edit = (body: object) => server.as(DOCTOR).patch(`/threads/${thread}/users/${PATIENT}`, body);
    await edit({ state: "scripted", schema: flow.id });
    const yes = option(flow, 1, "Yes");
    const { body: answer } = await post(server, PATIENT, thread, { answers: [yes] });
    await edit({ state: "scripted", schema: broken.id });
    await post(server, PATIENT, thread, { text: "x" });
    const { body: note } = await post(server, DOCTOR, thread, { text: "note" });
    await server.as(DOCTOR).patch(`/threads/${thread}/messages/${note.id}`, { text: "note 2" });
    await server.as(DOCTOR).delete(`/threads/${thread}/messages/${note.id}`);
    await server.as(DOCTOR).patch(`/threads/${thread}`, { state: "closed" });
    await post(server, DOCTOR, thread, { text: "reopened" });
    await server.as(DOCTOR).delete(`/threads/${thread}/users/${PATIENT}`);

    await expect.poll(() => names(heard)).toContain("member_left");
    const user = PATIENT;
    const variables = { n: 1 };
    expect(heard.map(({ type, data }) => ({ type, data }))).toEqual([
      { type: "member_joined", data: { thread, user } },
      { type: "member_joined", data: { thread, user: DOCTOR } },
      { type: "message_created", data: { thread, message: expect.any(Number) } },
      { type: "message_created", data: { thread, message: answer.id } },
      { type: "answers_chosen", data: { thread, message: answer.id, user, answers: [yes] } },
      { type: "schema_completed", data: { thread, user, schema: flow.id, variables } },
      { type: "message_created", data: { thread, message: expect.any(Number) } },
      { type: "message_created", data: { thread, message: expect.any(Number) } },
      {
        type: "schema_failed",
        data: { thread, user, schema: broken.id, code: "BAD_EXPRESSION", qid: 2, detail: expect.any(String) },
      },
      { type: "message_created", data: { thread, message: note.id } },
      { type: "message_updated", data: { thread, message: note.id } },
      { type: "message_deleted", data: { thread, message: note.id } },
      {
        type: "thread_state_changed",
        data: { thread, state: "closed", previous_state: "open", user: DOCTOR },
      },
      { type: "message_created", data: { thread, message: expect.any(Number) } },
      {
        type: "thread_state_changed",
        data: { thread, state: "open", previous_state: "closed", user: DOCTOR },
      },
      { type: "member_left", data: { thread, user } },
    ]);
    expect(new Set(heard.map(({ id }) => id)).size).toBe(heard.length);
    for (const { created } of heard) expect(created).toMatch(/^\d{4}-.*Z$/);
  });

  test("after the commit: what it is told of can be read", async () => {
    const texts: string[] = [];
    const server: TestServer = await startServer({
      on: {
        async message_created({ data }) {
          const messages = await server.colloquy.messages.list(data.thread, PATIENT);
          texts.push(messages.find(({ id }) => id === data.message)!.text);
        },
      },
    });
    const thread = await openThread(server, PATIENT);
    for (const text of ["one", "two", "three"]) await post(server, PATIENT, thread, { text });
    await expect.poll(() => texts).toEqual(["one", "two", "three"]);
  });

  test("again, with the same id, when a handler throws, and only then of what follows", async () => {
    const calls: { id: string; message: number }[] = [];
    const server = await startServer({
      on: {
        message_created({ id, data }) {
          calls.push({ id, message: data.message });
          if (calls.length <= 2) throw new Error("The host is not well");
        },
      },
    });
    const thread = await openThread(server, PATIENT);
    const ids: number[] = [];
    for (const text of ["one", "two"]) ids.push((await post(server, PATIENT, thread, { text })).body.id);
    await expect.poll(() => calls.length).toBe(4);
    expect(calls.map(({ message }) => message)).toEqual([ids[0], ids[0], ids[0], ids[1]]);
    expect(new Set(calls.slice(0, 3).map(({ id }) => id)).size).toBe(1);
  });

  test("from when it asks, until it asks no more; nothing of what was refused", async () => {
    const server = await startServer();
    const thread = await openThread(server, PATIENT);
    const heard: number[] = [];
    const stop = server.colloquy.on("message_created", ({ data }) => {
      heard.push(data.message);
    });
    await stop.begun;
    const first = (await post(server, PATIENT, thread, { text: "heard" })).body.id;
    await post(server, PATIENT, thread, { text: "", answers: [1] });
    const second = await server.colloquy.messages.automate(thread, { text: "heard, too" });
    await expect.poll(() => heard).toEqual([first, second]);
    stop();
    await post(server, PATIENT, thread, { text: "not heard" });
    const later: number[] = [];
    const { begun } = server.colloquy.on("message_created", ({ data }) => {
      later.push(data.message);
    });
    await begun;
    const last = (await post(server, PATIENT, thread, { text: "heard by another" })).body.id;
    await expect.poll(() => later).toContain(last);
    expect(heard).toEqual([first, second]);
  });
});

describe("the place in the log", () => {
  const place = async (database: Database) => {
    const [row] = await database.query<{ xid: string; id: number; updated: string }>({
      name: "test_place",
      text: "select xid::text as xid, id, updated from event_reader where name = 'host'",
    });
    return row;
  };
  const newest = async (database: Database) => {
    const [row] = await database.query<{ xid: string; id: number }>({
      name: "test_newest",
      text: "select xid::text as xid, id from event order by xid desc, id desc limit 1",
    });
    return row!;
  };

  test("moves past events that nobody wants, a batch at a time, and is written once for each", async () => {
    const written: string[] = [];
    const database = await freshDatabase({
      onStatement: (name) => {
        if (name === "event_reader_advance" || name === "events_wanted") written.push(name);
      },
    });
    const heard: number[] = [];
    const server = await startServer(
      { on: { member_left: ({ data }) => void heard.push(data.thread) } },
      { database },
    );
    const thread = await openThread(server, PATIENT, { [DOCTOR]: 19 });
    await expect.poll(async () => (await place(database))?.id).toBe((await newest(database)).id);
    written.length = 0;
    await database.query({
      name: "test_many",
      text: `insert into event (thread_id, user_id, type, data)
        select null, 1, 'message_created', jsonb_build_object('thread', n, 'message', n)
        from generate_series(1, 2500) n`,
    });
    await server.colloquy.members.remove(thread, DOCTOR);
    await expect.poll(() => heard).toEqual([thread]);
    const { id } = await newest(database);
    await expect.poll(async () => (await place(database))?.id).toBe(id);
    const count = (name: string) => written.filter((one) => one === name).length;
    expect(count("event_reader_advance")).toBeLessThanOrEqual(count("events_wanted"));
    expect(count("events_wanted")).toBeLessThan(20);
  });

  test("is behind what a handler has at hand, and is written when the server closes", async () => {
    const database = await freshDatabase();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const handled: number[] = [];
    const server = await startServer(
      {
        on: {
          async message_created({ data }) {
            handled.push(data.message);
            if (handled.length === 2) await released;
          },
        },
      },
      { database },
    );
    const thread = await openThread(server, PATIENT);
    const ids: number[] = [];
    for (const text of ["one", "two", "three"])
      ids.push((await post(server, PATIENT, thread, { text })).body.id);
    await expect.poll(() => handled).toEqual(ids.slice(0, 2));
    const closing = server.close();
    release();
    await closing;
    const { heard, on } = listener();
    await startServer({ on }, { database });
    await expect
      .poll(() => heard.flatMap(({ type, data }) => (type === "message_created" ? data.message : [])))
      .toEqual(ids.slice(handled.length));
  });
});

describe("a server that comes back on the same database", () => {
  test("goes on with a run where it was, and tells the host what it had not", async () => {
    const database = await freshDatabase();
    const before = await startServer({}, { database });
    const flow = await publish(before, "interrupted", [
      { qid: 1, type: "text", next_qid: 2, variable_modifications: [["n", "n + 1"]] },
      { qid: 2, type: "text", next_qid: -1, variable_modifications: [["n", "n + 1"]] },
    ]);
    const thread = await openThread(before, PATIENT, { [DOCTOR]: 19 });
    await before.colloquy.runs.start(thread, PATIENT, flow.id, { on_finish: "close" });
    await post(before, PATIENT, thread, { text: "one" });
    const view = (await before.as(PATIENT).get(`/threads/${thread}`)).body;
    await before.close();

    const { heard, on } = listener();
    const after = await startServer({ on }, { database });
    expect((await after.as(PATIENT).get(`/threads/${thread}`)).body).toEqual(view);
    const { body } = await post(after, PATIENT, thread, { text: "two" });
    expect(body.thread_data).toMatchObject({ state: "closed", schema: null, question: null });
    expect((await after.as(PATIENT).get(`/threads/${thread}`)).body.variables_pool).toEqual({ n: 2 });
    await expect.poll(() => names(heard)).toContain("schema_completed");
    expect((await after.as(DOCTOR).get(`/threads/${thread}`)).body.unread).toBe(4);
  });

  test("hands over what was not handed over before it stopped", async () => {
    const database = await freshDatabase();
    const failing = await startServer(
      {
        on: {
          message_created: () => {
            throw new Error("Down");
          },
        },
      },
      { database },
    );
    const thread = await openThread(failing, PATIENT);
    const { body: message } = await post(failing, PATIENT, thread, { text: "Not lost" });
    await failing.close();
    const { heard, on } = listener();
    await startServer({ on }, { database });
    await expect.poll(() => heard.map(({ data }) => data)).toContainEqual({ thread, message: message.id });
  });
});

describe("versions of a schema", () => {
  const asked = (text: string) => [
    { qid: 1, type: "text", text: `${text} 1`, next_qid: 2 },
    { qid: 2, type: "text", text: `${text} 2`, next_qid: -1 },
  ];

  test("published ones are immutable; a copy is the next, unpublished; publishing it deprecates the earlier", async () => {
    const server = await startServer();
    const admin = server.as(SUPERUSER);
    const flow = await publish(server, "versioned", asked("First"));
    const document = (await admin.get(`/admin/schemas/${flow.id}/document`)).body;
    expect(await admin.put(`/admin/schemas/${flow.id}`, document)).toMatchObject({
      status: 400,
      body: { non_field_errors: ["PUBLISHED"] },
    });
    expect((await admin.patch(`/admin/schemas/${flow.id}`, { name: "renamed" })).status).toBe(400);

    const copied = await admin.post(`/admin/schemas/${flow.id}/copy`, {});
    expect(copied).toMatchObject({ status: 201, body: { name: "versioned", version: 2, published: false } });
    expect(copied.body.questions.map(({ text }: { text: string }) => text)).toEqual(["First 1", "First 2"]);
    expect(copied.body.questions[0].id).not.toBe(question(flow, 1));

    const thread = await openThread(server, PATIENT);
    await server.colloquy.runs.start(thread, PATIENT, flow.id);
    const next = { ...document, version: 2, questions: asked("Second") };
    expect((await admin.put(`/admin/schemas/${copied.body.id}`, next)).status).toBe(200);
    expect((await admin.post(`/admin/schemas/${copied.body.id}/publish`, {})).body).toMatchObject({
      published: true,
      deprecated: false,
    });
    expect((await admin.get(`/schemas/${flow.id}`)).body).toMatchObject({
      published: true,
      deprecated: true,
    });

    // Who began in the first version finishes in it; who begins now, begins in the second.
    await post(server, PATIENT, thread, { text: "x" });
    const texts = async (id: number) =>
      (await server.as(PATIENT).get(`/threads/${id}/messages`)).body.results.map(
        ({ text }: { text: string }) => text,
      );
    expect(await texts(thread)).toEqual(["First 1", "x", "First 2"]);
    const later = await openThread(server, PATIENT);
    await server.colloquy.runs.start(later, PATIENT, copied.body.id);
    expect(await texts(later)).toEqual(["Second 1"]);
    expect((await post(server, PATIENT, thread, { text: "y" })).body.thread_data.state).toBe("open");
  });

  test("publishing with errors is refused unless forced", async () => {
    const server = await startServer();
    const document = {
      format: "colloquy.schema/1",
      name: "endless",
      type: "automated_flow",
      questions: [
        { qid: 1, type: "message", text: "Round", next_qid: 2 },
        { qid: 2, type: "message", text: "and round", next_qid: 1 },
      ],
    };
    const admin = server.as(SUPERUSER);
    const { body: stored } = await admin.post("/admin/schemas/import", document);
    expect(stored.published).toBe(false);
    const refused = await admin.post(`/admin/schemas/${stored.id}/publish`, {});
    expect([refused.status, refused.body.findings.join()]).toEqual([
      400,
      expect.stringContaining("ENDLESS_LOOP"),
    ]);
    expect((await admin.get(`/schemas/${stored.id}`)).body.published).toBe(false);
    expect((await admin.post(`/admin/schemas/${stored.id}/publish`, { force: true })).body.published).toBe(
      true,
    );
  });
});
