import { beforeAll, describe, expect, test } from "vitest";
import { startServer, type TestServer } from "../support/server.ts";
import { ME, QUESTIONS, STRANGER, THREADS, YOU } from "./facts.ts";
import { type Flow, importFlow, openThread, option, publish } from "./flows.ts";

// Spec page 7, the last column: the old answers, for clients that cannot change.

describe('compat: "chat_api"', () => {
  let old: TestServer;
  let asked: Flow;
  const as = () => old.as(ME);

  beforeAll(async () => {
    old = await startServer({ compat: "chat_api" });
    asked = await publish(old, "compat", QUESTIONS);
  });

  test("the type of a message is required, and its text comes out escaped, everywhere", async () => {
    const thread = await openThread(old, ME, { [YOU]: 19 });
    await old.as(YOU).patch(`/threads/${thread}/users/${YOU}`, { notifications: 3 });
    const socket = await old.socket(YOU);
    const at = `/threads/${thread}/messages`;
    expect(await as().post(at, { text: "x" })).toMatchObject({
      status: 400,
      body: { type: ["This field is required."] },
    });
    const raw = `<b>"Tom" & 'Jerry'</b>`;
    const escaped = "&lt;b&gt;&quot;Tom&quot; &amp; &#x27;Jerry&#x27;&lt;/b&gt;";
    const posted = await as().post(at, { text: raw, type: "message" });
    expect(posted).toMatchObject({
      status: 201,
      body: { text: escaped, thread_data: { last_message_data: { text: escaped } } },
    });
    expect((await as().get(at)).body.results[0].text).toBe(escaped);
    expect((await as().get(`${at}/${posted.body.id}`)).body.text).toBe(escaped);
    expect((await as().get(`/threads/${thread}`)).body.last_message_data.text).toBe(escaped);
    expect((await as().get(THREADS)).body.results[0].last_message_data.text).toBe(escaped);
    const { data } = await socket.next(({ message }) => message === "message_created_or_updated");
    expect([data.text, data.thread_data.last_message_data.text]).toEqual([escaped, escaped]);
    const [stored] = await old.colloquy.messages.list(thread, ME);
    expect(stored!.text).toBe(raw);
    await socket.close();
  });

  test("an added member has notifications 0, and errors of members are nested", async () => {
    const thread = await openThread(old, ME);
    await as().post(`/threads/${thread}/users`, { user: YOU });
    expect((await old.as(YOU).get(`/threads/${thread}`)).body.notifications).toBe(0);
    const twice = await as().post(`/threads/${thread}/users`, { user: YOU });
    expect(twice.body).toEqual({ user: { user: "User already exists in this thread." } });
    const more = await as().post(`/threads/${thread}/users`, { user: STRANGER, permissions: 512 });
    expect(more.body).toEqual({
      permissions: { permissions: "Cannot set higher permissions that the request user possess." },
    });
    await old.colloquy.members.edit(thread, ME, { permissions: 8191 });
    const mode = { state: "scripted", schema: asked.id };
    await as().patch(`/threads/${thread}/users/${YOU}`, mode);
    const second = await as().post(`/threads/${thread}/users`, { user: STRANGER, ...mode });
    expect(second.body).toEqual({ state: { state: "Only one scripted mode per thread is allowed." } });
  });

  test("a missing number is WRONG_VALUE, a missing text REQUIRED", async () => {
    const { body: thread } = await as().post(THREADS, { state: "scripted", schema: asked.id });
    const post = (body: object) => as().post(`/threads/${thread.id}/messages`, { type: "message", ...body });
    await post({ answers: [option(asked, 2, "Tea")] });
    expect((await post({ text: "" })).body).toEqual({ text: ["WRONG_VALUE"] });
    await post({ text: "3" });
    expect((await post({ text: "" })).body).toEqual({ text: ["REQUIRED"] });
  });

  test("rollback errors come under both keys", async () => {
    const { body: thread } = await as().post(THREADS, { state: "scripted", schema: asked.id });
    await old.colloquy.members.edit(thread.id, ME, { permissions: 8191 });
    const { status, body } = await as().post(`/threads/${thread.id}/rollback`, {});
    expect([status, body]).toEqual([
      400,
      { non_field_errors: ["AT_THE_BEGINNING"], non_fields_errors: ["AT_THE_BEGINNING"] },
    ]);
  });

  test("unpublished schemas are shown, and may be run", async () => {
    const draft = await importFlow(old, "draft", QUESTIONS);
    expect((await as().get(`/schemas/${draft.id}`)).status).toBe(200);
    const listed = (await as().get("/schemas/automated_flow")).body.map(({ id }: { id: number }) => id);
    expect(listed).toContain(draft.id);
    expect((await as().post(THREADS, { state: "scripted", schema: draft.id })).status).toBe(201);
  });
});
