import { beforeAll, describe, expect, test } from "vitest";
import type { HostEvent } from "../../packages/server/src/log/hostEvents.ts";
import { person } from "../support/people.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type Asked, type Flow, importFlow, option, publish, question } from "./flows.ts";

// Spec 3 and 1.5 over HTTP and sockets: what is visible, what is refused, what counts, and who is told.

const PATIENT = person(2);
const OTHER = person(3);
const EIGHTH = person(8);

let server: TestServer;
const told: HostEvent[] = [];

beforeAll(async () => {
  const tell = (event: HostEvent) => void told.push(event);
  server = await startServer({
    on: { survey_completed: tell, survey_updated: tell, schema_failed: tell },
    surveys: { withoutState: ["stateless"] },
  });
});

/** A choice whose branches are: a required text, nothing, and a fork by score; every branch ends at a message. */
const BRANCHES: Asked[] = [
  {
    qid: 1,
    type: "choice",
    required: true,
    answers: [
      { text: "Pain", next_qid: 2, variable_modifications: [["score", "score + 3"]] },
      { text: "Nothing", next_qid: 9 },
      { text: "Both", next_qid: 4, variable_modifications: [["score", "score + 1"]] },
    ],
  },
  { qid: 2, type: "text", required: true, next_qid: 3, variable_modifications: [["asked", "asked + 1"]] },
  { qid: 3, type: "int", next_qid: 5 },
  {
    qid: 4,
    type: "multichoice",
    required: true,
    choice_open: true,
    answers: [
      { text: "Head", next_qid: 5, variable_modifications: [["score", "score + 1"]] },
      { text: "Back", next_qid: 5, variable_modifications: [["score", "score * 2"]] },
      { text: "None", next_qid: 5, exclusive: true },
    ],
  },
  {
    qid: 5,
    type: "fork",
    forking_rules: [
      [6, "score >= 3"],
      [9, "True"],
    ],
  },
  { qid: 6, type: "range", range_from: 0, range_to: 10, required: true, next_qid: 9 },
  { qid: 9, type: "message", next_qid: -1 },
];

async function begin(flow: Flow, user = PATIENT): Promise<number> {
  const { status, body } = await server.as(user).post(`/accounts/${user}/surveys`, { schema: flow.id });
  expect([status, body]).toEqual([201, expect.anything()]);
  return body.id;
}

const items = (survey: number) => `/surveys/${survey}/items`;
const state = async (survey: number) => (await server.as(PATIENT).get(`/surveys/${survey}`)).body.state;
const pool = async (survey: number) =>
  (await server.as(PATIENT).get(`/surveys/${survey}?fields=variables_pool`)).body.variables_pool;

/** Answers a question of a flow; options by their texts. */
async function give(
  survey: number,
  flow: Flow,
  qid: number,
  given: { options?: string[]; text?: string; [key: string]: unknown },
) {
  const { options, ...rest } = given;
  const answers = options?.map((text) => option(flow, qid, text));
  return server
    .as(PATIENT)
    .post(items(survey), { related_question: question(flow, qid), ...(answers ? { answers } : {}), ...rest });
}

/** Waits until the host was told of as much of a survey. */
async function toldOf(survey: number, type: string, count: number): Promise<HostEvent[]> {
  const found = () =>
    told.filter((event) => event.type === type && "survey" in event.data && event.data.survey === survey);
  await expect.poll(() => found().length).toBeGreaterThanOrEqual(count);
  return found();
}

describe("a survey begins", () => {
  test("with its first question visible and all of its keys there", async () => {
    const flow = await publish(server, "begins", BRANCHES);
    const { status, body } = await server
      .as(PATIENT)
      .post(`/accounts/${PATIENT}/surveys`, { schema: flow.id, automated_sender: person(1) });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(Number),
      schema: flow.id,
      user: PATIENT,
      user_data: { id: PATIENT, first_name: "Person 2", last_name: "", avatar: null },
      automated_sender: person(1),
      automated_sender_data: { id: person(1), first_name: "Person 1", last_name: "", avatar: null },
      state: { visibility: [1], completed: false },
      created: expect.stringMatching(/Z$/),
      updated: body.created,
    });
    expect((await server.as(PATIENT).get(`/surveys/${body.id}`)).body).toEqual(body);
  });

  test("complete where nothing visible is required, and the host is not told of a completion", async () => {
    const flow = await publish(server, "optional", [
      { qid: 1, type: "text", next_qid: 2 },
      { qid: 2, type: "text", next_qid: -1 },
    ]);
    const survey = await begin(flow);
    expect(await state(survey)).toEqual({ visibility: [1, 2], completed: true });
    await give(survey, flow, 1, { text: "hello" });
    await toldOf(survey, "survey_updated", 2);
    expect(await toldOf(survey, "survey_completed", 0)).toEqual([]);
  });

  test("without a state where the schema has no questions", async () => {
    const survey = await begin(await importFlow(server, "empty", [], "?publish=true&force=true"));
    expect(await state(survey)).toBeNull();
  });

  test("only on a schema that is there, published, and of an allowed type", async () => {
    const flow = await importFlow(server, "draft", BRANCHES);
    const post = (body: object) => server.as(PATIENT).post(`/accounts/${PATIENT}/surveys`, body);
    expect((await post({ schema: flow.id })).body).toEqual({ schema: ["NOT_PUBLISHED"] });
    expect((await post({})).body).toEqual({ schema: ["This field is required."] });
    expect((await post({ schema: 999_999 })).body).toEqual({
      schema: ['Invalid pk "999999" - object does not exist.'],
    });
    expect((await post({ schema: flow.id, automated_sender: person(777) })).body).toEqual({
      schema: ["NOT_PUBLISHED"],
      automated_sender: [`Invalid pk "${person(777)}" - object does not exist.`],
    });
    const strict = await startServer({ surveys: { allowedSchemaTypes: ["survey"] } });
    const chat = await publish(strict, "chat", BRANCHES);
    const refused = await strict.as(PATIENT).post(`/accounts/${PATIENT}/surveys`, { schema: chat.id });
    expect([refused.status, refused.body]).toEqual([400, { schema: ["NOT_ALLOWED"] }]);
  });

  test("also on a deprecated version", async () => {
    const old = await publish(server, "versions", BRANCHES);
    await publish(server, "versions", [{ ...BRANCHES[0]!, text: "Anew" }, ...BRANCHES.slice(1)]);
    expect((await server.as(PATIENT).get(`/schemas/${old.id}`)).body.deprecated).toBe(true);
    expect(await state(await begin(old))).toEqual({ visibility: [1], completed: false });
  });
});

describe("an answer", () => {
  test("is shown whole, with the survey as it is after it", async () => {
    const flow = await publish(server, "whole", BRANCHES);
    const survey = await begin(flow);
    const { status, body } = await give(survey, flow, 1, { options: ["Pain"], meta: { from: "tablet" } });
    expect(status).toBe(201);
    const pain = option(flow, 1, "Pain");
    expect(body).toEqual({
      id: expect.any(Number),
      survey,
      survey_data: {
        id: survey,
        schema: flow.id,
        user: PATIENT,
        automated_sender: null,
        state: { visibility: [1, 2, 3, 6, 9], completed: false },
        created: expect.any(String),
        updated: body.updated,
      },
      related_question: question(flow, 1),
      related_question_data: expect.objectContaining({ id: question(flow, 1), qid: 1, schema: flow.id }),
      answers: [pain],
      answers_data: [expect.objectContaining({ id: pain, text: "Pain", question: question(flow, 1) })],
      text: "",
      meta: { from: "tablet" },
      type: "answer",
      position: 0,
      active: true,
      sender: PATIENT,
      sender_data: expect.objectContaining({ id: PATIENT }),
      has_attachments: false,
      attachments_data: [],
      created: expect.any(String),
      updated: body.created,
    });
    expect((await server.as(PATIENT).get(`${items(survey)}/${body.id}`)).body).toEqual(body);
    expect((await server.as(PATIENT).get(items(survey))).body).toEqual([body]);
  });

  test("opens its branch; another one closes it, keeps what was answered there, and brings it back", async () => {
    const flow = await publish(server, "branches", BRANCHES);
    const survey = await begin(flow);
    const { body: first } = await give(survey, flow, 1, { options: ["Pain"] });
    await give(survey, flow, 2, { text: "It hurts" });
    await give(survey, flow, 6, { text: "7" });
    expect(await state(survey)).toEqual({ visibility: [1, 2, 3, 6, 9], completed: true });
    expect(await pool(survey)).toEqual({ score: 3, asked: 1 });

    const change = (text: string) =>
      server.as(PATIENT).patch(`${items(survey)}/${first.id}`, { answers: [option(flow, 1, text)] });
    const away = await change("Both");
    expect(away.body.survey_data.state).toEqual({ visibility: [1, 4], completed: false });
    expect(await pool(survey)).toEqual({ score: 1 });
    const active = async () =>
      (await server.as(PATIENT).get(items(survey))).body.map(
        (item: { position: number; active: boolean }) => [item.position, item.active],
      );
    expect(await active()).toEqual([
      [0, true],
      [1, false],
      [5, false],
    ]);

    const { body: multi } = await give(survey, flow, 4, { options: ["Head", "Back"], text: "and neck" });
    expect(multi.text).toBe("and neck");
    expect(await pool(survey)).toEqual({ score: 4 });
    expect(await state(survey)).toEqual({ visibility: [1, 4, 6, 9], completed: true });
    await server
      .as(PATIENT)
      .patch(`${items(survey)}/${multi.id}`, { answers: [option(flow, 4, "Back"), option(flow, 4, "Head")] });
    expect(await pool(survey)).toEqual({ score: 3 });
    const { body: patched } = await server.as(PATIENT).get(`${items(survey)}/${multi.id}`);
    expect(patched.text).toBe("and neck");
    expect(patched.answers_data.map(({ text }: { text: string }) => text)).toEqual(["Back", "Head"]);

    expect((await change("Pain")).body.survey_data.state).toEqual({
      visibility: [1, 2, 3, 6, 9],
      completed: true,
    });
    expect(await active()).toEqual([
      [0, true],
      [1, true],
      [3, false],
      [5, true],
    ]);
    await toldOf(survey, "survey_updated", 8);
    expect(await toldOf(survey, "survey_completed", 2)).toHaveLength(2);
  });

  test("may be given ahead of its question, and counts once that is visible", async () => {
    const flow = await publish(server, "ahead", BRANCHES);
    const survey = await begin(flow);
    expect((await give(survey, flow, 6, { text: "5" })).body).toMatchObject({ active: false });
    await give(survey, flow, 1, { options: ["Pain"] });
    expect((await server.as(PATIENT).get(`${items(survey)}?active=true`)).body).toHaveLength(2);
  });

  test("to one question is given once; it can be changed, or taken away and given anew", async () => {
    const flow = await publish(server, "once", BRANCHES);
    const survey = await begin(flow);
    const { body } = await give(survey, flow, 1, { options: ["Pain"] });
    const again = await give(survey, flow, 1, { options: ["Nothing"] });
    expect([again.status, again.body]).toEqual([400, { related_question: ["ALREADY_ANSWERED"] }]);
    expect((await server.as(PATIENT).delete(`${items(survey)}/${body.id}`)).status).toBe(204);
    expect(await state(survey)).toEqual({ visibility: [1], completed: false });
    expect((await give(survey, flow, 1, { options: ["Nothing"] })).status).toBe(201);
    expect(await state(survey)).toEqual({ visibility: [1, 9], completed: true });
  });

  test("to a question of another schema, of none, or to a fork is refused", async () => {
    const flow = await publish(server, "own", BRANCHES);
    const other = await publish(server, "foreign", BRANCHES);
    const survey = await begin(flow);
    const post = (related_question: unknown) =>
      server.as(PATIENT).post(items(survey), { related_question, text: "x" });
    expect((await post(question(other, 2))).body).toEqual({
      related_question: ["QUESTION_FROM_WRONG_SCHEMA"],
    });
    expect((await post(999_999)).body).toEqual({
      related_question: ['Invalid pk "999999" - object does not exist.'],
    });
    expect((await post(question(flow, 5))).body).toEqual({ related_question: ["WRONG_STATE"] });
    expect((await server.as(PATIENT).post(items(survey), {})).body).toEqual({
      related_question: ["This field is required."],
    });
    expect((await server.as(PATIENT).get(items(survey))).body).toEqual([]);
  });

  test("keeps its question when it is changed", async () => {
    const flow = await publish(server, "kept", BRANCHES);
    const survey = await begin(flow);
    const { body } = await give(survey, flow, 3, { text: "12" });
    const changed = await server
      .as(PATIENT)
      .put(`${items(survey)}/${body.id}`, { related_question: question(flow, 2), text: "13" });
    expect(changed.body).toMatchObject({
      related_question: question(flow, 3),
      text: "13",
      created: body.created,
    });
    expect(changed.body.updated > body.updated).toBe(true);
  });

  test.each([
    [1, {}, { answers: ["REQUIRED"] }],
    [1, { options: ["Pain", "Both"] }, { answers: ["TOO_MANY"] }],
    [1, { options: ["Pain"], text: "x" }, { text: ["WRONG_STATE"] }],
    [1, { answers: [424_242] }, { answers: ['Invalid pk "424242" - object does not exist.'] }],
    [4, { options: ["Head", "None"] }, { answers: ["EXCLUSIVE"] }],
    [2, {}, { text: ["REQUIRED"] }],
    [2, { text: "x".repeat(10_001) }, { text: ["TOO_LONG"] }],
    [3, { text: "1.5" }, { text: ["WRONG_VALUE"] }],
    [6, { text: "11" }, { text: ["WRONG_VALUE"] }],
    [6, { text: "nan" }, { text: ["WRONG_VALUE"] }],
    [9, { text: "x" }, { text: ["WRONG_STATE"] }],
  ])("to question %i with %j is refused with %j", async (qid, given, errors) => {
    const flow = await publish(server, `errors ${qid} ${JSON.stringify(given)}`.slice(0, 90), BRANCHES);
    const survey = await begin(flow);
    const { status, body } = await give(survey, flow, qid, given);
    expect([status, body]).toEqual([400, errors]);
    expect((await server.as(PATIENT).get(items(survey))).body).toEqual([]);
  });

  test("is checked on what a change makes of it", async () => {
    const flow = await publish(server, "merged", BRANCHES);
    const survey = await begin(flow);
    const { body } = await give(survey, flow, 4, { options: ["Head"], text: "and more" });
    const path = `${items(survey)}/${body.id}`;
    const both = [option(flow, 4, "Head"), option(flow, 4, "None")];
    expect((await server.as(PATIENT).patch(path, { answers: both })).body).toEqual({
      answers: ["EXCLUSIVE"],
    });
    expect((await server.as(PATIENT).patch(path, { answers: [option(flow, 1, "Pain")] })).body).toEqual({
      answers: ["WRONG_VALUE"],
    });
    expect((await server.as(PATIENT).put(path, { text: "only" })).body).toEqual({ answers: ["REQUIRED"] });
    expect((await server.as(PATIENT).patch(path, { meta: [1] })).body).toMatchObject({
      meta: [1],
      text: "and more",
    });
  });

  test("to a control confirms it, and to a message says that it was read", async () => {
    const flow = await publish(server, "confirmed", [
      { qid: 1, type: "message", required: true, next_qid: 2 },
      { qid: 2, type: "control", required: true, next_qid: -1 },
    ]);
    const survey = await begin(flow);
    expect(await state(survey)).toEqual({ visibility: [1, 2], completed: false });
    expect((await give(survey, flow, 1, {})).status).toBe(201);
    expect((await give(survey, flow, 2, { text: "anything" })).body).toMatchObject({ text: "", answers: [] });
    expect(await state(survey)).toEqual({ visibility: [1, 2], completed: true });
  });
});

test("with verify nothing is stored, and what would follow is told", async () => {
  const flow = await publish(server, "verify", BRANCHES);
  const survey = await begin(flow);
  const { status, body } = await give(survey, flow, 1, { options: ["Nothing"], verify: true });
  expect(status).toBe(200);
  expect(body).toMatchObject({ id: null, created: null, active: true, text: "" });
  expect(body.survey_data.state).toEqual({ visibility: [1, 9], completed: true });
  expect(await state(survey)).toEqual({ visibility: [1], completed: false });
  expect((await server.as(PATIENT).get(items(survey))).body).toEqual([]);
  expect((await give(survey, flow, 1, { verify: true })).body).toEqual({ answers: ["REQUIRED"] });
});

describe("several answers at once", () => {
  test("are stored together, new ones and changed ones, and what is not named stays", async () => {
    const flow = await publish(server, "bulk", BRANCHES);
    const survey = await begin(flow);
    const { body: first } = await give(survey, flow, 1, { options: ["Nothing"] });
    await give(survey, flow, 3, { text: "3" });
    const { status, body } = await server.as(PATIENT).put(items(survey), [
      { related_question: question(flow, 6), text: "10" },
      { related_question: question(flow, 1), answers: [option(flow, 1, "Pain")] },
      { related_question: question(flow, 2), text: "Here" },
    ]);
    expect(status).toBe(200);
    expect(body.map((item: { id: number; text: string }) => item.text)).toEqual(["", "Here", "3", "10"]);
    expect(body[0].id).toBe(first.id);
    expect(body[0].survey_data.state).toEqual({ visibility: [1, 2, 3, 6, 9], completed: true });
  });

  test("are stored all or none, and each is told what is wrong with it", async () => {
    const flow = await publish(server, "bulkErrors", BRANCHES);
    const survey = await begin(flow);
    const put = (body: unknown) => server.as(PATIENT).put(items(survey), body);
    const refused = await put([
      { related_question: question(flow, 1), answers: [option(flow, 1, "Pain")] },
      { related_question: question(flow, 3), text: "many" },
      { related_question: question(flow, 1), answers: [option(flow, 1, "Both")] },
    ]);
    expect(refused.status).toBe(400);
    expect(refused.body).toEqual([{}, { text: ["WRONG_VALUE"] }, { related_question: ["ALREADY_ANSWERED"] }]);
    expect((await put([{ text: "x" }, {}])).body).toEqual([
      { related_question: ["This field is required."] },
      { related_question: ["This field is required."] },
    ]);
    expect((await put({ related_question: 1 })).body).toEqual({
      non_field_errors: ['Expected a list of items but got type "dict".'],
    });
    expect((await put([1])).body).toEqual([
      { non_field_errors: ["Invalid data. Expected a dictionary, but got int."] },
    ]);
    expect((await server.as(PATIENT).get(items(survey))).body).toEqual([]);
    expect((await put([])).body).toEqual([]);
  });
});

test("loops end: the walk passes a question once", async () => {
  const flow = await publish(server, "loops", [
    {
      qid: 1,
      type: "choice",
      required: true,
      answers: [
        { text: "Again", next_qid: 1 },
        { text: "On", next_qid: 2 },
      ],
    },
    { qid: 2, type: "fork", forking_rules: [[1, "True"]] },
  ]);
  const survey = await begin(flow);
  await give(survey, flow, 1, { options: ["On"] });
  expect(await state(survey)).toEqual({ visibility: [1], completed: true });
});

test("a fault of the schema ends its branch, is told to the host once, and lets nothing complete", async () => {
  const flow = await publish(server, "faulty", [
    {
      qid: 1,
      type: "choice",
      required: true,
      answers: [
        { text: "A", next_qid: 2 },
        { text: "B", next_qid: -1 },
      ],
    },
    { qid: 2, type: "text", next_qid: 3, variable_modifications: [["x", "1 / x"]] },
    { qid: 3, type: "text", next_qid: -1 },
  ]);
  const survey = await begin(flow);
  const { body } = await give(survey, flow, 1, { options: ["A"] });
  expect(body.survey_data.state).toEqual({ visibility: [1], completed: false });
  await give(survey, flow, 3, { text: "ahead" });
  const [failed, ...more] = await toldOf(survey, "schema_failed", 1);
  expect(failed!.data).toMatchObject({
    survey,
    user: PATIENT,
    schema: flow.id,
    code: "BAD_EXPRESSION",
    qid: 2,
  });
  expect(more).toEqual([]);
  await server.as(PATIENT).patch(`${items(survey)}/${body.id}`, { answers: [option(flow, 1, "B")] });
  expect(await state(survey)).toEqual({ visibility: [1], completed: true });
});

test("a type without state computes none, and every answer counts", async () => {
  const document = {
    format: "colloquy.schema/1",
    name: "stateless",
    type: "stateless",
    questions: BRANCHES.map((asked) => ({ text: "", ...asked })),
  };
  const schema = await server.colloquy.schemas.load(document);
  const { body } = await server.as(PATIENT).post(`/accounts/${PATIENT}/surveys`, { schema: schema.id });
  const range = schema.questions.find(({ qid }) => qid === 6)!;
  const answered = await server.as(PATIENT).post(items(body.id), { related_question: range.id, text: "4" });
  expect(answered.body).toMatchObject({ active: true, survey_data: { state: null } });
});

describe("who is told", () => {
  test("all devices of the survey's user, with the survey as it is now, and nobody else", async () => {
    const flow = await publish(server, "told", BRANCHES);
    const [phone, tablet, other] = await Promise.all([
      server.socket(PATIENT),
      server.socket(PATIENT),
      server.socket(OTHER),
    ]);
    const survey = await begin(flow);
    await give(survey, flow, 1, { options: ["Nothing"] });
    for (const device of [phone, tablet]) {
      const frame = await device.next(
        ({ message, data }) => message === "survey_updated" && data.id === survey && data.state.completed,
      );
      expect(frame.data).toEqual((await server.as(PATIENT).get(`/surveys/${survey}`)).body);
      expect(frame.event).toMatch(/^[0-9a-z]+\.\d+/);
    }
    await server.as(PATIENT).delete(`/surveys/${survey}`);
    const gone = await phone.next(
      ({ message, data }) => message === "survey_updated" && data.deleted === true,
    );
    expect(gone.data).toEqual({ id: survey, deleted: true });
    expect(other.frames.filter(({ message }) => message === "survey_updated")).toEqual([]);
  });

  test("the host, of each completion once", async () => {
    const flow = await publish(server, "completions", BRANCHES);
    const survey = await begin(flow);
    const { body } = await give(survey, flow, 1, { options: ["Nothing"] });
    await give(survey, flow, 3, { text: "5" });
    await server.as(PATIENT).delete(`${items(survey)}/${body.id}`);
    await give(survey, flow, 1, { options: ["Nothing"] });
    await toldOf(survey, "survey_updated", 5);
    const completions = await toldOf(survey, "survey_completed", 2);
    expect(completions.map(({ data }) => data)).toEqual([
      { survey, user: PATIENT, schema: flow.id, variables: {} },
      { survey, user: PATIENT, schema: flow.id, variables: {} },
    ]);
    expect(new Set(completions.map(({ id }) => id)).size).toBe(2);
  });
});

describe("surveys of others", () => {
  test("are as if they were not there", async () => {
    const flow = await publish(server, "private", BRANCHES);
    const survey = await begin(flow);
    const { body: item } = await give(survey, flow, 1, { options: ["Pain"] });
    const other = server.as(OTHER);
    for (const id of [survey, 999_999]) {
      const answers = await Promise.all([
        other.get(`/surveys/${id}`),
        other.patch(`/surveys/${id}`, {}),
        other.delete(`/surveys/${id}`),
        other.get(items(id)),
        other.post(items(id), { related_question: question(flow, 2), text: "x" }),
        other.put(items(id), []),
        other.get(`${items(id)}/${item.id}`),
        other.patch(`${items(id)}/${item.id}`, { answers: [] }),
        other.delete(`${items(id)}/${item.id}`),
      ]);
      expect(answers.map(({ status, body }) => [status, body])).toEqual(
        answers.map(() => [404, { detail: "Not found." }]),
      );
    }
    // A wrong body is told before, whether there is such a survey or not.
    for (const id of [survey, 999_999])
      expect((await other.post(items(id), {})).body).toEqual({
        related_question: ["This field is required."],
      });
    expect((await other.get(`/accounts/${PATIENT}/surveys`)).status).toBe(403);
    expect((await other.post(`/accounts/${PATIENT}/surveys`, { schema: flow.id })).status).toBe(403);
    expect((await other.get("/surveys")).status).toBe(403);
    expect((await server.as(null).get(`/surveys/${survey}`)).status).toBe(401);
    expect(await state(survey)).toEqual({ visibility: [1, 2, 3, 6, 9], completed: false });
  });

  test("with compat are refused, and new answers name their survey as text", async () => {
    const old = await startServer({ compat: "chat_api" });
    const schema = await old.colloquy.schemas.load({
      format: "colloquy.schema/1",
      name: "old",
      type: "survey",
      questions: [{ qid: 1, type: "text", text: "?", next_qid: -1 }],
    });
    const { body } = await old.as(PATIENT).post(`/accounts/${PATIENT}/surveys`, { schema: schema.id });
    expect((await old.as(OTHER).get(`/surveys/${body.id}`)).status).toBe(403);
    expect((await old.as(OTHER).get("/surveys/999999")).status).toBe(404);
    expect((await old.as(OTHER).get("/surveys/999999/items")).status).toBe(403);
    const posted = await old
      .as(PATIENT)
      .post(`/surveys/${body.id}/items`, { related_question: schema.questions[0]!.id, text: "<b>" });
    expect([posted.status, posted.body.survey, posted.body.text]).toEqual([
      201,
      String(body.id),
      "&lt;b&gt;",
    ]);
    const chat = await publish(old, "chat", BRANCHES);
    expect((await old.as(PATIENT).post(`/accounts/${PATIENT}/surveys`, { schema: chat.id })).body).toEqual({
      schema: ["NOT_ALLOWED"],
    });
  });

  test("are listed newest first, in pages, by user and by schema; everybody's for superusers", async () => {
    const flow = await publish(server, "listed", BRANCHES);
    const user = person(7);
    const ids: number[] = [];
    for (let count = 0; count < 5; count++) ids.unshift(await begin(flow, user));
    const list = async (path: string) =>
      (await server.as(path.startsWith("/surveys") ? person(1) : user).get(path)).body;
    const idsOf = ({ results }: { results: { id: number }[] }) => results.map(({ id }) => id);
    const first = await list(`/accounts/${user}/surveys?limit=2`);
    expect(idsOf(first)).toEqual(ids.slice(0, 2));
    expect(idsOf(await list(`/accounts/${user}/surveys?limit=2&offset=2`))).toEqual(ids.slice(2, 4));
    expect(idsOf(await list(`/accounts/${user}/surveys?before=${ids[1]}`))).toEqual(ids.slice(2));
    expect(idsOf(await list(`/accounts/${user}/surveys?after=${ids[3]}`))).toEqual(ids.slice(0, 3).reverse());
    expect(idsOf(await list(`/accounts/${user}/surveys?ordering=id&limit=1`))).toEqual(ids.slice(4));
    expect(idsOf(await list(`/surveys?schema=${flow.id}`))).toEqual(ids);
    expect(idsOf(await list(`/surveys?user=${user}&schema=${flow.id}&id__gt=${ids[2]}`))).toEqual(
      ids.slice(0, 2),
    );
  });
});

test("answers are listed by position, filtered, ordered, trimmed, and in pages where asked", async () => {
  const flow = await publish(server, "itemList", BRANCHES);
  const survey = await begin(flow);
  await give(survey, flow, 6, { text: "5" });
  await give(survey, flow, 2, { text: "middle" });
  await give(survey, flow, 1, { options: ["Pain"] });
  const get = async (query: string) => (await server.as(PATIENT).get(`${items(survey)}${query}`)).body;
  const positions = (list: { position: number }[]) => list.map(({ position }) => position);
  expect(positions(await get(""))).toEqual([0, 1, 5]);
  expect(positions(await get("?ordering=-position"))).toEqual([5, 1, 0]);
  expect(positions(await get("?position__gte=1"))).toEqual([1, 5]);
  expect(await get("?fields=text,related_question_data__qid")).toEqual([
    { text: "", related_question_data: { qid: 1 } },
    { text: "middle", related_question_data: { qid: 2 } },
    { text: "5", related_question_data: { qid: 6 } },
  ]);
  expect(await get("?position__lt=999999999999&id__in=999999999999")).toEqual([]);
  const page = await get("?limit=2");
  expect(positions(page.results)).toEqual([0, 1]);
  expect(page.next).toContain("offset=2");
  expect(positions((await get("?limit=2&offset=2")).results)).toEqual([5]);
});

test("a request again under its Idempotency-Key begins and answers nothing twice", async () => {
  const flow = await publish(server, "idempotent", BRANCHES);
  const post = (path: string, body: object, key: string) =>
    server.as(EIGHTH).request(path, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", "idempotency-key": key },
    });
  const first = await post(`/accounts/${EIGHTH}/surveys`, { schema: flow.id }, "begin");
  expect((await post(`/accounts/${EIGHTH}/surveys`, { schema: flow.id }, "begin")).body).toEqual(first.body);
  const answer = { related_question: question(flow, 2), text: "x" };
  const item = await post(items(first.body.id), answer, "answer");
  expect((await post(items(first.body.id), answer, "answer")).body).toEqual(item.body);
  expect((await server.as(EIGHTH).get(`/accounts/${EIGHTH}/surveys`)).body.results).toHaveLength(1);
});
