import { beforeAll, describe, expect, test } from "vitest";
import { freshDatabase } from "../support/database.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type Flow, importFlow, openThread, option, publish, question } from "./flows.ts";

// Every list that a client may send has a longest length, which is checked before anything is looked up; what is
// looked up for a list is asked for at once; and no list makes the server walk another one for each of its items.

const SUPERUSER = 1;
const PATIENT = 2;
const UNKNOWN = 1_000_000;

let server: TestServer;
let flow: Flow;
let survey: number;
let thread: number;
const sent: string[] = [];

beforeAll(async () => {
  server = await startServer(
    {},
    { database: await freshDatabase({ onStatement: (name) => sent.push(name) }) },
  );
  flow = await publish(server, "lists", [
    {
      qid: 1,
      type: "multichoice",
      next_qid: null,
      answers: [
        { text: "One", next_qid: 2 },
        { text: "Two", next_qid: 2 },
      ],
    },
    { qid: 2, type: "text", next_qid: -1 },
  ]);
  survey = (await server.as(PATIENT).post(`/accounts/${PATIENT}/surveys`, { schema: flow.id })).body.id;
  thread = await openThread(server, PATIENT);
});

const items = () => `/surveys/${survey}/items`;
const tooLong = (most: number) => `Ensure this field has no more than ${most} elements.`;
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const ids = (count: number) => many(count, (index) => UNKNOWN + index);

/** The statements that a request makes. */
async function statementsOf(request: () => Promise<unknown>): Promise<string[]> {
  sent.length = 0;
  await request();
  // The sweep of the log goes on by itself.
  return sent.filter((name) => !["ready", "unnamed", "event_sweep"].includes(name)).sort();
}

describe("answers of a survey in bulk", () => {
  test("to a thousand unknown questions ask the database as often as to one", async () => {
    const put = (count: number) =>
      server.as(PATIENT).put(
        items(),
        ids(count).map((related_question) => ({ related_question, text: "x", answers: [] })),
      );
    const forOne = await statementsOf(() => put(1));
    expect(forOne.filter((name) => name === "questions_existing")).toHaveLength(1);
    let answer = await put(1);
    expect(await statementsOf(async () => (answer = await put(1_000)))).toEqual(forOne);
    expect(answer.status).toBe(400);
    expect(answer.body).toHaveLength(1_000);
    expect(answer.body[999]).toEqual({
      related_question: [`Invalid pk "${UNKNOWN + 999}" - object does not exist.`],
    });
  });

  test("with unknown options in each ask the database once for all options", async () => {
    const other = await publish(server, "many choices", [
      ...many(200, (index) => ({
        qid: index + 1,
        type: "multichoice",
        answers: [{ text: "A", next_qid: index + 2 }],
      })),
      { qid: 201, type: "message", next_qid: -1 },
    ]);
    const { body } = await server.as(PATIENT).post(`/accounts/${PATIENT}/surveys`, { schema: other.id });
    const entries = many(200, (index) => ({
      related_question: question(other, index + 1),
      answers: [UNKNOWN + index],
    }));
    const put = () => server.as(PATIENT).put(`/surveys/${body.id}/items`, entries);
    const names = await statementsOf(put);
    expect(names.filter((name) => name === "answers_existing")).toHaveLength(1);
    const answer = await put();
    expect(answer.status).toBe(400);
    expect(answer.body[7]).toEqual({ answers: [`Invalid pk "${UNKNOWN + 7}" - object does not exist.`] });
  });

  test("are refused unread where there are more than 1000", async () => {
    const put = async () =>
      server.as(PATIENT).put(
        items(),
        ids(10_000).map((related_question) => ({ related_question })),
      );
    expect((await put()).body).toEqual({ non_field_errors: [tooLong(1_000)] });
    const names = await statementsOf(put);
    expect(names).not.toContain("questions_existing");
    expect(names).not.toContain("survey_change");
  });

  test("are refused where they choose more than 20000 options together", async () => {
    const entries = many(21, () => ({ related_question: question(flow, 1), answers: ids(1_000) }));
    const put = () => server.as(PATIENT).put(items(), entries);
    const { status, body } = await put();
    expect([status, body]).toEqual([
      400,
      { non_field_errors: [`${tooLong(20_000)} (answers of all items together)`] },
    ]);
    expect(await statementsOf(put)).not.toContain("answers_existing");
  });

  test("tell each second answer to one question, and store none", async () => {
    const entry = { related_question: question(flow, 2), text: "x" };
    const { status, body } = await server.as(PATIENT).put(
      items(),
      many(1_000, () => entry),
    );
    expect(status).toBe(400);
    expect(body[0]).toEqual({});
    expect(body[999]).toEqual({ related_question: ["ALREADY_ANSWERED"] });
    expect((await server.as(PATIENT).get(items())).body).toEqual([]);
  });
});

describe("options chosen", () => {
  const chosen = ids(1_001);

  test("are at most 1000 in an item", async () => {
    const post = (answers: number[]) =>
      server.as(PATIENT).post(items(), { related_question: question(flow, 1), answers, verify: true });
    expect(await post(chosen)).toMatchObject({ status: 400, body: { answers: [tooLong(1_000)] } });
    expect((await post(chosen.slice(1))).body.answers).toHaveLength(1_000);
    expect(await statementsOf(() => post(chosen))).not.toContain("answers_existing");
    expect(
      (await statementsOf(() => post(chosen.slice(1)))).filter((name) => name === "answers_existing"),
    ).toEqual(["answers_existing"]);
    const stored = await server.as(PATIENT).post(items(), {
      related_question: question(flow, 1),
      answers: [option(flow, 1, "One")],
    });
    const one = `${items()}/${stored.body.id}`;
    for (const method of ["put", "patch"] as const)
      expect(await server.as(PATIENT)[method](one, { answers: chosen })).toMatchObject({
        status: 400,
        body: { answers: [tooLong(1_000)] },
      });
    await server.as(PATIENT).delete(one);
  });

  test("are at most 1000 in a message, whose unknown ones are looked up at once", async () => {
    const post = (answers: number[]) =>
      server.as(PATIENT).post(`/threads/${thread}/messages`, { text: "x", answers });
    expect(await post(many(100_000, (index) => index))).toMatchObject({
      status: 400,
      body: { answers: [tooLong(1_000)] },
    });
    expect((await post(chosen.slice(1))).body.answers).toHaveLength(1_000);
    const names = await statementsOf(() => post(chosen.slice(1)));
    expect(names.filter((name) => name === "answers_existing")).toHaveLength(1);
  });
});

test("what is attached to a message is at most 20 things", async () => {
  const post = (attachments: unknown[]) =>
    server.as(PATIENT).post(`/threads/${thread}/messages`, { text: "x", attachments });
  expect(await post(many(100_000, () => 1))).toMatchObject({
    status: 400,
    body: { attachments: [tooLong(20)] },
  });
});

describe("the query of a list", () => {
  const get = (query: string) => server.as(SUPERUSER).get(`/surveys?${query}`);

  test("may repeat an order: the first time counts", async () => {
    const repeated = many(3_000, () => "-id").join(",");
    expect(await get(`ordering=${repeated}`)).toMatchObject({ status: 200 });
    const both = await get("ordering=-id,id");
    expect(both.body).toEqual((await get("ordering=-id")).body);
  });

  test("has at most 1000 values of `in`", async () => {
    const values = (count: number) => many(count, (index) => index % 10).join(",");
    expect(await get(`id__in=${values(1_000)}`)).toMatchObject({ status: 200 });
    expect(await get(`id__in=${values(1_001)}`)).toMatchObject({
      status: 400,
      body: { id__in: [tooLong(1_000)] },
    });
    // Not even looked at.
    expect(await get(`id__in=${many(1_001, () => "x").join(",")}`)).toMatchObject({
      status: 400,
      body: { id__in: [tooLong(1_000)] },
    });
  });

  test("may have thousands of parameters, of fields, and of names in each other", async () => {
    expect(await get(many(1_500, (index) => `a${index}=1`).join("&"))).toMatchObject({ status: 200 });
    expect(await get(many(2_000, () => "id=1").join("&"))).toMatchObject({ status: 200 });
    const names = many(1_500, (index) => `f${index}`).join(",");
    expect(await get(`fields=id,${names}`)).toMatchObject({
      status: 200,
      body: { results: expect.arrayContaining([{ id: survey }]) },
    });
    const deep = many(3_000, () => "a").join("__");
    expect(await get(`fields=id,${deep}`)).toMatchObject({
      status: 200,
      body: { results: expect.arrayContaining([{ id: survey }]) },
    });
  });
});

describe("a schema document", () => {
  const document = (rest: object) => ({ format: "colloquy.schema/1", name: "huge", type: "a", ...rest });
  const load = (rest: object) => server.as(SUPERUSER).post("/admin/schemas/import", document(rest));
  const texts = (count: number) =>
    many(count, (index) => ({ qid: index, type: "text", next_qid: index + 1 < count ? index + 1 : -1 }));

  test("has at most 5000 questions, 1000 groups, and 1000 answers to a question", async () => {
    expect(await load({ questions: texts(5_001) })).toMatchObject({
      status: 400,
      body: { questions: [tooLong(5_000)] },
    });
    const groups = many(1_001, (index) => ({ name: `Group ${index}` }));
    expect(await load({ groups, questions: texts(1) })).toMatchObject({
      status: 400,
      body: { groups: [tooLong(1_000)] },
    });
    const answers = many(1_001, (index) => ({ text: `Answer ${index}`, next_qid: -1 }));
    expect(await load({ questions: [{ qid: 1, type: "choice", answers }] })).toMatchObject({
      status: 400,
      body: { "questions.0.answers": [tooLong(1_000)] },
    });
  });

  test("may be large: a thousand questions in a thousand groups", async () => {
    const groups = many(1_000, (index) => ({ name: `Group ${index}` }));
    const questions = texts(1_000).map((question, index) => ({ ...question, group: `Group ${index}` }));
    const { status, body } = await load({ groups, questions });
    expect(status).toBe(201);
    expect(body.groups[999].questions.map(({ qid }: { qid: number }) => qid)).toEqual([999]);
  });

  test("has at most 250000 characters of expressions, those that occur often counted once", async () => {
    const modified = (expression: (index: number) => string) => ({
      questions: [
        {
          qid: 1,
          type: "text",
          next_qid: -1,
          variable_modifications: many(20_000, (n) => ["a", expression(n)]),
        },
      ],
    });
    expect(await load(modified((n) => `a + ${10_000_000 + n}`))).toMatchObject({ status: 201 });
    expect(await load(modified((n) => `a + b + ${10_000_000 + n}`))).toMatchObject({
      status: 400,
      body: { document: ["The expressions have more than 250000 characters in total."] },
    });
    expect(await load({ ...modified(() => "a + b + 10000000"), name: "often" })).toMatchObject({
      status: 201,
    });
  });

  test("is simulated with at most 1000 answers", async () => {
    const loop = await importFlow(server, "simulated", [{ qid: 1, type: "control", next_qid: 1 }]);
    const play = (count: number) =>
      server.as(SUPERUSER).post(`/admin/schemas/${loop.id}/simulate`, { answers: many(count, () => ({})) });
    expect(await play(1_001)).toMatchObject({ status: 400, body: { answers: [tooLong(1_000)] } });
    expect((await play(1_000)).body.messages).toHaveLength(1_001);
  });
});
