import { randomUUID } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import type { Database } from "../../packages/server/src/database/database.ts";
import { freshDatabase } from "../support/database.ts";
import { startServer, type TestServer } from "../support/server.ts";

// Messages that come at once are written by one statement: nobody's fate is another's.

const PATIENT = 2;
const DOCTOR = 3;

let database: Database;
let server: TestServer;
const sent: string[] = [];

beforeAll(async () => {
  database = await freshDatabase({ onStatement: (name) => sent.push(name) });
  server = await startServer({}, { database });
});

async function thread(): Promise<number> {
  const { id } = await server.colloquy.threads.create({ creator: PATIENT });
  await server.colloquy.members.add(id, DOCTOR);
  return id;
}

const post = (id: number, text: string, user = PATIENT, client_id = randomUUID()) =>
  server.as(user).post(`/threads/${id}/messages`, { text, client_id });

const textsOf = async (id: number): Promise<string[]> =>
  (await server.colloquy.messages.list(id, PATIENT, { limit: 100 })).map(({ text }) => text ?? "");

interface Numbered {
  seqs: number[];
  events: number[];
  seq: number;
  event_seq: number;
}

/** How the messages and the events of a thread are numbered. */
async function numbersOf(id: number): Promise<Numbered> {
  const [row] = await database.query<Numbered>(
    {
      name: "test_numbers",
      text: `select seq, event_seq, array(select seq from message where thread_id = t.id order by id) as seqs,
        array(select seq from event where thread_id = t.id order by seq) as events from thread t where id = $1`,
    },
    [id],
  );
  return row!;
}

const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);

test("many to many threads and several to each are all there, numbered without a gap, and counted", async () => {
  const ids = await Promise.all(Array.from({ length: 12 }, thread));
  const before = sent.filter((name) => name === "thread_messages").length;
  const drafts = ids.flatMap((id) => [1, 2, 3, 4, 5].map((n) => ({ id, text: `message ${n}` })));
  await Promise.all(
    drafts.map(({ id, text }, n) => server.colloquy.messages.post(id, n % 2 ? PATIENT : DOCTOR, { text })),
  );
  expect(sent.filter((name) => name === "thread_messages").length - before).toBeLessThan(5);
  for (const id of ids) {
    expect((await textsOf(id)).toSorted()).toEqual([1, 2, 3, 4, 5].map((n) => `message ${n}`));
    const { seqs, events, seq, event_seq } = await numbersOf(id);
    expect({ seqs, seq }).toEqual({ seqs: upTo(5), seq: 5 });
    expect(events).toEqual(upTo(event_seq));
    const own = drafts.filter((draft, n) => draft.id === id && n % 2).length;
    expect((await server.as(PATIENT).get(`/threads/${id}`)).body.unread).toBe(5 - own);
  }
});

test("one that cannot be stored spoils nobody else's", async () => {
  const ids = await Promise.all([thread(), thread(), thread()]);
  const spoilt = { text: "unstorable", meta: { nul: "\0" }, sender: PATIENT };
  const results = await Promise.allSettled([
    ...ids.map((id) => server.colloquy.messages.post(id, PATIENT, { text: "good" })),
    server.colloquy.messages.automate(ids[0]!, spoilt),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected"]);
  for (const id of ids) expect(await textsOf(id)).toEqual(["good"]);
});

test("the same message sent ten times at once is there once, and everybody is answered with it", async () => {
  const id = await thread();
  const answers = await Promise.all(Array.from({ length: 10 }, () => post(id, "once", PATIENT, ID)));
  const statuses = answers.map(({ status }) => status).toSorted();
  expect(statuses).toEqual([...Array(9).fill(200), 201]);
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  expect(await textsOf(id)).toEqual(["once"]);
  const { seqs, events, seq, event_seq } = await numbersOf(id);
  expect({ seqs, seq, events }).toEqual({ seqs: [1], seq: 1, events: upTo(event_seq) });
});

const ID = "0b9de1e6-6d4d-4a5b-8a55-4d1f6f0f7a11";

test("one that was posted before does not hold up those that come with it", async () => {
  const [id, fresh] = [await thread(), await thread()];
  const first = await post(id, "before", PATIENT, ID);
  const [again, ...others] = await Promise.all([
    post(id, "before", PATIENT, ID),
    post(id, "after", DOCTOR),
    post(fresh, "elsewhere"),
  ]);
  expect(again).toMatchObject({ status: 200, body: { id: first.body.id } });
  expect(others.map(({ status }) => status)).toEqual([201, 201]);
  expect(await textsOf(id)).toEqual(["before", "after"]);
});
