import { Nullable } from "@colloquy/protocol";
import { Validator } from "@seriousme/openapi-schema-validator";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { afterAll, beforeAll, expect, it } from "vitest";
import { defineResource, type Resource } from "../resource.ts";
import { roomsApp } from "../testing/rooms.ts";
import { UNDESCRIBED } from "./description.ts";
import { openApiDocument } from "./document.ts";

let app: FastifyInstance;
beforeAll(async () => {
  app = await roomsApp();
});
afterAll(() => app.close());

it("describes itself as valid OpenAPI 3.1", async () => {
  const document = (await app.inject("/api/openapi.json")).json();
  const result = await new Validator().validate(document);
  expect(result.errors).toBeUndefined();
  expect(result.valid).toBe(true);
  expect(document.openapi).toBe("3.1.0");
});

it("lists the routes as they are defined, and no others", async () => {
  const { paths } = (await app.inject("/api/openapi.json")).json();
  expect(Object.keys(paths).sort()).toEqual([
    "/api/broken/{name}",
    "/api/notes/{id}",
    "/api/rooms/{room_id}/notes",
  ]);
  const { get, post, ...others } = paths["/api/rooms/{room_id}/notes"];
  expect(others).toEqual({});
  expect(get).toMatchObject({
    operationId: "get_rooms_room_id_notes",
    tags: ["rooms"],
    summary: "The notes of a room",
  });
  const author =
    get.responses["200"].content["application/json"].schema.properties.results.items.properties.author;
  expect(author.type).toEqual(["object", "null"]);
  const body = post.requestBody.content["application/json"].schema;
  expect(body.required).toEqual(["text"]);
  // Generators of clients would ask for a field with a default.
  expect(body.properties.kind).toEqual({
    type: "string",
    enum: ["plain", "loud"],
    description: "by default `plain`",
  });
});

/** The document of these shapes, each the answer of an address of its own. */
function documentOf(...shapes: object[]) {
  const resources: Resource[] = shapes.map((shape, index) =>
    defineResource({
      path: `/${index}`,
      policy: "public",
      methods: { GET: { summary: "It", response: { 200: shape }, handle: () => null } },
    }),
  );
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into it without describing it first
  const document: any = openApiDocument(resources, UNDESCRIBED, { prefix: "", ids: "integer" });
  const answers = shapes.map(
    (_, index) => document.paths[`/${index}`].get.responses["200"].content["application/json"].schema,
  );
  return { schemas: document.components.schemas, answers };
}

it("tells a shape that has a name once, and what it is where it stands there", () => {
  const Person = Type.Object({ name: Type.String() }, { title: "Person", description: "Somebody" });
  const { schemas, answers } = documentOf(
    Type.Object({ author: Nullable(Person, "Who wrote it"), readers: Type.Array(Person) }),
  );
  expect(schemas.Person).toMatchObject({ type: "object", description: "Somebody", required: ["name"] });
  const reference = { $ref: "#/components/schemas/Person" };
  expect(answers[0].properties).toEqual({
    author: { description: "Who wrote it", anyOf: [reference, { type: "null" }] },
    readers: { type: "array", items: reference },
  });
});

it("leaves a shape where it stands whose title is another's name, or no name at all", () => {
  const own = Type.Object({ a: Type.String() }, { title: "Own" });
  const other = Type.Object({ b: Type.String() }, { title: "Own" });
  const label = Type.String({ title: "A label" });
  const { schemas, answers } = documentOf(own, other, label);
  expect(schemas.Own.properties).toHaveProperty("a");
  expect(answers.map(({ $ref, title }) => $ref ?? title)).toEqual([
    "#/components/schemas/Own",
    "Own",
    "A label",
  ]);
});

it("says tuples as JSON Schema does since 2020-12", () => {
  const { answers } = documentOf(Type.Tuple([Type.String(), Type.Integer()]));
  expect(answers[0]).toMatchObject({ prefixItems: [{ type: "string" }, { type: "integer" }], items: false });
  expect(answers[0]).not.toHaveProperty("additionalItems");
});

const PAGE = ["", "/", "/page.js", "/style.css", "/scalar.js"];

it.each(["/api", "/chat/api"])("serves the page below %s, and all that it needs", async (prefix) => {
  const moved = await roomsApp({ prefix });
  for (const path of PAGE) {
    const { statusCode, headers } = await moved.inject(`${prefix}/docs${path}`);
    expect([path, statusCode]).toEqual([path, 200]);
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(headers["content-security-policy"]).not.toMatch(/unsafe-eval|upgrade-insecure-requests/);
  }
  for (const path of ["/docs", "/docs/"]) {
    const { body } = await moved.inject(prefix + path);
    expect(body).toContain(`data-prefix="${prefix}"`);
    const addresses = [...body.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, address]) => address!);
    const own = addresses.filter((address) => !address.startsWith("data:"));
    const found = own.map((address) => new URL(address, `http://host${prefix}${path}`).href);
    expect(found.sort()).toEqual([
      `http://host${prefix}/docs/page.js`,
      `http://host${prefix}/docs/scalar.js`,
      `http://host${prefix}/docs/style.css`,
      `http://host${prefix}/openapi.json`,
    ]);
  }
  await moved.close();
});

it("serves a page that asks nobody else for anything", async () => {
  for (const path of ["/", "/page.js", "/style.css"]) {
    const { body } = await app.inject(`/api/docs${path}`);
    expect(
      body.replaceAll("http://www.w3.org/2000/svg", "").replace('a[href^="https://scalar.com"]', ""),
    ).not.toMatch(/(?:https?:)?\/\/\w/);
  }
  const page = (await app.inject("/api/docs/page.js")).body;
  for (const off of [
    "telemetry: false",
    "agent: { disabled: true }",
    "mcp: { disabled: true }",
    "withDefaultFonts: false",
  ])
    expect(page).toContain(off);
});

it("sends the page's large script compressed to whom takes it so", async () => {
  const ask = (headers: Record<string, string>) => app.inject({ url: "/api/docs/scalar.js", headers });
  const [compressed, plain] = [await ask({ "accept-encoding": "gzip, br" }), await ask({})];
  expect(compressed.headers["content-encoding"]).toBe("gzip");
  expect(plain.headers["content-encoding"]).toBeUndefined();
  expect(compressed.rawPayload.length).toBeLessThan(plain.rawPayload.length / 2);
});

it("is silent about itself where docs are off, and moves with the prefix", async () => {
  const hidden = await roomsApp({ docs: false });
  for (const path of ["openapi.json", "docs", "docs/page.js"])
    expect((await hidden.inject(`/api/${path}`)).statusCode).toBe(404);
  await hidden.close();
  const moved = await roomsApp({ prefix: "/chat" });
  expect((await moved.inject("/chat/openapi.json")).statusCode).toBe(200);
  await moved.close();
});
