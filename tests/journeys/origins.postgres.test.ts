import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { createColloquy, type SettingsInput } from "../../packages/server/src/index.ts";
import { startServer, type TestServer } from "../support/server.ts";

const USER = 2;
const LISTED = "https://app.example";
const FOREIGN = "https://evil.example";
const SECRET = "a secret that only this test has, long enough";

interface Heard {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** As sent: nothing is added but who asks. */
function send(
  server: TestServer,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Heard> {
  const { promise, resolve, reject } = Promise.withResolvers<Heard>();
  const request = httpRequest(`${server.url}${path}`, {
    method,
    headers: { "x-user-id": String(USER), ...headers },
  });
  request.on("error", reject);
  request.on("response", async (response) => {
    let body = "";
    for await (const chunk of response.setEncoding("utf8")) body += chunk;
    resolve({ status: response.statusCode!, headers: response.headers, body });
  });
  request.end();
  return promise;
}

/** Whether a socket is opened: 101, or the status of the refusal. */
async function upgrade(server: TestServer, headers: Record<string, string>, query = ""): Promise<number> {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/ws${query}`, { headers });
  socket.on("error", () => {});
  const refused = once(socket, "unexpected-response").then(([, { statusCode }]) => statusCode as number);
  const opened = once(socket, "open").then(() => 101);
  const status = await Promise.race([refused, opened]);
  socket.terminate();
  return status;
}

const http = (settings: SettingsInput["http"]) => startServer({ http: settings ?? {} });

test("a page of a listed origin gets a ticket and a socket, as its browser asks for them", async () => {
  const server = await http({ allowedOrigins: [LISTED] });
  const asked = {
    origin: LISTED,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
  };
  const preflight = await send(server, "OPTIONS", "/api/ws-ticket", { ...asked, "x-user-id": "" });
  expect(preflight.status).toBe(204);
  expect(preflight.headers).toMatchObject({
    "access-control-allow-origin": LISTED,
    "access-control-allow-headers": "authorization,content-type",
    "access-control-allow-methods": expect.stringContaining("POST"),
    vary: "Origin",
  });
  const ticket = await send(server, "POST", "/api/ws-ticket", { origin: LISTED });
  expect([ticket.status, ticket.headers["access-control-allow-origin"]]).toEqual([201, LISTED]);
  const token = Object.values(JSON.parse(ticket.body))[0] as string;
  expect(await upgrade(server, { origin: LISTED }, `?token=${encodeURIComponent(token)}`)).toBe(101);
});

test("what goes wrong can be read by a listed page, too", async () => {
  const server = await startServer({ http: { allowedOrigins: [LISTED] }, limits: { perMinutePerUser: 5 } });
  const seen: [number, unknown][] = [];
  const ask = async (method: string, path: string, headers = {}) => {
    const { status, headers: answered } = await send(server, method, path, { origin: LISTED, ...headers });
    seen.push([status, answered["access-control-allow-origin"]]);
    return answered;
  };
  await ask("GET", "/api/accounts/me", { "x-user-id": "no" });
  await ask("GET", "/api/nothing");
  await ask("GET", "/api/threads/99");
  await ask("PUT", "/api/accounts/me");
  for (let n = 0; n < 8; n++) await ask("GET", "/api/accounts/me");
  expect(seen.map(([status]) => status)).toEqual(expect.arrayContaining([200, 401, 403, 404, 405, 429]));
  expect(seen.every(([, allowed]) => allowed === LISTED)).toBe(true);
  expect((await ask("GET", "/api/accounts/me"))["access-control-expose-headers"]).toContain("retry-after");
});

test("a page of another origin reads nothing, changes nothing, and opens no socket", async () => {
  for (const allowedOrigins of [[], [LISTED]]) {
    const server = await http({ allowedOrigins });
    const path = `/api/accounts/${USER}/threads/chat`;
    const posted = await send(server, "POST", path, { origin: FOREIGN });
    expect(posted.status).toBe(403);
    const listed = await send(server, "GET", path, { origin: FOREIGN });
    expect([listed.status, JSON.parse(listed.body).results]).toEqual([200, []]);
    expect(listed.headers).not.toHaveProperty("access-control-allow-origin");
    const preflight = await send(server, "OPTIONS", path, {
      origin: FOREIGN,
      "access-control-request-method": "POST",
    });
    expect(preflight.headers).not.toHaveProperty("access-control-allow-origin");
    expect(preflight.status).toBe(405);
    expect(await upgrade(server, { origin: FOREIGN, "x-user-id": String(USER) })).toBe(401);
  }
});

test("our own pages, and clients that are no browsers, need no list", async () => {
  const server = await http({});
  const path = `/api/accounts/${USER}/threads/chat`;
  for (const headers of [{}, { origin: server.url }] as Record<string, string>[]) {
    expect((await send(server, "POST", path, headers)).status).toBe(201);
    expect(await upgrade(server, { "x-user-id": String(USER), ...headers })).toBe(101);
  }
});

const SAID = {
  "x-forwarded-for": "6.6.6.6, 203.0.113.9",
  "x-forwarded-host": "evil.example, chat.example",
  "x-forwarded-proto": "http, https",
};

const LINK = "/threads/chat?limit=1";

async function nextLink(server: TestServer, headers: Record<string, string>): Promise<string> {
  await server.colloquy.threads.create({ creator: USER });
  const { body } = await send(server, "GET", `/api/accounts/${USER}${LINK}`, headers);
  return JSON.parse(body).next;
}

test("behind a trusted proxy links and origins are those of the outside, by what it added", async () => {
  for (const trustProxy of [1, "127.0.0.1", ["10.0.0.0/8", "127.0.0.0/8"]]) {
    // With `auth.dev` no host but a loopback one is served.
    const server = await startServer({ http: { trustProxy }, auth: { dev: false, secret: SECRET } });
    const said = { ...SAID, authorization: `Bearer ${await server.colloquy.tokens.issue(USER, 600)}` };
    expect(await nextLink(server, said)).toMatch(/^https:\/\/chat\.example\/api\/accounts\/2\/threads/);
    const from = (origin: string) => upgrade(server, { ...said, origin });
    expect(await from("https://chat.example")).toBe(101);
    // The scheme counts where proxies say it, and so does nothing that the client said of itself.
    for (const origin of ["http://chat.example", "https://evil.example", server.url])
      expect(await from(origin)).toBe(401);
    const headers = { ...said, origin: "https://chat.example" };
    expect((await send(server, "POST", `/api/accounts/${USER}/threads/chat`, headers)).status).toBe(201);
  }
});

test("with auth.dev a page elsewhere is not let in by what it says was forwarded", async () => {
  const server = await http({ trustProxy: 1 });
  const ask = async (headers: Record<string, string>) =>
    (await send(server, "GET", "/api/accounts/me", { "x-user-id": String(USER), ...headers })).status;
  expect(await ask({ host: "localhost:8000", "x-forwarded-host": "localhost" })).toBe(200);
  expect(await ask({ host: "evil.example", "x-forwarded-host": "localhost" })).toBe(403);
  expect(await ask({ host: "localhost", "x-forwarded-host": "evil.example" })).toBe(403);
});

test("nothing that is forwarded counts from who is no trusted proxy", async () => {
  for (const trustProxy of [0, "10.0.0.0/8"]) {
    const server = await http({ trustProxy });
    expect(await nextLink(server, SAID)).toMatch(new RegExp(`^${server.url}/`));
    const headers = { ...SAID, origin: "https://chat.example", "x-user-id": String(USER) };
    expect(await upgrade(server, headers)).toBe(401);
  }
});

test.each([
  [1, "203.0.113.9"],
  ["127.0.0.1", "203.0.113.9"],
  [2, "6.6.6.6"],
])("the limit per address counts the caller's, whatever they forge: %s", async (trustProxy, address) => {
  const server = await startServer({ http: { trustProxy }, limits: { perMinutePerIp: 3 } });
  const ask = async (forwarded: string) =>
    (await send(server, "GET", "/api/accounts/me", { "x-forwarded-for": forwarded })).status;
  const own = address === "6.6.6.6" ? "6.6.6.6, 203.0.113.9" : "203.0.113.9";
  const statuses: number[] = [];
  // The client's own part changes each time.
  for (let n = 0; n < 5; n++) statuses.push(await ask(`198.51.100.${n}, ${own}`));
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  const another = address === "6.6.6.6" ? "7.7.7.7, 203.0.113.9" : "203.0.113.10";
  expect(await ask(another)).toBe(200);
});

test.each([
  [{ trustProxy: true }, "http.trustProxy is true: it must be the number of proxies in front"],
  [{ trustProxy: "the proxy" }, "http.trustProxy must be the number of proxies in front"],
  [{ trustProxy: -1 }, "http.trustProxy is -1: it must be"],
  [{ allowedOrigins: ["app.example"] }, "http.allowedOrigins must be origins"],
  [{ allowedOrigins: ["https://app.example/"] }, "http.allowedOrigins must be origins"],
])("settings that mean nothing are refused: %j", async (settings, words) => {
  const opening = createColloquy({ database: "memory:", http: settings as never });
  await expect(opening).rejects.toMatchObject({
    name: "SettingsError",
    message: expect.stringContaining(words),
  });
});
