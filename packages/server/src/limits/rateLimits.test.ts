import { afterAll, expect, it } from "vitest";
import { freshDatabase } from "../../../../tests/support/database.ts";
import { startServer } from "../../../../tests/support/server.ts";
import { type Colloquy, createColloquy } from "../createColloquy.ts";
import { ensureAccount } from "../people/queries.ts";

const open: Colloquy[] = [];
afterAll(() => Promise.all(open.map((colloquy) => colloquy.close())));

async function start(limits: { perMinutePerIp?: number; perMinutePerUser?: number }) {
  const database = await freshDatabase();
  for (const id of [2, 3]) await ensureAccount(database, id, {});
  const colloquy = await createColloquy(
    { auth: { dev: true }, http: { logLevel: "silent" }, limits },
    { database },
  );
  open.push(colloquy);
  return (user: number) =>
    colloquy.app.inject({ url: "/api/accounts/me", headers: { "x-user-id": `${user}` } });
}

it("refuses one person's requests beyond the limit, and nobody else's, saying when to come back", async () => {
  const ask = await start({ perMinutePerUser: 2 });
  const statuses = [await ask(2), await ask(2), await ask(2), await ask(3)].map(
    (answer) => answer.statusCode,
  );
  expect(statuses).toEqual([200, 200, 429, 200]);
  const refused = await ask(2);
  expect(refused.json()).toEqual({ detail: "Request was throttled." });
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
});

it("refuses an address's requests beyond the limit, whoever asks", async () => {
  const ask = await start({ perMinutePerIp: 2 });
  const statuses = [await ask(2), await ask(3), await ask(2)].map((answer) => answer.statusCode);
  expect(statuses).toEqual([200, 200, 429]);
});

it("counts requests for sockets with all others of their address", async () => {
  const server = await startServer({ limits: { perMinutePerIp: 3 } });
  // The server's own document was asked for once.
  await server.socket(2);
  await server.as(2).get("/accounts/me");
  await expect(server.socket(2)).rejects.toThrow("not opened");
  expect((await server.as(2).get("/accounts/me")).status).toBe(429);
});

it("counts all that comes over one connection to a proxy, and from one network, as one", async () => {
  const database = await freshDatabase();
  const colloquy = await createColloquy(
    {
      auth: { dev: true },
      http: { logLevel: "silent", trustProxy: 1 },
      limits: { perMinutePerIp: 2 },
    },
    { database },
  );
  open.push(colloquy);
  const from = async (address: string) =>
    (await colloquy.app.inject({ url: "/healthz", headers: { "x-forwarded-for": address } })).statusCode;
  expect([await from("203.0.113.7:1"), await from("203.0.113.7:2"), await from("203.0.113.7:3")]).toEqual([
    200, 200, 429,
  ]);
  expect([await from("2001:db8::1"), await from("2001:db8::2"), await from("2001:db8::3")]).toEqual([
    200, 200, 429,
  ]);
  expect(await from("2001:db8:1::1")).toBe(200);
});
