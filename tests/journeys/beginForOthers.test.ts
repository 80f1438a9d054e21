import { readFile } from "node:fs/promises";
import { beforeAll, expect, it } from "vitest";
import type { UserId } from "../../packages/server/src/index.ts";
import { ids, person } from "../support/people.ts";
import { startServer, type TestServer } from "../support/server.ts";

// A server without a host is of use to a clinic: its superuser brings doctor and patient together.

const [CLERK, DOCTOR, PATIENT, STRANGER] = [1, 2, 3, 4].map(person) as [UserId, UserId, UserId, UserId];
const NOBODY = ids === "integer" ? 999 : "nobody";
/** Reads, writes and controls others. */
const OF_DOCTORS = 1 + 2 + 16 + 512;

let server: TestServer;
let schema: number;
let welcome: number;

beforeAll(async () => {
  server = await startServer();
  const file = new URL("../../examples/schemas/gad-7.json", import.meta.url);
  schema = (await server.colloquy.schemas.load(JSON.parse(await readFile(file, "utf8")))).id;
  welcome = (
    await server.as(CLERK).post("/admin/threads", {
      creator: PATIENT,
      title: "How have you been?",
      state: "scripted",
      schema,
      members: [{ user: DOCTOR, permissions: OF_DOCTORS }],
    })
  ).body.id;
});

const path = (id: UserId) => encodeURIComponent(String(id));

it("leads the patient, and the doctor is there from the first message", async () => {
  const patient = (await server.as(PATIENT).get(`/threads/${welcome}`)).body;
  expect(patient).toMatchObject({ state: "scripted", schema, title: "How have you been?" });
  expect(patient.question_data.qid).toBe(1);
  const doctor = (await server.as(DOCTOR).get(`/threads/${welcome}`)).body;
  const { results } = (await server.as(DOCTOR).get(`/threads/${welcome}/messages`)).body;
  expect(doctor).toMatchObject({ state: "open", permissions: OF_DOCTORS, unread: results.length });
  expect(results.length).toBeGreaterThan(0);
  const led = (await server.as(DOCTOR).get(`/threads/${welcome}/users/${path(PATIENT)}`)).body;
  expect(led).toMatchObject({ state: "scripted", schema });
});

it("tells the devices of both", async () => {
  const sockets = await Promise.all([PATIENT, DOCTOR].map((user) => server.socket(user)));
  const { body } = await server.as(CLERK).post("/admin/threads", {
    creator: PATIENT,
    members: [{ user: DOCTOR }],
  });
  for (const socket of sockets)
    await socket.next(({ message, data }) => message === "thread_updated" && data.id === body.id);
});

it("shows the superuser who is in a thread, and nothing of what is said", async () => {
  await server.as(PATIENT).post(`/accounts/${path(PATIENT)}/threads/chat`, { title: "Mine" });
  const { body } = await server.as(CLERK).get(`/admin/threads?member=${path(DOCTOR)}&ordering=id&limit=1`);
  expect(body.results).toHaveLength(1);
  expect(body.results[0]).toMatchObject({ id: welcome, last_message_data: null, state: "closed" });
  expect(body.results[0].users_data.map(({ id }: { id: UserId }) => id)).toEqual([PATIENT, DOCTOR]);
  const one = await server.as(CLERK).get(`/admin/threads/${welcome}`);
  expect(one.body).toMatchObject({ id: welcome, last_message_data: null, variables_pool: {} });
  expect((await server.as(CLERK).get(`/threads/${welcome}/messages`)).status).toBe(403);
  expect((await server.as(CLERK).get("/admin/threads?title=Mine")).body.results).toHaveLength(1);
  expect((await server.as(CLERK).get("/admin/threads/999999999")).status).toBe(404);
  expect((await server.as(DOCTOR).get("/admin/threads")).status).toBe(403);
});

it("says all at once what is wrong", async () => {
  const { status, body } = await server.as(CLERK).post("/admin/threads", {
    creator: NOBODY,
    state: "asleep",
    members: [{ user: DOCTOR }, { user: DOCTOR, permissions: 9999 }, {}],
  });
  expect([status, Object.keys(body).sort()]).toEqual([400, ["creator", "members", "state"]]);
  expect(body.members.map(Object.keys)).toEqual([[], ["permissions"], ["user"]]);
  const before = await count();
  const twice = await server.as(CLERK).post("/admin/threads", {
    creator: PATIENT,
    members: [{ user: DOCTOR }, { user: DOCTOR }, { user: PATIENT }, { user: NOBODY }],
  });
  expect(twice.status).toBe(400);
  expect(twice.body.members.map(Object.keys)).toEqual([[], ["user"], ["user"], ["user"]]);
  const tooMany = Array.from({ length: 101 }, () => ({ user: DOCTOR }));
  const many = await server.as(CLERK).post("/admin/threads", { creator: PATIENT, members: tooMany });
  expect([many.status, Object.keys(many.body)]).toEqual([400, ["members"]]);
  expect(await count()).toBe(before);
});

it("begins a survey for somebody, and reads anybody's", async () => {
  const clerk = server.as(CLERK);
  const { body: survey } = await clerk.post("/admin/surveys", { user: PATIENT, schema });
  expect(survey).toMatchObject({ user: PATIENT, schema });
  const compiled = (await clerk.get(`/admin/schemas/${schema}`)).body;
  const [question] = compiled.groups.flatMap(({ questions }: { questions: { answers: unknown[] }[] }) =>
    questions.filter(({ answers }) => answers.length === 4),
  );
  await server
    .as(PATIENT)
    .put(`/surveys/${survey.id}/items`, [
      { related_question: question.id, answers: [question.answers[3].id] },
    ]);
  const items = await clerk.get(`/admin/surveys/${survey.id}/items`);
  expect(items.body.map((item: { answers: number[] }) => item.answers)).toEqual([[question.answers[3].id]]);
  expect((await clerk.get(`/admin/surveys/${survey.id}`)).body.variables_pool).toEqual({ score: 3 });
  const listed = (await clerk.get(`/admin/surveys?user=${path(PATIENT)}`)).body.results;
  expect(listed.map(({ id }: { id: number }) => id)).toEqual([survey.id]);
  expect((await clerk.get(`/admin/surveys?user=${path(STRANGER)}`)).body.results).toEqual([]);
  // At the address of their owners surveys stay theirs.
  expect((await clerk.get(`/surveys/${survey.id}`)).status).toBe(404);
  expect((await clerk.get("/admin/surveys/999999999")).status).toBe(404);
  const wrong = await clerk.post("/admin/surveys", { user: NOBODY, schema: 999_999_999 });
  expect(wrong.status).toBe(400);
  expect(Object.keys(wrong.body)).toContain("user");
});

async function count(): Promise<number> {
  const [row] = await server.colloquy.db.query<{ threads: number }>(
    { name: "count_threads", text: "select count(*)::int8 as threads from thread" },
    [],
  );
  return row!.threads;
}

it("takes what is undefined in code as left out", async () => {
  const { threads, messages, members } = server.colloquy;
  const { id, title } = await threads.create({ creator: PATIENT, title: undefined, permissions: undefined });
  expect(title).toBe("");
  const draft = { text: "Hello", type: undefined, answers: undefined, meta: undefined };
  expect(await messages.post(id, PATIENT, draft)).toMatchObject({ type: "message", meta: null });
  const mode = { state: undefined, schema: undefined, language: undefined };
  expect(await members.add(id, DOCTOR, mode)).toMatchObject({ state: "open" });
  expect(await members.edit(id, DOCTOR, mode)).toMatchObject({ state: "open" });
});
