import { randomUUID } from "node:crypto";
import http from "node:http";
import https from "node:https";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDatabase } from "../../packages/server/src/database/database.ts";
import { type Serving, serving } from "../support/commandLine.ts";
import { freshPostgres } from "../support/database.ts";
import { freePort } from "../support/freePort.ts";
import { person } from "../support/people.ts";
import { caddy, nginx, type ProxyServer } from "../support/proxies.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type Frame, header, openSocket, type TestSocket } from "../support/socket.ts";

// The files of deploy/, as docs/deploying.md says that they are used, in front of two nodes.

const PATIENT = person(2);
const DOCTOR = person(3);
const LIMIT = 1_048_576;

/** Seconds for which nginx waits here for an answer, and for a frame: more than are between two pings. */
const PATIENCE = 33;
const WAITING = "proxy_read_timeout 75s;";

const portOf = ({ url }: { url: string }) => Number(new URL(url).port);
const isMessage = ({ message }: Frame) => message === "message_created_or_updated";
const textsOf = (frames: readonly Frame[]) => frames.filter(isMessage).map(({ data }) => data.text);

for (const { name, absence } of [nginx, caddy])
  if (absence !== null) test.skip(`behind ${name}: ${absence}`, () => {});

describe.each([nginx, caddy].filter(({ absence }) => absence === null))("behind $name", (kind) => {
  const known = getCACertificates("default");
  let one: TestServer;
  let other: TestServer;
  let proxy: ProxyServer;
  let idle: TestSocket;
  let idleSince: number;

  beforeAll(async () => {
    const url = await freshPostgres();
    const settings = { http: { trustProxy: "127.0.0.1" } };
    one = await startServer(settings, { database: await openDatabase(url) });
    other = await startServer(settings, { database: await openDatabase(url) });
    proxy = await kind.start([portOf(one), portOf(other)], (file) =>
      file.replace(WAITING, `proxy_read_timeout ${PATIENCE}s;`),
    );
    setDefaultCACertificates([...known, proxy.certificate]);
    idle = await socketAt(proxy);
    idleSince = performance.now();
  });
  afterAll(() => setDefaultCACertificates(known));

  test("sockets are on both nodes, and get what is posted on either", async () => {
    const id = await thread(one);
    const sockets = await Promise.all(Array.from({ length: 8 }, () => socketAt(proxy)));
    for (const { colloquy } of [one, other])
      expect((await colloquy.metrics()).text).toMatch(/^colloquy_sockets_open [1-9]/m);
    const texts = Array.from({ length: 10 }, (_, n) => `message ${n}`);
    for (const text of texts) expect((await post(proxy, id, { text })).status).toBe(201);
    for (const { frames } of sockets) await expect.poll(() => textsOf(frames)).toEqual(texts);
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  test("links have the scheme and host that clients use, whatever they forge", async () => {
    for (const _ of "ab") await thread(one);
    const next = async (headers: Record<string, string>) => {
      const listed = await ask(proxy, `/accounts/${PATIENT}/threads/chat?limit=1`, headers);
      return ((await listed.json()) as { next: string }).next;
    };
    const forged = {
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "http",
      "x-forwarded-for": "6.6.6.6",
      forwarded: "host=evil.example;proto=http",
    };
    for (const headers of [{}, forged])
      expect(await next(headers)).toMatch(new RegExp(`^${proxy.url}/api/accounts/`));
  });

  test("pages of the site open sockets, and those of other origins do not", async () => {
    const from = (origin: string) => socketAt(proxy, "", { origin });
    await (await from(proxy.url)).close();
    for (const origin of ["https://evil.example", proxy.url.replace("https", "http"), one.url])
      await expect(from(origin)).rejects.toThrow("not opened");
  });

  test("requests without TLS are redirected to it", async () => {
    const { status, headers } = await fetch(`${proxy.plainUrl}/api/threads?a=b`, { redirect: "manual" });
    expect([301, 308]).toContain(status);
    expect(headers.get("location")).toMatch(/^https:\/\/localhost(:\d+)?\/api\/threads\?a=b$/);
  });

  test("request bodies pass up to the limit, and larger ones are refused as Colloquy refuses them", async () => {
    const id = await thread(one);
    const bodyOf = (bytes: number) => {
      const [start, end] = ['{"text":"Hello","unknown":"', '"}'];
      return `${start}${"x".repeat(bytes - start.length - end.length)}${end}`;
    };
    expect((await postBody(proxy, id, bodyOf(LIMIT))).status).toBe(201);
    for (const bytes of [LIMIT + 1, 2 * LIMIT, 3 * LIMIT]) {
      const refused = await postBody(proxy, id, bodyOf(bytes));
      expect([refused.status, await refused.json()]).toEqual([413, { detail: "Request body is too large." }]);
    }
    const chunked = new Blob([bodyOf(3 * LIMIT)]).stream();
    expect((await postBody(proxy, id, chunked)).status).toBe(413);
  });

  test("the rate limit per address counts clients by their own, whatever they forge, also past the proxy", async () => {
    const limited = await startServer({ http: { trustProxy: "127.0.0.1" }, limits: { perMinutePerIp: 5 } });
    const port = portOf(limited);
    const front = await kind.start([port, port]);
    setDefaultCACertificates([...known, proxy.certificate, front.certificate]);
    const statuses = async (server: { url: string }, from: string) => {
      const seen: number[] = [];
      for (let n = 0; n < 7; n++) seen.push(await askFrom(server, from, `198.51.100.${n}`));
      return seen;
    };
    const once = [200, 200, 200, 200, 200, 429, 429];
    for (const address of ["127.0.0.2", "127.0.0.3"]) expect(await statuses(front, address)).toEqual(once);
    expect(await statuses(limited, "127.0.0.4")).toEqual(once);
    expect(await askFrom(front, "127.0.0.5", "127.0.0.2")).toBe(200);
  });

  test("while nodes restart one after the other no request fails, and sockets resume elsewhere", async () => {
    const ports = [await freePort(), await freePort()] as const;
    const env = {
      COLLOQUY_DATABASE: await freshPostgres(),
      COLLOQUY_AUTH_SECRET: "a secret that only this test has, long enough",
      COLLOQUY_HTTP_TRUST_PROXY: "127.0.0.1",
      // nginx does not ask who is ready.
      ...(kind === caddy ? { COLLOQUY_HTTP_DRAIN_SECONDS: "3" } : {}),
    };
    const start = (port: number) =>
      serving(["serve", "--dev"], { cwd: tmpdir(), env: { ...env, COLLOQUY_PORT: String(port) } });
    const nodes: Serving[] = [];
    for (const port of ports) nodes.push(await start(port));
    const front = await kind.start(ports);
    setDefaultCACertificates([...known, proxy.certificate, front.certificate]);
    const created = await send(front, `/accounts/${PATIENT}/threads/chat`, {});
    const { id } = (await created.json()) as { id: number };
    await send(front, `/threads/${id}/users`, { user: DOCTOR });
    const readers = await Promise.all(Array.from({ length: 6 }, () => openReader(front)));
    const posted: string[] = [];
    const failures: string[] = [];
    let isOver = false;
    const write = async () => {
      while (!isOver) {
        const text = randomUUID();
        const answer = await post(front, id, { text });
        if (answer.status === 201) posted.push(text);
        else failures.push(`${answer.status} ${await answer.text()}`);
        const listed = await ask(front, `/threads/${id}`);
        if (listed.status !== 200) failures.push(`${listed.status} ${await listed.text()}`);
      }
    };
    const writers = Array.from({ length: 6 }, write);
    for (const [index, port] of ports.entries()) {
      await sleep(500);
      expect(await nodes[index]!.stop()).toBe(0);
      await sleep(500);
      await start(port);
      // Until the proxy takes it for alive again.
      await sleep(3_000);
    }
    isOver = true;
    await Promise.all(writers);
    expect(failures).toEqual([]);
    expect(posted.length).toBeGreaterThan(50);
    for (const reader of readers)
      await expect.poll(() => [...reader.texts()].sort()).toEqual([...posted].sort());
    expect(readers.some(({ comings }) => comings() > 1)).toBe(true);
    for (const reader of readers) await reader.stop();
  });

  test("an idle socket stays open for longer than the proxy's timeout", async () => {
    await sleep(Math.max(0, idleSince + (PATIENCE + 2) * 1_000 - performance.now()));
    const id = await thread(one);
    await post(proxy, id, { text: "Still there?" });
    await idle.next(({ data }) => data.text === "Still there?");
  });
});

/** A thread of both, in which either may do all. */
async function thread(server: TestServer): Promise<number> {
  const { id } = await server.colloquy.threads.create({ creator: PATIENT, permissions: 8191 });
  await server.colloquy.members.add(id, DOCTOR);
  return id;
}

function ask({ url }: ProxyServer, path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/api${path}`, { headers: { "x-user-id": header(PATIENT), ...headers } });
}

function send({ url }: ProxyServer, path: string, body: object): Promise<Response> {
  const headers = { "x-user-id": header(PATIENT), "content-type": "application/json" };
  return fetch(`${url}/api${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}

const post = (proxy: ProxyServer, id: number, body: object) => send(proxy, `/threads/${id}/messages`, body);

function postBody({ url }: ProxyServer, id: number, body: string | ReadableStream): Promise<Response> {
  const headers = { "x-user-id": header(PATIENT), "content-type": "application/json" };
  // Without `duplex` no stream can be sent.
  const options = { method: "POST", headers, body, duplex: "half" } as RequestInit;
  return fetch(`${url}/api/threads/${id}/messages`, options);
}

const socketAt = ({ url }: ProxyServer, query = "", headers: Record<string, string> = {}) =>
  openSocket(`${url.replace("http", "ws")}/ws${query}`, DOCTOR, headers);

/** The status for a client with an address of its own: on Linux all of 127.0.0.0/8 are this machine's. */
function askFrom({ url }: { url: string }, localAddress: string, forged: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const { protocol, host, hostname, port } = new URL(url);
  const headers = { host, "x-user-id": header(PATIENT), "x-forwarded-for": forged };
  const options = { host: "127.0.0.1", port, path: "/api/accounts/me", headers, localAddress };
  const sent = protocol === "https:" ? https.get({ ...options, servername: hostname }) : http.get(options);
  sent.on("error", reject).on("response", (response) => {
    response.resume();
    resolve(response.statusCode!);
  });
  return promise;
}

/** A client that comes back whenever its socket is closed, with its last token. */
async function openReader(proxy: ProxyServer) {
  const sockets = [await socketAt(proxy)];
  let isOver = false;
  const frames = () => sockets.flatMap((socket) => socket.frames);
  const keep = async () => {
    while (!isOver) {
      await sockets.at(-1)!.closed;
      if (isOver) return;
      const { event, data } = frames().findLast((frame) => frame.event ?? frame.data.event)!;
      const since = encodeURIComponent(event ?? data.event);
      const socket = await socketAt(proxy, `?since=${since}`).catch(() => null);
      if (socket !== null) sockets.push(socket);
      else await sleep(100);
    }
  };
  const kept = keep();
  return {
    texts: () => textsOf(frames()),
    comings: () => sockets.length,
    async stop() {
      isOver = true;
      await sockets.at(-1)!.close();
      await kept;
    },
  };
}
