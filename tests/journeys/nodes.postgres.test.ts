import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { type Database, openDatabase } from "../../packages/server/src/database/database.ts";
import { freshPostgres } from "../support/database.ts";
import { startServer, type TestServer } from "../support/server.ts";
import type { TestSocket } from "../support/socket.ts";

// Several servers on one PostgreSQL: sockets may be on any of them (spec 5).

const PATIENT = 2;
const DOCTOR = 3;
const OTHER = 4;

let one: TestServer;
let other: TestServer;
let databases: Database[];

beforeAll(async () => {
  const url = await freshPostgres();
  databases = [await openDatabase(url), await openDatabase(url)];
  one = await startServer({}, { database: databases[0]! });
  other = await startServer({}, { database: databases[1]! });
  // Both listen before anything is said.
  await vi.waitFor(async () => expect(await listening()).toBeGreaterThanOrEqual(2), { timeout: 10_000 });
});

/** How many connections listen; the servers that a test adds are closed with it. */
async function listening(): Promise<number> {
  const [row] = await databases[0]!.query<{ count: number }>({
    name: "test_listening",
    text: "select count(*) from pg_stat_activity where datname = current_database() and query ilike 'listen %' or query like 'select pg_notify%'",
  });
  return row!.count;
}

async function thread(): Promise<number> {
  const { id } = await one.colloquy.threads.create({ creator: PATIENT, permissions: 8191 });
  await one.colloquy.members.add(id, DOCTOR, { permissions: 8191 });
  return id;
}

const post = (server: TestServer, user: number, id: number, text: string) =>
  server.as(user).post(`/threads/${id}/messages`, { text });

/** The texts of a thread that a socket was pushed, in the order in which they came. */
const heard = ({ frames }: TestSocket, id: number): string[] =>
  frames
    .filter(({ message, data }) => message === "message_created_or_updated" && data.thread === id)
    .map(({ data }) => data.text);

describe("what happens on one node", () => {
  test("is pushed to sockets on another, at once", async () => {
    const id = await thread();
    const doctor = await other.socket(DOCTOR);
    const started = Date.now();
    await post(one, PATIENT, id, "Hello from here");
    const { data } = await doctor.next(({ message }) => message === "message_created_or_updated");
    expect(data).toMatchObject({
      text: "Hello from here",
      thread: id,
      is_own: false,
      thread_data: { unread: 1 },
    });
    // Sooner than any sweep would have found it.
    expect(Date.now() - started).toBeLessThan(900);
  });

  test("is pushed to who joins there, and no more to who is removed", async () => {
    const id = await thread();
    const newcomer = await other.socket(OTHER);
    await one.as(PATIENT).post(`/threads/${id}/users`, { user: OTHER });
    await newcomer.next(({ message, data }) => message === "thread_updated" && data.id === id);
    await post(one, PATIENT, id, "Welcome");
    await newcomer.next(
      ({ message, data }) => message === "message_created_or_updated" && data.text === "Welcome",
    );
    await one.as(PATIENT).delete(`/threads/${id}/users/${OTHER}`);
    await post(one, PATIENT, id, "Between us");
    await post(other, DOCTOR, id, "Indeed");
    await sleep(300);
    expect(heard(newcomer, id)).toEqual(["Welcome"]);
  });

  test("is told there, too, of reading, writing and surveys", async () => {
    const id = await thread();
    const [here, there] = [await one.socket(DOCTOR), await other.socket(DOCTOR)];
    await post(one, PATIENT, id, "Read me");
    await there.next(({ message, data }) => message === "message_created_or_updated" && data.thread === id);
    await one.as(DOCTOR).get(`/threads/${id}/messages`);
    const read = await there.next(({ message, data }) => message === "unread_changed" && data.thread === id);
    expect(read.data).toEqual({ thread: id, unread: 0 });

    const patient = await one.socket(PATIENT);
    patient.send({ message: "thread_someone_is_writing", data: { thread: id, length: 500 } });
    for (const socket of [here, there]) {
      const { data } = await socket.next(({ message }) => message === "thread_someone_is_writing");
      expect(data).toMatchObject({ thread: id, length: 500, sender_data: { id: PATIENT } });
    }

    const schema = await one.colloquy.schemas.load({
      format: "colloquy.schema/1",
      name: "shared",
      type: "survey",
      questions: [{ qid: 1, type: "text", text: "?", next_qid: -1 }],
    });
    const survey = await one.colloquy.surveys.create({ user: DOCTOR, schema: schema.id });
    const { data } = await there.next(({ message }) => message === "survey_updated");
    expect(data).toMatchObject({ id: survey.id, user: DOCTOR });
    // The sweep comes by, and has nothing to add.
    await sleep(2_500);
    expect(there.frames.filter(({ message }) => message === "survey_updated")).toHaveLength(1);
    expect(heard(there, id)).toEqual(["Read me"]);
  });
});

test("posts on both nodes at once reach every socket once, in one order", { timeout: 60_000 }, async () => {
  const id = await thread();
  const sockets = [await one.socket(DOCTOR), await other.socket(DOCTOR), await other.socket(PATIENT)];
  const texts = Array.from({ length: 120 }, (_, index) => `message ${index}`);
  const answers = await Promise.all(
    texts.map((text, index) => post(index % 2 ? one : other, index % 3 ? PATIENT : DOCTOR, id, text)),
  );
  expect(answers.every(({ status }) => status === 201)).toBe(true);
  await expect
    .poll(() => sockets.map((socket) => heard(socket, id).length), { timeout: 10_000 })
    .toEqual([120, 120, 120]);
  const { body } = await one.as(PATIENT).get(`/threads/${id}/messages?limit=100`);
  for (const socket of sockets) {
    expect(heard(socket, id).slice(0, 100)).toEqual(body.results.map(({ text }: { text: string }) => text));
    expect([...heard(socket, id)].sort()).toEqual([...texts].sort());
  }
});

test("when the listening connections break, nothing is lost: the sweep finds it, and they are made anew", {
  timeout: 30_000,
}, async () => {
  const id = await thread();
  const doctor = await other.socket(DOCTOR);
  for (let round = 0; round < 3; round++) {
    await databases[0]!.query({
      name: "test_break",
      text: `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and (query ilike 'listen %' or query like 'select pg_notify%')`,
    });
    await post(one, PATIENT, id, `round ${round}`);
    await doctor.next(
      ({ message, data }) => message === "message_created_or_updated" && data.text === `round ${round}`,
    );
  }
  await expect.poll(listening, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
  expect(heard(doctor, id)).toEqual(["round 0", "round 1", "round 2"]);
});

test("a host's handlers hear of what another node commits", async () => {
  const told: unknown[] = [];
  const stop = other.colloquy.on("message_created", ({ data }) => void told.push(data.thread));
  const id = await thread();
  await post(one, PATIENT, id, "For the host");
  await expect.poll(() => told).toContain(id);
  stop();
});
