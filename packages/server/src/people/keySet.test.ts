import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { generateKeyPair, SignJWT } from "jose";
import { expect, onTestFinished, test } from "vitest";
import { startServer } from "../../../../tests/support/server.ts";

/** A server whose key set answers so; without an answer nobody listens there. */
async function withKeySet(answer: RequestListener | null) {
  const keys = createServer(answer ?? (() => {}));
  await new Promise<void>((resolve) => keys.listen(0, "127.0.0.1", resolve));
  const jwksUrl = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/keys`;
  if (answer === null) await new Promise((resolve) => keys.close(resolve));
  else onTestFinished(() => void keys.close());
  return startServer({ auth: { jwksUrl } });
}

const { privateKey } = await generateKeyPair("RS256");
const token = await new SignJWT({ sub: "2" })
  .setProtectedHeader({ alg: "RS256", kid: "one" })
  .setExpirationTime("1h")
  .sign(privateKey);

test.each<[string, RequestListener | null]>([
  ["is not there", null],
  ["fails", (_request, response) => void response.writeHead(500).end()],
  ["is none", (_request, response) => void response.end("<html>")],
])("where the key set %s nobody is told that their token is bad", async (_what, answer) => {
  const server = await withKeySet(answer);
  const headers = { authorization: `Bearer ${token}` };
  const { status, headers: answered } = await server.as(null).request("/accounts/me", { headers });
  expect([status, answered.get("retry-after")]).toEqual([503, "5"]);
});

test("a key that a key set does not have is a bad token", async () => {
  const server = await withKeySet((_request, response) => void response.end('{"keys": []}'));
  const headers = { authorization: `Bearer ${token}` };
  expect((await server.as(null).request("/accounts/me", { headers })).status).toBe(401);
});
