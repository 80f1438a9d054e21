import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { anyCharacter } from "../support/anyCharacter.ts";
import type { JsonSchema } from "../support/conformance.ts";
import { type Contents, watchContents } from "../support/contents.ts";
import { databaseKind } from "../support/database.ts";
import { runs } from "../support/runs.ts";
import { type Answer, type RawRequest, startServer, type TestServer } from "../support/server.ts";
import {
  NASTY_IN_PATHS as ALL_IN_PATHS,
  NASTY_IN_QUERIES as ALL_IN_QUERIES,
  NASTY as ALL_NASTY,
} from "./nasty.ts";

/** In the deep run all on PostgreSQL and a third on the embedded database: most are refused before either is asked. */
const EACH = databaseKind === "postgres" ? runs(6, 1) : runs(9, 3);
const isTried = (_: unknown, index: number) => index % EACH === 0;
const NASTY = Object.fromEntries(Object.entries(ALL_NASTY).filter(isTried));
const NASTY_IN_PATHS = ALL_IN_PATHS.filter(isTried);
const NASTY_IN_QUERIES = ALL_IN_QUERIES.filter(isTried);
const [SUPERUSER, OTHER] = [1, 2];
const ALL = 8191;
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];
const JSON_TYPE = { "content-type": "application/json" };

let server: TestServer;
let contents: Contents;
/** Threads of somebody who may do everything, by the state that they are in. */
const threads: Record<string, number> = {};
let params: Record<string, string>;

beforeAll(async () => {
  server = await startServer();
  const { colloquy } = server;
  const document = JSON.parse(
    await readFile(new URL("../../examples/schemas/telehealth-onboarding.json", import.meta.url), "utf8"),
  );
  const { id: schema } = await colloquy.schemas.load(document);
  const { id: draft } = await colloquy.schemas.load({ ...document, name: "draft" }, { publish: false });
  for (const state of ["open", "closed", "scripted", "scripted_fe_controlled", "assisted"] as const) {
    const made = await colloquy.threads.create({ creator: SUPERUSER, permissions: ALL });
    await colloquy.members.add(made.id, OTHER);
    const needed = state === "open" || state === "closed" ? {} : { schema };
    await colloquy.members.edit(made.id, SUPERUSER, { state, ...needed });
    threads[state] = made.id;
  }
  const message = (await colloquy.messages.post(threads.open!, SUPERUSER, { text: "Mine" }))!;
  const attached = await colloquy.attachments.add(threads.open!, message.id, {
    type: "youtube",
    url: "https://youtu.be/x",
  });
  const form = await colloquy.schemas.load(FORM);
  const survey = await colloquy.surveys.create({ user: SUPERUSER, schema: form.id });
  await colloquy.surveys.answer(survey.id, [{ related_question: form.questions[0]!.id, text: "Mine" }]);
  const [item] = await colloquy.surveys.items(survey.id);
  params = {
    "threads thread_id": String(threads.open),
    "accounts user_id": String(SUPERUSER),
    "users user_id": String(OTHER),
    "messages id": String(message.id),
    "messages message_id": String(message.id),
    "attachments id": String(attached.id),
    "files id": "1",
    "threads type": "chat",
    "schemas key": String(schema),
    "schemas id": String(draft),
    "surveys id": String(survey.id),
    "surveys survey_id": String(survey.id),
    "items id": String(item!.id),
  };
  contents = await watchContents(colloquy.db);
});

const FORM = {
  format: "colloquy.schema/1",
  name: "form",
  type: "survey",
  questions: [{ qid: 1, type: "text", text: "Who are you?", next_qid: -1 }],
};

/** `/api/threads/{thread_id}` with these values in place of the usual ones, below the prefix. */
function fill(path: string, values: Record<string, string> = {}): string {
  return path.replace("/api", "").replace(/(\w+)\/\{(\w+)\}/g, (_, before: string, name: string) => {
    const value = values[`${before} ${name}`] ?? params[`${before} ${name}`];
    if (value === undefined) throw new Error(`Nothing to put into ${path}`);
    return `${before}/${value}`;
  });
}

interface Target {
  method: string;
  path: string;
  /** Of an object; where a list of them is taken, of one of these. */
  body: JsonSchema | null;
  isList: boolean;
}

/** In `npm test` every third address on the embedded database. */
const EACH_ADDRESS = databaseKind === "postgres" ? 1 : runs(3, 1);
const addresses = () =>
  Object.entries(server.document.paths).filter((_, index) => index % EACH_ADDRESS === 0);

const targets = (): Target[] =>
  addresses().flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody }]) => {
      const schema = requestBody?.content["application/json"]?.schema ?? null;
      const isList = schema?.type === "array";
      const body = isList ? (schema.items as JsonSchema) : schema;
      return { method: method.toUpperCase(), path, body, isList };
    }),
  );

/** An object as the target takes it. */
const sent = ({ isList }: Target, object: string) => (isList ? `[${object}]` : object);

const takesFiles = (path: string, method: string) =>
  server.document.paths[path]?.[method.toLowerCase()]?.requestBody?.content["multipart/form-data"] !==
  undefined;

const withBody = () => targets().filter(({ body }) => body !== null);

/** Asks, and holds the answer to what every answer must be: no fault, a clear refusal, nothing half-written. */
async function ask(path: string, request: RawRequest): Promise<Answer> {
  const answer = await server.as(SUPERUSER).request(path, request);
  const about = `${request.method} ${path.slice(0, 200)} ${String(request.body).slice(0, 300)}`;
  const changes = await contents.changes();
  expect(answer.status, about).toBeLessThan(500);
  if (answer.status < 400) return answer;
  expect(isRefusal(answer), `${about}\n${answer.status} ${JSON.stringify(answer.body)}`).toBe(true);
  expect(changes, `${about}\n${answer.status} ${JSON.stringify(answer.body)}`).toBeNull();
  return answer;
}

/** `{detail}`, or for 400 also problems by field. */
function isRefusal({ status, body, headers }: Answer): boolean {
  if (headers.get("content-type") !== "application/json; charset=utf-8") return false;
  if (typeof body?.detail === "string") return Object.keys(body).length === 1 && body.detail !== "";
  return status === 400 && (isProblems(body) || (Array.isArray(body) && isProblem(body)));
}

function isProblems(body: unknown): boolean {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return false;
  const problems = Object.values(body);
  return problems.length > 0 && problems.every(isProblem);
}

/** Texts; or, below a nested field, problems again, one by one where it is a list. */
function isProblem(problem: unknown): boolean {
  if (!Array.isArray(problem)) return isProblems(problem);
  const isText = (item: unknown) => typeof item === "string" && item !== "";
  const isItem = (item: unknown) => isProblems(item) || JSON.stringify(item) === "{}";
  return problem.length > 0 && (problem.every(isText) || problem.every(isItem));
}

/** A body of raw JSON texts; `__proto__` and the like are keys like any other. */
function objectOf(fields: Iterable<[string, string]>): string {
  return `{${[...fields].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
}

/** A value that the field takes at least by its shape. */
function plausible(schema: JsonSchema): string {
  if (Array.isArray(schema.enum)) return JSON.stringify(schema.enum[0]);
  if (schema.format === "date-time") return '"2030-01-01T00:00:00Z"';
  if (schema.format === "uuid") return '"7f8b1c9e-0f5d-4f33-9a53-2f1f0cf1b8a1"';
  const type = [schema.type ?? "string"].flat()[0]!;
  const plausibles: Record<string, string> = {
    string: '"Hello"',
    integer: "2",
    boolean: "false",
    array: "[]",
  };
  return plausibles[type] ?? "{}";
}

const properties = (body: JsonSchema) => Object.entries(body.properties ?? {});

describe("every field of every body", () => {
  it.each(Object.keys(NASTY))("takes %s or refuses it", async (name) => {
    for (const target of withBody())
      for (const [field] of properties(target.body!)) {
        const { method, path, body } = target;
        const others = properties(body!).filter(([other]) =>
          (body!.required as string[] | undefined)?.includes(other),
        );
        const plain = new Map(others.map(([other, schema]): [string, string] => [other, plausible(schema)]));
        plain.set(field, NASTY[name]!);
        const { status } = await ask(fill(path), {
          method,
          body: sent(target, objectOf(plain)),
          headers: JSON_TYPE,
        });
        // Else nobody would have looked at the body.
        expect([401, 403], `${method} ${path}`).not.toContain(status);
      }
  });

  it("is told that it is missing, all of them at once", async () => {
    for (const target of withBody()) {
      const { method, path, body, isList } = target;
      const required = (body!.required as string[] | undefined) ?? [];
      if (required.length === 0) continue;
      const answer = await ask(fill(path), { method, body: sent(target, "{}"), headers: JSON_TYPE });
      const { status } = answer;
      const problems = isList ? answer.body[0] : answer.body;
      expect([`${method} ${path}`, status]).toEqual([`${method} ${path}`, 400]);
      // What is wrong with a document is told in sentences.
      const isDocument = properties(body!).some(([name]) => name === "questions");
      if (isDocument) expect(problems).toHaveProperty("document", [expect.stringMatching("format")]);
      else for (const field of required) expect(problems).toHaveProperty(field, ["This field is required."]);
    }
  });
});

describe("every body", () => {
  const nasty = fc.constantFrom(...Object.values(NASTY));
  const json = fc.oneof(
    { weight: 3, arbitrary: nasty },
    { weight: 1, arbitrary: fc.json({ stringUnit: anyCharacter }) },
    { weight: 1, arbitrary: fc.string({ unit: anyCharacter }).map((text) => JSON.stringify(text)) },
    { weight: 1, arbitrary: fc.integer({ min: -5, max: 60 }).map(String) },
  );
  const stray = fc.constantFrom("__proto__", "constructor", "id", "sender", "thread", "detail", "toString");

  function bodies(body: JsonSchema): fc.Arbitrary<string> {
    const fields = properties(body).map(([name, schema]) =>
      fc.option(
        fc.tuple(fc.constant(name), fc.oneof({ weight: 2, arbitrary: fc.constant(plausible(schema)) }, json)),
        { freq: 3 },
      ),
    );
    const known = fc.tuple(...fields).map((entries) => entries.filter((entry) => entry !== null));
    return fc
      .tuple(known, fc.array(fc.tuple(stray, json), { maxLength: 2 }))
      .map((all) => objectOf(all.flat()));
  }

  it("of any mixture of fields is taken or refused", async () => {
    for (const target of withBody()) {
      const { method, path, body } = target;
      const states = path.includes("/threads/{thread_id}") ? Object.values(threads) : [threads.open];
      await fc.assert(
        fc.asyncProperty(bodies(body!), fc.constantFrom(...states), async (text, thread) => {
          const address = fill(path, { "threads thread_id": String(thread) });
          await ask(address, { method, body: sent(target, text), headers: JSON_TYPE });
        }),
        { numRuns: runs(4, 20) },
      );
    }
  });

  it("that is no object is refused", async () => {
    for (const { method, path, isList } of withBody())
      for (const [name, text] of Object.entries(NASTY)) {
        if (text.startsWith(isList ? "[" : "{")) continue;
        const { status, body } = await ask(fill(path), { method, body: text, headers: JSON_TYPE });
        expect([method, path, name, status]).toEqual([method, path, name, 400]);
        expect(Object.keys(body).length).toBeGreaterThan(0);
      }
  });

  const broken = [
    "{",
    '{"a":}',
    "nul",
    "{'a': 1}",
    '{"a": 1} {"b": 2}',
    "[1, 2",
    "NaN",
    "Infinity",
    '"',
    "\0",
    '{"a": "\n"}',
    "{,}",
    "undefined",
    "<xml/>",
  ];
  it.each(broken)("that is no JSON is refused as such: %j", async (text) => {
    for (const { method, path } of withBody()) {
      const answer = await ask(fill(path), { method, body: text, headers: JSON_TYPE });
      expect(answer).toMatchObject({
        status: 400,
        body: { detail: expect.stringMatching(/^JSON parse error - /) },
      });
    }
  });

  it("that is no UTF-8 is refused", async () => {
    const bytes = new Uint8Array([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]);
    for (const { method, path } of withBody()) {
      const answer = await ask(fill(path), { method, body: bytes, headers: JSON_TYPE });
      expect(answer).toMatchObject({
        status: 400,
        body: { detail: expect.stringMatching(/^JSON parse error - /) },
      });
    }
  });

  it("beyond the limit is refused, and a tower of brackets within it", async () => {
    for (const { method, path } of withBody()) {
      const large = await ask(fill(path), {
        method,
        body: `{"text":"${"a".repeat(1_100_000)}"}`,
        headers: JSON_TYPE,
      });
      expect([path, large.status, large.body]).toEqual([path, 413, { detail: "Request body is too large." }]);
    }
    const tower = "[".repeat(400_000) + "]".repeat(400_000);
    for (const path of [`/threads/${threads.open}/messages`, "/admin/schemas/import"])
      for (const body of [
        tower,
        `{"meta":${tower},"answers":${tower.slice(200_000, 600_000)},"questions":1}`,
      ])
        expect((await ask(path, { method: "POST", body, headers: JSON_TYPE })).status).toBeGreaterThanOrEqual(
          400,
        );
  });

  it.each(["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/jsonx", "x"])(
    "of the type %s is refused",
    async (type) => {
      for (const { method, path } of withBody()) {
        const answer = await ask(fill(path), { method, body: "{}", headers: { "content-type": type } });
        const isBroken = type.startsWith("multipart/") && takesFiles(path, method);
        expect([path, answer.status]).toEqual([path, isBroken ? 400 : 415]);
      }
    },
  );

  it("without a type is refused, and one that is not there is an empty one", async () => {
    for (const { method, path } of withBody()) {
      const untyped = await ask(fill(path), { method, body: new TextEncoder().encode("{}") });
      expect([path, untyped.status]).toEqual([path, 415]);
      await ask(fill(path), { method });
      await ask(fill(path), { method, body: "", headers: JSON_TYPE });
    }
  });

  it("in a form is taken or refused", async () => {
    const values = fc.oneof(
      fc.string({ unit: anyCharacter }),
      nasty,
      fc.constantFrom("", "1", "x", "[", "on", "2030-01-01T00:00"),
    );
    for (const { method, path, body } of withBody()) {
      const names = fc.constantFrom(...properties(body!).map(([name]) => name), "__proto__", "a[b]", "");
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(names, values), { maxLength: 6 }), async (pairs) => {
          const text = pairs.map(
            ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`,
          );
          const type = "application/x-www-form-urlencoded";
          await ask(fill(path), { method, body: text.join("&"), headers: { "content-type": type } });
        }),
        { numRuns: runs(2, 8) },
      );
    }
  });

  it("in a broken form is taken or refused", async () => {
    for (const { method, path } of withBody())
      for (const text of [
        "%",
        "%ff=%00",
        "a=%zz&text=%ED%A0%80",
        "=&=&&",
        "text=%00",
        "meta=%7B",
        "text".repeat(1_000),
      ]) {
        const type = "application/x-www-form-urlencoded";
        await ask(fill(path), { method, body: text, headers: { "content-type": type } });
      }
  });
});

describe("every address", () => {
  it("with something else for an id answers clearly", async () => {
    for (const { method, path } of targets())
      for (const [, before, name] of path.matchAll(/(\w+)\/\{(\w+)\}/g))
        for (const nasty of NASTY_IN_PATHS) {
          const address = fill(path, { [`${before} ${name}`]: nasty });
          await ask(address, { method, ...(method === "GET" ? {} : { body: "{}", headers: JSON_TYPE }) });
        }
  });

  it("refuses the methods that it does not take, and says which it does", async () => {
    for (const [path, methods] of addresses()) {
      const taken = Object.keys(methods).map((method) => method.toUpperCase());
      const allowed = taken.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
      for (const method of METHODS.filter((method) => !taken.includes(method)))
        for (const body of method === "GET" ? [undefined] : [undefined, "{", '{"text": "x"}']) {
          const answer = await ask(fill(path), {
            method,
            ...(body === undefined ? {} : { body, headers: JSON_TYPE }),
          });
          expect([method, path, answer.status]).toEqual([method, path, 405]);
          expect(answer.body).toEqual({ detail: `Method "${method}" not allowed.` });
          expect(answer.headers.get("allow")?.split(", ").sort()).toEqual(allowed.sort());
        }
    }
  });

  it("that is not there is 404", async () => {
    for (const path of [
      "/",
      "/nothing",
      "/threads",
      "/threads/1/nothing",
      "/schemas",
      "/admin",
      "/%00",
      "/%ff",
      "//",
      "/accounts/me/x",
    ])
      for (const method of METHODS) {
        const { status } = await ask(path, {
          method,
          ...(method === "GET" ? {} : { body: "{", headers: JSON_TYPE }),
        });
        expect([method, path, [400, 403, 404].includes(status)]).toEqual([method, path, true]);
      }
  });
});

describe("every query", () => {
  const lookups = [
    "",
    "__exact",
    "__gt",
    "__lte",
    "__in",
    "__isnull",
    "__icontains",
    "__istartswith",
    "__nonsense",
    "__gt__lt",
  ];
  const columns = [
    "id",
    "title",
    "created",
    "updated",
    "state",
    "schema",
    "type",
    "text",
    "sender",
    "related_question",
    "name",
    "version",
    "published",
    "deprecated",
    "meta",
    "permissions",
    "__proto__",
  ];
  const filters = columns.flatMap((column) => lookups.map((lookup) => column + lookup));
  const names = [
    "limit",
    "offset",
    "before",
    "after",
    "ordering",
    "fields",
    "q",
    "publish",
    "force",
    "since",
  ];
  const value = fc.constantFrom(...NASTY_IN_QUERIES);
  const pair = fc.oneof(
    fc.tuple(fc.constantFrom(...names), value),
    fc.tuple(fc.constantFrom(...filters), value),
    fc.tuple(fc.string({ unit: anyCharacter, maxLength: 8 }), fc.string({ unit: anyCharacter })),
  );
  const queries = fc
    .array(pair, { minLength: 1, maxLength: 5 })
    .map((pairs) => String(new URLSearchParams(pairs)));

  it("of a list is taken or refused", async () => {
    for (const { path } of targets().filter(({ method }) => method === "GET"))
      for (const filled of path.includes("/schemas/{key}")
        ? [fill(path), "/schemas/automated_flow"]
        : [fill(path)])
        await fc.assert(
          fc.asyncProperty(
            queries,
            async (query) => void (await ask(`${filled}?${query}`, { method: "GET" })),
          ),
          {
            numRuns: runs(8, 40),
          },
        );
  });

  it("of each name and each value is taken or refused by the lists of threads and messages", async () => {
    for (const path of [`/accounts/${SUPERUSER}/threads/chat`, `/threads/${threads.open}/messages`])
      for (const name of [...names, "id__in", "id__isnull", "created__gt", "type__icontains"])
        for (const value of NASTY_IN_QUERIES)
          await ask(`${path}?${new URLSearchParams([[name, value]])}`, { method: "GET" });
  });

  it("beside a body is taken or refused", async () => {
    for (const { method, path } of withBody())
      await fc.assert(
        fc.asyncProperty(queries, async (query) => {
          await ask(`${fill(path)}?${query}`, { method, body: "{}", headers: JSON_TYPE });
        }),
        { numRuns: runs(2, 8) },
      );
  });

  it("that is not even encoded is taken or refused", async () => {
    for (const { path } of targets().filter(({ method }) => method === "GET"))
      for (const query of [
        "%",
        "%ff",
        "limit=%zz",
        "fields=%00",
        "&&&",
        "=",
        "id__in=%ED%A0%80",
        `fields=${"a(".repeat(50)}`,
        "limit[]=1",
        "limit[a]=1&limit=2",
      ])
        await ask(`${fill(path)}?${query}`, { method: "GET" });
  });
});

describe("every header", () => {
  it.each([
    ["x-user-id", ["", "0", "-1", "abc", "1 ", "99999999999999999999", "1, 2", "1e0", "%00"]],
    [
      "authorization",
      ["", "Bearer", "Bearer ", "Bearer x.y.z", "Basic MTox", `Bearer ${"a".repeat(4_000)}`, "bearer null"],
    ],
  ])("%s that names nobody is 401, or as if it were not there", async (name, values) => {
    for (const value of values) {
      const answer = await server.as(null).request("/accounts/me", { headers: { [name]: value } });
      if (name === "x-user-id" && value.trim() === "1") expect(answer.status).toBe(200);
      else expect([value, answer.status]).toEqual([value, 401]);
    }
  });

  it("beside them that is odd does no harm", async () => {
    const odd = [
      { host: "" },
      { accept: "*/*;q=nonsense" },
      { "if-none-match": "x".repeat(2_000) },
      { "idempotency-key": "" },
      { "idempotency-key": "é\u00ff" },
      { "idempotency-key": "x".repeat(5_000) },
      { "x-forwarded-for": "'; drop", "x-forwarded-proto": "gopher", "x-forwarded-host": "<b>" },
      { "accept-language": "*;;;,,,q=" },
      { "content-encoding": "gzip" },
      { "content-type": "application/json; charset=utf-16" },
      { expect: "nonsense" },
    ];
    for (const headers of odd) {
      const sent = Object.fromEntries(
        Object.entries(headers).filter(([, value]) => value !== undefined),
      ) as Record<string, string>;
      const message = `/threads/${threads.open}/messages`;
      await ask(message, { method: "POST", body: '{"text":""}', headers: { ...JSON_TYPE, ...sent } }).catch(
        refusedByClient,
      );
      await ask(message, { method: "GET", headers: sent }).catch(refusedByClient);
    }
  });
});

/** What fetch itself does not send. */
function refusedByClient(error: unknown): void {
  if (!(error instanceof TypeError)) throw error;
}
