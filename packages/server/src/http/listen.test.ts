import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildHttp } from "./buildHttp.ts";
import { UNDESCRIBED } from "./openapi/description.ts";
import { HTTP_DEFAULTS } from "./settings.ts";
import { authenticate, notes, oneNote } from "./testing/rooms.ts";

let app: FastifyInstance;
let address: string;
beforeAll(async () => {
  app = await buildHttp({
    resources: [oneNote, notes],
    settings: { ...HTTP_DEFAULTS, logLevel: "silent", docs: false },
    authenticate,
    allow: () => true,
    isReady: async () => ({}),
    api: UNDESCRIBED,
  });
  address = await app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => app.close());

/** What the server says to raw bytes before it hangs up. */
async function said(bytes: string): Promise<string> {
  const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  socket.write(bytes);
  await once(socket, "close");
  return text;
}

it("takes requests at the address that it returns", async () => {
  const answer = await fetch(`${address}/api/notes/1`, { headers: { authorization: "5" } });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ id: 1 });
});

it("answers what is no HTTP in the usual shape", async () => {
  expect(await said("nonsense\r\n\r\n")).toMatch(/^HTTP\/1.1 400 [^{]*\r\n\r\n{"detail":"Bad request."}$/);
  expect(await said(`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`)).toMatch(
    /^HTTP\/1.1 431 /,
  );
});

it("answers an address with another host in it, and none at all", async () => {
  const request = (target: string, version: string) =>
    said(`GET ${target} HTTP/${version}\r\nHost: a\r\nAuthorization: 5\r\nConnection: close\r\n\r\n`);
  expect(await request("http://evil.example/api/notes/1", "1.1")).toMatch(/^HTTP\/1.1 (200|404) /);
  expect(await request("//evil.example/api", "1.1")).toMatch(/^HTTP\/1.1 404 /);
  expect(await said("GET /api/notes/1 HTTP/1.0\r\nAuthorization: 5\r\n\r\n")).toMatch(/^HTTP\/1.1 200 /);
});

it("reads the rest of a body that is too large, so that whoever sends it gets the answer", async () => {
  const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1").setEncoding("utf8");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  const [length, half] = [4_000_000, "x".repeat(2_000_000)];
  socket.write(
    `POST /api/rooms/1/notes HTTP/1.1\r\nHost: a\r\nAuthorization: 5\r\nContent-Length: ${length}\r\n`,
  );
  socket.write(`Content-Type: application/json\r\n\r\n${half}`);
  await expect
    .poll(() => text)
    .toMatch(/^HTTP\/1.1 413 [^{]*\r\n\r\n{"detail":"Request body is too large."}$/);
  socket.write(
    `${half}GET /api/notes/1 HTTP/1.1\r\nHost: a\r\nAuthorization: 5\r\nConnection: close\r\n\r\n`,
  );
  await once(socket, "close");
  expect(text).toMatch(/"}HTTP\/1.1 200 /);
});
