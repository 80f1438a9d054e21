import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../../packages/server/src/database/database.ts";
import { databaseKind, freshDatabase } from "../support/database.ts";
import { holdAnswers } from "../support/heldAnswers.ts";
import { runs } from "../support/runs.ts";
import { type Answer, startServer, type TestServer } from "../support/server.ts";
import { type Asked, type Flow, importFlow, openThread, option, publish, question } from "./flows.ts";

// A schema is deleted or edited at the very moment in which somebody begins or answers it, on another node that has it
// in memory. One of the two is refused in plain words, never with a 500, and what is stored afterwards is consistent.

const ROUNDS = databaseKind === "postgres" ? runs(20, 40) : runs(6, 12);
const [AUTHOR, PATIENT, OTHER] = [1, 2, 3];
const ALL = 8191;

let database: Database;
/** Where schemas are authored, and where they are used. */
let authors: TestServer;
let users: TestServer;

beforeAll(async () => {
  database = await freshDatabase();
  const settings = { schemas: { allowUnpublished: true } };
  authors = await startServer(settings, { database });
  users = await startServer(settings, { database });
});

const QUESTIONS: Asked[] = [
  { qid: 1, type: "choice", answers: [{ text: "On", next_qid: 2 }], next_qid: null },
  { qid: 2, type: "message", next_qid: 3 },
  { qid: 3, type: "text", next_qid: 4 },
  { qid: 4, type: "text", next_qid: -1 },
];
const admin = ({ id }: Flow) => `/admin/schemas/${id}`;
const rounds = Array.from({ length: ROUNDS }, (_, round) => round);

/** A published schema that both nodes have in memory. */
async function warm(name: string): Promise<Flow> {
  const flow = await publish(authors, name, QUESTIONS);
  for (const node of [authors, users])
    expect((await node.as(PATIENT).get(`/schemas/${flow.id}`)).status).toBe(200);
  return flow;
}

const exists = async ({ id }: Flow) => (await authors.as(AUTHOR).get(`/admin/schemas/${id}`)).status === 200;
const about = (...answers: Answer[]) => JSON.stringify(answers.map(({ status, body }) => [status, body]));

/** Either the schema is gone and nothing began, or it began and the schema is there. */
async function expectOne(flow: Flow, deleted: Answer, begun: Answer, started: number): Promise<void> {
  const text = about(deleted, begun);
  if (deleted.status === 204) {
    expect(begun.status, text).toBe(400);
    expect(begun.body, text).toEqual({
      schema: [`Invalid pk "${flow.id}" - object does not exist.`],
    });
    expect(await exists(flow)).toBe(false);
  } else {
    expect([deleted.status, deleted.body], text).toEqual([400, { non_field_errors: ["IN_USE"] }]);
    expect(begun.status, text).toBe(started);
    expect(await exists(flow)).toBe(true);
  }
}

describe("a schema is deleted", () => {
  test("with surveys: refused, until they are deleted", async () => {
    const flow = await warm("with surveys");
    const { body: survey } = await users
      .as(PATIENT)
      .post(`/accounts/${PATIENT}/surveys`, { schema: flow.id });
    expect(await authors.as(AUTHOR).delete(admin(flow))).toMatchObject({
      status: 400,
      body: { non_field_errors: ["IN_USE"] },
    });
    expect((await users.as(PATIENT).delete(`/surveys/${survey.id}`)).status).toBe(204);
    expect((await authors.as(AUTHOR).delete(admin(flow))).status).toBe(204);
  });

  test("and another node that has it in memory begins it: refused there", async () => {
    const missing = (flow: Flow) => ({ schema: [`Invalid pk "${flow.id}" - object does not exist.`] });
    const thread = await openThread(users, PATIENT, { [OTHER]: ALL });
    const starts: Record<string, (schema: number) => Promise<Answer>> = {
      survey: (schema) => users.as(PATIENT).post(`/accounts/${PATIENT}/surveys`, { schema }),
      thread: (schema) =>
        users.as(PATIENT).post(`/accounts/${PATIENT}/threads/chat`, { state: "scripted", schema }),
      "front end": (schema) =>
        users
          .as(PATIENT)
          .post(`/accounts/${PATIENT}/threads/chat`, { state: "scripted_fe_controlled", schema }),
      assisted: (schema) =>
        users.as(PATIENT).post(`/accounts/${PATIENT}/threads/chat`, { state: "assisted", schema }),
      "new member": (schema) =>
        users.as(AUTHOR).post(`/threads/${thread}/users`, { user: 4, state: "scripted", schema }),
      member: (schema) =>
        users.as(AUTHOR).patch(`/threads/${thread}/users/${OTHER}`, { state: "scripted", schema }),
    };
    await users.colloquy.members.add(thread, AUTHOR, { permissions: ALL });
    for (const [name, start] of Object.entries(starts)) {
      const flow = await warm(`stale ${name}`);
      expect((await authors.as(AUTHOR).delete(admin(flow))).status).toBe(204);
      const answer = await start(flow.id);
      expect([answer.status, answer.body], name).toEqual([400, missing(flow)]);
    }
    expect((await users.as(PATIENT).get(`/threads/${thread}`)).status).toBe(200);
  });

  const together = (
    name: string,
    prepare: (flow: Flow, round: number) => Promise<() => Promise<Answer>>,
    started: number,
  ) =>
    test(`while ${name}, ${ROUNDS} times: one of both`, { timeout: 120_000 }, async () => {
      for (const round of rounds) {
        const flow = await warm(`${name} ${round}`);
        const start = await prepare(flow, round);
        const remove = () => authors.as(AUTHOR).delete(admin(flow));
        const acts = round % 2 === 0 ? [start, remove] : [remove, start];
        const answers = await Promise.all(acts.map((act) => act()));
        const [begun, deleted] = round % 2 === 0 ? answers : answers.toReversed();
        await expectOne(flow, deleted!, begun!, started);
      }
    });

  together(
    "a survey begins",
    async ({ id }) =>
      () =>
        users.as(PATIENT).post(`/accounts/${PATIENT}/surveys`, { schema: id }),
    201,
  );
  together(
    "a thread begins it",
    async ({ id }, round) =>
      () =>
        users.as(PATIENT).post(`/accounts/${PATIENT}/threads/chat`, {
          schema: id,
          state: ["scripted", "scripted_fe_controlled", "assisted"][round % 3],
        }),
    201,
  );
  together(
    "a member comes into it",
    async ({ id }) => {
      const thread = await openThread(users, PATIENT, { [AUTHOR]: ALL });
      return () =>
        users.as(AUTHOR).patch(`/threads/${thread}/users/${PATIENT}`, { state: "scripted", schema: id });
    },
    200,
  );

  test(`by two at once, ${ROUNDS} times: the second finds nothing`, async () => {
    for (const round of rounds) {
      const flow = await warm(`twice ${round}`);
      const answers = await Promise.all([authors, users].map((node) => node.as(AUTHOR).delete(admin(flow))));
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 404]);
    }
  });

  test(`while it is edited, published, copied and imported, ${ROUNDS} times: in plain words`, {
    timeout: 120_000,
  }, async () => {
    for (const round of rounds) {
      const flow = await importFlow(authors, `edited ${round}`, QUESTIONS);
      const { body: document } = await authors.as(AUTHOR).get(`${admin(flow)}/document`);
      const answers = await Promise.all([
        authors.as(AUTHOR).put(admin(flow), { ...document, language: "de" }),
        users.as(AUTHOR).delete(admin(flow)),
        authors.as(AUTHOR).patch(admin(flow), { language: "fr" }),
        users.as(AUTHOR).post(`${admin(flow)}/publish`, { force: true }),
        authors.as(AUTHOR).post("/admin/schemas/import", { ...document, language: "pl" }),
        users.as(AUTHOR).post(`${admin(flow)}/copy`),
        authors.as(AUTHOR).get(admin(flow)),
        users.as(AUTHOR).post(`${admin(flow)}/simulate`, {}),
      ]);
      for (const answer of answers) expect([200, 201, 204, 400, 404], about(answer)).toContain(answer.status);
    }
  });
});

describe("a question is dropped", () => {
  /** The draft without its last question. */
  async function shorter(flow: Flow): Promise<object> {
    const { body } = await authors.as(AUTHOR).get(`${admin(flow)}/document`);
    const questions = body.questions.slice(0, -1);
    questions.at(-1).next_qid = -1;
    return { ...body, questions };
  }

  test(`while it is answered in a survey, ${ROUNDS} times: one of both`, { timeout: 120_000 }, async () => {
    for (const round of rounds) {
      const flow = await importFlow(authors, `answered ${round}`, QUESTIONS);
      const document = await shorter(flow);
      const { body: survey } = await users
        .as(PATIENT)
        .post(`/accounts/${PATIENT}/surveys`, { schema: flow.id });
      const items = `/surveys/${survey.id}/items`;
      const entries = [3, 4].map((qid) => ({ related_question: question(flow, qid), text: "x" }));
      const [edited, answered] = await Promise.all([
        authors.as(AUTHOR).put(admin(flow), document),
        round % 2 === 0 ? users.as(PATIENT).put(items, entries) : users.as(PATIENT).post(items, entries[1]),
      ]);
      const text = about(edited!, answered!);
      if (edited!.status === 200) expect(answered!.status, text).toBe(400);
      else {
        expect([edited!.status, edited!.body], text).toEqual([400, { non_field_errors: ["IN_USE"] }]);
        expect([200, 201], text).toContain(answered!.status);
      }
      const stored = await users.as(PATIENT).get(items);
      expect(stored.status).toBe(200);
      const asked = (await users.as(AUTHOR).get(`/schemas/${flow.id}`)).body.questions;
      for (const item of stored.body)
        expect(asked.map(({ id }: { id: number }) => id)).toContain(item.related_question);
    }
  });

  test(`while a chat comes to it, ${ROUNDS} times: the chat ends before it, or it stays`, {
    timeout: 120_000,
  }, async () => {
    const short = QUESTIONS.slice(0, 3).map((asked) =>
      asked.qid === 3 ? { ...asked, next_qid: -1 } : asked,
    );
    for (const round of rounds) {
      const flow = await importFlow(authors, `reached ${round}`, [
        ...short.slice(0, 1),
        ...QUESTIONS.slice(1),
      ]);
      const { body: thread } = await users
        .as(PATIENT)
        .post(`/accounts/${PATIENT}/threads/chat`, { state: "scripted", schema: flow.id });
      const say = (body: object) => users.as(PATIENT).post(`/threads/${thread.id}/messages`, body);
      await say({ answers: [option(flow, 1, "On")] });
      const [edited, answered] = await Promise.all([
        authors.as(AUTHOR).put(admin(flow), await shorter(flow)),
        say({ text: "x" }),
      ]);
      const text = about(edited!, answered!);
      expect(answered!.status, text).toBe(201);
      const { body: now } = await users.as(PATIENT).get(`/threads/${thread.id}`);
      if (edited!.status === 200) expect(now.state, text).toBe("open");
      else {
        expect([edited!.status, edited!.body], text).toEqual([400, { non_field_errors: ["IN_USE"] }]);
        expect(now.question_data.qid, text).toBe(4);
      }
    }
  });

  test("between an answer's decision and its writing: it is decided anew", async () => {
    const slow = holdAnswers(database);
    const node = await startServer({ schemas: { allowUnpublished: true } }, { database: slow });
    const flow = await importFlow(authors, "decided", QUESTIONS);
    const { body: survey } = await node.as(PATIENT).post(`/accounts/${PATIENT}/surveys`, { schema: flow.id });
    const { reached, release } = slow.hold("schema");
    const answered = node
      .as(PATIENT)
      .put(`/surveys/${survey.id}/items`, [{ related_question: question(flow, 4), text: "x" }]);
    await reached;
    expect((await authors.as(AUTHOR).put(admin(flow), await shorter(flow))).status).toBe(200);
    release();
    const { status, body } = await answered;
    expect([status, body]).toEqual([
      400,
      [{ related_question: [`Invalid pk "${question(flow, 4)}" - object does not exist.`] }],
    ]);
  });
});
