import { type ApiError, fields, invalid, Page, Pk, texts } from "@colloquy/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { escapeMessage } from "./compat.ts";
import { defineResource } from "./resource.ts";
import { roomsApp } from "./testing/rooms.ts";

const Message = Type.Object({ id: Type.Integer(), text: Type.String() });

function failing(path: string, error: ApiError) {
  const handle = () => {
    throw error;
  };
  return defineResource({
    path,
    policy: "public",
    methods: { POST: { summary: "Fails", response: {}, handle } },
  });
}

const resources = [
  failing("/threads/:thread_id/users", invalid({ user: [texts.userExists], state: [texts.REQUIRED] })),
  failing("/threads/:thread_id/rollback", invalid({ non_field_errors: [texts.WRONG_STATE] })),
  defineResource({
    path: "/threads/:thread_id/messages",
    policy: "public",
    methods: {
      GET: {
        summary: "Messages",
        response: { 200: Page(Message) },
        handle: async () => ({ next: null, previous: null, results: [{ id: 1, text: `<b>"it's" & so` }] }),
      },
    },
  }),
  defineResource({
    path: "/surveys/:survey_id/items",
    policy: "public",
    methods: {
      POST: {
        summary: "Answer",
        body: fields({ question: Pk() }),
        response: { 200: Type.Object({ survey: Type.Integer() }) },
        handle: async () => ({ survey: 7 }),
      },
    },
  }),
];

describe.each([null, "chat_api"] as const)("with compat %s", (compat) => {
  const old = compat === "chat_api";
  let app: FastifyInstance;
  beforeAll(async () => {
    app = await roomsApp({ compat }, { resources });
  });
  afterAll(() => app.close());
  const post = async (url: string, payload = {}) =>
    (await app.inject({ method: "POST", url, payload })).json();

  it("answers single errors of members", async () => {
    const user = old ? { user: texts.userExists } : [texts.userExists];
    expect(await post("/api/threads/1/users")).toEqual({ user, state: ["REQUIRED"] });
  });

  it("names the errors of a rollback", async () => {
    const both = { non_field_errors: ["WRONG_STATE"], non_fields_errors: ["WRONG_STATE"] };
    expect(await post("/api/threads/1/rollback")).toEqual(old ? both : { non_field_errors: ["WRONG_STATE"] });
  });

  it("gives texts of messages", async () => {
    const text = old ? "&lt;b&gt;&quot;it&#x27;s&quot; &amp; so" : `<b>"it's" & so`;
    const answer = await app.inject("/api/threads/1/messages");
    expect(answer.json().results).toEqual([{ id: 1, text }]);
  });

  it("gives the survey of a new answer", async () => {
    expect(await post("/api/surveys/7/items", { question: 1 })).toEqual({ survey: old ? "7" : 7 });
  });
});

it("escapes what a push carries, and no question", () => {
  const pushed = {
    id: 1,
    text: "a<b",
    thread_data: { last_message_data: { text: "a<b" }, question_data: { text: "1 < 2?" } },
  };
  expect(escapeMessage(pushed)).toEqual({
    id: 1,
    text: "a&lt;b",
    thread_data: { last_message_data: { text: "a&lt;b" }, question_data: { text: "1 < 2?" } },
  });
  expect(pushed.text).toBe("a<b");
  expect(escapeMessage({ last_message_data: null })).toEqual({ last_message_data: null });
});
