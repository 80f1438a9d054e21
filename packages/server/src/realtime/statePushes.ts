import { setTimeout as sleep } from "node:timers/promises";
import type { UserId } from "@colloquy/protocol";
import { LRUCache } from "lru-cache";
import { isAfter, type Position } from "../log/position.ts";
import type { StateFeed } from "./feeds.ts";
import { userOf } from "./identity.ts";
import type { Session } from "./session.ts";

/**
 * Tells a user's devices how something of theirs is now, once it has changed at a position of the log: one push at a
 * time for each thing, so that the newest state comes last.
 */
export interface StatePushes {
  push(userId: UserId, id: number, position: Position): void;
  /** Nothing is tried again any more. */
  close(): void;
}

/** Milliseconds until a push is tried again after a fault, and the most: each time it is twice as long. */
const RETRY = 1_000;
const LONGEST_RETRY = 30_000;
/** Within some five minutes. What fails as often is not pushed before it changes again, or its user comes back. */
const MOST_TRIES = 14;

export function openStatePushes(
  feed: StateFeed,
  sessionsOf: (userId: UserId) => ReadonlySet<Session>,
  track: (work: Promise<unknown>) => void,
  onFault: (error: unknown) => void,
): StatePushes {
  /** What is being pushed, and to which position it has changed since. */
  const changing = new Map<number, Position | null>();
  /** To which position each has been pushed: the sweep comes by again. */
  const pushedTo = new LRUCache<number, Position>({ max: 10_000 });
  const closing = new AbortController();

  async function pushAll(userId: UserId, id: number): Promise<void> {
    let tries = 0;
    try {
      for (let position = changing.get(id); position; position = changing.get(id)) {
        changing.set(id, null);
        try {
          await pushOnce(userId, id);
          pushedTo.set(id, position);
          tries = 0;
        } catch (error) {
          onFault(error);
          tries += 1;
          if (tries === MOST_TRIES || closing.signal.aborted) return;
          // What could not be read is tried again, as it is then.
          changing.set(id, changing.get(id) ?? position);
          await pause(Math.min(RETRY * 2 ** (tries - 1), LONGEST_RETRY));
        }
      }
    } finally {
      changing.delete(id);
    }
  }

  async function pushOnce(userId: UserId, id: number): Promise<void> {
    const user = await userOf(sessionsOf(userId));
    const frame = user === null ? null : await feed.show(user, id);
    if (frame !== null) for (const session of sessionsOf(userId)) session.send(frame, null);
  }

  async function pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { ref: false, signal: closing.signal }).catch(() => {});
  }

  return {
    push(userId, id, position) {
      const known = pushedTo.get(id);
      if (known !== undefined && !isAfter(position, known)) return;
      const isPushing = changing.has(id);
      if (!isPushing && sessionsOf(userId).size === 0) return;
      changing.set(id, position);
      if (!isPushing) track(pushAll(userId, id));
    },
    close: () => closing.abort(),
  };
}
