import fc from "fast-check";
import { SignJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type HostEvent,
  migrateDatabase,
  type SettingsInput,
  type UserId,
} from "../../packages/server/src/index.ts";
import { ensureAccount } from "../../packages/server/src/people/queries.ts";
import { freshDatabase } from "../support/database.ts";
import { runs } from "../support/runs.ts";
import { type As, startServer, type TestServer } from "../support/server.ts";
import { openThread, publish, question } from "./flows.ts";

// Users' ids are the host's: strings of any kind, here; journeys that run with both are in the project `strings`.

/** One whose session has prepared nothing yet: what is prepared does not survive a change of type. */
const NEW = { schema: "colloquy" };
const SECRET = "a secret of more than thirty-two characters";
const STRINGS: SettingsInput = { accounts: { ids: "string" }, auth: { secret: SECRET } };

/** What other programs have stumbled over. */
const NASTY = [
  "auth0|64b7",
  "0193a6e2-7c3b-7d9e-8f00-5d41402abc4b",
  "__proto__",
  "constructor",
  "toString",
  "007",
  "7",
  "1e3",
  "-0",
  "NaN",
  "null",
  "NULL",
  "true",
  "{}",
  '{"user":1}',
  '"',
  "'; drop table member; --",
  "\\",
  "\\'\"",
  "%",
  "%41",
  "%2F",
  "a/b/../c",
  "/",
  "//",
  "...",
  "?user=1&user=2",
  "#",
  ":",
  "user:1",
  "$1",
  "{1,2}",
  "a,b",
  " ",
  " a ",
  "\t",
  "a\nb",
  "\u007f",
  "e\u0301",
  "\u00e9",
  "İ",
  "ß",
  "用户",
  "👩‍👩‍👧",
  "\u202eabc",
  "a\ufeff",
  "\uffff",
  "x".repeat(255),
  "😀".repeat(255),
];

const anyId = fc
  .string({ unit: "binary", minLength: 1, maxLength: 255 })
  .filter(
    (id) =>
      !id.includes("\0") && ![".", ".."].includes(id) && !id.startsWith("\ufeff") && [...id].length <= 255,
  );

const segment = (id: UserId) => encodeURIComponent(id);

let server: TestServer;
const heard: HostEvent[] = [];

beforeAll(async () => {
  const database = await freshDatabase(NEW);
  await migrateDatabase(database, { ids: "string" });
  await ensureAccount(database, "root", { is_superuser: true });
  server = await startServer(
    {
      ...STRINGS,
      on: {
        member_joined: (event) => void heard.push(event),
        member_left: (event) => void heard.push(event),
      },
    },
    { database, people: 0 },
  );
});

/** Somebody by a token: headers hold no line breaks, and ids may. */
async function bearing(id: UserId): Promise<As> {
  const authorization = `Bearer ${await server.colloquy.tokens.issue(id, 60)}`;
  const send =
    (method: string) =>
    (path: string, body?: unknown): ReturnType<As["get"]> =>
      server.as(null).request(path, {
        method,
        headers: { authorization, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
  const [get, post, put, patch] = [send("GET"), send("POST"), send("PUT"), send("PATCH")];
  return { get, post, put, patch, delete: send("DELETE"), request: server.as(null).request };
}

describe("whatever a string is, it comes back as it was", () => {
  let thread: number;
  let survey: Awaited<ReturnType<typeof publish>>;
  const added = new Set<string>();

  beforeAll(async () => {
    thread = await openThread(server, "root");
    await server.colloquy.members.edit(thread, "root", { permissions: 8191 });
    survey = await publish(server, "one question", [{ qid: 1, type: "text", next_qid: -1 }], "root");
  });

  /** Through token, path, body, filter, event, socket and member's row, and out again. */
  async function journey(id: string): Promise<void> {
    if (!added.has(id)) {
      const { status, body } = await server
        .as("root")
        .post("/admin/accounts", { id, first_name: "Somebody" });
      expect([status, body.id]).toEqual([201, id]);
      added.add(id);
    }
    const them = await bearing(id);
    expect((await them.get("/accounts/me")).body.id).toBe(id);

    const before = heard.length;
    const joined = await server.as("root").post(`/threads/${thread}/users`, { user: id });
    expect([joined.status, joined.body.user, joined.body.users_data?.id]).toEqual([201, id, id]);
    const { body: ticket } = await them.post("/ws-ticket");
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/ws?token=${ticket.token}`);
    const frames: { message: string; data: { user?: string; sender?: string; text?: string } }[] = [];
    socket.addEventListener("message", ({ data }) => frames.push(JSON.parse(String(data))));
    await expect.poll(() => frames[0]).toMatchObject({ message: "hello", data: { user: id } });

    const posted = await them.post(`/threads/${thread}/messages`, { text: `from ${id}` });
    expect([posted.status, posted.body.sender, posted.body.is_own]).toEqual([201, id, true]);
    await expect
      .poll(() => frames.find(({ data }) => data.text === posted.body.text)?.data)
      .toMatchObject({ sender: id, sender_data: { id } });
    socket.close();
    const by = await them.get(`/threads/${thread}/messages?sender=${segment(id)}`);
    expect(by.body.results.at(-1)).toMatchObject({ id: posted.body.id, sender: id });

    const member = `/threads/${thread}/users/${segment(id)}`;
    expect((await them.get(member)).body.user).toBe(id);
    const automated = await server.as("root").patch(member, { automated_sender: id });
    expect(automated.body.automated_sender).toBe(id);

    const { body: begun } = await them.post(`/accounts/${segment(id)}/surveys`, {
      schema: survey.id,
      automated_sender: id,
    });
    expect(begun).toMatchObject({ user: id, user_data: { id }, automated_sender: id });
    const item = await them.post(`/surveys/${begun.id}/items`, {
      related_question: question(survey, 1),
      text: "x",
    });
    expect(item.body).toMatchObject({ sender: id, survey_data: { user: id } });
    const listed = await server.as("root").get(`/surveys?user=${segment(id)}&limit=1`);
    expect(listed.body.results).toMatchObject([{ user: id }]);
    const threads = await them.get(`/accounts/${segment(id)}/threads/chat?fields=id`);
    expect(threads.body.results).toEqual([{ id: thread }]);

    expect((await server.as("root").delete(member)).status).toBe(204);
    await expect
      .poll(() => heard.slice(before).map(({ type, data }) => [type, (data as { user: UserId }).user]))
      .toEqual([
        ["member_joined", id],
        ["member_left", id],
      ]);
  }

  test.each(NASTY)("%j", journey);

  test("and at random", async () => {
    await fc.assert(fc.asyncProperty(anyId, journey), { numRuns: runs(15, 500) });
  });

  test("and is in exports, of each format", async () => {
    const ids = ["=cmd|'/c calc'!A1", 'a,"b"', "007", "1e3"];
    for (const id of ids) {
      await ensureAccount(server.colloquy.db, id, {});
      await server.colloquy.surveys.create({ user: id, schema: survey.id });
    }
    const get = async (format: string) =>
      (
        await fetch(`${server.url}/api/admin/surveys/export?name=one%20question&format=${format}`, {
          headers: { "x-user-id": "root" },
        })
      ).text();
    const rows = (await get("json")) as string;
    const users = (JSON.parse(rows) as { user: string }[]).map(({ user }) => user);
    expect(users.slice(-ids.length)).toEqual(ids);
    const csv = await get("csv");
    expect(csv).toContain(',"a,""b""",');
    expect(csv).toContain(",007,");
  });
});

describe("what can be no id is said so by name", () => {
  const wrong: [unknown, string][] = [
    [7, "Incorrect type. Expected pk value, received int."],
    [["a"], "Incorrect type. Expected pk value, received list."],
    ["", "This field may not be null."],
    [null, "This field may not be null."],
    ["x".repeat(256), "Ensure this field has no more than 255 characters."],
    ["😀".repeat(256), "Ensure this field has no more than 255 characters."],
    ["a\0b", "Null characters are not allowed."],
    ["\ud800", "Surrogate characters are not allowed: U+D800."],
    ["\ufeffa", "Must not begin with a byte order mark."],
    ["..", "Must not be . or .., which cannot be part of a URL."],
  ];

  test.each(wrong)("in a body: %j", async (user, problem) => {
    const thread = await openThread(server, "root");
    const { status, body } = await server.as("root").post(`/threads/${thread}/users`, { user });
    expect([status, body]).toEqual([400, { user: [problem] }]);
    const added = await server.as("root").post("/admin/accounts", { id: user, first_name: "Ann" });
    expect([added.status, added.body]).toEqual([400, { id: [problem] }]);
  });

  test("in a filter, and an account that is there already", async () => {
    const by = await server.as("root").get(`/surveys?user=${"x".repeat(256)}`);
    expect([by.status, by.body]).toEqual([
      400,
      { user: ["Ensure this field has no more than 255 characters."] },
    ]);
    const again = await server.as("root").post("/admin/accounts", { id: "root", first_name: "Ann" });
    expect([again.status, again.body]).toEqual([400, { id: ["An account with this id already exists."] }]);
    const without = await server.as("root").post("/admin/accounts", { first_name: "Ann" });
    expect([without.status, without.body]).toEqual([400, { id: ["This field is required."] }]);
  });

  test("in an address it names nobody", async () => {
    const thread = await openThread(server, "root");
    await server.colloquy.members.edit(thread, "root", { permissions: 8191 });
    for (const id of ["%00", "x".repeat(256), "nobody"])
      expect((await server.as("root").get(`/threads/${thread}/users/${id}`)).status).toBe(404);
    expect((await server.as("root").get(`/threads/${thread}/users/${"x".repeat(511)}`)).status).toBe(414);
  });

  test("in a good token, which is refused and told why", async () => {
    const sign = (sub: string) =>
      new SignJWT({})
        .setProtectedHeader({ alg: "HS256" })
        .setSubject(sub)
        .setExpirationTime("1m")
        .sign(new TextEncoder().encode(SECRET));
    const ask = async (url: string, sub: string) => {
      const headers = { authorization: `Bearer ${await sign(sub)}` };
      const answer = await fetch(`${url}/api/accounts/me`, { headers });
      return [answer.status, ((await answer.json()) as { detail: string }).detail];
    };
    expect(await ask(server.url, "x".repeat(256))).toEqual([
      401,
      "The credentials contain no valid user id: users' ids are strings of 1 to 255 characters, without null characters.",
    ]);
    const integers = await startServer({ auth: { secret: SECRET }, accounts: { ids: "integer" } });
    for (const sub of ["auth0|64b7", "1.5", "-1", "9007199254740993"])
      expect(await ask(integers.url, sub)).toEqual([
        401,
        "The credentials contain no valid user id: users' ids are integers.",
      ]);
    expect((await ask(integers.url, "999"))[1]).toBe("Incorrect authentication credentials.");
  });

  test("in a call of the host's", async () => {
    const { threads, members, messages, surveys } = server.colloquy;
    const thread = await openThread(server, "root");
    const said =
      /^A call has a user's id that is of type number: with accounts\.ids "string", ids are strings/;
    await expect(threads.create({ creator: 7 })).rejects.toThrow(said);
    await expect(threads.get(thread, 7)).rejects.toThrow(said);
    await expect(members.add(thread, 7)).rejects.toThrow(said);
    await expect(members.edit(thread, "root", { automated_sender: 7 })).rejects.toThrow(said);
    await expect(messages.post(thread, 7, { text: "x" })).rejects.toThrow(said);
    await expect(messages.automate(thread, { text: "x", sender: 7 })).rejects.toThrow(said);
    await expect(surveys.create({ user: 7, schema: 1 })).rejects.toThrow(said);
    await expect(threads.get(thread, "..")).rejects.toThrow("is a dot segment");
  });
});

describe("what a host's function answers", () => {
  /** Opens a server whose host answers so, and what it logs. */
  async function opened(settings: SettingsInput) {
    const logged: string[] = [];
    const server = await startServer({ ...settings, accounts: { ids: "integer", ...settings.accounts } });
    server.colloquy.app.log.error = (about: unknown) =>
      void logged.push(String((about as { err: Error }).err));
    return { server, logged };
  }
  const caller = (id: unknown) => ({ id, isSuperuser: true, language: null, timeZone: null }) as never;

  test.each<[unknown, string]>([
    ["auth0|7", "of type string"],
    ["7", "of type string"],
    [7.5, "not a safe integer"],
    [Number.NaN, "not a safe integer"],
    [undefined, "of type undefined"],
  ])("is said to be no id, with the function and the setting: %j", async (id, what) => {
    const { server, logged } = await opened({ authenticate: () => caller(id) });
    const { status, body } = await server.as(1).get("/accounts/me");
    expect([status, body.detail]).toEqual([500, "Internal server error."]);
    await expect(server.socket(1)).rejects.toThrow();
    const reason = `TypeError: The result of authenticate has a user's id that is ${what}: with accounts.ids "integer", ids are integers`;
    expect(logged).toEqual([reason, reason]);
  });

  test("so of findCaller, while a socket is open", async () => {
    let id: unknown = 1;
    const { server, logged } = await opened({
      authenticate: () => caller(1),
      findCaller: () => caller(id),
      accounts: { cacheSeconds: 0 },
    });
    const socket = await server.socket(1);
    id = "1";
    socket.send({ message: "mark_message_as_read", data: { message: 1 } });
    expect(await socket.closed).toBe(1011);
    expect(logged[0]).toMatch(/The result of findCaller has a user's id that is of type string/);
  });

  test("and of findAccounts", async () => {
    const { server, logged } = await opened({
      authenticate: () => caller(1),
      findAccounts: () => [{ id: "1" }],
    });
    expect((await server.as(1).get("/accounts/me")).status).toBe(500);
    expect(logged[0]).toMatch(/The result of findAccounts has a user's id that is of type string/);
  });
});
