import { METHODS } from "node:http";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { roomsApp } from "./testing/rooms.ts";

let app: FastifyInstance;
beforeAll(async () => {
  app = await roomsApp();
});
afterAll(() => app.close());

const user = { authorization: "5" };
const broken = { "content-type": "application/json" };

describe("an address is asked in this order", () => {
  it("first who it is, whatever else is wrong", async () => {
    const answer = await app.inject({
      method: "PUT",
      url: "/api/rooms/7/notes",
      headers: broken,
      payload: "{",
    });
    expect(answer.statusCode).toBe(401);
    expect(answer.json()).toEqual({ detail: "Authentication credentials were not provided." });
    expect(answer.headers["www-authenticate"]).toBe('Bearer realm="api"');
    const wrong = await app.inject({ url: "/api/rooms/7/notes", headers: { authorization: "wrong" } });
    expect(wrong.statusCode).toBe(401);
    expect(wrong.json()).toEqual({ detail: "Incorrect authentication credentials." });
  });

  it.each([
    "/api/rooms/7/notes",
    "/api/rooms/x/notes",
    "/api/rooms/99999999999999999999/notes",
    "/api/rooms/2/notes",
  ])("then whether they may: %s is denied before method and body", async (url) => {
    for (const method of ["GET", "POST", "PUT", "DELETE"] as const) {
      const answer = await app.inject({ method, url, headers: { ...user, ...broken }, payload: "{" });
      expect(answer.statusCode).toBe(403);
      expect(answer.json()).toEqual({ detail: "You do not have permission to perform this action." });
    }
  });

  it("then the method, before the body", async () => {
    const answer = await app.inject({
      method: "PUT",
      url: "/api/rooms/1/notes",
      headers: { ...user, ...broken },
      payload: "{",
    });
    expect(answer.statusCode).toBe(405);
    expect(answer.json()).toEqual({ detail: 'Method "PUT" not allowed.' });
    expect(answer.headers.allow).toBe("GET, HEAD, POST");
  });

  it("then the body, before the object", async () => {
    const patch = { method: "PATCH", url: "/api/notes/5" } as const;
    const answer = await app.inject({ ...patch, headers: { ...user, ...broken }, payload: "{" });
    expect(answer.statusCode).toBe(400);
    const missing = await app.inject({ url: "/api/notes/5", headers: user });
    expect(missing.statusCode).toBe(404);
    expect(missing.json()).toEqual({ detail: "Not found." });
  });

  it("every method that Node parses and the address does not take is 405", async () => {
    const others = METHODS.filter((method) => !["CONNECT", "GET", "HEAD", "POST"].includes(method));
    for (const method of others) {
      const answer = await app.inject({ method: method as "PUT", url: "/api/rooms/1/notes", headers: user });
      expect([method, answer.statusCode]).toEqual([method, 405]);
    }
  });
});

it("answers HEAD as GET without its body", async () => {
  const answer = await app.inject({ method: "HEAD", url: "/api/notes/1", headers: user });
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toBe("");
});

it("takes a trailing slash", async () => {
  expect((await app.inject({ url: "/api/notes/1/", headers: user })).statusCode).toBe(200);
});

it.each(["/", "/api", "/api/nothing", "/api/notes/1/nothing"])("answers 404 in JSON at %s", async (url) => {
  const answer = await app.inject({ method: "POST", url, payload: {} });
  expect(answer.statusCode).toBe(404);
  expect(answer.json()).toEqual({ detail: "Not found." });
});

it("takes an id that is none, or too great, for one that is not there", async () => {
  for (const id of ["x", "1.5", "-1", "0x1", "1e0", "9007199254740993"]) {
    expect((await app.inject({ url: `/api/notes/${id}`, headers: user })).statusCode).toBe(404);
  }
});

it("answers addresses that cannot be read", async () => {
  for (const [url, status] of [
    ["/api/broken/%zz", 400],
    [`/api/broken/${"x".repeat(300)}`, 414],
    ["/api/broken/%00", 404],
  ] as const) {
    const answer = await app.inject({ url, headers: user });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toHaveProperty("detail");
  }
});

it("refuses null characters in the query by name", async () => {
  const answer = await app.inject({ url: "/api/rooms/1/notes?q=a%00b", headers: user });
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toEqual({ q: ["Null characters are not allowed."] });
});
