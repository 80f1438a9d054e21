import { Readable } from "node:stream";
import sharp from "sharp";
import { expect, test } from "vitest";
import { sweepFiles } from "../../packages/server/src/attachments/files.ts";
import type { Database, Storage } from "../../packages/server/src/index.ts";
import { freshDatabase } from "../support/database.ts";
import { person } from "../support/people.ts";
import { startServer, type TestServer } from "../support/server.ts";

// Whatever step a process dies at, what it had acknowledged is there, and what it left behind is found and removed.

const ME = person(2);

/** Steps that a process takes in the database and the storage; it dies at one of them, before or after it is done. */
interface Life {
  dieAt(step: number, isDone: boolean): void;
  revive(): void;
  isDead(): boolean;
  step<Result>(work: () => Promise<Result>): Promise<Result>;
}

function openLife(): Life {
  let left = Number.POSITIVE_INFINITY;
  let after = false;
  const isDead = () => left <= 0;
  const dead = () => new Error("The process is dead");
  return {
    dieAt(step, isDone) {
      left = step;
      after = isDone;
    },
    revive() {
      left = Number.POSITIVE_INFINITY;
    },
    isDead,
    async step(work) {
      if (isDead()) throw dead();
      left -= 1;
      if (!isDead()) return work();
      if (after) await work();
      throw dead();
    },
  };
}

/** A storage that loses half of what is written while it dies. */
function mortalStorage(life: Life, kept: Map<string, Buffer>): Storage {
  return {
    async write(key, bytes) {
      const whole = bytes instanceof Readable ? Buffer.concat(await bytes.toArray()) : Buffer.from(bytes);
      kept.set(key, whole.subarray(0, whole.length / 2));
      await life.step(async () => kept.set(key, whole));
    },
    read: async (key, range) => {
      const bytes = kept.get(key);
      return bytes === undefined
        ? null
        : Readable.from([bytes.subarray(range?.start, range && range.end + 1)]);
    },
    remove: (key) => life.step(async () => void kept.delete(key)),
  };
}

function mortalDatabase(life: Life, database: Database): Database {
  return {
    ...database,
    query: ((...asked: Parameters<Database["query"]>) =>
      life.step(() => database.query(...asked))) as Database["query"],
  };
}

const picture = (side: number) =>
  sharp({ create: { width: side, height: side, channels: 3, background: "red" } })
    .png()
    .toBuffer();

interface Scene {
  server: TestServer;
  thread: number;
  message: number;
  attachment: number;
}

type Ask = (scene: Scene) => Promise<{ status: number }>;

const path = ({ thread, message, attachment }: Scene) =>
  `/threads/${thread}/messages/${message}/attachments/${attachment}`;

/** Each with what is there once it is acknowledged: the widths of the thumbnails. */
const ASKED: [string, number[], Ask][] = [
  [
    "posts a picture",
    [10, 20],
    async ({ server, thread }) => {
      const file_content = (await picture(20)).toString("base64");
      return server
        .as(ME)
        .post(`/threads/${thread}/messages`, { text: "New", attachments: [{ type: "image", file_content }] });
    },
  ],
  [
    "replaces a picture",
    [30],
    async (scene) => {
      const file_content = (await picture(30)).toString("base64");
      return scene.server.as(ME).patch(path(scene), { file_content });
    },
  ],
  ["removes a picture", [], (scene) => scene.server.as(ME).delete(path(scene))],
];

test.each(ASKED)(
  "a process that dies while it %s leaves nothing half done",
  async (_name, acknowledged, ask) => {
    const life = openLife();
    const kept = new Map<string, Buffer>();
    const database = await freshDatabase();
    const storage = mortalStorage(life, kept);
    const server = await startServer({}, { database: mortalDatabase(life, database), storage });
    let [died, survived] = [0, 0];

    for (const isDone of [false, true])
      for (let step = 1; ; step++) {
        const { id: thread } = await server.colloquy.threads.create({ creator: ME, permissions: 8191 });
        const content = await picture(10);
        const { id: message, attachments_data } = (await server.colloquy.messages.post(thread, ME, {
          attachments: [{ type: "image", content }],
        }))!;
        const scene = { server, thread, message, attachment: attachments_data[0]!.id };
        life.dieAt(step, isDone);
        const { status } = await ask(scene);
        const isOver = !life.isDead();
        life.revive();
        if (isOver) survived += 1;
        else died += 1;
        if (isOver) expect(status).toBeLessThan(300);

        // Nobody can be in the middle of anything any more.
        await database.query({
          name: "test_age",
          text: "update file set created = created - interval '2 hours'",
        });
        await sweepFiles({ db: database, storage });
        const rows = await database.query<{ key: string; size: number; attachment_id: number | null }>({
          name: "test_files",
          text: "select key, size, attachment_id from file",
        });
        expect([...kept].map(([key, { length }]) => [key, length]).sort()).toEqual(
          rows.map(({ key, size }) => [key, size]).sort(),
        );
        expect(rows.every(({ attachment_id }) => attachment_id !== null)).toBe(true);
        const { results } = (await server.as(ME).get(`/threads/${thread}/messages`)).body;
        type Shown = { src: string; thumbnail: { src: string; width: number } };
        const all = results.flatMap((one: { attachments_data: Shown[] }) => one.attachments_data) as Shown[];
        const widths = all.map(({ thumbnail }) => thumbnail.width);
        expect([[10], acknowledged]).toContainEqual(widths);
        if (status < 300) expect(widths).toEqual(acknowledged);
        for (const { src, thumbnail } of all)
          for (const link of [src, thumbnail.src]) expect((await fetch(server.url + link)).status).toBe(200);
        if (isOver) break;
      }
    expect(survived).toBe(2);
    expect(died).toBeGreaterThan(4);
  },
);
