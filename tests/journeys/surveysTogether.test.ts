import { compileSchema, type Schema, surveyOf } from "@colloquy/engine";
import { beforeAll, expect, test } from "vitest";
import { loadSchema } from "../../packages/server/src/schemas/queries.ts";
import { databaseKind } from "../support/database.ts";
import { runs } from "../support/runs.ts";
import { type Answer, startServer, type TestServer } from "../support/server.ts";
import { type Asked, type Flow, option, publish, question } from "./flows.ts";

// Two devices on one survey, at the same instant: no answer is lost, and the state is that of all of them.

/** The embedded database has one connection: nothing there happens at the same instant. */
const TIMES = databaseKind === "postgres" ? runs(100, 500) : runs(20, 40);
/** Of what several devices change at once. */
const ROUNDS = runs(25, 100);
const PATIENT = 2;

let server: TestServer;
let flow: Flow;
let schema: Schema;

const QUESTIONS: Asked[] = [
  {
    qid: 1,
    type: "choice",
    required: true,
    answers: [
      { text: "Left", next_qid: 2, variable_modifications: [["score", "score + 1"]] },
      { text: "Right", next_qid: 3, variable_modifications: [["score", "score + 2"]] },
    ],
  },
  { qid: 2, type: "text", required: true, next_qid: 4, variable_modifications: [["left", "1"]] },
  { qid: 3, type: "text", next_qid: 4 },
  { qid: 4, type: "fork", forking_rules: [[5, "score > 1"]] },
  { qid: 5, type: "int", required: true, next_qid: -1 },
];

beforeAll(async () => {
  server = await startServer();
  flow = await publish(server, "together", QUESTIONS);
  schema = (await loadSchema(server.colloquy.db, flow.id))!;
});

const patient = () => server.as(PATIENT);
const begin = async (): Promise<number> =>
  (await patient().post(`/accounts/${PATIENT}/surveys`, { schema: flow.id })).body.id;
const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status).sort();

/** The stored state is what the stored answers make of the schema from scratch, and so is each item's `active`. */
async function expectTrueState(survey: number): Promise<void> {
  const { body: shown } = await patient().get(`/surveys/${survey}?fields=state,variables_pool`);
  const { body: items } = await patient().get(`/surveys/${survey}/items`);
  const given = items.map(
    ({ related_question, answers }: { related_question: number; answers: number[] }) => ({
      question: related_question,
      answers,
    }),
  );
  const { state, variables } = surveyOf(compileSchema(schema), given);
  expect(shown).toEqual({ state, variables_pool: variables });
  for (const { active, related_question_data } of items)
    expect(active).toBe(state!.visibility.includes(related_question_data.qid));
}

test(`two devices that answer different questions, ${TIMES} times: both answers stay`, async () => {
  for (let time = 0; time < TIMES; time++) {
    const survey = await begin();
    const post = (body: object) => patient().post(`/surveys/${survey}/items`, body);
    const side = time % 2 === 0 ? "Left" : "Right";
    const answers = await Promise.all([
      post({ related_question: question(flow, 1), answers: [option(flow, 1, side)] }),
      post({ related_question: question(flow, 2), text: "from the phone" }),
      post({ related_question: question(flow, 5), text: "5" }),
    ]);
    expect(statuses(answers)).toEqual([201, 201, 201]);
    await expectTrueState(survey);
  }
});

test(`two devices that answer one question, ${TIMES} times: one answer, one ALREADY_ANSWERED`, async () => {
  for (let time = 0; time < TIMES; time++) {
    const survey = await begin();
    const post = (text: string) =>
      patient().post(`/surveys/${survey}/items`, {
        related_question: question(flow, 1),
        answers: [option(flow, 1, text)],
      });
    const answers = await Promise.all([post("Left"), post("Right")]);
    expect(statuses(answers)).toEqual([201, 400]);
    const lost = answers.find(({ status }) => status === 400)!;
    expect(lost.body).toEqual({ related_question: ["ALREADY_ANSWERED"] });
    const won = answers.find(({ status }) => status === 201)!;
    const { body: items } = await patient().get(`/surveys/${survey}/items`);
    expect(items.map(({ text }: { text: string }) => text)).toEqual([won.body.text]);
    await expectTrueState(survey);
  }
});

test(`changes, deletions and answers of several devices at once, ${ROUNDS} times`, async () => {
  for (let time = 0; time < ROUNDS; time++) {
    const survey = await begin();
    const path = `/surveys/${survey}/items`;
    const { body: item } = await patient().post(path, {
      related_question: question(flow, 1),
      answers: [option(flow, 1, "Left")],
    });
    const answers = await Promise.all([
      patient().patch(`${path}/${item.id}`, { answers: [option(flow, 1, "Right")] }),
      patient().delete(`${path}/${item.id}`),
      patient().put(path, [
        { related_question: question(flow, 3), text: "a" },
        { related_question: question(flow, 5), text: "1" },
      ]),
      patient().post(path, { related_question: question(flow, 2), text: "b" }),
    ]);
    const [patched, deleted, put, posted] = answers.map(({ status }) => status);
    // The item may have gone before it was changed.
    expect([200, 404]).toContain(patched);
    expect([deleted, put, posted]).toEqual([204, 200, 201]);
    await expectTrueState(survey);
    const { body: items } = await patient().get(path);
    expect(
      items.map(
        ({ related_question_data }: { related_question_data: { qid: number } }) => related_question_data.qid,
      ),
    ).toEqual([2, 3, 5]);
  }
});
