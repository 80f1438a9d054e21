import { Validator } from "@seriousme/openapi-schema-validator";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, it } from "vitest";
import { roomsApp } from "./testing/rooms.ts";

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
  expect(body.properties.kind).toMatchObject({ enum: ["plain", "loud"], default: "plain" });
});

it("serves the page to try it, with a policy under which it works", async () => {
  const answer = await app.inject("/api/docs/");
  expect(answer.statusCode).toBe(200);
  expect(answer.headers["content-type"]).toMatch("text/html");
  expect(answer.headers["content-security-policy"]).toMatch("default-src 'self';");
  expect(answer.headers["content-security-policy"]).not.toMatch("upgrade-insecure-requests");
});

it("is silent about itself where docs are off, and moves with the prefix", async () => {
  const hidden = await roomsApp({ docs: false });
  expect((await hidden.inject("/api/openapi.json")).statusCode).toBe(404);
  await hidden.close();
  const moved = await roomsApp({ prefix: "/chat" });
  expect((await moved.inject("/chat/openapi.json")).statusCode).toBe(200);
  await moved.close();
});
