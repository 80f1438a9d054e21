import assert from "node:assert/strict";
import { on } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket } from "ws";
import type { Clinic } from "./clinic.ts";

/** Two people log in over HTTP and chat while a nurse looks on; fails where anything is not as promised. */
export async function checkClinic({ app, people, colloquy }: Clinic): Promise<void> {
  const ann = await people.add({
    name: "Ann",
    role: "patient",
    email: "ann@example.org",
    password: "a-secret",
  });
  const bob = await people.add({
    name: "Bob",
    role: "patient",
    email: "bob@example.org",
    password: "b-secret",
  });
  await people.add({ name: "Nia", role: "staff", email: "nia@example.org", password: "n-secret" });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;

  async function send(cookie: string | null, method: string, path: string, body?: object, headers = {}) {
    const answer = await fetch(origin + path, {
      method,
      headers: { ...(cookie && { cookie }), ...(body && { "content-type": "application/json" }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === "" ? null : JSON.parse(text) };
  }
  async function logIn(email: string, password: string): Promise<string> {
    const { status, headers } = await send(null, "POST", "/login", { email, password });
    assert.equal(status, 204);
    return headers.get("set-cookie")!.split(";")[0]!;
  }

  // The host's own routes are untouched, and a wrong password opens nothing.
  assert.equal((await send(null, "POST", "/login", { email: "ann@example.org", password: "x" })).status, 401);
  const asAnn = await logIn("ann@example.org", "a-secret");
  const asBob = await logIn("bob@example.org", "b-secret");
  const asNia = await logIn("nia@example.org", "n-secret");
  assert.deepEqual((await send(asAnn, "GET", "/me")).body, { id: ann, name: "Ann", role: "patient" });
  assert.equal((await send(null, "GET", "/chat/api/accounts/me")).status, 401);
  const forged = { "sec-fetch-site": "cross-site" };
  assert.equal((await send(asAnn, "GET", "/chat/api/accounts/me", undefined, forged)).status, 401);

  const thread = (await send(asAnn, "POST", `/chat/api/accounts/${ann}/threads/chat`, { title: "Knees" }))
    .body;
  assert.deepEqual(thread.users_data, [{ id: ann, name: "Ann", role: "patient" }]);
  const messages = `/chat/api/threads/${thread.id}/messages`;
  assert.equal((await send(asBob, "GET", messages)).status, 403, "a stranger reads nothing");
  const added = await send(asAnn, "POST", `/chat/api/threads/${thread.id}/users`, { user: bob });
  assert.deepEqual(added.body.users_data, { id: bob, name: "Bob", role: "patient" });

  // Bob's socket opens with his cookie, and Nia's with hers: she follows a thread that she is no member of.
  assert.equal((await send(asBob, "POST", `/chat/api/threads/${thread.id}/ws-subscribe`)).status, 403);
  assert.equal((await send(asNia, "POST", `/chat/api/threads/${thread.id}/ws-subscribe`)).status, 204);
  const sockets = await Promise.all([asBob, asNia].map((cookie) => openSocket(origin, cookie)));
  const pushed = sockets.map(({ next }) => next("message_created_or_updated"));
  const posted = await send(asAnn, "POST", messages, { text: "Do yours hurt too?" });
  assert.equal(posted.status, 201);
  for (const push of await Promise.all(pushed)) {
    assert.equal(push.text, "Do yours hurt too?");
    assert.deepEqual(push.sender_data, { id: ann, name: "Ann", role: "patient" });
  }
  for (const { socket } of sockets) socket.close();

  const reply = await send(asBob, "POST", messages, { text: "Only on stairs." });
  assert.equal(reply.body.thread_data.unread, 1);
  assert.equal((await send(asNia, "POST", messages, { text: "Hello" })).status, 403, "staff only read");
  const read = await send(asNia, "GET", messages);
  assert.deepEqual(
    read.body.results.map((message: { text: string }) => message.text),
    ["Do yours hurt too?", "Only on stairs."],
  );

  // The document says what the answers hold.
  const { components } = (await send(null, "GET", "/chat/api/openapi.json")).body;
  assert.deepEqual(Object.keys(components.schemas.Account.properties), ["id", "name", "role"]);
  assert.equal(colloquy.settings.http.prefix, "/chat/api");
}

/** A socket that has said hello; `next` waits for the next push of a name, up to ten seconds in all. */
async function openSocket(origin: string, cookie: string) {
  const socket = new WebSocket(`${origin.replace("http", "ws")}/ws`, { headers: { cookie, origin } });
  const frames = on(socket, "message", { signal: AbortSignal.timeout(10_000) });
  const next = async (name: string) => {
    for (;;) {
      const [raw] = (await frames.next()).value as [unknown];
      const frame = JSON.parse(String(raw));
      if (frame.message === name) return frame.data;
    }
  };
  await next("hello");
  return { socket, next };
}
