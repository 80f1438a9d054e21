import { beforeAll, describe, expect, test } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";
import { ME, QUESTIONS, STRANGER, THREADS, YOU } from "./facts.ts";
import { type Flow, openThread, option, publish, question } from "./flows.ts";

// Spec page 7, threads, members and messages: ours by default.

let server: TestServer;
let flow: Flow;

beforeAll(async () => {
  server = await startServer();
  flow = await publish(server, "facts", QUESTIONS);
});

const me = () => server.as(ME);

describe("threads and members", () => {
  test("a thread is made of nothing; type and permissions in the body are ignored", async () => {
    const { status, body } = await me().post(THREADS, { type: "other", permissions: 1, unknown: true });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      type: "chat",
      permissions: 507,
      notifications: 3,
      state: "open",
      unread: 0,
    });
    expect(body).toMatchObject({ on_finish: "open", variables_pool: {}, users_data: [{ id: ME }] });
  });

  test("created in scripted, it shows the true related message and has run on to what waits", async () => {
    const { status, body } = await me().post(THREADS, { state: "scripted", schema: flow.id });
    expect([status, body.question, body.question_data.qid]).toEqual([201, question(flow, 2), 2]);
    const { results } = (await me().get(`/threads/${body.id}/messages`)).body;
    expect(results.map((message: { related_question: number }) => message.related_question)).toEqual([
      question(flow, 1),
      question(flow, 2),
    ]);
    expect(body.related_message).toBe(results[1].id);
    expect(body.last_message_data.id).toBe(results[1].id);
  });

  test.each([
    [null, ["This field may not be null."]],
    ["", ["This field may not be blank."]],
    ["  ", ["This field may not be blank."]],
    ["x".repeat(256), ["Ensure this field has no more than 255 characters."]],
  ])("the title %j is refused", async (title, errors) => {
    const thread = await openThread(server, ME);
    for (const answer of [
      await me().post(THREADS, { title }),
      await me().patch(`/threads/${thread}`, { title }),
    ])
      expect([answer.status, answer.body]).toEqual([400, { title: errors }]);
  });

  test("PATCH heeds title, state and notifications only; state goes to all members; `PUT {}` is 200", async () => {
    const thread = await openThread(server, ME, { [YOU]: 19 });
    const path = `/threads/${thread}`;
    const patched = await me().patch(path, {
      title: "New",
      notifications: 1,
      permissions: 8191,
      schema: flow.id,
      type: "x",
      on_finish: "close",
    });
    expect(patched).toMatchObject({
      status: 200,
      body: {
        title: "New",
        notifications: 1,
        permissions: 507,
        schema: null,
        type: "chat",
        on_finish: "open",
      },
    });
    expect((await me().put(path, {})).status).toBe(200);
    expect((await me().patch(path, { state: "closed" })).body.state).toBe("closed");
    expect((await server.as(YOU).get(path)).body).toMatchObject({
      state: "closed",
      title: "New",
      notifications: 3,
    });
    expect(await me().patch(path, { state: "scripted" })).toMatchObject({
      status: 400,
      body: { schema: ["REQUIRED"] },
    });
    expect((await server.as(YOU).patch(path, { title: "x" })).status).toBe(403);
  });

  test("an added member has permissions 19 and notifications 3, and is there once", async () => {
    const thread = await openThread(server, ME);
    const added = await me().post(`/threads/${thread}/users`, { user: YOU });
    expect(added).toMatchObject({
      status: 201,
      body: { user: YOU, permissions: 19, users_data: { id: YOU } },
    });
    expect((await server.as(YOU).get(`/threads/${thread}`)).body).toMatchObject({
      permissions: 19,
      notifications: 3,
    });
    const twice = await me().post(`/threads/${thread}/users`, { user: YOU });
    expect([twice.status, twice.body]).toEqual([400, { user: ["User already exists in this thread."] }]);
    const more = await me().post(`/threads/${thread}/users`, { user: STRANGER, permissions: 512 });
    expect([more.status, more.body]).toEqual([
      400,
      { permissions: ["Cannot set higher permissions that the request user possess."] },
    ]);
  });

  test("control fields are ignored from who only may add, and heeded from who controls others", async () => {
    const thread = await openThread(server, ME, { [YOU]: 8191 });
    const mode = { state: "scripted", schema: flow.id, on_finish: "close" };
    expect((await me().post(`/threads/${thread}/users`, { user: STRANGER, ...mode })).status).toBe(201);
    expect((await server.as(STRANGER).get(`/threads/${thread}`)).body).toMatchObject({
      state: "open",
      schema: null,
    });
    const led = await server.as(YOU).post(`/threads/${thread}/users`, { user: 5, ...mode });
    expect(led).toMatchObject({
      status: 201,
      body: { state: "scripted", schema: flow.id, on_finish: "close" },
    });
    const second = await server.as(YOU).patch(`/threads/${thread}/users/${STRANGER}`, mode);
    expect([second.status, second.body]).toEqual([
      400,
      { state: ["Only one scripted mode per thread is allowed."] },
    ]);
  });

  test("of oneself one changes notifications and language only, and may leave", async () => {
    const thread = await openThread(server, ME, { [YOU]: 8191 });
    const self = `/threads/${thread}/users/${YOU}`;
    const you = server.as(YOU);
    expect((await you.patch(self, { notifications: 1, language: "pl" })).status).toBe(200);
    expect((await you.get(`/threads/${thread}`)).body.notifications).toBe(1);
    expect((await you.patch(self, { permissions: 1 })).status).toBe(403);
    expect((await you.patch(self, { state: "closed" })).status).toBe(403);
    expect((await you.put(self, { notifications: 1 })).status).toBe(403);
    expect((await server.as(YOU).delete(self)).status).toBe(204);
    expect((await you.get(`/threads/${thread}`)).status).toBe(403);
  });

  test("a member who is not there is 404", async () => {
    const thread = await openThread(server, ME, { [YOU]: 8191 });
    const at = `/threads/${thread}/users/${STRANGER}`;
    const you = server.as(YOU);
    expect((await you.get(at)).status).toBe(404);
    expect((await you.patch(at, {})).status).toBe(404);
    expect((await you.put(at, {})).status).toBe(404);
    expect((await you.delete(at)).status).toBe(404);
  });

  test("PATCH to a scripted state enters the schema", async () => {
    const thread = await openThread(server, ME, { [YOU]: 8191 });
    const { body } = await server
      .as(YOU)
      .patch(`/threads/${thread}/users/${ME}`, { state: "scripted", schema: flow.id });
    expect(body).toMatchObject({ state: "scripted", schema: flow.id });
    const view = (await me().get(`/threads/${thread}`)).body;
    expect([view.question, view.last_message_data.id]).toEqual([question(flow, 2), view.related_message]);
    const alone = (await me().post(THREADS, { state: "assisted", schema: flow.id })).body;
    expect(alone).toMatchObject({ state: "assisted", question: null });
    const entered = await me().patch(`/threads/${alone.id}`, { state: "scripted" });
    expect(entered).toMatchObject({ status: 200, body: { state: "scripted", question: question(flow, 2) } });
  });
});

describe("messages", () => {
  async function led(): Promise<number> {
    return (await me().post(THREADS, { state: "scripted", schema: flow.id })).body.id;
  }

  test("the type defaults to `message`; texts are trimmed, as written, and numbers become texts", async () => {
    const thread = await openThread(server, ME);
    const post = async (body: unknown) => (await me().post(`/threads/${thread}/messages`, body)).body;
    expect(await post({ text: "  <b>Tom & 'Jerry'</b>  " })).toMatchObject({
      text: "<b>Tom & 'Jerry'</b>",
      type: "message",
    });
    expect(await post({ text: 12.5 })).toMatchObject({ text: "12.5" });
    expect(await post({ meta: { a: [1] } })).toMatchObject({ text: "", meta: { a: [1] } });
    expect(await post({ text: "" })).toEqual({ text: ["REQUIRED"] });
    expect(await post({})).toEqual({ text: ["REQUIRED"] });
  });

  test("POST answers with `answers` and the thread after the transition; reads show `answers` only when asked", async () => {
    const thread = await led();
    const tea = option(flow, 2, "Tea");
    const { body } = await me().post(`/threads/${thread}/messages`, { answers: [tea, tea] });
    expect(body).toMatchObject({
      answers: [tea],
      text: "Tea",
      type: "message",
      related_question: question(flow, 2),
    });
    expect(body.thread_data).toMatchObject({
      question: question(flow, 3),
      last_message_data: { text: "Question 3" },
    });
    expect(body.thread_data.related_message).toBe(body.thread_data.last_message_data.id);
    const read = (await me().get(`/threads/${thread}/messages/${body.id}`)).body;
    expect(read).not.toHaveProperty("answers");
    expect((await me().get(`/threads/${thread}/messages/${body.id}?fields=answers`)).body).toEqual({
      answers: [tea],
    });
  });

  test.each([
    [{}, { answers: ["REQUIRED"] }],
    [{ answers: "both" }, { answers: ["TOO_MANY"] }],
    [{ answers: "unknown" }, { answers: ['Invalid pk "999999" - object does not exist.'] }],
    [{ answers: "one", text: "more" }, { text: ["WRONG_STATE"] }],
  ])("to a choice, %j is refused", async (given, errors) => {
    const thread = await led();
    const [tea, coffee] = [option(flow, 2, "Tea"), option(flow, 2, "Coffee")];
    const sets = { both: [tea, coffee], unknown: [999_999], one: [tea] };
    const answers = "answers" in given ? { answers: sets[given.answers as keyof typeof sets] } : {};
    const { status, body } = await me().post(`/threads/${thread}/messages`, { ...given, ...answers });
    expect([status, body]).toEqual([400, errors]);
  });

  test.each([
    ["", ["REQUIRED"]],
    ["1_000", ["WRONG_VALUE"]],
    ["1.0", ["WRONG_VALUE"]],
    ["nan", ["WRONG_VALUE"]],
  ])("to a number, %j is refused", async (text, errors) => {
    const thread = await led();
    await me().post(`/threads/${thread}/messages`, { answers: [option(flow, 2, "Tea")] });
    const { status, body } = await me().post(`/threads/${thread}/messages`, { text });
    expect([status, body]).toEqual([400, { text: errors }]);
  });

  test("a loop to the same question posts it again and applies it again", async () => {
    const loop = await publish(server, "again", [
      { qid: 1, type: "text", next_qid: 1, variable_modifications: [["n", "n + 1"]] },
    ]);
    const { body: thread } = await me().post(THREADS, { state: "scripted", schema: loop.id });
    await me().post(`/threads/${thread.id}/messages`, { text: "once" });
    const { body } = await me().get(`/threads/${thread.id}`);
    expect(body).toMatchObject({ variables_pool: { n: 2 }, question: question(loop, 1) });
    expect(body.related_message).not.toBe(thread.related_message);
  });

  test("only one's own messages are edited, deleting corrects the last message, and the rest is 403", async () => {
    const thread = await openThread(server, ME, { [YOU]: 8191 });
    const first = (await me().post(`/threads/${thread}/messages`, { text: "first" })).body.id;
    const second = (await server.as(YOU).post(`/threads/${thread}/messages`, { text: "second" })).body.id;
    expect((await server.as(YOU).patch(`/threads/${thread}/messages/${first}`, { text: "x" })).status).toBe(
      403,
    );
    expect((await server.as(YOU).delete(`/threads/${thread}/messages/${second}`)).status).toBe(204);
    expect((await me().get(`/threads/${thread}`)).body).toMatchObject({
      unread: 0,
      last_message_data: { id: first },
    });
    expect((await server.as(YOU).get(`/threads/${thread}/messages/${second}`)).status).toBe(404);
  });

  test("reopening answers open", async () => {
    const thread = await openThread(server, ME);
    await server.colloquy.members.add(thread, YOU, { permissions: 8191 });
    await me().patch(`/threads/${thread}`, { state: "closed" });
    expect(await me().post(`/threads/${thread}/messages`, { text: "x" })).toMatchObject({
      status: 400,
      body: { non_field_errors: ["THREAD_IS_CLOSED"] },
    });
    const reopened = await server.as(YOU).post(`/threads/${thread}/messages`, { text: "Hello again" });
    expect(reopened).toMatchObject({ status: 201, body: { thread_data: { state: "open" } } });
    expect((await me().get(`/threads/${thread}`)).body.state).toBe("open");
  });
});
