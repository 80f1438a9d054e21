// Starts each of the hosts here, and does with it what a client would; says nothing but what is wrong.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { on, once } from "node:events";
import { fileURLToPath } from "node:url";

const HOSTS = ["express", "fastify", "http", "fetch"];
const ADA = { cookie: "person=7" };
/** Milliseconds for each wait. */
const PATIENCE = 30_000;

for (const host of HOSTS) await check(host);

async function check(host: string): Promise<void> {
  const file = fileURLToPath(new URL(`./${host}.${import.meta.filename.split(".").at(-1)}`, import.meta.url));
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = await once(child.stdout, "data");
    const port = /port (\d+)/.exec(String(line))?.[1];
    assert.ok(port, `${host} serves`);
    await use(`127.0.0.1:${port}`);
  } catch (error) {
    throw new Error(`The host ${host} fails`, { cause: error });
  } finally {
    child.kill();
  }
}

async function use(host: string): Promise<void> {
  const origin = `http://${host}`;
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${origin}/chat${path}`, {
      signal: AbortSignal.timeout(PATIENCE),
      ...init,
      headers: { ...ADA, "content-type": "application/json", ...init.headers },
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === "" ? null : JSON.parse(text),
    };
  };
  assert.equal(await (await fetch(origin)).text(), "the host's own page");
  assert.equal((await fetch(`${origin}/elsewhere`)).status, 404);
  assert.equal((await fetch(`${origin}/chat/accounts/me`)).status, 401);
  assert.equal((await ask("/accounts/me")).body.first_name, "Ada");

  const body = JSON.stringify({ title: "Zażółć" });
  const thread = await ask("/accounts/7/threads/chat", { method: "POST", body });
  assert.deepEqual([thread.status, thread.body.title], [201, "Zażółć"]);
  const path = `/threads/${thread.body.id}/messages`;
  const socket = new WebSocket(`ws://${host}/ws`, { headers: ADA } as never);
  const frames = on(socket, "message", { signal: AbortSignal.timeout(PATIENCE) });
  await frameOf(frames, "hello");
  assert.equal((await ask(path, { method: "POST", body: '{"text": "Hello"}' })).status, 201);
  assert.equal((await frameOf(frames, "message_created_or_updated")).text, "Hello");
  socket.close();

  const form = new URLSearchParams({ text: "by a form" });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  assert.equal((await ask(path, { method: "POST", body: form, headers })).status, 201);
  const list = await ask(`${path}?limit=1`);
  assert.equal(new URL(list.body.next).pathname, `/chat${path}`);
  assert.deepEqual((await ask(path, { method: "POST", body: "{}" })).status, 400);
  assert.equal((await ask(path, { method: "TRACE" }).catch(() => ({ status: 405 }))).status, 405);
  assert.equal((await ask(`/threads/${thread.body.id}`, { method: "DELETE" })).status, 204);
  const head = await fetch(`${origin}/chat/accounts/me`, { method: "HEAD", headers: ADA });
  assert.deepEqual([head.status, await head.text()], [200, ""]);
}

/** The data of the next frame of a kind. */
async function frameOf(frames: AsyncIterator<MessageEvent[]>, message: string): Promise<{ text?: string }> {
  for (;;) {
    const { value } = await frames.next();
    const frame = JSON.parse(String(value[0].data));
    if (frame.message === message) return frame.data;
  }
}
