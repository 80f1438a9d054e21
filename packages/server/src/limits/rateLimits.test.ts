import { afterAll, expect, it } from "vitest";
import { freshDatabase } from "../../../../tests/support/database.ts";
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
