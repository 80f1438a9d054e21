import { beforeAll, describe, expect, test } from "vitest";
import { freshDatabase } from "../support/database.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { option, publish } from "./flows.ts";

// A node remembers how people see a thread, and believes it only where it is still so: here another node changes it.

const PATIENT = 2;
const DOCTOR = 3;

let one: TestServer;
let other: TestServer;

beforeAll(async () => {
  const database = await freshDatabase();
  one = await startServer({}, { database });
  other = await startServer({}, { database });
});

/** A thread of the doctor's, that the patient has just posted to on the first node. */
async function thread(): Promise<number> {
  const { body } = await one.as(DOCTOR).post(`/accounts/${DOCTOR}/threads/chat`, { title: "Before" });
  await one.as(DOCTOR).post(`/threads/${body.id}/users`, { user: PATIENT });
  for (const text of ["one", "two"]) expect((await post(body.id, { text })).status).toBe(201);
  return body.id;
}

const post = (id: number, body: object, server = one) =>
  server.as(PATIENT).post(`/threads/${id}/messages`, body);

describe("who posts on one node", () => {
  test("may not once the right was taken on another", async () => {
    const id = await thread();
    await other.as(1).get("/accounts/me");
    await other.colloquy.members.edit(id, PATIENT, { permissions: 17 });
    expect((await post(id, { text: "three" })).status).toBe(403);
    await other.colloquy.members.edit(id, PATIENT, { permissions: 19 });
    expect((await post(id, { text: "three" })).status).toBe(201);
  });

  test("may not once removed on another", async () => {
    const id = await thread();
    expect((await other.as(DOCTOR).delete(`/threads/${id}/users/${PATIENT}`)).status).toBe(204);
    expect((await post(id, { text: "three" })).status).toBe(403);
  });

  test("may not once the thread was closed on another", async () => {
    const id = await thread();
    await other.as(DOCTOR).patch(`/threads/${id}`, { state: "closed" });
    expect((await post(id, { text: "three" })).body).toEqual({ non_field_errors: ["THREAD_IS_CLOSED"] });
  });

  test("answers the question that was put to them on another", async () => {
    const id = await thread();
    const flow = await publish(one, `asked ${id}`, [
      { qid: 1, type: "choice", answers: [{ text: "Yes", next_qid: -1 }] },
    ]);
    await other.colloquy.runs.start(id, PATIENT, flow.id);
    expect((await post(id, { text: "three" })).body).toMatchObject({ answers: ["REQUIRED"] });
    const answer = await post(id, { answers: [option(flow, 1, "Yes")] });
    expect(answer.body).toMatchObject({ text: "Yes", thread_data: { state: "open" } });
    expect((await post(id, { text: "four" })).status).toBe(201);
  });

  test("is told what they have not read, whatever was said or read on another", async () => {
    const id = await thread();
    await other.as(DOCTOR).post(`/threads/${id}/messages`, { text: "from the doctor" });
    expect((await post(id, { text: "three" })).body.thread_data).toMatchObject({ unread: 1 });
    await other.as(DOCTOR).post(`/threads/${id}/messages`, { text: "again" });
    expect((await post(id, { text: "four" })).body.thread_data).toMatchObject({ unread: 2 });
    await other.as(PATIENT).get(`/threads/${id}/messages`);
    expect((await post(id, { text: "five" })).body.thread_data).toMatchObject({ unread: 0 });
  });

  test("is told the title that was given on another", async () => {
    const id = await thread();
    await other.as(DOCTOR).patch(`/threads/${id}`, { title: "After" });
    expect((await post(id, { text: "three" })).body.thread_data).toMatchObject({ title: "After" });
    expect((await one.as(PATIENT).get(`/threads/${id}`)).body).toMatchObject({ title: "After" });
  });

  test("posts once under one client_id, on either", async () => {
    const id = await thread();
    const draft = { text: "once", client_id: "6f1b1f0e-0f6b-4a39-9d0e-5f5e8f1d2c3b" };
    const [first, again, elsewhere] = [
      await post(id, draft),
      await post(id, draft),
      await post(id, draft, other),
    ];
    expect([first, again, elsewhere].map(({ status }) => status)).toEqual([201, 200, 200]);
    expect(new Set([first, again, elsewhere].map(({ body }) => body.id)).size).toBe(1);
  });
});

test("a push says what its receiver has not read, whatever they read on another node", async () => {
  const id = await thread();
  const doctor = await one.socket(DOCTOR);
  const unread = async (text: string) => {
    await post(id, { text });
    const { data } = await doctor.next(
      ({ message, data }) => message === "message_created_or_updated" && data.text === text,
    );
    expect(data.thread_data.last_message_data).toMatchObject({ text, is_read: false });
    return data.thread_data.unread;
  };
  expect([await unread("three"), await unread("four"), await unread("five")]).toEqual([3, 4, 5]);
  await other.as(DOCTOR).get(`/threads/${id}/messages`);
  expect([await unread("six"), await unread("seven")]).toEqual([1, 2]);
  await other.as(DOCTOR).patch(`/threads/${id}`, { notifications: 2 });
  await post(id, { text: "eight" });
  const { data } = await doctor.next(({ data }) => data.text === "eight");
  expect(data).toMatchObject({ is_read: true, thread_data: { unread: 2, notifications: 2 } });
});

test("a host's own policy is asked of the thread as it is", async () => {
  const database = await freshDatabase();
  const strict = await startServer(
    {
      policies: {
        messagesList: (_caller, { method, view }, byDefault) =>
          byDefault() && (method !== "POST" || view!.unread === 0),
      },
    },
    { database },
  );
  const elsewhere = await startServer({}, { database });
  const { id } = await strict.colloquy.threads.create({ creator: DOCTOR });
  await strict.colloquy.members.add(id, PATIENT);
  const statuses: number[] = [];
  for (const text of ["one", "two"]) statuses.push((await post(id, { text }, strict)).status);
  await elsewhere.as(DOCTOR).post(`/threads/${id}/messages`, { text: "read this first" });
  statuses.push((await post(id, { text: "three" }, strict)).status);
  expect(statuses).toEqual([201, 201, 403]);
});
