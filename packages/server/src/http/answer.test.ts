import { Writable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, it } from "vitest";
import { roomsApp } from "./testing/rooms.ts";

let app: FastifyInstance;
const lines: string[] = [];
beforeAll(async () => {
  const log = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  app = await roomsApp({ logLevel: "info" }, { log });
});
afterAll(() => app.close());

const headers = { authorization: "5" };

it("serialises what the route lists and nothing else", async () => {
  const answer = await app.inject({ url: "/api/notes/1", headers });
  expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(answer.json()).toEqual({
    id: 1,
    text: "<1>",
    author: null,
    meta: { a: [1] },
    tags: [{ id: 1, label: "x" }],
  });
});

it("trims any answer by ?fields, each result of a page too", async () => {
  const one = await app.inject({ url: "/api/notes/1?fields=id,tags__label,secret,nothing", headers });
  expect(one.json()).toEqual({ id: 1, tags: [{ label: "x" }] });
  const page = await app.inject({ url: "/api/rooms/1/notes?limit=1&fields=text", headers });
  expect(page.json()).toMatchObject({ previous: null, results: [{ text: "<1>" }] });
  const payload = { text: "hi" };
  const written = await app.inject({
    method: "POST",
    url: "/api/rooms/1/notes?fields=room",
    headers,
    payload,
  });
  expect(written.json()).toEqual({ room: 1 });
});

it("does not trim errors", async () => {
  const answer = await app.inject({ url: "/api/notes/2?fields=id", headers });
  expect(answer.json()).toEqual({ detail: "Not found." });
});

it("links to the address that the client used", async () => {
  const url = "/api/rooms/1/notes?limit=2&q=a%26b";
  const answer = await app.inject({ url, headers: { ...headers, host: "chat.example:8080" } });
  expect(answer.json().next).toBe("http://chat.example:8080/api/rooms/1/notes?limit=2&q=a%26b&offset=2");
  const odd = await app.inject({ url, headers: { ...headers, host: "a b/@c" } });
  expect(odd.json().next).toBe("http://localhost/api/rooms/1/notes?limit=2&q=a%26b&offset=2");
});

it("answers nothing with 204", async () => {
  const answer = await app.inject({ method: "DELETE", url: "/api/notes/1", headers });
  expect([answer.statusCode, answer.body]).toEqual([204, ""]);
});

it("tells nobody what went wrong inside, but the log", async () => {
  const answer = await app.inject({ url: "/api/broken/a" });
  expect(answer.statusCode).toBe(500);
  expect(answer.json()).toEqual({ detail: "Internal server error.", request_id: expect.any(String) });
  const logged = lines.find((line) => line.includes(answer.json().request_id) && line.includes("swordfish"));
  expect(logged).toBeDefined();
});

it("keeps secrets out of the log", async () => {
  const secrets = { ...headers, authorization: "5", cookie: "session=c00kie" };
  await app.inject({ url: "/api/notes/1?a=1&token=t0ken&access_token=t0ken", headers: secrets });
  app.log.info({ headers: { authorization: "Bearer t0ken", cookie: "c00kie" } }, "a careless line");
  const log = lines.join("");
  expect(log).toContain("token=[redacted]&access_token=[redacted]");
  expect(log).not.toMatch(/t0ken|c00kie/);
});

it("sets the headers that browsers should see", async () => {
  const answer = await app.inject({ url: "/api/nothing" });
  expect(answer.headers).toMatchObject({
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "private, no-cache",
  });
});

it("says of its health, outside the prefix and to anybody", async () => {
  expect((await app.inject("/healthz")).json()).toEqual({ status: "ok" });
  expect((await app.inject("/readyz")).statusCode).toBe(200);
  const ailing = await roomsApp({}, { isReady: async () => ({ database: false, jobs: true }) });
  const answer = await ailing.inject("/readyz");
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toEqual({ status: "unavailable", parts: { database: false, jobs: true } });
  await ailing.close();
});
