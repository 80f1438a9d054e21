import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Listen } from "../database/database.ts";
import type { Bus, Wake } from "./bus.ts";

const CHANNEL = "colloquy_wake";
/** Milliseconds in which wake-ups are gathered for one notification. */
const GATHERED = 5;
/** Bytes of one notification; PostgreSQL takes less than 8,000. */
const MOST_BYTES = 7_900;
/** Wake-ups that may wait while one notification is under way; what is beyond is left to the sweeps. */
const MOST_WAITING = 10_000;

/**
 * Wake-ups over LISTEN and NOTIFY. A notification is a transaction of its own, after the commit that it tells of: one
 * within it would take a lock over all commits. One is under way at a time, and
 * carries all that has come meanwhile.
 */
export function openPostgresBus(listen: Listen): Bus {
  const node = randomUUID();
  const hearers = new Set<(wake: Wake) => void>();
  /** By their text, so that what is said twice is sent once. */
  const waiting = new Set<string>();
  let sending: Promise<void> | null = null;

  const listener = listen(CHANNEL, (payload) => {
    const { from, wakes } = read(payload);
    if (from === node) return;
    for (const wake of wakes) for (const heard of hearers) heard(wake);
  });

  async function send(): Promise<void> {
    while (waiting.size > 0) await listener.notify(take());
  }

  /** The next payload: as many of those that wait as it holds. */
  function take(): string {
    const texts: string[] = [];
    let bytes = 0;
    for (const text of waiting) {
      const length = Buffer.byteLength(text) + 1;
      if (bytes > 0 && bytes + length > MOST_BYTES - 100) break;
      waiting.delete(text);
      texts.push(text);
      bytes += length;
    }
    return `{"from":"${node}","wakes":[${texts.join(",")}]}`;
  }

  return {
    publish(wake) {
      const text = JSON.stringify(wake);
      if (waiting.size >= MOST_WAITING || Buffer.byteLength(text) > MOST_BYTES - 100) return;
      waiting.add(text);
      sending ??= sleep(GATHERED)
        .then(send)
        .finally(() => {
          sending = null;
        });
    },
    subscribe: (heard) => void hearers.add(heard),
    async close() {
      await sending;
      await listener.close();
    },
  };
}

/** What is none of ours says nothing. */
function read(payload: string): { from: string | null; wakes: Wake[] } {
  try {
    const { from, wakes } = JSON.parse(payload) as { from: string; wakes: Wake[] };
    return Array.isArray(wakes) ? { from, wakes } : { from: null, wakes: [] };
  } catch {
    return { from: null, wakes: [] };
  }
}
