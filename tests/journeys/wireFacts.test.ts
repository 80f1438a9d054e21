import { beforeAll, describe, expect, test } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";
import { type Flow, importFlow, openThread, option, publish, question } from "./flows.ts";

// The rows of spec page 7, "The original on the wire": ours by default, then under `compat: "chat_api"`.

const SUPERUSER = 1;
const ME = 2;
const YOU = 3;
const STRANGER = 4;

let server: TestServer;
let flow: Flow;
let unpublished: Flow;

const ANSWERS = [
  { text: "Tea", next_qid: 3 },
  { text: "Coffee", next_qid: 3 },
];
const QUESTIONS = [
  { qid: 1, type: "message", next_qid: 2 },
  { qid: 2, type: "choice", answers: ANSWERS },
  { qid: 3, type: "int", next_qid: 4 },
  { qid: 4, type: "text", next_qid: -1 },
];

beforeAll(async () => {
  server = await startServer();
  flow = await publish(server, "facts", QUESTIONS);
  unpublished = await importFlow(server, "draft", QUESTIONS);
});

const me = () => server.as(ME);
const threads = `/accounts/${ME}/threads/chat`;
const detail = (text: string) => ({ detail: text });

describe("general", () => {
  test("401, 403, 404 and 405 say so in `detail`", async () => {
    const thread = await openThread(server, ME);
    const nobody = await server.as(null).get(`/threads/${thread}`);
    expect([nobody.status, nobody.body]).toEqual([
      401,
      detail("Authentication credentials were not provided."),
    ]);
    expect(nobody.headers.get("www-authenticate")).toContain("Bearer");
    const unknown = await server.as(999).get(`/threads/${thread}`);
    expect([unknown.status, unknown.body]).toEqual([401, detail("Incorrect authentication credentials.")]);
    const denied = await server.as(STRANGER).get(`/threads/${thread}`);
    expect([denied.status, denied.body]).toEqual([
      403,
      detail("You do not have permission to perform this action."),
    ]);
    const missing = await me().get("/schemas/999999");
    expect([missing.status, missing.body]).toEqual([404, detail("Not found.")]);
    const method = await me().put(threads, {});
    expect([method.status, method.body]).toEqual([405, detail('Method "PUT" not allowed.')]);
    expect(method.headers.get("allow")).toBe("GET, HEAD, POST");
  });

  test("the checks come in the order 401, 403, 405, body, 404", async () => {
    const thread = await openThread(server, ME, { [YOU]: 8191 });
    const broken = { body: "{", headers: { "content-type": "application/json" } };
    const at = `/threads/${thread}/messages/999999`;
    const put = (user: number | null, path: string, method = "PATCH") =>
      server.as(user).request(path, { method, ...broken });
    expect((await put(null, at)).status).toBe(401);
    expect((await put(STRANGER, at)).status).toBe(403);
    expect((await put(STRANGER, at, "POST")).status).toBe(403);
    expect((await put(YOU, at, "POST")).status).toBe(405);
    expect((await put(YOU, at)).status).toBe(400);
    expect(
      (
        await server
          .as(YOU)
          .request(at, { method: "PATCH", body: "x", headers: { "content-type": "text/csv" } })
      ).status,
    ).toBe(415);
    expect((await server.as(YOU).patch(at, { text: "x" })).status).toBe(404);
  });

  test("a body that is no JSON, no object, or of no known type is told apart; forms are taken", async () => {
    const thread = await openThread(server, ME);
    const at = `/threads/${thread}/messages`;
    const post = (body: string, type = "application/json") =>
      me().request(at, { method: "POST", body, headers: { "content-type": type } });
    const broken = await post("{");
    expect(broken).toMatchObject({
      status: 400,
      body: { detail: expect.stringMatching(/^JSON parse error - /) },
    });
    const list = await post("[]");
    expect([list.status, list.body]).toEqual([
      400,
      { non_field_errors: ["Invalid data. Expected a dictionary, but got list."] },
    ]);
    expect(await post("<a/>", "application/xml")).toMatchObject({
      status: 415,
      body: { detail: 'Unsupported media type "application/xml" in request.' },
    });
    const form = await post("text=from+a+form&type=note", "application/x-www-form-urlencoded");
    expect([form.status, form.body.text, form.body.type]).toEqual([201, "from a form", "note"]);
  });

  test("an unknown address is a JSON 404, and a trailing slash is taken", async () => {
    const unknown = await me().get("/nothing/here");
    expect([unknown.status, unknown.body]).toEqual([404, detail("Not found.")]);
    const thread = await openThread(server, ME);
    expect((await me().get(`/threads/${thread}/`)).status).toBe(200);
    expect((await me().post(`/threads/${thread}/messages/`, { text: "x" })).status).toBe(201);
  });

  test("a thread that does not exist, or is not yours, is 403 with everything under it", async () => {
    const foreign = await openThread(server, YOU);
    for (const thread of [foreign, 999_999, "x", "99999999999999999999"])
      for (const [method, path] of [
        ["GET", ""],
        ["PATCH", ""],
        ["DELETE", ""],
        ["POST", "/rollback"],
        ["GET", "/users"],
        ["POST", "/users"],
        ["GET", `/users/${ME}`],
        ["GET", "/messages"],
        ["POST", "/messages"],
        ["GET", "/messages/1"],
        ["POST", "/read"],
        ["POST", "/ws-subscribe"],
      ] as const) {
        const { status, body } = await me().request(`/threads/${thread}${path}`, { method });
        expect([thread, path, status, body]).toEqual([
          thread,
          path,
          403,
          detail("You do not have permission to perform this action."),
        ]);
      }
  });

  test("all errors come together, and a field's own error wins over a rule's", async () => {
    const create = await me().post(threads, {
      title: "",
      state: "scripted",
      schema: "x",
      notifications: "many",
      initial_question: 999_999,
      automated_sender: 999_999,
      frequency_value: 0,
    });
    expect(create).toMatchObject({
      status: 400,
      body: {
        title: ["This field may not be blank."],
        schema: ["Incorrect type. Expected pk value, received str."],
        notifications: ["A valid integer is required."],
      },
    });
    const rules = await me().post(threads, {
      state: "scripted",
      initial_question: 999_999,
      automated_sender: 999_998,
      frequency_value: 0,
    });
    expect([rules.status, rules.body]).toEqual([
      400,
      {
        schema: ["REQUIRED"],
        initial_question: ['Invalid pk "999999" - object does not exist.'],
        automated_sender: ['Invalid pk "999998" - object does not exist.'],
        frequency_unit: ["REQUIRED"],
        frequency_value: ["FREQUENCY_VALUE_MUST_BE_POSITIVE"],
      },
    ]);
  });

  test.each([
    ["users", {}, { user: ["This field is required."] }],
    ["users", { user: null }, { user: ["This field may not be null."] }],
    ["users", { user: 999 }, { user: ['Invalid pk "999" - object does not exist.'] }],
    ["users", { user: "x" }, { user: ["Incorrect type. Expected pk value, received str."] }],
    ["users", { user: YOU, permissions: "x" }, { permissions: ["A valid integer is required."] }],
    ["users", { user: YOU, state: "x" }, { state: ['"x" is not a valid choice.'] }],
    ["messages", { text: "x", type: "" }, { type: ["This field may not be blank."] }],
    [
      "messages",
      { text: "x", type: "x".repeat(51) },
      { type: ["Ensure this field has no more than 50 characters."] },
    ],
    ["messages", { text: ["x"] }, { text: ["Not a valid string."] }],
    ["messages", { text: "x\0y" }, { text: ["Null characters are not allowed."] }],
    ["messages", { text: "x", answers: 1 }, { answers: ['Expected a list of items but got type "int".'] }],
    ["messages", { text: "x", break_state: "maybe" }, { break_state: ["Must be a valid boolean."] }],
    ["messages", { text: "x", client_id: "x" }, { client_id: ["Must be a valid UUID."] }],
  ])("POST %s %j is refused in the original's words", async (path, body, errors) => {
    const thread = await openThread(server, ME);
    const answer = await me().post(`/threads/${thread}/${path}`, body);
    expect([answer.status, answer.body]).toEqual([400, errors]);
  });

  test("`?fields` trims answers, also those of writes and pages", async () => {
    const thread = await openThread(server, ME);
    const posted = await me().post(`/threads/${thread}/messages?fields=text,thread_data__users_data__id`, {
      text: "x",
    });
    expect([posted.status, posted.body]).toEqual([
      201,
      { text: "x", thread_data: { users_data: [{ id: ME }] } },
    ]);
    const { body: list } = await me().get(
      `/threads/${thread}/messages?fields=text,sender_data__first_name,nothing`,
    );
    expect(list).toEqual({
      next: null,
      previous: null,
      results: [{ text: "x", sender_data: { first_name: "Person 2" } }],
    });
    expect((await me().get(`/threads/${thread}/users?fields=user`)).body).toEqual([{ user: ME }]);
  });

  test("times are UTC with microseconds and Z, and what is sent with an offset is converted", async () => {
    const { body } = await me().post(threads, {
      state: "scripted",
      schema: flow.id,
      on_finish: "repeat",
      frequency_unit: "days",
      frequency_value: 1,
      repeat_until: "2999-01-01T12:00:00.250+02:00",
    });
    expect(body.repeat_until).toBe("2999-01-01T10:00:00.250000Z");
    expect(body.created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$/);
    const whole = { repeat_until: "2999-01-01T12:00:00+02:00" };
    const again = await server.as(ME).post(threads, {
      ...whole,
      state: "scripted",
      schema: flow.id,
      frequency_unit: "days",
      frequency_value: 1,
    });
    expect(again.body.repeat_until).toBe("2999-01-01T10:00:00Z");
  });
});

const THREAD_KEYS = [
  ...["id", "type", "created", "updated", "permissions", "notifications", "schema", "state", "question"],
  ...["question_data", "unread", "on_finish", "title", "users_data", "frequency_unit", "frequency_value"],
  ...[
    "next_restart",
    "automated_sender",
    "initial_question",
    "repeat_until",
    "related_message",
    "last_message_data",
  ],
];
const MESSAGE_KEYS = [
  ...[
    "id",
    "thread",
    "sender",
    "sender_data",
    "text",
    "type",
    "meta",
    "created",
    "updated",
    "related_question",
  ],
  ...["has_attachments", "attachments_data", "is_own", "is_read"],
];
const MEMBER_KEYS = ["user", "users_data", "permissions"];
const CONTROL_KEYS = [
  ...[
    "automated_sender",
    "frequency_unit",
    "frequency_value",
    "repeat_until",
    "initial_question",
    "on_finish",
  ],
  ...["schema", "state"],
];

test("keys are always present, absent values null", async () => {
  const thread = await openThread(server, ME, { [YOU]: 19 | 512 });
  const created = (await me().post(threads, {})).body;
  expect(Object.keys(created).sort()).toEqual([...THREAD_KEYS, "variables_pool"].sort());
  expect(created).toMatchObject({ title: null, schema: null, question_data: null, last_message_data: null });
  const listed = (await me().get(threads)).body.results[0];
  expect(Object.keys(listed).sort()).toEqual([...THREAD_KEYS].sort());
  const posted = (await me().post(`/threads/${thread}/messages`, { text: "x" })).body;
  expect(Object.keys(posted).sort()).toEqual([...MESSAGE_KEYS, "answers", "thread_data"].sort());
  expect(Object.keys(posted.thread_data).sort()).toEqual([...THREAD_KEYS].sort());
  const message = (await me().get(`/threads/${thread}/messages/${posted.id}`)).body;
  expect(Object.keys(message).sort()).toEqual([...MESSAGE_KEYS].sort());
  expect(message).toMatchObject({
    meta: null,
    related_question: null,
    attachments_data: [],
    has_attachments: false,
  });
  const mine = (await me().get(`/threads/${thread}/users`)).body;
  expect(Object.keys(mine[0]).sort()).toEqual([...MEMBER_KEYS].sort());
  const yours = (await server.as(YOU).get(`/threads/${thread}/users/${ME}`)).body;
  expect(Object.keys(yours).sort()).toEqual([...MEMBER_KEYS, ...CONTROL_KEYS].sort());
  expect(yours.users_data).toEqual({ id: ME, first_name: "Person 2", last_name: "", avatar: null });
});

describe("lists", () => {
  let thread: number;
  let ids: number[];
  const at = (query: string) => me().get(`/threads/${thread}/messages${query}`);
  const idsOf = (body: { results: { id: number }[] }) => body.results.map(({ id }) => id);

  beforeAll(async () => {
    thread = await openThread(server, ME, { [YOU]: 19 });
    ids = [];
    for (let n = 1; n <= 25; n++) {
      const type = n % 5 === 0 ? "note" : "message";
      const { body } = await server
        .as(n % 2 ? ME : YOU)
        .post(`/threads/${thread}/messages`, { text: `Text ${n}`, type });
      ids.push(body.id);
    }
  });

  test("come in pages of 20, with absolute addresses and no count", async () => {
    const { body: first } = await at("");
    const url = `${server.url}/api/threads/${thread}/messages`;
    expect([idsOf(first), Object.keys(first)]).toEqual([ids.slice(0, 20), ["next", "previous", "results"]]);
    expect([first.next, first.previous]).toEqual([`${url}?limit=20&offset=20`, null]);
    const { body: second } = await at("?limit=20&offset=20");
    expect([idsOf(second), second.next, second.previous]).toEqual([ids.slice(20), null, `${url}?limit=20`]);
    const { body: third } = await at("?limit=5&offset=20");
    expect(third.next).toBe(`${url}?limit=5&offset=25`);
    expect(third.previous).toBe(`${url}?limit=5&offset=15`);
    expect((await at("?limit=5&offset=25")).body).toMatchObject({ results: [], next: null });
  });

  test.each([
    ["?limit=0", 0, 20],
    ["?limit=-5", 0, 20],
    ["?limit=many", 0, 20],
    ["?offset=far", 0, 20],
    ["?limit=1000", 0, 25],
    ["?limit=10&offset=-4", 0, 6],
    ["?limit=3&offset=1", 1, 4],
  ])("%s gives the messages from %i to %i", async (query, from, to) => {
    expect(idsOf((await at(query)).body)).toEqual(ids.slice(from, to));
  });

  test.each(["?limit=10&offset=-10", "?offset=-50", "?limit=99999999999999999999", "?offset=99999999999"])(
    "%s leaves nothing: 400",
    async (query) => {
      const { status, body } = await at(query);
      expect([status, body]).toEqual([400, detail("Incorrect offset or limit.")]);
    },
  );

  test("go by keys too: the newest ones before an id, and what follows one", async () => {
    expect(idsOf((await at(`?limit=3&before=${ids[10]}`)).body)).toEqual(ids.slice(7, 10));
    const { body } = await at(`?limit=3&after=${ids[10]}`);
    expect(idsOf(body)).toEqual(ids.slice(11, 14));
    const { pathname, search } = new URL(body.next);
    expect(idsOf((await me().get(`${pathname}${search}`.replace("/api", ""))).body)).toEqual(
      ids.slice(14, 17),
    );
    expect((await at("?before=x")).body).toEqual({ before: ["A valid integer is required."] });
  });

  test("are filtered and ordered by indexed fields", async () => {
    const notes = ids.filter((_, index) => (index + 1) % 5 === 0);
    expect(idsOf((await at("?type=note")).body)).toEqual(notes);
    expect(idsOf((await at("?type__in=note,other")).body)).toEqual(notes);
    expect(idsOf((await at("?type__istartswith=NO&ordering=-id")).body)).toEqual(notes.toReversed());
    expect(idsOf((await at("?type__icontains=OT")).body)).toEqual(notes);
    expect(idsOf((await at(`?id__gt=${ids[22]}`)).body)).toEqual(ids.slice(23));
    expect(idsOf((await at(`?id__gte=${ids[22]}`)).body)).toEqual(ids.slice(22));
    expect(idsOf((await at(`?id__lt=${ids[2]}`)).body)).toEqual(ids.slice(0, 2));
    expect(idsOf((await at(`?id__lte=${ids[2]}`)).body)).toEqual(ids.slice(0, 3));
    expect(idsOf((await at(`?id__exact=${ids[2]}`)).body)).toEqual([ids[2]]);
    expect(idsOf((await at("?related_question__isnull=false")).body)).toEqual([]);
    expect(idsOf((await at("?created__gt=2999-01-01T00:00:00Z")).body)).toEqual([]);
    expect(idsOf((await at("?nothing=x&ordering=nothing&limit=2")).body)).toEqual(ids.slice(0, 2));
    expect(idsOf((await at("?q=text%202&limit=3")).body)).toEqual([ids[1], ids[19], ids[20]]);
    expect(await at("?id__in=1,x")).toMatchObject({ status: 400, body: { id__in: ["Enter a number."] } });
    expect(await at("?created__gt=x")).toMatchObject({
      status: 400,
      body: { created__gt: ["Enter a valid date/time."] },
    });
  });

  test("of threads are newest first by what happened in them, and members and schemas are plain arrays", async () => {
    const older = await openThread(server, YOU);
    const newer = await openThread(server, YOU);
    await server.as(YOU).post(`/threads/${older}/messages`, { text: "Bump" });
    const { body } = await server.as(YOU).get(`/accounts/${YOU}/threads/chat?limit=2`);
    expect(idsOf(body)).toEqual([older, newer]);
    const states = await server.as(YOU).get(`/accounts/${YOU}/threads/chat?state=closed`);
    expect(idsOf(states.body)).toEqual([]);
    const users = (await me().get(`/threads/${thread}/users`)).body;
    expect(users.map(({ user }: { user: number }) => user)).toEqual([ME, YOU]);
    expect((await me().get(`/threads/${thread}/users?limit=1&offset=1`)).body).toHaveLength(1);
    expect(Array.isArray((await me().get("/schemas/automated_flow")).body)).toBe(true);
    expect((await me().get("/schemas/automated_flow?limit=1")).body).toHaveLength(1);
  });

  test("of a user's threads are for that user and type only", async () => {
    expect((await server.as(YOU).get(threads)).status).toBe(403);
    expect((await server.as(SUPERUSER).get(threads)).status).toBe(403);
    expect((await me().get(`/accounts/${ME}/threads/unknown`)).status).toBe(403);
  });
});

describe("threads and members", () => {
  test("a thread is made of nothing; type and permissions in the body are ignored", async () => {
    const { status, body } = await me().post(threads, { type: "other", permissions: 1, unknown: true });
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
    const { status, body } = await me().post(threads, { state: "scripted", schema: flow.id });
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
      await me().post(threads, { title }),
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
    const alone = (await me().post(threads, { state: "assisted", schema: flow.id })).body;
    expect(alone).toMatchObject({ state: "assisted", question: null });
    const entered = await me().patch(`/threads/${alone.id}`, { state: "scripted" });
    expect(entered).toMatchObject({ status: 200, body: { state: "scripted", question: question(flow, 2) } });
  });
});

describe("messages", () => {
  async function led(): Promise<number> {
    return (await me().post(threads, { state: "scripted", schema: flow.id })).body.id;
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
    const { body: thread } = await me().post(threads, { state: "scripted", schema: loop.id });
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

describe("schemas", () => {
  test("unpublished ones are hidden from readers and refused for runs", async () => {
    const listed = (await me().get("/schemas/automated_flow")).body.map(({ id }: { id: number }) => id);
    expect(listed).toContain(flow.id);
    expect(listed).not.toContain(unpublished.id);
    expect((await me().get(`/schemas/${unpublished.id}`)).status).toBe(404);
    expect((await server.as(SUPERUSER).get(`/schemas/${unpublished.id}`)).status).toBe(200);
    expect(await me().post(threads, { state: "scripted", schema: unpublished.id })).toMatchObject({
      status: 400,
      body: { schema: ["NOT_PUBLISHED"] },
    });
  });

  test("a list is filtered by what is published and deprecated", async () => {
    const all = (query: string) => server.as(SUPERUSER).get(`/schemas/automated_flow${query}`);
    const ids = (body: { id: number }[]) => body.map(({ id }) => id);
    expect(ids((await all("?published=false")).body)).toEqual([unpublished.id]);
    expect(ids((await all("?published=true&deprecated=false")).body)).toContain(flow.id);
  });

  test("a detail has grouped questions under their group only, and an ETag", async () => {
    const document = {
      format: "colloquy.schema/1",
      name: "grouped",
      type: "automated_flow",
      groups: [{ name: "part" }],
      questions: [
        { qid: 1, type: "text", text: "In", group: "part", next_qid: 2, comments: "For authors" },
        { qid: 2, type: "text", text: "Out", next_qid: -1 },
      ],
    };
    const { body: stored } = await server.as(SUPERUSER).post("/admin/schemas/import?publish=true", document);
    const { body, headers } = await me().get(`/schemas/${stored.id}`);
    expect(body.groups).toMatchObject([
      { name: "part", schema: stored.id, questions: [{ qid: 1, text: "In" }] },
    ]);
    expect(body.questions).toMatchObject([{ qid: 2, group: null }]);
    expect(JSON.stringify(body)).not.toContain("For authors");
    const etag = headers.get("etag")!;
    const same = await me().request(`/schemas/${stored.id}`, { headers: { "if-none-match": etag } });
    expect([same.status, same.headers.get("etag")]).toEqual([304, etag]);
    expect(
      (await me().request(`/schemas/${stored.id}`, { headers: { "if-none-match": '"x"' } })).status,
    ).toBe(200);
  });
});

test("who am I", async () => {
  const { body } = await me().get("/accounts/me");
  expect(body).toMatchObject({
    id: ME,
    first_name: "Person 2",
    is_superuser: false,
    language: null,
    time_zone: null,
  });
  expect((await server.as(SUPERUSER).get("/accounts/me")).body.is_superuser).toBe(true);
});

describe('compat: "chat_api"', () => {
  let old: TestServer;
  let asked: Flow;
  const as = () => old.as(ME);

  beforeAll(async () => {
    old = await startServer({ compat: "chat_api" });
    asked = await publish(old, "compat", QUESTIONS);
  });

  test("the type of a message is required, and its text comes out escaped, everywhere", async () => {
    const thread = await openThread(old, ME, { [YOU]: 19 });
    await old.as(YOU).patch(`/threads/${thread}/users/${YOU}`, { notifications: 3 });
    const socket = await old.socket(YOU);
    const at = `/threads/${thread}/messages`;
    expect(await as().post(at, { text: "x" })).toMatchObject({
      status: 400,
      body: { type: ["This field is required."] },
    });
    const raw = `<b>"Tom" & 'Jerry'</b>`;
    const escaped = "&lt;b&gt;&quot;Tom&quot; &amp; &#x27;Jerry&#x27;&lt;/b&gt;";
    const posted = await as().post(at, { text: raw, type: "message" });
    expect(posted).toMatchObject({
      status: 201,
      body: { text: escaped, thread_data: { last_message_data: { text: escaped } } },
    });
    expect((await as().get(at)).body.results[0].text).toBe(escaped);
    expect((await as().get(`${at}/${posted.body.id}`)).body.text).toBe(escaped);
    expect((await as().get(`/threads/${thread}`)).body.last_message_data.text).toBe(escaped);
    expect((await as().get(threads)).body.results[0].last_message_data.text).toBe(escaped);
    const { data } = await socket.next(({ message }) => message === "message_created_or_updated");
    expect([data.text, data.thread_data.last_message_data.text]).toEqual([escaped, escaped]);
    const [stored] = await old.colloquy.threads.messages(thread, ME);
    expect(stored!.text).toBe(raw);
    await socket.close();
  });

  test("an added member has notifications 0, and errors of members are nested", async () => {
    const thread = await openThread(old, ME);
    await as().post(`/threads/${thread}/users`, { user: YOU });
    expect((await old.as(YOU).get(`/threads/${thread}`)).body.notifications).toBe(0);
    const twice = await as().post(`/threads/${thread}/users`, { user: YOU });
    expect(twice.body).toEqual({ user: { user: "User already exists in this thread." } });
    const more = await as().post(`/threads/${thread}/users`, { user: STRANGER, permissions: 512 });
    expect(more.body).toEqual({
      permissions: { permissions: "Cannot set higher permissions that the request user possess." },
    });
    await old.colloquy.members.edit(thread, ME, { permissions: 8191 });
    const mode = { state: "scripted", schema: asked.id };
    await as().patch(`/threads/${thread}/users/${YOU}`, mode);
    const second = await as().post(`/threads/${thread}/users`, { user: STRANGER, ...mode });
    expect(second.body).toEqual({ state: { state: "Only one scripted mode per thread is allowed." } });
  });

  test("a missing number is WRONG_VALUE, a missing text REQUIRED", async () => {
    const { body: thread } = await as().post(threads, { state: "scripted", schema: asked.id });
    const post = (body: object) => as().post(`/threads/${thread.id}/messages`, { type: "message", ...body });
    await post({ answers: [option(asked, 2, "Tea")] });
    expect((await post({ text: "" })).body).toEqual({ text: ["WRONG_VALUE"] });
    await post({ text: "3" });
    expect((await post({ text: "" })).body).toEqual({ text: ["REQUIRED"] });
  });

  test("rollback errors come under both keys", async () => {
    const { body: thread } = await as().post(threads, { state: "scripted", schema: asked.id });
    await old.colloquy.members.edit(thread.id, ME, { permissions: 8191 });
    const { status, body } = await as().post(`/threads/${thread.id}/rollback`, {});
    expect([status, body]).toEqual([
      400,
      { non_field_errors: ["AT_THE_BEGINNING"], non_fields_errors: ["AT_THE_BEGINNING"] },
    ]);
  });

  test("unpublished schemas are shown, and may be run", async () => {
    const draft = await importFlow(old, "draft", QUESTIONS);
    expect((await as().get(`/schemas/${draft.id}`)).status).toBe(200);
    const listed = (await as().get("/schemas/automated_flow")).body.map(({ id }: { id: number }) => id);
    expect(listed).toContain(draft.id);
    expect((await as().post(threads, { state: "scripted", schema: draft.id })).status).toBe(201);
  });
});
