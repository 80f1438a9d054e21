import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { databaseKind, freshDatabase, freshPostgres } from "../../../../tests/support/database.ts";
import {
  type RedisServer,
  redisProgram,
  startRedis,
  WITHOUT_REDIS,
} from "../../../../tests/support/redis.ts";
import { openDatabase } from "../database/database.ts";
import type { Bus, Wake } from "./bus.ts";
import { openLocalBus } from "./localBus.ts";
import { openPostgresBus } from "./postgresBus.ts";
import { openRedisBus } from "./redisBus.ts";

// One suite over every bus: what the port promises, and what it does not, holds for each of them.

/** Makes nodes that share something; each is open to the others when it is given. */
interface Kind {
  open(): Promise<Bus>;
  /** Nodes that share all of that but the database. */
  elsewhere(): Promise<Bus>;
  /** Says something on its channels that is none of ours. */
  babble?(text: string): Promise<void>;
  /** Takes what it lives on away, and gives it back. */
  lose?(): Promise<void>;
  restore?(): Promise<void>;
}

const KINDS: Record<string, () => Promise<Kind>> =
  databaseKind === "pglite"
    ? { "in one process": local }
    : { "over PostgreSQL": postgres, ...(redisProgram === null ? {} : { "over Redis": redis }) };

describe.each(Object.entries(KINDS))("a bus %s", (_name, kind) => {
  test("carries what a node publishes to each of the others, and not back", async () => {
    const { open } = await kind();
    const nodes = [await node(open), await node(open), await node(open)];
    await connected(nodes);
    nodes[0]!.bus.publish({ type: "thread", thread: 7, seq: 4, touched: [{ user: 1, after: 3 }] });
    nodes[0]!.bus.publish({ type: "survey", user: 1, survey: 2, xid: "18446744073709551615", id: 4 });
    for (const { heard } of nodes.slice(1))
      await expect
        .poll(() => heard)
        .toEqual([
          { type: "thread", thread: 7, seq: 4, touched: [{ user: 1, after: 3 }] },
          { type: "survey", user: 1, survey: 2, xid: "18446744073709551615", id: 4 },
        ]);
    expect(nodes[0]!.heard).toEqual([]);
  });

  test("carries thousands said at once, of any size up to a packet", async () => {
    const { open } = await kind();
    const nodes = [await node(open), await node(open)];
    await connected(nodes);
    const users = Array.from({ length: 200 }, (_, n) => ({ user: n + 1_000_000, after: 1 }));
    const said: Wake[] = Array.from({ length: 5_000 }, (_, thread) =>
      thread % 500 === 0
        ? { type: "thread", thread, seq: 2, touched: users }
        : { type: "thread", thread, seq: 2 },
    );
    for (const wake of said) nodes[0]!.bus.publish(wake);
    await expect.poll(() => nodes[1]!.heard.length).toBe(5_000);
    expect(nodes[1]!.heard).toEqual(said);
  });

  test("is silent to nodes on another database", async () => {
    const { open, elsewhere } = await kind();
    const [here, there, foreign] = [await node(open), await node(open), await node(elsewhere)];
    await connected([here, there]);
    here.bus.publish({ type: "writing", user: 1, thread: 2, length: 3 });
    await expect.poll(() => there.heard).toHaveLength(1);
    const beside = await node(elsewhere);
    await connected([foreign, beside]);
    expect(foreign.heard).toEqual([]);
  });

  test("takes what is published after its end without a word, and hears nothing more", async () => {
    const { open } = await kind();
    const nodes = [await node(open), await node(open), await node(open)];
    await connected(nodes);
    await nodes[0]!.bus.close();
    nodes[0]!.bus.publish({ type: "thread", thread: 1, seq: 1 });
    nodes[1]!.bus.publish({ type: "thread", thread: 2, seq: 1 });
    await expect.poll(() => nodes[2]!.heard).toContainEqual({ type: "thread", thread: 2, seq: 1 });
    nodes[2]!.bus.publish({ type: "thread", thread: 3, seq: 1 });
    await expect.poll(() => nodes[1]!.heard).toContainEqual({ type: "thread", thread: 3, seq: 1 });
    expect(nodes[0]!.heard).toEqual([]);
    expect(nodes[2]!.heard).not.toContainEqual({ type: "thread", thread: 1, seq: 1 });
  });

  test("does not mind what others say on its channels", async () => {
    const { open, babble } = await kind();
    const nodes = [await node(open), await node(open)];
    await connected(nodes);
    for (const text of ["", "{", "null", "[]", '{"wakes":7}', '{"from":null,"wakes":[]}'])
      await babble?.(text);
    nodes[0]!.bus.publish({ type: "thread", thread: 1, seq: 1 });
    await expect.poll(() => nodes[1]!.heard).toEqual([{ type: "thread", thread: 1, seq: 1 }]);
  });

  test("comes back after it was lost, having thrown nothing", async () => {
    const { open, lose, restore } = await kind();
    const nodes = [await node(open), await node(open)];
    await connected(nodes);
    for (let round = 0; round < 3; round++) {
      await lose?.();
      for (let thread = 0; thread < 100; thread++) nodes[0]!.bus.publish({ type: "thread", thread, seq: 1 });
      await sleep(20);
      await restore?.();
      await connected(nodes);
    }
  });
});

if (databaseKind === "postgres" && redisProgram === null)
  test.skip(`a bus over Redis: ${WITHOUT_REDIS}`, () => {});

interface Node {
  bus: Bus;
  heard: Wake[];
  /** The wake-ups by which nodes find out that they hear each other, and that they did not: some may come late. */
  greetings: Wake[];
}

async function node(open: () => Promise<Bus>): Promise<Node> {
  const bus = await open();
  const [heard, greetings]: [Wake[], Wake[]] = [[], []];
  bus.subscribe((wake) => {
    (wake.type === "follow" || wake.type === "lost" ? greetings : heard).push(wake);
  });
  onTestFinished(() => bus.close());
  return { bus, heard, greetings };
}

let greeted = 0;

/** Waits until each hears each. */
async function connected(nodes: readonly Node[]): Promise<void> {
  for (const speaker of nodes) {
    const wake: Wake = { type: "follow", user: nodes.indexOf(speaker) + 1, thread: ++greeted };
    const others = nodes.filter((other) => other !== speaker);
    await expect
      .poll(
        () => {
          speaker.bus.publish(wake);
          return others.every(({ greetings }) =>
            greetings.some((one) => JSON.stringify(one) === JSON.stringify(wake)),
          );
        },
        { interval: 50 },
      )
      .toBe(true);
  }
}

async function local(): Promise<Kind> {
  const [database, other] = [await freshDatabase(), await freshDatabase()];
  return { open: async () => openLocalBus(database), elsewhere: async () => openLocalBus(other) };
}

async function postgres(): Promise<Kind> {
  const [here, there] = [await openOn(await freshPostgres()), await openOn(await freshPostgres())];
  return {
    open: async () => openPostgresBus(here.listen!),
    elsewhere: async () => openPostgresBus(there.listen!),
    async babble(text) {
      await here.query({ name: "test_babble", text: "select pg_notify('colloquy_wake', $1)" }, [text]);
    },
    async lose() {
      await here.query({
        name: "test_lose",
        text: `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()`,
      });
    },
  };
}

async function openOn(url: string) {
  const database = await openDatabase(url);
  onTestFinished(database.close);
  return database;
}

async function redis(): Promise<Kind> {
  const server: RedisServer = await startRedis();
  onTestFinished(server.stop);
  const faults: unknown[] = [];
  const open = async (database: string) =>
    openRedisBus({ url: server.url, database, onFault: (fault) => void faults.push(fault) });
  return {
    open: () => open("one"),
    elsewhere: () => open("another"),
    async babble(text) {
      const foreign = new Redis(server.url);
      for (let n = 0; n < 16; n++) await foreign.spublish(`colloquy:one:${n}`, text);
      foreign.disconnect();
    },
    lose: server.kill,
    async restore() {
      await server.start();
      expect(faults.every((fault) => fault instanceof Error)).toBe(true);
    },
  };
}
