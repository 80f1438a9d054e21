import { beforeAll, describe, expect, test } from "vitest";
import { createColloquy, type HostEvent } from "../../packages/server/src/index.ts";
import type { SettingsInput } from "../../packages/server/src/settings.ts";
import { type As, startServer, type TestServer } from "../support/server.ts";
import type { Frame } from "../support/socket.ts";
import { type Flow, option, publish, question } from "./flows.ts";

// What is different in threads of a type: each switch beside `chat`, where nothing is.

const ALL = 8191;
const SUPERUSER = 1;
const PATIENT = 2;
const DOCTOR = 3;

let server: TestServer;
let flow: Flow;
const heard: HostEvent[] = [];

beforeAll(async () => {
  server = await startServer({
    types: {
      chat: ["chat", "private", "quiet", "lean", "forgetful", "scored", "still", "unsearched", "few", "none"],
    },
    threadTypes: {
      private: { pushToFollowers: false },
      quiet: { touch: false },
      lean: { messageFields: ["id", "text", "answers", "sender_data"] },
      forgetful: { storeAnswers: false },
      scored: { storeAnswers: false, variables: ["score"] },
      still: { moveOn: false },
      unsearched: { indexed: false },
      few: { variables: ["score"] },
      none: { variables: [] },
    },
    on: {
      answers_chosen: (event) => {
        heard.push(event);
      },
    },
  });
  flow = await publish(server, "switched", [
    {
      qid: 1,
      type: "message",
      next_qid: 2,
      variable_modifications: [
        ["score", "10"],
        ["told", "1"],
      ],
    },
    {
      qid: 2,
      type: "multichoice",
      variable_modifications: [["asked", "asked + 1"]],
      answers: [
        { text: "Plain", next_qid: 3 },
        { text: "Scores", next_qid: 3, variable_modifications: [["score", "score + 1"]] },
        { text: "Notes", next_qid: 3, variable_modifications: [["noted", "noted + 1"]] },
        { text: "Ends", next_qid: -1 },
      ],
    },
    { qid: 3, type: "control", next_qid: 4, variable_modifications: [["score", "score * 2"]] },
    { qid: 4, type: "text", next_qid: -1 },
  ]);
});

const patient = () => server.as(PATIENT);
const post = (thread: number, body: object, query = "") =>
  patient().post(`/threads/${thread}/messages${query}`, body);
const view = async (thread: number) => (await patient().get(`/threads/${thread}`)).body;
const messages = async (thread: number, query = "") =>
  (await patient().get(`/threads/${thread}/messages?limit=100${query}`)).body.results;
const choose = (...texts: string[]) => ({ answers: texts.map((text) => option(flow, 2, text)) });
const isMessage = ({ message }: Frame) => message === "message_created_or_updated";

/** A thread of a type with the patient, who may be led, and the doctor in it. */
async function open(type: string, state: "open" | "scripted" | "scripted_fe_controlled" = "open") {
  const schema = state === "open" ? null : flow.id;
  const made = { type, creator: PATIENT, permissions: ALL, state, schema };
  const { id } = await server.colloquy.threads.create(made);
  await server.colloquy.members.add(id, DOCTOR, { permissions: ALL });
  return id;
}

describe("pushToFollowers", () => {
  test.each([
    ["chat", ["One", "Two", true]],
    ["private", []],
  ])("in %s: who follows without being a member is told of %j", async (type, told) => {
    const [thread, bell] = [await open(type), await open("chat")];
    await server.colloquy.members.add(bell, SUPERUSER);
    await server.as(SUPERUSER).post(`/threads/${thread}/ws-subscribe`);
    const [follower, member] = await Promise.all([server.socket(SUPERUSER), server.socket(DOCTOR)]);
    const { body } = await post(thread, { text: "One" });
    await patient().patch(`/threads/${thread}/messages/${body.id}`, { text: "Two" });
    await patient().delete(`/threads/${thread}/messages/${body.id}`);
    const pushed = ({ data }: Frame) => data.text ?? data.deleted;
    for (const expected of ["One", "Two", true])
      await member.next((frame) => isMessage(frame) && [expected, true].includes(pushed(frame)));
    const { body: last } = await post(thread, { text: "Last" });
    await member.next((frame) => isMessage(frame) && frame.data.id === last.id);
    await post(bell, { text: "Bell" });
    await follower.next((frame) => isMessage(frame) && frame.data.text === "Bell");
    const frames = follower.frames.filter((frame) => isMessage(frame) && frame.data.thread === thread);
    const texts = [...new Set(frames.map(pushed))].filter((text) => text !== "Last");
    // Pushes say how it is now: an earlier text may never have been seen.
    expect(told).toEqual(expect.arrayContaining(texts));
    expect(texts.length > 0).toBe(told.length > 0);
    await Promise.all([follower.close(), member.close()]);
  });
});

describe("touch", () => {
  async function lastTexts(thread: number, type: string, act: (as: As) => Promise<{ body: { id: number } }>) {
    const socket = await server.socket(DOCTOR);
    const { body } = await act(patient());
    const pushed = await socket.next((frame) => isMessage(frame) && frame.data.id === body.id);
    await patient().patch(`/threads/${thread}`, { notifications: 31 });
    const changed = await socket.next(
      ({ message, data }) => message === "thread_updated" && data.id === thread,
    );
    await socket.close();
    const list = (await patient().get(`/accounts/${PATIENT}/threads/${type}`)).body.results;
    const found = list.find(({ id }: { id: number }) => id === thread);
    return [await view(thread), found, pushed.data.thread_data, changed.data].map(
      (shown) => shown.last_message_data?.text ?? null,
    );
  }

  test("in chat: a new message moves `updated` and is the last one", async () => {
    const thread = await open("chat");
    const before = await view(thread);
    const { body } = await post(thread, { text: "New" });
    expect(body.thread_data).toMatchObject({ updated: body.created, last_message_data: { text: "New" } });
    expect(body.created > before.updated).toBe(true);
    expect((await view(thread)).updated).toBe(body.created);
    const texts = await lastTexts(thread, "chat", () => post(thread, { text: "Newer" }));
    expect(texts).toEqual(["Newer", "Newer", "Newer", "Newer"]);
  });

  test("off: `updated` stays and there is no last message, wherever a thread is shown", async () => {
    const thread = await open("quiet");
    const before = await view(thread);
    const { body } = await post(thread, { text: "New" });
    expect(body.thread_data).toMatchObject({ updated: before.updated, last_message_data: null, id: thread });
    expect(body.created > before.updated).toBe(true);
    expect(await messages(thread)).toMatchObject([
      { text: "New", created: body.created, updated: body.created },
    ]);
    expect((await view(thread)).updated).toBe(before.updated);
    const texts = await lastTexts(thread, "quiet", () => post(thread, { text: "Newer" }));
    expect(texts).toEqual([null, null, null, null]);
    await patient().patch(`/threads/${thread}`, { title: "Titled" });
    expect((await view(thread)).updated > before.updated).toBe(true);
  });

  test("off: answers and what follows them leave `updated`, too", async () => {
    const thread = await open("quiet", "scripted");
    const { updated } = await view(thread);
    const { body } = await post(thread, choose("Plain"));
    expect(body.thread_data).toMatchObject({ updated, last_message_data: null, question_data: { qid: 3 } });
    expect(await view(thread)).toMatchObject({ updated, last_message_data: null });
  });
});

describe("messageFields", () => {
  const keys = (value: object) => Object.keys(value).sort();

  test("in chat: answers to a POST and pushes have all fields", async () => {
    const thread = await open("chat");
    const socket = await server.socket(DOCTOR);
    const { body } = await post(thread, { text: "Hello" });
    const read = (await messages(thread))[0];
    expect(keys(body)).toEqual([...keys(read), "answers", "thread_data"].sort());
    const { data } = await socket.next((frame) => isMessage(frame) && frame.data.id === body.id);
    expect(keys(data)).toEqual([...keys(read), "thread_data"].sort());
    expect(keys((await post(thread, { text: "Hello" }, "?fields=id,type")).body)).toEqual(["id", "type"]);
    await socket.close();
  });

  test("limited: they have no others, and fewer where fewer are asked for; reads have all", async () => {
    const thread = await open("lean");
    const socket = await server.socket(DOCTOR);
    const { status, body } = await post(thread, { text: "Hello" });
    const sender_data = expect.objectContaining({ id: PATIENT });
    expect([status, body]).toEqual([201, { id: body.id, text: "Hello", answers: [], sender_data }]);
    const { data } = await socket.next((frame) => isMessage(frame) && frame.data.text === "Hello");
    expect(data).toEqual({ id: body.id, text: "Hello", sender_data });
    expect((await post(thread, { text: "Hi" }, "?fields=text,type,thread_data")).body).toEqual({
      text: "Hi",
    });
    expect((await messages(thread))[0]).toMatchObject({ id: body.id, type: "message", is_own: true });
    await patient().delete(`/threads/${thread}/messages/${body.id}`);
    const gone = await socket.next((frame) => isMessage(frame) && frame.data.deleted === true);
    expect(gone.data).toEqual({ id: body.id, thread, deleted: true });
    await socket.close();
  });

  test("limited: a client of chat_api gets the same fields, with its text escaped", async () => {
    const compat = await startServer({
      compat: "chat_api",
      threadTypes: { chat: { messageFields: ["text"] } },
    });
    const { id } = await compat.colloquy.threads.create({ creator: PATIENT });
    const { body } = await compat.as(PATIENT).post(`/threads/${id}/messages`, { text: "<b>", type: "a" });
    expect(body).toEqual({ text: "&lt;b&gt;" });
  });
});

describe("storeAnswers", () => {
  async function answered(type: string, ...texts: string[]) {
    const thread = await open(type, "scripted");
    const { body } = await post(thread, choose(...texts));
    const stored = (await messages(thread, "&fields=id,answers")).find(
      ({ id }: { id: number }) => id === body.id,
    );
    await expect
      .poll(() => heard.some(({ data }) => "message" in data && data.message === body.id))
      .toBe(true);
    const event = heard.find(({ data }) => "message" in data && data.message === body.id)!;
    const names = (ids: number[]) =>
      ids.map((id) => ["Plain", "Scores", "Notes"].find((text) => option(flow, 2, text) === id));
    return {
      thread,
      message: body.id as number,
      answer: names(body.answers),
      stored: names(stored.answers),
      told: names((event.data as { answers: number[] }).answers),
    };
  }

  test("in chat: the options chosen are kept, and told", async () => {
    const { answer, stored, told } = await answered("chat", "Notes", "Plain");
    expect([answer, stored, told]).toEqual([
      ["Notes", "Plain"],
      ["Notes", "Plain"],
      ["Notes", "Plain"],
    ]);
  });

  test("off: they are told only, but for those that modify variables", async () => {
    const plain = await answered("forgetful", "Plain");
    expect([plain.answer, plain.stored, plain.told]).toEqual([[], [], ["Plain"]]);
    const mixed = await answered("forgetful", "Notes", "Plain", "Scores");
    expect([mixed.answer, mixed.stored]).toEqual([
      ["Notes", "Scores"],
      ["Notes", "Scores"],
    ]);
    expect(mixed.told).toEqual(["Notes", "Plain", "Scores"]);
  });

  test("off: those that modify only variables that are left alone are not kept either", async () => {
    const { stored, told } = await answered("scored", "Notes", "Scores", "Plain");
    expect([stored, told]).toEqual([["Scores"], ["Notes", "Scores", "Plain"]]);
  });

  test("off: pools are recomputed all the same", async () => {
    const { thread, message } = await answered("forgetful", "Notes", "Plain", "Scores");
    expect((await view(thread)).variables_pool).toEqual({ score: 22, told: 1, asked: 1, noted: 1 });
    const [, , , confirm] = await messages(thread);
    await patient().delete(`/threads/${thread}/messages/${confirm.id}`);
    expect((await view(thread)).variables_pool).toEqual({ score: 11, told: 1, asked: 1, noted: 1 });
    await patient().delete(`/threads/${thread}/messages/${message}`);
    expect((await view(thread)).variables_pool).toEqual({ score: 10, told: 1, asked: 1 });
  });
});

describe("moveOn", () => {
  const at = async (thread: number) => {
    const { state, question, related_message, variables_pool } = await view(thread);
    return { state, question, related_message, variables_pool };
  };
  const texts = async (thread: number) => (await messages(thread)).map(({ text }: { text: string }) => text);

  test("in chat: an answer leads to the next question, a confirmation further", async () => {
    const thread = await open("chat", "scripted");
    await post(thread, choose("Plain"));
    expect((await at(thread)).question).toBe(question(flow, 3));
    expect((await post(thread, {})).status).toBe(204);
    expect((await at(thread)).question).toBe(question(flow, 4));
  });

  test("off: an answer is kept and counted, and its question waits on; the end ends", async () => {
    const thread = await open("still", "scripted");
    const before = await at(thread);
    const { status, body } = await post(thread, choose("Scores"));
    expect(status).toBe(201);
    expect(body.thread_data).toMatchObject({ question: before.question, state: "scripted" });
    const once = { ...before, variables_pool: { ...before.variables_pool, score: 11 } };
    expect(await at(thread)).toEqual(once);
    await post(thread, choose("Scores", "Ends"));
    expect(await at(thread)).toEqual({ ...once, variables_pool: { ...once.variables_pool, score: 12 } });
    expect(await texts(thread)).toEqual(["Question 1", "Question 2", "Scores", "Scores, Ends"]);

    const back = await patient().post(`/threads/${thread}/rollback`, { message: before.related_message });
    expect([back.status, await at(thread)]).toEqual([200, before]);
    const ended = await post(thread, choose("Ends"));
    expect(ended.body.thread_data).toMatchObject({ question: null, state: "open", related_message: null });
  });

  test("off: a confirmation leaves a run where it is, until a message ends it", async () => {
    const made = { type: "still", creator: PATIENT, permissions: ALL, schema: flow.id };
    const initial_question = question(flow, 3);
    const { id } = await server.colloquy.threads.create({ ...made, state: "scripted", initial_question });
    const before = await at(id);
    expect((await post(id, {})).status).toBe(204);
    expect(await at(id)).toEqual(before);
    const { id: controlled } = await server.colloquy.threads.create({
      ...made,
      state: "scripted_fe_controlled",
    });
    const waiting = (await at(controlled)).question;
    expect((await post(controlled, { question: question(flow, 3) })).status).toBe(204);
    expect(await at(controlled)).toMatchObject({ question: waiting, variables_pool: { score: 20 } });
    await post(controlled, { question: waiting, ...choose("Plain") });
    expect((await at(controlled)).question).toBe(waiting);
    await post(controlled, { question: question(flow, 4), text: "Bye" });
    expect(await at(controlled)).toMatchObject({ state: "open", question: null });
  });
});

describe("indexed", () => {
  test.each([
    ["chat", ["needle"]],
    ["unsearched", []],
  ])("in %s: a search finds %j, and the list has everything", async (type, found) => {
    const thread = await open(type);
    for (const text of ["needle", "hay"]) await post(thread, { text });
    const texts = async (query: string) =>
      (await messages(thread, query)).map(({ text }: { text: string }) => text);
    expect(await texts("&q=eedl")).toEqual(found);
    expect(await texts("&q=%20")).toEqual(["needle", "hay"]);
    expect(await texts("")).toEqual(["needle", "hay"]);
  });
});

describe("variables", () => {
  const pool = async (thread: number) => (await view(thread)).variables_pool;

  test.each([
    ["chat", { score: 10, told: 1, asked: 1 }, { score: 22, told: 1, asked: 1, noted: 1 }],
    ["few", { score: 10 }, { score: 22 }],
    ["none", {}, {}],
  ])(
    "in %s: a run modifies what it may, and rollback and deletion make the same",
    async (type, first, second) => {
      const thread = await open(type, "scripted");
      expect(await pool(thread)).toEqual(first);
      const { body } = await post(thread, choose("Scores", "Notes"));
      expect(await pool(thread)).toEqual(second);
      expect((await patient().post(`/threads/${thread}/rollback`, {})).body.variables_pool).toEqual(first);
      await post(thread, choose("Scores", "Notes"));
      expect(await pool(thread)).toEqual(second);
      const answer = (await messages(thread)).find(({ text }: { text: string }) => text === body.text);
      await patient().delete(`/threads/${thread}/messages/${answer.id}`);
      expect(await pool(thread)).toEqual("score" in first ? { ...first, score: 20 } : {});
    },
  );

  test("are limited as well where a front end is in control, and where the thread's state starts the run", async () => {
    const thread = await open("few", "scripted_fe_controlled");
    await post(thread, { question: question(flow, 2), ...choose("Notes", "Scores") });
    expect(await pool(thread)).toEqual({ score: 11 });
    await patient().post(`/threads/${thread}/rollback`, { question: question(flow, 2) });
    expect(await pool(thread)).toEqual({ score: 10 });

    const made = { type: "few", creator: PATIENT, permissions: ALL, schema: flow.id };
    const { id } = await server.colloquy.threads.create({ ...made, state: "assisted" });
    expect(await pool(id)).toEqual({});
    await patient().patch(`/threads/${id}`, { state: "scripted" });
    expect(await pool(id)).toEqual({ score: 10 });

    const entered = await open("few");
    await server.colloquy.runs.start(entered, PATIENT, flow.id);
    expect(await pool(entered)).toEqual({ score: 10 });
  });
});

describe("at startup is refused", () => {
  const types = { chat: ["chat", "news"] };
  test.each([
    [
      "a switch",
      { news: { tuch: false } },
      "Unknown setting threadTypes.news.tuch: did you mean threadTypes.news.touch?",
    ],
    ["a thread type", { nwes: {} }, "Unknown setting threadTypes.nwes: did you mean threadTypes.news?"],
    [
      "a field",
      { chat: { messageFields: ["id", "txt"] } },
      "Unknown setting threadTypes.chat.messageFields.txt: did you mean threadTypes.chat.messageFields.text?",
    ],
  ])("%s that is unknown", async (_what, threadTypes, message) => {
    await expect(createColloquy({ types, threadTypes } as SettingsInput)).rejects.toThrow(message);
  });

  test.each([
    [
      { chat: { touch: "no" } },
      "threadTypes.chat.touch is of type string: it must be a value of type boolean",
    ],
    [
      { chat: { variables: [1] } },
      "threadTypes.chat.variables is of type object: it must be a value of type array",
    ],
    [{ chat: true }, "threadTypes.chat must be an object"],
    [[], "threadTypes must be an object"],
  ])("what is of another type: %j", async (threadTypes, message) => {
    await expect(createColloquy({ types, threadTypes } as unknown as SettingsInput)).rejects.toThrow(message);
  });
});
