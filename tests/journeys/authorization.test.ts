import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import type { UserId } from "../../packages/server/src/index.ts";
import { ensureAccount } from "../../packages/server/src/people/queries.ts";
import { databaseKind } from "../support/database.ts";
import { person } from "../support/people.ts";
import { runs } from "../support/runs.ts";
import { type Answer, addPeople, startServer, type TestServer } from "../support/server.ts";
import { type Filled, RIGHTS, ROLES, type Row, type Scene, TABLE } from "./authorizationTable.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const ALL = 8191;
const [OWNER, MEMBER, LEAVER, NEWCOMER, STRANGER] = [2, 3, 4, 5, 6].map(person) as [
  UserId,
  UserId,
  UserId,
  UserId,
  UserId,
];
/** The people of the roles come after those who are the same for all. */
const FIRST = 100;

let server: TestServer;
/** By role; nobody's and the stranger's are somebody else's threads. */
const scenes = new Map<string, Scene>();

beforeAll(async () => {
  server = await startServer({ types: { schema: ["survey", "automated_flow"] } });
  const { db, schemas } = server.colloquy;
  await addPeople(db, FIRST, FIRST + ROLES.length);
  for (const [index, role] of ROLES.entries())
    if (role.startsWith("superuser"))
      await ensureAccount(db, person(2 * FIRST + index), { first_name: role, is_superuser: true });
  const phq = JSON.parse(
    await readFile(new URL("../../examples/schemas/phq-9.json", import.meta.url), "utf8"),
  );
  const { id: schema } = await schemas.load(phq);
  for (const [index, role] of ROLES.entries()) scenes.set(role, await scene(role, index, schema));
});

async function scene(role: string, index: number, schema: number): Promise<Scene> {
  const { threads, messages } = server.colloquy;
  const self = person((role.startsWith("superuser") ? 2 * FIRST : FIRST) + index);
  const rights = RIGHTS[role as keyof typeof RIGHTS];
  const create = async () => {
    const creator = role.startsWith("creator") ? self : OWNER;
    const { id } = await threads.create({
      creator,
      notifications: 0,
      ...(creator === OWNER ? { permissions: ALL } : {}),
    });
    const others = [MEMBER, LEAVER, ...(rights === undefined || creator === self ? [] : [self])];
    for (const user of others)
      await server.colloquy.members.add(id, user, user === self ? { permissions: rights! } : {});
    return id;
  };
  const thread = await create();
  const post = (sender: UserId) => messages.automate(thread, { text: "Hello", type: "message", sender });
  return {
    self,
    thread,
    toLeave: await create(),
    toDelete: await create(),
    own: [await post(self), await post(self)],
    others: [await post(MEMBER), await post(MEMBER)],
    member: MEMBER,
    leaver: LEAVER,
    schema,
    survey: await filled(self, schema),
    surveyToDelete: await filled(self, schema),
    othersSurvey: await filled(MEMBER, schema),
  };
}

/** A survey of the user with an answer in it. */
async function filled(user: UserId, schema: number): Promise<Filled> {
  const { surveys, db } = server.colloquy;
  const { id } = await surveys.create({ user, schema });
  const questions = await db.query<{ id: number; answer: number }>(
    {
      name: "test_choice",
      text: "select q.id, a.id as answer from question q join answer a on a.question_id = q.id where q.schema_id = $1 limit 1",
    },
    [schema],
  );
  const [{ id: related_question, answer }] = questions as [{ id: number; answer: number }];
  await surveys.answer(id, [{ related_question, answers: [answer] }]);
  const [item] = await surveys.items(id);
  return { id, item: item!.id! };
}

const operations = () =>
  Object.entries(server.document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace("/api", "")}`),
  );

function taken(path: string): string[] {
  return Object.keys(server.document.paths[`/api${path}`] ?? {}).map((method) => method.toUpperCase());
}

describe("the table", () => {
  it("has a row for every operation of the document, and for no other", () => {
    const rows = TABLE.map(({ request }) => request).filter((request) => !request.startsWith("* "));
    expect([...new Set(rows)].sort()).toEqual(operations().sort());
  });

  it("has a row for the other methods of every address that has some", () => {
    const rows = TABLE.map(({ request }) => request).filter((request) => request.startsWith("* "));
    const addresses = [...new Set(operations().map((operation) => operation.split(" ")[1]!))];
    expect([...new Set(rows)].sort()).toEqual(addresses.map((address) => `* ${address}`).sort());
  });

  it("has a cell for every role in every row", () => {
    for (const { cells } of TABLE) expect(cells).toHaveLength(ROLES.length);
  });
});

/** The cell that an answer amounts to; anything that fits none is told whole. */
function cell({ status, body, headers }: Answer, wrongMethod: boolean, hides: boolean): string {
  if (status === 401) {
    expect(body).toEqual({ detail: "Authentication credentials were not provided." });
    expect(headers.has("www-authenticate")).toBe(true);
    return "x";
  }
  if (status === 403) {
    expect(body).toEqual({ detail: "You do not have permission to perform this action." });
    return ".";
  }
  if (hides && status === 404) {
    expect(body).toEqual({ detail: "Not found." });
    return "o";
  }
  if (wrongMethod) return status === 405 && headers.has("allow") ? "+" : `(${status})`;
  return status < 500 && status !== 405 ? "+" : `(${status})`;
}

async function ask({ request, path, body }: Row, role: string): Promise<string> {
  const scene = scenes.get(role)!;
  const [method = "", address = ""] = request.split(" ");
  const methods = method === "*" ? METHODS.filter((other) => !taken(address).includes(other)) : [method];
  const caller = server.as(role === "nobody" ? null : scene.self);
  const cells = new Set<string>();
  for (const method of methods) {
    const answer = await caller.request(path(scene), {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    cells.add(cell(answer, !taken(address).includes(method), address.startsWith("/surveys/")));
  }
  return [...cells].join("");
}

/** Who may do what is decided before a database is asked to do it: in `npm test` a part on the embedded one. */
const EACH = databaseKind === "postgres" ? 1 : runs(4, 1);

describe("every role at every address gets what the table says", () => {
  it.each(TABLE.filter((_, index) => index % EACH === 0))("$request $of", async (row) => {
    const cells = await Promise.all(ROLES.map((role) => ask(row, role)));
    const got = ROLES.map((role, index) => `${cells[index]} ${role}`);
    expect(got).toEqual(ROLES.map((role, index) => `${row.cells[index]} ${role}`));
  });
});

describe("a stranger", () => {
  it("cannot tell a thread that is not theirs from one that is not there", async () => {
    const { thread } = scenes.get("stranger")!;
    const below = TABLE.filter(({ request }) => request.includes("/threads/{thread_id}"));
    const paths = [
      ...new Set(
        below.map(({ path }) => path({ ...scenes.get("stranger")!, toDelete: thread, toLeave: thread })),
      ),
    ];
    for (const path of paths)
      for (const method of [...METHODS, "OPTIONS"]) {
        const bodies = method === "GET" ? [undefined] : [undefined, "{", '{"user":1}'];
        for (const body of bodies) {
          const ask = (path: string) =>
            server.as(STRANGER).request(path, {
              method,
              ...(body === undefined ? {} : { body, headers: { "content-type": "application/json" } }),
            });
          const [there, notThere] = [
            await ask(path),
            await ask(path.replace(/^\/threads\/\d+/, "/threads/888888888")),
          ];
          expect(seen(there), `${method} ${path}`).toEqual(seen(notThere));
          expect(there.status).toBe(403);
        }
      }
  });

  it("reaches no message through a thread of their own", async () => {
    const { others } = scenes.get("stranger")!;
    const { body: own } = await server.as(STRANGER).post(`/accounts/${STRANGER}/threads/chat`, {});
    for (const id of others) {
      expect((await server.as(STRANGER).get(`/threads/${own.id}/messages/${id}`)).status).toBe(404);
      expect((await server.as(STRANGER).delete(`/threads/${own.id}/messages/${id}`)).status).toBe(404);
      const read = await server.as(STRANGER).post(`/threads/${own.id}/read`, { message: id });
      expect(read.status).toBe(404);
    }
  });
});

function seen({ status, body, headers }: Answer) {
  const { date: _date, ...others } = Object.fromEntries(headers);
  return { status, body, headers: others };
}

/** A thread in which `user` has these rights, and MEMBER is another member. */
async function threadWith(user: UserId, permissions: number): Promise<number> {
  const { id } = await server.colloquy.threads.create({ creator: OWNER, permissions: ALL });
  await server.colloquy.members.add(id, user, { permissions });
  await server.colloquy.members.add(id, MEMBER, { permissions: 0 });
  return id;
}

it("shows the last message of a thread only to who may read its messages", async () => {
  for (const [permissions, text] of [
    [16, null],
    [16 | 1, "For readers"],
  ] as const) {
    const thread = await threadWith(STRANGER, permissions);
    await server.colloquy.messages.automate(thread, { text: "For readers" });
    const { body: detail } = await server.as(STRANGER).get(`/threads/${thread}`);
    const { body: list } = await server.as(STRANGER).get(`/accounts/${STRANGER}/threads/chat?id=${thread}`);
    for (const { last_message_data } of [detail, ...list.results])
      expect(last_message_data?.text ?? null).toBe(text);
  }
});

describe("nobody grants a right that they do not hold", () => {
  const ADD = 128;
  const CONTROL = 512;
  const bits = Array.from({ length: 13 }, (_, index) => 2 ** index);
  const refusal = { permissions: ["Cannot set higher permissions that the request user possess."] };

  it.each(bits)("held: %i", async (held) => {
    const thread = await threadWith(STRANGER, held | ADD | CONTROL);
    const caller = server.as(STRANGER);
    for (const granted of bits) {
      const may = [held, ADD, CONTROL].includes(granted);
      const changed = await caller.patch(`/threads/${thread}/users/${MEMBER}`, { permissions: granted });
      expect([granted, changed.status, changed.body]).toEqual(
        may ? [granted, 200, expect.objectContaining({ permissions: granted })] : [granted, 400, refusal],
      );
      const added = await caller.post(`/threads/${thread}/users`, { user: NEWCOMER, permissions: granted });
      expect([granted, added.status]).toEqual([granted, may ? 201 : 400]);
      if (may) await server.colloquy.members.remove(thread, NEWCOMER);
      else expect(added.body).toEqual(refusal);
    }
  });

  it("nor by leaving them out, where the usual rights are more than one's own", async () => {
    const thread = await threadWith(STRANGER, ADD | 16);
    const added = await server.as(STRANGER).post(`/threads/${thread}/users`, { user: NEWCOMER });
    expect(added.status).toBe(201);
    expect(added.body.permissions).toBe(16);
  });

  it("and the mode of others is set only by who controls them", async () => {
    const thread = await threadWith(STRANGER, ADD | 16 | 1);
    const body = { user: NEWCOMER, state: "closed", on_finish: "close", permissions: 17 };
    const added = await server.as(STRANGER).post(`/threads/${thread}/users`, body);
    expect(added.body).toEqual({ user: NEWCOMER, users_data: expect.anything(), permissions: 17 });
    expect(await server.colloquy.threads.get(thread, NEWCOMER)).toMatchObject({
      state: "open",
      on_finish: "open",
    });
  });
});

describe("rights that are asked for by what a message does", () => {
  it.each([
    [
      "break_state without 1024",
      2,
      "open",
      { text: "Stop", break_state: true },
      400,
      { break_state: ["NO_PERMISSIONS"] },
    ],
    ["break_state with 1024", 2 | 1024, "open", { text: "Stop", break_state: true }, 201, {}],
    [
      "writing while closed without 4096",
      2,
      "closed",
      { text: "Hi" },
      400,
      { non_field_errors: ["THREAD_IS_CLOSED"] },
    ],
    ["writing while closed with 4096", 2 | 4096, "closed", { text: "Hi" }, 201, {}],
    [
      "breaking while closed without 4096",
      2 | 1024,
      "closed",
      { text: "Hi", break_state: true },
      400,
      { non_field_errors: ["THREAD_IS_CLOSED"] },
    ],
  ] as const)("%s", async (_name, permissions, state, body, status, problem) => {
    const thread = await threadWith(STRANGER, permissions);
    if (state === "closed") await server.colloquy.members.edit(thread, STRANGER, { state });
    const answer = await server.as(STRANGER).post(`/threads/${thread}/messages`, body);
    expect(answer).toMatchObject({ status, body: problem });
  });
});
