import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { runs } from "../../../../tests/support/runs.ts";
import type { Bus } from "../bus/bus.ts";
import type { Database } from "../database/database.ts";
import { openLog } from "../log/publish.ts";
import { openMetrics } from "../metrics/openMetrics.ts";
import type { Caller } from "../policies/caller.ts";
import type { Bookmark } from "./bookmark.ts";
import type { Feeds, StreamFeed } from "./feeds.ts";
import { frameOf, toText } from "./frame.ts";
import { type Connection, openHub } from "./hub.ts";
import { Identity } from "./identity.ts";
import { openReplayGate } from "./replay.ts";
import { openSession, type Session } from "./session.ts";

// The hub over a feed of one thread that takes its time: what happens meanwhile is tried in every order.

const THREAD = 1;
const USERS = [1, 2];
const STEPS = 60;

/** A device, and the events that it was told of. */
interface Device {
  session: Session;
  connection: Connection | null;
  /** The event that comes next; null until that is known. */
  next: number | null;
  /** The newest event when it came. */
  known: number;
  /** Where the resumes that were asked for begin. */
  resumes: number[];
  problems: string[];
}

async function play(seed: number): Promise<string[]> {
  let state = seed;
  const below = (n: number) => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return (state >> 8) % n;
  };
  /** As the database answers: it is so at some moment in between. */
  const slowly = async <T>(look: () => T): Promise<T> => {
    await sleep(below(12));
    const seen = look();
    await sleep(below(12));
    return seen;
  };
  let newest = 10;
  const problems: string[] = [];
  const threads: StreamFeed = {
    read: (_thread, after) =>
      slowly(() => {
        if (after >= newest) return null;
        const seqs = Array.from({ length: newest - after }, (_, index) => after + 1 + index);
        const events = seqs.map((seq) => ({
          seq,
          xid: String(seq),
          user_id: null,
          type: "message_created",
          data: {},
          created: new Date().toISOString(),
        }));
        return { events, isPage: false, rowVersions: null };
      }),
    batchOf: () => null,
    show: (_thread, followers, { events }) =>
      slowly(() => ({
        events,
        receivers: followers,
        framesFor: () =>
          events.map(({ seq }) => frameOf("unread_changed", { thread: seq!, unread: 0, read: [] })),
      })),
    writing: async () => ({ frame: frameOf("resumed", {}), receivers: [] }),
    left: (id) => frameOf("thread_updated", { id, deleted: true }),
    followedBy: () => slowly(() => [{ thread_id: THREAD, subscribed: false }]),
    followersOf: (_thread, users) => slowly(() => users.map((user_id) => ({ user_id, event_seq: newest }))),
    havingLeft: async () => [],
    followedSince: (_user, { base, threads }) =>
      slowly(() => {
        const known = threads.get(THREAD) ?? Number(base) - 1;
        return [{ thread_id: THREAD, event_seq: newest, since: Math.min(newest, known) }];
      }),
    joinedSince: async () => new Map(),
    leftSince: async () => [],
  };
  const feeds: Feeds = {
    threads,
    surveys: { changedSince: async () => [], show: async () => null },
    unread: { of: async () => [], everywhere: async () => [], page: async () => [] },
  };
  const bus: Bus = {
    kind: "local",
    publish() {},
    subscribe() {},
    isConnected: () => true,
    async close() {},
  };
  const log = openLog(bus, (error) => problems.push(String(error)));
  const db = { query: () => slowly(() => [{ xid: String(newest + 1) }]) } as unknown as Database;
  const hub = openHub({
    db,
    log,
    bus,
    feeds,
    metrics: openMetrics(),
    replays: openReplayGate(),
    onFault: (error) => void problems.push(String(error)),
  });

  const bookmarkAt = (seq: number): Bookmark => ({
    epoch: "e",
    base: String(seq + 1),
    threads: new Map([[THREAD, seq]]),
    rest: null,
  });

  function deviceOf(id: number): Device {
    const user: Caller = { id, isSuperuser: false, language: null, timeZone: null };
    const identity = new Identity({ user, renew: null, isCurrent: true }, 0, () => {});
    const session = openSession(
      identity,
      { ...bookmarkAt(newest), threads: new Map() },
      {
        write(frame, event) {
          if (frame.message === "resumed") device.next = device.resumes.shift()! + 1;
          if (frame.message !== "unread_changed") return;
          const seq: number = JSON.parse(toText(frame, event)).data.thread;
          // Who comes without a bookmark knows what there was.
          if (device.next === null && seq <= device.known)
            problems.push(`seed ${seed}: was told ${seq} again`);
          device.next ??= seq;
          if (seq !== device.next) problems.push(`seed ${seed}: wanted ${device.next}, and was told ${seq}`);
          device.next = seq + 1;
        },
        isFull: () => false,
        ready: async () => true,
        overflow() {},
        fail: (error) => void problems.push(String(error)),
      },
      hub.tidy,
    );
    session.release();
    const device: Device = { session, connection: null, next: null, known: newest, resumes: [], problems };
    return device;
  }

  const devices: Device[] = [];
  const work: Promise<unknown>[] = [];
  const anyUser = () => USERS[below(USERS.length)]!;
  for (let step = 0; step < STEPS; step++) {
    const what = below(10);
    if (what < 2) {
      const device = deviceOf(anyUser());
      const from = below(2) === 0 ? null : newest - below(3);
      if (from !== null) device.next = from + 1;
      devices.push(device);
      const coming = hub.connect(device.session, from === null ? null : bookmarkAt(from));
      work.push(
        coming.then((connection) => {
          connection.start();
          device.connection = connection;
        }),
      );
    } else if (what < 6) {
      const seq = ++newest;
      const touched = below(2) === 0 ? {} : { touched: [{ user: anyUser(), after: seq - 1 }] };
      const tell = () =>
        log.publish({ wake: { type: "thread", thread: THREAD, seq, ...touched }, happened: [] });
      tell();
      // The sweep says it again.
      if (below(3) === 0) work.push(sleep(below(40)).then(tell));
    } else if (what === 6) work.push(hub.refresh(anyUser(), THREAD));
    else if (what === 7) {
      const device = devices.find(({ connection }) => connection !== null);
      if (device === undefined) continue;
      const from = Math.max(0, newest - below(4));
      device.resumes.push(from);
      work.push(hub.resume(device.session, bookmarkAt(from)));
    } else if (what === 8) for (const { session } of devices) hub.tidy(session);
    else log.publish({ wake: { type: "lost" }, happened: [] });
    await sleep(below(8));
  }
  await Promise.all(work);
  await hub.close();
  for (const { next } of devices)
    if (next !== null && next !== newest + 1)
      problems.push(`seed ${seed}: was told up to ${next - 1} of ${newest}`);
  return problems;
}

test("whatever happens meanwhile, each device is told of every event once, in order", async () => {
  const seeds = Array.from({ length: runs(40, 300) }, (_, index) => index * 7_919 + 13);
  const problems = (await Promise.all(seeds.map(play))).flat();
  expect(problems).toEqual([]);
});
