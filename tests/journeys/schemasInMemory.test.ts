import { expect, test } from "vitest";
import type { Database } from "../../packages/server/src/database/database.ts";
import { freshDatabase } from "../support/database.ts";
import { holdAnswers } from "../support/heldAnswers.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { importFlow, publish } from "./flows.ts";

// A schema is loaded and compiled once for all who ask at the same moment, and nobody gets one that is older than
// their question.

const PATIENT = 2;
const CALLERS = 50;
const DRAFTS = { schemas: { allowUnpublished: true } };
const question = (text: string) => [{ qid: 1, type: "text", text, next_qid: -1 }];

/** Another node on the same database, which has no schema in memory, and what it sends. */
async function coldNode(database: Database): Promise<{ node: TestServer; sent: string[] }> {
  const sent: string[] = [];
  const watched: Database = {
    ...database,
    query: (...asked) => {
      if ("name" in asked[0]) sent.push(asked[0].name);
      return database.query(...asked);
    },
  };
  return { node: await startServer(DRAFTS, { database: watched }), sent };
}

const count = (sent: readonly string[], name: string) => sent.filter((one) => one === name).length;
const begin = ({ colloquy }: TestServer, schema: number) =>
  Promise.all(Array.from({ length: CALLERS }, () => colloquy.surveys.create({ user: PATIENT, schema })));

test("50 callers of a published schema that is not in memory load it once", async () => {
  const database = await freshDatabase();
  const { id } = await publish(await startServer({}, { database }), "published", question("Who?"));
  const { node, sent } = await coldNode(database);
  expect(await begin(node, id)).toHaveLength(CALLERS);
  expect(count(sent, "schema_whole")).toBe(1);
  expect(count(sent, "schema")).toBe(0);
});

test("over HTTP, too", async () => {
  const database = await freshDatabase();
  const { id } = await publish(await startServer({}, { database }), "published", question("Who?"));
  const { node, sent } = await coldNode(database);
  const answers = await Promise.all(
    Array.from({ length: CALLERS }, () => node.as(PATIENT).get(`/schemas/${id}`)),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(CALLERS).fill(200));
  expect(count(sent, "schema_whole")).toBe(1);
});

test("50 callers of a draft load it once, and compare its revision once", async () => {
  const database = await freshDatabase();
  const { id } = await importFlow(await startServer({}, { database }), "draft", question("Who?"));
  const { node, sent } = await coldNode(database);
  await begin(node, id);
  expect([count(sent, "schema_whole"), count(sent, "schema")]).toEqual([1, 1]);
  sent.length = 0;
  await begin(node, id);
  // The first one alone, and then all others together.
  expect([count(sent, "schema_whole"), count(sent, "schema")]).toEqual([0, 2]);
});

test("a load that fails fails for whoever waited for it, and is not remembered", async () => {
  const database = await freshDatabase();
  const { id } = await publish(await startServer({}, { database }), "failing", question("Who?"));
  let failures = 1;
  const failing: Database = {
    ...database,
    query: async (...asked) => {
      if ("name" in asked[0] && asked[0].name === "schema_whole" && failures-- > 0)
        throw new Error("The connection broke");
      return database.query(...asked);
    },
  };
  const { node, sent } = await coldNode(failing);
  const outcomes = await Promise.allSettled(
    Array.from({ length: CALLERS }, () => node.colloquy.surveys.create({ user: PATIENT, schema: id })),
  );
  expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(1);
  expect(count(sent, "schema_whole")).toBe(2);
  expect(await begin(node, id)).toHaveLength(CALLERS);
  expect(count(sent, "schema_whole")).toBe(2);
});

test("whoever asks after an edit gets what was edited, though a load from before it is under way", async () => {
  const database = await freshDatabase();
  const editor = await startServer({}, { database });
  const { id } = await importFlow(editor, "edited", question("Before"));
  const slow = holdAnswers(database);
  const node = await startServer(DRAFTS, { database: slow });
  /** What a survey that begins now sees of the schema: the qid of its first question. */
  const first = async () =>
    (await node.colloquy.surveys.create({ user: PATIENT, schema: id })).state!.visibility;

  const { reached, release } = slow.hold("schema_whole");
  const early = first();
  await reached;
  const { body: document } = await editor.as(1).get(`/admin/schemas/${id}/document`);
  document.questions[0].qid = 2;
  expect(await editor.as(1).put(`/admin/schemas/${id}`, document)).toMatchObject({ status: 200 });
  const late = Promise.all([first(), first()]);
  release();
  await early;
  expect(await late).toEqual([[2], [2]]);
});

test("what is published while a load from before it is under way counts as published for whoever asks then", async () => {
  const database = await freshDatabase();
  const editor = await startServer({}, { database });
  const { id } = await importFlow(editor, "published meanwhile", question("Who?"));
  const slow = holdAnswers(database);
  const node = await startServer({}, { database: slow });
  const create = () => node.colloquy.surveys.create({ user: PATIENT, schema: id });

  const { reached, release } = slow.hold("schema_whole");
  const early = create();
  await reached;
  expect(await editor.as(1).post(`/admin/schemas/${id}/publish`)).toMatchObject({ status: 200 });
  const late = create();
  release();
  await expect(early).rejects.toMatchObject({ status: 400, body: { schema: ["NOT_PUBLISHED"] } });
  expect(await late).toMatchObject({ schema: id });
});

test("a deleted schema is gone, though it was published and in memory", async () => {
  const server = await startServer();
  const { id } = await publish(server, "deleted", question("Who?"));
  const admin = `/admin/schemas/${id}`;
  expect(await server.as(1).delete(admin)).toMatchObject({ status: 204 });
  for (const path of [admin, `${admin}/check`, `${admin}/document`, `/schemas/${id}`])
    expect(await server.as(1).get(path)).toMatchObject({ status: 404 });
  for (const path of [`${admin}/simulate`, `${admin}/copy`, `${admin}/publish`])
    expect(await server.as(1).post(path, {})).toMatchObject({ status: 404 });
  expect(await server.as(1).patch(admin, { name: "back" })).toMatchObject({ status: 404 });
  expect(await server.as(1).delete(admin)).toMatchObject({ status: 404 });
  expect(await server.as(PATIENT).post(`/accounts/${PATIENT}/surveys`, { schema: id })).toMatchObject({
    status: 400,
  });
});
