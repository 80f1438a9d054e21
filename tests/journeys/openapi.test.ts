import { readFile } from "node:fs/promises";
import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, it } from "vitest";
import { promised } from "../support/conformance.ts";
import { DOT } from "../support/dot.ts";
import { type Answer, startServer, type TestServer } from "../support/server.ts";

const [SUPERUSER, OTHER] = [1, 2];
const ALL = 8191;

const example = async (name: string) =>
  JSON.parse(await readFile(new URL(`../../examples/schemas/${name}.json`, import.meta.url), "utf8"));

it("describes itself as valid OpenAPI 3.1", async () => {
  const { described: document } = await startServer();
  const result = await new Validator().validate(structuredClone(document) as never);
  expect(result.errors).toBeUndefined();
  expect(result.valid).toBe(true);
  expect(document.openapi).toMatch(/^3\.1\./);
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  const ids = operations.map((operation) => (operation as { operationId?: string }).operationId);
  expect(new Set(ids).size).toBe(operations.length);
});

it("says of every list what may be asked of it", async () => {
  const { document } = await startServer();
  const lists = Object.entries(document.paths).filter(([, { get }]) =>
    JSON.stringify(get?.responses["200"] ?? null).includes('"results"'),
  );
  expect(lists.length).toBeGreaterThan(4);
  for (const [path, { get }] of lists) {
    const asked = get!.parameters!.filter((parameter) => parameter.in === "query").map(({ name }) => name);
    expect([path, asked]).toEqual([path, expect.arrayContaining(["limit", "offset", "fields"])]);
  }
});

it("keeps every promise of its document: each success is met at least once, in the shape described", async () => {
  const server = await startServer();
  const su = server.as(SUPERUSER);
  const other = server.as(OTHER);
  const ok = async (answer: ReturnType<typeof su.get>) => {
    const { status, body } = await answer;
    expect([status, status < 400 ? null : body]).toEqual([expect.any(Number), null]);
    return body;
  };
  const { colloquy, conformance, document } = server;

  const telehealth = await example("telehealth-onboarding");
  const draft = await ok(su.post("/admin/schemas", { ...telehealth, name: "draft" }));
  await ok(su.post("/admin/schemas/import", { ...telehealth, name: "draft" }));
  const schema = await ok(su.post("/admin/schemas/import?publish=true", telehealth));
  await ok(su.get("/admin/schemas"));
  await ok(su.get(`/admin/schemas/${draft.id}`));
  await ok(su.put(`/admin/schemas/${draft.id}`, { ...telehealth, name: "draft", version: 7 }));
  await ok(su.patch(`/admin/schemas/${draft.id}`, { name: "renamed" }));
  await ok(su.get(`/admin/schemas/${draft.id}/check`));
  await ok(su.get(`/admin/schemas/${draft.id}/document`));
  await ok(su.post(`/admin/schemas/${draft.id}/simulate`, { answers: [] }));
  const copy = await ok(su.post(`/admin/schemas/${draft.id}/copy`));
  await ok(su.post(`/admin/schemas/${draft.id}/publish`, { force: true }));
  await ok(su.delete(`/admin/schemas/${copy.id}`));
  await ok(other.get("/schemas/automated_flow"));
  await ok(other.get(`/schemas/${schema.id}`));

  await ok(su.get("/accounts/me"));
  await ok(su.post("/ws-ticket"));
  await ok(su.get("/sync?since=x"));
  await ok(su.post("/admin/accounts", { first_name: "New" }));
  const forOther = await ok(su.post("/admin/threads", { creator: OTHER, members: [{ user: 3 }] }));
  await ok(su.get("/admin/threads"));
  await ok(su.get(`/admin/threads/${forOther.id}`));
  await ok(su.get("/admin/accounts"));

  const made = await ok(other.post(`/accounts/${OTHER}/threads/chat`, { title: "Together" }));
  await ok(other.get(`/accounts/${OTHER}/threads/chat`));
  const { id: thread } = await colloquy.threads.create({ creator: OTHER, permissions: ALL });
  const at = `/threads/${thread}`;
  await ok(other.get(at));
  await ok(other.put(at, { title: "Put" }));
  await ok(other.patch(at, { title: "Patched" }));
  for (const user of [3, 4]) await ok(other.post(`${at}/users`, { user }));
  await ok(other.get(`${at}/users`));
  await ok(server.as(3).get(`${at}/users`));
  await ok(other.get(`${at}/users/3`));
  await ok(other.put(`${at}/users/3`, { permissions: 3 }));
  await ok(other.patch(`${at}/users/3`, { notifications: 1 }));
  await ok(other.delete(`${at}/users/3`));

  const client_id = "7f8b1c9e-0f5d-4f33-9a53-2f1f0cf1b8a1";
  const message = await ok(other.post(`${at}/messages`, { text: "Hi", client_id, meta: { a: [1, null] } }));
  await ok(other.post(`${at}/messages`, { text: "Hi", client_id }));
  await ok(server.as(4).get(`${at}/messages`));
  await ok(other.get(`${at}/messages/${message.id}`));
  await ok(other.get("/search?q=hi"));
  await ok(other.get(`${at}/search?q=hi`));
  await ok(other.put(`${at}/messages/${message.id}`, { text: "Hello" }));
  await ok(other.patch(`${at}/messages/${message.id}`, { meta: null }));
  await ok(su.get(`/messages/${message.id}/history`));
  const attachments = `${at}/messages/${message.id}/attachments`;
  const image = { type: "image", file_content: DOT };
  const { id: attached, src } = await ok(other.post(attachments, image));
  await ok(other.get(attachments));
  await ok(other.get(`${attachments}/${attached}`));
  await ok(other.get(src.replace("/api", "")));
  await ok(other.request(src.replace("/api", ""), { headers: { range: "bytes=0-9" } }));
  await ok(other.put(`${attachments}/${attached}`, { title: "Put" }));
  await ok(other.patch(`${attachments}/${attached}`, { title: "Patched" }));
  await ok(other.delete(`${attachments}/${attached}`));
  await ok(other.post(`${at}/read`, { message: message.id }));
  await ok(su.post(`${at}/ws-subscribe`));

  // A script: its start, an answer, the way back; and a confirmation, which says nothing.
  const script = await ok(su.post("/admin/schemas/import?publish=true", SCRIPT));
  await colloquy.members.edit(thread, OTHER, { state: "scripted", schema: script.id });
  await ok(other.get(at));
  await ok(other.get(`/accounts/${OTHER}/threads/chat?limit=1`));
  await ok(other.post(`${at}/messages`, { text: "Ann" }));
  await ok(other.post(`${at}/rollback`, {}));
  await ok(other.post(`${at}/messages`, { text: "Bob" }));
  await ok(other.post(`${at}/messages`, {}));
  const { questions } = script;
  await colloquy.members.edit(thread, OTHER, { state: "open" });
  await colloquy.members.edit(thread, OTHER, { state: "scripted_fe_controlled", schema: script.id });
  await ok(other.post(`${at}/rollback`, { question: questions[1].id }));
  await colloquy.members.edit(thread, OTHER, { state: "open" });

  await ok(other.delete(`${at}/messages/${message.id}`));
  await ok(other.delete(`/threads/${made.id}`));

  await fillSurvey(server, questions, script.id, ok);

  expect([...conformance.met].sort()).toEqual(promised(document).sort());
});

/** A survey of OTHER: begun, answered in every way, exported, and gone. */
async function fillSurvey(
  server: TestServer,
  questions: { id: number }[],
  schema: number,
  ok: (answer: Promise<Answer>) => Promise<Answer["body"]>,
): Promise<void> {
  const [su, other] = [server.as(SUPERUSER), server.as(OTHER)];
  const [first, , last] = questions.map(({ id }) => id);
  await ok(su.post("/admin/surveys", { user: OTHER, schema }));
  await ok(su.get("/admin/surveys"));
  const survey = await ok(other.post(`/accounts/${OTHER}/surveys`, { schema }));
  await ok(su.get(`/admin/surveys/${survey.id}`));
  await ok(su.get(`/admin/surveys/${survey.id}/items`));
  const items = `/surveys/${survey.id}/items`;
  await ok(other.get(`/accounts/${OTHER}/surveys`));
  await ok(su.get("/surveys"));
  await ok(other.get(`/surveys/${survey.id}`));
  await ok(other.put(`/surveys/${survey.id}`, {}));
  await ok(other.patch(`/surveys/${survey.id}`, {}));
  await ok(other.post(items, { related_question: first, text: "Ann", verify: true }));
  const item = await ok(other.post(items, { related_question: first, text: "Ann" }));
  await ok(other.get(items));
  await ok(other.get(`${items}?limit=1`));
  await ok(other.put(items, [{ related_question: last, text: "Well" }]));
  await ok(other.get(`${items}/${item.id}`));
  await ok(other.put(`${items}/${item.id}`, { text: "Bob" }));
  await ok(other.patch(`${items}/${item.id}`, { meta: { a: 1 } }));
  await ok(su.get("/admin/surveys/aggregate?name=script"));
  const whole = await su.get("/admin/surveys/export?name=script&format=csv");
  await ok(su.request("/admin/surveys/export?name=script&format=csv", { headers: { range: "bytes=3-" } }));
  expect(whole.status).toBe(200);
  await ok(other.delete(`${items}/${item.id}`));
  await ok(other.delete(`/surveys/${survey.id}`));
}

const SCRIPT = {
  format: "colloquy.schema/1",
  name: "script",
  type: "automated_flow",
  questions: [
    { qid: 1, type: "text", text: "Who are you?", required: true, next_qid: 2 },
    { qid: 2, type: "control", text: "Ready?", required: true, next_qid: 3 },
    { qid: 3, type: "text", text: "How are you?", required: true, next_qid: -1 },
  ],
};
