import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";
import { ME, STRANGER, THREADS, YOU } from "./facts.ts";
import { type Asked, type Flow, openThread, option, publish, question } from "./flows.ts";

// Spec page 7, "Decided later": threads and messages.

const QUESTIONS: Asked[] = [
  {
    qid: 1,
    type: "multichoice",
    choice_open: true,
    answers: [
      { text: "A", next_qid: 2, variable_modifications: [["n", "n + 1"]] },
      { text: "None", next_qid: 2, exclusive: true },
    ],
  },
  { qid: 2, type: "text", next_qid: 3 },
  { qid: 3, type: "text", next_qid: -1 },
];

let server: TestServer;
let flow: Flow;
let elsewhere: Flow;

beforeAll(async () => {
  server = await startServer();
  flow = await publish(server, "decided later", QUESTIONS);
  elsewhere = await publish(server, "elsewhere", [{ qid: 1, type: "text", next_qid: -1 }]);
});

const me = () => server.as(ME);
const post = (thread: number, body: object) => me().post(`/threads/${thread}/messages`, body);
const unknown = (id: unknown) => [`Invalid pk "${id}" - object does not exist.`];
const FOREIGN = ["QUESTION_FROM_WRONG_SCHEMA"];

async function led(state: string): Promise<number> {
  const thread = { creator: ME, permissions: 8191, state: state as "scripted", schema: flow.id };
  return (await server.colloquy.threads.create(thread)).id;
}

describe("a thread", () => {
  test("that was made without a title has an empty one, everywhere; null is none", async () => {
    const { body: thread } = await me().post(THREADS, {});
    expect(thread).toMatchObject({ title: "", variables_pool: {} });
    expect((await me().get(`/threads/${thread.id}`)).body.title).toBe("");
    expect((await me().get(THREADS)).body.results[0]).toMatchObject({ id: thread.id, title: "" });
    expect((await server.colloquy.threads.create({ creator: ME })).title).toBe("");
    for (const send of [
      () => me().post(THREADS, { title: null }),
      () => me().patch(`/threads/${thread.id}`, { title: null }),
    ])
      expect(await send()).toMatchObject({ status: 400, body: { title: ["This field may not be null."] } });
  });

  test("has its pool in answers and in pushes as it has alone, each member their own", async () => {
    const thread = await led("scripted");
    await server.colloquy.members.add(thread, YOU);
    const [mine, yours] = [await server.socket(ME), await server.socket(YOU)];
    const { body } = await post(thread, { answers: [option(flow, 1, "A")] });
    expect(body.thread_data).toEqual((await me().get(`/threads/${thread}`)).body);
    expect(body.thread_data.variables_pool).toEqual({ n: 1 });
    for (const [socket, pool] of [
      [mine, { n: 1 }],
      [yours, {}],
    ] as const) {
      const { data } = await socket.next(({ data }) => data.id === body.id);
      expect(data.thread_data.variables_pool).toEqual(pool);
    }
    await me().patch(`/threads/${thread}`, { title: "Changed" });
    const changed = await mine.next(
      ({ message, data }) => message === "thread_updated" && data.title === "Changed",
    );
    expect(changed.data).toEqual((await me().get(`/threads/${thread}`)).body);
  });
});

describe("a message", () => {
  test("never changes its type", async () => {
    const { id: thread } = await server.colloquy.threads.create({ creator: ME, permissions: 8191 });
    const { body: message } = await post(thread, { text: "x", type: "note" });
    const at = `/threads/${thread}/messages/${message.id}`;
    for (const edit of [
      () => me().put(at, { text: "y", type: "other" }),
      () => me().patch(at, { type: "other" }),
      () => me().patch(at, { type: null }),
    ])
      expect(await edit()).toMatchObject({ status: 200, body: { type: "note", text: "y" } });
  });

  test("shows its client_id to its sender alone, wherever they see it", async () => {
    const { id: thread } = await server.colloquy.threads.create({ creator: ME, permissions: 8191 });
    await server.colloquy.members.add(thread, YOU);
    const [mine, yours] = [await server.socket(ME), await server.socket(YOU)];
    const client_id = randomUUID();
    const posted = await post(thread, { text: "x", client_id });
    expect(posted.body).toMatchObject({ client_id, thread_data: { last_message_data: { client_id } } });
    expect((await post(thread, { text: "x", client_id })).body).toMatchObject({
      client_id,
    });
    const at = `/threads/${thread}/messages/${posted.body.id}`;
    for (const [user, socket, shown] of [
      [ME, mine, client_id],
      [YOU, yours, null],
    ] as const) {
      const isIt = ({ message, data }: { message: string; data: { id: number } }) =>
        message === "message_created_or_updated" && data.id === posted.body.id;
      const { data } = await socket.next(isIt);
      expect(data).toMatchObject({
        client_id: shown,
        thread_data: { last_message_data: { client_id: shown } },
      });
      const api = server.as(user);
      expect((await api.get(at)).body.client_id).toBe(shown);
      expect((await api.get(`/threads/${thread}/messages`)).body.results[0].client_id).toBe(shown);
      expect((await api.get(`/threads/${thread}`)).body.last_message_data.client_id).toBe(shown);
      const list = await api.get(`/accounts/${user}/threads/chat`);
      expect(list.body.results[0].last_message_data.client_id).toBe(shown);
    }
    expect((await me().patch(at, { text: "y" })).body.client_id).toBe(client_id);
    const bare = (await post(thread, { text: "z" })).body;
    expect(bare.client_id).toBeNull();
  });

  test.each([ME, YOU])(
    "answers with no more than person %i may read, also where it is sent again",
    async (user) => {
      const mayRead = user === ME;
      const thread = await openThread(server, STRANGER, { [user]: mayRead ? 19 : 18 });
      const draft = { text: "Mine", client_id: randomUUID() };
      const send = () => server.as(user).post(`/threads/${thread}/messages`, draft);
      const alone = async () => (await server.as(user).get(`/threads/${thread}`)).body;
      const first = await send();
      expect([first.status, first.body.thread_data]).toEqual([201, await alone()]);
      expect(first.body.thread_data.last_message_data?.text).toBe(mayRead ? "Mine" : undefined);
      await server.as(STRANGER).post(`/threads/${thread}/messages`, { text: "Not for everybody" });
      const again = await send();
      expect([again.status, again.body.text, again.body.thread_data]).toEqual([200, "Mine", await alone()]);
      expect(again.body.thread_data.last_message_data?.text).toBe(mayRead ? "Not for everybody" : undefined);
    },
  );
});

describe("an exclusive option", () => {
  test("stands alone: nothing is chosen or written beside it", async () => {
    for (const [thread, named] of [
      [await led("scripted"), {}],
      [await led("scripted_fe_controlled"), { question: question(flow, 1) }],
    ] as const) {
      const none = option(flow, 1, "None");
      for (const body of [{ answers: [none], text: "but" }, { answers: [none, option(flow, 1, "A")] }])
        expect(await post(thread, { ...body, ...named })).toMatchObject({
          status: 400,
          body: { answers: ["EXCLUSIVE"] },
        });
      expect((await post(thread, { answers: [none], text: "  ", ...named })).status).toBe(201);
    }
    const survey = await server.colloquy.surveys.create({ user: ME, schema: flow.id });
    const item = { related_question: question(flow, 1), answers: [option(flow, 1, "None")], text: "but" };
    const answer = await me().post(`/surveys/${survey.id}/items`, item);
    expect([answer.status, answer.body]).toEqual([400, { answers: ["EXCLUSIVE"] }]);
  });

  test("under compat lets a text be written beside it", async () => {
    const old = await startServer({ compat: "chat_api" });
    const { id, questions } = await publish(old, "compat exclusive", QUESTIONS);
    const none = questions.get(1)!.answers.find(({ text }) => text === "None")!.id;
    const thread = await old.colloquy.threads.create({ creator: ME, state: "scripted", schema: id });
    const draft = { type: "message", answers: [none], text: "but" };
    const { status, body } = await old.as(ME).post(`/threads/${thread.id}/messages`, draft);
    expect([status, body.text]).toEqual([201, "None, but"]);
  });
});

describe("all that is wrong is told at once:", () => {
  const BLANK = ["This field may not be blank."];
  const PK = ["Incorrect type. Expected pk value, received str."];
  const LIST = ['Expected a list of items but got type "str".'];

  const POSTS: [string, object, object][] = [
    ["closed", { text: "x", type: "" }, { type: BLANK, non_field_errors: ["THREAD_IS_CLOSED"] }],
    ["closed", { type: "" }, { type: BLANK, text: ["REQUIRED"], non_field_errors: ["THREAD_IS_CLOSED"] }],
    ["open", { type: "", answers: "x" }, { type: BLANK, answers: LIST }],
    ["open", { type: "", answers: [999_999] }, { type: BLANK, answers: unknown(999_999) }],
    ["open", { type: "", question: "x" }, { type: BLANK, text: ["REQUIRED"], question: PK }],
    [
      "open",
      { type: "", question: 999_999 },
      { type: BLANK, text: ["REQUIRED"], question: unknown(999_999) },
    ],
    [
      "open",
      { text: "x", attachments: [{}], question: 999_999 },
      { attachments: [{ type: ["REQUIRED"] }], question: unknown(999_999) },
    ],
    ["scripted", { type: "", text: "x" }, { type: BLANK, answers: ["REQUIRED"] }],
    ["scripted", { type: null }, { type: ["This field may not be null."], answers: ["REQUIRED"] }],
    [
      "scripted",
      { type: "", related_message: 999_999, question: "x" },
      { type: BLANK, non_field_errors: ["ALREADY_ANSWERED"], question: PK },
    ],
    ["scripted", { client_id: "x", answers: "x" }, { client_id: ["Must be a valid UUID."], answers: LIST }],
    ["scripted_fe_controlled", { type: "", text: "x" }, { type: BLANK, question: ["REQUIRED"] }],
    ["scripted_fe_controlled", { text: "x", question: "x" }, { question: PK }],
  ];

  test.each(POSTS)("a message in %s, %j", async (state, body, errors) => {
    const isLed = state.startsWith("scripted");
    const thread = isLed ? await led(state) : await openThread(server, ME);
    if (state === "closed") await me().patch(`/threads/${thread}`, { state });
    if (state === "closed") await server.colloquy.members.edit(thread, ME, { permissions: 507, state });
    const before = (await me().get(`/threads/${thread}/messages`)).body.results.length;
    const answer = await post(thread, body);
    expect([answer.status, answer.body]).toEqual([400, errors]);
    expect((await me().get(`/threads/${thread}/messages`)).body.results).toHaveLength(before);
  });

  test("a rollback", async () => {
    const open = (await server.colloquy.threads.create({ creator: ME, permissions: 8191 })).id;
    const scripted = await led("scripted");
    const { body: thread } = await me().get(`/threads/${scripted}`);
    await post(scripted, { answers: [option(flow, 1, "A")] });
    const answered = (await post(scripted, { text: "Two" })).body.id;
    const controlled = await led("scripted_fe_controlled");
    const cases: [number, object, object][] = [
      [
        open,
        { message: 999_999, question: "x" },
        { message: unknown(999_999), question: PK, non_field_errors: ["WRONG_STATE"] },
      ],
      [open, { question: question(flow, 1) }, { question: FOREIGN, non_field_errors: ["WRONG_STATE"] }],
      [scripted, { message: 999_999 }, { message: unknown(999_999) }],
      // Of another thread: that it exists there is not told.
      [controlled, { message: answered }, { message: unknown(answered), question: ["REQUIRED"] }],
      [
        scripted,
        { message: answered, question: 999_999 },
        { message: ["NOT_A_QUESTION"], question: unknown(999_999) },
      ],
      [scripted, { question: question(elsewhere, 1) }, { question: FOREIGN }],
      [
        scripted,
        { message: thread.related_message, question: question(elsewhere, 1) },
        { question: FOREIGN },
      ],
      [scripted, { message: "x", question: question(elsewhere, 1) }, { message: PK, question: FOREIGN }],
      [scripted, { message: 999_999, question: "x" }, { message: unknown(999_999), question: PK }],
      [
        controlled,
        { message: 999_999, question: question(flow, 2) },
        { message: unknown(999_999), question: ["NO_SUCH_MESSAGE"] },
      ],
      [controlled, { message: "x" }, { message: PK, question: ["REQUIRED"] }],
    ];
    for (const [id, body, errors] of cases) {
      const answer = await me().post(`/threads/${id}/rollback`, body);
      expect([body, answer.status, answer.body]).toEqual([body, 400, errors]);
    }
    // A question of one's own schema is checked, and not used.
    const back = { message: thread.related_message, question: question(flow, 3) };
    expect(await me().post(`/threads/${scripted}/rollback`, back)).toMatchObject({
      status: 200,
      body: { question: question(flow, 1), related_message: thread.related_message },
    });
  });

  test("a new thread", async () => {
    const cases: [object, object][] = [
      [
        { title: "", schema: flow.id },
        { title: BLANK, state: ["WRONG_STATE_FOR_SCHEMA"] },
      ],
      [
        { title: "", state: "scripted" },
        { title: BLANK, schema: ["REQUIRED"] },
      ],
      // What depends on a field that cannot be read is not judged.
      [{ schema: "x", state: "scripted", initial_question: question(flow, 1) }, { schema: PK }],
    ];
    for (const [body, errors] of cases) {
      const answer = await me().post(THREADS, body);
      expect([body, answer.status, answer.body]).toEqual([body, 400, errors]);
    }
  });
});
