import { beforeAll, describe, expect, test } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";
import { type Flow, importFlow, openThread, option, publish, question } from "./flows.ts";

// Spec 2.2 to 2.4: rights, modes, messages.

const SUPERUSER = 1;
const PATIENT = 2;
const DOCTOR = 3;
const OTHER = 4;

let server: TestServer;
let flow: Flow;
let elsewhere: Flow;

beforeAll(async () => {
  server = await startServer();
  flow = await publish(server, "modes", [
    { qid: 1, type: "message", next_qid: 2, variable_modifications: [["welcomed", "1"]] },
    {
      qid: 2,
      type: "choice",
      show_as_type: "asked",
      meta: { icon: "cup" },
      answers: [
        { text: "Tea", next_qid: 3, variable_modifications: [["tea", "tea + 1"]] },
        { text: "Coffee", next_qid: 4 },
      ],
    },
    { qid: 3, type: "control", next_qid: 4, variable_modifications: [["controlled", "controlled + 1"]] },
    { qid: 4, type: "text", next_qid: 5 },
    {
      qid: 5,
      type: "multichoice",
      choice_open: true,
      answers: [
        { text: "A", next_qid: -1 },
        { text: "B", next_qid: -1 },
        { text: "None", next_qid: -1, exclusive: true },
      ],
    },
  ]);
  elsewhere = await publish(server, "elsewhere", [
    { qid: 1, type: "choice", answers: [{ text: "X", next_qid: -1 }] },
  ]);
});

const patient = () => server.as(PATIENT);
const doctor = () => server.as(DOCTOR);
const post = (user: number, thread: number, body: object) =>
  server.as(user).post(`/threads/${thread}/messages`, body);
const view = async (user: number, thread: number) => (await server.as(user).get(`/threads/${thread}`)).body;
const texts = async (user: number, thread: number) =>
  (await server.as(user).get(`/threads/${thread}/messages?limit=100`)).body.results.map(
    ({ text }: { text: string }) => text,
  );

/** The patient led through `flow`, a doctor with all rights beside. */
async function led(state = "scripted", extra: object = {}): Promise<number> {
  const thread = await openThread(server, PATIENT, { [DOCTOR]: 8191 });
  const { status } = await doctor().patch(`/threads/${thread}/users/${PATIENT}`, {
    state,
    schema: flow.id,
    ...extra,
  });
  expect(status).toBe(200);
  return thread;
}

describe("taking on a mode", () => {
  test.each([
    [{ state: "open", schema: "flow" }, { state: ["WRONG_STATE_FOR_SCHEMA"] }],
    [{ state: "closed", schema: "flow" }, { state: ["WRONG_STATE_FOR_SCHEMA"] }],
    [{ schema: "flow" }, { state: ["WRONG_STATE_FOR_SCHEMA"] }],
    [{ state: "scripted" }, { schema: ["REQUIRED"] }],
    [{ state: "scripted_fe_controlled" }, { schema: ["REQUIRED"] }],
    [{ state: "assisted" }, { schema: ["REQUIRED"] }],
    [{ state: "scripted", schema: "draft" }, { schema: ["NOT_PUBLISHED"] }],
    [{ state: "assisted", schema: "draft" }, { schema: ["NOT_PUBLISHED"] }],
    [
      { state: "scripted", schema: "flow", initial_question: "foreign" },
      { initial_question: ["QUESTION_FROM_WRONG_SCHEMA"] },
    ],
    [{ state: "scripted", schema: "flow", frequency_value: 1 }, { frequency_unit: ["REQUIRED"] }],
    [
      { state: "scripted", schema: "flow", repeat_until: "2999-01-01T00:00:00Z" },
      { frequency_unit: ["REQUIRED"], frequency_value: ["REQUIRED"] },
    ],
    [
      {
        state: "scripted",
        schema: "flow",
        frequency_unit: "days",
        frequency_value: 0,
        repeat_until: "2001-01-01T00:00:00Z",
      },
      {
        frequency_value: ["FREQUENCY_VALUE_MUST_BE_POSITIVE"],
        repeat_until: ["REPEAT_UNTIL_MUST_BE_IN_FUTURE"],
      },
    ],
  ])("%j is refused, on creating a thread and on a member", async (wanted, errors) => {
    const draft = await draftOf();
    const schemas = { flow: flow.id, draft: draft.id } as Record<string, number>;
    const body = {
      ...wanted,
      ...("schema" in wanted ? { schema: schemas[wanted.schema as string] } : {}),
      ...("initial_question" in wanted ? { initial_question: question(elsewhere, 1) } : {}),
    };
    const created = await patient().post(`/accounts/${PATIENT}/threads/chat`, body);
    expect([created.status, created.body]).toEqual([400, errors]);
    const thread = await openThread(server, PATIENT, { [DOCTOR]: 8191 });
    const edited = await doctor().patch(`/threads/${thread}/users/${PATIENT}`, body);
    expect([edited.status, edited.body]).toEqual([400, errors]);
    expect((await doctor().post(`/threads/${thread}/users`, { user: OTHER, ...body })).body).toEqual(errors);
    expect(await view(PATIENT, thread)).toMatchObject({ state: "open", schema: null });
  });

  let draft: Promise<Flow> | undefined;
  const draftOf = () => {
    draft ??= importFlow(server, "modes draft", [{ qid: 1, type: "text", next_qid: -1 }]);
    return draft;
  };

  test("an unpublished schema runs where the setting lets it", async () => {
    const lax = await startServer({ schemas: { allowUnpublished: true } });
    const { id } = await importFlow(lax, "lax", [{ qid: 1, type: "text", next_qid: -1 }]);
    const { status } = await lax
      .as(PATIENT)
      .post(`/accounts/${PATIENT}/threads/chat`, { state: "scripted", schema: id });
    expect(status).toBe(201);
  });

  test("only one member of a thread is scripted at a time; others may be assisted", async () => {
    const thread = await led();
    const edit = (state: string) =>
      doctor().patch(`/threads/${thread}/users/${OTHER}`, { state, schema: flow.id });
    await doctor().post(`/threads/${thread}/users`, { user: OTHER });
    for (const state of ["scripted", "scripted_fe_controlled"])
      expect(await edit(state)).toMatchObject({
        status: 400,
        body: { state: ["Only one scripted mode per thread is allowed."] },
      });
    expect((await edit("assisted")).status).toBe(200);
    await doctor().patch(`/threads/${thread}/users/${PATIENT}`, { state: "open" });
    expect(await view(PATIENT, thread)).toMatchObject({
      state: "open",
      schema: null,
      question: null,
      related_message: null,
    });
    expect((await edit("scripted")).status).toBe(200);
  });

  test("a run may start at any question", async () => {
    const thread = await led("scripted", { initial_question: question(flow, 4) });
    expect(await view(PATIENT, thread)).toMatchObject({
      question: question(flow, 4),
      initial_question: question(flow, 4),
      variables_pool: {},
    });
    expect(await texts(PATIENT, thread)).toEqual(["Question 4"]);
  });

  test("a state for all is one that suits all: assisted where each has a schema, never scripted for two", async () => {
    const thread = await led();
    expect(await doctor().patch(`/threads/${thread}`, { state: "assisted" })).toMatchObject({
      status: 400,
      body: { schema: ["REQUIRED"] },
    });
    const both = await openThread(server, PATIENT, { [DOCTOR]: 8191 });
    await server.colloquy.members.edit(both, PATIENT, { state: "scripted", schema: flow.id });
    await server.colloquy.members.edit(both, DOCTOR, { state: "assisted", schema: elsewhere.id });
    expect(await doctor().patch(`/threads/${both}`, { state: "scripted" })).toMatchObject({
      status: 400,
      body: { state: ["Only one scripted mode per thread is allowed."] },
    });
    expect((await doctor().patch(`/threads/${both}`, { state: "assisted" })).status).toBe(200);
    expect(await view(PATIENT, both)).toMatchObject({
      state: "assisted",
      schema: flow.id,
      question: null,
      related_message: null,
    });
    expect(await view(DOCTOR, both)).toMatchObject({ state: "assisted", schema: elsewhere.id });
    expect((await doctor().patch(`/threads/${both}`, { state: "open" })).status).toBe(200);
    expect(await view(PATIENT, both)).toMatchObject({ state: "open", schema: null });
    expect(await view(DOCTOR, both)).toMatchObject({ state: "open", schema: null });
  });
});

describe("scripted", () => {
  test("questions come from the automation, answers name the question that they answer", async () => {
    const thread = await led("scripted", { automated_sender: DOCTOR });
    await post(PATIENT, thread, { answers: [option(flow, 2, "Coffee")] });
    const { results } = (await patient().get(`/threads/${thread}/messages`)).body;
    expect(results).toMatchObject([
      { text: "Question 1", type: "automated_message", sender: DOCTOR, related_question: question(flow, 1) },
      {
        text: "Question 2",
        type: "asked",
        sender: DOCTOR,
        related_question: question(flow, 2),
        meta: { icon: "cup" },
      },
      { text: "Coffee", type: "message", sender: PATIENT, related_question: question(flow, 2), is_own: true },
      { text: "Question 4", sender: DOCTOR, related_question: question(flow, 4) },
    ]);
    const stored = await server.colloquy.db.query<{ predecessor: number | null }>(
      {
        name: "test_predecessors",
        text: "select predecessor from message where thread_id = $1 order by seq",
      },
      [thread],
    );
    expect(stored.map(({ predecessor }) => predecessor).filter((_, index) => index !== 2)).toEqual([
      null,
      question(flow, 1),
      question(flow, 2),
    ]);
    // What one says oneself through the automation is not unread.
    expect((await view(DOCTOR, thread)).unread).toBe(1);
  });

  test("any POST confirms a control: 204, nothing stored, the run moves on", async () => {
    for (const body of [{}, { text: "whatever" }, { answers: [option(flow, 2, "Tea")] }]) {
      const thread = await led();
      await post(PATIENT, thread, { answers: [option(flow, 2, "Tea")] });
      const { status, body: nothing } = await post(PATIENT, thread, body);
      expect([status, nothing]).toEqual([204, null]);
      expect(await view(PATIENT, thread)).toMatchObject({
        question: question(flow, 4),
        variables_pool: { welcomed: 1, tea: 1, controlled: 1 },
      });
      expect(await texts(PATIENT, thread)).toEqual([
        "Question 1",
        "Question 2",
        "Tea",
        "Question 3",
        "Question 4",
      ]);
    }
  });

  test.each([
    [{}, { answers: ["REQUIRED"] }],
    [{ answers: ["A", "None"] }, { answers: ["EXCLUSIVE"] }],
    [{ answers: ["A", "foreign"] }, { answers: ["WRONG_VALUE"] }],
    [{ answers: ["None", "A", "foreign"] }, { answers: ["WRONG_VALUE", "EXCLUSIVE"] }],
    [{ text: "x".repeat(10_001) }, { answers: ["REQUIRED"], text: ["TOO_LONG"] }],
  ])("to a multichoice, %j is refused with all that is wrong", async (given, errors) => {
    const thread = await led("scripted", { initial_question: question(flow, 5) });
    const answers = ("answers" in given ? given.answers : []).map((text) =>
      text === "foreign" ? option(elsewhere, 1, "X") : option(flow, 5, text),
    );
    const { status, body } = await post(PATIENT, thread, { ...given, answers });
    expect([status, body]).toEqual([400, errors]);
    expect((await view(PATIENT, thread)).question).toBe(question(flow, 5));
  });

  test("to a text, blank, too long and answers are refused together; the order submitted is kept", async () => {
    const thread = await led("scripted", { initial_question: question(flow, 4) });
    const both = await post(PATIENT, thread, { text: "  ", answers: [option(elsewhere, 1, "X")] });
    expect([both.status, both.body]).toEqual([400, { text: ["REQUIRED"], answers: ["WRONG_STATE"] }]);
    expect((await post(PATIENT, thread, { text: "x".repeat(10_001) })).body).toEqual({ text: ["TOO_LONG"] });
    expect((await post(PATIENT, thread, { text: "x".repeat(10_000) })).status).toBe(201);
    const chosen = await post(PATIENT, thread, {
      answers: [option(flow, 5, "B"), option(flow, 5, "A")],
      text: "and more",
    });
    expect(chosen.body).toMatchObject({
      text: "B, A, and more",
      answers: [option(flow, 5, "B"), option(flow, 5, "A")],
    });
    expect(chosen.body.thread_data).toMatchObject({ state: "open", schema: null, question: null });
  });
});

describe("front-end controlled", () => {
  test("needs a question of its schema", async () => {
    const thread = await led("scripted_fe_controlled");
    expect((await post(PATIENT, thread, { text: "x" })).body).toEqual({ question: ["REQUIRED"] });
    expect((await post(PATIENT, thread, { question: question(elsewhere, 1) })).body).toEqual({
      question: ["QUESTION_FROM_WRONG_SCHEMA"],
    });
    expect((await post(PATIENT, thread, { question: 999_999 })).body).toEqual({
      question: ['Invalid pk "999999" - object does not exist.'],
    });
  });

  test("shows a question when it is answered, whichever it is; confirming a control is 204", async () => {
    const thread = await led("scripted_fe_controlled");
    expect(await texts(PATIENT, thread)).toEqual(["Question 1"]);
    const answered = await post(PATIENT, thread, { question: question(flow, 4), text: "Straight here" });
    expect(answered).toMatchObject({
      status: 201,
      body: { text: "Straight here", related_question: question(flow, 4) },
    });
    expect(answered.body.thread_data.question).toBe(question(flow, 5));
    const control = await post(PATIENT, thread, { question: question(flow, 3) });
    expect([control.status, control.body]).toEqual([204, null]);
    expect(await view(PATIENT, thread)).toMatchObject({
      question: question(flow, 4),
      variables_pool: { welcomed: 1, controlled: 1 },
    });
    expect(await texts(PATIENT, thread)).toEqual(["Question 1", "Question 4", "Straight here"]);
  });
});

describe("free messages", () => {
  test("answers have no place in them", async () => {
    const thread = await openThread(server, PATIENT);
    const { status, body } = await post(PATIENT, thread, { text: "x", answers: [option(flow, 2, "Tea")] });
    expect([status, body]).toEqual([400, { answers: ["WRONG_STATE"] }]);
    const assisted = await openThread(server, PATIENT);
    await server.colloquy.members.edit(assisted, PATIENT, { state: "assisted", schema: flow.id });
    expect((await post(PATIENT, assisted, { text: "x", answers: [option(flow, 2, "Tea")] })).status).toBe(
      400,
    );
    expect((await post(PATIENT, assisted, { text: "x" })).status).toBe(201);
  });

  test("a closed thread takes none, and says all that is wrong at once", async () => {
    const thread = await openThread(server, PATIENT, { [DOCTOR]: 8191 });
    await doctor().patch(`/threads/${thread}`, { state: "closed" });
    expect((await post(PATIENT, thread, {})).body).toEqual({
      non_field_errors: ["THREAD_IS_CLOSED"],
      text: ["REQUIRED"],
    });
    expect((await post(DOCTOR, thread, { text: "Open again" })).body.thread_data.state).toBe("open");
    expect((await post(PATIENT, thread, { text: "Thanks" })).status).toBe(201);
  });

  test("break_state needs its right, and opens whoever is scripted, also oneself", async () => {
    const thread = await led();
    await doctor().post(`/threads/${thread}/users`, { user: OTHER, permissions: 19 });
    const refused = await post(OTHER, thread, { text: "Stop", break_state: true });
    expect([refused.status, refused.body]).toEqual([400, { break_state: ["NO_PERMISSIONS"] }]);
    expect((await post(DOCTOR, thread, { break_state: true })).body).toEqual({ text: ["REQUIRED"] });
    expect((await view(PATIENT, thread)).state).toBe("scripted");
    expect((await post(DOCTOR, thread, { text: "Let me", break_state: true })).status).toBe(201);
    expect(await view(PATIENT, thread)).toMatchObject({
      state: "open",
      schema: null,
      question: null,
      related_message: null,
    });

    const own = await led();
    await server.colloquy.members.edit(own, PATIENT, { permissions: 8191 });
    const broken = await post(PATIENT, own, { text: "Enough", break_state: true });
    expect(broken.body).toMatchObject({
      related_question: null,
      thread_data: { state: "open", schema: null, question: null },
    });
    expect((await view(PATIENT, own)).state).toBe("open");
  });

  test("what this server cannot do yet is refused, not dropped", async () => {
    const thread = await openThread(server, PATIENT);
    const { status, body } = await post(PATIENT, thread, {
      text: "x",
      attachments: [{}],
      send_at: "2999-01-01T00:00:00Z",
    });
    expect([status, Object.keys(body).sort()]).toEqual([400, ["attachments", "send_at"]]);
  });

  test("break_state opens who is scripted, writing in a closed thread who is closed, and nobody else", async () => {
    const assisted = { state: "assisted", schema: flow.id } as const;
    const states = async (thread: number) => {
      const { body } = await server.as(DOCTOR).get(`/threads/${thread}/users`);
      return body.map(({ state, schema }: { state: string; schema: number | null }) => [state, schema]);
    };
    const others = async (thread: number) => {
      await server.colloquy.members.add(thread, OTHER, { state: "closed" });
      await server.colloquy.members.add(thread, 5, assisted);
    };
    const broken = await led();
    await others(broken);
    expect((await post(DOCTOR, broken, { text: "Stop", break_state: true })).status).toBe(201);
    expect(await states(broken)).toEqual([
      ["open", null],
      ["open", null],
      ["closed", null],
      ["assisted", flow.id],
    ]);
    const reopened = await led();
    await others(reopened);
    await server.colloquy.members.edit(reopened, DOCTOR, { state: "closed" });
    expect((await post(DOCTOR, reopened, { text: "Hello again" })).status).toBe(201);
    expect(await states(reopened)).toEqual([
      ["scripted", flow.id],
      ["open", null],
      ["open", null],
      ["assisted", flow.id],
    ]);
  });

  test("edits keep the history, for superusers", async () => {
    const thread = await openThread(server, PATIENT);
    await server.colloquy.members.edit(thread, PATIENT, { permissions: 8191 });
    const { body: message } = await post(PATIENT, thread, { text: "first", meta: { n: 1 } });
    const at = `/threads/${thread}/messages/${message.id}`;
    const patched = await patient().patch(at, { text: "second" });
    expect(patched).toMatchObject({ status: 200, body: { text: "second", meta: { n: 1 }, type: "message" } });
    expect(patched.body.updated > message.updated).toBe(true);
    await patient().put(at, { text: "third", type: "note", meta: null });
    expect((await patient().get(at)).body).toMatchObject({ text: "third", type: "message", meta: null });
    expect((await patient().patch(at, { text: "" })).body).toEqual({ text: ["REQUIRED"] });
    expect((await patient().get(`/messages/${message.id}/history`)).status).toBe(403);
    const { body: history } = await server.as(SUPERUSER).get(`/messages/${message.id}/history`);
    expect(history).toMatchObject([
      {
        text: "first",
        meta: { n: 1 },
        type: "message",
        written: message.updated,
        replaced: patched.body.updated,
      },
      { text: "second", meta: { n: 1 }, type: "message", written: patched.body.updated },
    ]);
  });

  test("an edited answer must still be one", async () => {
    const numbers = await publish(server, "numbers", [
      { qid: 1, type: "int", next_qid: 2 },
      { qid: 2, type: "choice", answers: [{ text: "Yes", next_qid: -1 }] },
    ]);
    const thread = await openThread(server, PATIENT);
    await server.colloquy.members.edit(thread, PATIENT, {
      permissions: 8191,
      state: "scripted",
      schema: numbers.id,
    });
    const { body: number } = await post(PATIENT, thread, { text: "7" });
    const { body: choice } = await post(PATIENT, thread, { answers: [option(numbers, 2, "Yes")] });
    const edit = (id: number, body: object) => patient().patch(`/threads/${thread}/messages/${id}`, body);
    expect(await edit(number.id, { text: "seven" })).toMatchObject({
      status: 400,
      body: { text: ["WRONG_VALUE"] },
    });
    expect((await edit(number.id, { text: "8" })).status).toBe(200);
    expect(await edit(choice.id, { text: "No" })).toMatchObject({
      status: 400,
      body: { text: ["WRONG_STATE"] },
    });
  });
});

describe("whom a host's policy lets in without membership", () => {
  test("has a read-only view, and acts on the members", async () => {
    const lax = await startServer({
      policies: {
        threadObject: (caller, _asked, byDefault) => caller.isSuperuser || byDefault(),
        messagesList: (caller, _asked, byDefault) => caller.isSuperuser || byDefault(),
      },
    });
    const { id } = await publish(lax, "lax", [{ qid: 1, type: "text", next_qid: -1 }]);
    const { id: thread } = await lax.colloquy.threads.create({
      creator: PATIENT,
      state: "assisted",
      schema: id,
    });
    await lax.as(PATIENT).post(`/threads/${thread}/messages`, { text: "Hello" });
    const superuser = lax.as(SUPERUSER);
    const { body } = await superuser.get(`/threads/${thread}`);
    expect(body).toMatchObject({
      type: "chat",
      state: "closed",
      permissions: 17,
      notifications: 0,
      unread: 0,
    });
    expect(body).toMatchObject({
      variables_pool: {},
      schema: null,
      last_message_data: { text: "Hello", is_read: true },
    });
    expect((await superuser.get(`/threads/${thread}/messages`)).body.results).toMatchObject([
      { is_read: true },
    ]);
    expect((await superuser.post(`/threads/${thread}/messages`, { text: "x" })).body).toEqual({
      non_field_errors: ["THREAD_IS_CLOSED"],
    });
    expect((await superuser.patch(`/threads/${thread}`, { notifications: 3 })).body.notifications).toBe(0);
    expect((await superuser.patch(`/threads/${thread}`, { state: "scripted", title: "Led" })).status).toBe(
      200,
    );
    const led = (await lax.as(PATIENT).get(`/threads/${thread}`)).body;
    expect(led).toMatchObject({
      state: "scripted",
      title: "Led",
      notifications: 3,
      question_data: { qid: 1 },
    });
    expect((await superuser.patch(`/threads/${thread}`, { state: "closed" })).status).toBe(200);
    expect((await lax.as(PATIENT).get(`/threads/${thread}`)).body).toMatchObject({
      state: "closed",
      schema: null,
    });
  });
});
