import { randomUUID } from "node:crypto";
import type { UserId } from "@colloquy/protocol";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freshDatabase } from "../../../../tests/support/database.ts";
import { ids, person } from "../../../../tests/support/people.ts";
import { type Colloquy, createColloquy } from "../createColloquy.ts";
import { ensureAccount } from "../people/queries.ts";
import { purgeKeys } from "./queries.ts";

const [ME, OTHER] = [person(2), person(3)];
let colloquy: Colloquy;
beforeAll(async () => {
  const database = await freshDatabase();
  for (const id of [ME, OTHER]) await ensureAccount(database, id, {});
  colloquy = await createColloquy(
    { auth: { dev: true }, accounts: { ids }, http: { logLevel: "silent" } },
    { database },
  );
});
afterAll(() => colloquy.close());

function create(user: UserId, key: string, title: string) {
  return colloquy.app.inject({
    method: "POST",
    url: `/api/accounts/${user}/threads/chat`,
    headers: { "x-user-id": `${user}`, "idempotency-key": key },
    payload: { title },
  });
}

async function threads(): Promise<number> {
  const [row] = await colloquy.db.query<{ n: number }>({
    name: "t",
    text: "select count(*) as n from thread",
  });
  return row!.n;
}

it("answers the same request again as it did first, and creates nothing", async () => {
  const before = await threads();
  const key = randomUUID();
  const first = await create(ME, key, "One");
  const second = await create(ME, key, "One");
  expect([first.statusCode, second.statusCode]).toEqual([201, 201]);
  expect(second.json()).toEqual(first.json());
  expect(second.headers["idempotent-replayed"]).toBe("true");
  expect(await threads()).toBe(before + 1);
});

it("creates once, however many come at once", async () => {
  const before = await threads();
  const key = randomUUID();
  const answers = await Promise.all(Array.from({ length: 50 }, () => create(ME, key, "Many")));
  expect(new Set(answers.map((answer) => answer.statusCode))).toSatisfy((set: Set<number>) =>
    [...set].every((status) => status === 201 || status === 409),
  );
  expect(answers.filter((answer) => answer.statusCode === 201).length).toBeGreaterThan(0);
  expect(await threads()).toBe(before + 1);
});

it("refuses a key that belongs to another request, and keeps people's keys apart", async () => {
  const key = randomUUID();
  await create(ME, key, "One");
  expect((await create(ME, key, "Two")).statusCode).toBe(422);
  expect((await create(OTHER, key, "One")).statusCode).toBe(201);
});

it("gives the key back when the request was refused", async () => {
  const key = randomUUID();
  expect((await create(ME, key, "x".repeat(300))).statusCode).toBe(400);
  expect((await create(ME, key, "short enough")).statusCode).toBe(201);
});

it("deletes what is kept of a key after a day, and nothing earlier", async () => {
  const [old, young] = [randomUUID(), randomUUID()];
  for (const key of [old, young]) await create(ME, key, "One");
  const age = "update idempotency_key set created = created - make_interval(hours => $2::int) where key = $1";
  await colloquy.db.query({ name: "test_age", text: age }, [old, 25]);
  await colloquy.db.query({ name: "test_age", text: age }, [young, 23]);
  expect(await purgeKeys(colloquy.db)).toBe(1);
  const before = await threads();
  expect((await create(ME, young, "One")).headers["idempotent-replayed"]).toBe("true");
  expect(await threads()).toBe(before);
  await create(ME, old, "One");
  expect(await threads()).toBe(before + 1);
});
