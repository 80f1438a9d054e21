import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, it } from "vitest";
import { roomsApp } from "./testing/rooms.ts";

let app: FastifyInstance;
beforeAll(async () => {
  app = await roomsApp({ bodyLimit: 1000 });
});
afterAll(() => app.close());

function post(payload: string | Buffer, type = "application/json") {
  const headers = { authorization: "5", "content-type": type };
  return app.inject({ method: "POST", url: "/api/rooms/1/notes", headers, payload });
}

it("reads a JSON body by its fields and ignores the rest", async () => {
  const answer = await post('{"text": " 7 ", "text": "last", "other": 1, "__proto__": {"kind": "loud"}}');
  expect(answer.statusCode).toBe(201);
  expect(answer.headers.etag).toBe('"1"');
  expect(answer.json()).toEqual({ room: 1, body: { text: "last", kind: "plain" } });
});

it("reads a form, with repeated keys as a list", async () => {
  const answer = await post("text=a%20b&readers=1&readers=2&pinned=on", "application/x-www-form-urlencoded");
  expect(answer.json().body).toEqual({ text: "a b", kind: "plain", pinned: true, readers: [1, 2] });
});

it("tells whoever sends JSON as a form, as curl does, what is wrong with it", async () => {
  const type = "application/x-www-form-urlencoded";
  for (const body of [
    '{"text": "a"}',
    ' \n{ "text": "a=b&c", }',
    "{}",
    "[]",
    '[{"text": "a"}]',
    '["a"]',
    "[[1]]",
  ]) {
    const answer = await post(body, type);
    expect([body, answer.statusCode]).toEqual([body, 415]);
    expect(answer.json().detail).toMatch(
      /^The body is JSON, .*: send it with Content-Type: application\/json\.$/,
    );
  }
  for (const form of [
    "text=a&meta={}",
    "text=a&{}",
    "{a}=1&text=a",
    "[0]=1&text=a",
    "%7B%22a%22=1&text=a",
    "={}&text=a",
  ])
    expect((await post(form, type)).json()).toMatchObject({ room: 1, body: { text: "a" } });
});

it("reports fields and rules together, a field's own problem first", async () => {
  const answer = await post('{"text": "", "kind": "loud", "readers": ["x"]}');
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toEqual({
    text: ["This field may not be blank."],
    kind: ["WRONG_STATE"],
    readers: ["Incorrect type. Expected pk value, received str."],
  });
});

it("takes an empty body for an empty object", async () => {
  for (const request of [
    post(""),
    app.inject({ method: "POST", url: "/api/rooms/1/notes", headers: { authorization: "5" } }),
  ]) {
    const answer = await request;
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toEqual({ text: ["This field is required."] });
  }
});

it.each([
  ['["loud"]', { non_field_errors: ["Invalid data. Expected a dictionary, but got list."] }],
  ['"a"', { non_field_errors: ["Invalid data. Expected a dictionary, but got str."] }],
  ["null", { non_field_errors: ["No data provided"] }],
])("answers the body %s", async (payload, expected) => {
  const answer = await post(payload);
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toEqual(expected);
});

it("refuses what is no JSON, or no UTF-8", async () => {
  for (const payload of ["{", "{'a': 1}", Buffer.from([0x22, 0xff, 0x22])]) {
    const answer = await post(payload);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().detail).toMatch(/^JSON parse error - ./);
  }
});

it("refuses other media types and large bodies", async () => {
  const text = await post("text=a", "text/plain");
  expect(text.statusCode).toBe(415);
  expect(text.json()).toEqual({ detail: 'Unsupported media type "text/plain" in request.' });
  const large = await post(JSON.stringify({ text: "x".repeat(2000) }));
  expect(large.statusCode).toBe(413);
  expect(large.json()).toEqual({ detail: "Request body is too large." });
});

it("survives a body nested as deeply as fits", async () => {
  const deep = (key: string) => `{"text": "a", "${key}": ${"[".repeat(450)}${"]".repeat(450)}}`;
  expect((await post(deep("meta"))).json()).toEqual({
    meta: ["Ensure this value is nested no more than 32 levels deep."],
  });
  expect((await post(deep("kind"))).statusCode).toBe(400);
});

it("requires nothing of a PATCH and fills in nothing", async () => {
  const headers = { authorization: "5" };
  const answer = await app.inject({ method: "PATCH", url: "/api/notes/1", headers, payload: { pinned: 0 } });
  expect(answer.json()).toEqual({ pinned: false });
});
