import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Database, openDatabase } from "../../packages/server/src/database/database.ts";
import type { UserId } from "../../packages/server/src/index.ts";
import type { SettingsInput } from "../../packages/server/src/settings.ts";
import { breakBus } from "../support/breakBus.ts";
import { databaseKind, freshDatabase, freshPostgres } from "../support/database.ts";
import { ids, person } from "../support/people.ts";
import { type RedisServer, redisProgram, startRedis, WITHOUT_REDIS } from "../support/redis.ts";
import { startServer, type TestServer } from "../support/server.ts";
import type { Frame, TestSocket } from "../support/socket.ts";

// Several servers on one database: sockets may be on any of them (spec 5), whatever carries their wake-ups.

const CHIEF = person(1);
const PATIENT = person(2);
const DOCTOR = person(3);
const OTHER = person(4);

/** How the servers of a suite wake each other, and how that is broken for a moment. */
interface Kind {
  open(): Promise<{ databases: [Database, Database]; settings: SettingsInput }>;
  close(): Promise<void>;
  breakBus(): Promise<void>;
}

const KINDS: Record<string, Kind> =
  databaseKind === "pglite"
    ? { "in one process": inOneProcess() }
    : {
        "over PostgreSQL": overPostgres(),
        ...(redisProgram === null || ids === "string" ? {} : { "over Redis": overRedis() }),
      };
if (databaseKind === "postgres" && redisProgram === null)
  test.skip(`servers that wake each other over Redis: ${WITHOUT_REDIS}`, () => {});

let one: TestServer;
let other: TestServer;

describe.each(Object.entries(KINDS))("servers that wake each other %s", (_name, kind) => {
  beforeAll(async () => {
    const { databases, settings } = await kind.open();
    one = await startServer(settings, { database: databases[0] });
    other = await startServer(settings, { database: databases[1] });
    await hearEachOther();
  });
  afterAll(() => kind.close());

  describe("what happens on one node", () => {
    test("is pushed to sockets on another, at once", async () => {
      const id = await thread();
      const doctor = await other.socket(DOCTOR);
      await post(one, PATIENT, id, "Hello from here");
      const { data } = await doctor.next(({ message }) => message === "message_created_or_updated");
      expect(data).toMatchObject({
        text: "Hello from here",
        thread: id,
        is_own: false,
        thread_data: { unread: 1 },
      });
    });

    test("is pushed to who joins there, and no more to who is removed", async () => {
      const id = await thread();
      const newcomer = await other.socket(OTHER);
      await one.as(PATIENT).post(`/threads/${id}/users`, { user: OTHER });
      await newcomer.next(({ message, data }) => message === "thread_updated" && data.id === id);
      await post(one, PATIENT, id, "Welcome");
      await newcomer.next(
        ({ message, data }) => message === "message_created_or_updated" && data.text === "Welcome",
      );
      await one.as(PATIENT).delete(`/threads/${id}/users/${OTHER}`);
      await post(one, PATIENT, id, "Between us");
      await post(other, DOCTOR, id, "Indeed");
      // What is pushed to them later, of a thread that they are in, has come.
      const later = await thread();
      await other.colloquy.members.add(later, OTHER);
      await post(one, PATIENT, later, "Afterwards");
      await newcomer.next(({ data }) => data.text === "Afterwards");
      expect(heard(newcomer, id)).toEqual(["Welcome"]);
    });

    test("is told there, too, of reading, writing and surveys", async () => {
      const id = await thread();
      const [here, there] = [await one.socket(DOCTOR), await other.socket(DOCTOR)];
      await post(one, PATIENT, id, "Read me");
      await there.next(({ message, data }) => message === "message_created_or_updated" && data.thread === id);
      await one.as(DOCTOR).get(`/threads/${id}/messages`);
      const read = await there.next(
        ({ message, data }) => message === "unread_changed" && data.thread === id,
      );
      expect(read.data).toMatchObject({ thread: id, unread: 0 });

      const patient = await one.socket(PATIENT);
      patient.send({ message: "thread_someone_is_writing", data: { thread: id, length: 500 } });
      for (const socket of [here, there]) {
        const { data } = await socket.next(({ message }) => message === "thread_someone_is_writing");
        expect(data).toMatchObject({ thread: id, length: 500, sender_data: { id: PATIENT } });
      }

      const schema = await one.colloquy.schemas.load({
        format: "colloquy.schema/1",
        name: "shared",
        type: "survey",
        questions: [{ qid: 1, type: "text", text: "?", next_qid: -1 }],
      });
      const survey = await one.colloquy.surveys.create({ user: DOCTOR, schema: schema.id });
      const { data } = await there.next(({ message }) => message === "survey_updated");
      expect(data).toMatchObject({ id: survey.id, user: DOCTOR });
      // The sweep comes by, and has nothing to add.
      await sleep(2_500);
      expect(there.frames.filter(({ message }) => message === "survey_updated")).toHaveLength(1);
      expect(heard(there, id)).toEqual(["Read me"]);
    });
  });

  test("posts on both nodes at once reach every socket once, in one order", async () => {
    const id = await thread();
    const sockets = [await one.socket(DOCTOR), await other.socket(DOCTOR), await other.socket(PATIENT)];
    const texts = Array.from({ length: 120 }, (_, index) => `message ${index}`);
    const answers = await Promise.all(
      texts.map((text, index) => post(index % 2 ? one : other, index % 3 ? PATIENT : DOCTOR, id, text)),
    );
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    await expect.poll(() => sockets.map((socket) => heard(socket, id).length)).toEqual([120, 120, 120]);
    const { body } = await one.as(PATIENT).get(`/threads/${id}/messages?limit=100`);
    for (const socket of sockets) {
      expect(heard(socket, id).slice(0, 100)).toEqual(body.results.map(({ text }: { text: string }) => text));
      expect([...heard(socket, id)].sort()).toEqual([...texts].sort());
    }
  });

  test("when their bus breaks nothing is lost, and it is made anew", async () => {
    const id = await thread();
    const doctor = await other.socket(DOCTOR);
    for (let round = 0; round < 3; round++) {
      await kind.breakBus();
      await post(one, PATIENT, id, `round ${round}`);
      await doctor.next(
        ({ message, data }) => message === "message_created_or_updated" && data.text === `round ${round}`,
      );
    }
    await hearEachOther();
    expect(heard(doctor, id)).toEqual(["round 0", "round 1", "round 2"]);

    await kind.breakBus();
    await one.as(DOCTOR).get(`/threads/${id}/messages`);
    const isRead = ({ message, data }: Frame) =>
      message === "unread_changed" && data.thread === id && data.unread === 0;
    await expect.poll(() => doctor.frames.some(isRead)).toBe(true);
  });

  test("whom a broken bus kept from following a thread, or from ceasing to, does so after it", async () => {
    const [first, second] = [await thread(), await thread()];
    const chief = await other.socket(CHIEF);
    for (const id of [first, second]) {
      await kind.breakBus();
      await one.as(CHIEF).post(`/threads/${id}/ws-subscribe`);
      const isHeard = async () => {
        await post(one, PATIENT, id, "Is anybody there?");
        return heard(chief, id).length > 0;
      };
      await expect.poll(isHeard, { interval: 200 }).toBe(true);
    }
    let round = 0;
    const isStillFollowed = async () => {
      const text = `In private ${round++}`;
      await post(one, PATIENT, first, text);
      await post(one, PATIENT, second, text);
      await chief.next(({ data }) => data.thread === second && data.text === text);
      return heard(chief, first).includes(text);
    };
    await expect.poll(isStillFollowed).toBe(false);
    expect(await isStillFollowed()).toBe(false);
  });

  test("a host's handlers hear of what another node commits", async () => {
    const told: unknown[] = [];
    const stop = other.colloquy.on("message_created", ({ data }) => void told.push(data.thread));
    await stop.begun;
    const id = await thread();
    await post(one, PATIENT, id, "For the host");
    await expect.poll(() => told).toContain(id);
    stop();
  });
});

async function thread(): Promise<number> {
  const { id } = await one.colloquy.threads.create({ creator: PATIENT, permissions: 8191 });
  await one.colloquy.members.add(id, DOCTOR, { permissions: 8191 });
  return id;
}

const post = (server: TestServer, user: UserId, id: number, text: string) =>
  server.as(user).post(`/threads/${id}/messages`, { text });

/** The texts of a thread that a socket was pushed, in the order in which they came. */
const heard = ({ frames }: TestSocket, id: number): string[] =>
  frames
    .filter(({ message, data }) => message === "message_created_or_updated" && data.thread === id)
    .map(({ data }) => data.text);

/** Only the bus carries who is writing: each is tried until it has come through. */
async function hearEachOther(): Promise<void> {
  const id = await thread();
  for (const [speaker, hearer] of [
    [one, other],
    [other, one],
  ] as const) {
    const [patient, doctor] = [await speaker.socket(PATIENT), await hearer.socket(DOCTOR)];
    await vi.waitFor(
      () => {
        patient.send({ message: "thread_someone_is_writing", data: { thread: id, length: 1 } });
        expect(doctor.frames).toContainEqual(
          expect.objectContaining({
            message: "thread_someone_is_writing",
            data: expect.objectContaining({ thread: id }),
          }),
        );
      },
      { interval: 300, timeout: 60_000 },
    );
    await patient.close();
    await doctor.close();
  }
}

function inOneProcess(): Kind {
  return {
    async open() {
      const database = await freshDatabase();
      return { databases: [database, database], settings: {} };
    },
    // Nothing lies between them that could break.
    async breakBus() {},
    async close() {},
  };
}

function overPostgres(): Kind {
  let databases: [Database, Database];
  return {
    async open() {
      databases = await twoOnOne();
      return { databases, settings: {} };
    },
    breakBus: () => breakBus(databases[0]),
    async close() {},
  };
}

function overRedis(): Kind {
  let redis: RedisServer;
  return {
    async open() {
      redis = await startRedis();
      return { databases: await twoOnOne(), settings: { realtime: { redisUrl: redis.url } } };
    },
    async breakBus() {
      await redis.kill();
      setTimeout(redis.start, 500);
    },
    close: () => redis.stop(),
  };
}

async function twoOnOne(): Promise<[Database, Database]> {
  const url = await freshPostgres();
  return [await openDatabase(url), await openDatabase(url)];
}
