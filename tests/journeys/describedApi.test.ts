import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import * as protocol from "../../packages/protocol/src/index.ts";
import { fillDemo } from "../../packages/server/src/demo/fill.ts";
import { ensurePeople } from "../../packages/server/src/demo/people.ts";
import {
  createColloquy,
  type SettingsInput,
  type UserId,
  type UserIdKind,
} from "../../packages/server/src/index.ts";
import { ALL_PERMISSIONS, NOTIFICATION, PERMISSION } from "../../packages/server/src/policies/bits.ts";
import { EXAMPLE_USERS } from "../../packages/server/src/policies/userIds.ts";
import type { Operation, Parameter } from "../support/conformance.ts";
import { freshDatabase } from "../support/database.ts";
import { startServer, type TestServer } from "../support/server.ts";

// What the OpenAPI document says is held against a demo: its examples succeed, and what is refused is refused as it says.

/** A server with what `colloquy demo` has in it. */
async function startDemo(ids: UserIdKind, settings: SettingsInput = {}): Promise<TestServer> {
  const server = await startServer(
    { threads: { creatorPermissions: ALL_PERMISSIONS }, ...settings, accounts: { ids } },
    // What a session has prepared does not survive a change of what ids are.
    { people: 0, database: await freshDatabase(ids === "string" ? { schema: "colloquy" } : {}) },
  );
  await ensurePeople(server.colloquy.db, ids);
  await fillDemo(server.colloquy);
  return server;
}

interface Described {
  name: string;
  method: string;
  path: string;
  operation: Operation;
}

/** Only a link that the server signed leads there: it has a test of its own. */
const BY_LINK = "GET /api/files/{id}";

function operationsOf({ document }: Pick<TestServer, "document">): Described[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path: path.replace("/api", ""),
      operation,
    })),
  );
}

const parametersOf = ({ operation }: Described, place: Parameter["in"]) =>
  (operation.parameters ?? []).filter((parameter) => parameter.in === place);

/** What the examples ask for, with some of the path's parameters other than in them. */
function addressOf(described: Described, others: Record<string, unknown> = {}): string {
  const path = parametersOf(described, "path").reduce(
    (address, { name, example }) =>
      address.replace(`{${name}}`, encodeURIComponent(String(others[name] ?? example))),
    described.path,
  );
  const query = parametersOf(described, "query").flatMap(({ name, example }) =>
    example === undefined ? [] : [[name, String(example)] as [string, string]],
  );
  return query.length === 0 ? path : `${path}?${new URLSearchParams(query)}`;
}

const contentOf = ({ operation }: Described) => operation.requestBody?.content["application/json"];
const isWritten = ({ method, path }: Described) => method === "POST" && !path.endsWith("/publish");

/** So that nothing is gone, or published, before others need it. */
function inOrder(operations: Described[]): Described[] {
  const rank = (one: Described) =>
    isWritten(one) ? 1 : ["GET", "", "PUT", "PATCH", "POST", "DELETE"].indexOf(one.method);
  const depth = ({ method, path }: Described) => (method === "DELETE" ? -path.split("/").length : 0);
  return operations.toSorted((one, other) => rank(one) - rank(other) || depth(one) - depth(other));
}

describe.each(["integer", "string"] as const)("where users' ids are of the kind %s", (ids) => {
  it("every example of the document succeeds in the demo", async () => {
    const server = await startDemo(ids);
    const user = server.as(EXAMPLE_USERS[ids].operator);
    for (const described of inOrder(operationsOf(server))) {
      if (described.name === BY_LINK) continue;
      const content = contentOf(described);
      const { status, body } = await user.request(addressOf(described), {
        method: described.method,
        ...(content === undefined
          ? {}
          : { body: JSON.stringify(content.example), headers: { "content-type": "application/json" } }),
      });
      expect([described.name, status, status < 300 ? null : body]).toEqual([
        described.name,
        expect.any(Number),
        null,
      ]);
      expect(Object.keys(described.operation.responses), described.name).toContain(String(status));
    }
  });

  it("names what a server of its settings believes, and whom to be in the demo", async () => {
    const { document } = await startDemo(ids);
    expect(document.security).toEqual([{ user: [] }, { bearer: [] }]);
    expect(document.components.securitySchemes).toMatchObject({
      user: {
        type: "apiKey",
        in: "header",
        name: "X-User-Id",
        "x-example": String(EXAMPLE_USERS[ids].operator),
      },
      bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
    });
    expect(document.components.schemas.UserId).toMatchObject({ type: ids });
  });
});

it("describes every operation, and every parameter, field and answer", async () => {
  const server = await startDemo("integer");
  const operations = operationsOf(server);
  expect(operations.length).toBeGreaterThan(60);
  const bare: string[] = [];
  const expectTold = (what: string, told: object) => {
    const { description } = told as { description?: unknown };
    if (typeof description !== "string" || description.length < 3) bare.push(what);
  };
  for (const described of operations) {
    const { name, operation } = described;
    if (!operation.summary) bare.push(`${name}: its summary`);
    expectTold(name, operation);
    for (const parameter of operation.parameters ?? []) expectTold(`${name}: ${parameter.name}`, parameter);
    for (const [status, response] of Object.entries(operation.responses))
      expectTold(`${name}: ${status}`, response);
    const body = contentOf(described);
    if (body !== undefined && body.example === undefined) bare.push(`${name}: an example`);
  }
  // Bodies are among them.
  const { schemas } = server.described.components;
  for (const [name, shape] of Object.entries(schemas)) {
    expectTold(name, shape);
    for (const [field, property] of Object.entries(shape.properties ?? {}))
      if (!("$ref" in property)) expectTold(`${name}.${field}`, property);
  }
  expect(bare).toEqual([]);
});

it("shows as an example of a refused body what the server answers to an empty one", async () => {
  const server = await startDemo("integer");
  const user = server.as(EXAMPLE_USERS.integer.operator);
  let compared = 0;
  for (const described of operationsOf(server)) {
    const schema = contentOf(described)?.schema;
    const isList = schema?.type === "array";
    const required =
      ((isList ? schema.items : schema) as { required?: string[] } | undefined)?.required ?? [];
    if (required.length === 0) continue;
    const { body } = await user.request(addressOf(described), {
      method: described.method,
      body: isList ? "[{}]" : "{}",
      headers: { "content-type": "application/json" },
    });
    const { examples } = described.operation.responses[400]!.content!["application/json"]!;
    const [shown, got] = isList ? [examples!.fields!.value[0], body[0]] : [examples!.fields!.value, body];
    for (const [name, texts] of Object.entries(shown))
      if (required.includes(name) || name === "document") {
        expect([described.name, name, got[name]]).toEqual([described.name, name, texts]);
        compared++;
      }
  }
  expect(compared).toBeGreaterThan(8);
});

it("documents no field that the server reads but does not support", async () => {
  const server = await startDemo("integer");
  const user = server.as(EXAMPLE_USERS.integer.operator);
  const values = ["2030-01-01T00:00:00Z", ["a"], [1], [{}], 1, true];
  for (const described of inOrder(operationsOf(server))) {
    const { schema, example } = contentOf(described) ?? {};
    for (const name of Object.keys(schema?.properties ?? {}))
      for (const value of values) {
        const { body } = await user.request(addressOf(described), {
          method: described.method,
          body: JSON.stringify({ ...(example as object), [name]: value }),
          headers: { "content-type": "application/json" },
        });
        expect([described.name, name, JSON.stringify(body)]).not.toEqual([
          described.name,
          name,
          expect.stringContaining("NOT_SUPPORTED"),
        ]);
      }
  }
});

it("names the bits of permissions and notifications", () => {
  const bitsOf = (text: string) =>
    [...text.matchAll(/\b\d+\b/g)].map(([bit]) => Number(bit)).sort((a, b) => a - b);
  expect(bitsOf(protocol.PERMISSION_BITS)).toEqual(Object.values(PERMISSION));
  expect(bitsOf(protocol.NOTIFICATION_BITS)).toEqual(Object.values(NOTIFICATION));
});

it("has a name for every shape of the protocol, and for every body", async () => {
  const { described } = await startDemo("integer");
  const { schemas } = described.components;
  const shapes = Object.values(protocol).flatMap((exported) => {
    const { type, title } = exported as { type?: unknown; title?: string };
    return type === "object" ? [title ?? "a shape without a name"] : [];
  });
  expect(shapes.length).toBeGreaterThan(20);
  // Members are told as their reader may see them; the others are pushed, and no answer of HTTP.
  const elsewhere = ["ControlledMember", "DeletedMessage", "MessageInThread"];
  expect(shapes.filter((name) => !(name in schemas)).sort()).toEqual(elsewhere);
  for (const name of ["MessagePage", "ThreadPage", "SurveyPage", "FieldErrors", "Detail"])
    expect(schemas).toHaveProperty(name);
  for (const { name, operation } of operationsOf({ document: described })) {
    const schema = operation.requestBody?.content["application/json"]?.schema;
    if (schema === undefined) continue;
    const [shape] = [schema, schema.items as object].filter((one) => one !== undefined && "$ref" in one);
    expect([name, shape]).toEqual([name, { $ref: expect.any(String) }]);
  }
});

it.each<[string, SettingsInput, object[], string[]]>([
  ["a server that believes tokens", { auth: { secret: "x".repeat(32) } }, [{ bearer: [] }], ["bearer"]],
  ["a host that asks itself who it is", { authenticate: () => null }, [{}, { bearer: [] }], ["bearer"]],
])("names the credentials of %s", async (_, settings, security, schemes) => {
  const colloquy = await createColloquy(settings, { database: await freshDatabase() });
  const document = (await colloquy.app.inject("/api/openapi.json")).json();
  expect(document.security).toEqual(security);
  expect(Object.keys(document.components.securitySchemes)).toEqual(schemes);
  await colloquy.close();
});

interface Sending {
  /** Of the path, in place of those of the example. */
  params?: Record<string, string | number>;
  query?: string;
  body?: string;
  type?: string;
  headers?: Record<string, string>;
}

const NONE = 999_999_999;
const KEY = "one-key";

/** What may be wrong with a request of the operator's, as far as the operation takes it. */
function mistakes(described: Described): Sending[] {
  const content = contentOf(described);
  const body = content === undefined ? {} : { body: JSON.stringify(content.example) };
  const takes = (place: Parameter["in"], wanted: string) =>
    parametersOf(described, place).some(({ name }) => name === wanted);
  return [
    ...parametersOf(described, "path").map(({ name }) => ({ params: { [name]: NONE }, ...body })),
    ...(takes("query", "offset") ? [{ query: "limit=5&offset=-99999999999" }] : []),
    ...(takes("query", "name") ? [{ query: "name=nothing" }] : []),
    ...(takes("header", "Range") ? [{ headers: { range: "bytes=99999999-" } }] : []),
    ...(content === undefined
      ? []
      : [{ body: "{" }, { body: "{}", type: "text/plain" }, { body: `"${"a".repeat(1_100_000)}"` }]),
    ...(takes("header", "Idempotency-Key")
      ? [
          { headers: { "idempotency-key": "x".repeat(300) } },
          { query: "x=1", headers: { "idempotency-key": KEY } },
        ]
      : []),
    ...(OWN_MISTAKES[described.name] ?? []),
  ];
}

const OWN_MISTAKES: Record<string, Sending[]> = {
  "GET /api/schemas/{key}": [
    { params: { key: "secret" } },
    { params: { key: "automated_flow" }, query: "id=x" },
  ],
  "GET /api/sync": [{ query: "x=1" }],
  "GET /api/admin/surveys/export": [{ query: "name=both&id=1" }],
  "GET /api/admin/surveys/aggregate": [{ query: "name=both&id=1" }],
  "POST /api/threads/{thread_id}/read": [{ body: JSON.stringify({ message: NONE }) }],
  "DELETE /api/admin/schemas/{id}": [{ params: { id: 1 } }],
};

it("refuses as its document says, and for every reason that this lists", async () => {
  const { operator, patient, doctor } = EXAMPLE_USERS.integer;
  const server = await startDemo("integer", {
    types: { schema: ["automated_flow", "survey"] },
    policies: { own: ({ id }) => id !== doctor },
  });
  const ajv = new Ajv2020({ strict: false, logger: false });
  const operations = operationsOf(server);
  const missed = new Set<string>();
  await server.as(operator).request("/ws-ticket", { method: "POST", headers: { "idempotency-key": KEY } });

  for (const described of operations) {
    const { name, method, operation } = described;
    if (name === BY_LINK) continue;
    const met = new Set<string>();

    async function send(
      user: UserId | null,
      { params, query, body, type, headers }: Sending = {},
    ): Promise<void> {
      const address = addressOf(described, params);
      const answer = await server
        .as(user)
        .request(query === undefined ? address : `${address.split("?")[0]}?${query}`, {
          method,
          ...(body === undefined ? {} : { body }),
          headers: {
            ...(body === undefined ? {} : { "content-type": type ?? "application/json" }),
            ...headers,
          },
        });
      if (answer.status < 400) return;
      met.add(String(answer.status));
      const shape = operation.responses[answer.status]?.content?.["application/json"]?.schema;
      expect([name, answer.status, shape === undefined ? answer.body : {}]).toEqual([
        name,
        answer.status,
        {},
      ]);
      const isAsListed = ajv.validate({ ...shape, components: server.described.components }, answer.body);
      expect([name, answer.status, answer.body, isAsListed]).toEqual([
        name,
        answer.status,
        answer.body,
        true,
      ]);
    }

    for (const user of [null, patient, doctor]) await send(user);
    for (const mistake of mistakes(described)) await send(operator, mistake);
    for (const status of Object.keys(operation.responses))
      if (!/^[23]/.test(status) && !RARE.includes(status) && !met.has(status))
        missed.add(`${name} ${status}`);
  }
  expect([...missed]).toEqual([]);
});

/** They need a busy moment, or a database that is away. */
const RARE = ["409", "503", "default"];
