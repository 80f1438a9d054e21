import { beforeAll, expect, test } from "vitest";
import type { HostEvent } from "../../packages/server/src/log/hostEvents.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type Asked, type Flow, option, publish, question } from "./flows.ts";

// A schema that was published by force may take any amount of work. It gets so much at once, and then it fails as with
// any other fault: its member is in `open`, nothing that was said is lost, and the host is told. How much that is the
// engine's own tests say.

const PATIENT = 2;
/** Some 20,000 units of work. */
const HEAVY = "len([0]*9999)+len([0]*9999)";

let server: TestServer;
const told: HostEvent[] = [];

beforeAll(async () => {
  server = await startServer({
    threads: { creatorPermissions: 8191 },
    on: { schema_failed: (event) => void told.push(event) },
  });
});

/** Messages one after the other that are each too much for their neighbours. */
const chain = (from: number, length: number): Asked[] => [
  ...Array.from({ length }, (_, index) => ({
    qid: from + index,
    type: "message",
    next_qid: from + index + 1,
    variable_modifications: [["v", HEAVY]],
  })),
  { qid: from + length, type: "text", next_qid: -1 },
];

const patient = () => server.as(PATIENT);
const begin = (flow: Flow) =>
  patient().post(`/accounts/${PATIENT}/threads/chat`, { state: "scripted", schema: flow.id });
const messagesOf = async (thread: number) =>
  (await patient().get(`/threads/${thread}/messages?limit=100`)).body.results;
const failuresOf = (schema: number) => told.filter(({ data }) => "schema" in data && data.schema === schema);

test("a start that takes too much work fails, and shows what came before", async () => {
  const flow = await publish(server, "heavy start", chain(1, 990));
  const { status, body } = await begin(flow);
  expect(status).toBe(201);
  expect(body).toMatchObject({ state: "open", question: null, variables_pool: { v: 19_998 } });
  expect((await messagesOf(body.id)).length).toBeGreaterThan(10);
  await expect
    .poll(() => failuresOf(flow.id))
    .toMatchObject([{ data: { user: PATIENT, code: "BUDGET_EXCEEDED" } }]);
  expect((await patient().post(`/threads/${body.id}/messages`, { text: "Still here" })).status).toBe(201);
});

test("an answer that leads to too much work is kept, and the run fails", async () => {
  const flow = await publish(server, "heavy answer", [
    { qid: 1, type: "choice", answers: [{ text: "On", next_qid: 2 }] },
    ...chain(2, 990),
  ]);
  const { body: thread } = await begin(flow);
  const posted = await patient().post(`/threads/${thread.id}/messages`, { answers: [option(flow, 1, "On")] });
  expect(posted).toMatchObject({ status: 201, body: { text: "On", thread_data: { state: "open" } } });
  await expect.poll(() => failuresOf(flow.id)).toMatchObject([{ data: { code: "BUDGET_EXCEEDED" } }]);
});

/** Each answer is well within what is allowed; all of them together are more than a replay may take. */
const LONG: Asked[] = [
  { qid: 1, type: "control", next_qid: 2 },
  {
    qid: 2,
    type: "message",
    next_qid: 3,
    variable_modifications: Array(50).fill(["v", HEAVY]),
  },
  { qid: 3, type: "text", next_qid: 1 },
];

async function longRun(name: string): Promise<{ thread: number; flow: Flow }> {
  const flow = await publish(server, name, LONG);
  const { body: thread } = await begin(flow);
  for (let round = 0; round < 3; round++) {
    expect((await patient().post(`/threads/${thread.id}/messages`, {})).status).toBe(204);
    expect((await patient().post(`/threads/${thread.id}/messages`, { text: "x" })).status).toBe(201);
  }
  expect((await patient().get(`/threads/${thread.id}`)).body.state).toBe("scripted");
  return { thread: thread.id, flow };
}

test("a rollback whose pool takes too much work ends the run, and deletes nothing", async () => {
  const { thread, flow } = await longRun("long rollback");
  const before = await messagesOf(thread);
  const { status, body } = await patient().post(`/threads/${thread}/rollback`, {});
  expect([status, body.state, body.question]).toEqual([200, "open", null]);
  expect(await messagesOf(thread)).toHaveLength(before.length);
  await expect.poll(() => failuresOf(flow.id)).toMatchObject([{ data: { code: "BUDGET_EXCEEDED" } }]);
});

test("deleting a message whose run's pool takes too much work deletes it, and ends the run", async () => {
  const { thread, flow } = await longRun("long delete");
  const before = await messagesOf(thread);
  const own = before.findLast((message: { sender: number | null }) => message.sender === PATIENT);
  expect((await patient().delete(`/threads/${thread}/messages/${own.id}`)).status).toBe(204);
  expect(await messagesOf(thread)).toHaveLength(before.length - 1);
  expect((await patient().get(`/threads/${thread}`)).body).toMatchObject({ state: "open", question: null });
  await expect.poll(() => failuresOf(flow.id)).toMatchObject([{ data: { code: "BUDGET_EXCEEDED" } }]);
});

test("a survey that takes too much work begins, is answered and verified, and is never complete", async () => {
  const flow = await publish(server, "heavy survey", chain(1, 200));
  const { status, body: survey } = await patient().post(`/accounts/${PATIENT}/surveys`, { schema: flow.id });
  expect([status, survey.state.completed]).toEqual([201, false]);
  await expect.poll(() => failuresOf(flow.id)).toMatchObject([{ data: { code: "BUDGET_EXCEEDED" } }]);
  const items = `/surveys/${survey.id}/items`;
  const given = { related_question: question(flow, 1) };
  expect((await patient().post(items, { ...given, verify: true })).status).toBe(200);
  const posted = await patient().post(items, given);
  expect(posted).toMatchObject({
    status: 201,
    body: { active: true, survey_data: { state: { completed: false } } },
  });
  expect((await patient().put(items, [given])).status).toBe(200);
});

test("a simulation has as much for all that is played", async () => {
  const flow = await publish(server, "heavy simulation", LONG);
  const answers = Array.from({ length: 1_000 }, () => ({ text: "x" }));
  const { status, body } = await server.as(1).post(`/admin/schemas/${flow.id}/simulate`, { answers });
  expect(status).toBe(200);
  expect(body).toMatchObject({ question: null, failure: { code: "BUDGET_EXCEEDED", qid: 2 } });
});

test("publishing one is refused, unless it is forced", async () => {
  const document = {
    format: "colloquy.schema/1",
    name: "refused",
    type: "automated_flow",
    questions: chain(1, 990),
  };
  const { status, body } = await server.as(1).post("/admin/schemas/import?publish=true", document);
  expect(status).toBe(400);
  expect(body.findings).toEqual([expect.stringMatching(/^BUDGET_EXCEEDED at \d+: /)]);
});
