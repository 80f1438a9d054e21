import { randomUUID } from "node:crypto";
import { request as httpRequest } from "node:http";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../../packages/server/src/index.ts";
import { freshDatabase } from "../support/database.ts";
import { startServer, type TestServer } from "../support/server.ts";

const OWNER = 2;
const MEMBER = 3;
const STRANGER = 4;
const SUPERUSER = 1;
const SURVEYED = 5;

/** Keeps the next statement that writes to a thread from reaching the database until it is released. */
interface Gate {
  hold(): { reached: Promise<void>; open(): void };
}

function gated(database: Database): Database & Gate {
  let waiting: { reach(): void; opened: Promise<unknown> } | null = null;
  return {
    ...database,
    async query(statement, values) {
      const writes = "name" in statement && /^thread_(change|messages)/.test(statement.name);
      if (writes && waiting !== null) {
        const { reach, opened } = waiting;
        waiting = null;
        reach();
        await opened;
      }
      return database.query(statement, values);
    },
    hold() {
      const [reached, opened] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      waiting = { reach: reached.resolve, opened: opened.promise };
      return { reached: reached.promise, open: () => opened.resolve() };
    },
  };
}

let server: TestServer;
let gate: Database & Gate;

beforeAll(async () => {
  const database = await freshDatabase();
  gate = gated(database);
  server = await startServer({}, { database: gate });
});

interface Place {
  thread: number;
  message: number;
}

/** A thread of the owner with a member who holds every right, and a message of each. */
async function place(): Promise<Place> {
  const { id } = await server.colloquy.threads.create({ creator: OWNER });
  await server.colloquy.members.add(id, MEMBER, { permissions: 8191 });
  await server.colloquy.messages.post(id, OWNER, { text: "The owner's" });
  const message = await server.colloquy.messages.post(id, MEMBER, { text: "The member's" });
  return { thread: id, message: message!.id };
}

interface Act {
  method: string;
  path: string;
  body: object;
}

/** What a member with every right may do to a thread. */
const ACTS: Record<string, (place: Place) => Act> = {
  "add a stranger": ({ thread }) => ({
    method: "POST",
    path: `/threads/${thread}/users`,
    body: { user: STRANGER },
  }),
  "add themselves": ({ thread }) => ({
    method: "POST",
    path: `/threads/${thread}/users`,
    body: { user: MEMBER, permissions: 8191 },
  }),
  "change the owner": ({ thread }) => ({
    method: "PATCH",
    path: `/threads/${thread}/users/${OWNER}`,
    body: { permissions: 1 },
  }),
  "change themselves": ({ thread }) => ({
    method: "PATCH",
    path: `/threads/${thread}/users/${MEMBER}`,
    body: { notifications: 1 },
  }),
  "remove the owner": ({ thread }) => ({
    method: "DELETE",
    path: `/threads/${thread}/users/${OWNER}`,
    body: {},
  }),
  "rename the thread": ({ thread }) => ({
    method: "PATCH",
    path: `/threads/${thread}`,
    body: { title: "Mine" },
  }),
  "close the thread": ({ thread }) => ({
    method: "PATCH",
    path: `/threads/${thread}`,
    body: { state: "closed" },
  }),
  "post a message": ({ thread }) => ({
    method: "POST",
    path: `/threads/${thread}/messages`,
    body: { text: "Still here" },
  }),
  "break states": ({ thread }) => ({
    method: "POST",
    path: `/threads/${thread}/messages`,
    body: { text: "Still here", break_state: true },
  }),
  "edit a message": ({ thread, message }) => ({
    method: "PATCH",
    path: `/threads/${thread}/messages/${message}`,
    body: { text: "Other words" },
  }),
  "delete a message": ({ thread, message }) => ({
    method: "DELETE",
    path: `/threads/${thread}/messages/${message}`,
    body: {},
  }),
};

interface Held {
  /** Sends the rest of the body; answers the status. */
  finish(): Promise<{ status: number; body: string }>;
}

/** Sends a request whose body stops after its first byte; the server has let it in when this answers. */
async function holdBody(user: number, { method, path, body }: Act, headers = {}): Promise<Held> {
  const text = JSON.stringify(body);
  const request = httpRequest(`${server.url}/api${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      "content-length": text.length,
      "x-user-id": String(user),
      ...headers,
    },
  });
  const answer = Promise.withResolvers<{ status: number; body: string }>();
  request.on("error", answer.reject);
  request.on("response", async (response) => {
    const chunks: string[] = [];
    for await (const chunk of response.setEncoding("utf8")) chunks.push(chunk);
    answer.resolve({ status: response.statusCode!, body: chunks.join("") });
  });
  await new Promise((resolve) => request.write(text.slice(0, 1), resolve));
  // Two further requests of the same person are answered only after it was let in.
  await server.as(user).get("/accounts/me");
  await server.as(user).get("/accounts/me");
  return {
    finish() {
      request.end(text.slice(1));
      return answer.promise;
    },
  };
}

const rows = (thread: number) =>
  server.colloquy.db.query(
    {
      name: "test_everything",
      text: `select t.title, t.seq, t.event_seq,
          (select jsonb_agg(jsonb_build_array(m.user_id, m.permissions, m.state) order by m.user_id)
            from member m where m.thread_id = t.id) as members,
          (select jsonb_agg(jsonb_build_array(x.id, x.text, x.deleted) order by x.id)
            from message x where x.thread_id = t.id) as messages
        from thread t where t.id = $1`,
    },
    [thread],
  );

const NAMES = Object.keys(ACTS);

describe("who was removed while their body was on its way can no longer", () => {
  test.each(NAMES)("%s", async (name) => {
    const at = await place();
    const held = await holdBody(MEMBER, ACTS[name]!(at));
    await server.colloquy.members.remove(at.thread, MEMBER);
    const before = await rows(at.thread);
    expect((await held.finish()).status).toBe(403);
    expect(await rows(at.thread)).toEqual(before);
  });
});

/** Whoever is a member is not added again, so that nothing would be on its way. */
const OF_MEMBERS = NAMES.filter((name) => name !== "add themselves");

/** What a member does is refused, and changes nothing, where something is taken while it is on its way to the database. */
async function expectRefusedAfter(name: string, take: (at: Place) => Promise<unknown>): Promise<void> {
  const at = await place();
  const { method, path, body } = ACTS[name]!(at);
  const { reached, open } = gate.hold();
  const answer = server.as(MEMBER).request(path, {
    method,
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
  await reached;
  await take(at);
  const before = await rows(at.thread);
  open();
  expect((await answer).status).toBe(403);
  expect(await rows(at.thread)).toEqual(before);
}

describe("who was removed while their change was on its way to the database can no longer", () => {
  test.each(OF_MEMBERS)("%s", (name) =>
    expectRefusedAfter(name, ({ thread }) => server.colloquy.members.remove(thread, MEMBER)),
  );
});

/** Members may always change their own notifications. */
const BY_RIGHT = OF_MEMBERS.filter((name) => name !== "change themselves");

describe("whose right was taken while their change was on its way to the database can no longer", () => {
  test.each(BY_RIGHT)("%s", (name) =>
    expectRefusedAfter(name, ({ thread }) =>
      server.colloquy.members.edit(thread, MEMBER, { permissions: 17 }),
    ),
  );
});

describe("what was answered before is shown only to who may still see it", () => {
  const text = "For members only";

  /** The answer's body must not have anything of the thread. */
  async function repeated(act: Act, headers: Record<string, string>) {
    const { method, path, body } = act;
    const answer = await server.as(MEMBER).request(path, {
      method,
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", ...headers },
    });
    return { status: answer.status, body: JSON.stringify(answer.body) };
  }

  const posted = ({ thread }: Place, extra = {}): Act => ({
    method: "POST",
    path: `/threads/${thread}/messages`,
    body: { text: "Mine", ...extra },
  });

  test.each(["Idempotency-Key", "client_id"])("a message by a removed member, by %s", async (by) => {
    const at = await place();
    const id = randomUUID();
    const headers: Record<string, string> = by === "client_id" ? {} : { "idempotency-key": id };
    const act = posted(at, by === "client_id" ? { client_id: id } : {});
    expect((await repeated(act, headers)).status).toBe(201);
    await server.colloquy.members.remove(at.thread, MEMBER);
    await server.colloquy.messages.post(at.thread, OWNER, { text });
    const again = await repeated(act, headers);
    expect(again.status).toBe(403);
    expect(again.body).toBe('{"detail":"You do not have permission to perform this action."}');
  });

  test.each(["Idempotency-Key", "client_id"])(
    "a message by a member who may no longer read, by %s",
    async (by) => {
      const at = await place();
      const id = randomUUID();
      const headers: Record<string, string> = by === "client_id" ? {} : { "idempotency-key": id };
      const act = posted(at, by === "client_id" ? { client_id: id } : {});
      await server.colloquy.messages.post(at.thread, OWNER, { text });
      expect((await repeated(act, headers)).status).toBe(201);
      await server.colloquy.messages.post(at.thread, OWNER, { text });
      await server.colloquy.members.edit(at.thread, MEMBER, { permissions: 18 });
      expect((await repeated(act, headers)).body).not.toContain(text);
    },
  );

  test("a message by one who may only write, who sees their own again", async () => {
    const at = await place();
    await server.colloquy.members.edit(at.thread, MEMBER, { permissions: 18 });
    const act = posted(at);
    const headers = { "idempotency-key": randomUUID() };
    const first = await repeated(act, headers);
    const second = await repeated(act, headers);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toBe(first.body);
    expect(second.body).not.toContain("The owner's");
  });

  test("a thread by one who has been taken out of it", async () => {
    const act = { method: "POST", path: `/accounts/${MEMBER}/threads/chat`, body: { title: text } };
    const headers = { "idempotency-key": randomUUID() };
    const first = await repeated(act, headers);
    const { id } = JSON.parse(first.body);
    await server.colloquy.members.add(id, OWNER);
    expect((await repeated(act, headers)).body).toBe(first.body);
    await server.colloquy.members.remove(id, MEMBER);
    expect((await repeated(act, headers)).status).toBe(403);
  });

  test("a new member by one who may no longer see the thread", async () => {
    const at = await place();
    const act = ACTS["add a stranger"]!(at);
    const headers = { "idempotency-key": randomUUID() };
    expect((await repeated(act, headers)).status).toBe(201);
    expect((await repeated(act, headers)).status).toBe(201);
    await server.colloquy.members.remove(at.thread, MEMBER);
    expect((await repeated(act, headers)).status).toBe(403);
  });

  test("a survey that is gone", async () => {
    const schema = await server.colloquy.schemas.load({
      format: "colloquy.schema/1",
      name: "asked again",
      type: "survey",
      questions: [{ qid: 1, type: "text", text: "Well?", next_qid: -1 }],
    });
    const path = `/accounts/${SURVEYED}/surveys`;
    const headers = { "content-type": "application/json", "idempotency-key": randomUUID() };
    const send = () =>
      server.as(SURVEYED).request(path, {
        method: "POST",
        body: JSON.stringify({ schema: schema.id }),
        headers,
      });
    const first = await send();
    expect((await send()).body).toEqual(first.body);
    await server.colloquy.surveys.remove(first.body.id);
    expect((await send()).status).toBe(403);
  });
});

test("a superuser who is none any more when their body has come changes no schema", async () => {
  const act = {
    method: "POST",
    path: "/admin/schemas/import",
    body: {
      format: "colloquy.schema/1",
      name: "held back",
      type: "automated_flow",
      questions: [{ qid: 1, type: "text", text: "Well?", next_qid: -1 }],
    },
  };
  const held = await holdBody(SUPERUSER, act);
  const rights = (is_superuser: boolean) =>
    server.colloquy.db.query(
      { name: "test_rights", text: "update account set is_superuser = $2 where id = $1" },
      [SUPERUSER, is_superuser],
    );
  await rights(false);
  // Rights are remembered for some seconds.
  await expect
    .poll(async () => (await server.as(SUPERUSER).get("/admin/schemas")).status, { timeout: 15_000 })
    .toBe(403);
  expect((await held.finish()).status).toBe(403);
  await rights(true);
});
