import { expect, onTestFinished, test } from "vitest";
import { databaseKind, freshDatabase, freshPostgres } from "../../../../tests/support/database.ts";
import { parseMetrics } from "../../../../tests/support/metrics.ts";
import { redisProgram, startRedis, WITHOUT_REDIS } from "../../../../tests/support/redis.ts";
import { startServer, type TestServer } from "../../../../tests/support/server.ts";
import { type Database, openDatabase } from "../database/database.ts";
import type { SettingsInput } from "../settings.ts";

const ME = 2;

/** Two nodes on one database: on PostgreSQL each has connections of its own. */
async function twoNodes(settings: SettingsInput = {}): Promise<[TestServer, TestServer]> {
  const open = databaseKind === "postgres" ? opening(await freshPostgres()) : sharing(await freshDatabase());
  return [
    await startServer(settings, { database: await open() }),
    await startServer(settings, { database: await open() }),
  ];
}

const sharing = (database: Database) => async () => database;

function opening(url: string): () => Promise<Database> {
  return async () => {
    const database = await openDatabase(url);
    onTestFinished(database.close);
    return database;
  };
}

const look = async ({ colloquy }: TestServer) => parseMetrics((await colloquy.metrics()).text);
const value = async (node: TestServer, name: string) => (await look(node)).get(`colloquy_${name}`);

async function post(node: TestServer): Promise<void> {
  const { id } = await node.colloquy.threads.create({ creator: ME });
  expect((await node.as(ME).post(`/threads/${id}/messages`, { text: "x" })).status).toBe(201);
}

test("wake-ups are counted where they are said and where they are heard", async () => {
  const [one, other] = await twoNodes();
  const kind = databaseKind === "postgres" ? "postgres" : "local";
  for (const node of [one, other])
    await expect.poll(() => value(node, `bus_connected{bus="${kind}"}`)).toBe(1);
  await post(one);
  expect(await value(one, `bus_published_total{bus="${kind}"}`)).toBeGreaterThan(0);
  await expect.poll(() => value(other, `bus_heard_total{bus="${kind}"}`)).toBeGreaterThan(0);
  expect(await value(one, `bus_heard_total{bus="${kind}"}`)).toBe(0);
  expect(await value(one, "bus_dropped_total")).toBe(0);
  if (databaseKind === "postgres")
    await expect
      .poll(() => post(one).then(() => value(other, "sweep_events_total")), { interval: 200 })
      .toBeGreaterThan(0);
});

if (databaseKind === "postgres" && redisProgram === null)
  test.skip(`a Redis that is lost: ${WITHOUT_REDIS}`, () => {});

if (databaseKind === "postgres" && redisProgram !== null)
  test("a Redis that is lost is told of, and so is what is not sent meanwhile", async () => {
    const redis = await startRedis();
    onTestFinished(redis.stop);
    const [one, other] = await twoNodes({ realtime: { redisUrl: redis.url } });
    const connected = 'bus_connected{bus="redis"}';
    for (const node of [one, other]) await expect.poll(() => value(node, connected)).toBe(1);
    await redis.kill();
    await expect.poll(() => value(one, connected)).toBe(0);
    await post(one);
    await expect.poll(() => value(one, "bus_dropped_total")).toBeGreaterThan(0);
    await expect.poll(() => value(one, "faults_total")).toBeGreaterThan(0);
    await redis.start();
    await expect.poll(() => value(one, connected)).toBe(1);
  });
