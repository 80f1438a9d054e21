import { request } from "node:http";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase } from "../support/database.ts";
import { type HoldingDatabase, holdAnswers } from "../support/heldAnswers.ts";
import { type Answer, startServer, type TestServer } from "../support/server.ts";
import { type Flow, publish, question } from "./flows.ts";

// Who may change a survey is decided with each change: whoever loses the right, or the survey, while theirs is on its
// way or is decided anew, changes nothing, and is answered as somebody who never had it.

const PATIENT = 2;

let server: TestServer;
let database: HoldingDatabase;
let flow: Flow;
/** Another node, whose answers are never kept back and which asks nobody. */
let other: TestServer;
let denies = () => false;

beforeAll(async () => {
  const shared = await freshDatabase();
  database = holdAnswers(shared);
  other = await startServer({}, { database: shared });
  const policy = (_caller: unknown, _asked: unknown, byDefault: () => boolean | Promise<boolean>) =>
    !denies() && byDefault();
  server = await startServer(
    { policies: { surveyItemsList: policy, surveyItemObject: policy } },
    { database },
  );
  flow = await publish(server, "rights", [
    { qid: 1, type: "text", next_qid: 2 },
    { qid: 2, type: "text", next_qid: -1 },
  ]);
});

afterEach(() => {
  denies = () => false;
});

const patient = () => server.as(PATIENT);

async function survey(): Promise<{ items: string; first: string; path: string }> {
  const { body } = await patient().post(`/accounts/${PATIENT}/surveys`, { schema: flow.id });
  const items = `/surveys/${body.id}/items`;
  const { body: item } = await patient().post(items, { related_question: question(flow, 1), text: "before" });
  return { items, first: `${items}/${item.id}`, path: `/surveys/${body.id}` };
}

type Survey = Awaited<ReturnType<typeof survey>>;

const CHANGES: Record<string, (survey: Survey) => Promise<Answer>> = {
  POST: ({ items }) => patient().post(items, { related_question: question(flow, 2), text: "late" }),
  "POST to verify": ({ items }) =>
    patient().post(items, { related_question: question(flow, 2), text: "late", verify: true }),
  "PUT of all": ({ items }) => patient().put(items, [{ related_question: question(flow, 2), text: "late" }]),
  PUT: ({ first }) => patient().put(first, { text: "late" }),
  PATCH: ({ first }) => patient().patch(first, { text: "late" }),
  DELETE: ({ first }) => patient().delete(first),
};

const textsOf = async ({ items }: Survey) =>
  (await patient().get(items)).body.map(({ text }: { text: string }) => text);

describe.each(Object.keys(CHANGES))("%s", (name) => {
  const change = CHANGES[name]!;

  test("by somebody who is denied after their survey was read changes nothing", async () => {
    const one = await survey();
    const { reached, release } = database.hold("survey_snapshot");
    const answered = change(one);
    await reached;
    denies = () => true;
    release();
    expect((await answered).status).toBe(404);
    denies = () => false;
    expect(await textsOf(one)).toEqual(["before"]);
  });

  test("of a survey that is deleted meanwhile finds nothing", async () => {
    const one = await survey();
    const { reached, release } = database.hold("survey_snapshot");
    const answered = change(one);
    await reached;
    expect((await patient().delete(one.path)).status).toBe(204);
    release();
    // What is only verified is verified against what was there.
    expect((await answered).status).toBe(name === "POST to verify" ? 200 : 404);
    expect((await patient().get(one.path)).status).toBe(404);
  });
});

test("whoever is denied while the body of their request is on its way changes nothing", async () => {
  const one = await survey();
  const body = JSON.stringify({ text: "late" });
  let asked = 0;
  denies = () => {
    asked += 1;
    return false;
  };
  const sent = request(`${server.url}/api${one.first}`, {
    method: "PATCH",
    headers: {
      "x-user-id": String(PATIENT),
      "content-type": "application/json",
      "content-length": body.length,
    },
  });
  const status = new Promise<number>((resolve, reject) => {
    sent.on("response", (response) => resolve(response.resume().statusCode!)).on("error", reject);
  });
  sent.write(body.slice(0, 3));
  await expect.poll(() => asked, { timeout: 10_000 }).toBe(1);
  denies = () => true;
  sent.end(body.slice(3));
  expect(await status).toBe(404);
  denies = () => false;
  expect(await textsOf(one)).toEqual(["before"]);
});

test("whoever is denied when their change is decided anew changes nothing", async () => {
  const one = await survey();
  const { reached, release } = database.hold("survey_snapshot");
  const slow = patient().patch(one.first, { text: "slow" });
  await reached;
  // Another node is faster, so that what the slow one has read is no more.
  expect((await other.as(PATIENT).patch(one.first, { text: "fast" })).status).toBe(200);
  // When the request is let in, and when it is decided anew.
  let asked = 0;
  denies = () => ++asked > 1;
  release();
  expect((await slow).status).toBe(404);
  expect(asked).toBe(2);
  denies = () => false;
  expect(await textsOf(one)).toEqual(["fast"]);
});
