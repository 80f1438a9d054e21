import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Wake } from "./bus.ts";

/** Wake-ups that may wait while a packet is under way; what is beyond is left to the sweeps. */
const MOST_WAITING = 10_000;

/** How a bus carries packets: each is the text of several wake-ups. */
export interface Carrier {
  /** Milliseconds in which wake-ups are gathered for one packet. */
  gathered: number;
  /** Bytes of one packet. */
  mostBytes: number;
  /** Sends a packet; whether it arrives is not known, false where it surely was not sent. Must not throw. */
  send(packet: string): Promise<boolean>;
  /** Told of so many wake-ups that are not sent. */
  onDrop: OnDrop;
}

export type OnDrop = (wakes: number) => void;

/** Gathers the wake-ups of one node, says each of them once, and reads those of the others. */
export interface Packets {
  add(wake: Wake): void;
  /** The wake-ups of a packet; none for one of our own, or for what is no packet. */
  read(packet: string): readonly Wake[];
  /** Resolves when nothing waits any more. */
  sent(): Promise<void>;
}

/** One packet is under way at a time, and the next carries all that has come meanwhile. */
export function openPackets({ gathered, mostBytes, send, onDrop }: Carrier): Packets {
  const node = randomUUID();
  const frame = { head: `{"from":"${node}","wakes":[`, tail: "]}" };
  const room = mostBytes - frame.head.length - frame.tail.length;
  /** By what they tell of, so that it is said once. */
  const waiting = new Map<string, string>();
  let sending: Promise<void> | null = null;

  async function sendAll(): Promise<void> {
    await sleep(gathered);
    while (waiting.size > 0) {
      const { packet, wakes } = take();
      if (!(await send(packet))) onDrop(wakes);
    }
  }

  /** The next packet: as many of those that wait as it holds. */
  function take(): { packet: string; wakes: number } {
    const texts: string[] = [];
    let bytes = 0;
    for (const [key, text] of waiting) {
      const length = Buffer.byteLength(text) + 1;
      if (bytes > 0 && bytes + length > room) break;
      waiting.delete(key);
      texts.push(text);
      bytes += length;
    }
    return { packet: frame.head + texts.join(",") + frame.tail, wakes: texts.length };
  }

  return {
    add(wake) {
      const text = JSON.stringify(wake);
      if (waiting.size >= MOST_WAITING || Buffer.byteLength(text) > room) return onDrop(1);
      waiting.set(keyOf(wake) ?? text, text);
      sending ??= sendAll().finally(() => {
        sending = null;
      });
    },
    read(packet) {
      const { from, wakes } = parse(packet);
      return from === node ? [] : wakes;
    },
    async sent() {
      await sending;
    },
  };
}

/** A thread's newest event tells of those before it. */
function keyOf(wake: Wake): string | null {
  return wake.type === "thread" && wake.touched === undefined ? `thread ${wake.thread}` : null;
}

/** What is none of ours says nothing. */
function parse(packet: string): { from: string | null; wakes: readonly Wake[] } {
  try {
    const { from, wakes } = JSON.parse(packet) as { from: string; wakes: Wake[] };
    return Array.isArray(wakes) ? { from, wakes } : { from: null, wakes: [] };
  } catch {
    return { from: null, wakes: [] };
  }
}
