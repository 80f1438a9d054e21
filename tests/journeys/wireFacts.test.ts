import { beforeAll, describe, expect, test } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";
import { ME, QUESTIONS, STRANGER, SUPERUSER, THREADS, YOU } from "./facts.ts";
import { type Flow, importFlow, openThread, publish } from "./flows.ts";

// Spec page 7, general, lists and schemas: ours by default.

let server: TestServer;
let flow: Flow;
let unpublished: Flow;

beforeAll(async () => {
  server = await startServer();
  flow = await publish(server, "facts", QUESTIONS);
  unpublished = await importFlow(server, "draft", QUESTIONS);
});

const me = () => server.as(ME);
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
    const method = await me().put(THREADS, {});
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
    const create = await me().post(THREADS, {
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
        initial_question: ['Invalid pk "999999" - object does not exist.'],
        automated_sender: ['Invalid pk "999999" - object does not exist.'],
        frequency_unit: ["REQUIRED"],
        frequency_value: ["FREQUENCY_VALUE_MUST_BE_POSITIVE"],
      },
    });
    const rules = await me().post(THREADS, {
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
    const { body } = await me().post(THREADS, {
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
    const again = await server.as(ME).post(THREADS, {
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
  ...["has_attachments", "attachments_data", "is_own", "is_read", "client_id"],
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
  const created = (await me().post(THREADS, {})).body;
  expect(Object.keys(created).sort()).toEqual([...THREAD_KEYS, "variables_pool"].sort());
  expect(created).toMatchObject({ title: "", schema: null, question_data: null, last_message_data: null });
  const listed = (await me().get(THREADS)).body.results[0];
  expect(Object.keys(listed).sort()).toEqual([...THREAD_KEYS].sort());
  const posted = (await me().post(`/threads/${thread}/messages`, { text: "x" })).body;
  expect(Object.keys(posted).sort()).toEqual([...MESSAGE_KEYS, "answers", "thread_data"].sort());
  expect(Object.keys(posted.thread_data).sort()).toEqual([...THREAD_KEYS, "variables_pool"].sort());
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
    expect((await server.as(YOU).get(THREADS)).status).toBe(403);
    expect((await server.as(SUPERUSER).get(THREADS)).status).toBe(403);
    expect((await me().get(`/accounts/${ME}/threads/unknown`)).status).toBe(403);
  });
});

describe("schemas", () => {
  test("unpublished ones are hidden from readers and refused for runs", async () => {
    const listed = (await me().get("/schemas/automated_flow")).body.map(({ id }: { id: number }) => id);
    expect(listed).toContain(flow.id);
    expect(listed).not.toContain(unpublished.id);
    expect((await me().get(`/schemas/${unpublished.id}`)).status).toBe(404);
    expect((await server.as(SUPERUSER).get(`/schemas/${unpublished.id}`)).status).toBe(200);
    expect(await me().post(THREADS, { state: "scripted", schema: unpublished.id })).toMatchObject({
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
