import { setTimeout as sleep } from "node:timers/promises";
import { labelOf, now, type Post } from "../ledger.ts";
import type { Api } from "./api.ts";
import { clientId } from "./clientId.ts";
import type { Device } from "./device.ts";

/** What one person does, until they are stopped. */
export interface Habits {
  posts: Post[];
  /** Answers that no person who may do so should get. */
  refusals: string[];
  /** Posts at once, and waits until it is acknowledged. */
  post(thread: number, text: string, meta?: object): Promise<void>;
  /** Begins no more. Resolves when everything is acknowledged that was begun. */
  stop(): Promise<void>;
}

export interface Doings {
  person: number;
  api: Api;
  devices: readonly Device[];
  /** The threads that they write in, and those that they read. */
  writes: readonly number[];
  isSteady: boolean;
}

/** Seconds between two of the same, on average. */
const POST_EVERY = 1.5;
const READ_EVERY = 2;
const DROP_EVERY = 4;
const POLITE = 0.3;

export function startHabits({ person, api, devices, writes, isSteady }: Doings): Habits {
  const posts: Post[] = [];
  const refusals: string[] = [];
  let isStopped = false;

  async function post(thread: number, text: string, meta?: object): Promise<void> {
    const entry: Post = {
      thread,
      writer: person,
      counter: posts.length,
      sent: now(),
      acked: null,
      id: null,
      attempts: 0,
    };
    posts.push(entry);
    const body = { text: `${labelOf(entry)} ${text}`, meta, client_id: clientId() };
    const answer = await api.ask("POST", `/threads/${thread}/messages`, body);
    if (answer.status >= 300) {
      refusals.push(`thread ${thread}: post ${labelOf(entry)} was answered ${answer.status}`);
      return;
    }
    Object.assign(entry, { acked: now(), id: answer.body.id, attempts: answer.attempts });
  }

  async function read(): Promise<void> {
    const device = pick(devices);
    const last = device.ledger.told.at(-1);
    if (last === undefined) return;
    const { thread, message } = last;
    const ways = [
      async () => device.send({ message: "mark_message_as_read", data: { message } }),
      () => api.ask("POST", `/threads/${thread}/read`, { message }),
      () => api.ask("GET", `/threads/${thread}/messages?limit=5&before=${message + 1}`),
    ];
    await pick(ways)();
  }

  async function every(seconds: number, act: () => Promise<unknown>): Promise<void> {
    while (!isStopped) {
      await sleep(seconds * 1_000 * (0.5 + Math.random()));
      if (!isStopped) await act();
    }
  }

  const running = [
    ...(writes.length === 0 ? [] : [every(POST_EVERY, () => post(pick(writes), "How are you?"))]),
    every(READ_EVERY, read),
    ...(isSteady
      ? []
      : devices.map((device) => every(DROP_EVERY, async () => device.drop(Math.random() < POLITE)))),
  ];
  return {
    posts,
    refusals,
    post,
    async stop() {
      isStopped = true;
      await Promise.all(running);
    },
  };
}

function pick<Item>(items: readonly Item[]): Item {
  return items[Math.floor(Math.random() * items.length)]!;
}
