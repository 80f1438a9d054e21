import { setTimeout as sleep } from "node:timers/promises";
import type { Message, Push, Thread } from "@colloquy/protocol";
import type { DeviceLedger } from "../ledger.ts";
import { now } from "../ledger.ts";
import type { Person } from "../setting.ts";
import { type Api, pauseAfter } from "./api.ts";
import { enter } from "./frames.ts";
import { type Link, openLink } from "./link.ts";

/** How a device comes back: by `/ws?since=`, by the frame `resume`, or by `GET /sync` first. */
const WAYS = ["since", "resume", "sync"] as const;
/** Of messages, some of which are long. */
const PAGE = 50;
type Way = "first" | (typeof WAYS)[number];

export interface Device {
  ledger: DeviceLedger;
  counts: Counts;
  /** Whether it is connected and has nothing to fetch. */
  isUp(): boolean;
  /** Sends a frame, if it is connected. */
  send(frame: object): void;
  drop(politely: boolean): void;
  read(reads: boolean): void;
}

/** How often it came back by which way, what it was closed with, and how often it was told to begin anew. */
export interface Counts {
  resumes: Record<string, number>;
  closes: Record<number, number>;
  resyncs: number;
}

/** A device that connects to some node for ever, and keeps a token and what came with it as one. */
export function openDevice(person: Person, name: string, addresses: readonly string[], api: Api): Device {
  const ledger: DeviceLedger = { name, person: person.id, told: [], unread: new Map() };
  const counts: Counts = { resumes: {}, closes: {}, resyncs: 0 };
  let token: string | null = null;
  let history = 0;
  let link: Link | null = null;
  let linkName = "";
  let links = 0;
  let isUp = false;
  /** What of the truth it has to fetch before it is up to date. */
  let toFetch: Promise<void> | null = null;
  /** Threads whose counts it was told since it began to fetch them. */
  const counted = new Set<number>();

  async function live(): Promise<never> {
    for (let failures = 0; ; failures++) {
      if (await connect().catch(() => false)) failures = 0;
      await sleep(pauseAfter(failures));
    }
  }

  /** Answers, when the connection has ended, whether it had been one. */
  async function connect(): Promise<boolean> {
    const way: Way = token === null ? "first" : WAYS[Math.floor(Math.random() * WAYS.length)]!;
    linkName = `connection ${++links} by ${way}`;
    if (way === "sync") await sync();
    const query = way === "since" || way === "sync" ? `?since=${encodeURIComponent(token!)}` : "";
    const node = addresses[Math.floor(Math.random() * addresses.length)]!;
    let wasUp = false;
    link = openLink(`${node.replace("http", "ws")}/ws${query}`, person.token, (frame, opened) => {
      if (wasUp) return hear(frame);
      if (frame.message === "hello" && way === "resume") {
        opened.send({ message: "resume", data: { since: token } });
        return;
      }
      // What comes before `resumed` comes again after it.
      if (!["hello", "resumed", "resync"].includes(frame.message)) return;
      wasUp = isUp = true;
      opened.isWell();
      counts.resumes[way] = (counts.resumes[way] ?? 0) + 1;
      hear(frame);
      if (way === "first") fetchLater(fetchCounts);
    });
    const code = await link.closed;
    isUp = false;
    counts.closes[code] = (counts.closes[code] ?? 0) + 1;
    return wasUp;
  }

  function hear(frame: Push, how: "push" | "sync" = "push"): void {
    const event = frame.message === "hello" ? frame.data.event : frame.event;
    if (event !== undefined) token = event;
    if (frame.message === "resync") beginAnew();
    const thread = enter(ledger, frame, { how, link: linkName, history });
    if (thread !== null) counted.add(thread);
  }

  async function sync(): Promise<void> {
    const { status, body } = await api.try("GET", `/sync?since=${encodeURIComponent(token!)}`);
    if (status !== 200) throw new Error(`/sync was answered ${status}`);
    for (const frame of body.events) hear(frame, "sync");
    token = body.event;
    if (body.resync) beginAnew();
  }

  function beginAnew(): void {
    history++;
    counts.resyncs++;
    fetchLater(fetchAll);
  }

  function fetchLater(fetch: () => Promise<void>): void {
    const fetching: Promise<void> = (toFetch ?? Promise.resolve()).then(fetch).finally(() => {
      if (toFetch === fetching) toFetch = null;
    });
    toFetch = fetching;
  }

  async function fetchAll(): Promise<void> {
    for (const { id: thread } of await threads()) {
      for (let after = 0; ; ) {
        const { body } = await api.ask("GET", `/threads/${thread}/messages?limit=${PAGE}&after=${after}`);
        const page = (body.results ?? []) as Message[];
        for (const { id } of page)
          ledger.told.push({ thread, message: id, at: now(), how: "fetch", link: linkName, history });
        if (page.length < PAGE) break;
        after = page.at(-1)!.id;
      }
    }
    await fetchCounts();
  }

  /** What a push says meanwhile is newer than what was fetched. */
  async function fetchCounts(): Promise<void> {
    counted.clear();
    for (const { id, unread } of await threads()) if (!counted.has(id)) ledger.unread.set(id, unread);
  }

  async function threads(): Promise<Thread[]> {
    const { body } = await api.ask("GET", `/accounts/${person.id}/threads/chat?limit=100`);
    return body.results as Thread[];
  }

  void live();
  return {
    ledger,
    counts,
    isUp: () => isUp && toFetch === null,
    send: (frame) => isUp && link?.send(frame),
    drop(politely) {
      isUp = false;
      link?.drop(politely);
    },
    read: (reads) => link?.read(reads),
  };
}
