import { beforeAll, describe, expect, test } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";
import { type Flow, openThread, option, publish, question } from "./flows.ts";

// Spec 2.5 and the pool as a function of the history (1.3): going back, and deleting what was said.

const PATIENT = 2;
const DOCTOR = 3;

let server: TestServer;
let flow: Flow;
let elsewhere: Flow;

beforeAll(async () => {
  server = await startServer();
  flow = await publish(server, "back and forth", [
    { qid: 1, type: "message", next_qid: 2, variable_modifications: [["log", "'start'"]] },
    {
      qid: 2,
      type: "choice",
      show_as_type: "asked",
      answers: [
        {
          text: "One",
          next_qid: 3,
          variable_modifications: [
            ["n", "n + 1"],
            ["log", "log + '-one'"],
          ],
        },
        {
          text: "Ten",
          next_qid: 3,
          variable_modifications: [
            ["n", "n + 10"],
            ["log", "log + '-ten'"],
          ],
        },
      ],
    },
    { qid: 3, type: "fork", variable_modifications: [["forks", "forks + 1"]], forking_rules: [[4, "True"]] },
    { qid: 4, type: "control", variable_modifications: [["controls", "controls + 1"]], next_qid: 5 },
    { qid: 5, type: "message", next_qid: 6, variable_modifications: [["told", "told + 1"]] },
    { qid: 6, type: "text", next_qid: 2, variable_modifications: [["asked", "asked + 1"]] },
  ]);
  elsewhere = await publish(server, "somewhere else", [{ qid: 1, type: "text", next_qid: -1 }]);
});

const view = async (thread: number) => (await server.as(PATIENT).get(`/threads/${thread}`)).body;
const pool = async (thread: number) => (await view(thread)).variables_pool;
const post = (thread: number, body: object) => server.as(PATIENT).post(`/threads/${thread}/messages`, body);
const back = (thread: number, body: object) => server.as(PATIENT).post(`/threads/${thread}/rollback`, body);
const messages = async (thread: number): Promise<{ id: number; text: string }[]> =>
  (await server.as(PATIENT).get(`/threads/${thread}/messages?limit=100`)).body.results;
const texts = async (thread: number) => (await messages(thread)).map(({ text }) => text);

async function led(state: string): Promise<number> {
  const thread = await openThread(server, PATIENT, { [DOCTOR]: 8191 });
  await server.colloquy.members.edit(thread, PATIENT, {
    permissions: 8191,
    state: state as "scripted",
    schema: flow.id,
  });
  return thread;
}

describe("rollback of a scripted run", () => {
  test("goes back one question at a time, and the pool is as if the rest had never happened", async () => {
    const thread = await led("scripted");
    const states = [
      { texts: await texts(thread), pool: await pool(thread), question: (await view(thread)).question },
    ];
    const steps = [
      { answers: [option(flow, 2, "Ten")] },
      {},
      { text: "Written" },
      { answers: [option(flow, 2, "One")] },
    ];
    for (const step of steps) {
      expect((await post(thread, step)).status).toBeLessThan(300);
      states.push({
        texts: await texts(thread),
        pool: await pool(thread),
        question: (await view(thread)).question,
      });
    }
    expect(states.at(-1)!.pool).toEqual({
      log: "start-ten-one",
      n: 11,
      forks: 2,
      controls: 2,
      told: 1,
      asked: 1,
    });
    for (const before of states.slice(0, -1).toReversed()) {
      const { status, body } = await back(thread, {});
      expect(status).toBe(200);
      expect(body).toEqual(await view(thread));
      expect(body).toMatchObject({
        variables_pool: before.pool,
        question: before.question,
        state: "scripted",
      });
      expect(await texts(thread)).toEqual(before.texts);
      expect(body.last_message_data.text).toBe(before.texts.at(-1));
      expect(body.related_message).toBe((await messages(thread)).at(-1)!.id);
    }
    const { status, body } = await back(thread, {});
    expect([status, body]).toEqual([400, { non_field_errors: ["AT_THE_BEGINNING"] }]);
    // And forward again, otherwise.
    await post(thread, { answers: [option(flow, 2, "One")] });
    expect(await pool(thread)).toEqual({ log: "start-one", n: 1, forks: 1, controls: 1 });
  });

  test("goes to the message of any question that waited, whatever its type", async () => {
    const thread = await led("scripted");
    const [told, asked] = await messages(thread);
    await post(thread, { answers: [option(flow, 2, "Ten")] });
    const answered = (await messages(thread)).find(({ text }) => text === "Ten")!;
    await post(thread, {});
    await post(thread, { text: "Written" });
    for (const message of [answered.id, told!.id])
      expect(await back(thread, { message })).toMatchObject({
        status: 400,
        body: { message: ["NOT_A_QUESTION"] },
      });
    const { status, body } = await back(thread, { message: asked!.id });
    expect([status, body.question, body.related_message]).toEqual([200, question(flow, 2), asked!.id]);
    expect(await texts(thread)).toEqual(["Question 1", "Question 2"]);
    expect(body.variables_pool).toEqual({ log: "start" });
  });

  test("takes away only the run's own messages, from lists, counts and pushes", async () => {
    const thread = await led("scripted");
    const socket = await server.socket(DOCTOR);
    await server.as(DOCTOR).get(`/threads/${thread}/messages`);
    await post(thread, { answers: [option(flow, 2, "Ten")] });
    const gone = (await messages(thread)).slice(2).map(({ id }) => id);
    const { body: others } = await server
      .as(DOCTOR)
      .post(`/threads/${thread}/messages`, { text: "I am here" });
    expect((await server.as(DOCTOR).get(`/threads/${thread}`)).body.unread).toBe(2);
    expect((await back(thread, {})).status).toBe(200);
    expect(await texts(thread)).toEqual(["Question 1", "Question 2", "I am here"]);
    expect((await server.as(DOCTOR).get(`/threads/${thread}`)).body).toMatchObject({
      unread: 0,
      last_message_data: { id: others.id },
    });
    for (const id of gone) {
      const { data } = await socket.next(({ data }) => data.id === id && data.deleted);
      expect(data).toEqual({ id, thread, deleted: true });
    }
    // The old answer is told of again by its id only, and never got.
    expect((await server.as(DOCTOR).get(`/threads/${thread}/messages/${gone[0]}`)).status).toBe(404);
    await socket.close();
  });

  test("needs its right and a run of one's own", async () => {
    const thread = await led("scripted");
    expect((await server.as(DOCTOR).post(`/threads/${thread}/rollback`, {})).body).toEqual({
      non_field_errors: ["WRONG_STATE"],
    });
    await server.colloquy.members.edit(thread, PATIENT, { permissions: 19 });
    expect((await back(thread, {})).status).toBe(403);
    await server.colloquy.members.edit(thread, PATIENT, { permissions: 8191, state: "open" });
    expect((await back(thread, {})).body).toEqual({ non_field_errors: ["WRONG_STATE"] });
  });

  test("a new run does not go back into an earlier one", async () => {
    const thread = await led("scripted");
    const [, asked] = await messages(thread);
    await post(thread, { answers: [option(flow, 2, "Ten")] });
    await server.colloquy.runs.stop(thread, PATIENT);
    await server.colloquy.runs.start(thread, PATIENT, flow.id);
    expect(await pool(thread)).toEqual({ log: "start" });
    expect((await back(thread, {})).body).toEqual({ non_field_errors: ["AT_THE_BEGINNING"] });
    expect((await back(thread, { message: asked!.id })).body).toEqual({ message: ["NOT_A_QUESTION"] });
  });
});

describe("rollback of a front-end controlled run", () => {
  const at = (qid: number) => ({ question: question(flow, qid) });

  test("goes back to a question: what was said from there on goes, and is said anew", async () => {
    const thread = await led("scripted_fe_controlled");
    await post(thread, { ...at(2), answers: [option(flow, 2, "Ten")] });
    await post(thread, at(4));
    await post(thread, { ...at(6), text: "Written" });
    expect(await pool(thread)).toEqual({ log: "start-ten", n: 10, forks: 1, controls: 1, told: 1, asked: 1 });
    expect(await texts(thread)).toEqual([
      "Question 1",
      "Question 2",
      "Ten",
      "Question 5",
      "Question 6",
      "Written",
    ]);

    const { status, body } = await back(thread, at(6));
    expect([status, body]).toEqual([200, await view(thread)]);
    expect(body).toMatchObject({ question: question(flow, 6), related_message: null });
    expect(body.variables_pool).toEqual({ log: "start-ten", n: 10, forks: 1, controls: 1, told: 1 });
    expect(await texts(thread)).toEqual(["Question 1", "Question 2", "Ten", "Question 5"]);

    expect((await back(thread, at(2))).body.variables_pool).toEqual({ log: "start" });
    expect(await texts(thread)).toEqual(["Question 1"]);
    await post(thread, { ...at(2), answers: [option(flow, 2, "One")] });
    expect(await pool(thread)).toEqual({ log: "start-one", n: 1, forks: 1 });
  });

  test("says what is wrong", async () => {
    const thread = await led("scripted_fe_controlled");
    await post(thread, { ...at(2), answers: [option(flow, 2, "Ten")] });
    expect((await back(thread, {})).body).toEqual({ question: ["REQUIRED"] });
    expect((await back(thread, { question: question(elsewhere, 1) })).body).toEqual({
      question: ["QUESTION_FROM_WRONG_SCHEMA"],
    });
    expect((await back(thread, { question: 999_999 })).body).toEqual({
      question: ['Invalid pk "999999" - object does not exist.'],
    });
    expect((await back(thread, at(6))).body).toEqual({ question: ["NO_SUCH_MESSAGE"] });
    const before = await view(thread);
    const control = await back(thread, at(4));
    expect([control.status, control.body]).toEqual([204, null]);
    expect(await view(thread)).toEqual(before);
  });
});

describe("a deleted message of a run", () => {
  test("is forgotten by the pool, which is then as the surviving ones make it", async () => {
    const thread = await led("scripted");
    await post(thread, { answers: [option(flow, 2, "Ten")] });
    await post(thread, {});
    await post(thread, { text: "Written" });
    await post(thread, { answers: [option(flow, 2, "One")] });
    const socket = await server.socket(DOCTOR);
    const ten = (await messages(thread)).find(({ text }) => text === "Ten")!.id;
    expect((await server.as(PATIENT).delete(`/threads/${thread}/messages/${ten}`)).status).toBe(204);
    expect(await pool(thread)).toMatchObject({ log: "start-one", n: 1, told: 1, asked: 1 });
    const { data } = await socket.next(({ data }) => data.deleted);
    expect(data).toEqual({ id: ten, thread, deleted: true });
    expect((await server.as(PATIENT).delete(`/threads/${thread}/messages/${ten}`)).status).toBe(404);
    await socket.close();
  });

  test("also after the run has ended", async () => {
    const short = await publish(server, "short", [
      {
        qid: 1,
        type: "choice",
        answers: [{ text: "Add", next_qid: 2, variable_modifications: [["n", "n + 1"]] }],
      },
      { qid: 2, type: "message", next_qid: -1, variable_modifications: [["m", "m + 1"]] },
    ]);
    const thread = await openThread(server, PATIENT);
    await server.colloquy.members.edit(thread, PATIENT, {
      permissions: 8191,
      state: "scripted",
      schema: short.id,
    });
    await post(thread, { answers: [option(short, 1, "Add")] });
    expect(await pool(thread)).toEqual({ n: 1, m: 1 });
    const added = (await messages(thread)).find(({ text }) => text === "Add")!.id;
    await server.as(PATIENT).delete(`/threads/${thread}/messages/${added}`);
    expect(await pool(thread)).toEqual({ m: 1 });
    expect((await view(thread)).state).toBe("open");
  });

  test("that was the question waiting leaves the run where it is", async () => {
    const thread = await led("scripted");
    const asked = (await messages(thread)).at(-1)!.id;
    await server.as(PATIENT).delete(`/threads/${thread}/messages/${asked}`);
    expect(await view(thread)).toMatchObject({ question: question(flow, 2), related_message: null });
    expect((await post(thread, { answers: [option(flow, 2, "One")] })).status).toBe(201);
  });
});
