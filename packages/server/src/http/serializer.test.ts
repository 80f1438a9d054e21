import { Nullable } from "@colloquy/protocol";
import type { FastifyInstance } from "fastify";
import { type TSchema, Type } from "typebox";
import { expect, it } from "vitest";
import { defineResource } from "./resource.ts";
import { forSerializer, serializerOf } from "./serializer.ts";
import { roomsApp } from "./testing/rooms.ts";

async function answerOf(
  schema: TSchema,
  value: unknown,
): Promise<Awaited<ReturnType<FastifyInstance["inject"]>>> {
  const handle = async () => value;
  const methods = { GET: { summary: "It", response: { 200: schema }, handle } };
  const app = await roomsApp({}, { resources: [defineResource({ path: "/it", policy: "public", methods })] });
  const answer = await app.inject("/api/it");
  await app.close();
  return answer;
}

const Inner = Type.Object({ id: Type.Integer(), name: Nullable(Type.String()) });
const Outer = Type.Object({
  list: Nullable(Type.Array(Inner)),
  either: Type.Union([Inner, Type.Null()]),
  number: Type.Union([Type.Null(), Type.Number()]),
  free: Type.Unknown(),
  pool: Type.Record(Type.String(), Type.Unknown()),
  maybe: Type.Optional(Nullable(Type.String())),
});

it("writes every required key, null where nothing is there", async () => {
  const answer = await answerOf(Outer, { pool: {} });
  expect(answer.json()).toEqual({ list: null, either: null, number: null, free: null, pool: {} });
});

it("writes values as they are, at any depth", async () => {
  const value = {
    list: [
      { id: 1, name: null },
      { id: 2, name: 'a"\u2028' },
    ],
    either: { id: 3, name: "b" },
    number: 0.5,
    free: { a: [1, { b: null }], "": "x" },
    pool: { score: 1, tags: ["a"] },
    maybe: null,
  };
  expect((await answerOf(Outer, value)).json()).toEqual(value);
});

it("fails where what may not be null is missing", async () => {
  expect((await answerOf(Outer, { list: null })).statusCode).toBe(500);
});

it("fails where the route describes no such answer, rather than send what nobody listed", async () => {
  const methods = { GET: { summary: "It", response: {}, handle: async () => ({ secret: 1 }) } };
  const app = await roomsApp({}, { resources: [defineResource({ path: "/it", policy: "public", methods })] });
  const answer = await app.inject("/api/it");
  expect(answer.statusCode).toBe(500);
  expect(answer.body).not.toContain("secret");
  await app.close();
});

it("leaves no alternative with null to try", () => {
  const schema = JSON.stringify(forSerializer(Outer));
  expect(schema).not.toMatch(/anyOf|"null"/);
});

it("builds one serializer for all answers of the same schema, and others for others", () => {
  const schema = forSerializer(Outer);
  const serialize = serializerOf({ schema });
  expect(serializerOf({ schema: structuredClone(schema) })).toBe(serialize);
  expect(serializerOf({ schema: forSerializer(Inner) })).not.toBe(serialize);
});
